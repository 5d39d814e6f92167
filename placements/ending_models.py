"""What stands around the end of a placement: proposals to recall, the next step of every account that came back, proofs of deletion."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agencies.models import Agency
from placements.models import Account, Placement, RecallReason
from portal.db import Base
from portal.files import StoredFile
from portal.people import Role
from portal.types import Choice, one_of


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Step(StrEnum):
    """What happens next to an account that came back."""

    PLACE_AGAIN = "place_again"
    WAREHOUSE = "warehouse"
    LEGAL_REVIEW = "legal_review"
    DISPUTE_REVIEW = "dispute_review"
    HARDSHIP_CARE = "hardship_care"
    ESTATE = "estate"
    INSOLVENCY = "insolvency"
    FRAUD_REVIEW = "fraud_review"
    MEND_DATA = "mend_data"
    CLOSE = "close"


class Proposal(Base):
    """Accounts of one agency that a policy would recall; a person accepts or dismisses it."""

    __tablename__ = "recall_proposal"
    __table_args__ = (
        one_of("reason", RecallReason),
        one_of("state", ProposalState),
        Index(
            "uq_recall_proposal_open",
            "agency_id",
            "policy",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    policy: Mapped[str]  # term_end, no_activity, value, credential_lapse, agency_exit
    reason: Mapped[RecallReason] = mapped_column(Choice(RecallReason))
    state: Mapped[ProposalState] = mapped_column(Choice(ProposalState), default=ProposalState.OPEN)
    accounts: Mapped[int]
    proposed_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    recall_id: Mapped[int | None] = mapped_column(ForeignKey("recall.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    agency: Mapped[Agency] = relationship(lazy="raise")


class ProposalLine(Base):
    """One account in a proposal, with the figures that decided."""

    __tablename__ = "recall_proposal_line"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("recall_proposal.id"), primary_key=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"), primary_key=True)
    why: Mapped[dict[str, Any]] = mapped_column(JSON)


class NextStep(Base):
    """What happens to an account after a placement ended, who does it, and by when: no account comes back to nobody."""

    __tablename__ = "next_step"
    __table_args__ = (one_of("step", Step), Index("ix_next_step_queue", "done_at", "role", "due_on"))

    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    step: Mapped[Step] = mapped_column(Choice(Step))
    role: Mapped[Role] = mapped_column(Choice(Role))  # whose it is
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)  # the person who took it
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    placement: Mapped[Placement] = relationship(lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")


class Deletion(Base):
    """An agency's duty to delete what it holds of a person once a placement has ended, and its proof."""

    __tablename__ = "deletion"
    __table_args__ = (Index("ix_deletion_queue", "agency_id", "proved_at", "due_on"),)

    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    due_on: Mapped[date]
    proved_at: Mapped[datetime | None]
    proved_by: Mapped[str | None]
    deleted_on: Mapped[date | None]
    method: Mapped[str] = mapped_column(default="")
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))

    placement: Mapped[Placement] = relationship(lazy="raise")
    certificate: Mapped[StoredFile | None] = relationship(lazy="raise")
