"""The background reading of a report: in chunks or as a whole, exactly once, whatever is killed when."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal import audit, clock, work
from portal.collecting import few_collections
from portal.files import FileStore, StoredFile
from portal.permissions import SYSTEM
from portal.reports import telling
from portal.reports.ahead import read_ahead
from portal.reports.kinds import KINDS, BadRow, FileKind, Loaded, SoundRow
from portal.reports.models import DONE, Mode, RejectedRow, Report, ReportProblem, ReportState
from portal.tables.faults import Problem, Refused
from portal.tables.mappings import SenderMapping
from portal.tables.reading import Read, Reading, control_problems, read_table

CHUNK = 10_000  # rows a transaction
PROBLEMS_KEPT = 10_000  # of one report; beyond that they are counted
REJECTED_KEPT = 50_000


@few_collections()
def read_report(job: work.Work, store: FileStore) -> None:
    """Read one report to its end (the worker of `report.read`). Safe to begin again at any point."""
    with job.step() as session:
        report = session.get_one(Report, int(job.subject))
        if report.state in DONE:
            return
        report.state = ReportState.READING
        place, kind = session.get_one(StoredFile, report.file_id).place, KINDS[report.kind]
        session.flush()
        session.expunge(report)
    try:
        _precheck(report, kind, store, place)
        if report.mode is Mode.ATOMIC:
            _read_whole(job, report, kind, store, place)
        else:
            _read_in_chunks(job, report, kind, store, place)
    except Refused as refused:
        with job.step(last=True) as session:
            _refuse(session, session.get_one(Report, report.id), refused.problems)


def _open(report: Report, kind: FileKind, stream: Any) -> Reading:
    return read_table(
        stream,
        kind.table,
        report.format_name,
        now=clock.now(),
        charset=report.charset,
        mapping=SenderMapping.from_json(report.mapping),
    )


def _precheck(report: Report, kind: FileKind, store: FileStore, place: str) -> None:
    """Read the file once without loading where it might have to be refused as a whole: control totals, JSON arrays.

    Raises Refused. Only then is nothing of it kept.
    """
    if report.rows_read or (
        report.control_rows is None and report.control_amount is None and report.format_name != "json"
    ):
        return
    with store.open(place) as stream:
        reading = _open(report, kind, stream)
        for _row in reading:
            pass
    if problems := control_problems(reading, report.control_rows, report.control_amount):
        raise Refused(problems)


def _read_in_chunks(job: work.Work, report: Report, kind: FileKind, store: FileStore, place: str) -> None:
    with store.open(place) as stream:
        reading = _open(report, kind, stream)
        rows = iter(reading)
        for _done in islice(rows, report.rows_read):
            pass
        with closing(_chunks(rows, ahead=not job.db.sqlite)) as chunks:
            for chunk in chunks:
                last = len(chunk) < CHUNK
                with job.step(last=last, progress=True) as session:
                    mine = session.get_one(Report, report.id)
                    mine.header, mine.masked = list(reading.header), dict(reading.masked)
                    _load(session, mine, kind, chunk)
                    if last:
                        _finish(session, mine, kind)
                if last:
                    return
    with job.step(last=True) as session:
        _finish(session, session.get_one(Report, report.id), kind)


def _chunks(rows: Iterator[Read], *, ahead: bool) -> Generator[list[Read]]:
    """The rows, as many together as go in with one transaction.

    `ahead`: read while the server loads. SQLite works in this very process, where two threads would only wait for each other.
    """
    made = iter(lambda: list(islice(rows, CHUNK)), [])
    yield from read_ahead(made) if ahead else made


class _Undo(Exception):
    """An atomic file had a bad row: everything it did is undone."""


def _read_whole(job: work.Work, report: Report, kind: FileKind, store: FileStore, place: str) -> None:
    kept = _Rejections()
    try:
        with store.open(place) as stream, job.step(last=True) as session:
            mine = session.get_one(Report, report.id)
            reading = _open(report, kind, stream)
            rows = iter(reading)
            mine.header = list(reading.header)
            with closing(_chunks(rows, ahead=not job.db.sqlite)) as chunks:
                for chunk in chunks:
                    _load(session, mine, kind, chunk, kept)
            mine.masked = dict(reading.masked)
            if kept.rows:
                raise _Undo
            _finish(session, mine, kind)
        return
    except _Undo:
        pass
    with job.step(last=True) as session:
        mine = session.get_one(Report, report.id)
        mine.header, mine.masked = list(reading.header), dict(reading.masked)
        _take_nothing(mine, reading.rows, kept.rows)
        kept.write(session, mine)
        _finish(session, mine, kind)


def _take_nothing(report: Report, rows: int, rejected: int) -> None:
    """The counts of a file of which nothing goes in."""
    report.rows_read, report.rejected = rows, rejected
    report.accepted = report.duplicate = report.changed = 0


def _load(
    session: Session, report: Report, kind: FileKind, chunk: Sequence[Read], kept: _Rejections | None = None
) -> None:
    """Load one chunk in the caller's transaction: counts, problems and the mark move together."""
    rejections = kept or _Rejections()
    before = rejections.rows
    loaded = kind.load(session, report, rows) if (rows := list(_rows(report, kind, chunk))) else Loaded()
    refused: dict[int, list[Problem]] = {}
    for problem in loaded.problems:
        refused.setdefault(problem.row, []).append(problem)
    for number, values, problems, cells in chunk:
        if number in refused:
            rejections.add(number, refused[number], cells)
        elif values is None and number not in loaded.repeated:
            rejections.add(number, problems, cells)
    report.rows_read += len(chunk)
    report.accepted += loaded.accepted
    report.duplicate += loaded.duplicate
    report.changed += loaded.changed
    report.rejected += rejections.rows - before
    if kept is None:
        rejections.write(session, report)


