"""What a plan's page says beyond who gets what: what it should bring, against what, at what price, and what changed since it was drawn before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from placements import plan_queries, words
from placements.models import Plan
from placements.plan_queries import Part
from portal.charts import Bar, BarChart, bar_chart
from portal.errors import N_
from portal.lists import Cell
from portal.types import to_major

Say = Callable[[str], str]
ALIKE: Final = 0.1
WISH_WORDS: Final[Mapping[str, str]] = {
    "seed": N_("Seed"), "selection": N_("Which accounts"), "strategy": N_("Strategy"), "by_strategy": N_("Split by the strategy"),
    "days": N_("Days looked at"), "parts": N_("Parts of the agencies"),
}  # fmt: skip


@dataclass(frozen=True)
class Outlook:
    """What a plan is expected to bring back net of fees, its 80 % interval, and what an equal split would; money in major units."""

    net: Decimal
    low: Decimal
    high: Decimal
    equal: Decimal
    rows: Sequence[Sequence[Cell]]
    against_equal: BarChart
    is_assumed: bool
    measured: str
    before: Plan | None

    @property
    def gain(self) -> Decimal:
        """What the plan brings more than an equal split."""
        return self.net - self.equal


def outlook(
    session: Session, plan: Plan, parts: Sequence[Part], write: Callable[[float], str], say: Say
) -> Outlook | None:
    """The outlook of a plan that deals something out; none for plans from before there were forecasts."""
    told = plan.forecast
    if not told.get("by_agency") or not parts:
        return None
    before = plan_queries.placed_before(session, plan)
    then = {part.code: part for part in plan_queries.parts(session, before)} if before else {}
    now = {part.code: part for part in parts}
    equal, net = told["equal"], told["by_agency"]
    whole, whole_then = _whole(now), _whole(then)
    codes = [code for code in sorted(net) if code in now or equal["accounts"].get(code)]
    rows = [
        [
            Cell(code), Cell(now[code].accounts if code in now else 0), Cell(equal["accounts"].get(code, 0)),
            Cell(now[code].balance / whole if code in now else Decimal(0)),
            Cell(then[code].balance / whole_then if code in then else None), Cell(to_major(net[code]), currency=plan.currency),
            _price(told, code, plan.currency, say),
        ]
        for code in codes
    ]  # fmt: skip
    bars = [
        Bar(code, float((now[code].balance if code in now else Decimal(0)) - to_major(equal["balance"].get(code, 0))))
        for code in codes
    ]
    return Outlook(
        to_major(told["net"]), to_major(told["low"]), to_major(told["high"]), to_major(equal["net"]), rows, bar_chart(bars, write=write),
        not told["measured"] and not told["rates_measured"], ", ".join(told["measured"]), before,
    )  # fmt: skip


def _price(told: Mapping[str, Any], code: str, currency: str | None, say: Say) -> Cell:
    if code in told.get("scarce", ()):
        return Cell(say(N_("decides who is placed")))
    return Cell(to_major(round(told["prices"][code])) if code in told["prices"] else None, currency=currency)


def _whole(parts: Mapping[str, Part]) -> Decimal:
    return sum((part.balance for part in parts.values()), Decimal(0)) or Decimal(1)


def side_rows(plan: Plan, say: Say) -> list[list[Cell]]:
    """Side of the comparison, consumers on it, and how far balance, age and score lie from the champion's."""
    told = plan.forecast.get("sides")
    if not told:
        return []
    away = told["differences"]
    return [
        [
            Cell(say(words.SIDES[side])), Cell(count),
            *(Cell(f"{away[side][name]:+.3f}" if side in away else None) for name in ("balance", "days_late", "score")),
        ]
        for side, count in told["groups"].items()
    ]  # fmt: skip


def are_alike(plan: Plan) -> bool:
    """True if no side of the comparison lies further from the champion's than what counts as alike."""
    away = plan.forecast.get("sides", {}).get("differences", {})
    return all(abs(one) < ALIKE for values in away.values() for one in values.values())


def short_rows(plan: Plan, say: Say) -> list[list[Cell]]:
    """Wishes that could not be met: what, for whom, by how many consumers."""
    kinds = {
        "min_share": N_("Less than the part owed by contract"),
        "top_share": N_("More of a cell than leaves a comparison"),
    }
    found: dict[tuple[str, str], int] = {}
    for one in plan.forecast.get("short", ()):
        key = (one["kind"], one["agency"])
        found[key] = found.get(key, 0) + one["groups"]
    return [[Cell(say(kinds[kind])), Cell(agency), Cell(groups)] for (kind, agency), groups in sorted(found.items())]


def treatment_rows(session: Session, plan: Plan, say: Say) -> list[list[Cell]]:
    """Tier, treatment, accounts, balance; nothing for plans that no strategy bound."""
    return [
        [
            Cell(say(words.TIERS[track])),
            Cell(say(words.STRATEGY_TREATMENTS[treatment])),
            Cell(accounts),
            Cell(balance, currency=plan.currency),
        ]
        for track, treatment, accounts, balance in plan_queries.by_treatment(session, plan)
    ]


def change_rows(plan: Plan) -> list[list[Cell]]:
    """By agency how many accounts the version before gave it and this one gives."""
    told: Mapping[str, Any] = plan.changes.get("by_agency", {})
    return [[Cell(code), Cell(before), Cell(now), Cell(f"{now - before:+,}")] for code, (before, now) in told.items()]


def wish_rows(plan: Plan, say: Say) -> list[list[Cell]]:
    """What was asked for otherwise than in the version before."""
    told: Mapping[str, Any] = plan.changes.get("wishes", {})
    return [
        [Cell(say(WISH_WORDS[name])), Cell(_said(before)), Cell(_said(now))] for name, (before, now) in told.items()
    ]


def _said(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{key} {one:g}" if isinstance(one, float) else f"{key} {one}" for key, one in value.items())
            or None
        )
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    return None if value in (None, "") else str(value)
