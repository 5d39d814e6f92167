"""Acts: an exemption from what a place asks for is proposed with its reason by one person, and approved or declined by another.

Until it is approved it lifts nothing. Which places know exemptions at all stands in the catalogue (`agencies.papers.lifts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from agencies.events import (
    EXEMPTION_APPROVED,
    EXEMPTION_DECLINED,
    EXEMPTION_ENDED,
    EXEMPTION_PROPOSED,
    CredentialGained,
)
from agencies.models import Agency, Exemption
from agencies.papers import lifts
from portal import audit, events, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import Actor

APPROVED_WITHIN = timedelta(days=5)
GROUNDS = ("out_of_state_interstate_only", "attorney", "commercial_only", "other")
"""Why a place may not ask what it asks of others. The codes are also those that conduct knows (us.licence.active-on-activity-date)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Why an agency need not hold something, as somebody writes it down."""

    code: str
    jurisdiction: str
    ground: str  # of GROUNDS
    reason: str
    valid_from: date
    valid_until: date | None = None


def propose(session: Session, actor: Actor, agency: Agency, claim: Claim, *, at: datetime) -> Exemption:
    """Propose that an agency need not hold what a place asks for; an approver finds it in the work list.

    Raises Invalid where the place knows no exemption, Conflict for one that is recorded already.
    """
    reason = claim.reason.strip()
    if not reason:
        message = N_("Give the reason.")
        raise Invalid(message, fields={"reason": message})
    if claim.ground not in GROUNDS:
        message = N_("Choose a ground.")
        raise Invalid(message, fields={"ground": message})
    if not lifts(claim.code, claim.jurisdiction):
        message = N_("This place asks for it without exception, or does not ask for it.")
        raise Invalid(message, fields={"jurisdiction": message})
    if claim.valid_until is not None and claim.valid_until < claim.valid_from:
        raise Invalid(_ORDER, fields={"valid_until": _ORDER})
    made = Exemption(
        agency_id=agency.id, code=claim.code, jurisdiction=claim.jurisdiction, ground=claim.ground, reason=reason,
        proposed_by=actor.label, proposed_by_id=actor.user_id, proposed_at=at, valid_from=claim.valid_from, valid_until=claim.valid_until,
    )  # fmt: skip
    with unique_or_conflict(session, N_("This exemption is recorded already.")):
        session.add(made)
    tasks.open_task(
        session, "exemption.approve", _subject(made), N_("Approve an exemption of %(agency)s for %(place)s"),
        link=f"/agencies/{agency.code}/credentials", role=Role.APPROVER, due_at=at + APPROVED_WITHIN, not_by_id=actor.user_id,
        agency=agency.code, place=claim.jurisdiction,
    )  # fmt: skip
    _record(session, actor, EXEMPTION_PROPOSED, agency, made)
    return made


def approve(session: Session, actor: Actor, agency: Agency, exemption: Exemption, *, at: datetime) -> Exemption:
    """Approve what another person proposed: from its first day on it lifts. Raises Forbidden for who proposed it, Conflict if it is approved."""
    if actor.user_id is not None and actor.user_id == exemption.proposed_by_id:
        raise Forbidden(N_("You proposed this exemption, so another person has to approve it."))
    _hold_proposed(session, exemption)
    exemption.approved_by, exemption.approved_at = actor.label, at
    tasks.close_tasks(session, _subject(exemption), actor)
    _record(session, actor, EXEMPTION_APPROVED, agency, exemption)
    session.flush()
    events.emit(session, CredentialGained(agency.id, exemption.code, exemption.jurisdiction, at))
    return exemption


def decline(session: Session, actor: Actor, agency: Agency, exemption: Exemption) -> None:
    """Decline what was proposed; the audit trail keeps it. Its proposer may take it back so. Raises Conflict if it is approved."""
    _hold_proposed(session, exemption)
    tasks.close_tasks(session, _subject(exemption), actor, cancelled=True)
    _record(session, actor, EXEMPTION_DECLINED, agency, exemption)
    session.delete(exemption)
    session.flush()


def end(session: Session, actor: Actor, agency: Agency, exemption: Exemption, *, last_day: date) -> Exemption:
    """End an exemption early. Raises Conflict if it has ended before that day, Invalid for a day before it began."""
    if last_day < exemption.valid_from:
        raise Invalid(_ORDER, fields={"last_day": _ORDER})
    if exemption.valid_until is not None and exemption.valid_until <= last_day:
        raise Conflict(N_("This exemption has ended already."))
    exemption.valid_until = last_day
    _record(session, actor, EXEMPTION_ENDED, agency, exemption)
    session.flush()
    return exemption


_ORDER = N_("The last day lies before the first.")


def _hold_proposed(session: Session, exemption: Exemption) -> None:
    session.refresh(exemption, with_for_update=True)
    if exemption.approved_at is not None:
        raise Conflict(N_("This exemption is approved already."))


def _record(session: Session, actor: Actor, event: str, agency: Agency, exemption: Exemption) -> None:
    audit.record(
        session, actor, event, f"agency:{agency.code}", code=exemption.code, jurisdiction=exemption.jurisdiction, ground=exemption.ground,
        reason=exemption.reason, valid_from=exemption.valid_from, valid_until=exemption.valid_until, proposed_by=exemption.proposed_by,
    )  # fmt: skip


def _subject(exemption: Exemption) -> str:
    return f"exemption:{exemption.id}"
