"""The public API's machinery: keys, scopes, limits, problem+json, idempotency, waiting, and what the OpenAPI document says.

A package's api.py declares its calls with `endpoint`; everything the contract promises of every call happens here, once.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, g, jsonify, make_response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from portal import db, files, idempotency, problem_json, uploads, web
from portal.errors import N_, DomainError, Invalid
from portal.limits import Limiter
from portal.shortages import is_surely_undone
from portal.tables import strict_json
from portal.tables.model import Table

View = TypeVar("View", bound=Callable[..., Any])
BODY_LIMIT = 16 << 20
WAIT_MOST_S = 20


class BadCall(DomainError):
    """The call itself is malformed: a header is missing, the body is not JSON."""

    status = 400
    title = N_("The request is malformed")


@dataclass(frozen=True)
class Doc:
    """What the OpenAPI document says of a call, and what the machinery does for it."""

    summary: str
    tag: str
    permission: str
    keyed: bool = False
    body: type[BaseModel] | None = None
    rows: Table | None = None  # a body of rows, as a JSON array or CSV
    upload: bool = False
    query: Mapping[str, str] = field(default_factory=dict)  # name: meaning
    answers: Mapping[int, Any] = field(default_factory=dict)  # status: JSON schema or pydantic model
    waits: bool = False


def blueprint(name: str, import_name: str) -> Blueprint:
    """A package's API blueprint, under /api/v1."""
    return Blueprint(f"{name}_api", import_name, url_prefix="/api/v1")


def endpoint(
    permission: str,
    summary: str,
    *,
    tag: str,
    see: str | None = None,
    keyed: bool | None = None,
    body: type[BaseModel] | None = None,
    rows: Table | None = None,
    upload: bool = False,
    query: Mapping[str, str] | None = None,
    answers: Mapping[int, Any] | None = None,
    waits: bool = False,
) -> Callable[[View], View]:
    """Declare an API call. POSTs are keyed unless `keyed=False` (previews).

    The view gets `body=` (a checked model), `parsed=` (rows and their problems) or `received=` (a file in the store) as declared.
    A view that could wait for an outcome sets `g.outcome`, a function(deadline) that gives the final answer or None.
    """

    def declare(view: View) -> View:
        doc = Doc(summary, tag, permission, bool(keyed), body, rows, upload, query or {}, answers or {}, waits)

        @wraps(view)
        def called(*args: Any, **kwargs: Any) -> Response:
            return _call(view, doc, args, kwargs)

        called.permission = permission  # type: ignore[attr-defined]
        called.see = see  # type: ignore[attr-defined]
        called.doc = doc  # type: ignore[attr-defined]
        return called  # type: ignore[return-value]

    if keyed is None:
        keyed = bool(body or rows or upload)
    return declare


def init_app(app: Flask, limiter: Limiter) -> None:
    """Meter every API call and put the RateLimit headers on its answer."""

    @app.before_request
    def meter() -> None:
        if web.is_api() and g.get("actor") is not None:
            g.allowance = limiter.spend(f"key:{g.actor.key_id}")

    @app.after_request
    def headers(response: Response) -> Response:
        if allowance := g.get("allowance"):
            response.headers["RateLimit-Limit"] = str(allowance.limit)
            response.headers["RateLimit-Remaining"] = str(allowance.remaining)
            response.headers["RateLimit-Reset"] = str(allowance.reset_s)
        elif web.is_api() and response.status_code == 429:
            response.headers["RateLimit-Limit"] = str(limiter.burst)
            response.headers["RateLimit-Remaining"] = "0"
            response.headers["RateLimit-Reset"] = response.headers.get("Retry-After", "1")
        return response


