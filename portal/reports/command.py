"""What the import commands share: a file read here and now, its counts on stdout, its problems beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from flask import current_app

from portal import files, uploads, work
from portal.config import Settings
from portal.db import Database
from portal.errors import Conflict, DomainError
from portal.permissions import SYSTEM
from portal.reports import queries, receiving
from portal.reports.kinds import KINDS
from portal.reports.models import Mode, Report
from portal.reports.web import previewed
from portal.tables.faults import Problem
from portal.tables.problems import message
from portal.tables.writing import write_csv

COLUMNS = ("row", "column", "code", "message", "value")
SHOWN = 50  # problems on the screen; the file has all of them


def import_file(
    path: Path, kind: str, *, agency_id: int | None = None, options: dict[str, Any] | None = None
) -> Report:
    """Receive and read one file in this process; print `accepted N duplicate N rejected N`, write FILE.problems.csv."""
    db: Database = current_app.extensions["database"]
    settings: Settings = current_app.extensions["settings"]
    store = files.store()
    with path.open("rb") as stream:
        upload = uploads.store_upload(store, stream, "", path.name, settings.upload_limit_mb << 20)
    try:
        with db.transaction() as session:
            report_id = receiving.receive(session, SYSTEM, kind, upload, sender_agency_id=agency_id, options=options).id
    except DomainError as error:
        store.remove(upload.place)
        if isinstance(error, Conflict) and (first := error.extra.get("report")):
            return _again(db, first)
        raise click.ClickException(str(error)) from error
    mine = work.claim(db, subject=("report.read", str(report_id)))
    if mine is None or not work.do(mine):
        raise click.ClickException("The file could not be read now; the jobs process will try again.")
    with db.reading() as session:
        report = session.get_one(Report, report_id)
        problems = [item.problem for item in session.scalars(queries.problems_of(report))]
    target = _write_problems(path, problems)
    click.echo(f"accepted {report.accepted} duplicate {report.duplicate} rejected {report.rejected}")
    if problems:
        click.echo(f"{report.problems_found} problems: {target}", err=True)
    return report


def preview_file(path: Path, kind: str) -> Report:
    """Read one file by the same checks and keep nothing: print what would be accepted, list every problem on stderr, write FILE.problems.csv.

    The report that is returned belongs to a transaction that was undone.
    """
    db: Database = current_app.extensions["database"]
    settings: Settings = current_app.extensions["settings"]
    store = files.store()
    with path.open("rb") as stream:
        upload = uploads.store_upload(store, stream, "", path.name, settings.upload_limit_mb << 20)
    session = db.open(write=True)
    try:
        report = receiving.pretend(
            session, SYSTEM, kind, upload, mode=Mode.PARTIAL, control_rows=None, control_amount=None
        )
        problems = previewed(session, KINDS[kind], report, upload)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    finally:
        session.rollback()
        session.close()
        store.remove(upload.place)
    target = _write_problems(path, problems)
    for problem in problems[:SHOWN]:
        click.echo(f"row {problem.row} {problem.column}: {message(problem)} {problem.value!r}", err=True)
    click.echo(f"would accept {report.accepted} duplicate {report.duplicate} rejected {report.rejected}")
    if problems:
        click.echo(f"{len(problems)} problems: {target}. Nothing was kept.", err=True)
    return report


def _write_problems(path: Path, problems: Iterable[Problem]) -> Path:
    target = path.with_name(path.name + ".problems.csv")
    with target.open("wb") as handle:
        handle.writelines(write_csv(COLUMNS, ([p.row, p.column, p.code, str(message(p)), p.value] for p in problems)))
    return target


def _again(db: Database, ref: str) -> Report:
    """The same bytes once more change nothing: every row of them is a repetition."""
    with db.reading() as session:
        report = queries.get(session, SYSTEM, ref)
    click.echo(f"This file was received before, as report {ref}.", err=True)
    click.echo(f"accepted 0 duplicate {report.rows_read} rejected 0")
    return report
