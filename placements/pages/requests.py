"""Pages of requests: what agencies ask for, what was answered, how arrangements are kept, and the documents of accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from placements import documents, granting, items, outcomes, queries, request_queries, requesting, words
from placements.pages import listings
from placements.pages.forms import AnswerForm, AskForm, DocumentForm, GrantForm
from placements.pages.papers import attachment, received
from placements.request_models import ARRANGED, PaperKind, Request, RequestKind, RequestState
from portal import clock, lists
from portal.db import session
from portal.errors import N_, Invalid, NotFound
from portal.forms import give_errors
from portal.web import actor, requires, translated

blueprint = Blueprint("requests", __name__)


@blueprint.get("/requests")
@requires("requests.view")
def index() -> ResponseReturnValue:
    """Every request that the reader may see."""
    listing = lists.show(
        actor(), listings.requests(actor(), _), request_queries.requests_page(actor()), name="requests"
    )
    return listing if isinstance(listing, Response) else render_template("placements/requests.html", listing=listing)


@blueprint.route("/placements/<ref>/request", methods=["GET", "POST"])
@requires("requests.ask", see="placements.view")
def ask(ref: str) -> ResponseReturnValue:
    """Ask for something on one account."""
    placement = queries.get_placement(session(), actor(), ref)
    form = AskForm(kind=request.args.get("kind"))
    limits = requesting.limits_of(session(), placement)
    if form.validate_on_submit():
        try:
            evidence = received(form.evidence.data, "evidence")
            made = requesting.ask(session(), actor(), placement, form.ask(), evidence=evidence, at=clock.now())
        except Invalid as error:
            give_errors(form, error)
        else:
            granted = made.state is RequestState.GRANTED
            flash(_("It is granted: your contract allows it.") if granted else _("The bank was asked."), "good")
            return redirect(url_for(".page", ref=made.ref), 303)
    return render_template(
        "placements/request_form.html", form=form, placement=placement, account=placement.account, limits=limits
    ), 422 if form.is_submitted() else 200


@blueprint.get("/requests/<ref>")
@requires("requests.view")
def page(ref: str) -> ResponseReturnValue:
    """One request: what is asked, what the limits and the rule say, the answer and how it is kept."""
    return _page(request_queries.get(session(), actor(), ref))


@blueprint.post("/requests/<ref>/grant")
@requires("requests.decide", see="requests.view")
def grant(ref: str) -> ResponseReturnValue:
    """Grant it, as asked or with other terms."""
    return _decided(ref, GrantForm(), lambda found, form: requesting.grant(
        session(), actor(), found, terms=form.terms(), answer=form.answer.data or "", at=clock.now()
    ), _("The request is granted and the agency has been told."))  # fmt: skip


@blueprint.post("/requests/<ref>/refuse")
@requires("requests.decide", see="requests.view")
def refuse(ref: str) -> ResponseReturnValue:
    """Refuse it with a reason."""
    return _decided(ref, AnswerForm(), lambda found, form: requesting.refuse(
        session(), actor(), found, answer=form.answer.data or "", at=clock.now()
    ), _("The request is refused and the agency has been told."))  # fmt: skip


@blueprint.post("/requests/<ref>/answer")
@requires("requests.decide", see="requests.view")
def reply(ref: str) -> ResponseReturnValue:
    """Answer in words."""
    return _decided(ref, AnswerForm(), lambda found, form: requesting.reply(
        session(), actor(), found, answer=form.answer.data or "", at=clock.now()
    ), _("The answer was sent."))  # fmt: skip


@blueprint.post("/requests/<ref>/close")
@requires("requests.ask", see="requests.view")
def close(ref: str) -> ResponseReturnValue:
    """The agency is done with it."""
    requesting.close(session(), actor(), request_queries.get(session(), actor(), ref), at=clock.now())
    flash(_("The request is closed."), "good")
    return redirect(url_for(".page", ref=ref), 303)


@blueprint.post("/requests/<ref>/cancel")
@requires("requests.decide", see="requests.view")
def cancel(ref: str) -> ResponseReturnValue:
    """End the arrangement that a request became."""
    found = request_queries.get(session(), actor(), ref)
    arrangement = request_queries.running_on(session(), found.account_id)
    if arrangement is None or arrangement.request_id != found.id:
        raise NotFound
    granting.cancel(session(), actor(), arrangement, at=clock.now())
    flash(_("The arrangement has ended; its terms hold no longer."), "good")
    return redirect(url_for(".page", ref=ref), 303)


@blueprint.get("/requests/<ref>/evidence")
@requires("requests.view")
def evidence(ref: str) -> ResponseReturnValue:
    """The file that came with a request."""
    found = request_queries.get(session(), actor(), ref)
    return attachment(request_queries.evidence_of(session(), found))


# -- documents -----------------------------------------------------------------------------------------------------------


@blueprint.post("/requests/<ref>/documents")
@requires("documents.supply", see="requests.view")
def supply_for(ref: str) -> ResponseReturnValue:
    """Supply a document for a request; a request for documents is granted by it."""
    found, form = request_queries.get(session(), actor(), ref), DocumentForm()
    if not form.validate():
        return _page(found, document_form=form), 422
    try:
        _supply(form, found.account, found)
    except Invalid as error:
        give_errors(form, error)
        return _page(found, document_form=form), error.status
    flash(_("The document was supplied."), "good")
    return redirect(url_for(".page", ref=ref), 303)


@blueprint.route("/accounts/<path:account_ref>/documents", methods=["GET", "POST"])
@requires("documents.supply", see="accounts.view")
def supply(account_ref: str) -> ResponseReturnValue:
    """Keep a document with an account."""
    account, form = queries.get_account(session(), actor(), account_ref), DocumentForm()
    if form.validate_on_submit():
        try:
            _supply(form, account, None)
        except Invalid as error:
            give_errors(form, error)
        else:
            flash(_("The document is kept with the account."), "good")
            return redirect(url_for("placements.account", account_ref=account_ref), 303)
    return render_template(
        "placements/document_form.html", form=form, account=account
    ), 422 if form.is_submitted() else 200


@blueprint.post("/documents/<ref>/read")
@requires("documents.read", see="requests.view")
def read(ref: str) -> ResponseReturnValue:
    """A document, and the record of who read it: that is why it is asked for by a form."""
    found = request_queries.get_document(session(), actor(), ref)
    documents.note_access(session(), actor(), found, at=clock.now())
    return attachment(found.file)


def _supply(form: DocumentForm, account: Any, wanted: Request | None) -> None:
    file = received(form.file.data, "file")
    if file is None:
        raise Invalid(N_("Choose the document."), fields={"file": N_("Choose the document.")})
    documents.supply(
        session(), actor(), account, file, kind=PaperKind(form.kind.data), title=form.title.data or "", dated=form.dated.data,
        request=wanted, at=clock.now(),
    )  # fmt: skip


# -- one request ---------------------------------------------------------------------------------------------------------


def _decided(ref: str, form: Any, act: Callable[[Request, Any], Any], message: str) -> ResponseReturnValue:
    found = request_queries.get(session(), actor(), ref)
    if not form.validate():
        return _page(found, failed=form), 422
    try:
        act(found, form)
    except Invalid as error:
        flash(translated(error), "bad")
        return _page(request_queries.get(session(), actor(), ref)), error.status
    flash(message, "good")
    return redirect(url_for(".page", ref=ref), 303)


def _page(found: Request, *, document_form: DocumentForm | None = None, failed: Any = None) -> str:
    who = actor()
    arrangement = request_queries.arrangement_of(session(), found)
    plan = (
        outcomes.schedule(arrangement.amount, arrangement.instalments, arrangement.first_due_on) if arrangement else []
    )
    papers = request_queries.supplied_for(session(), found)
    person = items.consumer(found.account.consumer, found.account, is_open=found.agency_id == who.agency_id)
    return render_template(
        "placements/request.html", request_=found, account=found.account, arrangement=arrangement, plan=plan, papers=papers, person=person,
        accesses=request_queries.accesses_of(session(), [one.id for one in papers]) if who.agency_id is None else {}, words=words,
        beyond=[listings.beyond(one, _) for one in found.beyond], asked=listings.asked(found, _), is_open=found.state is RequestState.ASKED,
        grant_form=failed if isinstance(failed, GrantForm) else GrantForm(formdata=None), failed=failed,
        document_form=document_form or DocumentForm(formdata=None, kind=PaperKind.CONTRACT),
        arranged=found.kind in ARRANGED, is_query=found.kind is RequestKind.QUERY,
    )  # fmt: skip
