"""Forms of the scorecards floor: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp
from wtforms.validators import Optional as Voluntary

from placements.rights_models import RightKind
from portal.errors import N_

RIGHT_KINDS = {RightKind.ACCESS: N_("Access to one's own data"), RightKind.ERASURE: N_("Erasure of one's own data")}
PURPOSES = {"suit": _l("Suit"), "payment_order": _l("Payment order"), "arbitration": _l("Arbitration")}


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


class PurposeForm(FlaskForm):
    """What evidence is packed for."""

    purpose = SelectField(_l("What is it for?"), choices=[SelectChoice(*pair) for pair in PURPOSES.items()])


class RightForm(FlaskForm):
    """A person's request about their data."""

    consumer = StringField(
        _l("Consumer"),
        [InputRequired(_l("Write the consumer's reference.")), Length(max=100)],
        description=_l("The bank's reference of the person."),
    )
    kind = SelectField(
        _l("What is asked for"), choices=[SelectChoice(code.value, _l(text)) for code, text in RIGHT_KINDS.items()]
    )
    received_on = DateField(_l("Received on"), [InputRequired(_l("Enter the day."))])
    note = TextAreaField(_l("Note"), [Voluntary(), Length(max=4000)])


class RefusalForm(FlaskForm):
    """Why a request is refused."""

    answer = TextAreaField(_l("Reason"), [InputRequired(_l("Give the reason.")), Length(max=4000)])
