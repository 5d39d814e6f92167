"""The scorecard in a made-up world with known truth: what it finds, and where no method could.

TEST_SCALE (0.1 by default) scales the number of worlds. The thresholds are the published ones.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from portal.statistics import benjamini_hochberg
from scorecards.compliance import (
    SEVERITIES,
    audits,
    complaints,
    compliance_score,
    gap_regularity,
    last_digit_uniformity,
    same_second_pairs,
    violations,
)
from scorecards.recovery import Grade, evidence_grade, two_part_effects
from tests.scorecards.world import AGENCIES, SHIFT, Conduct, Floats, Scenario, World, make_conduct, make_world

SCALE = float(os.environ.get("TEST_SCALE", "0.1"))
PAIRS = np.triu_indices(AGENCIES, 1)

RANDOM = Scenario()
SELECTED = Scenario(gamma=0.8)
HIDDEN = Scenario(gamma=0.8, gamma_hidden=0.3)
SCENARIOS = {
    "S0 dealt at random": (RANDOM, 200),
    "S1 the worst get the best accounts": (SELECTED, 200),
    "S2 and by what the bank cannot see": (HIDDEN, 200),
    "S3 a fifth dealt at random, scored there": (Scenario(gamma=0.8, gamma_hidden=0.3, randomised=0.2), 200),
    "S4 S1 in a large book": (Scenario(accounts=240_000, gamma=0.8), 60),
    "S5 S3 in a large book": (Scenario(accounts=240_000, gamma=0.8, gamma_hidden=0.3, randomised=0.2), 60),
    "S6 S1 in a small book": (Scenario(accounts=12_000, gamma=0.8), 200),
}


@dataclass(frozen=True)
class Findings:
    """Over all worlds of a scenario: shares of pairs ordered rightly, of truths covered, of declared pairs right."""

    raw: float
    two_part: float
    coverage: float
    declared: float
    declared_right: float


@cache
def findings(name: str) -> Findings:
    scenario, worlds = SCENARIOS[name]
    each = [found_in(make_world(scenario, number)) for number in range(max(6, round(worlds * SCALE)))]
    raw, two_part, coverage = (float(np.mean([row[i] for row in each])) for i in range(3))
    declared = np.concatenate([row[3] for row in each])
    is_right = np.concatenate([row[4] for row in each])
    return Findings(raw, two_part, coverage, float(declared.mean()), float(is_right[declared].mean()))


def found_in(world: World) -> tuple[float, float, float, Floats, Floats]:
    effects = [
        effect
        for effect in two_part_effects(
            segment=world.segment,
            coarse=world.coarse,
            agency=world.agency,
            paid=world.paid,
            balance=world.balance,
            agencies=AGENCIES,
        )
        if effect is not None
    ]
    mean, sd, expected = (
        np.array(values)
        for values in zip(*((e.mean_log, e.sd_log, e.frequency.expected) for e in effects), strict=True)
    )
    raw = np.bincount(world.agency, world.paid) / np.bincount(world.agency, world.balance)
    # An effect is told relative to the pool, so the truth is too.
    truth = world.truth - np.log(np.average(np.exp(world.truth), weights=expected))
    gap = differences(mean)
    is_right = (gap > 0) == (differences(truth) > 0)
    is_declared = np.abs(gap) > 1.645 * np.hypot(sd[:, None], sd)[PAIRS]
    is_covered = np.abs(mean - truth) < 1.96 * sd
    return ordered(raw, truth), float(is_right.mean()), float(is_covered.mean()), is_declared, is_right


def differences(values: Floats) -> Floats:
    return (values[:, None] - values)[PAIRS]


def ordered(values: Floats, truth: Floats) -> float:
    return float(np.mean((differences(values) > 0) == (differences(truth) > 0)))


def test_on_accounts_dealt_at_random_two_parts_order_agencies_better_than_the_raw_rate() -> None:
    found = findings("S0 dealt at random")
    assert found.two_part > found.raw + 0.03
    assert 0.92 <= found.coverage <= 0.98


def test_where_the_worst_get_the_best_accounts_the_raw_rate_is_upside_down_and_two_parts_stand() -> None:
    found = findings("S1 the worst get the best accounts")
    assert found.raw < 0.25
    assert found.two_part > 0.80


def test_selection_on_what_the_bank_cannot_see_destroys_the_interval_so_the_score_ranks_nobody() -> None:
    found = findings("S2 and by what the bank cannot see")
    assert found.coverage < 0.80
    assert found.two_part < findings("S1 the worst get the best accounts").two_part - 0.1
    by_hand = evidence_grade(is_randomised=False, follows_recorded_rule=False, is_connected=True)
    assert by_hand is Grade.NOT_COMPARABLE


def test_scoring_the_fifth_that_was_dealt_at_random_brings_the_truth_back() -> None:
    found = findings("S3 a fifth dealt at random, scored there")
    assert found.two_part > 0.72
    assert found.two_part > findings("S2 and by what the bank cannot see").two_part
    dealt = evidence_grade(is_randomised=True, follows_recorded_rule=False, is_connected=True)
    assert dealt is Grade.RANDOMISED


@pytest.mark.parametrize("name", [name for name in SCENARIOS if not name.startswith("S2")])
def test_a_difference_that_is_declared_is_right(name: str) -> None:
    found = findings(name)
    assert found.declared > 0.05
    assert found.declared_right >= 0.95


def test_the_worse_the_conduct_the_fewer_the_points() -> None:
    scores: dict[float, list[float]] = {1.0: [], 3.0: [], 8.0: []}
    for number in range(max(4, round(40 * SCALE))):
        conduct = make_conduct(number)
        for agency, misconduct in enumerate(conduct.misconduct):
            scores[misconduct].append(compliance_of(conduct, agency))
    honest, loose, bad = (np.array(scores[m]) for m in (1.0, 3.0, 8.0))
    assert np.mean(honest) > np.mean(loose) + 10 > np.mean(bad) + 20
    assert np.mean(honest[:, None] > bad) > 0.99


def compliance_of(conduct: Conduct, agency: int) -> float:
    breaches = [(age, SEVERITIES[severity]) for age, severity in conduct.violations[agency]]
    taken = {
        "V": violations(breaches=breaches, contacts=[(45.0, float(conduct.contacts[agency]))]),
        "A": audits(passed=int(conduct.passed[agency]), n=80, a=18, b=2),
        "K": complaints(
            O=float(conduct.complaints[agency]), E=float(conduct.expected_complaints[agency]), alpha=8, beta=8
        ),
    }
    return compliance_score(points={code: m.points if m else None for code, m in taken.items()}).points


def test_made_up_activity_is_noticed_and_honest_activity_left_alone() -> None:
    noticed: dict[float, list[bool]] = {0.0: [], 0.01: [], 0.03: []}
    for number in range(max(2, round(20 * SCALE))):
        conduct = make_conduct(number)
        p = [smallest_p(days) for days in conduct.seconds]
        followed_up = benjamini_hochberg(p=p, q=0.01)["reject"]
        for share, signal in zip(conduct.fabricated, followed_up, strict=True):
            noticed[share].append(signal)
    assert np.mean(noticed[0.0]) <= 0.05
    assert np.mean(noticed[0.01]) > 0.8
    assert np.mean(noticed[0.03]) > 0.95


def smallest_p(days: list[np.typing.NDArray[np.int64]]) -> float:
    """The strongest of three signals over an agency's collector-days, corrected for being three."""
    digits = np.bincount(np.concatenate(days) % 10, minlength=10)
    pairs = sum(int((np.diff(day) == 0).sum()) for day in days)
    contacts = [len(day) for day in days]
    # Independent days add up: their expected pairs are those of one day with as many pairs to form.
    expected = sum(n * (n - 1) / 2 for n in contacts)
    as_one = same_second_pairs(n=2, seconds=SHIFT / expected, pairs=pairs)["p"]
    is_spaced = any(gap_regularity(gaps=np.diff(day).tolist())["is_regular"] for day in days)
    return min(1.0, 3 * min(last_digit_uniformity(counts=digits.tolist())["p"], as_one, 0.0 if is_spaced else 1.0))
