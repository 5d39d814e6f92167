"""The linear programme: quotas that bring most, inside everybody's limits.

Everything but eligibility and limits is elastic: what cannot be placed stays over at a price, and a minimum share that
cannot be reached is short at a price, so the programme always has a solution. Solved by the dual simplex of HiGHS, whose
vertices leave next to nothing to round; first-order solvers do not reach the precision the rounding needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from placements.allocation.values import Bools, Floats, Integers

LEAST_PRICE_UNPLACED = 100_000.0
LEAST_PRICE_SHORT = 10_000.0


@dataclass(frozen=True)
class Economics:
    """What an account of a cell is worth with an agency. Rates are shares of the balance; costs are minor units a group.

    `rate` (cell) is the pool's recovery, `theta` (agency) the agency's effect, `interaction` and `fee` (cell by agency)
    its effect in that cell and its fee, `cost` the cost of placing, `compliance` (agency) 0 to 100 points and
    `conduct_price` the price of a full 100 points missing.
    """

    rate: Floats
    theta: Floats
    interaction: Floats
    fee: Floats
    cost: Floats
    compliance: Floats
    conduct_price: float = 0.0

    def value(self, cells: Integers, balance: Floats) -> Floats:
        """Expected net minor units of one group, by stratum and agency: b rho theta_a theta_sa (1 - f) - c - pi (100 - C)/100."""
        share = self.rate[cells, None] * self.theta * self.interaction[cells] * (1 - self.fee[cells])
        return balance[:, None] * share - self.cost[cells] - self.conduct_price * (100 - self.compliance) / 100


@dataclass(frozen=True)
class Programme:
    """Stratum by agency: value of a group, whether allowed, least and most groups; groups and mean sizes a stratum;
    most of each size and least number of groups an agency."""

    value: Floats
    allowed: Bools
    least: Floats
    top: Floats
    groups: Integers
    means: Floats
    most: Floats
    owed: Floats


@dataclass(frozen=True)
class Solution:
    """Quotas (may be fractions), their value, and what one more account of capacity would bring, by agency."""

    x: Floats
    objective: float
    account_price: Floats


def placement_lp(
    *, value: Sequence[Sequence[float]], supply: Sequence[int], capacity: Sequence[float], floor: float = 0
) -> dict[str, float | list[float] | list[list[float]]]:
    """The bare programme, cells by agencies: most value with every cell placed as far as capacity goes.

    `floor` is the least every agency gets of every cell. `capacity_shadow_price` is what one more unit of an agency's
    capacity would bring. Raises ValueError if the floors alone do not fit.
    """
    worth, groups = np.asarray(value, dtype=float), np.asarray(supply, dtype=np.int64)
    most = np.column_stack([np.asarray(capacity, dtype=float), np.full(len(capacity), np.inf)])
    solution = solved(
        Programme(
            value=worth,
            allowed=np.ones(worth.shape, dtype=bool),
            least=np.full(worth.shape, float(floor)),
            top=np.full(worth.shape, np.inf),
            groups=groups,
            means=np.ones((len(groups), 2)),
            most=most,
            owed=np.zeros(len(capacity)),
        )
    )
    return {
        "objective": solution.objective,
        "x": solution.x.tolist(),
        "capacity_shadow_price": solution.account_price.tolist(),
    }


def solved(programme: Programme) -> Solution:
    """The best quotas. Raises ValueError if the floors (`least`) do not fit into supply and limits."""
    s, a = np.nonzero(programme.allowed)
    if not len(s):
        return Solution(np.zeros(programme.allowed.shape), 0.0, np.zeros(programme.allowed.shape[1]))
    value = programme.value[s, a]
    strata, agencies = programme.allowed.shape
    rows, most, names = _limit_rows(programme, s, a)
    owing = np.flatnonzero(programme.owed > 0)
    unplaced_price, short_price = _prices(value)
    result = linprog(
        -np.concatenate([value, np.full(strata, -unplaced_price), np.full(len(owing), -short_price)]),
        A_eq=hstack([_ones(s, np.arange(len(s)), (strata, len(s))), _unit(strata), csr_array((strata, len(owing)))]),
        b_eq=programme.groups,
        A_ub=vstack([_widened(rows, strata + len(owing)), _short_rows(a, owing, agencies, strata)]),
        b_ub=np.concatenate([most, -programme.owed[owing]]),
        bounds=_bounds(programme, s, a, len(owing)),
        method="highs-ds",
    )
    if not result.success:
        raise ValueError(f"the programme has no solution: {result.message}")
    x = np.zeros(programme.allowed.shape)
    x[s, a] = result.x[: len(s)]
    price = np.zeros(agencies)
    is_accounts = names[:, 1] == 0
    price[names[is_accounts, 0]] = -result.ineqlin.marginals[: len(names)][is_accounts]
    # Adding zero turns the minus zero of a slack limit into zero.
    return Solution(x, float(value @ result.x[: len(s)]), price + 0.0)


def _limit_rows(programme: Programme, s: Integers, a: Integers) -> tuple[csr_array, Floats, Integers]:
    """One row for every limit there is: its coefficients over the arcs, its bound, and (agency, size)."""
    names = np.argwhere(np.isfinite(programme.most))
    row, arc = np.nonzero(names[:, :1] == a)
    sizes = programme.means[s[arc], names[row, 1]]
    return csr_array((sizes, (row, arc)), shape=(len(names), len(a))), programme.most[names[:, 0], names[:, 1]], names


def _short_rows(a: Integers, owing: Integers, agencies: int, strata: int) -> csr_array:
    """Minus what an agency gets and minus what it is short of, to stand under minus what it is owed."""
    place = np.full(agencies, -1)
    place[owing] = np.arange(len(owing))
    arcs = np.flatnonzero(place[a] >= 0)
    given = _ones(place[a[arcs]], arcs, (len(owing), len(a)))
    return hstack([-given, csr_array((len(owing), strata)), -_unit(len(owing))])


def _bounds(programme: Programme, s: Integers, a: Integers, owing: int) -> Floats:
    least, top = programme.least[s, a], programme.top[s, a]
    elastic = np.column_stack([np.zeros(len(programme.groups) + owing), np.full(len(programme.groups) + owing, np.inf)])
    return np.vstack([np.column_stack([least, top]), elastic])


def _prices(value: Floats) -> tuple[float, float]:
    """Prices of a group not placed and of one short of a minimum share: above any value, the first above the second."""
    largest = float(np.abs(value).max(initial=0.0))
    return max(LEAST_PRICE_UNPLACED, 4 * largest), max(LEAST_PRICE_SHORT, 2 * largest)


def _ones(row: Integers, column: Integers, shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(row)), (row, column)), shape=shape)


def _unit(size: int) -> csr_array:
    return _ones(np.arange(size), np.arange(size), (size, size))


def _widened(rows: csr_array, columns: int) -> csr_array:
    return hstack([rows, csr_array((rows.shape[0], columns))])
