"""Placing 100,000 accounts: the whole plan and its last step, against one INSERT … SELECT of as many rows into the same table.

The floor copies the placements that were made out of a bare table into `placement`, with the same indexes, in one transaction, and
checks nothing.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import delete, func, select, text

from benchmarks.setting import LONG_AGO, Stopwatch, database, peak_mb
from placements import placing, planning, replaying
from placements.drafting import Selection
from placements.models import Account, Consumer, Placement, Portfolio
from placements.planning import Wish
from portal import bulk, clock
from portal.db import Database
from portal.permissions import SYSTEM
from tests.factories_agencies import make_ready_agency

ACCOUNTS = 100_000
AGENCIES = 5
STATES = ("US-OH", "US-CA", "US-NY-NYC", "US-TX", "US-FL", "US-WA", "US-IL-CHI", "US-GA")


def main(url: str, folder: Path) -> None:
    db = database(url, folder)
    _world(db)
    before = peak_mb()
    drafted, decided, placed, replayed, floor = (Stopwatch() for _ in range(5))
    with drafted.running(), db.transaction() as session:
        plan = planning.draft_plan(session, SYSTEM, Wish(Selection("Bench"), seed=1), at=clock.now())
    with decided.running(), db.transaction() as session:
        plan = session.merge(plan)
        planning.submit_plan(session, SYSTEM, plan, at=clock.now())
        planning.approve_plan(session, SYSTEM, plan, at=clock.now())
    with placed.running(), db.transaction() as session:
        plan = placing.place_plan(session, SYSTEM, session.merge(plan), at=clock.now())
    peak = peak_mb()
    with replayed.running(), db.reading() as session:
        agrees = replaying.replay(session, session.merge(plan, load=False)).agrees
    columns = ", ".join(column.name for column in Placement.__table__.columns if column.name != "id")
    with db.transaction() as session:
        count = session.scalar(select(func.count()).select_from(Placement))
        session.execute(text(f"CREATE TABLE bare AS SELECT {columns} FROM placement"))
        session.execute(delete(Placement))
    with floor.running(), db.transaction() as session:
        session.execute(text(f"INSERT INTO placement ({columns}) SELECT {columns} FROM bare"))
    whole = drafted.seconds + decided.seconds + placed.seconds
    print(json.dumps({
        "accounts": ACCOUNTS, "placed": count, "replay agrees": agrees, "draft s": round(drafted.seconds, 2), "submit and approve s": round(decided.seconds, 2),
        "place s": round(placed.seconds, 2), "replay s": round(replayed.seconds, 2), "floor s": round(floor.seconds, 2),
        "place ratio": round(placed.seconds / floor.seconds, 2), "whole ratio": round(whole / floor.seconds, 2), "peak MB": peak, "MB before": before,
    }))  # fmt: skip


def _world(db: Database) -> None:
    """Agencies that lack nothing and a portfolio: one account in twenty shares its consumer with another."""
    with db.transaction() as session:
        for number in range(AGENCIES):
            make_ready_agency(session, f"AGY{number + 1:02}")
        portfolio = Portfolio(name="Bench", created_at=LONG_AGO)
        session.add(portfolio)
        session.flush()
        people = [f"C{number:06}" for number in range(ACCOUNTS * 19 // 20)]
        bulk.insert_rows(
            session,
            Consumer.__table__,
            ("consumer_ref", "sealed", "created_at"),
            [(ref, b"", LONG_AGO) for ref in people],
        )
        ids = [row for (row,) in session.execute(select(Consumer.id).order_by(Consumer.id))]
        columns = (
            "account_ref", "consumer_id", "portfolio_id", "product", "currency", "balance", "country", "jurisdiction", "defaulted_on",
            "score", "itemization", "updated_at",
        )  # fmt: skip
        bulk.insert_rows(session, Account.__table__, columns, (
            (f"A{n:06}", ids[n % len(ids)], portfolio.id, "personal_loan" if n % 3 else "credit_card", "USD",
             Decimal(50 + n * 7919 % 3_000_000).scaleb(-2), "US", STATES[n % len(STATES)], date(2026, 1, 1) - timedelta(days=n % 700),
             520 + n % 250, {}, LONG_AGO)
            for n in range(ACCOUNTS)
        ))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
