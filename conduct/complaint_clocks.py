"""Rule: by when a complaint should be answered, from the data in `complaint_clocks.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from conduct.dossier import Account
from conduct.places import covers

CLOCKS = Path(__file__).with_name("complaint_clocks.toml")


@dataclass(frozen=True, slots=True)
class Clock:
    """The term of one place and where it is written."""

    jurisdiction: str
    days: int
    citation: str


def clock_of(jurisdiction: str) -> Clock:
    """The term that holds for accounts of this place; the bank's own where the place sets none or is unknown."""
    fitting = [clock for clock in _clocks() if covers(clock.jurisdiction, jurisdiction)]
    return max(fitting, key=lambda clock: 0 if clock.jurisdiction == "*" else len(clock.jurisdiction))


def due_on(received_at: datetime, jurisdiction: str, time_zone: str | None) -> date:
    """The last day for the answer: the local day the complaint came in, which is not counted, and the days of the place."""
    zones = Account("", jurisdiction, {"time_zone": time_zone}).zones
    local = received_at.astimezone(zones[0]) if zones else received_at
    return local.date() + timedelta(days=clock_of(jurisdiction).days)


@lru_cache(maxsize=1)
def _clocks() -> tuple[Clock, ...]:
    told = tomllib.loads(CLOCKS.read_text(encoding="utf-8"))["clock"]
    return tuple(Clock(**entry) for entry in told)
