"""Rule: what an agency may agree to with a person at a moment: the limits of its contract, or what the bank had granted by then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from placements.authority import least_settlement

UNLIMITED: Final = 9999
"""Instalments where the contract names no number: it leaves plans over the whole balance to the agency."""
AGREED: Final = frozenset({"promise", "plan"})
"""Kinds of row that agree on money."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the bank granted: from when, the amount to be paid in all, in how many instalments."""

    at: datetime
    amount: Decimal
    instalments: int


@dataclass(frozen=True, slots=True)
class Delegation:
    """One placement's limits: the balance they are taken of, its contract's figures, what was granted on it."""

    balance: Decimal
    settlement_floor: Decimal | None
    instalments_most: int | None
    granted: tuple[Granted, ...] = ()

    def facts(self, at: datetime) -> Mapping[str, Any]:
        """The facts for a row of this moment. Without a floor in the contract nothing below the balance may be agreed."""
        by_then = [one for one in self.granted if one.at <= at]
        own = least_settlement(self.balance, self.settlement_floor)
        return {
            "settlement_least": min(_amounts(self.balance if own is None else own, by_then)),
            "instalments_most": max([self.instalments_most or UNLIMITED, *(one.instalments for one in by_then)]),
        }


def _amounts(own: Decimal, granted: Iterable[Granted]) -> list[Decimal]:
    return [own, *(one.amount for one in granted)]
