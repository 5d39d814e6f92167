"""The API as an agency's and a bank's program meets it (contract, section 3)."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from placements.models import Account, HoldKind, Placement
from portal import clock, work
from portal.db import Database
from portal.people import Role
from tests.clients import ApiClient
from tests.factories import make_key, make_user
from tests.factories_placements import (
    make_account,
    make_accounts,
    make_consumer,
    make_hold,
    make_placement,
    make_portfolio,
    ready,
)

AGENCY = "placements:read placements:write"
BANK = "accounts:read accounts:write plans:write placements:read"


class World:
    """A bank with two agencies, its people's keys and a portfolio."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.db: Database = app.extensions["database"]
        with self.db.transaction() as session:
            one, two = ready(session, "AGY01"), ready(session, "AGY02", licensed_in=["US-OH"])
            self.manager, self.approver = make_user(session), make_user(session, Role.APPROVER)
            keys = {
                "one": make_key(session, scopes=AGENCY, agency=one), "two": make_key(session, scopes=AGENCY, agency=two),
                "bank": make_key(session, scopes=BANK, user=self.manager), "approver": make_key(session, scopes="plans:approve", user=self.approver),
            }  # fmt: skip
        self.one, self.two, self.bank, self.approver_key = (
            ApiClient(app, keys[name]) for name in ("one", "two", "bank", "approver")
        )

    def accounts(self, *refs: str, **values: Any) -> None:
        with self.db.transaction() as session:
            portfolio = make_portfolio(session)
            for ref in refs:
                make_account(
                    session,
                    portfolio,
                    ref,
                    consumer=make_consumer(session, full_name="Jamie Example", phone="2025550123"),
                    **values,
                )

    def placed(self, agency: str, *refs: str) -> dict[str, str]:
        """Place accounts by hand; their placement references by account."""
        plan = self.bank.post("/placements", {"agency": agency, "account_refs": list(refs), "reason": "test"}, 201).json
        self.approver_key.post(f"/plans/{plan['id']}/approve")
        assert self.bank.post(f"/plans/{plan['id']}/place").json["accounts"] == len(refs)
        with self.db.reading() as session:
            return dict(
                session.execute(
                    select(Account.account_ref, Placement.ref).join(Placement).where(Account.account_ref.in_(refs))
                ).all()
            )


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


def items(client: ApiClient, path: str = "/placements") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(path).json["items"]
    return found


# -- accounts and plans --------------------------------------------------------------------------------------------------


def test_accounts_are_sent_like_reports(world: World) -> None:
    row = {
        "account_ref": "N1",
        "consumer_ref": "C",
        "portfolio": "New",
        "product": "medical",
        "currency": "USD",
        "balance": "5.00",
        "country": "US",
        "region": "OH",
        "full_name": "X",
    }
    answer = world.bank.post(
        "/accounts", [row, {**row, "account_ref": "N2", "balance": "-1"}], 200, headers={"Prefer": "wait=5"}
    )
    assert answer.json["rows"] == {"total": 2, "accepted": 1, "duplicate": 0, "changed": 0, "rejected": 1}
    assert [
        problem["code"] for problem in world.bank.get(f"/reports/{answer.json['id']}/problems", 403).json["errors"]
    ] == []
    world.one.post("/accounts", [row], 404)


