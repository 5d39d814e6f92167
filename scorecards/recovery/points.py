"""Points of recovery, what a score may be used for, and how it is explained step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

POOL_POINTS = 70.0
POINTS_PER_LOG = 30 / math.log(1.25)
LEAST_EXPECTED_PAYERS = 30
LEAST_CONSUMERS = 200


class Grade(StrEnum):
    """How far a score is evidence of skill."""

    RANDOMISED = "A"
    ADJUSTED = "B"
    NOT_COMPARABLE = "C"


@dataclass(frozen=True)
class Step:
    """One step from the pool's points to the agency's: its name, and the points it adds."""

    name: str
    points: float


def recovery_points(*, theta: Sequence[float]) -> dict[str, list[float]]:
    """Points 0 to 100 of each effect: clip(70 + 30 ln(theta) / ln(1.25)). The pool has 70, a quarter more 100."""
    return {"points": [min(100.0, max(0.0, _unclipped(t))) if t > 0 else 0.0 for t in theta]}


def net_theta(*, theta: float, fee: float, pool_fee: float) -> float:
    """The effect after fees, theta (1 - fee) / (1 - pool fee), for a policy that scores what the bank keeps.

    Raises ValueError on a fee outside 0 to 1, or a pool that leaves the bank nothing.
    """
    if not (0 <= fee <= 1 and 0 <= pool_fee < 1):
        raise ValueError("a fee rate lies between 0 and 1")
    return theta * (1 - fee) / (1 - pool_fee)


def payers_needed(*, halfwidth: Sequence[float], disp: Sequence[float]) -> dict[str, list[int]]:
    """Expected payers for a 95 % interval of the log ratio of that half width: (1.96 / h)^2 * disp, rounded up.

    disp is 1 for counts and 1 + CV^2 of the amounts for money.
    """
    return {"n": [math.ceil((1.96 / h) ** 2 * d) for h, d in zip(halfwidth, disp, strict=True)]}


def is_publishable(*, expected_payers: float, consumers: int) -> bool:
    """Whether there is enough to judge by; below, the score is provisional, its band frozen, and it takes no place."""
    return expected_payers >= LEAST_EXPECTED_PAYERS and consumers >= LEAST_CONSUMERS


def evidence_grade(*, is_randomised: bool, follows_recorded_rule: bool, is_connected: bool) -> Grade:
    """What the score is evidence of.

    A: the accounts scored were dealt at random inside their cells. B: they were dealt by a rule that looks only at what
    the cells record, so that standardising can undo it. C: by hand or by anything the bank does not record, or in
    segments shared with no other agency; no adjustment helps there, and the score ranks nobody.
    """
    if not is_connected:
        return Grade.NOT_COMPARABLE
    if is_randomised:
        return Grade.RANDOMISED
    return Grade.ADJUSTED if follows_recorded_rule else Grade.NOT_COMPARABLE


def contributions(*, y: Sequence[float], e: Sequence[float], theta: float) -> list[float]:
    """What each row adds to observed less expected: y_i - theta e_i. They sum to O - theta E, so to 0 at theta = O / E."""
    return [paid - theta * expected for paid, expected in zip(y, e, strict=True)]


def recovery_chain(
    *, raw_rate: float, expected_rate: float, pool_rate: float, log_effect: float, theta: float, fee_factor: float = 1.0
) -> list[Step]:
    """From the raw rate to the points, each step with the points it adds; the points of the steps sum to the score.

    `raw_rate` is what the agency recovered, `expected_rate` what the pool would have on its accounts, `pool_rate` the
    pool on its own; `log_effect` the unshrunk two-part effect, `theta` the one scored, `fee_factor` the ratio of
    (1 - fee). A raw rate of 0 has no logarithm: the raw and model steps are then told together.
    """
    mix = math.log(expected_rate / pool_rate)
    steps = [Step("pool", POOL_POINTS)]
    if raw_rate > 0:
        raw = math.log(raw_rate / pool_rate)
        steps += [Step("raw", POINTS_PER_LOG * raw), Step("mix", -POINTS_PER_LOG * mix)]
        steps += [Step("frequency_severity", POINTS_PER_LOG * (log_effect - (raw - mix)))]
    else:
        steps += [Step("frequency_severity", POINTS_PER_LOG * log_effect)]
    steps += [Step("shrinkage", POINTS_PER_LOG * (math.log(theta) - log_effect))]
    steps += [Step("fee", POINTS_PER_LOG * math.log(fee_factor))]
    open_points = math.fsum(step.points for step in steps)
    return [*steps, Step("limit", min(100.0, max(0.0, open_points)) - open_points)]


def _unclipped(theta: float) -> float:
    return POOL_POINTS + POINTS_PER_LOG * math.log(theta)
