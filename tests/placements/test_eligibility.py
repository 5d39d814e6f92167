"""What keeps an account from an agency, and from everybody; what an agency may still hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from agencies.asked import asked_in
from agencies.credentials import AgencyFacts, Agreement, Outstanding, may_collect
from agencies.credentials import Held as Paper
from agencies.models import AgencyStatus, CredentialState
from agencies.ramp import Ramp
from placements.eligibility import Held, contracts, days_late, limits, obstacles, refusals, seat, with_min_shares

DAY = date(2026, 3, 2)
LATER = date(2026, 6, 1)
CONTRACT = Agreement(1, "C1", date(2020, 1, 1))


def agency(places: Iterable[str] = ("US-CA",), *, until: date | None = None, **values: object) -> AgencyFacts:
    """An agency that holds what these places ask for."""
    held = {
        (asked.code, asked.jurisdiction): (
            Paper(CredentialState.VERIFIED, date(2020, 1, 1), until, amount=asked.least),
        )
        for place in places
        for asked in asked_in(place)
    }
    return replace(
        AgencyFacts(1, "AGY01", "One", "US", AgencyStatus.APPROVED, contracts=(CONTRACT,), held=held), **values
    )  # type: ignore[arg-type]


def codes(
    facts: AgencyFacts, place: str = "US-CA", product: str = "credit_card", days: Iterable[date] = (DAY,)
) -> set[str]:
    return {why.code for why in refusals(facts, [(place, product)], list(days)).get((place, product), ())}


def test_a_licensed_agency_under_contract_is_refused_nothing() -> None:
    assert codes(agency()) == set()


def test_an_agency_is_refused_the_states_it_has_no_licence_for_and_no_other() -> None:
    found = refusals(agency(["US-CA"]), [("US-CA", "medical"), ("US-WA", "medical")], [DAY])
    assert set(found) == {("US-WA", "medical")}
    assert {why.agency for why in found["US-WA", "medical"]} == {"AGY01"}


@pytest.mark.parametrize(
    ("facts", "place", "code", "reason"),
    [
        (agency(), "US", "region_unknown", "an unknown state is a place nobody may work"),
        (agency(status=AgencyStatus.SUSPENDED), "US-CA", "status_suspended", "a suspended agency receives nothing"),
        (agency(may_receive=False), "US-CA", "standing", "nor one whose standing forbids it"),
        (agency(contracts=()), "US-CA", "no_contract", "nor one without a contract"),
        (
            agency(contracts=(replace(CONTRACT, products=frozenset({"mortgage"})),)),
            "US-CA",
            "contract_scope",
            "the contract covers other products",
        ),
        (agency(until=date(2026, 3, 1)), "US-CA", "credential_expired", "a licence that ran out the day before"),
    ],
)
def test_every_kind_of_reason_is_told(facts: AgencyFacts, place: str, code: str, reason: str) -> None:
    assert code in codes(facts, place), reason


def test_all_reasons_are_told_not_the_first_alone() -> None:
    found = codes(agency([], status=AgencyStatus.SUSPENDED, contracts=()), "US-WA")
    assert {"status_suspended", "no_contract", "credential_missing"} <= found


def test_a_licence_must_hold_on_every_day_that_counts() -> None:
    facts = agency(until=date(2026, 4, 1))
    assert codes(facts, days=[DAY]) == set()
    assert codes(facts, days=[DAY, LATER]) == {"credential_expired"}


def test_contracts_that_run_beside_each_other_add_their_limits_up() -> None:
    two = (
        replace(CONTRACT, products=frozenset({"mortgage"}), capacity_accounts=10),
        replace(CONTRACT, id=2, products=frozenset({"medical"}), capacity_accounts=5),
    )
    assert limits(agency(contracts=two), DAY, 0).accounts == 15
    assert limits(agency(contracts=(two[0], replace(two[1], capacity_accounts=None))), DAY, 0).accounts is None, (
        "one without a limit has none"
    )
    assert limits(agency(contracts=()), DAY, 0).accounts is None


def test_a_seat_has_the_room_that_is_left() -> None:
    facts = agency(
        contracts=(replace(CONTRACT, capacity_accounts=10, capacity_amount=Decimal(1000)),),
        status=AgencyStatus.PROBATION,
        ramp=Ramp(DAY, 8),
    )
    made = seat(facts, [], [DAY], weight=1.0, held=Held(3, 40_000), together=0)
    assert (made.room_accounts, made.room_amount, made.ramp) == (7, 60_000, 5)
    assert seat(facts, [], [DAY], weight=1.0, held=Held(20, 900_000), together=0).room_accounts == 0, (
        "never less than none"
    )


def test_zero_capacity_means_nothing_at_all() -> None:
    made = seat(
        agency(contracts=(replace(CONTRACT, capacity_accounts=0, capacity_amount=Decimal(0)),)),
        [],
        [DAY],
        weight=1.0,
        held=Held(),
        together=0,
    )
    assert (made.room_accounts, made.room_amount) == (0, 0)


def test_a_ramp_grows_with_every_full_thirty_days() -> None:
    facts = agency(status=AgencyStatus.PROBATION, ramp=Ramp(DAY, 5, 10))
    on = [limits(facts, DAY + timedelta(days=days), 0).ramp for days in (-1, 0, 29, 30, 65)]
    assert on == [5, 5, 5, 15, 25]


def test_the_least_of_ramp_and_caps_of_open_conditions_binds() -> None:
    conditions = (
        Outstanding("Encrypt the laptops", DAY, 7),
        Outstanding("Train everybody", DAY, None),
        Outstanding("x", DAY, 40),
    )
    assert limits(agency(conditions=conditions), DAY, 0).ramp == 7, (
        "an approved agency is capped by its conditions alone"
    )
    assert limits(agency(conditions=conditions, ramp=Ramp(DAY, 3)), DAY, 0).ramp == 3
    assert not limits(agency(conditions=conditions), DAY, 0).are_kept(Held(8))
    assert limits(agency(), DAY, 0).ramp is None


def test_a_condition_past_its_day_lets_nothing_new_in() -> None:
    facts = agency(conditions=(Outstanding("Encrypt the laptops", DAY),))
    assert "condition_late" not in {reason.code for reason in may_collect(facts, "US-CA", None, DAY)}, (
        "its day included"
    )
    late = may_collect(facts, "US-CA", None, DAY + timedelta(days=1))
    assert "condition_late" in {reason.code for reason in late}


@pytest.mark.parametrize(
    ("held", "kept", "reason"),
    [
        (Held(10, 100), True, "exactly at the limit"),
        (Held(11, 0), False, "one account too many"),
        (Held(0, 100_001), False, "a cent too much"),
    ],
)
def test_limits_are_kept_or_not(held: Held, kept: bool, reason: str) -> None:
    facts = agency(contracts=(replace(CONTRACT, capacity_accounts=10, capacity_amount=Decimal(1000)),))
    assert limits(facts, DAY, 0).are_kept(held) is kept, reason


def test_the_contract_of_the_day_is_taken() -> None:
    old = replace(CONTRACT, valid_until=date(2026, 3, 1))
    new = replace(CONTRACT, id=2, valid_from=DAY)
    found = contracts(agency(contracts=(old, new)), [("US-CA", "medical")], DAY)
    assert found["US-CA", "medical"].id == 2


@pytest.mark.parametrize(
    ("holds_on", "holder", "balance", "expected", "reason"),
    [
        ([], None, 1, (), "nothing speaks against it"),
        (["fraud", "dispute"], None, 1, ("hold:dispute", "hold:fraud"), "every hold, in order"),
        ([], "AGY02", 1, ("placed:AGY02",), "it is placed"),
        ([], None, 0, ("paid",), "nothing is owed"),
        (["cease"], "AGY02", -5, ("hold:cease", "placed:AGY02", "paid"), "all at once"),
    ],
)
def test_obstacles_of_an_account(
    holds_on: list[str], holder: str | None, balance: int, expected: tuple[str, ...], reason: str
) -> None:
    assert obstacles(holds_on=holds_on, holder=holder, balance=balance) == expected, reason


@pytest.mark.parametrize(
    ("defaulted_on", "days_past_due", "as_of", "expected", "reason"),
    [
        (date(2026, 2, 1), 500, None, 29, "the first payment missed says it exactly"),
        (date(2027, 1, 1), None, None, 0, "one that is still to come is no delay"),
        (None, 60, date(2026, 2, 20), 70, "the tape's count grows from the day it stood"),
        (None, 60, None, 60, "without that day it stays"),
        (None, None, None, None, "unknown stays unknown"),
    ],
)
def test_days_late(
    defaulted_on: date | None, days_past_due: int | None, as_of: date | None, expected: int | None, reason: str
) -> None:
    assert days_late(DAY, defaulted_on=defaulted_on, days_past_due=days_past_due, as_of=as_of) == expected, reason


PARTS = [
    ("a quarter of four hundred", Decimal("0.25"), 400, 100),
    ("rounded down, so that it is never more", Decimal("0.25"), 399, 99),
    ("nothing placed yet", Decimal("0.25"), 0, 0),
    ("no concentration", None, 400, None),
]


@pytest.mark.parametrize(("reason", "share", "together", "most"), PARTS, ids=[row[0] for row in PARTS])
def test_concentration_is_a_part_of_all_that_is_placed(
    reason: str, share: Decimal | None, together: int, most: int | None
) -> None:
    assert limits(agency(contracts=(replace(CONTRACT, concentration=share),)), DAY, together).part == most


def test_the_stricter_of_capacity_and_concentration_counts() -> None:
    both = agency(contracts=(replace(CONTRACT, capacity_accounts=50, concentration=Decimal("0.25")),))
    for together, most in ((100, 25), (1000, 50)):
        assert limits(both, DAY, together).are_kept(Held(most))
        assert not limits(both, DAY, together).are_kept(Held(most + 1))


SHARES = [
    ("nobody is promised anything", {"A": 3.0, "B": 1.0}, {}, {"A": 3.0, "B": 1.0}),
    ("its share is larger anyway", {"A": 1.0, "B": 1.0}, {"A": 0.2}, {"A": 0.5, "B": 0.5}),
    (
        "it is raised and the others share the rest",
        {"A": 0.1, "B": 0.6, "C": 0.3},
        {"A": 0.4},
        {"A": 0.4, "B": 0.4, "C": 0.2},
    ),
    (
        "raising one pushes another below its own",
        {"A": 0.1, "B": 0.3, "C": 0.6},
        {"A": 0.5, "B": 0.25},
        {"A": 0.5, "B": 0.25, "C": 0.25},
    ),
    ("promises of more than there is", {"A": 1.0, "B": 1.0}, {"A": 1.0, "B": 0.6}, {"A": 0.625, "B": 0.375}),
    ("who takes no part gets none", {"A": 0.0, "B": 1.0}, {"A": 0.5}, {"A": 0.0, "B": 1.0}),
]


@pytest.mark.parametrize(("reason", "weights", "least", "expected"), SHARES, ids=[row[0] for row in SHARES])
def test_least_shares(
    reason: str, weights: dict[str, float], least: dict[str, float], expected: dict[str, float]
) -> None:
    assert with_min_shares(weights, least) == pytest.approx(expected)
