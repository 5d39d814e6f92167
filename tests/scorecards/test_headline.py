"""The headline as a specification: the minimum, its gates, its bands, and one agency from end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecards.headline import BANDS, CUTS, band_of, cpcs_70_20_10, end_to_end_agency, hysteresis, next_band, overall

PUBLISHED = json.loads((Path(__file__).parents[2] / "samples" / "scorecard_cases.json").read_text())
WORKED: dict[str, Any] = next(case["input"] for case in PUBLISHED["cases"] if case["id"] == "W01")

scores = st.floats(0, 100)


@given(r=scores, c=scores, more=scores)
def test_neither_side_can_buy_the_other_out(r: float, c: float, more: float) -> None:
    final = overall(recovery=[r, max(r, more)], compliance=[c, c], weights=[0.7, 0.3], gate=[False, False])["final"]
    assert final[0] == min(r, c)
    assert final[1] <= c


@given(r=scores, c=scores)
def test_a_shut_gate_is_band_e_whatever_the_score(r: float, c: float) -> None:
    (final,) = overall(recovery=[r], compliance=[c], weights=[0.5, 0.5], gate=[True])["final"]
    assert band_of(final) == "E"
    assert final <= min(r, c)


@pytest.mark.parametrize(
    ("score", "band"),
    [(100, "A"), (85, "A"), (84.99, "B"), (70, "B"), (69.9, "C"), (55, "C"), (40, "D"), (39.99, "E"), (0, "E")],
)
def test_bands_begin_at_their_cuts(score: float, band: str) -> None:
    assert band_of(score) == band


@pytest.mark.parametrize(
    ("start", "scores", "bands", "why"),
    [
        ("B", [87, 87], ["B", "A"], "two periods at cut + 2"),
        ("B", [87, 86.9, 87], ["B", "B", "B"], "a weaker period begins the count anew"),
        ("D", [95, 95, 95, 95], ["D", "C", "C", "B"], "one band at a time, two periods each"),
        ("A", [83, 82.99], ["A", "B"], "down only past cut - 2"),
        ("A", [20], ["E"], "down at once, as far as it goes"),
        ("A", [54], ["C"], "54 is not below 55 - 2"),
        ("N", [72], ["B"], "a new agency goes where its first score belongs"),
        ("A", [100, 100], ["A", "A"], "nothing above A"),
        ("E", [0], ["E"], "nothing below E"),
    ],
)
def test_bands_do_not_flutter(start: str, scores: list[float], bands: list[str], why: str) -> None:
    assert hysteresis(start=start, scores=scores)["bands"] == bands, why


@given(band=st.sampled_from(BANDS), score=scores, streak=st.integers(0, 1))
def test_a_band_never_rises_by_more_than_one_and_never_stays_above_its_cut(
    band: str, score: float, streak: int
) -> None:
    after, _ = next_band(band, score, streak)
    assert BANDS.index(after) >= BANDS.index(band) - 1
    assert score >= CUTS[after] - 2


def test_a_shut_gate_is_band_e_at_once() -> None:
    assert next_band("A", 39, 1, is_gated=True) == ("E", 0)
    assert next_band("A", 39, 1) == ("D", 0), "without a gate 39 is not yet 2 below the cut of D"


def test_the_ranking_of_the_education_department_needs_a_best() -> None:
    assert cpcs_70_20_10(metrics=[[0, 0, 0], [0, 0, 0]], weights=[70, 20, 10]) == {"score": [0, 0]}
    assert cpcs_70_20_10(metrics=[[2, 1, 1]], weights=[70, 20, 10])["score"] == pytest.approx([100])


def test_the_parts_of_the_worked_agency_add_up() -> None:
    answer = end_to_end_agency(**WORKED)
    assert answer["C"] + sum(answer["lost"].values()) == pytest.approx(100)
    assert answer["S"] == min(answer["R"], answer["C"])
    assert answer["K_lost_per_complaint"] * 9 == pytest.approx(answer["lost"]["K"])


@pytest.mark.parametrize(
    ("change", "check", "why"),
    [
        ({"gate": True}, lambda a: a["S"] == 39 and a["band"] == "E", "a shut gate caps the headline"),
        ({"payers": 0, "money": 0}, lambda a: a["R"] < 70 and a["meanS"] == 0, "no payer: severity is the pool's"),
        ({"contacts": 0}, lambda a: a["points"]["V"] is None and "V" not in a["lost"], "no exposure: left out"),
        (
            {"complaints": {"O": 0, "E": 6.1, "alpha": 8, "beta": 8}},
            lambda a: a["K_lost_per_complaint"] == 0,
            "no complaint to lose points by",
        ),
        ({"tau_freq": 0, "tau_sev": 0}, lambda a: a["theta"] == 1, "agencies that do not differ are all the pool"),
    ],
)
def test_the_worked_agency_at_its_edges(change: dict[str, Any], check: Any, why: str) -> None:
    assert check(end_to_end_agency(**WORKED | change)), why
