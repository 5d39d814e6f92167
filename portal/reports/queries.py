"""Questions about reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.files import StoredFile
from portal.permissions import Actor
from portal.reports.models import RejectedRow, Report, ReportProblem, ReportState, SavedMapping


def visible_to(actor: Actor) -> Select[Any]:
    """Reports the actor may see: an agency its own, the bank all."""
    wanted = select(Report)
    return wanted.where(Report.agency_id == actor.agency_id) if actor.agency_id else wanted


def get(session: Session, actor: Actor, ref: str) -> Report:
    """One report by its reference. Raises NotFound if there is none or it is not the actor's to see."""
    found: Report | None = session.scalars(visible_to(actor).where(Report.ref == ref)).first()
    if found is None:
        raise NotFound
    return found


def report_with_bytes(session: Session, *, sender: int, kind: str, sha256: str) -> Report | None:
    """The report that holds these bytes of this sender and kind already, unless it was rejected."""
    return session.scalars(
        select(Report).where(
            Report.sender == sender, Report.kind == kind, Report.sha256 == sha256, Report.state != ReportState.REJECTED
        )
    ).first()


def mapping_of(session: Session, sender: int, kind: str) -> SavedMapping | None:
    """How this sender writes files of this kind, if it writes otherwise than we do."""
    return session.scalars(select(SavedMapping).where(SavedMapping.sender == sender, SavedMapping.kind == kind)).first()


def problems_of(report: Report) -> Select[ReportProblem]:
    """The kept problems of a report."""
    return select(ReportProblem).where(ReportProblem.report_id == report.id)


def rejected_rows(session: Session, report: Report) -> Sequence[RejectedRow]:
    """The kept rejected rows, in the file's order."""
    return session.scalars(
        select(RejectedRow).where(RejectedRow.report_id == report.id).order_by(RejectedRow.row)
    ).all()


def file_of(session: Session, report: Report) -> StoredFile:
    """The stored file of a report."""
    return session.get_one(StoredFile, report.file_id)


def first_problems(session: Session, report: Report, most: int) -> Sequence[ReportProblem]:
    """The first problems in the file's order."""
    return session.scalars(problems_of(report).order_by(ReportProblem.row, ReportProblem.id).limit(most)).all()


def problems_by_code(session: Session, report: Report) -> Sequence[Any]:
    """How many of the kept problems have each code and column, most first: (code, column, count)."""
    counted = select(ReportProblem.code, ReportProblem.column, func.count().label("count")).where(
        ReportProblem.report_id == report.id
    )
    return session.execute(
        counted.group_by(ReportProblem.code, ReportProblem.column).order_by(func.count().desc(), ReportProblem.code)
    ).all()
