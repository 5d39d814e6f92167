"""Due diligence: how risk is rated and what follows, what is missing at each step, who may do what, and what binds afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import queries, vetting
from agencies.asking.models import DocumentRequest, RequestState
from agencies.diligence import applying, conditions, leaving, reviewing
from agencies.diligence import queries as diligence
from agencies.diligence.applying import Company, Told
from agencies.diligence.conditions import Terms
from agencies.diligence.models import (
    AnswerState,
    Condition,
    ConditionState,
    DisclosureKind,
    DisclosureState,
    Review,
    ReviewKind,
    ReviewState,
)
from agencies.diligence.questionnaires import current, questions, sections
from agencies.diligence.scheme import next_review_on, rate, scheme
from agencies.models import Agency, AgencyKind, AgencyStatus
from agencies.vetting import Particulars
from portal import clock, events, tasks
from portal.errors import Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import ApiKey, Role, SignIn, User
from portal.permissions import SYSTEM, Actor
from samples.diligence import look_into, tell_everything
from tests.factories import begin_session, make_actor, make_agency, make_key, make_user
from tests.factories_agencies import LOW, make_file, make_reviewed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHO = Particulars("Northgate", "Northgate LLC", "US", AgencyKind.CALL_CENTRE, "a@northgate.example")
COMPANY = Company("R-1", date(2015, 1, 1), "1 Main Street", 20, LOW)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(
        events, "_listeners", {}
    )  # nobody of the floors above is here, whatever application was made before
    with clock.set_to(NOW):
        yield


def waiting(session: Session, actor: Actor) -> set[str]:
    session.flush()
    return {task.kind for task in session.scalars(tasks.mine(actor))}


def an_applicant(session: Session) -> tuple[Agency, Actor]:
    agency = vetting.add_agency(session, make_actor(session, Role.VENDOR_MANAGER), "AGY90", WHO, at=NOW)
    return agency, make_actor(session, Role.AGENCY_MANAGER, agency)


def handed_in(session: Session, agency: Agency, manager: Actor) -> tuple[Review, StoredFile]:
    file = make_file(session, agency)
    return tell_everything(session, manager, agency, file, at=NOW), file


# -- the tier ------------------------------------------------------------------------------------------------------------


RATED = [
    (LOW, False, "low", "letters about a few accounts in one state"),
    ({**LOW, "channels": ["letters", "visits"]}, False, "low", "home visits alone: of several options the greatest counts, 1 + 4"),
    ({**LOW, "channels": ["visits"], "places": ["country"]}, False, "medium", "and the whole country: 6 points begin the tier"),
    ({**LOW, "channels": ["calls"], "volume": ["more"], "data": ["identity"]}, False, "medium", "4 + 3 + 2"),
    ({**LOW, "channels": ["calls"], "volume": ["more"], "data": ["identity"], "money": ["held"]}, False, "high", "and money: 12"),
    (LOW, True, "low", "a site abroad counts even if the agency says one state: 1 + 4"),
    ({**LOW, "channels": ["calls"]}, True, "medium", "the same with calls: 1 + 4 + 2"),
    ({}, False, "high", "who tells nothing counts as the most"),
    ({**LOW, "volume": []}, False, "low", "one factor left open counts as its worst: 1 + 4"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "abroad", "tier", "reason"), RATED, ids=[row[3] for row in RATED])
def test_the_tier_follows_from_what_the_agency_will_do(told: Any, abroad: bool, tier: str, reason: str) -> None:
    assert rate(scheme(), told, abroad=abroad).tier.code == tier, reason


def test_every_tier_asks_for_at_least_what_the_one_below_asks() -> None:
    for lower, higher in zip(scheme().tiers, scheme().tiers[1:], strict=False):
        assert lower.depth < higher.depth
        assert lower.cycle_months > higher.cycle_months
        assert set(lower.documents) <= set(higher.documents)
        assert lower.references <= higher.references
        assert set(questions(current(), lower.depth)) < set(questions(current(), higher.depth))


def test_every_document_of_a_tier_is_a_known_one() -> None:
    known = {document.code for document in scheme().documents}
    assert all(set(tier.documents) <= known for tier in scheme().tiers)


def test_every_question_stands_in_both_languages_and_has_a_code_of_its_own() -> None:
    asked = [question for section in sections(current(), 3) for question in section.questions]
    assert len({question.code for question in asked}) == len(asked) == 37
    assert all(
        question.text and question.text_zh and question.kind in ("yes_no", "number", "text") for question in asked
    )


DUE = [
    ("low", date(2026, 3, 31), date(2029, 3, 31), "36 months"),
    ("medium", date(2026, 3, 31), date(2028, 3, 31), "24 months"),
    ("high", date(2024, 2, 29), date(2025, 2, 28), "12 months: the last of a shorter month"),
]


@pytest.mark.parametrize(("tier", "since", "due", "reason"), DUE, ids=[row[3] for row in DUE])
def test_the_next_review_is_due_by_tier(tier: str, since: date, due: date, reason: str) -> None:
    assert next_review_on(since, scheme().tier(tier)) == due, reason


# -- applying ------------------------------------------------------------------------------------------------------------


def test_the_profile_begins_the_review_and_its_tier_decides_what_is_asked(session: Session) -> None:
    agency, manager = an_applicant(session)
    applying.save_profile(session, manager, agency, COMPANY, at=NOW)
    review = diligence.undecided(session, agency)
    assert review is not None
    assert (review.kind, review.tier, review.questionnaire) == (ReviewKind.INITIAL, "low", current())
    asked = session.scalars(select(DocumentRequest.document).where(DocumentRequest.state == RequestState.ASKED)).all()
    assert set(asked) == set(scheme().tier("low").documents)
    applying.disclose(session, manager, agency, Told(DisclosureKind.SITE, "Manila", "PH", "120 seats"), at=NOW)
    applying.save_profile(session, manager, agency, replace(COMPANY, risk={**LOW, "channels": ["calls"]}), at=NOW)
    assert review.tier == "medium", "a site abroad, and calls"
    asked = session.scalars(select(DocumentRequest.document).where(DocumentRequest.state == RequestState.ASKED)).all()
    assert set(asked) == set(scheme().tier("medium").documents)
    applying.save_profile(session, manager, agency, COMPANY, at=NOW)
    asked = session.scalars(select(DocumentRequest.document).where(DocumentRequest.state == RequestState.ASKED)).all()
    assert set(asked) == set(scheme().tier("low").documents), "what the lower tier does not need is taken back"


def test_an_unknown_option_is_refused(session: Session) -> None:
    agency, manager = an_applicant(session)
    for risk in ({**LOW, "volume": ["all"]}, {**LOW, "volume": ["to_200", "more"]}):
        with pytest.raises(Invalid):
            applying.save_profile(session, manager, agency, replace(COMPANY, risk=risk), at=NOW)


def test_nothing_is_handed_in_before_it_is_complete(session: Session) -> None:
    agency, manager = an_applicant(session)
    applying.save_profile(session, manager, agency, COMPANY, at=NOW)
    review = diligence.undecided(session, agency)
    assert review is not None
    with pytest.raises(Conflict, match="Name the principals"):
        reviewing.hand_in(session, manager, agency, review, at=NOW)
    assert agency.status is AgencyStatus.APPLICANT


def test_handing_in_hands_the_agency_in_and_asks_both_reviewer_and_committee(session: Session) -> None:
    agency, manager = an_applicant(session)
    handed_in(session, agency, manager)
    assert agency.status is AgencyStatus.IN_REVIEW
    assert "review.answer" not in waiting(session, manager)
    assert "review.judge" in waiting(session, make_actor(session, Role.COMPLIANCE))
    assert "agency.approve" in waiting(session, make_actor(session, Role.APPROVER))


def test_a_bank_account_is_kept_sealed_and_is_shown_in_full_only_on_record(session: Session) -> None:
    agency, manager = an_applicant(session)
    told = Told(DisclosureKind.BANK_ACCOUNT, "First Bank", "US", "Northgate LLC", number="000123456789")
    made = applying.disclose(session, manager, agency, told, at=NOW)
    assert made.sealed is not None
    assert b"123456789" not in made.sealed
    assert applying.show_account(session, make_actor(session, Role.COMPLIANCE), agency, made) == "000123456789"
    with pytest.raises(Invalid):
        applying.disclose(session, manager, agency, replace(told, number=" "), at=NOW)


def test_who_disclosed_it_does_not_check_it(session: Session) -> None:
    agency, _ = an_applicant(session)
    clara = make_actor(session, Role.COMPLIANCE)
    made = applying.disclose(session, clara, agency, Told(DisclosureKind.SITE, "Main", "US", "x"), at=NOW)
    with pytest.raises(Forbidden):
        applying.check(session, clara, agency, made, accept=True, note="Fine.", at=NOW)
    other = make_actor(session, Role.COMPLIANCE)
    with pytest.raises(Invalid):
        applying.check(session, other, agency, made, accept=True, note=" ", at=NOW)
    assert (
        applying.check(session, other, agency, made, accept=False, note="No lease.", at=NOW).state
        is DisclosureState.REJECTED
    )


def test_a_new_subcontractor_of_a_working_agency_waits_for_compliance(session: Session) -> None:
    agency = make_agency(session)
    clara = make_actor(session, Role.COMPLIANCE)
    applying.disclose(
        session, SYSTEM, agency, Told(DisclosureKind.SUBCONTRACTOR, "Helpers Ltd", "IN", "Letters"), at=NOW
    )
    assert waiting(session, clara) == {"disclosure.check"}


def test_an_applicant_nobody_invited_gets_a_link_and_addresses_are_never_told(session: Session) -> None:
    agency = applying.apply(session, WHO, "Robin Doe", language="en", at=NOW)
    assert agency is not None
    assert agency.status is AgencyStatus.APPLICANT
    guest = session.scalars(select(User).where(User.agency_id == agency.id)).one()
    assert (guest.role, guest.password_hash) == (Role.AGENCY_MANAGER, None)
    assert applying.apply(session, WHO, "Robin Doe", language="en", at=NOW) is None


def test_only_applicants_are_invited_by_the_vendor_manager(session: Session) -> None:
    vera = make_actor(session, Role.VENDOR_MANAGER)
    with pytest.raises(Conflict):
        applying.invite_applicant(session, vera, make_agency(session), "x@y.example", "X", language="en", at=NOW)


# -- the review ----------------------------------------------------------------------------------------------------------


def test_an_answer_may_be_sent_back_with_a_day_and_is_answered_again(session: Session) -> None:
    agency, manager = an_applicant(session)
    review, _ = handed_in(session, agency, manager)
    clara = make_actor(session, Role.COMPLIANCE)
    with pytest.raises(Conflict, match="Only what was sent back"):
        reviewing.answer(session, manager, agency, review, "company.1", "no", at=NOW)
    with pytest.raises(Invalid):
        reviewing.judge(session, clara, agency, review, "company.1", AnswerState.MORE, why="Since when?", at=NOW)
    day = NOW.date() + timedelta(days=7)
    reviewing.judge(
        session, clara, agency, review, "company.1", AnswerState.MORE, why="Since when?", due_on=day, at=NOW
    )
    assert "answer.more" in waiting(session, manager)
    again = reviewing.answer(session, manager, agency, review, "company.1", "yes", note="Since 2011.", at=NOW)
    assert again.state is AnswerState.ANSWERED
    assert "answer.more" not in waiting(session, manager)


def test_who_answered_does_not_judge(session: Session) -> None:
    agency, _ = an_applicant(session)
    both = make_actor(session, Role.COMPLIANCE)
    review, _ = handed_in(session, agency, both)
    with pytest.raises(Forbidden):
        reviewing.judge(session, both, agency, review, "company.1", AnswerState.ACCEPTED, at=NOW)


@pytest.mark.parametrize(
    ("question", "value", "field"),
    [("company.1", "maybe", "value"), ("company.7", "a third", "value"), ("company.3", "  ", "value"), ("company.6", "yes", "evidence")],
    ids=["yes or no", "a number", "not empty", "with its document"],
)  # fmt: skip
def test_an_answer_has_the_kind_that_is_asked(session: Session, question: str, value: str, field: str) -> None:
    agency, manager = an_applicant(session)
    applying.save_profile(
        session, manager, agency, replace(COMPANY, risk={}), at=NOW
    )  # the riskiest: everything is asked
    review = diligence.undecided(session, agency)
    assert review is not None
    with pytest.raises(Invalid) as refused:
        reviewing.answer(session, manager, agency, review, question, value, at=NOW)
    assert list(refused.value.fields) == [field]


def make_gap(session: Session, agency: Agency, review: Review, gap: str) -> None:
    """Take one thing out of a complete due diligence."""
    if gap in ("answered", "more", "declined"):
        next(iter(diligence.answers_of(session, review).values())).state = AnswerState(gap)
    elif gap == "unanswered":
        session.delete(next(iter(diligence.answers_of(session, review).values())))
    elif gap == "unchecked":
        diligence.disclosures(session, agency)[DisclosureKind.PRINCIPAL][0].state = DisclosureState.DECLARED
    elif gap == "rejected":
        diligence.disclosures(session, agency)[DisclosureKind.REFERENCE][0].state = DisclosureState.REJECTED
    elif gap == "document":
        session.scalars(select(DocumentRequest).order_by(DocumentRequest.id)).first().state = RequestState.ANSWERED  # type: ignore[union-attr]
    elif gap == "old document":
        session.scalars(select(DocumentRequest).order_by(DocumentRequest.id)).first().judged_at = NOW - timedelta(
            days=366
        )  # type: ignore[union-attr]
    elif gap == "tier":
        told = diligence.profile(session, agency)
        assert told is not None
        told.risk = {}
    elif gap == "recommendation":
        review.recommended, review.state = None, ReviewState.HANDED_IN
    session.flush()


@pytest.mark.parametrize(
    ("gap", "message"),
    [
        ("unanswered", "1 questions are not answered"),
        ("answered", "1 answers wait"),
        ("more", "1 answers were sent back"),
        ("declined", "1 declined answers have no condition"),
        ("unchecked", "1 disclosures are not checked"),
        ("rejected", "Name references: 1 more"),
        ("document", "A document was not accepted yet: Extract from the company register"),
        ("old document", "A document was not accepted yet"),
        ("tier", "The questions about risk are not all answered"),
        ("recommendation", "Nobody has recommended"),
    ],
)
def test_the_committee_lets_nobody_in_while_something_is_missing(session: Session, gap: str, message: str) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    review = make_reviewed(session, agency)
    make_gap(session, agency, review, gap)
    amos = make_actor(session, Role.APPROVER)
    with pytest.raises(Conflict, match=message):
        vetting.approve(session, amos, agency, reason="Good.", at=NOW)
    with pytest.raises(Conflict, match=message):
        vetting.put_on_probation(session, amos, agency, ramp_accounts=10, reason="Good.", at=NOW)
    assert agency.status is AgencyStatus.IN_REVIEW


def test_the_riskiest_are_let_in_only_after_a_visit_that_was_passed(session: Session) -> None:
    agency, manager = an_applicant(session)
    review, _ = handed_in(session, agency, manager)
    assert review.tier == "high"
    clara = make_actor(session, Role.COMPLIANCE)
    look_into(session, clara, agency, review, at=NOW)
    (visit,) = diligence.visits_of(session, agency)
    visit.passed = False
    session.flush()
    amos = make_actor(session, Role.APPROVER)
    with pytest.raises(Conflict, match="has not been visited"):
        vetting.approve(session, amos, agency, reason="Good.", at=NOW)
    visit.passed = True
    session.flush()
    assert vetting.approve(session, amos, agency, reason="Good.", at=NOW).status is AgencyStatus.APPROVED
    assert (review.state, review.decided_by) == (ReviewState.APPROVED, amos.label)


def test_who_recommended_does_not_decide(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    both = make_actor(session, Role.APPROVER)
    make_reviewed(session, agency, recommended_by_id=both.user_id)
    with pytest.raises(Forbidden, match="You recommended"):
        vetting.approve(session, both, agency, reason="Good.", at=NOW)
    vetting.approve(session, make_actor(session, Role.APPROVER), agency, reason="Good.", at=NOW)


def test_without_due_diligence_no_person_lets_anybody_in(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    with pytest.raises(Conflict, match="no due diligence"):
        vetting.approve(session, make_actor(session, Role.APPROVER), agency, reason="Good.", at=NOW)
    assert vetting.approve(session, SYSTEM, agency, reason="Taken over.", at=NOW).status is AgencyStatus.APPROVED


def test_declining_closes_the_review(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    review = make_reviewed(session, agency)
    vetting.decline(session, make_actor(session, Role.APPROVER), agency, reason="Too small.", at=NOW)
    assert (review.state, review.decided_why) == (ReviewState.DECLINED, "Too small.")


def test_judging_again_takes_a_recommendation_back(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    review = make_reviewed(session, agency)
    reviewing.judge(
        session, make_actor(session, Role.COMPLIANCE), agency, review, "company.1", AnswerState.ACCEPTED, at=NOW
    )
    assert (review.state, review.recommended) == (ReviewState.HANDED_IN, None)


# -- conditions ----------------------------------------------------------------------------------------------------------


def a_condition(session: Session, agency: Agency, **values: Any) -> Condition:
    terms = Terms("Encrypt the laptops", Role.AGENCY_MANAGER, NOW.date() + timedelta(days=30), 50)
    return conditions.set_condition(
        session, make_actor(session, Role.COMPLIANCE), agency, replace(terms, **values), at=NOW
    )


def test_a_declined_answer_passes_on_a_condition_and_the_approval_is_conditional(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    review = make_reviewed(session, agency)
    clara, amos = make_actor(session, Role.COMPLIANCE), make_actor(session, Role.APPROVER)
    reviewing.judge(session, clara, agency, review, "security.1", AnswerState.DECLINED, why="No second factor.", at=NOW)
    with pytest.raises(Conflict, match="declined answers"):
        reviewing.recommend(session, clara, agency, review, ReviewState.CONDITIONAL, why="Nearly.", at=NOW)
    a_condition(session, agency, question="security.1")
    with pytest.raises(Conflict, match="conditional one"):
        reviewing.recommend(session, clara, agency, review, ReviewState.APPROVED, why="Nearly.", at=NOW)
    reviewing.recommend(session, clara, agency, review, ReviewState.CONDITIONAL, why="Nearly.", at=NOW)
    vetting.approve(session, amos, agency, reason="On that condition.", at=NOW)
    assert review.state is ReviewState.CONDITIONAL


def test_the_cap_of_an_open_condition_binds_until_it_is_met(session: Session) -> None:
    agency = make_agency(session)
    condition = a_condition(session, agency)
    day = NOW.date()
    assert queries.facts(session, [agency.id])[agency.id].most_accounts(day) == 50
    clara = make_actor(session, Role.COMPLIANCE)
    conditions.close_condition(session, clara, condition, ConditionState.MET, why="Seen.", at=NOW)
    assert queries.facts(session, [agency.id])[agency.id].most_accounts(day) is None


def test_its_owner_says_that_it_is_met_and_shows_it_and_a_reviewer_decides(session: Session) -> None:
    agency = make_agency(session)
    manager, clara = make_actor(session, Role.AGENCY_MANAGER, agency), make_actor(session, Role.COMPLIANCE)
    condition = a_condition(session, agency)
    assert waiting(session, manager) == {"condition.meet"}
    with pytest.raises(Invalid):
        conditions.report_done(session, manager, agency, condition, evidence=None, at=NOW)
    conditions.report_done(session, manager, agency, condition, evidence=make_file(session, agency), at=NOW)
    assert condition.state is ConditionState.OPEN
    assert waiting(session, clara) == {"condition.check"}
    conditions.close_condition(session, clara, condition, ConditionState.MET, why="Seen.", at=NOW)
    assert waiting(session, clara) == waiting(session, manager) == set()


@pytest.mark.parametrize(
    ("role", "outcome"),
    [(Role.COMPLIANCE, ConditionState.WAIVED), (Role.APPROVER, ConditionState.MET), (Role.AGENCY_MANAGER, ConditionState.MET)],
    ids=["a reviewer waives nothing", "an approver finds nothing met", "nor does the agency"],
)  # fmt: skip
def test_who_may_close_a_condition(session: Session, role: Role, outcome: ConditionState) -> None:
    agency = make_agency(session)
    condition = a_condition(session, agency)
    actor = make_actor(session, role, agency if role.of_agency else None)
    with pytest.raises(Forbidden):
        conditions.close_condition(session, actor, condition, outcome, why="x", at=NOW)


# -- probation, periodic reviews, exit -----------------------------------------------------------------------------------


def test_a_ramp_grows_and_the_end_of_probation_is_a_task(session: Session) -> None:
    agency = make_agency(session, status=AgencyStatus.IN_REVIEW)
    make_reviewed(session, agency)
    amos = make_actor(session, Role.APPROVER)
    vetting.put_on_probation(session, amos, agency, ramp_accounts=100, ramp_monthly=50, reason="New.", at=NOW)
    facts = queries.facts(session, [agency.id])[agency.id]
    assert [facts.most_accounts(NOW.date() + timedelta(days=days)) for days in (0, 29, 30, 61)] == [100, 100, 150, 200]
    assert "probation.end" in waiting(session, amos)
    vetting.approve(session, amos, agency, reason="It did well.", at=NOW)
    assert queries.facts(session, [agency.id])[agency.id].most_accounts(NOW.date()) is None
    assert "probation.end" not in waiting(session, amos)


def decided(session: Session, days_ago: int, tier: str = "low") -> Agency:
    agency = make_agency(session)
    at = NOW - timedelta(days=days_ago)
    make_reviewed(session, agency, tier=tier, state=ReviewState.APPROVED, decided_at=at, decided_by="factory")
    return agency


def test_a_review_is_opened_when_the_cycle_of_its_tier_is_over_and_begins_with_the_last_answers(
    session: Session,
) -> None:
    agency, early = decided(session, 3 * 366), decided(session, 3 * 364)
    assert reviewing.open_due(session, NOW.date(), at=NOW) == 1
    assert diligence.undecided(session, early) is None
    review = diligence.undecided(session, agency)
    assert review is not None
    assert review.kind is ReviewKind.PERIODIC
    assert set(diligence.answers_of(session, review)) == set(questions(current(), 1))
    assert {answer.state for answer in diligence.answers_of(session, review).values()} == {AnswerState.ANSWERED}
    assert reviewing.open_due(session, NOW.date(), at=NOW) == 0, "once"


@pytest.mark.parametrize(("days", "opened"), [(364, 0), (366, 1)], ids=["within a year", "after a year"])
def test_an_agency_that_nobody_rated_counts_as_the_riskiest(session: Session, days: int, opened: int) -> None:
    agency = make_agency(session, created_at=NOW - timedelta(days=days))
    assert reviewing.open_due(session, NOW.date(), at=NOW) == opened, agency.code


def test_who_may_not_work_is_not_reviewed(session: Session) -> None:
    for status in (AgencyStatus.SUSPENDED, AgencyStatus.EXITING, AgencyStatus.DECLINED, AgencyStatus.APPLICANT):
        make_agency(session, status=status, created_at=NOW - timedelta(days=9999))
    assert reviewing.open_due(session, NOW.date(), at=NOW) == 0


def test_a_document_accepted_within_the_year_is_not_asked_for_again(session: Session) -> None:
    agency = decided(session, 3 * 366)
    reviewing.open_due(session, NOW.date(), at=NOW)
    wanted = select(DocumentRequest).where(
        DocumentRequest.agency_id == agency.id, DocumentRequest.state == RequestState.ASKED
    )
    assert session.scalars(wanted).all() == [], "the factory's were accepted today"
    session.scalars(select(DocumentRequest).where(DocumentRequest.agency_id == agency.id)).first().judged_at = (
        NOW - timedelta(days=400)
    )  # type: ignore[union-attr]
    reviewing.rate_again(session, SYSTEM, agency, at=NOW)
    assert len(session.scalars(wanted).all()) == 1


def test_a_periodic_review_is_decided_by_another_person(session: Session) -> None:
    agency = decided(session, 3 * 366)
    reviewing.open_due(session, NOW.date(), at=NOW)
    review = diligence.undecided(session, agency)
    assert review is not None
    manager, clara, amos = (
        make_actor(session, Role.AGENCY_MANAGER, agency),
        make_actor(session, Role.COMPLIANCE),
        make_actor(session, Role.APPROVER),
    )
    reviewing.hand_in(session, manager, agency, review, at=NOW)
    assert agency.status is AgencyStatus.APPROVED, "it works on meanwhile"
    for question in diligence.answers_of(session, review):
        reviewing.judge(session, clara, agency, review, question, AnswerState.ACCEPTED, at=NOW)
    reviewing.recommend(session, clara, agency, review, ReviewState.APPROVED, why="As before.", at=NOW)
    with pytest.raises(Forbidden):
        reviewing.decide(session, clara, agency, review, ReviewState.APPROVED, why="As before.", at=NOW)
    assert "review.decide" in waiting(session, amos)
    reviewing.decide(session, amos, agency, review, ReviewState.APPROVED, why="As before.", at=NOW)
    assert (review.state, review.decided_by) == (ReviewState.APPROVED, amos.label)


def an_exiting_agency(session: Session) -> Agency:
    agency = make_agency(session)
    return vetting.begin_exit(
        session, make_actor(session, Role.VENDOR_MANAGER), agency, reason="Contract ends.", at=NOW
    )


@pytest.mark.parametrize("missing", leaving.STEPS)
def test_the_exit_is_finished_only_when_every_step_is_done(session: Session, missing: str) -> None:
    agency, vera = an_exiting_agency(session), make_actor(session, Role.VENDOR_MANAGER)
    for name, step in leaving.STEPS.items():
        if name != missing:
            by = vera if step.permission else SYSTEM
            leaving.do_step(session, by, agency, name, note="Done.", evidence=make_file(session, agency), at=NOW)
    with pytest.raises(Conflict, match="is not done"):
        vetting.finish_exit(session, vera, agency, reason="All is done.", at=NOW)
    by = vera if leaving.STEPS[missing].permission else SYSTEM
    leaving.do_step(session, by, agency, missing, note="Done.", evidence=make_file(session, agency), at=NOW)
    assert vetting.finish_exit(session, vera, agency, reason="All is done.", at=NOW).status is AgencyStatus.EXITED


def test_the_certificate_of_destruction_needs_its_document(session: Session) -> None:
    agency = an_exiting_agency(session)
    manager = make_actor(session, Role.AGENCY_MANAGER, agency)
    with pytest.raises(Invalid):
        leaving.do_step(session, manager, agency, "destruction", note="Shredded.", at=NOW)
    file = make_file(session, agency)
    assert (
        leaving.do_step(session, manager, agency, "destruction", note="Shredded.", evidence=file, at=NOW).evidence_id
        == file.id
    )
    assert "exit.certify" not in waiting(session, manager)


def test_no_person_says_that_every_account_is_back(session: Session) -> None:
    with pytest.raises(Conflict, match="ticks this itself"):
        leaving.do_step(
            session, make_actor(session, Role.VENDOR_MANAGER), an_exiting_agency(session), "accounts", note="x", at=NOW
        )


def test_with_its_access_end_sessions_keys_and_people_at_once(session: Session) -> None:
    agency = an_exiting_agency(session)
    person = make_user(session, Role.AGENCY_MANAGER, agency)
    begin_session(session, person)
    make_key(session, scopes="reports:write", agency=agency)
    leaving.do_step(session, make_actor(session, Role.VENDOR_MANAGER), agency, "access", note="Today.", at=NOW)
    session.flush()
    assert session.scalars(select(SignIn).where(SignIn.user_id == person.id)).all() == []
    assert session.scalars(select(ApiKey.revoked_at).where(ApiKey.agency_id == agency.id)).all() == [NOW]
    assert not person.active
