"""Rule: which side of a running comparison each group is on, and how alike the sides are.

Only groups that could go to either side are compared. Chance decides inside cells, by the same seeded lottery that deals accounts to
agencies, so that the sides have their shares of every cell and the same balances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from placements.allocation import AgencyTerms, Group, Groups, assign, solve
from placements.allocation.values import Floats
from placements.strategy import CHALLENGER, CHAMPION, HELD_BACK, Comparison

RUN: Final = "comparison"


def shares_of(comparison: Comparison) -> dict[str, float]:
    """The sides and their shares."""
    champion = 1 - comparison.challenger - comparison.holdback
    sides = {CHAMPION: champion, CHALLENGER: comparison.challenger, HELD_BACK: comparison.holdback}
    return {side: share for side, share in sides.items() if share > 0}


def drawn_sides(
    comparison: Comparison,
    *,
    keys: Sequence[str],
    cells: Sequence[str],
    accounts: Sequence[int],
    balances: Sequence[int],
) -> dict[str, str]:
    """The side of each group by its key, drawn with the design's own salt."""
    sides = shares_of(comparison)
    every = frozenset(range(len(sides)))
    rows = zip(keys, cells, accounts, balances, strict=True)
    groups = Groups.of([Group(key, cell, count, balance, every) for key, cell, count, balance in rows], len(sides))
    quotas = solve(groups, [AgencyTerms(side, weight=share) for side, share in sides.items()])
    names = list(sides)
    dealt = assign(groups, quotas, seed=comparison.salt, run=RUN).agency.tolist()
    return {key: names[side] for key, side in zip(keys, dealt, strict=True)}


def standardised_differences(
    side: Sequence[str], values: Mapping[str, Sequence[float | None]], *, against: str
) -> dict[str, dict[str, float]]:
    """By side and name of a value: how far its mean lies from that of the side `against`, in pooled standard deviations.

    What is not known is left out. Below 0.1 the sides are taken as alike (Austin 2009).
    """
    of = np.array(side)
    found: dict[str, dict[str, float]] = {}
    for name, given in values.items():
        numbers = np.array([np.nan if value is None else float(value) for value in given])
        known = ~np.isnan(numbers)
        reference = numbers[known & (of == against)]
        for other in sorted(set(side) - {against}):
            found.setdefault(other, {})[name] = _difference(numbers[known & (of == other)], reference)
    return found


def _difference(one: Floats, reference: Floats) -> float:
    if not len(one) or not len(reference):
        return 0.0
    pooled = float(np.sqrt((one.var() + reference.var()) / 2))
    return round(float(one.mean() - reference.mean()) / pooled, 4) if pooled > 0 else 0.0
