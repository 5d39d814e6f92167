"""Expected recovery: what the pool would have collected on an agency's accounts, segment by segment.

Matrices are segment by agency: `placed` is the exposure (balance, or number of consumers), `paid` what came of it.
"""

# O, E and K are what the literature calls observed, expected and credibility.
# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]
Matrix = Sequence[Sequence[float]]

PRECISION = 1e-12
MOST_ROUNDS = 10_000


class IndirectRatios(TypedDict):
    """Pool rate of each segment; expected, observed over expected, and raw rate of each agency (None: no exposure)."""

    rate: list[float]
    E: list[float]
    oe: list[float | None]
    raw: list[float | None]


class TwoWayRatios(TypedDict):
    """Effect of each agency (None: not scorable), level of each segment, expected of each agency, their sum."""

    theta: list[float | None]
    alpha: list[float]
    E: list[float]
    sum_E: float


@dataclass(frozen=True)
class Standard:
    """The fitted levels: `alpha` a segment, `theta` an agency (nan where nothing was expected), `expected` an agency."""

    alpha: Floats
    theta: Floats
    expected: Floats


def indirect_oe(
    *, paid: Matrix, placed: Matrix, rows: Literal["segment", "agency"] = "segment", cols: str = "agency"
) -> IndirectRatios:
    """Indirect standardisation: E_a = sum_s placed_sa * (pool rate of s), and O_a / E_a. The first round of two-way.

    `rows` and `cols` say which way the matrices lie. An empty segment has rate 0. An agency of which nothing was
    expected has an oe of None (not scorable, which is not 0), one without placement a raw rate of None.
    """
    if {rows, cols} != {"segment", "agency"}:
        raise ValueError("rows and cols must be segment and agency")
    observed, exposure = (np.asarray(m, dtype=float) for m in (paid, placed))
    if rows == "agency":
        observed, exposure = observed.T, exposure.T
    rate = _ratio(observed.sum(axis=1), exposure.sum(axis=1), empty=0.0)
    expected = exposure.T @ rate
    return {
        "rate": rate.tolist(),
        "E": expected.tolist(),
        "oe": _known(_ratio(observed.sum(axis=0), expected)),
        "raw": _known(_ratio(observed.sum(axis=0), exposure.sum(axis=0))),
    }


def two_way_minimum_bias(*, paid: Matrix, placed: Matrix) -> TwoWayRatios:
    """Segment and agency levels fitted together, paid_sa ~ placed_sa alpha_s theta_a (Bailey's minimum bias).

    Equal to the Poisson maximum likelihood. The scale is fixed by sum E = sum O inside every connected component (see
    `components`), so effects of different components must not be compared. An agency alone in its component gets 1.
    """
    fit = standardise(np.asarray(paid, dtype=float), np.asarray(placed, dtype=float))
    return {
        "theta": _known(fit.theta),
        "alpha": fit.alpha.tolist(),
        "E": fit.expected.tolist(),
        "sum_E": float(fit.expected.sum()),
    }


def standardise(observed: Floats, exposure: Floats) -> Standard:
    """The fit behind `two_way_minimum_bias`, on arrays (segment by agency), to a relative change under 1e-12.

    A segment or agency with more reversed than paid counts as nothing paid. Should agencies hang together by so thin a
    segment that the fit has not settled after 10,000 rounds, the last round is taken: no comparison rests on such a link.
    """
    by_segment, by_agency = np.maximum(observed.sum(axis=1), 0.0), np.maximum(observed.sum(axis=0), 0.0)
    component = _components(exposure)
    theta = np.ones(exposure.shape[1])
    for _ in range(MOST_ROUNDS):
        alpha = _ratio(by_segment, exposure @ theta, empty=0.0)
        before, theta = theta, _relative(_ratio(by_agency, exposure.T @ alpha, empty=1.0), component)
        if np.abs(theta - before).max(initial=0.0) < PRECISION:
            break
    return _scaled(by_agency, exposure, alpha, component)


def components(*, placed: Matrix) -> dict[str, list[int]]:
    """Which agencies may be compared: those linked through shared segments, numbered from 0 in the order of agencies.

    An agency that holds nothing is a component of its own.
    """
    return {"component": _components(np.asarray(placed, dtype=float)).tolist()}


def credibility_rate(*, paid: float, placed: float, parent_rate: float, K: float = 10_000) -> dict[str, float]:
    """Rate of a segment leaning on its parent's by K units of exposure: (paid + K parent) / (placed + K) (Buehlmann).

    An empty segment returns its parent's rate.
    """
    weight = placed + K
    return {"rate": (paid + K * parent_rate) / weight if weight > 0 else parent_rate}


def cumulative_rates(*, paid: Matrix, exposed: Matrix, parent: Sequence[float], K: float = 10_000) -> Floats:
    """Expected share recovered by the end of each month, segment by month: running sum of the credible increments.

    `paid` and `exposed` are segment by month since placement; `parent` is the increment of the parent segment by month.
    The expectation of an account is its balance times the entry of its segment and its last month observed.
    """
    increments = (np.asarray(paid, dtype=float) + K * np.asarray(parent)) / (np.asarray(exposed, dtype=float) + K)
    rates: Floats = increments.cumsum(axis=1)
    return rates


def sums(place: Integers, weights: Floats, length: int = 0) -> Floats:
    """The sum of the weights at each place from 0 on, at least `length` of them."""
    return np.asarray(np.bincount(place, weights=weights, minlength=length), dtype=np.float64)


def _scaled(by_agency: Floats, exposure: Floats, alpha: Floats, component: Integers) -> Standard:
    expected = exposure.T @ alpha
    factor = _ratio(sums(component, by_agency), sums(component, expected), empty=1.0)
    # A segment belongs to the component of any agency that holds some of it.
    segment_factor = factor[component[(exposure > 0).argmax(axis=1)]]
    expected = expected * factor[component]
    return Standard(alpha * segment_factor, _ratio(by_agency, expected), expected)


def _relative(theta: Floats, component: Integers) -> Floats:
    """Each effect against the largest of its component: the fit fixes no scale, and without one it could grow for ever."""
    largest = np.zeros(len(theta))
    np.maximum.at(largest, component, theta)
    return theta / np.where(largest > 0, largest, 1.0)[component]


def _components(exposure: Floats) -> npt.NDArray[np.intp]:
    held = csr_array(exposure > 0, dtype=np.int64)
    _, labels = connected_components(held.T @ held, directed=False)
    _, first = np.unique(labels, return_index=True)
    renumbered: npt.NDArray[np.intp] = np.argsort(np.argsort(first))[labels]
    return renumbered


def _ratio(above: Floats, below: Floats, *, empty: float = np.nan) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.full(np.shape(below), empty), where=below > 0)
    return ratio


def _known(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
