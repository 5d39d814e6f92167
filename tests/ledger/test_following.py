"""Promises meet the bank's payments, whichever comes first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from activity import promise_queries
from activity.models import Activity, Instalment, Promise
from ledger import following, queries
from portal import clock
from portal.permissions import SYSTEM
from tests import factories
from tests.ledger.books import Books, entry

COLUMNS = "record_id,account_ref,occurred_at,kind,amount,due_on,instalments,corrects,details"


@pytest.fixture
def placed(books: Books) -> Books:
    """A holds A1 to A3 since January, B holds B1."""
    books.agency("A")
    books.agency("B")
    books.accounts("A1", "A2", "A3", "B1")
    for ref in ("A1", "A2", "A3"):
        books.place(ref, "A", "2026-01-01")
    books.place("B1", "B", "2026-01-01")
    return books


def promise(record: str, account: str = "A1", amount: str = "100", due: str = "2026-02-10", kind: str = "promise", instalments: str = "",
            corrects: str = "", details: str = "") -> str:  # fmt: skip
    return f"{record},{account},2026-02-01T10:00:00Z,{kind},{amount},{due},{instalments},{corrects},{details}"


def report(books: Books, *lines: str, by: str = "A", today: str = "2026-02-02") -> None:
    with clock.set_to(datetime.fromisoformat(f"{today}T12:00:00+00:00")):
        books.send("activity", by, COLUMNS, lines)


def pay(books: Books, *lines: str, today: str = "2026-02-09") -> None:
    with clock.set_to(datetime.fromisoformat(f"{today}T12:00:00+00:00")):
        books.ledger(*lines)


def pass_to(books: Books, today: str) -> int:
    """The nightly job on that day."""
    with clock.set_to(datetime.fromisoformat(f"{today}T05:00:00+00:00")):
        return following.follow_days(books.db)


def states(books: Books) -> dict[str, str]:
    """State by the promise's record id."""
    with books.db.reading() as session:
        wanted = select(Activity.record_id, Promise.state).join(Promise, Promise.activity_id == Activity.id)
        return {record: state.value for record, state in session.execute(wanted)}


def test_a_promise_is_followed_from_its_report_to_the_payment_that_keeps_it(placed: Books) -> None:
    report(placed, promise("p1"), promise("p2", "A2"), promise("p3", "A3", amount=""))
    assert states(placed) == {"p1": "waiting", "p2": "waiting", "p3": "unclear"}
    pay(placed, entry("e1", "A1", "2026-02-08", "100.00"))
    assert states(placed) == {"p1": "kept", "p2": "waiting", "p3": "unclear"}


def test_a_payment_that_was_posted_before_the_promise_was_reported_keeps_it_too(placed: Books) -> None:
    pay(placed, entry("e1", "A1", "2026-02-08", "100.00"))
    report(placed, promise("p1"), today="2026-02-12")
    assert states(placed) == {"p1": "kept"}


def test_days_alone_make_a_promise_due_and_broken(placed: Books) -> None:
    report(placed, promise("p1"))
    for day, state in (
        ("2026-02-09", "waiting"),
        ("2026-02-10", "due"),
        ("2026-02-13", "due"),
        ("2026-02-14", "broken"),
    ):
        pass_to(placed, day)
        assert states(placed) == {"p1": state}, day
    assert pass_to(placed, "2026-02-15") == 0, "what is settled is not looked at again"


def test_a_payment_that_the_bank_took_back_keeps_nothing(placed: Books) -> None:
    report(placed, promise("p1"))
    pay(placed, entry("e1", "A1", "2026-02-08", "100.00"))
    assert states(placed) == {"p1": "kept"}
    pay(placed, entry("e2", "A1", "2026-02-11", "-100.00", reverses="e1"), today="2026-02-12")
    assert states(placed) == {"p1": "due"}


