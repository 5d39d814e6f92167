"""Agencies and what they hold: status, standing, credentials, collectors, contracts with their fee terms."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.refs import new_ref
from portal.types import Choice, Rate, one_of


class AgencyStatus(StrEnum):
    """Where an agency stands in its life with the bank (contract, section 5)."""

    APPLICANT = "applicant"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    DECLINED = "declined"
    PROBATION = "probation"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    EXITING = "exiting"
    EXITED = "exited"


MOVES: dict[AgencyStatus, frozenset[AgencyStatus]] = {
    AgencyStatus.APPLICANT: frozenset({AgencyStatus.IN_REVIEW, AgencyStatus.DECLINED}),
    AgencyStatus.IN_REVIEW: frozenset({AgencyStatus.APPROVED, AgencyStatus.PROBATION, AgencyStatus.DECLINED}),
    AgencyStatus.APPROVED: frozenset({AgencyStatus.PROBATION, AgencyStatus.SUSPENDED, AgencyStatus.EXITING}),
    AgencyStatus.PROBATION: frozenset({AgencyStatus.APPROVED, AgencyStatus.SUSPENDED, AgencyStatus.EXITING}),
    AgencyStatus.SUSPENDED: frozenset({AgencyStatus.REINSTATED, AgencyStatus.EXITING}),
    AgencyStatus.REINSTATED: frozenset(
        {AgencyStatus.APPROVED, AgencyStatus.PROBATION, AgencyStatus.SUSPENDED, AgencyStatus.EXITING}
    ),
    AgencyStatus.EXITING: frozenset({AgencyStatus.EXITED}),
    AgencyStatus.DECLINED: frozenset(),
    AgencyStatus.EXITED: frozenset(),
}
MAY_RECEIVE = frozenset({AgencyStatus.APPROVED, AgencyStatus.REINSTATED, AgencyStatus.PROBATION})


class AgencyKind(StrEnum):
    """How an agency collects."""

    CALL_CENTRE = "call_centre"
    FIELD = "field"
    LAW_FIRM = "law_firm"


class CredentialState(StrEnum):
    """Where a credential stands (contract, section 5)."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


CREDENTIAL_MOVES: dict[CredentialState, frozenset[CredentialState]] = {
    CredentialState.REQUESTED: frozenset({CredentialState.SUBMITTED, CredentialState.WITHDRAWN}),
    CredentialState.SUBMITTED: frozenset({CredentialState.VERIFIED, CredentialState.REFUSED}),
    CredentialState.VERIFIED: frozenset({CredentialState.EXPIRED, CredentialState.WITHDRAWN}),
    CredentialState.EXPIRED: frozenset(),
    CredentialState.REFUSED: frozenset(),
    CredentialState.WITHDRAWN: frozenset(),
}
PROVEN = frozenset({CredentialState.VERIFIED, CredentialState.EXPIRED, CredentialState.WITHDRAWN})
"""States of what was verified once: on which days it was good is told by its dates alone."""


class CheckOutcome(StrEnum):
    """What a person found who looked at a credential."""

    VERIFIED = "verified"
    REFUSED = "refused"
    CONFIRMED = "confirmed"  # looked at again: it still holds


class Remittance(StrEnum):
    """What an agency hands over of the payments it takes: all of it, or what is left after its fee."""

    GROSS = "gross"
    NET = "net"


class ContractState(StrEnum):
    """A contract's terms bind once another person approved them."""

    DRAFT = "draft"
    APPROVED = "approved"
    ENDED = "ended"


class Agency(Base):
    """An external collection agency."""

    __tablename__ = "agency"
    __table_args__ = (one_of("status", AgencyStatus), one_of("kind", AgencyKind))

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String, unique=True)
    name: Mapped[str]
    legal_name: Mapped[str]
    country: Mapped[str]
    kind: Mapped[AgencyKind] = mapped_column(Choice(AgencyKind), default=AgencyKind.CALL_CENTRE)
    status: Mapped[AgencyStatus] = mapped_column(Choice(AgencyStatus), default=AgencyStatus.APPLICANT)
    status_since: Mapped[datetime]
    email: Mapped[str]
    phone: Mapped[str | None]
    practices: Mapped[str] = mapped_column(default="")  # of agencies.asked.PRACTICES, separated by blanks
    ramp_accounts: Mapped[int | None]  # most accounts an agency on probation may hold at first
    ramp_monthly: Mapped[int] = mapped_column(default=0, server_default="0")  # and how many more with every 30 days
    created_at: Mapped[datetime]


