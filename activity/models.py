"""What agencies say: activity of every kind, payment claims, inventory lines, complaints. A claim belongs to its report."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.types import Choice, one_of

BANK = 0  # the `sender` of the bank's own rows; an agency's is its id


class Standing(StrEnum):
    """What a reported row counts for."""

    ACCEPTED = "accepted"
    REPLACED = "replaced"  # a later row corrected it
    EVIDENCE = "evidence"  # answered "unknown account" because the sender's placement had ended; kept for conduct


class Activity(Base):
    """One thing that happened, as its sender reported it (contract 4.2). A contact is an activity of a contact kind."""

    __tablename__ = "activity"
    __table_args__ = (
        one_of("standing", Standing),
        Index(
            "uq_activity_record",
            "sender",
            "record_id",
            unique=True,
            sqlite_where=text("standing <> 'evidence'"),
            postgresql_where=text("standing <> 'evidence'"),
        ),
        Index("ix_activity_person", "consumer_id", "occurred_at"),
        Index("ix_activity_account", "account_id", "occurred_at"),
        Index("ix_activity_agency", "agency_id", "occurred_at"),
        Index("ix_activity_report", "report_id", "row_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    row_no: Mapped[int]
    sender: Mapped[int]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # none: the bank itself
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    consumer_id: Mapped[int] = mapped_column(ForeignKey("consumer.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"), index=True)
    standing: Mapped[Standing] = mapped_column(Choice(Standing), default=Standing.ACCEPTED)
    content_hash: Mapped[str]  # of the row as sent, to tell a repetition from a change

    record_id: Mapped[str]
    corrects: Mapped[str | None]
    person_ref: Mapped[str | None]
    occurred_at: Mapped[datetime]
    kind: Mapped[str]
    direction: Mapped[str | None]
    outcome: Mapped[str | None]
    party: Mapped[str | None]
    endpoint: Mapped[str | None]
    endpoint_type: Mapped[str | None]
    time_zones: Mapped[str | None]
    collector_id: Mapped[str | None]
    duration_s: Mapped[int | None]
    recording_ref: Mapped[str | None]
    template_ref: Mapped[str | None]
    dialer: Mapped[str | None]
    opt_out_notice: Mapped[bool | None]
    disclosed_debt: Mapped[bool | None]
    identified_caller: Mapped[bool | None]
    consent_ref: Mapped[str | None]
    purpose: Mapped[str | None]
    accounts_discussed: Mapped[str | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    due_on: Mapped[date | None]
    instalments: Mapped[int | None]
    reference: Mapped[str | None]
    filed_on: Mapped[date | None]
    served_on: Mapped[date | None]
    court: Mapped[str | None]
    note: Mapped[str | None]  # identity and card numbers masked on the way in
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class PaymentClaim(Base):
    """A payment as an agency reports it; the bank's ledger is the truth, this stands beside it (contract 4.3)."""

    __tablename__ = "payment_claim"
    __table_args__ = (
        one_of("standing", Standing),
        Index("uq_payment_claim_record", "agency_id", "record_id", unique=True),
        Index("ix_payment_claim_account", "account_id", "paid_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    row_no: Mapped[int]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"), index=True)
    standing: Mapped[Standing] = mapped_column(Choice(Standing), default=Standing.ACCEPTED)
    content_hash: Mapped[str]

    record_id: Mapped[str]
    corrects: Mapped[str | None]
    paid_on: Mapped[date]
    amount: Mapped[Decimal]  # negative: a reversal
    currency: Mapped[str | None]
    paid_to: Mapped[str]
    method: Mapped[str | None]
    remitted_on: Mapped[date | None]
    reverses: Mapped[str | None]
    note: Mapped[str | None]


class InventoryLine(Base):
    """One account that an agency believes it holds, in one inventory report."""

    __tablename__ = "inventory_line"
    __table_args__ = (Index("uq_inventory_line_account", "report_id", "account_ref", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    row_no: Mapped[int]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    account_ref: Mapped[str]
    balance: Mapped[Decimal]
    status: Mapped[str]
    last_activity_on: Mapped[date | None]
    arrangement: Mapped[str | None]


class ReportedComplaint(Base):
    """A complaint as its sender reported it. The newest row of an id wins; older ones stay with `replaced_at`."""

    __tablename__ = "reported_complaint"
    __table_args__ = (
        Index(
            "uq_reported_complaint_newest",
            "sender",
            "record_id",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    row_no: Mapped[int]
    sender: Mapped[int]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    content_hash: Mapped[str]
    replaced_at: Mapped[datetime | None]

    record_id: Mapped[str]
    received_at: Mapped[datetime]
    channel: Mapped[str | None]
    category: Mapped[str]
    about_collector: Mapped[str | None]
    summary: Mapped[str]
    regulator: Mapped[bool | None]
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
