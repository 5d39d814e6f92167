"""Who is asking: the session's cookie on pages, the Bearer key in the API; and the pages of signing in.

Flask-Login keeps the token of the session in Flask's signed cookie; whether it is worth anything the `sign_in` row alone says
(portal/sessions). DEMO=1 signs in with the password alone and uses a plain cookie, because it runs on loopback without TLS;
otherwise a second factor is required and the cookie is `__Host-session`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import flask_login
from flask import Blueprint, Flask, Response, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock, db, entering, forgery, keys, sessions, web
from portal.config import Settings
from portal.forms import CodeForm, SignInForm
from portal.permissions import Actor
from portal.web import public

HALF_WAY = timedelta(minutes=5)  # between password and code
blueprint = Blueprint("login", __name__)
BLUEPRINTS = (blueprint,)


class SignedIn(flask_login.UserMixin):
    """What Flask-Login knows of a person: the token that its cookie carries."""

    def __init__(self, token: str, entry: sessions.Entry | None = None) -> None:
        self.token, self.entry = token, entry

    def get_id(self) -> str:
        return self.token


def init_app(app: Flask, settings: Settings) -> None:
    """Install cookies, Flask-Login and the protection against forged requests."""
    app.config.update(
        SESSION_COOKIE_NAME="session" if settings.demo else "__Host-session",
        SESSION_COOKIE_SECURE=not settings.demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )
    manager = flask_login.LoginManager(app)
    manager.session_protection = None  # compares the browser's name only; the sign_in row is the control
    manager.user_loader(_load)
    forgery.init_app(app)


def _load(token: str) -> SignedIn | None:
    with db.database().reading() as reading:
        entry = sessions.find(reading, token, timedelta(minutes=web.settings().session_idle_minutes), at=clock.now())
    return SignedIn(token, entry) if entry else None


def resolve() -> Actor | None:
    """Who is asking: in the API the owner of the Bearer key, on pages the person of the session; None if nobody is."""
    if web.is_api():
        return keys.authenticate(db.database(), request.headers.get("Authorization", ""), at=clock.now())
    entry: sessions.Entry | None = getattr(flask_login.current_user, "entry", None)
    if entry is None:
        return None
    sessions.note_use(db.database(), entry, at=clock.now())
    g.sign_in_id = entry.sign_in_id
    return entry.actor


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """E-mail and password."""
    form = SignInForm()
    wanted = web.safe_next(request.args.get("next"))
    if not form.validate_on_submit():
        return render_template("portal/sign_in.html", form=form), 422 if form.is_submitted() else 200
    now, password = clock.now(), form.password.data or ""
    user_id = entering.judge_password(db.database(), form.email.data or "", password, caller(), at=now)
    if user_id is None:
        form.form_errors.append(
            _("The e-mail address or the password is not right. After several tries, wait a little before the next.")
        )
        return render_template("portal/sign_in.html", form=form), 401
    entering.renew_hash(db.database(), user_id, password)
    if web.settings().demo:
        return _enter(entering.enter(db.database(), user_id, caller(), at=now), wanted)
    if not entering.has_second_factor(db.database(), user_id):
        form.form_errors.append(_("Your account has no second factor yet. Ask the administrator for a new invitation."))
        return render_template("portal/sign_in.html", form=form), 403
    session["half_way"] = {"user": user_id, "at": now.isoformat(), "next": wanted}
    return redirect(url_for("login.code"), 303)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public
def code() -> ResponseReturnValue:
    """The second factor."""
    half_way, now = session.get("half_way"), clock.now()
    if not half_way or now - datetime.fromisoformat(half_way["at"]) > HALF_WAY:
        session.pop("half_way", None)
        return redirect(url_for("login.sign_in"), 303)
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("portal/code.html", form=form), 422 if form.is_submitted() else 200
    token = entering.judge_code(db.database(), half_way["user"], form.code.data or "", caller(), at=now)
    if token is None:
        form.form_errors.append(_("This code is not right, or it was used already. Wait for the next one."))
        return render_template("portal/code.html", form=form), 401
    return _enter(token, half_way["next"])


def leave() -> None:
    """End this browser's session, on the server and in its cookie."""
    if flask_login.current_user.is_authenticated:
        sessions.end(db.session(), flask_login.current_user.token)
    flask_login.logout_user()
    session.clear()


def _enter(token: str, wanted: str | None) -> Response:
    """Put the new session into the cookie, and nothing of what it held before."""
    session.clear()
    flask_login.login_user(SignedIn(token))
    return redirect(wanted or "/", 303)  # type: ignore[return-value]


def caller() -> entering.Caller:
    """Where this request comes from."""
    return entering.Caller(request.remote_addr or "", request.headers.get("User-Agent", ""))
