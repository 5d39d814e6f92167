"""Compliance of every agency of a pool: the measures with their limits and points, what each costs, and the gates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from portal.statistics import poisson_garwood
from scorecards.compliance import (
    Compliance,
    Measure,
    Severity,
    complaints,
    compliance_score,
    licences,
    reporting,
    timeliness,
    violations,
)
from scorecards.configuration import Parameters
from scorecards.figures import COMPLIANCE, Figure
from scorecards.pool import ConductSums, Pool

NAMES = {
    "V": "violations", "A": "audits", "K": "complaints", "T": "timeliness", "L": "licences", "D": "reporting",
    "I": "integrity",
}  # fmt: skip
"""What a measure is called outside, by the letter of its weight."""


@dataclass(frozen=True)
class Gate:
    """A knock-out that is shut: its code, why as a code, and how many rows shut it."""

    gate: str
    reason: str
    rows: int


@dataclass(frozen=True)
class ComplianceSide:
    """One agency's compliance: points (None: nothing is measured), its figures, the gates that are shut."""

    points: float | None
    figures: tuple[Figure, ...]
    gates: tuple[Gate, ...]


def compliance_sides(pool: Pool, parameters: Parameters) -> dict[str, ComplianceSide]:
    """The compliance of each agency of the pool."""
    usual = _contacts_an_account(pool)
    complained = sum(_complained(one, parameters) for one in pool.conduct.values())
    held = sum(_account_days(one, parameters.complaint_days) for one in pool.conduct.values())
    rate = complained / held if held else 0.0
    return {code: _side(sums, usual, rate, parameters) for code, sums in sorted(pool.conduct.items())}


def _side(
    sums: ConductSums, usual: Mapping[int, float], complaint_rate: float, parameters: Parameters
) -> ComplianceSide:
    taken = {
        "V": _violations(sums, usual, parameters),
        "A": None,
        "K": _complaints(sums, complaint_rate, parameters),
        "T": _timeliness(sums, parameters),
        "L": licences(
            lapsed_days=sum(lapse.days for lapse in sums.lapses), credential_days=sums.credential_days,
            knots=parameters.knots["L"],
        ),
        "D": _reporting(sums),
        "I": None,
    }  # fmt: skip
    unreported = _unreported(sums, parameters)
    score = _scored(taken, unreported, parameters)
    figures = tuple(_figure(code, measure, sums, unreported, score, parameters) for code, measure in taken.items())
    return ComplianceSide(
        score.points if score else None, (*figures, _breach_rate(sums)), tuple(_gates(sums, parameters))
    )


def _scored(
    taken: Mapping[str, Measure | None], unreported: Collection[str], parameters: Parameters
) -> Compliance | None:
    points = {code: None if measure is None else measure.points for code, measure in taken.items()}
    try:
        return compliance_score(points=points, weights=parameters.weights, unreported=unreported)
    except ValueError:  # nothing is measured
        return None


def _figure(
    code: str, measure: Measure | None, sums: ConductSums, unreported: Collection[str], score: Compliance | None,
    parameters: Parameters,
) -> Figure:  # fmt: skip
    """A measure as a figure. One that is missing because the agency did not report has no value and 0 points."""
    rows, explanation = _evidence(code, sums, parameters)
    explanation |= {"code": code, "lost": score.lost.get(code) if score else None}
    if code in unreported:
        explanation["unreported"] = True
        measure = None
    return Figure(
        NAMES[code], COMPLIANCE,
        measure.value if measure else None, measure.low if measure else None, measure.high if measure else None,
        0.0 if code in unreported else measure.points if measure else None,
        parameters.weights[code], rows, explanation,
    )  # fmt: skip


def _evidence(code: str, sums: ConductSums, parameters: Parameters) -> tuple[int, dict[str, Any]]:
    """How many rows stand behind a measure, and the sums they give, so that they can be counted again."""
    match code:
        case "V":
            weighed = sum(parameters.severity(severity).weight * count for _, severity, count in sums.breaches)
            contacts = sum(count for _, count in sums.contacts)
            return sum(count for *_, count in sums.breaches), {"weight": weighed, "contacts": contacts}
        case "K":
            return len(sums.complaints), {
                "weight": _complained(sums, parameters),
                "account_months": _account_days(sums, parameters.complaint_days) / parameters.month_days,
            }
        case "T":
            return len(sums.complaints), {"closed": sum(one.is_closed for one in sums.complaints)}
        case "L":
            return len(sums.lapses), {
                "lapsed_days": sum(lapse.days for lapse in sums.lapses), "credential_days": sums.credential_days,
            }  # fmt: skip
        case "D":
            files = {"files_due": sums.files_due, "files_on_time": sums.files_on_time} if sums.files_due else {}
            return sums.late, {
                "late": sums.late, "due": sums.rows, "read": sums.rows_read, "rejected": sums.rows_rejected,
                "announced": sums.rows_announced, "arrived": sums.rows_arrived, **files,
            }  # fmt: skip
        case _:
            return 0, {}


