"""Pages about agencies: who there is, where each may collect and why not, what it holds, on what terms, who works for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from agencies import contracts as contracting
from agencies import credentials as rule
from agencies import exempting, keeping, listings, queries, tabs, verifying, vetting
from agencies.asking import views as asking
from agencies.credentials import Reason, merged, not_ready, outside_contract, sentences, state_on
from agencies.diligence import views as diligence
from agencies.forms import (
    GROUND_LABELS,
    KIND_LABELS,
    PRACTICE_LABELS,
    PRODUCT_LABELS,
    REMITTANCE_LABELS,
    AgencyForm,
    ContractForm,
    CredentialForm,
    ExemptionForm,
    LastDayForm,
    MoveForm,
    ReasonForm,
    RequestForm,
    SeenForm,
    of_contract,
)
from agencies.models import Agency, Contract, Credential
from agencies.pages import accepted as _accepted
from agencies.pages import agency_of as _agency
from agencies.pages import attachment, catalogue, collectors, export, public
from agencies.pages import back as _back
from agencies.pages import form_page as _form
from agencies.pages import language as _language
from agencies.pages import today as _today
from agencies.papers import is_doubtful
from agencies.registries.views import blueprint as registries
from agencies.steps import STEPS, open_to
from agencies.territory import countries, territory
from portal import clock, lists
from portal.db import session
from portal.errors import N_, NotFound
from portal.navigation import Item
from portal.web import actor, requires

blueprint = Blueprint("agencies", __name__, url_prefix="/agencies")
BLUEPRINTS = (
    blueprint,
    *(page.blueprint for page in (catalogue, collectors, export, public)),
    *diligence.BLUEPRINTS,
    *asking.BLUEPRINTS,
    registries,
)
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Panel"), "label": N_("Agencies"), "endpoint": "agencies.index", "icon": "buildings", "permission": "agencies.view", "order": 10},
    *catalogue.NAVIGATION,
    *asking.NAVIGATION,
)  # fmt: skip


@blueprint.app_template_global("agency_tabs")
def agency_tabs(agency: Agency) -> list[dict[str, Any]]:
    """The tabs of an agency's page that there are and that the reader may open, for page_header."""
    served = [
        tab for tab in tabs.in_order() if tab.endpoint in current_app.view_functions and actor().may(tab.permission)
    ]
    return [
        {
            "label": _(tab.label),
            "url": url_for(tab.endpoint, code=agency.code),
            "active": request.endpoint == tab.endpoint,
        }
        for tab in served
    ]


@blueprint.app_template_global("credential_name")
def credential_name(code: str) -> str:
    """What a credential is called in the reader's language."""
    return rule.credential_name(code, _language())


@blueprint.app_template_global("country_name")
def country_name(code: str) -> str:
    """What a country is called in the reader's language; its code where that is not known."""
    return str(get_locale().territories.get(code, code))


# -- agencies ------------------------------------------------------------------------------------------------------------


@blueprint.get("")
@requires("agencies.view")
def index() -> ResponseReturnValue:
    """Everybody on the panel; an agency's own people go to their own page."""
    if (own := actor().agency_code) is not None:
        return redirect(url_for(".page", code=own), 303)
    listing = lists.show(actor(), listings.agencies(_today()), queries.agencies_list(actor()), name="agencies")
    return listing if isinstance(listing, Response) else render_template("agencies/index.html", listing=listing)


@blueprint.route("/new", methods=["GET", "POST"])
@requires("agencies.manage", see="agencies.view")
def new() -> ResponseReturnValue:
    """Put an applicant on the list."""
    form = AgencyForm(country="US")
    form.offer()
    added = _accepted(
        form, lambda: vetting.add_agency(session(), actor(), form.code.data, form.particulars(), at=clock.now())
    )
    if added is None:
        return _form(form, _("Add an agency"), _("Add the agency"), url_for(".index"))
    done = _("%(name)s is on the list. Hand it in for review when its papers are complete.", name=added.name)
    return _back(done, ".page", code=added.code)


