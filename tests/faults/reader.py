"""A jobs process to be killed and frozen: `python -m tests.faults.reader URL FOLDER CHUNK LEASE [once] [impatient]`.

The real process on the floors that the trials use, with small chunks and a short lease so that every fault has many places to strike. It
says "ready" when it begins; with `once` it ends when nothing waits, and `impatient` it asks about a link that is quiet for half a second. It imports little, because it is started hundreds of times.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from sqlalchemy import select

from activity import jobs as activity_jobs
from activity import kinds_of_file as activity_kinds
from activity.events import ReportAccepted
from ledger import jobs as ledger_jobs
from ledger import kinds_of_file as ledger_kinds
from portal import events, files, jobs, links, work
from portal.db import Database
from portal.reports import reading

REGISTERED = (activity_jobs, activity_kinds, ledger_kinds)  # importing them makes workers and kinds of file known


def main(url: str, folder: str, chunk: str, lease: str, *how: str) -> None:
    reading.CHUNK, work.LEASE = int(chunk), timedelta(seconds=float(lease))
    if "impatient" in how:
        links.QUIET_S = 0.5
    for (
        kind,
        found,
    ) in (
        work.WORKERS.items()
    ):  # on a busy machine a life may be too short to get on, many times in a row; that is no poison
        work.WORKERS[kind] = replace(found, max_tries=1_000_000)
    files.use(files.FileStore(Path(folder) / "uploads"))
    events.wire([(ReportAccepted, ledger_jobs.on_report)])
    process = jobs.JobsProcess(Database(url), UTC, poll_s=0.05)
    print("ready", flush=True)  # noqa: T201
    if "once" not in how:
        process.start()
    while _waits(process.db):
        work.release_dead(process.db)
        if not work.drain(process.db):
            process.stop.wait(0.05)


def _waits(db: Database) -> bool:
    with db.reading() as session:
        open_items = select(work.WorkItem.id).where(
            work.WorkItem.state.in_((work.WorkState.QUEUED, work.WorkState.RUNNING))
        )
        return session.scalars(open_items).first() is not None


if __name__ == "__main__":
    main(*sys.argv[1:])
