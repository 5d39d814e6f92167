"""The seven measures of compliance and the score they add up to.

Cut points are absolute and published, never relative to the other agencies: nobody's points move because a neighbour
misbehaved. Ages are in days before the end of the period. Every measure that cannot be taken for want of exposure is None.
"""

# O, E and K are what the literature calls observed, expected and credibility.
# ruff: noqa: E741, N803

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from portal.statistics import (
    beta_binomial_posterior,
    fay_feuer_gamma,
    gamma_poisson_posterior,
    kaplan_meier,
    wilson,
)

Knots = Sequence[Sequence[float]]

# Value and its points, straight between; the defaults of a configuration version.
KNOTS: dict[str, Knots] = {
    "V": ((0, 100), (1, 90), (3, 70), (6, 40), (12, 0)),
    "A": ((0.80, 0), (0.90, 40), (0.94, 65), (0.97, 85), (0.99, 100)),
    "K": ((0.5, 100), (1, 75), (1.5, 50), (2, 25), (3, 0)),
    "T": ((0.70, 0), (0.80, 20), (0.90, 55), (0.95, 80), (0.99, 100)),
    "L": ((0, 100), (0.005, 70), (0.02, 30), (0.05, 0)),
    "I": ((0, 100), (1, 60), (5, 0)),
}
WEIGHTS: dict[str, float] = {"V": 25, "A": 20, "K": 20, "T": 10, "L": 10, "D": 10, "I": 5}

CLEAN_POINTS = 90.0
CLEAN_UPPER_LIMIT = 6.0


@dataclass(frozen=True)
class Severity:
    """What one breach weighs, and in how many days its weight halves; None: it does not fade."""

    weight: float
    half_life: float | None

    def faded(self, age: float) -> float:
        """The share of its weight left at that age."""
        return 1.0 if self.half_life is None else 2.0 ** (-age / self.half_life)


# By the severity a conduct rule carries. A critical breach ends by remediation and clean months, not by time.
SEVERITIES: dict[str, Severity] = {
    "info": Severity(0, 90),
    "low": Severity(1, 90),
    "medium": Severity(3, 180),
    "high": Severity(10, 365),
    "critical": Severity(10, None),
}


@dataclass(frozen=True)
class Measure:
    """One measure: its value with a 95 % interval, and its points."""

    value: float
    low: float
    high: float
    points: float


@dataclass(frozen=True)
class Compliance:
    """The score, the points each measure costs it (they add up to 100 less the score), and what was left out."""

    points: float
    lost: dict[str, float]
    left_out: tuple[str, ...]


def piecewise(*, x: Sequence[float], knots: Knots) -> dict[str, list[float]]:
    """Points of each value: straight lines between the knots (value, points), flat beyond the first and the last."""
    values, points = zip(*sorted(map(tuple, knots)), strict=True)
    return {"points": np.interp(x, values, points).tolist()}


def decayed_rate(
    *,
    events: Sequence[Sequence[float]],
    contacts: Sequence[Sequence[float]],
    half_life: float | None,
    per: float = 1000,
) -> dict[str, float]:
    """Weighted events per `per` contacts, both fading alike: per sum(w 2^(-age/H)) / sum(n 2^(-age/H)).

    `events` are (age, weight), `contacts` (age, number). Were only the events to fade, an agency could outwait its
    breaches by doing nothing. A half life of None does not fade. Raises ValueError without contacts.
    """
    severity = Severity(1, half_life)
    exposure = sum(n * severity.faded(age) for age, n in contacts)
    if not exposure > 0:
        raise ValueError("there are no contacts to set the events against")
    return {"rate": per * sum(weight * severity.faded(age) for age, weight in events) / exposure}


def violations(
    *,
    breaches: Sequence[tuple[float, Severity]],
    contacts: Sequence[tuple[float, float]],
    pool_contacts: Sequence[tuple[float, float]] | None = None,
    knots: Knots = KNOTS["V"],
) -> Measure | None:
    """V: severity-weighted breaches per 1,000 contacts, (age, severity) over (age, contacts), with a Fay-Feuer interval.

    `pool_contacts` are the contacts the pool would have made on the same accounts; the fewer of the two count, so that
    padding the contacts does not dilute the breaches. More than 90 points need volume: the upper limit must be under 6.
    """
    exposures = {s: _exposure(s, contacts, pool_contacts) for s in {*SEVERITIES.values(), *(s for _, s in breaches)}}
    if not all(exposure > 0 for exposure in exposures.values()):
        return None
    shares = [1000 * s.weight * s.faded(age) / exposures[s] for age, s in breaches]
    heaviest = max(1000 * s.weight / exposure for s, exposure in exposures.items())
    rate = fay_feuer_gamma(weights=shares, exposure=1, wmax=heaviest)
    points = _points(rate["rate"], knots)
    if rate["hi"] >= CLEAN_UPPER_LIMIT:
        points = min(points, CLEAN_POINTS)
    return Measure(rate["rate"], rate["lo"], rate["hi"], points)


