"""Acts: an agency applies, tells of its company, and discloses who and what stands behind it; the bank checks every disclosure.

An agency comes in invited by a link, or by itself where the setting OPEN_APPLICATIONS allows it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from agencies import vetting
from agencies.diligence import queries, reviewing
from agencies.diligence.models import Disclosure, DisclosureKind, DisclosureState, Profile, ReviewState
from agencies.diligence.scheme import scheme
from agencies.events import (
    APPLICANT_INVITED,
    BANK_ACCOUNT_SHOWN,
    DISCLOSED,
    DISCLOSURE_CHECKED,
    DISCLOSURE_WITHDRAWN,
    PROFILE_SAVED,
)
from agencies.models import Agency, AgencyStatus
from agencies.vetting import Particulars
from portal import audit, invitations, sealing, tasks
from portal import queries as people
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor

CHECKED_WITHIN = timedelta(days=10)
OVER = frozenset({AgencyStatus.DECLINED, AgencyStatus.EXITED})


@dataclass(frozen=True, slots=True)
class Company:
    """What an agency says of its company. `risk`: codes of options by factor."""

    registration_number: str
    founded_on: date
    address: str
    employees: int
    risk: Mapping[str, Sequence[str]]
    website: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A disclosure as somebody writes it down. `number` is that of a bank account and is kept sealed."""

    kind: DisclosureKind
    name: str
    country: str
    detail: str = ""
    share: Decimal | None = None
    since: date | None = None
    number: str = ""


def apply(session: Session, who: Particulars, contact: str, *, language: str, at: datetime) -> Agency | None:
    """Take an application of somebody nobody invited: the agency, and a link to its e-mail address.

    None, and nothing is done, for an address that has access already; the page says the same, so that nobody can try addresses.
    """
    if people.person_by_email(session, who.email.strip().lower()) is not None:
        return None
    code = f"APP-{secrets.token_hex(4).upper()}"
    agency = vetting.add_agency(session, SYSTEM, code, who, at=at)
    _invite(session, SYSTEM, agency, who.email, contact, language, at)
    return agency


def invite_applicant(
    session: Session, actor: Actor, agency: Agency, email: str, contact: str, *, language: str, at: datetime
) -> None:
    """Mail an applicant's manager a link to fill the application in. Raises Conflict once the agency is no applicant any more."""
    if agency.status is not AgencyStatus.APPLICANT:
        raise Conflict(N_("Only applicants are invited here. The administrator invites everybody else."))
    _invite(session, actor, agency, email, contact, language, at)


def _invite(
    session: Session, actor: Actor, agency: Agency, email: str, contact: str, language: str, at: datetime
) -> None:
    token = invitations.invite(
        session, actor, email, Role.AGENCY_MANAGER, agency.id, at=at, name=contact, language=language
    )
    guest = invitations.person_of(session, token, at=at)
    invitations.send(session, guest, token)
    audit.record(session, actor, APPLICANT_INVITED, _subject(agency), person=guest.id)


def save_profile(session: Session, actor: Actor, agency: Agency, company: Company, *, at: datetime) -> Profile:
    """Keep what an agency says of its company, and rate its risk anew. The agency itself may until it has handed in.

    Raises Invalid for an option that the scheme does not know.
    """
    _may_still_change(session, actor, agency)
    for factor in scheme().factors:
        told = set(company.risk.get(factor.code, ()))
        if not told <= {option.code for option in factor.options} or (len(told) > 1 and not factor.several):
            message = N_("Choose one of the options.")
            raise Invalid(message, fields={factor.code: message})
    found = queries.profile(session, agency) or Profile(agency_id=agency.id)
    found.registration_number, found.founded_on = company.registration_number, company.founded_on
    found.address, found.website, found.employees = company.address, company.website, company.employees
    found.risk = {name: sorted(options) for name, options in company.risk.items()}
    found.updated_at, found.updated_by = at, actor.label
    session.add(found)
    session.flush()
    audit.record(session, actor, PROFILE_SAVED, _subject(agency), risk=found.risk, employees=found.employees)
    reviewing.rate_again(session, actor, agency, at=at)
    return found


