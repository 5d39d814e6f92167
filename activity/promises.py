"""Rule: what became of a promise to pay: the schedule it makes, and each instalment due, kept or broken by the payments known.

A payment counts for what was promised on or before its day. Payments fill the instalments of an account in the order in which these
fall due, each once, so that a hundred does not keep two promises of a hundred. What the bank's ledger took back does not count.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.types import CENT

GRACE_DAYS = 3
"""An instalment is broken once so many days have passed after its own: payments under way are booked by then."""

MOST_INSTALMENTS = 600
"""Longer plans than fifty years of months are a slip of the pen; nothing can be expected of them."""

WEEKS = {"week": 1, "fortnight": 2, "four_weeks": 4}
"""`details.every` of a plan that is not paid by the month, in weeks between two instalments."""


class PromiseState(StrEnum):
    """Where a promise or one of its instalments stands."""

    WAITING = "waiting"  # its day has not come
    DUE = "due"  # its day has come, and its grace is not over
    KEPT = "kept"
    BROKEN = "broken"
    UNCLEAR = "unclear"  # names no amount or no day: nothing can be expected of it


OPEN = frozenset({PromiseState.WAITING, PromiseState.DUE})


@dataclass(frozen=True)
class Promised:
    """A promise or plan as it was reported: the whole amount, the day of the first instalment, how many, how far apart."""

    id: int
    made_on: date
    amount: Decimal | None
    due_on: date | None
    instalments: int = 1
    every: str = "month"


@dataclass(frozen=True)
class Paid:
    """What is left of one payment after everything that took of it."""

    on: date
    amount: Decimal


@dataclass
class Instalment:
    """One part of a promise: what was to be paid by when, what of it was, and the day that decided it."""

    number: int
    due_on: date
    amount: Decimal
    paid: Decimal = Decimal(0)
    state: PromiseState = PromiseState.WAITING
    settled_on: date | None = None


@dataclass
class Followed:
    """A promise with its instalments as they stand on a day."""

    promised: Promised
    instalments: list[Instalment] = field(default_factory=list)

    @property
    def state(self) -> PromiseState:
        """Broken with its first broken instalment, kept with the last that is kept, otherwise as its next one."""
        states = [one.state for one in self.instalments]
        if not states:
            return PromiseState.UNCLEAR
        for state in (PromiseState.BROKEN, PromiseState.DUE, PromiseState.WAITING):
            if state in states:
                return state
        return PromiseState.KEPT

    @property
    def settled_on(self) -> date | None:
        """The day on which it was broken, or kept to its end."""
        days = [one.settled_on for one in self.instalments if one.state is self.state and one.settled_on]
        return (min if self.state is PromiseState.BROKEN else max)(days, default=None)

    @property
    def next_due_on(self) -> date | None:
        """The day of the first instalment that is open; of a settled promise that of the one that settled it."""
        open_days = [one.due_on for one in self.instalments if one.state in OPEN]
        deciding = [one.due_on for one in self.instalments if one.state is self.state]
        return min(open_days or deciding, default=None)

    @property
    def paid(self) -> Decimal:
        """What was paid on it."""
        return sum((one.paid for one in self.instalments), Decimal(0))


def schedule(promised: Promised) -> list[Instalment]:
    """The instalments of a promise; none where it names no amount or day, or too many instalments.

    Equal parts in whole minor units, the rest with the last. By the month an instalment keeps the first one's day, or takes the month's
    last where that day is missing.
    """
    count = promised.instalments
    if not promised.amount or promised.due_on is None or not 1 <= count <= MOST_INSTALMENTS:
        return []
    part = (promised.amount / count).quantize(CENT, rounding="ROUND_DOWN")
    if part <= 0:
        return []
    parts = [part] * (count - 1) + [promised.amount - part * (count - 1)]
    try:
        return [
            Instalment(n + 1, due_day(promised.due_on, n, promised.every), amount) for n, amount in enumerate(parts)
        ]
    except (OverflowError, ValueError):  # beyond the last day that a calendar has
        return []


def due_day(first: date, number: int, every: str) -> date:
    """The day of instalment `number`, counted from 0."""
    if every in WEEKS:
        return first + timedelta(weeks=WEEKS[every] * number)
    months = first.year * 12 + first.month - 1 + number
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(first.day, monthrange(year, month)[1]))


def follow(promises: Iterable[Promised], payments: Iterable[Paid], today: date) -> list[Followed]:
    """The promises of one account as they stand on a day, given its payments known by then."""
    followed = [Followed(promised, schedule(promised)) for promised in promises]
    open_ones = sorted(
        ((one, of.promised) for of in followed for one in of.instalments),
        key=lambda pair: (pair[0].due_on, pair[1].made_on, pair[1].id, pair[0].number),
    )
    for payment in sorted((one for one in payments if one.amount > 0), key=lambda one: one.on):
        _fill(payment, open_ones)
    for one, _ in open_ones:
        if one.state is not PromiseState.KEPT:
            _judge(one, today)
    return followed


def _fill(payment: Paid, instalments: Sequence[tuple[Instalment, Promised]]) -> None:
    """Give a payment to the instalments it is in time for, the oldest first."""
    left = payment.amount
    for one, promised in instalments:
        in_time = promised.made_on <= payment.on <= one.due_on + timedelta(days=GRACE_DAYS)
        if one.state is PromiseState.KEPT or not in_time:
            continue
        taken = min(left, one.amount - one.paid)
        one.paid += taken
        left -= taken
        if one.paid == one.amount:
            one.state, one.settled_on = PromiseState.KEPT, payment.on
        if not left:
            return


def _judge(one: Instalment, today: date) -> None:
    last_day = one.due_on + timedelta(days=GRACE_DAYS)
    if today > last_day:
        one.state, one.settled_on = PromiseState.BROKEN, last_day + timedelta(days=1)
    elif today >= one.due_on:
        one.state = PromiseState.DUE