@blueprint.get("/<code>")
@requires("agencies.view")
def page(code: str) -> ResponseReturnValue:
    """One agency: what it is, where it may collect and why not, its history, and what can be decided on it."""
    agency, today = _agency(code), _today()
    facts = queries.facts(session(), [agency.id])[agency.id]
    history = queries.history(session(), agency)
    places = territory(facts, today)
    uncovered = (outside_contract(facts, country, None, today) for country in countries(facts, today))
    return render_template(
        "agencies/agency.html",
        agency=agency,
        kind=KIND_LABELS[agency.kind],
        ramp_now=facts.ramp.on(today) if facts.ramp else None,
        practices=[str(PRACTICE_LABELS.get(practice, practice)) for practice in agency.practices.split()],
        standing=queries.standing_of(session(), agency.id),
        steps=open_to(actor(), agency, had_a_hand=vetting.had_a_hand(history, actor())),
        history=history,
        blocked=_said([*not_ready(facts, today), *(reason for reasons in uncovered for reason in reasons)]),
        places=places,
        allowed=[place for place in places if not place.lacks],
        lacking=_said(merged(lack for place in places for lack in place.lacks)),
    )


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
@requires("agencies.manage", see="agencies.view")
def edit(code: str) -> ResponseReturnValue:
    """Correct who an agency is and how it is reached. Its code stays for good."""
    agency = _agency(code)
    form = AgencyForm(obj=agency, data={"kind": agency.kind.value, "practices": agency.practices.split()})
    form.offer()
    del form.code
    if _accepted(form, lambda: vetting.correct(session(), actor(), agency, form.particulars())) is None:
        return _form(form, _("Edit"), _("Save"), url_for(".page", code=code), agency)
    return _back(_("The particulars are saved."), ".page", code=code)


@blueprint.post("/<code>/status/<step>")
@requires("agencies.view")
def move(code: str, step: str) -> ResponseReturnValue:
    """Move an agency on in its life, with a reason. Who may depends on the step (agencies/steps)."""
    agency, form = _agency(code), MoveForm()
    taken = STEPS.get(step)
    if taken is None:
        raise NotFound
    actor().must(taken.permission)
    ramp = {"ramp_accounts": form.ramp_accounts.data, "ramp_monthly": form.ramp_monthly.data or 0}
    more = ramp if taken.name == "probation" else {}
    taken.act(session(), actor(), agency, reason=form.reason.data or "", at=clock.now(), **more)
    return _back(_("Done: %(step)s.", step=_(taken.label)), ".page", code=code)


# -- credentials ---------------------------------------------------------------------------------------------------------


@blueprint.get("/<code>/credentials")
@requires("agencies.view")
def credentials(code: str) -> ResponseReturnValue:
    """What an agency holds, was asked for and sent in, and what it need not hold."""
    agency = _agency(code)
    spec = listings.credentials(code, _language(), _today())
    listing = lists.show(actor(), spec, queries.credentials_list(agency), name=f"credentials-{code}")
    if isinstance(listing, Response):
        return listing
    return render_template(
        "agencies/credentials.html",
        agency=agency,
        listing=listing,
        exemptions=queries.exemptions_of(session(), agency),
        grounds=GROUND_LABELS,
        today=_today(),
    )


@blueprint.route("/<code>/credentials/new", methods=["GET", "POST"])
@requires("credentials.submit", see="agencies.view")
def submit(code: str) -> ResponseReturnValue:
    """Send a credential in with the document that proves it."""
    agency = _agency(code)
    form = CredentialForm(code=request.args.get("credential"), jurisdiction=request.args.get("place"))
    form.offer(agency.country)
    sent = _accepted(form, lambda: _submit(agency, form))
    if sent is None:
        back = url_for(".credentials", code=code)
        return _form(form, _("Send in a credential"), _("Send in the credential"), back, agency)
    done = _("The credential is sent in. It counts once compliance has verified it.")
    return _back(done, ".credential", code=code, ref=sent.ref)


