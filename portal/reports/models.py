"""Reports, their problems and their rejected rows."""

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
    breaches: Mapped[int | None]  # rows in breach; none until conduct has tested it
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    finished_at: Mapped[datetime | None]

    @property
    def total(self) -> int:
        """Data rows read so far, good and bad."""
        return self.rows_read


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
