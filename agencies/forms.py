"""Forms of the agencies floor: shape only; what needs the database or the rules is decided by the acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    DateField,
    DecimalField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Regexp
from wtforms.validators import Optional as Voluntary

from agencies.asked import BY_STATE
from agencies.catalogue import CredentialType
from agencies.contracts import PRODUCTS, Conditions
from agencies.credentials import credential_name
from agencies.models import AgencyKind
from agencies.papers import lifts, offered
from agencies.terms import Clause
from agencies.verifying import Claim, Paper
from agencies.vetting import Particulars
from portal.forms import CheckboxesField
from portal.tables.iso_codes import COUNTRIES

KIND_LABELS = {
    AgencyKind.CALL_CENTRE: _("Call centre"),
    AgencyKind.FIELD: _("Field visits"),
    AgencyKind.LAW_FIRM: _("Law firm"),
}
GROUND_LABELS = {
    "out_of_state_interstate_only": _("Out of state, contacts across the border only"),
    "attorney": _("Attorney"),
    "commercial_only": _("Commercial debts only"),
    "other": _("Other"),
}
PRODUCT_LABELS = dict(zip(
    PRODUCTS,
    (_("Credit card"), _("Personal loan"), _("Car loan"), _("Student loan"), _("Mortgage"), _("Utility bill"), _("Medical bill"), _("Other debt")),
    strict=True,
))  # fmt: skip
FAR = 100_000_000
HUNDRED = Decimal(100)
_text = {"autocomplete": "off"}


def without_blanks(value: Any) -> Any:
    """A text without the blanks around it."""
    return value.strip() if isinstance(value, str) else value


def capitals(value: Any) -> Any:
    """A code as codes are written."""
    return value.strip().upper() if isinstance(value, str) else value


def _label(choice: SelectChoice) -> str:
    return str(choice.label)


def _types(kinds: Iterable[CredentialType], home: str) -> list[SelectChoice]:
    """Credential types in the reader's language, under the country they belong to; those of the agency's own country first."""
    locale = get_locale()
    first = {home: 0, "any": 1}

    def choice(kind: CredentialType) -> tuple[int, str, SelectChoice]:
        country = kind.jurisdiction.partition("-")[0]
        group = str(locale.territories.get(country, gettext("Everywhere") if country == "any" else country))
        named = SelectChoice(kind.code, credential_name(kind.code, str(locale)), optgroup=group)
        return first.get(country, 2), group, named

    return [named for *_, named in sorted(map(choice, kinds), key=lambda placed: placed[:2])]


def _line(
    label: Any,
    missing: Any = None,
    longest: int = 200,
    filters: Iterable[Callable[[Any], Any]] = (without_blanks,),
    **rest: Any,
) -> StringField:
    first = InputRequired(missing) if missing else Voluntary()
    return StringField(label, [first, Length(max=longest)], filters=list(filters), render_kw=_text, **rest)


def _whole(label: Any, least: int = 0, most: int = FAR, **rest: Any) -> IntegerField:
    limits = NumberRange(least, most, _("Write a whole number from %(min)s to %(max)s."))
    return IntegerField(
        label,
        [Voluntary() if rest.pop("voluntary", False) else InputRequired(_("Write a number.")), limits],
        render_kw={"inputmode": "numeric"},
        **rest,
    )


class AgencyForm(FlaskForm):
    """Who an agency is and how it is reached."""

    code = _line(
        _("Code"), _("Enter a code."), 20, (capitals,),
        description=_("2 to 20 capital letters, digits and hyphens, such as AGY01. It stays for good."),
    )  # fmt: skip
    name = _line(_("Name"), _("Enter the name that people use."))
    legal_name = _line(_("Legal name"), _("Enter the name in the register."))
    country = SelectField(_("Country"))
    kind = SelectField(
        _("How it collects"), choices=[SelectChoice(kind.value, label) for kind, label in KIND_LABELS.items()]
    )
    email = StringField(
        _("E-mail"), [InputRequired(_("Enter an e-mail address.")), Length(max=254), Regexp(r"[^@\s]+@[^@\s]+$", message=_("Enter an e-mail address."))], filters=[without_blanks],
        description=_("Notices about credentials go there."), render_kw={"type": "email", **_text},
    )  # fmt: skip
    phone = _line(_("Telephone"), longest=60)

    def offer(self) -> None:
        """Offer every country under its name in the reader's language."""
        names = get_locale().territories
        self.country.choices = sorted((SelectChoice(code, names.get(code, code)) for code in COUNTRIES), key=_label)

    def particulars(self) -> Particulars:
        """What was written, for the act."""
        return Particulars(
            self.name.data,
            self.legal_name.data,
            self.country.data,
            AgencyKind(self.kind.data),
            self.email.data,
            self.phone.data or None,
        )


