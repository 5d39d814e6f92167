"""People judge breaches: with a reason, critical ones by two people, and what was decided stays decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.models import Agency
from conduct import consequences, queries, reviewing
from conduct.models import Breach, BreachState
from conduct.recording import Changes
from portal.audit import AuditEntry
from portal.db import Database
from portal.errors import Conflict, Forbidden, Invalid
from portal.permissions import SYSTEM, Actor
from portal.reports.models import Report
from portal.tasks import Task, TaskState
from tests import world
from tests.conduct.factories import AT, make_breach, make_report, make_row
from tests.conftest import KEYS
from tests.factories import make_actor

CRITICAL = "us.regf.cease-communication"


@dataclass
class Room:
    """One report of agency A, two people of compliance, a session to act in."""

    session: Session
    agency: Agency
    report: Report
    one: Actor
    two: Actor

    def breach(self, rule: str = "us.regf.time-of-day", **values: object) -> Breach:
        """A breach on a row of its own, with the counts and tasks that follow from it."""
        breach = make_breach(self.session, make_row(self.session, self.report), rule, **values)
        changes = Changes()
        changes.note(breach.agency_id, breach.rule, breach.report_id)
        consequences.follow(self.session, SYSTEM, changes)
        return breach


@pytest.fixture
def room(db: Database, tmp_path: Path) -> Iterator[Room]:
    world.begin(tmp_path, KEYS)
    with db.transaction() as session:
        agency = world.two_agencies(session)[0]
        yield Room(
            session,
            agency,
            make_report(session, agency),
            make_actor(session, "compliance"),
            make_actor(session, "compliance"),
        )


@pytest.mark.parametrize(
    ("act", "state", "in_breach"),
    [
        (reviewing.confirm, BreachState.CONFIRMED, 1),
        (reviewing.dismiss, BreachState.DISMISSED, 0),
        (reviewing.escalate, BreachState.ESCALATED, 1),
    ],
    ids=["confirmed", "dismissed", "escalated"],
)
def test_a_judgement_has_a_reason_a_trace_and_a_consequence(
    room: Room, act: object, state: BreachState, in_breach: int
) -> None:
    breach = room.breach()
    assert room.report.breaches == 1
    act(room.session, room.one, breach, " I listened to the call. ", at=AT)  # type: ignore[operator]
    assert (breach.state, room.report.breaches) == (state, in_breach)
    assert "I listened to the call." in (breach.decision_note, breach.escalation_note)
    room.session.commit()
    entry = room.session.scalars(select(AuditEntry).where(AuditEntry.subject == f"breach:{breach.ref}")).one()
    assert (entry.event, entry.actor) == (f"conduct.breach.{state.value}", room.one.label)


def test_a_reason_must_be_given(room: Room) -> None:
    with pytest.raises(Invalid):
        reviewing.dismiss(room.session, room.one, room.breach(), "  ", at=AT)


def test_what_is_decided_stays_decided(room: Room) -> None:
    breach = reviewing.confirm(room.session, room.one, room.breach(), "so it was", at=AT)
    for act in (reviewing.confirm, reviewing.dismiss, reviewing.escalate):
        with pytest.raises(Conflict, match="confirmed"):
            act(room.session, room.two, breach, "no", at=AT)


def test_a_withdrawn_breach_is_not_judged(room: Room) -> None:
    with pytest.raises(Conflict):
        reviewing.confirm(room.session, room.one, room.breach(withdrawn_at=AT), "so it was", at=AT)


def test_a_critical_breach_is_judged_by_two_people(room: Room) -> None:
    breach = room.breach(CRITICAL)
    with pytest.raises(Conflict):
        reviewing.confirm(room.session, room.one, breach, "so it was", at=AT)
    reviewing.escalate(room.session, room.one, breach, "he wrote to us in January", at=AT)
    with pytest.raises(Forbidden):
        reviewing.confirm(room.session, room.one, breach, "so it was", at=AT)
    reviewing.confirm(room.session, room.two, breach, "so it was", at=AT)
    assert (breach.escalated_by, breach.decided_by) == (room.one.label, room.two.label)


def test_the_same_person_through_a_key_is_the_same_person(room: Room) -> None:
    breach = reviewing.escalate(room.session, room.one, room.breach(CRITICAL), "look", at=AT)
    by_key = Actor(room.one.kind, room.one.name, room.one.role, user_id=room.one.user_id, key_id="k1")
    with pytest.raises(Forbidden):
        reviewing.dismiss(room.session, by_key, breach, "nothing in it", at=AT)


def test_a_question_counts_once_it_is_confirmed(room: Room) -> None:
    breach = room.breach(verdict="review", provisional=True)
    assert room.report.breaches == 0
    reviewing.confirm(room.session, room.one, breach, "it was a conversation", at=AT)
    assert room.report.breaches == 1


def test_the_task_is_done_when_nothing_is_left_to_judge(room: Room) -> None:
    first, second = room.breach(), room.breach()
    task = room.session.scalars(select(Task).where(Task.kind == "breach.judge")).one()
    reviewing.confirm(room.session, room.one, first, "yes", at=AT)
    room.session.refresh(task)
    assert task.state is TaskState.OPEN
    reviewing.dismiss(room.session, room.one, second, "no", at=AT)
    room.session.refresh(task)
    assert task.state is TaskState.DONE


def test_all_that_waits_of_one_rule_can_be_judged_alike(room: Room) -> None:
    alike = [room.breach() for _ in range(3)]
    other = room.breach("us.regf.call-frequency")
    done = reviewing.judge_queue(
        room.session, room.one, room.agency.id, "us.regf.time-of-day", BreachState.CONFIRMED, "one bad dialler", at=AT
    )
    assert done == (3, 0)
    assert {breach.state for breach in alike} == {BreachState.CONFIRMED}
    assert other.state is BreachState.FOUND


def test_judging_alike_leaves_what_a_second_person_must_judge(room: Room) -> None:
    mine, theirs = room.breach(CRITICAL), room.breach(CRITICAL)
    reviewing.escalate(room.session, room.one, mine, "look", at=AT)
    reviewing.escalate(room.session, room.two, theirs, "look", at=AT)
    done = reviewing.judge_queue(room.session, room.one, room.agency.id, CRITICAL, BreachState.CONFIRMED, "yes", at=AT)
    assert done == (1, 1)
    assert (mine.state, theirs.state) == (BreachState.ESCALATED, BreachState.CONFIRMED)


def test_breaches_of_the_bank_itself_have_a_queue_of_their_own(room: Room) -> None:
    breach = make_breach(room.session, make_row(room.session, make_report(room.session, None)))
    assert queries.waiting_in_queue(room.session, None, breach.rule) == [breach]
