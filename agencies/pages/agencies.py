"""Pages about an agency itself: the list, its page, its moves; and what every template may ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from agencies import credentials as rule
from agencies import listings, queries, tabs, vetting
from agencies.credentials import Reason, merged, not_ready, outside_contract, sentences
from agencies.forms import (
    KIND_LABELS,
    PRACTICE_LABELS,
    AgencyForm,
    MoveForm,
)
from agencies.models import Agency
from agencies.pages import accepted as _accepted
from agencies.pages import agency_of as _agency
from agencies.pages import back as _back
from agencies.pages import blueprint
from agencies.pages import form_page as _form
from agencies.pages import language as _language
from agencies.pages import today as _today
from agencies.steps import STEPS, open_to
from agencies.territory import countries, territory
from portal import clock, lists
from portal.db import session
from portal.errors import NotFound
from portal.web import actor, requires


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


def _said(reasons: Iterable[Reason]) -> list[str]:
    return sentences(reasons, _, _language())
