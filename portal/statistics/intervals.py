"""Intervals for counts, weighted counts, sums of unequal amounts, and proportions.

All of them hold at zero events, where the textbook estimate plus or minus two standard errors collapses to a point.
`conf` is the two-sided confidence (0.95 leaves 2.5 % on each side) throughout.
"""

# O, E and K are what the literature calls observed, expected and credibility.
# ruff: noqa: E741, N803

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy import special


def poisson_garwood(*, count: float, exposure: float, per: float = 1.0, conf: float = 0.95) -> dict[str, float]:
    """Exact interval of a Poisson rate, in events per `per` units of exposure (Garwood 1936).

    lo = chi2(a/2; 2n) / 2, hi = chi2(1 - a/2; 2n + 2) / 2, both times per / exposure. With no event lo is 0 and hi still
    finite. Raises ValueError without exposure: a rate over nothing is not zero, it is unknown.
    """
    _demand_positive(exposure=exposure)
    lo, hi = _garwood_counts(count, conf)
    return {"lo": lo * per / exposure, "hi": hi * per / exposure}


def scaled_poisson(*, O: float, E: float, c: float, conf: float = 0.95) -> dict[str, float]:
    """Interval of the ratio O / E of money collected to money expected, in units of that ratio.

    Money arrives in payments of unequal size, so O is treated as q = O / c payments of the effective size c, where c is
    `pooled_dispersion` over everybody: Garwood's limits of q, times c / E. At O = 0 the upper limit stays finite. A
    negative O (more reversed than paid) counts as 0 in the limits only. Raises ValueError unless E and c are positive.
    """
    _demand_positive(E=E, c=c)
    q = max(O, 0.0) / c
    lo, hi = _garwood_counts(q, conf)
    return {"oe": O / E, "q": q, "lo": lo * c / E, "hi": hi * c / E}


def pooled_dispersion(*, amounts: Sequence[float]) -> float:
    """The effective size of one payment, sum(x^2) / sum(x), over all payments of the pool; in units of x.

    Raises ValueError when the amounts do not add up to something positive.
    """
    total = math.fsum(amounts)
    _demand_positive(total=total)
    return math.fsum(x * x for x in amounts) / total


def fay_feuer_gamma(
    *, weights: Sequence[float], exposure: float, wmax: float, per: float = 1.0, conf: float = 0.95
) -> dict[str, float]:
    """Rate of weighted events per `per` units of exposure, with the gamma interval of Fay and Feuer (1997, Stat Med 16).

    `weights` holds one weight an event and `wmax` the largest weight one more event could have; with y = sum w and
    v = sum w^2: lo = v/(2y) chi2(a/2; 2y^2/v) and hi = (v+wmax^2)/(2(y+wmax)) chi2(1-a/2; 2(y+wmax)^2/(v+wmax^2)).
    With equal weights it is Garwood's interval; with no event lo is 0. Raises ValueError without exposure.
    """
    _demand_positive(exposure=exposure, wmax=wmax)
    tail = (1 - conf) / 2
    y, v = math.fsum(weights), math.fsum(w * w for w in weights)
    lo = v / (2 * y) * _chi2_quantile(tail, 2 * y * y / v) if y > 0 else 0.0
    y_next, v_next = y + wmax, v + wmax * wmax
    hi = v_next / (2 * y_next) * _chi2_quantile(1 - tail, 2 * y_next * y_next / v_next)
    scale = per / exposure
    return {"rate": y * scale, "lo": lo * scale, "hi": hi * scale}


def clopper_pearson(*, k: int, n: int, conf: float = 0.95) -> dict[str, float]:
    """Exact interval of a proportion k / n (Clopper and Pearson 1934). Nothing observed (n = 0) says nothing: 0 to 1."""
    _demand_part(k, n)
    tail = (1 - conf) / 2
    lo = float(special.betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    hi = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return {"lo": lo, "hi": hi}


def jeffreys(*, k: int, n: int, conf: float = 0.95) -> dict[str, float]:
    """Equal-tailed interval of a proportion under the Beta(1/2, 1/2) prior.

    At k = 0 the lower and at k = n the upper limit is set to 0 and 1, so that the estimate is always inside
    (Brown, Cai and DasGupta 2001, Statistical Science 16).
    """
    _demand_part(k, n)
    tail = (1 - conf) / 2
    lo = float(special.betaincinv(k + 0.5, n - k + 0.5, tail)) if k > 0 else 0.0
    hi = float(special.betaincinv(k + 0.5, n - k + 0.5, 1 - tail)) if k < n else 1.0
    return {"lo": lo, "hi": hi}


def wilson(*, k: float, n: int, conf: float = 0.95) -> dict[str, float]:
    """Score interval of a proportion k / n (Wilson 1927); k may be an estimated number. n = 0 says nothing: 0 to 1."""
    _demand_part(k, n)
    if n == 0:
        return {"lo": 0.0, "hi": 1.0}
    z = float(special.ndtri((1 + conf) / 2))
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At k = 0 and k = n the limit is exactly the estimate; rounding would put it a hair inside.
    return {"lo": max(centre - half, 0.0) if k > 0 else 0.0, "hi": min(centre + half, 1.0) if k < n else 1.0}


def _garwood_counts(count: float, conf: float) -> tuple[float, float]:
    """The exact limits of a Poisson mean after `count` events; `count` may be a fraction (an effective number)."""
    if count < 0:
        raise ValueError("count must not be negative")
    tail = (1 - conf) / 2
    return _chi2_quantile(tail, 2 * count) / 2, _chi2_quantile(1 - tail, 2 * count + 2) / 2


def _chi2_quantile(p: float, degrees: float) -> float:
    # With no degree of freedom the distribution is the point 0.
    return 2 * float(special.gammaincinv(degrees / 2, p)) if degrees > 0 else 0.0


def _demand_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be above zero")


def _demand_part(k: float, n: int) -> None:
    if not 0 <= k <= n:
        raise ValueError("k must lie between 0 and n")
