"""Forms of the ledger floor: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length


class LedgerForm(FlaskForm):
    """A ledger file to post."""

    file = FileField(
        _l("Ledger file"),
        validators=[FileRequired(_l("Choose the file to post."))],
        description=_l("CSV, JSON Lines or a JSON array; plain or gzip."),
    )


class ResolveForm(FlaskForm):
    """How a difference was cleared up."""

    resolution = TextAreaField(
        _l("How it was cleared up"), validators=[DataRequired(_l("Say how it was cleared up.")), Length(max=1000)]
    )
