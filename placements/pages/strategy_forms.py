"""Forms of the strategy and of saved pools. What was written becomes values; whether they contradict each other is the rules' part."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
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
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError
from wtforms.validators import Optional as Voluntary

from placements import words
from placements.forms import ANY, LONG, worded
from placements.models import Product, RecallReason
from placements.pool_filter import STATUSES, Conditions
from placements.segments import Bands
from placements.strategy import CONDITIONS, TIERS, TREATMENTS, WAYS, Comparison, Rules, Shares, Tier, TreatmentRule

RULES_SHOWN: Final = 5
HUNDRED: Final = Decimal(100)


def _count(label: Any, most: int = 1_000_000, **more: Any) -> IntegerField:
    bound = NumberRange(0, most, _("Write a whole number, zero or more."))
    return IntegerField(label, [Voluntary(), bound], render_kw={"inputmode": "numeric", "autocomplete": "off"}, **more)


def _percent(label: Any, **more: Any) -> DecimalField:
    return DecimalField(
        label, [Voluntary(), NumberRange(0, 100, _("Write a percentage from 0 to 100."))], places=None, **more
    )


def _line(label: Any, **more: Any) -> StringField:
    return StringField(label, [Voluntary(), Length(max=400)], render_kw={"autocomplete": "off"}, **more)


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((text or "").replace(",", " ").upper().split()))


def _parts(text: str | None) -> dict[str, float]:
    """Codes with numbers: `AGY01 2, AGY02 1`. Raises ValueError for anything else."""
    tokens = (text or "").replace(",", " ").replace("=", " ").upper().split()
    if len(tokens) % 2:
        raise ValueError("a code without a number")
    found = {code: float(number) for code, number in zip(tokens[::2], tokens[1::2], strict=True)}
    if any(not 0 <= number <= 1000 for number in found.values()):
        raise ValueError("a number out of range")
    return found


def _check_parts(_form: FlaskForm, field: StringField) -> None:
    try:
        _parts(field.data)
    except ValueError as error:
        raise ValidationError(str(_("Write codes with their numbers, such as AGY01 2, AGY02 1."))) from error


def _edges(text: str | None) -> tuple[int, ...]:
    """Rising whole numbers. Raises ValueError for anything else."""
    found = tuple(int(part) for part in (text or "").replace(",", " ").split())
    if list(found) != sorted(set(found)) or not found:
        raise ValueError("edges rise")
    return found


def _table(text: str | None) -> dict[str, list[str]]:
    """Lines of a name, a colon and values."""
    rows = [line.partition(":") for line in (text or "").splitlines() if line.strip()]
    if any(not colon or not name.strip() or not values.strip() for name, colon, values in rows):
        raise ValueError("a line without a colon")
    return {name.strip(): values.replace(",", " ").split() for name, _colon, values in rows}


def _check_edges(_form: FlaskForm, field: StringField) -> None:
    try:
        _edges(field.data)
    except ValueError as error:
        raise ValidationError(str(_("Write rising whole numbers with blanks between them."))) from error


def _check_balances(_form: FlaskForm, field: TextAreaField) -> None:
    try:
        table = {name: _edges(" ".join(values)) for name, values in _table(field.data).items()}
    except ValueError:
        table = {}
    if "other" not in table:
        raise ValidationError(str(_("Write one line a currency, such as USD: 500 1000, and one for other.")))


def _check_groups(_form: FlaskForm, field: TextAreaField) -> None:
    try:
        names = _table(field.data)
    except ValueError as error:
        raise ValidationError(str(_("Write one line a group, such as west: US-CA US-OR."))) from error
    if any("|" in name for name in names):
        raise ValidationError(str(_("A group's name has no bar in it.")))


class TierForm(Form):
    """One tier. A term or grace left empty is none."""

    used = BooleanField(_("In use"))
    term_days = _count(_("Term, days"), 3650)
    grace_days = _count(_("Rest before it, days"), 3650)
    agencies = _line(_("Agencies"), description=_("Codes; empty: everybody who may."))
    rests = BooleanField(_("Accounts stay with the bank"))


class TreatmentForm(Form):
    """One treatment and whom it is for. Rows without a treatment are left out."""

    treatment = SelectField(
        _("Treatment"), [Voluntary()], choices=[SelectChoice("", "–"), *worded(TREATMENTS, words.STRATEGY_TREATMENTS)]
    )
    paid_within = _count(_("Paid within days"))
    unpaid_for = _count(_("Unpaid for days"))
    score_from = _count(_("Score from"))
    score_below = _count(_("Score below"))
    balance_from = _count(_("Balance from"), 1_000_000_000)
    days_late_from = _count(_("Days late from"))
    held_from = _count(_("Placements before, from"))

    def rule(self) -> TreatmentRule:
        """What was written."""
        return TreatmentRule(self.treatment.data, **{name: self[name].data for name in CONDITIONS})


class StrategyForm(FlaskForm):
    """A version of the strategy. `of` fills it from rules, `rules` reads it."""

    reason = TextAreaField(
        _("Reason for the change"), [InputRequired(_("Say why the strategy changes.")), Length(max=LONG)], description=_("What the approver reads first."),
    )  # fmt: skip
    primary, secondary = FormField(TierForm, _("Primary")), FormField(TierForm, _("Secondary"))
    warehouse, legal = FormField(TierForm, _("Warehouse")), FormField(TierForm, _("Legal"))
    treatments = FieldList(FormField(TreatmentForm), min_entries=RULES_SHOWN, max_entries=20)
    way = SelectField(_("Shares"), choices=worded(WAYS, words.WAYS))
    fixed = _line(_("Fixed parts"), description=_("Codes with numbers, such as AGY01 2, AGY02 1."))
    least = _line(_("Least parts owed, percent"), description=_("By contract, such as AGY03 10."))
    concentration = _percent(_("Most of a plan for one agency, percent"), description=_("Empty: no limit."))
    floor, cap, step = (
        _percent(_("Least share by performance, percent")),
        _percent(_("Most")),
        _percent(_("Step in one plan")),
    )
    conduct_price = _count(
        _("Price of conduct"),
        description=_("What 100 points of compliance missing cost a consumer's accounts, in the plan's currency."),
    )
    comparison = _line(_("Name of the comparison"), description=_("Empty: none runs. A new name draws new sides."))
    until = DateField(_("Last day"), [Voluntary()])
    challengers = _line(_("Challengers"), description=_("Codes. Everybody else is champion."))
    challenger, holdback = _percent(_("Challenger's share, percent")), _percent(_("Held back, percent"))
    base_rate, alpha = _percent(_("Expected payers, percent")), _percent(_("Error allowed, percent"))
    sisters = TextAreaField(
        _("Agencies of one owner"),
        [Voluntary(), Length(max=LONG)],
        description=_("One owner a line: codes with blanks between them."),
    )
    horizon_days = _count(_("Papers must hold for days"), 730)
    hand_accounts = _count(_("By hand without approval: accounts a day"))
    hand_balance = DecimalField(_("and balance"), [Voluntary(), NumberRange(min=0)], places=2)
    balance_edges = TextAreaField(
        _("Balance bands"), [_check_balances], description=_("Lower edges in major units, one currency a line; other is for the rest."),
    )  # fmt: skip
    age_edges = StringField(_("Bands of days late"), [_check_edges])
    score_edges = StringField(_("Score bands"), [_check_edges])
    groups = TextAreaField(
        _("Groups of jurisdictions"), [_check_groups], description=_("Such as west: US-CA US-OR. A place in no group counts under its country."),
    )  # fmt: skip

    def validate_fixed(self, field: StringField) -> None:
        """Codes with numbers."""
        _check_parts(self, field)

    def validate_least(self, field: StringField) -> None:
        """Codes with numbers."""
        _check_parts(self, field)

    def validate_comparison(self, field: StringField) -> None:
        """A comparison ends some day."""
        if field.data and self.until.data is None:
            raise ValidationError(str(_("Say until when the comparison runs.")))

    def tiers(self) -> Iterator[Tier]:
        """The tiers in use."""
        for name in TIERS:
            row = self[name].form
            if row.used.data:
                yield Tier(
                    name, row.term_days.data, row.grace_days.data or 0, _codes(row.agencies.data), bool(row.rests.data)
                )

    def rules(self, before: Rules) -> Rules:
        """What was written. A comparison that keeps its name keeps the salt of `before`, so that everybody stays on their side."""
        return Rules(
            tiers=tuple(self.tiers()),
            treatments=tuple(row.form.rule() for row in self.treatments if row.form.treatment.data),
            shares=Shares(
                self.way.data, _parts(self.fixed.data), _share(self.concentration.data),
                {code: part / 100 for code, part in _parts(self.least.data).items()}, _share(self.floor.data) or 0.0,
                1.0 if self.cap.data is None else float(self.cap.data / HUNDRED), 1.0 if self.step.data is None else float(self.step.data / HUNDRED),
                float(self.conduct_price.data or 0),
            ),
            comparison=self._comparison(before.comparison),
            sisters=tuple(codes for line in (self.sisters.data or "").splitlines() if len(codes := _codes(line)) > 1),
            horizon_days=self.horizon_days.data or 0,
            hand_accounts=self.hand_accounts.data or 0,
            hand_balance=self.hand_balance.data or Decimal(0),
            bands=Bands(
                {name: _edges(" ".join(values)) for name, values in _table(self.balance_edges.data).items()}, _edges(self.age_edges.data),
                _edges(self.score_edges.data), {name: tuple(values) for name, values in _table(self.groups.data).items()},
            ),
        )  # fmt: skip

    def _comparison(self, before: Comparison | None) -> Comparison | None:
        name = (self.comparison.data or "").strip()
        if not name:
            return None
        salt = before.salt if before and before.name == name else secrets.token_hex(8)
        until: date = self.until.data
        return Comparison(
            name, salt, until, _codes(self.challengers.data), _share(self.challenger.data) or 0.0, _share(self.holdback.data) or 0.0,
            _share(self.base_rate.data) or 0.08, _share(self.alpha.data) or 0.05,
        )  # fmt: skip

    @staticmethod
    def filled(rules: Rules) -> dict[str, Any]:
        """The form's values for these rules."""
        known = {tier.name: tier for tier in rules.tiers}
        tiers = {
            name: {
                "used": name in known, "term_days": known[name].term_days if name in known else None,
                "grace_days": known[name].grace_days if name in known else None, "agencies": " ".join(known[name].agencies) if name in known else "",
                "rests": name in known and known[name].rests,
            }
            for name in TIERS
        }  # fmt: skip
        shares, comparison, bands = rules.shares, rules.comparison, rules.bands
        compared = {
            "comparison": comparison.name, "until": comparison.until, "challengers": " ".join(comparison.challengers),
            "challenger": _in_percent(comparison.challenger), "holdback": _in_percent(comparison.holdback),
            "base_rate": _in_percent(comparison.base_rate), "alpha": _in_percent(comparison.alpha),
        } if comparison else {}  # fmt: skip
        return {
            **tiers,
            "treatments": [{"treatment": rule.treatment, **{name: getattr(rule, name) for name in CONDITIONS}} for rule in rules.treatments],
            "way": shares.way, "fixed": _written(shares.fixed), "least": _written({code: 100 * part for code, part in shares.least.items()}),
            "concentration": _in_percent(shares.concentration), "floor": _in_percent(shares.floor), "cap": _in_percent(shares.cap),
            "step": _in_percent(shares.step), "conduct_price": int(shares.conduct_price) or None,
            **compared,
            "sisters": "\n".join(" ".join(group) for group in rules.sisters), "horizon_days": rules.horizon_days,
            "hand_accounts": rules.hand_accounts, "hand_balance": rules.hand_balance,
            "balance_edges": "\n".join(f"{name}: {' '.join(map(str, edges))}" for name, edges in bands.balance.items()),
            "age_edges": " ".join(map(str, bands.age)), "score_edges": " ".join(map(str, bands.score)),
            "groups": "\n".join(f"{name}: {' '.join(places)}" for name, places in bands.groups.items()),
        }  # fmt: skip


