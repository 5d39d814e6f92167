"""Acts: what follows when placements end. Every account gets a next step and an owner, every agency the duty to prove that it deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from placements import ending_queries, queries, request_queries
from placements.ending_models import Deletion, NextStep, Step
from placements.events import DELETION_PROVED, STEP_DONE, STEP_TAKEN, PlacementsEnded, PlanPlaced
from placements.models import Account, Placement
from placements.next_steps import STEPS, Ended, next_step
from portal import audit, bulk, tasks
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor

DELETE_WITHIN: Final = timedelta(days=30)
"""How long an agency may keep a person's data after a placement has ended."""


def follow_end(session: Session, event: PlacementsEnded) -> None:
    """Listener: placements are over. Each account gets its next step and each agency its duty to delete; twice changes nothing."""
    rows = ending_queries.ended(session, event.placement_ids)
    if not rows:
        return
    account_ids = [account.id for _, account, _ in rows]
    kinds = queries.open_hold_kinds(session, account_ids)
    settled = request_queries.settled(session, account_ids)
    steps, deletions = [], []
    for placement, account, recall_reason in rows:
        found = next_step(
            _ended(placement, account, recall_reason, kinds.get(account.id, ()), account.id in settled, event.at)
        )
        due = (event.at + timedelta(days=found.days)).date()
        steps.append((placement.id, account.id, Step(found.step), Role(found.role), due, event.at, ""))
        deletions.append((placement.id, account.id, placement.agency_id, (event.at + DELETE_WITHIN).date(), ""))
    session.flush()
    bulk.insert_rows(
        session,
        NextStep.__table__,  # type: ignore[arg-type]
        ("placement_id", "account_id", "step", "role", "due_on", "opened_at", "note"),
        steps,
    )
    bulk.insert_rows(
        session,
        Deletion.__table__,  # type: ignore[arg-type]
        ("placement_id", "account_id", "agency_id", "due_on", "method"),
        deletions,
    )
    _tell(session, event.at)


def follow_placing(session: Session, event: PlanPlaced) -> None:
    """Listener: accounts that are placed again have had their next step."""
    accounts = ending_queries.accounts_of_plan(event.plan_id)
    waiting = update(NextStep).where(NextStep.account_id.in_(accounts), NextStep.done_at.is_(None))
    session.execute(waiting.values(done_at=event.placed_at, done_by=f"plan:{event.ref}"))
    _tell(session, event.placed_at)


def take(session: Session, actor: Actor, step: NextStep) -> NextStep:
    """Somebody of the role takes a step on: it has one owner from then on. Raises Forbidden for another role, Conflict if it is done."""
    _waits(step)
    if actor.user_id is None or actor.role is not step.role:
        raise Forbidden(N_("This step belongs to another role."))
    step.owner_id = actor.user_id
    audit.record(session, actor, STEP_TAKEN, f"placement:{step.placement.ref}", step=step.step.value)
    return step


def finish(session: Session, actor: Actor, step: NextStep, *, note: str, at: datetime) -> NextStep:
    """Say what was done. Raises Invalid without a word, Forbidden for another role, Conflict if it is done."""
    _waits(step)
    if actor.role is not step.role:
        raise Forbidden(N_("This step belongs to another role."))
    if not note.strip():
        raise Invalid(N_("Say what was done."), fields={"note": N_("Say what was done.")})
    step.done_at, step.done_by, step.note = at, actor.label, note.strip()
    audit.record(session, actor, STEP_DONE, f"placement:{step.placement.ref}", step=step.step.value)
    session.flush()
    _tell(session, at)
    return step


