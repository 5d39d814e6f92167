"""What the strategy in force says about the accounts and agencies of a plan: read once, as values, when the plan is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.credentials import AgencyFacts, holds
from placements import sharing, strategy_queries
from placements.dealing import Policy
from placements.pool_queries import Known
from placements.strategy import OPTIMISED, Comparison, Facts, Rules, Tier
from placements.worth import FeeClause, Worth
from portal.types import to_minor

Members = Sequence[tuple[AgencyFacts, float]]


@dataclass(frozen=True)
class Bound:
    """The strategy in force: its version and rules."""

    version: int
    rules: Rules


@dataclass(frozen=True)
class Stands:
    """Where an account stands by the strategy: its tier and its treatment."""

    tier: Tier
    treatment: str


@dataclass(frozen=True)
class Split:
    """How the strategy splits a plan: the agencies' weights, the parts owed to them, and how it is dealt."""

    weights: Mapping[str, float]
    least: Mapping[str, float] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)


def in_force(session: Session) -> Bound | None:
    """The newest approved strategy; none where the bank has not approved one yet."""
    found = strategy_queries.in_force(session)
    return Bound(found.version, Rules.of(found.rules)) if found else None


def runs(comparison: Comparison | None, on: date) -> bool:
    """True while a comparison takes accounts in."""
    return comparison is not None and on <= comparison.until


def stands(bound: Bound, row: Known, balance: int, days_late: int | None, held: int, on: date) -> Stands:
    """Tier and treatment of an account on a day. `balance` is in minor units; `held`: placements of it that ended."""
    facts = Facts(
        days_since_payment=(on - row.last_payment_on).days if row.last_payment_on else None,
        score=row.score,
        balance=balance,
        days_late=days_late,
        held=held,
        days_to_limitation=(row.limitation_on - on).days if row.limitation_on else None,
    )
    treatment = bound.rules.treatment(facts)
    return Stands(bound.rules.tier(treatment, held), treatment)


def split(session: Session, bound: Bound, members: Members, currency: str | None, on: date) -> Split:
    """The strategy's own split of a plan among these agencies."""
    rules = bound.rules
    codes = [facts.code for facts, weight in members if weight > 0]
    worth = worth_of(session, members, currency, on, conduct_price=rules.shares.conduct_price)
    before = strategy_queries.shares_before(session, currency)
    weights = dict.fromkeys((facts.code for facts, _ in members), 0.0)
    weights |= sharing.weights_of(rules.shares, codes, worth.effects, before)
    comparison = rules.comparison if runs(rules.comparison, on) else None
    return Split(weights, rules.shares.least, Policy(comparison, rules.shares.way == OPTIMISED, worth))


def plain(session: Session, members: Members, currency: str | None, on: date) -> Policy:
    """The policy of a plan that a person split: nothing but what accounts are worth, for its forecast."""
    return Policy(worth=worth_of(session, members, currency, on))


def worth_of(
    session: Session, members: Members, currency: str | None, on: date, *, conduct_price: float = 0.0
) -> Worth:  # fmt: skip
    """Rates, effects and fees as they are known now, of the agencies that take part."""
    codes = {facts.code for facts, _ in members}
    effects = {code: one for code, one in strategy_queries.effects(session, currency).items() if code in codes}
    rates = strategy_queries.rates(session, currency)
    return Worth(rates, effects, fees_of(session, members, on), conduct_price * 100)


def fees_of(session: Session, members: Members, on: date) -> dict[str, tuple[FeeClause, ...]]:
    """The fee clauses in force on a day, by agency."""
    contracts = {one.id: facts.code for facts, _ in members for one in facts.contracts if holds(one, on)}
    found: dict[str, tuple[FeeClause, ...]] = {}
    for contract_id, terms in agencies.terms_of(session, contracts).items():
        clauses = tuple(
            FeeClause(
                float(term.rate),
                term.product,
                to_minor(term.balance_from),
                None if term.balance_to is None else to_minor(term.balance_to),
            )
            for term in terms
            if holds(term, on)
        )
        found[contracts[contract_id]] = found.get(contracts[contract_id], ()) + clauses
    return found
