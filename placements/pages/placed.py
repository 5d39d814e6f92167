"""Pages about placements: what is with whom, and what an agency answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import queries as agencies
from placements import (
    answering,
    delivery_queries,
    itemizing,
    items,
    listings,
    queries,
    recall_queries,
    request_queries,
    words,
)
from placements.forms import (
    BalanceForm,
    ObjectionForm,
    RefusalForm,
    ReturnForm,
)
from placements.models import PlacementState
from placements.pages import blueprint
from placements.pages.downloads import stream
from placements.pages.papers import received
from portal import clock, db, lists
from portal.db import session
from portal.errors import N_, Conflict, Invalid
from portal.tables.faults import Problem
from portal.web import actor, requires


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

    return stream("inventory", (*items.PLAIN, "holds", *items.PERSON), lines())


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
