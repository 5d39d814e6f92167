"""Pages of an agency's roster: who works for it and was cleared on a day, one collector entered or corrected, their portal account."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from agencies import listings, queries, roster
from agencies.clearance import MESSAGES, why_not_cleared
from agencies.forms import CollectorForm, LoginForm
from agencies.models import Collector
from agencies.pages import accepted, agency_of, back, form_page, today
from portal import clock, lists
from portal.db import session
from portal.web import actor, requires

blueprint = Blueprint("collectors", __name__, url_prefix="/agencies/<code>/collectors")


@blueprint.get("")
@requires("agencies.view")
def index(code: str) -> ResponseReturnValue:
    """Who works for an agency."""
    agency = agency_of(code)
    may_enter = actor().may("collectors.enter")
    spec = listings.collectors(today(), f"/agencies/{code}/collectors", may_enter=may_enter)
    listing = lists.show(actor(), spec, queries.collectors_list(agency), name=f"collectors-{code}")
    if isinstance(listing, Response):
        return listing
    return render_template("agencies/collectors.html", agency=agency, listing=listing)


@blueprint.get("/cleared")
@requires("agencies.view")
def cleared(code: str) -> ResponseReturnValue:
    """Who was cleared on a day (`?on=`), by what is known today and by what was known that evening."""
    agency, day = agency_of(code), _day(request.args.get("on"))
    then = {one.collector_id: one for one in queries.collectors_on(session(), agency, _end_of(day))}
    rows = [
        (one, _reasons(one, day), _reasons(then[one.collector_id], day) if one.collector_id in then else None)
        for one in queries.collectors_on(session(), agency, clock.now())
    ]
    return render_template(
        "agencies/cleared.html",
        agency=agency,
        day=day,
        rows=rows,
        cleared=sum(not reasons for _one, reasons, _then in rows),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@requires("collectors.enter", see="agencies.view")
def new(code: str) -> ResponseReturnValue:
    """Enter a collector."""
    return _enter(code, CollectorForm(active_from=today()), _("Enter a collector"))


@blueprint.route("/<collector_id>/edit", methods=["GET", "POST"])
@requires("collectors.enter", see="agencies.view")
def edit(code: str, collector_id: str) -> ResponseReturnValue:
    """Say what is new about a collector; what stood before is kept."""
    found = queries.collector(session(), agency_of(code), collector_id)
    visits = {None: "", True: "yes", False: "no"}[found.field_visits]
    return _enter(code, CollectorForm(obj=found, data={"field_visits": visits}), _("Edit a collector"), found)


@blueprint.route("/<collector_id>/account", methods=["GET", "POST"])
@requires("collectors.enter", see="agencies.view")
def link(code: str, collector_id: str) -> ResponseReturnValue:
    """Say which portal account is a collector's: it ends when they leave."""
    agency = agency_of(code)
    found, form = queries.collector(session(), agency, collector_id), LoginForm()
    people = {user.id: user for user in queries.people_of(session(), agency)}
    form.user.choices = [SelectChoice(user.id, user.email) for user in people.values()]
    made = accepted(
        form, lambda: roster.link(session(), actor(), agency, found, people[form.user.data], at=clock.now())
    )
    if made is None:
        leave = url_for(".index", code=code)
        return form_page(
            form, _("Link the portal account of %(name)s", name=found.full_name), _("Link the account"), leave, agency
        )
    return back(_("The account is linked. It ends on the day after the collector's last day."), ".index", code=code)


def _enter(code: str, form: CollectorForm, title: str, found: Collector | None = None) -> ResponseReturnValue:
    agency = agency_of(code)
    if found is not None:
        form.collector_id.data = found.collector_id  # it names the person for good
    made = accepted(form, lambda: roster.enter(session(), actor(), agency, form.row(), at=clock.now()))
    if made is None:
        return form_page(form, title, _("Save"), url_for(".index", code=code), agency)
    return back(_("%(name)s stands on the roster.", name=made.full_name), ".index", code=code)


def _day(written: str | None) -> date:
    try:
        return date.fromisoformat(written or "")
    except ValueError:
        return today()


def _end_of(day: date) -> datetime:
    return (
        datetime.combine(day + timedelta(days=1), time(), UTC) if day < date.max else datetime.max.replace(tzinfo=UTC)
    )


def _reasons(collector: Collector, day: date) -> list[str]:
    return [_(MESSAGES[code]) for code in why_not_cleared(collector, day)]
