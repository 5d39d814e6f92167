"""Credentials from the request to their end, exemptions, and who may not do what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy.orm import Session

from agencies import exempting, lapsing, queries, verifying
from agencies.asked import asked_in
from agencies.catalogue import credential_types
from agencies.credentials import Held, is_live
from agencies.events import CredentialLapsed
from agencies.exempting import Claim
from agencies.models import CREDENTIAL_MOVES, PROVEN, Agency, Credential, CredentialState
from agencies.papers import checked, lifts, offered
from agencies.verifying import Paper
from portal import clock, files, tasks
from portal.errors import Conflict, DomainError, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor, Kind
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_collector, make_credential

PAPER = Paper("us.licence", "US-CA", "DCLA-1", date(2026, 1, 1), date(2026, 12, 31))
ENDLESS = replace(PAPER, valid_until=None)
ENDED = date(2026, 10, 1)


def evidence(session: Session, actor: Actor) -> StoredFile:
    received = files.store().receive(BytesIO(b"%PDF-1.7"), 1 << 20)
    return files.keep(session, actor, received, name="licence.pdf", content_type="application/pdf")


def submitted(session: Session, actor: Actor, agency: Agency, paper: Paper = PAPER) -> Credential:
    return verifying.submit(session, actor, agency, paper, evidence=evidence(session, actor), at=clock.now())


def test_what_is_sent_in_counts_for_nothing_until_it_is_verified(session: Session) -> None:
    agency = make_agency(session)
    sent = submitted(session, make_actor(session, Role.AGENCY_MANAGER, agency), agency)
    held = lambda: queries.facts(session, [agency.id])[agency.id].held["us.licence", "US-CA"]  # noqa: E731
    assert not is_live(held()[0], date(2026, 6, 1))
    verifying.verify(session, make_actor(session, Role.COMPLIANCE), sent, at=clock.now())
    assert is_live(held()[0], date(2026, 6, 1))


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.KEY])
def test_who_sent_it_in_never_verifies_it(session: Session, kind: Kind) -> None:
    agency, person = make_agency(session), make_actor(session, Role.COMPLIANCE)
    sent = submitted(session, person, agency)
    with pytest.raises(Forbidden, match="another person"):
        verifying.verify(session, replace(person, kind=kind, key_id="ABCDEFGH"), sent, at=clock.now())


def test_a_person_adds_evidence_and_the_system_need_not(session: Session) -> None:
    agency = make_agency(session)
    with pytest.raises(Invalid) as refused:
        verifying.submit(session, make_actor(session), agency, PAPER, evidence=None, at=clock.now())
    assert list(refused.value.fields) == ["evidence"]
    assert (
        verifying.submit(session, SYSTEM, agency, PAPER, evidence=None, at=clock.now()).state
        is CredentialState.SUBMITTED
    )


def test_the_same_credential_is_sent_in_once_and_again_after_a_refusal(session: Session) -> None:
    agency, sender = make_agency(session), make_actor(session)
    first = submitted(session, sender, agency)
    with pytest.raises(Conflict):
        submitted(session, sender, agency)
    verifying.refuse(session, make_actor(session, Role.COMPLIANCE), first, reason="Illegible.", at=clock.now())
    assert submitted(session, sender, agency).id != first.id


@pytest.mark.parametrize("before", CredentialState)
def test_only_the_moves_of_the_table_can_be_made(session: Session, before: CredentialState) -> None:
    acts = {
        CredentialState.VERIFIED: lambda one: verifying.verify(session, SYSTEM, one, at=clock.now()),
        CredentialState.REFUSED: lambda one: verifying.refuse(session, SYSTEM, one, reason="No.", at=clock.now()),
        CredentialState.WITHDRAWN: lambda one: verifying.withdraw(
            session, SYSTEM, one, ended_on=ENDED, reason="No.", at=clock.now()
        ),
    }
    agency = make_agency(session)
    for after, act in acts.items():
        one = make_credential(session, agency, state=before)
        if after in CREDENTIAL_MOVES[before]:
            act(one)
            assert one.state is after
        else:
            with pytest.raises(Conflict, match=before.value.capitalize()):
                act(one)


def test_a_withdrawn_credential_still_proves_the_days_before(session: Session, heard: list[object]) -> None:
    agency = make_agency(session)
    one = make_credential(session, agency, "us.licence", "US-CA")
    verifying.withdraw(session, SYSTEM, one, ended_on=ENDED, reason="Surrendered.", at=clock.now())
    (held,) = queries.facts(session, [agency.id])[agency.id].held["us.licence", "US-CA"]
    assert is_live(held, date(2026, 9, 30))
    assert not is_live(held, ENDED)
    assert heard == [CredentialLapsed(agency.id, one.ref, "us.licence", "US-CA", ENDED)]


def test_nobody_is_told_of_a_lapse_where_another_credential_takes_over(session: Session, heard: list[object]) -> None:
    agency = make_agency(session)
    old = make_credential(session, agency, "us.licence", "US-CA")
    make_credential(session, agency, "us.licence", "US-CA")
    verifying.withdraw(session, SYSTEM, old, ended_on=ENDED, reason="Replaced.", at=clock.now())
    assert heard == []


def test_a_credential_does_not_end_before_it_began(session: Session) -> None:
    one = make_credential(session, make_agency(session), valid_from=date(2026, 1, 1))
    with pytest.raises(Invalid):
        verifying.withdraw(session, SYSTEM, one, ended_on=date(2025, 12, 31), reason="No.", at=clock.now())


def test_work_lists_follow_a_credential(session: Session) -> None:
    agency = make_agency(session)
    manager, compliance = make_actor(session, Role.AGENCY_MANAGER, agency), make_actor(session, Role.COMPLIANCE)

    def kinds(actor: Actor) -> list[str]:
        session.flush()
        return [task.kind for task in session.scalars(tasks.mine(actor))]

    verifying.request(session, compliance, agency, "us.licence", "US-CA", note="", at=clock.now())
    verifying.request(session, compliance, agency, "us.licence", "US-CA", note="", at=clock.now())
    assert (kinds(manager), kinds(compliance)) == (["credential.submit"], [])
    sent = submitted(session, manager, agency)
    assert (kinds(manager), kinds(compliance)) == ([], ["credential.verify"])
    verifying.verify(session, compliance, sent, at=clock.now())
    assert (kinds(manager), kinds(compliance)) == ([], [])


def test_only_the_system_takes_over_what_was_verified_elsewhere(session: Session) -> None:
    agency = make_agency(session)
    assert verifying.take_over(session, SYSTEM, agency, PAPER, at=clock.now()).state is CredentialState.VERIFIED
    with pytest.raises(Forbidden):
        verifying.take_over(session, make_actor(session, Role.COMPLIANCE), agency, PAPER, at=clock.now())


WHATEVER = Claim("us.licence", "US-AL", "attorney", "Members of the bar.", date(2026, 1, 1))
CLAIMS = [
    ("a place that asks under a condition", WHATEVER, None),
    ("its bond", replace(WHATEVER, code="us.bond", jurisdiction="US-NJ"), None),
    ("bailiffs and lawyers in the Netherlands", replace(WHATEVER, code="nl.wki", jurisdiction="NL"), None),
    ("a place that asks everybody", replace(WHATEVER, jurisdiction="US-CA"), "jurisdiction"),
    ("a place that asks nobody", replace(WHATEVER, jurisdiction="US-OH"), "jurisdiction"),
    ("no ground", replace(WHATEVER, ground="because"), "ground"),
    ("no reason", replace(WHATEVER, reason=" "), "reason"),
    ("days in the wrong order", replace(WHATEVER, valid_until=date(2025, 1, 1)), "valid_until"),
]


@pytest.mark.parametrize(("reason", "claim", "field"), CLAIMS, ids=[row[0] for row in CLAIMS])
def test_exemptions(session: Session, reason: str, claim: Claim, field: str | None) -> None:
    agency, proposer, approver = (
        make_agency(session),
        make_actor(session, Role.COMPLIANCE),
        make_actor(session, Role.APPROVER),
    )
    if field is None:
        made = exempting.propose(session, proposer, agency, claim, at=clock.now())
        assert not queries.facts(session, [agency.id])[agency.id].lifted, "what nobody approved lifts nothing"
        exempting.approve(session, approver, agency, made, at=clock.now())
        assert (made.proposed_by, made.approved_by) == (proposer.name, approver.name)
        assert (claim.code, claim.jurisdiction) in queries.facts(session, [agency.id])[agency.id].lifted
        return
    with pytest.raises(Invalid) as refused:
        exempting.propose(session, proposer, agency, claim, at=clock.now())
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.KEY])
def test_who_proposed_an_exemption_never_approves_it(session: Session, kind: Kind) -> None:
    """Whichever key or account they use: a person may hold both roles one after the other."""
    agency, person = make_agency(session), make_actor(session, Role.COMPLIANCE)
    made = exempting.propose(session, person, agency, WHATEVER, at=clock.now())
    with pytest.raises(Forbidden):
        exempting.approve(session, replace(person, kind=kind, role=Role.APPROVER), agency, made, at=clock.now())
    assert made.approved_at is None


def test_a_declined_proposal_is_gone_and_an_approved_one_stays(session: Session) -> None:
    agency = make_agency(session)
    made = exempting.propose(session, make_actor(session, Role.COMPLIANCE), agency, WHATEVER, at=clock.now())
    exempting.decline(session, SYSTEM, agency, made)
    assert not queries.exemptions_of(session, agency)
    again = exempting.propose(session, make_actor(session, Role.COMPLIANCE), agency, WHATEVER, at=clock.now())
    exempting.approve(session, SYSTEM, agency, again, at=clock.now())
    with pytest.raises(Conflict):
        exempting.decline(session, SYSTEM, agency, again)


def test_an_exemption_ends_once(session: Session) -> None:
    agency = make_agency(session)
    made = exempting.propose(session, SYSTEM, agency, WHATEVER, at=clock.now())
    exempting.end(session, SYSTEM, agency, made, last_day=date(2026, 6, 30))
    with pytest.raises(Conflict):
        exempting.end(session, SYSTEM, agency, made, last_day=date(2026, 7, 31))
    with pytest.raises(Invalid):
        exempting.end(session, SYSTEM, agency, made, last_day=date(2025, 7, 31))


# -- looks ---------------------------------------------------------------------------------------------------------------


def test_a_look_keeps_what_was_seen_in_which_document_by_whom(session: Session) -> None:
    agency, compliance = make_agency(session), make_actor(session, Role.COMPLIANCE)
    found = submitted(session, make_actor(session, Role.AGENCY_MANAGER, agency), agency, ENDLESS)
    verifying.verify(session, compliance, found, at=clock.now(), seen="Register: active since 2020.")
    look = queries.checks_of(session, found)[0]
    file = queries.evidence_of(session, found)
    assert file is not None
    assert (look.outcome.value, look.seen, look.sha256, look.by_id) == (
        "verified", "Register: active since 2020.", file.sha256, compliance.user_id,
    )  # fmt: skip


def test_a_credential_is_looked_at_again_after_its_cycle(session: Session) -> None:
    agency, compliance = make_agency(session), make_actor(session, Role.COMPLIANCE)
    found = submitted(session, make_actor(session, Role.AGENCY_MANAGER, agency), agency, ENDLESS)
    verifying.verify(session, compliance, found, at=clock.now())
    due = found.look_again_on
    assert due is not None
    assert lapsing.ask_to_look_again(session, due - timedelta(days=1)) == 0
    assert lapsing.ask_to_look_again(session, due) == lapsing.ask_to_look_again(session, due) == 1
    session.flush()
    assert [task.kind for task in session.scalars(tasks.mine(compliance))] == ["credential.look_again"]
    with pytest.raises(Invalid):
        verifying.confirm(session, compliance, found, seen=" ", at=clock.now())
    verifying.confirm(session, compliance, found, seen="Register: still active.", at=clock.now() + timedelta(days=90))
    session.flush()
    assert found.look_again_on > due
    assert not session.scalars(tasks.mine(compliance)).all()
    assert [look.outcome.value for look in queries.checks_of(session, found)] == ["confirmed", "verified"]


def test_who_sent_it_in_never_confirms_it(session: Session) -> None:
    agency = make_agency(session)
    manager = make_actor(session, Role.AGENCY_MANAGER, agency)
    found = verifying.verify(
        session, make_actor(session, Role.COMPLIANCE), submitted(session, manager, agency, ENDLESS), at=clock.now()
    )
    with pytest.raises(Forbidden):
        verifying.confirm(session, manager, found, seen="It holds.", at=clock.now())


# -- whose, and for how long ----------------------------------------------------------------------------------------------


def test_what_belongs_to_a_collector_names_one_of_the_roster(session: Session) -> None:
    agency, actor = make_agency(session), make_actor(session)
    paper = Paper("in.iibf_dra", "IN", "DRA-1", date(2026, 1, 1))
    for stranger in (None, "nobody"):
        with pytest.raises(Invalid) as refused:
            verifying.submit(
                session,
                actor,
                agency,
                replace(paper, collector_id=stranger),
                evidence=evidence(session, actor),
                at=clock.now(),
            )
        assert "collector_id" in refused.value.fields
    make_collector(session, agency, "c1")
    made = verifying.submit(
        session, actor, agency, replace(paper, collector_id="c1"), evidence=evidence(session, actor), at=clock.now()
    )
    assert made.collector_id == "c1"


def test_a_persons_identity_number_is_never_kept(session: Session) -> None:
    agency, actor = make_agency(session), make_actor(session)
    make_collector(session, agency, "c1")
    paper = Paper("cn.resident_id", "CN", "11010519491231002X", date(2026, 1, 1), collector_id="c1")
    made = verifying.submit(session, actor, agency, paper, evidence=evidence(session, actor), at=clock.now())
    assert made.number.startswith("…002X ")
    assert "1949" not in made.number


LIVES = [
    ("its own end, within its life", date(2026, 2, 1), date(2026, 2, 1)),
    ("without an end it has the longest", None, date(2026, 4, 1)),
    ("the longest life itself", date(2026, 4, 1), date(2026, 4, 1)),
]


@pytest.mark.parametrize(("reason", "given", "kept"), LIVES, ids=[row[0] for row in LIVES])
def test_a_certificate_of_ninety_days_counts_no_longer(
    session: Session, reason: str, given: date | None, kept: date
) -> None:
    agency, actor = make_agency(session), make_actor(session)
    paper = Paper("us.good_standing", "US", "GS-1", date(2026, 1, 1), given)
    assert (
        verifying.submit(session, actor, agency, paper, evidence=evidence(session, actor), at=clock.now()).valid_until
        == kept
    )


def test_a_certificate_cannot_claim_a_longer_life(session: Session) -> None:
    agency, actor = make_agency(session), make_actor(session)
    paper = Paper("us.good_standing", "US", "GS-1", date(2026, 1, 1), date(2026, 4, 2))
    with pytest.raises(Invalid) as refused:
        verifying.submit(session, actor, agency, paper, evidence=evidence(session, actor), at=clock.now())
    assert "valid_until" in refused.value.fields


# -- what can be a credential at all -------------------------------------------------------------------------------------

PAPERS = [
    ("a state that asks", "us.licence", "US-CA", "x", None),
    ("a city that asks", "us.licence", "US-NY-NYC", "x", None),
    ("a state that asks under a condition", "us.licence", "US-AL", "x", None),
    ("a state that asks for nothing", "us.licence", "US-NY", "x", "jurisdiction"),
    ("a city of a state, but none that asks", "us.licence", "US-CA-LAX", "x", "jurisdiction"),
    ("the country is no state", "us.licence", "US", "x", "jurisdiction"),
    ("a country-wide paper of one state only", "us.ein", "US-CA", "12-3456789", "jurisdiction"),
    ("a country-wide paper", "us.ein", "US", "12-3456789", None),
    ("a number of another form", "us.ein", "US", "123456789", "number"),
    ("what is held for single states, but is not of the table", "us.attorney_network", "US-CA", "", None),
    ("another country's paper", "cn.usci", "US", "91350100M000100Y43", "jurisdiction"),
    ("a province's registration", "ca.on_registration", "CA-ON", "x", None),
    ("a paper of no place", "any.eo_insurance", "CN", "x", None),
    ("a type nobody knows", "xx.licence", "US", "x", "code"),
    ("the explanation of a type", "us.licence.city", "US-NY-NYC", "x", "code"),
    ("a place that is none", "any.lei", "California", "x", "jurisdiction"),
]


@pytest.mark.parametrize(("reason", "code", "place", "number", "field"), PAPERS, ids=[row[0] for row in PAPERS])
def test_papers(reason: str, code: str, place: str, number: str, field: str | None) -> None:
    if field is None:
        assert checked(code, place, number) == number
        return
    with pytest.raises(Invalid) as refused:
        checked(code, place, number)
    assert list(refused.value.fields) == [field]


def test_full_width_letters_and_small_ones_are_the_same_number() -> None:
    assert checked("cn.usci", "CN", " ９１350100m000100y43 ") == "91350100M000100Y43"


def test_whatever_is_asked_for_can_be_sent_in() -> None:
    """Otherwise a place would be shut for good."""
    known = {kind.code for kind in offered()}
    for kind in credential_types().values():
        for asked in asked_in(kind.jurisdiction):
            assert asked.code in known
            checked(asked.code, asked.jurisdiction)


def test_only_what_is_asked_can_be_lifted() -> None:
    assert lifts("us.licence", "US-AL")
    assert not lifts("us.licence", "US-CA")
    assert not lifts("cn.usci", "CN")


def test_proven_states_are_those_that_were_verified_once() -> None:
    assert {CredentialState.VERIFIED} | CREDENTIAL_MOVES[CredentialState.VERIFIED] == PROVEN
    assert not is_live(Held(CredentialState.SUBMITTED, date(2026, 1, 1)), date(2026, 6, 1))


def test_an_act_that_is_refused_leaves_nothing(session: Session) -> None:
    agency = make_agency(session)
    with pytest.raises(DomainError):
        submitted(session, make_actor(session), agency, replace(PAPER, jurisdiction="US-OH"))
    assert session.scalars(queries.credentials_list(agency)).all() == []
