"""What every test may ask for: a migrated database of either kind, the app on it, a client that counts queries, people and agencies.

Data tests take `db` or `app` and so run twice, on SQLite and on a real PostgreSQL that starts here by itself (or the one that
TEST_PG_URL names). A migrated template is copied for each test, so tests commit for real and cannot disturb one another.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from app import create_app
from portal import passwords, schema
from portal.config import Settings, fresh_data_keys
from portal.db import Database
from tests.clients import PageClient
from tests.frameworks import share_addresses, share_templates
from tests.postgres import Postgres

os.environ.pop("DEMO", None)
share_addresses()
KEYS = fresh_data_keys()
OF_ONE_WORLD = tuple(
    f"tests/{name}.py"
    for name in (
        "browser/test_pages_sound",
        "browser/test_templates",
        "browser/test_gallery",
        "activity/test_kit",
        "test_isolation",
    )
)
"""Modules whose tests share a world that is dear to build."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Tests go to the workers one by one; those of one world stay together on one, and begin first.

    xdist's own groups do not work with the pytest that is locked here (it no longer reads the id that xdist writes).
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in OF_ONE_WORLD else nodeid


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than the machine computes with: tests often wait, for a browser, a database or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "portal.db"
    db = Database(f"sqlite:///{path}")
    schema.upgrade(db)
    db.dispose()
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("pg"))
    try:
        db = Database(server.create("template_portal"))
        schema.upgrade(db)
        db.dispose()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "portal.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    yield server.lend("template_portal")


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings.from_environ(
        {
            "DATABASE_URL": url,
            "INSTANCE_DIR": str(tmp_path / "instance"),
            "SECRET_KEY": "test" * 12,
            "DATA_KEYS": KEYS,
            "ALLOW_BACKDATING": "1",
            "API_RATE_PER_SECOND": "100000",
            "API_BURST": "100000",
            "LOG_LEVEL": "WARNING",
        }
    )


@pytest.fixture(autouse=True, scope="session")
def whole_house(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Permissions are declared and listeners wired from the first test on, whichever test that is and whether it asks for an app."""
    folder = tmp_path_factory.mktemp("house")
    create_app(Settings.from_environ({
        "DATABASE_URL": f"sqlite:///{folder / 'portal.db'}", "INSTANCE_DIR": str(folder), "SECRET_KEY": "test" * 12, "DATA_KEYS": KEYS,
    })).extensions["database"].dispose()  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> None:
    """Hashes of a millisecond instead of forty: what they protect is made up."""
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application on the test's database."""
    made = share_templates(create_app(settings))
    yield made
    made.extensions["database"].dispose()


@pytest.fixture
def client(app: Flask) -> PageClient:
    """A browser; `client.sign_in(user)` makes it somebody's."""
    return PageClient(app)
