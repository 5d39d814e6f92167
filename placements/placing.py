"""Act: an approved plan is placed: one transaction, one INSERT … SELECT, looking once more at everything that may have changed.

A line that no longer holds (a hold, a licence, a placement that came meanwhile) is left out with its reason. The partial unique index
on open placements has the last word: whoever loses a race gets Conflict and has done nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, insert, literal, null, select, update
from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.credentials import AgencyFacts, Agreement
from placements import eligibility, plan_queries, planning, pool_queries
from placements.drafting import days_of
from placements.events import PLAN_PLACED, PlanPlaced
from placements.models import Account, Placement, PlacementState, Plan, PlanLine, PlanState, RecallReason
from placements.queries import in_lots
from placements.reasons import Why
from placements.recall import request_recall
from placements.recall_queries import Wanted
from portal import audit, events, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict
from portal.permissions import Actor
from portal.types import to_major
from portal.webhooks import publishing as webhooks

Against = dict[int, list[Why]]
"""Reasons against lines, by line id."""

NAMED: Final = 500  # references in a webhook; the receiver asks for the rest


def place_plan(session: Session, actor: Actor, plan: Plan, *, at: datetime) -> Plan:
    """Place what was approved. Raises Conflict if it is not approved, not due, changed, beyond a limit, or nothing is left of it."""
    plan_queries.one_at_a_time(session)
    planning.lock(session, plan)
    planning.move(plan, PlanState.PLACED)
    planning.check_unchanged(session, plan)
    placed_at = _instant(plan, at)
    _recall_moved(session, actor, plan, at)
    facts = _facts(session, plan)
    _drop(session, plan, _against(session, plan, facts, days_of(placed_at, at)))
    if plan.accounts and not plan_queries.still_assigned(session, plan):
        raise Conflict(
            N_("Nothing of this plan can be placed any more: its accounts are placed, on hold or refused by now.")
        )
    with unique_or_conflict(
        session, N_("Some of these accounts were placed by another plan at this moment. Draft this plan again.")
    ):
        _insert(session, plan, facts, placed_at, at)
    sums = plan_queries.placed_sums(session, plan)
    _check_limits(session, plan, facts, placed_at.date())
    plan.placed_at, plan.placed_by = at, actor.label
    plan.left_out += plan.accounts - sum(count for count, _ in sums.values())
    plan.accounts = sum(count for count, _ in sums.values())
    plan.balance = sum((balance for _, balance in sums.values()), to_major(0))
    by_agency = {agency_id: count for agency_id, (count, _) in sums.items()}
    _announce(session, actor, plan, placed_at, by_agency)
    return plan


def _instant(plan: Plan, at: datetime) -> datetime:
    """When the placements begin: now; in the past only where that was asked for when the plan was drawn."""
    if plan.effective_at > at:
        raise Conflict(
            N_("This plan takes effect at %(instant)s and is placed then by itself."),
            instant=plan.effective_at.isoformat(),
        )
    return plan.effective_at if plan.effective_at < plan.created_at else max(plan.effective_at, at)


def _recall_moved(session: Session, actor: Actor, plan: Plan, at: datetime) -> None:
    """Of a plan that moves accounts: take them back from whoever holds them, for good, in this same transaction."""
    moves = plan.inputs["selection"].get("moves")
    if moves:
        refs = tuple(sorted(plan_queries.assigned_refs(session, plan)))
        request_recall(session, actor, Wanted(refs), RecallReason(moves), final_at=at, note=plan.reason, at=at)


def _facts(session: Session, plan: Plan) -> dict[int, AgencyFacts]:
    return agencies.facts(session, {row.agency_id for row in plan_queries.assigned_places(session, plan)})


# -- what no longer holds ------------------------------------------------------------------------------------------------


def _against(session: Session, plan: Plan, facts: Mapping[int, AgencyFacts], days: list[date]) -> Against:
    """Everything that speaks against lines of this plan at this moment."""
    found: Against = defaultdict(list)
    for line_id, kind in plan_queries.now_on_hold(session, plan):
        found[line_id].append(Why.because("on_hold", kind=kind.value))
    for line_id, code in plan_queries.now_placed(session, plan):
        found[line_id].append(Why.because("already_placed", holder=code))
    for line_id, code in plan_queries.now_followed(session, plan):
        found[line_id].append(Why.because("prior_agency", holder=code))
    if not _is_take_over(plan):
        for (line_id,) in plan_queries.now_paid(session, plan):
            found[line_id].append(Why.because("nothing_owed"))
    _add_refusals(session, plan, facts, days, found)
    return found


def _add_refusals(
    session: Session, plan: Plan, facts: Mapping[int, AgencyFacts], days: list[date], found: Against
) -> None:
    """What the agencies may no longer take, and what was drawn under a contract that no longer covers it."""
    for agency_id, contract_id, jurisdiction, product in plan_queries.assigned_places(session, plan):
        place, agency = (jurisdiction, str(product)), facts[agency_id]
        whys = list(eligibility.refusals(agency, [place], days).get(place, ()))
        contract = eligibility.contracts(agency, [place], days[0]).get(place)
        if contract is None or contract.id != contract_id:
            whys.append(Why.because("contract_ended", agency.code))
        for line_id in plan_queries.lines_at(session, plan, agency_id, contract_id, *place) if whys else ():
            found[line_id] += whys


def _drop(session: Session, plan: Plan, against: Against) -> None:
    """Write down the lines that are left out, with their reasons. The lines themselves stay as they were approved."""
    together: dict[tuple[Why, ...], list[int]] = defaultdict(list)
    for line_id, found in against.items():
        together[tuple(dict.fromkeys(found))].append(line_id)
    lists = list(plan.whys)
    for whys, line_ids in together.items():
        for lot in in_lots(line_ids):
            session.execute(update(PlanLine).where(PlanLine.id.in_(lot)).values(dropped=len(lists)))
        lists.append([why.stored() for why in whys])
    plan.whys = lists
    session.flush()


# -- the placements ------------------------------------------------------------------------------------------------------


def _insert(session: Session, plan: Plan, facts: Mapping[int, AgencyFacts], placed_at: datetime, at: datetime) -> None:
    if not facts:
        return  # the plan gives nobody anything
    terms = {contract.id: contract for agency in facts.values() for contract in agency.contracts}
    balance = PlanLine.balance if _is_take_over(plan) else Account.balance
    columns = {
        Placement.ref: PlanLine.placement_ref,
        Placement.account_id: PlanLine.account_id,
        Placement.agency_id: PlanLine.agency_id,
        Placement.plan_id: PlanLine.plan_id,
        Placement.contract_id: PlanLine.contract_id,
        Placement.tier: PlanLine.tier,
        Placement.treatment: PlanLine.treatment,
        Placement.state: literal(PlacementState.PLACED, Placement.state.type),
        Placement.placed_at: literal(placed_at, Placement.placed_at.type),
        Placement.cell: PlanLine.cell,
        Placement.balance: balance,
        Placement.currency: PlanLine.currency,
        Placement.due_back_on: case(*_due_back(terms, plan.inputs.get("terms", {}), placed_at.date()), else_=null()),
        Placement.note: literal(""),
        Placement.updated_at: literal(at, Placement.updated_at.type),
    }
    source = (
        select(*columns.values())
        .join(Account, Account.id == PlanLine.account_id)
        .where(PlanLine.plan_id == plan.id, PlanLine.agency_id.is_not(None), PlanLine.dropped.is_(None))
        .order_by(PlanLine.account_id)
    )
    session.execute(insert(Placement).from_select([column.key for column in columns], source, include_defaults=False))


def _due_back(
    contracts: Mapping[int, Agreement], tiers: Mapping[str, int], begins: date
) -> list[tuple[ColumnElement[bool], date]]:
    """The day on which a line's account is due back: by its contract, or sooner where the strategy's term of its tier is shorter."""
    return [
        (
            and_(PlanLine.contract_id == contract_id, PlanLine.track == track),
            begins + timedelta(days=min(days, contract.term_days)),
        )
        for track, days in tiers.items()
        for contract_id, contract in contracts.items()
    ] + [
        (PlanLine.contract_id == contract_id, begins + timedelta(days=contract.term_days))
        for contract_id, contract in contracts.items()
    ]


def _is_take_over(plan: Plan) -> bool:
    """True for placements that exist elsewhere already and come with the balances they were placed with."""
    return bool(plan.inputs["selection"].get("balances_given"))


def _check_limits(session: Session, plan: Plan, facts: Mapping[int, AgencyFacts], day: date) -> None:
    held = pool_queries.held_now(session, list(facts), plan.currency)
    together = pool_queries.open_everywhere(session)
    over = [
        agency.code
        for agency in facts.values()
        if not eligibility.limits(agency, day, together).are_kept(held[agency.id])
    ]
    if over:
        raise Conflict(
            N_("These agencies would be over their limits by now: %(codes)s. Draft this plan again."),
            codes=", ".join(sorted(over)),
        )


def _announce(session: Session, actor: Actor, plan: Plan, placed_at: datetime, by_agency: Mapping[int, int]) -> None:
    audit.record(
        session, actor, PLAN_PLACED, f"plan:{plan.ref}", accounts=plan.accounts, balance=plan.balance, left_out=plan.left_out,
        fingerprint=plan.fingerprint, placed_at=placed_at,
    )  # fmt: skip
    tasks.close_tasks(session, f"plan:{plan.ref}", actor)
    events.emit(session, PlanPlaced(plan.id, plan.ref, placed_at, by_agency))
    for agency_id, count in sorted(by_agency.items()):
        refs = plan_queries.first_refs(session, plan, agency_id, NAMED)
        webhooks.publish(
            session,
            "placement.created",
            agency_id,
            {"placement_refs": list(refs), "accounts": count, "placed_at": placed_at.isoformat()},
        )
