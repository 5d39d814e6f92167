"""Pages around the beginning and the end of placements: deliveries, proposals to recall, next steps, proofs of deletion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from placements import (
    delivery_queries,
    ending_queries,
    endings,
    items,
    proposal_queries,
    proposing,
    queries,
    recall_queries,
    words,
)
from placements.ending_models import ProposalState
from placements.forms import NoteForm
from placements.pages import listings
from placements.pages.forms import AcceptForm, ProofForm
from placements.pages.papers import attachment, received
from portal import clock, db, lists, web
from portal.db import session
from portal.errors import Invalid, NotFound
from portal.files import StoredFile
from portal.forms import give_errors
from portal.tables.writing import write_csv
from portal.web import actor, requires

blueprint = Blueprint("endings", __name__)


# -- deliveries ----------------------------------------------------------------------------------------------------------


@blueprint.get("/deliveries")
@requires("placements.view")
def deliveries() -> ResponseReturnValue:
    """What plans brought to agencies, with control totals."""
    wanted = delivery_queries.deliveries_list(actor())
    listing = lists.show(actor(), listings.deliveries(actor(), _), wanted, name="deliveries")
    return listing if isinstance(listing, Response) else render_template("placements/deliveries.html", listing=listing)


@blueprint.get("/deliveries/<plan_ref>/<code>.csv")
@requires("placements.view")
def delivery(plan_ref: str, code: str) -> ResponseReturnValue:
    """One delivery as a file; its control totals stand in the headers `Control-Rows` and `Control-Amount`."""
    who = actor()
    wanted = delivery_queries.delivered(session(), who, plan_ref, code)
    rows, amount = delivery_queries.control_totals(session(), wanted)

    def lines() -> Iterator[Sequence[Any]]:
        with db.database().reading() as reading:
            for lot in queries.in_pages(reading, wanted):
                for item in items.placements(reading, who, lot):
                    yield [
                        *(item[name] for name in items.PLAIN),
                        " ".join(item["holds"]),
                        *(item["consumer"].get(name) for name in items.PERSON),
                    ]

    columns = (*items.PLAIN, "holds", *items.PERSON)
    response = Response(
        stream_with_context(write_csv(columns, lines(), bom=True)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{plan_ref}-{code}.csv"'
    response.headers["Control-Rows"], response.headers["Control-Amount"] = str(rows), str(amount)
    return response


# -- proposals -----------------------------------------------------------------------------------------------------------


@blueprint.get("/recalls/proposals")
@requires("proposals.view")
def proposals() -> ResponseReturnValue:
    """What the policies would recall."""
    listing = lists.show(actor(), listings.proposals(_), proposal_queries.proposals_list(), name="proposals")
    return listing if isinstance(listing, Response) else render_template("placements/proposals.html", listing=listing)


@blueprint.get("/recalls/proposals/<ref>")
@requires("proposals.view")
def proposal(ref: str) -> ResponseReturnValue:
    """One proposal with its accounts and their figures."""
    return _proposal(ref)


@blueprint.post("/recalls/proposals/<ref>/accept")
@requires("recalls.write", see="proposals.view")
def accept(ref: str) -> ResponseReturnValue:
    """Recall what is proposed."""
    found, form = proposal_queries.get(session(), ref), AcceptForm()
    if not form.validate():
        return _proposal(ref, form), 422
    made = proposing.accept(
        session(), actor(), found, final_at=form.instant(web.settings().bank_zone), note=form.note.data or "", at=clock.now()
    )  # fmt: skip
    flash(_("%(count)s accounts are being recalled.", count=made.accounts), "good")
    return redirect(url_for("placements.one_recall", ref=made.ref), 303)


@blueprint.post("/recalls/proposals/<ref>/dismiss")
@requires("recalls.write", see="proposals.view")
def dismiss(ref: str) -> ResponseReturnValue:
    """Leave the accounts where they are."""
    found = proposal_queries.get(session(), ref)
    proposing.dismiss(session(), actor(), found, note=NoteForm().note.data or "", at=clock.now())
    flash(_("The accounts stay. They are not proposed again by this policy for a while."), "good")
    return redirect(url_for(".proposals"), 303)


def _proposal(ref: str, form: AcceptForm | None = None) -> Response | str:
    found = proposal_queries.get(session(), ref)
    listing = lists.show(actor(), listings.proposed(_), proposal_queries.lines_list(found), name=ref)
    if isinstance(listing, Response):
        return listing
    return render_template(
        "placements/proposal.html", proposal=found, listing=listing, form=form or AcceptForm(formdata=None), words=words,
        is_open=found.state is ProposalState.OPEN, recall=recall_queries.ref_of(session(), found.recall_id) if found.recall_id else None,
    )  # fmt: skip


# -- next steps ----------------------------------------------------------------------------------------------------------


@blueprint.get("/returned")
@requires("returned.view")
def returned() -> ResponseReturnValue:
    """What happens next to accounts that came back."""
    listing = lists.show(actor(), listings.steps(_), ending_queries.steps_list(), name="returned")
    return listing if isinstance(listing, Response) else render_template("placements/returned.html", listing=listing)


@blueprint.post("/returned/<ref>/take")
@requires("returned.work", see="returned.view")
def take(ref: str) -> ResponseReturnValue:
    """Make a step one's own."""
    step = endings.take(session(), actor(), ending_queries.get_step(session(), ref))
    flash(_("The next step is yours."), "good")
    return redirect(url_for("placements.account", account_ref=step.account.account_ref), 303)


