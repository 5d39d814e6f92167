"""Shrinkage: what to believe of one unit when it stands among others of its kind.

Small units are pulled towards the others, large ones speak for themselves. Log ratios go through the normal-normal
model (`bayes_grid_half_normal` is the default; the plug-in estimates need some thirty units), counts through
gamma-Poisson, proportions through beta-binomial.
"""

# O, E and K are what the literature calls observed, expected and credibility.
# ruff: noqa: E741, N803

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Floats = npt.NDArray[np.float64]


class PluginShrinkage(TypedDict):
    """Units shrunk with one estimated tau2: `weight` is the share of its own data, `theta` the ratio believed."""

    tau2: float
    mu: float
    weight: list[float]
    theta: list[float]
    sd_log: list[float]


class GridPosterior(TypedDict):
    """Posterior of each unit's log ratio, averaged over the spread tau between units."""

    tau_mean: float
    mean_log: list[float]
    sd_log: list[float]


class GammaPoissonFit(TypedDict):
    """Gamma prior with mean `m` and variance `A`, and the ratio believed of each unit."""

    alpha: float
    beta: float
    m: float
    A: float
    post_mean: list[float]


def eb_normal_normal_paule_mandel(*, oe: Sequence[float], se_log: Sequence[float]) -> PluginShrinkage:
    """Empirical Bayes on the log scale with the tau2 of Paule and Mandel (1982), the root of Q(tau2) = I - 1.

    weight = tau2 / (tau2 + se^2), theta = exp(mu + weight (ln oe - mu)), sd = se sqrt(weight). When the units differ by
    no more than chance tau2 is 0 and all share the mean; a single unit is such a case. Raises ValueError on a ratio or
    a standard error of zero: give (O + c/2) / E instead of an O of 0.
    """
    y, v = _logs(oe, se_log)
    tau2 = _paule_mandel(y, v)
    mu = _weighted_mean(y, v, tau2)
    weight = tau2 / (tau2 + v)
    return {
        "tau2": tau2,
        "mu": mu,
        "weight": weight.tolist(),
        "theta": np.exp(mu + weight * (y - mu)).tolist(),
        "sd_log": np.sqrt(v * weight).tolist(),
    }


def tau2_dersimonian_laird(*, oe: Sequence[float], se_log: Sequence[float]) -> dict[str, float]:
    """Moment estimate of the variance between units (DerSimonian and Laird 1986), never below 0, on the log scale."""
    y, v = _logs(oe, se_log)
    w = 1 / v
    spread = float(w.sum() - (w**2).sum() / w.sum())
    if len(y) < 2:
        return {"tau2": 0.0}
    return {"tau2": max(0.0, (_cochran_q(y, v, 0.0) - (len(y) - 1)) / spread)}


def bayes_grid_half_normal(
    *, oe: Sequence[float], se_log: Sequence[float], prior_sd: float = 0.25, ngrid: int = 200, tau_max: float = 1.0
) -> GridPosterior:
    """Full Bayes on the log scale: flat mean, half-normal(prior_sd) spread tau, integrated over a grid of midpoints.

    tau_j = (j + 0.5) tau_max / ngrid; p(tau | y) is proportional to prior(tau) sqrt(V_mu) prod N(y; mu, se^2 + tau^2);
    given tau each unit has mean mu + w (y - mu) and variance w se^2 + (1 - w)^2 V_mu, and these are mixed over tau. Units
    keep an honest width when tau is uncertain, which the plug-in forms do not. Raises as the plug-in form does.
    """
    y, v = _logs(oe, se_log)
    return _mix_over_tau(y, v, (np.arange(ngrid) + 0.5) * tau_max / ngrid, prior_sd)


def eb_gamma_poisson_mom(*, O: Sequence[float], E: Sequence[float]) -> GammaPoissonFit:
    """Gamma prior of the ratios O / E by moments (Marshall 1991, Applied Statistics 40, global empirical Bayes).

    m = sum O / sum E, A = sum E (O/E - m)^2 / sum E - m / mean(E), alpha = m^2/A, beta = m/A. When the ratios differ by
    no more than chance A is 0, alpha and beta are endless and every unit gets m. Raises ValueError on an E of zero.
    """
    observed, expected = np.asarray(O, dtype=float), np.asarray(E, dtype=float)
    if not (expected > 0).all():
        raise ValueError("E must be above zero")
    m = float(observed.sum() / expected.sum())
    seen = float((expected * (observed / expected - m) ** 2).sum() / expected.sum())
    between = max(0.0, seen - m / float(expected.mean()))
    if between == 0:
        return {"alpha": math.inf, "beta": math.inf, "m": m, "A": 0.0, "post_mean": [m] * len(observed)}
    alpha, beta = m * m / between, m / between
    means = ((alpha + observed) / (beta + expected)).tolist()
    return {"alpha": alpha, "beta": beta, "m": m, "A": between, "post_mean": means}


