"""Questions about the strategy: its versions, the one in force, and the effects and rates that scorecards handed down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from agencies.models import Agency
from placements.models import Plan, PlanState, RecoveryEffect, SavedPool, SegmentRate, Strategy, StrategyState
from placements.worth import PRIOR_SD, Effect
from portal.errors import NotFound

LOOK_BACK = 50  # plans


def get(session: Session, version: int) -> Strategy:
    """One version. Raises NotFound. The strategy is the bank's; agencies have no permission that leads here."""
    found = session.scalars(select(Strategy).where(Strategy.version == version)).first()
    if found is None:
        raise NotFound
    return found


def versions() -> Select[Strategy]:
    """Every version, for the list page."""
    return select(Strategy)


def in_force(session: Session) -> Strategy | None:
    """The newest approved version; none where the bank has not approved one yet."""
    approved = select(Strategy).where(Strategy.state == StrategyState.APPROVED).order_by(Strategy.version.desc())
    return session.scalars(approved.limit(1)).first()


def newest(session: Session) -> Strategy | None:
    """The newest version, whatever its state."""
    return session.scalars(select(Strategy).order_by(Strategy.version.desc()).limit(1)).first()


def approved_before(session: Session, strategy: Strategy) -> Strategy | None:
    """The approved version that this one replaces or replaced."""
    earlier = select(Strategy).where(Strategy.state == StrategyState.APPROVED, Strategy.version < strategy.version)
    return session.scalars(earlier.order_by(Strategy.version.desc()).limit(1)).first()


# -- what scorecards handed down -----------------------------------------------------------------------------------------


def effects(session: Session, currency: str | None) -> dict[str, Effect]:
    """The newest measured effect of each agency in a currency, by its code."""
    last = (
        select(RecoveryEffect.agency_id, func.max(RecoveryEffect.id).label("id"))
        .where(RecoveryEffect.currency == currency)
        .group_by(RecoveryEffect.agency_id)
        .subquery()
    )
    wanted = (
        select(Agency.code, RecoveryEffect)
        .join(RecoveryEffect, RecoveryEffect.agency_id == Agency.id)
        .join(last, and_(last.c.id == RecoveryEffect.id))
    )
    return {
        code: Effect(
            row.theta, row.sd_log or PRIOR_SD, 100.0 if row.compliance is None else row.compliance, row.band, row.source
        )
        for code, row in session.execute(wanted)
    }


def rates(session: Session, currency: str | None) -> dict[str, float]:
    """The recovery rate of each cell in a currency, out of the newest month in which any was measured; empty before the first."""
    newest_month = select(func.max(SegmentRate.period)).where(SegmentRate.currency == currency).scalar_subquery()
    wanted = select(SegmentRate.cell, SegmentRate.rate).where(
        SegmentRate.currency == currency, SegmentRate.period == newest_month
    )
    return dict(session.execute(wanted.order_by(SegmentRate.cell)).all())


def has_rates(session: Session, currency: str, period: str, source: str) -> bool:
    """True if the rates of a month were written from this pool."""
    wanted = select(SegmentRate.id).where(
        SegmentRate.currency == currency, SegmentRate.period == period, SegmentRate.source == source
    )
    return session.scalar(wanted.limit(1)) is not None


def shares_before(session: Session, currency: str | None) -> Mapping[str, float]:
    """The agencies' weights in the newest placed plan of this currency that the strategy split; empty where there is none."""
    wanted = (
        select(Plan.inputs)
        .where(Plan.state == PlanState.PLACED, Plan.currency == currency, Plan.strategy_version.is_not(None))
        .order_by(Plan.placed_at.desc(), Plan.id.desc())
        .limit(LOOK_BACK)
    )
    for inputs in session.scalars(wanted):
        if inputs.get("by_strategy"):
            return {seat["code"]: seat["weight"] for seat in inputs["panel"]}
    return {}


# -- saved pools ---------------------------------------------------------------------------------------------------------


def pool(session: Session, ref: str) -> SavedPool:
    """One saved pool. Raises NotFound."""
    found = session.scalars(select(SavedPool).where(SavedPool.ref == ref)).first()
    if found is None:
        raise NotFound
    return found


def pools() -> Select[SavedPool]:
    """Saved pools, for the list page."""
    return select(SavedPool)


def pool_names(session: Session) -> Sequence[tuple[str, str]]:
    """(reference, name) of every saved pool, by name."""
    return [
        (ref, name) for ref, name in session.execute(select(SavedPool.ref, SavedPool.name).order_by(SavedPool.name))
    ]
