"""Pages: who is asking, what they may, how errors and headers look, what every template knows.

Every route declares its permission with `requires` (or says `public`); one that declares nothing is not served. What an actor may not
see is answered exactly like what does not exist.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import DataError
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import BaseConverter, IntegerConverter, Map
from werkzeug.wrappers import Response as BaseResponse

from portal import db, files, problem_json
from portal.config import Settings
from portal.errors import N_, DomainError, Forbidden, NotFound
from portal.permissions import TABLE, Actor
from portal.shortages import Shortage, is_surely_undone, shortage_of

View = TypeVar("View", bound=Callable[..., Any])
log = structlog.get_logger()

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def requires(permission: str, *, see: str | None = None) -> Callable[[View], View]:
    """Declare a route's permission. Who lacks it gets 404, or 403 if they have `see`: they know the thing is there."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.see = see  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return declare


def public(view: View) -> View:
    """Declare a route that needs no sign-in."""
    view.permission = "public"  # type: ignore[attr-defined]
    return view


def actor() -> Actor:
    """Who is asking. Raises NotFound where nobody is (a guarded route never gets that far)."""
    found: Actor | None = g.get("actor")
    if found is None:
        raise NotFound
    return found


def settings() -> Settings:
    """The running app's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def is_api() -> bool:
    """True for calls that get problem+json instead of pages."""
    return request.path.startswith("/api/")


def safe_next(target: str | None) -> str | None:
    """A path of ours to go on to, or None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(character) < 32 for character in target) or urlsplit(target).netloc:
        return None
    return target


def allowed(who: Actor | None, view: Any) -> None:
    """The guard of one view: passes, or raises what the caller shall be told."""
    permission = getattr(view, "permission", None)
    if permission == "public":
        return
    if permission is None:
        log.error("route without permission", endpoint=request.endpoint)
        raise NotFound
    if who is None:
        raise NeedsSignIn
    if who.may(permission):
        return
    see = getattr(view, "see", None)
    narrow_key = (
        who.scopes is not None and who.role in TABLE[permission].roles
    )  # its person may; the key was made for less
    if narrow_key or (see and who.may(see)):
        raise Forbidden(N_("Your role or key does not allow this: %(meaning)s"), meaning=TABLE[permission].meaning)
    raise NotFound


class NeedsSignIn(DomainError):
    """Nobody is signed in."""

    status = 401
    title = N_("Sign in first")

    def __init__(self) -> None:
        super().__init__(N_("Sign in, or send a valid API key."))


class RowId(IntegerConverter):
    """`<int:…>` in an address: a number beyond 63 bits is no row's, so the address leads nowhere instead of into the database."""

    def __init__(self, map: Map, *_: Any, **__: Any) -> None:  # noqa: A002 - as in the base
        super().__init__(map, max=(1 << 63) - 1)


class OtherThan(BaseConverter):
    """`<other('a', 'b'):…>` in an address: any word but these, which stand for addresses of their own."""

    def __init__(self, map: Map, *words: str) -> None:  # noqa: A002 - as in the base
        super().__init__(map)
        self.regex = f"(?!(?:{'|'.join(words)})(?:/|$))[^/]+"


class NoReference(BaseConverter):
    """`<noreference:…>` in an address: any word that has not the form of a reference (portal/refs)."""

    regex = "(?![a-z]{3}_)[^/]+"