def prove_deletion(
    session: Session,
    actor: Actor,
    refs: Collection[str],
    *,
    deleted_on: date,
    method: str,
    certificate: StoredFile | None,
    at: datetime,
) -> int:
    """An agency proves that it deleted what it held: of these placements, or of all it owes. How many.

    Raises Invalid for a day that is still to come, without saying how, or for placements that it owes nothing for.
    """
    if deleted_on > at.date():
        raise Invalid(N_("Choose a day that has come."), fields={"deleted_on": N_("Choose a day that has come.")})
    if not method.strip():
        raise Invalid(N_("Say how it was deleted."), fields={"method": N_("Say how it was deleted.")})
    assert actor.agency_id is not None, "only agencies have the permission that leads here"
    found = ending_queries.unproved(session, actor.agency_id, refs)
    if not found:
        raise Invalid(
            N_("There is nothing to prove here."), fields={"placements": N_("Name placements that have ended.")}
        )
    for one in found:
        one.proved_at, one.proved_by, one.deleted_on, one.method = at, actor.label, deleted_on, method.strip()
        one.certificate_id = certificate.id if certificate else None
    audit.record(
        session, actor, DELETION_PROVED, f"agency:{actor.agency_code}", placements=len(found), deleted_on=deleted_on,
        sha256=certificate.sha256 if certificate else None,
    )  # fmt: skip
    session.flush()
    _tell_agencies(session, at)
    return len(found)


def escalate_deletions(session: Session, *, at: datetime) -> int:
    """Tell a person of the bank about agencies that are late with their proofs; how many proofs are."""
    late = {code: count for _, code, count in ending_queries.overdue(session, at.date())}
    for subject in tasks.open_subjects(session, "deletions.late") - {f"deletions:{code}" for code in late}:
        tasks.close_tasks(session, subject, SYSTEM, kind="deletions.late")
    for code, count in late.items():
        tasks.open_task(
            session, "deletions.late", f"deletions:{code}", N_("%(agency)s has not proved that it deleted %(count)s accounts"),
            link=f"/deletions?agency={code}&proved=no", role=Role.COMPLIANCE, due_at=at, agency=code, count=count,
        )  # fmt: skip
    return sum(late.values())


def _ended(
    placement: Placement, account: Account, recall_reason: Any, kinds: Collection[Any], settled: bool, at: datetime
) -> Ended:
    reason = placement.return_reason or placement.refusal_reason or recall_reason
    barred = account.limitation_on is not None and account.limitation_on < at.date()
    holds = frozenset(kind.value for kind in kinds)
    return Ended(
        placement.state.value, reason.value if reason else None, holds, placement.tier, account.balance, settled, barred
    )


def _waits(step: NextStep) -> None:
    if step.done_at is not None:
        raise Conflict(N_("This step is done already."))


def _tell(session: Session, at: datetime) -> None:
    """One task a step, open as long as an account waits at it; and one an agency that owes proofs."""
    waiting = ending_queries.waiting_by_step(session)
    for name, known in STEPS.items():
        step, subject = Step(name), f"returned:{name}"
        if step not in waiting:
            tasks.close_tasks(session, subject, SYSTEM)
            continue
        count, due = waiting[step]
        tasks.open_task(
            session, "returned.next", subject, N_("%(count)s accounts came back: %(step)s"), link=f"/returned?step={name}&done=no",
            role=Role(known.role), due_at=_morning(due, at), count=count, step=name.replace("_", " "),
        ).params = {"count": count, "step": name.replace("_", " ")}  # fmt: skip
    _tell_agencies(session, at)


def _tell_agencies(session: Session, at: datetime) -> None:
    owing = {agency_id: (code, count, due) for agency_id, code, count, due in ending_queries.waiting_by_agency(session)}
    for agency_id, (code, count, due) in owing.items():
        tasks.open_task(
            session, "deletions.prove", f"agency:{code}:deletions", N_("Prove that you deleted what you hold of %(count)s accounts"),
            link="/deletions?proved=no", role=Role.AGENCY_MANAGER, agency_id=agency_id, due_at=_morning(due, at), count=count,
        ).params = {"count": count}  # fmt: skip
    owed = {f"agency:{code}:deletions" for code, _, _ in owing.values()}
    for subject in tasks.open_subjects(session, "deletions.prove") - owed:
        tasks.close_tasks(session, subject, SYSTEM)


def _morning(day: date, at: datetime) -> datetime:
    return datetime.combine(day, at.timetz())
