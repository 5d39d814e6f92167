"""Rule: which of an agency's claims and which of the bank's entries are the same payment.

Only what was received by the same hands on one account is compared, and an entry that another agency is credited with is never a claim's
other side. Same amount and same day first, then same amount and the fewest days apart within the window; what is left is paired by day
alone, with the difference shown, if exactly one of each side stands on that day. The result depends on nothing but the two sides: not on
their order, nor on which arrived first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WINDOW_DAYS = 7


@dataclass(frozen=True)
class Side:
    """A claim or an entry: its day, its amount, who received the money, and whose it is."""

    id: int
    paid_on: date
    amount: Decimal
    paid_to: str = "agency"
    agency_id: int | None = None  # of a claim: who claims; of an entry: who is credited, nobody possible


@dataclass(frozen=True)
class Pair:
    """A claim and the bank's entry for it; `difference` = claim minus payment."""

    claim_id: int
    payment_id: int
    days_apart: int
    difference: Decimal


def match(claims: Sequence[Side], payments: Sequence[Side], window_days: int = WINDOW_DAYS) -> list[Pair]:
    """The pairs among one account's claims and payments; each of them is used once."""
    candidates = sorted(
        (abs((claim.paid_on - payment.paid_on).days), claim.paid_on, payment.paid_on, claim.id, payment.id)
        for claim, payment in _same_amount(claims, payments)
        if abs((claim.paid_on - payment.paid_on).days) <= window_days
    )
    pairs: list[Pair] = []
    used_claims: set[int] = set()
    used_payments: set[int] = set()
    for days, _, _, claim_id, payment_id in candidates:
        if claim_id not in used_claims and payment_id not in used_payments:
            used_claims.add(claim_id)
            used_payments.add(payment_id)
            pairs.append(Pair(claim_id, payment_id, days, Decimal(0)))
    pairs += _by_day([c for c in claims if c.id not in used_claims], [p for p in payments if p.id not in used_payments])
    return pairs


def _may_be_one(claim: Side, payment: Side) -> bool:
    return claim.paid_to == payment.paid_to and (payment.agency_id is None or payment.agency_id == claim.agency_id)


def _same_amount(claims: Sequence[Side], payments: Sequence[Side]) -> Iterable[tuple[Side, Side]]:
    by_amount: dict[Decimal, list[Side]] = defaultdict(list)
    for payment in payments:
        by_amount[payment.amount].append(payment)
    return ((claim, payment) for claim in claims for payment in by_amount[claim.amount] if _may_be_one(claim, payment))


def _by_day(claims: Sequence[Side], payments: Sequence[Side]) -> list[Pair]:
    """Lone claims and lone payments of one day and one sign are the same payment with another amount."""
    sides: dict[tuple[date, bool, str], tuple[list[Side], list[Side]]] = defaultdict(lambda: ([], []))
    for claim in claims:
        sides[claim.paid_on, claim.amount < 0, claim.paid_to][0].append(claim)
    for payment in payments:
        sides[payment.paid_on, payment.amount < 0, payment.paid_to][1].append(payment)
    return [
        Pair(mine[0].id, banks[0].id, 0, mine[0].amount - banks[0].amount)
        for _, (mine, banks) in sorted(sides.items())
        if len(mine) == len(banks) == 1 and _may_be_one(mine[0], banks[0])
    ]
