"""Questions the value of staying is computed from: what was placed and came back by tier and month, and how each open account stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activity import queries as activity
from agencies.models import FeeTerm
from agencies.models import Standing as AgencyStanding
from ledger.models import Credit
from placements.models import Placement
from placements.recall_queries import CAN_BE_RECALLED
from placements.request_models import Arrangement, ArrangementState
from portal import clock

MONTH = 30


@dataclass(frozen=True)
class Standing:
    """An open placement as the decision asks for it."""

    placement_id: int
    agency_id: int
    contract_id: int
    tier: int
    began: date
    balance: Decimal
    days_since_payment: int | None
    has_plan: bool
    days_since_attempt: int
    is_gated: bool


def exposures(session: Session) -> Sequence[Any]:
    """(tier, day begun, day ended or none, accounts, balance) of all placements that were taken, summed by day."""
    began, ended = func.date(Placement.placed_at), func.date(Placement.ended_at)
    wanted = select(Placement.tier, began, ended, func.count(), func.sum(Placement.balance))
    rows = session.execute(wanted.where(Placement.acknowledged_at.is_not(None)).group_by(Placement.tier, began, ended))
    return [(tier, _day(first), _day(last), count, balance) for tier, first, last, count, balance in rows]


def collected(session: Session) -> Sequence[Any]:
    """(tier, month of the placement, amount) of what was credited."""
    began = func.date(Placement.placed_at)
    wanted = select(Placement.tier, began, Credit.paid_on, func.sum(Credit.amount))
    joined = wanted.join(Placement, Placement.id == Credit.placement_id).where(Placement.acknowledged_at.is_not(None))
    rows = session.execute(joined.group_by(Placement.tier, began, Credit.paid_on))
    return [
        (tier, (paid_on - first).days // MONTH, amount)
        for tier, day, paid_on, amount in rows
        if (first := _day(day)) and paid_on >= first
    ]


def mean_rates(session: Session) -> dict[int, float]:
    """The mean fee rate of each contract's terms."""
    rows: dict[int, list[float]] = {}
    for contract_id, rate in session.execute(select(FeeTerm.contract_id, FeeTerm.rate)):
        rows.setdefault(contract_id, []).append(float(rate))
    return {key: sum(found) / len(found) for key, found in rows.items()}


def open_placements(session: Session) -> list[Standing]:
    """Every placement that could be recalled, with what overrides the sum: payments, plans, attempts, gates."""
    now = clock.now()
    paid = select(Credit.placement_id, func.max(Credit.paid_on).label("last")).where(Credit.amount > 0)
    payments = paid.group_by(Credit.placement_id).subquery()
    plans = set(session.scalars(select(Arrangement.placement_id).where(Arrangement.state == ArrangementState.RUNNING)))
    gated = set(session.scalars(select(AgencyStanding.agency_id).where(AgencyStanding.gate.is_not(None))))
    attempts = activity.last_attempts(session)
    wanted = select(Placement, payments.c.last).outerjoin(payments, payments.c.placement_id == Placement.id)
    found = []
    for placement, last in session.execute(wanted.where(Placement.state.in_(CAN_BE_RECALLED)).order_by(Placement.id)):
        attempt: datetime = attempts.get(placement.id, placement.placed_at)
        found.append(
            Standing(
                placement.id,
                placement.agency_id,
                placement.contract_id,
                placement.tier,
                placement.placed_at.date(),
                placement.balance,
                (now.date() - last).days if last else None,
                placement.id in plans,
                (now - attempt).days,
                placement.agency_id in gated,
            )
        )
    return found


def _day(value: Any) -> date | None:
    """A day as either database gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value
