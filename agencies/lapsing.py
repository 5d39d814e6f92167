"""Acts of the nightly job: credentials that ran out are marked so, and those that soon will are spoken of in time.

Nothing here decides whether an agency may collect: the rule looks at the dates itself. Both acts may run any number of times a day;
a notice is given once for each step of the ladder, by mail, as a task and as a webhook.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from agencies import queries
from agencies.credentials import credential_name
from agencies.events import CREDENTIAL_EXPIRED, CREDENTIAL_NOTICED
from agencies.models import Credential, CredentialState
from agencies.verifying import tell_of_lapse
from portal import audit, mail, tasks
from portal.errors import N_
from portal.people import Role
from portal.permissions import SYSTEM
from portal.webhooks import publishing as webhooks

LADDER = (90, 60, 30, 7, 0)
"""Notices are given so many days before the last day."""

LOOK_WITHIN = timedelta(days=14)

SUBJECT = N_("A credential of %(agency)s runs out on %(valid_until)s")


def expire(session: Session, day: date) -> int:
    """Mark as expired what ran out before this day, and tell the floors above; how many."""
    found = queries.expired(session, day=day)
    for credential in found:
        credential.state = CredentialState.EXPIRED
        audit.record(session, SYSTEM, CREDENTIAL_EXPIRED, _subject(credential), valid_until=credential.valid_until)
        tell_of_lapse(session, credential, day)
    return len(found)


def give_notice(session: Session, day: date) -> int:
    """Speak of every credential that reached a new step of the ladder and is not yet continued; how many."""
    given = 0
    for credential in queries.expiring(session, by=day + timedelta(days=LADDER[0])):
        step = step_for(credential.valid_from, credential.valid_until, day)
        if step is not None and (credential.noticed_days is None or step < credential.noticed_days):
            credential.noticed_days = step
            _tell(session, credential, step)
            given += 1
    return given


def ask_to_look_again(session: Session, day: date) -> int:
    """Ask compliance to look again at what is due by its cycle; how many waited. A task that is open already is not opened twice."""
    due = queries.to_look_at_again(session, day=day)
    for credential in due:
        tasks.open_task(
            session, "credential.look_again", _subject(credential), N_("Look again at a credential of %(agency)s for %(place)s (%(credential)s)"),
            link=f"/agencies/{credential.agency.code}/credentials/{credential.ref}", role=Role.COMPLIANCE,
            due_at=_end_of(day + LOOK_WITHIN), not_by_id=credential.submitted_by_id, credential=credential.code,
            place=credential.jurisdiction, agency=credential.agency.code,
        )  # fmt: skip
    return len(due)


def step_for(valid_from: date | None, valid_until: date | None, day: date) -> int | None:
    """The step of the ladder that is due on this day, the one nearest to the end; None if none is.

    No notice comes in the first half of a credential's life: a certificate of 90 days is not spoken of on its first day.
    """
    if valid_until is None:
        return None
    left = (valid_until - day).days
    life = (valid_until - valid_from).days if valid_from else None
    reached = [step for step in LADDER if left <= step and (life is None or step * 2 <= life)]
    return min(reached, default=None)


def _tell(session: Session, credential: Credential, step: int) -> None:
    agency = credential.agency
    link = f"/agencies/{agency.code}/credentials/{credential.ref}"
    due_at = _end_of(credential.valid_until)
    title = N_("Renew a credential for %(place)s (%(credential)s): it runs out on %(valid_until)s")
    tasks.open_task(
        session, "credential.renew", _subject(credential), title, link=link, role=Role.AGENCY_MANAGER, agency_id=agency.id,
        due_at=due_at, valid_until=str(credential.valid_until), credential=credential.code, place=credential.jurisdiction,
    )  # fmt: skip
    if step == LADDER[-1]:
        title = N_("A credential of %(agency)s for %(place)s runs out (%(credential)s): no new accounts go there")
        tasks.open_task(
            session, "credential.lapse", _subject(credential), title, link=link, role=Role.VENDOR_MANAGER,
            due_at=due_at, credential=credential.code, place=credential.jurisdiction, agency=agency.code,
        )  # fmt: skip
    _write(session, credential, link)
    webhooks.publish(
        session,
        "credential.expiring",
        agency.id,
        {"credential": credential.ref, "valid_until": str(credential.valid_until)},
    )
    audit.record(session, SYSTEM, CREDENTIAL_NOTICED, _subject(credential), days=step)


def _write(session: Session, credential: Credential, link: str) -> None:
    """To the agency's own address and to each of its managers, everyone in their language."""
    agency = credential.agency
    people = {manager.email: manager.language for manager in queries.managers_of(session, agency.id)}
    for address, language in {agency.email: "en", **people}.items():
        mail.send(
            session, address, SUBJECT, "credential_expiring", language=language, agency=agency.name, link=link, place=credential.jurisdiction,
            credential=credential_name(credential.code, language), number=credential.number, valid_until=credential.valid_until,
        )  # fmt: skip


def _end_of(day: date | None) -> datetime:
    return datetime.combine((day or date.max) + timedelta(days=1), time(), UTC)


def _subject(credential: Credential) -> str:
    return f"credential:{credential.ref}"
