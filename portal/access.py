"""Acts on a person's access: role, disabling, sessions, password, language.

Whatever lessens or changes what somebody may do ends their sessions at once; their keys act with the role of the moment anyway.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import audit, keys, languages, queries, sessions
from portal.errors import N_, Conflict, Invalid
from portal.people import Role, User
from portal.permissions import Actor
from portal.webhooks.models import WebhookEndpoint


def change_role(session: Session, actor: Actor, user: User, role: Role) -> None:
    """Give a person another role of the same side. Raises Invalid across sides, Conflict for one's own role."""
    _not_oneself(actor, user)
    if role.of_agency != user.role.of_agency:
        raise Invalid(N_("People of the bank and people of agencies do not change sides. Invite them anew."))
    if role is user.role:
        return
    audit.record(session, actor, "portal.person.role_changed", f"person:{user.id}", before=user.role, after=role)
    user.role = role
    sessions.end_all(session, user.id)


def disable(session: Session, actor: Actor, user: User) -> None:
    """End a person's access: sessions, keys and sign-in, at once. Raises Conflict for oneself or somebody disabled already."""
    _not_oneself(actor, user)
    if not user.active:
        raise Conflict(N_("This person is disabled already."))
    user.active = False
    sessions.end_all(session, user.id)
    audit.record(session, actor, "portal.person.disabled", f"person:{user.id}")


def enable(session: Session, actor: Actor, user: User) -> None:
    """Let a disabled person in again. Raises Conflict if they are not disabled."""
    if user.active:
        raise Conflict(N_("This person is not disabled."))
    user.active = True
    audit.record(session, actor, "portal.person.enabled", f"person:{user.id}")


def end_sessions(session: Session, actor: Actor, user: User) -> int:
    """Sign a person out everywhere; how many sessions ended."""
    ended = sessions.end_all(session, user.id)
    audit.record(session, actor, "portal.person.sessions_ended", f"person:{user.id}", ended=ended)
    return ended


def end_tenant(session: Session, actor: Actor, tenant_id: int, *, at: datetime) -> None:
    """End everything with which a tenant reaches the portal, at once: its people, their sessions, its keys, its webhooks."""
    for user in queries.people_of_tenant(session, tenant_id):
        disable(session, actor, user)
    for key in queries.live_keys_of_tenant(session, tenant_id):
        keys.revoke(session, actor, key, at=at, reason="access ended")
    session.execute(update(WebhookEndpoint).where(WebhookEndpoint.agency_id == tenant_id).values(active=False))


def change_password(session: Session, actor: Actor, user: User, fresh_hash: str, *, but: int | None = None) -> None:
    """Set one's own new password, hashed before the transaction began; every other session of the person ends."""
    user.password_hash = fresh_hash
    ended = sessions.end_all(session, user.id, but=but)
    audit.record(session, actor, "portal.person.password_changed", f"person:{user.id}", ended=ended)


def choose_language(user: User, language: str | None) -> None:
    """Set the language of somebody's pages and mail. No audit entry: it changes nobody's rights."""
    user.language = languages.known(language)


def _not_oneself(actor: Actor, user: User) -> None:
    """Nobody ends or changes their own access: an empty portal with no way in would be the result."""
    if actor.user_id == user.id:
        raise Conflict(N_("Another administrator has to do this to your own account."))