def test_a_corrected_promise_is_gone_and_its_correction_counts(placed: Books) -> None:
    report(placed, promise("p1"))
    report(placed, promise("p2", amount="40", corrects="p1"))
    pay(placed, entry("e1", "A1", "2026-02-08", "40.00"))
    assert states(placed) == {"p2": "kept"}


def test_a_plan_is_kept_instalment_by_instalment(placed: Books) -> None:
    every_week = '"{""every"":""week""}"'
    report(placed, promise("p1", amount="90", kind="plan", instalments="3", details=every_week))
    pay(placed, entry("e1", "A1", "2026-02-09", "30.00"), entry("e2", "A1", "2026-02-17", "30.00"), today="2026-02-18")
    with placed.db.reading() as session:
        parts = session.execute(
            select(Instalment.due_on, Instalment.paid, Instalment.state).order_by(Instalment.number)
        ).all()
        whole = session.scalars(select(Promise)).one()
    assert [(on.isoformat(), str(paid), state.value) for on, paid, state in parts] == [
        ("2026-02-10", "30.00", "kept"), ("2026-02-17", "30.00", "kept"), ("2026-02-24", "0.00", "waiting"),
    ]  # fmt: skip
    assert (whole.kept, whole.instalments, whole.paid, whole.due_on) == (2, 3, Decimal(60), date(2026, 2, 24))


def test_following_twice_changes_nothing(placed: Books) -> None:
    report(placed, promise("p1"), promise("p2", kind="plan", instalments="4"))
    pay(placed, entry("e1", "A1", "2026-02-08", "110.00"))
    before = everything(placed)
    with clock.set_to(datetime(2026, 2, 9, 13, tzinfo=UTC)), placed.db.transaction() as session:
        ids = {row.account_id for row in session.scalars(select(Promise))}
        following.follow_promises(session, ids, queries.payments_left(session, ids), today=date(2026, 2, 9))
    assert everything(placed) == before


def everything(books: Books) -> list[tuple[object, ...]]:
    with books.db.reading() as session:
        return [tuple(row) for table in (Promise, Instalment) for row in session.execute(select(table.__table__))]


def test_the_figures_count_what_fell_due_in_the_period_not_what_was_promised_then(placed: Books) -> None:
    report(placed, promise("p1"), promise("p2", "A2", amount="50", due="2026-03-01"))
    report(placed, promise("q1", "B1", amount="70"), by="B")
    pay(placed, entry("e1", "A1", "2026-02-08", "100.00"), entry("e2", "B1", "2026-02-08", "20.00"))
    pass_to(placed, "2026-03-10")
    with placed.db.reading() as session:
        sums = promise_queries.kept_sums(session, first=date(2026, 2, 1), end=date(2026, 3, 1))
    told = [(one.currency, one.due, one.kept, str(one.amount_due), str(one.amount_paid)) for one in sums]
    assert told == [("USD", 1, 1, "100.00", "100.00"), ("USD", 1, 0, "70.00", "20.00")]


def test_the_funnel_counts_steps_and_an_agency_sees_its_own(placed: Books) -> None:
    report(placed, promise("p1"), promise("p2", "A2"), promise("p3", "A3", amount=""))
    report(placed, promise("q1", "B1"), by="B")
    pay(placed, entry("e1", "A1", "2026-02-08", "100.00"))
    pass_to(placed, "2026-02-14")
    since = date(2026, 1, 1)
    with placed.db.transaction() as session:
        of_a = factories.make_actor(session, "agency_manager", session.scalars(select(Promise.agency_id).where(Promise.state == "kept")).one())  # fmt: skip
        own, whole = (promise_queries.funnel(session, who, since=since) for who in (of_a, SYSTEM))
    assert (own.made, own.clear, own.came_due, own.kept, own.broken) == (3, 2, 2, 1, 1)
    assert (whole.made, whole.kept, whole.broken, whole.kept_rate) == (4, 1, 2, 1 / 3)
