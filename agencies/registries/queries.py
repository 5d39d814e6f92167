"""Questions about what registers and lists said. Pages reach these rows through an agency that the actor may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from agencies.models import PROVEN, Agency, Credential
from agencies.queries import LEFT
from agencies.registries.models import (
    AdverseEvent,
    ComplaintMonth,
    HitState,
    OutsideComplaint,
    RegisterAnswer,
    RegisterEntry,
    ScreeningHit,
    ScreeningRun,
    WatchedName,
)
from agencies.registries.table import CFPB, REGISTERS, Register
from portal.errors import NotFound
from portal.files import StoredFile

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Known:
    """Under which number an agency is known in a register, and the credential that tells it."""

    agency_id: int
    register: str
    number: str
    credential_id: int | None = None


# -- numbers at registers --------------------------------------------------------------------------------------------------


def known(session: Session, agency_ids: Collection[int] | None = None) -> list[Known]:
    """Every number under which these agencies (None: all that have not left) are known in a register that speaks of one agency.

    A verified credential tells it, the newest first; without one, what was entered by hand.
    """
    wanted = select(Agency.id).where(Agency.status.not_in(LEFT))
    if agency_ids is not None:
        wanted = wanted.where(Agency.id.in_(agency_ids))
    ids = session.scalars(wanted.order_by(Agency.id)).all()
    told = _by_credential(session, ids)
    by_hand = {
        (one.agency_id, one.register): one.number
        for one in session.scalars(select(RegisterEntry).where(RegisterEntry.agency_id.in_(ids)))
    }
    found = []
    for agency_id in ids:
        for name in (*REGISTERS, CFPB):
            if (agency_id, name) in told:
                found.append(told[agency_id, name])
            elif number := by_hand.get((agency_id, name)):
                found.append(Known(agency_id, name, number))
    return found


def known_at(session: Session, agency_id: int, register: str) -> Known | None:
    """Under which number an agency is known in one register; None if under none."""
    return next((one for one in known(session, [agency_id]) if one.register == register), None)


def _by_credential(session: Session, ids: Collection[int]) -> dict[tuple[int, str], Known]:
    codes = {register.credential for register in REGISTERS.values()}
    wanted = select(Credential).where(
        Credential.agency_id.in_(ids),
        Credential.code.in_(codes),
        Credential.state.in_(PROVEN),
        Credential.collector_id.is_(None),
        Credential.number != "",
    )
    found = {}
    for one in session.scalars(wanted.order_by(Credential.id)):
        for register in REGISTERS.values():
            if _tells(register, one):
                found[one.agency_id, register.name] = Known(one.agency_id, register.name, one.number, one.id)
    return found


def _tells(register: Register, credential: Credential) -> bool:
    return register.credential == credential.code and register.jurisdiction in (None, credential.jurisdiction)


def entries_of(session: Session, agency_id: int) -> dict[str, RegisterEntry]:
    """What was entered by hand for an agency, by register."""
    found = session.scalars(select(RegisterEntry).where(RegisterEntry.agency_id == agency_id))
    return {one.register: one for one in found}


# -- answers ---------------------------------------------------------------------------------------------------------------


def last_said(session: Session, agency_id: int, register: str, number: str) -> RegisterAnswer | None:
    """The last answer under this number that said something; None if there is none."""
    wanted = _answers(agency_id).where(
        RegisterAnswer.register == register, RegisterAnswer.number == number, RegisterAnswer.bearing.is_not(None)
    )
    return session.scalars(wanted.order_by(RegisterAnswer.id.desc()).limit(1)).first()


def silent_for(session: Session, agency_id: int, register: str) -> int:
    """How often in a row this register gave no answer about this agency, up to the last time."""
    wanted = _answers(agency_id).where(RegisterAnswer.register == register).order_by(RegisterAnswer.id.desc()).limit(10)
    count = 0
    for answer in session.scalars(wanted):
        if answer.bearing is not None:
            break
        count += 1
    return count


def latest(session: Session, agency_id: int) -> dict[str, RegisterAnswer]:
    """The newest answer of each register about an agency."""
    newest = (
        select(func.max(RegisterAnswer.id))
        .where(RegisterAnswer.agency_id == agency_id)
        .group_by(RegisterAnswer.register)
    )
    return {one.register: one for one in session.scalars(select(RegisterAnswer).where(RegisterAnswer.id.in_(newest)))}


def answers_list(agency: Agency) -> Select[RegisterAnswer]:
    """Everything that registers said of an agency."""
    return _answers(agency.id)


def answer(session: Session, agency: Agency, ref: str) -> RegisterAnswer:
    """One answer about an agency. Raises NotFound."""
    return _found(session.scalars(_answers(agency.id).where(RegisterAnswer.ref == ref)).first())


def credential_of(session: Session, answer: RegisterAnswer) -> Credential | None:
    """The credential that an answer speaks of, if any."""
    return session.get(Credential, answer.credential_id) if answer.credential_id is not None else None


def _answers(agency_id: int) -> Select[RegisterAnswer]:
    return select(RegisterAnswer).where(RegisterAnswer.agency_id == agency_id)


def file(session: Session, file_id: int | None) -> StoredFile:
    """A stored file by its id. Raises NotFound."""
    return _found(session.get(StoredFile, file_id) if file_id is not None else None)


def same_file(session: Session, sha256: str, name: str) -> StoredFile | None:
    """Evidence with this very content that is kept already under this name."""
    wanted = select(StoredFile).where(
        StoredFile.sha256 == sha256, StoredFile.name == name, StoredFile.agency_id.is_(None)
    )
    return session.scalars(wanted.limit(1)).first()


# -- screening -------------------------------------------------------------------------------------------------------------


def watched(session: Session) -> Sequence[WatchedName]:
    """Every name that is watched now, of agencies that have not left."""
    wanted = select(WatchedName).join(Agency, Agency.id == WatchedName.agency_id)
    return session.scalars(
        wanted.where(WatchedName.ended_at.is_(None), Agency.status.not_in(LEFT)).order_by(WatchedName.id)
    ).all()


def agencies_to_watch(session: Session) -> Sequence[Agency]:
    """Every agency that has not left."""
    return session.scalars(select(Agency).where(Agency.status.not_in(LEFT)).order_by(Agency.id)).all()


def names_of(session: Session, agency_id: int) -> Sequence[WatchedName]:
    """The names that are or were watched for an agency, those of today first."""
    wanted = select(WatchedName).where(WatchedName.agency_id == agency_id)
    return session.scalars(wanted.order_by(WatchedName.ended_at.is_not(None), WatchedName.id)).all()


def name_of(session: Session, agency: Agency, name_id: int) -> WatchedName:
    """One watched name of an agency. Raises NotFound."""
    return _found(
        session.scalars(
            select(WatchedName).where(WatchedName.agency_id == agency.id, WatchedName.id == name_id)
        ).first()
    )


def same_name(session: Session, agency_id: int, kind: str, name: str) -> WatchedName | None:
    """This very name of an agency, watched now or earlier."""
    wanted = select(WatchedName).where(
        WatchedName.agency_id == agency_id, WatchedName.kind == kind, WatchedName.name == name
    )
    return session.scalars(wanted).first()


def last_runs(session: Session) -> dict[str, ScreeningRun]:
    """The last look through each list."""
    newest = select(func.max(ScreeningRun.id)).group_by(ScreeningRun.list_name)
    return {one.list_name: one for one in session.scalars(select(ScreeningRun).where(ScreeningRun.id.in_(newest)))}


def hits_of_list(session: Session, list_name: str) -> dict[tuple[int, str], ScreeningHit]:
    """All that was ever found in a list, by (watched name, entry)."""
    found = session.scalars(select(ScreeningHit).where(ScreeningHit.list_name == list_name))
    return {(one.watched_id, one.entry): one for one in found}


def hits_list(agency: Agency) -> Select[Any]:
    """What was found of an agency's names in lists, each with the name."""
    wanted: Any = select(ScreeningHit, WatchedName).join(WatchedName, WatchedName.id == ScreeningHit.watched_id)
    found: Select[Any] = wanted.where(ScreeningHit.agency_id == agency.id)
    return found


