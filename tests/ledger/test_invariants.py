"""Every invariant can fail: each is broken by hand, one at a time, in books where all of them hold."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ledger import invariants
from tests.ledger.books import Books, entry, promise

PAID = "(SELECT id FROM payment WHERE record_id = '{}')"
# What somebody would have to do in the database itself. Amounts there are whole cents, rates millionths.
BREAKS: dict[str, tuple[str, ...]] = {
    "every payment has a credit": (f"DELETE FROM credit WHERE payment_id = {PAID.format('nobody')}",),
    "a credit says what its payment says": (f"UPDATE credit SET paid_on = '2026-02-02' WHERE payment_id = {PAID.format('nobody')}",),
    "a credit names a placement of its account and that placement's agency, or neither": (
        "UPDATE credit SET agency_id = (SELECT id FROM agency WHERE code = 'B') WHERE agency_id IS NOT NULL",
    ),
    "a payment is of its account's currency": ("UPDATE payment SET currency = 'EUR' WHERE record_id = 'nobody'",),
    "a negative entry takes a payment back, and nothing else does": ("UPDATE payment SET reverses_id = NULL WHERE record_id = 'part back'",),
    "what is taken back is a payment of the same account": (
        f"UPDATE payment SET reverses_id = {PAID.format('nobody')} WHERE record_id = 'part back'",
    ),
    "no more is taken back than was paid": ("UPDATE payment SET amount = -10001 WHERE record_id = 'part back'",),
    "a corrected payment is taken back whole": ("UPDATE payment SET amount = amount + 1 WHERE record_id LIKE ' %'",),
    "a reversal is credited like its payment": (f"UPDATE credit SET reason = 'in_placement' WHERE payment_id = {PAID.format('part back')}",),
    "a fee line says what its credit says": (f"UPDATE fee_line SET credited = credited + 1 WHERE payment_id = {PAID.format('part')}",),
    "a fee line's term is of its placement's contract and its rate of that term": (
        f"UPDATE fee_line SET rate = rate + 1 WHERE payment_id = {PAID.format('part')}",
    ),
    "a reversal has a fee line if its payment has one (a contract may let late ones keep it), under the same term and rate": (
        f"DELETE FROM fee_line WHERE payment_id = {PAID.format('whole back')}",
    ),
    "a claim and the entry beside it are of one account and differ by what is noted": ("UPDATE claim_match SET difference = 1",),
    "an account has at most one open placement": (
        "DROP INDEX uq_placement_open", "UPDATE placement SET ended_at = NULL, state = 'placed', account_id = (SELECT MIN(account_id) FROM placement)",
    ),
    "a placement ends after it began": ("UPDATE placement SET ended_at = '2025-01-01 00:00:00' WHERE ended_at IS NOT NULL",),
    "a placement's balance is not below zero": ("UPDATE placement SET balance = -1",),
    invariants.LINES: (f"UPDATE fee_line SET amount = amount + 1 WHERE payment_id = {PAID.format('part')}",),
}  # fmt: skip


@pytest.fixture
def full(books: Books) -> Books:
    """Books with everything that an invariant speaks of."""
    books.agency("A")
    books.agency("B")
    books.accounts("A1", "A2", "N1")
    books.place("A1", "A", "2026-01-10")
    books.place("A2", "A", "2026-01-10", "2026-03-31")
    books.activity("A", promise("p1", "A2", "2026-03-20T10:00:00-05:00"))
    books.ledger(
        entry("nobody", "N1", "2026-02-01", "100.00"), entry("part", "A1", "2026-02-01", "100.00"), entry("whole", "A2", "2026-04-15", "50.00"),
        entry("part back", "A1", "2026-02-05", "-40.00", reverses="part"), entry("whole back", "A2", "2026-04-20", "-50.00", reverses="whole"),
        entry("wrong", "A1", "2026-02-07", "10.00"), entry("right", "A1", "2026-02-07", "11.00", to="creditor", corrects="wrong"),
    )  # fmt: skip
    books.claims("A", entry("c1", "A1", "2026-02-01", "100.00"))
    return books


def test_all_hold_in_sound_books(full: Books) -> None:
    assert full.broken() == []


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_an_invariant_is_found(full: Books, name: str) -> None:
    with full.db.transaction() as session:
        for statement in BREAKS[name]:
            assert session.execute(text(statement)).rowcount != 0, "the mutation changed nothing"  # type: ignore[attr-defined]
    assert name in full.broken()


def test_every_invariant_is_broken_once() -> None:
    assert set(BREAKS) == {*invariants.SELECTS, invariants.LINES}
