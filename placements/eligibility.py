"""Rule: which agencies may take accounts of a place and product, and every reason why not; which obstacles an account has itself.

Accounts of one consumer go to one agency, so a group may go where every one of its accounts may; putting the answers for single
accounts together is dealing's part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from agencies.credentials import AgencyFacts, Agreement, contract_for, holds, may_collect, not_licensed
from placements.jurisdictions import country_of
from placements.reasons import Why
from placements.seats import PAID, Place, Seat, grace_obstacle, hold_obstacle, placed_obstacle, rest_obstacle
from placements.strategy import Rules
from portal.types import to_minor


def refusals(
    agency: AgencyFacts, places: Iterable[Place], days: Collection[date], *, papers_until: date | None = None
) -> dict[Place, tuple[Why, ...]]:
    """Every reason why this agency may not take accounts of these places on every one of these days; places without one are left out.

    The days are that on which the plan takes effect and, where that one is past, also the day of drawing or placing it: a
    licence that lapsed meanwhile is no licence. On `papers_until` its papers alone must still hold: an account is not placed to be
    called back next week.
    """
    found = {}
    for place in places:
        reasons = [reason for day in sorted(days) for reason in may_collect(agency, *place, day)]
        if papers_until is not None:
            reasons += not_licensed(agency, place[0], papers_until)
        if reasons:
            found[place] = tuple(Why(reason, agency.code) for reason in dict.fromkeys(reasons))
    return found


@dataclass(frozen=True)
class Limits:
    """The most an agency may hold: open placements, placed balance in minor units, open placements on probation or under conditions.

    `part` is also a number of open placements: its contract's part of all that the panel has.
    """

    accounts: int | None
    amount: int | None
    ramp: int | None
    part: int | None = None

    def are_kept(self, held: Held) -> bool:
        """True if an agency that holds so much is within its limits."""
        counts = all(most is None or held.accounts <= most for most in (self.accounts, self.ramp, self.part))
        return counts and (self.amount is None or held.amount <= self.amount)


@dataclass(frozen=True)
class Held:
    """What an agency holds now: open placements, and the placed balance of those in one currency, in minor units."""

    accounts: int = 0
    amount: int = 0


def limits(agency: AgencyFacts, day: date, together: int) -> Limits:
    """The agency's limits on a day. Contracts that run beside each other cover different accounts, so their capacities add up.

    `together` is how many placements the whole panel would have open: a contract's concentration is a part of them. Of several the
    strictest counts, since it speaks of the agency and not of single accounts.
    """
    in_force = [contract for contract in agency.contracts if holds(contract, day)]
    parts = [int(contract.concentration * together) for contract in in_force if contract.concentration is not None]
    return Limits(
        accounts=_sum([contract.capacity_accounts for contract in in_force]),
        amount=_sum([None if (most := contract.capacity_amount) is None else to_minor(most) for contract in in_force]),
        ramp=agency.most_accounts(day),
        part=min(parts, default=None),
    )


def seat(
    agency: AgencyFacts,
    places: Collection[Place],
    days: Collection[date],
    *,
    weight: float,
    held: Held,
    together: int,
    rules: Rules | None = None,
    least: float = 0.0,
) -> Seat:
    """The agency's seat in a plan that takes effect on the first of these days, under the strategy's rules where there are any.

    `together` is as `limits` asks for it; `least` is the part of the plan that is owed to it.
    """
    papers_until = max(days) + timedelta(days=rules.horizon_days) if rules and rules.horizon_days else None
    most = limits(agency, min(days), together)
    return Seat(
        code=agency.code,
        weight=weight,
        room_accounts=_left(most.accounts, held.accounts),
        room_amount=_left(most.amount, held.amount),
        ramp=_left(most.ramp, held.accounts),
        refusals=refusals(agency, places, days, papers_until=papers_until),
        closed=rules.closed_to(agency.code, agency.kind) if rules else {},
        sisters=tuple(code for code in rules.sisters_of([agency.code]) if code != agency.code) if rules else (),
        concentration=rules.shares.concentration if rules else None,
        least=least,
        room_part=_left(most.part, held.accounts),
    )


def with_min_shares(weights: Mapping[str, float], least: Mapping[str, float]) -> dict[str, float]:
    """Weights that sum to one and give every agency that takes part its contract's least share; the others share the rest as before.

    Least shares that together ask for more than there is are cut down alike. An agency of weight nought takes no part and gets none.
    """
    taking = {code: weight for code, weight in weights.items() if weight > 0}
    floors = {code: least[code] for code in taking if least.get(code)}
    if not floors:
        return dict(weights)
    scale = max(1.0, sum(floors.values()))
    floors = {code: share / scale for code, share in floors.items()}
    raised: dict[str, float] = {}
    while True:
        rest = {code: weight for code, weight in taking.items() if code not in raised}
        left, total = 1.0 - sum(raised.values()), sum(rest.values())
        shares = {code: left * weight / total for code, weight in rest.items()}
        short = [code for code, share in shares.items() if share < floors.get(code, 0.0)]
        if not short:
            return {code: raised.get(code, shares.get(code, 0.0)) for code in weights}
        raised |= {code: floors[code] for code in short}


def contracts(agency: AgencyFacts, places: Iterable[Place], day: date) -> dict[Place, Agreement]:
    """The contract under which accounts of these places would be placed on this day, where there is one."""
    found = {place: contract_for(agency, country_of(place[0]), place[1], day) for place in places}
    return {place: contract for place, contract in found.items() if contract is not None}


def obstacles(
    *,
    holds_on: Iterable[str],
    holder: str | None,
    balance: int,
    is_settled: bool = False,
    rests_until: date | None = None,
    rests_in: str | None = None,
) -> tuple[str, ...]:
    """Why nobody at all may get an account: kinds of hold that are on, the agency that has it, nothing owed (any more), a rest."""
    found = [hold_obstacle(kind) for kind in sorted(holds_on)]
    if holder is not None:
        found.append(placed_obstacle(holder))
    if balance <= 0 or is_settled:
        found.append(PAID)
    if rests_until is not None:
        found.append(grace_obstacle(rests_until))
    if rests_in is not None:
        found.append(rest_obstacle(rests_in))
    return tuple(found)


def days_late(on: date, *, defaulted_on: date | None, days_past_due: int | None, as_of: date | None) -> int | None:
    """Days since the first payment missed; else the tape's count, grown by the days since its figures stood; none if unknown."""
    if defaulted_on is not None:
        return max(0, (on - defaulted_on).days)
    if days_past_due is None:
        return None
    return days_past_due + (max(0, (on - as_of).days) if as_of else 0)


def _sum(parts: list[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if parts and len(known) == len(parts) else None


def _left(limit: int | None, held: int) -> int | None:
    return None if limit is None else max(0, limit - held)
