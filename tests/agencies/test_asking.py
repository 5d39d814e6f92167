"""What the bank asks of agencies: documents by a day, policies read by named people, and what is owed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.asking import listings, policies, queries, requests
from agencies.asking.models import Policy, RequestState
from agencies.asking.policies import Wording
from agencies.models import Agency, AgencyStatus
from portal import clock, tasks
from portal.errors import Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from tests.factories import make_actor, make_agency, make_user
from tests.factories_agencies import make_file

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOON = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with clock.set_to(NOW):
        yield


def waiting(session: Session, actor: Actor) -> list[str]:
    session.flush()
    return [task.kind for task in session.scalars(tasks.mine(actor))]


def people(session: Session) -> tuple[Agency, Actor, Actor]:
    agency = make_agency(session)
    return agency, make_actor(session, Role.AGENCY_MANAGER, agency), make_actor(session, Role.COMPLIANCE)


def publish(session: Session, version: str = "1", text: str = "Be kind.") -> Policy:
    return policies.publish(
        session, make_actor(session, Role.COMPLIANCE), Wording("Conduct", version, text, SOON), at=NOW
    )


def test_a_document_is_asked_for_sent_in_attested_and_accepted_by_another_person(session: Session) -> None:
    agency, manager, clara = people(session)
    request = requests.ask(session, clara, agency, "continuity_test", SOON, at=NOW)
    assert waiting(session, manager) == ["document.answer"]
    file = make_file(session, agency)
    with pytest.raises(Invalid) as refused:
        requests.answer(session, manager, agency, request, file, attests=False, at=NOW)
    assert list(refused.value.fields) == ["attests"]
    assert request.state is RequestState.ASKED
    requests.answer(session, manager, agency, request, file, attests=True, at=NOW)
    assert waiting(session, manager) == []
    assert waiting(session, clara) == ["document.judge"]
    with pytest.raises(Forbidden):
        requests.judge(session, manager, agency, request, accept=True, at=NOW)
    requests.judge(session, clara, agency, request, accept=True, at=NOW)
    assert (request.state, request.answered_by) == (RequestState.ACCEPTED, manager.label)


def test_one_document_serves_several_requests(session: Session) -> None:
    agency, manager, clara = people(session)
    file = make_file(session, agency)
    for kind in ("continuity_test", "security_report"):
        request = requests.ask(session, clara, agency, kind, SOON, at=NOW)
        requests.answer(session, manager, agency, request, file, attests=True, at=NOW)
        requests.judge(session, clara, agency, request, accept=True, at=NOW)
        assert request.evidence_id == file.id


def test_a_document_that_is_not_enough_is_asked_for_again_with_reason_and_day(session: Session) -> None:
    agency, manager, clara = people(session)
    request = requests.ask(session, clara, agency, "continuity_test", SOON, at=NOW)
    requests.answer(session, manager, agency, request, make_file(session, agency), attests=True, at=NOW)
    for reason, day in (("", SOON), ("Too old.", None), ("Too old.", date(2026, 3, 1))):
        with pytest.raises(Invalid):
            requests.judge(session, clara, agency, request, accept=False, reason=reason, due_on=day, at=NOW)
    requests.judge(session, clara, agency, request, accept=False, reason="Too old.", due_on=SOON, at=NOW)
    assert (request.state, request.reason, request.due_on) == (RequestState.ASKED, "Too old.", SOON)
    assert waiting(session, manager) == ["document.answer"]


@pytest.mark.parametrize(
    ("document", "day"), [("a cat", SOON), ("continuity_test", date(2026, 3, 1))], ids=["unknown", "a day that has been"]
)  # fmt: skip
def test_what_can_be_asked_for(session: Session, document: str, day: date) -> None:
    agency, _, clara = people(session)
    with pytest.raises(Invalid):
        requests.ask(session, clara, agency, document, day, at=NOW)


def test_a_request_can_be_taken_back_until_it_is_accepted(session: Session) -> None:
    agency, manager, clara = people(session)
    request = requests.ask(session, clara, agency, "continuity_test", SOON, at=NOW)
    requests.cancel(session, clara, request, at=NOW)
    assert waiting(session, manager) == []
    with pytest.raises(Conflict):
        requests.answer(session, manager, agency, request, make_file(session, agency), attests=True, at=NOW)


def test_everybody_at_a_working_agency_has_to_read_a_policy(session: Session) -> None:
    agency, manager, clara = people(session)
    desk = make_actor(session, Role.AGENCY_USER, agency)
    gone = make_actor(session, Role.AGENCY_MANAGER, make_agency(session, status=AgencyStatus.EXITED))
    applicant = make_actor(session, Role.AGENCY_MANAGER, make_agency(session, status=AgencyStatus.APPLICANT))
    policy = publish(session)
    assert [waiting(session, one) for one in (manager, desk, gone, applicant, clara)] == [
        ["policy.attest"],
        ["policy.attest"],
        [],
        [],
        [],
    ]
    made = policies.attest(session, manager, policy, "Robin Doe", at=NOW)
    assert (made.name, made.sha256, made.agency_id) == ("Robin Doe", policies.digest("Be kind."), agency.id)
    assert (waiting(session, manager), waiting(session, desk)) == ([], ["policy.attest"])
    with pytest.raises(Conflict):
        policies.attest(session, manager, policy, "Robin Doe", at=NOW)


def test_nobody_attests_without_a_name_or_for_the_bank(session: Session) -> None:
    _, manager, clara = people(session)
    policy = publish(session)
    with pytest.raises(Invalid):
        policies.attest(session, manager, policy, " ", at=NOW)
    with pytest.raises(Conflict):
        policies.attest(session, clara, policy, "Clara", at=NOW)


def test_another_wording_is_another_version_that_is_read_anew(session: Session) -> None:
    _, manager, _ = people(session)
    first = publish(session)
    policies.attest(session, manager, first, "Robin Doe", at=NOW)
    with pytest.raises(Conflict):
        publish(session, "1", "Be very kind.")
    publish(session, "2", "Be very kind.")
    assert first.replaced_at == NOW
    assert waiting(session, manager) == ["policy.attest"]
    with pytest.raises(Conflict):
        policies.attest(session, manager, first, "Robin Doe", at=NOW)


def test_who_joins_later_is_reminded_once(session: Session) -> None:
    agency, _, _ = people(session)
    publish(session)
    late = make_user(session, Role.AGENCY_USER, agency)
    assert policies.remind(session, at=NOW) == 1
    assert policies.remind(session, at=NOW) == 0
    assert [policy.title for policy, user in queries.unread(session) if user.id == late.id] == []


def test_what_is_owed_is_every_open_task_of_these_kinds_and_each_kind_has_its_word(session: Session) -> None:
    agency, manager, clara = people(session)
    requests.ask(session, clara, agency, "continuity_test", SOON, at=NOW)
    publish(session)
    session.flush()
    owed = session.execute(queries.owed_list(SYSTEM)).all()
    assert {row[0].kind for row in owed} == {"document.answer", "policy.attest"}
    assert {row[2].id for row in owed if row[2]} == {manager.user_id}, "an attestation names its person"
    assert set(listings.KINDS) == set(queries.OWED)
    other = make_actor(session, Role.AGENCY_MANAGER)
    assert session.execute(queries.owed_list(other)).all() == []


def test_tasks_are_listed_only_while_they_are_open(session: Session) -> None:
    agency, _, clara = people(session)
    request = requests.ask(session, clara, agency, "continuity_test", SOON, at=NOW)
    requests.cancel(session, clara, request, at=NOW + timedelta(days=1))
    assert session.execute(queries.owed_list(SYSTEM)).all() == []
    assert len(session.scalars(select(tasks.Task)).all()) == 1
