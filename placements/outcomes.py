"""Rule: how an arrangement is getting on: its schedule of instalments against what the bank's ledger says was paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from portal.types import CENT

GRACE_DAYS: Final = 30
"""How long after a due day an instalment may be missing before the arrangement is broken."""
TOLERANCE: Final = Decimal("0.01")
"""The part of what is due that may be missing without a word: rounding and the odd cent of interest."""

State = Literal["running", "kept", "broken"]


@dataclass(frozen=True)
class Instalment:
    """What is due on a day, in major units."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True)
class Outcome:
    """Where it stands: paid in all, due by today, and since when it is broken (none: it is not)."""

    state: State
    paid: Decimal
    due: Decimal
    broken_on: date | None = None


def month_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where that month is shorter."""
    index = day.year * 12 + day.month - 1 + months
    first_of_next = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    last = first_of_next - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def schedule(amount: Decimal, instalments: int, first_due_on: date) -> list[Instalment]:
    """Equal monthly instalments; what does not divide is added to the last one, so that they add up to the amount."""
    part = (amount / instalments).quantize(CENT, rounding="ROUND_DOWN")
    days = [month_later(first_due_on, number) for number in range(instalments)]
    rest = amount - part * (instalments - 1)
    return [Instalment(day, part if number < instalments - 1 else rest) for number, day in enumerate(days)]


def followed(
    plan: Sequence[Instalment], payments: Iterable[tuple[date, Decimal]], today: date, *, grace_days: int = GRACE_DAYS
) -> Outcome:
    """Kept as soon as all is paid; broken on the first day on which an instalment and its grace have passed and too little came."""
    paid_by = sorted(payments)
    total = sum((one.amount for one in plan), Decimal(0))
    paid = sum((amount for day, amount in paid_by if day <= today), Decimal(0))
    due = sum((one.amount for one in plan if one.due_on <= today), Decimal(0))
    owed = Decimal(0)
    reached = _reached(paid_by, total, today)
    for one in plan:
        owed += one.amount
        last_day = one.due_on + timedelta(days=grace_days)
        if last_day >= today or (reached is not None and reached <= last_day):
            break
        by_then = sum((amount for day, amount in paid_by if day <= last_day), Decimal(0))
        if by_then < owed * (1 - TOLERANCE):
            return Outcome("broken", paid, due, last_day + timedelta(days=1))
    return Outcome("kept" if reached is not None else "running", paid, due)


def _reached(payments: Sequence[tuple[date, Decimal]], total: Decimal, today: date) -> date | None:
    """The day on which all was paid; none if it is not, or was taken back."""
    whole, day_of = Decimal(0), None
    for day, amount in payments:
        if day > today:
            break
        whole += amount
        if whole < total * (1 - TOLERANCE):
            day_of = None
        elif day_of is None:
            day_of = day
    return day_of
