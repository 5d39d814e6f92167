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
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Regexp
from wtforms.validators import Optional as Voluntary

from agencies.asked import BY_STATE, PRACTICES
from agencies.catalogue import CredentialType
from agencies.contracts import PRODUCTS, Conditions
from agencies.credentials import Demand, credential_name
from agencies.exempting import Claim
from agencies.models import AgencyKind, Contract, ContractDemand, FeeTerm, Remittance
from agencies.papers import lifts, offered
from agencies.terms import Clause
from agencies.verifying import Paper
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
PRACTICE_LABELS = dict(zip(
    PRACTICES, (_("Receives clients' money"), _("Holds customers' data on its own systems"), _("Takes card payments"), _("Passes work on to subcontractors")),
    strict=True,
))  # fmt: skip
REMITTANCE_LABELS = {
    Remittance.GROSS: _("Gross: it hands over everything and invoices its fee"),
    Remittance.NET: _("Net: it keeps its fee and hands over the rest"),
}
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
    practices = CheckboxesField(
        _("What it does"),
        [Voluntary()],
        choices=[SelectChoice(*practice) for practice in PRACTICE_LABELS.items()],
        description=_("What is ticked asks for its insurance, report or list before accounts go there."),
    )

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
            " ".join(self.practices.data or ()),
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
    collector_id = _line(
        _("Collector"), longest=100, description=_("The id of the person it belongs to; empty for the agency's own.")
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
            self.collector_id.data or None, note=self.note.data or "",
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
        description=_("Another person approves it; until then it lifts nothing."),
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
    late_from = _whole(
        _("Days late from"), voluntary=True, description=_("When it was placed. Empty: from the beginning.")
    )
    late_to = _whole(_("Days late below"), voluntary=True)
    tier = _whole(
        _("Tier"), 1, 20, voluntary=True, description=_("1 for the first agency, 2 for the next. Empty: all.")
    )
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
            self.balance_from.data or Decimal(0), self.balance_to.data, self.late_from.data, self.late_to.data, self.tier.data,
        )  # fmt: skip


class DemandForm(Form):
    """One credential that the contract demands. Empty rows are left out."""

    code = SelectField(_("Credential"), [Voluntary()], validate_choice=False)  # the act knows the catalogue
    least = DecimalField(
        _("Least amount"), [Voluntary(), NumberRange(Decimal(0), Decimal(10**12))], places=2,
        description=_("Of an insurance. Empty: any."),
    )  # fmt: skip


