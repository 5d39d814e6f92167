"""Funnels: how far a ratio may lie from its target before it is more than chance.

Follows Spiegelhalter (2005, Stat Med 24:1185 and QSHC 14:347). Limits are given at the four probabilities of a
two-sided 95 % and a two-sided 99.8 % funnel, under the keys "0.001", "0.025", "0.975" and "0.999".
"""

# O, E and K are what the literature calls observed, expected and credibility.
# ruff: noqa: N803

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

PROBABILITIES = (0.001, 0.025, 0.975, 0.999)
FEW, MANY = 10, 20
FIXED_TAU = 0.05


def winsorise_phi(*, z: Sequence[float], q: float = 0.1) -> dict[str, float | list[float]]:
    """Overdispersion of z-scores: mean of z^2, raw and after pulling both tails in to their q-quantiles.

    Quantiles are of type 7 (linear between order statistics). Winsorising keeps one outlier from hiding itself by
    widening the limits it is tested against.
    """
    scores = np.asarray(z, dtype=float)
    low, high = np.quantile(scores, [q, 1 - q])
    pulled = np.clip(scores, low, high)
    return {
        "phi_raw": float(np.mean(scores**2)),
        "phi_winsor": float(np.mean(pulled**2)),
        "winsorised": pulled.tolist(),
    }


def winsor_consistency_constant(*, q: float = 0.1) -> dict[str, float]:
    """E of the winsorised z^2 under N(0, 1): winsorising pulls phi below 1 even without overdispersion.

    With a = the (1-q) normal quantile: k = (1 - 2q) - 2 a density(a) + 2 q a^2. Divide phi by k to undo the pull.
    """
    a = float(special.ndtri(1 - q))
    density = math.exp(-a * a / 2) / math.sqrt(2 * math.pi)
    return {"k": (1 - 2 * q) - 2 * a * density + 2 * q * a * a}


def additive_tau2(*, phi: float, s: Sequence[float]) -> dict[str, float]:
    """Variance between units that explains an overdispersion phi, on the scale of s^2 (moment estimate, never below 0).

    With w = 1/s^2 and I units: (I phi - (I-1)) / (sum w - sum w^2 / sum w). A single unit has no variance between: 0.
    """
    w = 1 / np.asarray(s, dtype=float) ** 2
    units = len(w)
    spread = float(w.sum() - (w**2).sum() / w.sum())
    if units < 2 or spread <= 0:
        return {"tau2": 0.0}
    return {"tau2": max(0.0, (units * phi - (units - 1)) / spread)}


def funnel_limits_log_additive(*, target: float, s: float, tau2: float) -> dict[str, float]:
    """Limits target * exp(z_p sqrt(s^2 + tau2)) of a ratio whose log has standard error s, units differing by tau2."""
    return _log_limits(target, math.sqrt(s * s + tau2))


def funnel_limits_log_plain(*, target: float, s: float, tau2: float = 0.0) -> dict[str, float]:
    """Limits of pure chance, target * exp(z_p s). `tau2` is taken so that the forms can be exchanged; it is not used."""
    del tau2
    return _log_limits(target, s)


def funnel_limits_log_multiplicative(*, target: float, s: float, phi: float) -> dict[str, float]:
    """Limits target * exp(z_p s sqrt(phi)); a phi under 1 does not narrow them."""
    return _log_limits(target, s * math.sqrt(max(1.0, phi)))


def poisson_limit_interpolated(*, E: float) -> dict[str, float]:
    """Limits of O / E for a count with expectation E (for E under about 20, where the log form is too coarse).

    Exact Poisson limits made continuous: with r the p-quantile and F the distribution function,
    (r - (F(r) - p) / (F(r) - F(r-1))) / E. A limit below zero means that no count is low enough to be noticed.
    Raises ValueError unless E is positive.
    """
    if not E > 0:
        raise ValueError("E must be above zero")
    return {str(p): _interpolated_count(p, E) / E for p in PROBABILITIES}


def funnel_tau2(*, log_ratio: Sequence[float], s: Sequence[float]) -> float:
    """The variance between units to draw a funnel with, on the log scale.

    Under 10 units it cannot be estimated and is fixed at 0.05^2; from 10 on it is `additive_tau2` of the winsorised
    phi, and from 20 on phi is first made consistent (design 2.6: fewer units cannot afford the lost detection).
    `s` are the standard errors under the null, not from each unit's own outcome.
    """
    if len(s) < FEW:
        return FIXED_TAU**2
    z = [y / error for y, error in zip(log_ratio, s, strict=True)]
    phi = float(np.mean(np.square(winsorise_phi(z=z)["winsorised"])))
    if len(s) >= MANY:
        phi /= winsor_consistency_constant()["k"]
    return additive_tau2(phi=phi, s=s)["tau2"]


def funnel_flags(*, log_ratio: Sequence[float], s: Sequence[float]) -> list[str]:
    """One word a unit: "" inside the 95 % funnel, "watch" outside it, "review" outside the 99.8 % funnel.

    A funnel raises questions, it does not grade. Fewer than 3 units are never flagged: with two, each is the other's
    target and only their difference can be looked at.
    """
    if len(s) < 3:
        return [""] * len(s)
    tau2 = funnel_tau2(log_ratio=log_ratio, s=s)
    watch, review = float(special.ndtri(PROBABILITIES[2])), float(special.ndtri(PROBABILITIES[3]))
    distance = [abs(y) / math.sqrt(error**2 + tau2) for y, error in zip(log_ratio, s, strict=True)]
    return ["review" if d > review else "watch" if d > watch else "" for d in distance]


def _log_limits(target: float, spread: float) -> dict[str, float]:
    return {str(p): target * math.exp(float(special.ndtri(p)) * spread) for p in PROBABILITIES}


def _interpolated_count(p: float, mean: float) -> float:
    quantile = _poisson_quantile(p, mean)
    below = float(special.pdtr(quantile - 1, mean)) if quantile > 0 else 0.0
    upto = float(special.pdtr(quantile, mean))
    return quantile - (upto - p) / (upto - below)


def _poisson_quantile(p: float, mean: float) -> int:
    """The smallest count whose distribution function reaches p; the inverse may be one too high through rounding."""
    quantile = math.ceil(float(special.pdtrik(p, mean)))
    return quantile - 1 if quantile > 0 and float(special.pdtr(quantile - 1, mean)) >= p else max(quantile, 0)
