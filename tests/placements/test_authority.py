"""What an agency may grant itself, how a case is treated, how an arrangement is getting on, what comes next: rules as tables."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from placements.authority import Limits, Owed, Terms, beyond
from placements.itemizing import difference
from placements.next_steps import Ended, next_step
from placements.outcomes import followed, month_later, schedule
from placements.request_models import Ability, Willingness
from placements.treatment import LEGAL, Situation, standard, treat

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
D = Decimal
LIMITS = Limits(settlement_floor=D("0.6"), instalments_most=12, extension_days_most=30, waiver_most=D("0.5"))
OWED = Owed(D(1000), D(100))


@pytest.mark.parametrize(
    ("kind", "terms", "limits", "owed", "codes", "reason"),
    [
        ("settlement", Terms(amount=D(600)), LIMITS, OWED, [], "exactly the floor"),
        ("settlement", Terms(amount=D("599.99")), LIMITS, OWED, ["settlement_too_low"], "a cent below it"),
        ("settlement", Terms(amount=D(600)), Limits(), OWED, ["settlement_no_authority"], "a contract that says nothing gives nothing"),
        ("settlement", Terms(amount=D(700), instalments=13), LIMITS, OWED, ["instalments_too_much"], "a settlement in too many parts"),
        ("settlement", Terms(amount=D(1), instalments=99), LIMITS, OWED, ["settlement_too_low", "instalments_too_much"], "every limit is named"),
        ("instalment", Terms(instalments=12), LIMITS, OWED, [], "the longest plan over the whole balance"),
        ("instalment", Terms(instalments=13), LIMITS, OWED, ["instalments_too_much"], "a month longer"),
        ("instalment", Terms(amount=D(500), instalments=2), LIMITS, OWED, ["settlement_too_low"], "a plan over less is a settlement"),
        ("extension", Terms(days=30), LIMITS, OWED, [], "the longest extension"),
        ("extension", Terms(days=31), LIMITS, OWED, ["extension_too_much"], "a day longer"),
        ("waiver", Terms(waived=D(50)), LIMITS, OWED, [], "half of the interest"),
        ("waiver", Terms(waived=D("50.01")), LIMITS, OWED, ["waiver_too_much"], "a cent more"),
        ("waiver", Terms(waived=D(1)), LIMITS, Owed(D(1000)), ["waiver_too_much"], "no interest is known: nothing to waive"),
        ("hardship", Terms(), LIMITS, OWED, ["not_delegated"], "only a person"),
        ("legal_action", Terms(), LIMITS, OWED, ["not_delegated"], "only a person"),
        ("settlement", Terms(amount=D(600)), LIMITS, Owed(D(1000), D(0), frozenset({"dispute"})), ["on_hold"], "nobody bargains over a dispute"),
        ("settlement", Terms(amount=D(600)), LIMITS, Owed(D(1000), D(0), frozenset({"hardship"})), [], "hardship is a reason for relief"),
    ],
)  # fmt: skip
def test_what_lies_within_the_contract(
    kind: str, terms: Terms, limits: Limits, owed: Owed, codes: list[str], reason: str
) -> None:
    assert [one["code"] for one in beyond(kind, terms, owed, limits)] == codes, reason


def test_terms_that_only_a_person_can_read_are_never_granted_by_a_contract() -> None:
    assert beyond("extension", Terms(days=1), OWED, LIMITS, has_further=True) == [{"code": "other_terms"}]


@pytest.mark.parametrize(
    ("situation", "treatment", "reason"),
    [
        (Situation("willing", "able"), "pay_in_full", "wants and can"),
        (Situation("willing", "later"), "instalments", "wants and cannot now"),
        (Situation("willing", "unable"), "reduced_interest", "wants and cannot"),
        (Situation("unwilling", "able", days_late=90, balance=D(1000)), LEGAL, "can and will not: court"),
        (Situation("unwilling", "able", days_late=89, balance=D(1000)), "settlement", "not late enough for court"),
        (Situation("unwilling", "able", days_late=None, balance=D(1000)), "settlement", "nobody knows how late: no ground for court"),
        (Situation("unwilling", "able", days_late=90, balance=D("999.99")), "settlement", "too small for court"),
        (Situation("unwilling", "able", days_late=90, balance=D(1000), time_barred=True), "settlement", "time-barred"),
        (Situation("unwilling", "able", frozenset({"dispute"}), 90, D(1000)), "hold", "a dispute goes before everything"),
        (Situation("unwilling", "able", frozenset({"hardship"}), 90, D(1000)), "care", "and hardship before court"),
        (Situation("unwilling", "unable"), "warehouse", "neither"),
        (Situation(), "find_out", "nothing is known"),
    ],
)  # fmt: skip
def test_how_a_case_is_treated(situation: Situation, treatment: str, reason: str) -> None:
    assert treat(situation).treatment == treatment, reason


def test_every_case_has_a_treatment_and_only_those_who_can_and_will_not_go_to_court() -> None:
    for willingness in Willingness:
        for ability in Ability:
            found = treat(Situation(willingness.value, ability.value, days_late=400, balance=D(9999)))
            assert found.version == standard()["version"]
            assert (found.treatment == LEGAL) == (willingness is Willingness.UNWILLING and ability is Ability.ABLE)


JAN = date(2026, 1, 31)


def test_a_schedule_adds_up_to_the_cent_and_keeps_to_the_month() -> None:
    plan = schedule(D(100), 3, JAN)
    assert [(one.due_on, one.amount) for one in plan] == [
        (JAN, D("33.33")), (date(2026, 2, 28), D("33.33")), (date(2026, 3, 31), D("33.34")),
    ]  # fmt: skip
    assert month_later(date(2025, 11, 30), 3) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("payments", "today", "state", "reason"),
    [
        ([], JAN, "running", "nothing is due yet"),
        ([], JAN + timedelta(days=30), "running", "the last day of grace"),
        ([], JAN + timedelta(days=31), "broken", "the day after it"),
        ([(JAN, D(50))], date(2026, 3, 30), "running", "the first came, the second is in its grace"),
        ([(JAN, D(50))], date(2026, 4, 1), "broken", "the second never came"),
        ([(JAN, D(50)), (date(2026, 2, 28), D(50))], date(2026, 2, 28), "kept", "all came"),
        ([(JAN, D(100))], JAN, "kept", "all at once"),
        ([(JAN, D(99))], JAN, "kept", "a hundredth short is rounding"),
        ([(JAN, D(100)), (JAN, D(-100))], date(2026, 3, 3), "broken", "it was taken back"),
        ([(date(2026, 3, 5), D(100))], date(2026, 3, 5), "broken", "too late: it was broken before"),
        ([(date(2027, 1, 1), D(100))], JAN, "running", "what is still to come does not count"),
    ],
)
def test_how_an_arrangement_is_getting_on(
    payments: list[tuple[date, Decimal]], today: date, state: str, reason: str
) -> None:
    assert followed(schedule(D(100), 2, JAN), payments, today).state == state, reason


def test_the_real_settlements_ended_as_the_ledger_says() -> None:
    """The sums of the ledger are real and its days are made up, so only whether the amount was ever reached can be compared."""
    paid: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    with gzip.open(SAMPLES / "ledger_us.csv.gz", "rt") as stream:
        for row in csv.DictReader(stream):
            paid[row["account_ref"]].append((date.fromisoformat(row["paid_on"]), D(row["amount"])))
    found: Counter[tuple[str, str]] = Counter()
    with (SAMPLES / "settlements_us.csv").open() as stream:
        for row in csv.DictReader(stream):
            plan = schedule(D(row["settlement_amount"]), 1, date.fromisoformat(row["settlement_date"]))
            outcome = followed(plan, paid[row["account_ref"]], date(2020, 1, 1), grace_days=3650)
            found[row["settlement_status"], outcome.state] += 1
    told = {
        status: sum(n for (one, _), n in found.items() if one == status) for status in ("COMPLETE", "BROKEN", "ACTIVE")
    }
    assert told == {"COMPLETE": 1133, "BROKEN": 271, "ACTIVE": 336}
    assert found["COMPLETE", "kept"] / told["COMPLETE"] > 0.5, found
    assert found["BROKEN", "kept"] / told["BROKEN"] < 0.05, found


def ended(**values: Any) -> Ended:
    given: dict[str, Any] = {
        "state": "recalled",
        "reason": "term_end",
        "holds": frozenset(),
        "tier": 1,
        "balance": D(10),
    }
    return Ended(**(given | values))


@pytest.mark.parametrize(
    ("case", "step", "role"),
    [
        (ended(), "place_again", "vendor_manager"),
        (ended(tier=3), "warehouse", "vendor_manager"),
        (ended(time_barred=True), "warehouse", "vendor_manager"),
        (ended(balance=D(0)), "close", "vendor_manager"),
        (ended(settled=True), "close", "vendor_manager"),
        (ended(holds=frozenset({"dispute"})), "dispute_review", "compliance"),
        (ended(holds=frozenset({"deceased", "dispute"})), "estate", "compliance"),
        (ended(reason="bankrupt"), "insolvency", "compliance"),
        (ended(reason="wrong_data"), "mend_data", "vendor_manager"),
        (ended(reason="legal"), "legal_review", "vendor_manager"),
        (ended(reason=None), "place_again", "vendor_manager"),
    ],
)
def test_what_happens_next(case: Ended, step: str, role: str) -> None:
    found = next_step(case)
    assert (found.step, found.role) == (step, role)
    assert found.days > 0


@pytest.mark.parametrize(
    ("told", "expected", "reason"),
    [
        ({}, None, "no itemization"),
        ({"itemization_amount": "100"}, D(0), "nothing since"),
        ({"itemization_amount": "90", "interest_since": "15", "payments_since": "5"}, D(0), "interest and payments"),
        ({"itemization_amount": "90", "fees_since": "5", "credits_since": "5"}, D(10), "ten are not explained"),
    ],
)
def test_an_itemization_adds_up_or_says_by_how_much_not(
    told: dict[str, str], expected: Decimal | None, reason: str
) -> None:
    assert difference(told, D(100)) == expected, reason
