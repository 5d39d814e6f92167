"""Act: an uploaded document becomes evidence, or is taken out of the store again if what it proves is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from agencies.evidence import HEAD, LARGEST, content_type
from portal import files
from portal.errors import N_, DomainError, Invalid
from portal.files import StoredFile
from portal.permissions import Actor


def keep(session: Session, actor: Actor, part: Any, *, field: str = "evidence") -> StoredFile:
    """Keep an uploaded part (its `stream` and `filename`). Raises Invalid about the field for anything but PDF, PNG and JPEG."""
    media_type = content_type(part.stream.read(HEAD))
    part.stream.seek(0)
    if media_type is None:
        message = N_("Choose a PDF, PNG or JPEG.")
        raise Invalid(message, fields={field: message})
    received = files.store().receive(part.stream, LARGEST)
    return files.keep(session, actor, received, name=part.filename or "document", content_type=media_type)


@contextmanager
def kept(session: Session, actor: Actor, part: Any, *, field: str = "evidence") -> Iterator[StoredFile | None]:
    """The same for the length of an act: the bytes do not stay in the store if the act refuses. None where nothing was sent."""
    if not part or not part.filename:
        yield None
        return
    file = keep(session, actor, part, field=field)
    try:
        yield file
    except DomainError:
        files.store().remove(file.place)
        raise
