"""Invitations: single-use links with which a person sets password and second factor, for the first time or after losing them.

A link works for 24 hours and until a newer one is made. Nobody ever sets another person's password.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal import audit, languages, mail, queries, second_factor, sessions, tenants, throttle
from portal.db import Database
from portal.entering import Proven
from portal.errors import N_, Conflict, Invalid, NotFound
from portal.people import Invitation, Role, User
from portal.permissions import SYSTEM, Actor
from portal.sessions import fingerprint

LIFE = timedelta(hours=24)
SUBJECT = N_("Your access to Placewell")


def invite(
    session: Session,
    actor: Actor,
    email: str,
    role: Role,
    agency_id: int | None,
    *,
    at: datetime,
    name: str = "",
    language: str = "en",
) -> str:
    """Invite somebody new, or again somebody with this very role; the token of the link.

    Raises Invalid if role and agency do not fit or the address is none, Conflict if the address belongs to another role or agency.
    """
    email = email.strip().lower()
    if "@" not in email.strip("@") or any(character.isspace() for character in email):
        raise Invalid(N_("Enter an e-mail address."), fields={"email": N_("Enter an e-mail address.")})
    if role.of_agency != (agency_id is not None):
        message = (
            N_("Name the agency of this role.") if role.of_agency else N_("People of the bank belong to no agency.")
        )
        raise Invalid(message, fields={"agency": message})
    user = queries.person_by_email(session, email)
    if user is None:
        user = User(email=email, name=name.strip() or _name_of(email), role=role, agency_id=agency_id, language=languages.known(language),
                    created_at=at, active=True, failures=0)  # fmt: skip
        session.add(user)
        session.flush()
    elif user.role is not role or user.agency_id != agency_id:
        raise Conflict(N_("%(email)s has another role or agency already."), email=email)
    return link_for(session, actor, user, at=at)


def link_for(session: Session, actor: Actor, user: User, *, at: datetime) -> str:
    """A fresh link for a person; older ones end. The token of the link. Raises Conflict for somebody disabled or for oneself."""
    if not user.active:
        raise Conflict(N_("This person is disabled. Enable them first."))
    if actor.user_id == user.id:
        raise Conflict(N_("Another administrator has to do this to your own account."))
    token = secrets.token_urlsafe(32)
    session.execute(delete(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None)))
    session.add(Invitation(user_id=user.id, token_hash=fingerprint(token), created_at=at, expires_at=at + LIFE))
    audit.record(session, actor, "portal.person.invited", f"person:{user.id}", role=user.role, agency=user.agency_id)
    return token


def send(session: Session, user: User, token: str) -> None:
    """Mail a link to its person."""
    mail.send(
        session,
        user.email,
        SUBJECT,
        "invitation",
        language=user.language,
        link=address_of(token, mail.postman().base_url),
    )


def address_of(token: str, base_url: str) -> str:
    """The link as a person opens it."""
    return f"{base_url}/invitation/{token}"


@dataclass(frozen=True)
class Guest:
    """Who a link is for."""

    email: str
    name: str
    agency_code: str | None


def guest_of(db: Database, token: str, *, at: datetime) -> Guest:
    """Who a link is for, read in a transaction of its own. Raises NotFound as `person_of`."""
    with db.reading() as session:
        user = person_of(session, token, at=at)
        code = tenants.code_of(session, user.agency_id) if user.agency_id is not None else None
        return Guest(user.email, user.name, code)


def person_of(session: Session, token: str, *, at: datetime) -> User:
    """Whose link this is. Raises NotFound for one that was used, is older than a day, was replaced, or never was."""
    user = queries.person_invited(session, fingerprint(token), at=at)
    if user is None:
        raise NotFound(N_("This link was used already or is too old. Ask the administrator for a new one."))
    return user


def accept(session: Session, token: str, proven: Proven, *, name: str, language: str, at: datetime) -> User:
    """Use a link up: password, second factor and name are set, and every session of before ends. Raises NotFound."""
    user = person_of(session, token, at=at)
    used = (
        update(Invitation)
        .where(Invitation.token_hash == fingerprint(token), Invitation.used_at.is_(None))
        .values(used_at=at)
    )
    if session.execute(used).rowcount != 1:  # type: ignore[attr-defined] # the same link twice at once: one wins
        raise NotFound(N_("This link was used already or is too old. Ask the administrator for a new one."))
    user.name, user.password_hash, user.language = (
        name.strip() or user.name,
        proven.password_hash,
        languages.known(language),
    )
    if proven.totp_secret is not None:
        second_factor.seal(user, proven.totp_secret)
    throttle.forgive(user)
    sessions.end_all(session, user.id)
    audit.record(session, sessions.actor_of(session, user), "portal.person.joined", f"person:{user.id}")
    return user


def first_administrator(db: Database, base_url: str, *, at: datetime) -> list[str]:
    """For a portal that nobody administers yet: the line with the link of its first administrator. Nothing once somebody does."""
    with db.transaction() as session:
        if queries.has_administrator(session):
            return []
        token = invite(session, SYSTEM, "admin@localhost", Role.ADMIN, None, at=at, name="Administrator")
        return [f"First administrator, within 24 hours: {address_of(token, base_url)}"]


def forget_expired(db: Database, *, at: datetime) -> int:
    """Delete links that were used or ran out; how many."""
    with db.transaction() as session:
        old = delete(Invitation).where(Invitation.used_at.is_not(None) | (Invitation.expires_at <= at))
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


def _name_of(email: str) -> str:
    """A name to go by until the person gives their own."""
    return email.partition("@")[0].replace(".", " ").replace("_", " ").title()
