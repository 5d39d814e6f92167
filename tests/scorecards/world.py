"""A made-up collection book with known truth: twelve agencies of known skill, accounts given to them in known ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

AGENCIES = 12
SEED = 20260101
BALANCE_BANDS, AGES, SCORE_BANDS = 5, 4, 10


@dataclass(frozen=True)
class Scenario:
    """How accounts reach agencies: `gamma` pulls good-looking ones, `gamma_hidden` good ones the bank cannot see.

    `is_against_skill` gives the good accounts to the weak agencies, otherwise the pull has nothing to do with skill.
    `randomised` is the share of accounts dealt out at random; only those are scored when it is not 0.
    """

    accounts: int = 60_000
    gamma: float = 0.0
    gamma_hidden: float = 0.0
    is_against_skill: bool = True
    randomised: float = 0.0
    sd_frequency: float = 0.15
    sd_severity: float = 0.06


@dataclass(frozen=True)
class World:
    """One replicate: an account is one consumer. `truth` is the log effect of each agency on money recovered."""

    truth: Floats
    segment: Integers
    coarse: Integers
    agency: Integers
    balance: Floats
    paid: Floats


def make_world(scenario: Scenario, replicate: int) -> World:
    """The replicate of that number: same scenario and number, same world."""
    rng = np.random.default_rng([SEED, replicate])
    n = scenario.accounts
    balance = np.clip(np.exp(np.log(900) + 1.1 * rng.standard_normal(n)), 50, 50_000)
    age = rng.choice(AGES, size=n, p=[0.35, 0.30, 0.20, 0.15])
    score, hidden = rng.standard_normal(n), rng.standard_normal(n)
    seen = -2.2 + 0.6 * score - 0.45 * (age - 1.15) - 0.25 * np.log(balance / 900)
    theta = np.exp(scenario.sd_frequency * rng.standard_normal(AGENCIES))
    severity = np.exp(scenario.sd_severity * rng.standard_normal(AGENCIES))
    truth = np.log(theta * severity)
    agency, at_random = _placed(rng, scenario, truth, _standard(seen), hidden)
    pays = rng.random(n) < np.minimum(0.95, theta[agency] / (1 + np.exp(-(seen + 0.4 * hidden))))
    part = np.where(rng.random(n) < 0.25, 1.0, rng.beta(1.2, 3.0, n))
    paid = pays * balance * np.minimum(1.3, part * severity[agency])
    kept = at_random if scenario.randomised else np.ones(n, dtype=bool)
    band = _quantile_band(balance, BALANCE_BANDS)
    coarse = band * AGES + age
    segment = coarse * SCORE_BANDS + _quantile_band(score, SCORE_BANDS)
    return World(truth, segment[kept], coarse[kept], agency[kept], balance[kept], paid[kept])


def _placed(
    rng: np.random.Generator, scenario: Scenario, truth: Floats, seen: Floats, hidden: Floats
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """The agency of each account, and which accounts were dealt at random."""
    size = rng.permutation(np.arange(1, AGENCIES + 1) ** -0.7)
    rank = truth.argsort().argsort() if scenario.is_against_skill else rng.permutation(AGENCIES)
    pull = -_standard(rank.astype(float))
    at_random = rng.random(len(seen)) < scenario.randomised
    quality = np.where(at_random, 0.0, scenario.gamma * seen + scenario.gamma_hidden * hidden)
    chance = size * np.exp(quality[:, None] * pull)
    cumulative = chance.cumsum(axis=1)
    drawn = rng.random(len(seen)) * cumulative[:, -1]
    return (cumulative < drawn[:, None]).sum(axis=1), at_random


def _standard(values: Floats) -> Floats:
    standard: Floats = (values - values.mean()) / values.std()
    return standard


def _quantile_band(values: Floats, bands: int) -> Integers:
    inner = np.quantile(values, np.arange(1, bands) / bands)
    return np.searchsorted(inner, values).astype(np.int64)


@dataclass(frozen=True)
class Conduct:
    """A quarter of conduct with known truth, by agency. `seconds` are the contacts of each of its collector-days."""

    misconduct: Floats
    fabricated: Floats
    kind: list[str]
    contacts: Integers
    violations: list[list[tuple[float, str]]]
    complaints: Integers
    expected_complaints: Floats
    passed: Integers
    seconds: list[list[Integers]]


KINDS = ("round", "clone", "spaced")
SHIFT = 28_800
COLLECTORS, DAYS, CONTACTS_A_DAY = 20, 20, 110
AUDITED = 80


def make_conduct(replicate: int, accounts: int = 4000) -> Conduct:
    """The quarter of that number: misconduct multiplies violations, complaints and critical errors; some rows are made up."""
    rng = np.random.default_rng([SEED, 1, replicate])
    misconduct = rng.permutation(np.repeat([1.0, 3.0, 8.0], AGENCIES // 3))
    fabricated = rng.permutation(np.repeat([0.0, 0.01, 0.03], AGENCIES // 3))
    kind = [KINDS[i] for i in rng.permutation(np.arange(AGENCIES) % len(KINDS))]
    contacts = rng.poisson(6 * accounts, AGENCIES)
    found = rng.poisson(0.8 / 1000 * contacts * misconduct)
    expected = np.full(AGENCIES, 2 / 1000 * 3 * accounts)
    errors = rng.binomial(AUDITED, np.minimum(0.5, rng.beta(2, 98, AGENCIES) * misconduct))
    return Conduct(
        misconduct=misconduct,
        fabricated=fabricated,
        kind=kind,
        contacts=contacts,
        violations=[_breaches(rng, n) for n in found],
        complaints=rng.poisson(expected * misconduct**0.7),
        expected_complaints=expected,
        passed=AUDITED - errors,
        seconds=[_collector_days(rng, share, made_up) for share, made_up in zip(fabricated, kind, strict=True)],
    )


def _breaches(rng: np.random.Generator, count: int) -> list[tuple[float, str]]:
    severities = rng.choice(["low", "medium", "high"], size=count, p=[0.6, 0.3, 0.1])
    return [(float(age), str(severity)) for age, severity in zip(rng.uniform(0, 90, count), severities, strict=True)]


def _collector_days(rng: np.random.Generator, share: float, kind: str) -> list[Integers]:
    """Seconds of the shift at which contacts are reported. A share of rows is round, or cloned; of days, spaced."""
    days = [np.sort(rng.integers(0, SHIFT, CONTACTS_A_DAY)) for _ in range(COLLECTORS * DAYS)]
    for i, day in enumerate(days):
        made_up = rng.random(len(day)) < share
        if kind == "round":
            day[made_up] = day[made_up] // 30 * 30
        elif kind == "clone" and made_up.any():
            day[made_up] = np.roll(day, 1)[made_up]
        elif kind == "spaced" and rng.random() < share:
            days[i] = np.linspace(0, SHIFT - 300, CONTACTS_A_DAY).astype(np.int64) + rng.integers(0, 60, CONTACTS_A_DAY)
    return [np.sort(day) for day in days]
