"""The commands: what they print for programs, what they say to people, and how they end."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from portal import audit, clock, invitations, jobs, keys, mail, schema
from portal.config import Settings
from portal.db import Database
from portal.people import ApiKey, Role, User
from portal.permissions import SYSTEM
from tests import factories
from tests.portal.test_audit import record, unprotect
from tests.postgres import BIN

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Result]


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["database"]
    return found


@pytest.fixture
def run(app: Flask) -> Run:
    """Runs `flask …` and expects a status."""

    def command(*arguments: str, status: int = 0) -> Result:
        result = app.test_cli_runner().invoke(args=list(arguments))
        assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
        return result

    return command


# -- people and keys -----------------------------------------------------------------------------------------------------


def test_users_add_prints_the_link_alone(run: Run, database: Database, settings: Settings) -> None:
    printed = run("users", "add", "Boss@Bank.Example", "--role", "admin").stdout
    base, token = printed.strip().rsplit("/invitation/", 1)
    assert printed == f"{settings.base_url}/invitation/{token}\n"
    assert base == settings.base_url
    assert invitations.guest_of(database, token, at=clock.now()).email == "boss@bank.example"


def test_users_add_for_an_agency(run: Run, database: Database) -> None:
    with database.transaction() as session:
        agency = factories.make_agency(session, "AGY31")
    run("users", "add", "li@agency.example", "--role", "agency_user", "--agency", "AGY31", "--name", "Li Na")
    with database.reading() as session:
        user = session.scalars(select(User)).one()
    assert (user.agency_id, user.name) == (agency.id, "Li Na")


@pytest.mark.parametrize("arguments", [
    ("nonsense", "--role", "admin"), ("a@b.example", "--role", "agency_user"), ("a@b.example", "--role", "agency_user", "--agency", "NONE"),
    ("a@b.example", "--role", "admin", "--agency", "AGY31"),
])  # fmt: skip
def test_users_add_says_on_stderr_why_not(run: Run, database: Database, arguments: tuple[str, ...]) -> None:
    with database.transaction() as session:
        factories.make_agency(session, "AGY31")
    result = run("users", "add", *arguments, status=1)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")


def test_keys_add_prints_the_key_alone(run: Run, database: Database) -> None:
    with database.transaction() as session:
        factories.make_agency(session, "AGY31")
    run("users", "add", "ann@bank.example", "--role", "vendor_manager")
    for owner in (("--agency", "AGY31"), ("--user", "Ann@Bank.Example")):
        printed = run("keys", "add", *owner, "--scope", "placements:read", "--scope", "reports:write").stdout
        assert keys.SHAPE.fullmatch(printed.strip())
        assert keys.authenticate(database, f"Bearer {printed.strip()}", at=clock.now()), (
            "a person who only was invited may have one"
        )
    with database.reading() as session:
        assert set(session.scalars(select(ApiKey.scopes))) == {"placements:read reports:write"}


@pytest.mark.parametrize(("arguments", "status"), [
    (("--agency", "AGY31", "--scope", "plans:approve"), 1), (("--agency", "NONE", "--scope", "reports:read"), 1),
    (("--user", "nobody@bank.example", "--scope", "reports:read"), 1), (("--agency", "AGY31"), 2), (("--scope", "reports:read"), 2),
    (("--agency", "AGY31", "--user", "a@b.example", "--scope", "reports:read"), 2), (("--agency", "AGY31", "--scope", "x", "--days", "999"), 1),
])  # fmt: skip
def test_keys_add_says_on_stderr_why_not(run: Run, database: Database, arguments: tuple[str, ...], status: int) -> None:
    with database.transaction() as session:
        factories.make_agency(session, "AGY31")
    assert run("keys", "add", *arguments, status=status).stdout == ""


# -- schema --------------------------------------------------------------------------------------------------------------


def test_the_schema_goes_up_and_down_and_up_again(run: Run, database: Database) -> None:
    run("db", "downgrade", "base")
    assert schema.current(database) is None
    run("db", "upgrade")
    assert schema.current(database) == schema.head()
    run("users", "add", "boss@bank.example", "--role", "admin")


# -- jobs ----------------------------------------------------------------------------------------------------------------


def test_jobs_list_is_a_line_a_job(run: Run) -> None:
    lines = [line.split("\t") for line in run("jobs", "list").stdout.splitlines()]
    assert {line[0] for line in lines} == set(jobs.JOBS)
    assert all(len(line) == 3 for line in lines)


def test_jobs_run_runs_one_now(run: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "people.forget: ok" in run("jobs", "run", "people.forget").stderr

    def fail(_db: Database) -> None:
        raise ValueError("no")

    monkeypatch.setitem(jobs.JOBS, "test.fail", jobs.Job("test.fail", None, "To fail.", fail))
    assert "test.fail: failed ValueError: no" in run("jobs", "run", "test.fail", status=1).stderr
    assert "There is no job" in run("jobs", "run", "nothing", status=2).stderr


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_jobs_start_works_until_it_is_told_to_stop(
    database: Database, settings: Settings, url: str, stop: signal.Signals
) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "INSTANCE_DIR": str(settings.instance), "SECRET_KEY": settings.secret_key,
                   "DATA_KEYS": settings.data_keys, "LOG_LEVEL": "WARNING"}  # fmt: skip
    start = (
        "import agencies.models; from app import create_app; from flask.cli import FlaskGroup; "
        "FlaskGroup(create_app=lambda: create_app(floors=())).main(['jobs', 'start'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", start], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "runs" in process.stderr.readline()
    with database.transaction() as session:
        mail.send(session, "ann@bank.example", "Hello", "invitation", link="https://portal.example/x")
    deadline = time.monotonic() + 20
    while True:
        with database.reading() as session:
            if session.scalars(select(mail.OutboxMail.sent_at)).one() is not None:
                break
        assert time.monotonic() < deadline, "the work was never done"
        time.sleep(0.1)
    process.send_signal(stop)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "has stopped" in said
    with database.reading() as session:
        assert session.scalars(select(jobs.Lease.expires_at)).one() <= clock.real_now(), "it hands the leadership over"


# -- trail ---------------------------------------------------------------------------------------------------------------


def test_audit_verify_names_the_first_broken_entry(run: Run, database: Database) -> None:
    record(database, 4)
    assert run("audit", "verify").stdout.startswith("4 entries, head ")
    unprotect(database)
    with database.transaction() as session:
        session.execute(text("UPDATE audit_entry SET actor = 'x' WHERE seq = 3"))
    assert run("audit", "verify", status=1).stdout.startswith("broken at entry 3: ")


# -- backups -------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, from the wheel that also brings the server."""
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")


