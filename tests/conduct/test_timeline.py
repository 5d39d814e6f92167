"""A history is put in order, and every row gets its day, clock, person and direction."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from conduct.dossier import Account, Agency
from conduct.facts import UNKNOWN
from conduct.timeline import CONTACTS, Timeline
from tests.conduct.histories import history, row, rule

DISPUTES = frozenset({"dispute"})


def names(rows: list[object]) -> list[str]:
    return [one.record_id for one in rows]  # type: ignore[attr-defined]


def test_rows_stand_by_instant_then_by_id_wherever_they_were_in_the_file() -> None:
    rows = [
        row("b", "call", "2026-06-02 10:00"),
        row("c", "call", "2026-06-01 10:00"),
        row("a", "call", "2026-06-02 10:00"),
    ]
    assert names(Timeline(history(*rows)).rows) == ["c", "a", "b"]


def test_a_repeated_id_is_dropped_unless_another_sender_uses_it() -> None:
    first, again = row("a", "call", "2026-06-01 10:00"), row("a", "call", "2026-06-02 10:00")
    other = row("a", "call", "2026-06-03 10:00", sender="AG2")
    assert Timeline(history(again, first, other)).rows == [first, other]


def test_a_corrected_row_gives_way_to_its_correction() -> None:
    wrong, right = row("a", "call", "2026-06-01 10:00"), row("b", "call", "2026-06-01 11:00", corrects="a")
    assert Timeline(history(wrong, right)).rows == [right]


@pytest.mark.parametrize(
    ("columns", "jurisdiction", "facts", "zone"),
    [
        ({}, "US-OH", {}, "America/New_York"),
        ({"time_zones": "America/Chicago;America/Denver"}, "US-OH", {}, "America/Chicago"),
        ({}, "US-OH", {"time_zone": None, "time_zones": ["America/Denver"]}, "America/Denver"),
        ({}, "CN", {"time_zone": None}, "Asia/Shanghai"),
        ({}, "GB-SCT", {"time_zone": None}, "Europe/London"),
        ({}, "AU-NSW", {"time_zone": None}, ""),  # Australia has several clocks
        ({"time_zones": "Mars/Olympus"}, "GB", {"time_zone": None}, ""),
        ({"time_zones": "America/Chicago;Mars/Olympus"}, "US", {}, ""),
    ],
)
def test_the_zone_is_the_rows_then_the_accounts_then_the_countrys(
    columns: dict[str, str], jurisdiction: str, facts: dict[str, object], zone: str
) -> None:
    dossier = history(row("a", "call", "2026-06-01 10:00", **columns), jurisdiction=jurisdiction, **facts)
    assert Timeline(dossier).rows[0].zone == zone


def test_the_written_offset_says_nothing_about_the_person() -> None:
    told = row("a", "call", "2026-06-01 10:00")
    told.occurred_at = datetime(2026, 6, 2, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    line = Timeline(history(told))
    assert line.times(told) == ((date(2026, 6, 1).toordinal(), 11 * 3600 + 1800),)
    assert line.times(told, "Asia/Shanghai") == ((date(2026, 6, 1).toordinal(), 23 * 3600 + 1800),)


@pytest.mark.parametrize(
    ("kind", "columns", "way"),
    [
        ("call", {"direction": "in"}, "in"),
        ("call", {"direction": UNKNOWN}, ""),
        ("plan", {}, ""),
        ("dispute", {}, "in"),
        ("lawsuit", {}, "out"),
        ("credit_report", {}, "out"),
        ("transfer_notice", {}, "out"),
    ],
)
def test_a_direction_is_implied_where_a_row_can_have_only_one(kind: str, columns: dict[str, object], way: str) -> None:
    assert Timeline(history(row("a", kind, "2026-06-01 10:00", **columns))).rows[0].way == way


@pytest.mark.parametrize(
    ("kind", "party", "person_ref", "person"),
    [
        ("call", UNKNOWN, UNKNOWN, "consumer"),
        ("call", "relative", "T1", "T1"),
        ("preference", "creditor", UNKNOWN, "consumer"),
        ("preference", "spouse", "S1", "S1"),  # what a spouse wants is the spouse's
        ("bankruptcy_notice", "attorney", "L1", "consumer"),
        ("deceased_notice", "relative", "T1", "consumer"),
        ("bankruptcy_notice", "co_debtor", "P2", "P2"),
    ],
)
def test_a_state_is_told_of_the_person_it_is_about(kind: str, party: object, person_ref: object, person: str) -> None:
    told = row("a", kind, "2026-06-01 10:00", party=party, person_ref=person_ref)
    assert Timeline(history(told)).rows[0].person == person


def test_a_rule_sees_no_contact_from_before_it_was_in_force_but_every_state() -> None:
    nyc = rule("us.nyc.contact-3-in-7")  # in force since 1 September 2026
    rows = [
        row("a", "call", "2026-08-31 10:00"),
        row("d", "dispute", "2026-08-31 11:00"),
        row("b", "call", "2026-09-01 10:00"),
    ]
    line = Timeline(history(*rows))
    assert names(line.tested(CONTACTS, nyc)) == ["b"]
    assert names(line.seen(CONTACTS | DISPUTES, nyc)) == ["d", "b"]


def test_rules_for_agencies_do_not_judge_the_bank_itself() -> None:
    bank, agency = (
        row("a", "call", "2026-06-01 10:00", sender="creditor"),
        row("b", "call", "2026-06-01 11:00", sender="AG1"),
    )
    line = Timeline(history(bank, agency, agencies=[Agency("AG1")]))
    assert names(line.tested(CONTACTS, rule("us.regf.time-of-day"))) == ["b"]
    assert names(line.tested(CONTACTS, rule("us.nyc.contact-3-in-7"))) == []
    assert names(line.tested(CONTACTS, rule("us.ma.contact-2-in-7"))) == ["a", "b"]  # binds both


def test_what_an_agency_is_not_known_for_is_unknown_and_not_another_agencys() -> None:
    mine, stranger = (
        row("a", "call", "2026-06-01 10:00", sender="AG1"),
        row("b", "call", "2026-06-01 11:00", details={"agency": "AG9"}),
    )
    Timeline(history(mine, stranger, agencies=[Agency("AG1", {"credentials": []})]))
    assert mine.agency.credentials == {}
    assert stranger.agency.credentials is None


def test_a_rule_gets_only_the_accounts_it_covers() -> None:
    other = Account("A2", "US-WA", {"time_zone": "America/Los_Angeles"})
    rows = [row("a", "call", "2026-06-01 10:00"), row("b", "call", "2026-06-01 11:00", account_ref="A2")]
    line = Timeline(history(*rows, accounts=[other]))
    part = line.part(rule("us.wa.contact-3-per-week"))
    assert part is not None
    assert names(part.rows) == ["b"]
    assert line.part(rule("us.regf.time-of-day")) is line
    assert line.part(rule("uk.conc.times")) is None
