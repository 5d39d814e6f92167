"""Pages of due diligence: the application, the questionnaire and its review, conditions and visits, the exit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import keeping
from agencies.diligence import applying, conditions, leaving, queries, readiness, reviewing
from agencies.diligence import forms as shapes
from agencies.diligence.models import AnswerState, ConditionState, DisclosureKind, Review, ReviewState
from agencies.diligence.pages import progress, tally
from agencies.diligence.questionnaires import questions, sections
from agencies.diligence.readiness import Missing
from agencies.diligence.scheme import document_name, next_review_on, scheme
from agencies.diligence.words import ADD, DISCLOSURES, LOOKED_AT, REVIEWS, TIERS
from agencies.models import Agency, AgencyStatus
from agencies.pages import accepted, agency_of, attachment, back, form_page, language, today
from portal import clock, throttle, web
from portal.db import session
from portal.errors import Invalid, NotFound
from portal.permissions import Actor
from portal.sealing import mask
from portal.web import actor, public, requires

blueprint = Blueprint("diligence", __name__)
BLUEPRINTS = (blueprint,)
OUTCOMES = (ReviewState.APPROVED, ReviewState.CONDITIONAL, ReviewState.DECLINED)


# -- coming in -----------------------------------------------------------------------------------------------------------


@blueprint.route("/apply", methods=["GET", "POST"])
@public
def apply() -> ResponseReturnValue:
    """Apply without an invitation, where the bank allows it. Whether the address was known already is never told."""
    if not web.settings().open_applications:
        raise NotFound
    form = shapes.ApplyForm(country="US")
    form.offer()
    del form.code
    if form.validate_on_submit():
        throttle.count_application(session(), request.remote_addr or "", at=clock.now())
        applying.apply(session(), form.particulars(), form.contact.data or "", language=language(), at=clock.now())
        flash(_("Thank you. A link to your application is on its way to your address."), "good")
        return redirect(url_for("login.sign_in"), 303)
    return render_template("agencies/apply.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/agencies/<code>/invite", methods=["GET", "POST"])
@requires("agencies.manage", see="agencies.view")
def invite(code: str) -> ResponseReturnValue:
    """Mail somebody at an applicant the link to fill its application in."""
    agency, form = agency_of(code), shapes.InviteForm()
    if not form.is_submitted():
        form.email.data = agency.email

    def act() -> bool:
        email, contact = form.email.data or "", form.contact.data or ""
        applying.invite_applicant(session(), actor(), agency, email, contact, language=language(), at=clock.now())
        return True

    if accepted(form, act) is None:
        return form_page(form, _("Invite to apply"), _("Send the link"), url_for(".page", code=code), agency)
    return back(_("The link is on its way. It works for 24 hours."), ".page", code=code)


@blueprint.get("/agencies/<code>/diligence")
@requires("agencies.view")
def page(code: str) -> ResponseReturnValue:
    """Where an agency's due diligence stands: what it told, what is missing, what was found, on what conditions it works."""
    agency = agency_of(code)
    review, reviews = queries.undecided(session(), agency), queries.reviews_of(session(), agency)
    shown = review or next(iter(reviews), None)
    picture = queries.picture(session(), agency, review, at=clock.now()) if review else None
    told = queries.disclosures(session(), agency)
    return render_template(
        "agencies/diligence.html",
        agency=agency,
        review=review,
        shown=shown,
        reviews=reviews,
        review_words=REVIEWS,
        steps=progress(shown, picture, of_bank=actor().agency_id is None) if shown else [],
        missing=_missing(review, picture),
        may_hand_in=review is not None and review.state is ReviewState.OPEN and actor().may("diligence.fill"),
        sections=_sections(shown) if shown else [],
        rating=queries.rating(session(), agency),
        tier_words=TIERS,
        profile=queries.profile(session(), agency),
        disclosures=told,
        disclosure_words=DISCLOSURES,
        add_words=ADD,
        looked_at=LOOKED_AT,
        accounts={one.ref: mask(applying.account_number(one)) for one in told[DisclosureKind.BANK_ACCOUNT]},
        conditions=queries.conditions_of(session(), agency),
        visits=queries.visits_of(session(), agency) if actor().agency_id is None else [],
        files={one.id: one for one in queries.on_file(session(), agency)},
        next_on=next_review_on(shown.decided_at.date(), scheme().tier(shown.tier))
        if shown and shown.decided_at
        else None,
        outcomes=OUTCOMES,
        today=today(),
        language=language(),
    )


