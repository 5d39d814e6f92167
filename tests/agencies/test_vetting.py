"""An agency's life: which moves there are, who may make them, what is kept of them and who is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import queries, vetting
from agencies.events import AGENCY_CHANGED, AgencyStatusChanged, AgencySuspended
from agencies.models import MOVES, Agency, AgencyKind, AgencyStatus
from agencies.ramp import Ramp
from agencies.rights import PERMISSIONS
from agencies.standing import set_standing
from agencies.steps import STEPS, open_to
from agencies.vetting import Particulars
from portal import clock, tasks
from portal.audit import AuditEntry
from portal.errors import Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor, Kind
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_reviewed

WHO = Particulars("Northgate", "Northgate LLC", "US", AgencyKind.CALL_CENTRE, "a@northgate.example")


def applicant(session: Session, actor: Actor, code: str = "AGY90") -> Agency:
    return vetting.add_agency(session, actor, code, WHO, at=clock.now())


def take(step: str, session: Session, actor: Actor, agency: Agency) -> Agency:
    more = {"ramp_accounts": 100} if step == "probation" else {}
    return STEPS[step].act(session, actor, agency, reason="Because.", at=clock.now(), **more)


@pytest.mark.parametrize("before", AgencyStatus)
def test_only_the_moves_of_the_table_can_be_made(session: Session, before: AgencyStatus) -> None:
    for name, step in STEPS.items():
        agency = make_agency(session, status=before)
        if step.after in MOVES[before]:
            assert take(name, session, SYSTEM, agency).status is step.after
        else:
            with pytest.raises(
                Conflict,
                match=f"is {before.value.replace('_', ' ').capitalize()} cannot become {step.after.value.replace('_', ' ').capitalize()}",
            ):
                take(name, session, SYSTEM, agency)


def test_every_move_of_the_table_can_be_made_by_somebody() -> None:
    assert {step.after for step in STEPS.values()} == {after for moves in MOVES.values() for after in moves}


def test_every_move_is_kept_with_its_reason_and_told(session: Session, heard: list[object]) -> None:
    agency = applicant(session, SYSTEM)
    for name in ("submit", "approve", "suspend"):
        take(name, session, SYSTEM, agency)
    kept = [(move.before, move.after, move.reason) for move in reversed(queries.history(session, agency))]
    assert kept == [
        (None, AgencyStatus.APPLICANT, ""),
        (AgencyStatus.APPLICANT, AgencyStatus.IN_REVIEW, "Because."),
        (AgencyStatus.IN_REVIEW, AgencyStatus.APPROVED, "Because."),
        (AgencyStatus.APPROVED, AgencyStatus.SUSPENDED, "Because."),
    ]
    assert [type(event) for event in heard] == [AgencyStatusChanged] * 3 + [AgencySuspended]


@pytest.mark.parametrize("step", ["approve", "probation"])
@pytest.mark.parametrize("hand", ["added it", "handed it in"])
def test_nobody_lets_in_an_agency_they_had_a_hand_in(session: Session, step: str, hand: str) -> None:
    mine, other = make_actor(session, Role.APPROVER), make_actor(session, Role.VENDOR_MANAGER)
    adder, submitter = (mine, other) if hand == "added it" else (other, mine)
    agency = applicant(session, adder)
    take("submit", session, submitter, agency)
    make_reviewed(session, agency)
    with pytest.raises(Forbidden, match="another person"):
        take(step, session, mine, agency)
    assert take(step, session, make_actor(session, Role.APPROVER), agency).status is STEPS[step].after


def test_not_through_a_key_either(session: Session) -> None:
    person = make_actor(session, Role.APPROVER)
    agency = applicant(session, person)
    take("submit", session, SYSTEM, agency)
    with pytest.raises(Forbidden):
        take("approve", session, replace(person, kind=Kind.KEY, key_id="ABCDEFGH"), agency)


def test_approvers_find_the_review_in_their_work_list_but_not_their_own(session: Session) -> None:
    own, other = make_actor(session, Role.APPROVER), make_actor(session, Role.APPROVER)
    agency = applicant(session, SYSTEM)
    take("submit", session, own, agency)
    make_reviewed(session, agency)

    def waiting(actor: Actor) -> list[str]:
        return [task.subject for task in session.scalars(tasks.mine(actor))]

    assert waiting(own) == []
    assert waiting(other) == ["agency:AGY90"]
    take("approve", session, other, agency)
    assert waiting(other) == []


def test_a_move_without_a_reason_is_refused(session: Session) -> None:
    with pytest.raises(Invalid):
        vetting.suspend(session, SYSTEM, make_agency(session), reason="  ", at=clock.now())


@pytest.mark.parametrize("code", ["", "a", "agy01", "AGY 01", "AGY/01", "-AGY", "A" * 21])
def test_codes_have_one_form(session: Session, code: str) -> None:
    with pytest.raises(Invalid):
        applicant(session, SYSTEM, code)


def test_a_code_is_given_once(session: Session) -> None:
    applicant(session, SYSTEM)
    with pytest.raises(Conflict, match="AGY90"):
        applicant(session, SYSTEM)


def test_the_ramp_ends_with_probation(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    assert take("probation", session, SYSTEM, agency).ramp_accounts == 100
    assert queries.facts(session, [agency.id])[agency.id].ramp == Ramp(agency.status_since.date(), 100)
    assert take("approve", session, SYSTEM, agency).ramp_accounts is None


def test_buttons_are_offered_to_those_who_may(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    approver = make_actor(session, Role.APPROVER)
    assert [step.name for step in open_to(approver, agency, had_a_hand=False)] == ["approve", "probation", "decline"]
    assert [step.name for step in open_to(approver, agency, had_a_hand=True)] == ["decline"]
    assert open_to(make_actor(session, Role.AUDITOR), agency, had_a_hand=False) == []


def test_every_step_asks_for_a_declared_permission() -> None:
    assert {step.permission for step in STEPS.values()} <= {permission.name for permission in PERMISSIONS}


def test_a_standing_is_obeyed_and_set_once(session: Session) -> None:
    agency = make_agency(session)
    first = set_standing(
        session, SYSTEM, agency.id, band="D", gate="G1", may_receive=False, reason="Gate G1", at=clock.now()
    )
    since = first.since
    again = set_standing(
        session, SYSTEM, agency.id, band="D", gate="G1", may_receive=False, reason="Gate G1", at=clock.now()
    )
    assert again.since == since
    found = queries.facts(session, [agency.id])[agency.id]
    assert (found.may_receive, found.standing_reason) == (False, "Gate G1")


def test_the_trail_keeps_what_was_corrected_but_no_addresses(session: Session) -> None:
    agency = applicant(session, SYSTEM)
    vetting.correct(session, SYSTEM, agency, replace(WHO, name="Northgate Partners", email="b@northgate.example"))
    vetting.correct(session, SYSTEM, agency, replace(WHO, name="Northgate Partners", email="b@northgate.example"))
    session.commit()
    entries = [entry.details for entry in session.scalars(select(AuditEntry)) if entry.event == AGENCY_CHANGED]
    assert entries == ['{"before":{"name":"Northgate"},"changed":["name","email"]}']
    assert (agency.name, agency.email) == ("Northgate Partners", "b@northgate.example")
