"""What each sort of column takes, and the public code of what it refuses (contract, section 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from babel import Locale

from portal.tables import cells
from portal.tables.cells import CellType
from portal.tables.faults import Unfit
from portal.tables.iso_codes import COUNTRIES, CURRENCIES

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def code_of(kind: CellType, cell: str) -> str:
    with pytest.raises(Unfit) as caught:
        kind.read(cell, NOW)
    return caught.value.code.format("x")


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (cells.text(5), "abcde", "abcde"),
        (cells.text(), "王小明\u3000女士", "王小明\u3000女士"),
        (cells.prose(), "two\nlines\tand a tab", "two\nlines\tand a tab"),
        (cells.prose(), "4111111111111111", "************1111"),
        (cells.choice(("call", "sms")), "sms", "sms"),
        (cells.choice(("cheque",), {"check": "cheque"}), "check", "cheque"),
        (cells.money(), "1250.00", Decimal("1250.00")),
        (cells.money(), "1250.5", Decimal("1250.5")),
        (cells.money(), "0", Decimal(0)),
        (cells.money(), "-0.00", Decimal(0)),
        (cells.money(), "999999999999999.99", Decimal("999999999999999.99")),
        (cells.money(negative=True), "-12.34", Decimal("-12.34")),
        (cells.count(), "0", 0),
        (cells.count(), "-0", 0),
        (cells.count(), "999999999", 999_999_999),
        (cells.flag(), "yes", True),
        (cells.flag(), "no", False),
        (cells.day(), "2024-02-29", date(2024, 2, 29)),
        (cells.instant(), "2026-01-31T14:05:00-05:00", datetime(2026, 1, 31, 19, 5, tzinfo=UTC)),
        (cells.instant(), "2026-01-31T14:05:00Z", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        (cells.instant(), "2026-01-31 14:05+0800", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        (cells.instant(), "2026-01-31T14:05:00.250+00:00", datetime(2026, 1, 31, 14, 5, 0, 250_000, tzinfo=UTC)),
        (cells.instant(), "2026-03-01T12:05:00Z", datetime(2026, 3, 1, 12, 5, tzinfo=UTC)),
        (cells.currency(), "CNY", "CNY"),
        (cells.country(), "GB", "GB"),
        (cells.zone(), "America/New_York", "America/New_York"),
        (cells.zones(), "America/New_York; America/Chicago ;America/New_York;", "America/New_York;America/Chicago"),
        (cells.refs(), "A1; A2;;A1", "A1;A2"),
        (cells.refs(), ";", None),
        (cells.json_object(), '{"written": true, "n": 12.50}', {"written": True, "n": 12.5}),
    ],
)
def test_a_good_cell_becomes_a_value(kind: CellType, cell: str, value: Any) -> None:
    read = kind.read(cell, NOW)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "cell", "code", "reason"),
    [
        (cells.text(5), "abcdef", "too_long", "six characters where five are allowed"),
        (cells.text(), "two\nlines", "bad_x", "a line break in one line of text"),
        (cells.text(), "bell\x07", "bad_x", "a control character"),
        (cells.text(), "K\ufffdln", "bad_x", "what is left of a letter that some program could not read"),
        (cells.text(), "half \ud83d", "bad_x", "half of a surrogate pair"),
        (cells.prose(), "form\x0cfeed", "bad_x", "free text has line breaks and tabs, no other control characters"),
        (cells.prose(3), "abcd", "too_long", "too long"),
        (cells.choice(("call",)), "Call", "bad_x", "codes are written exactly"),
        (cells.choice(("call",)), "phonecall", "bad_x", "no code"),
        (cells.money(), "fifty", "bad_x", "a word"),
        (cells.money(), "12.345", "bad_x", "three decimals"),
        (cells.money(), "1,250.00", "bad_x", "grouping"),
        (cells.money(), "12,50", "bad_x", "decimal comma"),
        (cells.money(), "$12.50", "bad_x", "currency sign"),
        (cells.money(), "+12.50", "bad_x", "plus sign"),
        (cells.money(), "12.", "bad_x", "a point without decimals"),
        (cells.money(), ".50", "bad_x", "decimals without a digit before them"),
        (cells.money(), "1e3", "bad_x", "exponent"),
        (cells.money(), "NaN", "bad_x", "not a number"),
        (cells.money(), "１２.５０", "bad_x", "full-width digits"),
        (cells.money(), "1000000000000000.00", "bad_x", "more than the database holds"),
        (cells.money(), "-50.00", "negative_x", "below zero"),
        (cells.money(), "-fifty", "bad_x", "a minus before a word is no negative amount"),
        (cells.count(), "twelve", "bad_x", "a word"),
        (cells.count(), "12.0", "bad_x", "decimals"),
        (cells.count(), "-5", "negative_x", "below zero"),
        (cells.count(), "9999999999", "bad_x", "ten digits"),
        (cells.flag(), "maybe", "bad_flag", "neither"),
        (cells.flag(), "Yes", "bad_flag", "codes are written exactly"),
        (cells.flag(), "1", "bad_flag", "a number"),
        (cells.day(), "31/12/2026", "bad_x", "another order"),
        (cells.day(), "2026-02-29", "bad_x", "no leap year"),
        (cells.day(), "2026-1-5", "bad_x", "one digit"),
        (cells.day(), "20260105", "bad_x", "no hyphens"),
        (cells.day(), "2026-W01-1", "bad_x", "a week date"),
        (cells.day(), "0026-01-05", "bad_x", "a year nobody lived in whose debt is still open"),
        (cells.instant(), "2026-01-31T14:05:00", "missing_offset", "no offset"),
        (cells.instant(), "2026-01-31 14:05", "missing_offset", "no offset, no seconds"),
        (cells.instant(), "2026-02-30T14:05:00-05:00", "impossible_date", "no such day"),
        (cells.instant(), "2026-02-30T14:05:00", "impossible_date", "no such day, whatever the offset"),
        (cells.instant(), "2026-01-31T25:05:00Z", "impossible_date", "no such hour"),
        (cells.instant(), "2026-01-31T14:05:00+23:00", "impossible_date", "no place is 23 hours from UTC"),
        (cells.instant(), "1815-01-31T14:05:00Z", "impossible_date", "no telephone rang then"),
        (cells.instant(), "2026-03-01T12:05:01Z", "impossible_date", "more than five minutes ahead"),
        (cells.instant(), "31/12/2026 10:00", "unreadable_date", "another form"),
        (cells.instant(), "2026-01-31", "unreadable_date", "a day is no instant"),
        (cells.instant(), "2026-01-31T14Z", "unreadable_date", "no minutes"),
        (cells.instant(), "yesterday", "unreadable_date", "a word"),
        (cells.currency(), "US$", "bad_x", "no code"),
        (cells.currency(), "usd", "bad_x", "small letters"),
        (cells.currency(), "ABC", "bad_x", "a code of no currency"),
        (cells.country(), "UK", "bad_x", "a code of no country"),
        (cells.zone(), "Mars/Olympus", "bad_time_zone", "no zone"),
        (cells.zone(), "../etc/passwd", "bad_time_zone", "a path"),
        (cells.zones(), "America/New_York;EST5", "bad_time_zone", "one of two"),
        (cells.zones(), ";", "bad_time_zone", "none at all"),
        (cells.json_object(), "{not json", "bad_x", "no JSON"),
        (cells.json_object(), "[1]", "bad_x", "a list"),
        (cells.json_object(), '{"a": 1, "a": 2}', "bad_x", "a key twice"),
        (cells.json_object(), '{"a": NaN}', "bad_x", "no JSON number"),
        (cells.json_object(), '{"a": 1e999}', "bad_x", "beyond all bounds"),
        (cells.json_object(), '{"a": "\\ud800"}', "bad_x", "half of a surrogate pair"),
        (cells.json_object(), '{"a": "\\u0000"}', "bad_x", "NUL"),
        (cells.json_object(), '{"a":' * 70 + "1" + "}" * 70, "bad_x", "nested deeper than 64"),
        (cells.json_object(), '{"a":' * 3000, "bad_x", "nested beyond what a parser bears"),
        (cells.json_object(10), '{"a": "long"}', "too_long", "too long"),
    ],
)
def test_a_bad_cell_has_the_public_code_of_its_fault(kind: CellType, cell: str, code: str, reason: str) -> None:
    assert code_of(kind, cell) == code, reason


def test_every_country_and_currency_of_the_lists_is_one_that_the_locale_data_knows_too() -> None:
    english = Locale("en")
    assert set(english.territories) >= COUNTRIES
    assert set(english.currencies) >= CURRENCIES
    assert len(COUNTRIES) == 249
