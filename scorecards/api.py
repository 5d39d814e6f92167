"""The API's calls about scorecards (contract, section 3)."""

from __future__ import annotations

from flask import Response, jsonify

from portal import api, paging, web
from portal.db import session
from portal.openapi import page_of
from scorecards import items
from scorecards.queries import cards

blueprint = api.blueprint("scorecards", __name__)
BLUEPRINTS = (blueprint,)

NUMBER = {"type": ["number", "null"]}
MEASURE = {
    "type": "object",
    "required": list(items.MEASURE_FIELDS),
    "properties": dict.fromkeys(items.MEASURE_FIELDS, NUMBER)
    | {"name": {"type": "string"}, "rows": {"type": "integer"}},
}
SCORECARD = {
    "title": "Scorecard",
    "type": "object",
    "required": list(items.FIELDS),
    "properties": {
        "id": {"type": "string"},
        "period": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
        "recovery": NUMBER,
        "compliance": NUMBER,
        "headline": NUMBER,
        "band": {"enum": ["A", "B", "C", "D", "E", "N"]},
        "gates": {"type": "array", "items": {"type": "string"}},
        "measures": {"type": "array", "items": MEASURE},
    },
}
PAGE = {"limit": "at most 1000", "cursor": "next of the page before"}


@blueprint.get("/scorecards")
@api.endpoint("scorecards.view", "Scorecards in force", tag="Scorecards", query=PAGE, answers={200: page_of(SCORECARD)})
def list_scorecards() -> Response:
    return paging.answer(cards.published(web.actor()), cards.KEY, items.of_rows, items.FIELDS)


@blueprint.get("/scorecards/<ref>")
@api.endpoint("scorecards.view", "One scorecard", tag="Scorecards", answers={200: SCORECARD})
def get_scorecard(ref: str) -> Response:
    found = cards.get_published(session(), web.actor(), ref)
    return jsonify(items.items(session(), [found])[0])
