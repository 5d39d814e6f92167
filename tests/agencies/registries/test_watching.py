"""Names are looked for in lists; a person says of every hit whether it is the same; what was decided is remembered and binds."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import queries as agency_queries
from agencies.credentials import may_collect
from agencies.models import Agency, AgencyStatus
from agencies.registries import queries, watching
from agencies.registries.models import HitState, NameKind, ScreeningHit, ScreeningRun
from agencies.registries.transport import forget
from portal import clock, files, jobs, work
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM
from portal.tasks import Task, TaskState
from samples.register_stub import Stub
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_ready_agency


def screen(database: Database) -> None:
    forget()
    jobs.run(database, "registers.ask")
    work.drain(database, outward=True)


def hits(session: Session) -> list[ScreeningHit]:
    return list(session.scalars(select(ScreeningHit).order_by(ScreeningHit.id)))


def waiting(session: Session) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.kind == "screening.decide", Task.state == TaskState.OPEN)))


def watched_owner(database: Database, name: str = "Abu ABBAS", **values: object) -> str:
    with database.transaction() as session:
        agency = make_ready_agency(session, "AGY80", licensed_in=["US-CA"], **values)
        manager = make_actor(session)
        watching.watch(session, manager, agency, name, NameKind.PERSON, source="Owner, by the register", at=clock.now())
    return "AGY80"


def the(session: Session, code: str) -> Agency:
    return agency_queries.by_code(session, [code])[code]


def obstacles(session: Session, code: str) -> list[str]:
    agency = the(session, code)
    return [
        one.code
        for one in may_collect(agency_queries.facts(session, [agency.id])[agency.id], "US-CA", None, clock.today())
    ]


def test_the_names_of_every_agency_are_looked_for_without_being_asked(database: Database, stub: Stub) -> None:
    with database.transaction() as session:
        make_agency(session, "AGY81", name="Larkfield", legal_name="Delvest Holdings Limited")
        make_agency(session, "AGY82", status=AgencyStatus.EXITED)
    screen(database)
    with database.reading() as session:
        assert [one.name for one in queries.watched(session)] == ["Delvest Holdings Limited", "Larkfield"]
        (hit,) = hits(session)
        assert (hit.list_name, hit.entry, hit.names[0], hit.programme) == (
            "ofac",
            "651",
            "DELVEST HOLDING, S.A.",
            "CUBA",
        )
        assert [task.role for task in waiting(session)] == [Role.COMPLIANCE]


def test_every_list_is_looked_through_and_kept_as_it_was_published(database: Database, stub: Stub) -> None:
    watched_owner(database, "Maxim Orlov")
    stub.matches["Maxim Orlov"] = [
        {"id": "NK-1", "caption": "Maksim ORLOV", "schema": "Person", "score": 0.91, "match": True, "datasets": ["x"]}
    ]
    screen(database)
    with database.reading() as session:
        assert {(hit.list_name, hit.entry) for hit in hits(session)} == {
            ("uk_sanctions", "EXA0001"),
            ("opensanctions", "NK-1"),
        }
        runs = queries.last_runs(session)
        assert {name: (run.entries, run.names, run.error) for name, run in runs.items()} == {
            "ofac": (183, 3, None), "uk_sanctions": (2, 3, None), "opensanctions": (0, 3, None),
        }  # fmt: skip
        with files.store().open(queries.file(session, runs["ofac"].evidence_id).place) as kept:
            assert [one["url"].rpartition("/")[2] for one in json.loads(kept.read())] == ["sdn.csv", "alt.csv"]


def test_a_new_name_is_looked_for_at_once(database: Database, stub: Stub) -> None:
    watched_owner(database)
    work.drain(database, outward=True)
    with database.reading() as session:
        assert [hit.entry for hit in hits(session)] == ["2674"]


def test_the_same_hit_is_shown_once(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    screen(database)
    with database.reading() as session:
        assert len(hits(session)) == len(waiting(session)) == 1


def decide(database: Database, *, same: bool, reason: str = "Born in another year.") -> None:
    with database.transaction() as session:
        clara, hit = make_actor(session, Role.COMPLIANCE), hits(session)[0]
        watching.decide(
            session, clara, session.get_one(Agency, hit.agency_id), hit, same=same, reason=reason, at=clock.now()
        )


def test_who_is_not_the_same_is_remembered(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    decide(database, same=False)
    screen(database)
    with database.reading() as session:
        assert [hit.state for hit in hits(session)] == [HitState.OTHER]
        assert not waiting(session)
        assert obstacles(session, "AGY80") == []


def test_an_entry_of_which_the_list_says_something_new_is_decided_anew(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    decide(database, same=False)
    stub.ofac["sdn.csv"] = stub.ofac["sdn.csv"].replace("DOB 10 Dec 1948", "DOB 10 Dec 1949")
    screen(database)
    with database.reading() as session:
        assert [hit.state for hit in hits(session)] == [HitState.OPEN]
        assert len(waiting(session)) == 1


def test_who_is_the_same_gets_nothing_and_is_suspended(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    with database.reading() as session:
        assert obstacles(session, "AGY80") == []
    decide(database, same=True, reason="Same day and place of birth.")
    with database.transaction() as session:
        agency = the(session, "AGY80")
        assert agency.status is AgencyStatus.SUSPENDED
        agency.status = AgencyStatus.REINSTATED  # whoever lets it in again: while the hit stands nothing goes there
    with database.reading() as session:
        assert obstacles(session, "AGY80") == ["standing"]
        assert not waiting(session)


def test_a_decision_can_be_put_right_and_then_binds_no_more(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    decide(database, same=True)
    decide(database, same=False)
    with database.reading() as session:
        assert "standing" not in obstacles(session, "AGY80")


def test_a_decision_needs_a_reason_and_is_taken_once(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    with pytest.raises(Invalid):
        decide(database, same=False, reason=" ")
    decide(database, same=False)
    with pytest.raises(Conflict):
        decide(database, same=False)


def test_a_list_that_cannot_be_read_clears_nobody_and_is_recorded(database: Database, stub: Stub) -> None:
    watched_owner(database)
    screen(database)
    stub.ofac["sdn.csv"] = ""
    screen(database)
    with database.reading() as session:
        run = queries.last_runs(session)["ofac"]
        assert (run.entries, run.error) == (0, "The answer is not in the register's own form.")
        assert [hit.state for hit in hits(session)] == [HitState.OPEN]
        assert len(list(session.scalars(select(ScreeningRun).where(ScreeningRun.list_name == "ofac")))) == 2


def test_a_name_is_watched_once_let_go_and_taken_up_again(database: Database, stub: Stub) -> None:
    watched_owner(database)
    with database.transaction() as session:
        agency = the(session, "AGY80")
        again = watching.watch(
            session, SYSTEM, agency, " Abu  ABBAS ", NameKind.PERSON, source="Application", at=clock.now()
        )
        assert len(queries.names_of(session, agency.id)) == 1
        watching.let_go(session, SYSTEM, agency, again, at=clock.now())
        assert again not in queries.watched(session)
        watching.watch(session, SYSTEM, agency, "Abu ABBAS", NameKind.PERSON, source="Application", at=clock.now())
        assert again in queries.watched(session)
        own = watching.watch(session, SYSTEM, agency, agency.legal_name, NameKind.COMPANY, source="x", at=clock.now())
        with pytest.raises(Conflict):
            watching.let_go(session, SYSTEM, agency, own, at=clock.now())
        with pytest.raises(Invalid):
            watching.watch(session, SYSTEM, agency, " ", NameKind.PERSON, source="x", at=clock.now())
