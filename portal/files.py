"""Files that people and machines sent: kept byte for byte outside the web root, under a random name, with hash, sender and time.

A stored file is evidence: it is never changed, and its SHA-256 is checked when it is read again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.db import Base
from portal.errors import N_, DomainError
from portal.permissions import Actor

CHUNK = 1 << 20
KEPT = "files kept in this transaction"


class TooLarge(DomainError):
    """More bytes than this kind of file may have."""

    status = 413
    title = N_("The file is too large")


class Altered(DomainError):
    """Evidence that is no evidence any more."""

    status = 500
    title = N_("The file was altered")


class StoredFile(Base):
    """A file as it was received."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(unique=True)  # its random name in the store
    name: Mapped[str]  # what the sender called it: shown, never used as a path
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


@dataclass(frozen=True)
class Received:
    """Bytes that are in the store but not yet anybody's evidence."""

    place: str
    size: int
    sha256: str


class Readable(Protocol):
    """Anything a body can be read from."""

    def read(self, size: int, /) -> bytes: ...


class FileStore:
    """A folder of files. Swapped for a bucket by giving an object with the same three methods."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def receive(self, stream: Readable, limit: int) -> Received:
        """Stream to disk while hashing. Raises TooLarge beyond `limit` bytes; what was written is removed then."""
        place = f"{clock.now():%Y/%m}/{secrets.token_hex(16)}"
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("xb") as target:
                while block := stream.read(CHUNK):
                    size += len(block)
                    if size > limit:
                        raise TooLarge(
                            N_("The file has more than %(limit)s MB. Send it in parts."), limit=limit // CHUNK
                        )
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Received(place, size, digest.hexdigest())

    @contextmanager
    def open(self, place: str) -> Iterator[BinaryIO]:
        """The bytes again."""
        path = (self.folder / place).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ValueError("A file's place lies inside the store.")
        with path.open("rb") as handle:
            yield handle

    def remove(self, place: str) -> None:
        """Forget bytes that became nobody's evidence."""
        (self.folder / place).unlink(missing_ok=True)


def keep(session: Session, actor: Actor, received: Received, *, name: str, content_type: str) -> StoredFile:
    """Make received bytes evidence: the row that says what they are, whose, and since when."""
    file = StoredFile(
        place=received.place,
        name=Path(name).name[:200] or "file",
        content_type=content_type,
        size=received.size,
        sha256=received.sha256,
        agency_id=actor.agency_id,
        created_at=clock.now(),
        created_by=actor.label,
    )
    session.info.setdefault(KEPT, []).append(received.place)
    session.add(file)
    session.flush()
    return file


def forget_undone(session: Session) -> None:
    """Remove the bytes that became evidence in a transaction which was surely undone."""
    for place in session.info.pop(KEPT, ()):
        store().remove(place)


def verify(store: FileStore, file: StoredFile) -> None:
    """Raise Altered if the bytes in the store are not those that were received."""
    digest = hashlib.sha256()
    with store.open(file.place) as handle:
        while block := handle.read(CHUNK):
            digest.update(block)
    if digest.hexdigest() != file.sha256:
        raise Altered(
            N_("The stored file is not the one that was received: its hash differs. Tell your administrator.")
        )


class Hashing:
    """A readable that hashes what passes through it (the decoded bytes of a compressed upload)."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.digest, self.size = stream, hashlib.sha256(), 0

    def read(self, size: int = -1, /) -> bytes:
        block = self.stream.read(size)
        self.digest.update(block)
        self.size += len(block)
        return block


_store: FileStore | None = None


def use(store: FileStore) -> None:
    """Set the process's file store (once, by create_app)."""
    global _store
    _store = store


def store() -> FileStore:
    """The process's file store. Raises RuntimeError before create_app set it."""
    if _store is None:
        raise RuntimeError("No file store yet: create_app() sets it.")
    return _store
