"""Questions about recalls and objections."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from agencies.diligence.models import ExitStep
from agencies.models import Agency, AgencyStatus
from placements.models import Account, Objection, Placement, PlacementState, Portfolio, Product, Recall
from placements.queries import in_lots
from portal.errors import N_, Invalid, NotFound
from portal.permissions import Actor

CAN_BE_RECALLED = (PlacementState.PLACED, PlacementState.ACKNOWLEDGED, PlacementState.KEPT)
RECALLING = (PlacementState.RECALL_PENDING, PlacementState.RECALLED)


@dataclass(frozen=True)
class Wanted:
    """Which placed accounts somebody wants back: single accounts, or all that fit every condition given.

    `jurisdiction` includes what lies in it: US-NY takes US-NY-NYC. Days are exclusive.
    """

    account_refs: tuple[str, ...] = ()
    agency: str | None = None
    portfolio: str | None = None
    product: Product | None = None
    jurisdiction: str | None = None
    placed_before: date | None = None
    due_before: date | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing is asked for: that must never mean everything."""
        return not any(astuple(self))


@dataclass(frozen=True)
class Recallable:
    """A placement that can be recalled now."""

    placement_id: int
    agency_id: int
    account_ref: str


def to_recall(session: Session, wanted: Wanted) -> list[Recallable]:
    """The placements that fit and are not being recalled already, locked until the transaction ends. Raises Invalid if nothing is asked for."""
    if wanted.is_empty:
        raise Invalid(
            N_("Name accounts, or at least one condition."),
            fields={"account_refs": N_("Name accounts, or set a condition.")},
        )
    found: list[Recallable] = []
    for lot in list(in_lots(wanted.account_refs)) or [[]]:
        conditions = [*_conditions(wanted), *([Account.account_ref.in_(lot)] if lot else [])]
        rows = session.execute(_recallable(conditions).order_by(Placement.id).with_for_update(of=Placement))
        found += [Recallable(*row) for row in rows]
    return found


def count_of(session: Session, wanted: Wanted) -> list[tuple[str, int]]:
    """How many placements of each agency (code) would be recalled. Raises Invalid if nothing is asked for."""
    if wanted.is_empty:
        raise Invalid(N_("Name accounts, or at least one condition."))
    counts: dict[str, int] = {}
    for lot in list(in_lots(wanted.account_refs)) or [[]]:
        conditions = [*_conditions(wanted), *([Account.account_ref.in_(lot)] if lot else [])]
        for code, count in session.execute(
            _recallable(conditions).with_only_columns(Agency.code, func.count()).group_by(Agency.code)
        ):
            counts[code] = counts.get(code, 0) + count
    return sorted(counts.items())


