"""application/problem+json (RFC 9457): the one shape of every API error, whatever its source."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Response, g
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from portal.errors import Conflict, DomainError, Invalid, TooMany
from portal.shortages import Shortage

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """A problem document. `errors` lists the faults inside a body: pointer or row and column, code, message."""
    slug = HTTPStatus(status).phrase.lower().replace(" ", "-")
    body = {
        "type": f"urn:placewell:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": errors or [],
        **extra,
    }
    if (
        status >= 500
    ):  # what is not there and what is not theirs to see are answered with the same bytes, so nothing of chance stands in those
        body["request_id"] = g.get("request_id")
    return Response(json.dumps(body, ensure_ascii=False, default=str), status, headers, content_type=MEDIA_TYPE)


def from_domain(error: DomainError, detail: str) -> Response:
    """A domain error's problem document."""
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    if isinstance(error, TooMany | Shortage):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Conflict):
        extra = error.extra
        if error.location:
            headers["Location"] = error.location
        if retry := extra.pop("retry_after", None):
            headers["Retry-After"] = str(retry)
    if isinstance(error, Invalid):
        errors = [{"pointer": f"/{name}", "code": "invalid", "message": _(text)} for name, text in error.fields.items()]
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="placewell"'
    return problem(error.status, _(error.title), detail, errors=errors, headers=headers, **extra)


def from_http(error: HTTPException) -> Response:
    """The framework's own errors (404, 405, 413, 415 …) in the same shape."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(status, error.name, str(error.description or error.name), headers=headers)


def crash() -> Response:
    """What a caller learns of a fault of ours: that nothing was kept, and the id under which it was logged."""
    return problem(
        500, _("Something went wrong"), _("The fault is ours and has been recorded. Nothing of this request was kept.")
    )
