"""Questions of the home page: what is placed, what came back, what waits. Few grouped selects, however large the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.models import Agency, AgencyStatus, Standing
from conduct import queries as breaches
from conduct.models import Breach
from ledger.models import Credit
from placements.models import Account, Placement, PlacementState, Portfolio
from portal import tasks
from portal.permissions import Actor
from portal.reports.models import Report
from portal.tasks import Task
from scorecards.queries import Rows
from scorecards.queries.days import month_of

GONE = (AgencyStatus.DECLINED, AgencyStatus.EXITED)


@dataclass(frozen=True)
class Inventory:
    """Open placements of one agency in one currency and state."""

    agency_id: int
    currency: str
    state: PlacementState
    count: int
    balance: Decimal


@dataclass(frozen=True)
class Recovered:
    """What was credited to one agency in one month on one portfolio."""

    month: str
    agency_id: int
    portfolio: str
    currency: str
    amount: Decimal


def _mine(wanted: Any, column: Any, actor: Actor) -> Any:
    return wanted.where(column == actor.agency_id) if actor.agency_id is not None else wanted


def inventory(session: Session, actor: Actor) -> list[Inventory]:
    """Open placements by agency, currency and state; an agency's own."""
    group = (Placement.agency_id, Placement.currency, Placement.state)
    wanted: Rows = (
        select(*group, func.count(), func.sum(Placement.balance)).where(Placement.ended_at.is_(None)).group_by(*group)
    )
    return [Inventory(*row) for row in session.execute(_mine(wanted, Placement.agency_id, actor))]


def recovered(session: Session, actor: Actor, since: date) -> list[Recovered]:
    """Money credited since this day, net of reversals, by month, agency and portfolio; an agency's own."""
    group = (month_of(Credit.paid_on), Credit.agency_id, Portfolio.name, Account.currency)
    wanted: Rows = (
        select(*group, func.sum(Credit.amount))
        .join(Account, Account.id == Credit.account_id)
        .join(Portfolio, Portfolio.id == Account.portfolio_id)
        .where(Credit.agency_id.is_not(None), Credit.paid_on >= since)
        .group_by(*group)
        .order_by(*group)
    )
    return [Recovered(*row) for row in session.execute(_mine(wanted, Credit.agency_id, actor))]


def open_breaches(session: Session, actor: Actor) -> dict[int | None, int]:
    """Breaches that nobody has decided, by agency (none: the bank's own); an agency's own."""
    wanted: Rows = (
        select(Breach.agency_id, func.count())
        .where(Breach.state.in_(breaches.WAITING), Breach.withdrawn_at.is_(None), breaches.visible_to(actor))
        .group_by(Breach.agency_id)
    )
    return dict(session.execute(wanted).all())


def panel(session: Session, actor: Actor) -> Sequence[tuple[Agency, Standing | None]]:
    """The agencies that have not left, with their standing."""
    wanted: Rows = (
        select(Agency, Standing)
        .outerjoin(Standing, Standing.agency_id == Agency.id)
        .where(agencies.visible_to(actor), Agency.status.not_in(GONE))
        .order_by(Agency.code)
    )
    return [(agency, standing) for agency, standing in session.execute(wanted)]


def first_tasks(session: Session, actor: Actor, most: int) -> Sequence[Task]:
    """The most urgent tasks of the actor."""
    found: Sequence[Task] = session.scalars(tasks.mine(actor).limit(most)).all()
    return found


def tasks_due(session: Session, actor: Actor, by: datetime) -> int:
    """How many of the actor's tasks are due by then."""
    wanted = tasks.mine(actor).where(Task.due_at <= by).order_by(None).subquery()
    return int(session.scalar(select(func.count()).select_from(wanted)) or 0)


def last_reports(session: Session, agency_id: int, most: int) -> Sequence[Report]:
    """An agency's newest reports."""
    wanted = select(Report).where(Report.agency_id == agency_id).order_by(Report.created_at.desc(), Report.id.desc())
    return session.scalars(wanted.limit(most)).all()