def test_a_plan_goes_its_way_and_says_who_gets_what_and_why_not(world: World) -> None:
    with world.db.transaction() as session:
        portfolio = make_portfolio(session, "Spring")
        make_accounts(session, portfolio, 6)
        make_account(session, portfolio, "HELD")
        make_hold(
            session, session.scalars(select(Account).where(Account.account_ref == "HELD")).one(), HoldKind.BANKRUPTCY
        )
        make_account(session, portfolio, "NOWHERE", jurisdiction="US", region=None)
    answer = world.bank.post("/plans", {"portfolio": "Spring", "seed": 42, "agencies": ["AGY01", "AGY02"]}, 201)
    plan = answer.json
    assert answer.headers["Location"] == f"/api/v1/plans/{plan['id']}"
    assert (plan["state"], plan["seed"], plan["accounts"], plan["balance"]) == ("draft", 42, 6, "6000.00")
    assert [(part["agency"], part["accounts"], part["balance"]) for part in plan["by_agency"]] == [
        ("AGY01", 3, "3000.00"),
        ("AGY02", 3, "3000.00"),
    ]
    why = {row["account_ref"]: row["reasons"] for row in plan["unplaced"]}
    assert [(reason["agency"], reason["code"], reason["message"]) for reason in why["HELD"]] == [
        (None, "on_hold", "It is on hold: Bankruptcy.")
    ]
    assert {reason["agency"] for reason in why["NOWHERE"]} == {"AGY01", "AGY02"}
    path = f"/plans/{plan['id']}"
    world.bank.post(f"{path}/place", status=409)
    assert world.bank.post(f"{path}/submit").json["state"] == "submitted"
    world.bank.post(f"{path}/approve", status=403)
    assert world.approver_key.post(f"{path}/return", {"note": "Not yet."}).json["state"] == "returned"
    world.bank.post(f"{path}/submit", status=409)
    assert world.bank.post(f"{path}/cancel").json["state"] == "cancelled"
    assert world.bank.get(path).json["note"] == "Not yet."
    again = world.bank.post("/plans", {"portfolio": "Spring", "seed": 42, "agencies": ["AGY01", "AGY02"]}, 201).json
    assert [again[name] for name in ("by_agency", "unplaced", "balance")] == [
        plan[name] for name in ("by_agency", "unplaced", "balance")
    ]
    world.bank.post(f"/plans/{again['id']}/submit")
    assert world.approver_key.post(f"/plans/{again['id']}/approve").json["state"] == "approved"
    assert world.approver_key.post(f"/plans/{again['id']}/place").json["state"] == "placed"
    assert (len(items(world.one)), len(items(world.two))) == (3, 3)


def test_nobody_approves_their_own_plan_whichever_key_they_use(world: World) -> None:
    with world.db.transaction() as session:
        session.get_one(type(world.manager), world.manager.id).role = Role.APPROVER
        promoted = ApiClient(world.app, make_key(session, scopes="plans:approve", user=world.manager))
    world.accounts("A")
    with world.db.transaction() as session:
        session.get_one(type(world.manager), world.manager.id).role = Role.VENDOR_MANAGER
    plan = world.bank.post("/placements", {"agency": "AGY01", "account_refs": ["A"]}, 201).json
    with world.db.transaction() as session:
        session.get_one(type(world.manager), world.manager.id).role = Role.APPROVER
    answer = promoted.post(f"/plans/{plan['id']}/approve", status=403)
    assert "Another person" in answer.json["detail"]
    assert world.approver_key.post(f"/plans/{plan['id']}/approve").json["state"] == "approved"


