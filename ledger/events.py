"""What the ledger floor tells others, and how the audit trail names its acts."""

from __future__ import annotations

BREAK_RESOLVED = "ledger.break.resolved"
CLAIMS_MATCHED = "ledger.claims.matched"
CREDITED_LATE = "ledger.payments.credited_late"