def _submit(agency: Agency, form: CredentialForm) -> Credential:
    """The document goes into the store first; it does not stay there if the credential is refused."""
    with keeping.kept(session(), actor(), form.evidence.data) as evidence:
        return verifying.submit(session(), actor(), agency, form.paper(), evidence=evidence, at=clock.now())


@blueprint.route("/<code>/credentials/request", methods=["GET", "POST"])
@requires("credentials.request", see="agencies.view")
def ask(code: str) -> ResponseReturnValue:
    """Ask an agency for a credential."""
    agency, form = _agency(code), RequestForm()
    form.offer(agency.country)
    asked = _accepted(
        form,
        lambda: verifying.request(
            session(),
            actor(),
            agency,
            form.code.data,
            form.jurisdiction.data,
            note=form.note.data or "",
            at=clock.now(),
        ),
    )
    if asked is None:
        back = url_for(".credentials", code=code)
        return _form(form, _("Ask for a credential"), _("Ask for the credential"), back, agency)
    return _back(_("The agency finds the request in its work list."), ".credentials", code=code)


@blueprint.get("/<code>/credentials/<ref>")
@requires("agencies.view")
def credential(code: str, ref: str) -> ResponseReturnValue:
    """One credential with its evidence, and the decision on it."""
    agency, found = _credential(code, ref)
    return render_template(
        "agencies/credential.html",
        agency=agency,
        credential=found,
        state=state_on(found.state, found.valid_until, _today(), found.ended_on).value,
        evidence=queries.evidence_of(session(), found),
        own=found.submitted_by_id is not None and found.submitted_by_id == actor().user_id,
        checks=queries.checks_of(session(), found),
        doubtful=is_doubtful(found.code, found.number),
    )


@blueprint.get("/<code>/credentials/<ref>/document")
@requires("agencies.view")
def document(code: str, ref: str) -> ResponseReturnValue:
    """The evidence as it was received; always an attachment, never shown by the browser."""
    file = queries.evidence_of(session(), _credential(code, ref)[1])
    if file is None:
        raise NotFound
    return attachment(file)


@blueprint.post("/<code>/credentials/<ref>/verify")
@requires("credentials.verify", see="agencies.view")
def verify(code: str, ref: str) -> ResponseReturnValue:
    """Find that the evidence proves the credential."""
    seen = SeenForm().seen.data or ""
    verifying.verify(session(), actor(), _credential(code, ref)[1], at=clock.now(), seen=seen)
    return _back(_("The credential is verified and counts from now on."), ".credential", code=code, ref=ref)


@blueprint.post("/<code>/credentials/<ref>/confirm")
@requires("credentials.verify", see="agencies.view")
def confirm(code: str, ref: str) -> ResponseReturnValue:
    """Look at a verified credential again and find that it still holds."""
    found = verifying.confirm(
        session(), actor(), _credential(code, ref)[1], seen=SeenForm().seen.data or "", at=clock.now()
    )
    done = (
        _("It is noted. The next look is due by %(day)s.", day=found.look_again_on)
        if found.look_again_on
        else _("It is noted.")
    )
    return _back(done, ".credential", code=code, ref=ref)


@blueprint.post("/<code>/credentials/<ref>/refuse")
@requires("credentials.verify", see="agencies.view")
def refuse(code: str, ref: str) -> ResponseReturnValue:
    """Find that the evidence does not prove it."""
    reason = ReasonForm().reason.data or ""
    verifying.refuse(session(), actor(), _credential(code, ref)[1], reason=reason, at=clock.now())
    return _back(_("The credential is refused. The agency reads why."), ".credential", code=code, ref=ref)


