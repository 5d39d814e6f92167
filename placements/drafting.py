"""Drawing a plan: what is known now becomes candidates and seats, the rule deals, and inputs and lines are stored.

The stored plan is the record. Its fingerprint covers inputs and lines, so that what was approved is what is placed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.credentials import AgencyFacts, Agreement, holds
from agencies.models import MAY_RECEIVE, AgencyStatus
from placements import eligibility, pool_queries, queries, request_queries
from placements.dealing import RUN, Dealt, deal, plan_currency
from placements.eligibility import Held
from placements.models import Plan, PlanLine
from placements.pool_queries import Known, Pool
from placements.seats import Candidate, Place
from placements.segments import present_bands
from portal import audit, bulk
from portal.errors import N_, Invalid
from portal.permissions import SYSTEM
from portal.refs import derived_ref
from portal.types import to_major, to_minor

VERSION: Final = 1  # of the stored inputs
# Those who wait for nothing but the bank's word; the others have never been let in, or have left.
ON_PANEL: Final = MAY_RECEIVE | {AgencyStatus.SUSPENDED, AgencyStatus.EXITING}
COLUMNS: Final = (
    "plan_id", "account_id", "consumer_ref", "product", "jurisdiction", "balance", "currency", "days_late", "score", "tier",
    "follows", "barred", "obstacles", "cell", "agency_id", "contract_id", "placement_ref", "why",
)  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """Which accounts a plan is about: a portfolio by name, or single accounts.

    `balances` is for taking over placements that exist elsewhere: what was placed then, by account reference.
    """

    portfolio: str | None = None
    account_refs: tuple[str, ...] = ()
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


def draw(
    session: Session, selection: Selection, weights: Weights, *, seed: int | str, effective_at: datetime, at: datetime
) -> Drawn:
    """Draw a plan from what is known now. Raises Invalid for accounts or agencies that are not there."""
    days = days_of(effective_at, at)
    pool, known = _pool(session, selection)
    holders, before = pool_queries.holders(session, pool), pool_queries.held_before(session, pool)
    candidates = _candidates(session, pool, known, selection, holders, before, days[0])
    members = _panel(session, weights)
    places = {c.place for c in candidates}
    held = pool_queries.held_now(session, [facts.id for facts, _ in members], plan_currency(candidates))
    together = pool_queries.open_everywhere(session) + sum(not candidate.obstacles for candidate in candidates)
    seats = [
        eligibility.seat(facts, places, days, weight=weight, held=held.get(facts.id, Held()), together=together)
        for facts, weight in _with_least(members, days[0])
    ]
    bands = present_bands()
    inputs = {
        "version": VERSION,
        "scipy": version("scipy"),
        "run": RUN,
        "seed": seed,
        "days": [day.isoformat() for day in days],
        "selection": _stored(selection),
        "bands": bands.stored(),
        "panel": [{**seat.stored(), "facts": _digest(facts)} for seat, (facts, _) in zip(seats, members, strict=True)],
    }
    return Drawn(
        inputs,
        deal(candidates, seats, bands=bands, seed=str(seed)),
        {account_id: 1 + len(codes) for account_id, codes in before.items()},
        {facts.code: facts for facts, _ in members},
        {facts.code: eligibility.contracts(facts, places, days[0]) for facts, _ in members},
    )


def store(session: Session, plan: Plan, drawn: Drawn) -> None:
    """Make what was drawn the plan's record: inputs, lines, reasons, totals and fingerprint. Earlier lines are replaced."""
    dealt = drawn.dealt
    placed = [line for line in dealt.lines if line.agency is not None]
    plan.inputs, plan.arms = dict(drawn.inputs), dict(dealt.arms)
    plan.whys = [[why.stored() for why in whys] for whys in dealt.whys]
    plan.currency, plan.accounts, plan.left_out = dealt.currency, len(placed), len(dealt.lines) - len(placed)
    plan.balance = to_major(sum(line.candidate.balance for line in placed))
    plan.fingerprint = ""
    session.add(plan)
    session.flush()
    session.execute(delete(PlanLine).where(PlanLine.plan_id == plan.id))
    rows = list(_rows(plan, drawn))
    bulk.insert_rows(session, PlanLine.__table__, COLUMNS, rows)  # type: ignore[arg-type]
    at = {name: place for place, name in enumerate(COLUMNS)}
    signed = ("account_id", "agency_id", "contract_id", "cell", "placement_ref", "why", "balance")
    plan.fingerprint = fingerprint(
        plan.inputs, ((*(row[at[name]] for name in signed[:-1]), to_minor(row[at["balance"]])) for row in rows)
    )