def _missing(review: Review | None, picture: readiness.Picture | None) -> list[str]:
    """What stands between the review and its next step, as the reader has to do with it."""
    if review is None or picture is None:
        return []
    if review.state is ReviewState.OPEN:
        return [_said(one) for one in readiness.before_hand_in(picture)]
    outcome = ReviewState.CONDITIONAL if picture.open_conditions else ReviewState.APPROVED
    return [_said(one) for one in readiness.before_recommending(picture, outcome)]


def _said(missing: Missing) -> str:
    return _(missing.text, count=missing.count, document=document_name(missing.document, language()))


def _sections(review: Review) -> list[SimpleNamespace]:
    given = queries.answers_of(session(), review)
    asked = sections(review.questionnaire, scheme().tier(review.tier).depth)
    return [
        SimpleNamespace(
            name=one.label(language()),
            url=url_for(
                ".section", code=request.view_args and request.view_args["code"], ref=review.ref, section=one.code
            ),
            **tally([given.get(question.code) for question in one.questions]),
        )
        for one in asked
    ]


# -- what an agency tells ------------------------------------------------------------------------------------------------


@blueprint.route("/agencies/<code>/profile", methods=["GET", "POST"])
@requires("diligence.fill", see="agencies.view")
def profile(code: str) -> ResponseReturnValue:
    """The company, and the facts from which its risk is rated."""
    agency = agency_of(code)
    form = shapes.ProfileForm.of(queries.profile(session(), agency))
    form.offer(language())
    done = accepted(form, lambda: applying.save_profile(session(), actor(), agency, form.company(), at=clock.now()))
    if done is None:
        return form_page(form, _("Company profile"), _("Save"), url_for(".page", code=code), agency)
    return back(_("The profile is saved, and the risk rated by it."), ".page", code=code)


@blueprint.route("/agencies/<code>/disclosures/<any(principal,site,subcontractor,system,policy,reference,bank_account):kind>/new", methods=["GET", "POST"])  # fmt: skip
@requires("diligence.fill", see="agencies.view")
def disclose(code: str, kind: str) -> ResponseReturnValue:
    """Tell of a principal, a site, a subcontractor …"""
    agency, which = agency_of(code), DisclosureKind(kind)
    form = shapes.DisclosureForm(country=agency.country)
    form.offer(which)

    def act() -> Any:
        with keeping.kept(session(), actor(), form.evidence.data) as file:
            return applying.disclose(session(), actor(), agency, form.told(which), evidence=file, at=clock.now())

    if accepted(form, act) is None:
        return form_page(form, _(ADD[which]), _("Save"), url_for(".page", code=code), agency)
    return back(_("It is noted. The bank checks it."), ".page", code=code)


@blueprint.post("/agencies/<code>/disclosures/<ref>/withdraw")
@requires("diligence.fill", see="agencies.view")
def withdraw(code: str, ref: str) -> ResponseReturnValue:
    """Say that a disclosure no longer holds."""
    agency = agency_of(code)
    found = queries.disclosure(session(), agency, ref)
    applying.withdraw(session(), actor(), agency, found, at=clock.now())
    return back(_("It is withdrawn."), ".page", code=code)


@blueprint.post("/agencies/<code>/disclosures/<ref>/check/<any(accept,reject):verdict>")
@requires("agencies.review", see="agencies.view")
def check(code: str, ref: str, verdict: str) -> ResponseReturnValue:
    """Write down what was found about a disclosure."""
    agency, form = agency_of(code), shapes.NoteForm()
    found = queries.disclosure(session(), agency, ref)
    note = form.note.data or ""
    applying.check(session(), actor(), agency, found, accept=verdict == "accept", note=note, at=clock.now())
    return back(_("The check is on record."), ".page", code=code)


