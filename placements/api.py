"""The API's calls about accounts, plans, placements and recalls (contract, section 3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from flask import Response, jsonify, request
from flask_babel import get_locale
from flask_babel import gettext as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from placements import (
    answering,
    answers,
    items,
    placing,
    plan_queries,
    planning,
    queries,
    recall,
    recall_queries,
    request_items,
    request_queries,
    requesting,
)
from placements.authority import Terms
from placements.drafting import Selection
from placements.models import Placement, PlacementState, Plan, Product, RecallReason
from placements.planning import Wish
from placements.recall_queries import Wanted
from placements.request_models import Ability, Request, RequestKind, RequestState, Willingness
from portal import api, clock, paging, uploads, web
from portal.db import session
from portal.errors import N_, Invalid, NotFound
from portal.openapi import page_of
from portal.reports import web as reports
from portal.tables.faults import Problem
from portal.uploads import Parsed, Upload

blueprint = api.blueprint("placements", __name__)
BLUEPRINTS = (blueprint,)

Code = TypeVar("Code", bound=StrEnum)
PAGES = {"limit": "at most 1000", "cursor": "next of the page before"}
LONGEST_NAME = 200
Text = Annotated[str, Field(max_length=4000)]
Refs = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=500_000)]


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


_TEXT, _NUMBER, _MAYBE = {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}
PLACEMENT = _object(
    *items.PLACEMENT_COLUMNS, placement_ref=_TEXT, account_ref=_TEXT, state={"enum": [state.value for state in PlacementState]},
    placed_at=_TEXT, balance=_TEXT, currency=_TEXT, due_back_on=_TEXT, holds={"type": "array", "items": _TEXT},
    consumer={"type": "object"}, itemization={"type": "object"},
)  # fmt: skip
RECALLED = _object(
    *items.RECALL_COLUMNS, recall=_TEXT, placement_ref=_TEXT, account_ref=_TEXT, state={"enum": ["pending", "final"]}, reason=_TEXT,
    requested_at=_TEXT, final_at=_TEXT, stopped_at=_MAYBE, note=_TEXT,
)  # fmt: skip
_REASON = _object("code", "agency", "message", code=_TEXT, agency=_MAYBE, message=_TEXT)
PLAN = _object(
    "id", "state", "seed", "effective_at", "accounts", "balance", "by_agency", "unplaced", id=_TEXT, state=_TEXT,
    seed={"type": ["string", "integer"]}, effective_at=_TEXT, accounts=_NUMBER, balance=_TEXT, currency=_MAYBE,
    by_agency={"type": "array", "items": _object("agency", "accounts", "balance", agency=_TEXT, accounts=_NUMBER, balance=_TEXT)},
    unplaced={"type": "array", "items": _object("account_ref", "reasons", account_ref=_TEXT, reasons={"type": "array", "items": _REASON})},
)  # fmt: skip
REQUEST = _object(
    *request_items.COLUMNS, id=_TEXT, kind={"enum": [kind.value for kind in RequestKind]}, state={"enum": [state.value for state in RequestState]},
    placement_ref=_TEXT, account_ref=_TEXT, terms={"type": "object"}, note=_TEXT, delegated={"type": "boolean"}, beyond={"type": "array", "items": {"type": "object"}},
    answer=_TEXT, granted={"type": ["object", "null"]}, asked_at=_TEXT, due_at=_TEXT, decided_at=_MAYBE,
)  # fmt: skip
RECALL = _object("id", "reason", "accounts", "final_at", id=_TEXT, reason=_TEXT, accounts=_NUMBER, final_at=_TEXT)
ROWS = {"$ref": "#/components/schemas/RowsAnswer"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlanBody(_Body):
    """What to plan: a portfolio, and who may take part (everybody on the panel if it is left out).

    `by_strategy`: the strategy in force splits it, instead of equal parts.
    """

    portfolio: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    agencies: Annotated[list[str], Field(min_length=1)] | None = None
    seed: int | Annotated[str, Field(max_length=200)] | None = None
    effective_at: AwareDatetime | None = None
    by_strategy: bool = False


class PlacementBody(_Body):
    """Accounts for one agency, chosen by hand; the same eligibility as in any plan."""

    agency: str
    account_refs: Refs | None = None
    portfolio: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    effective_at: AwareDatetime | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.account_refs is None) == (self.portfolio is None):
            raise ValueError("give account_refs or portfolio")
        return self


Amount = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=2)]


class TermsBody(BaseModel):
    """What is asked for. Terms without a name here are kept for the person who decides."""

    model_config = ConfigDict(extra="allow")

    amount: Amount | None = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    waived: Amount | None = None
    instalments: Annotated[int, Field(ge=1, le=600)] | None = None
    due_on: date | None = None
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    willingness: Willingness = Willingness.UNKNOWN
    ability: Ability = Ability.UNKNOWN

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        if len(json.dumps(self.model_extra, default=str)) > 4000:
            raise ValueError("terms without a name of their own have at most 4000 characters")
        return self


class RequestBody(_Body):
    """What an agency asks for on one account that it holds, named by its own or its placement's reference."""

    account_ref: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    placement_ref: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    kind: RequestKind
    terms: TermsBody = TermsBody()
    note: Text = ""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.account_ref is None) == (self.placement_ref is None):
            raise ValueError("give account_ref or placement_ref")
        return self

    def ask(self) -> requesting.Ask:
        """The body as the act takes it."""
        told = self.terms
        terms = Terms(told.amount, told.waived, told.instalments, told.due_on, told.days)
        return requesting.Ask(
            self.kind, terms, self.note, told.willingness, told.ability, told.model_extra or {}, told.currency
        )