def _call(view: Callable[..., Any], doc: Doc, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response:
    try:
        return _keyed(view, doc, args, kwargs) if doc.keyed else make_response(view(*args, **kwargs, **_body(doc)))
    finally:
        _drop_upload()


def _keyed(view: Callable[..., Any], doc: Doc, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 255:
        raise BadCall(N_("Send an Idempotency-Key header of 1 to 255 characters, a new one for each new request."))
    wait = _wait_seconds() if doc.waits else 0.0
    try:
        fingerprint = _fingerprint(doc)
    except HTTPException as error:
        return problem_json.from_http(error)
    who = web.actor()
    principal = f"agency:{who.agency_id}" if who.agency_id else f"user:{who.user_id}"
    call = idempotency.Call(principal, request.method, request.path, key, fingerprint)
    database = db.database()
    found = idempotency.claim(database, call)
    if isinstance(found, idempotency.Reply):
        return _replayed(found)
    try:
        response = _effect(view, doc, args, kwargs, found)
    except idempotency.AnsweredAlready:
        found = idempotency.claim(database, call)
        if isinstance(found, idempotency.Reply):
            return _replayed(found)
        raise
    if wait and response.status_code == 202 and "outcome" in g:
        response = _outcome(response, wait, found)
    return response


def _effect(view: Callable[..., Any], doc: Doc, args: tuple[Any, ...], kwargs: dict[str, Any], row_id: int) -> Response:
    """Run the call; its effect and its saved reply commit together. A refusal undoes the effect and keeps the reply alone."""
    try:
        response = make_response(view(*args, **kwargs, **_body(doc)))
        if response.status_code < 400:
            idempotency.save(db.session(), row_id, _reply(response))
            db.end_request(commit=True)
            return response
    except DomainError as error:
        response = problem_json.from_domain(error, web.translated(error))
    except HTTPException as error:
        response = problem_json.from_http(error)
    except BaseException as error:
        db.end_request(commit=False)
        if is_surely_undone(error):
            _drop_upload(also_kept=True)
        idempotency.release(db.database(), row_id)
        raise
    db.end_request(commit=False)
    _drop_upload(also_kept=True)
    with db.database().transaction() as session:
        idempotency.save(session, row_id, _reply(response))
    return response


def _outcome(accepted: Response, wait: float, row_id: int) -> Response:
    """Wait, outside any transaction, for what the view started; the saved reply becomes the outcome."""
    outcome: Callable[[float], Response | None] = g.outcome
    final = outcome(time.monotonic() + wait)
    if final is None:
        accepted.headers["Preference-Applied"] = "respond-async"
        return accepted
    final.headers["Preference-Applied"] = f"wait={wait:g}"
    with db.database().transaction() as session:
        idempotency.save_outcome(session, row_id, _reply(final))
    return final


def _wait_seconds() -> float:
    """N of `Prefer: wait=N`, at most 20; 0 without it. Preferences that nobody understands are ignored (RFC 7240)."""
    found = re.search(
        r'(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:$|[,;])', request.headers.get("Prefer", ""), re.IGNORECASE
    )
    return min(float(found[1]), WAIT_MOST_S) if found else 0.0


def _fingerprint(doc: Doc) -> str:
    parts = [request.query_string.decode("latin-1"), (request.content_type or "").split(";")[0]]
    if doc.upload:
        g.received = uploads.from_request(files.store(), web.settings().upload_limit_mb << 20)
        mode = request.form.get("mode", "") if request.mimetype == "multipart/form-data" else ""
        totals = (repr(request.headers.get(name)) for name in ("Report-Rows", "Report-Amount"))  # empty is not absent
        parts = [parts[0], mode, g.received.format_name, g.received.sha256, *totals]
    else:
        if (request.content_length or 0) > BODY_LIMIT:
            raise uploads.too_large(BODY_LIMIT)
        parts.append(hashlib.sha256(request.get_data(cache=True)).hexdigest())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _drop_upload(*, also_kept: bool = False) -> None:
    """Forget an uploaded file that became nobody's evidence; `also_kept`: or whose evidence was undone."""
    for name in ("received", "kept")[: 1 + also_kept]:
        if (upload := g.pop(name, None)) is not None:
            files.store().remove(upload.place)


def keep_upload() -> None:
    """Called by the view that made the uploaded file evidence, so that it is not dropped."""
    g.kept = g.pop("received", None)


def _body(doc: Doc) -> dict[str, Any]:
    if doc.upload:
        received = g.get("received") or uploads.from_request(files.store(), web.settings().upload_limit_mb << 20)
        g.received = received
        return {"received": received}
    if doc.rows:
        return {"parsed": uploads.rows_of_request(doc.rows, BODY_LIMIT)}
    if doc.body:
        return {"body": _model(doc.body)}
    return {}


def _model(kind: type[BaseModel]) -> BaseModel:
    raw = request.get_data(cache=True)
    if raw and request.mimetype not in ("application/json", ""):
        raise uploads.Unsupported(N_("Send application/json."))
    try:
        value = strict_json.loads(raw.decode("utf-8")) if raw.strip() else {}
    except ValueError as error:
        raise BadCall(N_("The body is not JSON: %(why)s"), why=str(error)) from error
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        fields = {"/".join(str(step) for step in item["loc"]): item["msg"] for item in error.errors(include_url=False)}
        raise Invalid(N_("Some values of the body cannot be accepted; see errors."), fields=fields) from error


def _reply(response: Response) -> idempotency.Reply:
    return idempotency.Reply(
        response.status_code,
        response.content_type or "application/json",
        response.headers.get("Location"),
        response.get_data(),
    )


def _replayed(reply: idempotency.Reply) -> Response:
    response = Response(reply.body, reply.status, content_type=reply.content_type)
    response.headers["Idempotent-Replayed"] = "true"
    if reply.location:
        response.headers["Location"] = reply.location
    return response


def rows_answer(accepted: int, rejected: int, problems: Sequence[Mapping[str, Any]]) -> Response:
    """The contract's answer to a POST of rows."""
    return jsonify({"accepted": accepted, "rejected": rejected, "problems": list(problems)})


def body_of(response: Response) -> Any:
    """A JSON answer's value (for the commands and the demo)."""
    return json.loads(response.get_data())
