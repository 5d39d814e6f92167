"""Where charts put things: round ticks, positions in percent, cut whiskers, broken lines, parts that fill the whole."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal import charts

FINITE = st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 3))


@pytest.mark.parametrize(
    ("span", "count", "step"),
    [
        pytest.param(1.0, 5, 0.2, id="a fifth of one"),
        pytest.param(10.0, 4, 5.0, id="2.5 is rounded up to 5"),
        pytest.param(0.6, 5, 0.2, id="0.12 is rounded up to 0.2"),
        pytest.param(100_000.0, 5, 20_000.0, id="large amounts"),
        pytest.param(0.0005, 5, 0.0001, id="small shares"),
    ],
)
def test_a_step_is_one_two_or_five_times_a_power_of_ten(span: float, count: int, step: float) -> None:
    assert charts.nice_step(span, count) == pytest.approx(step)


@pytest.mark.parametrize("span", [0.0, -1.0, math.inf, math.nan])
def test_a_step_needs_a_span(span: float) -> None:
    with pytest.raises(ValueError, match="span"):
        charts.nice_step(span)


@given(st.lists(FINITE, max_size=20))
@example([0.031, -100000001.0])
@example([0.0, 1.1])
@example([0.7, 0.1])
def test_a_scale_holds_every_value_and_ends_on_its_ticks(values: list[float]) -> None:
    scale, ticks = charts.nice_scale(values)
    assert all(scale.holds(value) for value in values)
    assert (ticks[0], ticks[-1]) == (scale.low, scale.high)
    assert all(before < after for before, after in itertools.pairwise(ticks))
    assert 2 <= len(ticks) <= 12


@given(FINITE, FINITE, FINITE)
def test_positions_stay_inside_the_plot_and_keep_the_order(low: float, high: float, value: float) -> None:
    scale, _ = charts.nice_scale([low, high])
    assert 0 <= scale.at(value) <= 100
    assert scale.at(min(low, high)) <= scale.at(max(low, high))


ROWS = [
    charts.Interval("Northgate", 1.13, 1.05, 1.20, group="1"),
    charts.Interval("Harbor", 1.06, 1.00, 1.13, group="1", own=True),
    charts.Interval("Calder", 0.98, 0.60, 1.04, group="2"),
]


def test_rows_of_a_group_stand_together_in_the_order_given() -> None:
    plot = charts.interval_plot(ROWS, reference=1.0)
    assert [[row.label for row in group.rows] for group in plot.groups] == [["Northgate", "Harbor"], ["Calder"]]
    assert [group.label for group in plot.groups] == ["1", "2"]


def test_a_whisker_beyond_the_limits_is_cut_at_the_edge_and_says_so() -> None:
    calder = charts.interval_plot(ROWS, limits=(0.8, 1.2)).groups[1].rows[0]
    assert (calder.low, calder.cut_low, calder.cut_high) == (0.0, True, False)
    assert calder.range_text == "0.6 – 1.04"


def test_a_whole_dot_lies_between_its_whiskers() -> None:
    for group in charts.interval_plot(ROWS, reference=1.0).groups:
        assert all(row.low < row.dot < row.high for row in group.rows)


def test_a_reference_off_the_scale_is_not_drawn() -> None:
    assert charts.interval_plot(ROWS, reference=5.0, limits=(0.8, 1.2)).reference is None
    assert charts.interval_plot(ROWS, reference=1.0, limits=(0.8, 1.2)).reference == 50.0


def test_bars_start_at_a_common_zero_and_run_left_for_losses() -> None:
    chart = charts.bar_chart([charts.Bar("in", 30), charts.Bar("back", -10)])
    assert chart.zero == 25.0
    assert [(row.start, row.width) for row in chart.rows] == [(25.0, 75.0), (0.0, 25.0)]


@pytest.mark.parametrize("bars", [[], [charts.Bar("nothing", 0)]], ids=["no bars", "only zeros"])
def test_bars_of_nothing_have_no_width(bars: list[charts.Bar]) -> None:
    assert [row.width for row in charts.bar_chart(bars).rows] == [0.0 for _ in bars]


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=30))
def test_parts_of_a_whole_fill_it_without_gaps(values: list[float]) -> None:
    parts = charts.share_bar([charts.Share(str(index), value) for index, value in enumerate(values)])
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert parts[-1].start + parts[-1].width == pytest.approx(100, abs=0.02)
    for before, after in itertools.pairwise(parts):
        assert after.start == pytest.approx(before.start + before.width, abs=0.011)


def test_a_negative_part_is_refused_and_a_whole_of_zero_is_empty() -> None:
    with pytest.raises(ValueError, match="negative"):
        charts.share_bar([charts.Share("a", -1)])
    assert [part.width for part in charts.share_bar([charts.Share("a", 0)])] == [0.0]


def test_a_line_breaks_where_a_value_is_unknown_and_a_lone_value_is_a_dot() -> None:
    line = charts.line_chart(["Jan", "Feb", "Mar", "Apr"], [charts.Series("score", [70, None, 80, 90])]).lines[0]
    assert line.path == "M12.5 220 h0 M62.5 110 L87.5 0"
    assert [point.index for point in line.points] == [0, 2, 3]


def test_a_ribbon_covers_only_unbroken_runs_of_limits() -> None:
    series = charts.Series("s", [1, 2, None, 3, 4], lows=[0, 1, None, 2, 3], highs=[2, 3, None, 4, 5])
    assert charts.line_chart(list("abcde"), [series]).lines[0].ribbon.count("Z") == 2
    alone = charts.Series("s", [1, 2, 3], lows=[0, None, 2], highs=[2, None, 4])
    assert charts.line_chart(list("abc"), [alone]).lines[0].ribbon == ""


@pytest.mark.parametrize(
    "series",
    [charts.Series("s", [1]), charts.Series("s", [1, 2], lows=[0], highs=[2])],
    ids=["a value short", "a limit short"],
)
def test_a_series_that_does_not_fit_its_labels_is_refused(series: charts.Series) -> None:
    with pytest.raises(ValueError, match="one value for each label"):
        charts.line_chart(["Jan", "Feb"], [series])


def test_higher_values_stand_higher_and_zero_may_be_kept_on_the_scale() -> None:
    chart = charts.line_chart(["a", "b"], [charts.Series("s", [50, 80])], from_zero=True)
    low, high = chart.lines[0].points
    assert high.y < low.y
    assert chart.down[0].text == "0"


def test_the_last_label_is_always_shown_and_never_more_than_asked() -> None:
    labels = [str(month) for month in range(1, 25)]
    across = charts.line_chart(labels, [charts.Series("s", list(range(24)))], most_labels=7).across
    assert across[-1].text == "24"
    assert not across[-1].minor
    assert len(across) <= 7


def test_a_reading_names_every_line_that_has_a_value_there() -> None:
    chart = charts.line_chart(
        ["Jan", "Feb"], [charts.Series("Recovery", [70, None]), charts.Series("Compliance", [80, 81])]
    )
    assert [reading.said for reading in chart.readings] == ["Jan · Recovery 70 · Compliance 80", "Feb · Compliance 81"]
    assert chart.readings[1].texts == ("", "81")


def test_a_sparkline_needs_two_values_and_skips_the_unknown() -> None:
    assert charts.sparkline([None, 3]) is None
    spark = charts.sparkline([1, None, 3])
    assert spark is not None
    assert spark.path == "M0 25 L100 3"
    assert (spark.last_x, spark.last_y) == (100.0, 3.0)


def test_a_level_sparkline_runs_through_the_middle() -> None:
    spark = charts.sparkline([4, 4, 4])
    assert spark is not None
    assert spark.last_y == spark.height / 2


BANDS = ((0, "E"), (40, "D"), (55, "C"), (70, "B"), (85, "A"))


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "E"), (39.9, "E"), (40, "D"), (69.99, "C"), (70, "B"), (85, "A"), (100, "A")],
    ids=lambda value: str(value),
)
def test_a_score_lies_in_the_band_that_begins_at_or_below_it(score: float, band: str) -> None:
    assert [zone.name for zone in charts.gauge(score, BANDS).zones if zone.here] == [band]


def test_the_bands_of_a_gauge_fill_its_scale() -> None:
    zones = charts.gauge(78.3, BANDS).zones
    assert sum(zone.width for zone in zones) == pytest.approx(100)
    assert [zone.start for zone in zones] == [0, 40, 55, 70, 85]


def test_a_gauge_refuses_cut_points_that_do_not_rise() -> None:
    with pytest.raises(ValueError, match="rise"):
        charts.gauge(1, ((0, "E"), (40, "D"), (40, "C")))
