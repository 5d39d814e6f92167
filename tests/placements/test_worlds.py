"""Properties of any plan, over made-up worlds: whoever draws it, from whatever accounts, agencies, limits and strategy."""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from agencies.credentials import AgencyFacts, Agreement
from agencies.models import AgencyKind, AgencyStatus
from agencies.ramp import Ramp
from placements import eligibility, plan_queries, planning, replaying
from placements.dealing import Dealt, Policy, deal
from placements.drafting import Selection
from placements.eligibility import Held
from placements.planning import Wish
from placements.seats import Candidate, Seat
from placements.segments import present_bands
from placements.strategy import (
    HELD_BACK,
    LEGAL,
    PRIMARY,
    SECONDARY,
    TO_COURT,
    Comparison,
    Rules,
    Shares,
    Tier,
    TreatmentRule,
)
from placements.worth import Effect, FeeClause, Worth
from portal import clock
from portal.db import Database
from portal.permissions import SYSTEM
from tests.factories_placements import make_account, make_consumer, make_portfolio, ready

WORLDS = max(30, int(300 * float(os.environ.get("TEST_SCALE", "0.1"))))
DAY = date(2026, 3, 2)
# Places that ask an agency for nothing, for a licence, and that nobody knows: what eligibility makes of them is its own tests' matter.
PLACES = ("US-TX", "US-WA", "US-OH", "CN-FJ", "US")
PRODUCTS = ("credit_card", "personal_loan")


@dataclass(frozen=True)
class World:
    """Everything a plan is drawn from."""

    candidates: tuple[Candidate, ...]
    seats: tuple[Seat, ...]
    policy: Policy
    seed: str

    def dealt(self, *, order: random.Random | None = None) -> Dealt:
        candidates, seats = list(self.candidates), list(self.seats)
        if order:
            order.shuffle(candidates), order.shuffle(seats)
        return deal(candidates, seats, bands=present_bands(), seed=self.seed, policy=self.policy)


def world(number: int) -> World:
    """One world; the number is all there is to it."""
    chance = random.Random(number)
    codes = [f"AGY{n:02}" for n in range(1, chance.randint(2, 9))]
    rules = _rules(chance, codes)
    places = {(place, product) for place in PLACES for product in PRODUCTS}
    seats = tuple(_seat(chance, code, rules, places) for code in codes)
    worth = Worth(
        effects={code: Effect(chance.uniform(0.5, 1.6)) for code in codes if chance.random() < 0.7},
        fees={code: (FeeClause(chance.uniform(0.1, 0.3)),) for code in codes},
    )
    comparison = rules.comparison if chance.random() < 0.5 else None
    policy = Policy(comparison, chance.random() < 0.5, worth)
    return World(tuple(_candidates(chance, codes, rules)), seats, policy, str(number))


def _rules(chance: random.Random, codes: list[str]) -> Rules:
    some = tuple(chance.sample(codes, chance.randint(1, len(codes))))
    return Rules(
        tiers=(Tier(PRIMARY), Tier(SECONDARY, agencies=some), Tier(LEGAL)),
        treatments=(TreatmentRule(TO_COURT, score_from=700),),
        shares=Shares(concentration=chance.choice((None, 0.3, 0.5))),
        comparison=Comparison("C", f"salt {chance.random()}", DAY, (codes[0],), 0.2, chance.choice((0.0, 0.1))),
        sisters=((codes[0], codes[-1]),) if chance.random() < 0.3 and len(codes) > 1 else (),
        horizon_days=0,
    )