class StatusChange(Base):
    """One move in an agency's life, with its reason."""

    __tablename__ = "agency_status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    before: Mapped[AgencyStatus | None] = mapped_column(Choice(AgencyStatus))
    after: Mapped[AgencyStatus] = mapped_column(Choice(AgencyStatus))
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: whose own move it is


class Standing(Base):
    """What higher floors concluded about an agency and allocation must obey: band, gate, whether it may receive."""

    __tablename__ = "agency_standing"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    band: Mapped[str | None]
    gate: Mapped[str | None]  # G1 … G6 while one is closed
    may_receive: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]


class Credential(Base):
    """What an agency (or one of its collectors) holds: a licence, a registration, a certificate, for one jurisdiction."""

    __tablename__ = "credential"
    __table_args__ = (
        one_of("state", CredentialState),
        CheckConstraint(
            "valid_until IS NULL OR valid_from IS NULL OR valid_until >= valid_from", name="dates_in_order"
        ),
        Index("ix_credential_live", "agency_id", "code", "jurisdiction"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=lambda: new_ref("crd"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    code: Mapped[str]  # of agencies/catalogue, such as us.licence
    jurisdiction: Mapped[str]  # US-CA, US-NY-NYC, CN
    collector_id: Mapped[str | None]  # set when it belongs to one collector
    number: Mapped[str] = mapped_column(default="")
    state: Mapped[CredentialState] = mapped_column(Choice(CredentialState), default=CredentialState.SUBMITTED)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]  # inclusive; none: open
    amount: Mapped[Decimal | None]  # of a bond or insurance
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]  # when it was asked for, or sent in without being asked for
    submitted_at: Mapped[datetime | None]  # none while it is only requested
    submitted_by: Mapped[str | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: who may not verify it
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")  # why it was refused or withdrawn
    ended_on: Mapped[date | None]  # the first day without it: withdrawn, suspended or cancelled at the register
    noticed_days: Mapped[int | None]  # the last notice of its running out was that many days before
    look_again_on: Mapped[date | None]  # the day by which a person looks at it again

    agency: Mapped[Agency] = relationship(lazy="raise")


class CredentialCheck(Base):
    """One look of a person at a credential: what was seen, in which document, and what was found. Never changed."""

    __tablename__ = "credential_check"
    __table_args__ = (one_of("outcome", CheckOutcome),)

    id: Mapped[int] = mapped_column(primary_key=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    outcome: Mapped[CheckOutcome] = mapped_column(Choice(CheckOutcome))
    seen: Mapped[str]  # in the checker's words: which register, which page, what it said
    sha256: Mapped[str | None]  # of the document that was looked at
    at: Mapped[datetime]
    by: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class Exemption(Base):
    """Why an agency need not hold what a jurisdiction asks for: proposed by one person, and good once another approved it."""

    __tablename__ = "exemption"
    __table_args__ = (UniqueConstraint("agency_id", "code", "jurisdiction", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    code: Mapped[str]  # the credential type it lifts
    jurisdiction: Mapped[str]
    ground: Mapped[str]  # out_of_state_interstate_only, attorney, commercial_only, other
    reason: Mapped[str]
    proposed_by: Mapped[str]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: who may not approve it
    proposed_at: Mapped[datetime]
    approved_by: Mapped[str | None]  # none: it lifts nothing yet
    approved_at: Mapped[datetime | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class Collector(Base):
    """A person who collects for an agency. The newest row of an id wins; older ones stay (`replaced_at`)."""

    __tablename__ = "collector"
    __table_args__ = (Index("ix_collector_newest", "agency_id", "collector_id", "replaced_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    collector_id: Mapped[str]
    full_name: Mapped[str]
    active_from: Mapped[date]
    active_to: Mapped[date | None]
    background_check_on: Mapped[date | None]
    training_on: Mapped[date | None]
    training_until: Mapped[date | None]
    licence_number: Mapped[str | None]
    licence_from: Mapped[date | None]
    licence_until: Mapped[date | None]
    languages: Mapped[str | None]
    field_visits: Mapped[bool | None]
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    created_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class CollectorLogin(Base):
    """Which account of the portal belongs to which collector: it ends when the collector leaves."""

    __tablename__ = "collector_login"
    __table_args__ = (UniqueConstraint("agency_id", "collector_id"), UniqueConstraint("user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    collector_id: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime]


class Contract(Base):
    """An agency's contract: its term, and the limits allocation must keep. An amendment is the next version of its number."""

    __tablename__ = "contract"
    __table_args__ = (
        one_of("state", ContractState),
        one_of("remits", Remittance),
        UniqueConstraint("agency_id", "number", "version"),
        CheckConstraint(
            "concentration IS NULL OR concentration BETWEEN 1 AND 1000000", name="concentration_is_a_share"
        ),
        CheckConstraint("min_share IS NULL OR min_share BETWEEN 0 AND 1000000", name="min_share_is_a_share"),
        CheckConstraint("settlement_floor IS NULL OR settlement_floor BETWEEN 0 AND 1000000", name="floor_is_a_share"),
        CheckConstraint("waiver_most IS NULL OR waiver_most BETWEEN 0 AND 1000000", name="waiver_is_a_share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    number: Mapped[str]
    state: Mapped[ContractState] = mapped_column(Choice(ContractState), default=ContractState.DRAFT)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # inclusive
    capacity_accounts: Mapped[int | None]  # most open placements; none: no limit
    capacity_amount: Mapped[Decimal | None]  # most balance placed
    products: Mapped[str] = mapped_column(default="")  # those it covers, separated by blanks; empty: all
    countries: Mapped[str] = mapped_column(default="")
    term_days: Mapped[int] = mapped_column(default=180)  # how long a placement lasts
    acknowledge_days: Mapped[int] = mapped_column(default=2)
    transit_days: Mapped[int] = mapped_column(default=3)  # payments under way at the beginning are nobody's work
    tail_days: Mapped[int] = mapped_column(default=30)  # after the end, on a promise made before it
    version: Mapped[int] = mapped_column(default=1)
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"))  # the version that this one follows
    remits: Mapped[Remittance] = mapped_column(Choice(Remittance), default=Remittance.GROSS)
    reversal_days: Mapped[int | None]  # a payment taken back later than this keeps its fee; none: it never does
    concentration: Mapped[Decimal | None] = mapped_column(Rate)  # most of all open placements that it may hold
    min_share: Mapped[Decimal | None] = mapped_column(Rate)  # least part of a plan it takes part in
    settlement_floor: Mapped[Decimal | None] = mapped_column(
        Rate
    )  # least part of a balance it may settle for; none: ask
    instalments_most: Mapped[int | None]  # longest plan of months it may grant; none: ask
    first_work_days: Mapped[int | None]  # service level: the first contact or letter after a placement
    extension_days_most: Mapped[int | None]  # longest extension of a placement it may grant itself; none: ask
    waiver_most: Mapped[Decimal | None] = mapped_column(Rate)  # largest part of the interest it may waive; none: ask
    created_by: Mapped[str]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]

    agency: Mapped[Agency] = relationship(lazy="raise")


class FeeTerm(Base):
    """One clause of a fee schedule: the rate for payments of some accounts on some days.

    Terms of one contract never overlap.
    """

    __tablename__ = "fee_term"
    __table_args__ = (CheckConstraint("rate BETWEEN 0 AND 1000000", name="rate_is_a_share"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"), index=True)
    clause: Mapped[str]  # "4.1"
    text: Mapped[str]  # the clause as the contract words it
    product: Mapped[str | None]  # none: all
    balance_from: Mapped[Decimal]  # inclusive, of the placed balance
    balance_to: Mapped[Decimal | None]  # exclusive
    late_from: Mapped[int | None]  # inclusive, days in default when it was placed; none: any
    late_to: Mapped[int | None]  # exclusive
    tier: Mapped[int | None]  # 1 for accounts that nobody had before, 2 for a second agency …; none: any
    rate: Mapped[Decimal] = mapped_column(Rate)  # of payments to the agency
    direct_rate: Mapped[Decimal] = mapped_column(Rate)  # of payments straight to the bank
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # inclusive

    contract: Mapped[Contract] = relationship(lazy="raise")


class ContractDemand(Base):
    """A credential that a contract demands of the agency, whatever the place asks for; without it nothing is placed under it."""

    __tablename__ = "contract_demand"
    __table_args__ = (UniqueConstraint("contract_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"), index=True)
    code: Mapped[str]  # of agencies/catalogue, such as any.eo_insurance
    least: Mapped[Decimal | None]  # amount of cover, in the currency of the document