def _recallable(conditions: Collection[ColumnElement[bool]]) -> Any:
    wanted = select(Placement.id, Placement.agency_id, Account.account_ref).join(
        Account, Account.id == Placement.account_id
    )
    return wanted.join(Agency, Agency.id == Placement.agency_id).where(
        Placement.state.in_(CAN_BE_RECALLED), *conditions
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.agency:
        found.append(Agency.code == wanted.agency)
    if wanted.portfolio:
        found.append(Account.portfolio_id.in_(select(Portfolio.id).where(Portfolio.name == wanted.portfolio)))
    if wanted.product:
        found.append(Account.product == wanted.product)
    if wanted.jurisdiction:
        inside = Account.jurisdiction.startswith(f"{wanted.jurisdiction}-", autoescape=True)
        found.append(or_(Account.jurisdiction == wanted.jurisdiction, inside))
    if wanted.placed_before:
        found.append(Placement.placed_at < _begin_of(wanted.placed_before))
    if wanted.due_before:
        found.append(Placement.due_back_on < wanted.due_before)
    return found


# -- recalls -------------------------------------------------------------------------------------------------------------


def visible_to(actor: Actor) -> Select[Recall]:
    """Recalls the actor may see: the bank all, an agency those of its own placements."""
    wanted = select(Recall)
    if actor.agency_id is None:
        return wanted
    return wanted.where(exists().where(Placement.recall_id == Recall.id, Placement.agency_id == actor.agency_id))


def get(session: Session, actor: Actor, ref: str) -> Recall:
    """One recall. Raises NotFound if there is none or it is not the actor's to see."""
    found = session.scalars(visible_to(actor).where(Recall.ref == ref)).first()
    if found is None:
        raise NotFound
    return found


def recalled_placements(actor: Actor) -> Select[Placement]:
    """Placements that are being recalled or were, with account, agency and recall: an agency its own, final ones too.

    An agency must know which accounts it lost and prove that it stopped; of the account it gets the reference alone.
    """
    wanted = select(Placement).join(Placement.account).join(Placement.recall).where(Placement.state.in_(RECALLING))
    if actor.agency_id is not None:
        wanted = wanted.where(Placement.agency_id == actor.agency_id)
    options = (contains_eager(Placement.account), contains_eager(Placement.recall), joinedload(Placement.agency))
    return wanted.options(*options)


def recalled_list(actor: Actor, recall: Recall) -> Any:
    """The placements of one recall that the actor may know of: (placement, account, agency)."""
    wanted = (
        select(Placement, Account, Agency)
        .join(Account, Account.id == Placement.account_id)
        .join(Agency, Agency.id == Placement.agency_id)
    )
    wanted = wanted.where(Placement.recall_id == recall.id)
    return wanted if actor.agency_id is None else wanted.where(Placement.agency_id == actor.agency_id)


def unconfirmed(session: Session, actor: Actor, recall: Recall) -> Sequence[str]:
    """The references of the actor's placements of a recall whose end of work is not proved yet."""
    wanted = select(Placement.ref).where(Placement.recall_id == recall.id, Placement.agency_id == actor.agency_id)
    return session.scalars(
        wanted.where(Placement.state.in_(RECALLING), Placement.stopped_at.is_(None)).order_by(Placement.id)
    ).all()


def ref_of(session: Session, recall_id: int) -> str:
    """The reference of a recall."""
    return session.get_one(Recall, recall_id).ref


def pending_of(session: Session, recall: Recall) -> Sequence[Placement]:
    """The placements of a recall that are pending, locked until the transaction ends."""
    wanted = select(Placement).where(Placement.recall_id == recall.id, Placement.state == PlacementState.RECALL_PENDING)
    return session.scalars(wanted.order_by(Placement.id).with_for_update()).all()


def progress(session: Session, actor: Actor, recall_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """By recall: how many of the actor's placements are pending, recalled, and proved to have stopped."""
    found: dict[int, dict[str, int]] = {}
    wanted = select(Placement.recall_id, Placement.state, func.count(), func.count(Placement.stopped_at)).where(
        Placement.recall_id.in_(recall_ids)
    )
    if actor.agency_id is not None:
        wanted = wanted.where(Placement.agency_id == actor.agency_id)
    for recall_id, state, count, stopped in session.execute(wanted.group_by(Placement.recall_id, Placement.state)):
        figures = found.setdefault(recall_id or 0, {"stopped": 0})
        figures[state.value] = count
        figures["stopped"] += stopped
    return found


def stop_minutes(session: Session, actor: Actor, recall: Recall) -> list[float]:
    """How many minutes passed from the request to the proof that work had stopped, for each placement proved, shortest first."""
    wanted = select(Placement.recall_requested_at, Placement.stopped_at).where(
        Placement.recall_id == recall.id, Placement.stopped_at.is_not(None), Placement.recall_requested_at.is_not(None)
    )
    if actor.agency_id is not None:
        wanted = wanted.where(Placement.agency_id == actor.agency_id)
    return sorted(
        max(0.0, (stopped - asked).total_seconds() / 60)
        for asked, stopped in session.execute(wanted)
        if asked and stopped
    )


def unconfirmed_stops(session: Session, before: datetime) -> Sequence[Any]:
    """(recall, accounts) of orders to stop work from before then that are not confirmed for every account."""
    wanted = select(Recall.ref, func.count()).join(Placement, Placement.recall_id == Recall.id)
    late = wanted.where(
        Recall.stop_work, Recall.requested_at <= before, Placement.stopped_at.is_(None), Placement.state.in_(RECALLING)
    )
    return session.execute(late.group_by(Recall.ref).order_by(Recall.ref)).all()


@dataclass(frozen=True)
class Due:
    """A pending placement whose final moment has come. `decided_at`: when an objection to this recall was refused, if one was."""

    id: int
    agency_id: int
    ref: str
    final_at: datetime
    decided_at: datetime | None

    @property
    def ends_at(self) -> datetime:
        """The final moment; where an objection kept it waiting longer, the moment it was refused."""
        return max(self.final_at, self.decided_at) if self.decided_at else self.final_at


def due(session: Session, at: datetime) -> list[Due]:
    """Pending placements whose recall's final moment has come, but those with an objection that nobody has decided, locked."""
    of_this_recall = and_(Objection.placement_id == Placement.id, Objection.recall_id == Placement.recall_id)
    waits = exists().where(of_this_recall, Objection.kept.is_(None))
    decided_at = select(func.max(Objection.decided_at)).where(of_this_recall).scalar_subquery()
    wanted = (
        select(Placement.id, Placement.agency_id, Recall.ref, Recall.final_at, decided_at)
        .join(Recall, Recall.id == Placement.recall_id)
        .where(Placement.state == PlacementState.RECALL_PENDING, Recall.final_at <= at, ~waits)
    )
    return [Due(*row) for row in session.execute(wanted.order_by(Placement.id).with_for_update(of=Placement))]


# -- objections ----------------------------------------------------------------------------------------------------------


def objected(session: Session, placement_ids: Collection[int]) -> set[int]:
    """Of these placements, those whose present recall was objected to already, decided or not."""
    found: set[int] = set()
    for lot in in_lots(placement_ids):
        wanted = select(Objection.placement_id).join(Placement, Placement.id == Objection.placement_id)
        found.update(
            session.scalars(wanted.where(Objection.placement_id.in_(lot), Objection.recall_id == Placement.recall_id))
        )
    return found


def by_ids(session: Session, recall_ids: Collection[int]) -> Sequence[Recall]:
    """These recalls."""
    return session.scalars(select(Recall).where(Recall.id.in_(recall_ids)).order_by(Recall.id)).all()


def objections_list(actor: Actor) -> Select[Objection]:
    """Objections, with placement, account and agency: an agency's own, the bank's all."""
    wanted = select(Objection).join(Objection.placement).join(Placement.account).join(Placement.agency)
    if actor.agency_id is not None:
        wanted = wanted.where(Placement.agency_id == actor.agency_id)
    loaded = contains_eager(Objection.placement)
    return wanted.options(loaded.contains_eager(Placement.account), loaded.contains_eager(Placement.agency))


def get_objection(session: Session, actor: Actor, objection_id: int) -> Objection:
    """One objection with its placement. Raises NotFound if there is none or it is not the actor's to see."""
    found = session.scalars(objections_list(actor).where(Objection.id == objection_id)).first()
    if found is None:
        raise NotFound
    return found


def undecided(session: Session, actor: Actor, recall: Recall) -> Sequence[Objection]:
    """The objections to a recall that wait for the bank, oldest first."""
    wanted = objections_list(actor).where(
        Objection.recall_id == recall.id, Objection.kept.is_(None), Placement.state == PlacementState.RECALL_PENDING
    )
    return session.scalars(wanted.order_by(Objection.id)).all()


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def left_empty_handed(session: Session) -> Sequence[int]:
    """The agencies that are leaving, hold no account any more, and for which that is not written down yet."""
    holds = exists().where(Placement.agency_id == Agency.id, Placement.ended_at.is_(None))
    told = exists().where(ExitStep.agency_id == Agency.id, ExitStep.step == "accounts")
    return session.scalars(select(Agency.id).where(Agency.status == AgencyStatus.EXITING, ~holds, ~told)).all()
