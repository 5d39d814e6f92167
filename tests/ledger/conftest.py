"""What the ledger tests ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.db import Database
from tests.ledger import books as bookkeeping
from tests.ledger.books import Books


@pytest.fixture
def books(db: Database, tmp_path: Path) -> Iterator[Books]:
    """Empty books on either database."""
    with bookkeeping.opened(db, tmp_path) as made:
        yield made
