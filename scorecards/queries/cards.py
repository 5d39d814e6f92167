"""Questions about scorecards: one, a month's, an agency's history, and what they were made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from agencies.models import Agency
from portal.errors import NotFound
from portal.permissions import Actor
from scorecards.models import (
    IN_FORCE,
    PUBLIC,
    Configuration,
    FrozenPool,
    Measure,
    Scorecard,
    ScorecardState,
)
from scorecards.queries import Rows


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The scorecards an actor may see: the bank all, an agency its own once they are published."""
    if actor.agency_id is None:
        return Scorecard.id.is_not(None)
    return and_(Scorecard.agency_id == actor.agency_id, Scorecard.state.in_(PUBLIC))


def get(session: Session, actor: Actor, ref: str) -> Scorecard:
    """One scorecard with its agency. Raises NotFound if there is none or it is not the actor's to see."""
    wanted = select(Scorecard).where(Scorecard.ref == ref, visible_to(actor)).options(joinedload(Scorecard.agency))
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound
    return found


KEY = Scorecard.__table__.c.id


def get_published(session: Session, actor: Actor, ref: str) -> Scorecard:
    """One scorecard that is or was published, as the API gives it. Raises NotFound."""
    found = get(session, actor, ref)
    if not found.is_public:
        raise NotFound
    return found


def published(actor: Actor) -> Rows:
    """The scorecards in force that the actor may see, with their agencies' codes: what the API lists."""
    wanted = select(Scorecard, Agency.code).join(Agency, Agency.id == Scorecard.agency_id)
    return wanted.where(visible_to(actor), Scorecard.state.in_(IN_FORCE))


def measures_of(session: Session, cards: Sequence[Scorecard]) -> dict[int, list[Measure]]:
    """The measures of these cards by card, each card's in its own order."""
    found: dict[int, list[Measure]] = {card.id: [] for card in cards}
    wanted = (
        select(Measure).where(Measure.scorecard_id.in_(list(found))).order_by(Measure.scorecard_id, Measure.position)
    )
    for measure in session.scalars(wanted):
        found[measure.scorecard_id].append(measure)
    return found


def newest_of(session: Session, actor: Actor, agency_id: int) -> Scorecard | None:
    """The agency's newest scorecard that the actor may see; None if there is none yet."""
    wanted = (
        select(Scorecard)
        .where(Scorecard.agency_id == agency_id, visible_to(actor))
        .options(joinedload(Scorecard.agency))
    )
    newest = wanted.order_by(Scorecard.period.desc(), Scorecard.version.desc(), Scorecard.currency)
    return session.scalars(newest.limit(1)).first()


# -- a month --------------------------------------------------------------------------------------------------------------


def months(session: Session, actor: Actor) -> Sequence[tuple[str, str]]:
    """(period, currency) of all scorecards the actor may see, newest period first."""
    wanted = select(Scorecard.period, Scorecard.currency).where(visible_to(actor)).distinct()
    rows = session.execute(wanted.order_by(Scorecard.period.desc(), Scorecard.currency))
    return [(period, currency) for period, currency in rows]


def of_month(session: Session, period: str, currency: str) -> Sequence[Scorecard]:
    """The newest version of every agency's card of a month, with the agencies. For the bank's own use."""
    return session.scalars(
        _newest(Scorecard.period == period, Scorecard.currency == currency)
        .options(joinedload(Scorecard.agency))
        .order_by(Scorecard.agency_id)
    ).all()


def in_state(session: Session, period: str, currency: str, state: ScorecardState) -> Sequence[Scorecard]:
    """The cards of a month that stand here."""
    wanted = select(Scorecard).where(
        Scorecard.period == period, Scorecard.currency == currency, Scorecard.state == state
    )
    return session.scalars(wanted.options(joinedload(Scorecard.agency)).order_by(Scorecard.id)).all()


@dataclass(frozen=True)
class Peer:
    """Another agency's place in a month, or one's own: the effect and nothing that says whose it is."""

    card: Scorecard | None  # the reader's own
    mean_log: float | None
    sd_log: float | None
    provisional: bool
    grade: str | None


def peers(session: Session, actor: Actor, period: str, currency: str) -> list[Peer]:
    """The month as an agency may see it: its own published card, and the others' effects without names.

    In the order of the effects, so that no other order gives anybody away.
    """
    wanted = (
        select(Scorecard, Measure.explanation)
        .join(Measure, and_(Measure.scorecard_id == Scorecard.id, Measure.name == "effect"))
        .where(Scorecard.period == period, Scorecard.currency == currency, Scorecard.state.in_(IN_FORCE))
    )
    found = [
        Peer(
            card if card.agency_id == actor.agency_id else None,
            explained.get("mean_log"),
            explained.get("sd_log"),
            card.provisional,
            card.grade,
        )
        for card, explained in session.execute(wanted)
    ]
    return sorted(found, key=lambda peer: -(peer.mean_log if peer.mean_log is not None else -9.0))