class NoteBody(_Body):
    """What goes with a decision."""

    note: Text = ""
    reason: Text = ""


class FilterBody(_Body):
    """Conditions on placements; all that are given must fit."""

    agency: str | None = None
    portfolio: str | None = None
    product: Product | None = None
    jurisdiction: str | None = None
    placed_before: date | None = None
    due_before: date | None = None


class RecallBody(_Body):
    """What to take back, why, and when that is final."""

    account_refs: Refs | None = None
    filter: FilterBody | None = None
    reason: RecallReason
    final_at: AwareDatetime
    note: Text = ""
    stop_work: bool = False


# -- accounts ------------------------------------------------------------------------------------------------------------


@blueprint.post("/accounts")
@api.endpoint("accounts.import", "Bring in accounts", tag="Accounts", see="accounts.view", upload=True, waits=True,
              query={"mode": "partial (default) or atomic", "portfolio": "put every account into this portfolio"},
              answers={200: {"type": "object"}, 202: {"type": "object"}})  # fmt: skip
def post_accounts(received: Upload) -> Response:
    portfolio = request.args.get("portfolio")
    if portfolio is not None and not 1 <= len(portfolio) <= LONGEST_NAME:
        raise Invalid(
            N_("A portfolio has a name of 1 to %(most)s characters."),
            most=LONGEST_NAME,
            fields={"portfolio": N_("Write a shorter name, or leave the parameter out.")},
        )
    options = {"portfolio": portfolio} if portfolio is not None else None
    return reports.accept(reports.kind_for(web.actor(), "accounts"), received, options)


# -- an agency's placements ----------------------------------------------------------------------------------------------


@blueprint.get("/placements")
@api.endpoint("placements.view", "Placements: an agency's own while they are open", tag="Placements",
              query={"state": "one or more states, with commas between them", "updated_since": "changed since this instant", **PAGES},
              answers={200: page_of(PLACEMENT)})  # fmt: skip
def get_placements() -> Response:
    who = web.actor()
    wanted = queries.placement_list(who, states=_among("state", PlacementState), updated_since=_updated_since())

    def serialise(reading: Any, rows: Sequence[Any]) -> list[dict[str, Any]]:
        return items.placements(reading, who, rows)

    return paging.answer(wanted, Placement.__table__.c.id, serialise, items.PLACEMENT_COLUMNS)


@blueprint.post("/placements/acknowledgements")
@api.endpoint("placements.answer", "Acknowledge or refuse placements", tag="Placements", see="placements.view",
              rows=answers.ACKNOWLEDGEMENTS, answers={200: ROWS})  # fmt: skip
def post_acknowledgements(parsed: Parsed) -> Response:
    return _answered(parsed, answering.acknowledge)


@blueprint.post("/returns")
@api.endpoint("placements.answer", "Close placements and give the accounts back", tag="Placements", see="placements.view",
              rows=answers.RETURNS, answers={200: ROWS})  # fmt: skip
def post_returns(parsed: Parsed) -> Response:
    return _answered(parsed, answering.give_back)