def audits(*, passed: int, n: int, a: float, b: float, knots: Knots = KNOTS["A"]) -> Measure | None:
    """A: share of a random sample of calls and letters without a critical error, shrunk to the pool's Beta(a, b)."""
    if n == 0:
        return None
    share = beta_binomial_posterior(k=passed, n=n, a=a, b=b)
    return Measure(share["mean"], share["lo"], share["hi"], _points(share["mean"], knots))


def complaints(*, O: float, E: float, alpha: float, beta: float, knots: Knots = KNOTS["K"]) -> Measure | None:
    """K: weighted complaints over expected, shrunk by Gamma(alpha, beta).

    Upheld complaints weigh 1, open ones 0.5, rejected ones 0.1, three times as much from a regulator or ombudsman.
    """
    if not E > 0:
        return None
    ratio = gamma_poisson_posterior(O=O, E=E, alpha=alpha, beta=beta)
    return Measure(ratio["mean"], ratio["lo"], ratio["hi"], _points(ratio["mean"], knots))


def timeliness(*, time: Sequence[float], closed: Sequence[int], knots: Knots = KNOTS["T"]) -> Measure | None:
    """T: share of complaints and disputes closed in time, `time` being days over the days allowed for that one.

    Open ones count as far as they got (Kaplan-Meier), so that an agency gains nothing by leaving the hard ones open.
    """
    if not time:
        return None
    still_open = [share for moment, share in kaplan_meier(time=time, closed=closed)["curve"] if moment <= 1]
    share = 1 - still_open[-1] if still_open else 0.0
    limits = wilson(k=share * len(time), n=len(time))
    return Measure(share, limits["lo"], limits["hi"], _points(share, knots))


def licences(*, lapsed_days: int, credential_days: int, knots: Knots = KNOTS["L"]) -> Measure | None:
    """L: share of credential-days lapsed while accounts were held. Days are counted, not sampled: no interval."""
    if credential_days == 0:
        return None
    share = lapsed_days / credential_days
    return Measure(share, share, share, _points(share, knots))


def reporting(*, on_time: int, due: int, complete: float, rejected: float) -> Measure | None:
    """D, in percent: 0.4 on time + 0.3 complete + 0.3 (1 - 10 x rejected), the shares of reports and of their rows.

    `complete` is rows received by rows announced. The interval is that of the share on time (Wilson); value and points
    are the same.
    """
    if due == 0:
        return None
    limits = wilson(k=on_time, n=due)
    value, low, high = (
        reporting_points(on_time=share, complete=complete, rejected=rejected)
        for share in (on_time / due, limits["lo"], limits["hi"])
    )
    return Measure(value, low, high, value)


def reporting_points(*, on_time: float, complete: float, rejected: float) -> float:
    """The points of D from its three shares, each part held between 0 and its weight."""
    return 100 * (0.4 * _clipped(on_time) + 0.3 * _clipped(complete) + 0.3 * _clipped(1 - 10 * rejected))


def integrity(*, findings: Sequence[Severity], rows: int, knots: Knots = KNOTS["I"]) -> Measure | None:
    """I: confirmed integrity findings, weighted, per 10,000 rows reported, with a Fay-Feuer interval."""
    if rows == 0:
        return None
    heaviest = max(s.weight for s in SEVERITIES.values())
    rate = fay_feuer_gamma(weights=[s.weight for s in findings], exposure=rows, wmax=heaviest, per=10_000)
    return Measure(rate["rate"], rate["lo"], rate["hi"], _points(rate["rate"], knots))


def compliance_score(
    *, points: Mapping[str, float | None], weights: Mapping[str, float] = WEIGHTS, unreported: Collection[str] = ()
) -> Compliance:
    """C = sum w points / sum w over the measures taken (by code; None: not taken).

    A measure that is missing because the agency did not report (`unreported`) counts 0; one without exposure is left
    out and listed. Raises ValueError when nothing at all is measured.
    """
    counted = {code: 0.0 if code in unreported else points.get(code) for code in weights}
    measured = {code: value for code, value in counted.items() if value is not None}
    total = sum(weights[code] for code in measured)
    if not total > 0:
        raise ValueError("nothing is measured")
    return Compliance(
        points=sum(weights[code] * value for code, value in measured.items()) / total,
        lost={code: weights[code] * (100 - value) / total for code, value in measured.items()},
        left_out=tuple(code for code in weights if code not in measured),
    )


def lost_by_event(*, points: float, shares: Sequence[float]) -> list[float]:
    """The points a measure lost, split over its events in proportion to their (faded) weights; they sum to the loss.

    With events that weigh nothing together nobody is to blame for anything: all 0.
    """
    total = sum(shares)
    return [(100 - points) * share / total if total > 0 else 0.0 for share in shares]


def _exposure(
    severity: Severity, contacts: Sequence[tuple[float, float]], pool: Sequence[tuple[float, float]] | None
) -> float:
    own = sum(n * severity.faded(age) for age, n in contacts)
    return own if pool is None else min(own, sum(n * severity.faded(age) for age, n in pool))


def _points(value: float, knots: Knots) -> float:
    return piecewise(x=[value], knots=knots)["points"][0]


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))
