"""Pages about breaches, the book of rules and complaints."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from agencies import queries as agency_queries
from agencies import tabs
from conduct import complaints, legal_queries, listings, queries, reviewing, words, worked_cases
from conduct.complaint_clocks import clock_of
from conduct.consequences import THE_BANK
from conduct.enabled import for_reports, runs
from conduct.forms import AnswerForm, CloseForm, JudgeForm
from conduct.local_time import local_time
from conduct.models import Breach, BreachState, Complaint, ComplaintState
from conduct.rule_list import matching, parameters
from conduct.rulebook import SEVERITIES, STATUSES, Rule, standard
from portal import clock, lists, web
from portal.db import session
from portal.errors import N_, Conflict, Forbidden, Invalid, NotFound
from portal.forms import give_errors
from portal.lists import Cell
from portal.page_context import language
from portal.reports import queries as report_queries
from portal.sealing import mask
from portal.web import actor, requires
from portal.words_states import severity_word

blueprint = Blueprint("conduct", __name__)
BLUEPRINTS = (blueprint,)
NAVIGATION = (
    {"section": N_("Conduct"), "label": N_("Breaches"), "endpoint": "conduct.breaches", "icon": "shield-exclamation", "permission": "breaches.view", "order": 60},
    {"section": N_("Conduct"), "label": N_("Complaints"), "endpoint": "conduct.complaint_list", "icon": "chat-left-text", "permission": "complaints.view", "order": 61},
    {"section": N_("Conduct"), "label": N_("Legal deadlines"), "endpoint": "conduct.legal", "icon": "hammer", "permission": "breaches.view", "order": 63},
    {"section": N_("Conduct"), "label": N_("Rules"), "endpoint": "conduct.rules", "icon": "journal-text", "permission": "rules.view", "order": 62},
)  # fmt: skip
tabs.declare((tabs.Tab("conduct.of_agency", N_("Breaches"), "breaches.view", 60),))
RULE_FILTERS = ("q", "jurisdiction", "kind", "severity", "status", "runs")
ACTS = {"confirmed": reviewing.confirm, "dismissed": reviewing.dismiss, "escalated": reviewing.escalate}
DONE = {
    "confirmed": _l("The breach is confirmed."),
    "dismissed": _l("The breach is dismissed."),
    "escalated": _l("The breach is escalated: a second person judges it."),
}


# -- legal deadlines ------------------------------------------------------------------------------------------------------


@blueprint.get("/legal-deadlines")
@requires("breaches.view")
def legal() -> ResponseReturnValue:
    """Every day that follows from a legal step."""
    spec = listings.legal(actor(), language())
    listing = lists.show(actor(), spec, legal_queries.deadlines_list(actor()), name="legal-deadlines")
    return listing if isinstance(listing, Response) else render_template("conduct/legal.html", listing=listing)


# -- breaches -------------------------------------------------------------------------------------------------------------


@blueprint.get("/breaches")
@requires("breaches.view")
def breaches() -> ResponseReturnValue:
    shown = _show(queries.breaches_list(actor()), name="breaches")
    return (
        shown
        if isinstance(shown, Response)
        else render_template("conduct/breaches.html", listing=shown, queue=_queue_link())
    )


@blueprint.get("/agencies/<code>/breaches")
@requires("breaches.view")
def of_agency(code: str) -> ResponseReturnValue:
    agency = agency_queries.get(session(), actor(), code)
    shown = _show(queries.breaches_list(actor()).where(Breach.agency_id == agency.id), name=f"breaches-{code}")
    return (
        shown
        if isinstance(shown, Response)
        else render_template("conduct/of_agency.html", listing=shown, agency=agency)
    )


@blueprint.get("/reports/<ref>/breaches")
@requires("breaches.view")
def of_report(ref: str) -> ResponseReturnValue:
    report = report_queries.get(session(), actor(), ref)
    shown = _show(queries.breaches_list(actor()).where(Breach.report_id == report.id), name=f"breaches-{ref}")
    return (
        shown
        if isinstance(shown, Response)
        else render_template("conduct/of_report.html", listing=shown, report=report)
    )


@blueprint.route("/breaches/<ref>", methods=["GET", "POST"])
@requires("breaches.view")
def breach(ref: str) -> ResponseReturnValue:
    found, form = queries.get(session(), actor(), ref), JudgeForm()
    if form.is_submitted():
        actor().must("breaches.judge")
        if form.validate() and _judged(found.Breach, form):
            flash(str(DONE[form.decision.data]), "good")
            return redirect(url_for("conduct.breach", ref=ref), 303)
    rule = standard().versions(found.Breach.rule)
    own, others = _evidence(found.Breach)
    page = SimpleNamespace(
        breach=found.Breach, account_ref=found.account_ref, agency=found.code or THE_BANK, rule=rule[-1] if rule else None,
        title=words.title_of(found.Breach.rule, language()), why=explain(found.Breach), evidence=own, others=others,
        may_judge=_may_judge(found.Breach), two_people=found.Breach.severity == reviewing.FOUR_EYES,
    )  # fmt: skip
    return render_template("conduct/breach.html", page=page, form=form), 422 if form.is_submitted() else 200


@blueprint.route("/breaches/queue", methods=["GET", "POST"])
@requires("breaches.judge", see="breaches.view")
def queue() -> ResponseReturnValue:
    """All that waits of one rule and one agency, judged alike."""
    agency, rule = request.args.get("agency", ""), request.args.get("rule", "")
    agency_id = None if agency == THE_BANK else agency_queries.get(session(), actor(), agency).id
    waiting, form = queries.waiting_in_queue(session(), agency_id, rule), JudgeForm()
    if not waiting:
        raise NotFound
    if form.validate_on_submit():
        state = BreachState(form.decision.data)
        judged, left = reviewing.judge_queue(
            session(), actor(), agency_id, rule, state, form.reason.data, at=clock.now()
        )
        flash(_("%(judged)s breaches judged.", judged=judged), "good")
        if left:
            flash(_("%(left)s were not yours to judge: a second person is needed.", left=left), "warn")
        return redirect(url_for("conduct.breaches", agency=agency, rule=rule, state=listings.OPEN), 303)
    page = SimpleNamespace(
        agency=agency, rule=rule, title=words.title_of(rule, language()), waiting=len(waiting), critical=waiting[0].severity == reviewing.FOUR_EYES,
    )  # fmt: skip
    return render_template("conduct/queue.html", page=page, form=form), 422 if form.is_submitted() else 200


def explain(breach: Breach) -> str:
    """Why the row is in breach, in the reader's language."""
    text, values = words.sentence(breach.why)
    return str(
        _(text, **{name: _(value) if isinstance(value, str) and value else value for name, value in values.items()})
    )


