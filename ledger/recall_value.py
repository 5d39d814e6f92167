"""Rule and act: an account that is worth more with the next tier is proposed for recall (keep or recall, allocation/steering).

What a tier brings back a month of placement is measured on the bank's own ledger, over all accounts that were there a whole month. A
tier that is known from too few accounts proposes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from ledger import value_queries
from placements import proposing
from placements.allocation import keep_or_recall, recall_override

MONTH: Final = 30  # days


@dataclass(frozen=True)
class Exposure:
    """Placements of one tier that began on a day and ended on one (none: still open): how many, and their placed balance."""

    tier: int
    began: date
    ended: date | None
    accounts: int
    balance: Decimal


@dataclass(frozen=True)
class Collected:
    """What was credited to placements of one tier in a month of theirs."""

    tier: int
    month: int
    amount: Decimal


def monthly_rates(
    exposures: Iterable[Exposure], collected: Iterable[Collected], today: date, *, least_accounts: int
) -> Mapping[tuple[int, int], float]:
    """The share of the placed balance that comes back in each whole month of a placement, by (tier, month from 0).

    Only months that a placement lived through to their end count, and only where enough accounts did.
    """
    there: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    known: dict[tuple[int, int], int] = defaultdict(int)
    for one in exposures:
        for month in range(((one.ended or today) - one.began).days // MONTH):
            there[one.tier, month] += one.balance
            known[one.tier, month] += one.accounts
    paid: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for sum_ in collected:
        paid[sum_.tier, sum_.month] += sum_.amount
    return {
        key: float(paid[key] / there[key]) for key, count in known.items() if count >= least_accounts and there[key] > 0
    }


def horizon(rates: Mapping[tuple[int, int], float], tier: int, month: int, months: int) -> Sequence[float] | None:
    """The rates of a tier from a month on, over the horizon; none where one of them is not known."""
    wanted = [rates.get((tier, month + step)) for step in range(months)]
    return None if any(rate is None for rate in wanted) else [rate for rate in wanted if rate is not None]


def propose(session: Session, *, today: date, at: datetime) -> int:
    """Propose the accounts of which moving is worth more; how many."""
    policy = proposing.policies()["value"]
    whys: dict[int, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    if policy["enabled"]:
        rates = monthly_rates(
            [Exposure(*row) for row in value_queries.exposures(session)],
            [Collected(*row) for row in value_queries.collected(session)],
            today, least_accounts=policy["least_accounts"],
        )  # fmt: skip
        fees = value_queries.mean_rates(session)
        for row in value_queries.open_placements(session) if rates else ():
            why = _why(row, rates, fees, policy, today)
            if why is not None:
                whys[row.agency_id][row.placement_id] = why
    return proposing.propose(session, "value", whys, at=at)


def _why(
    row: value_queries.Standing,
    rates: Mapping[tuple[int, int], float],
    fees: Mapping[int, float],
    policy: Mapping[str, Any],
    today: date,
) -> Mapping[str, Any] | None:
    """The figures that speak for recalling an account; none where it stays, or where too little is known."""
    forced = recall_override(
        days_since_payment=row.days_since_payment, has_plan=row.has_plan, days_since_attempt=row.days_since_attempt,
        is_gated=row.is_gated,
    )  # fmt: skip
    if forced == "keep":
        return None
    months = policy["months"]
    keep = horizon(rates, row.tier, (today - row.began).days // MONTH, months)
    move = horizon(rates, row.tier + 1, 0, months)
    if keep is None or move is None or row.contract_id not in fees:
        return None
    next_fee = sum(fees.values()) / len(fees)
    found = keep_or_recall(
        B=float(row.balance), h_keep=keep, f_keep=fees[row.contract_id], h_move=move, f_move=next_fee, cost=float(policy["cost"])
    )  # fmt: skip
    if forced is None and found["decision"] == "keep":
        return None
    return {
        "keep": round(float(found["keep"]), 2),
        "move": round(float(found["move"]), 2),
        "forced": forced == "recall",
    }