class CredentialForm(FlaskForm):
    """A credential with the document that proves it."""

    code = SelectField(_("Credential"))
    jurisdiction = _line(
        _("Place"),
        _("Enter the place it is held for."),
        12,
        (capitals,),
        description=_("Such as US-CA, US-NY-NYC or CN."),
    )
    number = _line(_("Number"), longest=100, description=_("As it stands on the document."))
    valid_from = DateField(_("First day"), [InputRequired(_("Enter the first day it holds."))])
    valid_until = DateField(_("Last day"), [Voluntary()], description=_("Empty while it has none."))
    amount = DecimalField(
        _("Amount"),
        [Voluntary(), NumberRange(Decimal(0), Decimal(10**12))],
        places=2,
        description=_("Of a bond or an insurance."),
    )
    evidence = FileField(
        _("Document"),
        [FileRequired(_("Choose the document that proves it."))],
        description=_("PDF, PNG or JPEG, at most 20 MB."),
    )
    note = TextAreaField(_("Note"), [Length(max=2000)])

    def offer(self, home: str) -> None:
        """Offer everything in the catalogue to an agency of this country."""
        self.code.choices = _types(offered(), home)

    def paper(self) -> Paper:
        """What was written, for the act."""
        return Paper(
            self.code.data, self.jurisdiction.data, self.number.data or "", self.valid_from.data, self.valid_until.data, self.amount.data,
            note=self.note.data or "",
        )  # fmt: skip


class RequestForm(FlaskForm):
    """What the bank asks an agency for."""

    code = SelectField(_("Credential"))
    jurisdiction = _line(
        _("Place"),
        _("Enter the place it is held for."),
        12,
        (capitals,),
        description=_("Such as US-CA, US-NY-NYC or CN."),
    )
    note = TextAreaField(_("Note"), [Length(max=2000)], description=_("What the agency should know."))

    def offer(self, home: str) -> None:
        """Offer everything in the catalogue to an agency of this country."""
        self.code.choices = _types(offered(), home)


class ExemptionForm(FlaskForm):
    """Why an agency need not hold what a place asks for."""

    code = SelectField(_("Credential"))
    jurisdiction = _line(
        _("Place"),
        _("Enter the place."),
        12,
        (capitals,),
        description=_("A place that asks under a condition, such as US-AL."),
    )
    ground = SelectField(_("Ground"), choices=[SelectChoice(*ground) for ground in GROUND_LABELS.items()])
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(_("Give the reason.")), Length(max=2000)],
        description=_("You are recorded as the approver."),
    )
    valid_from = DateField(_("First day"), [InputRequired(_("Enter the first day."))])
    valid_until = DateField(_("Last day"), [Voluntary()])

    def claim(self) -> Claim:
        """What was written, for the act."""
        return Claim(
            self.code.data, self.jurisdiction.data, self.ground.data, self.reason.data, self.valid_from.data, self.valid_until.data
        )  # fmt: skip

    def offer(self, home: str) -> None:
        """Offer what some place asks for under a condition."""
        kinds = [kind for kind in offered() if kind.code in BY_STATE or lifts(kind.code, kind.jurisdiction)]
        self.code.choices = _types(kinds, home)