def test_placing_by_hand_asks_for_the_same_licences(world: World) -> None:
    world.accounts("W", jurisdiction="US-WA", region="WA")
    plan = world.bank.post("/placements", {"agency": "AGY02", "account_refs": ["W"]}, 201).json
    assert (plan["state"], plan["accounts"], plan["by_agency"]) == ("submitted", 0, [])
    assert {reason["code"] for reason in plan["unplaced"][0]["reasons"]} == {"credential_missing"}
    world.approver_key.post(f"/plans/{plan['id']}/approve")
    world.bank.post(f"/plans/{plan['id']}/place")
    assert items(world.two) == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"portfolio": "Nowhere"}, 422, "portfolio"), ({}, 422, "portfolio"), ({"portfolio": "P", "agencies": ["AGY99"]}, 422, "agencies"),
        ({"portfolio": "P", "effective_at": "2026-01-01T00:00:00"}, 422, "effective_at"), ({"portfolio": "P", "other": 1}, 422, "other"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_drawn_says_which_field_to_mend(
    world: World, body: dict[str, Any], status: int, field: str
) -> None:
    with world.db.transaction() as session:
        make_account(session, make_portfolio(session, "P"))
    assert field in str(world.bank.post("/plans", body, status).json["errors"])


def test_the_past_is_open_only_where_the_bank_allows_it(world: World) -> None:
    past = (clock.now() - timedelta(days=30)).isoformat()
    world.accounts("A", "B")
    plan = world.bank.post("/placements", {"agency": "AGY01", "account_refs": ["A"], "effective_at": past}, 201).json
    world.approver_key.post(f"/plans/{plan['id']}/approve")
    world.bank.post(f"/plans/{plan['id']}/place")
    assert items(world.one)[0]["placed_at"] == past
    settings = world.app.extensions["settings"]
    world.app.extensions["settings"] = type(settings)(**{**vars(settings), "allow_backdating": False})
    answer = world.bank.post("/placements", {"agency": "AGY01", "account_refs": ["B"], "effective_at": past}, 422)
    assert "effective_at" in str(answer.json["errors"])


# -- an agency's placements ----------------------------------------------------------------------------------------------


def test_an_agency_sees_what_it_holds_with_everything_it_needs_and_nothing_of_another(world: World) -> None:
    world.accounts("A", "B")
    world.placed("AGY01", "A")
    world.placed("AGY02", "B")
    (item,) = items(world.one)
    assert set(item) == {
        "placement_ref",
        "account_ref",
        "state",
        "placed_at",
        "balance",
        "currency",
        "due_back_on",
        "holds",
        "consumer",
        "itemization",
    }
    assert (item["account_ref"], item["state"], item["balance"], item["currency"], item["holds"]) == (
        "A",
        "placed",
        "1000.00",
        "USD",
        [],
    )
    assert (item["consumer"]["full_name"], item["consumer"]["phone"]) == ("Jamie Example", "2025550123")
    assert [found["account_ref"] for found in items(world.two)] == ["B"]
    masked = items(world.bank)[0]["consumer"]
    assert "Jamie" not in str(masked)
    assert "2025550123" not in str(masked)


def test_an_agency_learns_what_changed_since_it_last_asked(world: World) -> None:
    world.accounts("A", "B")
    world.placed("AGY01", "A", "B")
    since = clock.now().isoformat()
    assert items(world.one, f"/placements?updated_since={since.replace('+', '%2B')}") == []
    with world.db.transaction() as session:
        account = session.scalars(select(Account).where(Account.account_ref == "B")).one()
        make_hold(session, account)
        session.scalars(select(Placement).where(Placement.account_id == account.id)).one().updated_at = clock.now()
    (item,) = items(world.one, f"/placements?updated_since={since}")
    assert (item["account_ref"], item["holds"]) == ("B", ["dispute"])
    world.one.get("/placements?updated_since=yesterday", 422)
    world.one.get("/placements?updated_since=2026-01-01T00:00:00", 422)


def test_placements_are_filtered_by_state_and_paged(world: World) -> None:
    refs = [f"A{number}" for number in range(5)]
    world.accounts(*refs)
    placed = world.placed("AGY01", *refs)
    world.one.post("/placements/acknowledgements", [{"placement_ref": placed["A3"], "accepted": True}])
    assert [item["account_ref"] for item in items(world.one, "/placements?state=acknowledged")] == ["A3"]
    assert len(items(world.one, "/placements?state=acknowledged,placed")) == 5
    world.one.get("/placements?state=gone", 422)
    first = world.one.get("/placements?limit=2").json
    rest = world.one.get(f"/placements?limit=3&cursor={first['next']}").json
    assert [item["account_ref"] for item in first["items"] + rest["items"]] == refs
    assert rest["next"] is None


def test_the_whole_list_comes_as_csv(world: World) -> None:
    world.accounts("A", "B")
    world.placed("AGY01", "A", "B")
    text = world.one.get("/placements", headers={"Accept": "text/csv"}).get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["account_ref"] for row in rows] == ["A", "B"]
    assert "Jamie Example" in rows[0]["consumer"]


