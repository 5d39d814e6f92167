"""Work and jobs of the activity floor: reading what was sent, asking for what was not, obeying what people said, and finding what nobody works."""

from __future__ import annotations

from activity import feed, feed_queries, holding, idle
from portal import clock, files, jobs, work
from portal.db import Database
from portal.reports import reading


@work.worker("report.read", max_tries=5, give_up=reading.give_up)
def read_report(job: work.Work) -> None:
    """Read one report: uploads are answered at once and read here, so that no request waits for a million rows."""
    reading.read_report(job, files.store())


@jobs.job(
    "feeds.review",
    cron="25 * * * *",
    why="A file that does not come is asked for while it can still be had, and the grade of an agency's feed follows what it sends.",
)
def review_feeds(db: Database) -> str:
    """Look at every agency's deadlines, one transaction an agency."""
    with db.reading() as session:
        agencies = feed_queries.agencies_expected(session)
    for agency in agencies:
        with db.transaction() as session:
            feed.review(session, session.merge(agency, load=True), at=clock.now())
    return f"{len(agencies)} agencies"


@jobs.job(
    "holds-from-reports",
    cron="50 3 * * *",
    why="What a person told an agency stops collection, also where its report was read before the portal knew this kind of statement.",
)
def open_missing_holds(db: Database) -> str:
    """Open the holds that reports of any age call for and that were never opened."""
    with db.transaction() as session:
        return f"{holding.open_missing_holds(session, at=clock.now())} holds"


@jobs.job(
    "recalls.propose-idle",
    cron="40 5 * * *",
    why="An account that nobody works is better elsewhere; only its activity tells.",
)
def propose_idle(db: Database) -> str:
    """Propose to recall what nobody works."""
    with db.transaction() as session:
        return f"{idle.propose_idle(session, at=clock.now())} idle"
