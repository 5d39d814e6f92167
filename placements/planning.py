"""Acts: a plan is drafted, submitted, approved by another person or sent back, or cancelled. Placing it is placing.py's.

What is approved is what was drawn and stored; nobody decides on a plan they drafted or submitted, whichever key or account they use.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from placements import drafting, plan_queries, queries, strategy_queries
from placements.changes import Version, changes
from placements.drafting import Selection, Weights
from placements.events import PLAN_APPROVED, PLAN_CANCELLED, PLAN_DRAFTED, PLAN_RETURNED, PLAN_SUBMITTED
from placements.models import PLAN_MOVES, Plan, PlanState, RecallReason
from portal import audit, tasks
from portal.db import be_patient
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import Actor, Kind
from portal.refs import new_ref

SEEDS: Final = 1_000_000_000
CLOCKS_DIFFER: Final = timedelta(minutes=5)  # an instant this little in the past was meant as now
TO_DECIDE: Final = timedelta(days=2)


@dataclass(frozen=True)
class Wish:
    """What somebody wants planned. Without `effective_at` the plan takes effect when it is placed; without `seed` one is drawn."""

    selection: Selection
    weights: Weights = field(default_factory=dict)
    title: str = ""
    reason: str = ""
    seed: int | str | None = None
    effective_at: datetime | None = None
    by_hand: bool = False
    by_strategy: bool = False


def draft_plan(session: Session, actor: Actor, wish: Wish, *, at: datetime, may_backdate: bool = False) -> Plan:
    """Draw a plan and store it as a draft. Raises Invalid for unknown accounts or agencies, or a past `effective_at`."""
    plan = Plan(
        ref=new_ref("pln"),
        created_at=at,
        created_by=actor.label,
        created_by_id=actor.user_id,
        state=PlanState.DRAFT,
        decision_note="",
        version=1,
        changes={},
    )
    _draw(session, plan, wish, at=at, may_backdate=may_backdate)
    _record(session, actor, PLAN_DRAFTED, plan)
    return plan


def redraft_plan(
    session: Session, actor: Actor, plan: Plan, wish: Wish, *, at: datetime, may_backdate: bool = False
) -> Plan:
    """Draw a draft or returned plan anew, with other wishes or on newer facts."""
    lock(session, plan)
    if plan.state is not PlanState.DRAFT:
        move(plan, PlanState.DRAFT)
    plan.created_by, plan.created_by_id = actor.label, actor.user_id
    before = _version(session, plan)
    plan.version += 1
    _draw(session, plan, wish, at=at, may_backdate=may_backdate)
    plan.changes = changes(before, _version(session, plan))
    tasks.close_tasks(session, _subject(plan), actor)
    _record(session, actor, PLAN_DRAFTED, plan)
    return plan


def wish_of(plan: Plan, account_refs: tuple[str, ...]) -> Wish:
    """The wish that a stored plan came from; `account_refs` are its lines', for plans that were not of a portfolio."""
    inputs = plan.inputs
    stored = inputs["selection"]
    moves = RecallReason(stored["moves"]) if "moves" in stored else None
    if "portfolio" in stored or "pool" in stored:
        selection = Selection(stored.get("portfolio"), pool=stored.get("pool"))
    else:
        selection = Selection(account_refs=account_refs, moves=moves)
    weights = {seat["code"]: seat["weight"] for seat in inputs["panel"]}
    effective_at = plan.effective_at if plan.effective_at != plan.created_at else None
    by_strategy = bool(inputs.get("by_strategy"))
    return Wish(selection, weights, plan.title, plan.reason, inputs["seed"], effective_at, plan.by_hand, by_strategy)


def submit_plan(session: Session, actor: Actor, plan: Plan, *, at: datetime) -> Plan:
    """Hand a draft in for approval. Raises Conflict in any other state."""
    lock(session, plan)
    move(plan, PlanState.SUBMITTED)
    plan.submitted_at, plan.submitted_by, plan.submitted_by_id = at, actor.label, actor.user_id
    tasks.close_tasks(session, _subject(plan), actor)
    tasks.open_task(
        session, "plan.approve", _subject(plan), N_("Approve plan: %(plan)s"), link=f"/plans/{plan.ref}", role=Role.APPROVER,
        due_at=at + TO_DECIDE, not_by_id=actor.user_id, plan=plan.title,
    )  # fmt: skip
    _record(session, actor, PLAN_SUBMITTED, plan)
    return plan


def approve_plan(session: Session, actor: Actor, plan: Plan, *, note: str = "", at: datetime) -> Plan:
    """Approve exactly what is stored. Raises Forbidden for whoever drafted or submitted it, Conflict if it is not submitted."""
    lock(session, plan)
    check_unchanged(session, plan)
    _decide(actor, plan, PlanState.APPROVED, note, at)
    tasks.close_tasks(session, _subject(plan), actor)
    tasks.open_task(
        session, "plan.place", _subject(plan), N_("Place plan: %(plan)s"), link=f"/plans/{plan.ref}", role=Role.VENDOR_MANAGER,
        due_at=max(at, plan.effective_at) + TO_DECIDE, plan=plan.title,
    )  # fmt: skip
    _record(session, actor, PLAN_APPROVED, plan)
    return plan


