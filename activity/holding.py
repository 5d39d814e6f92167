"""Acts: what a person said, in a report of any age, stops collection: no account goes on because of when its report was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from activity import queries
from placements import holds
from portal.permissions import SYSTEM


def open_missing_holds(session: Session, *, at: datetime) -> int:
    """Open the holds that rows which count call for and that were never opened; how many began.

    A statement is answered where a hold of its kind was on when it was made or began later: what the bank ended stays ended.
    """
    opened = 0
    for agency_id, told in queries.told_without_hold(session).items():
        opened += holds.open_hold_from_report(session, SYSTEM, told, agency_id=agency_id, at=at)
    return opened
