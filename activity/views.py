"""Pages about reports and the activity in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity import queries
from activity.forms import ReportForm
from activity.pages import feed, following, mappings
from portal import clock, files, lists, uploads, web
from portal.db import session
from portal.errors import N_, Conflict, DomainError
from portal.lists import Cell
from portal.reports import queries as report_queries
from portal.reports import receiving
from portal.reports import web as reports
from portal.reports.kinds import KINDS
from portal.reports.models import DONE, Mode
from portal.tables.formats import WORKBOOK, detected_charset
from portal.web import actor, requires

blueprint = Blueprint("activity", __name__)
BLUEPRINTS = (blueprint, following.blueprint, feed.blueprint, mappings.blueprint)
MASKED_DAYS = 90
SHOWN = 100  # problems on the page; all kept ones are in the API
NAVIGATION = (
    {
        "section": N_("Work"),
        "label": N_("Reports"),
        "endpoint": "activity.reports_page",
        "icon": "file-earmark-arrow-up",
        "permission": "reports.view",
        "order": 40,
    },
    {
        "section": N_("Work"),
        "label": N_("Activity"),
        "endpoint": "activity.rows",
        "icon": "telephone",
        "permission": "activity.view",
        "order": 41,
    },
    *following.NAVIGATION,
    *feed.NAVIGATION,
)


@blueprint.get("/reports")
@requires("reports.view")
def reports_page() -> ResponseReturnValue:
    listing = lists.show(actor(), queries.REPORTS, queries.reports_list(actor()), name="reports")
    return listing if isinstance(listing, Response) else render_template("activity/reports.html", listing=listing)


@blueprint.route("/reports/new", methods=["GET", "POST"])
@requires("reports.send", see="reports.view")
def send() -> ResponseReturnValue:
    form = ReportForm()
    form.offer(mappings.sendable())
    if not form.validate_on_submit():
        return render_template("activity/send.html", form=form), 200 if not form.is_submitted() else 422
    part, mode = form.file.data, Mode(form.mode.data)
    try:
        upload = uploads.store_upload(
            files.store(),
            part.stream,
            part.content_type or "",
            part.filename or "",
            web.settings().upload_limit_mb << 20,
        )
    except DomainError as error:
        form.file.errors = [web.translated(error)]
        return render_template("activity/send.html", form=form), error.status
    upload = replace(upload, charset=form.charset.data or upload.charset or _charset(upload))
    rows, amount = form.rows.data, form.amount.data
    if request.form.get("act") == "dry-run":
        return _check(form, upload, mode)
    try:
        report = receiving.receive(
            session(), actor(), form.kind.data, upload, mode=mode, control_rows=rows, control_amount=amount
        )
    except Conflict as error:
        files.store().remove(upload.place)
        flash(web.translated(error), "warn")
        return redirect(url_for("activity.report", ref=error.extra["report"]), 303)
    return redirect(url_for("activity.report", ref=report.ref), 303)


def _charset(upload: uploads.Upload) -> str | None:
    """The encoding that a text was found to be in; a browser cannot declare it. None for UTF-8, and where it cannot be told."""
    if upload.format_name == WORKBOOK:
        return None
    with files.store().open(upload.place) as stream:
        found = detected_charset(stream.read(1 << 16))
    return None if found == "utf-8" else found


def _check(form: ReportForm, upload: uploads.Upload, mode: Mode) -> ResponseReturnValue:
    """The page again, with what would become of the file."""
    try:
        outcome, problems = reports.checked(KINDS[form.kind.data], upload, mode, form.rows.data, form.amount.data)
    except DomainError as error:
        form.file.errors = [web.translated(error)]
        return render_template("activity/send.html", form=form), error.status
    finally:
        files.store().remove(upload.place)
    shown = [[Cell(p.row), Cell(p.column), Cell(p.value), Cell(reports.explain(p))] for p in problems[:SHOWN]]
    return render_template("activity/send.html", form=form, outcome=outcome, problem_rows=shown)


@blueprint.get("/reports/masked")
@requires("reports.view")
def masked() -> ResponseReturnValue:
    """How many identity and card numbers stood in free text, by sender and kind of file."""
    since = clock.now() - timedelta(days=MASKED_DAYS)
    rows = [
        [Cell(code or _("the bank")), Cell(kind), Cell(reports_with), Cell(cards, tone="warn" if cards else None), Cell(identities), Cell(taxpayers), Cell(last)]
        for code, kind, reports_with, cards, identities, taxpayers, last in queries.masked_numbers(session(), actor(), since)
    ]  # fmt: skip
    return render_template("activity/masked.html", rows=rows, days=MASKED_DAYS)


@blueprint.get("/reports/<ref>")
@requires("reports.view")
def report(ref: str) -> ResponseReturnValue:
    found = report_queries.get(session(), actor(), ref)
    problems = [item.problem for item in report_queries.first_problems(session(), found, SHOWN)]
    return render_template(
        "activity/report.html",
        report=found,
        done=found.state in DONE,
        file=report_queries.file_of(session(), found),
        problem_rows=[[Cell(p.row), Cell(p.column), Cell(p.value), Cell(reports.explain(p))] for p in problems],
        code_rows=[
            [Cell(code), Cell(column), Cell(count)]
            for code, column, count in report_queries.problems_by_code(session(), found)
        ],
    )


@blueprint.get("/reports/<ref>/progress")
@requires("reports.view")
def progress(ref: str) -> ResponseReturnValue:
    found = report_queries.get(session(), actor(), ref)
    text = _("%(rows)s rows read", rows=found.rows_read)
    return jsonify(
        {"done": found.rows_read, "total": found.control_rows, "finished": found.state in DONE, "text": text}
    )


@blueprint.get("/reports/<ref>/to-mend.csv")
@requires("reports.view")
def to_mend(ref: str) -> ResponseReturnValue:
    return reports.rejected_rows(report_queries.get(session(), actor(), ref))


@blueprint.get("/reports/<ref>/original")
@requires("reports.view")
def original(ref: str) -> ResponseReturnValue:
    """The file as it was received, with its hash tested; always an attachment, never shown by the browser."""
    file = report_queries.file_of(session(), report_queries.get(session(), actor(), ref))
    files.verify(files.store(), file)
    response = send_file(
        files.store().folder / Path(file.place),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=file.name,
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


@blueprint.get("/activity")
@requires("activity.view")
def rows() -> ResponseReturnValue:
    listing = lists.show(actor(), queries.activity_rows(actor()), queries.activity_list(actor()), name="activity")
    return listing if isinstance(listing, Response) else render_template("activity/rows.html", listing=listing)
