"""The cohort of a period and what was paid on it: placements with their exposure, credited payments, and their sums by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from agencies.models import Agency
from ledger.models import Credit, Payment
from placements.models import Account, Hold, HoldKind, Placement, PlacementState, Plan, Recall, RecallReason
from scorecards.configuration import Parameters
from scorecards.periods import Period
from scorecards.pool import COHORT_SUMS, CohortLine
from scorecards.queries import Rows
from scorecards.queries.days import day, days_between, least, minor, real

# The bank took these back for its own reasons: their exposure ends. What ended through the agency goes on counting, or it
# would look better by giving bad accounts back.
CENSORING = (
    RecallReason.TERM_END,
    RecallReason.STRATEGY,
    RecallReason.PORTFOLIO_SALE,
    RecallReason.SETTLED_WITH_BANK,
    RecallReason.LEGAL,
)
# With one of these on the day of placement nobody could have collected.
NEVER_COLLECTABLE = (HoldKind.DECEASED, HoldKind.BANKRUPTCY, HoldKind.FRAUD)
SQUARES = frozenset({"payers_paid_squared", "payers_paid_balance", "payers_balance_squared"})


@dataclass(frozen=True)
class Frame:
    """What is asked about: one period and currency, by rows known at one instant."""

    period: Period
    currency: str
    known_at: datetime
    parameters: Parameters

    @property
    def until(self) -> date:
        """The day before which exposure ends: that of the period, or earlier, so that payments had time to bounce."""
        return min(self.period.end, self.known_at.date() - timedelta(days=self.parameters.settle_days))


def currencies(session: Session, period: Period) -> Sequence[str]:
    """The currencies in which anything was placed before the end of the period."""
    return session.scalars(
        select(Placement.currency).where(Placement.placed_at < period.ends_at).distinct().order_by(Placement.currency)
    ).all()


def cohort(frame: Frame) -> Rows:
    """The placements that are scored, each with its whole months of exposure.

    Columns: placement_id, agency_id, account_id, consumer_id, cell, placed_on, months, is_mature, dealt, balance (minor units).
    Left out: refused ones, mistakes of the bank (misplaced), and accounts that nobody could have collected.
    """
    parameters = frame.parameters
    until = day(frame.until)
    age = days_between(Placement.placed_at, until)
    has_ended = and_(Placement.ended_at.is_not(None), Placement.ended_at <= frame.known_at)
    taken_back = and_(has_ended, Placement.state == PlacementState.RECALLED)
    stop = case(
        (and_(taken_back, Recall.reason.in_(CENSORING)), days_between(Placement.placed_at, Placement.ended_at)),
        else_=literal(parameters.window_days),
    )
    months = least(least(age, stop), literal(parameters.window_days)) // parameters.month_days
    hopeless = exists().where(
        Hold.account_id == Placement.account_id,
        Hold.kind.in_(NEVER_COLLECTABLE),
        Hold.since <= Placement.placed_at,
        or_(Hold.until.is_(None), Hold.until > Placement.placed_at),
    )
    return (
        select(
            Placement.id.label("placement_id"),
            Placement.agency_id,
            Placement.account_id,
            Account.consumer_id,
            Placement.cell,
            Placement.placed_at,
            months.label("months"),
            case((age >= parameters.least_days, 1), else_=0).label("is_mature"),
            case((Plan.by_hand.is_(False), 1), else_=0).label("dealt"),
            minor(Placement.balance).label("balance"),
        )
        .join(Account, Account.id == Placement.account_id)
        .outerjoin(Plan, Plan.id == Placement.plan_id)
        .outerjoin(Recall, Recall.id == Placement.recall_id)
        .where(
            Placement.currency == frame.currency,
            age.between(parameters.provisional_days, parameters.cohort_days),
            months >= 1,
            ~and_(has_ended, Placement.state == PlacementState.REFUSED),
            ~and_(taken_back, Recall.reason == RecallReason.MISPLACED),
            ~hopeless,
        )
    )


def credited(frame: Frame) -> Rows:
    """The payments that count: credited to a placement of the cohort within its whole months of exposure.

    Columns: payment_id, placement_id, agency_id, is_mature, month (since placement, from 1), amount (minor units). A reversal
    counts in the month of the payment it reverses, so that a bounced payment never dresses up a score.
    """
    held, original = cohort(frame).subquery("held"), aliased(Payment)
    effective = func.coalesce(original.paid_on, Payment.paid_on)
    since = days_between(held.c.placed_at, effective)
    month = since // frame.parameters.month_days + 1
    return (
        select(
            Payment.id.label("payment_id"),
            held.c.placement_id,
            held.c.agency_id,
            held.c.is_mature,
            month.label("month"),
            minor(Credit.amount).label("amount"),
        )
        .join(Credit, Credit.placement_id == held.c.placement_id)
        .join(Payment, Payment.id == Credit.payment_id)
        .outerjoin(original, original.id == Payment.reverses_id)
        .where(Payment.posted_at <= frame.known_at, since >= 0, month <= held.c.months)
    )


def cohort_lines(session: Session, frame: Frame) -> list[CohortLine]:
    """The cohort summed by agency, cell, months of exposure and age, in that order."""
    held = cohort(frame).subquery("held")
    one = credited(frame).subquery("credited")
    paid = (
        select(one.c.placement_id, func.sum(one.c.amount).label("paid"), func.count().label("payments"))
        .group_by(one.c.placement_id)
        .subquery("paid")
    )
    group = (held.c.agency_id, held.c.cell, held.c.months, held.c.is_mature)
    consumer = (
        select(
            *group,
            func.count().label("placements"),
            func.min(held.c.dealt).label("dealt"),
            func.coalesce(func.sum(paid.c.payments), 0).label("payments"),
            func.sum(held.c.balance).label("balance"),
            func.coalesce(func.sum(paid.c.paid), 0).label("paid"),
        )
        .outerjoin(paid, paid.c.placement_id == held.c.placement_id)
        .group_by(*group, held.c.consumer_id)
        .subquery("consumer")
    )
    found = session.execute(_summed(consumer, frame.parameters)).all()
    return [_line(row) for row in found]


def _summed(consumer: Any, parameters: Parameters) -> Rows:
    c = consumer.c
    pays = and_(c.paid > 0, real(c.paid) >= parameters.token_share * real(c.balance))

    def over_payers(value: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.sum(case((pays, value), else_=0))

    sums = (
        func.sum(c.placements),
        func.count(),
        func.sum(c.dealt),
        func.sum(c.payments),
        func.sum(c.balance),
        func.sum(c.paid),
        over_payers(literal(1)),
        over_payers(c.paid),
        over_payers(real(c.paid) * real(c.paid)),
        over_payers(c.balance),
        over_payers(real(c.paid) * real(c.balance)),
        over_payers(real(c.balance) * real(c.balance)),
    )
    group = (Agency.code, c.cell, c.months, c.is_mature)
    return (
        select(*group, *sums)
        .select_from(consumer)
        .join(Agency, Agency.id == c.agency_id)
        .group_by(*group)
        .order_by(*group)
    )


def _line(row: Any) -> CohortLine:
    agency, cell, months, is_mature, *sums = row
    # PostgreSQL adds whole numbers up to decimals; squares are floats on both.
    exact = (float(value) if name in SQUARES else int(value) for name, value in zip(COHORT_SUMS, sums, strict=True))
    return CohortLine(agency, cell, int(months), bool(is_mature), *exact)  # type: ignore[arg-type]


def paid_by_month(session: Session, frame: Frame) -> list[int]:
    """What was paid on the whole cohort in each month since placement, in minor units."""
    one = credited(frame).subquery()
    found = dict(session.execute(select(one.c.month, func.sum(one.c.amount)).group_by(one.c.month)).all())
    return [int(found.get(month, 0)) for month in range(1, frame.parameters.window_months + 1)]