def _violations(sums: ConductSums, usual: Mapping[int, float], parameters: Parameters) -> Measure | None:
    """V, against the fewer of the contacts made and those the pool would have made on the same accounts."""
    breaches: list[tuple[float, Severity]] = []
    for age, severity, count in sums.breaches:
        breaches += [(float(age), parameters.severity(severity))] * count
    contacts = [(float(age), float(count)) for age, count in sums.contacts]
    by_pool = [(float(age), held * usual.get(age, 0.0)) for age, held in sums.accounts]
    return violations(breaches=breaches, contacts=contacts, pool_contacts=by_pool, knots=parameters.knots["V"])


def _contacts_an_account(pool: Pool) -> dict[int, float]:
    """By age in days: the pool's contacts for each account it held on that day."""
    made, held = _by_age(pool, "contacts"), _by_age(pool, "accounts")
    return {age: made.get(age, 0) / accounts for age, accounts in held.items() if accounts}


def _by_age(pool: Pool, what: str) -> dict[int, int]:
    total: dict[int, int] = {}
    for sums in pool.conduct.values():
        for age, count in getattr(sums, what):
            total[age] = total.get(age, 0) + count
    return total


def _complaints(sums: ConductSums, rate: float, parameters: Parameters) -> Measure | None:
    """K, against what the pool's complaints a held account would have brought; left out where nobody complained at all."""
    alpha, beta = parameters.complaint_prior
    expected = rate * _account_days(sums, parameters.complaint_days)
    return complaints(O=_complained(sums, parameters), E=expected, alpha=alpha, beta=beta, knots=parameters.knots["K"])


def _complained(sums: ConductSums, parameters: Parameters) -> float:
    return sum(complaint_weight(one.outcome, one.is_regulator, parameters) for one in sums.complaints)


def complaint_weight(outcome: str, is_regulator: bool, parameters: Parameters) -> float:
    """What a complaint counts for, by how it ended; one that ended without an outcome counts as open."""
    weights = parameters.complaint_weights
    return weights.get(outcome, weights["open"]) * (parameters.regulator_factor if is_regulator else 1.0)


def _account_days(sums: ConductSums, days: int) -> int:
    return sum(held for age, held in sums.accounts if age < days)


def _timeliness(sums: ConductSums, parameters: Parameters) -> Measure | None:
    """T, once a complaint was answered or overdue; complaints that are all young and open tell nothing yet."""
    timed = [(one.time, one.is_closed) for one in sums.complaints if one.time is not None]
    if not any(is_closed or time >= 1 for time, is_closed in timed):
        return None
    return timeliness(
        time=[time for time, _ in timed], closed=[int(is_closed) for _, is_closed in timed], knots=parameters.knots["T"]
    )


def _reporting(sums: ConductSums) -> Measure | None:
    """D: the files that were due, or of an agency of which none is expected, the rows of the period.

    What no control total announced cannot be missing: it counts as complete.
    """
    complete = sums.rows_arrived / sums.rows_announced if sums.rows_announced else 1.0
    rejected = sums.rows_rejected / sums.rows_read if sums.rows_read else 0.0
    on_time, due = (sums.files_on_time, sums.files_due) if sums.files_due else (sums.rows - sums.late, sums.rows)
    return reporting(on_time=on_time, due=due, complete=complete, rejected=rejected)


def _unreported(sums: ConductSums, parameters: Parameters) -> frozenset[str]:
    """V and D count 0 where an agency held accounts for long and reported nothing at all in the period."""
    silent = sums.rows == 0 and _account_days(sums, parameters.month_days) >= parameters.silent_account_days
    return frozenset({"V", "D"}) if silent else frozenset()


def _breach_rate(sums: ConductSums) -> Figure:
    """Breaches of the period per 1,000 contacts of the period with the exact limits: shown, not scored."""
    count, contacts = sums.breaches_in_period, sums.contacts_in_period
    explanation = {"breaches": count, "contacts": contacts}
    if not contacts:
        return Figure("breach_rate", COMPLIANCE, None, rows=count, explanation=explanation)
    limits = poisson_garwood(count=count, exposure=contacts, per=1000)
    return Figure(
        "breach_rate",
        COMPLIANCE,
        1000 * count / contacts,
        limits["lo"],
        limits["hi"],
        rows=count,
        explanation=explanation,
    )


def _gates(sums: ConductSums, parameters: Parameters) -> list[Gate]:
    lapsed = [lapse for lapse in sums.lapses if lapse.code in parameters.licence_codes]
    shut = [
        Gate("G1", "unlicensed_collection", sums.licence_breaches),
        Gate("G1", "licence_lapsed", len(lapsed)),
        Gate("G3", "contact_after_stop", sums.stop_breaches if sums.stop_breaches >= parameters.stop_contacts else 0),
    ]
    return [gate for gate in shut if gate.rows]
