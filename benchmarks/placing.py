"""Placing accounts at 20 agencies from 500 segments: a plan drawn, approved and placed, against two floors on the same database.

Ours is a process of its own: read, eligibility, cells, linear programme, rounding, assignment, stored lines (`plan`), then `place`. The
first floor reads all accounts and writes the same placements by COPY or executemany; the second copies them by one INSERT … SELECT.
Both write into the same emptied table with the same indexes and check nothing. Rounds take turns; a tenth of the accounts goes first,
to see how it grows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import delete, func, select, text

from benchmarks.setting import LONG_AGO, Stopwatch, database, in_child, opened, peak_mb, ratio
from placements import placing, planning, replaying
from placements.drafting import Selection
from placements.models import Account, Consumer, Placement, PlanLine, Portfolio
from placements.planning import Wish
from portal import bulk, clock
from portal.db import Database
from portal.permissions import SYSTEM
from tests.factories_agencies import make_ready_agency

ACCOUNTS, FULL, ROUNDS, AGENCIES = 100_000, 1_000_000, 3, 20
STATES = ("US-OH", "US-CA", "US-NY-NYC", "US-TX", "US-FL", "US-WA", "US-IL-CHI", "US-GA")
PRODUCTS = ("credit_card", "personal_loan", "auto_loan", "student_loan", "medical")
SEGMENTS = tuple(product(PRODUCTS, (300, 700, 1500, 3000, 8000), (20, 60, 120, 300, 500), (500, 590, 650, 710)))
"""500: product, balance, days late and score, each in a band of its own."""
COLUMNS = ", ".join(column.name for column in Placement.__table__.columns if column.name != "id")


def main(url: str, folder: Path, full: bool) -> None:
    many = FULL if full else ACCOUNTS
    db = database(url, folder)
    with db.transaction() as session:
        for number in range(AGENCIES):
            make_ready_agency(session, f"AGY{number + 1:02}")
    figures: dict[str, Any] = {}
    seconds = {}
    for accounts in (many // 10, many):
        _world(db, accounts)
        ours, copied, selected = [], [], []
        for _round in range(ROUNDS):
            ours.append(in_child("benchmarks.placing", "plan", url, folder, accounts))
            whole, second = _floors(db, accounts)
            copied.append(whole)
            selected.append(second)
        seconds[accounts] = median(one["plan"] + one["place"] for one in ours)
        last = ours[-1]
        figures = {
            "accounts": accounts, "placed": last["placed"], "segments": last["cells"], "replay agrees": last["agrees"],
            "plan and place / read and write": ratio([one["plan"] + one["place"] for one in ours], copied),
            "place / INSERT SELECT": ratio([one["place"] for one in ours], selected),
            "plan and place / INSERT SELECT": ratio([one["plan"] + one["place"] for one in ours], selected),
            **{name: f"{min(one[name] for one in ours):.1f} s" for name in ("plan", "approve", "place")},
            "read and write": f"{min(copied):.1f} s", "INSERT SELECT": f"{min(selected):.1f} s",
            "peak MB": max(one["peak"] for one in ours), "MB before": last["before"],
        }  # fmt: skip
    figures["time of ten times as many"] = f"{seconds[many] / seconds[many // 10]:.1f} times"
    print(json.dumps(figures))


def plan_and_place(url: str, folder: Path, accounts: int) -> None:
    """Ours, in this process; says seconds and peak memory."""
    db = opened(url, folder)
    before = peak_mb()
    drafted, decided, placed = (Stopwatch() for _ in range(3))
    with drafted.running(), db.transaction() as session:
        plan = planning.draft_plan(session, SYSTEM, Wish(Selection(f"Bench {accounts}"), seed=1), at=clock.now())
    with decided.running(), db.transaction() as session:
        plan = session.merge(plan)
        planning.submit_plan(session, SYSTEM, plan, at=clock.now())
        planning.approve_plan(session, SYSTEM, plan, at=clock.now())
    with placed.running(), db.transaction() as session:
        plan = placing.place_plan(session, SYSTEM, session.merge(plan), at=clock.now())
    peak = peak_mb()
    with db.reading() as session:
        agrees = replaying.replay(session, session.merge(plan, load=False)).agrees
        cells = session.scalar(select(func.count(PlanLine.cell.distinct())).where(PlanLine.plan_id == plan.id))
    print(json.dumps({
        "plan": drafted.seconds, "approve": decided.seconds, "place": placed.seconds, "placed": plan.accounts, "cells": cells,
        "agrees": agrees, "peak": peak, "before": before,
    }))  # fmt: skip


def _floors(db: Database, accounts: int) -> tuple[float, float]:
    """Seconds of both floors for the placements that were just made; the table is empty afterwards."""
    with db.transaction() as session:
        session.execute(text("DROP TABLE IF EXISTS bare"))
        session.execute(text(f"CREATE TABLE bare AS SELECT {COLUMNS} FROM placement ORDER BY account_id"))
    ready = _taken_out(db)
    _empty(db)
    copied, selected = Stopwatch(), Stopwatch()
    with copied.running(), db.transaction() as session:
        raw: Any = session.connection().connection.driver_connection
        _read_all(session, accounts)
        if db.sqlite:
            marks = ", ".join("?" * len(ready[0]))
            raw.cursor().executemany(f"INSERT INTO placement ({COLUMNS}) VALUES ({marks})", ready)
        else:
            with raw.cursor() as cursor, cursor.copy(f"COPY placement ({COLUMNS}) FROM STDIN") as copy:
                for block in ready:
                    copy.write(block)
    _empty(db)
    with selected.running(), db.transaction() as session:
        session.execute(text(f"INSERT INTO placement ({COLUMNS}) SELECT {COLUMNS} FROM bare"))
    _empty(db)
    with db.transaction() as session:
        session.execute(text("DROP TABLE bare"))
        session.execute(delete(PlanLine) if db.sqlite else text("TRUNCATE plan_line"))
    return copied.seconds, selected.seconds


def _read_all(session: Any, accounts: int) -> None:
    """Read what a plan has to know of every account, row by row, and keep nothing."""
    wanted = select(
        Account.id, Account.account_ref, Consumer.consumer_ref, Account.product, Account.jurisdiction, Account.currency,
        Account.balance, Account.defaulted_on, Account.score,
    ).join(Consumer, Consumer.id == Account.consumer_id)  # fmt: skip
    portfolio = select(Portfolio.id).where(Portfolio.name == f"Bench {accounts}").scalar_subquery()
    for _row in session.execute(wanted.where(Account.portfolio_id == portfolio).execution_options(yield_per=5000)):
        pass


def _taken_out(db: Database) -> list[Any]:
    """The placements in the driver's own form: blocks of COPY text or tuples."""
    with db.reading() as session:
        raw: Any = session.connection().connection.driver_connection
        if db.sqlite:
            return list(raw.cursor().execute(f"SELECT {COLUMNS} FROM bare"))
        with raw.cursor() as cursor, cursor.copy(f"COPY bare ({COLUMNS}) TO STDOUT") as copy:
            body = b"".join(copy)
        return [body[at : at + (1 << 17)] for at in range(0, len(body), 1 << 17)]