def hit(session: Session, agency: Agency, ref: str) -> ScreeningHit:
    """One hit of an agency, with the name that was looked for. Raises NotFound."""
    wanted = select(ScreeningHit).where(ScreeningHit.agency_id == agency.id, ScreeningHit.ref == ref)
    return _found(session.scalars(wanted.options(selectinload(ScreeningHit.watched))).first())


# -- adverse events and complaints -----------------------------------------------------------------------------------------


def adverse_list(agency: Agency) -> Select[AdverseEvent]:
    """What is told of an agency."""
    return select(AdverseEvent).where(AdverseEvent.agency_id == agency.id)


def adverse_events(session: Session, agency: Agency) -> Sequence[AdverseEvent]:
    """What is told of an agency, newest first."""
    return session.scalars(adverse_list(agency).order_by(AdverseEvent.happened_on.desc(), AdverseEvent.id.desc())).all()


def adverse(session: Session, agency: Agency, ref: str) -> AdverseEvent:
    """One adverse event of an agency. Raises NotFound."""
    return _found(session.scalars(adverse_list(agency).where(AdverseEvent.ref == ref)).first())


def complaints_list(agency: Agency) -> Select[OutsideComplaint]:
    """The published complaints about an agency."""
    return select(OutsideComplaint).where(OutsideComplaint.agency_id == agency.id)


