"""The API's calls about the bank's ledger."""

from __future__ import annotations

from flask import Response

from portal import api, web
from portal.reports import web as reports
from portal.uploads import Upload

blueprint = api.blueprint("ledger", __name__)
BLUEPRINTS = (blueprint,)


@blueprint.post("/ledger/payments")
@api.endpoint(
    "ledger.import",
    "Post the bank's payments",
    tag="Ledger",
    upload=True,
    waits=True,
    query={"mode": "partial (default) or atomic"},
    answers={200: {"type": "object"}, 202: {"type": "object"}},
)
def post_payments(received: Upload) -> Response:
    return reports.accept(reports.kind_for(web.actor(), "ledger"), received)