def test_acknowledgements_are_answered_row_by_row(world: World) -> None:
    world.accounts("A", "B", "C", "OTHER")
    placed = world.placed("AGY01", "A", "B", "C") | world.placed("AGY02", "OTHER")
    body = [
        {"placement_ref": placed["A"], "accepted": True, "balance": "1000.00"},
        {"placement_ref": placed["B"], "accepted": False, "reason": "capacity"},
        {"placement_ref": placed["C"], "accepted": False},
        {"placement_ref": placed["OTHER"], "accepted": True},
        {"placement_ref": "plc_none", "accepted": True, "balance": "x"},
    ]
    answer = world.one.post("/placements/acknowledgements", body).json
    assert (answer["accepted"], answer["rejected"]) == (2, 3)
    assert [(problem["row"], problem["column"], problem["code"]) for problem in answer["problems"]] == [
        (3, "reason", "missing_reason"), (4, "placement_ref", "unknown_reference"), (5, "balance", "bad_balance"),
    ]  # fmt: skip
    assert {item["account_ref"]: item["state"] for item in items(world.one)} == {"A": "acknowledged", "C": "placed"}
    assert items(world.two)[0]["state"] == "placed"


def test_acknowledgements_may_come_as_csv_and_sent_again_get_the_same_answer(world: World) -> None:
    world.accounts("A")
    placed = world.placed("AGY01", "A")
    text = f"placement_ref,accepted\n{placed['A']},yes\n"
    first = world.one.post("/placements/acknowledgements", key="k1", data=text, content_type="text/csv")
    again = world.one.post("/placements/acknowledgements", key="k1", data=text, content_type="text/csv")
    assert first.json == again.json == {"accepted": 1, "rejected": 0, "problems": []}
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_returned_account_is_gone_from_the_inventory(world: World) -> None:
    world.accounts("A")
    placed = world.placed("AGY01", "A")
    assert (
        world.one.post("/returns", [{"placement_ref": placed["A"], "reason": "not_found", "note": "Moved."}]).json[
            "accepted"
        ]
        == 1
    )
    assert items(world.one) == []
    assert items(world.bank, "/placements?state=returned")[0]["account_ref"] == "A"


# -- recalls -------------------------------------------------------------------------------------------------------------


def test_a_recall_is_seen_objected_to_and_confirmed_by_its_agency_alone(world: World) -> None:
    world.accounts("A", "B", "OTHER")
    placed = world.placed("AGY01", "A", "B") | world.placed("AGY02", "OTHER")
    final = (clock.now() + timedelta(days=7)).isoformat()
    made = world.bank.post(
        "/recalls",
        {"account_refs": ["A", "B", "X"], "reason": "strategy", "final_at": final, "note": "New policy."},
        201,
    ).json
    assert (made["accounts"], made["reason"], made["left_out"]) == (2, "strategy", ["X"])
    found = items(world.one, "/recalls")
    assert [(item["account_ref"], item["state"], item["reason"], item["final_at"], item["stopped_at"]) for item in found] == [
        ("A", "pending", "strategy", final, None), ("B", "pending", "strategy", final, None),
    ]  # fmt: skip
    assert items(world.two, "/recalls") == []
    assert (
        world.one.post(
            "/recalls/objections", [{"placement_ref": placed["A"], "reason": "plan_running", "note": "Pays weekly."}]
        ).json["accepted"]
        == 1
    )
    assert (
        world.two.post("/recalls/objections", [{"placement_ref": placed["B"], "reason": "other"}]).json["rejected"] == 1
    )
    stopped = clock.now().isoformat()
    assert (
        world.one.post("/recalls/confirmations", [{"placement_ref": placed["B"], "stopped_at": stopped}]).json[
            "accepted"
        ]
        == 1
    )
    assert items(world.one, "/recalls")[1]["stopped_at"] == stopped


