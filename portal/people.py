"""People: users with one role, their invitations and their sessions.

`agency_id` is the opaque tenant: a foreign key by name, because the rule that an agency sees only its own rows has to sit on the
actor, and the floor above owns the table.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.types import Choice, one_of


class Role(StrEnum):
    """What a person may do; docs/roles.md tells each in words."""

    VENDOR_MANAGER = "vendor_manager"
    APPROVER = "approver"
    COMPLIANCE = "compliance"
    AGENCY_MANAGER = "agency_manager"
    AGENCY_USER = "agency_user"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def of_agency(self) -> bool:
        """True for the roles that belong to one agency."""
        return self in (Role.AGENCY_MANAGER, Role.AGENCY_USER)


class User(Base):
    """A person who signs in."""

    __tablename__ = "app_user"
    __table_args__ = (one_of("role", Role),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String, unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(Choice(Role))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    language: Mapped[str] = mapped_column(default="en")
    password_hash: Mapped[str | None]  # none until the invitation is taken up
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int | None]  # a code works once
    failures: Mapped[int] = mapped_column(default=0)  # failed sign-ins since the last good one
    failed_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]

    @property
    def state(self) -> str:
        """Where their access stands: invited, active or disabled."""
        if not self.active:
            return "disabled"
        return "active" if self.password_hash else "invited"


class Invitation(Base):
    """A single-use link with which a person sets password and second factor; only its hash is kept."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignIn(Base):
    """A session on the server: the cookie holds a random token, this row its hash. Deleting the row ends the session."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str]
    browser: Mapped[str]


class ApiKey(Base):
    """A machine's key; only a hash of its secret is kept. Belongs to an agency, or to a person of the bank and acts as them."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(unique=True)  # the 8 readable characters
    secret_hash: Mapped[str]
    name: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    scopes: Mapped[str]  # separated by blanks
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    def state(self, at: datetime) -> str:
        """live, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= at else "live"


class SavedView(Base):
    """A list's filters that a person gave a name."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "page", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    page: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
