"""Rule: how long a document counts at most, when a licence is renewed in its place, and when a verified credential is looked at again.

The figures are data: `catalogue/cycles.toml`, and the column `renewal` of the licensing table.
"""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from agencies.catalogue import licensing
from portal.errors import N_, Invalid

MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
SEASON = re.compile(r"\b([A-Z][a-z]{2}) (\d{1,2})\b(?: (odd|even) years)?")


def last_day(code: str, valid_from: date, valid_until: date | None) -> date | None:
    """The last day of a document that was sent in: its own, or the last one the catalogue lets it count.

    Raises Invalid where its own lies later than that.
    """
    longest = longest_until(code, valid_from)
    if longest is None or (valid_until is not None and valid_until <= longest):
        return valid_until
    if valid_until is None:
        return longest
    message = N_("Such a document does not count that long. Enter an earlier last day, or none.")
    raise Invalid(message, fields={"valid_until": message})


def longest_until(code: str, valid_from: date) -> date | None:
    """The last day on which a document of this type can count; None where nothing is known."""
    if days := _cycles()["life_days"].get(code):
        return valid_from + timedelta(days=days)
    if months := _cycles()["life_months"].get(code):
        return months_after(valid_from, months) - timedelta(days=1)
    return None


def look_again_on(code: str, jurisdiction: str, day: date, valid_until: date | None) -> date | None:
    """The day by which a credential looked at on `day` is looked at again; None where it runs out before.

    A licence of a place with a renewal season is looked at on the day after the season at the latest.
    """
    cycle = _cycles()["look_again_months"]
    due = months_after(day, cycle.get(code, cycle["default"]))
    season = next_renewal(jurisdiction, day) if code == "us.licence" else None
    due = due if season is None else min(due, season + timedelta(days=1))
    return None if valid_until is not None and valid_until < due else due


def next_renewal(jurisdiction: str, day: date) -> date | None:
    """The next day, from this one on, by which this place's licences are renewed; None where the table names no day of the year."""
    row = licensing().get(jurisdiction)
    found = SEASON.search(row.renewal) if row else None
    if found is None or found[1] not in MONTHS:
        return None
    for year in range(day.year, day.year + 3):
        season = date(year, MONTHS[found[1]], int(found[2]))
        fits = found[3] is None or (year % 2 == 1) == (found[3] == "odd")
        if fits and season >= day:
            return season
    return None


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@cache
def _cycles() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "catalogue" / "cycles.toml").read_text(encoding="utf-8"))
