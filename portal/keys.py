"""API keys: how one is made, what it may do, who comes with one.

`pw_live_` + 8 characters of id + `_` + 32 random characters + 6 of checksum, all base 62. The checksum lets scanners find leaked keys
and lets us refuse mistyped ones without asking the database. Of the whole key only the SHA-256 is kept: 190 random bits need no
slower hash.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import audit, queries, tenants
from portal.db import Database
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import ApiKey, Role, User
from portal.permissions import Actor, Kind
from portal.sessions import NOTED, fingerprint

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SHAPE = re.compile(r"pw_live_([0-9A-Za-z]{8})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")
LONGEST = timedelta(days=365)
AGENCY_SCOPES = (
    "placements:read", "placements:write", "reports:read", "reports:write", "requests:write", "scorecards:read", "statements:read",
    "statements:write",
)  # fmt: skip
BANK_SCOPES = (*AGENCY_SCOPES, "accounts:read", "accounts:write", "ledger:write", "plans:write", "plans:approve")


def authenticate(db: Database, authorization: str, *, at: datetime) -> Actor | None:
    """The actor of an Authorization header; None unless it holds a live key of somebody who may enter."""
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or (key_id := _id_of(text)) is None:
        return None
    with db.reading() as session:
        found = queries.key_with_owner(session, key_id)
        if found is None or not hmac.compare_digest(found[0].secret_hash, fingerprint(text)):
            return None
        key, owner = found
        if key.revoked_at is not None or key.expires_at <= at:
            return None
        actor = _agency_actor(session, key) if owner is None else _personal_actor(key, owner)
        unnoted = key.last_used_at is None or at - key.last_used_at >= NOTED
    if actor is not None and unnoted:
        _note_use(db, key_id, at)
    return actor


def _note_use(db: Database, key_id: str, at: datetime) -> None:
    """Remember that a key was used; a database that is busy for long must not turn the call away for this."""
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= at - NOTED)
    with suppress(OperationalError), db.transaction() as session:
        session.execute(update(ApiKey).where(ApiKey.key_id == key_id, stale).values(last_used_at=at))


def _agency_actor(session: Session, key: ApiKey) -> Actor | None:
    if key.agency_id is None or tenants.is_shut(session, key.agency_id):
        return None
    code, only = tenants.limits_of(session, key.agency_id)
    scopes = frozenset(key.scopes.split())
    return Actor(
        Kind.KEY, code or "agency", Role.AGENCY_MANAGER, None, key.agency_id, code, key_id=key.key_id, scopes=scopes, only=only
    )  # fmt: skip


def _personal_actor(key: ApiKey, owner: User) -> Actor | None:
    """A person's key acts as the person, with the person's role of this moment; it works before they have signed in at all."""
    if not owner.active or owner.agency_id is not None:
        return None
    scopes = frozenset(key.scopes.split())
    return Actor(
        Kind.KEY,
        owner.name,
        owner.role,
        owner.id,
        email=owner.email,
        key_id=key.key_id,
        scopes=scopes,
        language=owner.language,
    )


def make(
    session: Session,
    actor: Actor,
    *,
    scopes: Iterable[str],
    at: datetime,
    agency_id: int | None = None,
    user: User | None = None,
    name: str = "",
    days: int = LONGEST.days,
) -> str:
    """Make a key for an agency or for a person of the bank; the key itself, which nobody can be shown again.

    Raises Invalid for a scope that such an owner cannot have or a wrong life span, Forbidden for a key of another agency.
    """
    if (agency_id is None) == (user is None):
        raise Invalid(N_("A key belongs to an agency or to a person."))
    if user is not None and user.agency_id is not None:
        raise Invalid(N_("Keys of an agency belong to the agency, not to one of its people."))
    if actor.agency_id is not None and actor.agency_id != agency_id:
        raise Forbidden(N_("Keys can be made for your own agency only."))
    wanted = _checked(scopes, AGENCY_SCOPES if user is None else BANK_SCOPES)
    if not 1 <= days <= LONGEST.days:
        raise Invalid(N_("A key lives 1 to 365 days."), fields={"days": N_("Write a number from 1 to 365.")})
    text = _spell(secrets.randbelow(62**8), 8), _spell(secrets.randbelow(62**32), 32)
    whole = f"pw_live_{text[0]}_{text[1]}"
    whole += _checksum(whole)
    session.add(ApiKey(
        key_id=text[0], secret_hash=fingerprint(whole), name=name or N_("API key"), agency_id=agency_id, user_id=user.id if user else None,
        scopes=" ".join(wanted), created_at=at, expires_at=at + timedelta(days=days),
    ))  # fmt: skip
    owner = f"person:{user.id}" if user else f"agency:{agency_id}"
    audit.record(session, actor, "portal.key.made", f"key:{text[0]}", owner=owner, scopes=wanted, days=days)
    return whole


def revoke(session: Session, actor: Actor, key: ApiKey, *, at: datetime, reason: str = "revoked") -> None:
    """End a key at once. Raises Conflict if it was revoked already, Forbidden for another agency's."""
    if actor.agency_id is not None and key.agency_id != actor.agency_id:
        raise Forbidden(N_("Keys of your own agency only can be revoked."))
    if key.revoked_at is not None:
        raise Conflict(N_("This key was revoked already."))
    key.revoked_at = at
    audit.record(session, actor, "portal.key.revoked", f"key:{key.key_id}", reason=reason)


def _checked(scopes: Iterable[str], known: tuple[str, ...]) -> list[str]:
    wanted = sorted(set(scopes))
    if not wanted:
        raise Invalid(N_("Choose at least one scope."), fields={"scopes": N_("Choose at least one scope.")})
    for scope in wanted:
        if scope not in known:
            raise Invalid(
                N_("%(scope)s is no scope that this owner's key can have. Those are: %(known)s"),
                scope=scope,
                known=" ".join(known),
            )
    return wanted


def _id_of(text: str) -> str | None:
    shape = SHAPE.fullmatch(text)
    if shape is None or _checksum(text[:-6]) != shape[3]:
        return None
    return shape[1]


def _checksum(text: str) -> str:
    return _spell(zlib.crc32(text.encode()), 6)


def _spell(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))
