"""Pages about recalls and the objections to them."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from placements import (
    answering,
    listings,
    queries,
    recall,
    recall_queries,
    words,
)
from placements.forms import (
    ANY,
    DecisionForm,
    RecallForm,
)
from placements.models import RecallReason
from placements.pages import blueprint
from portal import clock, lists, web
from portal.db import session
from portal.errors import Invalid
from portal.forms import give_errors
from portal.web import actor, requires


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
