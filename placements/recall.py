"""Acts: the bank takes accounts back. Pending until its final moment; an agency may object, confirm that it stopped, or give back itself.

A pending recall becomes final by itself (placements/jobs.py) unless an objection waits for the bank's decision. Once final, the agency
no longer sees the account.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from agencies.events import AgencyExiting, AgencySuspended
from placements import queries, recall_queries
from placements.events import OBJECTION_DECIDED, RECALL_FINAL, RECALL_REQUESTED, RECALL_WITHDRAWN, PlacementsEnded
from placements.models import Objection, Placement, PlacementState, Recall, RecallReason
from placements.recall_queries import Wanted
from portal import audit, events, tasks
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from portal.refs import new_ref
from portal.webhooks import publishing as webhooks

SUSPENSION_GRACE: Final = timedelta(days=5)  # between an agency's suspension and the end of its access
KEPT_MOST_DAYS: Final = 365
TO_DECIDE: Final = timedelta(days=2)
STOP_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Requested:
    """A recall, and the account references asked for that are not placed with anybody or are being recalled already."""

    recall: Recall
    left_out: tuple[str, ...]


def request_recall(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    reason: RecallReason,
    *,
    final_at: datetime,
    note: str = "",
    stop_work: bool = False,
    at: datetime,
) -> Requested:
    """Recall these accounts: pending, and final at once if the final moment has come. Raises Invalid if none of them can be recalled.

    `stop_work`: the agency stops at once and proves it within the hour, however long the recall is pending.
    """
    found = recall_queries.to_recall(session, wanted)
    if not found:
        raise Invalid(
            N_("None of these accounts is placed now and not being recalled already."),
            fields={"account_refs": N_("Name accounts that are placed.")},
        )
    recall = Recall(
        ref=new_ref("rcl"), reason=reason, note=note.strip(), accounts=len(found), requested_at=at, requested_by=actor.label,
        final_at=max(final_at, at), stop_work=stop_work,
    )  # fmt: skip
    session.add(recall)
    session.flush()
    for lot in queries.in_lots(row.placement_id for row in found):
        values = {
            "state": PlacementState.RECALL_PENDING,
            "recall_id": recall.id,
            "recall_requested_at": at,
            "stopped_at": None,
            "updated_at": at,
        }
        session.execute(update(Placement).where(Placement.id.in_(lot)).values(values))
    audit.record(
        session,
        actor,
        RECALL_REQUESTED,
        f"recall:{recall.ref}",
        accounts=len(found),
        reason=reason.value,
        final_at=recall.final_at,
    )
    for agency_id, count in sorted(Counter(row.agency_id for row in found).items()):
        data = {
            "recall": recall.ref,
            "accounts": count,
            "final_at": recall.final_at.isoformat(),
            "stop_work": stop_work,
        }
        webhooks.publish(session, "recall.requested", agency_id, data)
    if recall.final_at <= at:
        finalise_due(session, at=at)
    return Requested(recall, tuple(sorted(set(wanted.account_refs) - {row.account_ref for row in found})))


def escalate_stop_work(session: Session, *, at: datetime) -> int:
    """Tell a person about orders to stop work that an agency has not confirmed within its time; how many accounts.

    Once all are confirmed the task closes by itself.
    """
    late = recall_queries.unconfirmed_stops(session, at - STOP_WITHIN)
    for subject in tasks.open_subjects(session, "recall.stop") - {f"recall:{ref}" for ref, _ in late}:
        tasks.close_tasks(session, subject, SYSTEM, kind="recall.stop")
    for ref, count in late:
        tasks.open_task(
            session, "recall.stop", f"recall:{ref}", N_("Work on %(count)s accounts was to stop at once and nobody has confirmed it"),
            link=f"/recalls/{ref}", role=Role.COMPLIANCE, due_at=at, count=count,
        )  # fmt: skip
    return sum(count for _, count in late)


def may_recall(session: Session, wanted: Wanted) -> bool:
    """True if any of these accounts is placed and not being recalled already."""
    return bool(recall_queries.to_recall(session, wanted))


def withdraw_recall(session: Session, actor: Actor, recall: Recall, *, at: datetime) -> int:
    """Take a pending recall back: its placements are kept. How many; raises Conflict if none is pending any more."""
    pending = recall_queries.pending_of(session, recall)
    if not pending:
        raise Conflict(N_("Nothing of this recall is pending any more."))
    for placement in pending:
        _keep(placement, at)
    tasks.close_tasks(session, f"recall:{recall.ref}", actor, cancelled=True)
    audit.record(session, actor, RECALL_WITHDRAWN, f"recall:{recall.ref}", accounts=len(pending))
    return len(pending)


def finalise_due(session: Session, *, at: datetime) -> int:
    """End every placement whose recall's final moment has come and that no objection keeps waiting; how many. Doing it twice changes nothing."""
    due = recall_queries.due(session, at)
    by_end: dict[datetime, list[int]] = defaultdict(list)
    for row in due:
        by_end[row.ends_at].append(row.id)
    for ends_at, ids in by_end.items():
        for lot in queries.in_lots(ids):
            ended = update(Placement).where(Placement.id.in_(lot))
            session.execute(ended.values(state=PlacementState.RECALLED, ended_at=ends_at, updated_at=at))
    for (ref, agency_id), count in sorted(Counter((row.ref, row.agency_id) for row in due).items()):
        audit.record(session, SYSTEM, RECALL_FINAL, f"recall:{ref}", agency=agency_id, accounts=count)
        webhooks.publish(session, "recall.final", agency_id, {"recall": ref, "accounts": count})
    if due:
        events.emit(session, PlacementsEnded(tuple(row.id for row in due), at))
    return len(due)


