"""Whole numbers out of shares, and the open room of agencies: who gets how many of each stratum, by fixed weights."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from placements.allocation.values import Bools, Floats, Integers, Strata

# Shares are sums of floats: a residue is zero, and two are equal, within this.
NOISE = 1e-9


def largest_remainder(*, weights: Sequence[float], total: int) -> dict[str, list[int]]:
    """Whole numbers in the proportion of the weights, adding up to `total` (Hamilton's method).

    What is left after rounding down goes by largest remainder, then larger weight, then order. Weights are taken as the
    decimals they are written as, so that equal remainders are equal. Raises ValueError on a negative number, or if there
    is something to give and no weight.
    """
    exact = [Fraction(str(weight)) for weight in weights]
    whole = sum(exact)
    if total < 0 or min(exact, default=Fraction(0)) < 0 or (total > 0 and whole == 0):
        raise ValueError("weights and total must not be negative, nor the weights all zero")
    ideal = [weight * total / whole if whole else Fraction(0) for weight in exact]
    quota = [int(part) for part in ideal]
    by_claim = sorted(range(len(exact)), key=lambda i: (quota[i] - ideal[i], -exact[i], i))
    for i in by_claim[: total - sum(quota)]:
        quota[i] += 1
    return {"q": quota}


def filled(strata: Strata, allowed: Bools, weights: Floats, most: Floats) -> Floats:
    """Fractional quotas, stratum by agency: each stratum in the proportion of the weights, no agency over its `most`.

    Where an agency is full all its strata are cut alike, and what is cut goes to the others by their weights.
    """
    x = np.zeros(allowed.shape)
    is_open = allowed & (weights > 0)
    while is_open.any():
        claims = is_open * weights
        share = np.divide(claims, claims.sum(axis=1, keepdims=True), out=np.zeros_like(claims), where=is_open)
        step = share * (strata.groups - x.sum(axis=1))[:, None]
        wanted, room = step.T @ strata.means, np.maximum(most - x.T @ strata.means, 0.0)
        fits = np.divide(room, wanted, out=np.ones_like(room), where=wanted > room).min(axis=1)
        x += step * fits
        if (fits == 1).all():
            break
        is_open &= fits == 1
    return x


def rounded(strata: Strata, x: Floats, weights: Floats, most: Floats) -> Integers:
    """Whole quotas next to the fractional ones: every stratum placed as far as x says, no agency over its `most`.

    Each quota is rounded down or up. In a stratum the units left go by largest remainder, to which what earlier strata
    owe an agency is added: otherwise thousands of small strata would all favour the first in order. One stratum alone
    gets its largest remainders.
    """
    spare = np.maximum(strata.groups - x.sum(axis=1), 0.0)
    ideal = np.column_stack([x, spare])
    quota = np.floor(ideal + NOISE).astype(np.int64)
    residues = np.where(ideal - quota > NOISE, ideal - quota, 0.0)
    room = np.vstack([most - quota[:, :-1].T @ strata.means, [np.inf, np.inf]]).tolist()
    claims = [*weights.tolist(), 0.0]
    owed = [0.0] * len(claims)
    for s in np.flatnonzero(residues.any(axis=1)):
        size = strata.means[s].tolist()
        row = residues[s].tolist()
        owed = [debt + residue for debt, residue in zip(owed, row, strict=True)]
        units = int(strata.groups[s] - quota[s].sum())
        for a in sorted((a for a, r in enumerate(row) if r), key=lambda a: (-round(owed[a], 9), -claims[a], a)):
            if units and _fits(size, room[a]):
                quota[s, a] += 1
                owed[a] -= 1
                room[a] = [free - taken for free, taken in zip(room[a], size, strict=True)]
                units -= 1
    return quota[:, :-1]


def placed_more(strata: Strata, allowed: Bools, quota: Integers, most: Floats) -> Integers:
    """Quotas with as many groups placed as the agencies have room for, moving others aside where that makes room.

    An agency may be full of groups that a second one could take, while a group waits that only the first may have. The
    greatest flow from waiting groups over such exchanges into free room finds the most that can be placed. An agency
    with a limit on balance takes no part in exchanges, which change balances, and is only given what it has room for.
    """
    waiting = strata.groups - quota.sum(axis=1)
    free = _free_groups(strata, quota, most)
    if not (waiting[allowed.any(axis=1)].any() and free.any()):
        return quota
    flow = maximum_flow(_exchange(allowed, quota * np.isinf(most[:, 1]), waiting, free), 0, sum(allowed.shape) + 1).flow
    count = len(strata.groups)
    moved: Integers = flow[1 : count + 1, count + 1 : -1].toarray()
    return quota + moved


def _free_groups(strata: Strata, quota: Integers, most: Floats) -> Integers:
    """For how many more groups of the largest mean size each agency has room."""
    room = np.maximum(most - quota.T @ strata.means, 0.0)
    largest = strata.means.max(axis=0, initial=1.0)
    total = float(strata.groups.sum())
    free: Integers = np.minimum(np.floor(room / largest + NOISE).min(axis=1), total).astype(np.int64)
    return free


def _exchange(allowed: Bools, movable: Integers, waiting: Integers, free: Integers) -> csr_array:
    """The network: source to strata (waiting), strata to agencies (all), back (what can move), agencies to sink (free)."""
    strata, agencies = allowed.shape
    s, a = np.nonzero(allowed)
    held_s, held_a = np.nonzero(movable)
    first_agency, sink = strata + 1, strata + agencies + 1
    source = np.concatenate([np.zeros(strata, int), s + 1, held_a + first_agency, np.arange(agencies) + first_agency])
    target = np.concatenate([np.arange(strata) + 1, a + first_agency, held_s + 1, np.full(agencies, sink)])
    whole = np.full(len(s), movable.sum() + waiting.sum())
    capacity = np.concatenate([waiting, whole, movable[held_s, held_a], free]).astype(np.int32)
    return csr_array((capacity, (source, target)), shape=(sink + 1, sink + 1))


def _fits(size: Sequence[float], room: Sequence[float]) -> bool:
    return all(part <= free + NOISE * max(1.0, part) for part, free in zip(size, room, strict=True))
