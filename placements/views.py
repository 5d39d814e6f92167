"""Pages about accounts, plans, placements and recalls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency, get_locale
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from agencies import queries as agencies
from agencies import tabs
from agencies.models import MAY_RECEIVE
from placements import (
    answering,
    delivery_queries,
    ending_queries,
    forecast_page,
    holds,
    itemizing,
    items,
    listings,
    placing,
    plan_page,
    plan_queries,
    planning,
    queries,
    recall,
    recall_queries,
    request_queries,
    searching,
    strategy_queries,
    words,
)
from placements.drafting import ON_PANEL, Selection
from placements.forms import (
    ANY,
    BalanceForm,
    DecisionForm,
    HoldForm,
    ImportForm,
    NoteForm,
    ObjectionForm,
    PlanForm,
    ReasonForm,
    RecallForm,
    RefusalForm,
    ReturnForm,
    SearchForm,
)
from placements.models import HoldKind, PlacementState, Plan, RecallReason
from placements.pages import endings, requests, strategy_views, unlicensed
from placements.pages.papers import received
from placements.planning import Wish
from placements.reasons import Why, sentence
from portal import charts, clock, db, files, lists, uploads, web
from portal.charts import Share, SharePart
from portal.db import session
from portal.errors import N_, Conflict, DomainError, Invalid
from portal.forms import give_errors
from portal.lists import Cell
from portal.navigation import Item
from portal.reports import receiving
from portal.tables.faults import Problem
from portal.tables.writing import write_csv
from portal.web import actor, requires, translated

blueprint = Blueprint("placements", __name__)
BLUEPRINTS = (blueprint, strategy_views.blueprint, requests.blueprint, endings.blueprint, unlicensed.blueprint)
NAVIGATION: tuple[Item, ...] = (
    *strategy_views.NAVIGATION,
    {"section": N_("Placing"), "label": N_("Accounts"), "endpoint": "placements.accounts", "icon": "person-lines-fill", "permission": "accounts.view", "order": 20},
    {"section": N_("Placing"), "label": N_("Portfolios"), "endpoint": "placements.portfolios", "icon": "collection", "permission": "accounts.view", "order": 21},
    {"section": N_("Placing"), "label": N_("Plans"), "endpoint": "placements.plans", "icon": "diagram-3", "permission": "plans.view", "order": 22},
    {"section": N_("Placing"), "label": N_("Placements"), "endpoint": "placements.placements", "icon": "briefcase", "permission": "placements.view", "order": 23},
    {"section": N_("Placing"), "label": N_("Recalls"), "endpoint": "placements.recalls", "icon": "arrow-return-left", "permission": "recalls.view", "order": 24},
    {"section": N_("Placing"), "label": N_("Requests"), "endpoint": "requests.index", "icon": "chat-left-text", "permission": "requests.view", "order": 25},
    {"section": N_("Placing"), "label": N_("Deliveries"), "endpoint": "endings.deliveries", "icon": "truck", "permission": "placements.view", "order": 26},
    {"section": N_("Placing"), "label": N_("Returned"), "endpoint": "endings.returned", "icon": "box-arrow-in-left", "permission": "returned.view", "order": 27},
    {"section": N_("Placing"), "label": N_("Deletions"), "endpoint": "endings.deletions", "icon": "eraser", "permission": "deletions.view", "order": 28},
)  # fmt: skip
MOST_PARTS = 1000
tabs.declare((tabs.Tab("placements.of_agency", N_("Placements"), "placements.view", 20),))


# -- accounts ------------------------------------------------------------------------------------------------------------


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


# -- plans ---------------------------------------------------------------------------------------------------------------


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
    return _csv(f"{ref}-accounts", columns, plan_queries.assigned_lines(found.id), lambda row: row[1:])


@blueprint.get("/plans/<ref>/not-placed.csv")
@requires("plans.view")
def plan_left_out(ref: str) -> ResponseReturnValue:
    """Every account that nobody gets, with every reason."""
    found = plan_queries.get(session(), ref)
    texts = ["; ".join(dict.fromkeys(_sentence(Why.of(stored)) for stored in whys)) for whys in found.whys]
    columns = ("account_ref", "jurisdiction", "product", "balance", "currency", "reasons")
    return _csv(
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


# -- placements ----------------------------------------------------------------------------------------------------------


@blueprint.get("/placements")
@requires("placements.view")
def placements() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.placements(actor(), _), queries.placements_list(actor()), name="placements")
    if isinstance(listing, Response):
        return listing
    waiting = (
        len(queries.waiting_for_answer(session(), actor().agency_id or 0)) if actor().may("placements.answer") else 0
    )
    return render_template(
        "placements/placements.html",
        listing=listing,
        waiting=waiting,
        figures=listings.inventory_tiles(queries.inventory_figures(session(), actor()), _),
    )


@blueprint.get("/agencies/<code>/placements")
@requires("placements.view")
def of_agency(code: str) -> ResponseReturnValue:
    agency = agencies.get(session(), actor(), code)
    listing = lists.show(
        actor(), listings.placements(actor(), _), queries.placements_list(actor(), agency.id), name=f"placements-{code}"
    )
    return (
        listing
        if isinstance(listing, Response)
        else render_template("placements/of_agency.html", listing=listing, agency=agency)
    )


@blueprint.get("/placements/inventory.csv")
@requires("placements.view")
def inventory() -> ResponseReturnValue:
    """An agency's whole inventory with what it needs to collect; people of the bank get persons masked."""
    who = actor()

    def lines() -> Iterator[Sequence[Any]]:
        with db.database().reading() as reading:
            for lot in queries.in_pages(reading, queries.placement_list(who)):
                for item in items.placements(reading, who, lot):
                    yield [
                        *(item[name] for name in items.PLAIN),
                        " ".join(item["holds"]),
                        *(item["consumer"].get(name) for name in items.PERSON),
                    ]

    return _download("inventory", (*items.PLAIN, "holds", *items.PERSON), lines())


