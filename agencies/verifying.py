"""Acts: credentials are asked for, sent in with their evidence, verified or refused by another person, and end.

The bank may ask for a credential first; an agency's manager or the bank sends it in; compliance looks at the evidence. Who sent it
in never verifies it. A renewal is a new credential beside the old one, so that every past day can still be judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from agencies import queries
from agencies.events import (
    CREDENTIAL_REFUSED,
    CREDENTIAL_REQUESTED,
    CREDENTIAL_SUBMITTED,
    CREDENTIAL_TAKEN_OVER,
    CREDENTIAL_VERIFIED,
    CREDENTIAL_WITHDRAWN,
    EXEMPTION_ENDED,
    EXEMPTION_RECORDED,
    CredentialLapsed,
)
from agencies.models import CREDENTIAL_MOVES, Agency, Credential, CredentialState, Exemption
from agencies.papers import checked, lifts
from portal import audit, events, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import Actor, Kind

ANSWERED_WITHIN = timedelta(days=14)
VERIFIED_WITHIN = timedelta(days=5)
GROUNDS = ("out_of_state_interstate_only", "attorney", "commercial_only", "other")
"""Why a place may not ask what it asks of others. The codes are also those that conduct knows (us.licence.active-on-activity-date)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A credential as somebody sends it in."""

    code: str
    jurisdiction: str
    number: str
    valid_from: date
    valid_until: date | None = None
    amount: Decimal | None = None  # of a bond or insurance, in its own currency
    collector_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Why an agency need not hold something, as somebody writes it down."""

    code: str
    jurisdiction: str
    ground: str  # of GROUNDS
    reason: str
    valid_from: date
    valid_until: date | None = None


def request(
    session: Session, actor: Actor, agency: Agency, code: str, jurisdiction: str, *, note: str, at: datetime
) -> Credential:
    """Ask an agency for a credential; its managers find the task in their work list. Asked for twice is asked for once."""
    checked(code, jurisdiction)
    found = queries.requested(session, agency, code, jurisdiction)
    if found is not None:
        return found
    asked = Credential(
        agency_id=agency.id,
        code=code,
        jurisdiction=jurisdiction,
        state=CredentialState.REQUESTED,
        note=note,
        created_at=at,
    )
    session.add(asked)
    session.flush()
    _task(
        session,
        asked,
        agency,
        "credential.submit",
        N_("Send in a credential for %(place)s (%(credential)s)"),
        Role.AGENCY_MANAGER,
        at + ANSWERED_WITHIN,
    )
    audit.record(
        session, actor, CREDENTIAL_REQUESTED, _subject(asked), agency=agency.code, code=code, jurisdiction=jurisdiction
    )
    return asked


def submit(
    session: Session, actor: Actor, agency: Agency, paper: Paper, *, evidence: StoredFile | None, at: datetime
) -> Credential:
    """Send a credential in, as the answer to an open request if there is one. Raises Invalid naming the field to mend.

    Evidence is asked of every person; the system takes over what a running panel has on file elsewhere.
    """
    number = checked(paper.code, paper.jurisdiction, paper.number)
    _check_dates(paper)
    if evidence is None and actor.kind is not Kind.SYSTEM:
        message = N_("Add the document that proves it.")
        raise Invalid(message, fields={"evidence": message})
    if queries.same_number(session, agency.id, paper.code, paper.jurisdiction, number, paper.valid_from):
        raise Conflict(N_("This credential has been sent in already."))
    found = None if paper.collector_id else queries.requested(session, agency, paper.code, paper.jurisdiction)
    if found is None:
        found = Credential(agency_id=agency.id, code=paper.code, jurisdiction=paper.jurisdiction, created_at=at)
        session.add(found)
    found.state = CredentialState.SUBMITTED
    found.number, found.valid_from, found.valid_until = number, paper.valid_from, paper.valid_until
    found.amount, found.collector_id, found.note = paper.amount, paper.collector_id, paper.note
    found.evidence_id = evidence.id if evidence else None
    found.submitted_at, found.submitted_by, found.submitted_by_id = at, actor.label, actor.user_id
    session.flush()
    tasks.close_tasks(session, _subject(found), actor, kind="credential.submit")
    _task(session, found, agency, "credential.verify", N_("Verify a credential of %(agency)s for %(place)s (%(credential)s)"), Role.COMPLIANCE, at + VERIFIED_WITHIN, not_by_id=actor.user_id)  # fmt: skip
    audit.record(
        session, actor, CREDENTIAL_SUBMITTED, _subject(found), agency=agency.code, code=paper.code,
        jurisdiction=paper.jurisdiction, number=number, valid_from=paper.valid_from, valid_until=paper.valid_until,
        sha256=evidence.sha256 if evidence else None,
    )  # fmt: skip
    return found


