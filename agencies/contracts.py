"""Acts: a contract with its fee terms is drafted by one person and approved by another, and ends.

What is approved never changes: other terms are the next version of the contract (an amendment), which another person approves too and which
ends the version before it. Accounts keep the version they were placed under. So a fee can always name the clause that it follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from agencies import queries
from agencies.catalogue import credential_types
from agencies.credentials import Demand
from agencies.events import CONTRACT_APPROVED, CONTRACT_DISCARDED, CONTRACT_DRAFTED, CONTRACT_ENDED
from agencies.models import Agency, Contract, ContractDemand, ContractState, FeeTerm, Remittance
from agencies.terms import Clause, meet, overlaps
from portal import audit, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import Actor
from portal.tables.iso_codes import COUNTRIES

PRODUCTS = ("credit_card", "personal_loan", "auto_loan", "student_loan", "mortgage", "utility", "medical", "other")
"""What a contract or a clause may be limited to: the products of accounts (contract 4.1)."""

APPROVED_WITHIN = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a contract says besides its fees. Empty products or countries: all of them. Days are inclusive."""

    number: str
    valid_from: date
    valid_until: date | None = None
    products: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    capacity_accounts: int | None = None
    capacity_amount: Decimal | None = None
    term_days: int = 180
    acknowledge_days: int = 2
    transit_days: int = 3
    tail_days: int = 30
    remits: Remittance = Remittance.GROSS
    reversal_days: int | None = None  # a payment taken back later than this keeps its fee
    concentration: Decimal | None = None  # shares, such as 0.4
    min_share: Decimal | None = None
    settlement_floor: Decimal | None = None
    instalments_most: int | None = None
    first_work_days: int | None = None
    extension_days_most: int | None = None
    waiver_most: Decimal | None = None
    demands: tuple[Demand, ...] = ()


def draft_contract(
    session: Session, actor: Actor, agency: Agency, conditions: Conditions, clauses: Sequence[Clause], *, at: datetime,
    amends: Contract | None = None,
) -> Contract:  # fmt: skip
    """Draft a contract with its fee terms; an approver other than the drafter is asked to approve it.

    With `amends` it is the next version of that approved contract, under the same number. Raises Invalid for terms that make no sense or
    contradict each other, Conflict for a number that is taken or a contract that cannot be amended.
    """
    _check(conditions, clauses)
    if amends is not None:
        _check_amendment(conditions, amends)
    contract = Contract(
        agency_id=agency.id, number=conditions.number, valid_from=conditions.valid_from, valid_until=conditions.valid_until,
        products=" ".join(conditions.products), countries=" ".join(conditions.countries), capacity_accounts=conditions.capacity_accounts,
        capacity_amount=conditions.capacity_amount, term_days=conditions.term_days, acknowledge_days=conditions.acknowledge_days,
        transit_days=conditions.transit_days, tail_days=conditions.tail_days, state=ContractState.DRAFT, created_by=actor.label,
        created_by_id=actor.user_id, created_at=at, version=amends.version + 1 if amends else 1, amends_id=amends.id if amends else None,
        remits=conditions.remits, reversal_days=conditions.reversal_days, concentration=conditions.concentration,
        min_share=conditions.min_share, settlement_floor=conditions.settlement_floor, instalments_most=conditions.instalments_most,
        first_work_days=conditions.first_work_days, extension_days_most=conditions.extension_days_most, waiver_most=conditions.waiver_most,
    )  # fmt: skip
    taken = N_("This agency has a contract with the number %(number)s already, or a draft of its next version.")
    with unique_or_conflict(session, taken, number=conditions.number):
        session.add(contract)
    session.add_all(_term(contract, clause) for clause in clauses)
    session.add_all(
        ContractDemand(contract_id=contract.id, code=one.code, least=one.least) for one in conditions.demands
    )
    tasks.open_task(
        session, "contract.approve", _subject(contract), N_("Approve the contract %(number)s of %(agency)s"),
        link=f"/agencies/{agency.code}/contracts/{contract.id}", role=Role.APPROVER, due_at=at + APPROVED_WITHIN, not_by_id=actor.user_id,
        number=contract.number, agency=agency.code,
    )  # fmt: skip
    audit.record(
        session, actor, CONTRACT_DRAFTED, _subject(contract), agency=agency.code, number=contract.number, valid_from=contract.valid_from,
        valid_until=contract.valid_until, version=contract.version, clauses=[[c.clause, str(c.rate), str(c.direct_rate)] for c in clauses],
        demands=[[one.code, None if one.least is None else str(one.least)] for one in conditions.demands],
    )  # fmt: skip
    session.flush()
    return contract


