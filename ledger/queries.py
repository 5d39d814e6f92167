"""Questions about payments, credits, fees and breaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from activity.models import Activity, InventoryLine, PaymentClaim, Promise, Standing
from activity.promises import Paid
from agencies.models import Agency, Contract, FeeTerm
from agencies.terms import Placed
from ledger.crediting import Span
from ledger.entries import Entry, Owner
from ledger.matching import Side
from ledger.models import Break, BreakKind, BreakState, ClaimMatch, Credit, FeeLine, Payment
from placements.models import Account, Placement, PlacementState, PlanLine, Recall, RecallReason
from placements.request_models import Arrangement
from portal.among import among
from portal.errors import NotFound
from portal.permissions import Actor
from portal.reports.models import Report
from portal.types import Money

# -- posting ------------------------------------------------------------------------------------------------------------

BOOK = 0x6C_65_64_67  # the advisory lock of the ledger on PostgreSQL


def take_the_book(session: Session) -> None:
    """One transaction at a time writes in the ledger: what is left of a payment, and fees to date, depend on all that went before.

    On SQLite the transaction holds the database's one write lock already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(BOOK)))


def owners(session: Session, refs: Collection[str]) -> dict[str, Owner]:
    """The accounts with these references."""
    wanted = select(Account.account_ref, Account.id, Account.currency).where(among(session, Account.account_ref, refs))
    return {ref: Owner(account_id, currency) for ref, account_id, currency in session.execute(wanted)}


def posted(session: Session, record_ids: Collection[str]) -> dict[str, Entry]:
    """Those of these entries that are posted already, with what is left of each, by record id."""
    taking, correcting = aliased(Payment), aliased(Payment)
    taken = (
        select(func.coalesce(func.sum(taking.amount), Decimal(0)))
        .where(taking.reverses_id == Payment.id)
        .scalar_subquery()
    )
    corrected = exists().where(correcting.corrects_id == Payment.id)
    wanted = select(Payment, taken, corrected).where(among(session, Payment.record_id, record_ids))
    return {
        payment.record_id: _entry(payment, left=max(payment.amount + negative, Decimal(0)), is_corrected=is_corrected)
        for payment, negative, is_corrected in session.execute(wanted)
    }


def payment_ids(session: Session, record_ids: Collection[str]) -> dict[str, int]:
    """The keys of these entries."""
    return dict(
        session.execute(
            select(Payment.record_id, Payment.id).where(among(session, Payment.record_id, record_ids))
        ).all()
    )


def nobodys_payments(session: Session) -> list[Entry]:
    """Payments on accounts that were ever placed which nobody is credited with, and what takes them back, in the ledger's order."""
    original = aliased(Payment)
    placed = exists().where(Placement.account_id == Payment.account_id)
    wanted = (
        select(Payment, original)
        .join(Credit, Credit.payment_id == Payment.id)
        .outerjoin(original, original.id == Payment.reverses_id)
        .where(Credit.agency_id.is_(None), placed)
        .order_by(Payment.id)
    )
    return [
        _entry(payment, reverses=_entry(reversed_) if reversed_ else None)
        for payment, reversed_ in session.execute(wanted)
    ]


def _entry(
    payment: Payment, *, left: Decimal = Decimal(0), is_corrected: bool = False, reverses: Entry | None = None
) -> Entry:
    return Entry(
        payment.record_id,
        payment.account_id,
        payment.paid_on,
        payment.amount,
        payment.currency,
        payment.paid_to,
        payment.method,
        payment.content_hash,
        left,
        payment.id,
        is_corrected=is_corrected,
        reverses=reverses,
    )