def _rows(report: Report, kind: FileKind, chunk: Sequence[Read]) -> Iterator[SoundRow | BadRow]:
    """What the kind's loader gets: sound rows, and for kinds with ids the bad rows in their place."""
    header = report.header or []
    place = header.index(kind.identity) if kind.identity in header else None
    for number, values, _problems, cells in chunk:
        if values is not None:
            yield SoundRow(number, values, cells)
        elif place is not None and len(cells) == len(header) and cells[place].strip():
            yield BadRow(number, cells[place].strip())


class _Rejections:
    """Problems and rejected rows, as many as are kept, and how many there were."""

    def __init__(self) -> None:
        self.rows = 0
        self.found = 0
        self.problems: list[Problem] = []
        self.cells: dict[int, list[str]] = {}

    def add(self, number: int, problems: Sequence[Problem], cells: Sequence[str]) -> None:
        self.rows += 1
        self.found += len(problems)
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems += problems
        if len(self.cells) < REJECTED_KEPT:
            self.cells[number] = list(cells)

    def write(self, session: Session, report: Report) -> None:
        room = max(0, PROBLEMS_KEPT - report.problems_found)
        # The report counts the rows that are being written among its rejected ones already.
        rows_room = max(0, REJECTED_KEPT - (report.rejected - self.rows))
        rows = [
            {
                "report_id": report.id,
                "row": p.row,
                "column": p.column,
                "code": p.code,
                "value": p.value,
                "repair": p.repair,
                "params": dict(p.params),
            }
            for p in sorted(self.problems, key=lambda p: p.row)[:room]
        ]
        report.problems_found += self.found
        if rows:
            session.execute(insert(ReportProblem), rows)
        if kept := list(self.cells.items())[:rows_room]:
            session.execute(
                insert(RejectedRow), [{"report_id": report.id, "row": row, "cells": cells} for row, cells in kept]
            )


def _outcome(report: Report) -> ReportState:
    """How a file that was read to its end stands."""
    if not report.rejected:
        return ReportState.ACCEPTED
    return ReportState.PARTLY_ACCEPTED if report.accepted + report.duplicate else ReportState.REJECTED


def _finish(session: Session, report: Report, kind: FileKind) -> None:
    """Say how it ended; whoever waits for it is told by the kind's own `finished`."""
    report.state = _outcome(report)
    report.finished_at = clock.now()
    audit.record(
        session,
        SYSTEM,
        "portal.report.read",
        f"report:{report.ref}",
        state=report.state.value,
        accepted=report.accepted,
        duplicate=report.duplicate,
        changed=report.changed,
        rejected=report.rejected,
    )
    session.flush()
    telling.tell(session, report)
    if kind.finished:
        kind.finished(session, report)


def _refuse(session: Session, report: Report, problems: Sequence[Problem]) -> None:
    # A file that breaks off in the middle has sound rows in already: they stay, and row 0 says where it ended.
    report.state = ReportState.PARTLY_ACCEPTED if report.accepted else ReportState.REJECTED
    report.finished_at = clock.now()
    rejections = _Rejections()
    rejections.problems, rejections.found = list(problems), len(problems)
    rejections.write(session, report)
    audit.record(
        session, SYSTEM, "portal.report.refused", f"report:{report.ref}", codes=sorted({p.code for p in problems})
    )
    telling.tell(session, report)
    if finished := KINDS[report.kind].finished:
        finished(session, report)


def give_up(session: Session, subject: str, error: str) -> None:
    """After the last try of reading a report that breaks its reader: rejected, with the reason, blocking nobody."""
    report = session.get_one(Report, int(subject))
    if report.state not in DONE:
        _refuse(session, report, [Problem(0, "", "unreadable_file", "", "gave_up", {"error": error[:200]})])


def preview(session: Session, kind: FileKind, report: Report, reading: Reading) -> list[Problem]:
    """The same checks on a report in a transaction that the caller undoes; the report gets its counts and state. The problems in order.

    Raises Refused like a real reading.
    """
    kept = _Rejections()
    report.header = list(reading.header)
    rows = iter(reading)
    for chunk in _chunks(rows, ahead=False):
        _load(session, report, kind, chunk, kept)
    if problems := control_problems(reading, report.control_rows, report.control_amount):
        raise Refused(problems)
    if report.mode is Mode.ATOMIC and kept.rows:
        _take_nothing(report, reading.rows, kept.rows)
    report.state = _outcome(report)
    return sorted(kept.problems, key=lambda problem: problem.row)
