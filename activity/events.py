"""What the activity floor tells others, and how the audit trail names its acts."""

from __future__ import annotations

from dataclasses import dataclass

FEED_EXPECTED = "activity.feed.expected"
FEED_RELIEVED = "activity.feed.relieved"
FEED_CHASED = "activity.feed.chased"
FEED_GRADED = "activity.feed.graded"


@dataclass(frozen=True)
class ReportAccepted:
    """A report was read to its end and has rows that count (accepted ones, or evidence of contact after a recall)."""

    report_id: int
    kind: str
    agency_id: int | None
