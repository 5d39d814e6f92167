"""Every route declares who may use it; every API call is described, and what is described is served."""

from __future__ import annotations

from flask import Flask
from openapi_spec_validator import validate

from portal import openapi
from portal.permissions import TABLE


def test_every_route_declares_a_permission(app: Flask) -> None:
    undeclared = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in ("static", "bootstrap.static")
        and not hasattr(app.view_functions[rule.endpoint], "permission")
    ]
    assert not undeclared


def test_every_declared_permission_exists(app: Flask) -> None:
    declared = {
        value
        for view in app.view_functions.values()
        for value in (getattr(view, "permission", None), getattr(view, "see", None))
        if value
    }
    assert declared - {"public"} <= set(TABLE)


def test_every_api_call_is_described_and_the_document_is_valid(app: Flask) -> None:
    with app.test_request_context():
        document = openapi.build(app)
    validate(document)
    served = {
        (method.lower(), openapi._path(variant))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint not in ("openapi_api.document", "openapi_api.docs")
        for variant in openapi._kinds_of(rule.rule, None)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert served == described


CONTRACT = """
GET /placements
POST /placements/acknowledgements
GET /recalls
POST /recalls/confirmations
POST /recalls/objections
POST /returns
POST /requests
GET /requests
POST /reports/activity
POST /reports/payments
POST /reports/inventory
POST /reports/complaints
POST /reports/collectors
POST /reports/activity/preview
GET /reports/{ref}
GET /reports/{ref}/problems
GET /reports/{ref}/breaches
GET /scorecards
GET /scorecards/{ref}
POST /accounts
POST /ledger/payments
POST /placements
POST /plans
GET /plans/{ref}
POST /plans/{ref}/submit
POST /plans/{ref}/approve
POST /plans/{ref}/return
POST /plans/{ref}/place
POST /plans/{ref}/cancel
POST /recalls
"""


def test_the_calls_of_the_contract_are_served(app: Flask) -> None:
    with app.test_request_context():
        paths = openapi.build(app)["paths"]
    missing = [
        line
        for line in CONTRACT.split("\n")
        if line and line.split()[0].lower() not in paths.get(f"/api/v1{line.split()[1]}", {})
    ]
    assert not missing