def _empty(db: Database) -> None:
    with db.transaction() as session:
        session.execute(delete(Placement) if db.sqlite else text("TRUNCATE placement CASCADE"))


def _world(db: Database, accounts: int) -> None:
    """A portfolio: one account in twenty shares its consumer with another."""
    with db.transaction() as session:
        portfolio = Portfolio(name=f"Bench {accounts}", created_at=LONG_AGO)
        session.add(portfolio)
        session.flush()
        people: Iterator[str] = (f"C{accounts}-{number:07}" for number in range(accounts * 19 // 20))
        bulk.insert_rows(
            session,
            Consumer.__table__,
            ("consumer_ref", "sealed", "created_at"),
            ((ref, b"", LONG_AGO) for ref in people),
        )
        wanted = select(Consumer.id).where(Consumer.consumer_ref.startswith(f"C{accounts}-")).order_by(Consumer.id)
        ids = list(session.scalars(wanted))
        columns = (
            "account_ref", "consumer_id", "portfolio_id", "product", "currency", "balance", "country", "jurisdiction", "defaulted_on",
            "score", "itemization", "updated_at",
        )  # fmt: skip
        today = clock.today()
        bulk.insert_rows(session, Account.__table__, columns, (
            (f"A{accounts}-{n:07}", ids[n % len(ids)], portfolio.id, *_like(n, today), {}, LONG_AGO) for n in range(accounts)
        ))  # fmt: skip


def _like(n: int, today: date) -> tuple[Any, ...]:
    kind, balance, late, score = SEGMENTS[n * 7919 % len(SEGMENTS)]
    amount = Decimal(balance) + Decimal(n % 997).scaleb(-2)
    return kind, "USD", amount, "US", STATES[n % len(STATES)], today - timedelta(days=late), score + n % 20


if __name__ == "__main__":
    if sys.argv[1] == "plan":
        plan_and_place(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main(sys.argv[1], Path(sys.argv[2]), "--full" in sys.argv)
