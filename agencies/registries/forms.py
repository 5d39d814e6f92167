"""Forms about registers, watched names and adverse events: shape only."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as Voluntary

from agencies.registries.adverse import Told
from agencies.registries.models import AdverseKind, NameKind, Verdict

KIND_LABELS = {NameKind.COMPANY: _("Company"), NameKind.PERSON: _("Person")}
ADVERSE_LABELS = {
    AdverseKind.NEWS: _("News"),
    AdverseKind.ENFORCEMENT: _("Enforcement by an authority"),
    AdverseKind.LITIGATION: _("Litigation"),
    AdverseKind.OTHER: _("Other"),
}
VERDICT_LABELS = {
    Verdict.NOTED: _("Noted: nothing follows for a credential"),
    Verdict.ENDED: _("The credential has ended"),
    Verdict.HOLDS: _("The credential holds"),
}


def _choices(labels: dict[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(one.value, label) for one, label in labels.items()]


class NumberForm(FlaskForm):
    """Under which number or official name an agency stands in a register."""

    number = StringField(_("Number or official name"), [Voluntary(), Length(max=200)])


class VerdictForm(FlaskForm):
    """What a difference comes to."""

    verdict = SelectField(_("It comes to"), choices=_choices(VERDICT_LABELS))
    note = TextAreaField(_("What you found"))


class WatchForm(FlaskForm):
    """A name to look for."""

    name = StringField(
        _("Name"),
        [InputRequired(_("Write the name.")), Length(max=200)],
        description=_("As it stands on the papers, in any script."),
    )
    kind = SelectField(_("Whose name"), choices=_choices(KIND_LABELS))
    source = StringField(
        _("Where the name comes from"), [InputRequired(_("Write where it comes from.")), Length(max=200)],
        description=_("Such as: director, by the register extract of 3 March."),
    )  # fmt: skip


class DecisionForm(FlaskForm):
    """Whether a list means the one who is watched."""

    same = BooleanField(_("The same"))
    reason = TextAreaField(_("Reason"))


class AdverseForm(FlaskForm):
    """Something told of an agency."""

    kind = SelectField(_("Kind"), choices=_choices(ADVERSE_LABELS))
    happened_on = DateField(_("Day"), [InputRequired(_("Enter the day."))])
    title = StringField(_("In one line"), [InputRequired(_("Say in one line what is told.")), Length(max=200)])
    source = StringField(
        _("Source"),
        [InputRequired(_("Say who tells it.")), Length(max=500)],
        description=_("An address, a newspaper with its day, a file number."),
    )
    text = TextAreaField(_("What is told"), [Length(max=10000)])
    evidence = FileField(_("Document"), description=_("PDF, PNG or JPEG, at most 20 MB."))

    def told(self) -> Told:
        """What was written, for the act."""
        return Told(
            AdverseKind(self.kind.data), self.happened_on.data, self.title.data, self.source.data, self.text.data or ""
        )


class NoteForm(FlaskForm):
    """What follows; for complaints, up to which one the person saw."""

    note = TextAreaField(_("What follows"))
    up_to = IntegerField(_("Up to"))