def take_over(session: Session, actor: Actor, agency: Agency, paper: Paper, *, at: datetime) -> Credential:
    """Enter a credential that the bank had verified before there was a portal. For the system alone: no second person looks at it."""
    if actor.kind is not Kind.SYSTEM:
        raise Forbidden(N_("Send the credential in; another person verifies it."))
    number = checked(paper.code, paper.jurisdiction, paper.number)
    _check_dates(paper)
    made = Credential(
        agency_id=agency.id, code=paper.code, jurisdiction=paper.jurisdiction, number=number, state=CredentialState.VERIFIED,
        valid_from=paper.valid_from, valid_until=paper.valid_until, amount=paper.amount, collector_id=paper.collector_id, note=paper.note,
        created_at=at, submitted_at=at, submitted_by=actor.label, decided_at=at, decided_by=actor.label,
    )  # fmt: skip
    session.add(made)
    audit.record(
        session, actor, CREDENTIAL_TAKEN_OVER, f"agency:{agency.code}", code=paper.code, jurisdiction=paper.jurisdiction, number=number,
        valid_from=paper.valid_from, valid_until=paper.valid_until,
    )  # fmt: skip
    return made


def verify(session: Session, actor: Actor, credential: Credential, *, at: datetime) -> Credential:
    """Find that the evidence proves what was sent in: from now on it counts. Raises Forbidden for who sent it in."""
    if actor.user_id is not None and actor.user_id == credential.submitted_by_id:
        raise Forbidden(N_("You sent this credential in, so another person has to verify it."))
    _move(session, credential, CredentialState.VERIFIED)
    credential.decided_at, credential.decided_by = at, actor.label
    tasks.close_tasks(session, _subject(credential), actor)
    _close_renewals(session, actor, credential)
    audit.record(
        session,
        actor,
        CREDENTIAL_VERIFIED,
        _subject(credential),
        code=credential.code,
        jurisdiction=credential.jurisdiction,
    )
    session.flush()
    return credential


def refuse(session: Session, actor: Actor, credential: Credential, *, reason: str, at: datetime) -> Credential:
    """Find that the evidence does not prove it. The agency reads why and may send it in again."""
    reason = _given(reason)
    _move(session, credential, CredentialState.REFUSED)
    credential.decided_at, credential.decided_by, credential.reason = at, actor.label, reason
    tasks.close_tasks(session, _subject(credential), actor)
    audit.record(session, actor, CREDENTIAL_REFUSED, _subject(credential), reason=reason)
    session.flush()
    return credential


def withdraw(
    session: Session, actor: Actor, credential: Credential, *, ended_on: date, reason: str, at: datetime
) -> Credential:
    """End a verified credential: withdrawn, suspended or cancelled at its register. `ended_on` is the first day without it."""
    reason = _given(reason)
    if credential.valid_from is not None and ended_on < credential.valid_from:
        message = N_("It cannot end before its first day.")
        raise Invalid(message, fields={"ended_on": message})
    _move(session, credential, CredentialState.WITHDRAWN)
    credential.decided_at, credential.decided_by, credential.reason = at, actor.label, reason
    credential.ended_on = ended_on
    tasks.close_tasks(session, _subject(credential), actor, cancelled=True)
    audit.record(session, actor, CREDENTIAL_WITHDRAWN, _subject(credential), ended_on=ended_on, reason=reason)
    tell_of_lapse(session, credential, ended_on)
    return credential


