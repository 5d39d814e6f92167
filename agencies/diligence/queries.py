"""Questions about due diligence. Rows are reached through an agency that the actor may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from agencies.asking.models import DocumentRequest, RequestState
from agencies.diligence.models import (
    DECIDED,
    Answer,
    Condition,
    ConditionState,
    Disclosure,
    DisclosureKind,
    DisclosureState,
    ExitStep,
    Profile,
    Review,
    SiteVisit,
)
from agencies.diligence.questionnaires import questions
from agencies.diligence.readiness import Given, Picture
from agencies.diligence.scheme import Rating, rate, scheme
from agencies.models import MAY_RECEIVE, Agency, AgencyStatus, Credential, StatusChange
from portal.errors import NotFound
from portal.files import StoredFile

Row = TypeVar("Row")
DOCUMENT_GOOD_FOR = timedelta(days=365)
"""A document that was accepted serves every request and review of the year that follows: ask once."""


def profile(session: Session, agency: Agency) -> Profile | None:
    """What an agency said of its company; None while it has not."""
    return session.get(Profile, agency.id)


def disclosures(session: Session, agency: Agency) -> dict[DisclosureKind, list[Disclosure]]:
    """What an agency disclosed and has not withdrawn, by kind, in its order."""
    found: dict[DisclosureKind, list[Disclosure]] = {kind: [] for kind in DisclosureKind}
    wanted = select(Disclosure).where(Disclosure.agency_id == agency.id, Disclosure.state != DisclosureState.WITHDRAWN)
    for one in session.scalars(wanted.order_by(Disclosure.id)):
        found[one.kind].append(one)
    return found


def disclosure(session: Session, agency: Agency, ref: str) -> Disclosure:
    """One disclosure of an agency. Raises NotFound."""
    return _found(
        session.scalars(select(Disclosure).where(Disclosure.agency_id == agency.id, Disclosure.ref == ref)).first()
    )


def rating(session: Session, agency: Agency) -> Rating:
    """An agency's inherent risk by what it told: without a profile the worst of everything."""
    told = profile(session, agency)
    shown = disclosures(session, agency)
    elsewhere = [*shown[DisclosureKind.SITE], *shown[DisclosureKind.SUBCONTRACTOR]]
    abroad = any(one.country != agency.country for one in elsewhere)
    return rate(scheme(), told.risk if told else {}, abroad=abroad)


def undecided(session: Session, agency: Agency) -> Review | None:
    """The review that is going on, if there is one."""
    return session.scalars(select(Review).where(Review.agency_id == agency.id, Review.decided_at.is_(None))).first()


def reviews_of(session: Session, agency: Agency) -> Sequence[Review]:
    """An agency's reviews, newest first."""
    return session.scalars(select(Review).where(Review.agency_id == agency.id).order_by(Review.id.desc())).all()


def review(session: Session, agency: Agency, ref: str) -> Review:
    """One review of an agency. Raises NotFound."""
    return _found(session.scalars(select(Review).where(Review.agency_id == agency.id, Review.ref == ref)).first())


def answers_of(session: Session, found: Review) -> dict[str, Answer]:
    """The answers of a review by question."""
    return {one.question: one for one in session.scalars(select(Answer).where(Answer.review_id == found.id))}


def conditions_of(session: Session, agency: Agency) -> Sequence[Condition]:
    """An agency's conditions, the open ones first, then by their day."""
    wanted = select(Condition).where(Condition.agency_id == agency.id)
    return session.scalars(
        wanted.order_by(Condition.state != ConditionState.OPEN, Condition.due_on, Condition.id)
    ).all()


def condition(session: Session, agency: Agency, ref: str) -> Condition:
    """One condition of an agency. Raises NotFound."""
    wanted = select(Condition).where(Condition.agency_id == agency.id, Condition.ref == ref)
    return _found(session.scalars(wanted).first())


def open_conditions(session: Session, agency_ids: Collection[int]) -> Mapping[int, list[tuple[str, date, int | None]]]:
    """The open conditions of these agencies as (text, due on, cap), for placing."""
    found: dict[int, list[tuple[str, date, int | None]]] = defaultdict(list)
    wanted = select(Condition.agency_id, Condition.text, Condition.due_on, Condition.cap_accounts).where(
        Condition.agency_id.in_(agency_ids), Condition.state == ConditionState.OPEN
    )
    for agency_id, text, due_on, cap in session.execute(wanted.order_by(Condition.id)):
        found[agency_id].append((text, due_on, cap))
    return found


def visits_of(session: Session, agency: Agency) -> Sequence[SiteVisit]:
    """The bank's visits to an agency, newest first."""
    return session.scalars(
        select(SiteVisit).where(SiteVisit.agency_id == agency.id).order_by(SiteVisit.planned_on.desc(), SiteVisit.id)
    ).all()


