"""Rule: the rate for this balance, product and day; and that the terms of a contract never contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Protocol, TypeVar


class Scope(Protocol):
    """What a term applies to: a product, a tier (None: all), placed balances and days late from inclusive to exclusive, days both inclusive."""

    @property
    def product(self) -> str | None: ...

    @property
    def balance_from(self) -> Decimal: ...

    @property
    def balance_to(self) -> Decimal | None: ...

    @property
    def late_from(self) -> int | None: ...

    @property
    def late_to(self) -> int | None: ...

    @property
    def tier(self) -> int | None: ...

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_until(self) -> date | None: ...


Term = TypeVar("Term", bound=Scope)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a fee schedule before it is stored. Rates are shares of a payment, such as 0.18."""

    clause: str
    text: str
    rate: Decimal
    direct_rate: Decimal  # of payments made straight to the bank
    valid_from: date
    valid_until: date | None = None
    product: str | None = None
    balance_from: Decimal = Decimal(0)
    balance_to: Decimal | None = None
    late_from: int | None = None  # days in default when the account was placed
    late_to: int | None = None
    tier: int | None = None  # which agency in turn: 1 for the first


@dataclass(frozen=True, slots=True)
class Placed:
    """What a fee depends on, as it stood when the account was placed. `days_late` None: not known."""

    balance: Decimal
    product: str
    days_late: int | None = None
    tier: int = 1


def rate_for(terms: Iterable[Term], placed: Placed, day: date) -> Term | None:
    """The one term for a payment of this day on an account that was placed so; None if the contract has none for it.

    A term of the product itself goes before one for all products. Where it is not known how late an account was, terms for some
    ages only do not apply to it.
    """
    found = [term for term in terms if _applies(term, placed, day)]
    return next((term for term in found if term.product is not None), found[0] if found else None)


def overlaps(terms: Sequence[Term]) -> list[tuple[Term, Term]]:
    """Pairs of terms that would both set the rate of some payment; empty in a sound contract.

    A term for one product and one for all products do not contradict each other: the former is the exception to the latter.
    """
    return [(one, other) for one, other in combinations(terms, 2) if _contradict(one, other)]


def meet(one_from: date, one_until: date | None, other_from: date, other_until: date | None) -> bool:
    """True if two spans of days, both ends included, share a day."""
    return (one_until is None or other_from <= one_until) and (other_until is None or one_from <= other_until)


def _applies(term: Scope, placed: Placed, day: date) -> bool:
    return (
        term.product in (None, placed.product)
        and term.tier in (None, placed.tier)
        and _of_age(term, placed.days_late)
        and term.balance_from <= placed.balance
        and (term.balance_to is None or placed.balance < term.balance_to)
        and term.valid_from <= day
        and (term.valid_until is None or day <= term.valid_until)
    )


def _of_age(term: Scope, days_late: int | None) -> bool:
    if term.late_from is None and term.late_to is None:
        return True
    return (
        days_late is not None
        and (term.late_from or 0) <= days_late
        and (term.late_to is None or days_late < term.late_to)
    )


def _contradict(one: Scope, other: Scope) -> bool:
    same_balances = (other.balance_to is None or one.balance_from < other.balance_to) and (
        one.balance_to is None or other.balance_from < one.balance_to
    )
    same_ages = (other.late_to is None or (one.late_from or 0) < other.late_to) and (
        one.late_to is None or (other.late_from or 0) < one.late_to
    )
    same_tier = one.tier is None or other.tier is None or one.tier == other.tier
    same_days = meet(one.valid_from, one.valid_until, other.valid_from, other.valid_until)
    return one.product == other.product and same_balances and same_ages and same_tier and same_days
