"""Rule: who gets which account of a plan, or every reason why nobody does. Values in, values out.

Drafting a plan and replaying it call the same function with the same values, so a plan can be drawn again years later. The answer
depends on the values alone, never on their order or on the ids of a database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from placements.allocation import NOBODY, Groups, Reason, assign, balance_of_arms, slacks, solve
from placements.comparing import drawn_sides, shares_of, standardised_differences
from placements.reasons import Why
from placements.seats import Candidate, Seat, obstacle_reason
from placements.segments import Bands, cell_of
from placements.strategy import CHALLENGER, CHAMPION, HELD_BACK, Comparison
from placements.worth import Worth

RUN: Final = "plan"


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one candidate: its cell, and its agency (code), or the place of its reasons in `Dealt.whys`.

    `side` is the side of the running comparison it is on; none: it takes no part in one.
    """

    candidate: Candidate
    cell: str
    agency: str | None
    why: int | None
    side: str | None = None


@dataclass(frozen=True)
class Policy:
    """What the strategy says on how a plan is dealt: the comparison that runs, whether quotas are optimised, and what accounts are worth."""

    comparison: Comparison | None = None
    optimises: bool = False
    worth: Worth = field(default_factory=Worth)

    def stored(self) -> dict[str, Any]:
        """As JSON among a plan's inputs; `of` reads it again."""
        comparison = self.comparison.stored() if self.comparison else None
        return {"comparison": comparison, "optimises": self.optimises, "worth": self.worth.stored()}

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Policy:
        """Out of a plan's stored inputs; plans without a strategy have none."""
        if not stored:
            return cls()
        comparison = Comparison.of(stored["comparison"]) if stored["comparison"] else None
        return cls(comparison, stored["optimises"], Worth.of(stored["worth"]))


@dataclass(frozen=True)
class Dealt:
    """A plan drawn: a line for every candidate by account reference, the reasons they share, and how evenly balances fell.

    `arms` is, by agency, the mean balance dealt to it less that of its strata, in standard deviations; `forecast` what the plan is
    expected to bring, what limits cost, and how alike the sides of a comparison are.
    """

    lines: tuple[Line, ...]
    whys: tuple[tuple[Why, ...], ...]
    currency: str | None
    arms: Mapping[str, float]
    forecast: Mapping[str, Any] = field(default_factory=dict)


def deal(
    candidates: Sequence[Candidate], panel: Sequence[Seat], *, bands: Bands, seed: str, policy: Policy | None = None
) -> Dealt:
    """Deal the candidates out to the panel: eligibility, sides of the comparison, cells of like groups, quotas, a seeded lot."""
    policy = policy or Policy()
    rows = sorted(candidates, key=lambda c: c.account_ref)
    seats = sorted(panel, key=lambda seat: seat.code)
    currency = plan_currency(rows)
    masks = _Masks(rows, seats)
    groups = _grouped(rows, masks, bands, currency)
    reasons = _Reasons(seats, currency)
    forecast: dict[str, Any] = {}
    if policy.comparison:
        forecast["sides"] = _take_sides(groups, policy.comparison, masks)
    working = [group for group in groups.values() if group.side != HELD_BACK]
    arms = _assign(working, seats, seed, reasons, policy, forecast) if working and seats else {}
    lines = tuple(_line(row, groups, bands, seats, reasons) for row in rows)
    return Dealt(lines, tuple(reasons.lists), currency, arms, forecast)


def plan_currency(candidates: Sequence[Candidate]) -> str | None:
    """The currency a plan of these is in: that of most accounts without an obstacle; none if there are none."""
    counted = Counter(c.currency for c in candidates if not c.obstacles)
    return min(counted, key=lambda currency: (-counted[currency], currency)) if counted else None


# -- groups --------------------------------------------------------------------------------------------------------------


