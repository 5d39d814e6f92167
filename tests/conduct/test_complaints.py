"""Complaints become cases: dated by the place's clock, answered and closed by what is reported or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
import conduct.jobs
from activity.events import ReportAccepted
from agencies.models import Agency
from conduct import complaints
from conduct.complaint_clocks import clock_of, due_on
from conduct.models import Complaint, ComplaintState
from placements.models import Account
from portal import clock, events, files, uploads, work
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.tasks import Task, TaskState
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import WebhookDelivery
from tests import world
from tests.conftest import KEYS
from tests.factories import make_actor

NOW = datetime(2026, 3, 17, tzinfo=UTC)
COLUMNS = "record_id,account_ref,received_at,channel,category,summary,regulator,first_response_at,resolved_at,outcome"
RECEIVED = "2026-03-02T09:00:00-05:00"


@pytest.fixture
def agency(db: Database, tmp_path: Path) -> Iterator[Agency]:
    """Agency AGYA with accounts in Ohio; conduct hears of reports."""
    world.begin(tmp_path, KEYS)
    events.wire([(ReportAccepted, conduct.jobs.on_report)])
    with clock.set_to(NOW), db.transaction() as session:
        made = world.two_agencies(session)[0]
        for account in session.scalars(select(Account)):
            account.time_zone = "America/New_York"
    with clock.set_to(NOW):
        yield made
    events.wire([])


def row(record: str = "1", account: str = "ACC1", received: str = RECEIVED, **cells: str) -> str:
    given = {
        "record_id": record,
        "account_ref": account,
        "received_at": received,
        "category": "hours",
        "summary": "Called at night",
        **cells,
    }
    return ",".join(given.get(name, "") for name in COLUMNS.split(","))


def send(db: Database, sender: Agency | None, *rows: str) -> None:
    """Take a complaints report in (without an agency, the bank's own) and do all that follows."""
    text = "\n".join((COLUMNS, *rows)) + "\n"
    upload = uploads.store_upload(files.store(), BytesIO(text.encode()), "text/csv", "complaints.csv", 1 << 20)
    with db.transaction() as session:
        receiving.receive(session, SYSTEM, "complaints", upload, sender_agency_id=sender.id if sender else None)
    work.drain(db)


def case(db: Database) -> Complaint:
    with db.reading() as session:
        return session.scalars(select(Complaint)).one()


CLOCKS = [
    ("US-NY-NYC", 15), ("US", 15), ("CN-FJ", 15), ("GB", 56), ("AU-NSW", 30), ("SG", 30), ("", 30),
]  # fmt: skip


@pytest.mark.parametrize(("place", "days"), CLOCKS)
def test_each_place_has_its_clock(place: str, days: int) -> None:
    assert clock_of(place).days == days


def test_the_day_it_came_in_is_the_local_one_and_not_counted() -> None:
    late_evening = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)  # still the 2nd in New York
    assert due_on(late_evening, "US-OH", "America/New_York") == date(2026, 3, 17)
    assert due_on(late_evening, "US-OH", None) == date(2026, 3, 18)
    assert due_on(datetime(2026, 3, 2, 17, 0, tzinfo=UTC), "CN-FJ", None) == date(2026, 3, 18)  # China has one clock


def test_a_reported_complaint_becomes_a_case_that_its_agency_answers(db: Database, agency: Agency) -> None:
    send(db, agency, row())
    opened = case(db)
    assert (opened.agency_id, opened.state, opened.due_on) == (agency.id, ComplaintState.OPEN, date(2026, 3, 17))
    with db.reading() as session:
        task = session.scalars(select(Task).where(Task.kind == "complaint.answer")).one()
    assert (task.role.value, task.agency_id, task.due_at.date()) == ("agency_manager", agency.id, opened.due_on)


@pytest.mark.parametrize(("reason", "sender", "cells"), [
    ("it reached the bank", False, {}), ("it reached a regulator", True, {"regulator": "yes"}),
], ids=["the bank's", "a regulator's"])  # fmt: skip
def test_what_reaches_the_bank_or_a_regulator_compliance_answers(
    db: Database, agency: Agency, reason: str, sender: bool, cells: dict[str, str]
) -> None:
    send(db, agency if sender else None, row(**cells))
    assert case(db).agency_id == agency.id  # who held the account then
    with db.reading() as session:
        task = session.scalars(select(Task).where(Task.kind == "complaint.answer")).one()
    assert (task.role.value, task.agency_id) == ("compliance", None)


