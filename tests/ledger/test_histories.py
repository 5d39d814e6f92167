"""Whatever happens in whatever order, the invariants hold, the net is what a model of a few lines says, and cutting files changes nothing."""

from __future__ import annotations

import itertools
import os
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ledger.models import Payment
from ledger.posting import credit_late
from placements.models import Account, RecallReason
from portal import work
from portal.reports import reading
from tests.ledger.books import Books, entry, promise

EXAMPLES = max(10, round(300 * float(os.environ.get("TEST_SCALE", "0.1"))))
FIRST = date(2026, 1, 1)
numbers = itertools.count(1)

pay = st.tuples(
    st.just("pay"),
    st.integers(0, 2),
    st.integers(0, 200),
    st.integers(0, 5_000),
    st.sampled_from(["agency", "creditor"]),
)
back = st.tuples(st.just("back"), st.integers(0, 30), st.integers(0, 60), st.sampled_from([1, 1, 2, 3]))
correct = st.tuples(st.just("correct"), st.integers(0, 30), st.integers(0, 2), st.integers(0, 5_000))
again = st.tuples(st.just("again"), st.integers(0, 30))
place = st.tuples(st.just("place"), st.integers(0, 2), st.sampled_from("AB"), st.integers(0, 30), st.integers(20, 120))
told = st.tuples(st.just("promise"), st.integers(0, 2), st.sampled_from("AB"), st.integers(0, 150))
claim = st.tuples(
    st.just("claim"), st.integers(0, 2), st.sampled_from("AB"), st.integers(0, 200), st.integers(1, 5_000)
)
other = st.sampled_from([("cut",), ("late",)])
HISTORIES = st.lists(
    st.one_of(pay, pay, back, back, correct, again, place, told, claim, other), min_size=3, max_size=40
)


@dataclass
class Paid:
    """A payment of the model: what is left of it, whether it was corrected, and its line."""

    record: str
    account: str
    day: date
    amount: Decimal
    left: Decimal
    line: str
    is_corrected: bool = False


