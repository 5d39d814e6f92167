"""Pages of evidence packs and of people's rights to their data."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from placements import queries
from placements.models import Consumer
from placements.rights_models import RightKind, RightsCase, RightState
from portal import clock, lists
from portal.db import session
from portal.errors import N_, Invalid
from portal.forms import give_errors
from portal.lists import Cell, Column, Filter, ListSpec
from portal.web import actor, requires
from portal.words_states import STATES
from scorecards import personal_data
from scorecards.forms import RIGHT_KINDS, PurposeForm, RefusalForm, RightForm
from scorecards.queries import files as held

blueprint = Blueprint("rights", __name__)
IN_MEMORY = 8 << 20


@blueprint.route("/accounts/<path:ref>/evidence", methods=["GET", "POST"])
@requires("evidence.pack", see="accounts.view")
def evidence(ref: str) -> ResponseReturnValue:
    """Everything on an account as one ZIP with index and hashes."""
    account, form = queries.get_account(session(), actor(), ref), PurposeForm()
    if not form.validate_on_submit():
        return render_template(
            "scorecards/evidence.html", account=account, form=form
        ), 422 if form.is_submitted() else 200
    target = _target()
    personal_data.pack_evidence(session(), actor(), account, form.purpose.data, target)
    return _zip(target, f"evidence-{account.account_ref}")


@blueprint.get("/rights")
@requires("rights.view")
def index() -> ResponseReturnValue:
    """People's requests about their data."""
    listing = lists.show(actor(), _listing(), held.rights_list(), name="rights")
    return listing if isinstance(listing, Response) else render_template("scorecards/rights.html", listing=listing)


@blueprint.route("/rights/new", methods=["GET", "POST"])
@requires("rights.manage", see="rights.view")
def new() -> ResponseReturnValue:
    """Write down what a person asks for."""
    form = RightForm()
    if form.validate_on_submit():
        try:
            made = personal_data.open_case(
                session(), actor(), _consumer(form.consumer.data or ""), RightKind(form.kind.data), received_on=form.received_on.data,
                note=form.note.data or "", at=clock.now(),
            )  # fmt: skip
        except Invalid as error:
            give_errors(form, error)
        else:
            return redirect(url_for(".case", ref=made.ref), 303)
    return render_template("scorecards/new_right.html", form=form), 422 if form.is_submitted() else 200


@blueprint.get("/rights/<ref>")
@requires("rights.view")
def case(ref: str) -> ResponseReturnValue:
    """One case: what is asked, what stands against it, what was done."""
    return _case(held.get_case(session(), ref))


@blueprint.post("/rights/<ref>/export")
@requires("rights.manage", see="rights.view")
def export(ref: str) -> ResponseReturnValue:
    """Everything that is held of the person, as one ZIP."""
    found, target = held.get_case(session(), ref, to_answer=True), _target()
    personal_data.export(session(), actor(), found, target, at=clock.now())
    return _zip(target, f"personal-data-{ref}")


@blueprint.post("/rights/<ref>/erase")
@requires("rights.manage", see="rights.view")
def erase(ref: str) -> ResponseReturnValue:
    """Take out what identifies the person."""
    personal_data.erase(session(), actor(), held.get_case(session(), ref, to_answer=True), at=clock.now())
    flash(_("What identified the person is erased."), "good")
    return redirect(url_for(".case", ref=ref), 303)


@blueprint.post("/rights/<ref>/refuse")
@requires("rights.manage", see="rights.view")
def refuse(ref: str) -> ResponseReturnValue:
    """Refuse with a reason."""
    found, form = held.get_case(session(), ref, to_answer=True), RefusalForm()
    if not form.validate():
        return _case(found, form), 422
    personal_data.refuse(session(), actor(), found, answer=form.answer.data or "", at=clock.now())
    flash(_("The request is refused."), "good")
    return redirect(url_for(".case", ref=ref), 303)


def _case(found: RightsCase, form: RefusalForm | None = None) -> str:
    accounts = held.accounts_of(session(), found.consumer)
    is_open = found.state is RightState.OPEN
    return render_template(
        "scorecards/right.html", case=found, accounts=accounts, is_open=is_open, is_access=found.kind is RightKind.ACCESS,
        kind=_(RIGHT_KINDS[found.kind]), form=form or RefusalForm(formdata=None), holders=held.undeleted_at(session(), [one.id for one in accounts]),
        reasons=[_(one) for one in personal_data.why_not_erased(session(), accounts)] if is_open and found.kind is RightKind.ERASURE else [],
    )  # fmt: skip


def _consumer(ref: str) -> Consumer:
    found = queries.people(session(), [ref.strip()])
    if not found:
        raise Invalid(N_("There is no such consumer."), fields={"consumer": N_("There is no such consumer.")})
    return found[0]


def _target() -> BinaryIO:
    return cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))


def _zip(target: BinaryIO, name: str) -> Response:
    target.seek(0)
    safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
    return send_file(target, mimetype="application/zip", as_attachment=True, download_name=f"{safe}.zip")


def _listing() -> ListSpec:
    table = RightsCase.__table__
    states = tuple((state.value, str(STATES["right"][state].label)) for state in RightState)

    def due(row: Any) -> Cell:
        late = row[0].state is RightState.OPEN and row[0].due_on < clock.today()
        return Cell(row[0].due_on, tone="bad" if late else None)

    return ListSpec(
        page="rights", key=table.c.id, order="-received",
        columns=(
            Column("right", N_("Right"), lambda row: Cell(_(RIGHT_KINDS[row[0].kind]), url=f"/rights/{row[0].ref}", hint=row[0].ref), sort=table.c.kind),
            Column("consumer", N_("Consumer"), lambda row: row[1].consumer_ref, sort=Consumer.__table__.c.consumer_ref),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="right", sort=table.c.state),
            Column("received", N_("Received on"), lambda row: row[0].received_on, kind="date", sort=table.c.received_on),
            Column("due", N_("Answer due"), due, kind="date", sort=table.c.due_on),
            Column("decided_by", N_("Answered by"), lambda row: row[0].decided_by),
        ),
        filters=(Filter("state", N_("State"), lambda value: RightsCase.state == value if value in set(RightState) else None, kind="choice", choices=states),),
        empty={"title": N_("Nobody has asked"), "text": N_("People may see their data or have it erased; what they ask for is answered within a month.")},
    )  # fmt: skip
