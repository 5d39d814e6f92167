"""Trials in which the disk is full for a while, at any moment: nothing is kept by half, callers are told, and all goes on afterwards."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.faults import story
from tests.faults.callers import Server
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.striking_readers import finish, outcome, reader
from tests.faults.striking_web import struck
from tests.ledger import books

Outcome = dict[str, Any]
PLACE = Path(tempfile.gettempdir()) / f"placewell-disk-{os.getpid()}"  # where PostgreSQL's own user may enter
FULL = (
    "(sqlite3.OperationalError) database or disk is full",
    "(psycopg.errors.DiskFull)",
)  # in the log of the jobs process


def full_while_reading(url: str, folder: Path, *, strikes: int, seed: int, rows: int = 20_000) -> Outcome:
    """Fill the disk with the database while a jobs process writes tables; the reports go on when there is room again."""
    rng, told = random.Random(seed), list[list[story.File]]()
    with small_disk(PLACE) as disk, lying_on(disk, url) as url, books.opened(db := story.prepare(url), folder):
        with reader(url, folder, lease=3):
            while disk.fills < strikes:
                if not story.waiting(db):
                    told.append(story.chapter(seed, len(told), rows, is_at_once=True))
                    story.send(db, told[-1])
                time.sleep(rng.uniform(0, 0.3))
                if story.waiting(db):
                    with disk.full(left=rng.choice((0, 0, rng.randrange(1 << 16)))):
                        time.sleep(rng.uniform(0.2, 1))
                    story.hurry(db)
        finish(url, folder, lease=3)
        found = outcome(db, folder, told, seed=seed, strikes=disk.fills)
    log = (folder / "readers.log").read_text()
    met = sum(log.count(words) for words in FULL)
    if not met:
        found["differences"]["the disk"] = "it was never found full: nothing was tried"
    return found | {"times it was found full": met}


@contextmanager
def lying_on(disk: SmallDisk, url: str) -> Iterator[str]:
    """The URL of this empty database on the disk: a file of SQLite's there, or PostgreSQL's own moved into a tablespace there."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        yield f"sqlite:///{disk.folder / 'portal.db'}"
        return
    space = disk.folder / "space"
    space.mkdir()
    server = address.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as admin:
        row = admin.execute("SELECT current_setting('data_directory')").fetchone()
        owner = os.stat(row[0] if row else "")
        os.chown(space, owner.st_uid, owner.st_gid)
        admin.execute(f"CREATE TABLESPACE small LOCATION '{space}'")  # type: ignore[arg-type]
        admin.execute(f'ALTER DATABASE "{address.database}" SET TABLESPACE small')  # type: ignore[arg-type]
        try:
            yield url
        finally:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (address.database,)
            )
            admin.execute(f'ALTER DATABASE "{address.database}" SET TABLESPACE pg_default')  # type: ignore[arg-type]
            admin.execute("DROP TABLESPACE small")


def full_while_receiving(folder: Path, *, strikes: int, seed: int) -> Outcome:
    """Fill the disk with database and uploads while programs send files: each is told 507 and repeats itself until it is taken, once."""
    with small_disk(PLACE) as disk:
        url = f"sqlite:///{disk.folder / 'portal.db'}"

        def strike(_struck: Server, rng: random.Random) -> bool:
            time.sleep(rng.uniform(0, 0.4))
            with disk.full(left=rng.choice((0, 0, rng.randrange(1 << 16)))):
                time.sleep(rng.uniform(0.2, 0.8))
            return disk.fills < strikes

        found, calls = struck(url, url, disk.folder, seed, strike, logs=folder)
        kept = sum(path.is_file() for path in (disk.folder / "uploads").rglob("*"))
    wrong = found["differences"]
    if kept != len(calls):
        wrong["files in the store"] = f"{kept} instead of {len(calls)}"
    refused = {status for call in calls for status in call.faults}
    if not any(status == 507 for status, _ in refused):
        wrong["the disk"] = "nobody was told that it is full"
    if odd := {one for one in refused if one != (507, "application/problem+json")}:
        wrong["told otherwise"] = repr(sorted(odd))
    return found | {"fills": disk.fills, "refused for want of room": sum(len(call.faults) for call in calls)}
