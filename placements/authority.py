"""Rule: what an agency may grant itself under its contract, and everything about a request that goes beyond it.

The limits are the contract's (`agencies.models.Contract`): the least part of a balance it may settle for, the longest plan in months,
the longest extension in days, the largest part of the interest it may waive. A limit that is not set is none of its authority.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from portal.types import round_money

SETTLEMENT: Final = "settlement"
INSTALMENT: Final = "instalment"
EXTENSION: Final = "extension"
WAIVER: Final = "waiver"
DELEGABLE: Final = frozenset({SETTLEMENT, INSTALMENT, EXTENSION, WAIVER})
DIFFICULTIES: Final = frozenset(
    {
        "dispute",
        "cease",
        "attorney",
        "bankruptcy",
        "deceased",
        "litigation",
        "fraud",
        "identity_theft",
        "military",
        "moratorium",
    }
)
"""Holds under which nobody bargains by delegation; hardship is no obstacle to relief, it is a reason for it."""


@dataclass(frozen=True)
class Terms:
    """What is asked for. `amount` is to be paid in all, `waived` is interest and fees, both in major units."""

    amount: Decimal | None = None
    waived: Decimal | None = None
    instalments: int | None = None
    due_on: date | None = None
    days: int | None = None


@dataclass(frozen=True)
class Limits:
    """A contract's delegation; none: it has to ask."""

    settlement_floor: Decimal | None = None
    instalments_most: int | None = None
    extension_days_most: int | None = None
    waiver_most: Decimal | None = None


@dataclass(frozen=True)
class Owed:
    """What stands open: the balance, the interest in it, and the holds that are on."""

    balance: Decimal
    interest: Decimal = Decimal(0)
    holds: frozenset[str] = frozenset()


def least_settlement(balance: Decimal, floor: Decimal | None) -> Decimal | None:
    """The smallest amount the agency may settle a balance for; none where it has to ask."""
    return None if floor is None else round_money(balance * floor)


def beyond(kind: str, terms: Terms, owed: Owed, limits: Limits, *, has_further: bool = False) -> list[dict[str, Any]]:
    """Every reason why the agency may not grant this itself, as {"code", …}; empty: it may, at once."""
    found = [{"code": "on_hold", "kind": hold} for hold in sorted(owed.holds & DIFFICULTIES)]
    if kind not in DELEGABLE:
        return [*found, {"code": "not_delegated"}]
    if has_further:
        found.append({"code": "other_terms"})
    return [*found, *_of_kind(kind, terms, owed, limits)]


def _of_kind(kind: str, terms: Terms, owed: Owed, limits: Limits) -> Iterable[dict[str, Any]]:
    if kind == EXTENSION:
        yield from _most("extension", terms.days or 0, limits.extension_days_most)
    elif kind == WAIVER:
        most = None if limits.waiver_most is None else round_money(owed.interest * limits.waiver_most)
        yield from _most("waiver", terms.waived or Decimal(0), most)
    else:
        amount = owed.balance if terms.amount is None else terms.amount
        if amount < owed.balance:
            least = least_settlement(owed.balance, limits.settlement_floor)
            if least is None:
                yield {"code": "settlement_no_authority"}
            elif amount < least:
                yield {"code": "settlement_too_low", "asked": str(amount), "limit": str(least)}
        if (terms.instalments or 1) > 1:
            yield from _most("instalments", terms.instalments or 1, limits.instalments_most)


def _most(what: str, asked: Decimal | int, limit: Decimal | int | None) -> Iterable[dict[str, Any]]:
    if limit is None:
        yield {"code": f"{what}_no_authority"}
    elif asked > limit:
        yield {"code": f"{what}_too_much", "asked": str(asked), "limit": str(limit)}
