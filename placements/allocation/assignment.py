"""Assignment: which group goes to which agency, by a seeded lottery inside each stratum.

Like accounts are dealt like cards, so that agencies can be compared by what they make of them. The deal depends on seed,
run and keys alone, never on the order in which groups come; the same inputs always give the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import numpy.typing as npt

from placements.allocation.quotas import Quotas, top_of
from placements.allocation.values import NOBODY, Bools, Floats, Groups, Integers, Limits, Reason

Hashes = npt.NDArray[np.uint64]

BLOCK = 40
WHOLE = 2**64


@dataclass(frozen=True)
class Assignment:
    """The agency of each group (place in the panel, -1 for nobody) and, for nobody's groups, the reasons."""

    agency: Integers
    reason: Integers

    def reasons(self, group: int) -> tuple[Reason, ...]:
        """Every reason why that group is not placed; empty if it is."""
        return tuple(Reason(int(self.reason[group])))


@dataclass(frozen=True)
class Slack:
    """A wish that could not be met: so many groups of a cell not placed for these reasons, short of an agency's minimum
    share, or over the share that leaves another agency beside it."""

    kind: Literal["unplaced", "min_share", "top_share"]
    groups: int
    cell: str | None = None
    agency: str | None = None
    reasons: tuple[Reason, ...] = ()


def hash_uniform_sha256(*, seed: int | str, run: str, units: Sequence[str]) -> dict[str, float]:
    """A number from 0 to 1 for each unit: the first 8 bytes of sha256("seed|run|unit"), big endian, over 2^64."""
    return {unit: value / WHOLE for unit, value in zip(units, _hashes(seed, run, units).tolist(), strict=True)}


def assign(groups: Groups, quotas: Quotas, *, seed: int | str, run: str) -> Assignment:
    """Deal the groups by the quotas, hold every limit exactly, and say why what is left over is left over.

    In a stratum groups are ordered by balance, the agencies' turns are spread evenly over that order, and inside blocks
    of 40 the turns are shuffled by hash: every agency gets its part of large and small balances, and chance decides.
    A limit passed by the true sizes gives groups back by lot; then groups not placed go, by lot, where there is room.
    """
    lot = _lot(groups, _hashes(seed, run, groups.keys))
    agency = _dealt(groups, quotas, lot, f"{seed}|{run}")
    # Groups that follow a prior agency are the last to be given back and the first to be taken up.
    lot = lot[np.argsort(~quotas.strata.is_following[quotas.strata.member[lot]], kind="stable")]
    _give_back(agency, groups.sizes, quotas.limits, lot)
    is_closed = _take_up(agency, groups.sizes, quotas, lot)
    return Assignment(agency, _reasons(agency, groups, quotas, is_closed))


def balance_of_arms(groups: Groups, quotas: Quotas, assignment: Assignment) -> dict[str, float]:
    """How evenly balances fell: for each agency its mean balance less that of its strata, in standard deviations.

    Chance alone keeps it within a few over sqrt(groups). An agency with no group, or groups of one size, has 0.
    """
    strata = quotas.strata
    balance = groups.balances.astype(float)
    away = balance - strata.means[strata.member, 1]
    placed = assignment.agency != NOBODY
    spread = float(np.sqrt((away[placed] ** 2).mean())) if placed.any() else 0.0
    count = np.bincount(assignment.agency[placed], minlength=len(quotas.agencies))
    total = np.bincount(assignment.agency[placed], weights=away[placed], minlength=len(quotas.agencies))
    return {
        terms.code: float(sum_ / n / spread) if n and spread > 0 else 0.0
        for terms, sum_, n in zip(quotas.agencies, total, count, strict=True)
    }


def slacks(groups: Groups, quotas: Quotas, assignment: Assignment) -> list[Slack]:
    """Every wish that could not be met, with its size: cells in order first, then agencies in the panel's order."""
    return [*_unplaced(groups, assignment), *_over_top(groups, quotas, assignment), *_short(quotas, assignment)]


def _hashes(seed: int | str, run: str, units: Sequence[str]) -> Hashes:
    prefix = f"{seed}|{run}|"
    values = (int.from_bytes(sha256((prefix + unit).encode()).digest()[:8], "big") for unit in units)
    return np.fromiter(values, dtype=np.uint64, count=len(units))


def _lot(groups: Groups, hashes: Hashes) -> Integers:
    """The groups in the order of their hashes; should two ever be equal, in the order of hash and key."""
    if len(np.unique(hashes)) < len(hashes):
        return np.lexsort((np.asarray(groups.keys), hashes)).astype(np.int64)
    return np.argsort(hashes).astype(np.int64)


def _dealt(groups: Groups, quotas: Quotas, lot: Integers, deal: str) -> Integers:
    member = quotas.strata.member
    turn = np.empty(len(lot), dtype=np.int64)
    turn[lot] = np.arange(len(lot))
    ordered = np.lexsort((turn, groups.balances, member))
    start = np.concatenate([[0], quotas.strata.groups.cumsum()[:-1]]).astype(np.int64)
    block = (np.arange(len(lot)) - start[member[ordered]]) // BLOCK
    shuffled = ordered[np.lexsort((turn[ordered], block, member[ordered]))]
    agency = np.empty(len(lot), dtype=np.int64)
    agency[shuffled] = _turns(quotas, deal)
    return agency


