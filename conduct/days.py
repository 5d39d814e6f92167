"""Arithmetic with calendar days, which are numbers here (`date.toordinal`) so that counting and comparing stay cheap.

The event day is never counted ("within 5 days" of the 1st ends on the 6th), and 29 February plus a year is 1 March.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date, timedelta

SECONDS_A_DAY = 86_400


def weekday(day: int) -> int:
    """Monday is 0, Sunday is 6."""
    return (day + 6) % 7


def week(day: int) -> int:
    """A number that all days of one Monday-to-Sunday week share."""
    return (day - 1) // 7


def month(day: int) -> tuple[int, int]:
    """Year and month of the day."""
    found = date.fromordinal(day)
    return found.year, found.month


def month_end(day: int) -> int:
    """The last day of the day's month."""
    found = date.fromordinal(day)
    following = date(found.year + found.month // 12, found.month % 12 + 1, 1)
    return (following - timedelta(days=1)).toordinal()


def add_months(day: int, months: int) -> int:
    """The same day of a later (or, with a negative count, earlier) month.

    A day the other month lacks becomes the first of the month after it: 31 January plus a month is 1 March.
    """
    found = date.fromordinal(day)
    years, index = divmod(found.year * 12 + found.month - 1 + months, 12)
    try:
        return date(years, index + 1, found.day).toordinal()
    except ValueError:
        return month_end(date(years, index + 1, 1).toordinal()) + 1


def add_years(day: int, years: int) -> int:
    """The same day some years later; 29 February becomes 1 March in a year that has none."""
    return add_months(day, 12 * years)


def is_business_day(day: int, holidays: Container[int]) -> bool:
    """Not a Saturday, a Sunday or a listed holiday."""
    return weekday(day) < 5 and day not in holidays


def add_business_days(day: int, count: int, holidays: Container[int]) -> int:
    """The day on which the count of business days after `day` is complete; the day itself is not counted."""
    while count:
        day += 1
        count -= is_business_day(day, holidays)
    return day


def business_days_between(start: int, end: int, holidays: Container[int]) -> int:
    """Business days after `start` up to and including `end`; negative when `end` lies before `start`."""
    if end < start:
        return -business_days_between(end, start, holidays)
    return sum(is_business_day(day, holidays) for day in range(start + 1, end + 1))


def add(day: int, count: int, unit: str, holidays: Container[int] = ()) -> int:
    """The day that lies `count` units later; the unit is days, business_days, months or years."""
    if unit == "days":
        return day + count
    if unit == "business_days":
        return add_business_days(day, count, holidays)
    return add_months(day, count if unit == "months" else 12 * count)


def iso(day: int) -> str:
    """The day as people write it, YYYY-MM-DD."""
    return date.fromordinal(day).isoformat()


def clock(second: int) -> str:
    """Seconds since midnight as HH:MM:SS."""
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
