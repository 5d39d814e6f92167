"""Acts: credentials are asked for, sent in with their evidence, verified or refused by another person, and end.

The bank may ask for a credential first; an agency's manager or the bank sends it in; compliance looks at the evidence and writes down what
it saw. Who sent it in never verifies it, and it is looked at again after its cycle (`agencies.cycles`). A renewal is a new credential beside the old one, so that every past day can still be judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from agencies import queries
from agencies.catalogue import credential_types
from agencies.cycles import last_day, look_again_on
from agencies.events import (
    CREDENTIAL_CONFIRMED,
    CREDENTIAL_REFUSED,
    CREDENTIAL_REQUESTED,
    CREDENTIAL_SUBMITTED,
    CREDENTIAL_TAKEN_OVER,
    CREDENTIAL_VERIFIED,
    CREDENTIAL_WITHDRAWN,
    CredentialGained,
    CredentialLapsed,
)
from agencies.models import CREDENTIAL_MOVES, Agency, CheckOutcome, Credential, CredentialCheck, CredentialState
from agencies.papers import checked
from portal import audit, events, tasks
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import Actor, Kind
from portal.sealing import keyring

ANSWERED_WITHIN = timedelta(days=14)
VERIFIED_WITHIN = timedelta(days=5)
SEALED = frozenset({"cn.resident_id"})
"""Credentials whose number is a person's own identity number, which is never kept (catalogue)."""


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

    Evidence is asked of every person; the system takes over what a running panel has on file elsewhere. Where the catalogue knows how long
    such a document counts, it ends then at the latest.
    """
    number = _kept(paper, checked(paper.code, paper.jurisdiction, paper.number))
    paper = replace(paper, valid_until=last_day(paper.code, paper.valid_from, paper.valid_until))
    _check_dates(paper)
    _check_whose(session, agency, paper)
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
    number = _kept(paper, checked(paper.code, paper.jurisdiction, paper.number))
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


def verify(session: Session, actor: Actor, credential: Credential, *, at: datetime, seen: str = "") -> Credential:
    """Find that the evidence proves what was sent in: from now on it counts. `seen`: what the register or the document said.

    Raises Forbidden for who sent it in.
    """
    if actor.user_id is not None and actor.user_id == credential.submitted_by_id:
        raise Forbidden(N_("You sent this credential in, so another person has to verify it."))
    _move(session, credential, CredentialState.VERIFIED)
    credential.decided_at, credential.decided_by = at, actor.label
    _note_check(session, actor, credential, CheckOutcome.VERIFIED, seen, at)
    tasks.close_tasks(session, _subject(credential), actor)
    _close_renewals(session, actor, credential)
    audit.record(
        session,
        actor,
        CREDENTIAL_VERIFIED,
        _subject(credential),
        code=credential.code,
        jurisdiction=credential.jurisdiction,
        seen=seen,
    )
    session.flush()
    events.emit(session, CredentialGained(credential.agency_id, credential.code, credential.jurisdiction, at))
    return credential


def confirm(session: Session, actor: Actor, credential: Credential, *, seen: str, at: datetime) -> Credential:
    """Look at a verified credential again and find that it still holds. Raises Invalid without what was seen, Forbidden for who sent it in."""
    if actor.user_id is not None and actor.user_id == credential.submitted_by_id:
        raise Forbidden(N_("You sent this credential in, so another person has to verify it."))
    if not seen.strip():
        message = N_("Write what you saw, and where.")
        raise Invalid(message, fields={"seen": message})
    session.refresh(credential, with_for_update=True)
    if credential.state is not CredentialState.VERIFIED:
        raise Conflict(N_("Only a verified credential can be looked at again."))
    _note_check(session, actor, credential, CheckOutcome.CONFIRMED, seen, at)
    tasks.close_tasks(session, _subject(credential), actor, kind="credential.look_again")
    audit.record(
        session,
        actor,
        CREDENTIAL_CONFIRMED,
        _subject(credential),
        seen=seen.strip(),
        look_again_on=credential.look_again_on,
    )
    session.flush()
    return credential


def refuse(session: Session, actor: Actor, credential: Credential, *, reason: str, at: datetime) -> Credential:
    """Find that the evidence does not prove it. The agency reads why and may send it in again."""
    reason = _given(reason)
    _move(session, credential, CredentialState.REFUSED)
    credential.decided_at, credential.decided_by, credential.reason = at, actor.label, reason
    _note_check(session, actor, credential, CheckOutcome.REFUSED, reason, at)
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


def _note_check(
    session: Session, actor: Actor, credential: Credential, outcome: CheckOutcome, seen: str, at: datetime
) -> None:
    """Keep what a person saw, with the hash of the document, and when it is to be looked at again."""
    evidence = queries.evidence_of(session, credential)
    session.add(CredentialCheck(
        credential_id=credential.id, outcome=outcome, seen=seen.strip(), sha256=evidence.sha256 if evidence else None, at=at, by=actor.label,
        by_id=actor.user_id,
    ))  # fmt: skip
    if outcome is not CheckOutcome.REFUSED:
        credential.look_again_on = look_again_on(
            credential.code, credential.jurisdiction, at.date(), credential.valid_until
        )


_ORDER = N_("The last day lies before the first.")


def _check_dates(paper: Paper) -> None:
    if paper.valid_until is not None and paper.valid_until < paper.valid_from:
        raise Invalid(_ORDER, fields={"valid_until": _ORDER})
    if paper.code == "us.bond" and paper.amount is None:
        message = N_("Write the amount of the bond.")
        raise Invalid(message, fields={"amount": message})


def _check_whose(session: Session, agency: Agency, paper: Paper) -> None:
    """What belongs to a collector names one of the roster; what belongs to the agency names nobody."""
    if credential_types()[paper.code].of_collectors and not paper.collector_id:
        message = N_("Write the id of the collector it belongs to.")
        raise Invalid(message, fields={"collector_id": message})
    if paper.collector_id and not queries.newest_collectors(session, agency.id, [paper.collector_id]):
        message = N_("The roster has no collector with this id.")
        raise Invalid(message, fields={"collector_id": message})


def _kept(paper: Paper, number: str) -> str:
    """The number as it is stored: of a personal identity number only the last four characters and a keyed hash."""
    if paper.code not in SEALED or not number:
        return number
    return f"…{number[-4:]} {(keyring().blind(number, 'id') or b'').hex()[:16]}"


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
