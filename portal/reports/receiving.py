"""Acts: a file is taken in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit, clock, work
from portal.errors import N_, Conflict
from portal.files import Received, keep
from portal.permissions import Actor, Kind
from portal.refs import new_ref
from portal.reports.models import Mode, Report
from portal.reports.queries import mapping_of, report_with_bytes
from portal.uploads import Upload


def receive(
    session: Session,
    actor: Actor,
    kind: str,
    upload: Upload,
    *,
    mode: Mode = Mode.PARTIAL,
    control_rows: int | None = None,
    control_amount: Decimal | None = None,
    sender_agency_id: int | None = None,
    options: dict[str, Any] | None = None,
) -> Report:
    """Take a file in: the evidence, the report in state received, and the work to read it.

    `sender_agency_id`: whose report it is where the actor sends it for an agency (command line). Raises Conflict with the
    first report's address when the same bytes are here already.
    """
    agency_id = actor.agency_id or sender_agency_id
    sender = agency_id or 0
    if first := report_with_bytes(session, sender=sender, kind=kind, sha256=upload.sha256):
        raise already_here(first)
    file = keep(
        session,
        actor,
        Received(upload.place, upload.size, upload.sha256),
        name=upload.filename or f"{kind}.{upload.format_name}",
        content_type=upload.content_type,
    )
    report = Report(
        ref=new_ref("rpt"),
        kind=kind,
        sender=sender,
        agency_id=agency_id,
        mode=mode,
        file_id=file.id,
        sha256=upload.sha256,
        format_name=upload.format_name,
        charset=upload.charset,
        options=options or {},
        control_rows=control_rows,
        control_amount=control_amount,
        mapping=_mapping(session, sender, kind),
        created_at=clock.now(),
        created_by=actor.label,
        sent_by_id=actor.user_id if actor.kind is Kind.PERSON else None,
    )
    try:
        with session.begin_nested():
            session.add(report)
            session.flush()
    except IntegrityError as error:  # the same bytes arrived at the same moment, and the other request was first
        if first := report_with_bytes(session, sender=sender, kind=kind, sha256=upload.sha256):
            raise already_here(first) from error
        raise
    audit.record(
        session,
        actor,
        "portal.report.received",
        f"report:{report.ref}",
        kind=kind,
        bytes=upload.size,
        sha256=upload.sha256,
    )
    work.enqueue(session, "report.read", report.id, lane=sender)
    return report


def _mapping(session: Session, sender: int, kind: str) -> dict[str, Any] | None:
    """The sender's mapping as it is now: a file is read to its end in the way in which it was begun."""
    saved = mapping_of(session, sender, kind)
    return saved.definition if saved else None


def note_tested(session: Session, report_id: int, rows_in_breach: int) -> Report:
    """Write down that a report's rows were tested, and how many of them are in breach."""
    report = session.get_one(Report, report_id)
    report.breaches = rows_in_breach
    return report


def pretend(
    session: Session,
    actor: Actor,
    kind: str,
    upload: Upload,
    *,
    mode: Mode,
    control_rows: int | None,
    control_amount: Decimal | None,
) -> Report:
    """A report that can be read like a received one, in a transaction that the caller undoes: no work is queued and nothing is told.

    Its hash is made up, because the same bytes may be here already.
    """
    file = keep(
        session,
        actor,
        Received(upload.place, upload.size, upload.sha256),
        name="preview",
        content_type=upload.content_type,
    )
    report = Report(
        ref=new_ref("rpt"), kind=kind, sender=actor.agency_id or 0, agency_id=actor.agency_id, mode=mode, file_id=file.id, sha256=new_ref("preview"),
        format_name=upload.format_name, charset=upload.charset, options={}, control_rows=control_rows, control_amount=control_amount,
        mapping=_mapping(session, actor.agency_id or 0, kind), created_at=clock.now(), created_by=actor.label,
    )  # fmt: skip
    session.add(report)
    session.flush()
    return report


def already_here(first: Report) -> Conflict:
    """The refusal of bytes that are here already."""
    return Conflict(
        N_("This file was received before, as report %(ref)s."),
        ref=first.ref,
        location=f"/api/v1/reports/{first.ref}",
        extra={"report": first.ref},
    )
