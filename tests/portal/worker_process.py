"""A process for the tests of queue and schedule, made to be killed: `python -m tests.portal.worker_process URL work|jobs`.

It does work of the kind `test.steps` in five steps. Every step counts itself in the same transaction as the progress, so that a step lost
or done twice shows afterwards. Counters are rows of rate_bucket, the plainest table of the foundation.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, timedelta

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import clock, jobs, work
from portal.db import Database
from portal.limits import Bucket

STEPS = 5


def count(session: Session, name: str) -> None:
    """Add one to a counter."""
    if not session.execute(update(Bucket).where(Bucket.name == name).values(tokens=Bucket.tokens + 1)).rowcount:  # type: ignore[attr-defined]
        session.add(Bucket(name=name, tokens=1.0, filled_at=clock.real_now()))


@work.worker("test.steps", max_tries=1000)
def five_steps(item: work.Work) -> None:
    """Five steps, each counted; goes on where the one before ended."""
    done = 0
    while done < STEPS:
        with item.step(last=done == STEPS - 1) as session:
            mark = session.get(Bucket, f"mark:{item.subject}")
            if mark is None:
                mark = Bucket(name=f"mark:{item.subject}", tokens=0.0, filled_at=clock.real_now())
                session.add(mark)
            done = int(mark.tokens) + 1
            mark.tokens = float(done)
            count(session, f"step:{item.subject}:{done}")
            time.sleep(0.001)


@jobs.job("test.tick", cron="* * * * *", why="To be counted.")
def tick(db: Database) -> str:
    """Count one tick."""
    with db.transaction() as session:
        count(session, "ticks")
    return "ticked"


def main(url: str, what: str) -> None:
    db = Database(url)
    if what == "work":
        while True:
            work.release_dead(db)
            if not work.drain(db):
                time.sleep(0.02)
    # One tick a second instead of a minute, and a leadership that runs out soon.
    CronTrigger.from_crontab = classmethod(lambda cls, expr, timezone=None: cls(second="*", timezone=timezone))  # type: ignore[method-assign]
    jobs.LEADERSHIP = timedelta(seconds=1.5)
    jobs.JobsProcess(db, UTC, poll_s=0.1, tick_s=1).start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
