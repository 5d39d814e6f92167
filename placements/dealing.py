"""Rule: who gets which account of a plan, or every reason why nobody does. Values in, values out.

Drafting a plan and replaying it call the same function with the same values, so a plan can be drawn again years later. The answer
depends on the values alone, never on their order or on the ids of a database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from placements.allocation import NOBODY, Groups, Reason, assign, balance_of_arms, solve
from placements.jurisdictions import country_of
from placements.reasons import Why
from placements.seats import Candidate, Seat, obstacle_reason
from placements.segments import Bands, cell_of

RUN: Final = "plan"


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one candidate: its cell, and its agency (code), or the place of its reasons in `Dealt.whys`."""

    candidate: Candidate
    cell: str
    agency: str | None
    why: int | None


@dataclass(frozen=True)
class Dealt:
    """A plan drawn: a line for every candidate by account reference, the reasons they share, and how evenly balances fell.

    `arms` is, by agency, the mean balance dealt to it less that of its strata, in standard deviations.
    """

    lines: tuple[Line, ...]
    whys: tuple[tuple[Why, ...], ...]
    currency: str | None
    arms: Mapping[str, float]


def deal(candidates: Sequence[Candidate], panel: Sequence[Seat], *, bands: Bands, seed: str) -> Dealt:
    """Deal the candidates out to the panel: eligibility, cells of like groups, quotas by the seats' weights, a seeded lot."""
    rows = sorted(candidates, key=lambda c: c.account_ref)
    seats = sorted(panel, key=lambda seat: seat.code)
    currency = plan_currency(rows)
    groups = _grouped(rows, _Masks(rows, seats), bands, currency)
    reasons = _Reasons(seats, currency)
    arms = _assign(list(groups.values()), seats, seed, reasons) if groups and seats else {}
    lines = tuple(_line(row, groups, bands, seats, reasons) for row in rows)
    return Dealt(lines, tuple(reasons.lists), currency, arms)


def plan_currency(candidates: Sequence[Candidate]) -> str | None:
    """The currency a plan of these is in: that of most accounts without an obstacle; none if there are none."""
    counted = Counter(c.currency for c in candidates if not c.obstacles)
    return min(counted, key=lambda currency: (-counted[currency], currency)) if counted else None


# -- groups --------------------------------------------------------------------------------------------------------------


class _Masks:
    """Sets of agencies as bits, in the order of the panel."""

    def __init__(self, rows: Sequence[Candidate], seats: Sequence[Seat]) -> None:
        self.everybody = (1 << len(seats)) - 1
        self.bit = {seat.code: 1 << place for place, seat in enumerate(seats)}
        self.refusing = {
            place: sum(self.bit[seat.code] for seat in seats if seat.refusals.get(place))
            for place in {row.place for row in rows}
        }

    def of(self, codes: Sequence[str]) -> int:
        """The bits of these agencies, of those on the panel."""
        return sum(self.bit.get(code, 0) for code in set(codes))


@dataclass(slots=True)
class _Group:
    """All accounts of one consumer that are dealt together. `against`: the agencies that may not have one of them."""

    rows: list[Candidate]
    balance: int
    cell: str
    against: int
    allowed: int
    follows: str | None
    seat: int = NOBODY
    reason: Reason = field(default_factory=lambda: Reason(0))


def _grouped(rows: Sequence[Candidate], masks: _Masks, bands: Bands, currency: str | None) -> dict[str, _Group]:
    members: dict[str, list[Candidate]] = defaultdict(list)
    for row in rows:
        if not row.obstacles and row.currency == currency:
            members[row.consumer_ref].append(row)
    return {consumer: _group(mine, masks, bands) for consumer, mine in members.items()}


def _group(rows: list[Candidate], masks: _Masks, bands: Bands) -> _Group:
    against = 0
    for row in rows:
        against |= masks.refusing[row.place] | (masks.of(row.barred) if row.barred else 0)
    follows = rows[0].follows
    allowed = masks.everybody & ~against if follows is None or follows in masks.bit else 0
    return _Group(rows, sum(row.balance for row in rows), _cell(rows, bands), against, allowed, follows)


def _cell(rows: Sequence[Candidate], bands: Bands) -> str:
    """By the largest account, the sum of balances, the oldest debt and the lowest score."""
    largest = max(rows, key=lambda row: (row.balance, row.account_ref)) if len(rows) > 1 else rows[0]
    return cell_of(
        bands,
        product=largest.product,
        currency=largest.currency,
        balance=sum(row.balance for row in rows),
        days_late=max((row.days_late for row in rows if row.days_late is not None), default=None),
        score=min((row.score for row in rows if row.score is not None), default=None),
        country=country_of(largest.jurisdiction),
    )


