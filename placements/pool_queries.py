"""Questions a plan asks: which accounts stand for placing, what is known of each, what the agencies hold already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from agencies.models import Agency
from placements.eligibility import Held
from placements.models import LIMITS_ONLY, Account, Consumer, Hold, Placement, Recall, RecallReason
from placements.queries import IS_OPEN, in_lots


@dataclass(frozen=True, slots=True)
class Known:
    """An account in the pool. `balance` is in minor units."""

    account_id: int
    account_ref: str
    consumer_id: int
    consumer_ref: str
    product: str
    jurisdiction: str
    currency: str
    balance: int
    days_past_due: int | None
    defaulted_on: date | None
    as_of: date | None
    score: int | None


Pool = Sequence[ColumnElement[bool]]
"""Conditions on accounts; the pool is what fits any one of them."""


def of_portfolio(portfolio_id: int) -> Pool:
    """The accounts of a portfolio."""
    return [Account.portfolio_id == portfolio_id]


def of_refs(refs: Collection[str]) -> Pool:
    """The accounts with these references."""
    return [Account.account_ref.in_(lot) for lot in in_lots(refs)]


def accounts(session: Session, pool: Pool) -> list[Known]:
    """Every account of the pool."""
    columns = (
        Account.id, Account.account_ref, Consumer.id, Consumer.consumer_ref, Account.product, Account.jurisdiction,
        Account.currency, type_coerce(Account.balance, Integer), Account.days_past_due, Account.defaulted_on, Account.as_of,
        Account.score,
    )  # fmt: skip
    wanted = select(*columns).join(Consumer, Consumer.id == Account.consumer_id)
    return [Known(*row) for row in _rows(session, pool, wanted)]


def holds_on(session: Session, pool: Pool) -> dict[int, list[str]]:
    """The kinds of hold that are on, by account of the pool."""
    found: dict[int, list[str]] = defaultdict(list)
    wanted = (
        select(Hold.account_id, Hold.kind)
        .join(Account, Account.id == Hold.account_id)
        .where(Hold.until.is_(None), Hold.kind.not_in(LIMITS_ONLY))
    )
    for account_id, kind in _rows(session, pool, wanted):
        found[account_id].append(kind.value)
    return found


def holders(session: Session, pool: Pool) -> dict[int, str]:
    """The agency (code) that holds each account of the pool that is placed."""
    wanted = select(Placement.account_id, Agency.code).join(Agency, Agency.id == Placement.agency_id).where(IS_OPEN)
    return dict(_rows(session, pool, wanted.join(Account, Account.id == Placement.account_id)))


def held_before(session: Session, pool: Pool) -> dict[int, list[str]]:
    """The agencies (codes) that held each account of the pool and no longer do, once for each time; misplaced ones do not count."""
    found: dict[int, list[str]] = defaultdict(list)
    wanted = (
        select(Placement.account_id, Agency.code)
        .join(Agency, Agency.id == Placement.agency_id)
        .join(Account, Account.id == Placement.account_id)
        .outerjoin(Recall, Recall.id == Placement.recall_id)
        .where(Placement.ended_at.is_not(None), func.coalesce(Recall.reason, "") != RecallReason.MISPLACED.value)
    )
    for account_id, code in _rows(session, pool, wanted):
        found[account_id].append(code)
    return found


def followed(session: Session, pool: Pool) -> dict[int, str]:
    """The agency (code) that works an account of each consumer of the pool now; where there are several, that of the newest placement."""
    other = aliased(Account)
    wanted = (
        select(other.consumer_id, Agency.code)
        .join(Placement, Placement.account_id == other.id)
        .join(Agency, Agency.id == Placement.agency_id)
        .join(Account, Account.consumer_id == other.consumer_id)
        .where(IS_OPEN)
        .order_by(Placement.placed_at, Agency.code)
        .distinct()
        .add_columns(Placement.placed_at)
    )
    return {consumer_id: code for consumer_id, code, _ in _rows(session, pool, wanted)}


def held_now(session: Session, agency_ids: Collection[int], currency: str | None) -> dict[int, Held]:
    """What each of these agencies holds, by its id; the balance of the placements in this currency."""
    amount = func.coalesce(func.sum(type_coerce(Placement.balance, Integer)).filter(Placement.currency == currency), 0)
    wanted = select(Placement.agency_id, func.count(), amount).where(Placement.agency_id.in_(agency_ids), IS_OPEN)
    rows = session.execute(wanted.group_by(Placement.agency_id))
    return {agency_id: Held(count, int(held)) for agency_id, count, held in rows}


def open_everywhere(session: Session) -> int:
    """How many placements are open, whoever has them."""
    return session.scalar(select(func.count()).select_from(Placement).where(IS_OPEN)) or 0


def _rows(session: Session, pool: Pool, wanted: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """The rows of a select over accounts, for each condition of the pool in turn."""
    for condition in pool:
        yield from session.execute(wanted.where(condition).execution_options(yield_per=5000))