def test_a_backup_is_put_back_as_it_was(run: Run, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "copy"
    record(database, 3)
    run("users", "add", "kept@bank.example", "--role", "admin")
    with database.reading() as session:
        before = audit.verify(session)
    run("backup", str(file))
    assert file.stat().st_mode & 0o077 == 0, "readable by its owner only"
    run("users", "add", "later@bank.example", "--role", "admin")
    run("restore", str(file))
    database.dispose()
    with database.reading() as session:
        assert session.scalars(select(User.email)).all() == ["kept@bank.example"]
        assert audit.verify(session) == before
    with pytest.raises(Exception, match="append-only"), database.transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))


def test_a_backup_is_consistent_while_others_write(run: Run, database: Database, tmp_path: Path) -> None:
    """Every transaction writes a person and an entry; a copy taken in between holds both of each or neither."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with database.transaction() as session:
                user = factories.make_user(session, Role.AUDITOR)
                audit.record(session, SYSTEM, "test.person.made", f"person:{user.id}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            time.sleep(0.2)
            run("backup", str(tmp_path / f"copy{number}"))
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        run("restore", str(tmp_path / f"copy{number}"))
        database.dispose()
        with database.reading() as session:
            people, verdict = len(session.scalars(select(User.id)).all()), audit.verify(session)
        assert verdict.broken_at is None
        assert people == verdict.entries > 0


def test_a_backup_never_replaces_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    assert "exists" in run("backup", str(tmp_path / "copy"), status=1).stderr
    assert (tmp_path / "copy").read_text() == "precious"


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000, b"SQLite format 3\x00" + b"x" * 4096])
def test_what_is_no_backup_changes_nothing(run: Run, database: Database, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "copy"
    file.write_bytes(content)
    run("users", "add", "kept@bank.example", "--role", "admin")
    run("restore", str(file), status=1)
    with database.reading() as session:
        assert session.scalars(select(User.email)).one() == "kept@bank.example"


def test_a_database_of_something_else_is_no_backup(run: Run, tmp_path: Path, url: str) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("pg_restore reads archives only")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE something (x)")
    other.commit()
    other.close()
    assert "no backup of this portal" in run("restore", str(tmp_path / "other.db"), status=1).stderr


def test_without_the_programs_of_postgresql_the_command_says_so(
    run: Run, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite needs no programs")
    monkeypatch.setenv("PATH", "/nowhere")
    assert "pg_dump is not installed" in run("backup", str(tmp_path / "copy"), status=1).stderr
