"""An agency's complaints report."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from samples.complaints import Complaints, complaints
from samples.panel import Desk, PlacedAccount, Profile
from samples.tape import Row, read_tape
from tests.samples.recount import words

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
CATEGORIES = words(
    "conduct threats frequency hours third_party amount not_mine paid privacy identity credit_report service other"
)


@pytest.fixture(scope="module")
def placed() -> dict[str, PlacedAccount]:
    rows = [*read_tape("us"), *read_tape("cn")]
    accounts = [
        PlacedAccount.from_tape(row, date(2025, 12, 1), date(2026, 5, 1) if n % 3 else None)
        for n, row in enumerate(rows)
    ]
    return {account.account_ref: account for account in accounts}


def report(placed: dict[str, PlacedAccount], misconduct: float = 1.0) -> Complaints:
    profile = Profile(misconduct=misconduct)
    return complaints(list(placed.values()), agency="AGY02", seed=4, first_day=FIRST, last_day=LAST, profile=profile)


def read(found: Complaints) -> list[Row]:
    return list(csv.DictReader(io.StringIO(found.csv.decode())))


def test_three_in_a_thousand_accounts_complain_a_month_and_more_where_the_agency_misbehaves(
    placed: dict[str, PlacedAccount],
) -> None:
    months = (
        sum(
            ((account.ended_on - timedelta(days=2) if account.ended_on else LAST) - FIRST).days + 1
            for account in placed.values()
            if account.time_zone
        )
        / 30.44
    )
    assert 0.8 < len(read(report(placed))) / (3 * months / 1000) < 1.2
    assert 0.85 < len(read(report(placed, 3.0))) / (9 * months / 1000) < 1.15
    assert not read(report(placed, 0))


def test_a_complaint_is_received_while_the_account_is_placed_by_day_where_the_person_lives(
    placed: dict[str, PlacedAccount],
) -> None:
    for row in read(report(placed)):
        account = placed[row["account_ref"]]
        received = datetime.fromisoformat(row["received_at"]).astimezone(ZoneInfo(account.time_zone))
        assert FIRST <= received.date() <= LAST
        assert account.ended_on is None or received.date() <= account.ended_on - timedelta(days=2)
        assert 9 <= received.hour < 19


def test_answers_come_in_time_and_the_newest_complaints_are_open(placed: dict[str, PlacedAccount]) -> None:
    rows = read(report(placed))
    for row in rows:
        received = datetime.fromisoformat(row["received_at"])
        if row["resolved_at"]:
            answered, resolved = (datetime.fromisoformat(row[c]) for c in ("first_response_at", "resolved_at"))
            assert received < answered < resolved < received + timedelta(days=13)
            assert json.loads(row["details"])["first_response_at"] == row["first_response_at"]
            assert row["outcome"] in ("upheld", "partly_upheld", "rejected")
        else:
            assert received.date() > LAST - timedelta(days=13)
            assert not row["outcome"]
    assert 0 < sum(not row["resolved_at"] for row in rows) < len(rows) / 5


def test_the_words_are_the_contracts_and_the_summary_is_in_the_persons_language(
    placed: dict[str, PlacedAccount],
) -> None:
    for row in read(report(placed, 3.0)):
        assert row["channel"] in {"phone", "letter", "email", "web", "social", "regulator", "in_person"}
        assert row["category"] in CATEGORIES
        assert (row["regulator"] == "yes") == (row["channel"] == "regulator")
        assert row["summary"].isascii() == (placed[row["account_ref"]].country == "US")


def test_a_complaint_about_somebody_names_a_collector_of_the_agency(placed: dict[str, PlacedAccount]) -> None:
    named = {row["about_collector"] for row in read(report(placed, 3.0))} - {""}
    assert named
    assert named <= set(Desk.of("AGY02", Profile().collectors).collectors)


def test_misconduct_is_upheld_more_often(placed: dict[str, PlacedAccount]) -> None:
    share = {}
    for misconduct in (1.0, 3.0):
        outcomes = Counter(row["outcome"] for row in read(report(placed, misconduct)) if row["outcome"])
        share[misconduct] = outcomes["upheld"] / outcomes.total()
    assert share[1.0] < 0.3 < 0.5 < share[3.0]


def test_the_count_by_category_is_that_of_the_rows_and_the_same_call_gives_the_same_report(
    placed: dict[str, PlacedAccount],
) -> None:
    found = report(placed)
    assert found.by_category == Counter(row["category"] for row in read(found))
    assert report(placed) == found
    ids = [row["record_id"] for row in read(found)]
    assert len(set(ids)) == len(ids)
    assert all(record_id.startswith("AGY02-Q4-") for record_id in ids)
