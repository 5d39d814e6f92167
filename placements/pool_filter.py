"""A filter over accounts as a value: what a saved pool keeps and a plan remembers of where its accounts came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final

from portal.errors import N_

UNPLACED, NEVER, AGAIN = "unplaced", "never", "again"
STATUSES: Final[Mapping[str, str]] = {
    UNPLACED: N_("Not placed now"),
    NEVER: N_("Never placed"),
    AGAIN: N_("Placed before, not now"),
}


@dataclass(frozen=True)
class Conditions:
    """All that is given must fit. Balances are major units, both ends included; days late count on the day of asking.

    What is not known of an account (its score, how late it is) fits no condition on it.
    """

    status: str = UNPLACED
    portfolio: str | None = None
    product: str | None = None
    currency: str | None = None
    jurisdiction: str | None = None
    balance_from: Decimal | None = None
    balance_to: Decimal | None = None
    days_late_from: int | None = None
    days_late_to: int | None = None
    score_from: int | None = None
    score_to: int | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON, without what is not given."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in given.items()
            if value is not None
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Conditions:
        """Out of JSON that `stored` wrote."""
        money = {name: Decimal(stored[name]) for name in ("balance_from", "balance_to") if name in stored}
        return cls(**{**stored, **money})

    def faults(self) -> Iterator[tuple[str, str]]:
        """Ranges whose end lies before their beginning."""
        for name in ("balance", "days_late", "score"):
            low, high = getattr(self, f"{name}_from"), getattr(self, f"{name}_to")
            if low is not None and high is not None and high < low:
                yield f"{name}_to", N_("This is less than where the range begins.")
