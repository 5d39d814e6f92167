"""Accounts and who holds them: consumers, accounts, holds, plans with their lines, placements, recalls."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agencies.models import Agency, Contract
from portal.db import Base
from portal.sealing import keyring, mask, mask_name
from portal.types import Choice, one_of

HIDDEN = "••••"


class Product(StrEnum):
    """What kind of debt (contract 4.1)."""

    CREDIT_CARD = "credit_card"
    PERSONAL_LOAN = "personal_loan"
    AUTO_LOAN = "auto_loan"
    STUDENT_LOAN = "student_loan"
    MORTGAGE = "mortgage"
    UTILITY = "utility"
    MEDICAL = "medical"
    OTHER = "other"


class HoldKind(StrEnum):
    """Why nobody may collect an account now."""

    DISPUTE = "dispute"
    CEASE = "cease"
    ATTORNEY = "attorney"
    HARDSHIP = "hardship"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    LITIGATION = "litigation"
    FRAUD = "fraud"
    IDENTITY_THEFT = "identity_theft"
    MILITARY = "military"
    MORATORIUM = "moratorium"
    LICENCE = "licence"  # the agency that has it may not work there now; ends by itself (placements/lapse)
    OPT_OUT = "opt_out"


LIMITS_ONLY = (HoldKind.OPT_OUT,)
"""Holds that limit how the person is contacted and do not stop collection: whoever holds the account has to see them."""


class PlanState(StrEnum):
    """Where a plan stands (contract, section 5)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    PLACED = "placed"
    CANCELLED = "cancelled"


PLAN_MOVES: dict[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.SUBMITTED, PlanState.CANCELLED}),
    PlanState.SUBMITTED: frozenset({PlanState.APPROVED, PlanState.RETURNED, PlanState.CANCELLED}),
    PlanState.RETURNED: frozenset({PlanState.DRAFT, PlanState.CANCELLED}),
    PlanState.APPROVED: frozenset({PlanState.PLACED, PlanState.CANCELLED}),
    PlanState.PLACED: frozenset(),
    PlanState.CANCELLED: frozenset(),
}


class PlacementState(StrEnum):
    """Where a placement stands (contract, section 5). Open: placed, acknowledged, recall_pending, kept."""

    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    RECALL_PENDING = "recall_pending"
    KEPT = "kept"
    RECALLED = "recalled"
    RETURNED = "returned"
    CLOSED = "closed"


OPEN_PLACEMENT = frozenset(
    {PlacementState.PLACED, PlacementState.ACKNOWLEDGED, PlacementState.RECALL_PENDING, PlacementState.KEPT}
)


class RecallReason(StrEnum):
    """Why the bank takes an account back. `misplaced` leaves statistics."""

    TERM_END = "term_end"
    STRATEGY = "strategy"
    PORTFOLIO_SALE = "portfolio_sale"
    SETTLED_WITH_BANK = "settled_with_bank"
    COMPLAINT = "complaint"
    CREDENTIAL_LAPSE = "credential_lapse"
    AGENCY_EXIT = "agency_exit"
    MISPLACED = "misplaced"
    NO_ACTIVITY = "no_activity"
    LEGAL = "legal"


class ReturnReason(StrEnum):
    """Why an agency gives an account back."""

    UNCOLLECTABLE = "uncollectable"
    BANKRUPT = "bankrupt"
    DECEASED = "deceased"
    DISPUTED = "disputed"
    FRAUD = "fraud"
    NOT_FOUND = "not_found"
    CEASE = "cease"
    PAID = "paid"
    OTHER = "other"


class ObjectionReason(StrEnum):
    """Why an agency asks to keep an account that is being recalled."""

    ACTIVE_PROMISE = "active_promise"
    PLAN_RUNNING = "plan_running"
    PAYMENT_PENDING = "payment_pending"
    LEGAL_RUNNING = "legal_running"
    OTHER = "other"


class RefusalReason(StrEnum):
    """Why an agency refuses a placement."""

    CONFLICT = "conflict"
    NO_LICENCE = "no_licence"
    CAPACITY = "capacity"
    WRONG_DATA = "wrong_data"
    OTHER = "other"


