"""What the fault tests ask for: an empty database of either kind, the scale and the seed.

FAULT_SEED replays a run: which files, which moments, which victims. The real time between them is the machine's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres

SCALE = float(os.environ.get("TEST_SCALE", "0.1"))


@pytest.fixture
def seed() -> int:
    """The run's seed, printed so that a failing run can be told again."""
    chosen = int(os.environ.get("FAULT_SEED") or 20261124)
    print(f"FAULT_SEED={chosen}")  # noqa: T201
    return chosen


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables: the trials migrate it themselves, as `make proof` does."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'portal.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
def empty_postgres(postgres: Postgres) -> Iterator[str]:
    """Such a database on PostgreSQL."""
    name, url = postgres.fresh("template0")
    yield url
    postgres.drop(name)


def times(full: int, least: int = 3) -> int:
    """How often to strike in this run, where the full count is `full`."""
    return max(least, round(full * SCALE))
