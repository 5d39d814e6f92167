"""Rule: what the clock showed where the person was."""

from __future__ import annotations

from datetime import datetime

from conduct.dossier import Account, zones


def local_time(
    instant: datetime, time_zones: str | None, jurisdiction: str, account_zone: str | None
) -> datetime | None:
    """The instant on the person's clock, in the first zone that was reported for the row, else the account's, else the one
    zone of the country. None where no zone is known.
    """
    facts = {"time_zone": account_zone} if account_zone else {}
    known = (zones(time_zones) if time_zones else ()) or Account("", jurisdiction, facts).zones
    return instant.astimezone(known[0]) if known else None