def _show(statement: Any, *, name: str) -> SimpleNamespace | Response:
    if request.args.get("state") != listings.WITHDRAWN:
        statement = statement.where(Breach.withdrawn_at.is_(None))
    return lists.show(actor(), listings.breaches(actor(), language(), clock.now()), statement, name=name)


def _queue_link() -> str | None:
    """The page that judges alike what the list shows, where it shows one rule and one agency."""
    agency, rule = request.args.get("agency", ""), request.args.get("rule", "")
    if not (agency and rule and actor().may("breaches.judge")):
        return None
    return url_for("conduct.queue", agency=agency if agency == THE_BANK else agency.upper(), rule=rule)


def _judged(breach: Breach, form: JudgeForm) -> bool:
    """Do what the form says; False if it was refused, with the reason in the form."""
    try:
        ACTS[form.decision.data](session(), actor(), breach, form.reason.data, at=clock.now())
    except Invalid as error:
        give_errors(form, error)
        return False
    except (Conflict, Forbidden) as error:
        form.form_errors.append(web.translated(error))
        return False
    return True


def _may_judge(breach: Breach) -> bool:
    return actor().may("breaches.judge") and breach.withdrawn_at is None and breach.state in queries.WAITING


def _evidence(breach: Breach) -> tuple[list[list[Cell]], int]:
    """The rows that prove a breach, and how many of them are not the reader's to see."""
    found = queries.evidence(session(), breach)
    seen = [row for row in found if actor().agency_id in (None, row.Activity.agency_id)]
    return [_proof(row.Activity, row.code, row.Account, breach) for row in seen], len(found) - len(seen)


