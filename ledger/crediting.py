"""Rule: whose work a payment is.

A payment is credited to the placement in which it falls, from the end of the transit days (money under way when the placement began
is nobody's) to its end, and for the tail days after the end if the person had promised it before. The reason is stored with every
payment, also where nobody earned it (scorecard design 2.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.models import CreditReason


@dataclass(frozen=True)
class Span:
    """A placement as far as crediting asks: its days, its contract's transit and tail days, whether it was a mistake."""

    placement_id: int
    agency_id: int
    contract_id: int
    began_on: date
    ended_on: date | None
    transit_days: int
    tail_days: int
    promised: bool  # a promise or plan was reported for it before it ended
    misplaced: bool


def credit(paid_on: date, spans: Sequence[Span]) -> tuple[Span | None, CreditReason]:
    """The placement that earns a payment of this day, and why; None with the reason where nobody does.

    `spans` are the account's placements by their beginning; the newest that fits is taken.
    """
    reason = CreditReason.NOT_PLACED
    for span in reversed(spans):
        found = _within(paid_on, span)
        if found in (CreditReason.IN_PLACEMENT, CreditReason.TAIL):
            return span, found
        if found is not None and reason is CreditReason.NOT_PLACED:
            reason = found
    return None, reason


def _within(paid_on: date, span: Span) -> CreditReason | None:
    if paid_on < span.began_on or (span.ended_on and paid_on > span.ended_on + timedelta(days=span.tail_days)):
        return None
    if span.misplaced:
        return CreditReason.MISPLACED
    if paid_on < span.began_on + timedelta(days=span.transit_days):
        return CreditReason.IN_TRANSIT
    if span.ended_on is None or paid_on <= span.ended_on:
        return CreditReason.IN_PLACEMENT
    return CreditReason.TAIL if span.promised else None
