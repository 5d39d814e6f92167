"""Reports, their problems, their rejected rows, and how a sender writes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.tables.faults import Problem
from portal.types import Choice, one_of


class ReportState(StrEnum):
    """Where a file stands (contract, section 3)."""

    RECEIVED = "received"
    READING = "reading"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REJECTED = "rejected"


DONE = frozenset({ReportState.ACCEPTED, ReportState.PARTLY_ACCEPTED, ReportState.REJECTED})


class Mode(StrEnum):
    """Whether sound rows go in beside bad ones."""

    PARTIAL = "partial"
    ATOMIC = "atomic"


class Report(Base):
    """One file and what became of its rows."""

    __tablename__ = "report"
    __table_args__ = (
        one_of("state", ReportState),
        one_of("mode", Mode),
        Index(
            "uq_report_same_bytes",
            "sender",
            "kind",
            "sha256",
            unique=True,
            sqlite_where=text("state <> 'rejected'"),
            postgresql_where=text("state <> 'rejected'"),
        ),
        Index("ix_report_history", "agency_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    sender: Mapped[int]  # the agency's id, or 0 for the bank
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    mode: Mapped[Mode] = mapped_column(Choice(Mode))
    state: Mapped[ReportState] = mapped_column(Choice(ReportState), default=ReportState.RECEIVED)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    sha256: Mapped[str]
    format_name: Mapped[str]
    charset: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what this kind needs beside the file
    control_rows: Mapped[int | None]
    control_amount: Mapped[Decimal | None]
    rows_read: Mapped[int] = mapped_column(default=0)  # the mark: everything up to here is committed
    accepted: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    problems_found: Mapped[int] = mapped_column(default=0)
    header: Mapped[list[str] | None] = mapped_column(JSON)  # the columns as sent, for giving rejected rows back
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # the sender's, as it was when the file came
    masked: Mapped[dict[str, int] | None] = mapped_column(JSON)  # identity and card numbers in free text, by kind
    breaches: Mapped[int | None]  # rows in breach; none until conduct has tested it
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    sent_by_id: Mapped[
        int | None
    ]  # the person (app_user) who is told by mail when it is read; none for keys and commands
    finished_at: Mapped[datetime | None]

    @property
    def total(self) -> int:
        """Data rows read so far, good and bad."""
        return self.rows_read

    @property
    def masked_numbers(self) -> int:
        """How many identity and card numbers were masked in its free text."""
        return sum((self.masked or {}).values())


class SavedMapping(Base):
    """How one sender writes one kind of file: read so are all its files of that kind that come from now on."""

    __tablename__ = "saved_mapping"
    __table_args__ = (Index("uq_saved_mapping_sender", "sender", "kind", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[int]  # the agency's id, or 0 for the bank
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str]
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str]


class ReportProblem(Base):
    """One thing to mend in a report. Row 0 is the header or the whole file."""

    __tablename__ = "report_problem"
    __table_args__ = (Index("ix_report_problem_place", "report_id", "row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    row: Mapped[int]
    column: Mapped[str]
    code: Mapped[str]
    value: Mapped[str]
    repair: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def problem(self) -> Problem:
        """The problem as a value."""
        return Problem(self.row, self.column, self.code, self.value, self.repair, self.params)


class RejectedRow(Base):
    """A rejected row's cells as they were sent, so that they can be mended and sent back."""

    __tablename__ = "rejected_row"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[str]] = mapped_column(JSON)
