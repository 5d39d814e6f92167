"""Who may do what: one table, composed from what each package declares; what is not in it is refused.

An Actor is a value, detached from the database: the person, machine key or job on whose behalf an act is done. Acts and queries
take it; they never look at a request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_, Forbidden
from portal.people import Role

VM, AP, CO, AM, AU, AUDITOR, ADMIN = (
    Role.VENDOR_MANAGER,
    Role.APPROVER,
    Role.COMPLIANCE,
    Role.AGENCY_MANAGER,
    Role.AGENCY_USER,
    Role.AUDITOR,
    Role.ADMIN,
)
BANK = frozenset({VM, AP, CO, AUDITOR})  # everybody at the bank who does or audits business
AGENCY = frozenset({AM, AU})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Permission:
    """One right: its name, a sentence saying what it allows, the roles that have it, the API scopes of which a key needs one."""

    name: str
    meaning: str
    roles: frozenset[Role]
    scopes: tuple[str, ...] = ()


class Kind(StrEnum):
    """Through what an actor came."""

    PERSON = "person"
    KEY = "key"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """On whose behalf something is done. `agency_id` set: sees that agency's rows only."""

    kind: Kind
    name: str
    role: Role | None = None
    user_id: int | None = None
    agency_id: int | None = None
    agency_code: str | None = None
    email: str | None = None
    key_id: str | None = None
    scopes: frozenset[str] | None = None  # none: not limited by a key
    only: frozenset[str] | None = None  # permissions left while one's agency is not let in yet; none: not limited
    language: str = "en"

    def may(self, permission: str) -> bool:
        """True if role, the standing of one's agency, and for a key its scopes allow it. The system may do everything."""
        asked = TABLE[permission]
        if self.kind is Kind.SYSTEM:
            return True
        if self.role is None or self.role not in asked.roles:
            return False
        if self.only is not None and permission not in self.only:
            return False
        return self.scopes is None or not self.scopes.isdisjoint(asked.scopes)

    def must(self, permission: str) -> None:
        """Raise Forbidden unless the actor may."""
        if not self.may(permission):
            raise Forbidden(N_("Your role or key does not allow this: %(meaning)s"), meaning=TABLE[permission].meaning)

    @property
    def label(self) -> str:
        """How the audit trail names the actor."""
        return f"{self.name} (key {self.key_id})" if self.key_id else self.name


SYSTEM = Actor(Kind.SYSTEM, "system")
TABLE: dict[str, Permission] = {}


def declare(permissions: Iterable[Permission]) -> None:
    """Add a package's permissions to the table (app.py, once per package). The same name twice with another meaning is a mistake."""
    for permission in permissions:
        if TABLE.get(permission.name, permission) != permission:
            raise ValueError(f"Permission {permission.name} is declared twice.")
        TABLE[permission.name] = permission


PERMISSIONS = (
    Permission("portal.home", "See the home page and one's own settings.", EVERYBODY),
    Permission("tasks.view", "See one's own work list.", EVERYBODY),
    Permission("people.view", "See who may sign in, with which role.", frozenset({ADMIN, AUDITOR})),
    Permission("people.manage", "Invite people, change their roles, end their access.", frozenset({ADMIN})),
    Permission("keys.own", "Make and revoke API keys of one's own agency.", frozenset({AM})),
    Permission("keys.view", "See which API keys there are, and what they may do.", frozenset({ADMIN, AUDITOR})),
    Permission("keys.manage", "Make and revoke API keys of people and of any agency.", frozenset({ADMIN})),
    Permission("trail.view", "Read the audit trail and verify it.", frozenset({AUDITOR, ADMIN, CO})),
    Permission("jobs.view", "See scheduled jobs, their runs and the work queue.", frozenset({ADMIN, AUDITOR})),
    Permission("jobs.retry", "Put failed work back into the queue.", frozenset({ADMIN})),
    Permission("webhooks.manage", "Set where webhooks go and send test events.", frozenset({ADMIN, AM})),
)
declare(PERMISSIONS)
