"""Pages of what the bank asks: documents, policies and their attestation, and what agencies owe."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import keeping
from agencies.asking import forms as shapes
from agencies.asking import listings, policies, queries, requests
from agencies.asking.models import RequestState
from agencies.diligence import queries as diligence
from agencies.diligence.scheme import document_name
from agencies.pages import accepted, agency_of, back, form_page, language
from portal import clock, lists
from portal.db import session
from portal.errors import N_
from portal.navigation import Item
from portal.web import actor, requires

blueprint = Blueprint("asking", __name__)
BLUEPRINTS = (blueprint,)
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Panel"), "label": N_("Policies"), "endpoint": "asking.policies_page", "icon": "file-earmark-text", "permission": "policies.view", "order": 11},
    {"section": N_("Panel"), "label": N_("Owed by agencies"), "endpoint": "asking.owed", "icon": "hourglass-split", "permission": "exceptions.view", "order": 12},
)  # fmt: skip


# -- documents -----------------------------------------------------------------------------------------------------------


@blueprint.get("/agencies/<code>/requests")
@requires("agencies.view")
def requests_page(code: str) -> ResponseReturnValue:
    """What an agency was asked for."""
    agency = agency_of(code)
    spec = listings.requests(code, language(), clock.now())
    listing = lists.show(actor(), spec, queries.requests_list(agency), name=f"requests-{code}")
    if isinstance(listing, Response):
        return listing
    return render_template("agencies/requests.html", agency=agency, listing=listing)


@blueprint.route("/agencies/<code>/requests/new", methods=["GET", "POST"])
@requires("documents.ask", see="agencies.view")
def ask(code: str) -> ResponseReturnValue:
    """Ask an agency for a document."""
    agency, form = agency_of(code), shapes.AskForm()
    form.offer(language())

    def act() -> Any:
        note, due_on = form.note.data or "", form.due_on.data
        return requests.ask(session(), actor(), agency, form.document.data, due_on, note=note, at=clock.now())

    if accepted(form, act) is None:
        leave = url_for(".requests_page", code=code)
        return form_page(form, _("Ask for a document"), _("Ask for the document"), leave, agency)
    return back(_("The agency finds the request in its work list."), ".requests_page", code=code)


@blueprint.route("/agencies/<code>/requests/<ref>", methods=["GET", "POST"])
@requires("agencies.view")
def request_page(code: str, ref: str) -> ResponseReturnValue:
    """One request: to answer, to accept, or to read."""
    agency = agency_of(code)
    found, form = queries.request(session(), agency, ref), shapes.AnswerForm()
    on_file = diligence.on_file(session(), agency)
    form.offer(on_file)

    if form.is_submitted():
        actor().must("documents.answer")

    def act() -> Any:
        chosen = form.on_file.data if "on_file" in form else ""
        with keeping.kept(session(), actor(), form.evidence.data) as file:
            if file is None and chosen:
                file = diligence.file_of(session(), agency, int(chosen), of_bank=False)
            return requests.answer(
                session(), actor(), agency, found, file, attests=form.attests.data, at=clock.now()
            )  # fmt: skip

    if accepted(form, act) is not None:
        return back(_("The document is sent in. Compliance looks at it."), ".request_page", code=code, ref=ref)
    return render_template(
        "agencies/request.html",
        agency=agency,
        found=found,
        name=document_name(found.document, language()),
        form=form,
        file=next((one for one in on_file if one.id == found.evidence_id), None),
        may_answer=found.state is RequestState.ASKED and actor().may("documents.answer"),
        own=found.answered_by_id is not None and found.answered_by_id == actor().user_id,
    ), 422 if form.is_submitted() else 200


@blueprint.post("/agencies/<code>/requests/<ref>/<any(accept,again):verdict>")
@requires("documents.accept", see="agencies.view")
def judge(code: str, ref: str, verdict: str) -> ResponseReturnValue:
    """Accept a document, or ask again with the reason and another day."""
    agency, form = agency_of(code), shapes.JudgeForm()
    found = queries.request(session(), agency, ref)
    requests.judge(
        session(), actor(), agency, found, accept=verdict == "accept", reason=form.reason.data or "",
        due_on=form.due_on.data, at=clock.now(),
    )  # fmt: skip
    return back(_("It is on record."), ".request_page", code=code, ref=ref)


@blueprint.post("/agencies/<code>/requests/<ref>/cancel")
@requires("documents.ask", see="agencies.view")
def cancel(code: str, ref: str) -> ResponseReturnValue:
    """Take a request back."""
    found = queries.request(session(), agency_of(code), ref)
    requests.cancel(session(), actor(), found, at=clock.now())
    return back(_("The request is taken back."), ".requests_page", code=code)


# -- policies ------------------------------------------------------------------------------------------------------------


@blueprint.get("/policies")
@requires("policies.view")
def policies_page() -> ResponseReturnValue:
    """The bank's policies for its agencies."""
    listing = lists.show(actor(), listings.POLICIES, queries.policies_list(), name="policies")
    return listing if isinstance(listing, Response) else render_template("agencies/policies.html", listing=listing)


@blueprint.route("/policies/new", methods=["GET", "POST"])
@requires("policies.publish", see="policies.view")
def publish() -> ResponseReturnValue:
    """Publish a policy, or its next version."""
    form = shapes.PolicyForm()
    made = accepted(form, lambda: policies.publish(session(), actor(), form.wording(), at=clock.now()))
    if made is None:
        return form_page(form, _("Publish a policy"), _("Publish the policy"), url_for(".policies_page"))
    return back(
        _("The policy is out. Everybody who has to read it finds it in the work list."), ".policy", ref=made.ref
    )


@blueprint.route("/policies/<ref>", methods=["GET", "POST"])
@requires("policies.view")
def policy(ref: str) -> ResponseReturnValue:
    """A policy, to read and attest, and who has."""
    found, form = queries.policy(session(), ref), shapes.AttestForm()

    if form.is_submitted():
        actor().must("policies.attest")

    def act() -> Any:
        return policies.attest(session(), actor(), found, form.name.data, at=clock.now())

    if accepted(form, act) is not None:
        return back(_("Thank you. Your attestation is on record."), ".policy", ref=ref)
    listing = lists.show(actor(), listings.READERS, queries.readers_list(found, actor()), name=f"readers-{ref}")
    if isinstance(listing, Response):
        return listing
    mine = queries.attestation(session(), found, actor().user_id)
    return render_template(
        "agencies/policy.html",
        policy=found,
        form=form,
        mine=mine,
        listing=listing,
        may_attest=actor().may("policies.attest") and mine is None and found.replaced_at is None,
    ), 422 if form.is_submitted() else 200


@blueprint.get("/owed")
@requires("exceptions.view")
def owed() -> ResponseReturnValue:
    """What agencies owe the bank, and what is overdue."""
    listing = lists.show(actor(), listings.owed(clock.now()), queries.owed_list(actor()), name="owed")
    return listing if isinstance(listing, Response) else render_template("agencies/owed.html", listing=listing)
