"""POST /ledger/payments: the bank's entries by machine, as bodies, modes, states and problems of any report."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from agencies.models import Agency
from ledger.models import Payment
from portal import work
from portal.people import Role
from tests import factories
from tests.activity.test_api import assert_problem
from tests.clients import ApiClient
from tests.ledger.books import PAYMENTS, Books, entry

PATH = "/ledger/payments"
LINES = (entry("1", "A1", "2026-02-01", "100.00"), entry("2", "A1", "2026-02-03", "-40.00", reverses="1"))


class House:
    """Agency A with an account, and a vendor manager's key."""

    def __init__(self, app: Flask) -> None:
        self.app, self.books = app, Books(app.extensions["database"])
        self.books.agency("A")
        self.books.accounts("A1")
        self.books.place("A1", "A", "2026-01-10")
        self.bank = self.client(Role.VENDOR_MANAGER, "ledger:write reports:read")

    def client(self, role: Role, scopes: str) -> ApiClient:
        with self.books.db.transaction() as session:
            if role is Role.AGENCY_MANAGER:
                agency = session.scalars(select(Agency)).one()
                return ApiClient(self.app, factories.make_key(session, scopes=scopes, agency=agency))
            return ApiClient(
                self.app, factories.make_key(session, scopes=scopes, user=factories.make_user(session, role))
            )

    def net(self) -> Decimal:
        with self.books.db.reading() as session:
            return session.scalar(select(func.sum(Payment.amount))) or Decimal(0)


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def text(*lines: str) -> str:
    return "\n".join((PAYMENTS, *lines)) + "\n"


def test_entries_are_received_read_and_posted(house: House) -> None:
    answer = house.bank.post(PATH, status=202, data=text(*LINES), content_type="text/csv")
    assert (answer.json["kind"], answer.json["state"]) == ("ledger", "received")
    work.drain(house.books.db)
    after = house.bank.get(answer.headers["Location"].removeprefix("/api/v1")).json
    assert (after["state"], after["rows"]["accepted"]) == ("accepted", 2)
    assert house.net() == Decimal("60.00")
    assert house.books.broken() == []


def test_who_waits_gets_the_outcome_and_totals_are_checked(house: House) -> None:
    wait = {"Prefer": "wait=10"}
    refused = house.bank.post(
        PATH, data=text(*LINES), content_type="text/csv", headers=wait | {"Report-Amount": "140.00"}
    )
    assert refused.json["state"] == "rejected"
    taken = house.bank.post(
        PATH, data=text(*LINES), content_type="text/csv", headers=wait | {"Report-Amount": "60.00", "Report-Rows": "2"}
    )
    assert taken.json["rows"] == {"total": 2, "accepted": 2, "duplicate": 0, "changed": 0, "rejected": 0}
    assert_problem(house.bank.post(PATH, status=409, data=text(*LINES), content_type="text/csv"))
    assert house.net() == Decimal("60.00")


def test_json_and_all_or_none(house: House) -> None:
    bodies = [{"record_id": "1", "account_ref": "A1", "paid_on": "2026-02-01", "amount": 100.1, "paid_to": "agency"},
              {"record_id": "2", "account_ref": "ZZZ", "paid_on": "2026-02-01", "amount": "5.00", "paid_to": "creditor"}]  # fmt: skip
    wait = {"Prefer": "wait=10"}
    atomic = house.bank.post(
        f"{PATH}?mode=atomic", data=json.dumps(bodies), content_type="application/json", headers=wait
    )
    assert (atomic.json["state"], house.net()) == ("rejected", Decimal(0))
    problems = house.bank.get(f"/reports/{atomic.json['id']}/problems").json["items"]
    assert [(problem["row"], problem["code"]) for problem in problems] == [(2, "unknown_account")]
    partial = house.bank.post(PATH, data=json.dumps(bodies), content_type="application/json", headers=wait)
    assert (partial.json["state"], house.net()) == ("partly_accepted", Decimal("100.10"))


def test_a_repeated_call_posts_nothing_again(house: House) -> None:
    first = house.bank.post(PATH, status=202, data=text(*LINES), content_type="text/csv", key="k")
    again = house.bank.post(PATH, status=202, data=text(*LINES), content_type="text/csv", key="k")
    assert (again.headers["Idempotent-Replayed"], again.data) == ("true", first.data)
    assert_problem(house.bank.post(PATH, status=422, data=text(LINES[0]), content_type="text/csv", key="k"))
    answer = house.bank.http.post(
        f"/api/v1{PATH}",
        data=text(*LINES),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {house.bank.key}"},
        base_url="https://localhost",
    )
    assert answer.status_code == 400
    work.drain(house.books.db)
    assert house.net() == Decimal("60.00")


REFUSED = [
    (Role.VENDOR_MANAGER, "reports:write", 403),  # the key was made for less than the person may do
    (Role.COMPLIANCE, "ledger:write reports:write", 404),
    (Role.AUDITOR, "ledger:write", 404),
    (Role.ADMIN, "ledger:write", 404),
    (Role.AGENCY_MANAGER, "reports:write", 404),
]


def test_only_a_vendor_managers_key_with_the_scope_posts(house: House) -> None:
    for role, scopes, status in REFUSED:
        assert_problem(house.client(role, scopes).post(PATH, status=status, data=text(*LINES), content_type="text/csv"))
    assert_problem(ApiClient(house.app, None).post(PATH, status=401, data=text(*LINES), content_type="text/csv"))
    assert_problem(house.bank.get(PATH, 405))
    work.drain(house.books.db)
    assert house.net() == Decimal(0)
