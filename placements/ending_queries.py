"""Questions about what follows the end of placements: next steps and their owners, proofs of deletion."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from agencies.models import Agency
from placements.ending_models import Deletion, NextStep, Step
from placements.models import Account, Placement, Plan, PlanLine, Recall
from placements.queries import IS_OPEN, in_lots
from portal.errors import NotFound
from portal.people import Role, User
from portal.permissions import Actor


def ended(session: Session, placement_ids: Collection[int]) -> list[Any]:
    """(placement, account, recall reason) of placements that have no next step yet and are over."""
    found: list[Any] = []
    for lot in in_lots(placement_ids):
        known = exists().where(NextStep.placement_id == Placement.id)
        wanted = select(Placement, Account, Recall.reason).join(Account, Account.id == Placement.account_id)
        joined = wanted.outerjoin(Recall, Recall.id == Placement.recall_id)
        found += session.execute(joined.where(Placement.id.in_(lot), ~IS_OPEN, ~known).order_by(Placement.id)).all()
    return found


def without_step(session: Session) -> Sequence[str]:
    """Placements that are over and have no next step: there must be none."""
    known = exists().where(NextStep.placement_id == Placement.id)
    return session.scalars(select(Placement.ref).where(~IS_OPEN, ~known).order_by(Placement.id)).all()


def waiting_by_step(session: Session) -> dict[Step, tuple[int, date]]:
    """How many accounts wait at each step, and the first day one of them is due."""
    wanted = select(NextStep.step, func.count(), func.min(NextStep.due_on)).where(NextStep.done_at.is_(None))
    return {step: (count, due) for step, count, due in session.execute(wanted.group_by(NextStep.step))}


def steps_list() -> Any:
    """(next step, placement, account, agency, owner's name) for the list page."""
    wanted = select(NextStep, Placement, Account, Agency, User.name).join(
        Placement, Placement.id == NextStep.placement_id
    )
    joined = wanted.join(Account, Account.id == NextStep.account_id).join(Agency, Agency.id == Placement.agency_id)
    return joined.outerjoin(User, User.id == NextStep.owner_id)


def open_step_of(session: Session, account: Account) -> NextStep | None:
    """The step that waits on an account, the newest if there are several."""
    wanted = select(NextStep).where(NextStep.account_id == account.id, NextStep.done_at.is_(None))
    return session.scalars(wanted.order_by(NextStep.placement_id.desc())).first()


def get_step(session: Session, placement_ref: str) -> NextStep:
    """The step after one placement, with placement and account, locked. Raises NotFound."""
    wanted = select(NextStep).join(NextStep.placement).where(Placement.ref == placement_ref)
    loaded = (joinedload(NextStep.account), joinedload(NextStep.placement))
    found = session.scalars(wanted.options(*loaded).with_for_update(of=NextStep)).first()
    if found is None:
        raise NotFound
    return found


def accounts_of_plan(plan_id: int) -> Select[Any]:
    """The accounts that a plan placed."""
    return (
        select(PlanLine.account_id)
        .join(Plan, Plan.id == PlanLine.plan_id)
        .where(PlanLine.plan_id == plan_id, PlanLine.agency_id.is_not(None), PlanLine.dropped.is_(None))
    )


def person_of_role(session: Session, user_id: int, role: Role) -> User:
    """An active person with this role. Raises NotFound."""
    found = session.get(User, user_id)
    if found is None or found.role is not role or not found.active:
        raise NotFound
    return found


# -- proofs of deletion ----------------------------------------------------------------------------------------------------


def deletions_list(actor: Actor) -> Any:
    """(deletion, placement, account, agency): an agency's own duties, the bank's view of all."""
    wanted = select(Deletion, Placement, Account, Agency).join(Placement, Placement.id == Deletion.placement_id)
    joined = wanted.join(Account, Account.id == Deletion.account_id).join(Agency, Agency.id == Deletion.agency_id)
    return joined if actor.agency_id is None else joined.where(Deletion.agency_id == actor.agency_id)


def unproved(session: Session, agency_id: int, refs: Collection[str] = ()) -> list[Deletion]:
    """What an agency has not proved yet, all or of these placements, locked."""
    wanted = (
        select(Deletion).join(Deletion.placement).where(Deletion.agency_id == agency_id, Deletion.proved_at.is_(None))
    )
    wanted = wanted.order_by(Deletion.placement_id).with_for_update(of=Deletion)
    if not refs:
        return list(session.scalars(wanted))
    return [one for lot in in_lots(refs) for one in session.scalars(wanted.where(Placement.ref.in_(lot)))]


def waiting_by_agency(session: Session) -> Sequence[Any]:
    """(agency id, code, how many are not proved, first day due) of agencies that owe proofs."""
    wanted = select(Deletion.agency_id, Agency.code, func.count(), func.min(Deletion.due_on))
    joined = wanted.join(Agency, Agency.id == Deletion.agency_id).where(Deletion.proved_at.is_(None))
    return session.execute(joined.group_by(Deletion.agency_id, Agency.code)).all()


def overdue(session: Session, today: date) -> Sequence[Any]:
    """(agency id, code, how many are overdue) of agencies that are late."""
    wanted = select(Deletion.agency_id, Agency.code, func.count()).join(Agency, Agency.id == Deletion.agency_id)
    late = wanted.where(Deletion.proved_at.is_(None), Deletion.due_on < today)
    return session.execute(late.group_by(Deletion.agency_id, Agency.code)).all()


def certificate_of(session: Session, actor: Actor, placement_ref: str) -> Deletion:
    """A proof with its certificate. Raises NotFound if there is none or it is not the actor's to see."""
    wanted = select(Deletion).join(Deletion.placement).where(Placement.ref == placement_ref)
    if actor.agency_id is not None:
        wanted = wanted.where(Deletion.agency_id == actor.agency_id)
    found = session.scalars(wanted.options(joinedload(Deletion.certificate))).first()
    if found is None or found.certificate is None:
        raise NotFound
    return found
