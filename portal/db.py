"""The database: one Base, two engines on SQLite, one transaction per request or job step.

`Database.transaction()` and `Database.reading()` are the only places where a transaction begins, and the only place where one
commits; a house test keeps it so. On SQLite a transaction that may write starts with BEGIN IMMEDIATE: with the driver's own
deferred transactions 348 of 400 concurrent read-modify-writes were lost without an error. Reads use an engine of their own
that cannot write, so that they never queue behind the writer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from portal.errors import Conflict
from portal.links import CONNECT_S, KEEPALIVE, WatchedConnection
from portal.types import BigNumber, Money, UTCDateTime

Result = TypeVar("Result")
PATIENT_S = 600  # statements of jobs may take longer than those that a person waits for

# Names of constraints are fixed by convention, so that a migration can always find the constraint it changes.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every model of every floor."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UTCDateTime, Decimal: Money, int: BigNumber}


class Database:
    """Engines and the transactions on them. One per process; safe to share between threads."""

    def __init__(self, url: str, *, statement_timeout_s: int = 30) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            self.writer, self.reader = _sqlite_engine(url, "IMMEDIATE"), _sqlite_engine(url, "DEFERRED")
        else:
            self.writer = self.reader = _postgres_engine(url, statement_timeout_s)
        self._write = sessionmaker(self.writer, expire_on_commit=False)
        self._read = sessionmaker(
            self.reader if self.sqlite else self.reader.execution_options(postgresql_readonly=True),
            expire_on_commit=False,
        )

    def open(self, *, write: bool) -> Session:
        """A session that the caller must close; prefer the context managers."""
        return self._write() if write else self._read()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, undone if it raises."""
        session = self.open(write=True)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A snapshot to read from; writing in it fails."""
        session = self.open(write=False)
        try:
            yield session
        finally:
            session.close()

    def retrying(self, act: Callable[[Session], Result], attempts: int = 3) -> Result:
        """Run `act` in a transaction of its own; again when the link dropped or a deadlock was broken.

        After a dropped link nobody knows whether the commit arrived, so `act` must be keyed: doing it twice must change nothing.
        """
        for attempt in range(1, attempts + 1):
            try:
                with self.transaction() as session:
                    return act(session)
            except DBAPIError as error:
                if attempt == attempts or not may_heal(error):
                    raise
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        """Close every pooled connection (after a fork, or at the end of a test)."""
        self.writer.dispose()
        if self.sqlite:
            self.reader.dispose()


def may_heal(error: DBAPIError) -> bool:
    """True for a lost connection, a serialization failure or a deadlock: the whole transaction may be tried again."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "55P03", "57P01"}


@contextmanager
def unique_or_conflict(session: Session, message: str, **params: Any) -> Iterator[None]:
    """Flush inside a savepoint and answer a broken uniqueness with Conflict instead of a crash at commit."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        raise Conflict(message, **params) from error


def be_patient(session: Session) -> None:
    """Give the statements of this transaction the time that jobs have: for acts over a million rows that a person waits for."""
    if session.get_bind().dialect.name == "postgresql":
        milliseconds = PATIENT_S * 1000
        session.execute(text(f"SET LOCAL statement_timeout = {milliseconds}"))
        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}"))


# -- one session and one transaction per request -------------------------------------------------------------------------


def init_app(app: Flask, database: Database) -> None:
    """Give every request one session, committed once if the answer is below 400, undone otherwise."""
    app.extensions["database"] = database
    app.after_request(_finish)
    app.teardown_request(_close)
    app.teardown_appcontext(_close)


def database() -> Database:
    """The database of the running app."""
    found: Database = current_app.extensions["database"]
    return found


def session() -> Session:
    """The request's session: reading on GET and HEAD, which therefore cannot change anything, writing otherwise."""
    if "session" not in g:
        g.session = database().open(write=request.method not in ("GET", "HEAD", "OPTIONS"))
    found: Session = g.session
    return found


def end_request(*, commit: bool) -> None:
    """End the request's transaction before the answer is built: for calls that go on after their effect (portal/api)."""
    held: Session | None = g.pop("session", None)
    if held is not None:
        try:
            if commit:
                held.commit()
        finally:
            held.close()


def _finish(response: Response) -> Response:
    held: Session | None = g.get("session")
    if held is not None and held.in_transaction():
        if response.status_code < 400:
            held.commit()
        else:
            held.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    held: Session | None = g.pop("session", None)
    if held is not None:
        held.close()


# -- engines ------------------------------------------------------------------------------------------------------------


def _sqlite_engine(url: str, begin: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 20, "check_same_thread": False}, pool_size=8, max_overflow=24)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        # The log goes back into the file every 32 MB instead of every 4: large loads write most pages of their indexes many times.
        # FULL: the last commits survive a power cut; money is in here. WAL: readers and the writer do not wait for each other.
        pragmas = [
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=20000",
            "cache_size=-65536",
            "wal_autocheckpoint=8192",
        ]
        for pragma in pragmas if begin == "IMMEDIATE" else [*pragmas[2:], "query_only=ON"]:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(f"BEGIN {begin}")

    return engine


def _postgres_engine(url: str, statement_timeout_s: int) -> Engine:
    options = (
        f"-c timezone=UTC -c statement_timeout={statement_timeout_s * 1000} -c lock_timeout=20000 "
        "-c idle_in_transaction_session_timeout=120000"
    )
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_size=8,
        max_overflow=24,
        connect_args={"options": options, "connect_timeout": CONNECT_S, **KEEPALIVE},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, given: Any, named: Any) -> WatchedConnection:
        return WatchedConnection.connect(*given, **named)

    return engine
