"""Questions a plan asks: which accounts stand for placing, what is known of each, what the agencies hold already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, exists, func, literal, select, type_coerce
from sqlalchemy.orm import Session, aliased

from agencies.models import Agency
from placements.eligibility import Held
from placements.models import (
    LIMITS_ONLY,
    Account,
    Consumer,
    Hold,
    Placement,
    Plan,
    PlanLine,
    PlanState,
    Portfolio,
    Recall,
    RecallReason,
)
from placements.pool_filter import AGAIN, NEVER, Conditions
from placements.queries import IS_OPEN, in_lots
from placements.request_models import Arrangement
from placements.request_queries import WAS_SETTLED


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
    last_payment_on: date | None
    limitation_on: date | None


Pool = Sequence[ColumnElement[bool]]
"""Conditions on accounts; the pool is what fits any one of them."""


def of_portfolio(portfolio_id: int) -> Pool:
    """The accounts of a portfolio."""
    return [Account.portfolio_id == portfolio_id]


def of_refs(refs: Collection[str]) -> Pool:
    """The accounts with these references."""
    return [Account.account_ref.in_(lot) for lot in in_lots(refs)]


def of_conditions(session: Session, conditions: Conditions, on: date) -> Pool:
    """The accounts that fit a saved filter on a day."""
    late = _days_late(session, on)
    other = aliased(Placement)  # whatever else a select asks of placements, this asks of its own
    of_account = exists().where(other.account_id == Account.id)
    open_one, ended = of_account.where(other.ended_at.is_(None)), of_account.where(other.ended_at.is_not(None))
    of = select(Portfolio.id).where(Portfolio.name == conditions.portfolio).scalar_subquery()
    found: list[ColumnElement[bool] | None] = [
        ~open_one,
        ~ended if conditions.status == NEVER else ended if conditions.status == AGAIN else None,
        Account.portfolio_id == of if conditions.portfolio is not None else None,
        Account.product == conditions.product if conditions.product is not None else None,
        Account.currency == conditions.currency if conditions.currency is not None else None,
        _lies_in(conditions.jurisdiction) if conditions.jurisdiction is not None else None,
        *_between(Account.balance, conditions.balance_from, conditions.balance_to),
        *_between(late, conditions.days_late_from, conditions.days_late_to),
        *_between(Account.score, conditions.score_from, conditions.score_to),
    ]
    return [and_(*(one for one in found if one is not None))]


def _lies_in(jurisdiction: str) -> ColumnElement[bool]:
    return (Account.jurisdiction == jurisdiction) | Account.jurisdiction.startswith(f"{jurisdiction}-", autoescape=True)


def _between(column: Any, low: Any, high: Any) -> list[ColumnElement[bool] | None]:
    return [column >= low if low is not None else None, column <= high if high is not None else None]


def _days_late(session: Session, on: date) -> Any:
    """`eligibility.days_late` in SQL: days since the default, else the tape's count grown since its figures stood."""

    def since(column: Any) -> Any:
        if session.get_bind().dialect.name == "postgresql":
            return func.greatest(literal(on) - column, 0)
        return func.max(cast(func.julianday(on.isoformat()) - func.julianday(column), Integer), 0)

    grown = Account.days_past_due + func.coalesce(since(Account.as_of), 0)
    return case((Account.defaulted_on.is_not(None), since(Account.defaulted_on)), else_=grown)


@dataclass(frozen=True)
class Segment:
    """Accounts of one currency and product in a pool: how many, how many of them are on hold, and their balance."""

    currency: str
    product: str
    accounts: int
    on_hold: int
    balance: Decimal


def segments(session: Session, pool: Pool) -> list[Segment]:
    """What a pool holds, by currency and product, largest first."""
    held = exists().where(Hold.account_id == Account.id, Hold.until.is_(None))
    columns = (
        Account.currency,
        Account.product,
        func.count(),
        func.sum(case((held, 1), else_=0)),
        func.sum(Account.balance),
    )
    grouped = _rows(session, pool, select(*columns).group_by(Account.currency, Account.product))
    found = [
        Segment(currency, str(product), count, int(on_hold), balance)
        for currency, product, count, on_hold, balance in grouped
    ]
    return sorted(found, key=lambda one: (one.currency, -one.balance, one.product))


def last_ended(session: Session, pool: Pool) -> dict[int, date]:
    """The day on which the last placement of each account of the pool ended."""
    wanted = (
        select(Placement.account_id, func.max(Placement.ended_at))
        .join(Account, Account.id == Placement.account_id)
        .where(Placement.ended_at.is_not(None))
        .group_by(Placement.account_id)
    )
    return {account_id: ended_at.date() for account_id, ended_at in _rows(session, pool, wanted)}


def sides_before(session: Session, pool: Pool, salt: str) -> dict[str, str]:
    """The side of the comparison (its salt) that each consumer of the pool is on already, by reference, out of placed plans."""
    wanted = (
        select(PlanLine.consumer_ref, PlanLine.side)
        .join(Plan, Plan.id == PlanLine.plan_id)
        .join(Consumer, Consumer.consumer_ref == PlanLine.consumer_ref)
        .join(Account, Account.consumer_id == Consumer.id)
        .where(Plan.comparison == salt, Plan.state == PlanState.PLACED, PlanLine.side.is_not(None))
        .distinct()
    )
    return dict(tuple(row) for row in _rows(session, pool, wanted))


def accounts(session: Session, pool: Pool) -> Iterator[Known]:
    """Every account of the pool, one after another: a pool may have a million."""
    columns = (
        Account.id, Account.account_ref, Consumer.id, Consumer.consumer_ref, Account.product, Account.jurisdiction,
        Account.currency, type_coerce(Account.balance, Integer), Account.days_past_due, Account.defaulted_on, Account.as_of,
        Account.score, Account.last_payment_on, Account.limitation_on,
    )  # fmt: skip
    wanted = select(*columns).join(Consumer, Consumer.id == Account.consumer_id)
    return (Known(*row) for row in _rows(session, pool, wanted))


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


def settled(session: Session, pool: Pool) -> set[int]:
    """The accounts of the pool on which a settlement was kept: nothing is owed on them any more."""
    wanted = select(Arrangement.account_id).join(Account, Account.id == Arrangement.account_id).where(WAS_SETTLED)
    return {account_id for (account_id,) in _rows(session, pool, wanted)}


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


def followed(session: Session, pool: Pool, *, besides: Collection[str] = ()) -> dict[int, str]:
    """The agency (code) that works an account of each consumer of the pool now; where there are several, that of the newest placement.

    `besides` are accounts that are moved and count for nothing here: few enough for one condition.
    """
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
    if besides:
        wanted = wanted.where(other.account_ref.not_in(list(besides)))
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
