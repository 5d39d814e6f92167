"""The rate of a payment, and terms that contradict each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from agencies.contracts import PRODUCTS
from agencies.terms import Clause, Placed, meet, overlaps, rate_for
from placements.models import Product

DAY = date(2026, 11, 2)
PLAIN = Clause("4.1", "Contingency fee.", Decimal("0.18"), Decimal("0.09"), date(2026, 1, 1), date(2026, 12, 31))
SMALL = replace(PLAIN, clause="4.1", balance_to=Decimal(1000))
LARGE = replace(PLAIN, clause="4.2", balance_from=Decimal(1000), rate=Decimal("0.15"))
MEDICAL = replace(PLAIN, clause="4.3", product="medical", rate=Decimal("0.25"))

RATES = [
    ("one clause for everything", [PLAIN], "500", "credit_card", DAY, "4.1"),
    ("below the border of two bands", [SMALL, LARGE], "999.99", "credit_card", DAY, "4.1"),
    ("on the border the upper band begins", [SMALL, LARGE], "1000.00", "credit_card", DAY, "4.2"),
    ("the first day", [PLAIN], "500", "credit_card", date(2026, 1, 1), "4.1"),
    ("the last day", [PLAIN], "500", "credit_card", date(2026, 12, 31), "4.1"),
    ("the day after", [PLAIN], "500", "credit_card", date(2027, 1, 1), None),
    ("the day before", [PLAIN], "500", "credit_card", date(2025, 12, 31), None),
    ("the product's own clause goes before the general one", [PLAIN, MEDICAL], "500", "medical", DAY, "4.3"),
    ("whatever their order", [MEDICAL, PLAIN], "500", "medical", DAY, "4.3"),
    ("another product keeps the general one", [PLAIN, MEDICAL], "500", "credit_card", DAY, "4.1"),
    ("a product without a clause", [MEDICAL], "500", "credit_card", DAY, None),
    ("no clauses", [], "500", "credit_card", DAY, None),
]


@pytest.mark.parametrize(
    ("reason", "terms", "balance", "product", "day", "clause"), RATES, ids=[row[0] for row in RATES]
)
def test_the_rate(reason: str, terms: list[Clause], balance: str, product: str, day: date, clause: str | None) -> None:
    found = rate_for(terms, Placed(Decimal(balance), product), day)
    assert (found.clause if found else None) == clause


FIRST, SECOND = replace(PLAIN, tier=1), replace(PLAIN, clause="4.4", tier=2)
FRESH, STALE = replace(PLAIN, late_to=180), replace(PLAIN, clause="4.5", late_from=180)

AGES_AND_TIERS = [
    ("the first agency's clause", [FIRST, SECOND], Placed(Decimal(500), "other", tier=1), "4.1"),
    ("the second agency's clause", [FIRST, SECOND], Placed(Decimal(500), "other", tier=2), "4.4"),
    ("a tier without a clause", [FIRST, SECOND], Placed(Decimal(500), "other", tier=3), None),
    ("the day before the border of two ages", [FRESH, STALE], Placed(Decimal(500), "other", days_late=179), "4.1"),
    ("on the border the older age begins", [FRESH, STALE], Placed(Decimal(500), "other", days_late=180), "4.5"),
    ("an age that nobody knows", [FRESH, STALE], Placed(Decimal(500), "other"), None),
    ("a clause for every age needs to know none", [PLAIN], Placed(Decimal(500), "other"), "4.1"),
]


@pytest.mark.parametrize(
    ("reason", "terms", "placed", "clause"), AGES_AND_TIERS, ids=[row[0] for row in AGES_AND_TIERS]
)
def test_the_rate_by_age_and_tier(reason: str, terms: list[Clause], placed: Placed, clause: str | None) -> None:
    found = rate_for(terms, placed, DAY)
    assert (found.clause if found else None) == clause


OVERLAPS = [
    ("two tiers", FIRST, SECOND, False),
    ("one tier and all of them", FIRST, PLAIN, True),
    ("ages that meet at a border", FRESH, STALE, False),
    ("ages that share a day", FRESH, replace(STALE, late_from=179), True),
    ("an age and all of them", STALE, PLAIN, True),
    ("the same twice", PLAIN, PLAIN, True),
    ("bands that meet at a border", SMALL, LARGE, False),
    ("bands that share a cent", SMALL, replace(LARGE, balance_from=Decimal("999.99")), True),
    ("an exception for one product", PLAIN, MEDICAL, False),
    ("two exceptions for one product", MEDICAL, MEDICAL, True),
    ("one year after the other", PLAIN, replace(PLAIN, valid_from=date(2027, 1, 1), valid_until=None), False),
    ("a shared day", PLAIN, replace(PLAIN, valid_from=date(2026, 12, 31), valid_until=None), True),
    ("both without an end", replace(PLAIN, valid_until=None), replace(PLAIN, valid_until=None), True),
]


@pytest.mark.parametrize(("reason", "one", "other", "expected"), OVERLAPS, ids=[row[0] for row in OVERLAPS])
def test_terms_that_contradict_each_other(reason: str, one: Clause, other: Clause, expected: bool) -> None:
    assert bool(overlaps([one, other])) is expected
    assert bool(overlaps([other, one])) is expected


def test_days_meet_where_they_share_one() -> None:
    assert meet(date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 2), None)
    assert not meet(date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 2), None)


def test_contracts_know_the_products_that_accounts_have() -> None:
    assert tuple(product.value for product in Product) == PRODUCTS
