"""Acts: an agency's life with the bank, from its application to its exit. Every move has a reason and stays in its history.

Who added an agency or handed it in never approves it, whichever key or account they use. The system itself (taking over a running
panel, the demo) is no person and may do both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agencies import queries
from agencies.events import AGENCY_ADDED, AGENCY_CHANGED, STATUS_MOVED, AgencyStatusChanged, AgencySuspended
from agencies.models import MOVES, Agency, AgencyKind, AgencyStatus, StatusChange
from portal import audit, events, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import Actor

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
DECIDED_WITHIN = timedelta(days=10)
LONGEST_REASON = 2000
ADDRESSES = frozenset({"email", "phone"})  # may be a person's


@dataclass(frozen=True, slots=True)
class Particulars:
    """Who an agency is and how it is reached."""

    name: str
    legal_name: str
    country: str
    kind: AgencyKind
    email: str
    phone: str | None = None
    practices: str = ""  # of agencies.asked.PRACTICES, separated by blanks


def add_agency(session: Session, actor: Actor, code: str, who: Particulars, *, at: datetime) -> Agency:
    """Put an applicant on the list. Raises Invalid for a code of another form, Conflict for one that is taken."""
    if not CODE.fullmatch(code):
        message = N_("Write the code with 2 to 20 capital letters, digits and hyphens, such as AGY01.")
        raise Invalid(message, fields={"code": message})
    agency = Agency(
        code=code,
        name=who.name,
        legal_name=who.legal_name,
        country=who.country,
        kind=who.kind,
        email=who.email,
        phone=who.phone,
        practices=who.practices,
        status=AgencyStatus.APPLICANT,
        status_since=at,
        created_at=at,
    )
    with unique_or_conflict(session, N_("There is an agency with the code %(code)s already."), code=code):
        session.add(agency)
    session.add(_change(agency, None, actor, "", at))
    audit.record(session, actor, AGENCY_ADDED, _subject(agency), name=who.name, country=who.country)
    return agency


def correct(session: Session, actor: Actor, agency: Agency, who: Particulars) -> Agency:
    """Correct who the agency is and how it is reached. The trail keeps what stood there; of addresses only that they changed."""
    changed = [name for name in Particulars.__slots__ if getattr(agency, name) != getattr(who, name)]
    told = {name: getattr(agency, name) for name in changed if name not in ADDRESSES}
    for name in changed:
        setattr(agency, name, getattr(who, name))
    if changed:
        audit.record(session, actor, AGENCY_CHANGED, _subject(agency), changed=changed, before=told)
    return agency


def submit(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Hand an applicant in for review; an approver who had no hand in it is asked to decide."""
    _move(session, actor, agency, AgencyStatus.IN_REVIEW, reason, at)
    tasks.open_task(
        session,
        "agency.approve",
        _subject(agency),
        N_("Decide on the agency %(code)s"),
        link=f"/agencies/{agency.code}",
        role=Role.APPROVER,
        due_at=at + DECIDED_WITHIN,
        not_by_id=actor.user_id,
        code=agency.code,
    )
    return agency


def approve(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Approve an agency: it may receive accounts. Raises Forbidden for who added it or handed it in."""
    _another_person(session, actor, agency)
    _move(session, actor, agency, AgencyStatus.APPROVED, reason, at)
    tasks.close_tasks(session, _subject(agency), actor, kind="agency.approve")
    return agency


def decline(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Decline an applicant."""
    _move(session, actor, agency, AgencyStatus.DECLINED, reason, at)
    tasks.close_tasks(session, _subject(agency), actor, kind="agency.approve")
    return agency


def put_on_probation(
    session: Session, actor: Actor, agency: Agency, *, ramp_accounts: int | None, reason: str, at: datetime
) -> Agency:
    """Let an agency work within a ramp: at most so many open accounts. Four eyes as for an approval."""
    if ramp_accounts is None or ramp_accounts < 1:
        message = N_("Write how many accounts the agency may hold at most.")
        raise Invalid(message, fields={"ramp_accounts": message})
    _another_person(session, actor, agency)
    _move(session, actor, agency, AgencyStatus.PROBATION, reason, at)
    agency.ramp_accounts = ramp_accounts
    tasks.close_tasks(session, _subject(agency), actor, kind="agency.approve")
    return agency


def suspend(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Stop new accounts at once. What happens to those it holds is for the floors that hear AgencySuspended."""
    _move(session, actor, agency, AgencyStatus.SUSPENDED, reason, at)
    events.emit(session, AgencySuspended(agency.id, agency.code, reason, at))
    return agency


def reinstate(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Let a suspended agency receive accounts again."""
    return _move(session, actor, agency, AgencyStatus.REINSTATED, reason, at)


def begin_exit(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Begin to part from an agency: it receives nothing more and gives back what it holds."""
    return _move(session, actor, agency, AgencyStatus.EXITING, reason, at)


def finish_exit(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Part from an agency: nobody of it may enter the portal any more."""
    return _move(session, actor, agency, AgencyStatus.EXITED, reason, at)


def _move(session: Session, actor: Actor, agency: Agency, after: AgencyStatus, reason: str, at: datetime) -> Agency:
    # Two people decide at once: the second sees what the first decided.
    session.refresh(agency, with_for_update=True)
    before, reason = agency.status, reason.strip()
    if after not in MOVES[before]:
        message = N_("An agency that is %(before)s cannot become %(after)s.")
        raise Conflict(message, before=_word(before), after=_word(after))
    if not reason or len(reason) > LONGEST_REASON:
        message = N_("Give the reason, in at most 2000 characters.")
        raise Invalid(message, fields={"reason": message})
    agency.status, agency.status_since, agency.ramp_accounts = after, at, None
    session.add(_change(agency, before, actor, reason, at))
    audit.record(session, actor, STATUS_MOVED, _subject(agency), before=before, after=after, reason=reason)
    session.flush()
    events.emit(session, AgencyStatusChanged(agency.id, agency.code, before, after, reason, at))
    return agency


def had_a_hand(history: Iterable[StatusChange], actor: Actor) -> bool:
    """True if this person put the agency on the list or handed it in, and therefore does not let it in."""
    entering = (AgencyStatus.APPLICANT, AgencyStatus.IN_REVIEW)
    return actor.user_id is not None and any(move.by_id == actor.user_id for move in history if move.after in entering)


def _another_person(session: Session, actor: Actor, agency: Agency) -> None:
    if had_a_hand(queries.history(session, agency), actor):
        raise Forbidden(N_("You added this agency or handed it in, so another person has to decide on it."))


def _change(agency: Agency, before: AgencyStatus | None, actor: Actor, reason: str, at: datetime) -> StatusChange:
    return StatusChange(
        agency_id=agency.id,
        before=before,
        after=agency.status,
        reason=reason,
        at=at,
        by=actor.label,
        by_id=actor.user_id,
    )


def _subject(agency: Agency) -> str:
    return f"agency:{agency.code}"


def _word(status: AgencyStatus) -> str:
    """The English word of a status, which is also the msgid that pages show it by."""
    return status.value.replace("_", " ").capitalize()
