"""Pages about contracts: drafted, amended, approved by another person, ended."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import contracts as contracting
from agencies import queries
from agencies.forms import (
    PRODUCT_LABELS,
    REMITTANCE_LABELS,
    ContractForm,
    LastDayForm,
    of_contract,
)
from agencies.models import Agency, Contract
from agencies.pages import accepted as _accepted
from agencies.pages import agency_of as _agency
from agencies.pages import back as _back
from agencies.pages import blueprint
from agencies.pages import form_page as _form
from agencies.pages import today as _today
from portal import clock
from portal.db import session
from portal.web import actor, requires


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


def _contract(code: str, contract_id: int) -> tuple[Agency, Contract]:
    agency = _agency(code)
    return agency, queries.contract(session(), agency, contract_id)
