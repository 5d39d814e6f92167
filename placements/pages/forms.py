"""Forms of these pages: shape only; what needs the database or the rules is decided by the acts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, DateTimeLocalField, DecimalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as Voluntary

from placements import words
from placements.authority import Terms
from placements.forms import LONG, worded
from placements.request_models import Ability, PaperKind, RequestKind, Willingness
from placements.requesting import Ask

ACCEPTED = ".pdf,.png,.jpg,.jpeg"


def _amount(label: Any, help_text: Any = "") -> DecimalField:
    positive = NumberRange(Decimal(0), message=_("Write an amount without a minus."))
    return DecimalField(label, [Voluntary(), positive], places=2, description=help_text)


def _number(label: Any, most: int, help_text: Any = "") -> IntegerField:
    limits = NumberRange(1, most, _("Write a whole number from %(min)s to %(max)s."))
    return IntegerField(label, [Voluntary(), limits], description=help_text, render_kw={"inputmode": "numeric"})


class _TermsForm(FlaskForm):
    """The figures of a request, of which each kind takes some."""

    amount = _amount(
        _("Amount to be paid"), _("In all, for a settlement or a plan. Empty for a plan: the whole balance.")
    )
    waived = _amount(_("Interest and fees to waive"), _("For a waiver."))
    instalments = _number(_("Monthly instalments"), 600)
    due_on = DateField(_("First payment due"), [Voluntary()])
    days = _number(_("Days longer"), 3650, _("For an extension."))

    def terms(self) -> Terms:
        """What was written."""
        return Terms(self.amount.data, self.waived.data, self.instalments.data, self.due_on.data, self.days.data)


class AskForm(_TermsForm):
    """What an agency asks for on an account."""

    kind = SelectField(_("What do you ask for?"), choices=worded(RequestKind, words.REQUESTS))
    willingness = SelectField(
        _("Does the person want to pay?"), choices=worded(Willingness, words.WILLINGNESS), default=Willingness.UNKNOWN
    )
    ability = SelectField(_("Can the person pay?"), choices=worded(Ability, words.ABILITY), default=Ability.UNKNOWN)
    note = TextAreaField(_("Note"), [Voluntary(), Length(max=LONG)], description=_("What the bank should know."))
    evidence = FileField(_("Evidence"), description=_("PDF, PNG or JPEG, at most 20 MB."))

    def ask(self) -> Ask:
        """What was written, for the act."""
        return Ask(
            RequestKind(self.kind.data), self.terms(), self.note.data or "", Willingness(self.willingness.data), Ability(self.ability.data)
        )  # fmt: skip


class GrantForm(_TermsForm):
    """The terms that the bank grants, where they are not those that were asked for."""

    answer = TextAreaField(_("Answer"), [Voluntary(), Length(max=LONG)])


class AnswerForm(FlaskForm):
    """An answer in words, or the reason of a refusal."""

    answer = TextAreaField(_("Answer"), [InputRequired(_("Write the answer.")), Length(max=LONG)])


class DocumentForm(FlaskForm):
    """A paper of an account."""

    kind = SelectField(_("Kind of document"), choices=worded(PaperKind, words.PAPERS))
    title = StringField(_("Title"), [InputRequired(_("Say what the document is.")), Length(max=200)])
    dated = DateField(_("Dated"), [Voluntary()])
    file = FileField(
        _("Document"), [FileRequired(_("Choose the document."))], description=_("PDF, PNG or JPEG, at most 20 MB.")
    )


class AcceptForm(FlaskForm):
    """When a recall that was proposed is final."""

    final_at = DateTimeLocalField(
        _("Final at"), [InputRequired(_("Say when the recall is final."))], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        description=_("By the bank's clock."),
    )  # fmt: skip
    note = TextAreaField(_("Note to the agencies"), [Voluntary(), Length(max=LONG)])

    def instant(self, zone: ZoneInfo) -> datetime:
        """When it is final; what was written is the clock of `zone`."""
        wanted: datetime = self.final_at.data
        return wanted.replace(tzinfo=zone)


class ProofForm(FlaskForm):
    """An agency's proof that it deleted what it held."""

    placements = TextAreaField(
        _("Placements"),
        [Voluntary(), Length(max=2_000_000)],
        description=_("Their references, separated by blanks or lines. Empty: everything that is owed."),
    )
    deleted_on = DateField(_("Deleted on"), [InputRequired(_("Enter the day."))])
    method = StringField(
        _("How it was deleted"), [InputRequired(_("Say how it was deleted.")), Length(max=500)],
        description=_("Systems, backups, paper."),
    )  # fmt: skip
    certificate = FileField(_("Certificate"), description=_("PDF, PNG or JPEG, at most 20 MB."))

    def refs(self) -> tuple[str, ...]:
        """The placement references written, each once."""
        return tuple(dict.fromkeys((self.placements.data or "").replace(",", " ").split()))
