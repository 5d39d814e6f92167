"""What every API call and page about files shares: taking a file, waiting for its outcome, showing its state and problems."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Response, g, jsonify, request, stream_with_context
from sqlalchemy.orm import Session

from portal import api, clock, db, files, paging, uploads, web, work
from portal.db import Database
from portal.errors import N_, Forbidden, Invalid, NotFound
from portal.files import TooLarge
from portal.permissions import Actor
from portal.reports import queries, reading, receiving
from portal.reports.kinds import KINDS, FileKind
from portal.reports.models import DONE, Mode, Report, ReportProblem, ReportState
from portal.tables.bounded import Limits
from portal.tables.faults import Problem, Refused
from portal.tables.mappings import SenderMapping
from portal.tables.problems import message
from portal.tables.reading import read_table
from portal.tables.writing import write_rejected
from portal.uploads import Upload

AT_ONCE = 8 << 20  # bytes: a file up to this size is read by the request that waits for it
PREVIEW_ROWS = 50_000
PROBLEM_COLUMNS = ("row", "column", "code", "message", "value")


def kind_for(actor: Actor, name: str) -> FileKind:
    """The kind of file, if this actor may send it. Raises NotFound for no such kind, Forbidden for one that is not theirs to send."""
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound
    if not (kind.from_agencies if actor.agency_id else kind.from_bank):
        raise Forbidden(N_("A report of the kind %(kind)s is not yours to send."), kind=name)
    return kind


def accept(kind: FileKind, received: Upload, options: dict[str, Any] | None = None) -> Response:
    """Take the request's file in: 202 with the report and its address; its outcome if the caller waits (portal/api)."""
    report = receiving.receive(
        db.session(),
        web.actor(),
        kind.name,
        received,
        mode=_mode(),
        control_rows=_control_rows(),
        control_amount=_control_amount(),
        options=options,
    )
    api.keep_upload()
    database, report_id, actor = db.database(), report.id, web.actor()

    def outcome(deadline: float) -> Response | None:
        if received.size <= AT_ONCE and (mine := work.claim(database, subject=("report.read", str(report_id)))):
            work.do(mine)
        return _wait(database, report_id, actor, deadline)

    g.outcome = outcome
    response = jsonify(as_json(report))
    response.status_code = 202
    response.headers["Location"] = f"/api/v1/reports/{report.ref}"
    return response


def _wait(database: Database, report_id: int, actor: Actor, deadline: float) -> Response | None:
    while True:
        with database.reading() as session:
            report = session.get_one(Report, report_id)
            if report.state in DONE:
                response = answer(report)
                response.headers["Location"] = f"/api/v1/reports/{report.ref}"
                return response
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.1)


def preview(kind: FileKind, received: Upload) -> Response:
    """The same checks as a real report, in a transaction that is undone: counts and problems, nothing kept."""
    report, problems = checked(kind, received, _mode(), _control_rows(), _control_amount())
    shown = {name: value for name, value in report.items() if name in ("kind", "state", "rows")}
    return jsonify(
        {**shown, "sha256": received.sha256, "problems": [uploads.shown(problem) for problem in problems[:1000]]}
    )


def checked(
    kind: FileKind, received: Upload, mode: Mode, rows: int | None, amount: Decimal | None
) -> tuple[dict[str, Any], Sequence[Problem]]:
    """What would become of a file, and its problems in order; nothing is kept. Raises TooLarge."""
    session = db.database().open(write=True)
    try:
        report = receiving.pretend(
            session, web.actor(), kind.name, received, mode=mode, control_rows=rows, control_amount=amount
        )
        problems = previewed(session, kind, report, received)
        return as_json(report), problems
    finally:
        session.rollback()
        session.close()


def previewed(session: Session, kind: FileKind, report: Report, received: Upload) -> Sequence[Problem]:
    """The problems of a pretended report in a transaction that the caller undoes; the report gets its counts and state."""
    try:
        with files.store().open(received.place) as stream:
            rows = read_table(
                stream,
                kind.table,
                received.format_name,
                now=clock.now(),
                charset=received.charset,
                mapping=SenderMapping.from_json(report.mapping),
                limits=Limits(rows=PREVIEW_ROWS),
            )
            return reading.preview(session, kind, report, rows)
    except Refused as refused:
        if refused.code == "too_large":
            raise TooLarge(N_("The file is too large: %(why)s"), why=str(message(refused.problems[0]))) from refused
        report.state = ReportState.REJECTED
        report.rows_read = report.accepted = report.duplicate = report.changed = report.rejected = 0
        return refused.problems


def answer(report: Report) -> Response:
    """A report as the API answers it; `Report-Masked` says how many identity and card numbers were masked in its free text."""
    response = jsonify(as_json(report))
    response.headers["Report-Masked"] = str(report.masked_numbers)
    return response


def as_json(report: Report) -> dict[str, Any]:
    """A report as the contract shows it."""
    here = f"/api/v1/reports/{report.ref}"
    return {
        "id": report.ref,
        "kind": report.kind,
        "state": report.state.value,
        "rows": {
            "total": report.rows_read,
            "accepted": report.accepted,
            "duplicate": report.duplicate,
            "changed": report.changed,
            "rejected": report.rejected,
        },
        "breaches": report.breaches,
        "sha256": report.sha256,
        "created_at": report.created_at.isoformat(),
        "links": {"self": here, "problems": f"{here}/problems", "breaches": f"{here}/breaches"},
    }


def problems(report: Report) -> Response:
    """The report's problems as a JSON list page; with `Accept: text/csv` the rejected rows to be mended and sent back."""
    if request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv":
        return rejected_rows(report)

    def serialise(_session: Any, rows: Any) -> list[dict[str, Any]]:
        return [uploads.shown(row[0].problem) for row in rows]

    return paging.answer(queries.problems_of(report), ReportProblem.__table__.c.id, serialise, PROBLEM_COLUMNS)


def rejected_rows(report: Report) -> Response:
    """The rejected rows as they were sent, under their own header."""
    kind = KINDS[report.kind]
    header = report.header or list(kind.table.names)
    rows = [row.cells for row in queries.rejected_rows(db.session(), report) if len(row.cells) == len(header)]
    body = stream_with_context(write_rejected(header, rows, kind.table.numbers))
    response = Response(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{report.kind}-to-mend-{report.ref}.csv"'
    return response


def explain(problem: Problem) -> str:
    """A problem's repair in the reader's language."""
    return str(message(problem))


def _mode() -> Mode:
    text = request.args.get("mode") or request.form.get("mode") or Mode.PARTIAL.value
    if text not in list(Mode):
        raise Invalid(N_("mode is partial or atomic."), fields={"mode": N_("Write partial or atomic.")})
    return Mode(text)


def _control_rows() -> int | None:
    text = request.headers.get("Report-Rows")
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,12}", text):
        raise api.BadCall(N_("Report-Rows is a whole number: how many data rows the file has."))
    return int(text)


def _control_amount() -> Decimal | None:
    text = request.headers.get("Report-Amount")
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,2})?", text):
        raise api.BadCall(N_("Report-Amount is an amount with at most two decimals, such as 1250.00."))
    return Decimal(text)