def discard_draft(session: Session, actor: Actor, contract: Contract) -> None:
    """Throw a draft away; what was approved once stays for good."""
    _hold(session, contract)
    if contract.state is not ContractState.DRAFT:
        raise Conflict(N_("This contract was approved and stays on record. End it instead."))
    tasks.close_tasks(session, _subject(contract), actor, cancelled=True)
    audit.record(session, actor, CONTRACT_DISCARDED, _subject(contract), number=contract.number)
    for term in queries.terms_of(session, [contract.id]).get(contract.id, []):
        session.delete(term)
    for demand in queries.demands_of(session, [contract.agency_id]).get(contract.id, []):
        session.delete(demand)
    session.flush()
    session.delete(contract)


def approve_contract(session: Session, actor: Actor, contract: Contract, *, at: datetime) -> Contract:
    """Approve a draft: its terms bind. Raises Forbidden for its drafter, Conflict where another contract covers the same accounts."""
    if actor.user_id is not None and actor.user_id == contract.created_by_id:
        raise Forbidden(N_("You drafted this contract, so another person has to approve it."))
    _hold(session, contract)
    if contract.state is not ContractState.DRAFT:
        raise Conflict(N_("This contract is approved already."))
    if contract.amends_id is not None:
        _supersede(session, actor, session.get_one(Contract, contract.amends_id), contract)
    if rival := _rival(session, contract):
        raise Conflict(
            N_("Contract %(number)s covers the same accounts on the same days. End it first."), number=rival.number
        )
    contract.state, contract.approved_by, contract.approved_at = ContractState.APPROVED, actor.label, at
    tasks.close_tasks(session, _subject(contract), actor)
    audit.record(session, actor, CONTRACT_APPROVED, _subject(contract), number=contract.number)
    session.flush()
    return contract


def end_contract(session: Session, actor: Actor, contract: Contract, *, last_day: date, reason: str) -> Contract:
    """End an approved contract with this day; accounts placed under it keep its terms. Raises Invalid or Conflict."""
    _hold(session, contract)
    if contract.state is not ContractState.APPROVED:
        raise Conflict(N_("Only an approved contract can be ended."))
    if last_day < contract.valid_from or (contract.valid_until is not None and last_day > contract.valid_until):
        message = N_("Choose a day within the contract's term.")
        raise Invalid(message, fields={"last_day": message})
    if not reason.strip():
        message = N_("Give the reason.")
        raise Invalid(message, fields={"reason": message})
    contract.state, contract.valid_until = ContractState.ENDED, last_day
    audit.record(session, actor, CONTRACT_ENDED, _subject(contract), last_day=last_day, reason=reason.strip())
    session.flush()
    return contract


def _supersede(session: Session, actor: Actor, former: Contract, contract: Contract) -> None:
    """End the version before with the day before this one begins, if it still runs then."""
    last_day = contract.valid_from - timedelta(days=1)
    if former.state is not ContractState.APPROVED or former.valid_from > last_day:
        raise Conflict(N_("The version that this one amends was ended or changed. Draft the amendment again."))
    if former.valid_until is None or former.valid_until > last_day:
        former.state, former.valid_until = ContractState.ENDED, last_day
        audit.record(
            session,
            actor,
            CONTRACT_ENDED,
            _subject(former),
            last_day=last_day,
            reason=f"amended by version {contract.version}",
        )
        session.flush()


