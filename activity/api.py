"""The API's calls about reports (contract, section 3)."""

from __future__ import annotations

from flask import Response

from activity import schemas
from portal import api, web
from portal.db import session
from portal.errors import NotFound
from portal.openapi import page_of
from portal.reports import queries
from portal.reports import web as reports
from portal.reports.kinds import FileKind
from portal.uploads import Upload

blueprint = api.blueprint("activity", __name__)
BLUEPRINTS = (blueprint,)

REPORT = {
    "title": "Report",
    "type": "object",
    "required": ["id", "kind", "state", "rows", "breaches", "sha256", "created_at", "links"],
    "properties": {
        "id": {"type": "string"},
        "kind": {"type": "string"},
        "state": {"enum": ["received", "reading", "accepted", "partly_accepted", "rejected"]},
        "rows": {
            "type": "object",
            "properties": {
                name: {"type": "integer"} for name in ("total", "accepted", "duplicate", "changed", "rejected")
            },
        },
        "breaches": {"type": ["integer", "null"]},
        "sha256": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "links": {"type": "object"},
    },
}
A_KIND = "noreference:kind"  # so that a POST to a report itself is a method that there is not
NO_KIND = f"other({', '.join(map(repr, schemas.REPORTS))}):ref"
MODE = {"mode": "partial (default): sound rows in, the others listed; atomic: all rows or none"}


@blueprint.post(f"/reports/<{A_KIND}>")
@api.endpoint(
    "reports.send",
    "Send a report",
    tag="Reports",
    see="reports.view",
    upload=True,
    query=MODE,
    waits=True,
    answers={200: REPORT, 202: REPORT},
)
def send_report(kind: str, received: Upload) -> Response:
    return reports.accept(_kind(kind), received)


@blueprint.post(f"/reports/<{A_KIND}>/preview")
@api.endpoint(
    "reports.send",
    "Check a report without keeping anything",
    tag="Reports",
    see="reports.view",
    upload=True,
    keyed=False,
    query=MODE,
    answers={200: {"type": "object"}},
)
def preview_report(kind: str, received: Upload) -> Response:
    return reports.preview(_kind(kind), received)


def _kind(name: str) -> FileKind:
    """A kind of report (contract 4.2 and 4.3). The bank's accounts and ledger have calls, and rights, of their own."""
    if name not in schemas.REPORTS:
        raise NotFound
    return reports.kind_for(web.actor(), name)


@blueprint.get(f"/reports/<{NO_KIND}>")
@api.endpoint("reports.view", "One report", tag="Reports", answers={200: REPORT})
def get_report(ref: str) -> Response:
    return reports.answer(queries.get(session(), web.actor(), ref))


@blueprint.get("/reports/<ref>/problems")
@api.endpoint(
    "reports.view",
    "A report's problems; as CSV its rejected rows, to be mended and sent back",
    tag="Reports",
    query={"limit": "at most 1000", "cursor": "next of the page before"},
    answers={200: page_of({"$ref": "#/components/schemas/RowProblem"})},
)
def get_problems(ref: str) -> Response:
    return reports.problems(queries.get(session(), web.actor(), ref))
