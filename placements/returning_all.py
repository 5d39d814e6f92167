"""Act: an agency that is leaving holds nothing any more, so the step of its exit is done."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from agencies.diligence import leaving
from agencies.events import AgencyExiting
from agencies.models import Agency
from placements import recall_queries
from placements.events import PlacementsEnded
from portal.errors import N_
from portal.permissions import SYSTEM

NOTHING_LEFT: Final = N_("It holds no account.")


def note_exit(session: Session, event: AgencyExiting) -> None:
    """Listener: an agency begins to leave, perhaps with nothing in its hands."""
    _tick(session, event.at)


def note_ends(session: Session, event: PlacementsEnded) -> None:
    """Listener: placements ended, perhaps the last ones of an agency that is leaving."""
    _tick(session, event.at)


def _tick(session: Session, at: datetime) -> None:
    session.flush()
    for agency_id in recall_queries.left_empty_handed(session):
        agency = session.get_one(Agency, agency_id)
        leaving.do_step(session, SYSTEM, agency, "accounts", note=NOTHING_LEFT, at=at)
