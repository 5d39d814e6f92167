"""Acts of coming in: the password is judged, then the second factor, then a session begins; and new passwords and factors are proven.

They take the database and not a session: a hash takes long and must hold no transaction, and a failure is kept although the answer
to it is a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit, passwords, queries, second_factor, sessions, tenants, throttle
from portal.db import Database
from portal.errors import N_, Invalid
from portal.people import User
from portal.permissions import Actor


@dataclass(frozen=True)
class Caller:
    """Where an attempt comes from."""

    address: str
    browser: str


def judge_password(db: Database, email: str, password: str, caller: Caller, *, at: datetime) -> int | None:
    """The id of the person whose password this is.

    None alike for an unknown person, a wrong password, and an account that has to wait or may not enter; the work done is the same
    in each case. Raises TooMany for an address that failed too often.
    """
    with db.reading() as session:
        throttle.check_address(session, caller.address, at=at)
        user = queries.person_by_email(session, email)
        judged = user is not None and _may_try(session, user, at)
        user_id, kept = (user.id, user.password_hash) if user is not None and judged else (None, None)
    if passwords.matches(kept, password):
        return user_id
    throttle.count_failure(db, user_id, caller.address, at=at)
    return None


def has_second_factor(db: Database, user_id: int) -> bool:
    """True if the person has set up a second factor."""
    with db.reading() as session:
        return session.get_one(User, user_id).totp_sealed is not None


def judge_code(db: Database, user_id: int, code: str, caller: Caller, *, at: datetime) -> str | None:
    """The token of a new session if the code is right and unused; otherwise None, and the failure is counted."""
    with db.transaction() as session:
        user = session.get(User, user_id)
        if user is not None and _may_try(session, user, at) and second_factor.take(session, user, code, at=at):
            return _begin(session, user, caller, at)
    throttle.count_failure(db, user_id, caller.address, at=at)
    return None


def enter(db: Database, user_id: int, caller: Caller, *, at: datetime) -> str:
    """Begin a session for a person who has proved themselves; its token."""
    with db.transaction() as session:
        return _begin(session, session.get_one(User, user_id), caller, at)


@dataclass(frozen=True)
class Proven:
    """A new password's hash, and the secret of a second factor whose code was just shown; none where a password is enough."""

    password_hash: str
    totp_secret: str | None

    @classmethod
    def of(cls, password: str, names: Iterable[str], totp_secret: str | None, code: str, *, at: datetime) -> Proven:
        """Check both and hash the password, before any transaction begins. Raises Invalid beside `password` or `code`."""
        passwords.check(password, names=names)
        if totp_secret is not None and second_factor.step_of(totp_secret, code, at=at) is None:
            message = N_("Enter the six digits that your authenticator app shows now.")
            raise Invalid(message, fields={"code": message})
        return cls(passwords.hashed(password), totp_secret)


def fresh_password(
    db: Database, actor: Actor, present: str, password: str, names: Iterable[str], caller: Caller, *, at: datetime
) -> str:
    """The hash of a new password for somebody signed in. Raises Invalid beside `password`, or `present` if that is wrong.

    A wrong present password counts as a failed sign-in: an open browser must not be a place to guess it.
    """
    passwords.check(password, names=names)
    with db.reading() as session:
        user = session.get_one(User, actor.user_id)
        kept = user.password_hash if _may_try(session, user, at) else None
    if not passwords.matches(kept, present):
        throttle.count_failure(db, actor.user_id if kept else None, caller.address, at=at)
        message = N_("Your present password is not right. After several tries, wait a little before the next.")
        raise Invalid(message, fields={"present": message})
    return passwords.hashed(password)


def renew_hash(db: Database, user_id: int, password: str) -> None:
    """Hash a password that was just found right anew, if the kept hash was made with older parameters."""
    with db.reading() as session:
        kept = session.get_one(User, user_id).password_hash
    if kept and passwords.outdated(kept):
        fresh = passwords.hashed(password)
        with db.transaction() as session:
            session.get_one(User, user_id).password_hash = fresh


def _may_try(session: Session, user: User, at: datetime) -> bool:
    if not user.active or throttle.must_wait(user, at=at):
        return False
    return user.agency_id is None or not tenants.is_shut(session, user.agency_id)


def _begin(session: Session, user: User, caller: Caller, at: datetime) -> str:
    throttle.forgive(user)
    user.signed_in_at = at
    audit.record(
        session,
        sessions.actor_of(session, user),
        "portal.person.signed_in",
        f"person:{user.id}",
        address=caller.address,
    )
    return sessions.begin(session, user, address=caller.address, browser=caller.browser, at=at)