@blueprint.get("/recalls")
@api.endpoint("recalls.view", "Pending and final recalls", tag="Recalls", query=PAGES, answers={200: page_of(RECALLED)})
def get_recalls() -> Response:
    wanted = recall_queries.recalled_placements(web.actor())
    return paging.answer(
        wanted, Placement.__table__.c.id, lambda _session, rows: items.recalled(rows), items.RECALL_COLUMNS
    )


@blueprint.post("/recalls/confirmations")
@api.endpoint("recalls.answer", "Prove that work on recalled accounts stopped", tag="Recalls", see="recalls.view",
              rows=answers.CONFIRMATIONS, answers={200: ROWS})  # fmt: skip
def post_confirmations(parsed: Parsed) -> Response:
    return _answered(parsed, answering.confirm_stop)


@blueprint.post("/recalls/objections")
@api.endpoint("recalls.answer", "Ask to keep accounts that are being recalled", tag="Recalls", see="recalls.view",
              rows=answers.OBJECTIONS, answers={200: ROWS})  # fmt: skip
def post_objections(parsed: Parsed) -> Response:
    return _answered(parsed, answering.raise_objections)


def _answered(parsed: Parsed, act: Callable[..., list[Problem]]) -> Response:
    found = act(session(), web.actor(), parsed.rows, at=clock.now())
    problems = sorted([*parsed.problems, *map(uploads.shown, found)], key=lambda problem: problem["row"])
    return api.rows_answer(len(parsed.rows) - len(found), parsed.rejected + len(found), problems)


def _among(name: str, kind: type[Code]) -> list[Code]:
    """The codes that a parameter names, with commas between them. Raises Invalid for one that there is not."""
    wanted = [part.strip() for part in request.args.get(name, "").split(",") if part.strip()]
    if unknown := [part for part in wanted if part not in set(kind)]:
        raise Invalid(
            N_("There is no %(name)s %(value)s."),
            fields={name: N_("Write codes of the contract.")},
            name=name,
            value=unknown[0],
        )
    return [kind(part) for part in wanted]


def _updated_since() -> datetime | None:
    text = request.args.get("updated_since")
    if not text:
        return None
    try:
        # A plus sign that was not escaped arrives as a blank.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Invalid(
            N_("updated_since is an instant with its offset."),
            fields={"updated_since": N_("Write an instant such as 2026-01-31T14:05:00Z.")},
        )
    return instant


@blueprint.post("/requests")
@api.endpoint("requests.ask", "Ask for something on an account: granted at once within the contract's limits", tag="Requests",
              see="requests.view", body=RequestBody, answers={201: REQUEST})  # fmt: skip
def post_requests(body: RequestBody) -> Response:
    found = _held(body)
    made = requesting.ask(session(), web.actor(), found, body.ask(), at=clock.now())
    response = jsonify(request_items.request(made, request_queries.arrangement_of(session(), made)))
    response.status_code = 201
    return response


@blueprint.get("/requests")
@api.endpoint("requests.view", "Requests with their answers", tag="Requests",
              query={"state": "one or more states, with commas between them", "kind": "one or more kinds, with commas between them", **PAGES},
              answers={200: page_of(REQUEST)})  # fmt: skip
def get_requests() -> Response:
    states, kinds = _among("state", RequestState), _among("kind", RequestKind)
    wanted = request_queries.request_list(web.actor(), states=states, kinds=kinds)

    def serialise(reading: Any, rows: Sequence[Any]) -> list[dict[str, Any]]:
        return request_items.requests(reading, [row[0] for row in rows])

    return paging.answer(wanted, Request.__table__.c.id, serialise, request_items.COLUMNS)


def _held(body: RequestBody) -> Placement:
    """The placement that a request is about. What is not the caller's reads like what does not exist."""
    who = web.actor()
    if body.account_ref is not None:
        found = queries.placement_of_account(session(), who, body.account_ref)
    else:
        try:
            found = queries.get_placement(session(), who, body.placement_ref or "")
        except NotFound:
            found = None
    if found is None:
        name = "account_ref" if body.account_ref is not None else "placement_ref"
        raise Invalid(N_("Name an account that you hold now."), fields={name: N_("Name an account that you hold now.")})
    return found


# -- plans ---------------------------------------------------------------------------------------------------------------


