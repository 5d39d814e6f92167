"""What the activity floor tells others, and how the audit trail names its acts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportAccepted:
    """A report was read to its end and has rows that count (accepted ones, or evidence of contact after a recall)."""

    report_id: int
    kind: str
    agency_id: int | None
