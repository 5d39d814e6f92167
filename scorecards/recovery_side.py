"""Recovery of every agency of a pool: liquidation, observed over expected, the measured effect and its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from portal.statistics import scaled_poisson
from scorecards.configuration import Parameters
from scorecards.figures import RECOVERY, Figure
from scorecards.pool import COHORT_SUMS, CohortLine, Pool
from scorecards.recovery import (
    Grade,
    TwoPartEffect,
    Unit,
    components,
    evidence_grade,
    is_publishable,
    recovery_chain,
    recovery_points,
)
from scorecards.recovery.expected import Floats, Integers, Standard, standardise, sums
from scorecards.recovery.two_part import Sums, effects_of_sums

COARSE_PARTS = 4  # a cell is written part|part|…; severity is compared inside the first parts only, payers being few
CENTS = 100.0
LEAST_THETA = 1e-6  # where nothing at all was recovered the logarithm has to stop somewhere


@dataclass(frozen=True)
class RecoverySide:
    """One agency's recovery: points (None: not scorable), what they are evidence of, and whether there is enough to judge."""

    points: float | None
    grade: Grade
    is_provisional: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class _Book:
    """The cohort laid out as matrices, cell by agency; money in major units."""

    agencies: list[str]
    lines: dict[str, list[CohortLine]]
    frequency: Sums
    severity: Sums
    money: Sums

    def of(self, agency: str, column: str) -> int:
        """The sum of one column over an agency's lines."""
        return sum(getattr(line, column) for line in self.lines[agency])


def recovery_sides(pool: Pool, parameters: Parameters) -> dict[str, RecoverySide]:
    """The recovery of each agency that has a cohort, all measured together."""
    book = _book(pool, parameters)
    effects = effects_of_sums(frequency=book.frequency, severity=book.severity, money=book.money)
    standard = standardise(book.money.y, book.money.e)
    size = _payment_size(book)
    connected = _connected(book)
    return {
        agency: _side(book, place, agency, effects[place], standard, size, connected[place], parameters)
        for place, agency in enumerate(book.agencies)
    }


def maturity(pool: Pool, parameters: Parameters) -> list[float]:
    """The share of the window's recovery to be expected after 1, 2, … whole months, from the pool's own curve.

    The curve is the mean cumulative function, sum of paid_k over the balance still exposed in month k; months that nobody
    has reached yet count as the last one reached. Without any payment all months count alike.
    """
    at_risk = [sum(line.balance for line in pool.cohort if line.months >= month) for month in _months(parameters)]
    grown, curve = 0.0, []
    for paid, exposed in zip(pool.paid_by_month, at_risk, strict=True):
        grown += max(0, paid) / exposed if exposed > 0 else 0.0
        curve.append(grown)
    if not grown > 0:
        return [month / parameters.window_months for month in _months(parameters)]
    return [reached / grown for reached in curve]


def expected_shares(pool: Pool, parameters: Parameters) -> dict[tuple[str, int], float]:
    """By cell and whole months of exposure, the share of a balance that the pool would have recovered.

    Summed over an agency's placements, balance times share is what its recovery was expected to be.
    """
    book, curve = _book(pool, parameters), maturity(pool, parameters)
    level = standardise(book.money.y, book.money.e).alpha
    cells = sorted({line.cell for of in book.lines.values() for line in of})
    return {
        (cell, months): float(level[place]) * curve[months - 1]
        for place, cell in enumerate(cells)
        for months in _months(parameters)
    }


def _months(parameters: Parameters) -> range:
    return range(1, parameters.window_months + 1)


def scored_lines(pool: Pool) -> dict[str, list[CohortLine]]:
    """By agency the lines it is scored on: those old enough, or, provisionally, the younger ones where it has no older."""
    lines: dict[str, list[CohortLine]] = {}
    for line in pool.cohort:
        lines.setdefault(line.agency, []).append(line)
    return {agency: [one for one in all_ if one.is_mature] or all_ for agency, all_ in sorted(lines.items())}


def coarse(cell: str) -> str:
    """The wider cell in which payers' amounts are compared."""
    return "|".join(cell.split("|")[:COARSE_PARTS])


def _book(pool: Pool, parameters: Parameters) -> _Book:
    lines = scored_lines(pool)
    flat = [line for of in lines.values() for line in of]
    number = {agency: place for place, agency in enumerate(lines)}
    agency = np.array([number[line.agency] for line in flat], dtype=np.intp)
    curve = maturity(pool, parameters)
    share = np.array([curve[line.months - 1] for line in flat])
    column = {name: np.array([float(getattr(line, name)) for line in flat]) for name in COHORT_SUMS}
    consumers, payers = column["consumers"], column["payers"]
    cells, wide = ([cut(line.cell) for line in flat] for cut in (str, coarse))
    frequency = (payers, share * consumers, payers, share * payers, share**2 * consumers, payers)
    paid, balance = column["payers_paid"] / CENTS, column["payers_balance"] / CENTS
    severity = (
        paid, balance, column["payers_paid_squared"] / CENTS**2, column["payers_paid_balance"] / CENTS**2,
        column["payers_balance_squared"] / CENTS**2, payers,
    )  # fmt: skip
    none = np.zeros(len(flat))
    money = (column["paid"] / CENTS, share * column["balance"] / CENTS, none, none, none, none)
    return _Book(
        list(lines), lines, *(
            Sums(*(_matrix(names, agency, len(lines), one) for one in columns))
            for names, columns in ((cells, frequency), (wide, severity), (cells, money))
        ),
    )  # fmt: skip


