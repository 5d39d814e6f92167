"""Act: a person gives accounts to an agency, or moves them to another one: a plan like any other, with a reason, under a daily limit.

Eligibility is the plan's own, so nothing goes by hand that could not go by lot. Up to the strategy's limit for one person in 24 hours the
plan needs no second person; above it, it waits for an approver. Without a strategy the limit is zero.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from placements import placing, plan_queries, planning, policies, queries
from placements.drafting import Selection
from placements.events import PLACED_BY_HAND
from placements.models import Plan, PlanState, RecallReason
from placements.planning import Wish
from portal import audit, tasks
from portal.errors import N_, Invalid
from portal.permissions import Actor

WINDOW: Final = timedelta(hours=24)


def place_by_hand(
    session: Session,
    actor: Actor,
    agency: str,
    account_refs: tuple[str, ...],
    reason: str,
    *,
    moves: RecallReason | None = None,
    at: datetime,
) -> Plan:
    """Draw the plan; submit it, and within the limit approve and place it too. A plan that places nothing stays a draft with its reasons.

    Raises Invalid without a reason, for unknown accounts, or for a move of accounts that nobody holds.
    """
    if not reason.strip():
        raise Invalid(N_("Say why these accounts go there."), fields={"reason": N_("Say why.")})
    plan_queries.one_at_a_time(session)  # two plans at once must not pass under one limit
    if moves is not None:
        _check_held(session, account_refs)
    wish = Wish(Selection(account_refs=account_refs, moves=moves), {agency: 1.0}, "", reason, by_hand=True)
    plan = planning.draft_plan(session, actor, wish, at=at)
    if not plan.accounts:
        return plan
    planning.submit_plan(session, actor, plan, at=at)
    if is_within_limit(session, actor, plan, at):
        _approve_within(session, actor, plan, at)
        placing.place_plan(session, actor, plan, at=at)
    return plan


def is_within_limit(session: Session, actor: Actor, plan: Plan, at: datetime) -> bool:
    """True if this plan, with what the person placed alone in the last 24 hours, stays within the limits of the strategy in force."""
    bound = policies.in_force(session)
    if bound is None or actor.user_id is None:
        return False
    accounts, balance = plan_queries.placed_alone(session, actor.user_id, plan.currency, at - WINDOW)
    rules = bound.rules
    return accounts + plan.accounts <= rules.hand_accounts and balance + plan.balance <= rules.hand_balance


def _approve_within(session: Session, actor: Actor, plan: Plan, at: datetime) -> None:
    planning.move(plan, PlanState.APPROVED)
    plan.decided_at, plan.decided_by = at, f"{plan_queries.ALONE}{plan.strategy_version}"
    tasks.close_tasks(session, f"plan:{plan.ref}", actor)
    audit.record(
        session, actor, PLACED_BY_HAND, f"plan:{plan.ref}", accounts=plan.accounts, balance=plan.balance, reason=plan.reason,
        strategy=plan.strategy_version, fingerprint=plan.fingerprint,
    )  # fmt: skip


def _check_held(session: Session, account_refs: tuple[str, ...]) -> None:
    if len(account_refs) > queries.IN_MOST:
        raise Invalid(N_("Move at most %(most)s accounts at once."), most=queries.IN_MOST)
    ids = queries.account_ids(session, account_refs)
    held = queries.holders(session, ids.values())
    if loose := sorted(ref for ref, account_id in ids.items() if account_id not in held):
        raise Invalid(
            N_("These accounts are not placed, so they cannot be moved: %(refs)s"),
            fields={"account_refs": N_("Name accounts that are placed.")}, refs=", ".join(loose[:10]),
        )  # fmt: skip


NO_LIMIT: Final = (0, Decimal(0))


def limits(session: Session) -> tuple[int, Decimal]:
    """Accounts and balance a person may place alone in 24 hours."""
    bound = policies.in_force(session)
    return (bound.rules.hand_accounts, bound.rules.hand_balance) if bound else NO_LIMIT
