"""Act: arrangements are followed by what the bank's own ledger says was paid since they were agreed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from ledger import queries
from placements import granting, request_queries


def follow(session: Session, account_ids: Collection[int] | None = None, *, today: date, at: datetime) -> int:
    """Bring the running arrangements of these accounts, or all, up to date; how many ended. Twice changes nothing."""
    running = request_queries.running(session, account_ids)
    paid = queries.paid_entries(session, {one.account_id for one in running})
    ended = 0
    for one in running:
        since = one.agreed_at.date()
        payments = [(day, amount) for day, amount in paid.get(one.account_id, ()) if day >= since]
        ended += granting.follow(session, one, payments, today=today, at=at).state != "running"
    return ended
