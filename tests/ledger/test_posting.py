"""The bank's entries through the real way, file after file: posted once, credited to whom they belong, priced to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from agencies.models import Contract
from ledger.models import Payment
from ledger.posting import credit_late
from placements.models import Account, Placement, PlacementState, Product, RecallReason
from portal.reports.models import Mode, Report, ReportState
from tests.ledger.books import Books, entry, promise


@pytest.fixture
def placed(books: Books) -> Books:
    """Agency A works for 18 % (9 % of direct payments), B for 20 %; accounts A1 to A3 are A's from 10 January, A2 until 31 March."""
    books.agency("A", rate="0.18", direct="0.09")
    books.agency("B", rate="0.20")
    books.accounts("A1", "A2", "A3", "N1")
    books.place("A1", "A", "2026-01-10")
    books.place("A2", "A", "2026-01-10", "2026-03-31")
    books.place("A3", "A", "2026-01-10")
    return books


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.rows_read, report.accepted, report.duplicate, report.changed, report.rejected


def net(books: Books) -> Decimal:
    with books.db.reading() as session:
        return session.scalar(select(func.sum(Payment.amount))) or Decimal(0)


CREDITED = [
    ("to the agency, in its placement", "A1", "2026-02-01", "agency", ("A", "in_placement", "18.00")),
    ("straight to the bank: the direct rate", "A3", "2026-02-01", "creditor", ("A", "in_placement", "9.00")),
    ("before the placement", "A1", "2026-01-09", "agency", (None, "not_placed", None)),
    ("under way when the placement began", "A1", "2026-01-12", "agency", (None, "in_transit", None)),
    ("on the first day after the transit days", "A1", "2026-01-13", "agency", ("A", "in_placement", "18.00")),
    ("on the placement's last day", "A2", "2026-03-31", "agency", ("A", "in_placement", "18.00")),
    ("after the placement, nothing promised", "A2", "2026-04-01", "agency", (None, "not_placed", None)),
    ("on an account that was never placed", "N1", "2026-02-01", "agency", (None, "not_placed", None)),
]


def test_an_entry_is_posted_credited_and_priced(placed: Books) -> None:
    report = placed.ledger(
        *(entry(str(n), account, day, "100.00", to=to) for n, (_, account, day, to, _) in enumerate(CREDITED))
    )
    assert counts(report) == (8, 8, 0, 0, 0)
    whys = [why for why, *_ in CREDITED]
    assert {whys[int(record)]: earned for record, *earned in placed.lines()} == {
        why: list(expected) for why, *_, expected in CREDITED
    }
    assert placed.broken() == []


def test_the_tail_pays_for_a_promise_made_before_the_recall(placed: Books) -> None:
    placed.activity("A", promise("p1", "A2", "2026-03-20T10:00:00-05:00"))
    placed.ledger(entry("1", "A2", "2026-04-30", "100.00"), entry("2", "A2", "2026-05-01", "100.00"))
    assert placed.lines() == [("1", "A", "tail", "18.00"), ("2", None, "not_placed", None)]


def test_a_promise_that_a_correction_replaced_pays_for_nothing(placed: Books) -> None:
    placed.activity("A", promise("p1", "A2", "2026-03-20T10:00:00-05:00"))
    placed.send(
        "activity", "A", "record_id,account_ref,occurred_at,kind,corrects", ["p1b,A2,2026-03-20T10:00:00-05:00,call,p1"]
    )
    placed.ledger(entry("1", "A2", "2026-04-30", "100.00"))
    assert placed.lines() == [("1", None, "not_placed", None)]


def test_a_payment_in_the_next_agencys_transit_days_is_still_the_first_ones_tail(placed: Books) -> None:
    placed.activity("A", promise("p1", "A2", "2026-03-20T10:00:00-05:00", kind="plan"))
    placed.place("A2", "B", "2026-04-10")
    placed.ledger(entry("1", "A2", "2026-04-11", "100.00"), entry("2", "A2", "2026-04-13", "100.00"))
    assert placed.lines() == [("1", "A", "tail", "18.00"), ("2", "B", "in_placement", "20.00")]