def _seat(chance: random.Random, code: str, rules: Rules, places: set[tuple[str, str]]) -> Seat:
    contract = Agreement(
        1, "C1", date(2026, 1, 1), date(2026, 12, 31), frozenset(chance.sample(PRODUCTS, 1)) if chance.random() < 0.2 else frozenset(),
        frozenset(), chance.choice((None, 5, 40)), chance.choice((None, None, Decimal(20_000))),
    )  # fmt: skip
    facts = AgencyFacts(
        1, code, code, "US", chance.choice((AgencyStatus.APPROVED, AgencyStatus.APPROVED, AgencyStatus.PROBATION, AgencyStatus.SUSPENDED)),
        chance.choice((AgencyKind.CALL_CENTRE, AgencyKind.CALL_CENTRE, AgencyKind.LAW_FIRM)), chance.choice((None, Ramp(DAY, 10))), contracts=(contract,),
    )  # fmt: skip
    made = eligibility.seat(
        facts, places, [DAY], weight=chance.choice((0.0, 1.0, 1.0, 3.0)), held=Held(chance.randint(0, 4), 0), together=1000, rules=rules,
        least=chance.choice((0.0, 0.1)),
    )  # fmt: skip
    lifted = {
        place: whys for place, whys in made.refusals.items() if chance.random() < 0.3
    }  # papers differ from agency to agency
    return replace(made, refusals=lifted)


def _candidates(chance: random.Random, codes: list[str], rules: Rules) -> list[Candidate]:
    made = []
    people = chance.randint(1, 120)
    follows = {n: chance.choice(codes) for n in range(people) if chance.random() < 0.1}
    sides = {n: chance.choice(("champion", "challenger", HELD_BACK)) for n in range(people) if chance.random() < 0.05}
    for number in range(chance.randint(1, 200)):
        person, score = chance.randrange(people), chance.choice((None, 550, 650, 720))
        held = chance.choice((0, 0, 0, 1, 2))
        treatment = TO_COURT if score == 720 else "standard"
        made.append(
            Candidate(
                number, f"A{number:05}", f"C{person:05}", chance.choice(PRODUCTS), chance.choice(PLACES), chance.choice(("USD", "USD", "USD", "CNY")),
                chance.randint(1, 900_000), chance.choice((None, 20, 200)), score, ("hold:dispute",) if chance.random() < 0.1 else (),
                follows.get(person), tuple(sorted(chance.sample(codes, min(held, len(codes))))), rules.tier(treatment, held).name, treatment,
                sides.get(person),
            )
        )  # fmt: skip
    return made


def check_world(number: int) -> None:
    """Raise AssertionError for the first property that does not hold in this world."""
    made = world(number)
    dealt = made.dealt()
    seats = {seat.code: seat for seat in made.seats}
    assert len(dealt.lines) == len(made.candidates)
    groups, counts, balances = defaultdict(set), Counter[str](), Counter[str]()
    for line in dealt.lines:
        row = line.candidate
        if line.agency is None:
            assert line.why is not None, f"{row.account_ref} is not placed and nothing says why"
            assert dealt.whys[line.why], f"{row.account_ref} has an empty list of reasons"
            if not row.obstacles and row.currency == dealt.currency and line.side != HELD_BACK:
                _check_every_reason(made, dealt, line.why, row)
            continue
        seat = seats[line.agency]
        assert not row.obstacles
        assert row.currency == dealt.currency
        assert not seat.refusals.get(row.place), f"{line.agency} is refused {row.place}"
        assert row.track not in seat.closed, f"{line.agency} takes no part in {row.track}"
        assert line.agency not in row.barred
        assert not set(seat.sisters) & set(row.barred)
        assert row.follows in (None, line.agency)
        assert line.side != HELD_BACK
        if line.side and made.policy.comparison:
            assert (line.agency in made.policy.comparison.challengers) == (line.side == "challenger")
        assert seat.weight > 0 or row.follows == line.agency
        groups[row.consumer_ref].add(line.agency)
        counts[line.agency] += 1
        balances[line.agency] += row.balance
    assert all(len(got) == 1 for got in groups.values()), "a consumer's accounts go to one agency"
    for seat in made.seats:
        for room in (seat.room_accounts, seat.ramp):
            assert room is None or counts[seat.code] <= room
        assert seat.room_amount is None or balances[seat.code] <= seat.room_amount
    _check_groups_whole(dealt)
    assert made.dealt(order=random.Random(number)) == dealt, "the order of the inputs plays no part"


