"""What a register says is recorded with its evidence; a difference opens a task; only the granting authority's word ends a credential at once."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import queries as agency_queries
from agencies.credentials import may_collect
from agencies.events import CredentialLapsed
from agencies.models import Agency, Credential, CredentialState
from agencies.registries import asking, queries, workers
from agencies.registries.models import RegisterAnswer, Verdict
from agencies.registries.statements import ABSENT, Bearing, Difference, Statement, differences, doubts
from agencies.registries.transport import forget
from portal import clock, events, files, jobs, work
from portal.audit import AuditEntry
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM
from portal.tasks import Task, TaskState
from portal.work import WorkItem
from samples.register_stub import Stub
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_contract, make_credential, make_ready_agency

NYC, COMPANY = "0000001-DCA", "99999999"


def british(database: Database) -> str:
    """An agency that may collect in Great Britain as long as its company lives."""
    with database.transaction() as session:
        agency = make_ready_agency(session, "AGY70", licensed_in=["GB"], country="GB")
        for one in session.scalars(
            select(Credential).where(Credential.agency_id == agency.id, Credential.code == "gb.companies_house")
        ):
            one.number = COMPANY
        return agency.code


def ask_all(database: Database) -> None:
    forget()
    jobs.run(database, "registers.ask")
    work.drain(database, outward=True)


def answers(session: Session) -> list[RegisterAnswer]:
    return list(session.scalars(select(RegisterAnswer).order_by(RegisterAnswer.id)))


def open_tasks(session: Session, kind: str) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.kind == kind, Task.state == TaskState.OPEN)))


def reasons(session: Session, code: str, place: str = "GB") -> list[str]:
    agency = agency_queries.by_code(session, [code])[code]
    facts = agency_queries.facts(session, [agency.id])[agency.id]
    return [reason.code for reason in may_collect(facts, place, None, clock.today())]


# -- the rule --------------------------------------------------------------------------------------------------------------

GOOD = Statement(Bearing.GOOD, "X LTD", "Authorised", date(2020, 1, 1), None, {"Permissions": "a"})

DIFFER = [
    (GOOD, GOOD, [], "the same is no news"),
    (
        GOOD,
        Statement(Bearing.ENDED, "X LTD", "Cancelled", date(2026, 1, 1), None, {"Permissions": "a"}),
        ["status", "since"],
        "another status",
    ),
    (
        GOOD,
        Statement(Bearing.GOOD, "Y LTD", "Authorised", date(2020, 1, 1), None, {"Permissions": "a"}),
        ["name"],
        "another name",
    ),
    (
        GOOD,
        Statement(Bearing.GOOD, "X LTD", "Authorised", date(2020, 1, 1), None, {"Permissions": ""}),
        ["Permissions"],
        "a permission is gone",
    ),
    (GOOD, ABSENT, ["presence"], "it has left the register"),
    (ABSENT, GOOD, ["presence"], "it has come into the register"),
]


@pytest.mark.parametrize(("before", "after", "what", "why"), DIFFER)
def test_what_is_news(before: Statement, after: Statement, what: list[str], why: str) -> None:
    assert [one.what for one in differences(before, after)] == what, why


def test_what_is_doubtful_at_first_sight() -> None:
    assert doubts(GOOD) == []
    assert doubts(ABSENT) == [Difference("presence", "", "absent")]
    assert doubts(Statement(Bearing.UNCLEAR, "X", "Applied to cancel"))[0].after == "Applied to cancel"


def test_a_statement_comes_back_as_it_was_stored() -> None:
    assert Statement.of_json(json.loads(json.dumps(GOOD.as_json()))) == GOOD


# -- asking ----------------------------------------------------------------------------------------------------------------


def test_the_nightly_job_asks_for_every_agency_with_a_known_number(database: Database, stub: Stub) -> None:
    british(database)
    with database.transaction() as session:
        other = make_agency(session, "AGY71")
        make_credential(session, other, "us.licence", "US-NY-NYC", number=NYC)
        asking.enter(session, SYSTEM, other, "gleif", "9845EXAMPLECOLLECT55", at=clock.now())
        make_agency(session, "AGY72")
    ask_all(database)
    with database.reading() as session:
        assert {(one.register, one.number, one.bearing) for one in answers(session)} == {
            ("companies_house", COMPANY, "good"), ("nyc", NYC, "good"), ("gleif", "9845EXAMPLECOLLECT55", "good"),
        }  # fmt: skip
        assert not open_tasks(session, "register.see")


def test_the_answer_is_kept_word_for_word_and_the_same_answer_once(database: Database, stub: Stub) -> None:
    british(database)
    ask_all(database)
    ask_all(database)
    with database.reading() as session:
        first, second = answers(session)
        assert first.evidence_id == second.evidence_id is not None
        file = queries.file(session, first.evidence_id)
        with files.store().open(file.place) as kept:
            assert "EXAMPLE COLLECTIONS LTD" in json.loads(kept.read())[0]["body"]


def test_a_change_opens_a_task_and_changes_nothing_silently(database: Database, stub: Stub) -> None:
    code = british(database)
    ask_all(database)
    stub.companies[COMPANY]["company_name"] = "ANOTHER NAME LTD"
    ask_all(database)
    with database.reading() as session:
        (task,) = open_tasks(session, "register.see")
        assert task.role is Role.COMPLIANCE
        answer = answers(session)[-1]
        assert answer.changes == [{"what": "name", "before": "EXAMPLE COLLECTIONS LTD", "after": "ANOTHER NAME LTD"}]
        assert reasons(session, code) == []
    ask_all(database)
    with database.reading() as session:
        assert len(open_tasks(session, "register.see")) == 1  # the same again is no news
        assert answers(session)[-1].changes == []


def test_where_the_register_grants_the_credential_its_end_counts_at_once(database: Database, stub: Stub) -> None:
    code = british(database)
    ask_all(database)
    told: list[object] = []
    with database.reading() as session:
        assert reasons(session, code) == []
    stub.companies[COMPANY]["company_status"] = "dissolved"
    before = dict(events._listeners)
    events.wire([(CredentialLapsed, lambda _session, event: told.append(event))])
    try:
        ask_all(database)
    finally:
        events._listeners.clear()
        events._listeners.update(before)
    with database.reading() as session:
        assert reasons(session, code) == ["credential_ended"]
        (task,) = open_tasks(session, "register.see")
        assert task.params["after"] == "dissolved"
        assert task.title % task.params == "Companies House: the status of AGY70 became dissolved"
        credential = session.get_one(Credential, answers(session)[-1].credential_id)
        assert credential.state is CredentialState.VERIFIED  # a person has still to say so
        assert session.scalars(select(AuditEntry).where(AuditEntry.event == "agencies.credential.stopped")).one()
    assert [type(one) for one in told] == [CredentialLapsed]


def test_where_the_register_does_not_grant_it_only_a_person_ends_it(database: Database, stub: Stub) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY73")
        credential = make_credential(session, agency, "any.lei", "US", number="9845EXAMPLECOLLECT55")
        make_contract(session, agency)
    ask_all(database)
    stub.leis["9845EXAMPLECOLLECT55"]["data"]["attributes"]["entity"]["status"] = "INACTIVE"
    stub.leis["9845EXAMPLECOLLECT55"]["data"]["attributes"]["registration"]["status"] = "RETIRED"
    ask_all(database)
    with database.reading() as session:
        assert answers(session)[-1].bearing == "ended"
        assert session.get_one(Credential, credential.id).ended_on is None
        assert len(open_tasks(session, "register.see")) == 1


def test_a_number_that_is_not_in_the_register_is_a_task_and_stops_nothing(database: Database, stub: Stub) -> None:
    code = british(database)
    ask_all(database)
    del stub.companies[COMPANY]
    ask_all(database)
    with database.reading() as session:
        assert answers(session)[-1].bearing == "absent"
        assert reasons(session, code) == []
        assert len(open_tasks(session, "register.see")) == 1


def dissolve(database: Database, stub: Stub) -> None:
    british(database)
    ask_all(database)
    stub.companies[COMPANY]["company_status"] = "dissolved"
    ask_all(database)


@pytest.mark.parametrize(
    ("verdict", "left", "state"),
    [(Verdict.ENDED, ["credential_ended"], CredentialState.WITHDRAWN), (Verdict.HOLDS, [], CredentialState.VERIFIED)],
)
def test_a_person_says_whether_a_stopped_credential_ended_or_holds(
    database: Database, stub: Stub, verdict: Verdict, left: list[str], state: CredentialState
) -> None:
    dissolve(database, stub)
    with database.transaction() as session:
        clara, answer = make_actor(session, Role.COMPLIANCE), answers(session)[-1]
        asking.see(session, clara, answer, verdict, note="Asked them by telephone.", at=clock.now())
    with database.reading() as session:
        assert reasons(session, "AGY70") == left
        assert session.get_one(Credential, answers(session)[-1].credential_id).state is state
        assert not open_tasks(session, "register.see")
    ask_all(database)
    with database.reading() as session:
        assert reasons(session, "AGY70") == left  # the same answer again undoes nothing


def test_a_stopped_credential_is_not_only_noted(database: Database, stub: Stub) -> None:
    dissolve(database, stub)
    with database.transaction() as session:
        clara, answer = make_actor(session, Role.COMPLIANCE), answers(session)[-1]
        with pytest.raises(Invalid):
            asking.see(session, clara, answer, Verdict.NOTED, note="Well.", at=clock.now())
        with pytest.raises(Invalid):
            asking.see(session, clara, answer, Verdict.HOLDS, note=" ", at=clock.now())
        asking.see(session, clara, answer, Verdict.HOLDS, note="A mistake of theirs.", at=clock.now())
        with pytest.raises(Conflict):
            asking.see(session, clara, answer, Verdict.ENDED, note="Once more.", at=clock.now())


# -- bad days --------------------------------------------------------------------------------------------------------------


def test_no_answer_is_recorded_and_is_no_difference(database: Database, stub: Stub) -> None:
    code = british(database)
    ask_all(database)
    stub.misbehave("companies_house", "malformed")
    ask_all(database)
    ask_all(database)
    with database.reading() as session:
        assert [(one.bearing, len(one.changes)) for one in answers(session)] == [("good", 0), (None, 0), ("good", 0)]
        assert reasons(session, code) == []


def test_a_register_that_is_silent_for_days_is_a_task_until_it_answers(database: Database, stub: Stub) -> None:
    british(database)
    for _ in range(asking.SILENCES):
        stub.misbehave("companies_house", "html")
        ask_all(database)
    with database.reading() as session:
        assert len(open_tasks(session, "register.silent")) == 1
    ask_all(database)
    with database.reading() as session:
        assert not open_tasks(session, "register.silent")


def test_a_register_that_asks_us_to_wait_is_asked_again_when_it_said(database: Database, stub: Stub) -> None:
    british(database)
    stub.misbehave("companies_house", "429 600")
    ask_all(database)
    with database.transaction() as session:
        assert answers(session) == []
        waiting = session.scalars(
            select(WorkItem).where(WorkItem.kind == "register.ask", WorkItem.state == "queued")
        ).one()
        assert timedelta(seconds=590) < waiting.due_at - clock.real_now() <= timedelta(seconds=600)
        waiting.due_at = clock.real_now()
    work.drain(database, outward=True)
    with database.reading() as session:
        assert [one.bearing for one in answers(session)] == ["good"]


def test_patience_ends(database: Database, stub: Stub) -> None:
    british(database)
    stub.misbehave("companies_house", *["429 600"] * (workers.PATIENCE + 1))
    ask_all(database)
    for _ in range(workers.PATIENCE):
        with database.transaction() as session:
            for item in session.scalars(select(WorkItem).where(WorkItem.state == "queued")):
                item.due_at = clock.real_now()
        work.drain(database, outward=True)
    with database.reading() as session:
        assert [(one.bearing, one.error) for one in answers(session)] == [(None, "The register asks us to wait.")]


def test_asking_now_is_refused_where_nobody_can_be_asked(database: Database, stub: Stub) -> None:
    with database.transaction() as session:
        agency: Agency = make_agency(session, "AGY74")
        with pytest.raises(Conflict, match="not known"):
            asking.order(session, SYSTEM, agency, "fca")
        with pytest.raises(Conflict, match="switched off"):
            asking.order(session, SYSTEM, agency, "nasdaq")
