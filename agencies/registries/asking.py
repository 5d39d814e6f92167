"""Acts: what a register said is recorded and compared with what it said before; a person looks at every difference.

Nothing a register says changes a record silently. One thing happens at once, with a task and an event: where the keeper of the register
is who grants the credential, and it says that the credential has ended, the credential stops counting until a person has looked
(docs/decisions/0011).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from agencies import verifying
from agencies.events import (
    CREDENTIAL_FREED,
    CREDENTIAL_STOPPED,
    REGISTER_ANSWERED,
    REGISTER_ASKED,
    REGISTER_ENTERED,
    REGISTER_SEEN,
)
from agencies.models import Agency, Credential, CredentialState
from agencies.registries import evidence, queries
from agencies.registries.models import RegisterAnswer, RegisterEntry, Verdict
from agencies.registries.queries import Known
from agencies.registries.statements import Bearing, Difference, Statement, differences, doubts
from agencies.registries.table import CFPB, LABELS, REGISTERS, is_on
from agencies.registries.transport import RegisterError
from portal import audit, tasks, work
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor

SEEN_WITHIN = timedelta(days=2)
SILENCES = 3  # failed tries in a row after which somebody has to see to it
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking once: a statement or the error, and the record of the conversation."""

    said: Statement | RegisterError
    record: bytes


def enter(
    session: Session, actor: Actor, agency: Agency, register: str, number: str, *, at: datetime
) -> RegisterEntry | None:
    """Write down under which number or official name an agency stands in a register; an empty one takes the entry away."""
    number = number.strip()
    if register not in (*REGISTERS, CFPB) or len(number) > LONGEST:
        message = N_("Choose a register, and write at most 200 characters.")
        raise Invalid(message, fields={"number": message})
    found = queries.entries_of(session, agency.id).get(register)
    audit.record(session, actor, REGISTER_ENTERED, f"agency:{agency.code}", register=register, number=number)
    if not number:
        if found is not None:
            session.delete(found)
        return None
    if found is None:
        found = RegisterEntry(agency_id=agency.id, register=register)
        session.add(found)
    found.number, found.entered_by, found.entered_at = number, actor.label, at
    session.flush()
    return found


def order(session: Session, actor: Actor, agency: Agency, register: str) -> None:
    """Have a register asked about an agency, in the background. Raises Conflict where it is off or knows no number of the agency."""
    if register not in (*REGISTERS, CFPB) or not is_on(register):
        raise Conflict(N_("This register is switched off in the settings."))
    if queries.known_at(session, agency.id, register) is None:
        raise Conflict(N_("It is not known under which number this agency stands there."))
    audit.record(session, actor, REGISTER_ASKED, f"agency:{agency.code}", register=register)
    enqueue(session, agency.id, register, by=actor.label)


def enqueue(
    session: Session,
    agency_id: int,
    register: str,
    *,
    by: str = SYSTEM.label,
    after: timedelta = timedelta(),
    tries: int = 0,
) -> None:
    """Put asking into the queue, one lane for each register, so that a slow one delays no other."""
    work.enqueue(
        session,
        "register.ask",
        f"{agency_id}:{register}",
        lane=f"register:{register}",
        payload={"by": by, "tries": tries},
        after=after,
    )


def record(session: Session, known: Known, heard: Heard, *, by: str, at: datetime) -> RegisterAnswer:
    """Keep what a register answered, with its evidence; compare it, and open what a person has to look at."""
    agency = session.get_one(Agency, known.agency_id)
    before = queries.last_said(session, known.agency_id, known.register, known.number)
    file = evidence.keep(session, heard.record, f"{known.register}-{agency.code}.json")
    made = RegisterAnswer(
        agency_id=known.agency_id, register=known.register, number=known.number, credential_id=known.credential_id, asked_at=at, asked_by=by,
        evidence_id=file.id if file else None, changes=[],
    )  # fmt: skip
    session.add(made)
    if isinstance(heard.said, RegisterError):
        made.bearing, made.error, made.error_detail = None, heard.said.reason, heard.said.detail
        session.flush()
        _note_silence(session, made, agency, at)
        return made
    made.bearing, made.statement = heard.said.bearing.value, heard.said.as_json()
    found = (
        differences(Statement.of_json(before.statement), heard.said)
        if before and before.statement
        else doubts(heard.said)
    )
    made.changes = [asdict(one) for one in found]
    session.flush()
    tasks.close_tasks(session, _silence(made, agency), SYSTEM)
    audit.record(
        session,
        SYSTEM,
        REGISTER_ANSWERED,
        _subject(made),
        agency=agency.code,
        register=made.register,
        bearing=made.bearing,
        changes=len(found),
    )
    if found:
        _open(session, made, agency, found[0], heard.said, at)
        if _is_issuer(made.register) and heard.said.bearing is Bearing.ENDED:
            _stop(session, made, heard.said, at.date())
    return made


