"""GET /scorecards and /scorecards/{id}: exactly the contract's shape, and an agency's own published ones alone."""

from __future__ import annotations

import csv

from sqlalchemy import select

from portal.db import Database
from scorecards.models import Measure, Scorecard
from tests.clients import ApiClient
from tests.factories import make_key
from tests.scorecards.conftest import Site

SHAPE = ["id", "period", "recovery", "compliance", "headline", "band", "gates", "measures"]
MEASURE = ["name", "value", "low", "high", "points", "rows"]


def test_an_agency_lists_its_own_published_scorecards(site: Site) -> None:
    answer = site.with_key("AGYB").get("/scorecards").get_json()
    assert answer["next"] is None
    (card,) = answer["items"]
    assert card["id"] == site.may["AGYB"]
    assert card["period"] == "2026-05"


def test_a_scorecard_has_exactly_the_shape_of_the_contract(site: Site) -> None:
    card = site.with_key("AGYB").get(f"/scorecards/{site.may['AGYB']}").get_json()
    assert sorted(card) == sorted(SHAPE)
    assert card["gates"] == []
    assert card["headline"] == min(card["recovery"], card["compliance"])
    assert all(sorted(one) == sorted(MEASURE) for one in card["measures"])
    names = [one["name"] for one in card["measures"]]
    assert names[:3] == ["liquidation", "observed_over_expected", "effect"]
    assert {"violations", "reporting", "breach_rate"} <= set(names)


def test_what_the_api_says_is_what_is_stored(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    card = site.with_key("AGYB").get(f"/scorecards/{site.may['AGYB']}").get_json()
    with database.reading() as session:
        stored = session.scalars(
            select(Measure)
            .join(Scorecard, Scorecard.id == Measure.scorecard_id)
            .where(Scorecard.ref == card["id"])
            .order_by(Measure.position)
        ).all()
        assert [[one[name] for name in MEASURE] for one in card["measures"]] == [
            [getattr(one, name) for name in MEASURE] for one in stored
        ]


def test_drafts_and_other_agencies_cards_are_not_found(site: Site) -> None:
    client = site.with_key("AGYB")
    client.get(f"/scorecards/{site.may['AGYA']}", 404)
    client.get(f"/scorecards/{site.drafts['AGYB']}", 404)
    client.get("/scorecards/scd_0000000000000000", 404)


def test_a_key_needs_the_scope(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    with database.transaction() as session:
        narrow = make_key(session, scopes="reports:read", agency=site.june.agencies["AGYB"])
        bank = make_key(session, scopes="scorecards:read", user=site.people["auditor"])
    ApiClient(site.app, narrow).get("/scorecards", 403)
    ApiClient(site.app, None).get("/scorecards", 401)
    assert len(ApiClient(site.app, bank).get("/scorecards").get_json()["items"]) == len(site.may)


def test_the_list_pages_and_comes_as_csv(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    with database.transaction() as session:
        bank = ApiClient(site.app, make_key(session, scopes="scorecards:read", user=site.people["auditor"]))
    first = bank.get("/scorecards?limit=2").get_json()
    assert len(first["items"]) == 2
    second = bank.get(f"/scorecards?limit=2&cursor={first['next']}").get_json()
    assert [len(second["items"]), second["next"]] == [1, None]
    text = bank.get("/scorecards", headers={"Accept": "text/csv"}).get_data(as_text=True)
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == SHAPE
    assert len(rows) == 1 + len(site.may)