def _share(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent / HUNDRED)


def _in_percent(share: float | None) -> Decimal | None:
    return None if share is None else (Decimal(str(share)) * HUNDRED).normalize() + 0


def _written(parts: Any) -> str:
    return ", ".join(f"{code} {number:g}" for code, number in parts.items())


class PoolForm(FlaskForm):
    """A filter over accounts. The name is asked for when it is saved."""

    name = _line(_("Name"), description=_("What the pool is saved as."))
    status = SelectField(
        _("Which accounts"), choices=[SelectChoice(code, _(label)) for code, label in STATUSES.items()]
    )
    portfolio = SelectField(_("Portfolio"), [Voluntary()])
    product = SelectField(_("Product"), [Voluntary()], choices=[ANY, *worded(Product, words.PRODUCTS)])
    currency = _line(_("Currency"), description=_("Such as USD."))
    jurisdiction = _line(_("Jurisdiction"), description=_("Such as US-NY, which includes US-NY-NYC."))
    balance_from = DecimalField(_("Balance from"), [Voluntary(), NumberRange(min=0)], places=2)
    balance_to = DecimalField(_("Balance to"), [Voluntary(), NumberRange(min=0)], places=2)
    days_late_from = _count(_("Days late from"))
    days_late_to = _count(_("Days late to"))
    score_from = _count(_("Score from"))
    score_to = _count(_("Score to"))

    def conditions(self) -> Conditions:
        """What was written."""
        ranges = {
            f"{name}_{end}": self[f"{name}_{end}"].data
            for name in ("balance", "days_late", "score")
            for end in ("from", "to")
        }
        return Conditions(
            self.status.data, self.portfolio.data or None, self.product.data or None, (self.currency.data or "").strip().upper() or None,
            (self.jurisdiction.data or "").strip().upper() or None, **ranges,
        )  # fmt: skip


class HandForm(FlaskForm):
    """Accounts that a person gives to an agency."""

    agency = SelectField(_("Agency"))
    account_refs = TextAreaField(
        _("Accounts"), [InputRequired(_("Name at least one account.")), Length(max=200_000)],
        description=_("Account references, separated by blanks or lines."),
    )  # fmt: skip
    moves = SelectField(
        _("If they are placed"), [Voluntary()],
        choices=[SelectChoice("", _("Leave them where they are")), *(
            SelectChoice(str(code), _("Move them: %(reason)s", reason=_(label))) for code, label in words.RECALL_REASONS.items()
        )],
        description=_("A move takes the accounts back from whoever holds them and places them in the same moment."),
    )  # fmt: skip
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(_("Say why.")), Length(max=LONG)],
        description=_("Kept with the plan and in the audit trail."),
    )

    def refs(self) -> tuple[str, ...]:
        """The account references written, each once."""
        return tuple(dict.fromkeys((self.account_refs.data or "").replace(",", " ").split()))

    def move(self) -> RecallReason | None:
        """Why placed accounts are moved; none if they are not."""
        return RecallReason(self.moves.data) if self.moves.data else None