def test_a_final_recall_ends_access_at_once_in_api_and_list(world: World) -> None:
    world.accounts("A", "B")
    world.placed("AGY01", "A", "B")
    world.bank.post(
        "/recalls",
        {
            "filter": {"agency": "AGY01", "jurisdiction": "US-OH"},
            "reason": "legal",
            "final_at": clock.now().isoformat(),
        },
        201,
    )
    assert items(world.one) == []
    assert [item["state"] for item in items(world.one, "/recalls")] == ["final", "final"]
    assert "consumer" not in items(world.one, "/recalls")[0], "of an account it lost it knows the reference alone"


@pytest.mark.parametrize(
    "body", [{}, {"filter": {}}, {"account_refs": []}, {"filter": {"colour": "red"}}, {"account_refs": ["UNPLACED"]}]
)
def test_a_recall_of_nothing_is_refused(world: World, body: dict[str, Any]) -> None:
    world.accounts("UNPLACED", "A")
    world.placed("AGY01", "A")
    world.bank.post("/recalls", {**body, "reason": "legal", "final_at": clock.now().isoformat()}, 422)
    assert len(items(world.one)) == 1


# -- who may -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/plans"), ("post", "/placements"), ("post", "/recalls"), ("get", "/plans/x"), ("post", "/plans/x/submit"),
        ("post", "/plans/x/approve"), ("post", "/plans/x/place"), ("post", "/accounts"),
    ],
)  # fmt: skip
def test_agencies_do_not_plan_or_recall(world: World, method: str, path: str) -> None:
    if path == "/recalls":
        world.one.post(path, {}, 403)  # that recalls exist is no secret: it reads its own there
    elif method == "get":
        world.one.get(path, 404)
    else:
        world.one.post(path, {}, 404)


@pytest.mark.parametrize(
    "path", ["/placements/acknowledgements", "/returns", "/recalls/confirmations", "/recalls/objections"]
)
def test_the_bank_does_not_answer_for_agencies(world: World, path: str) -> None:
    world.bank.post(path, [], 403)


def test_a_key_without_the_scope_is_told_so(world: World) -> None:
    with world.db.transaction() as session:
        narrow = ApiClient(world.app, make_key(session, scopes="reports:read", agency=_agency(session)))
    narrow.get("/placements", 403)


def _agency(session: Session) -> int:
    from agencies.models import Agency

    return session.scalars(select(Agency.id).where(Agency.code == "AGY01")).one()


def test_a_webhook_tells_an_agency_of_placements_and_recalls_without_personal_data(world: World) -> None:
    from portal.webhooks.models import WebhookDelivery, WebhookEndpoint

    with world.db.transaction() as session:
        endpoint = WebhookEndpoint(ref="whk_1", agency_id=_agency(session), url="https://agency.example/hook", events="placement.created recall.requested recall.final",
                                   secret_sealed=b"", active=True, failures=0, created_at=clock.now(), created_by="test")  # fmt: skip
        session.add(endpoint)
    world.accounts("A", "B")
    placed = world.placed("AGY01", "A")
    world.placed("AGY02", "B")
    world.bank.post("/recalls", {"account_refs": ["A"], "reason": "legal", "final_at": clock.now().isoformat()}, 201)
    with world.db.reading() as session:
        bodies = {
            delivery.event: delivery.body
            for delivery in session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id))
        }
    assert set(bodies) == {"placement.created", "recall.requested", "recall.final"}
    assert placed["A"] in bodies["placement.created"]
    assert not any("Jamie" in body or "2025550123" in body for body in bodies.values())
    assert work.WORKERS


def test_a_bank_key_sees_all_and_an_unknown_placement_is_no_leak(world: World) -> None:
    with world.db.transaction() as session:
        agency = _agency(session)
        from agencies.models import Agency

        make_placement(session, make_account(session, make_portfolio(session), "A"), session.get_one(Agency, agency))
    assert len(items(world.bank)) == 1
