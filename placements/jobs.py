"""Scheduled jobs of the placements floor."""

from __future__ import annotations

from placements import placing, plan_queries, recall, recall_queries
from placements.recall_queries import Wanted
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
    "placements.due-back",
    cron="10 5 * * *",
    why="A placement whose term is over has to be recalled or extended by somebody.",
)
def tell_due_back(db: Database) -> str:
    """Open a task while placements are past the day they are due back."""
    at = clock.now()
    with db.transaction() as session:
        count = sum(count for _, count in recall_queries.count_of(session, Wanted(due_before=at.date())))
        if count:
            tasks.open_task(
                session, "placements.due_back", "placements:due-back", N_("%(count)s accounts are past the end of their term"),
                link=f"/recalls/new?reason=term_end&due_before={at.date()}", role=Role.VENDOR_MANAGER, due_at=at, count=count,
            )  # fmt: skip
        else:
            tasks.close_tasks(session, "placements:due-back", SYSTEM)
        return f"{count} due back"


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
