"""Questions about deliveries: what a plan brought to an agency, with control totals, and how far it was acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, contains_eager

from agencies.models import Agency, Contract
from placements.models import Account, Placement, PlacementState, Plan
from placements.queries import IS_OPEN, in_lots
from portal.errors import NotFound
from portal.permissions import Actor


@dataclass(frozen=True)
class Window:
    """Since when an agency knows of a placement, and until when it may refuse it and has to acknowledge it."""

    since: datetime
    until: datetime


def told_at(session: Session, placements: Iterable[Placement]) -> dict[int, Window]:
    """The window of each placement by its contract. A placement that was backdated is told when its plan was really placed."""
    found: dict[int, Window] = {}
    for lot in in_lots(placement.id for placement in placements):
        wanted = select(Placement.id, Placement.placed_at, Plan.placed_at, Contract.acknowledge_days)
        joined = wanted.join(Contract, Contract.id == Placement.contract_id).outerjoin(
            Plan, Plan.id == Placement.plan_id
        )
        for key, placed_at, really, days in session.execute(joined.where(Placement.id.in_(lot))):
            since = max(placed_at, really) if really else placed_at
            found[key] = Window(since, since + timedelta(days=days))
    return found


def deliveries_list(actor: Actor) -> Any:
    """(plan, agency, days to acknowledge, currency, accounts, balance, waiting, refused, differing) of every plan and agency."""
    waits = case((Placement.state == PlacementState.PLACED, 1), else_=0)
    refused = case((Placement.state == PlacementState.REFUSED, 1), else_=0)
    differs = case((Placement.acknowledged_balance != Placement.balance, 1), else_=0)
    wanted = (
        select(
            Plan, Agency, func.min(Contract.acknowledge_days).label("days"), Placement.currency, func.count().label("accounts"),
            func.sum(Placement.balance).label("balance"), func.sum(waits).label("waiting"), func.sum(refused).label("refused"),
            func.sum(differs).label("differing"),
        )
        .select_from(Placement)
        .join(Plan, Plan.id == Placement.plan_id)
        .join(Agency, Agency.id == Placement.agency_id)
        .join(Contract, Contract.id == Placement.contract_id)
        .group_by(Plan.id, Agency.id, Placement.currency)
    )  # fmt: skip
    return wanted if actor.agency_id is None else wanted.where(Placement.agency_id == actor.agency_id)


def delivered(session: Session, actor: Actor, plan_ref: str, code: str) -> Select[Placement]:
    """What a plan brought to an agency and is still there, with account and consumer. Raises NotFound if it is not the actor's to see."""
    wanted = select(Placement).join(Placement.account).join(Account.consumer).join(Placement.agency)
    wanted = wanted.join(Plan, Plan.id == Placement.plan_id).where(Plan.ref == plan_ref, Agency.code == code, IS_OPEN)
    if actor.agency_id is not None:
        wanted = wanted.where(Placement.agency_id == actor.agency_id)
    if session.scalar(wanted.with_only_columns(Placement.id).limit(1)) is None:
        raise NotFound
    return wanted.options(contains_eager(Placement.account).contains_eager(Account.consumer))


def control_totals(session: Session, wanted: Select[Placement]) -> tuple[int, Any]:
    """(rows, amount) of a delivery: what a receiver checks its copy against."""
    rows = wanted.with_only_columns(Placement.id, Placement.balance).subquery()
    count, amount = session.execute(select(func.count(), func.sum(rows.c.balance))).one()
    return count, amount


def unacknowledged(session: Session) -> Sequence[Any]:
    """(agency code, placed, plan placed, days to acknowledge, how many) of placements that wait for an answer."""
    wanted = select(Agency.code, Placement.placed_at, Plan.placed_at, Contract.acknowledge_days, func.count())
    joined = wanted.join(Agency, Agency.id == Placement.agency_id).join(Contract, Contract.id == Placement.contract_id)
    joined = joined.outerjoin(Plan, Plan.id == Placement.plan_id).where(Placement.state == PlacementState.PLACED)
    return session.execute(
        joined.group_by(Agency.code, Placement.placed_at, Plan.placed_at, Contract.acknowledge_days)
    ).all()
