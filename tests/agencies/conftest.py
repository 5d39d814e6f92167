"""What the tests of this floor's acts share: a session on either database, with mail and files that go nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from agencies import rights
from agencies.events import AgencyStatusChanged, AgencySuspended, CredentialLapsed, RosterLoaded
from portal import events, files, mail, permissions, sealing
from portal.db import Database
from tests.conftest import KEYS


@pytest.fixture
def session(db: Database, tmp_path: Path) -> Iterator[Session]:
    """A transaction that is kept if the test passes."""
    permissions.declare(rights.PERMISSIONS)
    sealing.use(sealing.Keyring(KEYS))
    files.use(files.FileStore(tmp_path / "uploads"))
    mail.use(mail.Postman("console:", "portal@bank.example", "The bank", "https://portal.bank.example"))
    with db.transaction() as opened:
        yield opened


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """Every event of this floor that is emitted in the test."""
    told: list[object] = []
    before = dict(events._listeners)
    events.wire(
        [
            (kind, lambda _session, event: told.append(event))
            for kind in (AgencyStatusChanged, AgencySuspended, CredentialLapsed, RosterLoaded)
        ]
    )
    yield told
    events._listeners.clear()
    events._listeners.update(before)