def see(
    session: Session, actor: Actor, answer: RegisterAnswer, verdict: Verdict, *, note: str, at: datetime
) -> RegisterAnswer:
    """Say what a difference comes to: noted, the credential has ended, or it holds. Every earlier one about the same is seen with it.

    Raises Conflict where it was seen already, Invalid without a note or for a verdict on a credential that there is none of.
    """
    note = note.strip()
    if not note:
        message = N_("Write what you found.")
        raise Invalid(message, fields={"note": message})
    session.refresh(answer, with_for_update=True)
    if answer.seen_at is not None:
        raise Conflict(N_("Somebody has looked at it already."))
    credential = queries.credential_of(session, answer)
    if verdict is not Verdict.NOTED:
        _settle(session, actor, credential, verdict, note, at)
    elif credential is not None and _is_stopped(credential):
        message = N_("Say whether the credential has ended or holds: until then it counts for nothing.")
        raise Invalid(message, fields={"verdict": message})
    for one in _earlier(session, answer):
        one.verdict, one.note, one.seen_at, one.seen_by = verdict, note, at, actor.label
        tasks.close_tasks(session, _subject(one), actor)
        audit.record(session, actor, REGISTER_SEEN, _subject(one), register=one.register, verdict=verdict, note=note)
    session.flush()
    return answer


def is_stopped(session: Session, answer: RegisterAnswer) -> bool:
    """True while the credential an answer speaks of is stopped and waits for a person."""
    credential = queries.credential_of(session, answer)
    return credential is not None and _is_stopped(credential)


def _is_stopped(credential: Credential) -> bool:
    return credential.state is CredentialState.VERIFIED and credential.ended_on is not None


def _settle(
    session: Session, actor: Actor, credential: Credential | None, verdict: Verdict, note: str, at: datetime
) -> None:
    if credential is None or credential.state is not CredentialState.VERIFIED:
        message = N_("There is no verified credential to decide on.")
        raise Invalid(message, fields={"verdict": message})
    if verdict is Verdict.ENDED:
        verifying.withdraw(session, actor, credential, ended_on=credential.ended_on or at.date(), reason=note, at=at)
    elif credential.ended_on is not None:
        credential.ended_on = None
        audit.record(session, actor, CREDENTIAL_FREED, f"credential:{credential.ref}", reason=note)


def _is_issuer(register: str) -> bool:
    return register in REGISTERS and REGISTERS[register].issues


def _stop(session: Session, answer: RegisterAnswer, said: Statement, day: date) -> None:
    """Let the credential count for nothing from this day on, until a person has looked."""
    credential = queries.credential_of(session, answer)
    if credential is None or credential.state is not CredentialState.VERIFIED or credential.ended_on is not None:
        return
    credential.ended_on = max(day, credential.valid_from or day)
    audit.record(
        session, SYSTEM, CREDENTIAL_STOPPED, f"credential:{credential.ref}", register=answer.register, status=said.status, answer=answer.ref,
        ended_on=credential.ended_on,
    )  # fmt: skip
    verifying.tell_of_lapse(session, credential, credential.ended_on)


def _open(
    session: Session, answer: RegisterAnswer, agency: Agency, first: Difference, said: Statement, at: datetime
) -> None:
    titles = {
        "status": N_("%(register)s: the status of %(agency)s became %(after)s"),
        "presence": N_("%(register)s: %(agency)s is there or is not, other than before (%(after)s)"),
    }
    title = titles.get(first.what, N_("%(register)s says something new of %(agency)s"))
    tasks.open_task(
        session, "register.see", _subject(answer), title, link=f"/agencies/{agency.code}/registers/{answer.ref}", role=Role.COMPLIANCE,
        due_at=at + SEEN_WITHIN, register=LABELS[answer.register], agency=agency.code, after=said.status or first.after,
    )  # fmt: skip


def _note_silence(session: Session, answer: RegisterAnswer, agency: Agency, at: datetime) -> None:
    """After several failed tries in a row somebody has to see to it."""
    if queries.silent_for(session, agency.id, answer.register) < SILENCES:
        return
    tasks.open_task(
        session, "register.silent", _silence(answer, agency), N_("%(register)s has not answered about %(agency)s for some days"),
        link=f"/agencies/{agency.code}/registers", role=Role.VENDOR_MANAGER, due_at=at + SEEN_WITHIN, register=LABELS[answer.register], agency=agency.code,
    )  # fmt: skip


def _earlier(session: Session, answer: RegisterAnswer) -> list[RegisterAnswer]:
    """This answer and those before it under the same number that nobody has looked at."""
    unseen = queries.answers_unseen(session, answer.agency_id)
    same = [
        one for one in unseen if (one.register, one.number) == (answer.register, answer.number) and one.id < answer.id
    ]
    return [answer, *same]


def _subject(answer: RegisterAnswer) -> str:
    return f"register:{answer.ref}"


def _silence(answer: RegisterAnswer, agency: Agency) -> str:
    return f"register:{answer.register}:{agency.code}"
