"""Keys and a file store for tests that work on a database without the application."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal import files, sealing
from portal.config import fresh_data_keys


@pytest.fixture(autouse=True)
def keys_and_store(tmp_path: Path) -> None:
    """What create_app sets once a process."""
    sealing.use(sealing.Keyring(fresh_data_keys()))
    files.use(files.FileStore(tmp_path / "uploads"))
