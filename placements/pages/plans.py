"""Pages about plans: drawing, previewing, deciding and placing them, and their lists as files."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency, get_locale
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from agencies import queries as agencies
from agencies.models import MAY_RECEIVE
from placements import (
    forecast_page,
    listings,
    placing,
    plan_page,
    plan_queries,
    planning,
    queries,
    strategy_queries,
)
from placements.drafting import ON_PANEL, Selection
from placements.forms import (
    NoteForm,
    PlanForm,
)
from placements.models import Plan
from placements.pages import blueprint
from placements.pages.downloads import stream_selected
from placements.planning import Wish
from placements.reasons import Why, sentence
from portal import charts, clock, lists, web
from portal.charts import Share, SharePart
from portal.db import session
from portal.errors import N_, Invalid
from portal.forms import give_errors
from portal.web import actor, requires

MOST_PARTS = 1000


@blueprint.get("/plans")
@requires("plans.view")
def plans() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.plans(), plan_queries.plans_list(), name="plans")
    return listing if isinstance(listing, Response) else render_template("placements/plans.html", listing=listing)


@blueprint.route("/plans/new", methods=["GET", "POST"])
@requires("plans.write", see="plans.view")
def new_plan() -> ResponseReturnValue:
    binding = strategy_queries.in_force(session())
    form = PlanForm(
        portfolio=request.args.get("portfolio"), pool=request.args.get("pool"), by_strategy=binding is not None
    )
    form.pool.choices = [
        SelectChoice("", _("None")),
        *(SelectChoice(ref, name) for ref, name in strategy_queries.pool_names(session())),
    ]
    form.portfolio.choices = [
        SelectChoice("", _("None")),
        *(SelectChoice(name) for name in queries.portfolio_names(session())),
    ]
    if form.validate_on_submit():
        try:
            made = planning.draft_plan(
                session(), actor(), _wish(form), at=clock.now(), may_backdate=web.settings().allow_backdating
            )
        except Invalid as error:
            give_errors(form, error)
        else:
            return redirect(url_for(".plan", ref=made.ref), 303)
    panel = [agency for agency in agencies.everyone(session(), actor()) if agency.status in ON_PANEL]
    return render_template(
        "placements/new_plan.html", form=form, panel=panel, parts=request.form, may_receive=MAY_RECEIVE, binding=binding
    ), 422 if form.is_submitted() else 200


def _wish(form: PlanForm) -> Wish:
    refs = form.refs()
    if sum(map(bool, (refs, form.portfolio.data, form.pool.data))) != 1:
        message = N_("Choose a portfolio or a saved pool, or write account references.")
        raise Invalid(message, fields={"portfolio": message})
    selection = Selection(form.portfolio.data or None, refs, form.pool.data or None)
    by_strategy = bool(form.by_strategy.data)
    return Wish(
        selection, {} if by_strategy else _parts(), form.title.data or "", form.reason.data or "", form.seed.data or None,
        form.instant(web.settings().bank_zone), by_strategy=by_strategy,
    )  # fmt: skip


def _parts() -> dict[str, float]:
    """The agencies' parts of the split, from the fields `part-CODE`; an empty one or zero leaves the agency out."""
    found = {}
    for name, text in request.form.items():
        if not name.startswith("part-") or not text.strip():
            continue
        try:
            part = Decimal(text.strip())
            fits = 0 <= part <= MOST_PARTS
        except InvalidOperation:  # no number, or not one that can be compared
            fits = False
        if not fits:
            raise Invalid(N_("Write each agency's part as a number from 0 to 1000."))
        if part:
            found[name.removeprefix("part-")] = float(part)
    if not found:
        raise Invalid(N_("Give at least one agency a part."))
    return found


@blueprint.get("/plans/<ref>")
@requires("plans.view")
def plan(ref: str) -> ResponseReturnValue:
    found = plan_queries.get(session(), ref)
    page = plan_page.plan_page(session(), found)
    not_eligible = plan_page.why_rows(page.not_eligible, found, _, _language())
    return render_template(
        "placements/plan.html", plan=found, page=page, steps=plan_page.steps(found, _), own=_is_own(found), shares=_shares(page, found),
        left_out=plan_page.why_rows(page.left_out, found, _, _language()), not_eligible=[row[:4] for row in not_eligible],
        cell_rows=plan_page.cell_rows(page, _), part_rows=plan_page.part_rows(page, found),
        outlook=forecast_page.outlook(session(), found, page.parts, _writer(found), _), side_rows=forecast_page.side_rows(found, _),
        are_alike=forecast_page.are_alike(found), short_rows=forecast_page.short_rows(found, _),
        treatment_rows=forecast_page.treatment_rows(session(), found, _) if found.strategy_version else [],
        change_rows=forecast_page.change_rows(found), wish_rows=forecast_page.wish_rows(found, _),
    )  # fmt: skip


