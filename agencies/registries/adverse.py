"""Acts: complaints that an authority publishes are taken in, news and enforcement are entered by hand; a person acknowledges each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from agencies.events import ADVERSE_ACKNOWLEDGED, ADVERSE_ENTERED, COMPLAINTS_ACKNOWLEDGED
from agencies.models import Agency
from agencies.registries import evidence, queries
from agencies.registries.cfpb import OutsideRow
from agencies.registries.models import AdverseEvent, AdverseKind, ComplaintMonth, OutsideComplaint
from portal import audit, tasks
from portal.errors import N_, Conflict, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import Actor

ACKNOWLEDGED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Told:
    """Something told of an agency, as somebody writes it down."""

    kind: AdverseKind
    happened_on: date
    title: str
    source: str
    text: str = ""


def enter(
    session: Session, actor: Actor, agency: Agency, told: Told, *, file: StoredFile | None, today: date, at: datetime
) -> AdverseEvent:
    """Write down what is told of an agency and who says so; another person acknowledges it. Raises Invalid without title or source."""
    faults = {name: N_("Write this.") for name in ("title", "source") if not getattr(told, name).strip()}
    if told.happened_on > today:
        faults["happened_on"] = N_("This day lies ahead.")
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    made = AdverseEvent(
        agency_id=agency.id, kind=told.kind, happened_on=told.happened_on, title=told.title.strip(), source=told.source.strip(), text=told.text.strip(),
        evidence_id=file.id if file else None, entered_at=at, entered_by=actor.label, entered_by_id=actor.user_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    tasks.open_task(
        session, "adverse.acknowledge", _subject(made), N_("Acknowledge what is told of %(agency)s: %(told)s"),
        link=f"/agencies/{agency.code}/adverse/{made.ref}", role=Role.COMPLIANCE, due_at=at + ACKNOWLEDGED_WITHIN, not_by_id=actor.user_id,
        agency=agency.code, told=made.title,
    )  # fmt: skip
    audit.record(
        session, actor, ADVERSE_ENTERED, _subject(made), agency=agency.code, kind=told.kind, source=made.source
    )
    return made


def acknowledge(session: Session, actor: Actor, event: AdverseEvent, *, note: str, at: datetime) -> AdverseEvent:
    """Say what follows from what is told. Raises Conflict if somebody did, or to who entered it; Invalid without a note."""
    note = _given(note)
    session.refresh(event, with_for_update=True)
    if event.acknowledged_at is not None:
        raise Conflict(N_("This was acknowledged already."))
    if actor.user_id is not None and actor.user_id == event.entered_by_id:
        raise Conflict(N_("You entered this, so another person acknowledges it."))
    event.acknowledged_at, event.acknowledged_by, event.note = at, actor.label, note
    tasks.close_tasks(session, _subject(event), actor)
    audit.record(session, actor, ADVERSE_ACKNOWLEDGED, _subject(event), note=note)
    session.flush()
    return event


def take_in(
    session: Session, agency_id: int, rows: Sequence[OutsideRow], since: date, record: bytes, *, at: datetime
) -> int:
    """Keep published complaints received since a day; how many are new. What an authority corrects in one is taken over, its reading stays."""
    agency = session.get_one(Agency, agency_id)
    file = evidence.keep(session, record, f"cfpb-{agency.code}.json")
    known, new = queries.complaint_numbers(session, agency_id, since), 0
    for row in rows:
        found = known.get(row.complaint_id)
        if found is None:
            found = OutsideComplaint(
                agency_id=agency_id, complaint=row.complaint_id, seen_at=at, evidence_id=file.id if file else None
            )
            session.add(found)
            known[row.complaint_id] = found
            new += 1
        for name in ("received_on", "issue", "sub_issue", "sub_product", "state", "response", "timely", "sent_on"):
            setattr(found, name, getattr(row, name))
    session.flush()
    if new:
        tasks.open_task(
            session, "complaints.acknowledge", f"complaints:{agency.code}", N_("Acknowledge the published complaints about %(agency)s"),
            link=f"/agencies/{agency.code}/adverse", role=Role.COMPLIANCE, due_at=at + ACKNOWLEDGED_WITHIN, agency=agency.code,
        )  # fmt: skip
    return new


def count(session: Session, month: date, by_company: Mapping[str, int], *, at: datetime) -> None:
    """Keep how many complaints each company got in a month; a later count takes the place of an earlier one."""
    known = queries.month_rows(session, month)
    for company, complaints in by_company.items():
        row = known.get(company) or ComplaintMonth(month=month, company=company)
        row.complaints, row.asked_at = complaints, at
        session.add(row)
    session.flush()


def acknowledge_complaints(
    session: Session, actor: Actor, agency: Agency, *, up_to: int, note: str, at: datetime
) -> int:
    """Acknowledge the published complaints up to the last one that the person saw; how many. Raises Conflict where none waits."""
    note = _given(note)
    waiting = queries.unacknowledged(session, agency.id, up_to=up_to)
    if not waiting:
        raise Conflict(N_("No complaint waits to be acknowledged."))
    for one in waiting:
        one.acknowledged_at, one.acknowledged_by, one.note = at, actor.label, note
    session.flush()
    if not queries.unacknowledged(session, agency.id):
        tasks.close_tasks(session, f"complaints:{agency.code}", actor)
    audit.record(
        session,
        actor,
        COMPLAINTS_ACKNOWLEDGED,
        f"agency:{agency.code}",
        complaints=[one.complaint for one in waiting],
        note=note,
    )
    return len(waiting)


def _given(note: str) -> str:
    if not note.strip():
        message = N_("Write what follows from it.")
        raise Invalid(message, fields={"note": message})
    return note.strip()


def _subject(event: AdverseEvent) -> str:
    return f"adverse:{event.ref}"
