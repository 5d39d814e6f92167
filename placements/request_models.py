"""What agencies ask for on accounts, what they were granted and how it ended, and the papers of an account with who looked at them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agencies.models import Agency
from placements.models import Account, Placement
from portal.db import Base
from portal.files import StoredFile
from portal.types import Choice, Rate, one_of


class RequestKind(StrEnum):
    """What an agency asks for (contract, section 3)."""

    SETTLEMENT = "settlement"
    INSTALMENT = "instalment"
    EXTENSION = "extension"
    WAIVER = "waiver"
    HARDSHIP = "hardship"
    DOCUMENTS = "documents"
    LEGAL_ACTION = "legal_action"
    RECALL = "recall"
    QUERY = "query"


ARRANGED = frozenset({RequestKind.SETTLEMENT, RequestKind.INSTALMENT, RequestKind.WAIVER})
"""Requests whose grant is an arrangement with the person, which is followed to its end."""


class RequestState(StrEnum):
    """Where a request stands (contract, section 5)."""

    ASKED = "asked"
    ANSWERED = "answered"
    GRANTED = "granted"
    REFUSED = "refused"
    CLOSED = "closed"


REQUEST_MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.ASKED: frozenset(
        {RequestState.ANSWERED, RequestState.GRANTED, RequestState.REFUSED, RequestState.CLOSED}
    ),
    RequestState.ANSWERED: frozenset({RequestState.CLOSED}),
    RequestState.GRANTED: frozenset({RequestState.CLOSED}),
    RequestState.REFUSED: frozenset({RequestState.CLOSED}),
    RequestState.CLOSED: frozenset(),
}


class Willingness(StrEnum):
    """Whether the person wants to pay, as the agency found."""

    WILLING = "willing"
    UNWILLING = "unwilling"
    UNKNOWN = "unknown"


class Ability(StrEnum):
    """Whether the person can pay, as the agency found."""

    ABLE = "able"
    LATER = "later"  # cannot now, will be able to
    UNABLE = "unable"
    UNKNOWN = "unknown"


class ArrangementState(StrEnum):
    """How what was granted is getting on."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class PaperKind(StrEnum):
    """What a document of an account is."""

    CONTRACT = "contract"
    STATEMENT = "statement"
    JUDGMENT = "judgment"
    ASSIGNMENT = "assignment"
    NOTICE = "notice"
    CORRESPONDENCE = "correspondence"
    OTHER = "other"


class Request(Base):
    """What an agency asks of the bank for one account that it holds, with its terms, and the bank's answer."""

    __tablename__ = "request"
    __table_args__ = (
        one_of("kind", RequestKind),
        one_of("state", RequestState),
        Index("ix_request_queue", "state", "due_at"),
        Index("ix_request_agency", "agency_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[RequestKind] = mapped_column(Choice(RequestKind))
    state: Mapped[RequestState] = mapped_column(Choice(RequestState), default=RequestState.ASKED)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    amount: Mapped[Decimal | None]  # to be paid in all
    waived: Mapped[Decimal | None]  # interest and fees to be waived
    instalments: Mapped[int | None]
    first_due_on: Mapped[date | None]
    days: Mapped[int | None]  # of an extension
    willingness: Mapped[Willingness] = mapped_column(Choice(Willingness), default=Willingness.UNKNOWN)
    ability: Mapped[Ability] = mapped_column(Choice(Ability), default=Ability.UNKNOWN)
    further: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # terms that have no column, for a person to read
    note: Mapped[str] = mapped_column(default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    treatment: Mapped[str]  # what the rule says of this person's case, when it was asked
    treatment_version: Mapped[str]
    beyond: Mapped[list[Any]] = mapped_column(JSON, default=list)  # every limit of the contract that it exceeds
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    due_at: Mapped[datetime]  # by when the bank answers
    delegated: Mapped[bool] = mapped_column(default=False)  # granted at once, within the contract's limits
    answer: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    placement: Mapped[Placement] = relationship(lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")
    agency: Mapped[Agency] = relationship(lazy="raise")
    evidence: Mapped[StoredFile | None] = relationship(lazy="raise")


class Arrangement(Base):
    """What was granted on an account, exactly, and how it is getting on against what is really paid."""

    __tablename__ = "arrangement"
    __table_args__ = (
        one_of("kind", RequestKind),
        one_of("state", ArrangementState),
        CheckConstraint("amount >= 0 AND waived >= 0 AND instalments >= 1", name="terms_make_sense"),
        # One at a time: a new one is granted after the old one was cancelled or ended.
        Index(
            "uq_arrangement_running",
            "account_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index("ix_arrangement_placement", "placement_id", "agreed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), unique=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[RequestKind] = mapped_column(Choice(RequestKind))
    state: Mapped[ArrangementState] = mapped_column(Choice(ArrangementState), default=ArrangementState.RUNNING)
    balance: Mapped[Decimal]  # owed when it was agreed
    amount: Mapped[Decimal]  # to be paid in all
    waived: Mapped[Decimal]  # what the bank gives up once the amount is paid
    share: Mapped[Decimal] = mapped_column(Rate)  # the amount's part of the balance
    instalments: Mapped[int]
    first_due_on: Mapped[date]
    last_due_on: Mapped[date]
    agreed_at: Mapped[datetime]
    paid: Mapped[Decimal] = mapped_column(default=Decimal(0))  # by the bank's ledger, since it was agreed
    followed_on: Mapped[date | None]  # the day up to which it was followed
    ended_at: Mapped[datetime | None]

    request: Mapped[Request] = relationship(lazy="raise")


class AccountDocument(Base):
    """A paper of an account that the bank keeps: its contract, a statement, a judgment."""

    __tablename__ = "account_document"
    __table_args__ = (one_of("kind", PaperKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[PaperKind] = mapped_column(Choice(PaperKind))
    title: Mapped[str]
    dated: Mapped[date | None]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), index=True)  # which it was supplied for
    supplied_at: Mapped[datetime]
    supplied_by: Mapped[str]

    account: Mapped[Account] = relationship(lazy="raise")
    file: Mapped[StoredFile] = relationship(lazy="raise")


class DocumentAccess(Base):
    """One look at a document of an account: who, when."""

    __tablename__ = "document_access"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("account_document.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)  # none: somebody of the bank
