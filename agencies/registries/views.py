"""Pages about registers: what each said of an agency, what sanctions lists may mean, what is told of it elsewhere. For the bank alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import keeping
from agencies.models import Agency
from agencies.pages import accepted, agency_of, attachment, back, form_page, today
from agencies.registries import adverse as telling
from agencies.registries import asking, charts, listings, peers, queries, watching
from agencies.registries.forms import (
    ADVERSE_LABELS,
    KIND_LABELS,
    VERDICT_LABELS,
    AdverseForm,
    DecisionForm,
    NoteForm,
    NumberForm,
    VerdictForm,
    WatchForm,
)
from agencies.registries.models import AdverseEvent, NameKind, Verdict
from agencies.registries.statements import PLAIN, WHAT, Statement
from agencies.registries.table import CFPB, LABELS, LISTS, REGISTERS, is_on
from portal import clock, lists
from portal.db import session
from portal.errors import Invalid, NotFound
from portal.web import actor, requires

blueprint = Blueprint("registries", __name__, url_prefix="/agencies")
MONTHS_SHOWN = 13
PEERS_SHOWN = 15


# -- registers -------------------------------------------------------------------------------------------------------------


@blueprint.get("/<code>/registers")
@requires("registers.view")
def registers(code: str) -> ResponseReturnValue:
    """What each register says of an agency now, and everything it ever said."""
    agency = agency_of(code)
    listing = lists.show(actor(), listings.answers(code), queries.answers_list(agency), name=f"registers-{code}")
    if isinstance(listing, Response):
        return listing
    numbers = {one.register: one for one in queries.known(session(), [agency.id])}
    latest = queries.latest(session(), agency.id)
    rows = [
        {"name": name, "label": LABELS[name], "on": is_on(name), "known": numbers.get(name), "last": latest.get(name)}
        for name in (*REGISTERS, CFPB)
    ]
    entries = queries.entries_of(session(), agency.id)
    return render_template("agencies/registers.html", agency=agency, listing=listing, rows=rows, entries=entries)


@blueprint.post("/<code>/registers/<register>/ask")
@requires("registers.ask", see="registers.view")
def ask(code: str, register: str) -> ResponseReturnValue:
    """Have a register asked now, in the background."""
    asking.order(session(), actor(), agency_of(code), register)
    return back(_("The register is being asked. Look again in a moment."), ".registers", code=code)


@blueprint.post("/<code>/registers/<register>/number")
@requires("registers.ask", see="registers.view")
def number(code: str, register: str) -> ResponseReturnValue:
    """Enter under which number or name the agency stands in a register."""
    asking.enter(session(), actor(), agency_of(code), register, NumberForm().number.data or "", at=clock.now())
    return back(_("The number is saved."), ".registers", code=code)


@blueprint.get("/<code>/registers/<ref>")
@requires("registers.view")
def answer(code: str, ref: str) -> ResponseReturnValue:
    """One answer: what it says, what differs, and the decision on it."""
    agency = agency_of(code)
    found = queries.answer(session(), agency, ref)
    return render_template(
        "agencies/register_answer.html",
        agency=agency,
        answer=found,
        label=LABELS[found.register],
        said=Statement.of_json(found.statement) if found.statement else None,
        what=WHAT,
        plain=PLAIN,
        credential=queries.credential_of(session(), found),
        stopped=asking.is_stopped(session(), found),
        verdicts=VERDICT_LABELS,
        form=VerdictForm(),
    )


@blueprint.get("/<code>/registers/<ref>/evidence")
@requires("registers.view")
def evidence(code: str, ref: str) -> ResponseReturnValue:
    """The conversation with the register, word for word."""
    found = queries.answer(session(), agency_of(code), ref)
    return attachment(queries.file(session(), found.evidence_id))


@blueprint.post("/<code>/registers/<ref>/see")
@requires("registers.judge", see="registers.view")
def see(code: str, ref: str) -> ResponseReturnValue:
    """Say what a difference comes to."""
    form = VerdictForm()
    if form.verdict.data not in set(Verdict):
        raise Invalid(_("Choose what it comes to."))
    found = queries.answer(session(), agency_of(code), ref)
    asking.see(session(), actor(), found, Verdict(form.verdict.data), note=form.note.data or "", at=clock.now())
    return back(_("What the register said is dealt with."), ".answer", code=code, ref=ref)


# -- screening -------------------------------------------------------------------------------------------------------------


@blueprint.get("/<code>/screening")
@requires("registers.view")
def screening(code: str) -> ResponseReturnValue:
    """Whose names are looked for, when each list was last looked through, what was found."""
    agency = agency_of(code)
    listing = lists.show(actor(), listings.hits(code), queries.hits_list(agency), name=f"screening-{code}")
    if isinstance(listing, Response):
        return listing
    runs = queries.last_runs(session())
    return render_template(
        "agencies/screening.html",
        agency=agency,
        listing=listing,
        names=queries.names_of(session(), agency.id),
        kinds=KIND_LABELS,
        lists=[
            {"name": name, "label": label, "on": is_on(name), "run": runs.get(name)} for name, label in LISTS.items()
        ],
    )


@blueprint.route("/<code>/screening/new", methods=["GET", "POST"])
@requires("registers.ask", see="registers.view")
def watch(code: str) -> ResponseReturnValue:
    """Look for another name from now on."""
    agency, form = agency_of(code), WatchForm()
    added = accepted(
        form,
        lambda: watching.watch(
            session(),
            actor(),
            agency,
            form.name.data,
            NameKind(form.kind.data),
            source=form.source.data,
            at=clock.now(),
        ),
    )
    if added is None:
        return form_page(form, _("Look for a name"), _("Look for the name"), url_for(".screening", code=code), agency)
    return back(_("The name is looked for from now on."), ".screening", code=code)


@blueprint.post("/<code>/screening/names/<int:name_id>/end")
@requires("registers.ask", see="registers.view")
def let_go(code: str, name_id: int) -> ResponseReturnValue:
    """Look for a name no longer."""
    agency = agency_of(code)
    watching.let_go(session(), actor(), agency, queries.name_of(session(), agency, name_id), at=clock.now())
    return back(_("The name is no longer looked for."), ".screening", code=code)


@blueprint.get("/<code>/screening/<ref>")
@requires("registers.view")
def hit(code: str, ref: str) -> ResponseReturnValue:
    """One entry of a list that a name may mean, and the decision."""
    agency = agency_of(code)
    found = queries.hit(session(), agency, ref)
    return render_template(
        "agencies/screening_hit.html", agency=agency, hit=found, label=LABELS[found.list_name], kinds=KIND_LABELS
    )


@blueprint.get("/<code>/screening/<ref>/evidence")
@requires("registers.view")
def hit_evidence(code: str, ref: str) -> ResponseReturnValue:
    """The list as it was published when the entry was last seen."""
    found = queries.hit(session(), agency_of(code), ref)
    return attachment(queries.file(session(), found.evidence_id))


@blueprint.post("/<code>/screening/<ref>/decide")
@requires("registers.judge", see="registers.view")
def decide(code: str, ref: str) -> ResponseReturnValue:
    """Say whether the list means the one who is watched."""
    agency, form = agency_of(code), DecisionForm()
    found = queries.hit(session(), agency, ref)
    same = bool(form.same.data)
    watching.decide(session(), actor(), agency, found, same=same, reason=form.reason.data or "", at=clock.now())
    done = (
        _("It is the same. Nothing more goes to the agency.") if same else _("It is not the same. This is remembered.")
    )
    return back(done, ".hit", code=code, ref=ref)


# -- adverse events --------------------------------------------------------------------------------------------------------


@blueprint.get("/<code>/adverse")
@requires("registers.view")
def adverse(code: str) -> ResponseReturnValue:
    """Published complaints a month beside the peers', and what else is told of the agency."""
    agency = agency_of(code)
    listing = lists.show(actor(), listings.complaints(), queries.complaints_list(agency), name=f"complaints-{code}")
    if isinstance(listing, Response):
        return listing
    waiting = queries.unacknowledged(session(), agency.id)
    return render_template(
        "agencies/adverse.html",
        agency=agency,
        listing=listing,
        events=queries.adverse_events(session(), agency),
        kinds=ADVERSE_LABELS,
        waiting=len(waiting),
        up_to=max((one.id for one in waiting), default=None),
        **_beside_peers(agency),
    )