@pytest.mark.parametrize(("reason", "state", "said"), [
    (RecallReason.MISPLACED, PlacementState.RECALLED, "misplaced"),
    (RecallReason.TERM_END, PlacementState.REFUSED, "not_placed"),
], ids=["a placement by mistake earns nothing", "an agency that refused the account earns nothing"])  # fmt: skip
def test_who_should_not_have_had_the_account_earns_nothing(
    books: Books, reason: RecallReason, state: PlacementState, said: str
) -> None:
    books.agency("A")
    books.accounts("A1")
    books.place("A1", "A", "2026-01-10", "2026-02-28", reason=reason, state=state)
    books.ledger(entry("1", "A1", "2026-02-01", "100.00"))
    assert books.lines() == [("1", None, said, None)]


def test_the_clause_depends_on_product_placed_balance_and_day(books: Books) -> None:
    books.agency("A", rate="0.10", balance_to=Decimal("500.00"))
    books.clause("A", "2", "0.20", balance_from=Decimal("500.00"), valid_until=date(2026, 2, 28))
    books.clause("A", "3", "0.15", balance_from=Decimal("500.00"), valid_from=date(2026, 3, 1))
    books.clause("A", "4", "0.30", product="auto_loan")
    books.accounts("small", balance="499.99")
    books.accounts("large", balance="500.00")
    books.accounts("car", balance="500.00", product=Product.AUTO_LOAN)
    for ref in ("small", "large", "car"):
        books.place(ref, "A", "2026-01-10")
    books.ledger(entry("1", "small", "2026-02-28", "100.00"), entry("2", "large", "2026-02-28", "100.00"),
                 entry("3", "large", "2026-03-01", "100.00"), entry("4", "car", "2026-03-01", "100.00"))  # fmt: skip
    assert [fee for *_, fee in books.lines()] == ["10.00", "20.00", "15.00", "30.00"]


def test_a_payment_that_no_clause_prices_is_credited_without_a_fee(books: Books) -> None:
    books.agency("A", product="mortgage")
    books.accounts("A1")
    books.place("A1", "A", "2026-01-10")
    books.ledger(entry("1", "A1", "2026-02-01", "100.00"), entry("2", "A1", "2026-02-02", "-100.00", reverses="1"))
    assert books.lines() == [("1", "A", "in_placement", None), ("2", "A", "reversal", None)]
    assert books.broken() == []


def test_cents_left_by_rounding_go_into_the_next_line(placed: Books) -> None:
    placed.ledger(*(entry(str(n), "A1", "2026-02-01", "0.03") for n in range(4)))
    assert [fee for *_, fee in placed.lines()] == [
        "0.01",
        "0.00",
        "0.01",
        "0.00",
    ]  # 0.0054 0.0108 0.0162 0.0216 to date


REPEATED = {
    "the same row": (entry("1", "A1", "2026-02-01", "100.00"), "duplicate"),
    "the same row, its amount written otherwise": (entry("1", "A1", "2026-02-01", "100"), "duplicate"),
    "another amount": (entry("1", "A1", "2026-02-01", "200.00"), "changed"),
    "another account": (entry("1", "A3", "2026-02-01", "100.00"), "changed"),
    "an unreadable row": (entry("1", "A1", "yesterday", "100.00"), "changed"),
}


@pytest.mark.parametrize("is_same_file", [True, False], ids=["same file", "later file"])
def test_an_id_that_is_posted_posts_nothing_again(placed: Books, is_same_file: bool) -> None:
    first, again = entry("1", "A1", "2026-02-01", "100.00"), [line for line, _ in REPEATED.values()]
    changed = sum(how == "changed" for _, how in REPEATED.values())
    if is_same_file:
        assert counts(placed.ledger(first, *again)) == (6, 1, 5, changed, 0)
    else:
        placed.ledger(first)
        assert counts(placed.ledger(*again)) == (5, 0, 5, changed, 0)
    assert net(placed) == Decimal("100.00")