@blueprint.post("/<code>/credentials/<ref>/withdraw")
@requires("credentials.verify", see="agencies.view")
def withdraw(code: str, ref: str) -> ResponseReturnValue:
    """End a credential that was withdrawn, suspended or cancelled at its register."""
    form = ReasonForm()
    ended_on, reason = form.day.data or _today(), form.reason.data or ""
    verifying.withdraw(session(), actor(), _credential(code, ref)[1], ended_on=ended_on, reason=reason, at=clock.now())
    return _back(_("The credential has ended."), ".credential", code=code, ref=ref)


@blueprint.route("/<code>/exemptions/new", methods=["GET", "POST"])
@requires("exemptions.record", see="agencies.view")
def exempt(code: str) -> ResponseReturnValue:
    """Propose why an agency need not hold what a place asks for."""
    agency, form = _agency(code), ExemptionForm(valid_from=_today())
    form.offer(agency.country)
    if _accepted(form, lambda: exempting.propose(session(), actor(), agency, form.claim(), at=clock.now())) is None:
        back = url_for(".credentials", code=code)
        return _form(form, _("Propose an exemption"), _("Propose the exemption"), back, agency)
    return _back(
        _("The exemption is proposed. It lifts nothing until another person has approved it."),
        ".credentials",
        code=code,
    )


@blueprint.post("/<code>/exemptions/<int:exemption_id>/approve")
@requires("exemptions.approve", see="agencies.view")
def approve_exemption(code: str, exemption_id: int) -> ResponseReturnValue:
    """Approve an exemption that another person proposed."""
    agency = _agency(code)
    exempting.approve(session(), actor(), agency, queries.exemption(session(), agency, exemption_id), at=clock.now())
    return _back(_("The exemption is approved and lifts what is asked."), ".credentials", code=code)


@blueprint.post("/<code>/exemptions/<int:exemption_id>/decline")
@requires("exemptions.decline", see="agencies.view")
def decline_exemption(code: str, exemption_id: int) -> ResponseReturnValue:
    """Decline an exemption that was proposed, or take one's own proposal back."""
    agency = _agency(code)
    exempting.decline(session(), actor(), agency, queries.exemption(session(), agency, exemption_id))
    return _back(_("The proposal is gone."), ".credentials", code=code)


@blueprint.post("/<code>/exemptions/<int:exemption_id>/end")
@requires("exemptions.record", see="agencies.view")
def end_exemption(code: str, exemption_id: int) -> ResponseReturnValue:
    """End an exemption with today."""
    agency = _agency(code)
    found = queries.exemption(session(), agency, exemption_id)
    exempting.end(session(), actor(), agency, found, last_day=_today())
    return _back(_("The exemption ends with today."), ".credentials", code=code)


# -- contracts -----------------------------------------------------------------------------------------------------------


@blueprint.get("/<code>/contracts")
@requires("agencies.view")
def contracts(code: str) -> ResponseReturnValue:
    """An agency's contracts with their clauses."""
    agency = _agency(code)
    found = queries.contracts_of(session(), agency)
    clauses = queries.terms_of(session(), [one.id for one in found])
    return render_template(
        "agencies/contracts.html",
        agency=agency,
        contracts=found,
        clauses=clauses,
        products=PRODUCT_LABELS,
        remittances=REMITTANCE_LABELS,
        demands=queries.demands_of(session(), [agency.id]),
    )


@blueprint.route("/<code>/contracts/new", methods=["GET", "POST"])
@requires("contracts.draft", see="agencies.view")
def draft(code: str) -> ResponseReturnValue:
    """Draft a contract with its fee schedule."""
    return _draft(_agency(code), ContractForm(valid_from=_today()))


