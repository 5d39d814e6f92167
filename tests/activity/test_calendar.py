"""When files are due."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from activity.calendar import BankDays, Cadence, Due, due_instants

NEW_YORK = BankDays(ZoneInfo("America/New_York"), frozenset({date(2026, 11, 26), date(2026, 12, 25)}))


def due(cadence: Cadence, day: int = 0, hour: int = 18, since: str = "2026-01-01", until: str | None = None) -> Due:
    return Due(cadence, day, hour, date.fromisoformat(since), date.fromisoformat(until) if until else None)


@pytest.mark.parametrize(
    ("wanted", "first", "last", "instants", "reason"),
    [
        (due(Cadence.DAILY), "2026-11-25", "2026-11-30", ["11-25T23", "11-27T23", "11-30T23"], "not on Thanksgiving, nor at the weekend"),
        (due(Cadence.DAILY, since="2026-11-27"), "2026-11-23", "2026-11-27", ["11-27T23"], "not before it is expected"),
        (due(Cadence.DAILY, until="2026-11-23"), "2026-11-23", "2026-11-27", ["11-23T23"], "not after it is expected"),
        (due(Cadence.WEEKLY, 3), "2026-11-16", "2026-12-04", ["11-19T23", "11-27T23", "12-03T23"], "a holiday puts it off to the next business day"),
        (due(Cadence.WEEKLY, 3), "2026-11-27", "2026-11-27", ["11-27T23"], "put off into the span from before it"),
        (due(Cadence.MONTHLY, 1), "2026-10-15", "2026-12-31", ["11-02T23", "12-01T23"], "the first business day"),
        (due(Cadence.MONTHLY, 23), "2026-11-01", "2026-11-30", ["11-30T23"], "a month with fewer business days has it on the last"),
        (due(Cadence.DAILY, hour=24), "2026-11-23", "2026-11-23", ["11-24T05"], "hour 24 is the end of the day"),
        (due(Cadence.DAILY), "2026-07-01", "2026-07-01", ["07-01T22"], "by the bank's clock, in summer too"),
    ],
)  # fmt: skip
def test_files_are_due_on_business_days_by_the_banks_clock(
    wanted: Due, first: str, last: str, instants: list[str], reason: str
) -> None:
    found = due_instants(wanted, NEW_YORK, date.fromisoformat(first), date.fromisoformat(last))
    assert [one.strftime("%m-%dT%H") for one in found] == instants, reason
