"""What was really paid and what is owed: the bank's payments, whose they are, fees line by line, breaks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.types import Choice, Rate, one_of


class CreditReason(StrEnum):
    """Why a payment is, or is not, credited to an agency."""

    IN_PLACEMENT = "in_placement"
    IN_TRANSIT = "in_transit"  # within the first days of a placement: under way before the agency worked
    TAIL = "tail"  # after the recall, on a promise made before it
    NOT_PLACED = "not_placed"
    REVERSAL = "reversal"  # follows the payment it reverses
    MISPLACED = "misplaced"  # the placement was a mistake and left statistics


class BreakKind(StrEnum):
    """What two sides disagree about."""

    CLAIM_WITHOUT_PAYMENT = "claim_without_payment"
    PAYMENT_WITHOUT_CLAIM = "payment_without_claim"
    AMOUNT_DIFFERS = "amount_differs"
    BALANCE_DIFFERS = "balance_differs"
    NOT_HELD = "not_held"  # an inventory names an account the agency does not hold
    MISSING_FROM_INVENTORY = "missing_from_inventory"


class BreakState(StrEnum):
    """A break is open until somebody or a later file resolves it."""

    OPEN = "open"
    RESOLVED = "resolved"


class Payment(Base):
    """One entry of the bank's own ledger on an account (contract 4.3); never changed, reversed by a negative entry."""

    __tablename__ = "payment"
    __table_args__ = (Index("ix_payment_account", "account_id", "paid_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    row_no: Mapped[int]
    record_id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    paid_on: Mapped[date] = mapped_column(index=True)
    amount: Mapped[Decimal]
    currency: Mapped[str]
    paid_to: Mapped[str]
    method: Mapped[str | None]
    remitted_on: Mapped[date | None]
    reverses_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), index=True
    )  # the payment that it takes back
    corrects_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), unique=True
    )  # the payment that it stands for now
    note: Mapped[str | None]
    content_hash: Mapped[str]
    posted_at: Mapped[datetime]


class Credit(Base):
    """Whose work a payment is: the placement and agency it is credited to, or the reason why to nobody. One per payment."""

    __tablename__ = "credit"
    __table_args__ = (one_of("reason", CreditReason), Index("ix_credit_agency", "agency_id", "paid_on"))

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    reason: Mapped[CreditReason] = mapped_column(Choice(CreditReason))
    amount: Mapped[Decimal]
    paid_on: Mapped[date]
    direct: Mapped[bool]
    credited_at: Mapped[datetime]


class FeeLine(Base):
    """One payment's fee: rate, clause and formula beside the amount. Amounts are never changed; a reversal is a line of its own."""

    __tablename__ = "fee_line"
    __table_args__ = (
        Index("ix_fee_line_agency", "agency_id", "paid_on"),
        Index("ix_fee_line_account", "account_id", "term_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    term_id: Mapped[int] = mapped_column(ForeignKey("fee_term.id"))
    paid_on: Mapped[date]
    credited: Mapped[Decimal]
    rate: Mapped[Decimal] = mapped_column(Rate)
    amount: Mapped[Decimal]
    clause: Mapped[str]
    created_at: Mapped[datetime]


class ClaimMatch(Base):
    """An agency's payment claim and the bank's entry that are the same payment. Each side is matched once."""

    __tablename__ = "claim_match"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("payment_claim.id"), unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    days_apart: Mapped[int]
    difference: Mapped[Decimal]  # claim minus payment
    matched_at: Mapped[datetime]
    matched_by: Mapped[str]


class Break(Base):
    """A difference between two sides that somebody has to clear up."""

    __tablename__ = "break"
    __table_args__ = (
        one_of("kind", BreakKind),
        one_of("state", BreakState),
        Index("uq_break_subject", "kind", "subject", unique=True),
        Index("ix_break_queue", "agency_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BreakKind] = mapped_column(Choice(BreakKind))
    subject: Mapped[str]  # claim:…, payment:…, placement:…, inventory:…
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    account_ref: Mapped[str]
    bank_amount: Mapped[Decimal | None]
    agency_amount: Mapped[Decimal | None]
    state: Mapped[BreakState] = mapped_column(Choice(BreakState), default=BreakState.OPEN)
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    resolution: Mapped[str] = mapped_column(default="")
