"""No room, or no database: it passes, so it is said with when to try again, keeps nothing by half and costs no work a try."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal import clock, links, work
from portal.db import Database, may_heal, session
from portal.shortages import Away, NoRoom, Shortage, shortage_of
from portal.work import WorkItem, WorkState
from tests.clients import PageClient
from tests.faults.proxy import through_proxy
from tests.postgres import Postgres


def raised_by(db: Database, *statements: str) -> Exception:
    """What the last of these statements raises, in one transaction."""
    with db.open(write=True) as session:
        for statement in statements[:-1]:
            session.execute(text(statement))
        with pytest.raises(DBAPIError) as raised:
            session.execute(text(statements[-1]))
    db.dispose()
    return raised.value


def of_sqlite(statement: str) -> Exception:
    """What SQLite says to a statement in a database that may not grow."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/heap.db")
        return raised_by(db, "CREATE TABLE heap (cell)", "PRAGMA max_page_count = 2", statement)


def of_nobody() -> Exception:
    """What is raised where no server listens."""
    return raised_by(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), "SELECT 1")


CASES: list[tuple[str, Callable[[], Exception], type[Shortage] | None]] = [
    ("the disk of the files is full", lambda: OSError(errno.ENOSPC, "full"), NoRoom),
    ("the share of this user is used up", lambda: OSError(errno.EDQUOT, "quota"), NoRoom),
    ("a file that may not be written is a fault of ours", lambda: OSError(errno.EACCES, "no"), None),
    ("the disk of the database is full", lambda: of_sqlite("INSERT INTO heap VALUES (zeroblob(100000))"), NoRoom),
    ("a statement that is wrong stays wrong", lambda: of_sqlite("SELECT no_such_column FROM heap"), None),
    ("no server listens", of_nobody, Away),
    ("anything else", lambda: ValueError("no"), None),
]


@pytest.mark.parametrize(("reason", "error", "found"), CASES, ids=[case[0] for case in CASES])
def test_what_passes_by_itself(reason: str, error: Callable[[], Exception], found: type[Shortage] | None) -> None:
    assert type(shortage_of(error())) is (found or type(None))


def test_a_statement_that_takes_too_long_is_no_shortage(postgres: Postgres) -> None:
    db = Database(postgres.base + "postgres")
    assert shortage_of(raised_by(db, "SET LOCAL statement_timeout = 10", "SELECT pg_sleep(5)")) is None


def test_a_page_says_it_too(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    @app.get("/test/full")
    def full() -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    full.permission = "public"  # type: ignore[attr-defined]
    page = client.get("/test/full", 507)
    assert "No room is left" in page.text


def test_a_page_whose_commit_meets_it_says_it_too(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite asks for room only when it commits, which is after the page was made."""

    @app.get("/test/late")
    def late() -> str:
        session().execute(text("SELECT 1"))
        return "done"

    late.permission = "public"  # type: ignore[attr-defined]
    full = of_sqlite("INSERT INTO heap VALUES (zeroblob(100000))")

    def refuse(_session: Session) -> None:
        raise full

    monkeypatch.setattr(Session, "commit", refuse)
    page = client.get("/test/late", 507)
    assert page.headers["Retry-After"] == "30"
    assert "done" not in page.text


def test_work_that_met_a_shortage_loses_no_try(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "WORKERS", dict(work.WORKERS))
    is_full = True

    @work.worker("test.full", max_tries=2)
    def write(_item: work.Work) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")

    with db.transaction() as session:
        work.enqueue(session, "test.full", 1)
    for _ in range(5):
        begun = clock.real_now()
        assert work.drain(db) == 0
        with db.transaction() as session:
            item = session.scalars(select(WorkItem)).one()
            assert (item.state, item.failures) == (WorkState.QUEUED, 0)
            assert item.due_at - begun >= timedelta(seconds=29), "it waits for room"
            session.execute(update(WorkItem).values(due_at=begun))
    is_full = False
    assert work.drain(db) == 1


def test_a_link_that_is_quiet_because_the_server_works_is_waited_for(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "QUIET_S", 0.2)
    db = Database(postgres.base + "postgres")
    with db.reading() as session:
        assert session.execute(text("SELECT 7 FROM pg_sleep(1.2)")).scalar_one() == 7
    db.dispose()


def test_a_link_that_swallows_everything_is_given_up_and_its_session_ended(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "QUIET_S", 0.2)
    watching = Database(postgres.base + "postgres")
    with through_proxy(postgres.base + "postgres") as (proxy, through):
        db = Database(through)
        with db.open(write=True) as session:
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            proxy.swallow()
            with pytest.raises(DBAPIError) as raised:
                session.execute(text("SELECT 1"))
        assert isinstance(raised.value.orig, links.DeadLink)
        assert may_heal(raised.value)
        assert isinstance(shortage_of(raised.value), Away)
        gone = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        with watching.reading() as session:
            assert session.execute(gone, {"pid": pid}).scalar_one() == 0, "its locks are free"
        with db.reading() as session:
            assert session.execute(text("SELECT 7")).scalar_one() == 7, "the next transaction has a new link"
        db.dispose()
    watching.dispose()
