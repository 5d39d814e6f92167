"""Day arithmetic and the reading of single facts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from conduct import days
from conduct.facts import UNKNOWN, as_amount, as_clock, as_day, as_flag, as_instant, as_list, same


def number(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2024-02-29", 12, "2025-03-01"),  # 29 February plus a year is 1 March
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-01-31", 1, "2026-03-01"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-15", -3, "2025-12-15"),
    ],
)
def test_months_are_added_by_the_calendar(day: str, months: int, expected: str) -> None:
    assert days.iso(days.add_months(number(day), months)) == expected


@pytest.mark.parametrize(
    ("day", "count", "holidays", "expected"),
    [
        ("2026-06-01", 10, (), "2026-06-15"),  # the day itself is not counted
        ("2026-09-04", 5, ("2026-09-07",), "2026-09-14"),
        ("2026-06-05", 1, (), "2026-06-08"),  # Friday to Monday
        ("2026-06-06", 1, (), "2026-06-08"),
    ],
)
def test_business_days_leave_out_weekends_and_listed_holidays(
    day: str, count: int, holidays: tuple[str, ...], expected: str
) -> None:
    closed = {number(one) for one in holidays}
    end = days.add_business_days(number(day), count, closed)
    assert days.iso(end) == expected
    assert days.business_days_between(number(day), end, closed) == count


def test_the_week_begins_on_monday_and_the_month_ends_on_its_last_day() -> None:
    assert days.week(number("2026-06-07")) + 1 == days.week(number("2026-06-08")) == days.week(number("2026-06-14"))
    assert days.weekday(number("2026-06-08")) == 0
    assert days.iso(days.month_end(number("2024-02-10"))) == "2024-02-29"
    assert days.iso(days.month_end(number("2026-12-01"))) == "2026-12-31"


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (as_day, "2026-06-01", number("2026-06-01")),
        (as_day, "2026-06-01T23:00:00-04:00", number("2026-06-01")),
        (as_day, "soon", UNKNOWN),
        (as_instant, "2026-06-01T10:00:00", UNKNOWN),  # an instant without an offset is none
        (as_instant, "2026-06-01T10:00:00Z", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        (as_amount, "10.10", Decimal("10.10")),
        (as_amount, 0.1, Decimal("0.1")),
        (as_amount, "NaN", UNKNOWN),
        (as_amount, True, UNKNOWN),
        (as_flag, "Yes", True),
        (as_flag, "perhaps", UNKNOWN),
        (as_clock, "08:00", 28_800),
        (as_clock, "24:00", 86_400),
        (as_clock, "24:01", UNKNOWN),
        (as_list, "A2; A3;", ("A2", "A3")),
        (as_list, {"due": True, "fixed": "no"}, ("due",)),
    ],
)
def test_a_fact_is_read_in_any_spelling(read: object, value: object, expected: object) -> None:
    assert read(value) == expected  # type: ignore[operator]


@pytest.mark.parametrize("read", [as_day, as_instant, as_amount, as_flag, as_clock, as_list])
def test_unknown_stays_unknown_and_none_stays_none(read: object) -> None:
    assert read(UNKNOWN) is UNKNOWN  # type: ignore[operator]
    assert read(None) is None  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("yes", True, True),
        ("no", True, False),
        ("13", 13, True),
        (UNKNOWN, False, False),
        (None, False, False),
        ("maybe", False, False),
    ],
)
def test_two_values_mean_the_same_whatever_their_spelling(value: object, wanted: object, expected: bool) -> None:
    assert same(value, wanted) is expected