def spans(session: Session, account_ids: Collection[int]) -> dict[int, list[Span]]:
    """Every placement of these accounts that an agency took, by its beginning, with what crediting asks of it."""
    promise = exists().where(
        Activity.placement_id == Placement.id,
        Activity.kind.in_(("promise", "plan")),
        Activity.standing == Standing.ACCEPTED,
        or_(Placement.ended_at.is_(None), Activity.occurred_at <= Placement.ended_at),
    )
    # What the bank granted on a placement's account is as good as a promise that was reported.
    arranged = exists().where(
        Arrangement.placement_id == Placement.id,
        or_(Placement.ended_at.is_(None), Arrangement.agreed_at <= Placement.ended_at),
    )
    found: dict[int, list[Span]] = defaultdict(list)
    wanted = (
        select(Placement, Contract.transit_days, Contract.tail_days, or_(promise, arranged), Recall.reason)
        .join(Contract, Contract.id == Placement.contract_id)
        .outerjoin(Recall, Recall.id == Placement.recall_id)
        .where(among(session, Placement.account_id, account_ids), Placement.state != PlacementState.REFUSED)
        .order_by(Placement.placed_at, Placement.id)
    )
    for placement, transit, tail, promised, reason in session.execute(wanted):
        found[placement.account_id].append(
            Span(
                placement.id,
                placement.agency_id,
                placement.contract_id,
                placement.placed_at.date(),
                placement.ended_at.date() if placement.ended_at else None,
                transit,
                tail,
                bool(promised),
                placement.ended_at is not None and reason is RecallReason.MISPLACED,
            )
        )
    return found


def paid_entries(session: Session, account_ids: Collection[int]) -> dict[int, list[tuple[date, Decimal]]]:
    """(day, amount) of every entry on these accounts, by account; what took a payment back is negative."""
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    wanted = select(Payment.account_id, Payment.paid_on, Payment.amount).where(
        among(session, Payment.account_id, account_ids)
    )
    for account_id, day, amount in session.execute(wanted.order_by(Payment.paid_on, Payment.id)):
        found[account_id].append((day, amount))
    return found


def placed_facts(session: Session, placement_ids: Collection[int]) -> dict[int, Placed]:
    """What the fee term of these placements depends on; how late an account was is known from the plan that placed it."""
    line = and_(PlanLine.plan_id == Placement.plan_id, PlanLine.account_id == Placement.account_id)
    wanted = select(Placement.id, Placement.balance, Account.product, PlanLine.days_late, Placement.tier)
    wanted = wanted.join(Account, Account.id == Placement.account_id).outerjoin(PlanLine, line)
    rows = session.execute(wanted.where(among(session, Placement.id, placement_ids)))
    return {key: Placed(balance, str(product), late, tier) for key, balance, product, late, tier in rows}


def terms_of(session: Session, contract_ids: Collection[int]) -> dict[int, list[FeeTerm]]:
    """The fee terms of these contracts."""
    found: dict[int, list[FeeTerm]] = defaultdict(list)
    for term in session.scalars(
        select(FeeTerm).where(FeeTerm.contract_id.in_(list(contract_ids))).order_by(FeeTerm.id)
    ):
        found[term.contract_id].append(term)
    return found


def reversal_days(session: Session, contract_ids: Collection[int]) -> dict[int, int]:
    """By term: after how many days a payment that is taken back keeps its fee. Terms of contracts without such a rule are left out."""
    wanted = select(FeeTerm.id, Contract.reversal_days).join(Contract, Contract.id == FeeTerm.contract_id)
    wanted = wanted.where(Contract.id.in_(list(contract_ids)), Contract.reversal_days.is_not(None))
    return {term_id: days for term_id, days in session.execute(wanted) if days is not None}


@dataclass(frozen=True)
class Sums:
    """Credited net and fee lines to date of one account under one term and rate."""

    credited: Decimal
    lines: Decimal


def fee_sums(session: Session, account_ids: Collection[int]) -> dict[tuple[int, int, Decimal], Sums]:
    """Sums to date by (account, term, rate)."""
    wanted = select(
        FeeLine.account_id, FeeLine.term_id, FeeLine.rate, func.sum(FeeLine.credited), func.sum(FeeLine.amount)
    )
    grouped = wanted.where(among(session, FeeLine.account_id, account_ids)).group_by(
        FeeLine.account_id, FeeLine.term_id, FeeLine.rate
    )
    return {
        (account, term, rate): Sums(credited, lines)
        for account, term, rate, credited, lines in session.execute(grouped)
    }


