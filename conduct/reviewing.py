"""Acts: a person judges what the rules found. Confirmed it counts, dismissed it never did; escalated, a second person judges."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from conduct import consequences, queries
from conduct.events import BREACH_CONFIRMED, BREACH_DISMISSED, BREACH_ESCALATED
from conduct.models import BREACH_MOVES, Breach, BreachState
from conduct.recording import Changes
from portal import audit
from portal.errors import N_, Conflict, DomainError, Forbidden, Invalid
from portal.permissions import Actor

FOUR_EYES: Final = "critical"  # breaches of this severity are judged by two people
EVENTS: Final = {
    BreachState.CONFIRMED: BREACH_CONFIRMED,
    BreachState.DISMISSED: BREACH_DISMISSED,
    BreachState.ESCALATED: BREACH_ESCALATED,
}


def confirm(session: Session, actor: Actor, breach: Breach, reason: str, *, at: datetime) -> Breach:
    """Say that the breach is one. It counts, and its agency sees it. Raises Conflict, Forbidden or Invalid."""
    return _judge(session, actor, breach, BreachState.CONFIRMED, reason, at)


def dismiss(session: Session, actor: Actor, breach: Breach, reason: str, *, at: datetime) -> Breach:
    """Say that there was no breach, and why. Raises Conflict, Forbidden or Invalid."""
    return _judge(session, actor, breach, BreachState.DISMISSED, reason, at)


def escalate(session: Session, actor: Actor, breach: Breach, reason: str, *, at: datetime) -> Breach:
    """Leave the judgement to a second person. Raises Conflict or Invalid."""
    _may_move(breach, BreachState.ESCALATED)
    breach.escalation_note = _worded(reason)
    breach.escalated_at, breach.escalated_by, breach.escalated_by_id = at, actor.label, actor.user_id
    _move(session, actor, breach, BreachState.ESCALATED, breach.escalation_note)
    return breach


def judge_queue(
    session: Session, actor: Actor, agency_id: int | None, rule: str, state: BreachState, reason: str, *, at: datetime
) -> tuple[int, int]:
    """Judge everything that waits of one rule and agency alike; (how many were judged, how many were not this actor's to judge)."""
    act = {BreachState.CONFIRMED: confirm, BreachState.DISMISSED: dismiss, BreachState.ESCALATED: escalate}[state]
    _worded(reason)
    judged = left = 0
    for breach in queries.waiting_in_queue(session, agency_id, rule):
        try:
            act(session, actor, breach, reason, at=at)
            judged += 1
        except DomainError:  # escalated by this very person, or not escalated yet
            left += 1
    return judged, left


def _judge(session: Session, actor: Actor, breach: Breach, state: BreachState, reason: str, at: datetime) -> Breach:
    _may_move(breach, state)
    if breach.severity == FOUR_EYES and breach.state is not BreachState.ESCALATED:
        raise Conflict(N_("A critical breach is judged by two people: escalate it first."))
    if breach.state is BreachState.ESCALATED and breach.escalated_by_id == actor.user_id:
        raise Forbidden(N_("You escalated this breach yourself: another person judges it."))
    breach.decision_note = _worded(reason)
    breach.decided_at, breach.decided_by = at, actor.label
    _move(session, actor, breach, state, breach.decision_note)
    return breach


def _may_move(breach: Breach, state: BreachState) -> None:
    if breach.withdrawn_at is not None:
        raise Conflict(N_("This breach was withdrawn: its ground is gone."))
    if state not in BREACH_MOVES[breach.state]:
        raise Conflict(
            N_("This breach is %(state)s and cannot become %(wanted)s."), state=breach.state.value, wanted=state.value
        )


def _worded(reason: str) -> str:
    if not reason.strip():
        raise Invalid(N_("Give the reason."), fields={"reason": N_("Give the reason.")})
    return reason.strip()


def _move(session: Session, actor: Actor, breach: Breach, state: BreachState, reason: str) -> None:
    before, breach.state = breach.state, state
    audit.record(
        session, actor, EVENTS[state], f"breach:{breach.ref}", rule=breach.rule, before=before.value, reason=reason
    )
    changes = Changes()
    changes.note(breach.agency_id, breach.rule, breach.report_id)
    consequences.follow(session, actor, changes)