class _Masks:
    """Sets of agencies as bits, in the order of the panel."""

    def __init__(self, rows: Sequence[Candidate], seats: Sequence[Seat]) -> None:
        self.everybody = (1 << len(seats)) - 1
        self._kept: dict[int, int] = {}
        self.bit = {seat.code: 1 << place for place, seat in enumerate(seats)}
        self.working = sum(self.bit[seat.code] for seat in seats if seat.weight > 0)
        self.family = dict(self.bit)
        for seat in seats:
            for sister in seat.sisters:
                self.family[sister] = self.family.get(sister, 0) | self.bit[seat.code]
        self.closed = {
            track: sum(self.bit[seat.code] for seat in seats if track in seat.closed)
            for track in {row.track or "" for row in rows}
        }
        self.refusing = {
            place: sum(self.bit[seat.code] for seat in seats if seat.refusals.get(place))
            for place in {row.place for row in rows}
        }

    def once(self, bits: int) -> int:
        """The same set, kept once however many groups have it."""
        return self._kept.setdefault(bits, bits)

    def of(self, codes: Sequence[str]) -> int:
        """The bits of these agencies and of their sisters, of those on the panel."""
        found = 0
        for code in codes:
            found |= self.family.get(code, 0)
        return found

    def of_codes(self, codes: Sequence[str]) -> int:
        """The bits of these agencies alone."""
        return sum(self.bit.get(code, 0) for code in set(codes))


NO_REASON: Final = Reason(0)


@dataclass(slots=True)
class _Group:
    """All accounts of one consumer that are dealt together. `against`: the agencies that may not have one of them."""

    rows: list[Candidate]
    balance: int
    cell: str
    against: int
    allowed: int
    follows: str | None
    side: str | None = None
    seat: int = NOBODY
    reason: Reason = NO_REASON


def _grouped(rows: Sequence[Candidate], masks: _Masks, bands: Bands, currency: str | None) -> dict[str, _Group]:
    groups: dict[str, Any] = {}  # each consumer's rows at first, then the group in their place: one table for a million
    for row in rows:
        if not row.obstacles and row.currency == currency:
            groups.setdefault(row.consumer_ref, []).append(row)
    for consumer, mine in groups.items():
        groups[consumer] = _group(mine, masks, bands)
    return groups


def _group(rows: list[Candidate], masks: _Masks, bands: Bands) -> _Group:
    against = 0
    for row in rows:
        against |= (
            masks.refusing[row.place] | masks.closed[row.track or ""] | (masks.of(row.barred) if row.barred else 0)
        )
    follows = rows[0].follows
    allowed = masks.everybody & ~against if follows is None or follows in masks.bit else 0
    against, allowed = masks.once(against), masks.once(allowed)
    balance = sum(row.balance for row in rows) if len(rows) > 1 else rows[0].balance
    return _Group(rows, balance, _cell(rows, bands), against, allowed, follows)


def _cell(rows: Sequence[Candidate], bands: Bands) -> str:
    """By the largest account, the sum of balances, the oldest debt and the lowest score."""
    largest = rows[0]
    balance, days_late, score = largest.balance, largest.days_late, largest.score
    if len(rows) > 1:
        largest = max(rows, key=lambda row: (row.balance, row.account_ref))
        balance = sum(row.balance for row in rows)
        days_late = max((row.days_late for row in rows if row.days_late is not None), default=None)
        score = min((row.score for row in rows if row.score is not None), default=None)
    return cell_of(
        bands,
        product=largest.product,
        currency=largest.currency,
        balance=balance,
        days_late=days_late,
        score=score,
        country=bands.group_of(largest.jurisdiction),
    )


def _take_sides(groups: Mapping[str, _Group], comparison: Comparison, masks: _Masks) -> dict[str, Any]:
    """Put the groups that are compared on their sides, and narrow whom they may go to; how many there are, and how alike.

    A consumer who has a side keeps it. Whoever follows an agency, or could only go to one side, takes no part; agencies without a part
    in this plan make no side.
    """
    challengers = masks.of_codes(comparison.challengers)
    sides = {CHAMPION: masks.everybody & ~challengers, CHALLENGER: challengers, HELD_BACK: masks.everybody}
    known, drawn = {}, []
    for consumer, group in groups.items():
        before = next((row.side for row in group.rows if row.side), None)
        if before:
            known[consumer] = before
        elif group.follows is None and all(
            group.allowed & masks.working & sides[side] for side in shares_of(comparison)
        ):
            drawn.append(group)
    found = known | drawn_sides(
        comparison, keys=[group.rows[0].consumer_ref for group in drawn], cells=[group.cell for group in drawn],
        accounts=[len(group.rows) for group in drawn], balances=[group.balance for group in drawn],
    )  # fmt: skip
    for consumer, side in found.items():
        groups[consumer].side = side
        groups[consumer].allowed &= sides[side]
    return {"groups": dict(sorted(Counter(found.values()).items())), "differences": _likeness(groups, found)}


