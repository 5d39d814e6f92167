"""What became of a promise, by the payments known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from activity.promises import MOST_INSTALMENTS, Paid, Promised, PromiseState, follow, schedule


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def promised(amount: str | None = "100", due: str | None = "02-10", **more: object) -> Promised:
    given = {"id": 1, "made_on": day("02-01"), **more}
    return Promised(amount=Decimal(amount) if amount else None, due_on=day(due) if due else None, **given)  # type: ignore[arg-type]


def paid(*payments: tuple[str, str]) -> list[Paid]:
    return [Paid(day(on), Decimal(amount)) for on, amount in payments]


@pytest.mark.parametrize(
    ("payments", "today", "state", "reason"),
    [
        ([], "02-09", "waiting", "its day has not come"),
        ([], "02-10", "due", "its day has come"),
        ([], "02-13", "due", "the third day after still counts"),
        ([], "02-14", "broken", "nothing came by the third day after"),
        ([("02-13", "100")], "02-14", "kept", "paid on the last day of grace"),
        ([("02-14", "100")], "02-20", "broken", "a day too late"),
        ([("02-01", "100")], "02-02", "kept", "paid on the day of the promise, long before it was due"),
        ([("01-31", "100")], "02-14", "broken", "paid before it was promised: that was not this money"),
        ([("02-05", "60"), ("02-09", "40")], "02-09", "kept", "in two payments"),
        ([("02-05", "99.99")], "02-14", "broken", "a cent short is short"),
        ([("02-05", "250")], "02-05", "kept", "more than was promised"),
        ([("02-05", "0"), ("02-06", "-5")], "02-14", "broken", "what was taken back altogether is nothing"),
    ],
)
def test_a_promise_is_judged_by_what_was_paid_in_its_days(
    payments: list[tuple[str, str]], today: str, state: str, reason: str
) -> None:
    (stands,) = follow([promised()], paid(*payments), day(today))
    assert stands.state == state, reason


@pytest.mark.parametrize(
    ("promise", "reason"),
    [
        (promised(amount=None), "no amount"),
        (promised(amount="0"), "an amount of nothing"),
        (promised(due=None), "no day"),
        (promised(instalments=0), "no instalments"),
        (promised(instalments=MOST_INSTALMENTS + 1), "more instalments than a person lives to pay"),
        (promised(amount="0.05", instalments=12), "less than a cent each"),
        (Promised(1, day("02-01"), Decimal(12), date(9999, 12, 1), 12), "beyond the last day of a calendar"),
    ],
)
def test_a_promise_that_says_too_little_is_unclear_and_never_broken(promise: Promised, reason: str) -> None:
    (stands,) = follow([promise], [], date(2030, 1, 1))
    assert (stands.state, stands.instalments) == (PromiseState.UNCLEAR, []), reason


def test_a_plan_is_paid_in_equal_parts_by_the_month_and_the_last_has_the_rest() -> None:
    parts = schedule(promised("100", "01-31", instalments=3))
    assert [(one.due_on, one.amount) for one in parts] == [
        (day("01-31"), Decimal("33.33")),
        (day("02-28"), Decimal("33.33")),
        (day("03-31"), Decimal("33.34")),
    ]


@pytest.mark.parametrize(("every", "second"), [("week", "02-17"), ("fortnight", "02-24"), ("four_weeks", "03-10"), ("month", "03-10"), ("moon", "03-10")])  # fmt: skip
def test_a_plan_may_be_paid_by_the_week(every: str, second: str) -> None:
    assert schedule(promised(instalments=2, every=every))[1].due_on == day(second)


def test_a_payment_keeps_one_promise_only_and_that_is_the_one_due_first() -> None:
    later, earlier = promised(due="02-20"), promised(due="02-10", id=2)
    stands = follow([later, earlier], paid(("02-05", "100")), day("02-25"))
    assert [one.state for one in stands] == [PromiseState.BROKEN, PromiseState.KEPT]


def test_what_is_left_of_a_payment_goes_to_the_next_instalment() -> None:
    (plan,) = follow([promised("90", instalments=3)], paid(("02-10", "50")), day("03-20"))
    assert [(one.paid, one.state) for one in plan.instalments] == [
        (Decimal(30), PromiseState.KEPT),
        (Decimal(20), PromiseState.BROKEN),
        (Decimal(0), PromiseState.WAITING),
    ]
    assert (plan.state, plan.settled_on, plan.paid) == (PromiseState.BROKEN, day("03-14"), Decimal(50))


def test_a_plan_is_kept_with_its_last_instalment_and_due_with_its_next() -> None:
    plan = promised("90", instalments=3)
    (half,) = follow([plan], paid(("02-10", "30")), day("03-10"))
    assert (half.state, half.next_due_on) == (PromiseState.DUE, day("03-10"))
    (whole,) = follow([plan], paid(("02-10", "30"), ("03-10", "30"), ("04-09", "30")), day("05-01"))
    assert (whole.state, whole.settled_on) == (PromiseState.KEPT, day("04-09"))
