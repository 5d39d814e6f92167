"""Comparison: standard errors of ratios, which of two is better, ties, always-valid tests, many tests, waiting times."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt
from scipy import special

Z95 = float(special.ndtri(0.975))


class RankIntervals(TypedDict):
    """For each unit: its likely places (1 is best), the chance of being the best, and the loss of choosing it."""

    lo: list[int]
    hi: list[int]
    p_best: list[float]
    expected_loss: list[float]


def sandwich_se_log(*, y: Sequence[float], e: Sequence[float]) -> dict[str, float]:
    """Ratio sum(y) / sum(e) and the standard error of its log, from the residuals themselves (E taken as fixed).

    r_i = y_i - oe e_i, se = sqrt(sum r_i^2) / O. Raises ValueError unless both sums are positive: at O = 0 the log has
    no meaning (use the scaled Poisson interval).
    """
    return _sandwich(np.asarray(y, dtype=float), np.asarray(e, dtype=float), np.arange(len(y)))


def sandwich_se_log_clustered(
    *, y: Sequence[float], e: Sequence[float], consumer: Sequence[Hashable]
) -> dict[str, float]:
    """As `sandwich_se_log`, residuals summed inside each consumer first: one person's accounts are not independent."""
    _, cluster = np.unique([str(c) for c in consumer], return_inverse=True)
    return {"se_log": _sandwich(np.asarray(y, dtype=float), np.asarray(e, dtype=float), cluster)["se_log"]}


def prob_better(*, m1: float, s1: float, m2: float, s2: float) -> dict[str, float]:
    """Chance that the first of two independent normal quantities is the larger, and what choosing it would lose.

    With d = m2 - m1 and s = sqrt(s1^2 + s2^2): p = Phi(-d/s), expected loss E max(0, second - first) =
    d Phi(d/s) + s phi(d/s), in the unit of m. Two known values (s = 0) are compared as they stand; a tie is 0.5.
    """
    d, s = m2 - m1, math.hypot(s1, s2)
    if s == 0:
        return {"p": 0.5 if d == 0 else float(d < 0), "expected_loss_of_1": max(d, 0.0)}
    ratio = d / s
    density = math.exp(-ratio * ratio / 2) / math.sqrt(2 * math.pi)
    upper = float(special.ndtr(ratio))
    return {"p": float(special.ndtr(-ratio)), "expected_loss_of_1": d * upper + s * density}


def msprt(*, delta: float, var: float, tau2: float) -> dict[str, float]:
    """Always-valid test of delta = 0 by the mixture sequential probability ratio (Johari et al.; Howard et al.).

    LR = sqrt(v/(v+t)) exp(t delta^2 / (2 v (v+t))) with mixing variance t = tau2, fixed before the start. 1/LR (at most
    1) may be looked at as often as one likes; keep the smallest over all looks. The confidence sequence half width
    sqrt(v(v+t)/t (2 ln(1/0.05) + ln((v+t)/v))) holds at all times together. `p_fixed` is the ordinary two-sided p of a
    single look, for comparison only. Raises ValueError unless var and tau2 are positive.
    """
    if not (var > 0 and tau2 > 0):
        raise ValueError("var and tau2 must be above zero")
    total = var + tau2
    log_ratio = 0.5 * math.log(var / total) + tau2 * delta * delta / (2 * var * total)
    width = math.sqrt(var * total / tau2 * (2 * math.log(1 / 0.05) + math.log(total / var)))
    return {
        # A ratio beyond the range of floats is as good as endless.
        "LR": math.exp(log_ratio) if log_ratio < 700 else math.inf,
        "p_always_valid": min(1.0, math.exp(min(0.0, -log_ratio))),
        "p_fixed": 2 * float(special.ndtr(-abs(delta) / math.sqrt(var))),
        "cs_halfwidth_95": width,
    }