@blueprint.post("/agencies/<code>/disclosures/<ref>/show")
@requires("agencies.review", see="agencies.view")
def show_account(code: str, ref: str) -> ResponseReturnValue:
    """The whole number of a bank account, for comparing; the trail keeps who looked."""
    agency = agency_of(code)
    number = applying.show_account(session(), actor(), agency, queries.disclosure(session(), agency, ref))
    return back(_("Account number: %(number)s. That you looked is on record.", number=number), ".page", code=code)


@blueprint.get("/agencies/<code>/evidence/<int:file_id>")
@requires("agencies.view")
def evidence(code: str, file_id: int) -> ResponseReturnValue:
    """A document of an agency's file."""
    return attachment(queries.file_of(session(), agency_of(code), file_id, of_bank=actor().agency_id is None))


# -- the questionnaire ---------------------------------------------------------------------------------------------------


@blueprint.route("/agencies/<code>/diligence/<ref>/<section>", methods=["GET", "POST"])
@requires("agencies.view")
def section(code: str, ref: str, section: str) -> ResponseReturnValue:
    """One section of a questionnaire: to answer, to judge, or to read."""
    agency = agency_of(code)
    review = queries.review(session(), agency, ref)
    asked = {one.code: one for one in sections(review.questionnaire, scheme().tier(review.tier).depth)}
    if section not in asked:
        raise NotFound
    given = queries.answers_of(session(), review)
    files = queries.on_file(session(), agency)
    open_now = [one for one in asked[section].questions if _to_answer(review, given.get(one.code), actor())]
    form = shapes.section_form(open_now, given, files)
    if request.method == "POST":
        actor().must("diligence.fill")
        if form.validate_on_submit() and _take_answers(agency, review, form, [one.code for one in open_now]):
            return back(_("The answers are saved."), ".page", code=code)
    return render_template(
        "agencies/section.html",
        agency=agency,
        review=review,
        section=asked[section],
        asked=[_asked(one, form, given.get(one.code), one in open_now) for one in asked[section].questions],
        form=form,
        may_judge=actor().may("agencies.review") and review.decided_at is None and review.state is not ReviewState.OPEN,
        waiting=sum(given[q.code].state is AnswerState.ANSWERED for q in asked[section].questions if q.code in given),
        files={one.id: one for one in files},
        language=language(),
    ), 422 if form.is_submitted() else 200


def _to_answer(review: Review, answer: Any, reader: Actor) -> bool:
    if review.decided_at is not None or not reader.may("diligence.fill"):
        return False
    return review.state is ReviewState.OPEN or answer is None or answer.state is AnswerState.MORE


def _asked(question: Any, form: Any, answer: Any, is_open: bool) -> shapes.Asked:
    name = shapes.field_name(question.code)
    fields = {part: form[f"{name}_{part}"] for part in ("value", "note", "file", "on_file") if f"{name}_{part}" in form}
    return shapes.Asked(question, question.label(language()), fields if is_open else None, answer)


def _take_answers(agency: Agency, review: Review, form: Any, codes: list[str]) -> bool:
    """Take what was answered; what is left empty stays open. False where an answer cannot be taken; the reason stands beside it."""
    for code in codes:
        name = shapes.field_name(code)
        value = (form[f"{name}_value"].data or "").strip()
        if value and not _take_answer(agency, review, form, code, value):
            session().rollback()
            return False
    return True


def _take_answer(agency: Agency, review: Review, form: Any, code: str, value: str) -> bool:
    name = shapes.field_name(code)
    note, part = form[f"{name}_note"].data or "", form[f"{name}_file"].data
    chosen = form[f"{name}_on_file"].data if f"{name}_on_file" in form else ""
    try:
        with keeping.kept(session(), actor(), part) as file:
            if file is None and chosen:
                file = queries.file_of(session(), agency, int(chosen), of_bank=False)
            reviewing.answer(session(), actor(), agency, review, code, value, note=note, evidence=file, at=clock.now())
    except Invalid as error:
        field = form[f"{name}_file" if "evidence" in error.fields else f"{name}_value"]
        field.errors = [*field.errors, web.translated(error)]
        return False
    return True


