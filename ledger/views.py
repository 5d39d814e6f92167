"""Pages about payments, fees and breaks."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ledger import listings, queries, reconciliation
from ledger.forms import LedgerForm, ResolveForm
from portal import clock, files, lists, uploads, web
from portal.db import session
from portal.errors import N_, Conflict, DomainError
from portal.lists import Cell
from portal.reports import receiving
from portal.web import actor, requires

blueprint = Blueprint("ledger", __name__)
BLUEPRINTS = (blueprint,)
NAVIGATION = (
    {
        "section": N_("Money"),
        "label": N_("Payments"),
        "endpoint": "ledger.payments",
        "icon": "cash-stack",
        "permission": "ledger.view",
        "order": 50,
    },
    {
        "section": N_("Money"),
        "label": N_("Fees"),
        "endpoint": "ledger.fees",
        "icon": "receipt",
        "permission": "fees.view",
        "order": 51,
    },
    {
        "section": N_("Money"),
        "label": N_("Differences"),
        "endpoint": "ledger.breaks",
        "icon": "intersect",
        "permission": "breaks.view",
        "order": 52,
    },
)
MONTHS_SHOWN = timedelta(days=200)


@blueprint.get("/payments")
@requires("ledger.view")
def payments() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.payments(actor()), queries.payments_list(actor()), name="payments")
    return listing if isinstance(listing, Response) else render_template("ledger/payments.html", listing=listing)


@blueprint.route("/payments/import", methods=["GET", "POST"])
@requires("ledger.import", see="ledger.view")
def import_ledger() -> ResponseReturnValue:
    form = LedgerForm()
    if not form.validate_on_submit():
        return render_template("ledger/import.html", form=form), 422 if form.is_submitted() else 200
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
        return render_template("ledger/import.html", form=form), error.status
    try:
        report = receiving.receive(session(), actor(), "ledger", upload)
    except Conflict as error:
        files.store().remove(upload.place)
        flash(web.translated(error), "warn")
        return redirect(url_for("activity.report", ref=error.extra["report"]), 303)
    return redirect(url_for("activity.report", ref=report.ref), 303)


@blueprint.get("/fees")
@requires("fees.view")
def fees() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.fee_lines(actor()), queries.fee_lines_list(actor()), name="fees")
    if isinstance(listing, Response):
        return listing
    months = queries.fees_by_month(session(), actor(), (clock.today() - MONTHS_SHOWN).replace(day=1))
    rows = [
        [Cell(m.month), Cell(m.code), Cell(m.credited, currency=m.currency), Cell(m.fee, currency=m.currency)]
        for m in months
    ]
    return render_template("ledger/fees.html", listing=listing, month_rows=rows)


@blueprint.get("/breaks")
@requires("breaks.view")
def breaks() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.BREAKS, queries.breaks_list(actor()), name="differences")
    return listing if isinstance(listing, Response) else render_template("ledger/breaks.html", listing=listing)


@blueprint.route("/breaks/<int:break_id>", methods=["GET", "POST"])
@requires("breaks.view")
def one_break(break_id: int) -> ResponseReturnValue:
    item, form = queries.get_break(session(), actor(), break_id), ResolveForm()
    if form.is_submitted():
        actor().must("breaks.resolve")
        if form.validate():
            reconciliation.resolve_break(session(), actor(), item, form.resolution.data, at=clock.now())
            flash(_("The difference is cleared up."), "good")
            return redirect(url_for("ledger.breaks"), 303)
    return render_template("ledger/break.html", item=item, form=form), 422 if form.is_submitted() else 200
