"""Rule: when files are due: daily, weekly or monthly, on the bank's business days, by an hour of the bank's clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


class Cadence(StrEnum):
    """How often a file is due."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Due:
    """What is expected: how often, on which day (see `Expectation.day`), by which hour, from which day to which last day."""

    cadence: Cadence
    day: int
    hour: int
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class BankDays:
    """The bank's calendar: its clock, and the days besides Saturdays and Sundays on which it does not work."""

    zone: ZoneInfo
    holidays: Collection[date] = ()

    def is_open(self, day: date) -> bool:
        """True on a day on which the bank works."""
        return day.weekday() < 5 and day not in self.holidays

    def next_open(self, day: date) -> date:
        """The day itself if the bank works then, otherwise the next one on which it does."""
        while not self.is_open(day):
            day += ONE_DAY
        return day

    def at(self, day: date, hour: int) -> datetime:
        """The hour of that day on the bank's clock, in UTC; hour 24 is the end of the day."""
        begin = datetime.combine(day + timedelta(days=hour // 24), time(hour % 24), self.zone)
        return begin.astimezone(UTC)


def due_instants(due: Due, calendar: BankDays, first: date, last: date) -> Iterator[datetime]:
    """When a file is due between two days, both included, in order.

    A weekly file whose weekday is a holiday is due on the next business day; a monthly one on the business day of its number, or on the
    month's last where it has fewer.
    """
    days = {Cadence.DAILY: _daily, Cadence.WEEKLY: _weekly, Cadence.MONTHLY: _monthly}[due.cadence]
    begin, end = max(first, due.valid_from), min(last, due.valid_until or last)
    for day in days(due, calendar, begin, end):
        if begin <= day <= end:
            yield calendar.at(day, due.hour)


def _daily(due: Due, calendar: BankDays, begin: date, end: date) -> Iterator[date]:
    return (day for day in _days(begin, end) if calendar.is_open(day))


def _weekly(due: Due, calendar: BankDays, begin: date, end: date) -> Iterator[date]:
    """From two weeks before, because a file may have been put off into the span by holidays."""
    wanted = (day for day in _days(begin - timedelta(days=14), end) if day.weekday() == due.day)
    yield from sorted({calendar.next_open(day) for day in wanted})


def _monthly(due: Due, calendar: BankDays, begin: date, end: date) -> Iterator[date]:
    month = begin.replace(day=1)
    while month <= end:
        following = (month + timedelta(days=31)).replace(day=1)
        open_days = [day for day in _days(month, following - ONE_DAY) if calendar.is_open(day)]
        if open_days:
            yield open_days[min(due.day, len(open_days)) - 1]
        month = following


def _days(begin: date, end: date) -> Iterator[date]:
    day = begin
    while day <= end:
        yield day
        day += ONE_DAY
