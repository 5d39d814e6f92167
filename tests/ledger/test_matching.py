"""Which claim and which entry of the bank are the same payment."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.matching import Side, match

DAY = date(2026, 3, 10)


def entry(key: int, amount: str, days: int = 0) -> Side:
    return Side(key, DAY + timedelta(days=days), Decimal(amount))


def pairs(claims: list[Side], payments: list[Side]) -> set[tuple[int, int]]:
    return {(pair.claim_id, pair.payment_id) for pair in match(claims, payments)}


def test_same_amount_and_day_first() -> None:
    assert pairs([entry(1, "50"), entry(2, "50", 1)], [entry(11, "50", 1), entry(12, "50")]) == {(1, 12), (2, 11)}


def test_then_the_fewest_days_apart_within_a_week() -> None:
    assert pairs([entry(1, "50"), entry(2, "50", 20)], [entry(11, "50", 6), entry(12, "50", 3)]) == {(1, 12)}
    assert pairs([entry(1, "50")], [entry(11, "50", 8)]) == set()


def test_another_amount_on_the_same_day_is_the_same_payment_told_wrongly() -> None:
    (pair,) = match([entry(1, "50.00")], [entry(11, "49.00")])
    assert pair.difference == Decimal("1.00")


def test_a_reversal_never_matches_a_payment() -> None:
    assert pairs([entry(1, "-50")], [entry(11, "50")]) == set()


ENTRIES = st.lists(st.tuples(st.sampled_from(["10", "20", "-10"]), st.integers(0, 12)), max_size=8)


@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_is_used_twice(
    claims: list[tuple[str, int]], payments: list[tuple[str, int]], random: object
) -> None:
    mine = [entry(n, amount, days) for n, (amount, days) in enumerate(claims)]
    banks = [entry(n, amount, days) for n, (amount, days) in enumerate(payments)]
    found = match(mine, banks)
    assert len({p.claim_id for p in found}) == len({p.payment_id for p in found}) == len(found)
    shuffled_mine, shuffled_banks = list(mine), list(banks)
    random.shuffle(shuffled_mine)  # type: ignore[attr-defined]
    random.shuffle(shuffled_banks)  # type: ignore[attr-defined]
    assert set(match(shuffled_mine, shuffled_banks)) == set(found)
