"""What registers and lists said, and what people made of it: answers, watched names, screening hits, adverse events, outside complaints."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agencies.models import Agency
from portal.db import Base
from portal.refs import new_ref
from portal.types import Choice, one_of


class Verdict(StrEnum):
    """What a person made of a register's answer that differs."""

    NOTED = "noted"
    ENDED = "ended"  # the credential has ended: it is withdrawn
    HOLDS = "holds"  # the register is wrong or was put right: the credential holds


class NameKind(StrEnum):
    """Whose name is watched."""

    COMPANY = "company"
    PERSON = "person"


class HitState(StrEnum):
    """What a person found about a screening hit."""

    OPEN = "open"
    SAME = "same"
    OTHER = "other"


class AdverseKind(StrEnum):
    """What is told of an agency outside the portal."""

    NEWS = "news"
    ENFORCEMENT = "enforcement"
    LITIGATION = "litigation"
    OTHER = "other"


class RegisterEntry(Base):
    """Under which number or name an agency stands in a register, where none of its credentials tells it."""

    __tablename__ = "register_entry"
    __table_args__ = (UniqueConstraint("agency_id", "register"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    register: Mapped[str]
    number: Mapped[str]  # or the official name
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]


class RegisterAnswer(Base):
    """What a register said of an agency at one moment, or that it said nothing. Only what a person made of it is added later."""

    __tablename__ = "register_answer"
    __table_args__ = (
        one_of("verdict", Verdict),
        Index("ix_register_answer_latest", "agency_id", "register", "number", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("rga"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    register: Mapped[str]
    number: Mapped[str]
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"), index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    bearing: Mapped[str | None]  # none: no answer; `error` says why
    statement: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None]  # msgid
    error_detail: Mapped[str] = mapped_column(default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), index=True)
    changes: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)  # what differs from the answer before
    verdict: Mapped[Verdict | None] = mapped_column(Choice(Verdict))
    note: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None]


class WatchedName(Base):
    """A name that is looked for on sanctions lists: the agency's, or of somebody behind it."""

    __tablename__ = "watched_name"
    __table_args__ = (one_of("kind", NameKind), UniqueConstraint("agency_id", "kind", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    name: Mapped[str]
    kind: Mapped[NameKind] = mapped_column(Choice(NameKind))
    source: Mapped[str]  # where the name comes from, in words
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    ended_at: Mapped[datetime | None]  # no longer watched; what was found stays
    ended_by: Mapped[str | None]


class ScreeningRun(Base):
    """One look through one list, for every watched name at once."""

    __tablename__ = "screening_run"
    __table_args__ = (Index("ix_screening_run_latest", "list_name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_name: Mapped[str]
    at: Mapped[datetime]
    entries: Mapped[int]  # of the list; 0 where the list itself stays with its keeper
    names: Mapped[int]  # that were looked for
    last_name_id: Mapped[int]  # names added later were not looked for
    hits: Mapped[int]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    error: Mapped[str | None]  # msgid: why there was no look


class ScreeningHit(Base):
    """An entry of a list that a watched name may mean, and what a person found. What was found is remembered while the entry stays as it is."""

    __tablename__ = "screening_hit"
    __table_args__ = (
        one_of("state", HitState),
        UniqueConstraint("watched_id", "list_name", "entry"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_is_a_percentage"),
        Index("ix_screening_hit_agency", "agency_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("hit"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    watched_id: Mapped[int] = mapped_column(ForeignKey("watched_name.id"))
    list_name: Mapped[str]
    entry: Mapped[str]  # its number in the list
    matched: Mapped[str]  # the name of the entry that came nearest
    score: Mapped[int]
    entry_kind: Mapped[str]
    names: Mapped[list[str]] = mapped_column(JSON)
    programme: Mapped[str]
    remarks: Mapped[str]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    state: Mapped[HitState] = mapped_column(Choice(HitState), default=HitState.OPEN)
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]

    watched: Mapped[WatchedName] = relationship(lazy="raise")
    agency: Mapped[Agency] = relationship(lazy="raise")


class AdverseEvent(Base):
    """Something told of an agency outside the portal, entered by hand with its source."""

    __tablename__ = "adverse_event"
    __table_args__ = (one_of("kind", AdverseKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("adv"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[AdverseKind] = mapped_column(Choice(AdverseKind))
    happened_on: Mapped[date]
    title: Mapped[str]
    source: Mapped[str]  # who says so: an address, a file number
    text: Mapped[str]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    entered_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("app_user.id")
    )  # four eyes: who may not acknowledge it
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")  # what follows from it, by who acknowledged it


class OutsideComplaint(Base):
    """A complaint about an agency that a public authority published."""

    __tablename__ = "outside_complaint"
    __table_args__ = (
        UniqueConstraint("agency_id", "complaint"),
        Index("ix_outside_complaint_day", "agency_id", "received_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    complaint: Mapped[str]  # the authority's number
    received_on: Mapped[date]
    issue: Mapped[str]
    sub_issue: Mapped[str]
    sub_product: Mapped[str]
    state: Mapped[str]  # where the consumer lives
    response: Mapped[str]  # the company's, in the authority's words
    timely: Mapped[bool | None]
    sent_on: Mapped[date | None]  # to the company
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    seen_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")


class ComplaintMonth(Base):
    """How many complaints about debt collection a company got in one month, as the authority counts them."""

    __tablename__ = "complaint_month"
    __table_args__ = (UniqueConstraint("month", "company"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]  # its first day
    company: Mapped[str]
    complaints: Mapped[int]
    asked_at: Mapped[datetime]
