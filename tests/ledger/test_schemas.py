"""The bank's own ledger file (contract 4.3)."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal

from activity.schemas import PAYMENTS
from ledger.schemas import LEDGER
from portal.tables.reading import control_problems, read_table

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FILE = b"""record_id,account_ref,paid_on,amount,currency,paid_to,method,reverses,note
BK1,LC1,2026-01-08,2372.12,USD,agency,ach,,
BK2,LC1,2026-01-20,-2372.12,USD,agency,ach,BK1,returned
BK3,LC1,2026-02-01,2372.12,USD,creditor,check,,
BK4,LC1,2026-02-01,-5.00,USD,creditor,money_order,,
"""


def test_the_ledger_has_the_columns_of_a_payments_report() -> None:
    assert (LEDGER.kind, LEDGER.names) == ("ledger", PAYMENTS.names)


def test_reversals_name_the_entry_they_take_back_and_the_totals_are_net() -> None:
    reading = read_table(io.BytesIO(FILE), LEDGER, "csv", now=NOW)
    assert [(p.row, p.column, p.code) for _, _, problems, _ in reading for p in problems] == [
        (4, "reverses", "missing_reverses")
    ]
    assert control_problems(reading, 4, Decimal("2367.12")) == ()
