"""The API's calls about breaches (contract, section 3)."""

from __future__ import annotations

from typing import Any

from flask import Response

from conduct import queries
from conduct.models import Breach
from portal import api, paging, web
from portal.db import session
from portal.openapi import page_of
from portal.reports import queries as report_queries

blueprint = api.blueprint("conduct", __name__)
BLUEPRINTS = (blueprint,)

COLUMNS = ("id", "rule", "severity", "citation", "state", "record_ids")
BREACH = {
    "title": "Breach", "type": "object", "required": list(COLUMNS),
    "properties": {
        "id": {"type": "string"}, "rule": {"type": "string", "description": "id of the rule"},
        "severity": {"enum": ["info", "low", "medium", "high", "critical"]}, "citation": {"type": "string"},
        "state": {"enum": ["found", "confirmed", "dismissed", "escalated"]},
        "record_ids": {"type": "array", "items": {"type": "string"}, "description": "the row in breach"},
    },
}  # fmt: skip


@blueprint.get("/reports/<ref>/breaches")
@api.endpoint(
    "breaches.view", "The breaches on a report's rows", tag="Reports",
    query={"limit": "at most 1000", "cursor": "next of the page before"}, answers={200: page_of(BREACH)},
)  # fmt: skip
def get_breaches(ref: str) -> Response:
    report = report_queries.get(session(), web.actor(), ref)
    found = queries.breaches_of_report(web.actor(), report)
    return paging.answer(found, Breach.__table__.c.id, _serialise, COLUMNS)


def _serialise(_session: Any, rows: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": row.Breach.ref, "rule": row.Breach.rule, "severity": row.Breach.severity, "citation": row.Breach.citation,
            "state": row.Breach.state.value, "record_ids": [row.record_id],
        }
        for row in rows
    ]  # fmt: skip