@blueprint.get("/placements/<ref>")
@requires("placements.view")
def placement(ref: str) -> ResponseReturnValue:
    found = queries.get_placement(session(), actor(), ref)
    person = items.consumer(found.account.consumer, found.account, is_open=found.agency_id == actor().agency_id)
    return render_template(
        "placements/placement.html", placement=found, account=found.account, person=person, words=words,
        holds=queries.open_holds(session(), [found.account_id])[found.account_id], objections=queries.objections_of(session(), found),
        itemized=items.itemized(found.account), refusal_form=RefusalForm(), return_form=ReturnForm(), objection_form=ObjectionForm(),
        balance_form=BalanceForm(), is_new=found.state is PlacementState.PLACED, is_recalled=found.state is PlacementState.RECALL_PENDING,
        may_object=not recall_queries.objected(session(), [found.id]), requests=request_queries.of_account(session(), actor(), found.account),
        documents=request_queries.documents_of(session(), actor(), found.account_id), window=delivery_queries.told_at(session(), [found]).get(found.id),
        now=clock.now(), difference=itemizing.difference(found.account.itemization, found.account.balance),
    )  # fmt: skip


@blueprint.post("/placements/acknowledge-all")
@requires("placements.answer", see="placements.view")
def acknowledge_all() -> ResponseReturnValue:
    """Take everything that waits, with the balances as placed."""
    refs = queries.waiting_for_answer(session(), actor().agency_id or 0)
    rows = [
        (number, {"placement_ref": ref, "accepted": True, "balance": None, "reason": None})
        for number, ref in enumerate(refs, 1)
    ]
    answering.acknowledge(session(), actor(), rows, at=clock.now())
    flash(_("%(count)s accounts acknowledged.", count=len(rows)), "good")
    return redirect(url_for(".placements"), 303)


@blueprint.post("/placements/<ref>/acknowledge")
@requires("placements.answer", see="placements.view")
def acknowledge(ref: str) -> ResponseReturnValue:
    form = BalanceForm()
    if not form.validate():
        raise Invalid(N_("Write the balance as an amount, or leave it empty."))
    row = {"accepted": True, "balance": form.balance.data, "reason": None}
    return _answered(ref, answering.acknowledge, row, _("The account is acknowledged."))


@blueprint.post("/placements/<ref>/refuse")
@requires("placements.answer", see="placements.view")
def refuse(ref: str) -> ResponseReturnValue:
    row = {"accepted": False, "balance": None, "reason": _chosen(RefusalForm())}
    return _answered(
        ref, answering.acknowledge, row, _("The account was refused and is no longer with you."), stays=False
    )


@blueprint.post("/placements/<ref>/return")
@requires("placements.answer", see="placements.view")
def give_back(ref: str) -> ResponseReturnValue:
    form = ReturnForm()
    row = {"reason": _chosen(form), "note": form.note.data}
    return _answered(
        ref, answering.give_back, row, _("The account was given back and is no longer with you."), stays=False
    )


@blueprint.post("/placements/<ref>/object")
@requires("recalls.answer", see="placements.view")
def raise_objection(ref: str) -> ResponseReturnValue:
    form = ObjectionForm()
    evidence = received(form.evidence.data, "evidence")
    row = {"reason": _chosen(form), "note": form.note.data, "evidence": evidence.id if evidence else None}
    return _answered(
        ref, answering.raise_objections, row, _("The bank will decide on your objection. The recall waits until then.")
    )


def _answered(
    ref: str, act: Callable[..., list[Problem]], row: dict[str, Any], message: str, *, stays: bool = True
) -> ResponseReturnValue:
    queries.get_placement(session(), actor(), ref)
    if act(session(), actor(), [(1, {"placement_ref": ref, **row})], at=clock.now()):
        raise Conflict(N_("The placement is no longer in a state that allows this."))
    flash(message, "good")
    return redirect(url_for(".placement", ref=ref) if stays else url_for(".placements"), 303)


def _chosen(form: RefusalForm | ReturnForm | ObjectionForm) -> str:
    if not form.validate():
        raise Invalid(N_("Choose one of the reasons."))
    return str(form.reason.data)


# -- recalls -------------------------------------------------------------------------------------------------------------


