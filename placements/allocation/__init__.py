"""Allocation: who gets which accounts. Pure: groups, terms and a seed in; quotas, an assignment and reasons out.

    groups = Groups.of(rows, agencies=len(terms))
    quotas = solve(groups, terms)                  by weights, or with `economics` the most valuable plan
    dealt = assign(groups, quotas, seed=seed, run=run)
    slacks(groups, quotas, dealt), balance_of_arms(groups, quotas, dealt)

Same inputs, same plan; the plan stored is the record, because two optima of equal value may change places between
versions of the solver.
"""

from __future__ import annotations

from placements.allocation.assignment import (
    Assignment,
    Slack,
    assign,
    balance_of_arms,
    hash_uniform_sha256,
    slacks,
)
from placements.allocation.programme import Economics, placement_lp
from placements.allocation.quotas import Quotas, solve
from placements.allocation.shares import largest_remainder
from placements.allocation.steering import keep_or_recall, next_ramp, recall_override, share_step
from placements.allocation.values import NOBODY, AgencyTerms, Group, Groups, Limits, Reason, Strata

__all__ = [
    "NOBODY",
    "AgencyTerms",
    "Assignment",
    "Economics",
    "Group",
    "Groups",
    "Limits",
    "Quotas",
    "Reason",
    "Slack",
    "Strata",
    "assign",
    "balance_of_arms",
    "hash_uniform_sha256",
    "keep_or_recall",
    "largest_remainder",
    "next_ramp",
    "placement_lp",
    "recall_override",
    "share_step",
    "slacks",
    "solve",
]
