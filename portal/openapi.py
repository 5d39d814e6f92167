"""The OpenAPI 3.1 document, made from what each call declares, and its offline page.

The document is built from the routes themselves, so that nothing is served that it does not describe and nothing described that is
not served; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from portal import api, web
from portal.problem_json import MEDIA_TYPE
from portal.reports.kinds import KINDS

blueprint = api.blueprint("openapi", __name__)
BLUEPRINTS = (blueprint,)

PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
ROWS_ANSWER = {
    "title": "RowsAnswer",
    "type": "object",
    "required": ["accepted", "rejected", "problems"],
    "properties": {
        "accepted": {"type": "integer"},
        "rejected": {"type": "integer"},
        "problems": {"type": "array", "items": {"$ref": "#/components/schemas/RowProblem"}},
    },
}
ROW_PROBLEM = {
    "title": "RowProblem",
    "type": "object",
    "required": ["row", "column", "code", "message", "value"],
    "properties": {
        "row": {"type": "integer", "description": "data row from 1; 0 is the header or the whole file"},
        **{name: {"type": "string"} for name in ("column", "code", "message", "value")},
    },
}

QUERY: dict[str, dict[str, Any]] = {
    "mode": {"enum": ["partial", "atomic"]},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "updated_since": {"type": "string", "anyOf": [{"format": "date-time"}, {"maxLength": 0}]},
    "portfolio": {"type": "string", "minLength": 1, "maxLength": 200},
}
"""What a parameter of an address takes, by its name; any other is a text."""
CONTROLS = (
    ("Report-Rows", "how many data rows the file has", "^[0-9]{1,12}$"),
    ("Report-Amount", "the sum of its amounts", r"^-?[0-9]{1,15}(\.[0-9]{1,2})?$"),
)
REF = "^[a-z]{3}_[0-9a-hjkmnp-tv-z]{16}$"  # as portal/refs makes them


def page_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a list answer with such items."""
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": dict(item)}, "next": {"type": ["string", "null"]}},
    }


@blueprint.get("/openapi.json")
@web.public
def document() -> ResponseReturnValue:
    """The document as JSON."""
    return jsonify(build(current_app))


@blueprint.get("/docs")
@web.public
def docs() -> ResponseReturnValue:
    """The document as a page that needs nothing from elsewhere."""
    return render_template("portal/api_docs.html", document=build(current_app))


def build(app: Flask) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    models: set[type[BaseModel]] = set()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        doc: api.Doc | None = getattr(app.view_functions[rule.endpoint], "doc", None)
        if doc is None:
            continue
        for variant in _kinds_of(rule.rule, rule.defaults):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                paths.setdefault(_path(variant), {})[method.lower()] = _operation(
                    doc, rule.arguments, variant, method, models
                )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Placewell",
            "version": app.config["VERSION"],
            "description": "Placements, reports, requests, scorecards and statements for agencies; accounts, plans, recalls and the ledger for the bank.",
        },
        "servers": [{"url": web.settings().base_url}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key: pw_live_…"}},
            "schemas": {
                **_tables(),
                **_models(models),
                "Problem": PROBLEM,
                "RowProblem": ROW_PROBLEM,
                "RowsAnswer": ROWS_ANSWER,
            },
        },
    }


def _kinds_of(path: str, _defaults: Any) -> Iterable[str]:
    """Calls on a kind of report are described for each kind: their bodies differ."""
    named = re.search(r"<(?:[^<>]+:)?kind>", path)
    kinds = sorted(name for name, kind in KINDS.items() if kind.from_agencies)
    return tuple(path.replace(named[0], name) for name in kinds) if named else (path,)


def _path(rule: str) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule)


def _operation(
    doc: api.Doc, arguments: Iterable[str], path: str, method: str, models: set[type[BaseModel]]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": REF}}
        for name in sorted(arguments)
        if f"{name}>" in path
    ]
    parameters += [
        {"name": name, "in": "query", "description": meaning, "schema": QUERY.get(name, {"type": "string"})}
        for name, meaning in doc.query.items()
    ]
    if doc.keyed:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    if doc.waits:
        parameters.append(
            {
                "name": "Prefer",
                "in": "header",
                "description": "wait=N, at most 20: answer with the outcome",
                "schema": {"type": "string"},
            }
        )
    if doc.upload:
        parameters += [
            {"name": name, "in": "header", "description": meaning, "schema": {"type": "string", "pattern": pattern}}
            for name, meaning, pattern in CONTROLS
        ]
    operation: dict[str, Any] = {
        "summary": doc.summary,
        "tags": [doc.tag],
        "operationId": f"{method.lower()}{_name(path)}",
        "parameters": parameters,
        "responses": _responses(doc, models),
    }
    if body := _request_body(doc, path, models):
        operation["requestBody"] = body
    return operation


def _name(path: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^a-zA-Z]+", path.removeprefix("/api/v1")) if part)


def _request_body(doc: api.Doc, path: str, models: set[type[BaseModel]]) -> dict[str, Any] | None:
    if doc.body:
        models.add(doc.body)
        return {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{doc.body.__name__}"}}},
        }
    if doc.rows:
        return {"required": True, "content": _row_bodies(doc.rows.json_schema())}
    if doc.upload:
        kind = next((name for name in KINDS if f"/{name}" in path), None) or (
            "ledger" if "ledger" in path else "accounts"
        )
        schema = {"$ref": f"#/components/schemas/{kind}_row"}
        form = {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"contentMediaType": "application/octet-stream"}
                },  # bytes have no type in a schema
            },
            "encoding": {"file": {"contentType": "text/csv"}},
        }
        return {"required": True, "content": {**_row_bodies(schema), "multipart/form-data": form}}
    return None


def _row_bodies(schema: Mapping[str, Any]) -> dict[str, Any]:
    text: dict[str, Any] = {
        "schema": {}
    }  # a body of any other shape is taken too: what is wrong with it is told row by row
    return {
        "application/json": {"schema": {"anyOf": [{"type": "array", "items": dict(schema)}, {}]}},
        "application/jsonl": text,
        "text/csv": text,
    }


def _responses(doc: api.Doc, models: set[type[BaseModel]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for status, answer in (doc.answers or {200: {"type": "object"}}).items():
        schema = answer
        if isinstance(answer, type):
            models.add(answer)
            schema = {"$ref": f"#/components/schemas/{answer.__name__}"}
        made[str(status)] = {
            "description": "Done" if status < 300 else "Refused",
            "content": {"application/json": {"schema": schema}},
        }
    made["default"] = {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return made


def _tables() -> dict[str, Any]:
    return {f"{name}_row": kind.table.json_schema() for name, kind in sorted(KINDS.items())}


def _models(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    wanted = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    if not wanted:
        return {}
    _, definitions = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    made: dict[str, Any] = definitions.get("$defs", {})
    return made