def return_plan(session: Session, actor: Actor, plan: Plan, *, note: str, at: datetime) -> Plan:
    """Send a submitted plan back with what should change. Raises as approve_plan."""
    lock(session, plan)
    _decide(actor, plan, PlanState.RETURNED, note.strip(), at)
    tasks.close_tasks(session, _subject(plan), actor)
    tasks.open_task(
        session, "plan.redraft", _subject(plan), N_("Draft again: %(plan)s"), link=f"/plans/{plan.ref}", role=Role.VENDOR_MANAGER,
        due_at=at + TO_DECIDE, owner_id=plan.submitted_by_id, plan=plan.title,
    )  # fmt: skip
    _record(session, actor, PLAN_RETURNED, plan, note=plan.decision_note)
    return plan


def cancel_plan(session: Session, actor: Actor, plan: Plan, *, at: datetime) -> Plan:
    """Give a plan up that is not placed yet. Raises Conflict if it is placed or cancelled."""
    lock(session, plan)
    move(plan, PlanState.CANCELLED)
    tasks.close_tasks(session, _subject(plan), actor, cancelled=True)
    _record(session, actor, PLAN_CANCELLED, plan)
    return plan


def check_unchanged(session: Session, plan: Plan) -> None:
    """Raise Conflict if inputs or lines are not those of the fingerprint: somebody changed them behind the portal's back."""
    if drafting.fingerprint(plan.inputs, plan_queries.signed_rows(session, plan)) != plan.fingerprint:
        raise Conflict(N_("The stored plan is not the one that was drawn. Draft it again."))


def _draw(session: Session, plan: Plan, wish: Wish, *, at: datetime, may_backdate: bool) -> None:
    be_patient(session)
    plan.effective_at = _effective(wish.effective_at, at, may_backdate)
    plan.created_at = at
    seed = secrets.randbelow(SEEDS) if wish.seed in (None, "") else wish.seed
    assert seed is not None
    plan.seed, plan.by_hand, plan.reason = str(seed), wish.by_hand, wish.reason.strip()
    plan.title = wish.title.strip() or _origin(session, wish.selection)
    portfolio = wish.selection.portfolio
    plan.portfolio_id = queries.get_portfolio(session, portfolio).id if portfolio is not None else None
    drawn = drafting.draw(
        session,
        wish.selection,
        wish.weights,
        seed=seed,
        effective_at=plan.effective_at,
        at=at,
        by_strategy=wish.by_strategy,
    )
    drafting.store(session, plan, drawn)


def _origin(session: Session, selection: Selection) -> str:
    """What a plan is called that nobody gave a title."""
    if selection.pool is not None:
        return strategy_queries.pool(session, selection.pool).name
    return selection.portfolio or N_("Single accounts")


def _version(session: Session, plan: Plan) -> Version:
    return Version(plan.version, plan.inputs, plan_queries.assigned_refs(session, plan))


def _effective(wanted: datetime | None, at: datetime, may_backdate: bool) -> datetime:
    if wanted is None or at - CLOCKS_DIFFER <= wanted <= at:
        return at
    if wanted < at and not may_backdate:
        raise Invalid(
            N_("A plan cannot take effect in the past."),
            fields={"effective_at": N_("Give an instant that is still to come, or none.")},
        )
    return wanted


def _decide(actor: Actor, plan: Plan, after: PlanState, note: str, at: datetime) -> None:
    own = {plan.created_by_id, plan.submitted_by_id} - {None}
    if actor.kind is not Kind.SYSTEM and (actor.user_id is None or actor.user_id in own):
        raise Forbidden(N_("Another person has to decide on a plan that you drafted or submitted."))
    move(plan, after)
    plan.decided_at, plan.decided_by, plan.decision_note = at, actor.label, note


def move(plan: Plan, after: PlanState) -> None:
    """Take a plan to another state. Raises Conflict naming both where no such move exists."""
    if after not in PLAN_MOVES[plan.state]:
        raise Conflict(
            N_("This plan is %(before)s and cannot become %(after)s."), before=plan.state.value, after=after.value
        )
    plan.state = after


def lock(session: Session, plan: Plan) -> None:
    """Hold the plan's row until the transaction ends, as it stands now: two people decide one after the other."""
    be_patient(session)
    session.flush()  # refreshing would throw away what is not written yet
    session.refresh(plan, with_for_update=True)


def _subject(plan: Plan) -> str:
    return f"plan:{plan.ref}"


def _record(session: Session, actor: Actor, event: str, plan: Plan, **details: Any) -> None:
    figures = {"accounts": plan.accounts, "balance": plan.balance, "seed": plan.seed, "fingerprint": plan.fingerprint}
    audit.record(session, actor, event, _subject(plan), **figures, **details)
