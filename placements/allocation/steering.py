"""Month to month: how far shares may move, how fast a new agency grows, whether an account stays where it is."""

# B is what the recall formula calls the balance.
# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from placements.allocation.values import Floats

RAMP = (500, 1_000, 2_000, 4_000)
RAMP_COMPLIANCE = 70.0
RECENT_PAYMENT_DAYS = 45
IDLE_DAYS = 30

Decision = Literal["keep", "recall"]


def share_step(
    *, old: Sequence[float], target: Sequence[float], step: float = 0.05, lo: float = 0.0, hi: float = 1.0
) -> dict[str, list[float]]:
    """Shares one month on: as near to the target as a step, a floor and a cap allow, adding up to 1.

    Each share keeps within `step` of the old one, which outranks floor and cap for a share that lies outside them. The
    result is the nearest such point (least squares): the target shifted by one amount and clipped. Raises ValueError if
    no shares within the bounds add up to 1, as when all stand at their cap.
    """
    before = np.asarray(old, dtype=float)
    low = np.minimum(np.maximum(before - step, lo), before + step)
    high = np.maximum(np.minimum(before + step, hi), before - step)
    if low.sum() > 1 + 1e-9 or high.sum() < 1 - 1e-9:
        raise ValueError("no shares within a step, the floor and the cap add up to 1")
    wanted = np.asarray(target, dtype=float)
    return {"share": np.clip(wanted + _shift(wanted, low, high), low, high).tolist()}


def next_ramp(*, last: int | None, compliance: float | None, is_gated: bool) -> int | None:
    """Most accounts a new agency may receive this month, after `last` (None: its first month). None: the ramp is over.

    500, 1,000, 2,000, 4,000, one step further only with 70 points of compliance and no gate.
    """
    if last is None:
        return RAMP[0]
    if is_gated or compliance is None or compliance < RAMP_COMPLIANCE:
        return last
    return next((limit for limit in RAMP if limit > last), None)


def keep_or_recall(
    *, B: float, h_keep: Sequence[float], f_keep: float, h_move: Sequence[float], f_move: float, cost: float
) -> dict[str, float | str]:
    """Whether a balance B is worth more where it is than with the next tier, over the months given.

    keep = B sum(h_keep) (1 - f_keep); move = B sum(h_move) (1 - f_move) - cost. h is the share expected back a month, f
    the fee rate; money in the unit of B. As long as they are equal the account stays.
    """
    keep = B * sum(h_keep) * (1 - f_keep)
    move = B * sum(h_move) * (1 - f_move) - cost
    return {"keep": keep, "move": move, "decision": "keep" if keep >= move else "recall"}


def recall_override(
    *, days_since_payment: int | None, has_plan: bool, days_since_attempt: int, is_gated: bool
) -> Decision | None:
    """What settles the question before any sum is done; None: the sum decides.

    A gated agency loses the account whatever it has arranged; a payment in the last 45 days or a running plan keeps it;
    30 days without an attempt to reach the person lose it.
    """
    if is_gated:
        return "recall"
    if has_plan or (days_since_payment is not None and days_since_payment <= RECENT_PAYMENT_DAYS):
        return "keep"
    return "recall" if days_since_attempt >= IDLE_DAYS else None


def _shift(wanted: Floats, low: Floats, high: Floats) -> float:
    """The amount to add to all wanted shares so that they sum to 1 once clipped: exact, between two breakpoints."""
    points = np.unique(np.concatenate([low - wanted, high - wanted]))
    sums = np.clip(wanted + points[:, None], low, high).sum(axis=1)
    return float(np.interp(1.0, sums, points))