def _matrix(cells: Sequence[str], agency: Integers, agencies: int, column: Floats) -> Floats:
    """The sums of one column of lines, cell by agency."""
    place = {name: row for row, name in enumerate(sorted(set(cells)))}
    at = np.array([place[name] for name in cells], dtype=np.intp) * agencies + agency
    return sums(at, column, len(place) * agencies).reshape(len(place), agencies)


def _payment_size(book: _Book) -> float | None:
    """The effective size of one payer's money, sum x^2 / sum x over all payers of the book; None without a payer."""
    total = float(book.severity.y.sum())
    return float(book.severity.yy.sum()) / total if total > 0 else None


def _connected(book: _Book) -> list[bool]:
    """Which agencies hang together with others through shared cells, in the largest such group; only they are compared."""
    group = components(placed=book.money.e.tolist())["component"] if book.agencies else []
    size = {
        one: sum(book.of(a, "consumers") for a, g in zip(book.agencies, group, strict=True) if g == one)
        for one in group
    }
    largest = max(size, key=lambda one: (group.count(one) > 1, size[one]), default=-1)
    return [one == largest and group.count(one) > 1 for one in group]


def _side(
    book: _Book,
    place: int,
    agency: str,
    effect: TwoPartEffect | None,
    standard: Standard,
    size: float | None,
    is_connected: bool,
    parameters: Parameters,
) -> RecoverySide:
    consumers, dealt = book.of(agency, "consumers"), book.of(agency, "dealt")
    grade = evidence_grade(
        is_randomised=dealt == consumers,
        follows_recorded_rule=dealt >= parameters.dealt_share * consumers,
        is_connected=is_connected,
    )
    is_mature = all(line.is_mature for line in book.lines[agency])
    enough = effect is not None and is_publishable(expected_payers=effect.frequency.expected, consumers=consumers)
    observed, expected = float(book.money.y[:, place].sum()), float(standard.expected[place])
    figures = (
        _liquidation(book, agency, size),
        _over_expected(book, agency, observed, expected, size),
        _effect(book, agency, effect, observed, expected, grade),
    )
    return RecoverySide(figures[-1].points, grade, not (is_mature and enough), figures)


def _liquidation(book: _Book, agency: str, size: float | None) -> Figure:
    """Net recovered over balance placed, with the limits of money that arrives in payments of unequal size."""
    paid, placed = book.of(agency, "paid"), book.of(agency, "balance")
    low, high = _limits(paid / CENTS, placed / CENTS, size)
    return Figure(
        "liquidation", RECOVERY, paid / placed if placed > 0 else None, low, high, rows=book.of(agency, "payments"),
        explanation={"paid": paid, "placed": placed, "placements": book.of(agency, "placements")},
    )  # fmt: skip


def _over_expected(book: _Book, agency: str, observed: float, expected: float, size: float | None) -> Figure:
    low, high = _limits(observed, expected, size)
    return Figure(
        "observed_over_expected", RECOVERY, observed / expected if expected > 0 else None, low, high,
        rows=book.of(agency, "placements"),
        explanation={
            "observed": observed, "expected": expected, "placed": book.of(agency, "balance"),
            "consumers": book.of(agency, "consumers"),
        },
    )  # fmt: skip


def _limits(observed: float, exposure: float, size: float | None) -> tuple[float | None, float | None]:
    if size is None or not exposure > 0:
        return None, None
    found = scaled_poisson(O=observed, E=exposure, c=size)
    return found["lo"], found["hi"]


def _effect(
    book: _Book, agency: str, effect: TwoPartEffect | None, observed: float, expected: float, grade: Grade
) -> Figure:
    """How many more pay, times how much more a payer pays, shrunk; its points are those of recovery."""
    rows = book.of(agency, "placements")
    placed, pool_placed = book.of(agency, "balance") / CENTS, sum(book.of(a, "balance") for a in book.agencies) / CENTS
    if effect is None or not placed > 0:
        return Figure("effect", RECOVERY, None, rows=rows, explanation={"grade": grade.value})
    theta = effect.scored_theta
    low, high = effect.interval()
    (points,) = recovery_points(theta=[theta])["points"]
    explanation: dict[str, Any] = {
        "grade": grade.value, "mean_log": effect.mean_log, "sd_log": effect.sd_log, "is_divergent": effect.is_divergent,
        "money": effect.money_oe, "two_part": effect.theta,
        "frequency": _unit(effect.frequency), "severity": _unit(effect.severity),
        "raw_rate": observed / placed, "expected_rate": expected / placed,
        "pool_rate": float(book.money.y.sum()) / pool_placed, "observed": observed, "expected": expected,
    }  # fmt: skip
    explanation["steps"] = _steps(effect, explanation, theta)
    return Figure("effect", RECOVERY, theta, low, high, points, 1.0, rows, explanation)


def _unit(unit: Unit) -> dict[str, float | None]:
    return {
        "observed": unit.observed, "expected": unit.expected, "estimate": unit.estimate, "error": unit.error,
        "mean": unit.mean, "sd": unit.sd,
    }  # fmt: skip


def _steps(effect: TwoPartEffect, rates: dict[str, Any], theta: float) -> list[list[Any]]:
    """The chain from the pool's points to the agency's; empty where no rate has a logarithm."""
    if not (rates["expected_rate"] > 0 and rates["pool_rate"] > 0):
        return []
    amounts = effect.severity.estimate if effect.severity.estimate is not None else effect.severity.mean
    steps = recovery_chain(
        raw_rate=max(0.0, rates["raw_rate"]),
        expected_rate=rates["expected_rate"],
        pool_rate=rates["pool_rate"],
        log_effect=(effect.frequency.estimate or 0.0) + amounts,
        theta=max(theta, LEAST_THETA),
    )
    return [[step.name, step.points] for step in steps]
