"""The API keeps to its document: Schemathesis, every check on, a few examples; `make proof` runs it at length on both databases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app import create_app
from portal import schema
from portal.db import Database
from tests.house import api_fuzz


@pytest.mark.parametrize("who", ["bank", "agency"])  # in `make proof` also a key of few scopes
def test_schemathesis_finds_nothing(who: str, tmp_path: Path) -> None:
    """The phase that walks through every parameter's borders, with one kind of key."""
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    schema.upgrade(db := Database(url))
    db.dispose()
    app = create_app(api_fuzz.settings_for(url, tmp_path))
    phases = api_fuzz.PHASES if float(os.environ.get("TEST_SCALE", "0.1")) >= 1 else "coverage"
    with api_fuzz.served(app) as address:
        _counted, found = api_fuzz.fuzz(
            address, api_fuzz.keys_of(app)[who], tmp_path, examples=3, seed=1, phases=phases
        )
    app.extensions["database"].dispose()
    assert not found, found