def visit(session: Session, agency: Agency, ref: str) -> SiteVisit:
    """One visit. Raises NotFound."""
    return _found(
        session.scalars(select(SiteVisit).where(SiteVisit.agency_id == agency.id, SiteVisit.ref == ref)).first()
    )


def picture(session: Session, agency: Agency, found: Review, *, at: datetime) -> Picture:
    """Everything that decides whether a review can go on, for `readiness`."""
    rated, told = rating(session, agency), profile(session, agency)
    shown = disclosures(session, agency)
    asked = questions(found.questionnaire, rated.tier.depth)
    given = {
        code: Given(one.value, one.evidence_id is not None, one.state)
        for code, one in answers_of(session, found).items()
        if code in asked
    }
    conditions = conditions_of(session, agency)
    ours = [one for one in conditions if one.review_id == found.id and one.state is not ConditionState.WAIVED]
    visits = [one for one in visits_of(session, agency) if one.review_id == found.id]
    return Picture(
        rating=rated,
        has_profile=told is not None,
        asked=asked,
        given=given,
        disclosed={kind: tuple(one.state for one in ones) for kind, ones in shown.items()},
        documents=good_documents(session, agency, at=at),
        visit_passed=any(one.passed for one in visits),
        lifted=frozenset(one.question for one in ours if one.question),
        open_conditions=sum(one.state is ConditionState.OPEN for one in ours),
        recommended=found.recommended,
    )


def good_documents(session: Session, agency: Agency, *, at: datetime) -> frozenset[str]:
    """The kinds of document that were accepted within the last year."""
    wanted = select(DocumentRequest.document).where(
        DocumentRequest.agency_id == agency.id,
        DocumentRequest.state == RequestState.ACCEPTED,
        DocumentRequest.judged_at >= at - DOCUMENT_GOOD_FOR,
    )
    return frozenset(session.scalars(wanted))


# -- files ---------------------------------------------------------------------------------------------------------------

OF_AGENCY = (Disclosure, DocumentRequest, Condition, ExitStep, Credential)


def on_file(session: Session, agency: Agency) -> list[StoredFile]:
    """The documents an agency gave as evidence of anything, newest first: each may serve again."""
    return list(session.scalars(_files(agency).order_by(StoredFile.id.desc())))


def file_of(session: Session, agency: Agency, file_id: int, *, of_bank: bool) -> StoredFile:
    """One document of an agency; for the bank also the report of a visit. Raises NotFound for any other file."""
    wanted = _files(agency, of_bank).where(StoredFile.id == file_id)
    return _found(session.scalars(wanted).first())


def _files(agency: Agency, of_bank: bool = False) -> Select[StoredFile]:
    owners: Iterable[Any] = (*OF_AGENCY, *((SiteVisit,) if of_bank else ()))
    ids = [select(owner.evidence_id).where(owner.agency_id == agency.id) for owner in owners]
    answered = select(Answer.evidence_id).join(Review, Review.id == Answer.review_id)
    ids.append(answered.where(Review.agency_id == agency.id))
    return select(StoredFile).where(or_(*(StoredFile.id.in_(one) for one in ids)))


# -- periodic reviews ----------------------------------------------------------------------------------------------------


def last_decisions(session: Session) -> list[tuple[Agency, datetime, str | None]]:
    """Every agency that may work and is not under review, with when it was last decided on and the tier of that time.

    One that was never reviewed here counts from when it was first let in, with no tier.
    """
    decided = (
        select(Review.agency_id, func.max(Review.id).label("last"))
        .where(Review.state.in_(DECIDED))
        .group_by("agency_id")
    ).subquery()
    let_in = (
        select(StatusChange.agency_id, func.min(StatusChange.at).label("at"))
        .where(StatusChange.after.in_((AgencyStatus.APPROVED, AgencyStatus.PROBATION)))
        .group_by(StatusChange.agency_id)
    ).subquery()
    going_on = select(Review.agency_id).where(Review.decided_at.is_(None))
    wanted = (
        select(Agency, func.coalesce(Review.decided_at, let_in.c.at, Agency.created_at), Review.tier)
        .outerjoin(decided, decided.c.agency_id == Agency.id)
        .outerjoin(Review, Review.id == decided.c.last)
        .outerjoin(let_in, let_in.c.agency_id == Agency.id)
        .where(Agency.status.in_(MAY_RECEIVE), Agency.id.not_in(going_on))
    )
    return [(agency, since, tier) for agency, since, tier in session.execute(wanted.order_by(Agency.code))]


# -- exit ----------------------------------------------------------------------------------------------------------------


def exit_steps(session: Session, agency_id: int) -> dict[str, ExitStep]:
    """The steps of an agency's exit that are done."""
    return {one.step: one for one in session.scalars(select(ExitStep).where(ExitStep.agency_id == agency_id))}


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