def goldstein_healy_halfwidth(*, s: float) -> dict[str, float]:
    """Half width of error bars that stop overlapping when two units of equal error s differ at the 5 % level.

    1.96 s / sqrt(2) = 1.386 s (Goldstein and Healy 1995, JRSS A 158).
    """
    return {"h": Z95 / math.sqrt(2) * s}


def rank_groups(*, mean_log: Sequence[float], sd_log: Sequence[float], p: float = 0.9) -> dict[str, list[int]]:
    """Tie groups, 1 for the best: inside a group nobody is separated from its leader, so nobody is ranked.

    Going down the means, a unit opens a new group, and leads it, once P(leader > unit) reaches p. Equal means are taken
    in the order given. The list answers in the order of the input.
    """
    group, leader, number = [0] * len(mean_log), -1, 0
    for unit in sorted(range(len(mean_log)), key=lambda i: -mean_log[i]):
        if leader < 0 or _beats(mean_log, sd_log, leader, unit) >= p:
            leader, number = unit, number + 1
        group[unit] = number
    return {"group": group}


def rank_intervals(
    *, mean_log: Sequence[float], sd_log: Sequence[float], seed: int, draws: int = 20_000, conf: float = 0.9
) -> RankIntervals:
    """Likely places of each unit from seeded posterior draws: same inputs and seed, same answer.

    `expected_loss` is the mean distance to the best of the draw on the log scale: what is given up by choosing the unit.
    """
    rng = np.random.default_rng(seed)
    sample = rng.normal(mean_log, sd_log, size=(draws, len(mean_log)))
    places = (-sample).argsort(axis=1).argsort(axis=1) + 1
    lo, hi = np.quantile(places, [(1 - conf) / 2, (1 + conf) / 2], axis=0, method="inverted_cdf")
    return {
        "lo": lo.astype(int).tolist(),
        "hi": hi.astype(int).tolist(),
        "p_best": (places == 1).mean(axis=0).tolist(),
        "expected_loss": (sample.max(axis=1, keepdims=True) - sample).mean(axis=0).tolist(),
    }


def benjamini_hochberg(*, p: Sequence[float], q: float) -> dict[str, list[bool]]:
    """Which of many tests to follow up so that at most a share q of them is expected to be false (1995, JRSS B 57).

    The largest k with p_(k) <= k q / m is found; all tests up to p_(k) are rejected, in the order of the input.
    """
    threshold = -1.0
    for place, value in enumerate(sorted(p), start=1):
        if value <= place * q / len(p):
            threshold = value
    return {"reject": [value <= threshold for value in p]}


def kaplan_meier(*, time: Sequence[float], closed: Sequence[int]) -> dict[str, list[list[float]]]:
    """Share still open after each time at which something closed (Kaplan and Meier 1958).

    `closed` is 1 where the end was seen and 0 where the case was still open at `time`; an open case counts among those
    at risk at its own time. With nothing closed the curve is empty: the share open is 1 throughout.
    """
    share, curve = 1.0, []
    for moment in sorted({t for t, end in zip(time, closed, strict=True) if end}):
        at_risk = sum(t >= moment for t in time)
        ended = sum(t == moment and bool(end) for t, end in zip(time, closed, strict=True))
        share *= 1 - ended / at_risk
        curve.append([float(moment), share])
    return {"curve": curve}


def _sandwich(
    y: npt.NDArray[np.float64], e: npt.NDArray[np.float64], cluster: npt.NDArray[np.intp]
) -> dict[str, float]:
    observed, expected = float(y.sum()), float(e.sum())
    if not (observed > 0 and expected > 0):
        raise ValueError("the sums of y and of e must be above zero")
    oe = observed / expected
    residuals = np.bincount(cluster, weights=y - oe * e)
    return {"oe": oe, "se_log": math.sqrt(float((residuals**2).sum())) / observed}


def _beats(mean: Sequence[float], sd: Sequence[float], first: int, second: int) -> float:
    return prob_better(m1=mean[first], s1=sd[first], m2=mean[second], s2=sd[second])["p"]