REVERSED = [
    ("whole, in the same file", ("-100.00",), True, [("18.00"), ("-18.00")]),
    ("whole, in a later file", ("-100.00",), False, ["18.00", "-18.00"]),
    ("a part", ("-40.00",), False, ["18.00", "-7.20"]),
    ("in two parts", ("-40.00", "-60.00"), True, ["18.00", "-7.20", "-10.80"]),
    ("in parts that do not divide evenly", ("-33.33", "-33.33", "-33.34"), False, ["18.00", "-6.00", "-6.00", "-6.00"]),
]


@pytest.mark.parametrize(("why", "amounts", "is_one_file", "fees"), REVERSED, ids=[case[0] for case in REVERSED])
def test_a_reversal_follows_its_payment(
    placed: Books, why: str, amounts: tuple[str, ...], is_one_file: bool, fees: list[str]
) -> None:
    paid = entry("1", "A2", "2026-03-30", "100.00")
    back = [entry(f"r{n}", "A2", "2026-04-20", amount, reverses="1") for n, amount in enumerate(amounts)]
    for lines in [[paid, *back]] if is_one_file else [[paid], *([line] for line in back)]:
        assert placed.ledger(*lines).state is ReportState.ACCEPTED
    assert [(code, reason) for _, code, reason, _ in placed.lines()] == [("A", "in_placement")] + [
        ("A", "reversal")
    ] * len(back)
    assert [fee for *_, fee in placed.lines()] == fees
    assert placed.broken() == []


def test_a_whole_reversal_takes_back_the_very_line_and_the_next_payment_settles_the_cent(placed: Books) -> None:
    placed.ledger(*(entry(str(n), "A1", "2026-02-01", "0.03") for n in range(3)))  # lines 0.01 0.00 0.01
    placed.ledger(
        entry("r0", "A1", "2026-02-02", "-0.03", reverses="0"), entry("r2", "A1", "2026-02-02", "-0.03", reverses="2")
    )
    assert [fee for *_, fee in placed.lines()] == [
        "0.01",
        "0.00",
        "0.01",
        "-0.01",
        "-0.01",
    ]  # to date 0.00, by the rate 0.0054
    placed.ledger(entry("4", "A1", "2026-02-03", "0.01"))
    assert placed.lines()[-1] == ("4", "A", "in_placement", "0.01")  # 18 % of 0.04 is 0.0072
    assert placed.broken() == []


def test_a_reversal_of_nobodys_payment_is_nobodys(placed: Books) -> None:
    placed.ledger(entry("1", "N1", "2026-02-01", "100.00"), entry("2", "N1", "2026-02-05", "-100.00", reverses="1"))
    assert placed.lines() == [("1", None, "not_placed", None), ("2", None, "reversal", None)]


BEFORE = [
    entry("1", "A1", "2026-02-01", "100.00"), entry("1r", "A1", "2026-02-02", "-40.00", reverses="1"),
    entry("2", "A1", "2026-02-01", "5.00"), entry("2b", "A1", "2026-02-01", "6.00", corrects="2"),
]  # fmt: skip
REFUSED = [
    ("an unknown account", entry("9", "ZZZ", "2026-02-01", "1.00"), "account_ref", "unknown_account"),
    (
        "another currency than the account's",
        entry("9", "A1", "2026-02-01", "1.00", currency="EUR"),
        "currency",
        "bad_currency",
    ),
    (
        "a reversal of an unknown entry",
        entry("9", "A1", "2026-02-01", "-1.00", reverses="0"),
        "reverses",
        "unknown_reference",
    ),
    (
        "a reversal of another account's entry",
        entry("9", "A3", "2026-02-01", "-1.00", reverses="1"),
        "reverses",
        "unknown_reference",
    ),
    (
        "a reversal of a reversal",
        entry("9", "A1", "2026-02-01", "-1.00", reverses="1r"),
        "reverses",
        "unknown_reference",
    ),
    (
        "a reversal of more than is left",
        entry("9", "A1", "2026-02-01", "-60.01", reverses="1"),
        "reverses",
        "bad_reverses",
    ),
    (
        "a negative amount that takes nothing back",
        entry("9", "A1", "2026-02-01", "-1.00"),
        "reverses",
        "missing_reverses",
    ),
    (
        "a positive amount that takes something back",
        entry("9", "A1", "2026-02-01", "1.00", reverses="1"),
        "reverses",
        "bad_reverses",
    ),
    (
        "a correction of an unknown entry",
        entry("9", "A1", "2026-02-01", "1.00", corrects="0"),
        "corrects",
        "unknown_reference",
    ),
    (
        "a correction of a reversal",
        entry("9", "A1", "2026-02-01", "1.00", corrects="1r"),
        "corrects",
        "unknown_reference",
    ),
    (
        "a correction of what was taken back in part",
        entry("9", "A1", "2026-02-01", "1.00", corrects="1"),
        "corrects",
        "bad_corrects",
    ),
    (
        "a correction of what was corrected",
        entry("9", "A1", "2026-02-01", "1.00", corrects="2"),
        "corrects",
        "bad_corrects",
    ),
    (
        "a correction that takes back",
        entry("9", "A1", "2026-02-01", "-1.00", reverses="1", corrects="2b"),
        "corrects",
        "bad_corrects",
    ),
]


