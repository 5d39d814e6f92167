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
from agencies.diligence import deciding, leaving
from agencies.events import (
    AGENCY_ADDED,
    AGENCY_CHANGED,
    STATUS_MOVED,
    AgencyExiting,
    AgencyStatusChanged,
    AgencySuspended,
)
from agencies.models import MOVES, Agency, AgencyKind, AgencyStatus, StatusChange
from portal import audit, events, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import Actor

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
DECIDED_WITHIN = timedelta(days=10)
PROBATION = timedelta(days=90)
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
    """Approve an agency: it may receive accounts.

    Raises Forbidden for who added it, handed it in or recommended it, Conflict while its due diligence lacks something.
    """
    _another_person(session, actor, agency)
    _conclude_review(session, actor, agency, reason, at)
    _move(session, actor, agency, AgencyStatus.APPROVED, reason, at)
    tasks.close_tasks(session, _subject(agency), actor, kind="agency.approve")
    return agency


def decline(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Decline an applicant."""
    if reason.strip():
        deciding.turn_down(session, actor, agency, why=reason, at=at)
    _move(session, actor, agency, AgencyStatus.DECLINED, reason, at)
    tasks.close_tasks(session, _subject(agency), actor, kind="agency.approve")
    tasks.cancel_of_tenant(session, agency.id, actor)
    return agency


def put_on_probation(
    session: Session,
    actor: Actor,
    agency: Agency,
    *,
    ramp_accounts: int | None,
    ramp_monthly: int = 0,
    reason: str,
    at: datetime,
) -> Agency:
    """Let an agency work within a ramp: at most so many open accounts, and so many more with every 30 days (`agencies.ramp`).

    Four eyes and a complete due diligence as for an approval; the approver finds the end of the probation as a task.
    """
    if ramp_accounts is None or ramp_accounts < 1:
        message = N_("Write how many accounts the agency may hold at most.")
        raise Invalid(message, fields={"ramp_accounts": message})
    if ramp_monthly < 0:
        message = N_("Write by how many accounts it grows, or 0.")
        raise Invalid(message, fields={"ramp_monthly": message})
    _another_person(session, actor, agency)
    _conclude_review(session, actor, agency, reason, at)
    _move(session, actor, agency, AgencyStatus.PROBATION, reason, at)
    agency.ramp_accounts, agency.ramp_monthly = ramp_accounts, ramp_monthly
    tasks.close_tasks(session, _subject(agency), actor, kind="agency.approve")
    tasks.open_task(
        session, "probation.end", _subject(agency), N_("Decide how the probation of %(code)s ends"), link=f"/agencies/{agency.code}",
        role=Role.APPROVER, due_at=at + PROBATION, code=agency.code,
    )  # fmt: skip
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
    """Begin to part from an agency: it receives nothing more and gives back what it holds, step by step (`diligence.leaving`)."""
    _move(session, actor, agency, AgencyStatus.EXITING, reason, at)
    leaving.begin(session, actor, agency, at=at)
    events.emit(session, AgencyExiting(agency.id, agency.code, reason, at))
    return agency


def finish_exit(session: Session, actor: Actor, agency: Agency, *, reason: str, at: datetime) -> Agency:
    """Part from an agency once every step of its exit is done: nobody of it may enter the portal any more. Raises Conflict."""
    leaving.require_all(session, actor, agency)
    _move(session, actor, agency, AgencyStatus.EXITED, reason, at)
    tasks.cancel_of_tenant(session, agency.id, actor)
    return agency


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
    if before is AgencyStatus.PROBATION:
        tasks.close_tasks(session, _subject(agency), actor, kind="probation.end")
    agency.status, agency.status_since, agency.ramp_accounts, agency.ramp_monthly = after, at, None, 0
    session.add(_change(agency, before, actor, reason, at))
    audit.record(session, actor, STATUS_MOVED, _subject(agency), before=before, after=after, reason=reason)
    session.flush()
    events.emit(session, AgencyStatusChanged(agency.id, agency.code, before, after, reason, at))
    return agency


def had_a_hand(history: Iterable[StatusChange], actor: Actor) -> bool:
    """True if this person put the agency on the list or handed it in, and therefore does not let it in."""
    entering = (AgencyStatus.APPLICANT, AgencyStatus.IN_REVIEW)
    return actor.user_id is not None and any(move.by_id == actor.user_id for move in history if move.after in entering)


def _conclude_review(session: Session, actor: Actor, agency: Agency, reason: str, at: datetime) -> None:
    """Letting in who is in review is the committee's decision on the due diligence; later moves decide on nothing of it."""
    if agency.status is AgencyStatus.IN_REVIEW:
        deciding.let_in(session, actor, agency, why=reason, at=at)


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
