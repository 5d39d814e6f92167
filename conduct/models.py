"""Was it done rightly: breaches with their evidence, complaint cases, the deadlines that follow from legal steps."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conduct.legal_clocks import ClockState, Sense
from portal.db import Base
from portal.types import Choice, one_of


class BreachState(StrEnum):
    """Where a breach stands (contract, section 5)."""

    FOUND = "found"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ESCALATED = "escalated"


BREACH_MOVES: dict[BreachState, frozenset[BreachState]] = {
    BreachState.FOUND: frozenset({BreachState.CONFIRMED, BreachState.DISMISSED, BreachState.ESCALATED}),
    BreachState.ESCALATED: frozenset({BreachState.CONFIRMED, BreachState.DISMISSED}),
    BreachState.CONFIRMED: frozenset(),
    BreachState.DISMISSED: frozenset(),
}


class ComplaintState(StrEnum):
    """Where a complaint stands (contract, section 5)."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


COMPLAINT_MOVES: dict[ComplaintState, frozenset[ComplaintState]] = {
    ComplaintState.OPEN: frozenset({ComplaintState.ANSWERED, ComplaintState.CLOSED}),
    ComplaintState.ANSWERED: frozenset({ComplaintState.CLOSED}),
    ComplaintState.CLOSED: frozenset(),
}


class Breach(Base):
    """A rule and the row that broke it. `review`: the rule alone cannot tell; a person must look."""

    __tablename__ = "breach"
    __table_args__ = (
        one_of("state", BreachState),
        Index("uq_breach_row", "rule", "activity_id", unique=True),
        Index("ix_breach_queue", "state", "due_at"),
        Index("ix_breach_agency", "agency_id", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str]
    rule_version: Mapped[str]  # hash of the rule as it was judged by
    verdict: Mapped[str]  # violation or review
    # Counts, and is shown to its agency, once confirmed: the facts leave a doubt, or the row was only kept as evidence.
    provisional: Mapped[bool] = mapped_column(default=False)
    severity: Mapped[str]
    citation: Mapped[str]
    state: Mapped[BreachState] = mapped_column(Choice(BreachState), default=BreachState.FOUND)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # none: the bank itself
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    occurred_at: Mapped[datetime]
    local_day: Mapped[date | None]
    why: Mapped[dict[str, Any]] = mapped_column(JSON)  # the figures that decided, from which a page writes the sentence
    found_at: Mapped[datetime]
    due_at: Mapped[datetime]  # until when somebody should have judged it
    withdrawn_at: Mapped[datetime | None]  # a correction or a late row took the ground away; kept with its trace
    escalated_at: Mapped[datetime | None]
    escalated_by: Mapped[str | None]
    escalated_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who may not decide it then
    escalation_note: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision_note: Mapped[str] = mapped_column(default="")


class BreachRow(Base):
    """A row that proves a breach: the one in breach and those counted with it."""

    __tablename__ = "breach_row"

    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"), primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True, index=True)


class Complaint(Base):
    """A complaint case, opened from a report: owned, answered by a date, closed with an outcome."""

    __tablename__ = "complaint"
    __table_args__ = (
        one_of("state", ComplaintState),
        UniqueConstraint("sender", "record_id"),
        Index("ix_complaint_queue", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    sender: Mapped[int]  # whose file it came in: an agency's id, or 0 for the bank
    record_id: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)  # whom it is about
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    category: Mapped[str]
    summary: Mapped[str]
    regulator: Mapped[bool]
    received_at: Mapped[datetime]
    due_on: Mapped[date]
    state: Mapped[ComplaintState] = mapped_column(Choice(ComplaintState), default=ComplaintState.OPEN)
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")


class LegalDeadline(Base):
    """A day that follows from a legal step: by when, or not before when, something has to be done. One for each rule and step."""

    __tablename__ = "legal_deadline"
    __table_args__ = (
        one_of("state", ClockState),
        one_of("sense", Sense),
        UniqueConstraint("rule", "activity_id"),
        Index("ix_legal_deadline_open", "state", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str]
    citation: Mapped[str]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)  # the step that it follows from
    met_by_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))  # the row that met it, if a row did
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(
        ForeignKey("agency.id"), index=True
    )  # who took the step; none: the bank
    sense: Mapped[Sense] = mapped_column(Choice(Sense))
    day: Mapped[date]
    state: Mapped[ClockState] = mapped_column(Choice(ClockState))
    met_on: Mapped[date | None]
