"""Clock windows, caps and pauses: what the worked cases cannot show (fractions of seconds, agencies, placements)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conduct.dossier import Account, Row
from conduct.engine import judge_by
from conduct.facts import UNKNOWN
from conduct.rulebook import standard
from tests.conduct.histories import history, row, rule


def broken(rule_id: str, *rows: Row, verdict: str | None = None, **facts: object) -> list[object]:
    findings = judge_by(rule(rule_id), history(*rows, **facts), standard())
    return [one.row and one.row.handle for one in findings if verdict in (None, one.verdict)]


@pytest.mark.parametrize(("milliseconds", "in_time"), [(0, True), (999, True), (1000, False)])
def test_a_fraction_of_a_second_neither_saves_nor_breaks_a_call(milliseconds: int, in_time: bool) -> None:
    late = row("a", "call", "2026-06-10 21:00:00")
    late.occurred_at += timedelta(milliseconds=milliseconds)
    assert (broken("us.regf.time-of-day", late) == []) is in_time


def test_a_time_that_summer_time_skips_is_read_as_the_clock_shows_it() -> None:
    skipped = row("a", "call", "2026-03-08 02:30", zone="UTC")  # 21:30 of the evening before in New York
    assert broken("us.regf.time-of-day", skipped) == ["a"]


def test_calls_of_two_agencies_about_one_debt_are_one_count() -> None:
    calls = [row(f"c{day}", "call", f"2026-06-0{day} 10:00", sender=f"AG{day % 2}") for day in range(1, 8)]
    assert broken("us.regf.call-frequency", *calls, row("x", "call", "2026-06-07 12:00", sender="AG3")) == ["x"]


def test_the_banks_own_calls_do_not_fill_an_agencys_cap() -> None:
    calls = [row(f"c{day}", "call", f"2026-06-0{day} 10:00", sender="creditor") for day in range(1, 8)]
    assert broken("us.regf.call-frequency", *calls, row("x", "call", "2026-06-07 12:00", sender="AG1")) == []


def test_a_burst_is_free_again_seven_dates_later_even_at_an_earlier_hour() -> None:
    burst = [row(f"c{hour}", "call", f"2026-06-01 {hour}:00") for hour in range(12, 19)]
    assert broken("us.regf.call-frequency", *burst, row("x", "call", "2026-06-08 08:00")) == []
    assert broken("us.regf.call-frequency", *burst, row("x", "call", "2026-06-07 20:00")) == ["x"]


def test_two_numbers_nobody_named_may_be_one() -> None:
    calls = [row(f"c{hour}", "call", f"2026-06-01 {hour}:00", endpoint_type="mobile") for hour in (10, 11, 12)]
    assert broken("us.wa.cell-2-per-day", *calls, jurisdiction="US-WA", verdict="review") == ["c12"]


def test_a_consent_to_extra_calls_lasts_seven_dates_and_ends_with_the_next_talk() -> None:
    talk = row("t", "call", "2026-06-01 10:00", outcome="conversation")
    consent = row("k", "consent", "2026-06-01 10:05", details={"scope": "extra_calls"})
    next_day = row("a", "call", "2026-06-02 10:00", outcome="conversation")
    after = row("b", "call", "2026-06-03 10:00")
    assert broken("us.regf.call-cooldown", talk, consent, next_day, after) == ["b"]


def test_a_talk_with_the_bank_starts_no_pause_for_the_agency() -> None:
    talk = row("t", "call", "2026-06-01 10:00", outcome="conversation", sender="creditor")
    assert broken("us.regf.call-cooldown", talk, row("a", "call", "2026-06-02 10:00", sender="AG1")) == []


def test_a_call_whose_end_nobody_reported_may_have_been_a_talk() -> None:
    perhaps = row("t", "call", "2026-06-01 10:00", outcome=UNKNOWN)
    assert broken("us.regf.call-cooldown", perhaps, row("a", "call", "2026-06-02 10:00"), verdict="review") == ["a"]


def test_a_debt_in_a_group_is_paused_with_its_sisters() -> None:
    sister = Account("A2", "US-OH", {"time_zone": "America/New_York", "debt_group": "G"})
    talk = row("t", "call", "2026-06-01 10:00", outcome="conversation")
    findings = judge_by(
        rule("us.regf.call-cooldown"),
        history(talk, row("a", "call", "2026-06-02 10:00", account_ref="A2"), accounts=[sister], debt_group="G"),
        standard(),
    )
    assert [one.row and one.row.handle for one in findings] == ["a"]
