"""Claims beside the bank's entries: paired whichever came first, a break after patience, cleared up when the other side comes."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from activity.models import PaymentClaim
from ledger import reconciliation
from ledger.models import Break, BreakState, ClaimMatch, Payment
from ledger.reconciliation import PATIENCE_DAYS
from portal import clock
from portal.errors import Conflict, Invalid
from portal.people import Role
from samples.claims import payment_claims
from tests import factories
from tests.ledger.books import Books, entry, midnight

PAID = date(2026, 2, 1)
PATIENT = PAID + timedelta(days=PATIENCE_DAYS)


@pytest.fixture
def placed(books: Books) -> Books:
    """A1 to A9 are with agency A from 10 January; B holds B1."""
    books.agency("A")
    books.agency("B")
    books.accounts(*(f"A{n}" for n in range(1, 10)), "B1")
    for n in range(1, 10):
        books.place(f"A{n}", "A", "2026-01-10")
    books.place("B1", "B", "2026-01-10")
    return books


def pairs(books: Books) -> set[tuple[str, str, str]]:
    """(claim, entry, difference) of every pair."""
    with books.db.reading() as session:
        wanted = (
            select(PaymentClaim.record_id, Payment.record_id, ClaimMatch.difference)
            .join(ClaimMatch, ClaimMatch.claim_id == PaymentClaim.id).join(Payment, Payment.id == ClaimMatch.payment_id)
        )  # fmt: skip
        return {(claim, payment.strip(), str(difference)) for claim, payment, difference in session.execute(wanted)}


def find(books: Books, today: date) -> int:
    """The nightly look for differences."""
    with books.db.transaction() as session:
        return reconciliation.find_breaks(session, today)


def breaks(books: Books, state: BreakState | None = BreakState.OPEN) -> set[tuple[str, str, str | None, str | None]]:
    """(kind, account, bank, agency) of the breaks."""
    with books.db.reading() as session:
        wanted = select(Break) if state is None else select(Break).where(Break.state == state)
        return {
            (item.kind.value, item.account_ref, None if item.bank_amount is None else str(item.bank_amount), None if item.agency_amount is None else str(item.agency_amount))
            for item in session.scalars(wanted)
        }  # fmt: skip


FILES = {
    "bank": ("ledger", (entry("k1", "A1", "2026-02-01", "100.00"), entry("k2", "A2", "2026-02-03", "50.00"), entry("k3", "A3", "2026-02-01", "70.00"))),
    "bank later": ("ledger", (entry("k4", "A1", "2026-02-03", "100.00"),)),
    "agency": ("claims", (entry("c1", "A1", "2026-02-03", "100.00"), entry("c2", "A2", "2026-02-01", "50.00"), entry("c3", "A3", "2026-02-01", "75.00"))),
}  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(FILES)), ids=", ".join)
def test_pairs_do_not_depend_on_what_came_first(placed: Books, order: tuple[str, ...]) -> None:
    for name in order:
        kind, lines = FILES[name]
        placed.ledger(*lines) if kind == "ledger" else placed.claims("A", *lines)
    assert pairs(placed) == {("c1", "k4", "0.00"), ("c2", "k2", "0.00"), ("c3", "k3", "5.00")}


PAIRED = [
    ("another agency's claim never", entry("k", "A1", "2026-02-01", "100.00"), entry("c", "B1", "2026-02-01", "100.00"), False),
    ("paid to the agency, says the bank; to the bank, says the agency", entry("k", "A1", "2026-02-01", "100.00"), entry("c", "A1", "2026-02-01", "100.00", to="creditor"), False),
    ("a direct payment that the agency saw too", entry("k", "A1", "2026-02-01", "100.00", to="creditor"), entry("c", "A1", "2026-02-01", "100.00", to="creditor"), True),
    ("a week apart", entry("k", "A1", "2026-02-08", "100.00"), entry("c", "A1", "2026-02-01", "100.00"), True),
    ("more than a week apart", entry("k", "A1", "2026-02-09", "100.00"), entry("c", "A1", "2026-02-01", "100.00"), False),
    ("nobody's payment, in the transit days", entry("k", "A1", "2026-01-11", "100.00"), entry("c", "A1", "2026-01-11", "100.00"), True),
]  # fmt: skip


@pytest.mark.parametrize(("why", "bank", "agency", "is_paired"), PAIRED, ids=[case[0] for case in PAIRED])
def test_what_may_be_one_payment(placed: Books, why: str, bank: str, agency: str, is_paired: bool) -> None:
    placed.ledger(bank)
    placed.claims("B" if ",B1," in agency else "A", agency)
    assert pairs(placed) == ({("c", "k", "0.00")} if is_paired else set())


def test_a_payment_credited_to_the_next_agency_is_not_the_former_ones_claim(placed: Books) -> None:
    placed.recall("A1", "2026-01-31")
    placed.place("A1", "B", "2026-01-31")
    placed.ledger(entry("k", "A1", "2026-02-05", "100.00"))
    placed.claims("A", entry("c", "A1", "2026-02-05", "100.00"))
    assert pairs(placed) == set()
    placed.claims("B", entry("d", "A1", "2026-02-05", "100.00"))
    assert pairs(placed) == {("d", "k", "0.00")}


def test_a_corrected_claim_gives_its_entry_to_the_one_that_replaces_it(placed: Books) -> None:
    placed.ledger(entry("k", "A2", "2026-02-01", "100.00"), entry("l", "A1", "2026-02-01", "100.00"))
    placed.claims("A", entry("c", "A1", "2026-02-01", "100.00"))
    assert pairs(placed) == {("c", "l", "0.00")}
    placed.claims("A", entry("c2", "A2", "2026-02-01", "100.00", corrects="c"))
    assert pairs(placed) == {("c2", "k", "0.00")}
    assert placed.broken() == []


def test_a_corrected_entry_gives_its_claim_to_the_one_that_replaces_it(placed: Books) -> None:
    placed.ledger(entry("k", "A1", "2026-02-01", "10.00"))
    placed.claims("A", entry("c", "A1", "2026-02-01", "100.00"))
    assert pairs(placed) == {("c", "k", "90.00")}
    placed.ledger(entry("k2", "A1", "2026-02-01", "100.00", corrects="k"))
    assert pairs(placed) == {("c", "k2", "0.00")}
    find(placed, PATIENT + timedelta(days=30))
    assert breaks(placed) == set()


def test_a_break_opens_after_patience_and_clears_itself_up_when_the_other_side_comes(placed: Books) -> None:
    placed.ledger(entry("k1", "A1", "2026-02-01", "100.00"))
    placed.claims("A", entry("c2", "A2", "2026-02-01", "50.00"))
    assert find(placed, PATIENT) == 0
    assert find(placed, PATIENT + timedelta(days=1)) == 2
    waiting = {("payment_without_claim", "A1", "100.00", None), ("claim_without_payment", "A2", None, "50.00")}
    assert breaks(placed) == waiting
    find(placed, PATIENT + timedelta(days=2))  # looking twice opens nothing twice
    assert breaks(placed, None) == waiting
    placed.ledger(entry("k2", "A2", "2026-02-02", "50.00"))
    placed.claims("A", entry("c1", "A1", "2026-02-01", "100.00"))
    assert find(placed, PATIENT + timedelta(days=3)) == 0
    assert breaks(placed) == set()
    assert breaks(placed, BreakState.RESOLVED) == waiting


def test_an_agency_that_reports_no_payments_has_no_breaks(placed: Books) -> None:
    placed.ledger(entry("k1", "A1", "2026-02-01", "100.00"), entry("k2", "A1", "2026-03-01", "100.00"))
    assert find(placed, date(2026, 6, 1)) == 0
    placed.claims(
        "A", entry("c1", "A2", "2026-02-15", "50.00")
    )  # from now on it does; what was before, it need not have reported
    find(placed, date(2026, 6, 1))
    assert breaks(placed) == {
        ("payment_without_claim", "A1", "100.00", None),
        ("claim_without_payment", "A2", None, "50.00"),
    }
    with placed.db.reading() as session:
        assert (
            session.scalars(select(Break.subject).where(Break.bank_amount.is_not(None))).one()
            == f"payment:{payment_id(placed, 'k2')}"
        )


def payment_id(books: Books, record: str) -> int:
    with books.db.reading() as session:
        return session.scalars(select(Payment.id).where(Payment.record_id == record)).one()


def judge(books: Books, resolution: str = "The agency sent proof.") -> None:
    with books.db.transaction() as session:
        item = session.scalars(select(Break).where(Break.state == BreakState.OPEN)).one()
        reconciliation.resolve_break(
            session, factories.make_actor(session, Role.VENDOR_MANAGER), item, resolution, at=clock.now()
        )


def test_what_a_person_has_judged_stays_judged_until_it_is_another_difference(placed: Books) -> None:
    placed.ledger(entry("k1", "A1", "2026-02-01", "100.00"))
    placed.claims("A", entry("c1", "A1", "2026-02-01", "90.00"))
    find(placed, PATIENT)
    judge(placed)
    find(placed, PATIENT)
    assert breaks(placed) == set()
    placed.ledger(entry("k2", "A1", "2026-02-01", "80.00", corrects="k1"))
    find(placed, PATIENT)
    assert breaks(placed) == {("amount_differs", "A1", "80.00", "90.00")}


def test_a_judgement_says_how_and_is_given_once(placed: Books) -> None:
    placed.claims("A", entry("c1", "A1", "2026-02-01", "90.00"))
    find(placed, date(2026, 6, 1))
    with pytest.raises(Invalid):
        judge(placed, "  ")
    judge(placed)
    with placed.db.transaction() as session:
        item = session.scalars(select(Break)).one()
        assert item.resolution == "The agency sent proof."
        with pytest.raises(Conflict):
            reconciliation.resolve_break(session, factories.make_actor(session), item, "Again.", at=clock.now())


def test_claims_made_from_the_ledger_are_reconciled_to_their_known_truth(placed: Books) -> None:
    """samples/claims.py says which claims are late, missing or of another amount; nothing else must come up."""
    rows = [
        {"record_id": f"k{n}", "account_ref": f"A{n % 9 + 1}", "paid_on": f"2026-{n // 25 + 2:02}-{n % 25 + 1:02}", "amount": f"{100 + n}.00", "currency": "USD",
         "paid_to": "agency" if n % 5 else "creditor", "method": "transfer", "remitted_on": "", "reverses": "", "note": "", "corrects": ""}
        for n in range(100)
    ]  # fmt: skip
    made = payment_claims(
        rows, agency="A", seed=4, last_day=date(2026, 6, 30), late_share=0.1, missing_share=0.1, differing_share=0.1
    )
    header, *lines = made.csv.decode().splitlines()
    placed.ledger(
        *(entry(row["record_id"], row["account_ref"], row["paid_on"], row["amount"], to=row["paid_to"]) for row in rows)
    )
    placed.send("payments", "A", header, lines)
    find(placed, date(2026, 7, 30))
    truth = made.truth
    assert min(len(truth[name]) for name in ("late", "missing", "differing")) > 2
    booked = {row["record_id"]: row for row in rows}
    expected: set[tuple[str, str, str | None, str | None]] = {
        ("payment_without_claim", booked[record]["account_ref"], booked[record]["amount"], None)
        for record in truth["missing"]
    }
    expected |= {
        ("amount_differs", booked[item["entry"]]["account_ref"], item["booked"], item["claimed"])
        for item in truth["differing"]
    }
    for item in (item for item in truth["late"] if item["days"] > 7):
        found = booked[item["entry"]]
        expected |= {
            ("payment_without_claim", found["account_ref"], found["amount"], None),
            ("claim_without_payment", found["account_ref"], None, found["amount"]),
        }
    assert breaks(placed) == expected


INVENTORY = [
    ("it agrees", ("A1,1000.00,active", "A2,1000.00,promise"), set()),
    ("another balance", ("A1,999.99,active", "A2,1000.00,active"), {("balance_differs", "A1", "1000.00", "999.99")}),
    (
        "an account it does not hold",
        ("A1,1000.00,active", "A2,1000.00,active", "B1,5.00,active"),
        {("not_held", "B1", None, "5.00")},
    ),
    (
        "an account that does not exist",
        ("A1,1000.00,active", "A2,1000.00,active", "ZZZ,5.00,active"),
        {("not_held", "ZZZ", None, "5.00")},
    ),
    ("an account left out", ("A1,1000.00,active",), {("missing_from_inventory", "A2", "1000.00", None)}),
    (
        "an account it believes is closed",
        ("A1,1000.00,active", "A2,0.00,closed"),
        {("missing_from_inventory", "A2", "1000.00", None)},
    ),
    ("a closed account that it does not hold", ("A1,1000.00,active", "A2,1000.00,active", "B1,0.00,closed"), set()),
]


@pytest.fixture
def small(books: Books) -> Books:
    """A holds A1 and A2, B holds B1, each of 1000.00."""
    books.agency("A")
    books.agency("B")
    books.accounts("A1", "A2", "B1")
    for ref in ("A1", "A2", "B1"):
        books.place(ref, ref[0], "2026-01-10")
    return books


@pytest.mark.parametrize(("why", "lines", "expected"), INVENTORY, ids=[case[0] for case in INVENTORY])
def test_an_inventory_is_compared_with_what_the_agency_really_holds(
    small: Books, why: str, lines: tuple[str, ...], expected: set[tuple[str, ...]]
) -> None:
    small.inventory("A", *lines)
    assert breaks(small) == expected


def test_the_balance_is_the_tapes_less_what_was_paid_since(small: Books) -> None:
    small.ledger(
        entry("k1", "A1", "2025-01-01", "7.00"),
        entry("k2", "A1", "2026-02-01", "100.00"),
        entry("k3", "A1", "2026-02-05", "-30.00", reverses="k2"),
    )
    small.inventory("A", "A1,930.00,active", "A2,1000.00,active")
    assert breaks(small) == set()


def test_the_next_inventory_that_agrees_clears_the_differences_up_and_one_that_differs_again_brings_them_back(
    small: Books,
) -> None:
    with clock.set_to(midnight("2026-03-01")):
        small.inventory("A", "A1,1.00,active")
    assert len(breaks(small)) == 2
    with clock.set_to(midnight("2026-03-08")):
        small.inventory("A", "A1,1000.00,active", "A2,1000.00,active")
    assert breaks(small) == set()
    with clock.set_to(midnight("2026-03-15")):
        small.inventory("A", "A1,1000.00,active")
    assert breaks(small) == {("missing_from_inventory", "A2", "1000.00", None)}


def test_mended_rows_sent_the_same_day_are_part_of_the_inventory_and_not_one_of_their_own(small: Books) -> None:
    small.inventory("A", "A1,1000.00,active", "A2,much,active")
    assert breaks(small) == {("missing_from_inventory", "A2", "1000.00", None)}
    small.inventory("A", "A2,1000.00,active")
    assert breaks(small) == set()


def test_an_inventory_that_was_refused_says_nothing(small: Books) -> None:
    small.inventory("A", "A1,much,active")
    assert breaks(small) == set()


def test_another_agencys_inventory_touches_nothing_of_ours(small: Books) -> None:
    small.inventory("A", "A1,1000.00,active")
    small.inventory("B", "B1,1000.00,active")
    assert breaks(small) == {("missing_from_inventory", "A2", "1000.00", None)}
