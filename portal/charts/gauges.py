"""A score on its scale, among the cut points of its bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from portal.charts.scales import Scale, Write, plain


@dataclass(frozen=True, slots=True)
class GaugeZone:
    """A stretch of the gauge between two cut points; `here` marks the one the value lies in."""

    name: str
    start: float
    width: float
    from_text: str
    here: bool


@dataclass(frozen=True, slots=True)
class Gauge:
    """A score on its scale with the cut points of its bands; positions in percent, `low` and `high` None without an interval."""

    dot: float
    low: float | None
    high: float | None
    zones: tuple[GaugeZone, ...]
    text: str


def gauge(
    value: float,
    cuts: Sequence[tuple[float, str]],
    *,
    top: float = 100.0,
    low: float | None = None,
    high: float | None = None,
    write: Write = plain,
    write_cut: Write = plain,
) -> Gauge:
    """Lay out a score on bands, each given by the value it begins at and its name, lowest first, up to `top`.

    ValueError if the cuts do not rise towards `top`.
    """
    edges = [cut for cut, _ in cuts] + [top]
    if len(edges) < 2 or any(after <= before for before, after in pairwise(edges)):
        raise ValueError("the cut points of a gauge must rise")
    scale = Scale(edges[0], top)
    lying_in = max((index for index, edge in enumerate(edges[:-1]) if value >= edge), default=0)
    zones = tuple(
        GaugeZone(
            name, scale.at(cut), round(scale.at(edges[index + 1]) - scale.at(cut), 2), write_cut(cut), index == lying_in
        )
        for index, (cut, name) in enumerate(cuts)
    )
    return Gauge(
        dot=scale.at(value),
        low=None if low is None else scale.at(low),
        high=None if high is None else scale.at(high),
        zones=zones,
        text=write(value),
    )