@blueprint.post("/placements")
@api.endpoint(
    "plans.write",
    "Place accounts by hand: a plan, submitted",
    tag="Plans",
    see="plans.view",
    body=PlacementBody,
    answers={201: PLAN},
)
def post_placements(body: PlacementBody) -> Response:
    selection = Selection(body.portfolio, tuple(dict.fromkeys(body.account_refs or ())))
    wish = Wish(selection, {body.agency: 1.0}, "", body.reason, effective_at=body.effective_at, by_hand=True)
    now = clock.now()
    made = planning.draft_plan(session(), web.actor(), wish, at=now, may_backdate=web.settings().allow_backdating)
    return _plan(planning.submit_plan(session(), web.actor(), made, at=now), 201)


@blueprint.post("/plans")
@api.endpoint("plans.write", "Draft a plan", tag="Plans", see="plans.view", body=PlanBody, answers={201: PLAN})
def post_plans(body: PlanBody) -> Response:
    weights = dict.fromkeys(body.agencies or (), 1.0)
    wish = Wish(
        Selection(body.portfolio), weights, seed=body.seed, effective_at=body.effective_at, by_strategy=body.by_strategy
    )
    made = planning.draft_plan(
        session(), web.actor(), wish, at=clock.now(), may_backdate=web.settings().allow_backdating
    )
    return _plan(made, 201)


@blueprint.get("/plans/<ref>")
@api.endpoint("plans.view", "One plan", tag="Plans", answers={200: PLAN})
def get_plan(ref: str) -> Response:
    return _plan(plan_queries.get(session(), ref))


@blueprint.post("/plans/<ref>/submit")
@api.endpoint(
    "plans.write", "Hand a plan in for approval", tag="Plans", see="plans.view", keyed=True, answers={200: PLAN}
)
def submit_plan(ref: str) -> Response:
    return _plan(planning.submit_plan(session(), web.actor(), plan_queries.get(session(), ref), at=clock.now()))


@blueprint.post("/plans/<ref>/approve")
@api.endpoint("plans.approve", "Approve a plan that another person submitted", tag="Plans", see="plans.view", keyed=True, body=NoteBody,
              answers={200: PLAN})  # fmt: skip
def approve_plan(ref: str, body: NoteBody) -> Response:
    found = plan_queries.get(session(), ref)
    return _plan(planning.approve_plan(session(), web.actor(), found, note=body.note or body.reason, at=clock.now()))


@blueprint.post("/plans/<ref>/return")
@api.endpoint(
    "plans.approve", "Send a plan back", tag="Plans", see="plans.view", keyed=True, body=NoteBody, answers={200: PLAN}
)
def return_plan(ref: str, body: NoteBody) -> Response:
    found = plan_queries.get(session(), ref)
    return _plan(planning.return_plan(session(), web.actor(), found, note=body.note or body.reason, at=clock.now()))


@blueprint.post("/plans/<ref>/place")
@api.endpoint("plans.place", "Place an approved plan", tag="Plans", see="plans.view", keyed=True, answers={200: PLAN})
def place_plan(ref: str) -> Response:
    return _plan(placing.place_plan(session(), web.actor(), plan_queries.get(session(), ref), at=clock.now()))


@blueprint.post("/plans/<ref>/cancel")
@api.endpoint("plans.write", "Give a plan up", tag="Plans", see="plans.view", keyed=True, answers={200: PLAN})
def cancel_plan(ref: str) -> Response:
    return _plan(planning.cancel_plan(session(), web.actor(), plan_queries.get(session(), ref), at=clock.now()))


def _plan(found: Plan, status: int = 200) -> Response:
    response = jsonify(items.plan(session(), found, _, str(get_locale() or "en")))
    response.status_code = status
    if status == 201:
        response.headers["Location"] = f"/api/v1/plans/{found.ref}"
    return response


# -- recalls -------------------------------------------------------------------------------------------------------------


@blueprint.post("/recalls")
@api.endpoint(
    "recalls.write", "Recall accounts", tag="Recalls", see="recalls.view", body=RecallBody, answers={201: RECALL}
)
def post_recalls(body: RecallBody) -> Response:
    conditions = body.filter.model_dump() if body.filter else {}
    wanted = Wanted(account_refs=tuple(dict.fromkeys(body.account_refs or ())), **conditions)
    made = recall.request_recall(
        session(),
        web.actor(),
        wanted,
        body.reason,
        final_at=body.final_at,
        note=body.note,
        stop_work=body.stop_work,
        at=clock.now(),
    )
    response = jsonify(items.requested(made))
    response.status_code = 201
    return response