@blueprint.post("/returned/<ref>/done")
@requires("returned.work", see="returned.view")
def done(ref: str) -> ResponseReturnValue:
    """Say what was done."""
    step = ending_queries.get_step(session(), ref)
    endings.finish(session(), actor(), step, note=NoteForm().note.data or "", at=clock.now())
    flash(_("The step is done."), "good")
    return redirect(url_for("placements.account", account_ref=step.account.account_ref), 303)


# -- proofs of deletion --------------------------------------------------------------------------------------------------


@blueprint.route("/deletions", methods=["GET"])
@requires("deletions.view")
def deletions() -> ResponseReturnValue:
    """Which proofs are owed and given."""
    return _deletions(ProofForm(formdata=None))


@blueprint.post("/deletions")
@requires("deletions.prove", see="deletions.view")
def prove() -> ResponseReturnValue:
    """Prove that what was held is deleted."""
    form = ProofForm()
    if not form.validate():
        return _deletions(form), 422
    try:
        count = endings.prove_deletion(
            session(), actor(), form.refs(), deleted_on=form.deleted_on.data, method=form.method.data or "",
            certificate=received(form.certificate.data, "certificate"), at=clock.now(),
        )  # fmt: skip
    except Invalid as error:
        give_errors(form, error)
        return _deletions(form), error.status
    flash(_("You proved the deletion of %(count)s accounts.", count=count), "good")
    return redirect(url_for(".deletions"), 303)


@blueprint.get("/deletions/<ref>/certificate")
@requires("deletions.view")
def certificate(ref: str) -> ResponseReturnValue:
    """The certificate that came with a proof."""
    file = ending_queries.certificate_of(session(), actor(), ref).certificate
    assert file is not None
    return attachment(file)


def _deletions(form: ProofForm) -> Response | str:
    listing = lists.show(
        actor(), listings.deletions(actor(), _), ending_queries.deletions_list(actor()), name="deletions"
    )
    return (
        listing
        if isinstance(listing, Response)
        else render_template("placements/deletions.html", listing=listing, form=form)
    )


@blueprint.get("/objections/<int:objection_id>/evidence")
@requires("recalls.view")
def objection_evidence(objection_id: int) -> ResponseReturnValue:
    """The file that came with an objection."""
    objection = recall_queries.get_objection(session(), actor(), objection_id)
    file = session().get(StoredFile, objection.evidence_id) if objection.evidence_id else None
    if file is None:
        raise NotFound
    return attachment(file)