@blueprint.post("/agencies/<code>/diligence/<ref>/<section>/judge")
@requires("agencies.review", see="agencies.view")
def judge(code: str, ref: str, section: str) -> ResponseReturnValue:
    """Judge one answer, or accept every answer of a section that waits."""
    agency, form = agency_of(code), shapes.JudgeForm()
    review = queries.review(session(), agency, ref)
    if form.verdict.data not in set(AnswerState):
        raise NotFound
    verdict, wanted = AnswerState(form.verdict.data), form.question.data or ""
    given = queries.answers_of(session(), review)
    asked = questions(review.questionnaire, scheme().tier(review.tier).depth)
    waiting = [one for one in asked if one.partition(".")[0] == section and one in given]
    if not wanted and verdict is AnswerState.ACCEPTED:
        chosen = [one for one in waiting if given[one].state is AnswerState.ANSWERED]
    else:
        chosen = [wanted]
    for question in chosen:
        why, due_on = form.why.data or "", form.due_on.data
        reviewing.judge(session(), actor(), agency, review, question, verdict, why=why, due_on=due_on, at=clock.now())
    return back(_("It is on record."), ".section", code=code, ref=ref, section=section)


@blueprint.post("/agencies/<code>/diligence/<ref>/hand-in")
@requires("diligence.fill", see="agencies.view")
def hand_in(code: str, ref: str) -> ResponseReturnValue:
    """Hand the application or the periodic review in."""
    agency = agency_of(code)
    reviewing.hand_in(session(), actor(), agency, queries.review(session(), agency, ref), at=clock.now())
    return back(_("It is handed in. The bank looks into it."), ".page", code=code)


@blueprint.post("/agencies/<code>/diligence/<ref>/recommend")
@requires("agencies.review", see="agencies.view")
def recommend(code: str, ref: str) -> ResponseReturnValue:
    """Recommend a decision to the committee."""
    agency, outcome, why = _decision(code)
    review = queries.review(session(), agency, ref)
    reviewing.recommend(session(), actor(), agency, review, outcome, why=why, at=clock.now())
    return back(_("The recommendation is before the committee."), ".page", code=code)


@blueprint.post("/agencies/<code>/diligence/<ref>/decide")
@requires("agencies.decide", see="agencies.view")
def decide(code: str, ref: str) -> ResponseReturnValue:
    """Decide on a periodic review."""
    agency, outcome, why = _decision(code)
    review = queries.review(session(), agency, ref)
    reviewing.decide(session(), actor(), agency, review, outcome, why=why, at=clock.now())
    return back(_("The decision is on record."), ".page", code=code)


def _decision(code: str) -> tuple[Agency, ReviewState, str]:
    form = shapes.NoteForm()
    if form.outcome.data not in set(OUTCOMES):
        raise NotFound
    return agency_of(code), ReviewState(form.outcome.data), form.note.data or ""


# -- conditions and visits -----------------------------------------------------------------------------------------------


@blueprint.route("/agencies/<code>/conditions/new", methods=["GET", "POST"])
@requires("agencies.review", see="agencies.view")
def new_condition(code: str) -> ResponseReturnValue:
    """Set a condition, perhaps with a cap that binds until it is met."""
    agency, form = agency_of(code), shapes.ConditionForm()
    review = queries.undecided(session(), agency)
    given = queries.answers_of(session(), review) if review else {}
    asked = questions(review.questionnaire, scheme().strictest.depth) if review else {}
    declined = [code for code, one in given.items() if one.state is AnswerState.DECLINED]
    form.offer([(one, f"{one} {asked[one].label(language())}") for one in declined])
    made = accepted(form, lambda: conditions.set_condition(session(), actor(), agency, form.terms(), at=clock.now()))
    if made is None:
        return form_page(form, _("Set a condition"), _("Set the condition"), url_for(".page", code=code), agency)
    return back(_("The condition is set. Its owner finds it in the work list."), ".page", code=code)