@blueprint.post("/plans/<ref>/submit")
@requires("plans.write", see="plans.view")
def submit_plan(ref: str) -> ResponseReturnValue:
    return _decided(ref, planning.submit_plan, _("The plan was submitted. Another person has to approve it."))


@blueprint.post("/plans/<ref>/approve")
@requires("plans.approve", see="plans.view")
def approve_plan(ref: str) -> ResponseReturnValue:
    return _decided(ref, planning.approve_plan, _("The plan is approved."))


@blueprint.post("/plans/<ref>/return")
@requires("plans.approve", see="plans.view")
def return_plan(ref: str) -> ResponseReturnValue:
    note = (NoteForm().note.data or "").strip()
    if not note:
        raise Invalid(N_("Say what should change."))
    return _decided(ref, planning.return_plan, _("The plan was sent back."), note=note)


@blueprint.post("/plans/<ref>/place")
@requires("plans.place", see="plans.view")
def place_plan(ref: str) -> ResponseReturnValue:
    return _decided(ref, placing.place_plan, _("The accounts are placed and the agencies have been told."))


@blueprint.post("/plans/<ref>/cancel")
@requires("plans.write", see="plans.view")
def cancel_plan(ref: str) -> ResponseReturnValue:
    return _decided(ref, planning.cancel_plan, _("The plan was given up."))


@blueprint.post("/plans/<ref>/redraft")
@requires("plans.write", see="plans.view")
def redraft_plan(ref: str) -> ResponseReturnValue:
    """Draw it again from what is known now, with the same wishes and seed."""
    found = plan_queries.get(session(), ref)
    wish = planning.wish_of(found, plan_queries.account_refs(session(), found))
    planning.redraft_plan(session(), actor(), found, wish, at=clock.now(), may_backdate=web.settings().allow_backdating)
    flash(_("The plan was drawn again from what is known now."), "good")
    return redirect(url_for(".plan", ref=ref), 303)


@blueprint.get("/plans/<ref>/accounts.csv")
@requires("plans.view")
def plan_accounts(ref: str) -> ResponseReturnValue:
    """Who gets which account."""
    found = plan_queries.get(session(), ref)
    columns = ("account_ref", "agency", "cell", "balance", "currency", "jurisdiction", "product")
    return stream_selected(f"{ref}-accounts", columns, plan_queries.assigned_lines(found.id), lambda row: row[1:])


@blueprint.get("/plans/<ref>/not-placed.csv")
@requires("plans.view")
def plan_left_out(ref: str) -> ResponseReturnValue:
    """Every account that nobody gets, with every reason."""
    found = plan_queries.get(session(), ref)
    texts = ["; ".join(dict.fromkeys(_sentence(Why.of(stored)) for stored in whys)) for whys in found.whys]
    columns = ("account_ref", "jurisdiction", "product", "balance", "currency", "reasons")
    return stream_selected(
        f"{ref}-not-placed", columns, plan_queries.left_out_lines(found.id), lambda row: (*row[1:6], texts[row[6]])
    )


def _decided(ref: str, act: Callable[..., Plan], message: str, **details: Any) -> ResponseReturnValue:
    act(session(), actor(), plan_queries.get(session(), ref), at=clock.now(), **details)
    flash(message, "good")
    return redirect(url_for(".plan", ref=ref), 303)


def _is_own(found: Plan) -> bool:
    return actor().user_id is not None and actor().user_id in (found.created_by_id, found.submitted_by_id)


def _sentence(why: Why) -> str:
    return sentence(why, _, _language())


def _language() -> str:
    return str(get_locale() or "en")


def _shares(page: plan_page.PlanPage, found: Plan) -> tuple[SharePart, ...]:
    parts = [Share(f"{part.code} {part.name}", float(part.balance)) for part in page.parts]
    return charts.share_bar(parts, write=_writer(found))


def _writer(found: Plan) -> Callable[[float], str]:
    """Amounts of the plan's currency in the reader's language."""
    return lambda value: str(format_currency(round(value, 2), found.currency or "USD"))
