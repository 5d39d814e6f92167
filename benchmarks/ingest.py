"""Activity ingest: from a received upload to committed rows, against a bare COPY (PostgreSQL) or executemany (SQLite).

The floor writes the same sound rows, already typed, into the same table with the same indexes, in one transaction, and checks nothing.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

from sqlalchemy import delete, func, select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kind
from activity.models import Activity
from benchmarks.setting import Stopwatch, database, peak_mb, placed_accounts
from portal import bulk, files, uploads, work
from portal.permissions import SYSTEM
from portal.reports import receiving
from samples.activity import generate
from samples.panel import PlacedAccount, Profile
from samples.tape import read_tape

ROWS = 200_000
FIRST = date(2026, 1, 5)


def main(url: str, folder: Path) -> None:
    tape = [row for row in read_tape("us") if row["hold"] in ("", "none")]
    placed = [PlacedAccount.from_tape(row, date(2026, 1, 4)) for row in tape]
    profile = Profile(rows=ROWS, pace=4.0, repeat_share=0.10, bad_share=0.01)
    text = generate(placed, agency="AGY01", seed=1, first_day=FIRST, last_day=date(2026, 6, 30), profile=profile).body
    db = database(url, folder)
    agency = placed_accounts(
        db, [(row["account_ref"], row["consumer_ref"]) for row in tape], datetime(2026, 1, 4, tzinfo=UTC)
    )
    upload = uploads.store_upload(files.store(), BytesIO(text), "text/csv", "activity.csv", 1 << 31)
    del text, placed, tape
    before = peak_mb()
    with db.transaction() as session:
        receiving.receive(session, SYSTEM, "activity", upload, sender_agency_id=agency)
    ours, floor = Stopwatch(), Stopwatch()
    with ours.running():
        work.drain(db)
    peak = peak_mb()
    columns = [column.name for column in Activity.__table__.columns if column.name != "id"]
    with db.transaction() as session:
        rows = [tuple(row) for row in session.execute(select(*(Activity.__table__.c[name] for name in columns)))]
        accepted = session.scalar(select(func.count()).select_from(Activity))
        session.execute(delete(Activity))
    with floor.running(), db.transaction() as session:
        bulk.insert_rows(session, Activity.__table__, columns, rows)
    print(
        json.dumps(
            {
                "rows": ROWS,
                "accepted": accepted,
                "seconds": round(ours.seconds, 2),
                "floor seconds": round(floor.seconds, 2),
                "ratio": round(ours.seconds / floor.seconds, 2),
                "rows/s": round(ROWS / ours.seconds),
                "peak MB": peak,
                "MB before reading": before,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