class ClauseForm(Form):
    """One clause of the fee schedule. Empty rows are left out."""

    clause = _line(_("Clause"), longest=20)
    text = TextAreaField(_("Wording"), [Length(max=2000)], filters=[without_blanks], render_kw={"rows": 2})
    product = SelectField(
        _("Product"),
        [Voluntary()],
        choices=[SelectChoice("", _("All products")), *(SelectChoice(*product) for product in PRODUCT_LABELS.items())],
    )
    balance_from = DecimalField(_("Balance from"), [Voluntary(), NumberRange(Decimal(0))], places=2)
    balance_to = DecimalField(_("Balance below"), [Voluntary(), NumberRange(Decimal(0))], places=2)
    percent = DecimalField(
        _("Fee, percent"),
        [Voluntary(), NumberRange(Decimal(0), Decimal(100), _("Write a percentage from 0 to 100."))],
        places=4,
    )
    direct_percent = DecimalField(
        _("Fee on direct payments, percent"), [Voluntary(), NumberRange(Decimal(0), Decimal(100), _("Write a percentage from 0 to 100."))],
        places=4, description=_("Empty: the same."),
    )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """True for a row in which nothing was written."""
        return self.percent.data is None and not self.clause.data and not self.text.data

    def validate(self, extra_validators: Any = None) -> bool:
        """A clause without a fee says nothing."""
        if super().validate(extra_validators) and (self.is_empty or self.percent.data is not None):
            return True
        if not self.errors:
            self.percent.errors = [_("Write the fee of this clause.")]
        return False

    def as_clause(self, number: int, valid_from: date, valid_until: date | None) -> Clause:
        """What was written, for the act: numbered by its place and paid the same for direct payments where nothing else was said."""
        rate = self.percent.data / HUNDRED
        direct = rate if self.direct_percent.data is None else self.direct_percent.data / HUNDRED
        return Clause(
            self.clause.data or str(number), self.text.data or "", rate, direct, valid_from, valid_until, self.product.data or None,
            self.balance_from.data or Decimal(0), self.balance_to.data,
        )  # fmt: skip


class ContractForm(FlaskForm):
    """A contract: its term, its limits, its fee schedule."""

    number = _line(_("Number"), _("Enter the contract's number."), 60)
    valid_from = DateField(_("First day"), [InputRequired(_("Enter the first day."))])
    valid_until = DateField(_("Last day"), [Voluntary()])
    products = CheckboxesField(
        _("Products"),
        [Voluntary()],
        choices=[SelectChoice(*product) for product in PRODUCT_LABELS.items()],
        description=_("None ticked: all of them."),
    )
    countries = _line(
        _("Countries"),
        longest=100,
        filters=(capitals,),
        description=_("Codes with blanks between them, such as US CN. Empty: all."),
    )
    capacity_accounts = _whole(_("Most open accounts"), voluntary=True, description=_("Empty: no limit."))
    capacity_amount = DecimalField(
        _("Most balance placed"), [Voluntary(), NumberRange(Decimal(0))], places=2, description=_("Empty: no limit.")
    )
    term_days = _whole(_("Days a placement lasts"), 1, 3650, default=180)
    acknowledge_days = _whole(_("Days to acknowledge"), 0, 90, default=2)
    transit_days = _whole(
        _("Transit days"),
        0,
        90,
        default=3,
        description=_("Payments under way when a placement begins are nobody's work."),
    )
    tail_days = _whole(_("Tail days"), 0, 365, default=30, description=_("After the end, on a promise made before it."))
    clauses = FieldList(FormField(ClauseForm), min_entries=2, max_entries=30)

    def conditions(self) -> Conditions:
        """What was written besides the fees, for the act."""
        return Conditions(
            self.number.data, self.valid_from.data, self.valid_until.data, tuple(self.products.data or ()),
            tuple((self.countries.data or "").split()), self.capacity_accounts.data, self.capacity_amount.data, self.term_days.data,
            self.acknowledge_days.data, self.transit_days.data, self.tail_days.data,
        )  # fmt: skip

    def schedule(self) -> list[Clause]:
        """The clauses in which something was written, in order; each holds as long as the contract does."""
        written = [row.form for row in self.clauses if not row.form.is_empty]
        return [
            row.as_clause(number, self.valid_from.data, self.valid_until.data) for number, row in enumerate(written, 1)
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """The errors of clauses stand beside them; above the form one line says that there are some."""
        sound = bool(super().validate(extra_validators))
        if self.clauses.errors:
            self.clauses.errors = [_("Mend what is marked in the clauses.")]
        return sound


class MoveForm(FlaskForm):
    """A move in an agency's life."""

    reason = TextAreaField(_("Reason"))
    ramp_accounts = IntegerField(_("Most accounts it may hold"))


class ReasonForm(FlaskForm):
    """Why a credential is refused or ends, and from which day on."""

    reason = TextAreaField(_("Reason"))
    day = DateField(_("First day without it"))


class LastDayForm(FlaskForm):
    """The last day of something, and why it ends."""

    last_day = DateField(_("Last day"), [InputRequired(_("Enter the last day."))])
    reason = TextAreaField(_("Reason"), [InputRequired(_("Give the reason.")), Length(max=2000)])
