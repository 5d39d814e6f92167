"""Recovery: what an agency collected against what the same accounts would have brought in the pool.

A ratio of 1 means "as the pool would have done on the same accounts". `expected` owns observed over expected, `two_part`
the measured effect of an agency (how many pay, times how much a payer pays), `curves` liquidation and net-back, `points`
the score, what it may be used for, and its explanation. Money is in one currency throughout, in any unit.
"""

from __future__ import annotations

from scorecards.recovery.curves import discounted_net_back, liquidation_curves, net_back, shown_months
from scorecards.recovery.expected import (
    components,
    credibility_rate,
    cumulative_rates,
    indirect_oe,
    two_way_minimum_bias,
)
from scorecards.recovery.points import (
    Grade,
    Step,
    contributions,
    evidence_grade,
    is_publishable,
    net_theta,
    payers_needed,
    recovery_chain,
    recovery_points,
)
from scorecards.recovery.two_part import TwoPartEffect, Unit, two_part_effects

__all__ = [
    "Grade",
    "Step",
    "TwoPartEffect",
    "Unit",
    "components",
    "contributions",
    "credibility_rate",
    "cumulative_rates",
    "discounted_net_back",
    "evidence_grade",
    "indirect_oe",
    "is_publishable",
    "liquidation_curves",
    "net_back",
    "net_theta",
    "payers_needed",
    "recovery_chain",
    "recovery_points",
    "shown_months",
    "two_part_effects",
    "two_way_minimum_bias",
]
