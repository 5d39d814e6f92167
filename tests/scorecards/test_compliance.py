"""Compliance as a specification: measures, fading, the score and its parts, and signals of made-up activity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecards.compliance import (
    KNOTS,
    SEVERITIES,
    WEIGHTS,
    audits,
    benford_first_digit,
    complaints,
    compliance_score,
    decayed_rate,
    gap_regularity,
    integrity,
    last_digit_uniformity,
    late_reversals,
    licences,
    lost_by_event,
    piecewise,
    reporting,
    same_second_pairs,
    timeliness,
    violations,
)

LOW, MEDIUM, HIGH, CRITICAL = (SEVERITIES[name] for name in ("low", "medium", "high", "critical"))


# Points and fading


@pytest.mark.parametrize("code", sorted(KNOTS))
@given(data=st.data())
def test_points_never_rise_as_a_measure_gets_worse(code: str, data: st.DataObject) -> None:
    values = sorted(data.draw(st.lists(st.floats(0, 15), min_size=2, max_size=8)))
    points = piecewise(x=values, knots=KNOTS[code])["points"]
    assert points == sorted(points, reverse=code not in "AT")
    assert all(0 <= p <= 100 for p in points)


def test_points_are_met_exactly_at_the_knots_in_any_order_of_knots() -> None:
    for knots in KNOTS.values():
        values, points = zip(*knots, strict=True)
        assert piecewise(x=values, knots=knots[::-1])["points"] == pytest.approx(list(points))


@given(age=st.integers(0, 2000))
def test_waiting_alone_does_not_lower_a_rate(age: int) -> None:
    fresh = decayed_rate(events=[[0, 3]], contacts=[[0, 4000]], half_life=90)
    later = decayed_rate(events=[[age, 3]], contacts=[[age, 4000]], half_life=90)
    assert later["rate"] == pytest.approx(fresh["rate"])


def test_what_does_not_fade_weighs_the_same_at_any_age() -> None:
    assert CRITICAL.faded(3650) == 1
    assert decayed_rate(events=[[900, 10]], contacts=[[0, 500], [900, 500]], half_life=None)["rate"] == 10
    assert LOW.faded(90) == 0.5


def test_events_without_contacts_have_no_rate() -> None:
    with pytest.raises(ValueError):
        decayed_rate(events=[[1, 1]], contacts=[], half_life=90)


# The seven measures


def test_the_worked_violations() -> None:
    breaches = [(0.0, LOW)] * 6 + [(0.0, MEDIUM)] * 2 + [(0.0, HIGH)]
    measure = violations(breaches=breaches, contacts=[(0, 14_500)])
    assert measure is not None
    assert measure.value == pytest.approx(22 / 14.5)
    assert measure.low < measure.value < measure.high
    assert measure.points == pytest.approx(84.827586, abs=1e-6)


@pytest.mark.parametrize(
    ("contacts", "points", "why"),
    [
        (100, 90, "nothing found, but too little to call it clean"),
        (1000, 90, "the upper limit is 37 weighted breaches a thousand"),
        (40_000, 100, "clean, with the volume to say so"),
    ],
)
def test_clean_needs_volume(contacts: float, points: float, why: str) -> None:
    measure = violations(breaches=[], contacts=[(0, contacts)])
    assert measure is not None
    assert measure.points == points, why


def test_padding_the_contacts_does_not_dilute_the_breaches() -> None:
    breaches = [(5.0, HIGH)] * 4
    padded = violations(breaches=breaches, contacts=[(5, 90_000)], pool_contacts=[(5, 10_000)])
    honest = violations(breaches=breaches, contacts=[(5, 10_000)])
    assert padded == honest


def test_without_contacts_there_is_no_violation_rate() -> None:
    assert violations(breaches=[(0.0, HIGH)], contacts=[]) is None
    assert violations(breaches=[], contacts=[(0, 0)]) is None


def test_the_violations_agree_with_the_fading_rate_of_each_severity() -> None:
    contacts = [(10.0, 4000.0), (100.0, 3000.0)]
    measure = violations(breaches=[(10.0, LOW), (100.0, MEDIUM), (40.0, CRITICAL)], contacts=contacts)
    parts = [
        decayed_rate(events=[[age, s.weight]], contacts=contacts, half_life=s.half_life)["rate"]
        for age, s in ((10, LOW), (100, MEDIUM), (40, CRITICAL))
    ]
    assert measure is not None
    assert measure.value == pytest.approx(sum(parts))


def test_audits_and_complaints_lean_on_the_pool() -> None:
    audit = audits(passed=78, n=80, a=18, b=2)
    complaint = complaints(O=9, E=6.1, alpha=8, beta=8)
    assert audit is not None
    assert complaint is not None
    assert (audit.value, audit.points) == pytest.approx((0.96, 78.333333), abs=1e-6)
    assert (complaint.value, complaint.points) == pytest.approx((1.205674, 64.716312), abs=1e-6)
    assert audits(passed=0, n=0, a=18, b=2) is None
    assert complaints(O=2, E=0, alpha=8, beta=8) is None


@pytest.mark.parametrize(
    ("time", "closed", "share", "why"),
    [
        ([0.2, 0.9, 1.0, 1.4], [1, 1, 1, 1], 0.75, "closed on the last day is closed in time"),
        ([0.2, 0.5], [1, 0], 0.5, "an open one is not yet late: it leaves the count where it stands"),
        ([0.9, 0.5], [1, 0], 1.0, "the open one was too young to say anything at 0.9"),
        ([2.0, 3.0], [0, 0], 0.0, "open and overdue"),
    ],
)
def test_the_share_closed_in_time_counts_open_ones_as_far_as_they_got(
    time: list[float], closed: list[int], share: float, why: str
) -> None:
    measure = timeliness(time=time, closed=closed)
    assert measure is not None
    assert measure.value == pytest.approx(share), why
    assert measure.low <= measure.value <= measure.high


def test_nothing_to_close_is_not_measured() -> None:
    assert timeliness(time=[], closed=[]) is None


def test_lapses_reports_and_findings() -> None:
    lapse = licences(lapsed_days=2, credential_days=400)
    report = reporting(on_time=97, due=100, complete=0.995, rejected=0.01)
    finding = integrity(findings=[HIGH], rows=100_000)
    assert lapse is not None
    assert report is not None
    assert finding is not None
    assert lapse.points == pytest.approx(70)
    assert report.points == pytest.approx(95.65)
    assert finding.points == pytest.approx(60)
    assert licences(lapsed_days=0, credential_days=0) is None
    assert reporting(on_time=0, due=0, complete=0, rejected=0) is None
    assert integrity(findings=[], rows=0) is None


@pytest.mark.parametrize(
    ("complete", "rejected", "points", "why"),
    [(1.2, 0.0, 100, "more rows than announced earn nothing extra"), (1.0, 0.3, 70, "a tenth rejected costs all 30")],
)
def test_each_part_of_reporting_is_held_to_its_weight(
    complete: float, rejected: float, points: float, why: str
) -> None:
    measure = reporting(on_time=10, due=10, complete=complete, rejected=rejected)
    assert measure is not None
    assert measure.points == pytest.approx(points), why


# The score


@given(points=st.lists(st.floats(0, 100), min_size=7, max_size=7))
def test_the_score_and_what_each_measure_costs_add_up_to_100(points: list[float]) -> None:
    score = compliance_score(points=dict(zip(WEIGHTS, points, strict=True)))
    assert score.points + sum(score.lost.values()) == pytest.approx(100)
    assert min(points) - 1e-9 <= score.points <= max(points) + 1e-9


def test_what_the_agency_did_not_report_counts_0_and_what_could_not_happen_is_left_out() -> None:
    points: dict[str, float | None] = dict.fromkeys(WEIGHTS, 100.0)
    no_exposure = compliance_score(points=points | {"A": None})
    unreported = compliance_score(points=points | {"A": None}, unreported={"A"})
    assert (no_exposure.points, no_exposure.left_out) == (100, ("A",))
    assert (unreported.points, unreported.left_out) == (80, ())
    with pytest.raises(ValueError):
        compliance_score(points={})


@given(shares=st.lists(st.floats(0.01, 50), min_size=1, max_size=20), points=st.floats(0, 100))
def test_the_points_a_measure_lost_are_split_over_its_rows_without_rest(shares: list[float], points: float) -> None:
    lost = lost_by_event(points=points, shares=shares)
    assert sum(lost) == pytest.approx(100 - points)
    assert lost_by_event(points=points, shares=[0.0, 0.0]) == [0.0, 0.0]


# Signals


def test_amounts_that_grow_by_percents_follow_benford_and_invented_ones_do_not() -> None:
    grown = [100 * 1.017**k for k in range(1000)]
    assert benford_first_digit(amounts=grown)["p"] > 0.5
    invented = np.random.default_rng(1).uniform(100, 1000, 1000)
    assert benford_first_digit(amounts=invented.tolist())["p"] < 1e-6


@pytest.mark.parametrize(("amount", "digit"), [(0.0042, 4), (-731.5, 7), (1, 1), (99_999_999, 9), (0.3, 3), (1e-7, 1)])
def test_the_first_digit_is_the_first_that_is_not_zero(amount: float, digit: int) -> None:
    assert benford_first_digit(amounts=[amount, 0.0])["observed"][digit - 1] == 1


def test_no_amounts_are_no_deviation() -> None:
    assert benford_first_digit(amounts=[0.0]) == {"chi2": 0.0, "p": 1.0, "observed": [0] * 9, "mad": 0.0}
    assert last_digit_uniformity(counts=[0] * 10) == {"chi2": 0.0, "p": 1.0}
    with pytest.raises(ValueError):
        last_digit_uniformity(counts=[1, 2])


@given(n=st.integers(2, 300), pairs=st.integers(0, 20))
def test_more_pairs_in_one_second_are_never_likelier(n: int, pairs: int) -> None:
    fewer, more = (same_second_pairs(n=n, seconds=28_800, pairs=k)["p"] for k in (pairs, pairs + 1))
    assert 0 <= more <= fewer <= 1
    assert same_second_pairs(n=n, seconds=28_800, pairs=0)["p"] == 1


def test_a_span_of_no_time_has_no_pairs_to_expect() -> None:
    with pytest.raises(ValueError):
        same_second_pairs(n=10, seconds=0, pairs=1)


@pytest.mark.parametrize(
    ("gaps", "regular", "why"),
    [
        ([60, 61, 59, 60, 60], True, "spaced by a machine"),
        ([5, 300, 12, 700, 33], False, "work by hand"),
        ([60], False, "one gap says nothing"),
        ([0, 0, 0], False, "no time passed"),
    ],
)
def test_gaps_of_equal_length_are_regular(gaps: list[float], regular: bool, why: str) -> None:
    assert gap_regularity(gaps=gaps)["is_regular"] is regular, why


@pytest.mark.parametrize(
    ("reversed_late", "late", "reversed_before", "before", "p", "why"),
    [
        (0, 10, 0, 90, 1.0, "nothing was reversed"),
        (0, 10, 5, 90, 1.0, "at least none of the late ones: certain"),
        (1, 1, 0, 9, 0.1, "the one reversal falls on the one late payment of ten"),
        (3, 3, 0, 7, 1 / 120, "one way of choosing three of ten"),
    ],
)
def test_late_payments_reversed_after_the_window(
    reversed_late: int, late: int, reversed_before: int, before: int, p: float, why: str
) -> None:
    found = late_reversals(reversed_late=reversed_late, late=late, reversed_before=reversed_before, before=before)
    assert found["p"] == pytest.approx(p), why


def test_default_weights_are_a_hundred() -> None:
    assert math.fsum(WEIGHTS.values()) == 100
