"""Acts: a version of the strategy is drafted, submitted, and approved by another person or sent back. An approved one never changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from placements import strategy_queries
from placements.events import STRATEGY_APPROVED, STRATEGY_DRAFTED, STRATEGY_RETURNED, STRATEGY_SUBMITTED
from placements.models import STRATEGY_MOVES, Strategy, StrategyState
from placements.strategy import Rules
from portal import audit, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import Actor, Kind

TO_DECIDE: Final = timedelta(days=2)


def draft(session: Session, actor: Actor, rules: Rules, reason: str, *, at: datetime) -> Strategy:
    """Write rules down as the next version, or into the draft that is being worked on. Raises Invalid for rules that contradict
    themselves, Conflict while a version waits for its approver."""
    if faults := dict(rules.faults()):
        raise Invalid(next(iter(faults.values())), fields=faults)
    if not reason.strip():
        raise Invalid(N_("Say why the strategy changes."), fields={"reason": N_("Say why the strategy changes.")})
    found = strategy_queries.newest(session)
    if found is not None and found.state is StrategyState.SUBMITTED:
        raise Conflict(
            N_("Version %(version)s waits for its approver. Another can be drafted after that."), version=found.version
        )
    if found is None or found.state is StrategyState.APPROVED:
        found = Strategy(version=found.version + 1 if found else 1, decision_note="")
        session.add(found)
    elif found.state is StrategyState.RETURNED:
        _move(found, StrategyState.DRAFT)
    found.state, found.rules, found.reason = StrategyState.DRAFT, rules.stored(), reason.strip()
    found.created_at, found.created_by, found.created_by_id = at, actor.label, actor.user_id
    with unique_or_conflict(session, N_("Somebody else drafted a version at this moment. Look at theirs first.")):
        session.flush()
    tasks.close_tasks(session, _subject(found), actor)
    audit.record(session, actor, STRATEGY_DRAFTED, _subject(found), rules=found.rules, reason=found.reason)
    return found


def submit(session: Session, actor: Actor, strategy: Strategy, *, at: datetime) -> Strategy:
    """Hand a draft in for approval. Raises Conflict in any other state."""
    _lock(session, strategy)
    _move(strategy, StrategyState.SUBMITTED)
    strategy.submitted_at, strategy.submitted_by, strategy.submitted_by_id = at, actor.label, actor.user_id
    tasks.close_tasks(session, _subject(strategy), actor)
    tasks.open_task(
        session, "strategy.approve", _subject(strategy), N_("Approve strategy: version %(version)s"), link=f"/strategy/{strategy.version}",
        role=Role.APPROVER, due_at=at + TO_DECIDE, not_by_id=actor.user_id, version=strategy.version,
    )  # fmt: skip
    audit.record(session, actor, STRATEGY_SUBMITTED, _subject(strategy))
    return strategy


def approve(session: Session, actor: Actor, strategy: Strategy, *, note: str = "", at: datetime) -> Strategy:
    """Let a version bind from now on. Raises Forbidden for whoever drafted or submitted it, Conflict if it is not submitted."""
    _decide(session, actor, strategy, StrategyState.APPROVED, note, at)
    tasks.close_tasks(session, _subject(strategy), actor)
    audit.record(session, actor, STRATEGY_APPROVED, _subject(strategy), rules=strategy.rules)
    return strategy


def send_back(session: Session, actor: Actor, strategy: Strategy, *, note: str, at: datetime) -> Strategy:
    """Send a version back with what should change. Raises as approve."""
    _decide(session, actor, strategy, StrategyState.RETURNED, note, at)
    tasks.close_tasks(session, _subject(strategy), actor)
    tasks.open_task(
        session, "strategy.redraft", _subject(strategy), N_("Draft the strategy again: version %(version)s"),
        link=f"/strategy/{strategy.version}", role=Role.VENDOR_MANAGER, due_at=at + TO_DECIDE, owner_id=strategy.submitted_by_id,
        version=strategy.version,
    )  # fmt: skip
    audit.record(session, actor, STRATEGY_RETURNED, _subject(strategy), note=strategy.decision_note)
    return strategy


def _decide(session: Session, actor: Actor, strategy: Strategy, after: StrategyState, note: str, at: datetime) -> None:
    _lock(session, strategy)
    own = {strategy.created_by_id, strategy.submitted_by_id} - {None}
    if actor.kind is not Kind.SYSTEM and (actor.user_id is None or actor.user_id in own):
        raise Forbidden(N_("Another person has to decide on a strategy that you drafted or submitted."))
    _move(strategy, after)
    strategy.decided_at, strategy.decided_by, strategy.decision_note = at, actor.label, note.strip()


def _move(strategy: Strategy, after: StrategyState) -> None:
    if after not in STRATEGY_MOVES[strategy.state]:
        raise Conflict(
            N_("This version is %(before)s and cannot become %(after)s."),
            before=strategy.state.value,
            after=after.value,
        )
    strategy.state = after


def _lock(session: Session, strategy: Strategy) -> None:
    session.flush()
    session.refresh(strategy, with_for_update=True)


def _subject(strategy: Strategy) -> str:
    return f"strategy:{strategy.version}"
