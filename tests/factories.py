"""People, agencies and keys for tests: rows with good defaults. What a floor needs beyond stands in tests/factories_<floor>.py."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from agencies.models import Agency, AgencyStatus
from portal import clock, keys, passwords, sessions
from portal.people import Role, User
from portal.permissions import SYSTEM, Actor

PASSWORD = "four random words here"
_numbers = itertools.count(1)


def make_agency(
    session: Session, code: str | None = None, *, status: AgencyStatus = AgencyStatus.APPROVED, **values: Any
) -> Agency:
    """An agency; flushed, so that it has an id."""
    code = code or f"AGY{next(_numbers) + 900:03}"
    now = clock.now()
    given: dict[str, Any] = {
        "name": f"Agency {code}",
        "legal_name": f"Agency {code} LLC",
        "country": "US",
        "email": f"{code.lower()}@agency.example",
        "created_at": now,
    }
    agency = Agency(code=code, status=status, status_since=now, **(given | values))
    session.add(agency)
    session.flush()
    return agency


def make_user(
    session: Session, role: Role | str = Role.VENDOR_MANAGER, agency: Agency | int | None = None, **values: Any
) -> User:
    """A person with PASSWORD and no second factor; flushed. A role of an agency gets an agency of its own if none is given."""
    role, number = Role(role), next(_numbers)
    if role.of_agency and agency is None:
        agency = make_agency(session)
    given: dict[str, Any] = {
        "email": f"{role.value}{number}@{'agency' if role.of_agency else 'bank'}.example", "name": f"{role.value.replace('_', ' ').title()} {number}",
        "password_hash": passwords.hashed(PASSWORD), "created_at": clock.now(), "failures": 0, "active": True, "language": "en",
    }  # fmt: skip
    user = User(
        role=role, agency_id=agency if isinstance(agency, int) else agency.id if agency else None, **(given | values)
    )
    session.add(user)
    session.flush()
    return user


def actor_of(session: Session, user: User) -> Actor:
    """The person as an actor."""
    return sessions.actor_of(session, user)


def make_actor(
    session: Session, role: Role | str = Role.VENDOR_MANAGER, agency: Agency | int | None = None, **values: Any
) -> Actor:
    """A new person as an actor."""
    return actor_of(session, make_user(session, role, agency, **values))


def make_key(
    session: Session, *, scopes: tuple[str, ...] | str, user: User | None = None, agency: Agency | int | None = None
) -> str:
    """An API key of a person or of an agency; the key itself."""
    wanted = scopes.split() if isinstance(scopes, str) else scopes
    agency_id = agency if isinstance(agency, int) else agency.id if agency else None
    return keys.make(session, SYSTEM, scopes=wanted, at=clock.now(), agency_id=agency_id, user=user)


def begin_session(session: Session, user: User, *, ago: timedelta = timedelta()) -> str:
    """A session of this person, begun some time ago; its token."""
    return sessions.begin(session, user, address="127.0.0.1", browser="pytest", at=clock.now() - ago)