@pytest.mark.parametrize("is_same_file", [True, False], ids=["same file", "later file"])
def test_what_is_refused_posts_nothing(placed: Books, is_same_file: bool) -> None:
    lines = [line for _, line, _, _ in REFUSED]
    if is_same_file:
        report = placed.ledger(*BEFORE, *lines)
    else:
        placed.ledger(*BEFORE)
        report = placed.ledger(*lines)
    first = report.rows_read - len(lines) + 1
    found = {row: (column, code) for row, column, code in placed.problems(report)}
    assert {why: found[first + at] for at, (why, *_) in enumerate(REFUSED)} == {
        why: (column, code) for why, _, column, code in REFUSED
    }
    assert net(placed) == Decimal("66.00")
    assert placed.broken() == []


def test_a_refused_entry_does_not_take_its_id(placed: Books) -> None:
    report = placed.ledger(entry("1", "ZZZ", "2026-02-01", "1.00"), entry("1", "A1", "2026-02-01", "1.00"))
    assert counts(report) == (2, 1, 0, 0, 1)


@pytest.mark.parametrize("files", [1, 2], ids=["same file", "later file"])
def test_a_correction_takes_the_payment_back_and_posts_the_right_one(placed: Books, files: int) -> None:
    wrong, right = (
        entry("1", "A1", "2026-02-01", "100.00"),
        entry("1b", "A3", "2026-02-02", "90.00", to="creditor", corrects="1"),
    )
    for lines in [[wrong, right]] if files == 1 else [[wrong], [right]]:
        assert placed.ledger(*lines).accepted == len(lines)
    assert placed.lines() == [("1", "A", "in_placement", "18.00"), ("1 replaced by 1b", "A", "reversal", "-18.00"),
                              ("1b", "A", "in_placement", "8.10")]  # fmt: skip
    assert net(placed) == Decimal("90.00")
    assert placed.broken() == []


def test_a_correction_may_be_corrected_and_taken_back_in_turn(placed: Books) -> None:
    report = placed.ledger(entry("1", "A1", "2026-02-01", "100.00"), entry("1b", "A1", "2026-02-01", "90.00", corrects="1"),
                           entry("1c", "A1", "2026-02-01", "80.00", corrects="1b"), entry("r", "A1", "2026-02-09", "-80.00", reverses="1c"))  # fmt: skip
    assert counts(report) == (4, 4, 0, 0, 0)
    assert net(placed) == Decimal("0.00")
    assert sum(Decimal(fee or 0) for *_, fee in placed.lines()) == Decimal("0.00")
    assert placed.broken() == []


