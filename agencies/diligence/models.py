"""What due diligence keeps: an agency's profile and disclosures, reviews with their answers, conditions, site visits, exit steps.

Nothing here is deleted: a disclosure that no longer holds is withdrawn, a decided review stays as it was decided.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.people import Role
from portal.refs import new_ref
from portal.types import Choice, Rate, one_of


class DisclosureKind(StrEnum):
    """What an agency tells of itself, line by line."""

    PRINCIPAL = "principal"
    SITE = "site"
    SUBCONTRACTOR = "subcontractor"
    SYSTEM = "system"
    POLICY = "policy"
    REFERENCE = "reference"
    BANK_ACCOUNT = "bank_account"


class DisclosureState(StrEnum):
    """What the bank found when it looked into a disclosure."""

    DECLARED = "declared"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ReviewKind(StrEnum):
    """Before an agency is let in, and again each time its tier's cycle is over."""

    INITIAL = "initial"
    PERIODIC = "periodic"


class ReviewState(StrEnum):
    """Where a review stands. The last three are the committee's decision."""

    OPEN = "open"
    HANDED_IN = "handed_in"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    CONDITIONAL = "conditional"
    DECLINED = "declined"


DECIDED = frozenset({ReviewState.APPROVED, ReviewState.CONDITIONAL, ReviewState.DECLINED})


class AnswerState(StrEnum):
    """What the reviewer made of an answer."""

    ANSWERED = "answered"
    ACCEPTED = "accepted"
    MORE = "more"  # asked for more, by a day
    DECLINED = "declined"  # not good enough: only a condition lets it pass


class ConditionState(StrEnum):
    """A condition holds until it is met, or an approver waives it."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"


class Profile(Base):
    """What an agency says of its company, and the facts from which its inherent risk is rated."""

    __tablename__ = "agency_profile"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    registration_number: Mapped[str]
    founded_on: Mapped[date]
    address: Mapped[str]
    website: Mapped[str] = mapped_column(default="")
    employees: Mapped[int]
    risk: Mapped[dict[str, list[str]]] = mapped_column(JSON)  # options by factor (catalogue/risk.toml)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class Disclosure(Base):
    """One thing an agency tells of itself: a principal, a site, a subcontractor, a reference, its bank account."""

    __tablename__ = "disclosure"
    __table_args__ = (
        one_of("kind", DisclosureKind),
        one_of("state", DisclosureState),
        CheckConstraint("share IS NULL OR share BETWEEN 0 AND 1000000", name="share_is_a_share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("dis"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[DisclosureKind] = mapped_column(Choice(DisclosureKind))
    name: Mapped[str]
    country: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")  # position, service, purpose, whom to ask: by kind
    share: Mapped[Decimal | None] = mapped_column(Rate)  # of a principal in the company
    since: Mapped[date | None]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the number of a bank account
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    state: Mapped[DisclosureState] = mapped_column(Choice(DisclosureState), default=DisclosureState.DECLARED)
    declared_at: Mapped[datetime]
    declared_by: Mapped[str]
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: who may not check it
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[str | None]
    check_note: Mapped[str] = mapped_column(default="")


class Review(Base):
    """One due diligence of an agency, from opening to the committee's decision."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("kind", ReviewKind),
        one_of("state", ReviewState),
        Index(
            "uq_review_undecided",
            "agency_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("rev"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[ReviewKind] = mapped_column(Choice(ReviewKind))
    state: Mapped[ReviewState] = mapped_column(Choice(ReviewState), default=ReviewState.OPEN)
    questionnaire: Mapped[str]  # version
    tier: Mapped[str]  # as rated from the profile; fixed by the decision
    points: Mapped[int]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    handed_in_at: Mapped[datetime | None]
    handed_in_by: Mapped[str | None]
    recommended: Mapped[ReviewState | None] = mapped_column(Choice(ReviewState))  # one of DECIDED
    recommended_at: Mapped[datetime | None]
    recommended_by: Mapped[str | None]
    recommended_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: who may not decide
    recommended_why: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_why: Mapped[str] = mapped_column(default="")


class Answer(Base):
    """What an agency answered to one question of a review, with its evidence, and what the reviewer made of it."""

    __tablename__ = "review_answer"
    __table_args__ = (one_of("state", AnswerState), UniqueConstraint("review_id", "question"))

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    question: Mapped[str]
    value: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    state: Mapped[AnswerState] = mapped_column(Choice(AnswerState), default=AnswerState.ANSWERED)
    answered_at: Mapped[datetime]
    answered_by: Mapped[str]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: who may not judge it
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[str | None]
    judgement: Mapped[str] = mapped_column(default="")  # what more is asked, or why it is declined
    due_on: Mapped[date | None]  # of what more is asked


class Condition(Base):
    """What an agency was approved on: with an owner, a date, and until it is met perhaps a cap on the accounts it holds."""

    __tablename__ = "approval_condition"
    __table_args__ = (
        one_of("state", ConditionState),
        one_of("owner", Role),
        CheckConstraint("cap_accounts IS NULL OR cap_accounts >= 0", name="cap_is_a_count"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("con"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    question: Mapped[str | None]  # the declined answer that it lets pass
    text: Mapped[str]
    owner: Mapped[Role] = mapped_column(Choice(Role))
    due_on: Mapped[date]
    cap_accounts: Mapped[int | None]  # most open placements while it is open; none: no cap
    state: Mapped[ConditionState] = mapped_column(Choice(ConditionState), default=ConditionState.OPEN)
    set_at: Mapped[datetime]
    set_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closed_why: Mapped[str] = mapped_column(default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class SiteVisit(Base):
    """A visit of the bank to where an agency works: planned, and what was found."""

    __tablename__ = "site_visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("vis"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    site: Mapped[str]
    planned_on: Mapped[date]
    planned_by: Mapped[str]
    visited_on: Mapped[date | None]  # none while it is only planned
    visited_by: Mapped[str | None]
    passed: Mapped[bool | None]
    findings: Mapped[str] = mapped_column(default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class ExitStep(Base):
    """One step of an agency's exit that is done. What there is to do is listed in `agencies.diligence.leaving`."""

    __tablename__ = "exit_step"
    __table_args__ = (UniqueConstraint("agency_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    step: Mapped[str]
    done_at: Mapped[datetime]
    done_by: Mapped[str]
    note: Mapped[str]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
