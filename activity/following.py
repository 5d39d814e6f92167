"""Act: promises are followed: what the rule says of them, given the payments that the floor above knows, is kept row by row.

The ledger calls this, because it alone knows what was paid; nothing here reads its tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from activity import promise_queries as queries
from activity.models import Instalment, Promise
from activity.promises import Followed, Paid, PromiseState, follow
from portal import bulk
from portal.among import among

PROMISE = ("activity_id", "agency_id", "account_id", "placement_id", "kind", "made_on", "amount", "currency", "instalments", "kept", "paid",
           "due_on", "state", "settled_on")  # fmt: skip
INSTALMENT = ("promise_id", "number", "account_id", "due_on", "amount", "paid", "state", "settled_on")


def follow_promises(
    session: Session, account_ids: Collection[int], payments: Mapping[int, Sequence[Paid]], *, today: date
) -> int:
    """Write down how the promises on these accounts stand; how many there are. Twice changes nothing.

    A promise whose row was corrected is gone; the correction makes its own.
    """
    queries.hold_still(session, account_ids)
    session.execute(delete(Instalment).where(among(session, Instalment.account_id, account_ids)))
    session.execute(delete(Promise).where(among(session, Promise.account_id, account_ids)))
    rows: list[tuple[Any, Followed]] = []
    for account_id, reported in queries.reported(session, account_ids).items():
        stand = follow([promised for _, promised in reported], payments.get(account_id, ()), today)
        rows += zip((row for row, _ in reported), stand, strict=True)
    bulk.insert_rows(session, Promise.__table__, PROMISE, (_promise(*row) for row in rows))  # type: ignore[arg-type]
    parts = ((row, one) for row, followed in rows for one in followed.instalments)
    bulk.insert_rows(session, Instalment.__table__, INSTALMENT, (  # type: ignore[arg-type]
        (row.id, one.number, row.account_id, one.due_on, one.amount, one.paid, one.state, one.settled_on) for row, one in parts
    ))  # fmt: skip
    return len(rows)


def _promise(row: Any, followed: Followed) -> tuple[Any, ...]:
    kept = sum(one.state is PromiseState.KEPT for one in followed.instalments)
    return (
        row.id, row.agency_id, row.account_id, row.placement_id, row.kind, followed.promised.made_on, row.amount, row.currency,
        followed.promised.instalments, kept, followed.paid, followed.next_due_on, followed.state, followed.settled_on,
    )  # fmt: skip