def complaint_numbers(session: Session, agency_id: int, since: date) -> dict[str, OutsideComplaint]:
    """The published complaints about an agency received from a day on, by the authority's number."""
    wanted = select(OutsideComplaint).where(
        OutsideComplaint.agency_id == agency_id, OutsideComplaint.received_on >= since
    )
    return {one.complaint: one for one in session.scalars(wanted)}


def unacknowledged(session: Session, agency_id: int, *, up_to: int | None = None) -> Sequence[OutsideComplaint]:
    """The published complaints that nobody has acknowledged, up to one row."""
    wanted = select(OutsideComplaint).where(
        OutsideComplaint.agency_id == agency_id, OutsideComplaint.acknowledged_at.is_(None)
    )
    if up_to is not None:
        wanted = wanted.where(OutsideComplaint.id <= up_to)
    return session.scalars(wanted.order_by(OutsideComplaint.id)).all()


def months(session: Session, first: date, companies: Collection[str] | None = None) -> dict[date, dict[str, int]]:
    """Complaints by month (from `first` on) and company; `companies` None: all that were told."""
    wanted = select(ComplaintMonth).where(ComplaintMonth.month >= first)
    if companies is not None:
        wanted = wanted.where(ComplaintMonth.company.in_(companies))
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for one in session.scalars(wanted.order_by(ComplaintMonth.month, ComplaintMonth.company)):
        found[one.month][one.company] = one.complaints
    return found


def month_rows(session: Session, month: date) -> dict[str, ComplaintMonth]:
    """What is kept of one month, by company."""
    return {one.company: one for one in session.scalars(select(ComplaintMonth).where(ComplaintMonth.month == month))}


def complaint_names(session: Session) -> dict[str, tuple[str, str]]:
    """(code, name) of the agencies by the name under which complaints about them are published."""
    wanted = select(RegisterEntry.number, Agency.code, Agency.name).join(Agency, Agency.id == RegisterEntry.agency_id)
    found = session.execute(wanted.where(RegisterEntry.register == CFPB, Agency.status.not_in(LEFT)))
    return {number: (code, name) for number, code, name in found}


def is_told_before(session: Session, company: str, month: date) -> bool:
    """True if this company's figure of this month is kept already."""
    wanted = select(ComplaintMonth.id).where(ComplaintMonth.company == company, ComplaintMonth.month == month)
    return session.scalar(wanted) is not None


def open_hits(session: Session, agency_id: int) -> int:
    """How many hits of an agency wait for a person."""
    wanted = select(func.count()).where(ScreeningHit.agency_id == agency_id, ScreeningHit.state == HitState.OPEN)
    return int(session.scalar(wanted) or 0)


def answers_unseen(session: Session, agency_id: int) -> Sequence[RegisterAnswer]:
    """Answers that differ and that nobody has looked at."""
    wanted = _answers(agency_id).where(RegisterAnswer.seen_at.is_(None), RegisterAnswer.bearing.is_not(None))
    return [one for one in session.scalars(wanted.order_by(RegisterAnswer.id.desc()).limit(200)) if one.changes]


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
