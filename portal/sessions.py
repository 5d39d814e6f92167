"""Sessions on the server: a sign-in is a row, its cookie a random token of which the row keeps the hash.

Deleting the row ends the session, so a captured cookie is dead after sign-out, and all of a person's sessions end with one statement.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock, queries, tenants
from portal.db import Database
from portal.people import SignIn, User
from portal.permissions import Actor, Kind

ABSOLUTE = timedelta(hours=12)
NOTED = timedelta(minutes=1)  # how exactly the last use of a session or key is known


@dataclass(frozen=True)
class Entry:
    """A live session: the person as an actor, and when it was last used."""

    actor: Actor
    sign_in_id: int
    seen_at: datetime


def fingerprint(token: str) -> str:
    """What is kept of a random token: its SHA-256. The token has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, user: User, *, address: str, browser: str, at: datetime) -> str:
    """Begin a session; the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            user_id=user.id,
            token_hash=fingerprint(token),
            created_at=at,
            seen_at=at,
            address=address,
            browser=browser[:200],
        )
    )
    return token


def find(session: Session, token: str, idle: timedelta, *, at: datetime) -> Entry | None:
    """The live session of a token. None if it ended, idled too long, is older than 12 hours, or its person may not enter."""
    found = queries.sign_in_with_person(session, fingerprint(token))
    if found is None:
        return None
    sign_in, user = found
    if at - sign_in.seen_at > idle or at - sign_in.created_at > ABSOLUTE or not user.active:
        return None
    if user.agency_id is not None and tenants.is_shut(session, user.agency_id):
        return None
    return Entry(actor_of(session, user), sign_in.id, sign_in.seen_at)


def actor_of(session: Session, user: User) -> Actor:
    """The person as an actor."""
    code, only = tenants.limits_of(session, user.agency_id) if user.agency_id is not None else (None, None)
    return Actor(
        Kind.PERSON, user.name, user.role, user.id, user.agency_id, code, user.email, language=user.language, only=only
    )


def note_use(db: Database, entry: Entry, *, at: datetime) -> None:
    """Remember that a session was used, at most once a minute and in a transaction of its own: a page that reads writes nothing."""
    if at - entry.seen_at >= NOTED:
        with (
            suppress(OperationalError),
            db.transaction() as session,
        ):  # a database busy for long must not refuse the page for this
            session.execute(update(SignIn).where(SignIn.id == entry.sign_in_id, SignIn.seen_at < at).values(seen_at=at))


def end(session: Session, token: str) -> None:
    """End the session of a token."""
    session.execute(delete(SignIn).where(SignIn.token_hash == fingerprint(token)))


def end_one(session: Session, user_id: int | None, sign_in_id: int) -> None:
    """End one session of a person; nothing happens if it ended already or is another person's."""
    session.execute(delete(SignIn).where(SignIn.id == sign_in_id, SignIn.user_id == user_id))


def end_all(session: Session, user_id: int, *, but: int | None = None) -> int:
    """End every session of a person, except the one with the id `but`; how many ended."""
    wanted = delete(SignIn).where(SignIn.user_id == user_id)
    if but is not None:
        wanted = wanted.where(SignIn.id != but)
    return int(session.execute(wanted).rowcount)  # type: ignore[attr-defined]


def forget_expired(db: Database, idle: timedelta) -> int:
    """Delete the rows of sessions that nobody can use any more; how many."""
    now = clock.now()
    with db.transaction() as session:
        old = delete(SignIn).where((SignIn.seen_at < now - idle) | (SignIn.created_at < now - ABSOLUTE))
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]