def _proof(activity: Any, code: str | None, account: Any, breach: Breach) -> list[Cell]:
    """One row in evidence. The number or address is personal: its end is enough to tell two of them apart."""
    local = local_time(activity.occurred_at, activity.time_zones, account.jurisdiction, account.time_zone)
    at = local.strftime("%Y-%m-%d %H:%M:%S") if local else _("not known")
    itself = activity.id == breach.activity_id
    return [
        Cell(at, hint=str(local.tzinfo) if local else None, tone="bad" if itself else None),
        Cell(lists.in_words(activity.kind), hint=lists.in_words(activity.direction) if activity.direction else None),
        Cell(lists.in_words(activity.outcome) if activity.outcome else None),
        Cell(lists.in_words(activity.party) if activity.party else None),
        Cell(mask(activity.endpoint)),
        Cell(f"{code or THE_BANK} {activity.record_id}", hint=_("in breach") if itself else None),
    ]


# -- rules ----------------------------------------------------------------------------------------------------------------


@blueprint.get("/rules")
@requires("rules.view")
def rules() -> ResponseReturnValue:
    wanted = {name: request.args.get(name, "").strip() for name in RULE_FILTERS}
    found = sorted(
        matching(standard().rules, wanted), key=lambda rule: (rule.jurisdiction != "*", rule.jurisdiction, rule.id)
    )
    listing = SimpleNamespace(
        columns=[SimpleNamespace(name=name, label=label, kind="text", sortable=False, sorted=None, sort_url=None, subject=None) for name, label in _rule_columns()],
        rows=[_rule_row(rule) for rule in found], filters=_rule_filters(wanted), search=wanted["q"], total=len(found), filtered=any(wanted.values()),
        empty=SimpleNamespace(title=_("No rules"), text="", action=None), first_url=None, prev_url=None, next_url=None, csv_url=None, saved_views=(),
        save_view_url=None, page="rules",
    )  # fmt: skip
    return render_template(
        "conduct/rules.html", listing=listing, running=len({rule.id for rule in for_reports().rules})
    )


@blueprint.get("/rules/<rule_id>")
@requires("rules.view")
def rule(rule_id: str) -> ResponseReturnValue:
    versions = standard().versions(rule_id)
    if not versions:
        raise NotFound
    newest = versions[-1]
    page = SimpleNamespace(
        rule=newest, versions=versions, title=words.title(newest, language()), runs=runs(newest), kind=_(words.RULE_KINDS[newest.kind]),
        meaning=_(words.KIND_MEANINGS[newest.kind]), status=_(words.STATUSES[newest.status]), confirmed=_(words.CONFIRMED[newest.confirmed]),
        parameters=[[Cell(name), Cell(value)] for name, value in parameters(newest.params)], sources=[text.strip() for text in newest.source.split(" ; ")],
        cases=[[Cell(case.name), Cell(case.title), Cell(case.verdict), Cell(", ".join(case.rows))] for case in worked_cases.of_rule(rule_id)],
    )  # fmt: skip
    return render_template("conduct/rule.html", page=page)


def _rule_columns() -> list[tuple[str, str]]:
    return [
        ("rule", _("Rule")), ("jurisdiction", _("Place")), ("kind", _("Kind")), ("severity", _("Severity")), ("status", _("Status")),
        ("runs", _("Tests reports")),
    ]  # fmt: skip