def tell_of_lapse(session: Session, credential: Credential, first_day_without: date) -> None:
    """Tell the floors above that a credential is gone, unless another one takes over on that day."""
    session.flush()
    if queries.covered_otherwise(session, credential, first_day_without):
        return
    lapsed = CredentialLapsed(
        credential.agency_id, credential.ref, credential.code, credential.jurisdiction, first_day_without
    )
    events.emit(session, lapsed)


def exempt(session: Session, actor: Actor, agency: Agency, claim: Claim, *, at: datetime) -> Exemption:
    """Record why an agency need not hold what a place asks for, approved by the actor.

    Raises Invalid where the place knows no exemption, Conflict for one that is recorded already.
    """
    reason = _given(claim.reason)
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
        approved_by=actor.label, approved_at=at, valid_from=claim.valid_from, valid_until=claim.valid_until,
    )  # fmt: skip
    with unique_or_conflict(session, N_("This exemption is recorded already.")):
        session.add(made)
    audit.record(
        session, actor, EXEMPTION_RECORDED, f"agency:{agency.code}", code=claim.code, jurisdiction=claim.jurisdiction,
        ground=claim.ground, reason=reason, valid_from=claim.valid_from, valid_until=claim.valid_until,
    )  # fmt: skip
    return made


def end_exemption(session: Session, actor: Actor, agency: Agency, exemption: Exemption, *, last_day: date) -> Exemption:
    """End an exemption early. Raises Conflict if it has ended before that day, Invalid for a day before it began."""
    if last_day < exemption.valid_from:
        raise Invalid(_ORDER, fields={"last_day": _ORDER})
    if exemption.valid_until is not None and exemption.valid_until <= last_day:
        raise Conflict(N_("This exemption has ended already."))
    exemption.valid_until = last_day
    audit.record(
        session, actor, EXEMPTION_ENDED, f"agency:{agency.code}", code=exemption.code, jurisdiction=exemption.jurisdiction,
        last_day=last_day,
    )  # fmt: skip
    session.flush()
    return exemption


_ORDER = N_("The last day lies before the first.")


def _check_dates(paper: Paper) -> None:
    if paper.valid_until is not None and paper.valid_until < paper.valid_from:
        raise Invalid(_ORDER, fields={"valid_until": _ORDER})
    if paper.code == "us.bond" and paper.amount is None:
        message = N_("Write the amount of the bond.")
        raise Invalid(message, fields={"amount": message})


def _given(reason: str) -> str:
    if not reason.strip():
        message = N_("Give the reason.")
        raise Invalid(message, fields={"reason": message})
    return reason.strip()


def _move(session: Session, credential: Credential, after: CredentialState) -> None:
    # Two people decide at once: the second sees what the first decided.
    session.refresh(credential, with_for_update=True)
    if after not in CREDENTIAL_MOVES[credential.state]:
        message = N_("A credential that is %(before)s cannot become %(after)s.")
        raise Conflict(message, before=credential.state.value.capitalize(), after=after.value.capitalize())
    credential.state = after


def _close_renewals(session: Session, actor: Actor, credential: Credential) -> None:
    """Close the reminders of older credentials that this one continues."""
    for other in queries.older_of_same(session, credential):
        tasks.close_tasks(session, _subject(other), actor, kind="credential.renew")


def _task(
    session: Session, credential: Credential, agency: Agency, kind: str, title: str, role: Role, due_at: datetime, *,
    not_by_id: int | None = None,
) -> None:  # fmt: skip
    tasks.open_task(
        session, kind, _subject(credential), title, link=f"/agencies/{agency.code}/credentials/{credential.ref}", role=role,
        due_at=due_at, agency_id=agency.id if role.of_agency else None, not_by_id=not_by_id,
        credential=credential.code, place=credential.jurisdiction, agency=agency.code,
    )  # fmt: skip


def _subject(credential: Credential) -> str:
    return f"credential:{credential.ref}"
