"""Copies of the whole database that can be taken while it is in use, and putting one back.

SQLite is copied with VACUUM INTO, never as a file: a copied file misses what is still in the write-ahead log. PostgreSQL's own programs do
it there. Uploaded files lie outside the database and are not part of the copy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from portal import schema
from portal.db import Database


class CannotCopy(Exception):
    """The copy was not made or not put back; the text says why and what to do."""


def backup(db: Database, target: Path) -> None:
    """Write a consistent copy to `target`, readable by its owner only. Raises CannotCopy; a file that is there is never replaced."""
    if target.exists():
        raise CannotCopy(f"{target} exists. Choose another name: a backup never replaces one.")
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    try:
        if db.sqlite:
            _copy_sqlite(_file_of(db), unfinished)
        else:
            _run("pg_dump", db, "--format=custom", "--no-owner", "--file", str(unfinished))
        unfinished.chmod(0o600)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(db: Database, source: Path) -> None:
    """Replace the whole content of the database by a copy's, at once or not at all. Raises CannotCopy."""
    if not source.is_file():
        raise CannotCopy(f"There is no file {source}.")
    if db.sqlite:
        _put_back_sqlite(source, _file_of(db))
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _run("pg_restore", db, *options, str(source))
    db.dispose()
    if (found := schema.current(db)) != schema.head():
        raise CannotCopy(
            f"The copy is put back. Its schema is {found}, this code needs {schema.head()}: run db upgrade."
        )


def _file_of(db: Database) -> Path:
    return Path(db.url.removeprefix("sqlite:///"))


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise CannotCopy(f"There is no database {source}.")
    with closing(sqlite3.connect(source, timeout=60, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def _put_back_sqlite(source: Path, target: Path) -> None:
    """The backup interface of SQLite locks the database while it is replaced; whoever has it open sees the old or the new content."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        try:
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise CannotCopy(f"{source} is no backup of this portal: {error}.") from error
        if not sound:
            raise CannotCopy(f"{source} is damaged; nothing was changed.")
        with closing(sqlite3.connect(target, timeout=60)) as live:
            copy.backup(live)


def _run(program: str, db: Database, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, where other users cannot read it."""
    found = shutil.which(program)
    if found is None:
        raise CannotCopy(f"{program} is not installed here. Install PostgreSQL's client programs.")
    url = make_url(db.url).set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": str(url.password or ""), "PGCONNECT_TIMEOUT": "15"}
    address = url.set(password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - the program was looked up, and no shell reads the arguments
        [found, "--dbname", address, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotCopy(f"{program} failed: {done.stderr.strip()[-2000:]}")
