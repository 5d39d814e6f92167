"""Signals that reported activity may be made up: tests on digits, seconds and gaps. They call for an audit, no more.

Many are run at once; hold their false alarms down with `portal.statistics.benjamini_hochberg`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict

import numpy as np
from scipy import special

FIRST_DIGITS = np.log10(1 + 1 / np.arange(1, 10))
REGULAR_BELOW = 0.6


class FirstDigits(TypedDict):
    """Chi-square of the first digits against Benford's law with its p, the counts of 1 to 9, mean absolute deviation."""

    chi2: float
    p: float
    observed: list[int]
    mad: float


def benford_first_digit(*, amounts: Sequence[float]) -> FirstDigits:
    """First digits of the amounts against Benford's law, P(d) = log10(1 + 1/d), 8 degrees of freedom.

    Only for amounts that spread over three decades and more, and best read against the pool; promises and settlements
    are round by nature. Signs are ignored, zeros have no first digit; with no amount left there is no deviation.
    """
    # As written in decimals: in binary 0.3 begins with a 2.
    digits = [Decimal(str(x)).as_tuple().digits[0] for x in amounts if x]
    observed = np.bincount(digits, minlength=10)[1:]
    if not digits:
        return {"chi2": 0.0, "p": 1.0, "observed": observed.tolist(), "mad": 0.0}
    chi2 = _chi2(observed, FIRST_DIGITS * len(digits))
    mad = float(np.abs(observed / len(digits) - FIRST_DIGITS).mean())
    return {"chi2": chi2, "p": float(special.chdtrc(8, chi2)), "observed": observed.tolist(), "mad": mad}


def same_second_pairs(*, n: int, seconds: float, pairs: int) -> dict[str, float]:
    """Pairs of one collector's contacts in the same second: expected n(n-1)/2 / seconds, and P(at least that many).

    The tail is Poisson. Raises ValueError without a span of time.
    """
    if not seconds > 0:
        raise ValueError("seconds must be above zero")
    expected = n * (n - 1) / 2 / seconds
    p = 1.0 if pairs <= 0 else float(special.pdtrc(pairs - 1, expected))
    return {"expected_pairs": expected, "p": p}


def last_digit_uniformity(*, counts: Sequence[int]) -> dict[str, float]:
    """Counts of the last digits 0 to 9 (of seconds, of durations) against the uniform: chi-square, 9 degrees, its p.

    Invented times heap on 0 and 5. With nothing counted there is no deviation. Raises ValueError unless ten counts.
    """
    if len(counts) != 10:
        raise ValueError("give one count for each digit from 0 to 9")
    total = sum(counts)
    chi2 = _chi2(np.asarray(counts), np.full(10, total / 10)) if total else 0.0
    return {"chi2": chi2, "p": float(special.chdtrc(9, chi2))}


def gap_regularity(*, gaps: Sequence[float]) -> dict[str, float | bool | None]:
    """Coefficient of variation of the seconds between one collector's contacts of a day, and whether it is under 0.6.

    Work by hand has gaps of very unequal length; a machine spaces them. Under two gaps, or all of length zero, it is None.
    """
    if len(gaps) < 2 or not sum(gaps) > 0:
        return {"cv": None, "is_regular": False}
    cv = float(np.std(gaps, ddof=1) / np.mean(gaps))
    return {"cv": cv, "is_regular": cv < REGULAR_BELOW}


def late_reversals(*, reversed_late: int, late: int, reversed_before: int, before: int) -> dict[str, float]:
    """Whether payments of a window's last days are reversed more often than the rest: Fisher's exact test, one-sided.

    p = P(at least `reversed_late` of the reversals fall on the late payments), hypergeometric. With nothing reversed 1.
    """
    reversed_all, most = reversed_late + reversed_before, min(late, reversed_late + reversed_before)
    ways = sum(
        math.comb(late, k) * math.comb(before, reversed_all - k)
        for k in range(reversed_late, most + 1)
        if reversed_all - k <= before
    )
    return {"p": ways / math.comb(late + before, reversed_all)}


def _chi2(observed: np.typing.NDArray[np.integer], expected: np.typing.NDArray[np.float64]) -> float:
    return float(((observed - expected) ** 2 / expected).sum())
