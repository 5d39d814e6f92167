"""The geometry of charts: numbers in, positions out, as frozen values that a template only has to draw.

Across a chart every position is a percentage of the plot's width, so one drawing fits a phone, a screen and paper without its
letters growing or shrinking; down a chart positions are pixels. Nothing here knows a domain word, a language or a colour: the
texts of ticks and values are written by the function the caller hands in, and colours are classes of the stylesheet.
"""

from __future__ import annotations

from portal.charts.bars import Bar, BarChart, BarRow, Share, SharePart, bar_chart, share_bar
from portal.charts.gauges import Gauge, GaugeZone, gauge
from portal.charts.intervals import Interval, IntervalGroup, IntervalPlot, IntervalRow, interval_plot
from portal.charts.lines import Line, LineChart, Point, Reading, Series, Sparkline, line_chart, sparkline
from portal.charts.scales import Scale, Tick, Write, nice_scale, nice_step, plain

__all__ = [
    "Bar",
    "BarChart",
    "BarRow",
    "Gauge",
    "GaugeZone",
    "Interval",
    "IntervalGroup",
    "IntervalPlot",
    "IntervalRow",
    "Line",
    "LineChart",
    "Point",
    "Reading",
    "Scale",
    "Series",
    "Share",
    "SharePart",
    "Sparkline",
    "Tick",
    "Write",
    "bar_chart",
    "gauge",
    "interval_plot",
    "line_chart",
    "nice_scale",
    "nice_step",
    "plain",
    "share_bar",
    "sparkline",
]
