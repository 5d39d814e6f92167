"""Act: promises meet the bank's payments. The activity floor keeps the promises; what was paid is known here."""

from __future__ import annotations

from collections.abc import Sequence

from activity import promise_queries as promises
from activity.following import follow_promises
from ledger import queries
from portal import clock, work
from portal.db import Database

ACCOUNTS_A_STEP = 1000


def follow_report(job: work.Work) -> None:
    """Follow the promises that a report of activity made, or a file of the ledger can have kept (the worker of `ledger.promises`)."""
    report_id = int(job.subject)
    with job.db.reading() as session:
        accounts = sorted(
            promises.accounts_of_report(session, report_id) | queries.promised_accounts_paid_by(session, report_id)
        )
    for lot in _lots(accounts):
        with job.step(progress=True) as session:
            follow_promises(session, lot, queries.payments_left(session, lot), today=clock.today())


def follow_days(db: Database) -> int:
    """Follow the promises that change by the mere passing of days; on how many accounts."""
    today = clock.today()
    with db.reading() as session:
        accounts = promises.accounts_to_judge(session, today)
    for lot in _lots(accounts):
        with db.transaction() as session:
            follow_promises(session, lot, queries.payments_left(session, lot), today=today)
    return len(accounts)


def _lots(accounts: Sequence[int]) -> list[Sequence[int]]:
    return [accounts[begin : begin + ACCOUNTS_A_STEP] for begin in range(0, len(accounts), ACCOUNTS_A_STEP)]