def _likeness(groups: Mapping[str, _Group], sides: Mapping[str, str]) -> dict[str, dict[str, float]]:
    members = [groups[consumer] for consumer in sides]
    values: dict[str, list[float | None]] = {
        "balance": [group.balance for group in members],
        "days_late": [
            max((row.days_late for row in group.rows if row.days_late is not None), default=None) for group in members
        ],
        "score": [min((row.score for row in group.rows if row.score is not None), default=None) for group in members],
    }
    return standardised_differences(list(sides.values()), values, against=CHAMPION)


def _assign(
    groups: list[_Group], seats: list[Seat], seed: str, reasons: _Reasons, policy: Policy, forecast: dict[str, Any]
) -> dict[str, float]:
    arrays, terms = _arrays(groups, seats), [seat.terms() for seat in seats]
    economics = policy.worth.economics(arrays, [seat.code for seat in seats]) if policy.optimises else None
    quotas = solve(arrays, terms, economics)
    assignment = assign(arrays, quotas, seed=seed, run=RUN)
    known = {reason: Reason(reason) for reason in np.unique(assignment.reason).tolist()}
    for group, seat, reason in zip(groups, assignment.agency.tolist(), assignment.reason.tolist(), strict=True):
        group.seat, group.reason = seat, known[reason]
    reasons.limits = quotas.limits.reasons
    forecast |= policy.worth.forecast(arrays, assignment.agency, terms, seed)
    forecast["prices"] = {code: round(price, 2) for code, price in quotas.shadow_prices.items() if price > 0}
    forecast["scarce"] = sorted(quotas.scarce)
    forecast["short"] = [
        {"kind": slack.kind, "groups": slack.groups, "cell": slack.cell, "agency": slack.agency}
        for slack in slacks(arrays, quotas, assignment)
        if slack.kind != "unplaced"
    ]
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
        key = (row.place, row.track, row.barred, group.against, group.follows, group.reason, group.side)
        return self._kept(key, lambda: self._against_all(row, group))

    def of_held_back(self) -> int:
        """Why nobody gets an account of the group held back."""
        return self._kept(("held back",), lambda: (Why.because("held_back"),))

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
        if row.track is not None and row.track in seat.closed:
            found.append(Why.because(seat.closed[row.track], seat.code, tier=row.track))
        if seat.code in row.barred:
            found.append(Why.because("held_before", seat.code))
        elif sisters := sorted(set(seat.sisters) & set(row.barred)):
            found.append(Why.because("sister_held", seat.code, holder=sisters[0]))
        if not found and group.against >> place & 1:
            found.append(Why.because("same_consumer", seat.code))
        if group.follows in self.codes and group.follows != seat.code:
            found.append(Why.because("prior_agency", seat.code, holder=group.follows))
        if not found and group.side and not group.allowed >> place & 1:
            found.append(Why.because("other_side", seat.code, side=group.side))
        if not found and (group.follows is None or group.follows == seat.code):
            codes = [reason.code for reason in dict.fromkeys(self.limits[place]) if reason & group.reason]
            found = [Why.because(code, seat.code) for code in codes or ["no_part"]]
        return found


def _line(row: Candidate, groups: Mapping[str, _Group], bands: Bands, seats: Sequence[Seat], reasons: _Reasons) -> Line:
    group = groups.get(row.consumer_ref)
    if row.obstacles or row.currency != reasons.currency or group is None:
        return Line(row, _cell([row], bands), None, reasons.of_account(row))
    if group.side == HELD_BACK:
        return Line(row, group.cell, None, reasons.of_held_back(), group.side)
    if group.seat == NOBODY:
        return Line(row, group.cell, None, reasons.of_agencies(row, group), group.side)
    return Line(row, group.cell, seats[group.seat].code, None, group.side)