def init_app(app: Flask, resolve: Callable[[], Actor | None]) -> None:
    """Install the request pipeline. `resolve` finds the actor of a request: session or key."""
    app.url_map.converters |= {"int": RowId, "other": OtherThan, "noreference": NoReference}

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if given.isascii() and given.isalnum() and len(given) <= 64 else secrets.token_hex(8)
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.before_request
    def guard() -> None:
        if request.endpoint in ("static", "bootstrap.static"):
            return
        g.actor = resolve()  # also for an address that is none of ours: its 404 must look like that of a hidden page
        view = app.view_functions.get(request.endpoint or "")
        if view is not None:
            allowed(g.actor, view)

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in ("static", "bootstrap.static"):
            response.headers.setdefault("Cache-Control", "no-store")
        if settings().base_url.startswith("https:"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        response.headers["X-Request-ID"] = g.get("request_id", "")
        return response

    @app.after_request
    def write_log(response: Response) -> Response:
        who: Actor | None = g.get("actor")
        secret = "token" in (request.view_args or {})  # a link that opens something by itself stays out of the log
        log.info(
            "request",
            method=request.method,
            path=str(request.url_rule) if secret else request.path,
            status=response.status_code,
            actor=who.label if who else None,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
        return response

    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(DataError, _on_unfit_value)
    app.register_error_handler(Exception, _on_crash)
    app.register_blueprint(health)


def translated(error: DomainError) -> str:
    """The error's message in the reader's language."""
    return _(
        error.message, **{key: _(value) if isinstance(value, str) else value for key, value in error.params.items()}
    )


def _on_domain_error(error: DomainError) -> BaseResponse | tuple[str, int]:
    if is_api():
        return problem_json.from_domain(error, translated(error))
    if isinstance(error, NeedsSignIn):
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(url_for("login.sign_in", next=safe_next(wanted) if wanted != "/" else None), 303)
    return _page(error.status, _(error.title), translated(error))


def _on_http_error(error: HTTPException) -> BaseResponse | tuple[str, int]:
    status = error.code or 500
    fault: Exception | None = getattr(error, "original_exception", None)
    if fault is not None and shortage_of(fault):  # the commit after the view met it
        return _on_crash(fault)
    if status == 404 and not is_api():
        return _on_domain_error(NotFound())
    if 300 <= status < 400:
        return error.get_response()
    if is_api():
        return problem_json.from_http(error)
    own_words = error.description if error.description != type(error).description else None
    text, code = _page(status, message=own_words)
    return Response(
        text, code, {"Allow": ", ".join(allow)} if (allow := getattr(error, "valid_methods", None)) else None
    )


def _on_unfit_value(_error: DataError) -> BaseResponse | tuple[str, int]:
    """A value that the database cannot hold in any column of that kind, such as a text with NUL: the caller's mistake, not ours."""
    return _on_http_error(BadRequest(_("A value in this request is none that can be stored or looked for.")))


def _on_crash(error: Exception) -> BaseResponse | tuple[str, int]:
    shortage = shortage_of(error)
    if shortage:
        log.error("shortage", path=request.path, status=shortage.status, error=str(error))
    else:
        log.exception("crash", path=request.path)
    g.work_count = None  # the database may be what failed: the page must not ask it again
    held = g.get("session")
    if held is not None:
        held.rollback()
        if is_surely_undone(error):
            files.forget_undone(held)
    if shortage:
        return _on_shortage(shortage)
    if is_api():
        return problem_json.crash()
    return _page(
        500, _("Something went wrong"), _("The fault is ours and has been recorded. Nothing of this request was kept.")
    )


def _on_shortage(shortage: Shortage) -> BaseResponse:
    if is_api():
        return problem_json.from_domain(shortage, translated(shortage))
    text, code = _page(shortage.status, _(shortage.title), translated(shortage))
    return Response(text, code, {"Retry-After": str(shortage.retry_after)})


def _page(code: int, title: str | None = None, message: str | None = None) -> tuple[str, int]:
    """The page of an error; without title and message the template's own words for the code."""
    held = g.get("session")
    if held is not None:
        held.rollback()  # the page asks the database again, and what failed may have left the transaction unusable
    return render_template("errors/error.html", code=code, title=title, message=message), code


# -- health --------------------------------------------------------------------------------------------------------------

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def healthz() -> dict[str, str]:
    """Alive: the process answers."""
    return {"status": "ok"}


@health.get("/readyz")
@public
def readyz() -> tuple[dict[str, Any], int]:
    """Ready: the database answers and its schema is the one this code knows."""
    from portal import schema

    checks = schema.readiness(db.database())
    ready = all(check == "ok" for check in checks.values())
    return {"status": "ok" if ready else "not ready", "checks": checks}, 200 if ready else 503