def credits_of(session: Session, payment_ids: Collection[int]) -> dict[int, tuple[Credit, FeeLine | None]]:
    """The credit, and the fee line if there is one, of these payments."""
    wanted = (
        select(Credit, FeeLine)
        .outerjoin(FeeLine, FeeLine.payment_id == Credit.payment_id)
        .where(among(session, Credit.payment_id, payment_ids))
    )
    return {credit.payment_id: (credit, line) for credit, line in session.execute(wanted)}


# -- matching -----------------------------------------------------------------------------------------------------------


def accounts_of_report(session: Session, report_id: int) -> set[int]:
    """The accounts that a report of claims or a ledger file speaks of, those of claims that it corrects included."""
    corrected = aliased(PaymentClaim)
    claims = select(PaymentClaim.account_id).where(PaymentClaim.report_id == report_id)
    replaced = (
        select(corrected.account_id)
        .join(
            PaymentClaim,
            and_(PaymentClaim.corrects == corrected.record_id, PaymentClaim.agency_id == corrected.agency_id),
        )
        .where(PaymentClaim.report_id == report_id)
    )
    payments = select(Payment.account_id).where(Payment.report_id == report_id)
    return set(session.scalars(claims.union(replaced, payments)))


def promised_accounts_paid_by(session: Session, report_id: int) -> set[int]:
    """The accounts with promises on which a file of the ledger posted something."""
    wanted = select(Payment.account_id).where(Payment.report_id == report_id)
    return set(session.scalars(wanted.where(exists().where(Promise.account_id == Payment.account_id)).distinct()))


def payments_left(session: Session, account_ids: Collection[int]) -> dict[int, list[Paid]]:
    """The payments on these accounts, each with what is left of it after everything that took of it, by account."""
    taking = aliased(Payment)
    taken = (
        select(func.coalesce(func.sum(taking.amount), Decimal(0)))
        .where(taking.reverses_id == Payment.id)
        .scalar_subquery()
    )
    wanted = select(Payment.account_id, Payment.paid_on, Payment.amount, taken)
    found: dict[int, list[Paid]] = defaultdict(list)
    mine = wanted.where(among(session, Payment.account_id, account_ids), Payment.reverses_id.is_(None))
    for account_id, paid_on, amount, negative in session.execute(mine.order_by(Payment.paid_on, Payment.id)):
        found[account_id].append(Paid(paid_on, amount + negative))
    return found


def claims_of(session: Session, account_ids: Collection[int]) -> dict[int, list[Side]]:
    """The claims on these accounts that stand, by account."""
    found: dict[int, list[Side]] = defaultdict(list)
    wanted = select(
        PaymentClaim.account_id,
        PaymentClaim.id,
        PaymentClaim.paid_on,
        PaymentClaim.amount,
        PaymentClaim.paid_to,
        PaymentClaim.agency_id,
    ).where(among(session, PaymentClaim.account_id, account_ids), PaymentClaim.standing == Standing.ACCEPTED)
    for account, key, paid_on, amount, paid_to, agency in session.execute(wanted):
        found[account].append(Side(key, paid_on, amount, paid_to, agency))
    return found


def payments_of(session: Session, account_ids: Collection[int]) -> dict[int, list[Side]]:
    """The bank's entries on these accounts that stand, each with the agency it is credited to, by account."""
    found: dict[int, list[Side]] = defaultdict(list)
    wanted = (
        select(Payment.account_id, Payment.id, Payment.paid_on, Payment.amount, Payment.paid_to, Credit.agency_id)
        .join(Credit, Credit.payment_id == Payment.id)
        .where(among(session, Payment.account_id, account_ids), _stands())
    )
    for account, key, paid_on, amount, paid_to, agency in session.execute(wanted):
        found[account].append(Side(key, paid_on, amount, paid_to, agency))
    return found


