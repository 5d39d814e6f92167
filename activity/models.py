"""What agencies say: activity of every kind, payment claims, inventory lines, complaints. A claim belongs to its report.

Beside it what follows from it: promises with their instalments, and which files are expected of an agency and came.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from activity.calendar import Cadence
from activity.certificate import Level
from activity.discipline import FileState
from activity.promises import PromiseState
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


class ActivityCount(Base):
    """How many accepted rows of one report fell on a day, of a kind and direction, on accounts of a currency (activity/counting)."""

    __tablename__ = "activity_count"
    __table_args__ = (
        CheckConstraint("accepted >= 0", name="not_below_zero"),
        Index("ix_activity_count_day", "agency_id", "day"),
    )

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)  # in UTC
    kind: Mapped[str] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(primary_key=True)  # empty where the rows say none
    currency: Mapped[str] = mapped_column(primary_key=True)  # the account's when the rows came
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # none: the bank itself
    accepted: Mapped[int]


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


class Promise(Base):
    """A promise or plan that was reported and stands, as it was last followed against the bank's payments."""

    __tablename__ = "promise"
    __table_args__ = (
        one_of("state", PromiseState),
        Index("ix_promise_agency", "agency_id", "made_on"),
        Index("ix_promise_account", "account_id"),
    )

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True, autoincrement=False)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # none: made to the bank itself
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"), index=True)
    kind: Mapped[str]  # promise or plan
    made_on: Mapped[date]
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    instalments: Mapped[int]
    kept: Mapped[int]  # of the instalments
    paid: Mapped[Decimal]
    due_on: Mapped[date | None]  # of the next open instalment; of a settled promise, of the one that settled it
    state: Mapped[PromiseState] = mapped_column(Choice(PromiseState))
    settled_on: Mapped[date | None]


class Instalment(Base):
    """One part of a promise: what is to be paid by when, and what was. A plain promise has one."""

    __tablename__ = "instalment"
    __table_args__ = (
        one_of("state", PromiseState),
        Index("ix_instalment_account", "account_id"),
        Index("ix_instalment_open", "state", "due_on"),
    )

    promise_id: Mapped[int] = mapped_column(ForeignKey("promise.activity_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    due_on: Mapped[date]
    amount: Mapped[Decimal]
    paid: Mapped[Decimal]
    state: Mapped[PromiseState] = mapped_column(Choice(PromiseState))
    settled_on: Mapped[date | None]


class Expectation(Base):
    """Files of one kind that an agency has to send, how often and by which hour of the bank's clock, from a day on."""

    __tablename__ = "expectation"
    __table_args__ = (one_of("cadence", Cadence), UniqueConstraint("agency_id", "kind", "valid_from"))

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str]
    cadence: Mapped[Cadence] = mapped_column(Choice(Cadence))
    day: Mapped[int]  # weekly: 0 Monday to 4 Friday; monthly: which business day of the month; daily: 0
    hour: Mapped[int]  # by which hour of the bank's clock
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # the last day it holds
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ExpectedFile(Base):
    """One file that was due: when, and the report that came for it, if one did."""

    __tablename__ = "expected_file"
    __table_args__ = (
        one_of("state", FileState),
        UniqueConstraint("agency_id", "kind", "due_at"),
        Index("ix_expected_file_due", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[FileState] = mapped_column(Choice(FileState))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), unique=True)
    chased: Mapped[int] = mapped_column(default=0)  # mails sent about it
    chased_at: Mapped[datetime | None]


class FeedCertificate(Base):
    """The grade of an agency's files from a moment on; a new grade is a new row, and older ones stay."""

    __tablename__ = "feed_certificate"
    __table_args__ = (
        one_of("level", Level),
        Index(
            "uq_feed_certificate_present",
            "agency_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    level: Mapped[Level] = mapped_column(Choice(Level))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)  # what it was graded by
