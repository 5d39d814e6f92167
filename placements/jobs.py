"""Scheduled jobs of the placements floor."""

from __future__ import annotations

from placements import delivering, endings, placing, plan_queries, proposing, recall
from portal import clock, tasks
from portal.db import Database
from portal.errors import N_, DomainError
from portal.jobs import job
from portal.people import Role
from portal.permissions import SYSTEM


@job(
    "recalls.finalise",
    cron="* * * * *",
    why="A recall is final at its moment, whether anybody looks or not; the agency's access ends then.",
)
def finalise_recalls(db: Database) -> str:
    """End the placements whose recall has become final."""
    with db.transaction() as session:
        return f"{recall.finalise_due(session, at=clock.now())} final"


@job(
    "plans.place",
    cron="* * * * *",
    why="A plan approved for a later day takes effect then, after one more look at licences and holds.",
)
def place_due_plans(db: Database) -> str:
    """Place the approved plans that were to take effect by now, each in a transaction of its own."""
    at = clock.now()
    with db.reading() as session:
        due = [plan.ref for plan in plan_queries.due(session, at)]
    return ", ".join(_place(db, ref) for ref in due) or "none due"


@job(
    "recalls.propose",
    cron="10 5 * * *",
    why="A placement past its term, under a lapsed credential or with an agency that leaves has to be recalled or left by somebody.",
)
def propose_recalls(db: Database) -> str:
    """Renew the proposals of the policies that placements know themselves."""
    at = clock.now()
    with db.transaction() as session:
        counts = {
            "past their term": proposing.propose_term_end(session, at=at),
            "under a lapsed credential": proposing.propose_credential_lapse(session, at=at),
            "with an agency that leaves": proposing.propose_agency_exit(session, at=at),
        }
    return ", ".join(f"{count} {what}" for what, count in counts.items())


@job(
    "placements.unacknowledged",
    cron="*/15 * * * *",
    why="An account that its agency has not acknowledged in time is worked by nobody, and no one would notice.",
)
def escalate_unacknowledged(db: Database) -> str:
    """Tell a person about agencies whose window to acknowledge has passed."""
    with db.transaction() as session:
        return f"{delivering.escalate_unacknowledged(session, at=clock.now())} unacknowledged"


@job(
    "recalls.stop-work",
    cron="*/5 * * * *",
    why="After an order to stop work at once every minute counts: whoever has not proved it within the hour is called.",
)
def escalate_stop_work(db: Database) -> str:
    """Tell a person about orders to stop work that were not confirmed in time."""
    with db.transaction() as session:
        return f"{recall.escalate_stop_work(session, at=clock.now())} unconfirmed"


@job(
    "deletions.overdue",
    cron="20 6 * * *",
    why="An agency that keeps people's data after its time is the bank's own breach.",
)
def escalate_deletions(db: Database) -> str:
    """Tell a person about agencies that owe a proof of deletion."""
    with db.transaction() as session:
        return f"{endings.escalate_deletions(session, at=clock.now())} overdue"


def _place(db: Database, ref: str) -> str:
    """Place one plan. A refusal also becomes a task: it is tried again every minute, but a person may have to mend something."""
    try:
        with db.transaction() as session:
            return f"{ref}: {placing.place_plan(session, SYSTEM, plan_queries.get(session, ref), at=clock.now()).accounts} placed"
    except DomainError as error:
        with db.transaction() as session:
            plan = plan_queries.get(session, ref)
            tasks.open_task(
                session, "plan.stuck", f"plan:{ref}", N_("Plan could not be placed: %(plan)s"), link=f"/plans/{ref}",
                role=Role.VENDOR_MANAGER, due_at=clock.now(), plan=plan.title, error=str(error),
            )  # fmt: skip
        return f"{ref}: {error}"
