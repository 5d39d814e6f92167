"""Days of the story."""

from __future__ import annotations

import csv
from datetime import date, timedelta

from demo.cast import WEEKS


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, at most the 28th."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, min(day.day, 28))


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def week_of(line: str, at: int, first: date) -> int:
    """Which weekly file a line goes into; a line whose instant cannot be read goes into the last."""
    cell = next(csv.reader([line]))[at][:10]
    try:
        return min(max((date.fromisoformat(cell) - first).days // 7, 0), WEEKS - 1)
    except ValueError:
        return WEEKS - 1
