"""Values over time: lines with their limits, and the word-sized sparkline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.charts.scales import Scale, Tick, Write, nice_scale, plain

LINE_HEIGHT = 220.0  # pixels from the lowest to the highest value of a line chart
SPARK_HEIGHT = 28.0
SPARK_MARGIN = 3.0  # room for the stroke and the last dot of a sparkline


@dataclass(frozen=True, slots=True)
class Series:
    """One line: a value (or None where unknown) for each label of the chart, and limits around it where there are any."""

    name: str
    values: Sequence[float | None]
    lows: Sequence[float | None] = ()
    highs: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A known value of a line: `x` in percent, `y` in pixels from the top, `index` of its label."""

    index: int
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line as SVG path data in a box 100 wide and `LINE_HEIGHT` high; `ribbon` is the area between its limits, or empty."""

    name: str
    path: str
    ribbon: str
    points: tuple[Point, ...]
    hue: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands at one label: its place, the stripe of the plot that belongs to it, a text for every line, and all of it in one."""

    label: str
    x: float
    start: float
    width: float
    texts: tuple[str, ...]  # one a line, empty where the line has no value
    said: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over common labels. Ticks of `across` stand in percent, those of `down` in pixels."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    down: tuple[Tick, ...]
    readings: tuple[Reading, ...]
    reference: float | None
    height: float


def line_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    reference: float | None = None,
    from_zero: bool = False,
    write: Write = plain,
    most_labels: int = 7,
) -> LineChart:
    """Lay out lines over common labels (months, weeks). A line breaks where a value is unknown.

    ValueError if a series has not one value a label. `from_zero` keeps zero on the scale, for amounts and rates.
    """
    if any(len(one.values) != len(labels) or len(one.lows) not in (0, len(labels)) for one in series):
        raise ValueError("a series needs one value for each label")
    extra = [value for value in (reference, 0.0 if from_zero else None) if value is not None]
    scale, ticks = nice_scale([*_known(series), *extra], count=4)
    return LineChart(
        lines=tuple(_line(one, number, len(labels), scale, write) for number, one in enumerate(series)),
        across=_label_ticks(labels, most_labels),
        down=tuple(Tick(_down(scale, value), write(value)) for value in ticks),
        readings=_readings(labels, series, write),
        reference=None if reference is None else _down(scale, reference),
        height=LINE_HEIGHT,
    )


def _known(series: Sequence[Series]) -> list[float]:
    return [v for one in series for v in (*one.values, *one.lows, *one.highs) if v is not None]


def _across(index: int, count: int) -> float:
    return round(100 * (index + 0.5) / count, 2)


def _down(scale: Scale, value: float) -> float:
    return round(LINE_HEIGHT * (1 - scale.at(value) / 100), 2)


def _line(series: Series, number: int, count: int, scale: Scale, write: Write) -> Line:
    points = tuple(
        Point(index, _across(index, count), _down(scale, value), write(value))
        for index, value in enumerate(series.values)
        if value is not None
    )
    return Line(series.name, _path(points), _ribbon(series, count, scale), points, number % 6 + 1)


def _path(points: Sequence[Point]) -> str:
    """One stroke for each run of neighbours; a point without neighbours is a stroke of no length, which a round pen shows as a dot."""
    runs = groupby(enumerate(points), key=lambda pair: pair[1].index - pair[0])
    return " ".join(_stroke([point for _, point in run]) for _, run in runs)


def _stroke(run: Sequence[Point]) -> str:
    if len(run) == 1:
        return f"M{run[0].x:g} {run[0].y:g} h0"
    return "M" + " L".join(f"{point.x:g} {point.y:g}" for point in run)


def _ribbon(series: Series, count: int, scale: Scale) -> str:
    """The closed areas between the limits, one for each unbroken run of at least two labels that have both."""
    both = [
        None if low is None or high is None else (_across(index, count), _down(scale, low), _down(scale, high))
        for index, (low, high) in enumerate(zip(series.lows, series.highs, strict=True))
    ]
    runs = [list(run) for there, run in groupby(both, key=lambda limits: limits is not None) if there]
    return " ".join(_area([limits for limits in run if limits]) for run in runs if len(run) > 1)


def _area(limits: Sequence[tuple[float, float, float]]) -> str:
    """Along the upper limits and back along the lower ones."""
    there = [f"{x:g} {high:g}" for x, _, high in limits]
    back = [f"{x:g} {low:g}" for x, low, _ in reversed(limits)]
    return "M" + " L".join([*there, *back]) + " Z"


def _label_ticks(labels: Sequence[str], most: int) -> tuple[Tick, ...]:
    """At most `most` labels, counted back from the last, which is the one people look for; every second of them is minor."""
    every = math.ceil(len(labels) / most) if labels else 1
    shown = [index for index in range(len(labels)) if (len(labels) - 1 - index) % every == 0]
    last = len(shown) - 1
    return tuple(Tick(_across(i, len(labels)), labels[i], minor=bool((last - n) % 2)) for n, i in enumerate(shown))


def _readings(labels: Sequence[str], series: Sequence[Series], write: Write) -> tuple[Reading, ...]:
    return tuple(_reading(index, labels, series, write) for index in range(len(labels)))


def _reading(index: int, labels: Sequence[str], series: Sequence[Series], write: Write) -> Reading:
    count = len(labels)
    texts = ["" if (value := one.values[index]) is None else write(value) for one in series]
    named = [f"{one.name} {text}" if len(series) > 1 else text for one, text in zip(series, texts, strict=True) if text]
    return Reading(
        label=labels[index],
        x=_across(index, count),
        start=round(100 * index / count, 2),
        width=round(100 / count, 2),
        texts=tuple(texts),
        said=" · ".join([labels[index], *named]),
    )


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A word-sized line: SVG path data in a box 100 wide and `height` high, and where its last value stands."""

    path: str
    last_x: float
    last_y: float
    height: float


def sparkline(values: Sequence[float | None]) -> Sparkline | None:
    """Lay out a sparkline over the known values, or None with fewer than two: one dot tells no trend."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    low, high = min(value for _, value in known), max(value for _, value in known)
    scale = Scale(low, high) if high > low else Scale(low - 1, high + 1)
    room = SPARK_HEIGHT - 2 * SPARK_MARGIN
    places = [
        (round(100 * i / (len(values) - 1), 2), round(SPARK_MARGIN + room * (1 - scale.at(v) / 100), 2))
        for i, v in known
    ]
    return Sparkline("M" + " L".join(f"{x:g} {y:g}" for x, y in places), *places[-1], SPARK_HEIGHT)
