"""Pages of the administrator, and for reading of the auditor: people, keys, jobs and the work queue, the audit trail."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import (
    access,
    audit,
    clock,
    db,
    housekeeping,
    invitations,
    jobs,
    keys,
    listings,
    lists,
    mail,
    queries,
    tenants,
)
from portal.errors import N_, DomainError, Invalid
from portal.forms import AnyKeyForm, InviteForm, RoleForm, give_errors
from portal.lists import Cell
from portal.navigation import Item
from portal.people import Role, User
from portal.web import actor, requires, translated

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
BLUEPRINTS = (blueprint,)
SECTION = N_("Administration")
NAVIGATION: tuple[Item, ...] = (
    {"section": SECTION, "label": N_("People"), "endpoint": "admin.people", "icon": "people", "permission": "people.view", "order": 90},
    {"section": SECTION, "label": N_("API keys"), "endpoint": "admin.all_keys", "icon": "key", "permission": "keys.view", "order": 91},
    {"section": SECTION, "label": N_("Jobs"), "endpoint": "admin.jobs_page", "icon": "clock-history", "permission": "jobs.view", "order": 92},
    {"section": SECTION, "label": N_("Audit trail"), "endpoint": "admin.trail", "icon": "shield-check", "permission": "trail.view", "order": 93},
)  # fmt: skip


# -- people --------------------------------------------------------------------------------------------------------------


@blueprint.get("/people")
@requires("people.view")
def people() -> ResponseReturnValue:
    """Everybody who may sign in."""
    listing = lists.show(actor(), listings.PEOPLE, queries.people_list(), name="people")
    return listing if isinstance(listing, Response) else render_template("portal/people.html", listing=listing)


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires("people.manage", see="people.view")
def invite() -> ResponseReturnValue:
    """Invite somebody."""
    form, link = InviteForm(), None
    if form.validate_on_submit():
        try:
            link = _invite(form)
        except Invalid as error:
            give_errors(form, error)
        except DomainError as error:
            form.form_errors.append(translated(error))
    return render_template("portal/invite.html", form=form, link=link), 422 if form.errors else 200


def _invite(form: InviteForm) -> str | None:
    session, code = db.session(), (form.agency.data or "").strip()
    agency_id = tenants.id_of(session, code) if code else None
    token = invitations.invite(
        session, actor(), form.email.data or "", Role(form.role.data), agency_id, at=clock.now(), name=form.name.data or "",
        language=form.language.data,
    )  # fmt: skip
    return _sent(token)


def _sent(token: str) -> str | None:
    """Mail a link. Where mail reaches nobody, the link itself, for the administrator to hand over."""
    invitations.send(db.session(), invitations.person_of(db.session(), token, at=clock.now()), token)
    return None if mail.postman().arrives else invitations.address_of(token, mail.postman().base_url)


@blueprint.get("/people/<int:user_id>")
@requires("people.view")
def person(user_id: int) -> ResponseReturnValue:
    """One person's access."""
    return _person(queries.person(db.session(), user_id))


def _person(user: User, link: str | None = None) -> ResponseReturnValue:
    form = RoleForm(role=user.role.value)
    form.offer(user.role)
    code = tenants.code_of(db.session(), user.agency_id) if user.agency_id is not None else None
    return render_template(
        "portal/person.html", person=user, code=code, role=form, link=link, now=clock.now(),
        sessions=queries.sessions_of(db.session(), user.id), keys=queries.keys_of_person(db.session(), user.id),
    )  # fmt: skip


