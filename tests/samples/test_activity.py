"""An activity report beside a recount from its bytes: what a reader finds is what was planted, breaches included."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from samples.activity import generate
from samples.faults import FAULTS
from tests.samples import recount as by_hand
from tests.samples.case import FIRST, LAST, PROFILE, Case, placed_of

RULES = [(country, rule, check) for country, checks in by_hand.RULES.items() for rule, check in checks.items()]


def test_the_report_has_as_many_rows_as_asked_for_and_the_manifest_counts_them(case: Case) -> None:
    counted = {
        "total": len(case.rows), "accepted": len(case.found.accepted), "duplicate": len(case.found.duplicates),
        "rejected": len(case.found.problems),
    }  # fmt: skip
    assert case.report.manifest["rows"] == counted
    assert counted["total"] == 24_000
    assert counted["rejected"] == 240
    assert counted["duplicate"] == 96


def test_every_bad_row_has_exactly_the_fault_the_manifest_names(case: Case) -> None:
    planted = [(p["row"], p["record_id"], p["column"], p["code"]) for p in case.report.manifest["problems"]]
    assert case.found.problems == planted
    assert len({row for row, *_ in planted}) == len(planted), "one fault a row"
    assert {(column, code) for _, _, column, code in planted} == {(fault.column, fault.code) for fault in FAULTS}


def test_a_repeated_row_is_the_same_bytes_after_its_first_coming(case: Case) -> None:
    planted = [(d["row"], d["record_id"], d["first_row"]) for d in case.report.manifest["duplicates"]]
    assert case.found.duplicates == planted
    data = case.report.lines[1:]
    assert all(data[row - 1] == data[first - 1] and first < row for row, _, first in planted)


def test_kinds_outcomes_and_amounts_are_those_of_the_accepted_rows(case: Case) -> None:
    accepted, manifest = case.found.accepted, case.report.manifest
    assert manifest["accepted_by_kind"] == Counter(row["kind"] for row in accepted)
    assert manifest["calls_by_outcome"] == Counter(row["outcome"] for row in accepted if row["kind"] == "call")
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for row in accepted:
        if row["amount"]:
            amounts[row["currency"]] += Decimal(row["amount"])
    assert {currency: Decimal(text) for currency, text in manifest["amount_accepted"].items()} == amounts


def test_notes_with_a_card_number_are_listed(case: Case) -> None:
    with_card = {row["record_id"] for row in case.found.accepted if "4111 1111 1111 1111" in row["note"]}
    assert with_card == set(case.report.manifest["notes_to_mask"])
    assert with_card


def test_record_ids_hold_agency_and_seed_and_are_unique(case: Case) -> None:
    ids = [row["record_id"] for row in case.found.accepted]
    assert len(set(ids)) == len(ids)
    assert all(record_id.startswith("AGY01-7-") for record_id in ids)


@pytest.mark.parametrize(("country", "rule", "check"), RULES, ids=[rule for _, rule, _ in RULES])
def test_the_rows_in_breach_of_a_rule_are_exactly_those_planted(
    cases: dict[str, Case], country: str, rule: str, check: Callable[[list[by_hand.Event]], set[str]]
) -> None:
    planted = cases[country].report.manifest["breaches"][rule]
    assert check(cases[country].history) == set(planted)
    assert len(planted) >= 5, "enough to mean something"
    assert len(set(planted)) == len(planted)


@pytest.mark.parametrize("country", ["US", "CN"])
def test_the_list_of_breaches_is_called_complete_for_the_rules_that_were_recounted(
    cases: dict[str, Case], country: str
) -> None:
    manifest = cases[country].report.manifest
    assert manifest["rules_complete"] == sorted(by_hand.RULES[country]) == sorted(manifest["breaches"])
    in_breach = {record_id for ids in manifest["breaches"].values() for record_id in ids}
    assert manifest["breach_rows"] == len(in_breach)
    assert abs(len(in_breach) - 24_000 * 0.008) < 30


def test_before_its_day_a_guideline_has_no_breaches() -> None:
    report = generate(
        placed_of("cn", placed_on=date(2025, 10, 1), ended_on=None), agency="AGY02", seed=1, first_day=date(2025, 11, 3),
        last_day=date(2025, 12, 14), profile=PROFILE,
    )  # fmt: skip
    breaches = report.manifest["breaches"]
    assert not breaches["cn.cba2026.hours"]
    assert not breaches["cn.cba2026.attempts"]
    assert breaches["cn.gbt45251.hours"]


def test_misconduct_multiplies_breaches(cases: dict[str, Case]) -> None:
    placed = list(cases["US"].placed.values())
    rows = {
        factor: generate(
            placed, agency="AGY03", seed=1, first_day=FIRST, last_day=LAST, profile=replace(PROFILE, misconduct=factor)
        ).manifest["breach_rows"]
        for factor in (0, 1, 2)
    }
    assert rows[0] == 0
    assert rows[2] == 2 * rows[1]
