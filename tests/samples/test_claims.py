"""An agency's payments report beside the bank's ledger."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from samples.claims import Claims, payment_claims
from samples.tape import Row, days_to, read_ledger, read_tape, shifted_ledger

LAST = date(2026, 6, 30)


@pytest.fixture(scope="module")
def booked() -> list[Row]:
    shifts = {row["account_ref"]: days_to(row, date(2025, 9, 1)) for row in read_tape("us")[:4000]}
    return shifted_ledger(read_ledger(), shifts, LAST).rows


@pytest.fixture(scope="module")
def claims(booked: list[Row]) -> Claims:
    return payment_claims(booked, agency="AGY03", seed=5, last_day=LAST)


def read(claims: Claims) -> list[Row]:
    return list(csv.DictReader(io.StringIO(claims.csv.decode())))


def pair(booked: list[Row], claims: Claims) -> dict[str, tuple[Row, Row]]:
    """Each claim with the entry it came from: the claims keep the entries' order, and only the missing ones are skipped."""
    missing = set(claims.truth["missing"])
    entries = [row for row in booked if row["paid_to"] == "agency" and row["record_id"] not in missing]
    return {claim["record_id"]: (claim, entry) for claim, entry in zip(read(claims), entries, strict=True)}


def test_claims_carry_the_agencys_own_ids_and_only_what_was_paid_to_it(booked: list[Row], claims: Claims) -> None:
    rows = read(claims)
    assert len({row["record_id"] for row in rows}) == len(rows) == claims.truth["rows"]
    assert all(row["record_id"].startswith("AGY03-P5-") for row in rows)
    assert {row["paid_to"] for row in rows} == {"agency"}
    assert any(row["paid_to"] == "creditor" for row in booked)


def test_what_differs_from_the_bank_is_exactly_what_the_truth_tells(booked: list[Row], claims: Claims) -> None:
    late: list[dict[str, Any]] = []
    differing: list[dict[str, Any]] = []
    equal = 0
    for record_id, (claim, entry) in pair(booked, claims).items():
        days = (date.fromisoformat(claim["paid_on"]) - date.fromisoformat(entry["paid_on"])).days
        if days:
            late.append({"record_id": record_id, "entry": entry["record_id"], "days": days})
        if claim["amount"] != entry["amount"]:
            ids = {"record_id": record_id, "entry": entry["record_id"]}
            differing.append({**ids, "claimed": claim["amount"], "booked": entry["amount"]})
        equal += not days and claim["amount"] == entry["amount"]
        assert all(claim[column] == entry[column] for column in ("account_ref", "currency", "method"))
    assert (late, differing, equal) == (claims.truth["late"], claims.truth["differing"], claims.truth["equal"])
    assert all(2 <= claim["days"] <= 9 for claim in late)
    total = len([row for row in booked if row["paid_to"] == "agency"])
    assert 0.013 * total < len(late) < 0.027 * total
    assert 0.006 * total < len(differing) < 0.014 * total
    assert 0.006 * total < len(claims.truth["missing"]) < 0.014 * total


def test_a_different_amount_is_still_an_amount(claims: Claims) -> None:
    for claim in claims.truth["differing"]:
        claimed, paid = Decimal(claim["claimed"]), Decimal(claim["booked"])
        assert claimed > 0
        assert Decimal("0.01") <= abs(claimed - paid) <= max(Decimal("0.01"), paid / 10 + Decimal("0.01"))


def test_a_reversal_names_the_agencys_own_claim_and_takes_back_what_it_claimed(claims: Claims) -> None:
    rows = {row["record_id"]: row for row in read(claims)}
    reversals = [row for row in rows.values() if Decimal(row["amount"]) < 0]
    assert len(reversals) > 50
    for row in reversals:
        other = rows[row["reverses"]]
        assert Decimal(row["amount"]) == -Decimal(other["amount"])
        assert row["account_ref"] == other["account_ref"]


def test_nothing_is_claimed_or_remitted_after_the_report(claims: Claims) -> None:
    for row in read(claims):
        assert row["paid_on"] <= LAST.isoformat()
        assert not row["remitted_on"] or row["paid_on"] < row["remitted_on"] <= LAST.isoformat()


def test_the_claimed_sum_is_that_of_the_rows(claims: Claims) -> None:
    assert claims.truth["claimed"] == {"USD": str(sum(Decimal(row["amount"]) for row in read(claims)))}


def test_without_faults_every_entry_is_claimed_as_booked(booked: list[Row]) -> None:
    clean = payment_claims(
        booked, agency="AGY03", seed=5, last_day=LAST, late_share=0, missing_share=0, differing_share=0
    )
    assert all(claim["amount"] == entry["amount"] for claim, entry in pair(booked, clean).values())
    assert clean.truth["equal"] == clean.truth["rows"]


def test_entries_after_the_report_are_not_yet_claimed(booked: list[Row]) -> None:
    early = payment_claims(booked, agency="AGY03", seed=5, last_day=LAST - timedelta(days=90), missing_share=0)
    due = [
        row
        for row in booked
        if row["paid_to"] == "agency" and row["paid_on"] <= (LAST - timedelta(days=90)).isoformat()
    ]
    assert early.truth["rows"] == len(due)


def test_the_same_call_gives_the_same_claims(booked: list[Row], claims: Claims) -> None:
    assert payment_claims(booked, agency="AGY03", seed=5, last_day=LAST) == claims
    assert payment_claims(booked, agency="AGY03", seed=6, last_day=LAST) != claims