def test_a_correction_of_nothing_takes_nothing_back(placed: Books) -> None:
    placed.ledger(entry("1", "A1", "2026-02-01", "0.00"), entry("1b", "A1", "2026-02-01", "80.00", corrects="1"))
    assert [record for record, *_ in placed.lines()] == ["1", "1b"]
    again = placed.ledger(entry("1c", "A1", "2026-02-01", "70.00", corrects="1"))
    assert placed.problems(again) == [(1, "corrects", "bad_corrects")]


def test_an_atomic_ledger_file_with_one_bad_row_posts_nothing(placed: Books) -> None:
    report = placed.ledger(
        entry("1", "A1", "2026-02-01", "1.00"), entry("2", "ZZZ", "2026-02-01", "1.00"), mode=Mode.ATOMIC
    )
    assert report.state is ReportState.REJECTED
    assert placed.lines() == []


def test_a_promise_reported_after_the_payment_was_posted_earns_the_tail_late(placed: Books) -> None:
    placed.ledger(entry("1", "A2", "2026-04-10", "100.00"), entry("2", "A2", "2026-04-12", "-100.00", reverses="1"), entry("3", "A2", "2026-06-01", "1.00"),
                  entry("4", "N1", "2026-04-10", "5.00"))  # fmt: skip
    late(placed, 0)
    placed.activity("A", promise("p1", "A2", "2026-03-20T10:00:00-05:00"))
    late(placed, 2)
    assert placed.lines() == [
        ("1", "A", "tail", "18.00"),
        ("2", "A", "reversal", "-18.00"),
        ("3", None, "not_placed", None),
        ("4", None, "not_placed", None),
    ]
    late(placed, 0)


def test_a_placement_taken_over_after_the_ledger_was_posted_is_credited_late(placed: Books) -> None:
    placed.ledger(entry("1", "N1", "2026-02-10", "100.00"))
    placed.place("N1", "B", "2026-01-15")
    late(placed, 1)
    assert placed.lines() == [("1", "B", "in_placement", "20.00")]


def late(books: Books, expected: int) -> None:
    """Credit what can be credited by now: so many payments."""
    with books.db.transaction() as session:
        assert credit_late(session) == expected
    assert books.broken() == []


def test_the_clause_depends_on_the_tier_of_the_placement(books: Books) -> None:
    books.agency("A", rate="0.10", tier=1)
    books.clause("A", "2", "0.25", tier=2)
    books.accounts("first", "second")
    for ref in ("first", "second"):
        books.place(ref, "A", "2026-01-10")
    with books.db.transaction() as session:
        second = select(Account.id).where(Account.account_ref == "second").scalar_subquery()
        session.execute(update(Placement).where(Placement.account_id == second).values(tier=2))
    books.ledger(entry("1", "first", "2026-02-01", "100.00"), entry("2", "second", "2026-02-01", "100.00"))
    assert [fee for *_, fee in books.lines()] == ["10.00", "25.00"]


LATE = [
    ("on the last day the fee goes back", "2026-03-31", "-18.00"),
    ("on the day after it stays", "2026-04-01", None),
]


@pytest.mark.parametrize(("why", "day", "fee"), LATE, ids=[case[0] for case in LATE])
def test_a_payment_taken_back_late_keeps_its_fee_where_the_contract_says_so(
    placed: Books, why: str, day: str, fee: str | None
) -> None:
    with placed.db.transaction() as session:
        session.execute(update(Contract).values(reversal_days=30))
    placed.ledger(entry("1", "A1", "2026-03-01", "100.00"))
    placed.ledger(entry("2", "A1", day, "-100.00", reverses="1"))
    assert placed.lines() == [("1", "A", "in_placement", "18.00"), ("2", "A", "reversal", fee)]
    assert placed.broken() == []


def test_a_correction_is_no_late_reversal(placed: Books) -> None:
    with placed.db.transaction() as session:
        session.execute(update(Contract).values(reversal_days=0))
    placed.ledger(entry("1", "A1", "2026-03-01", "100.00"))
    placed.ledger(entry("2", "A1", "2026-03-01", "50.00", corrects="1"))
    assert [fee for *_, fee in placed.lines()] == ["18.00", "-18.00", "9.00"]
    assert placed.broken() == []
