"""Work of the activity floor: reading what was sent."""

from __future__ import annotations

from portal import files, work
from portal.reports import reading


@work.worker("report.read", max_tries=5, give_up=reading.give_up)
def read_report(job: work.Work) -> None:
    """Read one report: uploads are answered at once and read here, so that no request waits for a million rows."""
    reading.read_report(job, files.store())
