"""Rule: the bank's placement strategy as values: tiers, treatments, shares, the comparison that runs, limits by hand.

A strategy is data: a version is drafted, approved by another person and then binds every plan, by lot and by hand alike. Which tier an
account belongs to and how it is treated follow from what is known of it, never from who draws the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from agencies.models import AgencyKind
from placements.segments import Bands, present_bands
from portal.errors import N_

PRIMARY, SECONDARY, WAREHOUSE, LEGAL = "primary", "secondary", "warehouse", "legal"
TIERS: Final = (PRIMARY, SECONDARY, WAREHOUSE, LEGAL)
"""The tiers a strategy may have, in the order in which an account passes them; legal is reached by a treatment alone."""

STANDARD, INSTALMENTS, RELIEF, TO_COURT = "standard", "instalments", "relief", "legal"
TREATMENTS: Final = (STANDARD, INSTALMENTS, RELIEF, TO_COURT)

EQUAL, FIXED, PERFORMANCE, OPTIMISED = "equal", "fixed", "performance", "optimised"
WAYS: Final = (EQUAL, FIXED, PERFORMANCE, OPTIMISED)

CHAMPION, CHALLENGER, HELD_BACK = "champion", "challenger", "holdback"


@dataclass(frozen=True)
class Tier:
    """One step of an account's way. `agencies` (codes) take part; none named: everybody who may.

    `term_days` shortens the contract's term; an account rests `grace_days` after its last placement before it comes here. A tier
    without agencies at all (`rests`) keeps its accounts with the bank.
    """

    name: str
    term_days: int | None = None
    grace_days: int = 0
    agencies: tuple[str, ...] = ()
    rests: bool = False


@dataclass(frozen=True)
class Facts:
    """What treatment asks of an account on a day: days since the last payment (None: never paid, as far as known), score,
    balance in minor units, days late, placements that ended, days until the limitation period is over (None: not known)."""

    days_since_payment: int | None
    score: int | None
    balance: int
    days_late: int | None
    held: int
    days_to_limitation: int | None


@dataclass(frozen=True)
class TreatmentRule:
    """Which accounts are treated how: those for which all conditions given hold. What is not known meets no condition.

    Willing are those who paid within `paid_within` days, unwilling those who did not for `unpaid_for`; able are those with a score
    of at least `score_from`, unable those below `score_below`. `balance_from` is in major units.
    """

    treatment: str
    paid_within: int | None = None
    unpaid_for: int | None = None
    score_from: int | None = None
    score_below: int | None = None
    balance_from: int | None = None
    days_late_from: int | None = None
    held_from: int | None = None

    def fits(self, facts: Facts) -> bool:
        """True if every condition holds. To court only goes what the law still lets be sued for."""
        since = facts.days_since_payment
        met = (
            _least(facts.score, self.score_from),
            self.score_below is None or (facts.score is not None and facts.score < self.score_below),
            _least(facts.balance, self.balance_from and self.balance_from * 100),
            _least(facts.days_late, self.days_late_from),
            _least(facts.held, self.held_from),
            self.paid_within is None or (since is not None and since <= self.paid_within),
            self.unpaid_for is None or since is None or since >= self.unpaid_for,
        )
        return all(met) and (
            self.treatment != TO_COURT or facts.days_to_limitation is None or facts.days_to_limitation > 0
        )


@dataclass(frozen=True)
class Shares:
    """How new accounts are split among the agencies: the way, and the limits every way keeps.

    `fixed` are parts by agency; `concentration` is the most of a plan for one agency and `least` the parts owed by contract;
    `floor`, `cap` and `step` bound how far performance moves a share in one plan; `conduct_price` is what 100 points of compliance
    missing cost a group, in major units.
    """

    way: str = EQUAL
    fixed: Mapping[str, float] = field(default_factory=dict)
    concentration: float | None = None
    least: Mapping[str, float] = field(default_factory=dict)
    floor: float = 0.02
    cap: float = 0.60
    step: float = 0.05
    conduct_price: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """The design of a running comparison, stored before it starts: champion against challengers, and a group nobody works.

    `challenger` and `holdback` are shares of the consumers who could go to either side; chance, drawn with `salt`, decides inside each
    cell. A consumer stays on their side until the day `until` is over. `base_rate` and `alpha` fix the sequential test (t2 = (0.15 base)²).
    """

    name: str
    salt: str
    until: date
    challengers: tuple[str, ...] = ()
    challenger: float = 0.0
    holdback: float = 0.0
    base_rate: float = 0.08
    alpha: float = 0.05

    @property
    def t2(self) -> float:
        """The variance of effects the sequential test is laid out for."""
        return (0.15 * self.base_rate) ** 2

    def stored(self) -> dict[str, Any]:
        """The design as JSON."""
        return {**asdict(self), "until": self.until.isoformat(), "challengers": list(self.challengers)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Comparison:
        """A design out of JSON."""
        given = dict(stored) | {
            "until": date.fromisoformat(stored["until"]),
            "challengers": tuple(stored["challengers"]),
        }
        return cls(**given)


@dataclass(frozen=True)
class Rules:
    """All of a strategy. `sisters` are agencies of one owner, which count as one; `horizon_days` how long papers must still hold.

    Up to `hand_accounts` accounts and `hand_balance` (major units) a person may place by hand in a day without a second person.
    """

    tiers: tuple[Tier, ...] = (Tier(PRIMARY),)
    treatments: tuple[TreatmentRule, ...] = ()
    shares: Shares = Shares()
    comparison: Comparison | None = None
    sisters: tuple[tuple[str, ...], ...] = ()
    horizon_days: int = 60
    hand_accounts: int = 0
    hand_balance: Decimal = Decimal(0)
    bands: Bands = field(default_factory=present_bands)

    def stored(self) -> dict[str, Any]:
        """The rules as JSON; `of` reads them again."""
        return {
            "tiers": [{**asdict(tier), "agencies": list(tier.agencies)} for tier in self.tiers],
            "treatments": [asdict(rule) for rule in self.treatments],
            "shares": {**asdict(self.shares), "fixed": dict(self.shares.fixed), "least": dict(self.shares.least)},
            "comparison": self.comparison.stored() if self.comparison else None,
            "sisters": [list(group) for group in self.sisters],
            "horizon_days": self.horizon_days,
            "by_hand": {"accounts": self.hand_accounts, "balance": str(self.hand_balance)},
            "bands": self.bands.stored(),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Rules:
        """Rules out of JSON that `stored` wrote."""
        return cls(
            tiers=tuple(Tier(**{**tier, "agencies": tuple(tier["agencies"])}) for tier in stored["tiers"]),
            treatments=tuple(TreatmentRule(**rule) for rule in stored["treatments"]),
            shares=Shares(**stored["shares"]),
            comparison=Comparison.of(stored["comparison"]) if stored["comparison"] else None,
            sisters=tuple(tuple(group) for group in stored["sisters"]),
            horizon_days=stored["horizon_days"],
            hand_accounts=stored["by_hand"]["accounts"],
            hand_balance=Decimal(stored["by_hand"]["balance"]),
            bands=Bands.of(stored["bands"]),
        )

    @property
    def legal(self) -> Tier | None:
        """The tier of accounts that go to court."""
        return next((tier for tier in self.tiers if tier.name == LEGAL), None)

    def treatment(self, facts: Facts) -> str:
        """How an account is treated: by the first rule that fits."""
        return next((rule.treatment for rule in self.treatments if rule.fits(facts)), STANDARD)

    def tier(self, treatment: str, held: int) -> Tier:
        """Where an account stands: in legal if it goes to court, else one tier further for every placement that ended."""
        if treatment == TO_COURT and self.legal:
            return self.legal
        ordinary = [tier for tier in self.tiers if tier.name != LEGAL]
        return ordinary[min(held, len(ordinary) - 1)]

    def rests_until(self, tier: Tier, ended_on: date | None) -> date | None:
        """The first day on which an account whose last placement ended on that day may be placed again; none if it may at once."""
        return ended_on + timedelta(days=tier.grace_days) if ended_on and tier.grace_days else None

    def sisters_of(self, codes: Sequence[str]) -> tuple[str, ...]:
        """These agencies and those of the same owners, sorted."""
        found = set(codes)
        for group in self.sisters:
            if found & set(group):
                found |= set(group)
        return tuple(sorted(found))

    def closed_to(self, code: str, kind: AgencyKind) -> dict[str, str]:
        """The tiers in which this agency takes no part, each with the code of the reason."""
        found = {}
        for tier in self.tiers:
            if (tier.name == LEGAL) != (kind is AgencyKind.LAW_FIRM):
                found[tier.name] = "capability"
            elif tier.agencies and code not in tier.agencies:
                found[tier.name] = "other_tier"
        return found

    def faults(self) -> Iterator[tuple[str, str]]:
        """What makes these rules unfit to be approved: (part, message)."""
        names = [tier.name for tier in self.tiers]
        if names != [name for name in TIERS if name in names] or not names or names[0] == LEGAL:
            yield "tiers", N_("Name at least one tier before legal, each once and in their order.")
        if any(rule.treatment == TO_COURT for rule in self.treatments) and not self.legal:
            yield "treatments", N_("A rule sends accounts to court, but there is no legal tier.")
        if self.legal and not any(rule.treatment == TO_COURT for rule in self.treatments):
            yield "treatments", N_("Nothing reaches the legal tier: say in a treatment which accounts go to court.")
        if any(rule == TreatmentRule(rule.treatment) for rule in self.treatments):
            yield "treatments", N_("Give every treatment at least one condition.")
        if self.shares.way == FIXED and not any(self.shares.fixed.values()):
            yield "shares", N_("Give at least one agency a fixed part.")
        if sum(self.shares.least.values()) > 1:
            yield "shares", N_("The least parts owed add up to more than all.")
        if self.comparison:
            yield from _comparison_faults(self.comparison)


def _comparison_faults(comparison: Comparison) -> Iterator[tuple[str, str]]:
    if (comparison.challenger > 0) != bool(comparison.challengers):
        yield "comparison", N_("A challenger needs agencies and a share.")
    if not 0 < comparison.challenger + comparison.holdback < 1:
        yield "comparison", N_("Leave something for the champion, and something to compare it with.")


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, str, str]]:
    """What changed between two stored strategies: (where, before, after), in order; empty text for what was not there."""
    if before == after:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = list(dict.fromkeys([*before, *after]))
        return [
            row for key in keys for row in differences(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))
        ]
    if _named(before) and _named(after):
        return differences({one["name"]: one for one in before}, {one["name"]: one for one in after}, path)
    if (
        isinstance(before, list)
        and isinstance(after, list)
        and all(isinstance(one, Mapping) for one in [*before, *after])
    ):
        return differences(dict(enumerate(before, 1)), dict(enumerate(after, 1)), path)
    return [(path, _text(before), _text(after))]


def _named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) and "name" in one for one in value)


def _text(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items() if _text(one))
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _least(value: int | None, least: int | None) -> bool:
    return least is None or (value is not None and value >= least)


CONDITIONS: Final = tuple(one.name for one in fields(TreatmentRule) if one.name != "treatment")