@blueprint.post("/people/<int:user_id>/role")
@requires("people.manage", see="people.view")
def change_role(user_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    user, form = queries.person(db.session(), user_id), RoleForm()
    form.offer(user.role)
    if form.validate_on_submit():
        access.change_role(db.session(), actor(), user, Role(form.role.data))
        flash(_("The role is changed. The person has to sign in again."), "good")
    return redirect(url_for(".person", user_id=user_id), 303)


@blueprint.post("/people/<int:user_id>/disable")
@requires("people.manage", see="people.view")
def disable(user_id: int) -> ResponseReturnValue:
    """End somebody's access at once."""
    access.disable(db.session(), actor(), queries.person(db.session(), user_id))
    flash(_("The person is disabled: sessions and keys are dead."), "good")
    return redirect(url_for(".person", user_id=user_id), 303)


@blueprint.post("/people/<int:user_id>/enable")
@requires("people.manage", see="people.view")
def enable(user_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    access.enable(db.session(), actor(), queries.person(db.session(), user_id))
    flash(_("The person may sign in again."), "good")
    return redirect(url_for(".person", user_id=user_id), 303)


@blueprint.post("/people/<int:user_id>/end-sessions")
@requires("people.manage", see="people.view")
def end_sessions(user_id: int) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    ended = access.end_sessions(db.session(), actor(), queries.person(db.session(), user_id))
    flash(_("%(ended)s sessions have ended.", ended=ended), "good")
    return redirect(url_for(".person", user_id=user_id), 303)


@blueprint.post("/people/<int:user_id>/invitation")
@requires("people.manage", see="people.view")
def invite_again(user_id: int) -> ResponseReturnValue:
    """A fresh link, for who lost the first one, the password or the second factor."""
    user = queries.person(db.session(), user_id)
    link = _sent(invitations.link_for(db.session(), actor(), user, at=clock.now()))
    flash(_("An invitation was sent to %(email)s.", email=user.email), "good")
    return _person(user, link)


# -- keys ----------------------------------------------------------------------------------------------------------------


@blueprint.get("/keys")
@requires("keys.view")
def all_keys() -> ResponseReturnValue:
    """Every API key."""
    listing = lists.show(actor(), listings.KEYS, queries.keys_list(actor()), name="keys")
    return listing if isinstance(listing, Response) else render_template("portal/keys.html", listing=listing)


@blueprint.route("/keys/new", methods=["GET", "POST"])
@requires("keys.manage", see="keys.view")
def make_key() -> ResponseReturnValue:
    """Make a key for a person of the bank or for an agency; it is shown once."""
    form, made = AnyKeyForm(), None
    form.offer(keys.BANK_SCOPES)
    if form.validate_on_submit():
        try:
            made = _make_key(form)
        except Invalid as error:
            give_errors(form, error)
    return render_template("portal/make_key.html", form=form, made=made), 422 if form.errors else 200


def _make_key(form: AnyKeyForm) -> str:
    session, owner = db.session(), (form.owner.data or "").strip()
    user = queries.person_by_email(session, owner)
    agency_id = None if user else tenants.lookup(session, owner)
    if user is None and agency_id is None:
        message = N_("There is no person with this e-mail address and no agency with this code.")
        raise Invalid(message, fields={"owner": message})
    return keys.make(
        session, actor(), scopes=form.scopes.data or (), at=clock.now(), agency_id=agency_id, user=user, name=form.name.data or "",
        days=form.days.data or 0,
    )  # fmt: skip


@blueprint.get("/keys/<key_id>")
@requires("keys.view")
def key(key_id: str) -> ResponseReturnValue:
    """One key."""
    session = db.session()
    found = queries.key(session, actor(), key_id)
    owner = (
        queries.person(session, found.user_id).email
        if found.user_id
        else tenants.code_of(session, found.agency_id or 0)
    )
    revoke_url = url_for(".revoke_key", key_id=key_id) if actor().may("keys.manage") else None
    return render_template("portal/key.html", key=found, state=found.state(clock.now()), owner=owner, revoke_url=revoke_url,
                           up={"label": _("API keys"), "url": url_for(".all_keys")})  # fmt: skip


@blueprint.post("/keys/<key_id>/revoke")
@requires("keys.manage", see="keys.view")
def revoke_key(key_id: str) -> ResponseReturnValue:
    """End a key at once."""
    keys.revoke(db.session(), actor(), queries.key(db.session(), actor(), key_id), at=clock.now())
    flash(_("The key is revoked."), "good")
    return redirect(url_for(".key", key_id=key_id), 303)


# -- jobs ----------------------------------------------------------------------------------------------------------------


@blueprint.get("/jobs")
@requires("jobs.view")
def jobs_page() -> ResponseReturnValue:
    """Scheduled jobs with their last runs, and the work queue."""
    session = db.session()
    last, load = queries.last_runs(session), queries.load(session, now=clock.real_now())
    rows = [_job_row(job, last.get(name)) for name, job in sorted(jobs.JOBS.items())]
    return render_template("portal/jobs.html", rows=rows, waiting=load.in_state("queued"), running=load.in_state("running"),
                           given_up=load.in_state("failed"), oldest_s=round(load.oldest_waiting_s), failed=queries.failed_work(session))  # fmt: skip


def _job_row(job: jobs.Job, run: jobs.JobRun | None) -> list[Cell]:
    return [
        Cell(job.name, url=url_for(".job", name=job.name), hint=_(job.why)), Cell(job.cron), Cell(run.state.value if run else None),
        Cell(run.started_at if run else None), Cell(run.detail if run else None),
    ]  # fmt: skip


@blueprint.get("/jobs/<name>")
@requires("jobs.view")
def job(name: str) -> ResponseReturnValue:
    """One job and its latest runs."""
    found = queries.declared_job(name)
    rows = [
        [Cell(run.started_at), Cell(run.slot), Cell(run.state.value), Cell(run.seconds), Cell(run.detail)]
        for run in queries.runs_of(db.session(), name)
    ]
    return render_template("portal/job.html", job=found, rows=rows)


@blueprint.post("/jobs/items/<int:item_id>/retry")
@requires("jobs.retry", see="jobs.view")
def retry(item_id: int) -> ResponseReturnValue:
    """Put failed work back into the queue."""
    housekeeping.retry(db.session(), actor(), queries.work_item(db.session(), item_id))
    flash(_("The work is back in the queue."), "good")
    return redirect(url_for(".jobs_page"), 303)


# -- trail ---------------------------------------------------------------------------------------------------------------


@blueprint.get("/trail")
@requires("trail.view")
def trail() -> ResponseReturnValue:
    """What was done, by whom, to what, when."""
    listing = lists.show(actor(), listings.TRAIL, queries.trail_list(), name="audit-trail")
    return listing if isinstance(listing, Response) else render_template("portal/trail.html", listing=listing)


@blueprint.get("/trail/<int:seq>")
@requires("trail.view")
def trail_entry(seq: int) -> ResponseReturnValue:
    """One entry with everything that was hashed."""
    entry = queries.trail_entry(db.session(), seq)
    details = [{"label": name, "value": _in_words(value)} for name, value in json.loads(entry.details).items()]
    return render_template("portal/trail_entry.html", entry=entry, details=details)


def _in_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@blueprint.post("/trail/verify")
@requires("trail.view")
def verify_trail() -> ResponseReturnValue:
    """Walk the whole chain, in a snapshot that holds nobody up."""
    with db.database().reading() as session:
        verdict = audit.verify(session)
    if verdict.broken_at is None:
        flash(
            _(
                "The chain is whole: %(entries)s entries. Its head is %(head)s.",
                entries=verdict.entries,
                head=verdict.head,
            ),
            "good",
        )
    else:
        flash(
            _(
                "The chain is broken at entry %(seq)s: %(reason)s.",
                seq=verdict.broken_at,
                reason=_(str(verdict.reason)),
            ),
            "bad",
        )
    return redirect(url_for(".trail"), 303)
