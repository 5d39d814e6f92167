"""A worker that reads what waits, in a process of its own: its seconds and its peak memory. `python -m benchmarks.reader URL FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
from benchmarks.setting import Stopwatch, opened, peak_mb
from portal import work

if __name__ == "__main__":
    db = opened(sys.argv[1], Path(sys.argv[2]))
    watch, before = Stopwatch(), peak_mb()
    with watch.running():
        work.drain(db)
    print(json.dumps({"seconds": watch.seconds, "peak": peak_mb(), "before": before}))