@dataclass
class History:
    """Tells a drawn history to the books, and keeps beside it what a ledger of the simplest kind would say."""

    books: Books
    prefix: str
    held_until: dict[str, date] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    entries: list[Paid] = field(default_factory=list)
    net: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def account(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def tell(self, step: tuple[object, ...]) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def _pay(self, number: int, day: int, cents: int, to: str) -> None:
        self._post(self.account(number), FIRST + timedelta(days=day), Decimal(cents).scaleb(-2), to=to)

    def _post(self, account: str, day: date, amount: Decimal, **more: str) -> None:
        record = f"{self.prefix}-{len(self.lines)}-{len(self.entries)}-{next(numbers)}"
        self.lines.append(entry(record, account, day.isoformat(), str(amount), **more))
        if amount >= 0:
            self.entries.append(Paid(record, account, day, amount, amount, self.lines[-1]))
        self.net[account] += amount

    def _chosen(self, which: int) -> Paid | None:
        return self.entries[-1 - which % min(6, len(self.entries))] if self.entries else None

    def _back(self, which: int, days: int, share: int) -> None:
        """A third, half or all of what is left is taken back; of nothing left a cent, which must be refused."""
        found = self._chosen(which)
        if found is None:
            return
        amount = max(Decimal("0.01"), (found.left / share).quantize(Decimal("0.01")))
        if amount <= found.left:
            found.left -= amount
        else:
            self.net[found.account] += amount  # it is refused
        self._post(found.account, found.day + timedelta(days=days), -amount, reverses=found.record)

    def _correct(self, which: int, number: int, cents: int) -> None:
        found = self._chosen(which)
        if found is None:
            return
        account, amount = self.account(number), Decimal(cents).scaleb(-2)
        if found.is_corrected or found.left != found.amount:
            self.lines.append(
                entry(
                    f"{self.prefix}-refused-{next(numbers)}", account, "2026-05-05", str(amount), corrects=found.record
                )
            )
            return
        found.is_corrected, found.left = True, Decimal(0)
        self.net[found.account] -= found.amount
        self._post(account, found.day, amount, corrects=found.record)

    def _again(self, which: int) -> None:
        if found := self._chosen(which):
            self.lines.append(found.line)

    def _place(self, number: int, code: str, pause: int, days: int) -> None:
        """The account goes to an agency some days after it came back, and comes back in its turn."""
        account = self.account(number)
        began = self.held_until.get(account, FIRST) + timedelta(days=pause + 1)
        ended = began + timedelta(days=days)
        self.held_until[account] = ended
        reason = RecallReason.MISPLACED if days % 7 == 0 else RecallReason.TERM_END
        self.books.place(account, code, began.isoformat(), ended.isoformat(), reason=reason)

    def _promise(self, number: int, code: str, day: int) -> None:
        self.books.activity(
            code,
            promise(
                f"{self.prefix}-p{next(numbers)}", self.account(number), f"{FIRST + timedelta(days=day)}T12:00:00Z"
            ),
        )

    def _claim(self, number: int, code: str, day: int, cents: int) -> None:
        self.books.claims(
            code,
            entry(
                f"{self.prefix}-c{next(numbers)}",
                self.account(number),
                str(FIRST + timedelta(days=day)),
                str(Decimal(cents).scaleb(-2)),
            ),
        )

    def _cut(self) -> None:
        if self.lines:
            self.books.ledger(
                *self.lines, entry(f"unknown-{next(numbers)}", "ZZZ", "2026-01-01", "1.00")
            )  # no two files are the same
            self.lines.clear()

    def _late(self) -> None:
        with self.books.db.transaction() as session:
            credit_late(session)

    def finish(self) -> dict[str, Decimal]:
        """Post what is left; the net of each account as the database has it."""
        self._cut()
        self._late()
        with self.books.db.reading() as session:
            wanted = select(Account.account_ref, func.sum(Payment.amount)).join(
                Account, Account.id == Payment.account_id
            )
            rows = session.execute(
                wanted.where(Account.account_ref.startswith(self.prefix)).group_by(Account.account_ref)
            )
            return dict(rows.all())


def tell_histories(books: Books, examples: int) -> None:
    """Draw so many histories, and check after each of them. Raises AssertionError with the smallest one that breaks something."""
    books.agency("A", rate="0.18", direct="0.0733")
    books.agency("B", rate="0.3333", transit=0)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(HISTORIES)
    def holds(steps: list[tuple[object, ...]]) -> None:
        history = History(books, f"H{next(numbers)}x")
        books.accounts(*(history.account(number) for number in range(3)))
        for step in [("place", 0, "A", 0, 100), ("place", 1, "B", 10, 80), *steps]:
            history.tell(step)
        expected = {account: amount for account, amount in history.net.items() if amount}
        assert {account: amount for account, amount in history.finish().items() if amount} == expected
        assert books.broken() == []

    holds()


def test_every_invariant_survives_any_history(books: Books) -> None:
    tell_histories(books, EXAMPLES)


STORY: list[tuple[str, str, str, dict[str, str]]] = [
    ("0", "2026-02-01", "33.33", {}),
    ("1", "2026-02-02", "0.03", {}),
    ("2", "2026-02-03", "0.03", {}),
    ("3", "2026-02-04", "250.00", {"to": "creditor"}),
    ("4", "2026-02-05", "-0.03", {"reverses": "1"}),
    ("5", "2026-02-06", "-100.00", {"reverses": "3"}),
    ("6", "2026-02-06", "12.34", {"corrects": "0"}),
    ("7", "2026-02-07", "0.01", {}),
    ("8", "2026-01-01", "5.00", {}),
    ("9", "2026-02-08", "-5.00", {"reverses": "8"}),
    ("10", "2026-02-09", "9.99", {}),
]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 5000])
@pytest.mark.parametrize("lines_a_file", [1, 4, 100])
def test_the_same_history_in_any_chunks_and_files_gives_the_same_lines(
    books: Books, monkeypatch: pytest.MonkeyPatch, chunk: int, lines_a_file: int
) -> None:
    monkeypatch.setattr(reading, "CHUNK", chunk)
    books.agency("A", rate="0.18", direct="0.07")
    books.accounts("A1")
    books.place("A1", "A", "2026-01-10")
    story = [entry(record, "A1", day, amount, **more) for record, day, amount, more in STORY]
    for start in range(0, len(story), lines_a_file):
        books.ledger(*story[start : start + lines_a_file])
    assert [(record, fee) for record, _, _, fee in books.lines()] == [
        ("0", "6.00"), ("1", "0.00"), ("2", "0.01"), ("3", "17.50"), ("4", "0.00"), ("5", "-7.00"), ("0 replaced by 6", "-6.00"), ("6", "2.22"),
        ("7", "0.00"), ("8", None), ("9", None), ("10", "1.80"),
    ]  # fmt: skip
    assert books.broken() == []


def test_two_ledger_files_read_at_once_leave_the_books_right(books: Books) -> None:
    books.agency("A", rate="0.18")
    books.accounts("A1", "A2")
    for ref in ("A1", "A2"):
        books.place(ref, "A", "2026-01-10")
    books.ledger(entry("0", "A1", "2026-02-01", "100.00"))
    for attempt in range(3):
        files = [
            [entry(f"{attempt}{hand}{n}", f"A{n % 2 + 1}", "2026-02-02", "0.03") for n in range(50)] for hand in "xy"
        ]
        files[0].append(entry(f"{attempt}r", "A1", "2026-02-03", "-30.00", reverses="0"))
        files[1].append(entry(f"{attempt}s", "A1", "2026-02-03", "-30.00", reverses="0"))
        hands = [threading.Thread(target=books.ledger, args=lines) for lines in files]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        work.drain(books.db)
    assert books.broken() == []
    with books.db.reading() as session:
        taken = session.scalars(select(Payment.amount).where(Payment.reverses_id.is_not(None))).all()
    assert taken == [Decimal("-30.00")] * 3  # a fourth would take back more than was paid
