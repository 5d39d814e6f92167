"""Compliance: how an agency behaved, as seven measures of 0 to 100 points, and signals that its reports may be untrue.

`measures` owns the measures and what they add up to; `signals` the tests for made-up or machine-made activity, which
lead to an audit and never to points by themselves.
"""

from __future__ import annotations

from scorecards.compliance.measures import (
    KNOTS,
    SEVERITIES,
    WEIGHTS,
    Compliance,
    Measure,
    Severity,
    audits,
    complaints,
    compliance_score,
    decayed_rate,
    integrity,
    licences,
    lost_by_event,
    piecewise,
    reporting,
    reporting_points,
    timeliness,
    violations,
)
from scorecards.compliance.signals import (
    benford_first_digit,
    gap_regularity,
    last_digit_uniformity,
    late_reversals,
    same_second_pairs,
)

__all__ = [
    "KNOTS",
    "SEVERITIES",
    "WEIGHTS",
    "Compliance",
    "Measure",
    "Severity",
    "audits",
    "benford_first_digit",
    "complaints",
    "compliance_score",
    "decayed_rate",
    "gap_regularity",
    "integrity",
    "last_digit_uniformity",
    "late_reversals",
    "licences",
    "lost_by_event",
    "piecewise",
    "reporting",
    "reporting_points",
    "same_second_pairs",
    "timeliness",
    "violations",
]
