"""Drawing a plan: what is known now becomes candidates and seats, the rule deals, and inputs and lines are stored.

The stored plan is the record. Its fingerprint covers inputs and lines, so that what was approved is what is placed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from itertools import islice
from sys import intern
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.credentials import AgencyFacts, Agreement, holds
from agencies.models import MAY_RECEIVE, AgencyStatus
from placements import eligibility, plan_queries, policies, pool_queries, queries, strategy_queries
from placements.dealing import RUN, Dealt, deal, plan_currency
from placements.eligibility import Held
from placements.models import Plan, PlanLine, RecallReason
from placements.pool_filter import Conditions
from placements.pool_queries import Known, Pool
from placements.seats import Candidate, Place
from placements.segments import present_bands
from portal import audit, bulk
from portal.collecting import few_collections
from portal.errors import N_, Invalid
from portal.permissions import SYSTEM
from portal.refs import derived_ref
from portal.types import to_major, to_minor

VERSION: Final = 1  # of the stored inputs
# Those who wait for nothing but the bank's word; the others have never been let in, or have left.
ON_PANEL: Final = MAY_RECEIVE | {AgencyStatus.SUSPENDED, AgencyStatus.EXITING}
COLUMNS: Final = (
    "plan_id", "account_id", "consumer_ref", "product", "jurisdiction", "balance", "currency", "days_late", "score", "tier",
    "follows", "barred", "obstacles", "track", "treatment", "side_before", "side", "cell", "agency_id", "contract_id", "placement_ref",
    "why",
)  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """Which accounts a plan is about: a portfolio by name, a saved pool by its reference, or single accounts.

    `balances` is for taking over placements that exist elsewhere: what was placed then, by account reference. `moves`: the accounts
    are placed and go to another agency; they are recalled for this reason when the plan is placed.
    """

    portfolio: str | None = None
    account_refs: tuple[str, ...] = ()
    pool: str | None = None
    moves: RecallReason | None = None
    balances: Mapping[str, Decimal] = field(default_factory=dict)


Weights = Mapping[str, float]
"""Which agencies take part, with their parts of the split; empty: everybody on the panel, in equal parts."""


@dataclass(frozen=True)
class Drawn:
    """A plan before it is stored."""

    inputs: Mapping[str, Any]
    dealt: Dealt
    tiers: Mapping[int, int]
    agencies: Mapping[str, AgencyFacts]
    contracts: Mapping[str, Mapping[Place, Agreement]]


@few_collections()
def draw(
    session: Session,
    selection: Selection,
    weights: Weights,
    *,
    seed: int | str,
    effective_at: datetime,
    at: datetime,
    by_strategy: bool = False,
) -> Drawn:
    """Draw a plan from what is known now. Raises Invalid for accounts or agencies that are not there.

    The rules of the strategy in force bind every plan; with `by_strategy` it also splits it, among the agencies named if any are, and
    its running comparison takes part.
    """
    days = days_of(effective_at, at)
    bound = policies.in_force(session)
    if by_strategy and bound is None:
        raise Invalid(N_("No strategy is approved yet, so none can split this plan."))
    pool, origin = _pool(session, selection, days[0])
    facts = _facts_of_pool(session, pool, selection, bound, days[0])
    candidates = [_candidate(row, selection, facts, bound, days[0]) for row in pool_queries.accounts(session, pool)]
    _check(selection, candidates)
    currency = plan_currency(candidates)
    members = _panel(session, weights)
    split = policies.split(session, bound, members, currency, days[0]) if by_strategy and bound else None
    places = {c.place for c in candidates}
    held = pool_queries.held_now(session, [member.id for member, _ in members], currency)
    together = pool_queries.open_everywhere(session) + sum(not candidate.obstacles for candidate in candidates)
    seats = [
        eligibility.seat(
            member, places, days, weight=split.weights[member.code] if split else weight, held=held.get(member.id, Held()),
            together=together, rules=bound.rules if bound else None, least=split.least.get(member.code, 0.0) if split else 0.0,
        )
        for member, weight in _with_least(members, days[0])
    ]  # fmt: skip
    bands = bound.rules.bands if bound else present_bands()
    policy = split.policy if split else policies.plain(session, members, currency, days[0])
    inputs = {
        "version": VERSION,
        "scipy": version("scipy"),
        "run": RUN,
        "seed": seed,
        "days": [day.isoformat() for day in days],
        "selection": _stored(selection) | origin,
        "strategy": bound.version if bound else None,
        "by_strategy": by_strategy,
        "terms": {tier.name: tier.term_days for tier in bound.rules.tiers if tier.term_days} if bound else {},
        "policy": policy.stored(),
        "bands": bands.stored(),
        "panel": [
            {**seat.stored(), "facts": _digest(member)} for seat, (member, _) in zip(seats, members, strict=True)
        ],
    }
    return Drawn(
        inputs,
        deal(candidates, seats, bands=bands, seed=str(seed), policy=policy),
        {account_id: 1 + len(codes) for account_id, codes in facts.before.items()},
        {member.code: member for member, _ in members},
        {member.code: eligibility.contracts(member, places, days[0]) for member, _ in members},
    )


@few_collections()
def store(session: Session, plan: Plan, drawn: Drawn) -> None:
    """Make what was drawn the plan's record: inputs, lines, reasons, totals and fingerprint. Earlier lines are replaced."""
    dealt = drawn.dealt
    placed = [line for line in dealt.lines if line.agency is not None]
    plan.inputs, plan.arms, plan.forecast = dict(drawn.inputs), dict(dealt.arms), dict(dealt.forecast)
    plan.strategy_version = drawn.inputs["strategy"]
    comparison = drawn.inputs["policy"]["comparison"]
    plan.comparison = comparison["salt"] if comparison else None
    plan.whys = [[why.stored() for why in whys] for whys in dealt.whys]
    plan.currency, plan.accounts, plan.left_out = dealt.currency, len(placed), len(dealt.lines) - len(placed)
    plan.balance = to_major(sum(line.candidate.balance for line in placed))
    plan.fingerprint = ""
    session.add(plan)
    session.flush()
    session.execute(delete(PlanLine).where(PlanLine.plan_id == plan.id))
    bulk.insert_rows(session, PlanLine.__table__, COLUMNS, _rows(plan, drawn))  # type: ignore[arg-type]
    plan.fingerprint = fingerprint(plan.inputs, plan_queries.signed_rows(session, plan))


