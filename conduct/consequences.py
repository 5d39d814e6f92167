"""Act: what follows when breaches come, go or are decided. Reports know how many of their rows are in breach, people what waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from conduct import queries
from conduct.recording import Changes, Queue
from portal import tasks
from portal.errors import N_
from portal.people import Role
from portal.permissions import Actor
from portal.reports import receiving
from portal.reports.models import Report

JUDGE: Final = "breach.judge"
THE_BANK: Final = "bank"


def follow(session: Session, actor: Actor, changes: Changes) -> None:
    """Bring counts and work list into line with the breaches."""
    session.flush()
    _count_again(session, changes.reports)
    _open_or_close(session, actor, changes.queues)


def note_tested(session: Session, report_id: int) -> Report:
    """Say on a report that it was tested, and how many of its rows are in breach."""
    return receiving.note_tested(session, report_id, queries.rows_in_breach(session, {report_id}).get(report_id, 0))


def _count_again(session: Session, report_ids: Iterable[int]) -> None:
    """Reports that were tested before may have other rows in breach now: a late row, a correction, a decision."""
    tested = queries.tested_reports(session, set(report_ids))
    counts = queries.rows_in_breach(session, tested)
    for report_id in tested:
        receiving.note_tested(session, report_id, counts.get(report_id, 0))


def _open_or_close(session: Session, actor: Actor, queues: set[Queue]) -> None:
    """One task for all breaches of one rule by one agency, open as long as one of them waits."""
    if not queues:
        return
    codes = queries.agency_codes(session)
    due = queries.due_by_queue(session, {rule for _, rule in queues})
    for agency_id, rule in sorted(queues, key=lambda queue: (queue[0] or 0, queue[1])):
        code = codes[agency_id] if agency_id else THE_BANK
        subject = f"breaches:{code}:{rule}"
        if (agency_id, rule) not in due:
            tasks.close_tasks(session, subject, actor, kind=JUDGE)
            continue
        tasks.open_task(
            session, JUDGE, subject, N_("Judge the breaches of %(rule)s by %(agency)s"),
            link=f"/breaches?agency={code}&rule={rule}&state=open", role=Role.COMPLIANCE, due_at=due[agency_id, rule],
            rule=rule, agency=code,
        )  # fmt: skip
