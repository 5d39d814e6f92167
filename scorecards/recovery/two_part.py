"""The measured effect of an agency: how many more pay, times how much more a payer pays.

The amounts of payers vary wildly; whether somebody pays does not. Measured apart and shrunk apart, frequency and severity
order agencies better, and with narrower intervals, than money over expected money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from portal.statistics import bayes_grid_half_normal
from scorecards.recovery.expected import Floats, Integers, standardise, sums

FREQUENCY_PRIOR_SD = 0.25
SEVERITY_PRIOR_SD = 0.10
TOKEN_SHARE = 0.01
FEW_PAYERS = 10
DIVERGENCE_CONFIDENCE = 0.998


@dataclass(frozen=True)
class Unit:
    """One measured thing on the log scale: `estimate` with its `error` from own data, `mean` and `sd` after shrinkage.

    `estimate` is None where the agency has nothing to be measured by; its mean is then the pool's.
    """

    observed: float
    expected: float
    estimate: float | None
    error: float
    mean: float
    sd: float


@dataclass(frozen=True)
class TwoPartEffect:
    """Effect of one agency: frequency and severity, and the plain ratio of money beside them (None: none expected)."""

    frequency: Unit
    severity: Unit
    money_oe: float | None

    @property
    def mean_log(self) -> float:
        return self.frequency.mean + self.severity.mean

    @property
    def sd_log(self) -> float:
        return math.hypot(self.frequency.sd, self.severity.sd)

    @property
    def theta(self) -> float:
        """The ratio believed; 1 is the pool."""
        return math.exp(self.mean_log)

    def interval(self, conf: float = 0.95) -> tuple[float, float]:
        """Limits of the ratio believed."""
        half = float(special.ndtri((1 + conf) / 2)) * self.sd_log
        return math.exp(self.mean_log - half), math.exp(self.mean_log + half)

    @property
    def is_divergent(self) -> bool:
        """Whether money tells another story: it lies outside the 99.8 % interval of the two parts.

        The guard against splitting one settlement into token payments, which lifts frequency and lowers severity.
        """
        low, high = self.interval(DIVERGENCE_CONFIDENCE)
        return self.money_oe is not None and not low <= self.money_oe <= high

    @property
    def scored_theta(self) -> float:
        """The ratio to score: the two-part one, or the lower of the two where they diverge."""
        return min(self.theta, self.money_oe) if self.is_divergent and self.money_oe is not None else self.theta


@dataclass(frozen=True)
class Sums:
    """What a fit and its error need of the rows of each cell and agency (matrices cell by agency), and nothing of a person.

    Sums of the outcome y, of the exposure e, of y squared, y e, and e squared; `positive` is the number of rows with y > 0.
    """

    y: Floats
    e: Floats
    yy: Floats
    ye: Floats
    ee: Floats
    positive: Floats


def two_part_effects(
    *,
    segment: Integers,
    coarse: Integers,
    agency: Integers,
    paid: Floats,
    balance: Floats,
    agencies: int,
    maturity: Floats | None = None,
    token_share: float = TOKEN_SHARE,
) -> list[TwoPartEffect | None]:
    """The effect of each agency from one row a consumer (arrays of equal length); None where nothing was expected.

    A consumer pays when its net payments in the window reach `token_share` of its balance and are above zero. Frequency
    has exposure 1 a consumer in cell `segment`; severity is over payers only, with exposure their balance in cell
    `coarse`. `maturity` (default 1) is the share of the window's recovery to be expected by the age reached.
    Each is fitted two-way, its log given a sandwich error, shrunk (half-normal priors 0.25 and 0.10), and added.
    """
    share = np.ones(len(paid)) if maturity is None else maturity
    pays = (paid > 0) & (paid >= token_share * balance)
    return effects_of_sums(
        frequency=_summed(segment, agency, pays.astype(float), share, agencies),
        severity=_summed(coarse[pays], agency[pays], paid[pays], balance[pays], agencies),
        money=_summed(segment, agency, paid, balance * share, agencies),
    )


def effects_of_sums(*, frequency: Sums, severity: Sums, money: Sums) -> list[TwoPartEffect | None]:
    """As `two_part_effects`, from rows summed by cell and agency: the database sums, so no row of a person is loaded."""
    frequencies, severities = _measured(frequency, FREQUENCY_PRIOR_SD), _measured(severity, SEVERITY_PRIOR_SD)
    theta = standardise(money.y, money.e).theta
    return [
        TwoPartEffect(f, s, None if np.isnan(m) else max(0.0, float(m))) if f.estimate is not None else None
        for f, s, m in zip(frequencies, severities, theta, strict=True)
    ]


def _measured(of: Sums, prior_sd: float) -> list[Unit]:
    fit = standardise(of.y, of.e)
    observed = of.y.sum(axis=0)
    level = fit.alpha[:, None] * np.nan_to_num(fit.theta)
    # The sum over rows of (y - level e)^2, multiplied out; rounding may leave a hair below zero.
    squares = np.maximum((of.yy - 2 * level * of.ye + level**2 * of.ee).sum(axis=0), 0.0)
    estimate, error = _estimates(observed, fit.expected, squares, of.positive.sum(axis=0))
    return _shrunk(observed, fit.expected, estimate, error, prior_sd)


def _estimates(observed: Floats, expected: Floats, squares: Floats, payers: Floats) -> tuple[Floats, Floats]:
    """Log ratio and its error by agency; an endless error where nothing was expected.

    Under ten payers the agency's own residuals are too few (one payer alone fits itself perfectly), and the dispersion
    of the pool stands in. Without a payer half a payment is put into the log, which otherwise has no value.
    """
    dispersion = squares.sum() / observed.sum() if observed.sum() > 0 else 0.0
    counted = np.where(observed > 0, observed, 0.5 * dispersion)
    known = (expected > 0) & (counted > 0)
    safe = np.where(known, counted, 1.0)
    own, pooled = np.sqrt(squares) / safe, np.sqrt(dispersion / safe)
    # A fit without any residual would claim to be certain; a millionth keeps the arithmetic alive.
    error = np.maximum(np.where(payers < FEW_PAYERS, pooled, own), 1e-6)
    estimate = np.log(safe / np.where(known, expected, 1.0))
    return np.where(known, estimate, np.nan), np.where(known, error, np.inf)


def _shrunk(observed: Floats, expected: Floats, estimate: Floats, error: Floats, prior_sd: float) -> list[Unit]:
    known = ~np.isnan(estimate)
    if not known.any():
        return [
            Unit(float(o), float(e), None, math.inf, 0.0, prior_sd) for o, e in zip(observed, expected, strict=True)
        ]
    # An agency without data is told by an error so large that only the pool's mean and spread remain.
    posterior = bayes_grid_half_normal(
        oe=np.exp(np.where(known, estimate, 0.0)).tolist(),
        se_log=np.where(known, error, 1e3).tolist(),
        prior_sd=prior_sd,
    )
    return [
        Unit(float(o), float(e), float(y) if k else None, float(s), mean, sd)
        for o, e, y, k, s, mean, sd in zip(
            observed, expected, estimate, known, error, posterior["mean_log"], posterior["sd_log"], strict=True
        )
    ]


def _summed(cell: Integers, agency: Integers, y: Floats, exposure: Floats, agencies: int) -> Sums:
    cells = int(cell.max(initial=-1)) + 1
    place = cell * agencies + agency
    weights = (y, exposure, y * y, y * exposure, exposure * exposure, (y > 0).astype(float))
    return Sums(*(sums(place, w, cells * agencies).reshape(cells, agencies) for w in weights))
