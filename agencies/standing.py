"""Act: write down what higher floors concluded about an agency; allocation obeys it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from agencies import queries
from agencies.events import STANDING_SET
from agencies.models import Standing
from portal import audit
from portal.permissions import Actor


def set_standing(
    session: Session,
    actor: Actor,
    agency_id: int,
    *,
    band: str | None,
    gate: str | None,
    may_receive: bool,
    reason: str,
    at: datetime,
) -> Standing:
    """Set band, closed gate, whether the agency may receive accounts, and why not. The same again changes nothing."""
    found = queries.standing_of(session, agency_id)
    if found is None:
        found = Standing(agency_id=agency_id, may_receive=True, reason="", since=at)
        session.add(found)
    elif (found.band, found.gate, found.may_receive, found.reason) == (band, gate, may_receive, reason):
        return found
    found.band, found.gate, found.may_receive, found.reason, found.since = band, gate, may_receive, reason, at
    code = queries.code_of_id(session, agency_id)
    audit.record(
        session, actor, STANDING_SET, f"agency:{code}", band=band, gate=gate, may_receive=may_receive, reason=reason
    )
    session.flush()
    return found