@blueprint.route("/<code>/contracts/<int:contract_id>/amend", methods=["GET", "POST"])
@requires("contracts.draft", see="agencies.view")
def amend_contract(code: str, contract_id: int) -> ResponseReturnValue:
    """Draft the next version of a contract, beginning with what it says now."""
    agency, found = _contract(code, contract_id)
    terms = queries.terms_of(session(), [found.id]).get(found.id, [])
    demands = queries.demands_of(session(), [agency.id]).get(found.id, [])
    return _draft(agency, ContractForm(data=of_contract(found, terms, demands)), found)


def _draft(agency: Agency, form: ContractForm, amends: Contract | None = None) -> ResponseReturnValue:
    if "more" in request.form:
        form.clauses.append_entry()
    form.offer(agency.country)
    drafted = None
    if "more" not in request.form:
        drafted = _accepted(
            form,
            lambda: contracting.draft_contract(
                session(), actor(), agency, form.conditions(), form.schedule(), at=clock.now(), amends=amends
            ),
        )
    if drafted is None:
        shown = render_template("agencies/contract_form.html", agency=agency, form=form, amends=amends)
        return shown, 422 if form.is_submitted() and "more" not in request.form else 200
    done = _("The contract is drafted. It binds once another person has approved it.")
    return _back(done, ".contract", code=agency.code, contract_id=drafted.id)


@blueprint.get("/<code>/contracts/<int:contract_id>")
@requires("agencies.view")
def contract(code: str, contract_id: int) -> ResponseReturnValue:
    """One contract, and the decision on it."""
    agency, found = _contract(code, contract_id)
    return render_template(
        "agencies/contract.html",
        agency=agency,
        contract=found,
        clauses=queries.terms_of(session(), [found.id]),
        products=PRODUCT_LABELS,
        remittances=REMITTANCE_LABELS,
        demands=queries.demands_of(session(), [agency.id]),
        versions=[one for one in queries.contracts_of(session(), agency) if one.number == found.number],
        own=found.created_by_id is not None and found.created_by_id == actor().user_id,
    )


@blueprint.post("/<code>/contracts/<int:contract_id>/approve")
@requires("contracts.approve", see="agencies.view")
def approve_contract(code: str, contract_id: int) -> ResponseReturnValue:
    """Approve a contract that another person drafted."""
    contracting.approve_contract(session(), actor(), _contract(code, contract_id)[1], at=clock.now())
    return _back(_("The contract is approved and binds."), ".contract", code=code, contract_id=contract_id)


@blueprint.post("/<code>/contracts/<int:contract_id>/discard")
@requires("contracts.draft", see="agencies.view")
def discard_contract(code: str, contract_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    contracting.discard_draft(session(), actor(), _contract(code, contract_id)[1])
    return _back(_("The draft is gone."), ".contracts", code=code)


@blueprint.route("/<code>/contracts/<int:contract_id>/end", methods=["GET", "POST"])
@requires("contracts.draft", see="agencies.view")
def end_contract(code: str, contract_id: int) -> ResponseReturnValue:
    """End a contract early."""
    agency, found = _contract(code, contract_id)
    form = LastDayForm()
    ended = _accepted(
        form,
        lambda: contracting.end_contract(
            session(), actor(), found, last_day=form.last_day.data, reason=form.reason.data
        ),
    )
    if ended is None:
        title, back = _("End contract %(number)s", number=found.number), url_for(".contracts", code=code)
        return _form(form, title, _("End the contract"), back, agency)
    done = _("The contract ends on %(day)s.", day=ended.valid_until)
    return _back(done, ".contract", code=code, contract_id=contract_id)


# -- what the pages share ------------------------------------------------------------------------------------------------


def _credential(code: str, ref: str) -> tuple[Agency, Credential]:
    agency = _agency(code)
    return agency, queries.credential(session(), agency, ref)


def _contract(code: str, contract_id: int) -> tuple[Agency, Contract]:
    agency = _agency(code)
    return agency, queries.contract(session(), agency, contract_id)


def _said(reasons: Iterable[Reason]) -> list[str]:
    return sentences(reasons, _, _language())