def _percent(label: Any, description: Any) -> DecimalField:
    limits = NumberRange(Decimal(0), Decimal(100), _("Write a percentage from 0 to 100."))
    return DecimalField(label, [Voluntary(), limits], places=4, description=description)


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
    concentration = _percent(
        _("Concentration, percent"), _("Most of all accounts placed with anybody that it may hold. Empty: no limit.")
    )
    min_share = _percent(_("Least share, percent"), _("Of every plan that it takes part in. Empty: none."))
    settlement_floor = _percent(
        _("Settlement authority, percent"),
        _("Least part of the balance for which it may settle without asking. Empty: it always asks."),
    )
    instalments_most = _whole(
        _("Longest instalment plan, months"),
        1,
        600,
        voluntary=True,
        description=_("Without asking. Empty: it always asks."),
    )
    first_work_days = _whole(
        _("Days to the first contact or letter"),
        1,
        365,
        voluntary=True,
        description=_("Service level. Empty: none agreed."),
    )
    remits = SelectField(
        _("Remittance"),
        [Voluntary(), AnyOf([one.value for one in Remittance])],
        choices=[SelectChoice(one.value, label) for one, label in REMITTANCE_LABELS.items()],
        default=Remittance.GROSS.value,
        validate_choice=False,
    )
    reversal_days = _whole(
        _("Fee given back within days"),
        0,
        3650,
        voluntary=True,
        description=_("A payment that is taken back later keeps its fee. Empty: the fee always goes back."),
    )
    extension_days_most = _whole(
        _("Longest extension, days"), 1, 365, voluntary=True, description=_("Without asking. Empty: it always asks.")
    )
    waiver_most = _percent(_("Most interest waived, percent"), _("Without asking. Empty: it always asks."))
    demands = FieldList(FormField(DemandForm), min_entries=3, max_entries=30)
    clauses = FieldList(FormField(ClauseForm), min_entries=2, max_entries=30)

    def offer(self, home: str) -> None:
        """Offer everything that an agency itself can hold."""
        kinds = [kind for kind in offered() if not kind.of_collectors and kind.code not in BY_STATE]
        for row in self.demands:
            row.form.code.choices = [SelectChoice("", gettext("None")), *_types(kinds, home)]

    def conditions(self) -> Conditions:
        """What was written besides the fees, for the act."""
        return Conditions(
            self.number.data, self.valid_from.data, self.valid_until.data, tuple(self.products.data or ()),
            tuple((self.countries.data or "").split()), self.capacity_accounts.data, self.capacity_amount.data, self.term_days.data,
            self.acknowledge_days.data, self.transit_days.data, self.tail_days.data, Remittance(self.remits.data or Remittance.GROSS), self.reversal_days.data,
            _share(self.concentration.data), _share(self.min_share.data), _share(self.settlement_floor.data), self.instalments_most.data,
            self.first_work_days.data, self.extension_days_most.data, _share(self.waiver_most.data),
            tuple(Demand(row.form.code.data, row.form.least.data) for row in self.demands if row.form.code.data),
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


def _share(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else percent / HUNDRED


def of_contract(contract: Contract, terms: Iterable[FeeTerm], demands: Iterable[ContractDemand]) -> dict[str, Any]:
    """What stands in a contract, as the fields of the form that amends it."""

    def percent(share: Decimal | None) -> Decimal | None:
        return None if share is None else share * HUNDRED

    names = ("number", "valid_until", "countries", "capacity_accounts", "capacity_amount", "term_days", "acknowledge_days", "transit_days",
             "tail_days", "reversal_days", "instalments_most", "extension_days_most", "first_work_days")  # fmt: skip
    shares = ("concentration", "min_share", "settlement_floor", "waiver_most")
    return {
        **{name: getattr(contract, name) for name in names},
        **{name: percent(getattr(contract, name)) for name in shares},
        "products": contract.products.split(),
        "remits": contract.remits.value,
        "demands": [{"code": one.code, "least": one.least} for one in demands],
        "clauses": [
            {
                "clause": term.clause, "text": term.text, "product": term.product, "balance_from": term.balance_from,
                "balance_to": term.balance_to, "late_from": term.late_from, "late_to": term.late_to, "tier": term.tier,
                "percent": percent(term.rate), "direct_percent": percent(term.direct_rate),
            }
            for term in terms
        ],
    }  # fmt: skip


class SeenForm(FlaskForm):
    """What somebody saw who looked at a credential."""

    seen = TextAreaField(_("What you saw"), [Length(max=2000)], filters=[without_blanks])


class CollectorForm(FlaskForm):
    """One collector, as one row of the file would say it."""

    collector_id = _line(
        _("Id"),
        _("Enter the collector's id."),
        100,
        description=_("Your own id of this person, as it stands in reports."),
    )
    full_name = _line(_("Name"), _("Enter the name."))
    active_from = DateField(_("Active from"), [InputRequired(_("Enter the first day."))])
    active_to = DateField(
        _("Active to"),
        [Voluntary()],
        description=_("The last day; empty while they stay. Their portal account ends with it."),
    )
    background_check_on = DateField(_("Background checked"), [Voluntary()])
    training_on = DateField(_("Trained"), [Voluntary()])
    training_until = DateField(_("Training valid until"), [Voluntary()])
    licence_number = _line(_("Licence number"), longest=100)
    licence_from = DateField(_("Licence from"), [Voluntary()])
    licence_until = DateField(_("Licence until"), [Voluntary()])
    languages = _line(_("Languages"), longest=200, description=_("With ; between them."))
    field_visits = SelectField(
        _("Visits people"),
        [Voluntary()],
        choices=[SelectChoice("", _("Not known")), SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))],
        coerce=str,
        description=_("With an identity card that they show at the door."),
    )

    def row(self) -> dict[str, Any]:
        """What was written, with the names of the file's columns."""
        names = [name for name in self._fields if name not in ("csrf_token", "field_visits")]
        written = {name: getattr(self, name).data or None for name in names}
        return {**written, "field_visits": {"yes": True, "no": False}.get(self.field_visits.data)}


class GenuineForm(FlaskForm):
    """What a person was told by somebody who rang."""

    agency = SelectField(_("Agency"))
    first_name = _line(_("First name"), _("Enter the first name."), 100)
    number = _line(_("Number"), _("Enter the number."), 100, description=_("The collector's own number."))


class LoginForm(FlaskForm):
    """The portal account of a collector."""

    user = SelectField(_("Portal account"), coerce=int)


class MoveForm(FlaskForm):
    """A move in an agency's life."""

    reason = TextAreaField(_("Reason"))
    ramp_accounts = IntegerField(_("Most accounts it may hold"))
    ramp_monthly = IntegerField(_("More accounts every 30 days"))


class ReasonForm(FlaskForm):
    """Why a credential is refused or ends, and from which day on."""

    reason = TextAreaField(_("Reason"))
    day = DateField(_("First day without it"))


class LastDayForm(FlaskForm):
    """The last day of something, and why it ends."""

    last_day = DateField(_("Last day"), [InputRequired(_("Enter the last day."))])
    reason = TextAreaField(_("Reason"), [InputRequired(_("Give the reason.")), Length(max=2000)])
