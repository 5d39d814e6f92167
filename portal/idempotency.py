"""Idempotency keys: a POST that is sent again does nothing again and gets the saved answer.

Three short transactions: claim the key; effect and reply together; for a refusal the reply alone. A claim whose process died before its
effect committed is taken over after its lease: nothing had happened. If it was only frozen, whichever of the two commits first has answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, UniqueConstraint, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.db import Base, Database
from portal.errors import N_, Conflict, Invalid

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=90)


class IdempotencyKey(Base):
    """One keyed call: whose, which, with what body, and the answer it got."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("principal", "method", "path", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    principal: Mapped[str]
    method: Mapped[str]
    path: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]  # of query and body
    started_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]  # none while it runs
    content_type: Mapped[str | None]
    location: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Reply:
    """A saved answer."""

    status: int
    content_type: str
    location: str | None
    body: bytes


@dataclass(frozen=True)
class Call:
    """What identifies a keyed call."""

    principal: str
    method: str
    path: str
    key: str
    fingerprint: str


def claim(db: Database, call: Call) -> Reply | int:
    """The saved reply of an earlier run, or the id under which this one may run now.

    Raises Invalid when the key was used with another body, Conflict while the first call still runs.
    """
    try:
        with db.transaction() as session:
            found = _find(session, call)
            if found is None:
                row = IdempotencyKey(**vars(call), started_at=clock.real_now())
                session.add(row)
                session.flush()
                return row.id
            return _again(found, call)
    except IntegrityError:  # the same call arrived twice at once, and the other one was first
        return claim(db, call)


def _find(session: Session, call: Call) -> IdempotencyKey | None:
    return session.scalars(
        select(IdempotencyKey)
        .where(
            IdempotencyKey.principal == call.principal,
            IdempotencyKey.method == call.method,
            IdempotencyKey.path == call.path,
            IdempotencyKey.key == call.key,
        )
        .with_for_update()
    ).first()


def _again(found: IdempotencyKey, call: Call) -> Reply | int:
    if found.fingerprint != call.fingerprint:
        raise Invalid(N_("This Idempotency-Key was used before with another body. Use a new key for a new request."))
    if found.status is not None:
        return Reply(found.status, found.content_type or "application/json", found.location, found.body or b"")
    if clock.real_now() - found.started_at < LEASE:
        raise Conflict(N_("The first request with this Idempotency-Key is still running."), extra={"retry_after": 1})
    found.started_at = clock.real_now()
    return found.id


class AnsweredAlready(Exception):
    """The call was taken over while this process was away, and answered there: what this one did must be undone."""


def save(session: Session, row_id: int, reply: Reply) -> None:
    """Keep the answer, in the caller's transaction. Raises AnsweredAlready, so that of two runs of one call a single one commits."""
    mine = update(IdempotencyKey).where(IdempotencyKey.id == row_id, IdempotencyKey.status.is_(None))
    if session.execute(mine.values(_columns(reply))).rowcount != 1:  # type: ignore[attr-defined]
        raise AnsweredAlready


def save_outcome(session: Session, row_id: int, reply: Reply) -> None:
    """Put the outcome in the place of the answer that only said "accepted"."""
    session.execute(update(IdempotencyKey).where(IdempotencyKey.id == row_id).values(_columns(reply)))


def _columns(reply: Reply) -> dict[str, Any]:
    return {"status": reply.status, "content_type": reply.content_type, "location": reply.location, "body": reply.body}


def release(db: Database, row_id: int) -> None:
    """Forget a claim whose call failed without an effect through a fault of ours: the caller may try again."""
    with db.transaction() as session:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == row_id, IdempotencyKey.status.is_(None)))


def forget_old(db: Database) -> int:
    """Delete keys older than their keeping time; how many."""
    with db.transaction() as session:
        old = delete(IdempotencyKey).where(IdempotencyKey.started_at < clock.real_now() - KEPT)
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]
