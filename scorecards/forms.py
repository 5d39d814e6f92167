"""Forms of the scorecards floor: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp


class ScoreForm(FlaskForm):
    """The month to score."""

    period = StringField(
        _l("Month"), [InputRequired(_l("Enter the month.")), Regexp(r"^20\d\d-(0[1-9]|1[0-2])$", message=_l("Write the month as YYYY-MM, such as 2026-10."))],
        description=_l("As YYYY-MM. Scoring a month again replaces its drafts and leaves the rest alone."), render_kw={"autocomplete": "off"},
    )  # fmt: skip


class ReturnForm(FlaskForm):
    """Why a scorecard is sent back."""

    reason = TextAreaField(_l("Reason"), [InputRequired(_l("Write what has to be looked at.")), Length(max=2000)])


class MonthForm(FlaskForm):
    """Which month's cards an act is about."""

    period = StringField(validators=[InputRequired(), Regexp(r"^20\d\d-(0[1-9]|1[0-2])$")])
    currency = StringField(validators=[InputRequired(), Regexp(r"^[A-Z]{3}$")])