@blueprint.get("/recalls")
@requires("recalls.view")
def recalls() -> ResponseReturnValue:
    listing = lists.show(actor(), listings.recalls(actor(), _), recall_queries.visible_to(actor()), name="recalls")
    return listing if isinstance(listing, Response) else render_template("placements/recalls.html", listing=listing)


@blueprint.route("/recalls/new", methods=["GET", "POST"])
@requires("recalls.write", see="recalls.view")
def new_recall() -> ResponseReturnValue:
    """Two steps in one form: count what would be recalled, then recall it."""
    form = RecallForm(request.form if request.method == "POST" else request.args)
    form.agency.choices = [ANY, *(SelectChoice(code) for code in queries.agencies_with_placements(session()))]
    form.portfolio.choices = [ANY, *(SelectChoice(name) for name in queries.portfolio_names(session()))]
    counted: list[tuple[str, int]] | None = None
    if form.validate_on_submit():
        try:
            if request.form.get("act") != "recall":
                counted = recall_queries.count_of(session(), form.wanted())
            else:
                made = recall.request_recall(
                    session(), actor(), form.wanted(), RecallReason(form.reason.data), final_at=form.instant(web.settings().bank_zone),
                    note=form.note.data or "", stop_work=form.stop_work.data, at=clock.now(),
                ).recall  # fmt: skip
                flash(_("%(count)s accounts are being recalled.", count=made.accounts), "good")
                return redirect(url_for(".one_recall", ref=made.ref), 303)
        except Invalid as error:
            give_errors(form, error)
    return render_template(
        "placements/new_recall.html", form=form, counted=counted
    ), 422 if form.errors or form.form_errors else 200


@blueprint.get("/recalls/<ref>")
@requires("recalls.view")
def one_recall(ref: str) -> ResponseReturnValue:
    found = recall_queries.get(session(), actor(), ref)
    listing = lists.show(actor(), listings.recalled(actor()), recall_queries.recalled_list(actor(), found), name=ref)
    if isinstance(listing, Response):
        return listing
    return render_template(
        "placements/recall.html", recall=found, listing=listing, words=words, objections=recall_queries.undecided(session(), actor(), found),
        progress=recall_queries.progress(session(), actor(), [found.id]).get(found.id, {}), form=DecisionForm(),
        minutes=recall_queries.stop_minutes(session(), actor(), found),
    )  # fmt: skip


@blueprint.post("/recalls/<ref>/confirm")
@requires("recalls.answer", see="recalls.view")
def confirm_stop(ref: str) -> ResponseReturnValue:
    """An agency says that work on everything of this recall has stopped now."""
    found, now = recall_queries.get(session(), actor(), ref), clock.now()
    refs = recall_queries.unconfirmed(session(), actor(), found)
    answering.confirm_stop(
        session(),
        actor(),
        [(number, {"placement_ref": one, "stopped_at": now}) for number, one in enumerate(refs, 1)],
        at=now,
    )
    flash(_("You confirmed that work on %(count)s accounts has stopped.", count=len(refs)), "good")
    return redirect(url_for(".one_recall", ref=ref), 303)


@blueprint.post("/recalls/<ref>/withdraw")
@requires("recalls.write", see="recalls.view")
def withdraw_recall(ref: str) -> ResponseReturnValue:
    count = recall.withdraw_recall(session(), actor(), recall_queries.get(session(), actor(), ref), at=clock.now())
    flash(_("The recall was withdrawn; the agencies keep %(count)s accounts.", count=count), "good")
    return redirect(url_for(".one_recall", ref=ref), 303)


@blueprint.post("/objections/<int:objection_id>/keep")
@requires("recalls.write", see="recalls.view")
def keep(objection_id: int) -> ResponseReturnValue:
    form = DecisionForm()
    form.validate()
    return _objection(objection_id, keep=True, days=form.days.data, message=_("The agency keeps the account."))


@blueprint.post("/objections/<int:objection_id>/refuse")
@requires("recalls.write", see="recalls.view")
def refuse_objection(objection_id: int) -> ResponseReturnValue:
    return _objection(objection_id, keep=False, days=None, message=_("The objection was refused; the recall goes on."))


def _objection(objection_id: int, *, keep: bool, days: int | None, message: str) -> ResponseReturnValue:
    objection = recall_queries.get_objection(session(), actor(), objection_id)
    ref = recall_queries.ref_of(session(), objection.recall_id)
    recall.decide_objection(session(), actor(), objection, keep=keep, days=days, at=clock.now())
    flash(message, "good")
    return redirect(url_for(".one_recall", ref=ref), 303)


# -- files ---------------------------------------------------------------------------------------------------------------


def _csv(name: str, columns: Sequence[str], wanted: Any, line: Callable[[Any], Sequence[Any]]) -> Response:
    """A whole list of the database as a file, streamed."""

    def lines() -> Iterator[Sequence[Any]]:
        with db.database().reading() as reading:
            for lot in queries.in_pages(reading, wanted):
                yield from map(line, lot)

    return _download(name, columns, lines())


def _download(name: str, columns: Sequence[str], lines: Iterator[Sequence[Any]]) -> Response:
    response = Response(
        stream_with_context(write_csv(columns, lines, bom=True)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
