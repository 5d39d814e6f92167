"""Quotas: how many groups of each stratum each agency gets, by shares or by the linear programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placements.allocation.programme import Economics, Programme, solved
from placements.allocation.shares import filled, placed_more, rounded
from placements.allocation.values import (
    AMOUNT_BUFFER,
    AgencyTerms,
    Bools,
    Floats,
    Groups,
    Integers,
    Limits,
    Strata,
    limits_of,
    strata_of,
)

FLOOR_SHARE = 0.02
FLOORS_TOGETHER = 0.30
FLOOR_OF_CAPACITY = 0.90
TOP_SHARE = 0.60


@dataclass(frozen=True)
class Quotas:
    """Whole groups by stratum and agency. With an optimised plan also its expected value and shadow prices.

    `value` is minor units; a shadow price is what one more account of an agency's capacity would bring. `scarce` are the agencies whose
    room decides whether accounts are placed at all inside everybody's tops: that has no price in money.
    """

    agencies: tuple[AgencyTerms, ...]
    strata: Strata
    limits: Limits
    quota: Integers
    value: float | None = None
    shadow_prices: dict[str, float] = field(default_factory=dict)
    scarce: frozenset[str] = frozenset()

    @property
    def by_cell(self) -> Integers:
        """Groups by cell (in the order of the cells' names) and agency."""
        totals = np.zeros((int(self.strata.cells.max(initial=-1)) + 1, len(self.agencies)), dtype=np.int64)
        np.add.at(totals, self.strata.cells, self.quota)
        return totals


def solve(groups: Groups, agencies: Sequence[AgencyTerms], economics: Economics | None = None) -> Quotas:
    """Quotas for these groups: by the agencies' weights in every stratum, or with `economics` those of most value.

    Groups that follow a prior agency are placed first and use up its limits. Quotas reckon with the mean sizes of a
    stratum (and deal out 99 % of a balance, since real ones scatter); `assign` holds the limits exactly.
    """
    strata = strata_of(groups, agencies)
    limits = limits_of(groups, strata, agencies)
    weights = np.array([terms.weight for terms in agencies], dtype=float)
    most = limits.most * [1.0, AMOUNT_BUFFER]
    following, free = (strata.allowed & side[:, None] for side in (strata.is_following, ~strata.is_following))
    first = rounded(strata, filled(strata, following, np.ones(len(agencies)), most), weights, most)
    rest = replace(strata, groups=np.where(strata.is_following, 0, strata.groups))
    left = np.maximum(most - first.T @ strata.means, 0.0)
    if economics is None:
        quota = rounded(rest, filled(rest, free, weights, left), weights, left)
        return Quotas(tuple(agencies), strata, limits, first + placed_more(rest, free, quota, left))
    value = economics.value(strata.cells, strata.means[:, 1])
    solution = solved(_programme(rest, free, value, left, _owed(agencies, strata, first)))
    quota = first + placed_more(rest, free, rounded(rest, solution.x, weights, left), left)
    every = {terms.code: float(price) for terms, price in zip(agencies, solution.account_price, strict=True)}
    # No account is worth twice the best one, so a price above that is the penalty of leaving one over.
    dearest = 2 * float(np.abs(value).max(initial=0.0))
    prices = {code: price for code, price in every.items() if price <= dearest}
    return Quotas(
        tuple(agencies),
        strata,
        limits,
        quota,
        float((quota * value).sum()),
        prices,
        frozenset(every.keys() - prices.keys()),
    )


def _programme(strata: Strata, allowed: Bools, value: Floats, most: Floats, owed: Floats) -> Programme:
    """The programme with its floors (every agency keeps being tried) and tops (every agency has somebody beside it).

    A floor is 2 % of a stratum, less where there are more than fifteen agencies to share 30 %, and all floors of an
    agency together take at most 90 % of its room. No agency gets over 60 % of a stratum that another may have too.
    """
    rivals = allowed.sum(axis=1)
    floor_share = np.minimum(FLOOR_SHARE, FLOORS_TOGETHER / np.maximum(rivals, 1))
    least = np.floor(floor_share * strata.groups)[:, None] * allowed
    load = least.T @ strata.means
    scale = np.divide(FLOOR_OF_CAPACITY * most, load, out=np.ones_like(load), where=load > FLOOR_OF_CAPACITY * most)
    return Programme(
        value=value,
        allowed=allowed,
        least=np.floor(least * scale.min(axis=1)),
        top=np.broadcast_to(top_of(strata, rivals)[:, None], allowed.shape),
        groups=strata.groups,
        means=strata.means,
        most=most,
        owed=owed,
    )


def top_of(strata: Strata, rivals: Integers) -> Floats:
    """The most groups of each stratum for one agency, where more than one may have them."""
    return np.where(rivals > 1, np.ceil(TOP_SHARE * strata.groups), strata.groups)


def _owed(agencies: Sequence[AgencyTerms], strata: Strata, placed: Integers) -> Floats:
    """Groups each agency's minimum share still asks for, after those already placed."""
    placeable = int(strata.groups[strata.allowed.any(axis=1)].sum())
    owed: Floats = np.array([terms.min_share * placeable for terms in agencies]) - placed.sum(axis=0)
    return np.maximum(owed, 0.0)
