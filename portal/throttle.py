"""Slowing down who guesses: growing waits per account, then half an hour; a hundred failures an hour per address.

Attempts inside a wait are refused without being judged or counted, so nobody can lock another person out for longer by trying on.
Only failures count against an address: a whole bank may sit behind one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.db import Database
from portal.errors import N_, TooMany
from portal.limits import Bucket
from portal.people import User
from portal.permissions import SYSTEM

MOST_FAILURES = 10
LOCKED = timedelta(minutes=30)
PER_HOUR = 100
STRANGERS_PER_HOUR = 10.0


def wait_after(failures: int) -> timedelta:
    """How long an account waits after so many failures in a row: 1, 2, 4, 8, 8 … seconds, from the tenth on half an hour."""
    if failures >= MOST_FAILURES:
        return LOCKED
    return timedelta(seconds=min(8, 2 ** (failures - 1))) if failures else timedelta()


def must_wait(user: User, *, at: datetime) -> bool:
    """True while the account is inside the wait after its last failure."""
    return user.failed_at is not None and at < user.failed_at + wait_after(user.failures)


def check_address(session: Session, address: str, *, at: datetime) -> None:
    """Raises TooMany once an address has failed too often within the hour."""
    bucket = session.get(Bucket, _name(address))
    left = PER_HOUR if bucket is None else _left(bucket, at)
    if left < 1:
        wait = int((1 - left) * 3600 / PER_HOUR) + 1
        raise TooMany(
            N_("Too many failed sign-ins came from your network. Try again in %(wait)s s."), retry_after=wait, wait=wait
        )


def count_failure(db: Database, user_id: int | None, address: str, *, at: datetime) -> None:
    """Count one failed attempt, in a transaction of its own because the answer to it is a refusal.

    It counts against the address, and against the account if it is a known one that was judged. Both cases do the same work, so
    that time does not tell which accounts there are.
    """
    try:
        _count(db, user_id, address, at)
    except IntegrityError:  # two first failures of one address at once
        _count(db, user_id, address, at)


def _count(db: Database, user_id: int | None, address: str, at: datetime) -> None:
    with db.transaction() as session:
        bucket = session.get(Bucket, _name(address), with_for_update=True)
        if bucket is None:
            bucket = Bucket(name=_name(address), tokens=float(PER_HOUR), filled_at=at)
            session.add(bucket)
        bucket.tokens, bucket.filled_at = max(0.0, _left(bucket, at) - 1), at
        session.execute(update(User).where(User.id == (user_id or 0)).values(failures=User.failures + 1, failed_at=at))
        audit.record(session, SYSTEM, "portal.sign_in.failed", f"person:{user_id or 'unknown'}", address=address)


def count_application(session: Session, address: str, *, at: datetime) -> None:
    """Count something that a stranger set off, such as a mail to somebody. Raises TooMany beyond so many an hour from one address."""
    name = f"stranger:{address}"
    bucket = session.get(Bucket, name, with_for_update=True) or Bucket(
        name=name, tokens=STRANGERS_PER_HOUR, filled_at=at
    )
    elapsed = max(0.0, (at - bucket.filled_at).total_seconds())
    left = min(STRANGERS_PER_HOUR, bucket.tokens + elapsed * STRANGERS_PER_HOUR / 3600)
    if left < 1:
        wait = int((1 - left) * 3600 / STRANGERS_PER_HOUR) + 1
        raise TooMany(N_("Too many requests. Try again in %(wait)s s."), retry_after=wait, wait=wait)
    bucket.tokens, bucket.filled_at = left - 1, at
    session.add(bucket)


def forgive(user: User) -> None:
    """Forget an account's failures: its person is in."""
    user.failures, user.failed_at = 0, None


def _left(bucket: Bucket, at: datetime) -> float:
    elapsed = max(0.0, (at - bucket.filled_at).total_seconds())
    return min(float(PER_HOUR), bucket.tokens + elapsed * PER_HOUR / 3600)


def _name(address: str) -> str:
    return f"sign-in:{address}"