@blueprint.post("/agencies/<code>/conditions/<ref>/done")
@requires("diligence.fill", see="agencies.view")
def report_condition(code: str, ref: str) -> ResponseReturnValue:
    """Say that a condition is met, with the document that proves it."""
    agency, form = agency_of(code), shapes.NoteForm()
    found = queries.condition(session(), agency, ref)
    with keeping.kept(session(), actor(), form.evidence.data) as file:
        conditions.report_done(session(), actor(), agency, found, evidence=file, at=clock.now())
    return back(_("The bank looks at it."), ".page", code=code)


@blueprint.post("/agencies/<code>/conditions/<ref>/<any(met,waived):outcome>")
@requires("agencies.view")
def close_condition(code: str, ref: str, outcome: str) -> ResponseReturnValue:
    """Find a condition met (a reviewer), or waive it (an approver)."""
    agency, form = agency_of(code), shapes.NoteForm()
    found, which = queries.condition(session(), agency, ref), ConditionState(outcome)
    conditions.close_condition(session(), actor(), found, which, why=form.note.data or "", at=clock.now())
    return back(_("The condition is closed."), ".page", code=code)


@blueprint.route("/agencies/<code>/visits/new", methods=["GET", "POST"])
@requires("agencies.review", see="agencies.view")
def new_visit(code: str) -> ResponseReturnValue:
    """Plan a visit to a site."""
    agency, form = agency_of(code), shapes.VisitForm()
    made = accepted(
        form,
        lambda: conditions.plan_visit(session(), actor(), agency, form.site.data, form.planned_on.data, at=clock.now()),
    )
    if made is None:
        return form_page(form, _("Plan a visit"), _("Plan the visit"), url_for(".page", code=code), agency)
    return back(_("The visit is planned."), ".page", code=code)


@blueprint.route("/agencies/<code>/visits/<ref>", methods=["GET", "POST"])
@requires("agencies.review")
def report_visit(code: str, ref: str) -> ResponseReturnValue:
    """Report what a visit found."""
    agency, form = agency_of(code), shapes.VisitReportForm(visited_on=today())
    visit = queries.visit(session(), agency, ref)

    def act() -> Any:
        with keeping.kept(session(), actor(), form.evidence.data) as file:
            return conditions.report_visit(
                session(), actor(), visit, form.visited_on.data, passed=form.passed.data, findings=form.findings.data,
                evidence=file, at=clock.now(),
            )  # fmt: skip

    if accepted(form, act) is None:
        title = _("Visit to %(site)s", site=visit.site)
        return form_page(form, title, _("Save the report"), url_for(".page", code=code), agency)
    return back(_("The report is on record."), ".page", code=code)


# -- exit ----------------------------------------------------------------------------------------------------------------


@blueprint.get("/agencies/<code>/exit")
@requires("agencies.view")
def leave(code: str) -> ResponseReturnValue:
    """The checklist of an agency's exit."""
    agency = agency_of(code)
    return render_template(
        "agencies/exit.html",
        agency=agency,
        steps=leaving.STEPS.values(),
        done=queries.exit_steps(session(), agency.id),
        files={one.id: one for one in queries.on_file(session(), agency)},
        exiting=agency.status is AgencyStatus.EXITING,
    )


@blueprint.post("/agencies/<code>/exit/<any(statement,data,destruction,access):step>")
@requires("agencies.view")
def do_exit_step(code: str, step: str) -> ResponseReturnValue:
    """Tick a step of the exit; who may depends on the step."""
    agency, form = agency_of(code), shapes.NoteForm()
    actor().must(leaving.STEPS[step].permission or "agencies.manage")
    with keeping.kept(session(), actor(), form.evidence.data) as file:
        note = form.note.data or ""
        leaving.do_step(session(), actor(), agency, step, note=note, evidence=file, at=clock.now())
    return back(_("Done: %(step)s.", step=_(leaving.STEPS[step].label)), ".leave", code=code)
