"""Complaints that an authority publishes are counted beside the peers'; news is entered with its source; a person acknowledges each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import queries as agency_queries
from agencies.models import Agency
from agencies.registries import adverse, asking, peers, queries
from agencies.registries.adverse import Told
from agencies.registries.models import AdverseKind, OutsideComplaint, RegisterAnswer
from agencies.registries.peers import Month
from agencies.registries.transport import forget
from portal import clock, jobs, work
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM
from portal.tasks import Task, TaskState
from samples.register_stub import Stub
from tests.agencies.registries.test_clients import complaint
from tests.factories import make_actor, make_agency

OWN = "EXAMPLE COLLECTIONS LTD"
NOW = datetime(2026, 7, 20, 12, tzinfo=ZoneInfo("UTC"))
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)

# -- the rule --------------------------------------------------------------------------------------------------------------

TOLD = {date(2026, 5, 1): {"US": 4, "PANEL": 2, "BIG": 90, "SMALL": 10}, JUNE: {"US": 6, "BIG": 110}, JULY: {"US": 1}}


def test_months_beside_the_medians_of_the_peers() -> None:
    assert peers.by_month(TOLD, "US", {"US", "PANEL"}) == [
        Month(date(2026, 5, 1), 4, 2.0, 50.0), Month(JUNE, 6, None, 110.0), Month(JULY, 1, None, None),
    ]  # fmt: skip


def test_companies_are_ranked_by_their_rate_a_month() -> None:
    found = [(peer.company, peer.complaints, round(peer.a_month, 2)) for peer in peers.ranked(TOLD)]
    assert found == [("BIG", 200, 66.67), ("US", 11, 3.67), ("SMALL", 10, 3.33), ("PANEL", 2, 0.67)]


def test_the_month_that_is_not_over_is_left_out() -> None:
    assert list(peers.whole_months(TOLD, date(2026, 7, 20))) == [date(2026, 5, 1), JUNE]


# -- complaints ------------------------------------------------------------------------------------------------------------


def ask(database: Database) -> None:
    forget()
    with clock.set_to(NOW):
        jobs.run(database, "registers.ask")
        work.drain(database, outward=True)


@pytest.fixture
def agency(database: Database, stub: Stub) -> Agency:
    with database.transaction() as session:
        made = make_agency(session, "AGY90")
        asking.enter(session, SYSTEM, made, "cfpb", OWN, at=NOW)
    stub.complaints = [
        complaint(1),
        complaint(2, day="2026-07-02T12:00:00Z"),
        *(complaint(10 + n, "BIG LLC") for n in range(5)),
    ]
    return made


def rows(session: Session) -> list[OutsideComplaint]:
    return list(session.scalars(select(OutsideComplaint).order_by(OutsideComplaint.complaint)))


def open_tasks(session: Session, kind: str) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.kind == kind, Task.state == TaskState.OPEN)))


def test_published_complaints_are_taken_in_and_counted_by_month_and_company(database: Database, agency: Agency) -> None:
    ask(database)
    with database.reading() as session:
        assert [(one.complaint, one.received_on, one.timely) for one in rows(session)] == [
            ("1", date(2026, 6, 15), True), ("2", date(2026, 7, 2), True),
        ]  # fmt: skip
        told = queries.months(session, JUNE)
        assert told == {JUNE: {"BIG LLC": 5, OWN: 1}, JULY: {OWN: 1}}
        assert queries.months(session, date(2025, 1, 1))[date(2025, 7, 1)] == {OWN: 0}  # the first of thirteen months
        assert len(open_tasks(session, "complaints.acknowledge")) == 1
        assert all(one.evidence_id for one in rows(session))


def test_asking_again_takes_in_what_is_new_and_what_was_corrected(
    database: Database, agency: Agency, stub: Stub
) -> None:
    ask(database)
    stub.complaints[0]["timely"] = "No"
    stub.complaints.append(complaint(3))
    ask(database)
    with database.reading() as session:
        assert [(one.complaint, one.timely) for one in rows(session)] == [("1", False), ("2", True), ("3", True)]
        assert queries.months(session, JUNE)[JUNE][OWN] == 2


def test_a_name_the_bureau_does_not_know_is_said(database: Database, agency: Agency, stub: Stub) -> None:
    stub.complaints = [complaint(1, "SOMEBODY ELSE LLC")]
    ask(database)
    with database.reading() as session:
        assert session.scalars(select(RegisterAnswer)).one().bearing == "absent"
        assert len(open_tasks(session, "register.see")) == 1


def test_complaints_are_acknowledged_as_far_as_they_were_seen(database: Database, agency: Agency, stub: Stub) -> None:
    ask(database)
    with database.reading() as session:
        seen = max(one.id for one in rows(session))
    stub.complaints.append(complaint(3))
    ask(database)
    with database.transaction() as session:
        clara, found = make_actor(session, Role.COMPLIANCE), agency_queries.get(session, SYSTEM, "AGY90")
        with pytest.raises(Invalid):
            adverse.acknowledge_complaints(session, clara, found, up_to=seen, note="", at=NOW)
        assert adverse.acknowledge_complaints(session, clara, found, up_to=seen, note="Asked for a plan.", at=NOW) == 2
        assert len(open_tasks(session, "complaints.acknowledge")) == 1  # the third came later
        assert adverse.acknowledge_complaints(session, clara, found, up_to=seen + 9, note="The same.", at=NOW) == 1
        assert not open_tasks(session, "complaints.acknowledge")
        with pytest.raises(Conflict):
            adverse.acknowledge_complaints(session, clara, found, up_to=seen + 9, note="Again.", at=NOW)


# -- told by hand ----------------------------------------------------------------------------------------------------------

NEWS = Told(AdverseKind.ENFORCEMENT, JUNE, "Consent order", "https://regulator.example/orders/7", "A fine.")


def test_what_is_told_is_acknowledged_by_another_person(database: Database, agency: Agency) -> None:
    with database.transaction() as session:
        vera, clara = make_actor(session), make_actor(session, Role.COMPLIANCE)
        found = agency_queries.get(session, SYSTEM, "AGY90")
        made = adverse.enter(session, vera, found, NEWS, file=None, today=JULY, at=NOW)
        (task,) = open_tasks(session, "adverse.acknowledge")
        assert (task.role, task.not_by_id) == (Role.COMPLIANCE, vera.user_id)
        with pytest.raises(Conflict, match="You entered"):
            adverse.acknowledge(session, vera, made, note="Well.", at=NOW)
        with pytest.raises(Invalid):
            adverse.acknowledge(session, clara, made, note=" ", at=NOW)
        adverse.acknowledge(session, clara, made, note="Asked the agency to answer.", at=NOW)
        assert not open_tasks(session, "adverse.acknowledge")
        with pytest.raises(Conflict):
            adverse.acknowledge(session, clara, made, note="Again.", at=NOW)


WRONG = [
    (Told(AdverseKind.NEWS, JUNE, " ", "x"), "title"), (Told(AdverseKind.NEWS, JUNE, "x", ""), "source"),
    (Told(AdverseKind.NEWS, JULY + timedelta(days=1), "x", "x"), "happened_on"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "field"), WRONG)
def test_what_is_told_names_what_and_who_says_so(database: Database, agency: Agency, told: Told, field: str) -> None:
    with database.transaction() as session, pytest.raises(Invalid) as wrong:
        adverse.enter(session, SYSTEM, agency, told, file=None, today=JULY, at=NOW)
    assert list(wrong.value.fields) == [field]
