"""What must be true of money and placements in the whole database, whatever happened. `flask invariants` and a nightly job look.

Each invariant is one select that finds the offenders; an empty answer is the proof. That fee lines are what the contracts say is found
out by telling every account's payments once more through the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from activity.models import PaymentClaim
from agencies.models import Contract, FeeTerm
from ledger.fees import Running
from ledger.models import ClaimMatch, Credit, CreditReason, FeeLine, Payment
from placements.models import Account, Placement

MOST = 100  # offenders named
LINES = "a fee line is what the rule gives for the payments up to it"
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Failure:
    """A broken invariant and who breaks it (the first hundred)."""

    invariant: str
    offenders: tuple[str, ...]


def check(session: Session) -> list[Failure]:
    """Every invariant that does not hold; empty when all is well."""
    found = [
        (name, tuple(str(value) for value in session.scalars(wanted.limit(MOST)))) for name, wanted in SELECTS.items()
    ]
    found.append((LINES, tuple(islice(_wrong_lines(session), MOST))))
    return [Failure(name, offenders) for name, offenders in found if offenders]


Original, Taking = aliased(Payment), aliased(Payment)
OriginalCredit, OriginalLine = aliased(Credit), aliased(FeeLine)
OriginalTerm = aliased(FeeTerm)


def _differ(one: Any, other: Any) -> ColumnElement[bool]:
    """They differ, nothing being a value like any other."""
    differ: ColumnElement[bool] = one.is_distinct_from(other)
    return differ


_reversals = select(Payment.record_id).join(Original, Original.id == Payment.reverses_id)
_credits = select(Payment.record_id).join(Credit, Credit.payment_id == Payment.id)
_lines = select(Payment.record_id).join(FeeLine, FeeLine.payment_id == Payment.id)
_matches = (
    select(Payment.record_id)
    .join(ClaimMatch, ClaimMatch.payment_id == Payment.id)
    .join(PaymentClaim, PaymentClaim.id == ClaimMatch.claim_id)
)

SELECTS: dict[str, Select[str]] = {
    "every payment has a credit": select(Payment.record_id).outerjoin(Credit, Credit.payment_id == Payment.id).where(Credit.payment_id.is_(None)),
    "a credit says what its payment says": _credits.where(
        or_(Credit.amount != Payment.amount, Credit.account_id != Payment.account_id, Credit.paid_on != Payment.paid_on)
    ),
    "a credit names a placement of its account and that placement's agency, or neither": _credits.outerjoin(
        Placement, Placement.id == Credit.placement_id
    ).where(or_(_differ(Placement.agency_id, Credit.agency_id), Placement.account_id != Credit.account_id)),
    "a payment is of its account's currency": select(Payment.record_id).join(Account, Account.id == Payment.account_id)
    .where(Payment.currency != Account.currency),
    "a negative entry takes a payment back, and nothing else does": select(Payment.record_id)
    .where((Payment.amount < NOTHING) != Payment.reverses_id.is_not(None)),
    "what is taken back is a payment of the same account": _reversals
    .where(or_(Original.account_id != Payment.account_id, Original.reverses_id.is_not(None))),
    "no more is taken back than was paid": select(Original.record_id).join(Taking, Taking.reverses_id == Original.id)
    .group_by(Original.record_id, Original.amount).having(func.sum(Taking.amount) + Original.amount < NOTHING),
    "a corrected payment is taken back whole": select(Original.record_id).join(Payment, Payment.corrects_id == Original.id)
    .outerjoin(Taking, Taking.reverses_id == Original.id).group_by(Original.record_id, Original.amount)
    .having(func.coalesce(func.sum(Taking.amount), NOTHING) != -Original.amount),
    "a reversal is credited like its payment": _reversals.join(Credit, Credit.payment_id == Payment.id)
    .join(OriginalCredit, OriginalCredit.payment_id == Original.id)
    .where(or_(Credit.reason != CreditReason.REVERSAL, _differ(Credit.placement_id, OriginalCredit.placement_id))),
    "a fee line says what its credit says": _lines.join(Credit, Credit.payment_id == Payment.id).where(or_(
        FeeLine.credited != Credit.amount, FeeLine.account_id != Credit.account_id, FeeLine.paid_on != Credit.paid_on,
        _differ(FeeLine.placement_id, Credit.placement_id), _differ(FeeLine.agency_id, Credit.agency_id),
    )),
    "a fee line's term is of its placement's contract and its rate of that term": _lines.join(Credit, Credit.payment_id == Payment.id)
    .join(FeeTerm, FeeTerm.id == FeeLine.term_id).join(Placement, Placement.id == FeeLine.placement_id)
    .where(Payment.reverses_id.is_(None), or_(
        FeeTerm.contract_id != Placement.contract_id, FeeLine.rate != case((Credit.direct, FeeTerm.direct_rate), else_=FeeTerm.rate),
    )),
    "a reversal has a fee line if its payment has one (a contract may let late ones keep it), under the same term and rate": _reversals
    .outerjoin(FeeLine, FeeLine.payment_id == Payment.id).outerjoin(OriginalLine, OriginalLine.payment_id == Original.id)
    .outerjoin(OriginalTerm, OriginalTerm.id == OriginalLine.term_id).outerjoin(Contract, Contract.id == OriginalTerm.contract_id)
    .where(or_(_differ(FeeLine.term_id, OriginalLine.term_id), _differ(FeeLine.rate, OriginalLine.rate)))
    .where(or_(FeeLine.term_id.is_not(None), Contract.reversal_days.is_(None))),
    "a claim and the entry beside it are of one account and differ by what is noted": _matches
    .where(or_(PaymentClaim.account_id != Payment.account_id, PaymentClaim.amount - Payment.amount != ClaimMatch.difference)),
    "an account has at most one open placement": select(Account.account_ref).join(Placement, Placement.account_id == Account.id)
    .where(Placement.ended_at.is_(None)).group_by(Account.account_ref).having(func.count() > 1),
    "a placement ends after it began": select(Placement.ref).where(Placement.ended_at < Placement.placed_at),
    "a placement's balance is not below zero": select(Placement.ref).where(Placement.balance < NOTHING),
}  # fmt: skip


def _wrong_lines(session: Session) -> Iterator[str]:
    """Record ids of the payments whose fee line is another than the rule gives; after a wrong one, what is stored is taken as it is."""
    wanted = (
        select(
            Payment.record_id,
            FeeLine.account_id,
            FeeLine.term_id,
            FeeLine.rate,
            FeeLine.credited,
            FeeLine.amount,
            OriginalLine.amount,
        )
        .join(Payment, Payment.id == FeeLine.payment_id)
        .outerjoin(
            OriginalLine,
            and_(OriginalLine.payment_id == Payment.reverses_id, OriginalLine.credited == -FeeLine.credited),
        )
        .order_by(FeeLine.account_id, FeeLine.term_id, FeeLine.rate, FeeLine.id)
    )
    running, told = Running(), None
    for record_id, *key, credited, stored, of_original in session.execute(wanted.execution_options(yield_per=5000)):
        if key != told:
            running, told = Running(), key
        line = running.line_for(credited, key[2]) if of_original is None else running.take_back(credited, of_original)
        if line != stored:
            yield record_id
            running.lines += stored - line
