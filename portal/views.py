"""A person's own pages: work list, settings, saved views, language, coming in by invitation and signing out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import (
    access,
    clock,
    db,
    entering,
    invitations,
    languages,
    listings,
    lists,
    login,
    navigation,
    queries,
    saved_views,
    second_factor,
    sessions,
    tasks,
    web,
)
from portal.errors import N_, Invalid
from portal.forms import InvitationForm, LanguageForm, PasswordForm, give_errors
from portal.navigation import Item
from portal.page_context import COOKIE, language
from portal.web import actor, public, requires

blueprint = Blueprint("portal", __name__)
BLUEPRINTS = (blueprint,)
NAVIGATION: tuple[Item, ...] = (
    {"section": "", "label": N_("Work list"), "endpoint": "portal.work_list", "icon": "inbox", "permission": "tasks.view", "order": 2},
    {"section": "", "label": N_("Settings"), "endpoint": "portal.settings", "icon": "gear", "permission": "portal.home", "order": 3},
)  # fmt: skip
YEAR_S = 365 * 24 * 3600


@blueprint.get("/work")
@requires("tasks.view")
def work_list() -> ResponseReturnValue:
    """What I have to do, by due date."""
    listing = lists.show(actor(), listings.TASKS, tasks.mine(actor()).order_by(None), name="work")
    return listing if isinstance(listing, Response) else render_template("portal/work.html", listing=listing)


# -- settings ------------------------------------------------------------------------------------------------------------


@blueprint.get("/settings")
@requires("portal.home")
def settings() -> ResponseReturnValue:
    """One's own profile, password and sessions."""
    return _settings(LanguageForm(language=actor().language), PasswordForm())


def _settings(chosen: LanguageForm, password: PasswordForm, status: int = 200) -> ResponseReturnValue:
    me = queries.person(db.session(), actor().user_id)
    mine = queries.sessions_of(db.session(), me.id)
    page = render_template(
        "portal/settings.html", tabs=navigation.settings_tabs(actor()), me=me, language=chosen, password=password, sessions=mine,
        here=g.sign_in_id,
    )  # fmt: skip
    return page, status


@blueprint.post("/settings/language")
@requires("portal.home")
def choose_language() -> ResponseReturnValue:
    """The language of my pages and mail."""
    form = LanguageForm()
    if form.validate_on_submit():
        access.choose_language(queries.person(db.session(), actor().user_id), form.language.data)
        flash(_("Your language is saved."), "good")
    return redirect(url_for("portal.settings"), 303)


@blueprint.post("/settings/password")
@requires("portal.home")
def change_password() -> ResponseReturnValue:
    """A new password for oneself; every other session ends."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _settings(LanguageForm(language=actor().language), form, 422)
    names = (web.settings().bank_name, actor().name, actor().email or "", actor().agency_code or "")
    try:
        fresh = entering.fresh_password(
            db.database(),
            actor(),
            form.present.data or "",
            form.password.data or "",
            names,
            login.caller(),
            at=clock.now(),
        )
    except Invalid as error:
        give_errors(form, error)
        return _settings(LanguageForm(language=actor().language), form, error.status)
    access.change_password(
        db.session(), actor(), queries.person(db.session(), actor().user_id), fresh, but=g.sign_in_id
    )
    flash(_("Your password is changed. Your other sessions have ended."), "good")
    return redirect(url_for("portal.settings"), 303)


@blueprint.post("/settings/sessions/<int:sign_in_id>/end")
@requires("portal.home")
def end_session(sign_in_id: int) -> ResponseReturnValue:
    """End one of my sessions."""
    sessions.end_one(db.session(), actor().user_id, sign_in_id)
    flash(_("The session has ended."), "good")
    return redirect(url_for("portal.settings"), 303)


# -- saved views and language --------------------------------------------------------------------------------------------


@blueprint.post("/views")
@requires("portal.home")
def save_view() -> ResponseReturnValue:
    """Give the filters of a list a name."""
    view = saved_views.save(
        db.session(), actor(), request.args.get("page", ""), request.form.get("name", ""), request.form.get("query", "")
    )
    flash(_("The view %(name)s is saved.", name=view.name), "good")
    return redirect(_back(), 303)


@blueprint.post("/views/<int:view_id>/delete")
@requires("portal.home")
def delete_view(view_id: int) -> ResponseReturnValue:
    """Delete one of my saved views."""
    saved_views.delete(db.session(), actor(), view_id)
    flash(_("The view is deleted."), "good")
    return redirect(_back(), 303)


def _back() -> str:
    """The page of ours that the form stood on."""
    parts = urlsplit(request.referrer or "")
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return (web.safe_next(path) if parts.netloc == request.host else None) or "/"


@blueprint.post("/language")
@public
def set_language() -> ResponseReturnValue:
    """Switch the language: in this browser, and for good for who is signed in."""
    code = languages.known(request.form.get("language"))
    if g.actor is not None and g.actor.user_id is not None:
        access.choose_language(queries.person(db.session(), g.actor.user_id), code)
    response = redirect(web.safe_next(request.form.get("next")) or "/", 303)
    response.set_cookie(COOKIE, code, max_age=YEAR_S, samesite="Lax", secure=request.is_secure, httponly=True)
    return response


# -- coming in and leaving -----------------------------------------------------------------------------------------------


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> ResponseReturnValue:
    """Take an invitation up: name, password, second factor."""
    guest = invitations.guest_of(db.database(), token, at=clock.now())
    form = InvitationForm(name=guest.name)
    secret = None if web.settings().demo else second_factor.offered(token, web.settings().secret_key)
    if form.validate_on_submit():
        names = (web.settings().bank_name, guest.email, guest.agency_code or "", form.name.data or "")
        try:
            proven = entering.Proven.of(form.password.data or "", names, secret, form.code.data or "", at=clock.now())
            invitations.accept(
                db.session(), token, proven, name=form.name.data or "", language=language(), at=clock.now()
            )
        except Invalid as error:
            give_errors(form, error)
        else:
            flash(_("Your access is set up. Sign in."), "good")
            return redirect(url_for("login.sign_in"), 303)
    return render_template(
        "portal/invitation.html", form=form, guest=guest, secret=secret, token=token
    ), 422 if form.is_submitted() else 200


@blueprint.get("/invitation/<token>/code.svg")
@public
def invitation_code(token: str) -> ResponseReturnValue:
    """The second factor that this invitation offers, as a QR code."""
    guest = invitations.guest_of(db.database(), token, at=clock.now())
    picture = second_factor.svg(second_factor.offered(token, web.settings().secret_key), guest.email)
    return Response(picture, content_type="image/svg+xml; charset=utf-8")


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this session."""
    login.leave()
    flash(_("You have signed out."), "good")
    response = redirect(url_for("login.sign_in"), 303)
    response.headers["Clear-Site-Data"] = (
        '"cache", "storage"'  # "cookies" would reach the bank's other sites of the same domain
    )
    return response