def _beside_peers(agency: Agency) -> dict[str, Any]:
    """The chart, and the peers with the agency among them."""
    known = queries.known_at(session(), agency.id, CFPB)
    if known is None:
        return {"drawn": None, "peers": [], "own": None}
    day = today()
    told = peers.whole_months(queries.months(session(), day.replace(year=day.year - 1, day=1)), day)
    panel = queries.complaint_names(session())
    ranking = peers.ranked(told)
    shown = [peer for place, peer in enumerate(ranking) if place < PEERS_SHOWN or peer.company in panel]
    return {
        "drawn": charts.complaints_a_month(peers.by_month(told, known.number, panel), agency.name),
        "peers": [(peer, panel.get(peer.company)) for peer in shown],
        "own": known.number,
    }


@blueprint.post("/<code>/adverse/complaints")
@requires("registers.judge", see="registers.view")
def acknowledge_complaints(code: str) -> ResponseReturnValue:
    """Acknowledge the published complaints that the page showed."""
    form = NoteForm()
    telling.acknowledge_complaints(
        session(), actor(), agency_of(code), up_to=form.up_to.data or 0, note=form.note.data or "", at=clock.now()
    )
    return back(_("The complaints are acknowledged."), ".adverse", code=code)


@blueprint.route("/<code>/adverse/new", methods=["GET", "POST"])
@requires("registers.ask", see="registers.view")
def tell(code: str) -> ResponseReturnValue:
    """Write down what is told of an agency, and who says so."""
    agency, form = agency_of(code), AdverseForm(happened_on=today())
    made = accepted(form, lambda: _tell(agency, form))
    if made is None:
        return form_page(form, _("Enter what is told"), _("Enter it"), url_for(".adverse", code=code), agency)
    return back(_("It is entered. Another person acknowledges it."), ".adverse_event", code=code, ref=made.ref)


