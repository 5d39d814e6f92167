"""Pages about what plans are drawn by: the strategy and its versions, saved pools, and placing by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms.fields.choices import SelectChoice

from agencies import queries as agencies
from placements import (
    by_hand,
    listings,
    pool_queries,
    pools,
    queries,
    strategies,
    strategy_page,
    strategy_queries,
    words,
)
from placements.drafting import ON_PANEL
from placements.forms import ANY, NoteForm
from placements.models import PlanState, Strategy, StrategyState
from placements.pages.strategy_forms import HandForm, PoolForm, StrategyForm
from placements.pool_filter import STATUSES, Conditions
from placements.strategy import Rules
from portal import clock, lists
from portal.db import session
from portal.errors import N_, Conflict, Invalid
from portal.forms import give_errors
from portal.lists import Cell
from portal.navigation import Item
from portal.web import actor, requires, translated

blueprint = Blueprint("strategy", __name__)
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Placing"), "label": N_("Strategy"), "endpoint": "strategy.index", "icon": "signpost-split", "permission": "plans.view", "order": 25},
    {"section": N_("Placing"), "label": N_("Saved pools"), "endpoint": "strategy.pools_page", "icon": "funnel", "permission": "plans.view", "order": 26},
)  # fmt: skip


# -- the strategy --------------------------------------------------------------------------------------------------------


@blueprint.get("/strategy")
@requires("plans.view")
def index() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.strategies(), strategy_queries.versions(), name="strategy")
    if isinstance(listing, Response):
        return listing
    binding = strategy_queries.in_force(session())
    return render_template("placements/strategies.html", listing=listing, binding=binding, **_told(binding))


@blueprint.route("/strategy/new", methods=["GET", "POST"])
@requires("strategy.write", see="plans.view")
def draft() -> ResponseReturnValue:
    """The next version, beginning from the newest one."""
    base = strategy_queries.newest(session())
    rules = Rules.of(base.rules) if base else Rules()
    is_mending = base is not None and base.state in (StrategyState.DRAFT, StrategyState.RETURNED)
    form = StrategyForm(data={**StrategyForm.filled(rules), "reason": base.reason if base and is_mending else ""})
    if form.validate_on_submit():
        try:
            made = strategies.draft(session(), actor(), form.rules(rules), form.reason.data or "", at=clock.now())
        except Invalid as error:
            give_errors(form, error)
        else:
            flash(_("The version is drafted. Submit it when it is ready."), "good")
            return redirect(url_for(".version", number=made.version), 303)
    return render_template("placements/new_strategy.html", form=form), 422 if form.is_submitted() else 200


@blueprint.get("/strategy/<int:number>")
@requires("plans.view")
def version(number: int) -> ResponseReturnValue:
    found = strategy_queries.get(session(), number)
    before = strategy_queries.approved_before(session(), found)
    own = actor().user_id is not None and actor().user_id in (found.created_by_id, found.submitted_by_id)
    return render_template(
        "placements/strategy.html", strategy=found, before=before, own=own, changes=strategy_page.change_rows(before, found, _),
        binding=strategy_queries.in_force(session()), **_told(found),
    )  # fmt: skip


@blueprint.post("/strategy/<int:number>/submit")
@requires("strategy.write", see="plans.view")
def submit(number: int) -> ResponseReturnValue:
    return _decided(number, strategies.submit, _("The version was submitted. Another person has to approve it."))


@blueprint.post("/strategy/<int:number>/approve")
@requires("plans.approve", see="plans.view")
def approve(number: int) -> ResponseReturnValue:
    return _decided(number, strategies.approve, _("The version binds from now on."))


@blueprint.post("/strategy/<int:number>/return")
@requires("plans.approve", see="plans.view")
def send_back(number: int) -> ResponseReturnValue:
    note = (NoteForm().note.data or "").strip()
    if not note:
        raise Invalid(N_("Say what should change."))
    return _decided(number, strategies.send_back, _("The version was sent back."), note=note)


def _decided(number: int, act: Callable[..., Strategy], message: str, **details: Any) -> ResponseReturnValue:
    act(session(), actor(), strategy_queries.get(session(), number), at=clock.now(), **details)
    flash(message, "good")
    return redirect(url_for(".version", number=number), 303)


def _told(found: Strategy | None) -> Mapping[str, Any]:
    """A version's rules as the pages show them."""
    if found is None:
        return {}
    rules = Rules.of(found.rules)
    return {
        "tier_rows": strategy_page.tier_rows(rules, _), "treatment_rows": strategy_page.treatment_rows(rules, _),
        "share_facts": strategy_page.share_facts(rules, _), "comparison_facts": strategy_page.comparison_facts(rules, _),
        "band_rows": strategy_page.band_rows(rules, _),
    }  # fmt: skip


