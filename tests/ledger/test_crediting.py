"""Whose work a payment is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.crediting import Span, credit
from ledger.models import CreditReason as Reason

FIRST = Span(
    1, 7, 1, date(2026, 1, 10), date(2026, 3, 31), transit_days=3, tail_days=30, promised=True, misplaced=False
)
SECOND = Span(2, 8, 1, date(2026, 4, 10), None, transit_days=3, tail_days=30, promised=False, misplaced=False)

CASES = [
    ("before any placement", date(2026, 1, 9), None, Reason.NOT_PLACED),
    ("under way when the placement began", date(2026, 1, 10), None, Reason.IN_TRANSIT),
    ("last transit day", date(2026, 1, 12), None, Reason.IN_TRANSIT),
    ("first day that counts", date(2026, 1, 13), 1, Reason.IN_PLACEMENT),
    ("last day of the placement", date(2026, 3, 31), 1, Reason.IN_PLACEMENT),
    ("first day of the tail, promised before", date(2026, 4, 1), 1, Reason.TAIL),
    ("second agency's transit day is still the first one's tail", date(2026, 4, 11), 1, Reason.TAIL),
    ("the second agency's own", date(2026, 4, 13), 2, Reason.IN_PLACEMENT),
]


@pytest.mark.parametrize(("why", "paid_on", "placement", "reason"), CASES, ids=[case[0] for case in CASES])
def test_a_payment_is_credited_where_it_falls(why: str, paid_on: date, placement: int | None, reason: Reason) -> None:
    span, found = credit(paid_on, [FIRST, SECOND])
    assert (span.placement_id if span else None, found) == (placement, reason)


def test_without_a_promise_there_is_no_tail() -> None:
    assert credit(date(2026, 4, 1), [replace(FIRST, promised=False)]) == (None, Reason.NOT_PLACED)


def test_the_tail_ends() -> None:
    assert credit(date(2026, 4, 30), [FIRST])[1] is Reason.TAIL
    assert credit(date(2026, 5, 1), [FIRST]) == (None, Reason.NOT_PLACED)


def test_a_misplaced_account_earns_nobody_anything() -> None:
    assert credit(date(2026, 2, 1), [replace(FIRST, misplaced=True)]) == (None, Reason.MISPLACED)


def test_transit_days_are_the_contracts() -> None:
    assert credit(date(2026, 1, 10), [replace(FIRST, transit_days=0)])[1] is Reason.IN_PLACEMENT
