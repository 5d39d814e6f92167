"""Rule: a plan's reasons put together for people: why accounts are not placed, and why an agency may not have some of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from agencies.credentials import Reason, merged
from placements.reasons import Why
from placements.seats import Place, Seat

APART = frozenset({"place", "day"})
"""Parameters that make no kind of reason of their own: the same licence missing in ten states is one thing to mend."""


@dataclass(frozen=True)
class Group:
    """Accounts that share a list of reasons: the list, how many, their balance, one as an example."""

    whys: Sequence[Why]
    accounts: int
    balance: Decimal
    example: str


@dataclass(frozen=True)
class WhyNot:
    """One reason, the agencies it speaks against (none: against the account itself), and how many accounts it concerns."""

    reason: Reason
    agencies: tuple[str, ...]
    accounts: int
    balance: Decimal
    example: str


@dataclass
class _Against:
    """One kind of reason against one agency, while it is counted."""

    agency: str | None
    example: str
    reasons: list[Reason] = field(default_factory=list)
    accounts: int = 0
    balance: Decimal = Decimal(0)


def why_not(groups: Iterable[Group]) -> list[WhyNot]:
    """Every reason of these groups, most accounts first; alike ones, and agencies that it speaks against alike, together.

    An account counts once for a reason, however often it is given.
    """
    found: dict[tuple[object, ...], _Against] = {}
    for group in groups:
        alike: dict[tuple[object, ...], list[Why]] = defaultdict(list)
        for why in group.whys:
            alike[_kind(why)].append(why)
        for kind, whys in alike.items():
            row = found.setdefault(kind, _Against(whys[0].agency, group.example))
            row.reasons += [why.reason for why in whys]
            row.accounts += group.accounts
            row.balance += group.balance
    return _together(found.values())


def not_eligible(seats: Sequence[Seat], accounts: Mapping[Place, tuple[int, Decimal]]) -> list[WhyNot]:
    """Why agencies of the panel may not have some of a plan's accounts, placed with somebody else or not.

    `accounts` is how many there are of each place and product, and their balance.
    """
    return why_not(
        Group(whys, *accounts[place], example="")
        for seat in seats
        for place, whys in sorted(seat.refusals.items())
        if place in accounts
    )


def _together(rows: Iterable[_Against]) -> list[WhyNot]:
    alike: dict[WhyNot, list[str]] = defaultdict(list)
    for row in rows:
        reason = merged(row.reasons)[0]  # names every place it is about
        alike[WhyNot(reason, (), row.accounts, row.balance, row.example)] += [row.agency] if row.agency else []
    made = [replace(row, agencies=tuple(codes)) for row, codes in alike.items()]
    return sorted(made, key=lambda row: (-row.accounts, row.agencies, row.reason.code))


def _kind(why: Why) -> tuple[object, ...]:
    return why.agency, why.code, tuple(param for param in why.reason.params if param[0] not in APART)
