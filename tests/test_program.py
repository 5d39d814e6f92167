"""A program written from the contract alone: from `flask demo --accounts 0` to exactly the manifest's problems and breaches."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask

import demo
from agencies import queries as agency_queries
from portal import clock, keys, queries, work
from portal.keys import AGENCY_SCOPES, BANK_SCOPES
from portal.permissions import SYSTEM
from samples import activity, tape
from samples.panel import PlacedAccount, Profile
from tests.clients import ApiClient

ROWS = 10_000
PLACED = date(2026, 1, 4)
NAMED = {  # the rules that both the generator's manifest and the first release name
    "us.regf.time-of-day",
    "us.regf.call-frequency",
    "us.regf.call-cooldown",
    "us.regf.cease-communication",
}


def keys_of(app: Flask) -> dict[str, ApiClient]:
    """A key for the vendor manager, the approver and the agency, as `flask keys add` makes them."""
    database = app.extensions["database"]
    emails = {role: email for role, email, _ in reversed(demo.sign_ins())}
    made = {}
    with database.transaction() as session:
        for role in ("vendor_manager", "approver"):
            user = queries.person_named(session, emails[role])
            made[role] = keys.make(session, SYSTEM, scopes=BANK_SCOPES, at=clock.now(), user=user)
        agency = agency_queries.get(session, SYSTEM, "AGY01")
        made["agency"] = keys.make(session, SYSTEM, scopes=AGENCY_SCOPES, at=clock.now(), agency_id=agency.id)
    return {who: ApiClient(app, key) for who, key in made.items()}


def pages(client: ApiClient, path: str) -> list[dict[str, Any]]:
    """A whole list, page by page."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"{path}?limit=1000&cursor={cursor}").get_json()
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = page["next"]


def test_from_an_empty_demo_to_exactly_the_manifests_breaches(app: Flask) -> None:
    demo.load(app, 0)
    who = keys_of(app)
    rows = tape.read_tape("us")[:3000]

    sent = (
        who["vendor_manager"]
        .post("/accounts", data=tape.to_csv(rows), content_type="text/csv", headers={"Prefer": "wait=20"})
        .get_json()
    )
    assert (sent["state"], sent["rows"]["accepted"]) == ("accepted", 3000)

    refs = [row["account_ref"] for row in rows]
    body = {
        "agency": "AGY01",
        "account_refs": refs,
        "effective_at": f"{PLACED}T00:00:00+00:00",
        "reason": "Take-over of a running panel",
    }
    plan = who["vendor_manager"].post("/placements", json=body, status=201).get_json()
    assert plan["state"] == "submitted"
    held = {row["account_ref"] for row in rows if row["hold"] not in ("", "none")}
    left_out = {item["account_ref"]: item["reasons"] for item in plan["unplaced"]}
    assert held <= set(left_out)
    assert all(left_out.values()), "every account that nobody gets has a reason"

    who["vendor_manager"].post(f"/plans/{plan['id']}/approve", json={}, status=403)
    assert who["approver"].post(f"/plans/{plan['id']}/approve", json={}).get_json()["state"] == "approved"
    assert who["vendor_manager"].post(f"/plans/{plan['id']}/place", json={}).get_json()["state"] == "placed"

    placed = pages(who["agency"], "/placements")
    assert len(placed) == plan["accounts"] == 3000 - len(left_out)
    acknowledged = [
        {"placement_ref": item["placement_ref"], "accepted": True, "balance": item["balance"]} for item in placed
    ]
    answer = who["agency"].post("/placements/acknowledgements", json=acknowledged).get_json()
    assert (answer["accepted"], answer["rejected"]) == (len(placed), 0)

    by_ref = {row["account_ref"]: row for row in rows}
    accounts = [PlacedAccount.from_tape(by_ref[item["account_ref"]], PLACED) for item in placed]
    report = activity.generate(
        accounts,
        agency="AGY01",
        seed=7,
        first_day=date(2026, 1, 5),
        last_day=date(2026, 3, 31),
        profile=Profile(rows=ROWS),
    )
    truth = report.manifest
    roster = who["agency"].post(
        "/reports/collectors", data=report.roster_csv, content_type="text/csv", headers={"Prefer": "wait=10"}
    )
    assert roster.get_json()["state"] == "accepted"

    call = {"data": report.body, "content_type": "text/csv", "headers": {"Prefer": "wait=20"}, "key": "the-report"}
    outcome = who["agency"].post("/reports/activity", **call).get_json()
    assert {name: outcome["rows"][name] for name in ("total", "accepted", "duplicate", "rejected")} == {
        name: truth["rows"][name] for name in ("total", "accepted", "duplicate", "rejected")
    }
    problems = {
        (item["row"], item["column"], item["code"])
        for item in pages(who["agency"], f"/reports/{outcome['id']}/problems")
    }
    assert problems == {(item["row"], item["column"], item["code"]) for item in truth["problems"]}

    replay = who["agency"].post("/reports/activity", **call)
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert replay.get_json() == outcome
    again = who["agency"].post("/reports/activity", data=report.body, content_type="text/csv", status=409)
    assert again.get_json()["report"] == outcome["id"]
    assert again.headers["Location"].endswith(outcome["id"])

    assert outcome["breaches"] is None
    work.drain(app.extensions["database"])
    tested = who["agency"].get(f"/reports/{outcome['id']}").get_json()
    found: dict[str, set[str]] = {}
    listed = pages(who["agency"], f"/reports/{outcome['id']}/breaches")
    for item in listed:
        found.setdefault(item["rule"], set()).update(item["record_ids"])
    assert tested["breaches"] == len({record for item in listed for record in item["record_ids"]})
    for rule in NAMED:
        assert found.get(rule, set()) == set(truth["breaches"].get(rule, ())), rule
