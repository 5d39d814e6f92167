"""An agency's payments report (contract 4.3): what it says it was paid, beside what the bank has booked.

Most claims equal the bank's entry. A few are dated later, a few are missing, a few name another amount: these are what a
reconciliation must find, and the truth lists them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from samples.tape import LEDGER_COLUMNS, to_csv

CENT: Final = Decimal("0.01")
Row = Mapping[str, str]


@dataclass(frozen=True)
class Claims:
    """The report and its truth, which names claims by the agency's record id and entries by the bank's.

    `equal`: number of claims that equal their entry. `late`: record_id, entry, days. `missing`: entries that were not claimed.
    `differing`: record_id, entry, claimed, booked. `claimed`: sum of all claims, reversals deducted, by currency.
    """

    csv: bytes
    truth: dict[str, Any]


def payment_claims(
    ledger_rows: Iterable[Row],
    *,
    agency: str,
    seed: int | str,
    last_day: date,
    late_share: float = 0.02,
    missing_share: float = 0.01,
    differing_share: float = 0.01,
) -> Claims:
    """The claims that go with the bank's entries paid to the agency, reported on `last_day`; other entries are left aside.

    Reversals and what they reverse are always claimed as booked, so that no reversal points to nothing.
    """
    entries = [row for row in ledger_rows if row["paid_to"] == "agency" and row["paid_on"] <= last_day.isoformat()]
    reversed_entries = {row["reverses"] for row in entries if row["reverses"]}
    report = _Report(f"{agency}-P{seed}", last_day, random.Random(f"claims|{agency}|{seed}").random)
    bounds = (late_share, late_share + missing_share, late_share + missing_share + differing_share)
    for entry in entries:
        plain = not entry["reverses"] and entry["record_id"] not in reversed_entries
        report.add(entry, bounds if plain else (0.0, 0.0, 0.0))
    return Claims(to_csv(report.rows, LEDGER_COLUMNS), report.truth())


class _Report:
    """The claims as they gather."""

    def __init__(self, prefix: str, last_day: date, draw: Callable[[], float]) -> None:
        self.prefix, self.last_day, self.draw = prefix, last_day, draw
        self.rows: list[dict[str, str]] = []
        self.claims_of: dict[str, str] = {}
        self.late: list[dict[str, Any]] = []
        self.missing: list[str] = []
        self.differing: list[dict[str, str]] = []

    def add(self, entry: Row, bounds: tuple[float, float, float]) -> None:
        """Claim the entry, or not: below the first bound late, below the second not at all, below the third another amount."""
        drawn, claim = self.draw(), self._claim(entry)
        if drawn < bounds[0]:
            self._claim_late(claim, entry)
        elif drawn < bounds[1]:
            self.missing.append(entry["record_id"])
            return
        elif drawn < bounds[2]:
            claim["amount"] = self._other_amount(Decimal(entry["amount"]))
            ids = {"record_id": claim["record_id"], "entry": entry["record_id"]}
            self.differing.append({**ids, "claimed": claim["amount"], "booked": entry["amount"]})
        self.rows.append(claim)

    def _claim(self, entry: Row) -> dict[str, str]:
        record_id = f"{self.prefix}-{len(self.rows) + 1:06d}"
        self.claims_of[entry["record_id"]] = record_id
        remitted = date.fromisoformat(entry["paid_on"]) + timedelta(days=1 + int(self.draw() * 10))
        return {
            **{
                column: entry[column]
                for column in ("account_ref", "paid_on", "amount", "currency", "paid_to", "method")
            },
            "record_id": record_id,
            "remitted_on": remitted.isoformat() if remitted <= self.last_day else "",
            "reverses": self.claims_of.get(entry["reverses"], ""),
        }

    def _claim_late(self, claim: dict[str, str], entry: Row) -> None:
        """Dated two to nine days after the bank's entry; as booked where that would lie after the report."""
        days = 2 + int(self.draw() * 8)
        paid_on = date.fromisoformat(entry["paid_on"]) + timedelta(days=days)
        if paid_on <= self.last_day:
            claim["paid_on"] = paid_on.isoformat()
            claim["remitted_on"] = ""
            self.late.append({"record_id": claim["record_id"], "entry": entry["record_id"], "days": days})

    def _other_amount(self, booked: Decimal) -> str:
        """Up to a tenth more or less, a cent at least, and never nothing."""
        step = max(CENT, (booked * Decimal(1 + int(self.draw() * 100)) / 1000).quantize(CENT))
        return str(booked - step if self.draw() < 0.5 and booked > step else booked + step)

    def truth(self) -> dict[str, Any]:
        """What a reconciliation must find."""
        claimed: dict[str, Decimal] = {}
        for row in self.rows:
            claimed[row["currency"]] = claimed.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
        return {
            "rows": len(self.rows),
            "equal": len(self.rows) - len(self.late) - len(self.differing),
            "late": self.late,
            "missing": self.missing,
            "differing": self.differing,
            "claimed": {currency: str(amount) for currency, amount in sorted(claimed.items())},
        }
