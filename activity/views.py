"""Pages about reports and the activity in them."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity import queries
from activity.forms import ReportForm
from activity.pages import feed, following
from portal import files, lists, uploads, web
from portal.db import session
from portal.errors import N_, Conflict, DomainError
from portal.lists import Cell
from portal.reports import queries as report_queries
from portal.reports import receiving
from portal.reports import web as reports
from portal.reports.kinds import KINDS
from portal.reports.models import DONE, Mode
from portal.web import actor, requires

blueprint = Blueprint("activity", __name__)
BLUEPRINTS = (blueprint, following.blueprint, feed.blueprint)
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
    form.offer(_kinds())
    if not form.validate_on_submit():
        return render_template("activity/send.html", form=form), 200 if not form.is_submitted() else 422
    part = form.file.data
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
    try:
        report = receiving.receive(session(), actor(), form.kind.data, upload, mode=Mode(form.mode.data))
    except Conflict as error:
        files.store().remove(upload.place)
        flash(web.translated(error), "warn")
        return redirect(url_for("activity.report", ref=error.extra["report"]), 303)
    return redirect(url_for("activity.report", ref=report.ref), 303)


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
    """The file as it was received; always an attachment, never shown by the browser."""
    file = report_queries.file_of(session(), report_queries.get(session(), actor(), ref))
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


def _kinds() -> list[str]:
    mine = [kind.name for kind in KINDS.values() if (kind.from_agencies if actor().agency_id else kind.from_bank)]
    return [name for name in ("activity", "payments", "inventory", "complaints", "collectors") if name in mine]
