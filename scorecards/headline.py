"""The headline: the smaller of recovery and compliance, its gates, its band, and one agency from end to end.

The smaller, never a weighted sum: an agency cannot buy itself out of bad conduct with money, nor out of poor recovery
with good manners.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from scorecards.compliance import measures
from scorecards.recovery import recovery_points

BANDS = ("A", "B", "C", "D", "E")
CUTS = {"A": 85.0, "B": 70.0, "C": 55.0, "D": 40.0, "E": -math.inf}
GATE_CAP = 39.0
HYSTERESIS = 2.0
PERIODS_UP = 2


class Overall(TypedDict):
    """By agency: a weighted sum (for comparison only), the minimum, and the minimum under the gate."""

    weighted: list[float]
    minimum: list[float]
    final: list[float]


def overall(
    *,
    recovery: Sequence[float],
    compliance: Sequence[float],
    weights: Sequence[float],
    gate: Sequence[bool],
    gate_cap: float = GATE_CAP,
) -> Overall:
    """The headline of each agency: min(recovery, compliance), at most `gate_cap` while a knock-out gate is shut."""
    pairs = list(zip(recovery, compliance, strict=True))
    minimum = [min(pair) for pair in pairs]
    return {
        "weighted": [weights[0] * r + weights[1] * c for r, c in pairs],
        "minimum": minimum,
        "final": [min(score, gate_cap) if shut else score for score, shut in zip(minimum, gate, strict=True)],
    }


def band_of(score: float) -> str:
    """The band of a score by its cut points alone: A from 85, B from 70, C from 55, D from 40, else E."""
    return next(band for band in BANDS if score >= CUTS[band])


def next_band(
    band: str,
    score: float,
    streak: int,
    *,
    is_gated: bool = False,
    h: float = HYSTERESIS,
    need_up: int = PERIODS_UP,
) -> tuple[str, int]:
    """The band after one more period, and how many periods in a row have been high enough for the next one up.

    Up by one band after `need_up` periods at h or more above its cut; down at once, as far as the score is more than h
    under the cut; to E at once while a gate is shut. A new agency (band N) is put where its first score belongs.
    """
    if is_gated:
        return "E", 0
    if band not in BANDS:
        return band_of(score), 0
    place = BANDS.index(band)
    if score < CUTS[band] - h:
        return next(b for b in BANDS[place:] if score >= CUTS[b] - h), 0
    if place == 0 or score < CUTS[BANDS[place - 1]] + h:
        return band, 0
    return (BANDS[place - 1], 0) if streak + 1 >= need_up else (band, streak + 1)


def hysteresis(
    *, start: str, scores: Sequence[float], h: float = HYSTERESIS, need_up: int = PERIODS_UP
) -> dict[str, list[str]]:
    """The bands of consecutive periods, so that a score near a cut does not flutter (see `next_band`)."""
    band, streak, bands = start, 0, []
    for score in scores:
        band, streak = next_band(band, score, streak, h=h, need_up=need_up)
        bands.append(band)
    return {"bands": bands}


def cpcs_70_20_10(*, metrics: Sequence[Sequence[float]], weights: Sequence[float]) -> dict[str, list[float]]:
    """The score of the US Department of Education's private collection agencies: sum of weight * value / best value.

    Rows are agencies. Kept for comparison: it is relative to the best, and has no weight for conduct. A metric in which
    nobody has anything gives nobody anything.
    """
    best = [max(column) for column in zip(*metrics, strict=True)]
    terms = [[w * v / b if b > 0 else 0.0 for w, v, b in zip(weights, row, best, strict=True)] for row in metrics]
    return {"score": [sum(row) for row in terms]}


def end_to_end_agency(
    *,
    payers: float,
    expected_payers: float,
    money: float,
    expected_money: float,
    se_severity: float,
    tau_freq: float,
    tau_sev: float,
    mu: float,
    violations: Mapping[str, int],
    severity_weights: Sequence[float],
    contacts: float,
    audit: Mapping[str, Any],
    complaints: Mapping[str, float],
    sla_share: float,
    lapse_share: float,
    report: Mapping[str, float],
    integrity: float,
    weights: Mapping[str, float],
    knots: Mapping[str, Sequence[Sequence[float]]],
    gate: bool,
) -> dict[str, Any]:
    """One agency from its counts to its band, every number on the way: the worked example of the scorecard's page.

    The spreads between agencies (`tau_freq`, `tau_sev`) and the pool's level `mu` are given instead of estimated.
    """
    recovery = _two_parts(payers, expected_payers, money, expected_money, se_severity, tau_freq, tau_sev, mu)
    breaches = [
        (0.0, measures.Severity(weight, None))
        for kind, weight in zip(("minor", "moderate", "serious"), severity_weights, strict=True)
        for _ in range(violations.get(kind, 0))
    ]
    a, b = audit["prior"]
    taken = {
        "V": measures.violations(breaches=breaches, contacts=[(0, contacts)], knots=knots["V"]),
        "A": measures.audits(passed=audit["passed"], n=audit["n"], a=a, b=b, knots=knots["A"]),
        "K": measures.complaints(**complaints, knots=knots["K"]),
    }
    values = {code: None if measure is None else measure.value for code, measure in taken.items()}
    points = {code: None if measure is None else measure.points for code, measure in taken.items()}
    for code, value in {"T": sla_share, "L": lapse_share, "I": integrity}.items():
        values[code] = value
        points[code] = measures.piecewise(x=[value], knots=knots[code])["points"][0]
    points["D"] = measures.reporting_points(
        on_time=report["on_time"], complete=report["complete"], rejected=report["rejected"]
    )
    compliance = measures.compliance_score(points=points, weights=weights)
    headline = overall(recovery=[recovery["R"]], compliance=[compliance.points], weights=[0.5, 0.5], gate=[gate])
    (score,) = headline["final"]
    return {
        **recovery,
        "values": values,
        "points": points,
        "C": compliance.points,
        "S": score,
        "band": band_of(score),
        "lost": compliance.lost,
        "K_lost_per_complaint": compliance.lost.get("K", 0.0) / complaints["O"] if complaints["O"] else 0.0,
    }


def _two_parts(
    payers: float,
    expected_payers: float,
    money: float,
    expected_money: float,
    se_severity: float,
    tau_freq: float,
    tau_sev: float,
    mu: float,
) -> dict[str, float]:
    """Frequency and severity, each shrunk with its known spread, their product, and its points.

    Without a payer half a one is put into the log, and severity is the pool's.
    """
    counted = max(payers, 0.5)
    log_f, se_f = math.log(counted / expected_payers), 1 / math.sqrt(counted)
    weight_f = _own_weight(tau_freq, se_f)
    is_paid = payers > 0 and money > 0
    log_s = math.log(money / payers / (expected_money / expected_payers)) if is_paid else mu
    weight_s = _own_weight(tau_sev, se_severity) if is_paid else 0.0
    mean_f, mean_s = mu + weight_f * (log_f - mu), mu + weight_s * (log_s - mu)
    sd_s = se_severity * math.sqrt(weight_s) if is_paid else tau_sev
    theta = math.exp(mean_f + mean_s)
    return {
        "logF": log_f,
        "seF": se_f,
        "weightF": weight_f,
        "meanF": mean_f,
        "logS": log_s,
        "weightS": weight_s,
        "meanS": mean_s,
        "theta": theta,
        "sd_log": math.hypot(se_f * math.sqrt(weight_f), sd_s),
        "R": recovery_points(theta=[theta])["points"][0],
    }


def _own_weight(tau: float, se: float) -> float:
    """The share of own data in a shrunk mean: tau^2 / (tau^2 + se^2)."""
    return tau * tau / (tau * tau + se * se)
