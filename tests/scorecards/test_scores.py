"""From two sides to a headline and a band: the smaller, the gate, the patience of bands, and what the next one asks for."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from scorecards.configuration import Parameters
from scorecards.periods import Period
from scorecards.pool import CohortLine, ConductSums, Pool
from scorecards.recovery_side import coarse, maturity
from scorecards.scores import Band, band_after, climb, scores

P = Parameters()


def line(
    agency: str, months: int = 6, *, is_mature: bool = True, balance: int = 100_000_00, paid: int = 10_000_00
) -> CohortLine:
    """A hundred consumers, of whom twenty paid."""
    return CohortLine(
        agency,
        "c",
        months,
        is_mature,
        100,
        100,
        100,
        40,
        balance,
        paid,
        20,
        paid,
        paid * paid / 20,
        balance // 5,
        paid * balance / 100,
        balance * balance / 500,
    )


def pool(
    *lines: CohortLine, paid_by_month: list[int] | None = None, conduct: dict[str, ConductSums] | None = None
) -> Pool:
    return Pool("2026-06", "USD", paid_by_month or [5, 4, 3, 2, 1, 1], list(lines), conduct or {})


BANDS: list[tuple[str, Band, float | None, bool, bool, Band]] = [
    ("a new agency is put where its score belongs", Band(), 72.0, False, False, Band("B")),
    ("provisional: the band stays", Band("B", 1), 30.0, True, False, Band("B", 1)),
    ("provisional and new: not judged", Band(), 72.0, True, False, Band()),
    ("nothing to score: the band stays", Band("C"), None, True, False, Band("C")),
    ("down at once, well under the cut", Band("B", 1), 60.0, False, False, Band("C")),
    ("a hair under the cut is no reason", Band("B"), 69.0, False, False, Band("B")),
    ("up needs two months", Band("B"), 90.0, False, False, Band("B", 1)),
    ("the second month", Band("B", 1), 90.0, False, False, Band("A")),
    ("a gate at once, also for a provisional one", Band("A"), 95.0, True, True, Band("E")),
]


@pytest.mark.parametrize(
    ("reason", "before", "headline", "provisional", "gated", "after"), BANDS, ids=[case[0] for case in BANDS]
)
def test_the_band_after_a_month(
    reason: str, before: Band, headline: float | None, provisional: bool, gated: bool, after: Band
) -> None:
    assert band_after(before, headline, is_provisional=provisional, is_gated=gated) == after


@pytest.mark.parametrize(("band", "above", "score"), [("B", "A", 87), ("C", "B", 72), ("D", "C", 57), ("E", "D", 42)])
def test_what_the_next_band_asks_for(band: str, above: str, score: float) -> None:
    asked = climb(band)
    assert asked is not None
    assert (asked.band, asked.score) == (above, score)
    assert 70 + 30 * math.log(asked.theta) / math.log(1.25) == pytest.approx(score)


@pytest.mark.parametrize("band", ["A", "N"])
def test_nothing_is_asked_of_the_top_or_of_who_is_not_judged(band: str) -> None:
    assert climb(band) is None


def test_equal_agencies_have_the_points_of_the_pool() -> None:
    found = scores(pool(line("A"), line("B")), P, {})
    assert found["A"].recovery == pytest.approx(70)
    assert found["A"].recovery == pytest.approx(found["B"].recovery)


def test_without_compliance_there_is_no_headline() -> None:
    found = scores(pool(line("A"), line("B")), P, {})["A"]
    assert found.compliance is None
    assert found.headline is None


def test_maturity_is_the_share_of_the_curve_reached() -> None:
    grown = maturity(pool(line("A"), paid_by_month=[50, 25, 15, 10, 0, 0]), P)
    assert grown == pytest.approx([0.5, 0.75, 0.9, 1, 1, 1])


def test_without_a_payment_every_month_counts_alike() -> None:
    assert maturity(pool(line("A"), paid_by_month=[0] * 6), P) == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])


def test_a_month_that_reversals_turned_negative_adds_nothing_to_the_curve() -> None:
    assert maturity(pool(line("A"), paid_by_month=[50, -10, 50, 0, 0, 0]), P) == pytest.approx([0.5, 0.5, 1, 1, 1, 1])


def test_a_younger_cohort_is_expected_to_have_brought_less() -> None:
    half = line("A", 2, paid=5_000_00)
    found = scores(pool(half, line("B"), paid_by_month=[3, 3, 2, 2, 1, 1]), P, {})
    money = {figure.name: figure for figure in found["A"].figures}["observed_over_expected"]
    assert money.explanation["expected"] < 10_000


def test_an_agency_with_older_accounts_is_not_scored_on_younger_ones() -> None:
    found = scores(pool(line("A"), line("A", 1, is_mature=False), line("B")), P, {})
    assert {figure.rows for figure in found["A"].figures if figure.name == "effect"} == {100}


@pytest.mark.parametrize(
    ("cell", "wide"), [("credit_card|USD|500-999|90-179|580-639|US", "credit_card|USD|500-999|90-179"), ("c", "c")]
)
def test_payers_amounts_are_compared_in_wider_cells(cell: str, wide: str) -> None:
    assert coarse(cell) == wide


# -- periods --------------------------------------------------------------------------------------------------------------


def test_a_period_is_a_month_with_an_exclusive_end() -> None:
    december = Period.parse("2026-12")
    assert (december.first, december.end) == (date(2026, 12, 1), date(2027, 1, 1))
    assert december.ends_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert str(december.later(1)) == "2027-01"
    assert [str(one) for one in Period(2026, 2).back(3)] == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-01", "2026-00", "June 2026", "2026-01-01", ""])
def test_nothing_else_is_a_month(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        Period.parse(text)


# -- configuration --------------------------------------------------------------------------------------------------------


def test_parameters_survive_their_json_and_keep_their_version() -> None:
    assert Parameters.from_json(P.as_json()) == P
    assert Parameters.from_json(P.as_json()).version == P.version


def test_another_parameter_is_another_version() -> None:
    assert Parameters(tie=0.95).version != P.version
