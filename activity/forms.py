"""Forms of the activity floor: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField

KIND_LABELS = {
    "activity": _l("Activity: contacts, promises, notices, legal steps"),
    "payments": _l("Payments you received"),
    "inventory": _l("Inventory: what you believe you hold"),
    "complaints": _l("Complaints"),
    "collectors": _l("Collectors"),
}


class ReportForm(FlaskForm):
    """A report to upload."""

    kind = SelectField(_l("Kind of report"))
    file = FileField(
        _l("File"),
        validators=[FileRequired(_l("Choose the file to send."))],
        description=_l("CSV, JSON Lines or a JSON array; plain or gzip."),
    )
    mode = RadioField(
        _l("Rows that cannot be accepted"),
        default="partial",
        choices=[
            ("partial", _l("Take the sound rows and give the others back")),
            ("atomic", _l("Take all rows or none")),
        ],
    )

    def offer(self, kinds: list[str]) -> None:
        """Offer these kinds of report."""
        self.kind.choices = [(kind, KIND_LABELS[kind]) for kind in kinds]