# -- saved pools ---------------------------------------------------------------------------------------------------------


@blueprint.get("/pools")
@requires("plans.view")
def pools_page() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.pools(), strategy_queries.pools(), name="pools")
    return listing if isinstance(listing, Response) else render_template("placements/pools.html", listing=listing)


@blueprint.route("/pools/new", methods=["GET", "POST"])
@requires("plans.write", see="plans.view")
def new_pool() -> ResponseReturnValue:
    """Count first; then save what was counted."""
    form, counted = PoolForm(), None
    form.portfolio.choices = [ANY, *(SelectChoice(name) for name in queries.portfolio_names(session()))]
    if form.validate_on_submit():
        try:
            if request.form.get("act") == "save":
                made = pools.save_pool(session(), actor(), form.name.data or "", form.conditions(), at=clock.now())
                return redirect(url_for(".pool", ref=made.ref), 303)
            if faults := dict(form.conditions().faults()):
                raise Invalid(N_("Some conditions cannot be met."), fields=faults)
            counted = _segments(form.conditions())
        except Invalid as error:
            give_errors(form, error)
        except Conflict as error:
            form.name.errors = [translated(error)]
    status = 422 if form.is_submitted() and counted is None else 200
    return render_template("placements/new_pool.html", form=form, counted=counted), status


@blueprint.get("/pools/<ref>")
@requires("plans.view")
def pool(ref: str) -> ResponseReturnValue:
    found = strategy_queries.pool(session(), ref)
    conditions = Conditions.of(found.conditions)
    return render_template(
        "placements/pool.html", pool=found, counted=_segments(conditions), facts_shown=_condition_facts(conditions)
    )


@blueprint.post("/pools/<ref>/remove")
@requires("plans.write", see="plans.view")
def remove_pool(ref: str) -> ResponseReturnValue:
    pools.remove_pool(session(), actor(), strategy_queries.pool(session(), ref))
    flash(_("The pool is forgotten. Plans that were drawn from it stay as they are."), "good")
    return redirect(url_for(".pools_page"), 303)


def _segments(conditions: Conditions) -> list[list[Cell]]:
    found = pool_queries.segments(session(), pool_queries.of_conditions(session(), conditions, clock.today()))
    return [
        [
            Cell(one.currency), Cell(_(words.PRODUCTS[one.product])), Cell(one.accounts), Cell(one.on_hold or None),
            Cell(one.balance, currency=one.currency),
        ]
        for one in found
    ]  # fmt: skip


def _condition_facts(conditions: Conditions) -> list[dict[str, Any]]:
    form = PoolForm(data=conditions.stored())
    shown = {
        "status": _(STATUSES[conditions.status]),
        "product": _(words.PRODUCTS[conditions.product]) if conditions.product else None,
    }
    return [
        {"label": form[name].label.text, "value": shown.get(name) or str(value)}
        for name, value in conditions.stored().items()
    ]  # fmt: skip


# -- by hand -------------------------------------------------------------------------------------------------------------


@blueprint.route("/placements/by-hand", methods=["GET", "POST"])
@requires("plans.write", see="plans.view")
def place_by_hand() -> ResponseReturnValue:
    form = HandForm(MultiDict(request.form) or None, account_refs=request.args.get("account"))
    panel = [agency for agency in agencies.everyone(session(), actor()) if agency.status in ON_PANEL]
    form.agency.choices = [SelectChoice(agency.code, f"{agency.code} {agency.name}") for agency in panel]
    if form.validate_on_submit():
        try:
            made = by_hand.place_by_hand(
                session(),
                actor(),
                form.agency.data,
                form.refs(),
                form.reason.data or "",
                moves=form.move(),
                at=clock.now(),
            )
        except Invalid as error:
            give_errors(form, error)
        else:
            flash(*_outcome(made.state))
            return redirect(url_for("placements.plan", ref=made.ref), 303)
    most_accounts, most_balance = by_hand.limits(session())
    return render_template(
        "placements/by_hand.html", form=form, most_accounts=most_accounts, most_balance=most_balance
    ), 422 if form.is_submitted() else 200


def _outcome(state: PlanState) -> tuple[str, str]:
    if state is PlanState.PLACED:
        return _("The accounts are placed: they were within what you may place alone."), "good"
    if state is PlanState.SUBMITTED:
        return _("The plan is above what you may place alone. Another person has to approve it."), "info"
    return _("Nothing can be placed there. The reasons stand below."), "warn"
