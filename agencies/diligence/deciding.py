"""Acts: the committee decides on a due diligence. Who recommended a decision never takes it; the system is no person and may do both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from agencies.diligence import queries, readiness
from agencies.diligence.models import Review, ReviewState
from agencies.diligence.readiness import Missing
from agencies.diligence.scheme import document_name
from agencies.events import REVIEW_DECIDED
from agencies.models import Agency
from portal import audit, tasks
from portal.errors import N_, Conflict, Forbidden
from portal.permissions import Actor, Kind


def let_in(session: Session, actor: Actor, agency: Agency, *, why: str, at: datetime) -> None:
    """Conclude the review of an agency that is being let in: approved, or conditional while a condition is open.

    Raises Conflict naming the first thing that is missing, Forbidden for who recommended the decision.
    """
    review = queries.undecided(session, agency)
    if actor.kind is not Kind.SYSTEM:
        if review is None:
            raise Conflict(N_("There is no due diligence of this agency to decide on."))
        require(session, agency, review, readiness.before_deciding(queries.picture(session, agency, review, at=at)))
        not_the_recommender(actor, review)
    if review is not None:
        picture = queries.picture(session, agency, review, at=at)
        outcome = ReviewState.CONDITIONAL if picture.open_conditions else ReviewState.APPROVED
        conclude(session, actor, review, outcome, why=why, at=at)


def turn_down(session: Session, actor: Actor, agency: Agency, *, why: str, at: datetime) -> None:
    """Conclude the review of an agency that is declined, if there is one."""
    if (review := queries.undecided(session, agency)) is not None:
        conclude(session, actor, review, ReviewState.DECLINED, why=why, at=at)


def conclude(session: Session, actor: Actor, review: Review, outcome: ReviewState, *, why: str, at: datetime) -> Review:
    """Write the decision down; what was waiting for it is done."""
    review.state, review.decided_at, review.decided_by, review.decided_why = outcome, at, actor.label, why.strip()
    tasks.close_tasks(session, f"review:{review.ref}", actor)
    audit.record(session, actor, REVIEW_DECIDED, f"review:{review.ref}", outcome=outcome.value, tier=review.tier)
    session.flush()
    return review


def not_the_recommender(actor: Actor, review: Review) -> None:
    """Raise Forbidden for who recommended the decision."""
    if actor.user_id is not None and actor.user_id == review.recommended_by_id:
        raise Forbidden(N_("You recommended this decision, so another person has to take it."))


def require(session: Session, agency: Agency, review: Review, missing: list[Missing]) -> None:
    """Raise Conflict for the first thing that is missing."""
    if missing:
        first = missing[0]
        raise Conflict(first.text, count=first.count, document=document_name(first.document))
