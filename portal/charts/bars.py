"""Named amounts: bars from a common zero, and the parts of a whole side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.charts.scales import Scale, Write, plain


@dataclass(frozen=True, slots=True)
class Bar:
    """One named amount; `tone` is a tone of the stylesheet (neutral, info, good, warn, bad) where the colour means something."""

    label: str
    value: float
    tone: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar from `start` over `width`, in percent of the plot."""

    label: str
    start: float
    width: float
    text: str
    tone: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars from a common zero, which stands at `zero` percent."""

    rows: tuple[BarRow, ...]
    zero: float


def bar_chart(bars: Sequence[Bar], *, write: Write = plain) -> BarChart:
    """Lay out bars; negative amounts run to the left of zero. No bars, or only zeros, make empty bars."""
    values = [bar.value for bar in bars]
    low, high = min([0.0, *values]), max([0.0, *values])
    scale = Scale(low, high if high > low else low + 1)
    zero = scale.at(0)
    return BarChart(tuple(_bar_row(bar, scale, zero, write) for bar in bars), zero)


def _bar_row(bar: Bar, scale: Scale, zero: float, write: Write) -> BarRow:
    end = scale.at(bar.value)
    return BarRow(bar.label, min(zero, end), round(abs(end - zero), 2), write(bar.value), bar.tone, bar.url)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, `value >= 0`."""

    label: str
    value: float
    tone: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class SharePart:
    """A piece of the bar: `start` and `width` in percent of the bar, `share` from 0 to 1; `hue` is a chart colour, 1 to 6."""

    label: str
    start: float
    width: float
    share: float
    text: str
    hue: int
    tone: str | None
    url: str | None


def share_bar(parts: Sequence[Share], *, write: Write = plain) -> tuple[SharePart, ...]:
    """Lay out parts of a whole side by side, in the caller's order. ValueError for a negative part; a whole of zero has no widths."""
    if any(part.value < 0 for part in parts):
        raise ValueError("a part of a whole cannot be negative")
    whole = sum(part.value for part in parts)
    laid: list[SharePart] = []
    before = 0.0
    for index, part in enumerate(parts):
        share = part.value / whole if whole else 0.0
        start, end = round(100 * before, 2), round(100 * (before + share), 2)
        width = round(end - start, 2)
        laid.append(SharePart(part.label, start, width, share, write(part.value), index % 6 + 1, part.tone, part.url))
        before += share
    return tuple(laid)