def _stands() -> ColumnElement[bool]:
    """Neither replaced by a correction nor the entry that takes the replaced one back: those two are nothing together."""
    correction = aliased(Payment)
    return ~exists().where(or_(correction.corrects_id == Payment.id, correction.corrects_id == Payment.reverses_id))


def matches_of(session: Session, account_ids: Collection[int]) -> list[ClaimMatch]:
    """The pairs made on these accounts."""
    wanted = (
        select(ClaimMatch)
        .join(PaymentClaim, PaymentClaim.id == ClaimMatch.claim_id)
        .where(among(session, PaymentClaim.account_id, account_ids))
    )
    return list(session.scalars(wanted))


def lone_claims(session: Session, before: date) -> Sequence[Any]:
    """Claims of days before `before` that no entry of the bank stands for: (claim, account reference)."""
    return session.execute(
        select(PaymentClaim, Account.account_ref)
        .join(Account, Account.id == PaymentClaim.account_id)
        .outerjoin(ClaimMatch, ClaimMatch.claim_id == PaymentClaim.id)
        .where(PaymentClaim.standing == Standing.ACCEPTED, PaymentClaim.paid_on < before, ClaimMatch.id.is_(None))
    ).all()


def lone_payments(session: Session, before: date) -> Sequence[Any]:
    """Entries paid to a credited agency before `before` that it never reported: (payment, agency id, account reference).

    Only from the first day on of which an agency ever reported a payment: before, there is nothing to compare.
    """
    first = select(func.min(PaymentClaim.paid_on)).where(PaymentClaim.agency_id == Credit.agency_id).scalar_subquery()
    return session.execute(
        select(Payment, Credit.agency_id, Account.account_ref)
        .join(Credit, Credit.payment_id == Payment.id)
        .join(Account, Account.id == Payment.account_id)
        .outerjoin(ClaimMatch, ClaimMatch.payment_id == Payment.id)
        .where(
            Payment.paid_to == "agency",
            Payment.paid_on < before,
            Payment.paid_on >= first,
            Credit.agency_id.is_not(None),
            ClaimMatch.id.is_(None),
            _stands(),
        )
    ).all()


def different_amounts(session: Session) -> Sequence[Any]:
    """Matched pairs whose amounts differ: (match, claim, payment, account reference)."""
    return session.execute(
        select(ClaimMatch, PaymentClaim, Payment, Account.account_ref)
        .join(PaymentClaim, PaymentClaim.id == ClaimMatch.claim_id)
        .join(Payment, Payment.id == ClaimMatch.payment_id)
        .join(Account, Account.id == Payment.account_id)
        .where(ClaimMatch.difference != Decimal(0))
    ).all()


def inventory_of_day(session: Session, report: Report) -> dict[str, InventoryLine]:
    """What an agency said that day it holds: all its inventories of the day together, the newest line of an account wins.

    Rows that were refused are mended and sent in a file of their own, which is no inventory by itself.
    """
    begin = datetime.combine(report.created_at.date(), time(), UTC)
    wanted = (
        select(InventoryLine)
        .join(Report, Report.id == InventoryLine.report_id)
        .where(
            InventoryLine.agency_id == report.agency_id,
            Report.created_at >= begin,
            Report.created_at < begin + timedelta(days=1),
        )
        .order_by(Report.created_at, Report.id)
    )
    return {line.account_ref: line for line in session.scalars(wanted)}


def has_later_inventory(session: Session, report: Report) -> bool:
    """True if the agency sent an inventory on a later day."""
    end = datetime.combine(report.created_at.date() + timedelta(days=1), time(), UTC)
    later = exists().where(
        Report.kind == report.kind, Report.agency_id == report.agency_id, Report.created_at >= end, Report.accepted > 0
    )
    return bool(session.scalar(select(later)))


