"""Acts: the days that follow from legal steps are kept beside the steps, and those that come near become tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from conduct import dossiers, legal_queries, queries
from conduct import history_queries as history
from conduct.events import LEGAL_FOLLOWED
from conduct.legal_clocks import Clock, ClockState, Sense, clocks, maker
from conduct.models import LegalDeadline
from conduct.rulebook import Rulebook, standard
from conduct.timeline import Timeline
from portal import audit, clock, tasks, work
from portal.db import Database
from portal.errors import N_
from portal.people import Role
from portal.permissions import SYSTEM

LOT = 200  # consumers a transaction
NOTICE_DAYS = 30
"""A deadline becomes a task so many days before its day, or at once where it is shorter."""
TITLE = N_("Legal step on account %(account)s: act by %(day)s (%(citation)s)")


def follow_report(job: work.Work) -> None:
    """Follow the legal steps of everybody a report tells one of (the worker of `conduct.legal`)."""
    with job.db.reading() as session:
        consumers = sorted(legal_queries.consumers_of_report(session, int(job.subject)))
        codes = queries.agency_codes(session)
    for lot in dossiers.batches(consumers, LOT):
        with job.step(progress=True) as session:
            follow(session, lot, codes, clock.today())


def follow_days(db: Database) -> int:
    """Follow everybody a deadline of whom comes near or has passed; how many."""
    today = clock.today()
    with db.reading() as session:
        consumers = sorted(legal_queries.consumers_near(session, today + timedelta(days=NOTICE_DAYS)))
        codes = queries.agency_codes(session)
    for lot in dossiers.batches(consumers, LOT):
        with db.transaction() as session:
            follow(session, lot, codes, today)
    return len(consumers)


def follow(session: Session, consumer_ids: Sequence[int], codes: Mapping[int, str], today: date) -> int:
    """Bring the deadlines of these consumers into line with their legal steps; how many there are. Twice changes nothing."""
    history.hold_still(session, consumer_ids)
    stored = {(row.rule, row.activity_id): row for row in legal_queries.deadlines_of(session, consumer_ids)}
    found: list[LegalDeadline] = []
    for case in dossiers.load(session, consumer_ids, codes):
        timeline = Timeline(case.dossier(case.rows, {}))
        for one in clocks(timeline, _book(), today.toordinal()):
            source = case.sources[_key(one.step)]
            row = stored.pop((one.rule.id, source.activity_id), None) or LegalDeadline(
                rule=one.rule.id, activity_id=source.activity_id
            )
            row.account_id, row.agency_id, row.citation = source.account_id, source.agency_id, one.rule.citation
            _set(row, one)
            session.add(row)
            found.append(row)
    for gone in stored.values():  # the step was corrected, or the rule is no longer run
        tasks.close_tasks(session, _subject(gone), SYSTEM, cancelled=True)
        session.delete(gone)
    session.flush()
    _speak(session, found, today)
    audit.record(session, SYSTEM, LEGAL_FOLLOWED, f"consumers:{len(consumer_ids)}", deadlines=len(found))
    return len(found)


def _book() -> Rulebook:
    """The rules that a legal step starts, of all the book."""
    return Rulebook([rule for rule in standard().rules if maker(rule)])


def _key(row: Any) -> int:
    return int(row.handle)


def _set(row: LegalDeadline, one: Clock) -> None:
    row.sense, row.state, row.day = one.sense, one.state, date.fromordinal(one.day)
    row.met_on = date.fromordinal(one.met_on) if one.met_on is not None else None
    row.met_by_id = _key(one.met_by) if one.met_by else None


def _speak(session: Session, deadlines: Collection[LegalDeadline], today: date) -> None:
    """Tasks for what is near or was missed, closed once it is done. They go to whoever holds the account now, else to the bank."""
    near = [row for row in deadlines if _wants_somebody(row, today)]
    accounts = legal_queries.holders(session, {row.account_id for row in near})
    for row in near:
        account_ref, agency_id = accounts[row.account_id]
        tasks.open_task(
            session, "legal.deadline", _subject(row), TITLE, link=f"/accounts/{account_ref}/timeline",
            role=Role.AGENCY_MANAGER if agency_id else Role.VENDOR_MANAGER, agency_id=agency_id, due_at=_end_of(row.day),
            account=account_ref, day=str(row.day), citation=row.citation,
        )  # fmt: skip
    for row in deadlines:
        if row.state in (ClockState.MET, ClockState.LATE):
            tasks.close_tasks(session, _subject(row), SYSTEM)


def _wants_somebody(row: LegalDeadline, today: date) -> bool:
    waits = row.sense is Sense.BY and row.state in (ClockState.OPEN, ClockState.MISSED)
    return waits and row.day <= today + timedelta(days=NOTICE_DAYS)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _subject(row: LegalDeadline) -> str:
    return f"legal:{row.rule}:{row.activity_id}"
