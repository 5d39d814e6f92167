"""Document requests, the bank's policies, and who attested that they read them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.refs import new_ref
from portal.types import Choice, one_of


class RequestState(StrEnum):
    """Where a document request stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


class DocumentRequest(Base):
    """A document that the bank asks an agency for, by a day. A document on file may answer any number of requests."""

    __tablename__ = "document_request"
    __table_args__ = (one_of("state", RequestState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("req"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))  # the due diligence that needs it
    document: Mapped[str]  # kind (catalogue/risk.toml)
    note: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date]
    state: Mapped[RequestState] = mapped_column(Choice(RequestState), default=RequestState.ASKED)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]  # who attests that the document is true and current
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: who may not accept it
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")  # why the last answer was not enough


class Policy(Base):
    """A policy of the bank that people of agencies have to read. Another wording is another version."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("title", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("pol"))
    title: Mapped[str]
    version: Mapped[str]
    text: Mapped[str]
    sha256: Mapped[str]  # of the text: what exactly was attested
    due_on: Mapped[date]
    published_at: Mapped[datetime]
    published_by: Mapped[str]
    replaced_at: Mapped[datetime | None]  # a newer version is out: nobody needs to read this one any more


class Attestation(Base):
    """A named person read a policy and says that they will keep it."""

    __tablename__ = "attestation"
    __table_args__ = (UniqueConstraint("policy_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    name: Mapped[str]  # as the person wrote it
    sha256: Mapped[str]
    attested_at: Mapped[datetime]
