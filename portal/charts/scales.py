"""Scales: where a value stands, and the round values worth marking on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Write = Callable[[float], str]


def plain(value: float) -> str:
    """A number as short as it can be written; for tests and for charts whose callers need no language."""
    return f"{value:g}"


@dataclass(frozen=True, slots=True)
class Scale:
    """The stretch of values a chart shows, `low` to `high`, low < high."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands, in percent of the plot; values off the scale stand at its ends."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def holds(self, value: float) -> bool:
        """True if the value is on the scale, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Tick:
    """A marked value: its place (percent or pixels, as the chart says) and its text. Minor ones may be left out on a phone."""

    at: float
    text: str
    minor: bool = False


def nice_step(span: float, count: int = 5) -> float:
    """The step 1, 2 or 5 times a power of ten that cuts a span into about `count` parts. ValueError unless span > 0."""
    if not span > 0 or not math.isfinite(span):
        raise ValueError("a scale needs a span above zero")
    rough = span / count
    magnitude: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * magnitude for step in (1.0, 2.0, 5.0, 10.0) if rough <= step * magnitude * (1 + 1e-9))


def nice_scale(values: Sequence[float], count: int = 5) -> tuple[Scale, tuple[float, ...]]:
    """A scale around all finite values whose ends are round, and its round ticks.

    Equal values get a scale around them, none at all the scale from 0 to 1.
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        low, high = low - abs(low or 1.0) / 2, high + abs(high or 1.0) / 2
    step = nice_step(high - low, count)
    digits = max(0, 2 - math.floor(math.log10(step)))  # rounds away what binary fractions add to a multiple of the step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    first -= round(first * step, digits) > low
    last += round(last * step, digits) < high
    ticks = tuple(round(index * step, digits) for index in range(first, last + 1))
    return Scale(ticks[0], ticks[-1]), ticks


def ticks_on(scale: Scale, values: Sequence[float], write: Write) -> tuple[Tick, ...]:
    return tuple(Tick(scale.at(value), write(value), minor=bool(index % 2)) for index, value in enumerate(values))
