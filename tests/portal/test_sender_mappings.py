"""A sender's own words, dates and numbers, said in ours (contract, section 4)."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal.tables.cells import choice, day, instant, money, text
from portal.tables.mappings import SenderMapping
from portal.tables.model import Column, Table
from portal.tables.reading import read_table

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TABLE = Table(
    "calls",
    (Column("id", text(), True), Column("kind", choice(("call", "sms"))), Column("on", day()), Column("at", instant()), Column("sum", money())),
)  # fmt: skip


def said(column: str, cell: str, mapping: SenderMapping) -> str:
    found = next(entry for entry in TABLE.columns if entry.name == column)
    translate = mapping.translation(found)
    return translate(cell) if translate else cell


@pytest.mark.parametrize(
    ("mapping", "column", "cell", "ours", "reason"),
    [
        (SenderMapping(date_order="dmy"), "on", "31/12/2026", "2026-12-31", "day first"),
        (SenderMapping(date_order="dmy"), "on", "1.2.2026", "2026-02-01", "day first, points, one digit"),
        (SenderMapping(date_order="mdy"), "on", "12/31/2026", "2026-12-31", "month first"),
        (SenderMapping(date_order="ymd"), "on", "20261231", "2026-12-31", "year first, nothing between"),
        (SenderMapping(date_order="ymd"), "on", "2026年1月5日", "2026-01-05", "as written in Chinese"),
        (SenderMapping(date_order="dmy"), "on", "2026-12-31", "2026-12-31", "not understood: left to our own rules"),
        (SenderMapping(zone="America/New_York"), "at", "2026-01-31T14:05:00", "2026-01-31T14:05:00-0500", "winter there"),
        (SenderMapping(zone="America/New_York"), "at", "2026-07-31 14:05", "2026-07-31T14:05-0400", "summer there"),
        (SenderMapping(zone="America/New_York"), "at", "2026-01-31T14:05:00Z", "2026-01-31T14:05:00Z", "an offset of its own counts"),
        (SenderMapping(zone="America/New_York"), "at", "2026-03-08T02:30:00", "2026-03-08T02:30:00", "an hour that never was"),
        (SenderMapping(zone="America/New_York"), "at", "2026-11-01T01:30:00", "2026-11-01T01:30:00-0400", "an hour that came twice: the earlier"),
        (SenderMapping(date_order="mdy", zone="Asia/Shanghai"), "at", "1/31/2026 2:05 PM", "2026-01-31T14:05+0800", "half days"),
        (SenderMapping(date_order="mdy", zone="Asia/Shanghai"), "at", "1/31/2026 12:05 am", "2026-01-31T00:05+0800", "after midnight"),
        (SenderMapping(date_order="dmy"), "at", "31/01/2026 14:05:09", "2026-01-31T14:05:09", "no zone, no offset"),
        (SenderMapping(date_order="dmy", zone="Asia/Shanghai"), "at", "31/02/2026 14:05", "2026-02-31T14:05", "no such day"),
        (SenderMapping(decimal_mark=","), "sum", "1234,50", "1234.50", "decimal comma"),
        (SenderMapping(decimal_mark=",", group_mark="."), "sum", "-1.234.567,8", "-1234567.8", "groups by points"),
        (SenderMapping(decimal_mark=",", group_mark="."), "sum", "50.00", "50.00", "no group of three: never five thousand"),
        (SenderMapping(group_mark=","), "sum", "1,234.50", "1234.50", "groups by commas"),
        (SenderMapping(group_mark=","), "sum", "12,34", "12,34", "no group of three"),
        (SenderMapping(decimal_mark=",", group_mark=" "), "sum", "1\u202f234\u00a0567,50", "1234567.50", "spaces as printed"),
        (SenderMapping(codes={"kind": {"TEL": "call"}}), "kind", "TEL", "call", "a code"),
        (SenderMapping(codes={"kind": {"TEL": "call"}}), "kind", "sms", "sms", "our own code goes too"),
        (SenderMapping(codes={"kind": {"TEL": "call"}}), "id", "TEL", "TEL", "codes belong to their column"),
        (SenderMapping(codes={"on": {"never": "31/12/2199"}}, date_order="dmy"), "on", "never", "2199-12-31", "a code, then the style"),
    ],
)  # fmt: skip
def test_a_cell_is_said_in_our_words(mapping: SenderMapping, column: str, cell: str, ours: str, reason: str) -> None:
    assert said(column, cell, mapping) == ours, reason


def test_a_file_in_the_senders_own_words_is_read_like_any_other() -> None:
    mapping = SenderMapping(
        columns={"Nr": "id", "Art": "kind", "Datum": "on", "Zeit": "at", "Betrag": "sum"},
        codes={"kind": {"Anruf": "call"}},
        date_order="dmy",
        decimal_mark=",",
        group_mark=".",
        zone="Europe/Berlin",
    )
    rows = 'Betrag,Nr,Art,Datum,Zeit\n"1.250,00",1,Anruf,31.01.2026,31.01.2026 14:05\n5,2,Brief,,\n'
    reading = read_table(io.BytesIO(rows.encode()), TABLE, "csv", now=NOW, mapping=mapping)
    first, second = reading
    assert first[1] == ("1", "call", date(2026, 1, 31), datetime(2026, 1, 31, 13, 5, tzinfo=UTC), Decimal("1250.00"))
    assert [(problem.column, problem.code, problem.value) for problem in second[2]] == [("kind", "bad_kind", "Brief")]
    assert reading.header == ("Betrag", "Nr", "Art", "Datum", "Zeit")
    assert first[3][0] == "1.250,00"


def test_objects_in_the_senders_own_names_are_read_too() -> None:
    mapping = SenderMapping(columns={"Nr": "id", "Art": "kind"})
    rows = b'{"Nr": "1", "Art": "call"}\n{"Nr": "2", "Farbe": "rot"}'
    first, second = read_table(io.BytesIO(rows), TABLE, "jsonl", now=NOW, mapping=mapping)
    assert first[1] == ("1", "call", None, None, None)
    assert [(problem.column, problem.code) for problem in second[2]] == [("Farbe", "unknown_column")]
