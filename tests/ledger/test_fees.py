"""A fee line is whole cents, and lines never drift from the rate."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.fees import Running
from portal.types import round_money

CENTS = st.integers(min_value=1, max_value=10_000_00).map(lambda cents: Decimal(cents).scaleb(-2))
RATES = st.integers(min_value=0, max_value=1_000_000).map(lambda millionths: Decimal(millionths).scaleb(-6))


def test_the_next_line_absorbs_what_rounding_left() -> None:
    running = Running()
    assert [running.line_for(Decimal("0.03"), Decimal("0.18")) for _ in range(4)] == [
        Decimal("0.01"),
        Decimal("0.00"),
        Decimal("0.01"),
        Decimal("0.00"),
    ]  # 0.0054 0.0108 0.0162 0.0216 of fee to date are 0.01 0.01 0.02 0.02 in cents


@given(st.lists(CENTS, min_size=1, max_size=40), RATES)
def test_lines_add_up_to_the_rounded_rate_of_the_sum(amounts: list[Decimal], rate: Decimal) -> None:
    running = Running()
    lines = [running.line_for(amount, rate) for amount in amounts]
    assert sum(lines) == round_money(rate * sum(amounts))


@given(st.lists(st.tuples(CENTS, st.booleans()), min_size=1, max_size=40), RATES)
def test_a_whole_reversal_takes_back_exactly_its_payments_line_and_the_next_line_absorbs_what_that_left(
    payments: list[tuple[Decimal, bool]], rate: Decimal
) -> None:
    running, net = Running(), Decimal(0)
    for amount, returned in payments:
        line = running.line_for(amount, rate)
        net += amount
        if returned:
            assert running.take_back(-amount, line) == -line
            net -= amount
    running.line_for(Decimal("1.00"), rate)
    assert running.lines == round_money(rate * (net + 1))


@given(CENTS, CENTS, RATES)
def test_a_part_taken_back_leaves_the_fee_of_what_stays(part: Decimal, rest: Decimal, rate: Decimal) -> None:
    running = Running()
    running.line_for(part + rest, rate)
    running.line_for(-part, rate)
    assert running.lines == round_money(rate * rest)
