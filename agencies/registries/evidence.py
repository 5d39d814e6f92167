"""Recorded answers of registers as evidence: the same bytes are kept once, whoever asks how often."""

from __future__ import annotations

import hashlib
from io import BytesIO

from sqlalchemy.orm import Session

from agencies.registries import queries
from portal import files
from portal.files import StoredFile
from portal.permissions import SYSTEM

LARGEST = 256 << 20


def keep(session: Session, record: bytes, name: str) -> StoredFile | None:
    """The stored record of a conversation; None for an empty one. A record that is kept already is not kept again."""
    if not record or record == b"[]":
        return None
    found = queries.same_file(session, hashlib.sha256(record).hexdigest(), name)
    if found is not None:
        return found
    received = files.store().receive(BytesIO(record), LARGEST)
    return files.keep(session, SYSTEM, received, name=name, content_type="application/json")
