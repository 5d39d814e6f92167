"""Forms of the activity floor: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, DecimalField, HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from activity.calendar import Cadence

CHARSETS = (
    ("", _l("Find out")),
    ("utf-8", "UTF-8"),
    ("gb18030", "GB18030 (GBK, GB 2312)"),
    ("windows-1252", "Windows-1252"),
)
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
        description=_l("CSV, Excel (.xlsx), JSON Lines or a JSON array; plain or gzip."),
    )
    charset = SelectField(
        _l("Encoding of a text file"),
        default="",
        choices=CHARSETS,
        description=_l(
            "Chinese and Western files of older programs are told by their letters where nothing is chosen."
        ),
    )
    rows = IntegerField(
        _l("Data rows in the file"),
        validators=[Optional(), NumberRange(min=0, max=999_999_999)],
        description=_l("Optional. If the file has another number of rows, nothing of it is taken."),
    )
    amount = DecimalField(
        _l("Sum of its amounts"),
        places=2,
        validators=[Optional()],
        description=_l("Optional, for a file in one currency. If the sum differs, nothing of the file is taken."),
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


CADENCES = {
    Cadence.DAILY: _l("every business day"),
    Cadence.WEEKLY: _l("every week"),
    Cadence.MONTHLY: _l("every month"),
}
WEEKDAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"))


class ExpectationForm(FlaskForm):
    """Files that are expected of an agency from a day on."""

    kind = SelectField(_l("Kind of report"), choices=list(KIND_LABELS.items()))
    cadence = SelectField(_l("How often"), choices=[(one.value, label) for one, label in CADENCES.items()])
    day = IntegerField(
        _l("On which day"),
        [Optional(), NumberRange(0, 23)],
        default=0,
        description=_l("Weekly: 0 for Monday to 4 for Friday. Monthly: which business day, 1 to 23. Daily: 0."),
    )
    hour = IntegerField(
        _l("By which hour"),
        [InputRequired(_l("Write an hour from 0 to 24.")), NumberRange(0, 24, _l("Write an hour from 0 to 24."))],
        default=18,
        description=_l("On the bank's clock; 24 is the end of the day."),
    )
    valid_from = DateField(_l("From"), [InputRequired(_l("Choose a day."))])


class SampleForm(FlaskForm):
    """A sample of a sender's files, new or carried along; what is chosen for its columns is read by `activity.mapping`."""

    file = FileField(
        _l("Sample file"),
        description=_l("A few rows of a file as your system writes it: CSV, Excel or JSON. It is not kept."),
    )
    charset = SelectField(_l("Encoding of a text file"), default="", choices=CHARSETS)
    sample = HiddenField()
