"""Acts: a due diligence is opened, answered, handed in, judged answer by answer, and recommended for decision.

Who answered a question never judges it; who recommends never decides (`deciding`). While it is undecided, its tier follows what the
agency tells, and the documents of the tier are asked for.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from agencies import vetting
from agencies.asking import requests
from agencies.diligence import deciding, queries, readiness
from agencies.diligence.models import DECIDED, Answer, AnswerState, Review, ReviewKind, ReviewState
from agencies.diligence.questionnaires import Question, current, questions
from agencies.diligence.scheme import next_review_on, scheme
from agencies.events import (
    ANSWER_JUDGED,
    ANSWERED,
    REVIEW_HANDED_IN,
    REVIEW_OPENED,
    REVIEW_RATED,
    REVIEW_RECOMMENDED,
)
from agencies.models import Agency, AgencyStatus
from portal import audit, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor

ANSWERED_WITHIN = timedelta(days=30)
JUDGED_WITHIN = timedelta(days=10)
LONGEST = 4000
BEFORE = frozenset({AgencyStatus.APPLICANT, AgencyStatus.IN_REVIEW})


def rate_again(session: Session, actor: Actor, agency: Agency, *, at: datetime) -> Review | None:
    """Rate an agency that is under review by what it tells now; an applicant's review begins with the first profile.

    None where nothing is under review.
    """
    session.flush()
    review = queries.undecided(session, agency)
    if review is None:
        if agency.status not in BEFORE or queries.profile(session, agency) is None:
            return None
        review = open_review(session, actor, agency, ReviewKind.INITIAL, at=at)
    rated = queries.rating(session, agency)
    if (review.tier, review.points) != (rated.tier.code, rated.points):
        review.tier, review.points = rated.tier.code, rated.points
        audit.record(session, actor, REVIEW_RATED, _subject(review), tier=review.tier, points=review.points)
    requests.ask_for_review(session, agency, review.id, rated.tier.documents, at=at)
    return review


def open_review(session: Session, actor: Actor, agency: Agency, kind: ReviewKind, *, at: datetime) -> Review:
    """Begin a due diligence with the questionnaire of today. A periodic one begins with the answers of the last: ask once.

    Raises Conflict while another one is going on.
    """
    rated, earlier = queries.rating(session, agency), queries.reviews_of(session, agency)
    review = Review(
        agency_id=agency.id, kind=kind, questionnaire=current(), tier=rated.tier.code, points=rated.points, opened_at=at,
        due_at=at + ANSWERED_WITHIN,
    )  # fmt: skip
    with unique_or_conflict(session, N_("A due diligence of this agency is going on already.")):
        session.add(review)
    if earlier:
        _carry_over(session, earlier[0], review, at)
    tasks.open_task(
        session, "review.answer", f"review:{review.ref}", N_("Answer the due diligence and hand it in"),
        link=f"/agencies/{agency.code}/diligence", role=Role.AGENCY_MANAGER, agency_id=agency.id, due_at=review.due_at,
    )  # fmt: skip
    audit.record(session, actor, REVIEW_OPENED, _subject(review), agency=agency.code, kind=kind.value, tier=review.tier)
    requests.ask_for_review(session, agency, review.id, rated.tier.documents, at=at)
    return review


def _carry_over(session: Session, earlier: Review, review: Review, at: datetime) -> None:
    """What was accepted last time stands as an answer again, to be confirmed or changed, and is judged anew."""
    asked = questions(review.questionnaire, scheme().strictest.depth)
    for one in queries.answers_of(session, earlier).values():
        if one.question in asked and one.state is AnswerState.ACCEPTED:
            session.add(Answer(
                review_id=review.id, question=one.question, value=one.value, note=one.note, evidence_id=one.evidence_id,
                answered_at=at, answered_by=one.answered_by, answered_by_id=one.answered_by_id,
            ))  # fmt: skip
    session.flush()


def open_due(session: Session, day: date, *, at: datetime) -> int:
    """Begin the periodic review of every working agency whose tier's cycle is over on this day; how many.

    One whose tier nobody rated counts as the riskiest.
    """
    opened = 0
    for agency, since, code in queries.last_decisions(session):
        tier = scheme().tier(code) if code else scheme().strictest
        if next_review_on(since.date(), tier) <= day:
            open_review(session, SYSTEM, agency, ReviewKind.PERIODIC, at=at)
            opened += 1
    return opened


def answer(
    session: Session, actor: Actor, agency: Agency, review: Review, question: str, value: str, *,
    note: str = "", evidence: StoredFile | None = None, at: datetime,
) -> Answer:  # fmt: skip
    """Answer one question, or answer it again. Once handed in, only what was sent back for more can be answered.

    Raises Invalid for a value of another kind or a missing document, Conflict where nothing is to be answered.
    """
    asked = questions(review.questionnaire, scheme().tier(review.tier).depth).get(question)
    if asked is None:
        raise Conflict(N_("This is not asked in this due diligence."))
    found = queries.answers_of(session, review).get(question)
    sent_back = found is not None and found.state is AnswerState.MORE
    if review.state is not ReviewState.OPEN and found is not None and not sent_back:
        raise Conflict(N_("It is handed in. Only what was sent back can be answered again."))
    if review.state in DECIDED:
        raise Conflict(N_("This due diligence is decided."))
    value = _checked(asked, value)
    if asked.evidence and evidence is None and (found is None or found.evidence_id is None):
        message = N_("Add the document that proves it.")
        raise Invalid(message, fields={"evidence": message})
    if found is None:
        found = Answer(review_id=review.id, question=question)
        session.add(found)
    found.value, found.note, found.state = value, note.strip()[:LONGEST], AnswerState.ANSWERED
    found.evidence_id = evidence.id if evidence else found.evidence_id
    found.answered_at, found.answered_by, found.answered_by_id = at, actor.label, actor.user_id
    session.flush()
    tasks.close_tasks(session, _answer_subject(review, question), actor)
    audit.record(
        session, actor, ANSWERED, _subject(review), question=question, value=value,
        sha256=evidence.sha256 if evidence else None,
    )  # fmt: skip
    if review.state is not ReviewState.OPEN:
        _ask_reviewer(session, agency, review, actor, at)
    return found


def _checked(asked: Question, value: str) -> str:
    value = value.strip()[:LONGEST]
    if not value or (asked.kind == "yes_no" and value not in ("yes", "no")):
        message = N_("Answer the question.")
        raise Invalid(message, fields={"value": message})
    if asked.kind == "number" and not value.isdecimal():
        message = N_("Write a whole number.")
        raise Invalid(message, fields={"value": message})
    return value


def hand_in(session: Session, actor: Actor, agency: Agency, review: Review, *, at: datetime) -> Review:
    """Hand the answers in; the first time this hands the agency in for review. Raises Conflict while something is missing."""
    if review.state is not ReviewState.OPEN:
        raise Conflict(N_("It is handed in already."))
    deciding.require(session, agency, review, readiness.before_hand_in(queries.picture(session, agency, review, at=at)))
    review.state, review.handed_in_at, review.handed_in_by = ReviewState.HANDED_IN, at, actor.label
    tasks.close_tasks(session, _subject(review), actor, kind="review.answer")
    _ask_reviewer(session, agency, review, actor, at)
    audit.record(session, actor, REVIEW_HANDED_IN, _subject(review), questionnaire=review.questionnaire)
    if agency.status is AgencyStatus.APPLICANT:
        vetting.submit(session, actor, agency, reason=N_("The application is complete."), at=at)
    session.flush()
    return review


def _ask_reviewer(session: Session, agency: Agency, review: Review, actor: Actor, at: datetime) -> None:
    tasks.open_task(
        session, "review.judge", _subject(review), N_("Look into the due diligence of %(agency)s and recommend a decision"),
        link=f"/agencies/{agency.code}/diligence", role=Role.COMPLIANCE, due_at=at + JUDGED_WITHIN, not_by_id=actor.user_id,
        agency=agency.code,
    )  # fmt: skip


def judge(
    session: Session, actor: Actor, agency: Agency, review: Review, question: str, verdict: AnswerState, *,
    why: str = "", due_on: date | None = None, at: datetime,
) -> Answer:  # fmt: skip
    """Accept an answer, ask for more by a day, or decline it. Raises Forbidden for who gave it, Invalid without reason or day."""
    found = queries.answers_of(session, review).get(question)
    if found is None or review.decided_at is not None:
        raise Conflict(N_("There is no answer to judge."))
    if actor.user_id is not None and actor.user_id == found.answered_by_id:
        raise Forbidden(N_("You gave this answer, so another person has to judge it."))
    if verdict is not AnswerState.ACCEPTED and not why.strip():
        message = N_("Give the reason.")
        raise Invalid(message, fields={"why": message})
    if verdict is AnswerState.MORE and (due_on is None or due_on < at.date()):
        message = N_("Choose a day that is still to come.")
        raise Invalid(message, fields={"due_on": message})
    found.state, found.judged_at, found.judged_by, found.judgement = verdict, at, actor.label, why.strip()
    found.due_on = due_on if verdict is AnswerState.MORE else None
    _take_back_recommendation(review)
    session.flush()
    if verdict is AnswerState.MORE and due_on is not None:
        tasks.open_task(
            session, "answer.more", _answer_subject(review, question), N_("Answer more to question %(question)s of the due diligence"),
            link=f"/agencies/{agency.code}/diligence/{review.ref}/{question.partition('.')[0]}", role=Role.AGENCY_MANAGER,
            agency_id=agency.id, due_at=datetime.combine(due_on + timedelta(days=1), time(), UTC), question=question,
        )  # fmt: skip
    else:
        tasks.close_tasks(session, _answer_subject(review, question), actor, cancelled=True)
    audit.record(
        session, actor, ANSWER_JUDGED, _subject(review), question=question, verdict=verdict.value, why=why.strip()
    )
    return found


def recommend(
    session: Session, actor: Actor, agency: Agency, review: Review, outcome: ReviewState, *, why: str, at: datetime
) -> Review:
    """Recommend a decision to the committee. Raises Conflict while something is missing for it, Invalid without a reason."""
    if outcome not in DECIDED or review.decided_at is not None or review.state is ReviewState.OPEN:
        raise Conflict(N_("There is nothing to recommend now."))
    if not why.strip():
        message = N_("Give the reason.")
        raise Invalid(message, fields={"why": message})
    picture = queries.picture(session, agency, review, at=at)
    deciding.require(session, agency, review, readiness.before_recommending(picture, outcome))
    review.state, review.recommended, review.recommended_why = ReviewState.RECOMMENDED, outcome, why.strip()
    review.recommended_at, review.recommended_by, review.recommended_by_id = at, actor.label, actor.user_id
    tasks.close_tasks(session, _subject(review), actor, kind="review.judge")
    if review.kind is ReviewKind.PERIODIC:
        tasks.open_task(
            session, "review.decide", _subject(review), N_("Decide on the periodic review of %(agency)s"),
            link=f"/agencies/{agency.code}/diligence", role=Role.APPROVER, due_at=at + JUDGED_WITHIN, not_by_id=actor.user_id,
            agency=agency.code,
        )  # fmt: skip
    audit.record(session, actor, REVIEW_RECOMMENDED, _subject(review), outcome=outcome.value, why=why.strip())
    session.flush()
    return review


def decide(
    session: Session, actor: Actor, agency: Agency, review: Review, outcome: ReviewState, *, why: str, at: datetime
) -> Review:
    """Decide on a periodic review; an initial one is decided by letting the agency in or declining it (`vetting`).

    A declined one suspends nobody by itself: the decision says why, and suspension or exit is a step of its own.
    """
    if review.kind is not ReviewKind.PERIODIC or outcome not in DECIDED or review.decided_at is not None:
        raise Conflict(N_("There is nothing to decide now."))
    if not why.strip():
        message = N_("Give the reason.")
        raise Invalid(message, fields={"why": message})
    deciding.not_the_recommender(actor, review)
    picture = queries.picture(session, agency, review, at=at)
    missing = readiness.before_recommending(picture, outcome)
    if picture.recommended is None:
        missing = readiness.before_deciding(picture)
    deciding.require(session, agency, review, missing)
    return deciding.conclude(session, actor, review, outcome, why=why, at=at)


def _take_back_recommendation(review: Review) -> None:
    """Something was judged anew after a recommendation: it has to be made again."""
    if review.state is ReviewState.RECOMMENDED:
        review.state, review.recommended = ReviewState.HANDED_IN, None


def _subject(review: Review) -> str:
    return f"review:{review.ref}"


def _answer_subject(review: Review, question: str) -> str:
    return f"answer:{review.ref}.{question}"
