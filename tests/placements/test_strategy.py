"""The strategy as values: which tier and treatment an account gets, how shares move, what a version changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from agencies.models import AgencyKind
from placements.comparing import drawn_sides, shares_of, standardised_differences
from placements.pool_filter import Conditions
from placements.sharing import weights_of
from placements.strategy import (
    INSTALMENTS,
    LEGAL,
    OPTIMISED,
    PERFORMANCE,
    PRIMARY,
    RELIEF,
    SECONDARY,
    STANDARD,
    TO_COURT,
    WAREHOUSE,
    Comparison,
    Facts,
    Rules,
    Shares,
    Tier,
    TreatmentRule,
    differences,
)
from placements.worth import Effect

KNOWN = Facts(days_since_payment=400, score=650, balance=600_000, days_late=200, held=1, days_to_limitation=900)
RULES = Rules(
    tiers=(Tier(PRIMARY, 180), Tier(SECONDARY, 120, 30, ("AGY02",)), Tier(WAREHOUSE, rests=True), Tier(LEGAL, 360)),
    treatments=(
        TreatmentRule(INSTALMENTS, paid_within=180, score_below=600),
        TreatmentRule(RELIEF, score_below=560),
        TreatmentRule(TO_COURT, unpaid_for=365, score_from=640, balance_from=5000, held_from=1),
    ),
    shares=Shares(PERFORMANCE, {"AGY01": 2.0}, 0.4, {"AGY03": 0.1}),
    comparison=Comparison("Q3", "salt", date(2026, 12, 31), ("AGY05",), 0.2, 0.05),
    sisters=(("AGY01", "AGY04"),),
    hand_accounts=10,
    hand_balance=Decimal("500.50"),
)


@pytest.mark.parametrize(
    ("changed", "treatment", "because"),
    [
        ({"days_since_payment": 20, "score": 590}, INSTALMENTS, "paid lately and has little: willing, not able"),
        ({"days_since_payment": 400, "score": 550}, RELIEF, "has next to nothing, whether willing or not"),
        ({}, TO_COURT, "able, unwilling, large enough, tried once"),
        ({"days_since_payment": None}, TO_COURT, "no payment known is no payment"),
        ({"held": 0}, STANDARD, "nobody has tried yet: court is not the first thing"),
        ({"balance": 499_999}, STANDARD, "a cent below 5,000 is not worth a court"),
        ({"score": None}, STANDARD, "an unknown score makes nobody able"),
        ({"days_to_limitation": 0}, STANDARD, "the limitation period is over: nothing to sue for"),
        ({"days_to_limitation": None}, TO_COURT, "a limitation nobody knows of stops nothing here"),
    ],
)  # fmt: skip
def test_treatment_follows_willingness_and_ability(changed: dict[str, object], treatment: str, because: str) -> None:
    assert RULES.treatment(replace(KNOWN, **changed)) == treatment, because  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("treatment", "held", "tier"),
    [(STANDARD, 0, PRIMARY), (STANDARD, 1, SECONDARY), (STANDARD, 2, WAREHOUSE), (STANDARD, 7, WAREHOUSE), (TO_COURT, 1, LEGAL)],
)  # fmt: skip
def test_an_account_goes_one_tier_further_for_every_placement_and_to_legal_by_treatment_alone(
    treatment: str, held: int, tier: str
) -> None:
    assert RULES.tier(treatment, held).name == tier


def test_between_two_placements_an_account_rests() -> None:
    assert RULES.rests_until(RULES.tiers[1], date(2026, 3, 1)) == date(2026, 3, 31)
    assert RULES.rests_until(RULES.tiers[0], date(2026, 3, 1)) is None
    assert RULES.rests_until(RULES.tiers[1], None) is None


@pytest.mark.parametrize(
    ("code", "kind", "closed"),
    [
        ("AGY01", AgencyKind.CALL_CENTRE, {SECONDARY: "other_tier", LEGAL: "capability"}),
        ("AGY02", AgencyKind.FIELD, {LEGAL: "capability"}),
        ("AGY08", AgencyKind.LAW_FIRM, {PRIMARY: "capability", SECONDARY: "capability", WAREHOUSE: "capability"}),
    ],
)
def test_law_firms_take_what_goes_to_court_and_nothing_else(
    code: str, kind: AgencyKind, closed: dict[str, str]
) -> None:
    assert RULES.closed_to(code, kind) == closed


def test_rules_survive_being_stored() -> None:
    assert Rules.of(RULES.stored()) == RULES
    assert Rules.of(Rules().stored()) == Rules()
    assert list(RULES.faults()) == []


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"tiers": ()}, "tiers"), ({"tiers": (Tier(LEGAL),)}, "tiers"), ({"tiers": (Tier(SECONDARY), Tier(PRIMARY))}, "tiers"),
        ({"tiers": RULES.tiers[:3]}, "treatments"), ({"treatments": RULES.treatments[:2]}, "treatments"),
        ({"treatments": (*RULES.treatments, TreatmentRule(RELIEF))}, "treatments"), ({"shares": Shares("fixed")}, "shares"),
        ({"shares": Shares(least={"A": 0.6, "B": 0.6})}, "shares"),
        ({"comparison": Comparison("Q", "s", date(2026, 1, 1))}, "comparison"),
        ({"comparison": Comparison("Q", "s", date(2026, 1, 1), ("A",))}, "comparison"),
        ({"comparison": Comparison("Q", "s", date(2026, 1, 1), ("A",), 0.7, 0.3)}, "comparison"),
    ],
)  # fmt: skip
def test_rules_that_contradict_themselves_are_named(changed: dict[str, object], part: str) -> None:
    assert part in dict(replace(RULES, **changed).faults())  # type: ignore[arg-type]


def test_a_version_says_what_it_changes() -> None:
    after = replace(RULES, tiers=(Tier(PRIMARY, 90), *RULES.tiers[1:]), hand_accounts=20, comparison=None)
    found = {where: (old, new) for where, old, new in differences(RULES.stored(), after.stored())}
    assert found["tiers.primary.term_days"] == ("180", "90")
    assert found["by_hand.accounts"] == ("10", "20")
    assert found["comparison"][1] == ""
    assert len(found) == 3


# -- shares --------------------------------------------------------------------------------------------------------------

BY_PERFORMANCE = Shares(PERFORMANCE, floor=0.02, cap=0.6, step=0.05)


def test_performance_moves_shares_one_step_towards_the_better_agency() -> None:
    found = weights_of(BY_PERFORMANCE, ["A", "B"], {"A": Effect(1.5), "B": Effect(0.5)}, {"A": 0.5, "B": 0.5})
    assert found == {"A": 0.55, "B": 0.45}


@pytest.mark.parametrize(
    ("band", "expected"),
    [("A", 0.55), ("C", 0.50), ("D", 0.34), ("E", 0.0)],
    ids=["grows by a step", "does not grow", "shrinks", "gets nothing"],
)
def test_the_band_bounds_what_performance_may_give(band: str, expected: float) -> None:
    effects = {"A": Effect(1.8, band=band), "B": Effect(0.6), "C": Effect(0.6)}
    found = weights_of(BY_PERFORMANCE, ["A", "B", "C"], effects, {"A": 0.5, "B": 0.25, "C": 0.25})
    assert found["A"] == pytest.approx(expected, abs=0.0101)
    assert sum(found.values()) == pytest.approx(1)


def test_a_newcomer_makes_everybody_begin_from_equal_shares() -> None:
    found = weights_of(BY_PERFORMANCE, ["A", "B"], {}, {"A": 1.0})
    assert found == {"A": 0.5, "B": 0.5}


def test_an_optimised_plan_leaves_out_who_is_below_55_points_of_compliance() -> None:
    found = weights_of(
        Shares(OPTIMISED), ["A", "B"], {"A": Effect(2.0, compliance=54.9), "B": Effect(compliance=55)}, {}
    )
    assert found == {"A": 0.0, "B": 1.0}


# -- comparisons ---------------------------------------------------------------------------------------------------------


def test_sides_have_their_shares_of_every_cell_and_the_same_balances() -> None:
    assert RULES.comparison is not None
    count = 2000
    keys, cells = [f"C{n:05}" for n in range(count)], [f"cell {n % 4}" for n in range(count)]
    balances = [1000 + n * 7919 % 90_000 for n in range(count)]
    sides = drawn_sides(RULES.comparison, keys=keys, cells=cells, accounts=[1] * count, balances=balances)
    for cell in range(4):
        mine = [sides[key] for key, of in zip(keys, cells, strict=True) if of == f"cell {cell}"]
        for side, share in shares_of(RULES.comparison).items():
            assert mine.count(side) == pytest.approx(share * 500, abs=1)
    away = standardised_differences([sides[key] for key in keys], {"balance": balances}, against="champion")
    assert all(abs(one["balance"]) < 0.1 for one in away.values())
    order = sorted(range(count), key=lambda n: n * 31 % count)
    again = drawn_sides(
        RULES.comparison, keys=[keys[n] for n in order], cells=[cells[n] for n in order], accounts=[1] * count, balances=[balances[n] for n in order]
    )  # fmt: skip
    assert again == sides, "the order of rows plays no part"
    assert (
        drawn_sides(
            replace(RULES.comparison, salt="other"), keys=keys, cells=cells, accounts=[1] * count, balances=balances
        )
        != sides
    )


def test_a_standardised_difference_is_in_pooled_standard_deviations() -> None:
    away = standardised_differences(["a", "a", "b", "b"], {"x": [0, 2, 3, 5], "y": [1, None, None, 1]}, against="a")
    assert away == {"b": {"x": 3.0, "y": 0.0}}


def test_a_filter_survives_being_stored() -> None:
    wanted = Conditions("never", "Spring", balance_from=Decimal("10.50"), score_to=700)
    assert Conditions.of(wanted.stored()) == wanted
    assert dict(Conditions(score_from=700, score_to=600).faults()).keys() == {"score_to"}