def _check_every_reason(made: World, dealt: Dealt, why: int, row: Candidate) -> None:
    """Every agency has a reason of its own against an account that none of them gets."""
    against = {one.agency for one in dealt.whys[why]}
    if row.follows is None or row.follows in {seat.code for seat in made.seats}:
        assert against >= {seat.code for seat in made.seats}, f"{row.account_ref}: somebody might have had it"


def _check_groups_whole(dealt: Dealt) -> None:
    """Of one consumer, all accounts without an obstacle are placed or none is."""
    placed: dict[str, set[bool]] = defaultdict(set)
    for line in dealt.lines:
        if not line.candidate.obstacles and line.candidate.currency == dealt.currency:
            placed[line.candidate.consumer_ref].add(line.agency is not None)
    assert all(len(both) == 1 for both in placed.values()), "a group goes whole or not at all"


@pytest.mark.parametrize("number", range(WORLDS))
def test_in_any_world_a_plan_keeps_every_rule(number: int) -> None:
    check_world(number)


def check_on_database(db: Database, number: int) -> None:
    """Draw a plan for a world of rows in a database. AssertionError if it is not what the same values give outside of it, whatever the ids."""
    chance = random.Random(number)
    with db.transaction() as session:
        codes = [f"W{number}A{n}" for n in range(chance.randint(2, 4))]
        for code in codes:
            ready(session, code, licensed_in=chance.sample(("US-OH", "US-WA", "US-CA"), 2))
        portfolio = make_portfolio(session, f"World {number}")
        people = [make_consumer(session, f"W{number}C{n}") for n in range(20)]
        for n in range(40):
            make_account(
                session, portfolio, f"W{number}-{n:03}", consumer=chance.choice(people), balance=Decimal(chance.randint(1, 20_000)),
                jurisdiction=chance.choice(("US-OH", "US-WA", "US-CA")), score=chance.choice((None, 550, 720)),
            )  # fmt: skip
        wish = Wish(Selection(portfolio.name), dict.fromkeys(codes, 1.0), seed=number)
        plan = planning.draft_plan(session, SYSTEM, wish, at=clock.now())
        found = replaying.replay(session, plan)
        assert found.agrees, found
        lines = plan_queries.lines_with_refs(session, plan)
        said = "|".join(f"{ref} {code} {line.cell}" for line, ref, code in sorted(lines, key=lambda row: row[1]))
        by_database = hashlib.sha256(said.encode()).hexdigest()
    earlier = DRAWN.setdefault((number, clock.today()), by_database)
    assert earlier == by_database, "another database, or another order of its rows, gave another plan"


DRAWN: dict[tuple[int, date], str] = {}
"""What the first database that was asked said of each world, by number and day: the other must say the same."""


def test_both_databases_give_the_same_plan(db: Database) -> None:
    for number in range(max(3, WORLDS // 10)):
        check_on_database(db, number)


def test_the_worlds_are_not_empty() -> None:
    """Enough of them place accounts, leave some over, compare sides and optimise, or the properties would prove nothing."""
    seen: Counter[str] = Counter()
    for number in range(WORLDS):
        made = world(number)
        dealt = made.dealt()
        reasons = {one.code for whys in dealt.whys for one in whys}
        seen.update(reasons | {"placed"} if any(line.agency for line in dealt.lines) else reasons)
        seen.update({"optimised"} if made.policy.optimises else set())
        seen.update({line.side for line in dealt.lines if line.side})
    wanted = {
        "placed", "optimised", "champion", "challenger", HELD_BACK, "held_back", "on_hold", "held_before", "prior_agency", "other_tier", "capability",
        "capacity", "capacity_amount", "other_currency", "same_consumer", "no_part",
    }  # fmt: skip
    assert wanted <= seen.keys(), wanted - seen.keys()