def _assign(groups: list[_Group], seats: list[Seat], seed: str, reasons: _Reasons) -> dict[str, float]:
    arrays = _arrays(groups, seats)
    quotas = solve(arrays, [seat.terms() for seat in seats])
    assignment = assign(arrays, quotas, seed=seed, run=RUN)
    for group, seat, reason in zip(groups, assignment.agency.tolist(), assignment.reason.tolist(), strict=True):
        group.seat, group.reason = seat, Reason(reason)
    reasons.limits = quotas.limits.reasons
    return {code: round(away, 4) for code, away in balance_of_arms(arrays, quotas, assignment).items()}


def _arrays(groups: list[_Group], seats: list[Seat]) -> Groups:
    names = sorted({group.cell for group in groups})
    cells = {name: place for place, name in enumerate(names)}
    masks = {mask: place for place, mask in enumerate(dict.fromkeys(group.allowed for group in groups))}
    order = {seat.code: place for place, seat in enumerate(seats)}
    return Groups(
        keys=[group.rows[0].consumer_ref for group in groups],
        cell_names=names,
        cells=np.array([cells[group.cell] for group in groups], dtype=np.int64),
        accounts=np.array([len(group.rows) for group in groups], dtype=np.int64),
        balances=np.array([group.balance for group in groups], dtype=np.int64),
        signatures=np.array([masks[group.allowed] for group in groups], dtype=np.int64),
        allowed=np.array([[bool(mask >> a & 1) for a in range(len(seats))] for mask in masks], dtype=bool),
        follows=np.array([order.get(group.follows or "", NOBODY) for group in groups], dtype=np.int64),
    )


# -- reasons -------------------------------------------------------------------------------------------------------------


class _Reasons:
    """The lists of reasons of a plan, each worked out and kept once, however many accounts share it."""

    def __init__(self, seats: Sequence[Seat], currency: str | None) -> None:
        self.seats, self.currency = seats, currency
        self.codes = frozenset(seat.code for seat in seats)
        self.limits: tuple[tuple[Reason, Reason], ...] = ((Reason(0), Reason(0)),) * len(seats)
        self.lists: dict[tuple[Why, ...], int] = {}
        self._known: dict[tuple[Any, ...], int] = {}

    def of_account(self, row: Candidate) -> int:
        """Why nobody at all may get this account."""
        key = (row.obstacles, row.currency)
        return self._kept(key, lambda: tuple(map(obstacle_reason, row.obstacles)) or (self._other_currency(),))

    def of_agencies(self, row: Candidate, group: _Group) -> int:
        """Every reason of every agency against this account."""
        key = (row.place, row.barred, group.against, group.follows, group.reason)
        return self._kept(key, lambda: self._against_all(row, group))

    def _kept(self, key: tuple[Any, ...], work_out: Callable[[], tuple[Why, ...]]) -> int:
        if key not in self._known:
            self._known[key] = self.lists.setdefault(work_out(), len(self.lists))
        return self._known[key]

    def _other_currency(self) -> Why:
        return Why.because("other_currency", currency=self.currency)

    def _against_all(self, row: Candidate, group: _Group) -> tuple[Why, ...]:
        found = [why for place, seat in enumerate(self.seats) for why in self._against(row, group, place, seat)]
        if group.follows is not None and group.follows not in self.codes:
            found.insert(0, Why.because("prior_agency", holder=group.follows))
        return tuple(found) or (Why.because("no_agency"),)

    def _against(self, row: Candidate, group: _Group, place: int, seat: Seat) -> list[Why]:
        found = list(seat.refusals.get(row.place, ()))
        if seat.code in row.barred:
            found.append(Why.because("held_before", seat.code))
        if not found and group.against >> place & 1:
            found.append(Why.because("same_consumer", seat.code))
        if group.follows in self.codes and group.follows != seat.code:
            found.append(Why.because("prior_agency", seat.code, holder=group.follows))
        if not found and (group.follows is None or group.follows == seat.code):
            codes = [reason.code for reason in dict.fromkeys(self.limits[place]) if reason & group.reason]
            found = [Why.because(code, seat.code) for code in codes or ["no_part"]]
        return found


def _line(row: Candidate, groups: Mapping[str, _Group], bands: Bands, seats: Sequence[Seat], reasons: _Reasons) -> Line:
    group = groups.get(row.consumer_ref)
    if row.obstacles or row.currency != reasons.currency or group is None:
        return Line(row, _cell([row], bands), None, reasons.of_account(row))
    if group.seat == NOBODY:
        return Line(row, group.cell, None, reasons.of_agencies(row, group))
    return Line(row, group.cell, seats[group.seat].code, None)
