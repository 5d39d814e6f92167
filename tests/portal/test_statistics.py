"""Statistics as a specification: what an interval, a limit, a shrunk value and a comparison promise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.statistics import (
    additive_tau2,
    bayes_grid_half_normal,
    benjamini_hochberg,
    beta_binomial_mom,
    beta_binomial_posterior,
    clopper_pearson,
    eb_gamma_poisson_mom,
    eb_normal_normal_paule_mandel,
    fay_feuer_gamma,
    funnel_flags,
    funnel_limits_log_additive,
    funnel_limits_log_multiplicative,
    funnel_limits_log_plain,
    funnel_tau2,
    gamma_poisson_posterior,
    goldstein_healy_halfwidth,
    jeffreys,
    kaplan_meier,
    msprt,
    poisson_garwood,
    poisson_limit_interpolated,
    pooled_dispersion,
    prob_better,
    rank_groups,
    rank_intervals,
    sandwich_se_log,
    sandwich_se_log_clustered,
    scaled_poisson,
    tau2_dersimonian_laird,
    wilson,
    winsor_consistency_constant,
    winsorise_phi,
)

ratios = st.lists(st.tuples(st.floats(0.2, 5), st.floats(0.01, 1)), min_size=1, max_size=12)
parts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# Intervals


@given(count=st.integers(0, 500), exposure=st.floats(0.1, 1e6))
def test_a_rate_lies_inside_its_interval(count: int, exposure: float) -> None:
    limits = poisson_garwood(count=count, exposure=exposure, per=1000)
    assert limits["lo"] <= 1000 * count / exposure <= limits["hi"]


@given(count=st.integers(0, 200))
def test_more_confidence_never_narrows_an_interval(count: int) -> None:
    narrow, wide = (poisson_garwood(count=count, exposure=10, conf=conf) for conf in (0.8, 0.99))
    assert wide["lo"] <= narrow["lo"]
    assert narrow["hi"] <= wide["hi"]


@pytest.mark.parametrize("true_mean", [0.5, 3.0, 20.0])
def test_the_exact_interval_covers_at_least_as_often_as_it_says(true_mean: float) -> None:
    counts = np.random.default_rng(1).poisson(true_mean, 4000)
    limits = {count: poisson_garwood(count=int(count), exposure=1) for count in set(counts)}
    assert np.mean([limits[c]["lo"] <= true_mean <= limits[c]["hi"] for c in counts]) >= 0.945


@given(count=st.integers(0, 50), weight=st.floats(0.1, 20))
def test_with_equal_weights_the_gamma_interval_is_the_exact_one(count: int, weight: float) -> None:
    gamma = fay_feuer_gamma(weights=[weight] * count, exposure=weight, wmax=weight)
    exact = poisson_garwood(count=count, exposure=1)
    assert gamma["lo"] == pytest.approx(exact["lo"], rel=1e-9)
    assert gamma["hi"] == pytest.approx(exact["hi"], rel=1e-9)


@given(weights=st.lists(st.sampled_from([1.0, 3.0, 10.0]), max_size=30))
def test_a_weighted_rate_lies_inside_its_interval(weights: list[float]) -> None:
    rate = fay_feuer_gamma(weights=weights, exposure=8500, wmax=10, per=1000)
    assert rate["lo"] <= rate["rate"] <= rate["hi"]


def test_the_money_interval_with_payments_of_one_size_is_the_exact_count_interval() -> None:
    money = scaled_poisson(O=700, E=500, c=100)
    count = poisson_garwood(count=7, exposure=5)
    assert (money["lo"], money["hi"]) == pytest.approx((count["lo"], count["hi"]))


@given(cents=st.integers(0, 10**8), c=st.floats(1, 1e4))
def test_the_money_ratio_lies_inside_its_interval(cents: int, c: float) -> None:
    money = scaled_poisson(O=cents / 100, E=5000, c=c)
    assert money["lo"] <= money["oe"] * (1 + 1e-9)
    assert money["oe"] <= money["hi"]


def test_more_reversed_than_paid_counts_as_nothing_in_the_limits() -> None:
    assert scaled_poisson(O=-50, E=100, c=10)["hi"] == scaled_poisson(O=0, E=100, c=10)["hi"]


def test_the_money_interval_covers_where_the_textbook_one_does_not() -> None:
    rng, payers, covered, textbook = np.random.default_rng(16), 10, [], []
    mean = math.exp(5.5 + 1.2**2 / 2)
    dispersion = pooled_dispersion(amounts=rng.lognormal(5.5, 1.2, 50_000).tolist())
    for _ in range(1500):
        amounts = rng.lognormal(5.5, 1.2, rng.poisson(payers))
        limits = scaled_poisson(O=float(amounts.sum()), E=payers * mean, c=dispersion)
        covered.append(limits["lo"] <= 1 <= limits["hi"])
        textbook.append(abs(amounts.sum() - payers * mean) <= 1.96 * math.sqrt((amounts**2).sum()))
    assert np.mean(covered) > 0.95
    assert np.mean(textbook) < 0.90


@pytest.mark.parametrize("interval", [clopper_pearson, jeffreys, wilson])
@given(part=parts)
def test_a_proportion_lies_inside_its_interval_and_the_interval_inside_0_to_1(
    interval: Callable[..., dict[str, float]], part: tuple[int, int]
) -> None:
    k, n = part
    limits = interval(k=k, n=n)
    assert 0 <= limits["lo"] <= k / n <= limits["hi"] <= 1


@pytest.mark.parametrize("interval", [clopper_pearson, jeffreys, wilson])
@given(part=parts)
def test_the_interval_of_the_misses_mirrors_that_of_the_hits(
    interval: Callable[..., dict[str, float]], part: tuple[int, int]
) -> None:
    k, n = part
    hits, misses = interval(k=k, n=n), interval(k=n - k, n=n)
    assert hits["lo"] == pytest.approx(1 - misses["hi"], abs=1e-9)


def test_nothing_observed_says_nothing() -> None:
    assert clopper_pearson(k=0, n=0) == {"lo": 0.0, "hi": 1.0}
    assert wilson(k=0, n=0) == {"lo": 0.0, "hi": 1.0}


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: poisson_garwood(count=3, exposure=0), "a rate over no exposure is unknown, not zero"),
        (lambda: scaled_poisson(O=3, E=0, c=1), "nothing expected: not scorable"),
        (lambda: scaled_poisson(O=3, E=1, c=0), "a payment has a size"),
        (lambda: fay_feuer_gamma(weights=[], exposure=0, wmax=1), "no exposure"),
        (lambda: pooled_dispersion(amounts=[]), "no payment in the whole pool"),
        (lambda: poisson_garwood(count=-1, exposure=1), "a negative count"),
        (lambda: wilson(k=5, n=4), "more hits than trials"),
        (lambda: poisson_limit_interpolated(E=0), "no expectation"),
        (lambda: sandwich_se_log(y=[0, 0], e=[1, 1]), "the log of nothing"),
        (lambda: eb_normal_normal_paule_mandel(oe=[0.0], se_log=[0.1]), "the log of nothing"),
        (lambda: bayes_grid_half_normal(oe=[1.0], se_log=[0.0]), "certainty"),
        (lambda: bayes_grid_half_normal(oe=[], se_log=[]), "nobody"),
        (lambda: eb_gamma_poisson_mom(O=[1], E=[0]), "no expectation"),
        (lambda: beta_binomial_mom(k=[0], n=[0]), "no trial"),
        (lambda: msprt(delta=0.1, var=0, tau2=1), "no variance"),
    ],
)
def test_what_has_no_answer_is_refused(call: Callable[[], object], why: str) -> None:
    with pytest.raises(ValueError):
        call()


# Funnels


@given(half=st.lists(st.floats(0, 8), min_size=2, max_size=40))
def test_winsorising_scores_around_zero_never_raises_the_overdispersion(half: list[float]) -> None:
    phi = winsorise_phi(z=[*half, *(-z for z in half)])
    assert phi["phi_winsor"] <= phi["phi_raw"] + 1e-12


def test_the_winsor_constant_is_what_winsorising_does_to_normal_scores() -> None:
    z = np.random.default_rng(3).standard_normal(400_000)
    assert winsorise_phi(z=z.tolist())["phi_winsor"] == pytest.approx(winsor_consistency_constant()["k"], abs=0.005)


@pytest.mark.parametrize(("phi", "s"), [(0.5, [0.1, 0.2, 0.3]), (9.0, [0.1])])
def test_no_variance_between_units_where_chance_explains_all_or_there_is_one_unit(phi: float, s: list[float]) -> None:
    assert additive_tau2(phi=phi, s=s) == {"tau2": 0.0}


@given(s=st.floats(0.01, 1), tau2=st.floats(0, 1), target=st.floats(0.5, 2))
def test_limits_lie_around_the_target_in_order(s: float, tau2: float, target: float) -> None:
    limits = list(funnel_limits_log_additive(target=target, s=s, tau2=tau2).values())
    assert limits == sorted(limits)
    assert limits[1] < target < limits[2]


def test_overdispersion_only_widens() -> None:
    plain = funnel_limits_log_plain(target=1, s=0.1)
    assert funnel_limits_log_additive(target=1, s=0.1, tau2=0) == plain
    assert funnel_limits_log_multiplicative(target=1, s=0.1, phi=0.4) == plain
    assert funnel_limits_log_multiplicative(target=1, s=0.1, phi=2)["0.975"] > plain["0.975"]


@given(mean=st.floats(0.2, 60))
def test_interpolated_limits_are_in_order_and_within_one_count_of_the_exact_ones(mean: float) -> None:
    limits = poisson_limit_interpolated(E=mean)
    assert list(limits.values()) == sorted(limits.values())
    cumulative, count = math.exp(-mean), 0
    term = cumulative
    while cumulative < 0.975:
        count += 1
        term *= mean / count
        cumulative += term
    assert count - 1 <= limits["0.975"] * mean <= count


def test_a_limit_below_zero_says_that_no_count_is_low_enough_to_be_noticed() -> None:
    assert poisson_limit_interpolated(E=2)["0.025"] < 0


@pytest.mark.parametrize(
    ("units", "expected", "why"),
    [
        (9, 0.05**2, "too few to estimate: fixed"),
        (10, None, "the published form, which winsorising pulls low"),
        (20, None, "made consistent"),
    ],
)
def test_the_spread_of_a_funnel_depends_on_how_many_units_there_are(
    units: int, expected: float | None, why: str
) -> None:
    rng = np.random.default_rng(units)
    s = rng.uniform(0.03, 0.08, units)
    y = rng.normal(0, np.sqrt(s**2 + 0.1**2))
    tau2 = funnel_tau2(log_ratio=y.tolist(), s=s.tolist())
    if expected is None:
        phi = float(np.mean(np.square(winsorise_phi(z=(y / s).tolist())["winsorised"])))
        factor = winsor_consistency_constant()["k"] if units >= 20 else 1.0
        expected = additive_tau2(phi=phi / factor, s=s.tolist())["tau2"]
    assert tau2 == pytest.approx(expected)


def test_a_funnel_finds_the_outlier_and_leaves_the_others_alone() -> None:
    y = [-0.45, *np.linspace(-0.06, 0.06, 11).tolist()]
    assert funnel_flags(log_ratio=y, s=[0.06] * 12) == ["review", *[""] * 11]


def test_between_watch_and_review_lies_a_width_of_one_standard_deviation_and_more() -> None:
    flags = funnel_flags(log_ratio=[2.5 * 0.1118, 0.0, 0.0], s=[0.1] * 3)
    assert flags == ["watch", "", ""]


def test_two_units_have_no_funnel() -> None:
    assert funnel_flags(log_ratio=[-3, 3], s=[0.1, 0.1]) == ["", ""]


# Shrinkage


@given(units=ratios)
def test_a_shrunk_ratio_lies_between_its_own_and_the_pools(units: list[tuple[float, float]]) -> None:
    oe, se = map(list, zip(*units, strict=True))
    fit = eb_normal_normal_paule_mandel(oe=oe, se_log=se)
    for own, theta in zip(oe, fit["theta"], strict=True):
        low, high = sorted([own, math.exp(fit["mu"])])
        assert low * (1 - 1e-9) <= theta <= high * (1 + 1e-9)


@given(units=ratios)
def test_the_paule_mandel_spread_makes_the_weighted_squares_what_chance_would(units: list[tuple[float, float]]) -> None:
    oe, se = map(list, zip(*units, strict=True))
    fit = eb_normal_normal_paule_mandel(oe=oe, se_log=se)
    q = sum((math.log(o) - fit["mu"]) ** 2 / (s * s + fit["tau2"]) for o, s in zip(oe, se, strict=True))
    if fit["tau2"] > 0:
        assert q == pytest.approx(len(oe) - 1, rel=1e-6)
    else:
        assert q <= len(oe) - 1 + 1e-9


def test_units_that_differ_by_no_more_than_chance_all_share_the_mean() -> None:
    fit = eb_normal_normal_paule_mandel(oe=[1.02, 0.99, 1.01], se_log=[0.2, 0.1, 0.3])
    assert fit["tau2"] == 0
    assert fit["weight"] == [0, 0, 0]
    assert fit["theta"] == pytest.approx([math.exp(fit["mu"])] * 3)
    assert tau2_dersimonian_laird(oe=[1.02, 0.99, 1.01], se_log=[0.2, 0.1, 0.3]) == {"tau2": 0.0}


def test_one_unit_alone_is_its_own_pool() -> None:
    fit = eb_normal_normal_paule_mandel(oe=[1.3], se_log=[0.2])
    assert fit["theta"] == pytest.approx([1.3])
    assert tau2_dersimonian_laird(oe=[1.3], se_log=[0.2]) == {"tau2": 0.0}
    grid = bayes_grid_half_normal(oe=[1.3], se_log=[0.2])
    assert grid["mean_log"] == pytest.approx([math.log(1.3)])
    assert grid["sd_log"] == pytest.approx([0.2])


@given(units=ratios)
def test_the_grid_keeps_posterior_means_inside_the_range_of_the_data(units: list[tuple[float, float]]) -> None:
    oe, se = map(list, zip(*units, strict=True))
    fit = bayes_grid_half_normal(oe=oe, se_log=se)
    assert all(math.log(min(oe)) - 1e-9 <= m <= math.log(max(oe)) + 1e-9 for m in fit["mean_log"])
    assert 0 < fit["tau_mean"] < 1


def test_the_grid_covers_truths_drawn_from_its_prior_as_often_as_it_says() -> None:
    rng, covered = np.random.default_rng(5), []
    for _ in range(300):
        truth, s = rng.normal(0, abs(rng.normal(0, 0.25)), 12), rng.uniform(0.03, 0.3, 12)
        fit = bayes_grid_half_normal(oe=np.exp(rng.normal(truth, s)).tolist(), se_log=s.tolist())
        covered += list(np.abs(np.array(fit["mean_log"]) - truth) <= 1.96 * np.array(fit["sd_log"]))
    assert 0.93 < np.mean(covered) < 0.97


def test_the_less_a_unit_has_the_more_it_is_pulled() -> None:
    fit = bayes_grid_half_normal(oe=[1.4, 1.4, 0.9, 1.0, 1.1], se_log=[0.05, 0.3, 0.05, 0.05, 0.05])
    assert fit["mean_log"][1] < fit["mean_log"][0]


def test_a_new_unit_gets_the_prior_back() -> None:
    new = gamma_poisson_posterior(O=0, E=0, alpha=8, beta=8)
    assert new["mean"] == 1
    assert (new["lo"], new["hi"]) == pytest.approx((0.43, 1.80), abs=0.005)
    assert beta_binomial_posterior(k=0, n=0, a=18, b=2)["mean"] == pytest.approx(0.9)


@given(o=st.integers(0, 200), e=st.floats(0.5, 200))
def test_a_count_believed_lies_between_its_own_ratio_and_the_priors(o: int, e: float) -> None:
    mean = gamma_poisson_posterior(O=o, E=e, alpha=8, beta=8)["mean"]
    low, high = sorted([o / e, 1.0])
    assert low - 1e-9 <= mean <= high + 1e-9


def test_a_prior_from_units_that_differ_by_chance_only_is_a_point() -> None:
    counts = eb_gamma_poisson_mom(O=[10, 20, 30], E=[10, 20, 30])
    assert counts["A"] == 0
    assert counts["post_mean"] == [1, 1, 1]
    assert beta_binomial_mom(k=[9, 18], n=[10, 20]) == {"a": math.inf, "b": math.inf, "mean": 0.9, "rho": 0.0}
    assert beta_binomial_mom(k=[10, 20], n=[10, 20])["b"] == 0


def test_the_moments_of_proportions_find_the_prior_they_came_from() -> None:
    rng = np.random.default_rng(8)
    n = rng.integers(40, 160, 4000)
    k = rng.binomial(n, rng.beta(18, 2, 4000))
    fit = beta_binomial_mom(k=k.tolist(), n=n.tolist())
    assert (fit["a"], fit["b"]) == pytest.approx((18, 2), rel=0.1)


# Comparison


def test_one_persons_accounts_count_as_one_observation() -> None:
    y, e = [0, 0, 500, 500, 40], [100, 100, 200, 200, 90]
    alone = sandwich_se_log(y=y, e=e)["se_log"]
    paired = sandwich_se_log_clustered(y=y, e=e, consumer=["a", "b", "c", "c", "d"])["se_log"]
    assert paired > alone
    assert sandwich_se_log_clustered(y=y, e=e, consumer=range(5))["se_log"] == pytest.approx(alone)


@given(m1=st.floats(-1, 1), m2=st.floats(-1, 1), s1=st.floats(0, 1), s2=st.floats(0, 1))
def test_one_of_two_is_better(m1: float, m2: float, s1: float, s2: float) -> None:
    first = prob_better(m1=m1, s1=s1, m2=m2, s2=s2)
    second = prob_better(m1=m2, s1=s2, m2=m1, s2=s1)
    assert first["p"] + second["p"] == pytest.approx(1)
    assert first["expected_loss_of_1"] - second["expected_loss_of_1"] == pytest.approx(m2 - m1, abs=1e-9)
    assert first["expected_loss_of_1"] >= -1e-12


def test_two_known_values_are_compared_as_they_stand() -> None:
    assert prob_better(m1=2, s1=0, m2=1, s2=0) == {"p": 1.0, "expected_loss_of_1": 0.0}
    assert prob_better(m1=1, s1=0, m2=1, s2=0)["p"] == 0.5


def test_looking_every_month_does_not_make_winners_of_equals() -> None:
    rng, peeking, always_valid = np.random.default_rng(12), 0, 0
    for _ in range(400):
        difference = (rng.binomial(500, 0.08, 24) - rng.binomial(500, 0.08, 24)).cumsum()
        looks = [
            msprt(delta=d / (500 * m), var=2 * 0.08 * 0.92 / (500 * m), tau2=(0.15 * 0.08) ** 2)
            for m, d in enumerate(difference.tolist(), start=1)
        ]
        peeking += min(look["p_fixed"] for look in looks) < 0.05
        always_valid += min(look["p_always_valid"] for look in looks) < 0.05
    assert always_valid / 400 <= 0.05
    assert peeking / 400 > 0.15


def test_an_always_valid_p_is_never_above_1_and_a_huge_ratio_is_no_error() -> None:
    assert msprt(delta=0, var=1e-4, tau2=1e-4)["p_always_valid"] == 1
    assert msprt(delta=1, var=1e-6, tau2=1e-4)["p_always_valid"] == 0


def test_bars_of_goldstein_and_healy_touch_where_the_difference_is_at_the_5_percent_level() -> None:
    half = goldstein_healy_halfwidth(s=0.1)["h"]
    assert 2 * half == pytest.approx(1.96 * math.hypot(0.1, 0.1), abs=1e-4)


@pytest.mark.parametrize(
    ("mean", "sd", "groups", "why"),
    [
        ([0.1], [0.1], [1], "one unit leads itself"),
        ([], [], [], "nobody"),
        ([0.0, 0.0], [0.0, 0.0], [1, 1], "equal and known is a tie"),
        ([-0.3, 0.3], [0.05, 0.05], [2, 1], "the answer is in the order of the input"),
        ([0.3, 0.28, 0.0], [0.05, 0.5, 0.05], [1, 1, 2], "an uncertain unit ties with the leader, the next does not"),
        ([0.3, 0.2, 0.1], [0.09, 0.09, 0.09], [1, 1, 2], "compared with the leader, not with the neighbour"),
    ],
)
def test_tie_groups(mean: list[float], sd: list[float], groups: list[int], why: str) -> None:
    assert rank_groups(mean_log=mean, sd_log=sd)["group"] == groups, why


def test_places_are_certain_where_units_are_far_apart_and_open_where_they_are_not() -> None:
    clear = rank_intervals(mean_log=[0.0, 3.0, 1.0], sd_log=[0.1, 0.1, 0.1], seed=1)
    assert (clear["lo"], clear["hi"]) == ([3, 1, 2], [3, 1, 2])
    assert clear["p_best"] == [0, 1, 0]
    assert clear["expected_loss"] == pytest.approx([3, 0, 2], abs=0.01)
    even = rank_intervals(mean_log=[0.0] * 4, sd_log=[1.0] * 4, seed=1)
    assert (even["lo"], even["hi"]) == ([1] * 4, [4] * 4)


def test_the_same_seed_gives_the_same_places() -> None:
    inputs = {"mean_log": [0.1, 0.05, 0.0], "sd_log": [0.1, 0.1, 0.1]}
    assert rank_intervals(**inputs, seed=4) == rank_intervals(**inputs, seed=4)


@given(p=st.lists(st.floats(0, 1), max_size=30))
def test_the_tests_followed_up_are_the_smallest(p: list[float]) -> None:
    reject = benjamini_hochberg(p=p, q=0.1)["reject"]
    kept = [value for value, r in zip(p, reject, strict=True) if not r]
    gone = [value for value, r in zip(p, reject, strict=True) if r]
    assert not gone or not kept or max(gone) < min(kept)
    assert not gone or max(gone) <= 0.1 * len(gone) / len(p)


def test_a_case_still_open_is_neither_closed_nor_forgotten() -> None:
    assert kaplan_meier(time=[1, 2, 9], closed=[1, 1, 0])["curve"][-1] == [2.0, pytest.approx(1 / 3)]
    assert kaplan_meier(time=[5, 9], closed=[0, 0]) == {"curve": []}


@given(rows=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 1)), min_size=1, max_size=30))
def test_the_share_open_only_falls(rows: list[tuple[int, int]]) -> None:
    time, closed = map(list, zip(*rows, strict=True))
    shares = [share for _, share in kaplan_meier(time=time, closed=closed)["curve"]]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share < 1 for share in shares)