class Portfolio(Base):
    """Accounts that the bank delivered under one name."""

    __tablename__ = "portfolio"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String, unique=True)
    created_at: Mapped[datetime]


class Consumer(Base):
    """The person behind one or more accounts. What identifies them is sealed as one value and searched by blind indexes."""

    __tablename__ = "consumer"

    id: Mapped[int] = mapped_column(primary_key=True)
    consumer_ref: Mapped[str] = mapped_column(String, unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # full_name, id_number, birth_date, phone, email, address
    name_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    id_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    language: Mapped[str | None]
    created_at: Mapped[datetime]

    @property
    def personal(self) -> dict[str, str]:
        """What identifies the person, opened. Show it masked unless the act of looking is recorded."""
        opened: dict[str, str] = keyring().open(self.sealed, f"consumer:{self.consumer_ref}")
        return opened

    @property
    def masked(self) -> dict[str, str]:
        """Enough to recognise the person by, no more: initials, the last digits of numbers, of the rest only that it is there."""
        plain = self.personal
        return {
            "full_name": mask_name(plain.get("full_name")),
            **{field: mask(plain.get(field)) for field in ("id_number", "phone")},
            **{field: HIDDEN if plain.get(field) else "" for field in ("email", "birth_date", "address")},
        }


class Account(Base):
    """One overdue debt, as the bank's newest tape tells it (contract 4.1)."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_ref: Mapped[str] = mapped_column(String, unique=True)
    consumer_id: Mapped[int] = mapped_column(ForeignKey("consumer.id"), index=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"), index=True)
    product: Mapped[Product] = mapped_column(Choice(Product))
    currency: Mapped[str]
    balance: Mapped[Decimal]
    principal: Mapped[Decimal | None]
    interest: Mapped[Decimal | None]
    fees: Mapped[Decimal | None]
    credit_limit: Mapped[Decimal | None]
    as_of: Mapped[date | None]
    opened_on: Mapped[date | None]
    defaulted_on: Mapped[date | None]
    charged_off_on: Mapped[date | None]
    days_past_due: Mapped[int | None]
    last_payment_on: Mapped[date | None]
    last_payment_amount: Mapped[Decimal | None]
    country: Mapped[str]
    region: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    jurisdiction: Mapped[str] = mapped_column(
        index=True
    )  # US-NY-NYC, US-CA, CN-FJ; the country alone if no more is known
    time_zone: Mapped[str | None]
    score: Mapped[int | None]
    itemization: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # the validation notice's figures
    limitation_on: Mapped[date | None]
    updated_at: Mapped[datetime]

    consumer: Mapped[Consumer] = relationship(lazy="raise")
    portfolio: Mapped[Portfolio] = relationship(lazy="raise")


class BalanceChange(Base):
    """One change of what is owed on an account, as a later tape of the bank told it."""

    __tablename__ = "balance_change"
    __table_args__ = (Index("ix_balance_change_account", "account_id", "told_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    as_of: Mapped[date | None]
    before: Mapped[Decimal]
    after: Mapped[Decimal]
    told_at: Mapped[datetime]


class Hold(Base):
    """A reason not to collect, from its start to its end, whoever holds the account."""

    __tablename__ = "hold"
    __table_args__ = (
        one_of("kind", HoldKind),
        Index(
            "uq_hold_open",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[HoldKind] = mapped_column(Choice(HoldKind))
    since: Mapped[datetime]
    until: Mapped[datetime | None]  # none: still holds
    source: Mapped[str]  # tape, or activity:<record id>, or a person
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # which agency told us
    note: Mapped[str] = mapped_column(default="")
    ended_by: Mapped[str | None]


class StrategyState(StrEnum):
    """Where a version of the strategy stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"


STRATEGY_MOVES: dict[StrategyState, frozenset[StrategyState]] = {
    StrategyState.DRAFT: frozenset({StrategyState.SUBMITTED}),
    StrategyState.SUBMITTED: frozenset({StrategyState.APPROVED, StrategyState.RETURNED}),
    StrategyState.RETURNED: frozenset({StrategyState.DRAFT}),
    StrategyState.APPROVED: frozenset(),
}


class Strategy(Base):
    """One version of the bank's placement strategy. The newest approved one binds; an approved one never changes."""

    __tablename__ = "strategy"
    __table_args__ = (one_of("state", StrategyState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    state: Mapped[StrategyState] = mapped_column(Choice(StrategyState), default=StrategyState.DRAFT)
    reason: Mapped[str]  # why it is as it is: what the approver reads first
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)  # placements.strategy.Rules
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision_note: Mapped[str] = mapped_column(default="")


class SavedPool(Base):
    """A filter over accounts that a person gave a name, for plans: who fits is looked up anew each time."""

    __tablename__ = "saved_pool"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON)  # placements.pools.Conditions
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class RecoveryEffect(Base):
    """How well an agency recovers, as a published scorecard measured it. The newest of each agency and currency counts."""

    __tablename__ = "recovery_effect"
    __table_args__ = (Index("ix_recovery_effect_newest", "currency", "agency_id", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    currency: Mapped[str]
    period: Mapped[str]  # YYYY-MM
    theta: Mapped[float] = mapped_column(Float)  # 1.1: a tenth more than the pool on like accounts
    sd_log: Mapped[float] = mapped_column(Float)
    compliance: Mapped[float | None] = mapped_column(Float)  # points, 0 to 100
    band: Mapped[str]
    source: Mapped[str]  # the scorecard's reference
    written_at: Mapped[datetime]


class SegmentRate(Base):
    """The share of a balance that the pool recovers from accounts of a cell within the scoring window."""

    __tablename__ = "segment_rate"
    __table_args__ = (UniqueConstraint("currency", "period", "cell"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    period: Mapped[str]
    cell: Mapped[str]
    rate: Mapped[float] = mapped_column(Float)
    source: Mapped[str]  # the fingerprint of the pool it was measured in
    written_at: Mapped[datetime]


class Plan(Base):
    """Who shall get which accounts: drafted, submitted, approved by another person, then placed. The stored plan is the record."""

    __tablename__ = "plan"
    __table_args__ = (one_of("state", PlanState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    state: Mapped[PlanState] = mapped_column(Choice(PlanState), default=PlanState.DRAFT)
    title: Mapped[str]
    by_hand: Mapped[bool] = mapped_column(default=False)
    portfolio_id: Mapped[int | None] = mapped_column(ForeignKey("portfolio.id"))
    strategy_version: Mapped[int | None]  # of the strategy in force when it was drawn
    version: Mapped[int] = mapped_column(default=1)  # how often it was drawn
    comparison: Mapped[str | None]  # the salt of the comparison it takes part in
    seed: Mapped[str]
    effective_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    inputs: Mapped[dict[str, Any]] = mapped_column(
        JSON
    )  # agencies, shares, limits, refusals: all that was decided from
    whys: Mapped[list[Any]] = mapped_column(
        JSON
    )  # the lists of reasons that its lines refer to: [[{"agency", "code", …}]]
    arms: Mapped[dict[str, float]] = mapped_column(
        JSON
    )  # how evenly balances fell: agency to standard deviations from its strata
    forecast: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # what it is expected to bring (placements.worth)
    changes: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # against the version before (placements.changes)
    fingerprint: Mapped[str]  # SHA-256 over inputs and lines: what was approved is what is placed
    accounts: Mapped[int]  # that an agency gets; once it is placed, got
    balance: Mapped[Decimal]
    currency: Mapped[str | None]  # a plan has one; none where nothing can be placed
    left_out: Mapped[int]  # accounts that nobody gets
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision_note: Mapped[str] = mapped_column(default="")
    placed_at: Mapped[datetime | None]
    placed_by: Mapped[str | None]

    portfolio: Mapped[Portfolio | None] = relationship(lazy="raise")


class PlanLine(Base):
    """One account in a plan: what was known of it, and who gets it or every reason why nobody does.

    Reasons that many accounts share are kept once, in the plan's `whys`; a line names its list by its place there.
    """

    __tablename__ = "plan_line"
    __table_args__ = (Index("uq_plan_line_account", "plan_id", "account_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    consumer_ref: Mapped[str]  # accounts of one consumer go to one agency
    product: Mapped[Product] = mapped_column(Choice(Product))
    jurisdiction: Mapped[str]
    balance: Mapped[Decimal]
    currency: Mapped[str]
    days_late: Mapped[int | None]  # on the day the plan takes effect
    score: Mapped[int | None]
    tier: Mapped[int]  # 1: never placed before
    follows: Mapped[str | None]  # the agency (code) that works another account of the consumer already
    barred: Mapped[list[str] | None] = mapped_column(JSON)  # the agencies (codes) that held this account before
    obstacles: Mapped[list[str] | None] = mapped_column(JSON)  # why nobody at all may get it: its holds, its placement
    track: Mapped[str | None]  # its tier by the strategy
    treatment: Mapped[str] = mapped_column(default="standard")  # how it is to be treated by the strategy
    side_before: Mapped[str | None]  # the side of the comparison its consumer was on already
    side: Mapped[str | None]  # the side of the comparison it is on
    cell: Mapped[str]  # the group of like accounts inside which chance decides
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"))
    placement_ref: Mapped[str | None]  # what its placement will be called
    why: Mapped[int | None]  # of an account nobody gets
    dropped: Mapped[int | None]  # why it was left out after all when the plan was placed


class Recall(Base):
    """An act of taking accounts back: pending until `final_at`, unless an agency objects and the bank lets it keep them."""

    __tablename__ = "recall"
    __table_args__ = (one_of("reason", RecallReason),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    reason: Mapped[RecallReason] = mapped_column(Choice(RecallReason))
    note: Mapped[str] = mapped_column(default="")
    accounts: Mapped[int]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    final_at: Mapped[datetime]
    stop_work: Mapped[bool] = mapped_column(
        default=False
    )  # all work stops at once, and the agency proves it within the hour


class Placement(Base):
    """One account with one agency, from the day it was placed until it ended. Balance and contract are frozen on that day."""

    __tablename__ = "placement"
    __table_args__ = (
        one_of("state", PlacementState),
        CheckConstraint(
            "(ended_at IS NULL) = (state IN ('placed', 'acknowledged', 'recall_pending', 'kept'))", name="open_or_ended"
        ),
        # The database itself refuses a second open placement; code that checks first loses the race.
        Index(
            "uq_placement_open",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_placement_inventory", "agency_id", "state"),
        Index("ix_placement_held", "account_id", "agency_id", "placed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"), index=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    tier: Mapped[int] = mapped_column(default=1)
    treatment: Mapped[str] = mapped_column(default="standard")  # what the person is to be offered first
    state: Mapped[PlacementState] = mapped_column(Choice(PlacementState), default=PlacementState.PLACED)
    placed_at: Mapped[datetime] = mapped_column(index=True)
    cell: Mapped[str]
    balance: Mapped[Decimal]
    currency: Mapped[str]
    due_back_on: Mapped[date]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_balance: Mapped[Decimal | None]
    refusal_reason: Mapped[RefusalReason | None] = mapped_column(Choice(RefusalReason))
    recall_id: Mapped[int | None] = mapped_column(ForeignKey("recall.id"), index=True)
    recall_requested_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]  # the agency's proof that it stopped work
    return_reason: Mapped[ReturnReason | None] = mapped_column(Choice(ReturnReason))
    ended_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime] = mapped_column(index=True)

    account: Mapped[Account] = relationship(lazy="raise")
    agency: Mapped[Agency] = relationship(lazy="raise")
    contract: Mapped[Contract] = relationship(lazy="raise")
    recall: Mapped[Recall | None] = relationship(lazy="raise")


class Objection(Base):
    """An agency's request to keep an account that is being recalled, and the bank's answer."""

    __tablename__ = "objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"), index=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("recall.id"), index=True)  # what it objects to
    reason: Mapped[ObjectionReason] = mapped_column(Choice(ObjectionReason))
    note: Mapped[str] = mapped_column(default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    raised_at: Mapped[datetime]
    raised_by: Mapped[str]
    kept: Mapped[bool | None]  # none: not decided yet
    days_granted: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]

    placement: Mapped[Placement] = relationship(lazy="raise")