def _check_amendment(conditions: Conditions, former: Contract) -> None:
    if former.state is not ContractState.APPROVED:
        raise Conflict(N_("Only an approved contract can be amended."))
    if conditions.number != former.number:
        raise _wrong("number", N_("An amendment keeps the contract's number."))
    if conditions.valid_from <= former.valid_from:
        raise _wrong("valid_from", N_("An amendment begins after the version that it follows."))


def _hold(session: Session, contract: Contract) -> None:
    """Decide on the contract as it is now, and alone among the contracts of its agency: two approved at once could be rivals."""
    session.get_one(Agency, contract.agency_id, with_for_update=True)
    session.refresh(contract)


def _rival(session: Session, contract: Contract) -> Contract | None:
    """A binding contract of the agency under which the same accounts could be placed on the same days."""
    others = queries.binding_contracts(session, contract.agency_id)
    return next((other for other in others if other.id != contract.id and _same_ground(other, contract)), None)


def _same_ground(one: Contract, other: Contract) -> bool:
    return (
        meet(one.valid_from, one.valid_until, other.valid_from, other.valid_until)
        and _share(one.products, other.products)
        and _share(one.countries, other.countries)
    )


def _share(one: str, other: str) -> bool:
    """True if two lists have something in common; an empty one stands for everything."""
    return not one or not other or not set(one.split()).isdisjoint(other.split())


def _check(conditions: Conditions, clauses: Sequence[Clause]) -> None:
    if conditions.valid_until is not None and conditions.valid_until < conditions.valid_from:
        raise _wrong("valid_until", N_("The last day lies before the first."))
    if not set(conditions.countries) <= COUNTRIES:
        raise _wrong("countries", N_("Write countries as two capital letters each, such as US CN."))
    if not {*conditions.products, *(clause.product for clause in clauses if clause.product)} <= set(PRODUCTS):
        raise _wrong("products", N_("Choose products of the list."))
    for name in ("min_share", "settlement_floor", "waiver_most"):
        share = getattr(conditions, name)
        if share is not None and not 0 <= share <= 1:
            raise _wrong(name, N_("Write a percentage from 0 to 100."))
    if conditions.concentration is not None and not 0 < conditions.concentration <= 1:
        raise _wrong("concentration", N_("Write a share above 0 and up to 100 percent."))
    for demand in conditions.demands:
        if demand.code not in credential_types() or credential_types()[demand.code].of_collectors:
            raise _wrong("demands", N_("Choose credentials of agencies from the catalogue."))
    if len({demand.code for demand in conditions.demands}) < len(conditions.demands):
        raise _wrong("demands", N_("Name each credential once."))
    if not clauses:
        raise _wrong("clauses", N_("Write at least one clause with its rate."))
    for clause in clauses:
        if not (0 <= clause.rate <= 1 and 0 <= clause.direct_rate <= 1):
            raise _wrong("clauses", N_("Write rates from 0 to 100 percent."))
        if clause.balance_from < 0 or (clause.balance_to is not None and clause.balance_to <= clause.balance_from):
            raise _wrong("clauses", N_("In each clause the balance from lies below the balance to."))
        if clause.late_to is not None and clause.late_to <= (clause.late_from or 0):
            raise _wrong("clauses", N_("In each clause the days late from lie below the days late to."))
        if clause.valid_until is not None and clause.valid_until < clause.valid_from:
            raise _wrong("clauses", N_("In each clause the last day does not lie before the first."))
    if pairs := overlaps(clauses):
        one, other = pairs[0]
        message = N_("Clauses %(one)s and %(other)s would set the rate of the same payment.")
        raise Invalid(message, one=one.clause, other=other.clause)


def _term(contract: Contract, clause: Clause) -> FeeTerm:
    return FeeTerm(
        contract_id=contract.id, clause=clause.clause, text=clause.text, product=clause.product, balance_from=clause.balance_from,
        balance_to=clause.balance_to, rate=clause.rate, direct_rate=clause.direct_rate, valid_from=clause.valid_from,
        valid_until=clause.valid_until, late_from=clause.late_from, late_to=clause.late_to, tier=clause.tier,
    )  # fmt: skip


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})


def _subject(contract: Contract) -> str:
    return f"contract:{contract.id}"