def gamma_poisson_posterior(
    *,
    O: float,
    E: float,
    alpha: float,
    beta: float,
    conf: float = 0.95,
) -> dict[str, float]:
    """Ratio believed after O events where E were expected, prior Gamma(alpha, beta): mean and equal-tailed interval.

    The posterior is Gamma(alpha + O, beta + E); a unit without exposure (E = 0) gets the prior back.
    """
    shape, rate = alpha + O, beta + E
    lo, hi = (float(special.gammaincinv(shape, p)) / rate for p in ((1 - conf) / 2, (1 + conf) / 2))
    return {"mean": shape / rate, "lo": lo, "hi": hi}


def beta_binomial_mom(*, k: Sequence[int], n: Sequence[int]) -> dict[str, float]:
    """Beta prior of the proportions k / n by moments (Kleinman 1973, weights n).

    mean = sum k / sum n; rho = (S - mean(1-mean)(I-1)) / (mean(1-mean) (sum n - sum n^2 / sum n - (I-1))) with
    S = sum n (k/n - mean)^2; a = mean (1/rho - 1), b = (1-mean)(1/rho - 1). When the proportions differ by no more than
    chance rho is 0 and a, b are endless. Raises ValueError on an n of zero.
    """
    hits, size = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    if not (size > 0).all():
        raise ValueError("n must be above zero")
    mean = float(hits.sum() / size.sum())
    rho = _within_correlation(hits, size, mean)
    prior_size = 1 / rho - 1 if rho > 0 else math.inf
    # An endless prior at a mean of 0 or 1 is a point: endless times zero is taken as zero.
    a, b = (prior_size * part if part > 0 else 0.0 for part in (mean, 1 - mean))
    return {"a": a, "b": b, "mean": mean, "rho": rho}


def beta_binomial_posterior(*, k: float, n: float, a: float, b: float, conf: float = 0.95) -> dict[str, float]:
    """Proportion believed after k of n, prior Beta(a, b): mean and equal-tailed interval. n = 0 gives the prior back."""
    hits, misses = a + k, b + n - k
    lo, hi = (float(special.betaincinv(hits, misses, p)) for p in ((1 - conf) / 2, (1 + conf) / 2))
    return {"mean": hits / (hits + misses), "lo": lo, "hi": hi}


def _mix_over_tau(y: Floats, v: Floats, tau: Floats, prior_sd: float) -> GridPosterior:
    total = v[None, :] + tau[:, None] ** 2
    v_mu = 1 / (1 / total).sum(axis=1)
    mu = (y / total).sum(axis=1) * v_mu
    log_p = 0.5 * np.log(v_mu) - 0.5 * (np.log(total) + (y - mu[:, None]) ** 2 / total).sum(axis=1)
    log_p -= 0.5 * (tau / prior_sd) ** 2
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    weight = tau[:, None] ** 2 / total
    means = mu[:, None] + weight * (y - mu[:, None])
    variances = weight * v + (1 - weight) ** 2 * v_mu[:, None]
    mean = p @ means
    sd = np.sqrt(p @ (variances + means**2) - mean**2)
    return {"tau_mean": float(p @ tau), "mean_log": mean.tolist(), "sd_log": sd.tolist()}


def _logs(ratio: Sequence[float], se_log: Sequence[float]) -> tuple[Floats, Floats]:
    values, errors = np.asarray(ratio, dtype=float), np.asarray(se_log, dtype=float)
    if len(values) != len(errors) or not len(values):
        raise ValueError("give one standard error a ratio, and at least one")
    if not ((values > 0).all() and (errors > 0).all()):
        raise ValueError("ratios and standard errors must be above zero")
    return np.log(values), errors**2


def _paule_mandel(y: Floats, v: Floats) -> float:
    units = len(y)
    if units < 2 or _cochran_q(y, v, 0.0) <= units - 1:
        return 0.0
    # Q falls as tau2 grows, and at the largest squared distance from the mean it has surely fallen under I - 1.
    ceiling = float(units * ((y - y.mean()) ** 2).max() + v.max())
    return float(optimize.brentq(lambda tau2: _cochran_q(y, v, tau2) - (units - 1), 0.0, ceiling, xtol=1e-15))


def _cochran_q(y: Floats, v: Floats, tau2: float) -> float:
    return float(((y - _weighted_mean(y, v, tau2)) ** 2 / (v + tau2)).sum())


def _weighted_mean(y: Floats, v: Floats, tau2: float) -> float:
    return float(np.average(y, weights=1 / (v + tau2)))


def _within_correlation(hits: Floats, size: Floats, mean: float) -> float:
    units, chance = len(hits), mean * (1 - mean)
    seen = float((size * (hits / size - mean) ** 2).sum())
    room = chance * (float(size.sum() - (size**2).sum() / size.sum()) - (units - 1))
    return min(1.0, max(0.0, (seen - chance * (units - 1)) / room)) if room > 0 else 0.0