def fingerprint(inputs: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over the inputs and the lines: (account id, agency id, contract id, cell, placement ref, why, balance in minor units).

    The lines count in the order of their account ids, however they come.
    """
    digest = hashlib.sha256(audit.canonical(inputs).encode())
    for row in sorted(rows, key=lambda row: row[0]):
        digest.update(("\n" + "|".join(map(str, row))).encode())
    return digest.hexdigest()


def days_of(effective_at: datetime, at: datetime) -> list[date]:
    """The days on which licences must hold: that on which the plan takes effect, and today where that one is past."""
    return sorted({effective_at.date(), max(effective_at, at).date()})


def _pool(session: Session, selection: Selection) -> tuple[Pool, list[Known]]:
    if selection.portfolio is not None:
        pool = pool_queries.of_portfolio(queries.get_portfolio(session, selection.portfolio).id)
    else:
        pool = pool_queries.of_refs(selection.account_refs)
    known = pool_queries.accounts(session, pool)
    if missing := sorted(set(selection.account_refs) - {row.account_ref for row in known}):
        shown = ", ".join(missing[:10])
        raise Invalid(N_("These accounts are not known: %(refs)s"), refs=shown)
    if not known:
        raise Invalid(
            N_("There are no accounts to place."), fields={"portfolio": N_("Choose a portfolio with accounts.")}
        )
    return pool, known


def _candidates(
    session: Session,
    pool: Pool,
    known: Sequence[Known],
    selection: Selection,
    holders: Mapping[int, str],
    before: Mapping[int, Sequence[str]],
    on: date,
) -> list[Candidate]:
    settled = request_queries.settled(session, (row.account_id for row in known))
    holds, followed = pool_queries.holds_on(session, pool), pool_queries.followed(session, pool)
    made = []
    for row in known:
        told = selection.balances.get(row.account_ref)
        balance = row.balance if told is None else to_minor(told)
        late = eligibility.days_late(
            on, defaulted_on=row.defaulted_on, days_past_due=row.days_past_due, as_of=row.as_of
        )
        made.append(
            Candidate(
                row.account_id,
                row.account_ref,
                row.consumer_ref,
                str(row.product),
                row.jurisdiction,
                row.currency,
                balance,
                late,
                row.score,
                eligibility.obstacles(
                    holds_on=holds.get(row.account_id, ()),
                    holder=holders.get(row.account_id),
                    balance=balance,
                    is_settled=row.account_id in settled,
                ),
                followed.get(row.consumer_id),
                tuple(sorted(set(before.get(row.account_id, ())))),
            )
        )
    return made


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
            drawn.tiers.get(c.account_id, 1), c.follows, list(c.barred) or None, list(c.obstacles) or None, line.cell,
            agency.id if agency else None, contract.id if contract else None,
            derived_ref("plc", plan.ref, c.account_ref) if agency else None, line.why,
        )  # fmt: skip


def _stored(selection: Selection) -> dict[str, Any]:
    if selection.portfolio is not None:
        return {"portfolio": selection.portfolio}
    return {"account_refs": len(selection.account_refs), "balances_given": bool(selection.balances)}


def _digest(facts: AgencyFacts) -> str:
    """A short hash of all that was known of an agency, to see later whether it was the same."""
    contracts = [
        {**asdict(one), "products": sorted(one.products), "countries": sorted(one.countries)} for one in facts.contracts
    ]
    papers = [sorted(facts.held.items()), sorted(facts.lifted.items()), sorted(facts.practices), facts.staff]
    told = (facts.status, facts.ramp, facts.conditions, facts.may_receive, facts.standing_reason, contracts, papers)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
