"""Scheduled jobs of the agencies floor."""

from __future__ import annotations

from agencies import lapsing
from portal import clock
from portal.db import Database
from portal.jobs import job


@job(
    "credentials.lapse",
    cron="7 1 * * *",
    why="A licence that runs out unnoticed stops placements; agency and bank hear of it 90, 60, 30, 7 and 0 days before.",
)
def lapse(db: Database) -> str:
    """Mark what ran out, and give notice of what soon will."""
    day = clock.today()
    with db.transaction() as session:
        expired = lapsing.expire(session, day)
    with db.transaction() as session:
        return f"{expired} expired, {lapsing.give_notice(session, day)} notices"