def decide_objection(
    session: Session, actor: Actor, objection: Objection, *, keep: bool, days: int | None = None, at: datetime
) -> Objection:
    """Let the agency keep the account for so many days, or refuse. Raises Conflict if it is decided or its placement is over."""
    placement = objection.placement
    session.flush()  # refreshing would throw away what is not written yet
    session.refresh(placement, with_for_update=True)
    if objection.kept is not None or placement.state is not PlacementState.RECALL_PENDING:
        raise Conflict(N_("This objection has been decided, or the placement is over."))
    if keep and not 1 <= (days or 0) <= KEPT_MOST_DAYS:
        raise Invalid(
            N_("Say for how many days the agency may keep the account."),
            fields={"days": N_("Write a number from 1 to 365.")},
        )
    objection.kept, objection.days_granted = keep, days if keep else None
    objection.decided_at, objection.decided_by = at, actor.label
    if keep and days is not None:
        _keep(placement, at)
        placement.due_back_on = max(placement.due_back_on, (at + timedelta(days=days)).date())
    placement.updated_at = at
    session.flush()
    recall = session.get_one(Recall, objection.recall_id)
    if not recall_queries.undecided(session, actor, recall):
        tasks.close_tasks(session, f"recall:{recall.ref}", actor, kind="objections.decide")
    audit.record(
        session, actor, OBJECTION_DECIDED, f"placement:{placement.ref}", keep=keep, days=objection.days_granted
    )
    finalise_due(session, at=at)
    return objection


def recall_all_from(session: Session, event: AgencySuspended | AgencyExiting) -> None:
    """Listener: an agency was suspended or leaves. Everything it holds is recalled, final after a few days, and a person is told to look.

    Why is compliance's to tell, so the recall that the agency reads does not say it.
    """
    wanted = Wanted(agency=event.code)
    if not recall_queries.to_recall(session, wanted):
        return
    made = request_recall(
        session,
        SYSTEM,
        wanted,
        RecallReason.AGENCY_EXIT,
        final_at=event.at + SUSPENSION_GRACE,
        at=event.at,
    ).recall
    leaves = isinstance(event, AgencyExiting)
    title = (
        N_("%(agency)s is leaving: %(count)s accounts are being recalled")
        if leaves
        else N_("%(agency)s was suspended: %(count)s accounts are being recalled")
    )
    tasks.open_task(
        session, "recall.look", f"recall:{made.ref}", title,
        link=f"/recalls/{made.ref}", role=Role.VENDOR_MANAGER, due_at=event.at + TO_DECIDE, agency=event.code, count=made.accounts,
    )  # fmt: skip


def _keep(placement: Placement, at: datetime) -> None:
    """The placement goes on. It forgets its recall, so that a later end has its own reason."""
    placement.state, placement.recall_id, placement.recall_requested_at, placement.updated_at = (
        PlacementState.KEPT,
        None,
        None,
        at,
    )
