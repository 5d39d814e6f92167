"""Forms of the conduct floor: shape only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from conduct.words import OUTCOMES

LONGEST = 2000


class JudgeForm(FlaskForm):
    """A judgement and its reason; which judgement is said by the button."""

    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Give the reason.")), Length(max=LONGEST)],
        description=_l("What you looked at and why you decide so. It stays with the breach."),
    )
    decision = StringField(validators=[AnyOf(("confirmed", "dismissed", "escalated"), _l("Choose what to do."))])


class AnswerForm(FlaskForm):
    """How a complaint was answered."""

    note = TextAreaField(_l("What was answered"), [InputRequired(_l("Write what was answered.")), Length(max=LONGEST)])


class CloseForm(FlaskForm):
    """How a complaint ended."""

    outcome = SelectField(_l("Outcome"), choices=[(code, _l(word)) for code, word in OUTCOMES.items()])
    reason = TextAreaField(_l("Why it ended so"), [InputRequired(_l("Write why it ended so.")), Length(max=LONGEST)])