def fingerprint(inputs: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over the inputs and the lines: (account id, agency id, contract id, cell, placement ref, why, balance in minor units).

    The lines come in the order of their account ids (plan_queries.signed_rows).
    """
    digest = hashlib.sha256(audit.canonical(inputs).encode())
    lines = ("\n" + "|".join(map(str, row)) for row in rows)
    while lot := "".join(islice(lines, 5000)):
        digest.update(lot.encode())
    return digest.hexdigest()


def days_of(effective_at: datetime, at: datetime) -> list[date]:
    """The days on which licences must hold: that on which the plan takes effect, and today where that one is past."""
    return sorted({effective_at.date(), max(effective_at, at).date()})


def _pool(session: Session, selection: Selection, on: date) -> tuple[Pool, dict[str, Any]]:
    """The pool, and what a plan remembers of where it came from."""
    if selection.portfolio is not None:
        return pool_queries.of_portfolio(queries.get_portfolio(session, selection.portfolio).id), {}
    if selection.pool is not None:
        saved = strategy_queries.pool(session, selection.pool)
        origin = {"name": saved.name, "conditions": saved.conditions}
        return pool_queries.of_conditions(session, Conditions.of(saved.conditions), on), origin
    return pool_queries.of_refs(selection.account_refs), {}


def _check(selection: Selection, candidates: Sequence[Candidate]) -> None:
    """Raise Invalid if accounts were named that are not known, or there are none at all."""
    wanted = set(selection.account_refs)
    if missing := sorted(wanted - {row.account_ref for row in candidates} if wanted else ()):
        shown = ", ".join(missing[:10])
        raise Invalid(N_("These accounts are not known: %(refs)s"), refs=shown)
    if not candidates:
        raise Invalid(
            N_("There are no accounts to place."), fields={"portfolio": N_("Choose a portfolio with accounts.")}
        )


@dataclass(frozen=True)
class _PoolFacts:
    """What is known of the accounts of a pool beside themselves, by account id; sides and followed agencies by consumer."""

    holds: Mapping[int, Sequence[str]]
    holders: Mapping[int, str]
    before: Mapping[int, Sequence[str]]
    followed: Mapping[int, str]
    ended: Mapping[int, date]
    settled: Collection[int]
    sides: Mapping[str, str]


def _facts_of_pool(
    session: Session, pool: Pool, selection: Selection, bound: policies.Bound | None, on: date
) -> _PoolFacts:
    holders, before = pool_queries.holders(session, pool), pool_queries.held_before(session, pool)
    if selection.moves is not None:  # who holds them now is who held them before, once they have moved
        before = {account_id: [*before.get(account_id, ()), code] for account_id, code in holders.items()}
        holders = {}
    rests = bound is not None and any(tier.grace_days for tier in bound.rules.tiers)
    comparison = bound.rules.comparison if bound else None
    salt = comparison.salt if comparison and policies.runs(comparison, on) else None
    return _PoolFacts(
        pool_queries.holds_on(session, pool),
        holders,
        before,
        pool_queries.followed(session, pool, besides=selection.account_refs if selection.moves else ()),
        pool_queries.last_ended(session, pool) if rests else {},
        pool_queries.settled(session, pool),
        pool_queries.sides_before(session, pool, salt) if salt else {},
    )


def _candidate(
    row: Known, selection: Selection, facts: _PoolFacts, bound: policies.Bound | None, on: date
) -> Candidate:
    told = selection.balances.get(row.account_ref)
    balance = row.balance if told is None else to_minor(told)
    late = eligibility.days_late(on, defaulted_on=row.defaulted_on, days_past_due=row.days_past_due, as_of=row.as_of)
    before = facts.before.get(row.account_id, ())
    stands = policies.stands(bound, row, balance, late, len(before), on) if bound else None
    until = bound.rules.rests_until(stands.tier, facts.ended.get(row.account_id)) if bound and stands else None
    return Candidate(
        row.account_id, row.account_ref, row.consumer_ref, str(row.product), intern(row.jurisdiction), intern(row.currency), balance, late, row.score,
        eligibility.obstacles(
            holds_on=facts.holds.get(row.account_id, ()), holder=facts.holders.get(row.account_id), balance=balance,
            rests_until=until if until and on < until else None,
            rests_in=stands.tier.name if stands and stands.tier.rests else None, is_settled=row.account_id in facts.settled,
        ),
        facts.followed.get(row.consumer_id), tuple(sorted(set(before))), stands.tier.name if stands else None,
        stands.treatment if stands else "standard", facts.sides.get(row.consumer_ref),
    )  # fmt: skip


def _panel(session: Session, weights: Weights) -> list[tuple[AgencyFacts, float]]:
    """The agencies that take part, by code, with their weights."""
    everybody = {agency.code: agency for agency in agencies.everyone(session, SYSTEM)}
    if unknown := sorted(weights.keys() - everybody.keys()):
        raise Invalid(
            N_("These agencies are not known: %(codes)s"),
            fields={"agencies": N_("Name agencies that are known.")},
            codes=", ".join(unknown),
        )
    if any(not 0 <= weight < math.inf for weight in weights.values()):
        raise Invalid(
            N_("An agency's part of a plan is a number, and not below zero."),
            fields={"agencies": N_("Write parts from zero up.")},
        )
    weights = weights or {code: 1.0 for code, agency in everybody.items() if agency.status in ON_PANEL}
    facts = agencies.facts(session, [everybody[code].id for code in weights])
    return sorted(((found, weights[found.code]) for found in facts.values()), key=lambda pair: pair[0].code)


def _with_least(members: Sequence[tuple[AgencyFacts, float]], day: date) -> list[tuple[AgencyFacts, float]]:
    """The members with the shares that their contracts in force promise at least."""
    least = {
        facts.code: max(
            (float(one.min_share) for one in facts.contracts if one.min_share and holds(one, day)), default=0.0
        )
        for facts, _ in members
    }
    weights = eligibility.with_min_shares({facts.code: weight for facts, weight in members}, least)
    return [(facts, weights[facts.code]) for facts, _ in members]


def _rows(plan: Plan, drawn: Drawn) -> Iterable[tuple[Any, ...]]:
    for line in drawn.dealt.lines:
        c = line.candidate
        agency = drawn.agencies[line.agency] if line.agency else None
        contract = drawn.contracts[line.agency][c.place] if line.agency else None
        yield (
            plan.id, c.account_id, c.consumer_ref, c.product, c.jurisdiction, to_major(c.balance), c.currency, c.days_late, c.score,
            drawn.tiers.get(c.account_id, 1), c.follows, list(c.barred) or None, list(c.obstacles) or None, c.track, c.treatment, c.side,
            line.side, line.cell,
            agency.id if agency else None, contract.id if contract else None,
            derived_ref("plc", plan.ref, c.account_ref) if agency else None, line.why,
        )  # fmt: skip


def _stored(selection: Selection) -> dict[str, Any]:
    if selection.portfolio is not None:
        return {"portfolio": selection.portfolio}
    if selection.pool is not None:
        return {"pool": selection.pool}
    if selection.moves is not None:
        return {"account_refs": len(selection.account_refs), "moves": selection.moves.value}
    return {"account_refs": len(selection.account_refs), "balances_given": bool(selection.balances)}


def _digest(facts: AgencyFacts) -> str:
    """A short hash of all that was known of an agency, to see later whether it was the same."""
    contracts = [
        {**asdict(one), "products": sorted(one.products), "countries": sorted(one.countries)} for one in facts.contracts
    ]
    papers = [sorted(facts.held.items()), sorted(facts.lifted.items()), sorted(facts.practices), facts.staff]
    told = (facts.status, facts.ramp, facts.conditions, facts.may_receive, facts.standing_reason, contracts, papers)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
