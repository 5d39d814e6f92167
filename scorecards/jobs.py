"""Jobs of the scorecards floor."""

from __future__ import annotations

from portal import clock, jobs
from portal.db import Database
from portal.permissions import SYSTEM
from scorecards import scoring
from scorecards.periods import Period


@jobs.job(
    "score-month",
    cron="30 4 11 * *",
    why="Ten days after a month its late rows are in: every agency gets a draft to review.",
)
def score_month(db: Database) -> str:
    """Score the month that has ended."""
    period = Period.of(clock.today()).later(-1)
    with db.transaction() as session:
        return f"{len(scoring.score_period(session, SYSTEM, period, at=clock.now()))} scorecards of {period}"