def test_a_complaint_about_no_account_is_about_nobody(db: Database, agency: Agency) -> None:
    send(db, None, row(account=""))
    assert (case(db).agency_id, case(db).due_on) == (None, date(2026, 4, 1))


STAGES = [
    ("nothing yet", {}, ComplaintState.OPEN, TaskState.OPEN),
    ("a first answer", {"first_response_at": "2026-03-05T10:00:00-05:00"}, ComplaintState.ANSWERED, TaskState.DONE),
    (
        "resolved",
        {
            "first_response_at": "2026-03-05T10:00:00-05:00",
            "resolved_at": "2026-03-09T10:00:00-05:00",
            "outcome": "upheld",
        },
        ComplaintState.CLOSED,
        TaskState.DONE,
    ),
    (
        "resolved at once",
        {"resolved_at": "2026-03-03T10:00:00-05:00", "outcome": "rejected"},
        ComplaintState.CLOSED,
        TaskState.DONE,
    ),
]


@pytest.mark.parametrize("later", [False, True], ids=["at once", "by a newer row"])
@pytest.mark.parametrize(("reason", "cells", "state", "task"), STAGES, ids=[stage[0] for stage in STAGES])
def test_a_case_goes_as_far_as_is_reported(
    db: Database,
    agency: Agency,
    reason: str,
    cells: dict[str, str],
    state: ComplaintState,
    task: TaskState,
    later: bool,
) -> None:
    if later:
        send(db, agency, row(summary="first told"))
    send(db, agency, row(**cells))
    found = case(db)
    assert (found.state, found.outcome, found.summary) == (state, cells.get("outcome"), "Called at night")
    with db.reading() as session:
        assert session.scalars(select(Task.state).where(Task.kind == "complaint.answer")).one() is task


def test_two_agencies_may_use_the_same_id(db: Database, agency: Agency) -> None:
    with db.reading() as session:
        other = session.scalars(select(Agency).where(Agency.code == "AGYB")).one()
    send(db, agency, row("1"))
    send(db, other, row("1", "BCC1"))
    with db.reading() as session:
        assert len(session.scalars(select(Complaint)).all()) == 2


def test_the_agency_is_told_once_and_with_references_only(db: Database, agency: Agency) -> None:
    with db.transaction() as session:
        webhooks.add(
            session,
            make_actor(session, "agency_manager", agency),
            "https://agency.example/hook",
            ["complaint.assigned"],
            at=NOW,
        )
    send(db, agency, row())
    send(db, agency, row(summary="told again"))
    with db.reading() as session:
        bodies = session.scalars(select(WebhookDelivery.body)).all()
    assert len(bodies) == 1
    assert case(db).ref in bodies[0]
    assert "ACC1" not in bodies[0]


def test_by_hand_an_open_case_is_answered_and_closed(db: Database, agency: Agency) -> None:
    send(db, agency, row())
    with db.transaction() as session:
        actor, found = make_actor(session, "compliance"), session.scalars(select(Complaint)).one()
        with pytest.raises(Invalid):
            complaints.answer(session, actor, found, " ", at=NOW)
        complaints.answer(session, actor, found, "We wrote.", at=NOW)
        with pytest.raises(Invalid):
            complaints.close(session, actor, found, "somehow", "why", at=NOW)
        complaints.close(session, actor, found, "upheld", "Our dialler was wrong.", at=NOW)
        with pytest.raises(Conflict):
            complaints.answer(session, actor, found, "again", at=NOW)
        assert (found.state, found.outcome, found.note) == (ComplaintState.CLOSED, "upheld", "Our dialler was wrong.")


def test_what_was_closed_by_hand_is_not_taken_back_by_a_report(db: Database, agency: Agency) -> None:
    send(db, agency, row())
    with db.transaction() as session:
        complaints.close(
            session, make_actor(session, "compliance"), session.scalars(select(Complaint)).one(), "upheld", "so", at=NOW
        )
    send(db, agency, row(resolved_at="2026-03-09T10:00:00-05:00", outcome="rejected"))
    assert case(db).outcome == "upheld"
