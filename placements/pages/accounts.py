"""Pages about accounts: the list, the search, the import, one account with its holds, portfolios."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from placements import (
    ending_queries,
    holds,
    itemizing,
    items,
    listings,
    queries,
    request_queries,
    searching,
    words,
)
from placements.forms import (
    HoldForm,
    ImportForm,
    NoteForm,
    ReasonForm,
    SearchForm,
)
from placements.models import HoldKind
from placements.pages import blueprint
from portal import clock, files, lists, uploads, web
from portal.db import session
from portal.errors import Conflict, DomainError
from portal.lists import Cell
from portal.reports import receiving
from portal.web import actor, requires, translated


@blueprint.get("/accounts")
@requires("accounts.view")
def accounts() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.accounts(_), queries.accounts_list(), name="accounts")
    if isinstance(listing, Response):
        return listing
    return render_template("placements/accounts.html", listing=listing, form=SearchForm())


@blueprint.post("/accounts/search")
@requires("accounts.view")
def search() -> ResponseReturnValue:
    """People by name, telephone or identity number: sent as a form, found by equality, and recorded."""
    form = SearchForm()
    found = searching.find_people(session(), actor(), form.by.data, form.text.data or "") if form.validate() else []
    rows = [
        [Cell(one.account_ref, url=url_for(".account", account_ref=one.account_ref), hint=one.consumer.consumer_ref),
         Cell(one.consumer.masked["full_name"]), Cell(one.jurisdiction), Cell(one.balance, currency=one.currency)]
        for one in found
    ]  # fmt: skip
    return render_template(
        "placements/found.html", form=form, rows=rows, most=searching.MOST
    ), 422 if form.errors else 200


@blueprint.route("/accounts/import", methods=["GET", "POST"])
@requires("accounts.import", see="accounts.view")
def import_accounts() -> ResponseReturnValue:
    form = ImportForm()
    if not form.validate_on_submit():
        return render_template("placements/import.html", form=form), 422 if form.is_submitted() else 200
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
        form.file.errors = [translated(error)]
        return render_template("placements/import.html", form=form), error.status
    portfolio = (form.portfolio.data or "").strip()
    try:
        report = receiving.receive(
            session(), actor(), "accounts", upload, options={"portfolio": portfolio} if portfolio else None
        )
    except Conflict as error:
        files.store().remove(upload.place)
        flash(translated(error), "warn")
        return redirect(f"/reports/{error.extra['report']}", 303)
    return redirect(f"/reports/{report.ref}", 303)


@blueprint.get("/accounts/<path:account_ref>")
@requires("accounts.view")
def account(account_ref: str) -> ResponseReturnValue:
    return _account(account_ref)


@blueprint.post("/accounts/<path:account_ref>/unmask")
@requires("accounts.unmask", see="accounts.view")
def unmask(account_ref: str) -> ResponseReturnValue:
    """The person unmasked, on this one answer only; who looked and why is in the trail."""
    found, form = queries.get_account(session(), actor(), account_ref), ReasonForm()
    if not form.validate():
        return _account(account_ref, unmask_form=form), 422
    person = searching.unmask(session(), actor(), found, form.reason.data or "")
    return _account(account_ref, person=person)


@blueprint.post("/accounts/<path:account_ref>/holds")
@requires("holds.manage", see="accounts.view")
def open_hold(account_ref: str) -> ResponseReturnValue:
    found, form = queries.get_account(session(), actor(), account_ref), HoldForm()
    if not form.validate():
        return _account(account_ref, hold_form=form), 422
    holds.open_hold(session(), actor(), found, HoldKind(form.kind.data), note=form.note.data or "", at=clock.now())
    flash(_("The account is on hold."), "good")
    return redirect(url_for(".account", account_ref=account_ref), 303)


@blueprint.post("/accounts/<path:account_ref>/holds/<int:hold_id>/close")
@requires("holds.manage", see="accounts.view")
def close_hold(account_ref: str, hold_id: int) -> ResponseReturnValue:
    found = queries.get_account(session(), actor(), account_ref)
    hold = queries.get_hold(session(), found, hold_id)
    holds.close_hold(session(), actor(), found, hold, note=NoteForm().note.data or "", at=clock.now())
    flash(_("The hold has ended."), "good")
    return redirect(url_for(".account", account_ref=account_ref), 303)


def _account(
    account_ref: str,
    *,
    person: Mapping[str, str] | None = None,
    hold_form: HoldForm | None = None,
    unmask_form: ReasonForm | None = None,
) -> str:
    found = queries.get_account(session(), actor(), account_ref)
    placed = queries.placements_of(session(), actor(), found)
    step, papers = (
        ending_queries.open_step_of(session(), found),
        request_queries.documents_of(session(), actor(), found.id),
    )
    return render_template(
        "placements/account.html", account=found, person=person or found.consumer.masked, is_masked=person is None, words=words,
        holds=queries.holds_of(session(), found), placements=placed, siblings=queries.siblings(session(), actor(), found),
        itemized=items.itemized(found), difference=itemizing.difference(found.itemization, found.balance), changes=queries.balance_changes(session(), found),
        documents=papers, requests=request_queries.of_account(session(), actor(), found),
        accesses=request_queries.accesses_of(session(), [one.id for one in papers]),
        step=step, step_ref=next((one.ref for one in placed if step and one.id == step.placement_id), None), barred=found.limitation_on is not None and found.limitation_on < clock.today(), hold_form=hold_form or HoldForm(), unmask_form=unmask_form or ReasonForm(),
    )  # fmt: skip


@blueprint.get("/portfolios")
@requires("accounts.view")
def portfolios() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.portfolios(), queries.portfolio_figures(), name="portfolios")
    return listing if isinstance(listing, Response) else render_template("placements/portfolios.html", listing=listing)
