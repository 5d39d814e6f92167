"""Estimates with their limits, one row each: who is above the line, who below, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.charts.scales import Scale, Tick, Write, nice_scale, plain, ticks_on


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its limits, `low <= value <= high`; rows of one `group` cannot be told apart and stand together."""

    label: str
    value: float
    low: float
    high: float
    group: str | None = None
    url: str | None = None
    own: bool = False  # the reader's own row, drawn stronger


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One row of an interval plot, positions in percent. `cut_low` and `cut_high`: the whisker leaves the scale there."""

    label: str
    dot: float
    low: float
    high: float
    cut_low: bool
    cut_high: bool
    text: str
    range_text: str
    url: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class IntervalGroup:
    """Neighbouring rows that share a group; the template shades every second one."""

    label: str | None
    rows: tuple[IntervalRow, ...]


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Dots with whiskers, one row each, in the caller's order; positions in percent."""

    groups: tuple[IntervalGroup, ...]
    ticks: tuple[Tick, ...]
    reference: float | None
    reference_text: str


def interval_plot(
    rows: Sequence[Interval],
    *,
    reference: float | None = None,
    limits: tuple[float, float] | None = None,
    write: Write = plain,
) -> IntervalPlot:
    """Lay out estimates with their intervals and, if given, the line they are compared with.

    `limits` fixes the values shown (whiskers beyond are cut and marked); without it everything fits.
    """
    wanted = limits or [edge for row in rows for edge in (row.low, row.high)] + (
        [] if reference is None else [reference]
    )
    scale, ticks = nice_scale(wanted)
    laid = [(row.group, _interval_row(row, scale, write)) for row in rows]
    groups = [
        IntervalGroup(label, tuple(row for _, row in members))
        for label, members in groupby(laid, key=lambda pair: pair[0])
    ]
    shown = reference is not None and scale.holds(reference)
    return IntervalPlot(
        groups=tuple(groups),
        ticks=ticks_on(scale, ticks, write),
        reference=scale.at(reference) if reference is not None and shown else None,
        reference_text="" if reference is None else write(reference),
    )


def _interval_row(row: Interval, scale: Scale, write: Write) -> IntervalRow:
    return IntervalRow(
        label=row.label,
        dot=scale.at(row.value),
        low=scale.at(row.low),
        high=scale.at(row.high),
        cut_low=row.low < scale.low,
        cut_high=row.high > scale.high,
        text=write(row.value),
        range_text=f"{write(row.low)} – {write(row.high)}",
        url=row.url,
        own=row.own,
    )