def _rule_row(rule: Rule) -> list[Cell]:
    severity = severity_word(rule.severity)
    runs_here = Cell(_("Yes"), tone="good") if runs(rule) else Cell(_("Waits") if rule.status != "off" else _("No"))
    return [
        Cell(words.title(rule, language()), url=url_for("conduct.rule", rule_id=rule.id), hint=rule.id),
        Cell(_("everywhere") if rule.jurisdiction == "*" else rule.jurisdiction), Cell(_(words.RULE_KINDS[rule.kind])),
        Cell(str(severity.label), tone=severity.tone.value if severity.tone.value in ("warn", "bad") else None),
        Cell(_(words.STATUSES[rule.status])), runs_here,
    ]  # fmt: skip


def _rule_filters(wanted: dict[str, str]) -> list[SimpleNamespace]:
    places = sorted(
        {rule.jurisdiction for rule in standard().rules}
        | {rule.jurisdiction.split("-")[0] for rule in standard().rules}
    )
    offered: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("jurisdiction", _("Place"), [(place, place) for place in places]),
        ("kind", _("Kind"), [(kind, _(word)) for kind, word in words.RULE_KINDS.items()]),
        (
            "severity",
            _("Severity"),
            [(severity, str(severity_word(severity).label)) for severity in reversed(SEVERITIES)],
        ),
        ("status", _("Status"), [(status, _(words.STATUSES[status])) for status in STATUSES]),
        ("runs", _("Tests reports"), [("yes", _("Yes")), ("no", _("No"))]),
    ]
    return [
        SimpleNamespace(name=name, label=label, kind="choice", value=wanted[name], choices=choices)
        for name, label, choices in offered
    ]


# -- complaints -----------------------------------------------------------------------------------------------------------


@blueprint.get("/complaints")
@requires("complaints.view")
def complaint_list() -> ResponseReturnValue:
    today = clock.today(web.settings().bank_zone)
    shown = lists.show(
        actor(), listings.complaints(actor(), today, _), queries.complaints_list(actor()), name="complaints"
    )
    if isinstance(shown, Response):
        return shown
    return render_template(
        "conduct/complaints.html", listing=shown, overdue=queries.overdue_complaints(session(), actor(), today)
    )


@blueprint.route("/complaints/<ref>", methods=["GET", "POST"])
@requires("complaints.view")
def complaint(ref: str) -> ResponseReturnValue:
    found = queries.get_complaint(session(), actor(), ref)
    case = found.Complaint
    form = AnswerForm() if request.form.get("act") == "answer" else CloseForm()
    if form.is_submitted():
        actor().must("complaints.handle")
        if form.validate():
            if isinstance(form, AnswerForm):
                complaints.answer(session(), actor(), case, form.note.data, at=clock.now())
            else:
                complaints.close(session(), actor(), case, form.outcome.data, form.reason.data, at=clock.now())
            flash(_("Noted."), "good")
            return redirect(url_for("conduct.complaint", ref=ref), 303)
    history = queries.complaint_history(session(), case)
    page = SimpleNamespace(
        case=case, account_ref=found.account_ref, agency=found.code or THE_BANK, category=_(words.CATEGORIES.get(case.category, case.category)),
        outcome=_(words.OUTCOMES[case.outcome]) if case.outcome in words.OUTCOMES else case.outcome, history=history,
        clock=clock_of(queries.jurisdiction_of(session(), case)), may_answer=_may_handle(case, ComplaintState.ANSWERED), may_close=_may_handle(case, ComplaintState.CLOSED),
        answer=form if isinstance(form, AnswerForm) else AnswerForm(formdata=None), close=form if isinstance(form, CloseForm) else CloseForm(formdata=None),
    )  # fmt: skip
    return render_template("conduct/complaint.html", page=page), 422 if form.is_submitted() else 200


def _may_handle(case: Complaint, state: ComplaintState) -> bool:
    theirs = state is ComplaintState.ANSWERED or not actor().agency_id
    return theirs and actor().may("complaints.handle") and complaints.may_become(case, state)
