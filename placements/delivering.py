"""Act: placements that their agency has not acknowledged within the contract's window are brought before a person."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from placements import delivery_queries
from portal import tasks
from portal.errors import N_
from portal.people import Role
from portal.permissions import SYSTEM

KIND: Final = "placements.unacknowledged"


def escalate_unacknowledged(session: Session, *, at: datetime) -> int:
    """One task an agency whose deadline has passed; closed by itself once it has answered. How many accounts are late."""
    late: Counter[str] = Counter()
    for code, placed_at, really, days, count in delivery_queries.unacknowledged(session):
        told = max(placed_at, really) if really else placed_at
        if told + timedelta(days=days) < at:
            late[code] += count
    for subject in tasks.open_subjects(session, KIND) - {f"delivery:{code}" for code in late}:
        tasks.close_tasks(session, subject, SYSTEM)
    for code, count in sorted(late.items()):
        tasks.open_task(
            session, KIND, f"delivery:{code}", N_("%(agency)s has not acknowledged %(count)s accounts in time"),
            link=f"/placements?agency={code}&state=placed", role=Role.VENDOR_MANAGER, due_at=at, agency=code, count=count,
        )  # fmt: skip
    return late.total()
