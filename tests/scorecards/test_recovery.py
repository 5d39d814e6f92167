"""Recovery as a specification: what is expected of an agency, what its effect is, how its points are explained."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorecards.recovery import (
    Grade,
    TwoPartEffect,
    Unit,
    components,
    contributions,
    credibility_rate,
    cumulative_rates,
    discounted_net_back,
    evidence_grade,
    indirect_oe,
    is_publishable,
    liquidation_curves,
    net_back,
    net_theta,
    payers_needed,
    recovery_chain,
    recovery_points,
    shown_months,
    two_part_effects,
    two_way_minimum_bias,
)

matrices = st.integers(1, 6).flatmap(
    lambda agencies: st.lists(
        st.lists(st.tuples(st.integers(0, 900), st.integers(0, 20_000)), min_size=agencies, max_size=agencies),
        min_size=1,
        max_size=8,
    )
)


def split(matrix: list[list[tuple[int, int]]]) -> tuple[list[list[float]], list[list[float]]]:
    """Paid and placed; nothing is paid where nothing is placed."""
    paid = [[float(p) if b else 0.0 for p, b in row] for row in matrix]
    return paid, [[float(b) for _, b in row] for row in matrix]


# Observed over expected


@settings(deadline=None)
@given(matrix=matrices)
def test_expected_adds_up_to_observed(matrix: list[list[tuple[int, int]]]) -> None:
    paid, placed = split(matrix)
    total = sum(map(sum, paid))
    assert sum(indirect_oe(paid=paid, placed=placed)["E"]) == pytest.approx(total)
    assert two_way_minimum_bias(paid=paid, placed=placed)["sum_E"] == pytest.approx(total)


@settings(deadline=None)  # a thin link takes all the rounds there are
@given(matrix=matrices)
def test_two_way_is_the_poisson_maximum_likelihood(matrix: list[list[tuple[int, int]]]) -> None:
    paid, placed = (np.array(m) for m in split(matrix))
    fit = two_way_minimum_bias(paid=paid.tolist(), placed=placed.tolist())
    theta = np.array([0.0 if t is None else t for t in fit["theta"]])
    fitted = placed * np.array(fit["alpha"])[:, None] * theta
    # The likelihood is greatest where fitted margins equal observed margins. Over a thin link the fit comes nearer by one
    # part in the number of rounds only, and stops after ten thousand.
    assert fitted.sum(axis=0) == pytest.approx(paid.sum(axis=0), rel=1e-6, abs=0.2)
    assert fitted.sum(axis=1) == pytest.approx(paid.sum(axis=1), rel=1e-6, abs=0.2)


def test_two_way_undoes_a_mix_that_the_raw_rate_falls_for() -> None:
    easy, hard, skill = 0.12, 0.04, [1.0, 1.25]
    placed = [[90_000, 10_000], [10_000, 90_000]]
    paid = [
        [b * rate * t for b, t in zip(row, skill, strict=True)] for row, rate in zip(placed, (easy, hard), strict=True)
    ]
    indirect, fit = indirect_oe(paid=paid, placed=placed), two_way_minimum_bias(paid=paid, placed=placed)
    first, second = indirect["raw"]
    assert first is not None
    assert second is not None
    assert first > second
    first, second = fit["theta"]
    assert first is not None
    assert second is not None
    assert second / first == pytest.approx(1.25)


def test_indirect_is_the_first_round_of_two_way_and_smaller_differences() -> None:
    paid, placed = [[4800.0, 1300.0], [400.0, 1900.0]], [[40_000.0, 10_000.0], [10_000.0, 40_000.0]]
    indirect, fit = indirect_oe(paid=paid, placed=placed)["oe"], two_way_minimum_bias(paid=paid, placed=placed)["theta"]
    spread = [(b or 0) - (a or 0) for a, b in (indirect, fit)]
    assert 0 < spread[0] < spread[1]


def test_matrices_may_lie_either_way() -> None:
    paid, placed = [[4800, 1300], [400, 1900]], [[40_000, 10_000], [10_000, 40_000]]
    turned: Any = [list(map(list, zip(*m, strict=True))) for m in (paid, placed)]
    assert indirect_oe(paid=turned[0], placed=turned[1], rows="agency", cols="segment") == indirect_oe(
        paid=paid, placed=placed, rows="segment", cols="agency"
    )
    with pytest.raises(ValueError):
        indirect_oe(paid=paid, placed=placed, rows="agency", cols="agency")


@pytest.mark.parametrize(
    ("paid", "placed", "theta", "why"),
    [
        ([[10, 0]], [[100, 0]], [1.0, None], "nothing placed: not scorable, which is not 0"),
        ([[10, 0]], [[100, 100]], [2.0, 0.0], "placed and nothing collected: 0"),
        ([[0, 0], [10, 0]], [[50, 50], [100, 0]], [1.0, None], "nothing expected in its segment: not scorable"),
        ([[10]], [[100]], [1.0], "one agency is its own pool"),
        ([[10, 0], [0, 30]], [[100, 0], [0, 100]], [1.0, 1.0], "no shared segment: each is its own pool"),
        ([[0, 0]], [[0, 0]], [None, None], "nothing at all"),
        ([[30, -20], [10, 10]], [[100, 100], [100, 100]], [2.0, 0.0], "more reversed than paid counts as nothing"),
    ],
)
def test_edges_of_the_two_way_fit(
    paid: list[list[float]], placed: list[list[float]], theta: list[float | None], why: str
) -> None:
    fit = two_way_minimum_bias(paid=paid, placed=placed)["theta"]
    assert [t is None for t in fit] == [t is None for t in theta], why
    assert [t or 0 for t in fit] == pytest.approx([t or 0 for t in theta], abs=1e-6), why


@settings(deadline=None, max_examples=60)  # a thin link takes all the rounds there are
@given(
    paid=st.lists(st.lists(st.integers(-50, 50), min_size=3, max_size=3), min_size=1, max_size=5),
    placed=st.lists(st.lists(st.integers(0, 100), min_size=3, max_size=3), min_size=5, max_size=5),
)
def test_however_much_is_reversed_the_fit_stays_finite(paid: list[list[int]], placed: list[list[int]]) -> None:
    exposure = placed[: len(paid)]
    received = [
        [x if b else 0 for x, b in zip(row, held, strict=True)] for row, held in zip(paid, exposure, strict=True)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = two_way_minimum_bias(paid=received, placed=exposure)
    assert all(
        math.isfinite(value) for value in (*fit["alpha"], *fit["E"], *(t for t in fit["theta"] if t is not None))
    )


@pytest.mark.parametrize(
    ("placed", "component", "why"),
    [
        ([[1, 1, 0], [0, 1, 1]], [0, 0, 0], "linked through a third"),
        ([[0, 1, 0], [1, 0, 1]], [0, 1, 0], "numbered in the order of agencies"),
        ([[1, 0, 1]], [0, 1, 0], "an agency that holds nothing is alone"),
    ],
)
def test_only_agencies_linked_by_segments_may_be_compared(
    placed: list[list[float]], component: list[int], why: str
) -> None:
    assert components(placed=placed) == {"component": component}, why


@given(paid=st.integers(0, 1000), placed=st.integers(1, 10_000), parent=st.floats(0, 0.5), k=st.floats(0, 1e5))
def test_a_credible_rate_lies_between_the_segments_and_its_parents(
    paid: int, placed: int, parent: float, k: float
) -> None:
    rate = credibility_rate(paid=paid, placed=placed, parent_rate=parent, K=k)["rate"]
    low, high = sorted([paid / placed, parent])
    assert low - 1e-9 <= rate <= high + 1e-9


def test_an_empty_segment_has_its_parents_rate() -> None:
    assert credibility_rate(paid=0, placed=0, parent_rate=0.05, K=0) == {"rate": 0.05}
    assert credibility_rate(paid=0, placed=0, parent_rate=0.05)["rate"] == pytest.approx(0.05)


def test_the_expectation_of_an_account_grows_month_by_month() -> None:
    rates = cumulative_rates(paid=[[30, 10], [0, 0]], exposed=[[1000, 1000], [0, 0]], parent=[0.02, 0.01], K=1000)
    assert rates.tolist() == [[pytest.approx(0.025), pytest.approx(0.035)], [pytest.approx(0.02), pytest.approx(0.03)]]


# Curves and net-back


def test_a_reversal_takes_its_payment_out_of_the_curve_as_if_it_had_never_been() -> None:
    placed, out = [1000.0, 500.0], [None, None]
    bounced = liquidation_curves(
        placed=placed, exit_month=out, payments=[(0, 1, 90), (0, 1, -90), (1, 2, 30)], months=3
    )
    never = liquidation_curves(placed=placed, exit_month=out, payments=[(1, 2, 30)], months=3)
    assert bounced == never


def test_without_recalls_both_curves_are_one() -> None:
    curves = liquidation_curves(placed=[100, 300], exit_month=[None, None], payments=[(0, 1, 10), (1, 3, 20)], months=4)
    assert curves["gross"] == pytest.approx(curves["mcf"])
    assert curves["gross"] == pytest.approx([0.025, 0.025, 0.075, 0.075])


@pytest.mark.parametrize(
    ("exit_month", "mcf", "why"),
    [
        ([1, None], [10 / 350, 10 / 350 + 30 / 300], "half at risk in the month of the recall, not at all after"),
        ([1, 1], [10 / 200, 10 / 200], "nothing at risk adds nothing"),
    ],
)
def test_a_recalled_account_leaves_the_exposure(exit_month: list[int | None], mcf: list[float], why: str) -> None:
    payments: list[tuple[int, int, float]] = [(0, 1, 10), (1, 2, 30)]
    curves = liquidation_curves(placed=[100, 300], exit_month=exit_month, payments=payments, months=2)
    assert curves["mcf"] == pytest.approx(mcf), why


def test_a_curve_needs_something_placed() -> None:
    with pytest.raises(ValueError):
        liquidation_curves(placed=[], exit_month=[], payments=[], months=2)


def test_points_with_little_left_at_risk_are_not_shown() -> None:
    exits: list[int | None] = [2] * 95 + [None] * 5
    assert shown_months(placed=[1.0] * 100, exit_month=exits, months=3) == [True, True, False]
    large_left: list[int | None] = [2] * 69 + [None] * 31
    assert shown_months(placed=[1.0] * 100, exit_month=large_left, months=3) == [True, True, True]
    assert shown_months(placed=[1.0] * 69 + [0.01] * 31, exit_month=large_left, months=3) == [True, True, False]


def test_a_reversal_claws_its_fee_back() -> None:
    same = {"fee_rate": 0.2, "direct_fee_rate": 0.1, "cost": 0, "placed": 1000}
    assert net_back(payments=[100, -100], direct=[50, -50], **same)["net"] == 0


@pytest.mark.parametrize(("fee", "placed"), [(1.01, 100), (-0.1, 100), (0.2, 0)])
def test_impossible_terms_are_refused(fee: float, placed: float) -> None:
    with pytest.raises(ValueError):
        net_back(payments=[1], fee_rate=fee, direct=[], direct_fee_rate=0.1, cost=0, placed=placed)


def test_money_later_is_worth_less() -> None:
    early = discounted_net_back(net_by_month=[300, 0], annual_rate=0.1)["pv"]
    late = discounted_net_back(net_by_month=[0, 300], annual_rate=0.1)["pv"]
    assert late < early < 300
    assert discounted_net_back(net_by_month=[1, 2, 3], annual_rate=0)["pv"] == 6


# The two-part effect


def book(rng: np.random.Generator, n: int, effect: list[float], severity: list[float]) -> dict[str, Any]:
    agency = rng.integers(0, len(effect), n)
    segment = rng.integers(0, 6, n)
    balance = rng.lognormal(6.5, 0.8, n)
    pays = rng.random(n) < 0.1 * (1 + segment / 5) * np.array(effect)[agency]
    paid = pays * balance * rng.uniform(0.1, 0.5, n) * np.array(severity)[agency]
    return {
        "segment": segment,
        "coarse": segment // 3,
        "agency": agency,
        "paid": paid,
        "balance": balance,
        "agencies": len(effect),
    }


def effects(**rows: Any) -> list[TwoPartEffect]:
    found = two_part_effects(**rows)
    assert None not in found
    return [effect for effect in found if effect is not None]


def test_frequency_and_severity_are_told_apart() -> None:
    rows = book(np.random.default_rng(2), 60_000, [1.3, 1.0, 0.8, 1.0], [1.0, 1.2, 1.0, 0.85])
    found = effects(**rows)
    assert np.argsort([e.frequency.mean for e in found]).tolist()[0] == 2
    assert max(range(4), key=lambda a: found[a].frequency.mean) == 0
    assert max(range(4), key=lambda a: found[a].severity.mean) == 1
    assert min(range(4), key=lambda a: found[a].severity.mean) == 3


def test_the_effect_is_the_sum_of_its_parts_and_lies_inside_its_interval() -> None:
    for effect in effects(**book(np.random.default_rng(3), 8000, [1.2, 1.0, 0.9], [1.0, 1.0, 1.1])):
        low, high = effect.interval()
        assert low < effect.theta < high
        assert math.log(effect.theta) == pytest.approx(effect.frequency.mean + effect.severity.mean)
        assert effect.sd_log**2 == pytest.approx(effect.frequency.sd**2 + effect.severity.sd**2)


def test_an_agency_without_a_consumer_has_no_effect_and_one_without_a_payer_is_pulled_to_the_pool() -> None:
    rows = book(np.random.default_rng(4), 5000, [1.0, 1.0, 1.0, 1.0], [1.0] * 4)
    rows["agency"] = np.where(rows["agency"] == 3, 0, rows["agency"])
    lonely = np.flatnonzero(rows["agency"] == 2)
    rows["agency"][lonely[20:]] = 0
    rows["paid"][lonely[:20]] = 0
    first, _, unpaid, absent = two_part_effects(**rows)
    assert absent is None
    assert first is not None
    assert unpaid is not None
    assert unpaid.money_oe == 0
    assert unpaid.severity.estimate is None
    assert 0.6 < unpaid.theta < 1
    assert unpaid.sd_log > first.sd_log


def test_one_payer_alone_is_not_taken_for_certain() -> None:
    rows = book(np.random.default_rng(5), 3000, [1.0, 1.0, 1.0], [1.0] * 3)
    few = np.flatnonzero(rows["agency"] == 2)
    rows["paid"][few] = 0
    rows["paid"][few[0]] = rows["balance"][few[0]]
    single = effects(**rows)[2]
    assert single.severity.error > 0.3


def test_where_nobody_pays_nobody_is_scorable() -> None:
    rows = book(np.random.default_rng(9), 100, [1.0, 1.0], [1.0, 1.0])
    assert two_part_effects(**rows | {"paid": np.zeros(100)}) == [None, None]
    empty = {name: column[:0] if isinstance(column, np.ndarray) else column for name, column in rows.items()}
    assert two_part_effects(**empty) == [None, None]


def test_token_payments_make_no_payer() -> None:
    rows = book(np.random.default_rng(6), 20_000, [1.0, 1.0], [1.0, 1.0])
    honest = effects(**rows)[0].frequency.observed
    silent = np.flatnonzero((rows["agency"] == 0) & (rows["paid"] == 0))
    rows["paid"][silent] = 0.005 * rows["balance"][silent]
    assert effects(**rows)[0].frequency.observed == honest


def test_where_money_tells_another_story_the_lower_is_scored() -> None:
    part = Unit(observed=100, expected=100, estimate=0.1, error=0.05, mean=0.1, sd=0.02)
    split_up = TwoPartEffect(part, part, money_oe=0.8)
    assert split_up.is_divergent
    assert split_up.scored_theta == 0.8
    lucky = TwoPartEffect(part, part, money_oe=2.0)
    assert lucky.is_divergent
    assert lucky.scored_theta == lucky.theta
    agreed = TwoPartEffect(part, part, money_oe=1.2)
    assert not agreed.is_divergent
    assert agreed.scored_theta == agreed.theta
    assert not TwoPartEffect(part, part, money_oe=None).is_divergent


def test_younger_accounts_are_expected_to_have_paid_less() -> None:
    rows = book(np.random.default_rng(7), 40_000, [1.0, 1.0], [1.0, 1.0])
    young = rows["agency"] == 1
    rows["paid"] = np.where(young & (np.random.default_rng(8).random(40_000) < 0.5), 0, rows["paid"])
    blind = effects(**rows)
    fair = effects(**rows, maturity=np.where(young, 0.5, 1.0))
    assert blind[1].theta < 0.85
    assert fair[1].theta == pytest.approx(1, abs=0.08)


# Points, evidence, explanation


@given(theta=st.lists(st.floats(0, 3), min_size=2, max_size=10))
def test_points_grow_with_the_effect_and_stay_between_0_and_100(theta: list[float]) -> None:
    points = recovery_points(theta=sorted(theta))["points"]
    assert points == sorted(points)
    assert all(0 <= p <= 100 for p in points)


def test_a_dearer_agency_has_to_recover_more() -> None:
    assert net_theta(theta=1.1, fee=0.2, pool_fee=0.2) == pytest.approx(1.1)
    assert net_theta(theta=1.1, fee=0.3, pool_fee=0.2) < 1
    with pytest.raises(ValueError):
        net_theta(theta=1, fee=1.2, pool_fee=0.2)


def test_half_the_width_needs_four_times_the_payers() -> None:
    wide, narrow = payers_needed(halfwidth=[0.2, 0.1], disp=[4.2, 4.2])["n"]
    assert narrow == pytest.approx(4 * wide, rel=0.01)


@pytest.mark.parametrize(
    ("payers", "consumers", "published"), [(30, 200, True), (29.9, 5000, False), (400, 199, False)]
)
def test_a_score_is_published_from_thirty_payers_and_two_hundred_consumers(
    payers: float, consumers: int, published: bool
) -> None:
    assert is_publishable(expected_payers=payers, consumers=consumers) is published


@pytest.mark.parametrize(
    ("randomised", "recorded", "connected", "grade", "why"),
    [
        (True, False, True, Grade.RANDOMISED, "dealt by lot"),
        (False, True, True, Grade.ADJUSTED, "the cells know what the rule looked at"),
        (False, False, True, Grade.NOT_COMPARABLE, "somebody chose by what the bank does not record"),
        (True, True, False, Grade.NOT_COMPARABLE, "no segment shared with anybody"),
    ],
)
def test_evidence_is_graded_by_how_accounts_came_to_the_agency(
    randomised: bool, recorded: bool, connected: bool, grade: Grade, why: str
) -> None:
    found = evidence_grade(is_randomised=randomised, follows_recorded_rule=recorded, is_connected=connected)
    assert found is grade, why


@given(rows=st.lists(st.tuples(st.floats(0, 1e4), st.floats(1, 1e3)), min_size=1, max_size=40), theta=st.floats(0, 3))
def test_contributions_of_rows_add_up_to_the_agencys(rows: list[tuple[float, float]], theta: float) -> None:
    y, e = map(list, zip(*rows, strict=True))
    assert sum(contributions(y=y, e=e, theta=theta)) == pytest.approx(sum(y) - theta * sum(e), abs=1e-6)
    assert sum(contributions(y=y, e=e, theta=sum(y) / sum(e))) == pytest.approx(0, abs=1e-6)


@given(
    raw=st.floats(0, 0.5), expected=st.floats(0.01, 0.5), effect=st.floats(-0.8, 0.8), theta=st.floats(0.4, 2.5),
    fee=st.floats(0.8, 1.2),
)  # fmt: skip
def test_the_steps_of_a_score_add_up_to_its_points(
    raw: float, expected: float, effect: float, theta: float, fee: float
) -> None:
    steps = recovery_chain(
        raw_rate=raw, expected_rate=expected, pool_rate=0.08, log_effect=effect, theta=theta, fee_factor=fee
    )
    expected_points = recovery_points(theta=[theta * fee])["points"][0]
    assert sum(step.points for step in steps) == pytest.approx(expected_points, abs=1e-9)


def test_a_score_explains_the_mix_it_was_given() -> None:
    steps = {
        step.name: step.points
        for step in recovery_chain(raw_rate=0.08, expected_rate=0.1, pool_rate=0.08, log_effect=-0.2, theta=0.85)
    }
    assert steps["raw"] == 0
    assert steps["mix"] < 0
    assert steps["shrinkage"] > 0