def _newest(*conditions: Any) -> Select[Scorecard]:
    """Cards of these conditions that no later version of the same month follows."""
    later = aliased(Scorecard)
    followed = (
        select(later.id)
        .where(
            later.agency_id == Scorecard.agency_id,
            later.period == Scorecard.period,
            later.currency == Scorecard.currency,
            later.version > Scorecard.version,
        )
        .exists()
    )
    return select(Scorecard).where(*conditions, ~followed)


# -- an agency's history --------------------------------------------------------------------------------------------------


def history(session: Session, actor: Actor, card: Scorecard, months: Sequence[str]) -> dict[str, Scorecard]:
    """The agency's cards of these months in the card's currency, by month: those in force, and the card itself."""
    wanted = select(Scorecard).where(
        Scorecard.agency_id == card.agency_id,
        Scorecard.currency == card.currency,
        Scorecard.period.in_(months),
        or_(Scorecard.state.in_(IN_FORCE), Scorecard.id == card.id),
        visible_to(actor),
    )
    found = {one.period: one for one in session.scalars(wanted.order_by(Scorecard.version))}
    return {**found, card.period: card}


def last_published(session: Session, period: str, currency: str) -> dict[int, Scorecard]:
    """By agency, its last card in force before this period."""
    wanted = select(Scorecard).where(
        Scorecard.period < period, Scorecard.currency == currency, Scorecard.state.in_(IN_FORCE)
    )
    return {card.agency_id: card for card in session.scalars(wanted.order_by(Scorecard.period, Scorecard.version))}


def versions(session: Session, actor: Actor, card: Scorecard) -> Sequence[Scorecard]:
    """All versions of the same agency's month that the actor may see, oldest first."""
    return session.scalars(
        select(Scorecard)
        .where(
            Scorecard.agency_id == card.agency_id,
            Scorecard.period == card.period,
            Scorecard.currency == card.currency,
            visible_to(actor),
        )
        .order_by(Scorecard.version)
    ).all()


def in_force_of(session: Session, agency_id: int) -> Sequence[Scorecard]:
    """The agency's cards in force of its newest published period, one a currency."""
    newest = select(func.max(Scorecard.period)).where(Scorecard.agency_id == agency_id, Scorecard.state.in_(IN_FORCE))
    return session.scalars(
        select(Scorecard).where(
            Scorecard.agency_id == agency_id,
            Scorecard.state.in_(IN_FORCE),
            Scorecard.period == newest.scalar_subquery(),
        )
    ).all()


# -- what cards are made with ---------------------------------------------------------------------------------------------


def configuration(session: Session, version: str) -> Configuration | None:
    """The stored parameters with this hash, if they are stored."""
    return session.scalars(select(Configuration).where(Configuration.version == version)).first()


def frozen(session: Session, period: str, currency: str, fingerprint: str) -> FrozenPool | None:
    """The pool of this month with these very sums, if it is stored."""
    wanted = select(FrozenPool).where(
        FrozenPool.period == period, FrozenPool.currency == currency, FrozenPool.fingerprint == fingerprint
    )
    return session.scalars(wanted).first()


def unused_pools(session: Session, period: str, currency: str) -> Sequence[FrozenPool]:
    """Pools of this month from which no card is made any more: those of drafts that were scored again."""
    used = select(Scorecard.id).where(Scorecard.pool_id == FrozenPool.id).exists()
    wanted = select(FrozenPool).where(FrozenPool.period == period, FrozenPool.currency == currency, ~used)
    return session.scalars(wanted).all()


def all_cards(session: Session, period: str | None = None) -> Sequence[Scorecard]:
    """Every card of a month, or of all months, by pool."""
    wanted = select(Scorecard).options(joinedload(Scorecard.agency)).order_by(Scorecard.pool_id, Scorecard.id)
    return session.scalars(wanted if period is None else wanted.where(Scorecard.period == period)).all()


def agency_ids(session: Session, codes: Sequence[str]) -> dict[str, int]:
    """The ids of these agencies."""
    return dict(session.execute(select(Agency.code, Agency.id).where(Agency.code.in_(codes))).all())
