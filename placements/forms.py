"""Forms of the placements floor: shape only; what needs the database or the rules is decided by the acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    DecimalField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as Voluntary

from placements import words
from placements.models import HoldKind, ObjectionReason, Product, RecallReason, RefusalReason, ReturnReason
from placements.recall_queries import Wanted

LONG = 4000
ANY = SelectChoice("", _("Any"))
_plain = {"autocomplete": "off"}


def worded(codes: Iterable[str], labels: Mapping[str, str]) -> list[SelectChoice]:
    """Choices of codes with the words people read."""
    return [SelectChoice(str(code), _(labels[code])) for code in codes]


def _whole(label: Any, help_text: Any = "") -> StringField:
    return StringField(label, [Voluntary(), Length(max=200)], description=help_text, render_kw=_plain)


class ImportForm(FlaskForm):
    """An account tape."""

    file = FileField(
        _("Account tape"),
        [FileRequired(_("Choose the file to import."))],
        description=_("CSV, JSON Lines or a JSON array; plain or gzip."),
    )
    portfolio = _whole(_("Portfolio"), _("Leave this empty to use the portfolio that each row names."))


class SearchForm(FlaskForm):
    """Whom to look for. Sent as a form, so that nothing personal stands in an address."""

    by = RadioField(_("Search by"), default="name", choices=[
        SelectChoice("name", _("Name")), SelectChoice("phone", _("Telephone number")), SelectChoice("id", _("Identity number")),
    ])  # fmt: skip
    text = StringField(
        _("Search for"),
        [InputRequired(_("Enter what to search for.")), Length(max=200)],
        description=_("The whole name or number."),
        render_kw=_plain,
    )


class ReasonForm(FlaskForm):
    """Why somebody looks at a person's data."""

    reason = StringField(
        _("Reason"), [InputRequired(_("Say why you need to see it.")), Length(max=500)], render_kw=_plain
    )


class HoldForm(FlaskForm):
    """A hold to put on an account."""

    kind = SelectField(_("Kind of hold"), choices=worded(HoldKind, words.HOLDS))
    note = TextAreaField(_("Note"), [InputRequired(_("Say where you know it from.")), Length(max=LONG)])


class NoteForm(FlaskForm):
    """A note that goes with an act."""

    note = TextAreaField(_("Note"), [Length(max=LONG)])


class PlanForm(FlaskForm):
    """What to plan. The agencies' parts are fields of their own, `part-CODE`."""

    portfolio = SelectField(_("Portfolio"), [Voluntary()])
    pool = SelectField(_("Or a saved pool"), [Voluntary()])
    by_strategy = BooleanField(_("Let the strategy split it"))
    account_refs = TextAreaField(
        _("Or single accounts"),
        [Voluntary(), Length(max=2_000_000)],
        description=_("Account references, separated by blanks or lines."),
    )
    title = _whole(_("Title"), _("What the approver reads first."))
    reason = TextAreaField(_("Reason"), [Voluntary(), Length(max=LONG)])
    effective_at = DateTimeLocalField(
        _("Takes effect at"), [Voluntary()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        description=_("By the bank's clock. Leave this empty for the moment it is placed."),
    )  # fmt: skip
    seed = _whole(_("Seed"), _("The same inputs and seed give the same plan. Leave this empty to draw one."))

    def refs(self) -> tuple[str, ...]:
        """The account references written, each once."""
        return tuple(dict.fromkeys((self.account_refs.data or "").replace(",", " ").split()))

    def instant(self, zone: ZoneInfo) -> datetime | None:
        """When it takes effect; what was written is the clock of `zone`."""
        wanted: datetime | None = self.effective_at.data
        return wanted.replace(tzinfo=zone) if wanted else None


class RecallForm(FlaskForm):
    """What to take back, why, and when that is final."""

    account_refs = TextAreaField(
        _("Accounts"),
        [Voluntary(), Length(max=2_000_000)],
        description=_(
            "Account references, separated by blanks or lines. Leave this empty to recall by the conditions below."
        ),
    )
    agency = SelectField(_("Agency"), [Voluntary()])
    portfolio = SelectField(_("Portfolio"), [Voluntary()])
    product = SelectField(_("Product"), [Voluntary()], choices=[ANY, *worded(Product, words.PRODUCTS)])
    jurisdiction = _whole(_("Jurisdiction"), _("Such as US-NY, which includes US-NY-NYC."))
    placed_before = DateField(_("Placed before"), [Voluntary()])
    due_before = DateField(_("Due back before"), [Voluntary()])
    reason = SelectField(_("Reason"), choices=worded(RecallReason, words.RECALL_REASONS))
    final_at = DateTimeLocalField(
        _("Final at"), [InputRequired(_("Say when the recall is final."))], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        description=_("By the bank's clock. The agency's access ends then; a moment in the past means at once."),
    )  # fmt: skip
    stop_work = BooleanField(
        _("Stop all work at once"),
        description=_("The agency proves within the hour that it stopped, however long the recall is pending."),
    )
    note = TextAreaField(_("Note to the agencies"), [Voluntary(), Length(max=LONG)])

    def wanted(self) -> Wanted:
        """The accounts that are asked for."""
        return Wanted(
            account_refs=tuple(dict.fromkeys((self.account_refs.data or "").replace(",", " ").split())),
            agency=self.agency.data or None,
            portfolio=self.portfolio.data or None,
            product=Product(self.product.data) if self.product.data else None,
            jurisdiction=(self.jurisdiction.data or "").strip().upper() or None,
            placed_before=self.placed_before.data,
            due_before=self.due_before.data,
        )

    def instant(self, zone: ZoneInfo) -> datetime:
        """When it is final; what was written is the clock of `zone`."""
        wanted: datetime = self.final_at.data
        return wanted.replace(tzinfo=zone)


class RefusalForm(FlaskForm):
    """Why an agency refuses a placement."""

    reason = SelectField(_("Reason"), choices=worded(RefusalReason, words.REFUSAL_REASONS))


class ReturnForm(FlaskForm):
    """Why an agency gives an account back."""

    reason = SelectField(_("Reason"), choices=worded(ReturnReason, words.RETURN_REASONS))
    note = TextAreaField(_("Note"), [Length(max=LONG)])


class ObjectionForm(FlaskForm):
    """Why an agency asks to keep an account."""

    reason = SelectField(_("Reason"), choices=worded(ObjectionReason, words.OBJECTION_REASONS))
    note = TextAreaField(_("Note"), [Length(max=LONG)])
    evidence = FileField(_("Evidence"), description=_("PDF, PNG or JPEG, at most 20 MB."))


class BalanceForm(FlaskForm):
    """The balance an agency received."""

    balance = DecimalField(
        _("Balance received"),
        [Voluntary(), NumberRange(min=0, message=_("Write an amount without a minus."))],
        places=2,
    )


class DecisionForm(FlaskForm):
    """Whether an agency may keep an account, and for how long."""

    days = IntegerField(
        _("Days"),
        [Voluntary(), NumberRange(1, 365, _("Write a number from 1 to 365."))],
        default=30,
        render_kw={"inputmode": "numeric"},
    )