def disclose(
    session: Session, actor: Actor, agency: Agency, told: Told, *, evidence: StoredFile | None = None, at: datetime
) -> Disclosure:
    """Tell of a principal, a site, a subcontractor … Something new at an agency that works already asks compliance to check it."""
    if agency.status in OVER:
        raise Conflict(N_("This agency's file is closed."))
    if told.kind is DisclosureKind.BANK_ACCOUNT and not told.number.strip():
        message = N_("Write the account number.")
        raise Invalid(message, fields={"number": message})
    if told.share is not None and not 0 <= told.share <= 1:
        message = N_("Write a percentage from 0 to 100.")
        raise Invalid(message, fields={"share": message})
    made = Disclosure(
        agency_id=agency.id, kind=told.kind, name=told.name, country=told.country, detail=told.detail, share=told.share,
        since=told.since, evidence_id=evidence.id if evidence else None, declared_at=at, declared_by=actor.label,
        declared_by_id=actor.user_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    if told.number.strip():
        made.sealed = sealing.keyring().seal(told.number.strip(), _place(made))
    audit.record(session, actor, DISCLOSED, _subject(agency), disclosure=made.ref, kind=told.kind.value, name=told.name)
    if reviewing.rate_again(session, actor, agency, at=at) is None and agency.status not in reviewing.BEFORE:
        tasks.open_task(
            session, "disclosure.check", f"disclosure:{made.ref}", N_("Check what %(agency)s disclosed: %(name)s"),
            link=f"/agencies/{agency.code}/diligence", role=Role.COMPLIANCE, due_at=at + CHECKED_WITHIN, not_by_id=actor.user_id,
            agency=agency.code, name=told.name,
        )  # fmt: skip
    return made


def withdraw(session: Session, actor: Actor, agency: Agency, disclosure: Disclosure, *, at: datetime) -> Disclosure:
    """Say that a disclosure no longer holds. It stays on record."""
    if disclosure.state is DisclosureState.WITHDRAWN:
        raise Conflict(N_("This is withdrawn already."))
    disclosure.state = DisclosureState.WITHDRAWN
    tasks.close_tasks(session, f"disclosure:{disclosure.ref}", actor, cancelled=True)
    audit.record(session, actor, DISCLOSURE_WITHDRAWN, _subject(agency), disclosure=disclosure.ref)
    session.flush()
    reviewing.rate_again(session, actor, agency, at=at)
    return disclosure


def check(
    session: Session, actor: Actor, agency: Agency, disclosure: Disclosure, *, accept: bool, note: str, at: datetime
) -> Disclosure:
    """Write down what was found: a principal's background, a reference's word, the consent to a subcontractor.

    Raises Forbidden for who disclosed it, Invalid without a note, Conflict where it is not waiting.
    """
    if actor.user_id is not None and actor.user_id == disclosure.declared_by_id:
        raise Forbidden(N_("You disclosed this yourself, so another person has to check it."))
    if not note.strip():
        message = N_("Write what was looked at and what was found.")
        raise Invalid(message, fields={"note": message})
    session.refresh(disclosure, with_for_update=True)
    if disclosure.state is not DisclosureState.DECLARED:
        raise Conflict(N_("This was checked already, or it is withdrawn."))
    disclosure.state = DisclosureState.ACCEPTED if accept else DisclosureState.REJECTED
    disclosure.checked_at, disclosure.checked_by, disclosure.check_note = at, actor.label, note.strip()
    tasks.close_tasks(session, f"disclosure:{disclosure.ref}", actor)
    audit.record(
        session,
        actor,
        DISCLOSURE_CHECKED,
        _subject(agency),
        disclosure=disclosure.ref,
        accepted=accept,
        note=note.strip(),
    )
    session.flush()
    return disclosure


def account_number(disclosure: Disclosure) -> str | None:
    """The number of a disclosed bank account, opened; None where there is none."""
    return str(sealing.keyring().open(disclosure.sealed, _place(disclosure))) if disclosure.sealed else None


def show_account(session: Session, actor: Actor, agency: Agency, disclosure: Disclosure) -> str:
    """The whole number, for who has to call back and compare it. The trail keeps who looked. Raises Conflict where there is none."""
    number = account_number(disclosure)
    if number is None:
        raise Conflict(N_("This is no bank account."))
    audit.record(session, actor, BANK_ACCOUNT_SHOWN, _subject(agency), disclosure=disclosure.ref)
    return number


def _may_still_change(session: Session, actor: Actor, agency: Agency) -> None:
    if agency.status in OVER:
        raise Conflict(N_("This agency's file is closed."))
    review = queries.undecided(session, agency)
    if actor.agency_id is not None and review is not None and review.state is not ReviewState.OPEN:
        raise Conflict(N_("It is handed in. Ask the bank to correct it."))


def _place(disclosure: Disclosure) -> str:
    return f"disclosure:{disclosure.ref}"


def _subject(agency: Agency) -> str:
    return f"agency:{agency.code}"