def held_at(session: Session, agency_id: int, instant: datetime) -> dict[str, Decimal]:
    """What an agency really held at an instant: by account reference the balance of the newest tape less what was paid since."""
    paid = (
        select(func.coalesce(func.sum(Payment.amount), Decimal(0)))
        .where(
            Payment.account_id == Account.id,
            Payment.paid_on > func.coalesce(Account.as_of, func.date(Account.updated_at)),
            Payment.paid_on <= instant.date(),
        )
        .scalar_subquery()
    )
    wanted = (
        select(Account.account_ref, type_coerce(Account.balance - paid, Money))
        .join(Placement, Placement.account_id == Account.id)
        .where(
            Placement.agency_id == agency_id,
            Placement.placed_at <= instant,
            or_(Placement.ended_at.is_(None), Placement.ended_at > instant),
        )
    )
    return dict(session.execute(wanted).all())


def breaks_by_subject(session: Session, subjects: Collection[str]) -> dict[tuple[str, str], Break]:
    """Breaks already known, by (kind, subject)."""
    wanted = select(Break).where(among(session, Break.subject, subjects))
    return {(item.kind.value, item.subject): item for item in session.scalars(wanted)}


def open_breaks_of(session: Session, kinds: Collection[BreakKind], subjects: str = "") -> Sequence[Break]:
    """The open breaks of these kinds whose subject begins so."""
    wanted = select(Break).where(
        Break.kind.in_(list(kinds)), Break.state == BreakState.OPEN, Break.subject.startswith(subjects, autoescape=True)
    )
    return session.scalars(wanted).all()


def get_break(session: Session, actor: Actor, break_id: int) -> Break:
    """One break. Raises NotFound."""
    found: Break | None = session.scalars(
        _scoped(select(Break), Break.agency_id, actor).where(Break.id == break_id)
    ).first()
    if found is None:
        raise NotFound
    return found


# -- pages --------------------------------------------------------------------------------------------------------------


def _scoped(wanted: Any, column: Any, actor: Actor) -> Select[Any]:
    scoped: Select[Any] = wanted.where(column == actor.agency_id) if actor.agency_id else wanted
    return scoped


def payments_list(actor: Actor) -> Select[Any]:
    """The bank's payments with their credit; an agency sees those credited to it."""
    wanted = (
        select(Payment, Credit, Account.account_ref, Agency.code, FeeLine.amount.label("fee"))
        .join(Credit, Credit.payment_id == Payment.id)
        .join(Account, Account.id == Payment.account_id)
        .outerjoin(Agency, Agency.id == Credit.agency_id)
        .outerjoin(FeeLine, FeeLine.payment_id == Payment.id)
    )
    return _scoped(wanted, Credit.agency_id, actor)


def fee_lines_list(actor: Actor) -> Select[Any]:
    """Fee lines, each with its payment, clause and rate."""
    wanted = (
        select(FeeLine, Account.account_ref, Account.currency, Agency.code, Payment.record_id)
        .join(Account, Account.id == FeeLine.account_id)
        .join(Agency, Agency.id == FeeLine.agency_id)
        .join(Payment, Payment.id == FeeLine.payment_id)
    )
    return _scoped(wanted, FeeLine.agency_id, actor)


def fees_by_month(session: Session, actor: Actor, first: date) -> Sequence[Any]:
    """(agency code, currency, month as YYYY-MM, credited, fee) since `first`."""
    month = func.substr(cast(FeeLine.paid_on, String), 1, 7)
    wanted = (
        select(
            Agency.code,
            Account.currency,
            month.label("month"),
            func.sum(FeeLine.credited).label("credited"),
            func.sum(FeeLine.amount).label("fee"),
        )
        .join(Agency, Agency.id == FeeLine.agency_id)
        .join(Account, Account.id == FeeLine.account_id)
        .where(FeeLine.paid_on >= first)
        .group_by(Agency.code, Account.currency, month)
        .order_by(month.desc(), Agency.code)
    )
    return session.execute(_scoped(wanted, FeeLine.agency_id, actor)).all()


def breaks_list(actor: Actor) -> Select[Any]:
    """Differences between the two sides."""
    return _scoped(select(Break, Agency.code).join(Agency, Agency.id == Break.agency_id), Break.agency_id, actor)
