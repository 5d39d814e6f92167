"""Allocation as a specification: who may get what, what is never passed, what chance decides, what is explained."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placements.allocation import (
    NOBODY,
    AgencyTerms,
    Assignment,
    Economics,
    Group,
    Groups,
    Quotas,
    Reason,
    assign,
    balance_of_arms,
    hash_uniform_sha256,
    keep_or_recall,
    largest_remainder,
    next_ramp,
    placement_lp,
    recall_override,
    share_step,
    slacks,
    solve,
)

PANEL = 4


def group_of(number: int, cell: str, accounts: int, balance: int, agencies: set[int], prior: int | None) -> Group:
    return Group(f"C-{number}", cell, accounts, balance, frozenset(agencies), prior)


books = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(1, 3),
        st.integers(0, 90_000),
        st.sets(st.integers(0, PANEL - 1)),
        st.sampled_from([None, None, None, 0, 3]),
    ),
    max_size=60,
).map(lambda rows: [group_of(i, *row) for i, row in enumerate(rows)])

limits = st.one_of(st.none(), st.integers(0, 30))
panels = st.lists(
    st.builds(
        AgencyTerms,
        code=st.just(""),
        capacity=limits,
        capacity_amount=st.one_of(st.none(), st.integers(0, 900_000)),
        ramp=limits,
        panel_part=limits,
        weight=st.sampled_from([0.0, 0.5, 1.0, 1.0, 3.0]),
        min_share=st.sampled_from([0.0, 0.0, 0.2]),
        concentration=st.sampled_from([None, None, 0.3, 0.6]),
    ),
    min_size=PANEL,
    max_size=PANEL,
).map(lambda panel: [replace(terms, code=f"AGY{i}") for i, terms in enumerate(panel)])


def economics(cells: int) -> Economics:
    rng = np.random.default_rng(cells)
    return Economics(
        rate=rng.uniform(0.02, 0.2, cells),
        theta=np.exp(0.15 * rng.standard_normal(PANEL)),
        interaction=np.ones((cells, PANEL)),
        fee=np.full((cells, PANEL), 0.2),
        cost=np.full((cells, PANEL), 50.0),
        compliance=np.full(PANEL, 80.0),
    )


def allocated(
    book: list[Group], panel: list[AgencyTerms], optimised: bool, seed: int = 7
) -> tuple[Groups, Quotas, Assignment]:
    groups = Groups.of(book, len(panel))
    quotas = solve(groups, panel, economics(len(groups.cell_names)) if optimised else None)
    return groups, quotas, assign(groups, quotas, seed=seed, run="RUN-1")


def held(groups: Groups, dealt: Assignment, agency: int) -> tuple[int, int]:
    mine = dealt.agency == agency
    return int(groups.accounts[mine].sum()), int(groups.balances[mine].sum())


both_modes = pytest.mark.parametrize("optimised", [False, True], ids=["by shares", "optimised"])


# What always holds


@both_modes
@settings(max_examples=60, deadline=None)
@given(book=books, panel=panels)
def test_nobody_gets_what_it_may_not_have(optimised: bool, book: list[Group], panel: list[AgencyTerms]) -> None:
    _, _, dealt = allocated(book, panel, optimised)
    for group, agency in zip(book, dealt.agency.tolist(), strict=True):
        if agency != NOBODY:
            assert agency in group.agencies
            assert group.prior_agency in (None, agency)
            assert group.prior_agency == agency or panel[agency].weight > 0


@both_modes
@settings(max_examples=60, deadline=None)
@given(book=books, panel=panels)
def test_no_limit_is_passed_by_the_true_sizes(optimised: bool, book: list[Group], panel: list[AgencyTerms]) -> None:
    groups, quotas, dealt = allocated(book, panel, optimised)
    for a, terms in enumerate(panel):
        accounts, balance = held(groups, dealt, a)
        assert accounts <= min(math.inf if x is None else x for x in (terms.capacity, terms.ramp, terms.panel_part))
        assert terms.capacity_amount is None or balance <= terms.capacity_amount
        assert accounts <= quotas.limits.most[a, 0]
        assert balance <= quotas.limits.most[a, 1]


@both_modes
@settings(max_examples=60, deadline=None)
@given(book=books, panel=panels)
def test_every_group_is_placed_or_has_reasons_that_are_true(
    optimised: bool, book: list[Group], panel: list[AgencyTerms]
) -> None:
    groups, quotas, dealt = allocated(book, panel, optimised)
    for i, group in enumerate(book):
        reasons = dealt.reasons(i)
        assert (dealt.agency[i] == NOBODY) == bool(reasons)
        if Reason.PRIOR_AGENCY in reasons:
            assert group.prior_agency is not None
            assert group.prior_agency not in group.agencies
        elif Reason.NO_AGENCY in reasons:
            assert not any(panel[a].weight > 0 for a in group.agencies)
        elif reasons:
            may = group.agencies if group.prior_agency is None else {group.prior_agency}
            assert all(is_full(groups, quotas, dealt, i, a) for a in may if group.prior_agency == a or panel[a].weight)


def is_full(groups: Groups, quotas: Quotas, dealt: Assignment, group: int, agency: int) -> bool:
    """Whether the group would pass a limit, or the agency is closed: a group it did not get is larger than its room."""
    accounts_room, balance_room = quotas.limits.most[agency] - held(groups, dealt, agency)
    passed_by = groups.balances[dealt.agency != agency].max()
    return bool(groups.accounts[group] > accounts_room or passed_by > balance_room)


@both_modes
@settings(max_examples=40, deadline=None)
@given(book=books, panel=panels, data=st.data())
def test_the_order_of_the_input_changes_nothing(
    optimised: bool, book: list[Group], panel: list[AgencyTerms], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(book))
    by_key = [
        {
            group.key: int(agency)
            for group, agency in zip(rows, allocated(rows, panel, optimised)[2].agency, strict=True)
        }
        for rows in (book, shuffled)
    ]
    assert by_key[0] == by_key[1]


@both_modes
@settings(max_examples=20, deadline=None)
@given(book=books, panel=panels)
def test_the_same_inputs_give_the_same_plan(optimised: bool, book: list[Group], panel: list[AgencyTerms]) -> None:
    first, second = (allocated(book, panel, optimised)[2] for _ in range(2))
    assert first.agency.tolist() == second.agency.tolist()
    assert first.reason.tolist() == second.reason.tolist()


@both_modes
@settings(max_examples=40, deadline=None)
@given(book=books, panel=panels)
def test_slacks_account_for_everything_left_over(optimised: bool, book: list[Group], panel: list[AgencyTerms]) -> None:
    groups, quotas, dealt = allocated(book, panel, optimised)
    found = slacks(groups, quotas, dealt)
    unplaced = int((dealt.agency == NOBODY).sum())
    assert sum(slack.groups for slack in found if slack.kind == "unplaced") == unplaced
    assert all(slack.groups > 0 and (slack.kind != "unplaced" or slack.reasons) for slack in found)


@settings(max_examples=40, deadline=None)
@given(book=books)
def test_without_limits_everything_that_may_be_placed_is_placed(book: list[Group]) -> None:
    panel = [AgencyTerms(f"AGY{i}") for i in range(PANEL)]
    for optimised in (False, True):
        _, _, dealt = allocated(book, panel, optimised)
        for group, agency in zip(book, dealt.agency.tolist(), strict=True):
            closed = group.prior_agency is not None and group.prior_agency not in group.agencies
            assert (agency == NOBODY) == (closed or not group.agencies)


# By shares


def even_book(n: int, cells: int = 1, agencies: int = 3, seed: int = 1) -> list[Group]:
    balances = np.random.default_rng(seed).lognormal(11, 1, n).astype(int)
    return [
        Group(f"K{i:05d}", f"cell{i % cells:04d}", 1, int(balances[i]), frozenset(range(agencies))) for i in range(n)
    ]


@pytest.mark.parametrize(
    ("weights", "n", "why"),
    [
        ([1.0, 1.0, 1.0], 100, "equal by default; the odd one by order"),
        ([3.0, 1.0, 1.0], 11, "fixed weights"),
        ([0.415, 0.335, 0.25], 7, "the larger remainder, not the larger weight"),
    ],
)
def test_one_cell_is_divided_by_largest_remainder(weights: list[float], n: int, why: str) -> None:
    panel = [AgencyTerms(f"AGY{i}", weight=w) for i, w in enumerate(weights)]
    quotas = solve(Groups.of(even_book(n), 3), panel)
    assert quotas.quota.sum(axis=0).tolist() == largest_remainder(weights=weights, total=n)["q"], why


def test_thousands_of_small_cells_do_not_favour_the_first_agency() -> None:
    quotas = solve(Groups.of(even_book(4000, cells=2000), 3), [AgencyTerms(f"AGY{i}") for i in range(3)])
    totals = quotas.quota.sum(axis=0)
    assert totals.max() - totals.min() <= 2
    assert quotas.by_cell.sum(axis=1).tolist() == [2] * 2000


def test_a_full_agency_leaves_its_part_to_the_others_in_every_cell_alike() -> None:
    panel = [AgencyTerms("AGY0", capacity=30), AgencyTerms("AGY1"), AgencyTerms("AGY2")]
    quotas = solve(Groups.of(even_book(300, cells=3), 3), panel)
    assert quotas.quota.sum(axis=0).tolist() == [30, 135, 135]
    assert quotas.by_cell[:, 0].tolist() == [10, 10, 10]


def test_those_who_can_go_elsewhere_make_room_for_those_who_cannot() -> None:
    book = [Group(f"any{i}", "a", 1, 100, frozenset({0, 1})) for i in range(10)]
    book += [Group(f"only{i}", "a", 1, 100, frozenset({0})) for i in range(10)]
    groups = Groups.of(book, 2)
    quotas = solve(groups, [AgencyTerms("AGY0", capacity=10), AgencyTerms("AGY1", capacity=10)])
    dealt = assign(groups, quotas, seed=1, run="r")
    assert (dealt.agency != NOBODY).all()


def test_following_groups_come_first_and_use_up_the_capacity() -> None:
    book = [Group(f"new{i}", "a", 1, 100, frozenset({0, 1})) for i in range(20)]
    book += [Group(f"old{i}", "a", 1, 100, frozenset({0, 1}), 0) for i in range(5)]
    groups, _, dealt = allocated_two(book, [AgencyTerms("AGY0", capacity=6), AgencyTerms("AGY1", capacity=12)])
    assert dealt.agency[20:].tolist() == [0] * 5
    assert held(groups, dealt, 0)[0] == 6
    assert Counter(reason for i in range(25) for reason in dealt.reasons(i)) == {Reason.CAPACITY: 7}


def allocated_two(book: list[Group], panel: list[AgencyTerms]) -> tuple[Groups, Quotas, Assignment]:
    groups = Groups.of(book, 2)
    quotas = solve(groups, panel)
    return groups, quotas, assign(groups, quotas, seed=1, run="r")


def test_an_agency_of_weight_0_gets_only_what_follows_it() -> None:
    book = [Group("a", "c", 1, 1, frozenset({0, 1}), 0), Group("b", "c", 1, 1, frozenset({0}))]
    _, _, dealt = allocated_two(book, [AgencyTerms("AGY0", weight=0), AgencyTerms("AGY1")])
    assert dealt.agency.tolist() == [0, NOBODY]
    assert dealt.reasons(1) == (Reason.NO_AGENCY,)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (AgencyTerms("AGY0", capacity=3), Reason.CAPACITY),
        (AgencyTerms("AGY0", ramp=3, capacity=8), Reason.RAMP),
        (AgencyTerms("AGY0", capacity_amount=250), Reason.CAPACITY_AMOUNT),
        (AgencyTerms("AGY0", panel_part=3, capacity=8), Reason.PANEL_PART),
        (AgencyTerms("AGY0", capacity=0), Reason.CAPACITY),
        (AgencyTerms("AGY0", capacity=-4), Reason.CAPACITY),
    ],
)
def test_the_reason_is_the_tightest_limit(terms: AgencyTerms, reason: Reason) -> None:
    book = [Group(f"g{i}", "c", 1, 100, frozenset({0})) for i in range(10)]
    _, _, dealt = allocated_two(book, [terms, AgencyTerms("AGY1")])
    left = [dealt.reasons(i) for i in range(10) if dealt.agency[i] == NOBODY]
    assert left
    assert set(left) == {(reason,)}
    assert reason.code == reason.name.lower() if reason.name else False


def test_concentration_holds_and_is_never_under_an_equal_share() -> None:
    book = even_book(100)
    panel = [AgencyTerms("AGY0", weight=8, concentration=0.4), AgencyTerms("AGY1"), AgencyTerms("AGY2")]
    groups = Groups.of(book, 3)
    assert held(groups, assign(groups, solve(groups, panel), seed=1, run="r"), 0)[0] <= 40
    tight = [AgencyTerms(f"AGY{i}", concentration=0.1) for i in range(3)]
    quotas = solve(Groups.of([Group(f"g{i}", "c", 1, 100, frozenset({0, 1, 2})) for i in range(99)], 3), tight)
    assert quotas.quota.sum(axis=0).tolist() == [33, 33, 33]


def test_one_group_larger_than_any_concentration_is_still_placed() -> None:
    panel = [AgencyTerms(f"AGY{i}", concentration=0.3) for i in range(PANEL)]
    _, _, dealt = allocated([Group("giant", "c", 5, 10**9, frozenset(range(PANEL)))], panel, optimised=False)
    assert dealt.agency[0] != NOBODY


def test_a_minimum_share_that_cannot_be_reached_is_told() -> None:
    book = [Group(f"g{i}", "c", 1, 100, frozenset({1})) for i in range(10)]
    found = slacks(*allocated_two(book, [AgencyTerms("AGY0", min_share=0.25), AgencyTerms("AGY1")]))
    assert [(slack.kind, slack.agency, slack.groups) for slack in found] == [("min_share", "AGY0", 3)]


# The linear programme


def test_the_optimised_plan_is_worth_more_than_the_equal_one() -> None:
    groups = Groups.of(even_book(2000, cells=10, agencies=PANEL), PANEL)
    panel = [AgencyTerms(f"AGY{i}", concentration=0.4) for i in range(PANEL)]
    worth = economics(10)
    best, equal = solve(groups, panel, worth), solve(groups, panel)
    value = worth.value(best.strata.cells, best.strata.means[:, 1])
    assert best.value is not None
    assert best.value == pytest.approx(float((best.quota * value).sum()))
    assert best.value > 1.02 * float((equal.quota * value).sum())


def test_every_agency_keeps_being_tried_and_none_stands_alone() -> None:
    groups = Groups.of(even_book(2000, cells=4, agencies=PANEL), PANEL)
    quotas = solve(groups, [AgencyTerms(f"AGY{i}") for i in range(PANEL)], economics(4))
    assert quotas.quota.min() >= 10 - 1
    assert quotas.quota.max() <= 300


def test_where_only_the_top_share_stands_in_the_way_the_group_is_placed_and_the_excess_told() -> None:
    book = [Group(f"g{i}", "c", 1, 1000, frozenset({0, 1})) for i in range(100)]
    groups = Groups.of(book, PANEL)
    panel = [AgencyTerms("AGY0"), AgencyTerms("AGY1", capacity=10), AgencyTerms("AGY2"), AgencyTerms("AGY3")]
    quotas = solve(groups, panel, economics(1))
    dealt = assign(groups, quotas, seed=1, run="r")
    assert held(groups, dealt, 0)[0] == 90
    assert [(s.kind, s.agency, s.groups) for s in slacks(groups, quotas, dealt)] == [("top_share", "AGY0", 30)]


def test_fifty_agencies_do_not_ask_for_more_than_there_is() -> None:
    book = [Group(f"g{i}", "c", 1, 1000, frozenset(range(50))) for i in range(1000)]
    groups = Groups.of(book, 50)
    flat = Economics(np.ones(1), np.ones(50), np.ones((1, 50)), np.zeros((1, 50)), np.zeros((1, 50)), np.full(50, 80.0))
    quotas = solve(groups, [AgencyTerms(f"AGY{i:02d}") for i in range(50)], flat)
    assert quotas.quota.sum() == 1000
    assert quotas.quota.min() >= 5


def test_a_minimum_share_is_kept_even_where_it_costs() -> None:
    groups = Groups.of(even_book(1000, agencies=PANEL), PANEL)
    worst = int(economics(1).theta.argmin())
    panel = [AgencyTerms(f"AGY{i}", min_share=0.2 if i == worst else 0) for i in range(PANEL)]
    assert solve(groups, panel, economics(1)).quota[:, worst].sum() >= 199


def test_a_shadow_price_is_what_one_more_account_brings() -> None:
    book = [Group(f"g{i}", "c", 1, 10_000, frozenset(range(PANEL))) for i in range(400)]
    groups, best = Groups.of(book, PANEL), int(economics(1).theta.argmax())

    def plan(capacity: int) -> Quotas:
        return solve(
            groups,
            [AgencyTerms(f"AGY{i}", capacity=capacity if i == best else None) for i in range(PANEL)],
            economics(1),
        )

    small, large = plan(100), plan(101)
    assert small.value is not None
    assert large.value is not None
    assert large.value - small.value == pytest.approx(small.shadow_prices[f"AGY{best}"])
    assert small.shadow_prices[f"AGY{best}"] > 0


def test_conduct_can_be_given_a_price() -> None:
    careless = replace(economics(1), theta=np.ones(PANEL), compliance=np.array([60.0, 95.0, 60.0, 60.0]))
    groups = Groups.of(even_book(500, agencies=PANEL), PANEL)
    panel = [AgencyTerms(f"AGY{i}") for i in range(PANEL)]
    assert solve(groups, panel, replace(careless, conduct_price=5000.0)).quota[:, 1].sum() == 300


def test_the_bare_programme_refuses_floors_that_do_not_fit() -> None:
    with pytest.raises(ValueError):
        placement_lp(value=[[1, 1]], supply=[10], capacity=[100, 2], floor=5)


def test_the_bare_programme_places_what_capacity_allows() -> None:
    answer = placement_lp(value=[[5, 3]], supply=[10], capacity=[4, 2])
    assert answer["x"] == [[4, 2]]
    assert answer["objective"] == 26


# The lottery


def test_the_hash_is_the_published_one() -> None:
    assert hash_uniform_sha256(seed=20260101, run="RUN-7", units=["C-1"])["C-1"] == pytest.approx(0.693277, abs=1e-6)


def test_another_seed_or_run_deals_other_cards() -> None:
    groups = Groups.of(even_book(200), 3)
    quotas = solve(groups, [AgencyTerms(f"AGY{i}") for i in range(3)])
    deals = {tuple(assign(groups, quotas, seed=s, run=r).agency.tolist()) for s in (1, 2) for r in ("a", "b")}
    assert len(deals) == 4


def test_quotas_are_dealt_exactly() -> None:
    groups = Groups.of(even_book(1000, cells=7), 3)
    quotas = solve(groups, [AgencyTerms("AGY0", weight=5), AgencyTerms("AGY1", weight=2), AgencyTerms("AGY2")])
    dealt = assign(groups, quotas, seed=1, run="r")
    for stratum in range(7):
        mine = dealt.agency[quotas.strata.member == stratum]
        assert np.bincount(mine, minlength=3).tolist() == quotas.quota[stratum].tolist()


@pytest.mark.parametrize("cells", [5, 400])
def test_balances_fall_evenly_however_small_the_cells(cells: int) -> None:
    groups = Groups.of(even_book(20_000, cells=cells, agencies=10), 10)
    quotas = solve(groups, [AgencyTerms(f"AGY{i}") for i in range(10)])
    worst = []
    for seed in range(5):
        arms = balance_of_arms(groups, quotas, assign(groups, quotas, seed=seed, run="r"))
        worst.append(max(arms.values()) - min(arms.values()))
    by_chance = 2 * 1.54 / math.sqrt(20_000 / 10)  # expected range of ten means of independent draws
    assert np.mean(worst) < by_chance


def test_every_group_of_a_cell_is_as_likely_to_go_to_any_agency() -> None:
    groups = Groups.of(even_book(90), 3)
    quotas = solve(groups, [AgencyTerms(f"AGY{i}") for i in range(3)])
    counts = np.zeros((90, 3))
    for seed in range(300):
        counts[np.arange(90), assign(groups, quotas, seed=seed, run="r").agency] += 1
    # 180 free cells of mean 100; their chi-square has mean 180 and standard deviation 19.
    assert ((counts - 100) ** 2 / 100).sum() < 180 + 5 * 19


def test_arms_without_groups_or_with_groups_of_one_size_have_no_difference() -> None:
    book = [Group(f"g{i}", "c", 1, 500, frozenset({0})) for i in range(6)]
    assert balance_of_arms(*allocated_two(book, [AgencyTerms("AGY0"), AgencyTerms("AGY1")])) == {"AGY0": 0, "AGY1": 0}


# Values that make no sense


def test_two_groups_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        Groups.of([Group("a", "c", 1, 1, frozenset()), Group("a", "c", 1, 1, frozenset())], 2)


@pytest.mark.parametrize(("accounts", "balance"), [(0, 1), (1, -1)])
def test_a_group_has_accounts_and_no_negative_balance(accounts: int, balance: int) -> None:
    with pytest.raises(ValueError):
        Groups.of([Group("a", "c", accounts, balance, frozenset())], 2)


@both_modes
def test_no_groups_and_no_agencies_are_an_empty_plan(optimised: bool) -> None:
    groups, quotas, dealt = allocated([], [AgencyTerms(f"AGY{i}") for i in range(PANEL)], optimised)
    assert dealt.agency.tolist() == []
    assert slacks(groups, quotas, dealt) == []
    alone = Groups.of([Group("a", "c", 1, 1, frozenset())], 0)
    assert assign(alone, solve(alone, []), seed=1, run="r").reasons(0) == (Reason.NO_AGENCY,)


# Whole numbers, steps, ramps, recalls


@given(weights=st.lists(st.integers(0, 50), min_size=1, max_size=12), total=st.integers(0, 500))
def test_whole_numbers_keep_quota_and_total(weights: list[float], total: int) -> None:
    if sum(weights) == 0:
        weights = [*weights, 1]
    quota = largest_remainder(weights=weights, total=total)["q"]
    assert sum(quota) == total
    ideal = [w * total / sum(weights) for w in weights]
    assert all(math.floor(i + 1e-9) <= q <= math.ceil(i - 1e-9) for q, i in zip(quota, ideal, strict=True))


@pytest.mark.parametrize(
    ("weights", "total", "quota", "why"),
    [
        ([0.1, 0.1, 0.1], 10, [4, 3, 3], "equal remainders: by order, whatever their binary tails"),
        ([1, 3], 2, [0, 2], "remainders 0.5 and 0.5: the larger weight"),
        ([2, 1], 0, [0, 0], "nothing to give"),
        ([0, 1], 3, [0, 3], "no weight, no part"),
        ([], 0, [], "nobody"),
    ],
)
def test_ties_of_remainders(weights: list[float], total: int, quota: list[int], why: str) -> None:
    assert largest_remainder(weights=weights, total=total)["q"] == quota, why


@pytest.mark.parametrize(("weights", "total"), [([0, 0], 3), ([1, -1], 3), ([1, 1], -3), ([], 1)])
def test_shares_of_nothing_are_refused(weights: list[float], total: int) -> None:
    with pytest.raises(ValueError):
        largest_remainder(weights=weights, total=total)


simplex = st.lists(st.floats(0.05, 1), min_size=4, max_size=8).map(lambda xs: [x / sum(xs) for x in xs])


@given(old=simplex, data=st.data())
def test_shares_move_a_step_at_most_and_add_up_to_1(old: list[float], data: st.DataObject) -> None:
    target = data.draw(st.permutations(old))
    share = share_step(old=old, target=target, step=0.05)["share"]
    assert sum(share) == pytest.approx(1)
    assert all(abs(new - before) <= 0.05 + 1e-9 for new, before in zip(share, old, strict=True))


@pytest.mark.parametrize(
    ("old", "target", "lo", "hi", "share", "why"),
    [
        ([0.5, 0.5], [0.5, 0.5], 0.0, 1.0, [0.5, 0.5], "at the target nothing moves"),
        ([0.5, 0.5], [0.9, 0.1], 0.0, 1.0, [0.55, 0.45], "one step"),
        ([0.5, 0.5], [0.9, 0.1], 0.0, 0.52, [0.52, 0.48], "the cap"),
        ([0.9, 0.1], [0.5, 0.5], 0.0, 0.6, [0.85, 0.15], "above the cap: back by a step, not at once"),
    ],
)
def test_steps_of_shares(
    old: list[float], target: list[float], lo: float, hi: float, share: list[float], why: str
) -> None:
    assert share_step(old=old, target=target, step=0.05, lo=lo, hi=hi)["share"] == pytest.approx(share), why


def test_shares_that_cannot_add_up_are_refused() -> None:
    with pytest.raises(ValueError):
        share_step(old=[0.35, 0.35, 0.25], target=[0.4, 0.4, 0.2], step=0.05, lo=0, hi=0.3)


@pytest.mark.parametrize(
    ("last", "compliance", "gated", "limit", "why"),
    [
        (None, None, False, 500, "the first month"),
        (500, 70, False, 1000, "good conduct: one step"),
        (500, 69.9, False, 500, "conduct not good enough"),
        (500, 90, True, 500, "gated"),
        (500, None, False, 500, "not measured yet"),
        (4000, 80, False, None, "the ramp is over"),
    ],
)
def test_a_new_agency_grows_step_by_step(
    last: int | None, compliance: float | None, gated: bool, limit: int | None, why: str
) -> None:
    assert next_ramp(last=last, compliance=compliance, is_gated=gated) == limit, why


def test_an_account_stays_where_moving_brings_no_more() -> None:
    same = {"h_keep": [0.01], "f_keep": 0.2, "h_move": [0.01], "f_move": 0.2}
    assert keep_or_recall(B=1000, **same, cost=0)["decision"] == "keep"
    assert keep_or_recall(B=1000, **same | {"h_move": [0.02]}, cost=4)["decision"] == "recall"
    assert keep_or_recall(B=100, **same | {"h_move": [0.02]}, cost=4)["decision"] == "keep"


@pytest.mark.parametrize(
    ("paid", "plan", "idle", "gated", "decision", "why"),
    [
        (10, True, 0, True, "recall", "a gate outranks everything"),
        (45, False, 90, False, "keep", "a payment in the last 45 days"),
        (None, True, 90, False, "keep", "a running plan"),
        (46, False, 30, False, "recall", "nobody tried for 30 days"),
        (None, False, 29, False, None, "the sum decides"),
    ],
)
def test_some_recalls_need_no_sum(
    paid: int | None, plan: bool, idle: int, gated: bool, decision: str | None, why: str
) -> None:
    found = recall_override(days_since_payment=paid, has_plan=plan, days_since_attempt=idle, is_gated=gated)
    assert found == decision, why