def _turns(quotas: Quotas, deal: str) -> Integers:
    """Stratum after stratum, whose turn it is: q turns at even distances, from a start drawn by hash; nobody's too.

    Without the drawn start an agency with one group in every stratum would always get the middle balance.
    """
    names = ["", *(terms.code for terms in quotas.agencies)]
    full = np.column_stack([quotas.strata.groups - quotas.quota.sum(axis=1), quotas.quota])
    stratum, label = np.nonzero(full)
    count = full[stratum, label]
    units = [f"{s}|{names[a]}" for s, a in zip(stratum.tolist(), label.tolist(), strict=True)]
    start = _hashes(deal, "turns", units) / WHOLE
    number = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
    way = (number + np.repeat(start, count)) / np.repeat(count, count)
    stratum, label = np.repeat(stratum, count), np.repeat(label, count)
    return (label - 1)[np.lexsort((label, way, stratum))].astype(np.int64)


def _give_back(agency: Integers, sizes: Integers, limits: Limits, lot: Integers) -> None:
    """Take groups, last in the lot first, from each agency whose true sizes pass a limit, until they no longer do."""
    for a, most in enumerate(limits.most):
        held = lot[agency[lot] == a][::-1]
        given = sizes[held].cumsum(axis=0)
        excess = sizes[held].sum(axis=0) - most
        # The smallest number of groups that covers both excesses.
        needed = max(int(np.searchsorted(given[:, r], excess[r])) + 1 if excess[r] > 0 else 0 for r in (0, 1))
        agency[held[:needed]] = NOBODY


def _take_up(agency: Integers, sizes: Integers, quotas: Quotas, lot: Integers) -> Bools:
    """Place, in the order of the lot, every group that an agency allowed has room for: that furthest behind its quota.

    An agency closes when a balance no longer fits that fitted at the start: going on would fill the last of its room
    with small balances only, and its accounts would no longer be like the others'. Answers which agencies are closed.
    """
    panel = len(quotas.agencies)
    room = quotas.limits.most - _held(agency, sizes, panel)
    behind = quotas.quota.sum(axis=0) - np.bincount(agency[agency != NOBODY], minlength=panel)
    waiting = lot[agency[lot] == NOBODY]
    could = quotas.strata.allowed[quotas.strata.member[waiting]] & _fitting(sizes[waiting], room)
    is_closed = np.zeros(panel, dtype=bool)
    for i in np.flatnonzero(could.any(axis=1)):
        group = waiting[i]
        is_closed |= could[i] & (sizes[group, 1] > room[:, 1])
        fits = np.flatnonzero(could[i] & ~is_closed & (sizes[group] <= room).all(axis=1))
        if len(fits):
            a = fits[behind[fits].argmax()]
            agency[group] = a
            room[a] -= sizes[group]
            behind[a] -= 1
    return is_closed


def _fitting(sizes: Integers, room: Floats) -> Bools:
    """Group by agency: whether the room of the agency is enough for the group, in accounts and in balance."""
    return (sizes[:, None, 0] <= room[:, 0]) & (sizes[:, None, 1] <= room[:, 1])


def _held(agency: Integers, sizes: Integers, panel: int) -> Integers:
    held = np.zeros((panel, 2), dtype=np.int64)
    placed = agency != NOBODY
    np.add.at(held, agency[placed], sizes[placed])
    return held


def _reasons(agency: Integers, groups: Groups, quotas: Quotas, is_closed: Bools) -> Integers:
    """Of each group not placed, the limits that keep it out of every agency allowed, or that none is allowed."""
    reason = np.zeros(len(agency), dtype=np.int64)
    waiting = np.flatnonzero(agency == NOBODY)
    sizes, allowed = groups.sizes[waiting], quotas.strata.allowed[quotas.strata.member[waiting]]
    room = quotas.limits.most - _held(agency, groups.sizes, len(quotas.agencies))
    for a, (by_accounts, by_balance) in enumerate(quotas.limits.reasons):
        full = sizes > room[a]
        reason[waiting] |= np.where(allowed[:, a] & full[:, 0], int(by_accounts), 0)
        reason[waiting] |= np.where(allowed[:, a] & (full[:, 1] | is_closed[a]), int(by_balance), 0)
    nobody = waiting[~allowed.any(axis=1)]
    reason[nobody] = np.where(groups.follows[nobody] == NOBODY, int(Reason.NO_AGENCY), int(Reason.PRIOR_AGENCY))
    return reason


def _unplaced(groups: Groups, assignment: Assignment) -> list[Slack]:
    left = assignment.agency == NOBODY
    pairs = np.column_stack([groups.cells[left], assignment.reason[left]])
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    return [
        Slack("unplaced", int(n), cell=groups.cell_names[cell], reasons=tuple(Reason(reason)))
        for (cell, reason), n in zip(kinds.tolist(), counts, strict=True)
    ]


def _over_top(groups: Groups, quotas: Quotas, assignment: Assignment) -> list[Slack]:
    """Only the optimised plan has tops: by shares, an agency gets as much of a stratum as its weight says."""
    if quotas.value is None:
        return []
    placed = assignment.agency != NOBODY
    held = np.zeros(quotas.quota.shape, dtype=np.int64)
    np.add.at(held, (quotas.strata.member[placed], assignment.agency[placed]), 1)
    over = held - top_of(quotas.strata, quotas.strata.allowed.sum(axis=1))[:, None]
    return [
        Slack("top_share", int(over[s, a]), groups.cell_names[quotas.strata.cells[s]], quotas.agencies[a].code)
        for s, a in np.argwhere(over > 0)
    ]


def _short(quotas: Quotas, assignment: Assignment) -> list[Slack]:
    placeable = int(quotas.strata.groups[quotas.strata.allowed.any(axis=1)].sum())
    placed = np.bincount(assignment.agency[assignment.agency != NOBODY], minlength=len(quotas.agencies))
    return [
        Slack("min_share", int(np.ceil(terms.min_share * placeable - n)), agency=terms.code)
        for terms, n in zip(quotas.agencies, placed, strict=True)
        if n < terms.min_share * placeable
    ]
