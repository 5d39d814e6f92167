"""Rule: which rows of a ledger file become entries, and which are refused and why.

An entry is never changed. A reversal takes back at most what is left of one payment of the same account. A correction takes back a whole
payment, on that payment's own day, and posts the right one beside it, perhaps on another account: both stay, and every sum is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.schemas import LEDGER
from portal.reports.kinds import SoundRow
from portal.tables.faults import Problem

NAMES = LEDGER.names


@dataclass(frozen=True)
class Owner:
    """The account that a row names."""

    account_id: int
    currency: str


@dataclass
class Entry:
    """One entry of the ledger, posted or on its way in."""

    record_id: str
    account_id: int
    paid_on: date
    amount: Decimal
    currency: str
    paid_to: str
    method: str | None
    said: str  # the content hash of its row
    left: Decimal  # what of it was not taken back; nought for what takes back
    id: int = 0  # none before it is stored
    row_no: int = 0
    remitted_on: date | None = None
    note: str | None = None
    reverses: Entry | None = None
    corrects: Entry | None = None
    is_corrected: bool = False


def entries_of(
    row: SoundRow, said: str, owners: Mapping[str, Owner], known: Mapping[str, Entry]
) -> list[Entry] | Problem:
    """The entries that a row posts, usually one, or what is wrong with it.

    `known`: posted entries and those of earlier rows, by record id. What a row takes back is no longer `left` of them.
    """
    cells = dict(zip(NAMES, row.values, strict=True))
    owner = owners.get(cells["account_ref"])
    if owner is None:
        return _problem(row, cells, "account_ref", "unknown_account")
    if cells["currency"] not in (None, owner.currency):
        return _problem(row, cells, "currency", "bad_currency", "account_currency", currency=owner.currency)
    if fault := _fault_of_reversal(row, cells, owner, known) or _fault_of_correction(row, cells, known):
        return fault
    made = _entry(row, cells, said, owner)
    if cells["reverses"]:
        made.reverses, made.left = known[cells["reverses"]], Decimal(0)
        made.reverses.left += made.amount
    if not cells["corrects"]:
        return [made]
    made.corrects = known[cells["corrects"]]
    made.corrects.is_corrected = True
    return [*_take_back(made.corrects, made), made]


def _fault_of_reversal(
    row: SoundRow, cells: Mapping[str, Any], owner: Owner, known: Mapping[str, Entry]
) -> Problem | None:
    if not cells["reverses"]:
        return None
    original = known.get(cells["reverses"])
    if original is None or original.account_id != owner.account_id or original.amount < 0:
        return _problem(row, cells, "reverses", "unknown_reference")
    if original.left + cells["amount"] < 0:
        return _problem(row, cells, "reverses", "bad_reverses", "taken_back", left=str(original.left))
    return None


def _fault_of_correction(row: SoundRow, cells: Mapping[str, Any], known: Mapping[str, Entry]) -> Problem | None:
    if not cells["corrects"]:
        return None
    original = known.get(cells["corrects"])
    if original is None or original.amount < 0:
        return _problem(row, cells, "corrects", "unknown_reference")
    if cells["reverses"] or original.is_corrected or original.left != original.amount:
        return _problem(row, cells, "corrects", "bad_corrects", "taken_back_already")
    return None


def _entry(row: SoundRow, cells: Mapping[str, Any], said: str, owner: Owner) -> Entry:
    taken = {
        name: cells[name] for name in ("record_id", "paid_on", "amount", "paid_to", "method", "remitted_on", "note")
    }
    return Entry(
        account_id=owner.account_id,
        currency=owner.currency,
        said=said,
        left=cells["amount"],
        row_no=row.number,
        **taken,
    )


def _take_back(original: Entry, correction: Entry) -> list[Entry]:
    """The entry that undoes a corrected one. No id in a file begins with a blank, so its own can never be taken. Of nothing, none."""
    if not original.amount:
        return []
    original.left = Decimal(0)
    return [Entry(
        record_id=f" {original.record_id} replaced by {correction.record_id}", account_id=original.account_id, paid_on=original.paid_on,
        amount=-original.amount, currency=original.currency, paid_to=original.paid_to, method=original.method, said="", left=Decimal(0),
        row_no=correction.row_no, reverses=original,
    )]  # fmt: skip


def _problem(
    row: SoundRow, cells: Mapping[str, Any], column: str, code: str, repair: str = "", **params: str
) -> Problem:
    return Problem(row.number, column, code, str(cells[column] or ""), repair or code, {"column": column, **params})