def _tell(agency: Agency, form: AdverseForm) -> AdverseEvent:
    """The document goes into the store first; it does not stay there if the entry is refused."""
    with keeping.kept(session(), actor(), form.evidence.data) as file:
        return telling.enter(session(), actor(), agency, form.told(), file=file, today=today(), at=clock.now())


@blueprint.get("/<code>/adverse/<ref>")
@requires("registers.view")
def adverse_event(code: str, ref: str) -> ResponseReturnValue:
    """One thing told of an agency, and what follows from it."""
    agency = agency_of(code)
    found = queries.adverse(session(), agency, ref)
    own = found.entered_by_id is not None and found.entered_by_id == actor().user_id
    return render_template("agencies/adverse_event.html", agency=agency, event=found, kinds=ADVERSE_LABELS, own=own)


@blueprint.get("/<code>/adverse/<ref>/document")
@requires("registers.view")
def adverse_document(code: str, ref: str) -> ResponseReturnValue:
    """The document that shows it."""
    found = queries.adverse(session(), agency_of(code), ref)
    if found.evidence_id is None:
        raise NotFound
    return attachment(queries.file(session(), found.evidence_id))


@blueprint.post("/<code>/adverse/<ref>/acknowledge")
@requires("registers.judge", see="registers.view")
def acknowledge(code: str, ref: str) -> ResponseReturnValue:
    """Say what follows from what is told."""
    found = queries.adverse(session(), agency_of(code), ref)
    telling.acknowledge(session(), actor(), found, note=NoteForm().note.data or "", at=clock.now())
    return back(_("It is acknowledged."), ".adverse_event", code=code, ref=ref)
