"""Activity ingest: from an accepted upload to committed rows, against a bare COPY (PostgreSQL) or executemany (SQLite).

Rounds of ours and of the floor take turns in one run. Ours is a worker in a process of its own, whose peak memory is its own. The floor
writes the sound rows, ready in the driver's form, into the same emptied table with the same indexes in one transaction, and checks
nothing. Beside it the usual pandas script, and the worker's memory at a small and at a large file.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, text

from activity.models import Activity, ActivityCount
from benchmarks import feed
from benchmarks.setting import Stopwatch, database, in_child, placed_accounts, ratio
from portal import files, uploads
from portal.db import Database
from portal.permissions import SYSTEM
from portal.reports import receiving

ROWS, ROUNDS, SMALL, LARGE = 100_000, 3, 100_000, 500_000
FULL_ROWS, FULL_LARGE = 1_000_000, 5_000_000
COLUMNS = ", ".join(f'"{column.name}"' for column in Activity.__table__.columns if column.name != "id")


def main(url: str, folder: Path, full: bool) -> None:
    rows, large = (FULL_ROWS, FULL_LARGE) if full else (ROWS, LARGE)
    db = database(url, folder)
    agency = placed_accounts(db, [(row["account_ref"], row["consumer_ref"]) for row in feed.tape()], feed.PLACED_AT)
    ours, floor, accepted = [], [], 0
    in_child("benchmarks.feed", folder / "feed.csv", rows)
    for number in range(ROUNDS):
        _receive(db, folder / "feed.csv", agency, number)
        ours.append(in_child("benchmarks.reader", url, folder)["seconds"])
        with db.reading() as session:
            accepted = session.scalar(select(func.count()).select_from(Activity)) or 0
        floor.append(_bare(db))
        _empty(db)
    report = _receive(db, folder / "feed.csv", agency, ROUNDS)
    peer = in_child("benchmarks.pandas_script", url, folder / "feed.csv", agency, report)
    in_child("benchmarks.reader", url, folder)  # what the script did not read
    _empty(db)
    peaks = {}
    for size in (SMALL, large):
        in_child("benchmarks.feed", folder / "feed.csv", size)
        _receive(db, folder / "feed.csv", agency, ROUNDS + 1)
        peaks[size] = in_child("benchmarks.reader", url, folder)
        _empty(db)
    best = min(ours)
    print(json.dumps({
        "rows": rows, "accepted": accepted, "ratio to the floor": ratio(ours, floor), "seconds": f"{best:.1f}",
        "floor seconds": f"{min(floor):.1f}", "rows/s": round(rows / best), "pandas takes": f"{peer['seconds'] / best:.1f} times as long",
        "pandas peak MB": peer["peak"], **{f"peak MB at {size}": told["peak"] for size, told in peaks.items()},
        "MB before reading": peaks[SMALL]["before"],
    }))  # fmt: skip


def _receive(db: Database, path: Path, agency: int, number: int) -> int:
    """Send the file in; the empty lines at its end make other bytes of it each time."""
    with path.open("ab") as file:
        file.write(b"\n" * number)
    with path.open("rb") as file:
        upload = uploads.store_upload(files.store(), file, "text/csv", "activity.csv", 1 << 31)
    with db.transaction() as session:
        return receiving.receive(session, SYSTEM, "activity", upload, sender_agency_id=agency).id


def _empty(db: Database) -> None:
    with db.transaction() as session:
        if db.sqlite:
            session.execute(delete(ActivityCount))
            session.execute(delete(Activity))
        else:
            session.execute(text("TRUNCATE activity, activity_count CASCADE"))


def _bare(db: Database) -> float:
    """Seconds for the same rows without a check, from the driver's own form."""
    watch = Stopwatch()
    ready = _taken_out(db)
    _empty(db)
    with watch.running(), db.transaction() as session:
        raw: Any = session.connection().connection.driver_connection
        if db.sqlite:
            marks = ", ".join("?" * len(ready[0]))
            raw.cursor().executemany(f"INSERT INTO activity ({COLUMNS}) VALUES ({marks})", ready)
        else:
            with raw.cursor() as cursor, cursor.copy(f"COPY activity ({COLUMNS}) FROM STDIN") as copy:
                for block in ready:
                    copy.write(block)
    return watch.seconds


def _taken_out(db: Database) -> list[Any]:
    """The stored rows in the order they came, as blocks of COPY text or as the driver's tuples."""
    with db.reading() as session:
        raw: Any = session.connection().connection.driver_connection
        if db.sqlite:
            return list(raw.cursor().execute(f"SELECT {COLUMNS} FROM activity ORDER BY id"))
        whole = BytesIO()
        with (
            raw.cursor() as cursor,
            cursor.copy(f"COPY (SELECT {COLUMNS} FROM activity ORDER BY id) TO STDOUT") as copy,
        ):
            for block in copy:
                whole.write(block)
        body = whole.getvalue()
        return [body[at : at + (1 << 17)] for at in range(0, len(body), 1 << 17)]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), "--full" in sys.argv)
