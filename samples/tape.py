"""The bank's account tapes and its ledger: reading them, dealing them out in monthly waves, moving them in time.

The files tell of years long past (see README.md). A demo that ends yesterday moves every date of one account, tape and ledger
alike, by one whole number of days. Intervals stay as they were; dates of birth stay where they are.
"""

from __future__ import annotations

import calendar
import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

Row = dict[str, str]

HERE: Final = Path(__file__).parent


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for lists that read best without quotation marks."""
    return tuple(text.split())


ACCOUNT_COLUMNS: Final = words(
    "account_ref consumer_ref portfolio product currency balance principal interest fees credit_limit as_of opened_on "
    "defaulted_on charged_off_on days_past_due last_payment_on last_payment_amount country region city postal_code time_zone "
    "language score full_name id_number birth_date phone email address itemization_date_type itemization_date "
    "itemization_amount interest_since fees_since payments_since credits_since limitation_on hold"
)
LEDGER_COLUMNS: Final = words(
    "record_id account_ref paid_on amount currency paid_to method remitted_on reverses note corrects"
)
MOVING: Final = words("as_of opened_on defaulted_on charged_off_on last_payment_on itemization_date limitation_on")
# Placed a fortnight after the figures stand: the time a bank takes from charge-off to hand-over in this story.
HANDOVER: Final = timedelta(days=14)
# The ledger's source has its own words for how money came; the contract (4.3) has fewer.
METHODS: Final = {"ach": "direct_debit", "check": "cheque", "money_order": "other", "card": "card"}


def read_tape(name: str) -> list[Row]:
    """The account tape of a market, `us` or `cn`, one row an account in the columns of contract 4.1."""
    return read_csv(HERE / f"accounts_{name}.csv.gz")


def read_ledger() -> list[Row]:
    """The bank's own payments on the US tape, in the columns of contract 4.3 but with the source's words in `method`."""
    return read_csv(HERE / "ledger_us.csv.gz")


def read_commission() -> list[Row]:
    """The collection fee that was really paid on each US account with recoveries, beside 18 % of them."""
    return read_csv(HERE / "commission_expected_us.csv")


def read_csv(path: Path) -> list[Row]:
    """All rows of a CSV file, gzipped if its name ends in .gz."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def to_csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ACCOUNT_COLUMNS) -> bytes:
    """The rows as UTF-8 CSV with these columns; a column that a row lacks is empty. Raises ValueError on a column not listed."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def waves(rows: Iterable[Row], first: date, count: int = 12, seed: str | int = 1) -> dict[date, list[Row]]:
    """Deal the rows out into `count` monthly placements from `first` on; the keys are the placement days, oldest first.

    A consumer's accounts share a wave. The wave depends on seed and consumer alone, so rows that come or go move nobody else.
    """
    days = [months_after(first, n) for n in range(count)]
    dealt: dict[date, list[Row]] = {day: [] for day in days}
    for row in rows:
        dealt[days[fingerprint(seed, row["consumer_ref"]) % count]].append(row)
    return dealt


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def fingerprint(*parts: str | int) -> int:
    """A whole number below 2^64 that depends on the parts alone: the same on every machine and in every run."""
    text = "|".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def stands_on(row: Row) -> date:
    """The day the row's figures stand: `as_of`, else first missed payment plus days past due.

    On the US tape that is the charge-off of each account, on the Chinese one 31 October 2005 for all.
    """
    if row.get("as_of"):
        return date.fromisoformat(row["as_of"])
    return date.fromisoformat(row["defaulted_on"]) + timedelta(days=int(row["days_past_due"]))


def days_to(row: Row, placed_on: date) -> int:
    """By how many days the account must move so that its figures stand a fortnight before `placed_on`."""
    return (placed_on - HANDOVER - stands_on(row)).days


def shift(row: Row, days: int) -> Row:
    """The row with every date moved by so many days, `as_of` filled in, and the date of birth as it was."""
    moved = {**row, "as_of": stands_on(row).isoformat()}
    for column in MOVING:
        if moved.get(column):
            moved[column] = _later(moved[column], days)
    return moved


@dataclass(frozen=True)
class MovedLedger:
    """The bank's payments in demo time: the rows, how many lie after the story's end, how many are of accounts not moved."""

    rows: list[Row]
    still_to_come: int
    not_placed: int

    def csv(self) -> bytes:
        """The bank's ledger file (contract 4.3)."""
        return to_csv(self.rows, LEDGER_COLUMNS)


def shifted_ledger(rows: Iterable[Row], shifts: Mapping[str, int], until: date) -> MovedLedger:
    """Move each payment with its account (`shifts`: account_ref to days) and keep those paid on or before `until`."""
    kept: list[Row] = []
    to_come = not_placed = 0
    for row in rows:
        days = shifts.get(row["account_ref"])
        if days is None:
            not_placed += 1
            continue
        paid_on = _later(row["paid_on"], days)
        if date.fromisoformat(paid_on) > until:
            to_come += 1
        else:
            kept.append({**row, "paid_on": paid_on, "method": METHODS.get(row["method"], row["method"])})
    return MovedLedger(kept, to_come, not_placed)


def _later(text: str, days: int) -> str:
    return (date.fromisoformat(text) + timedelta(days=days)).isoformat()
