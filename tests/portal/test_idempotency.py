"""Idempotency keys: a call that is sent again does nothing again and gets the saved answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy import select, update

from portal import api, clock, idempotency
from portal.db import Database, session
from portal.errors import N_, Conflict, Invalid
from portal.idempotency import Call, IdempotencyKey, Reply
from portal.limits import Bucket
from portal.people import Role
from portal.permissions import TABLE, Permission
from tests import factories
from tests.clients import ApiClient
from tests.portal.worker_process import count

CALL = Call("agency:1", "POST", "/x", "key", "fingerprint")


class Order(BaseModel):
    """What the test's call takes."""

    amount: int


@pytest.fixture
def served(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An API with one call that counts how often its effect happened."""
    monkeypatch.setitem(
        TABLE, "test.do", Permission("test.do", "Do.", frozenset({Role.AGENCY_MANAGER}), ("reports:write",))
    )
    app, blueprint = make_app(), api.blueprint("test", __name__)

    @blueprint.post("/orders")
    @api.endpoint("test.do", "Order", tag="Test", body=Order)
    def order(body: Order) -> ResponseReturnValue:
        count(session(), "orders")
        if body.amount < 0:
            raise Invalid(N_("Less than nothing."), fields={"amount": N_("At least 0.")})
        if body.amount == 0:
            raise RuntimeError("crash")
        return jsonify({"amount": body.amount}), 201, {"Location": f"/orders/{body.amount}"}

    @blueprint.post("/orders/preview")
    @api.endpoint("test.do", "Preview", tag="Test", body=Order, keyed=False)
    def preview(body: Order) -> ResponseReturnValue:
        return jsonify({"amount": body.amount})

    app.register_blueprint(blueprint)
    return app


@pytest.fixture
def database(served: Flask) -> Database:
    found: Database = served.extensions["database"]
    return found


@pytest.fixture
def client(served: Flask, database: Database) -> ApiClient:
    with database.transaction() as open_session:
        return ApiClient(
            served, factories.make_key(open_session, scopes="reports:write", agency=factories.make_agency(open_session))
        )


def orders(database: Database) -> int:
    with database.reading() as open_session:
        bucket = open_session.get(Bucket, "orders")
        return int(bucket.tokens) if bucket else 0


# -- over HTTP -----------------------------------------------------------------------------------------------------------


def test_the_same_call_again_gets_the_saved_answer(client: ApiClient, database: Database) -> None:
    first = client.post("/orders", {"amount": 3}, 201, key="k1")
    again = client.post("/orders", {"amount": 3}, 201, key="k1")
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.data, again.headers["Location"], again.content_type) == (
        first.data,
        first.headers["Location"],
        first.content_type,
    )
    assert orders(database) == 1


def test_another_body_under_the_same_key_is_refused(client: ApiClient, database: Database) -> None:
    client.post("/orders", {"amount": 3}, 201, key="k1")
    client.post("/orders", {"amount": 4}, 422, key="k1")
    client.post("/orders?x=1", {"amount": 3}, 422, key="k1")
    assert orders(database) == 1


@pytest.mark.parametrize("key", [None, "", "x" * 256])
def test_without_a_key_nothing_is_looked_at(client: ApiClient, database: Database, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {client.key}"} | ({} if key is None else {"Idempotency-Key": key})
    answer = client.http.post("/api/v1/orders", data="not even json", headers=headers)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert "Idempotency-Key" in answer.get_json()["detail"]


def test_a_preview_needs_no_key(client: ApiClient) -> None:
    answer = client.http.post(
        "/api/v1/orders/preview", json={"amount": 1}, headers={"Authorization": f"Bearer {client.key}"}
    )
    assert answer.status_code == 200


def test_a_refusal_is_saved_and_its_effect_is_not(client: ApiClient, database: Database) -> None:
    first = client.post("/orders", {"amount": -1}, 422, key="k1")
    again = client.post("/orders", {"amount": -1}, 422, key="k1")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.get_json()["errors"][0]["pointer"] == "/amount"
    assert again.data == first.data
    assert orders(database) == 0


def test_a_fault_of_ours_leaves_nothing_and_may_be_tried_again(client: ApiClient, database: Database) -> None:
    client.post("/orders", {"amount": 0}, 500, key="k1")
    answer = client.post("/orders", {"amount": 0}, 500, key="k1")
    assert "Idempotent-Replayed" not in answer.headers
    assert orders(database) == 0


def test_keys_are_the_callers_own(client: ApiClient, served: Flask, database: Database) -> None:
    with database.transaction() as open_session:
        other = ApiClient(
            served, factories.make_key(open_session, scopes="reports:write", agency=factories.make_agency(open_session))
        )
    client.post("/orders", {"amount": 3}, 201, key="k1")
    other.post("/orders", {"amount": 4}, 201, key="k1")
    assert orders(database) == 2


def test_two_keys_of_one_agency_share_what_was_sent(client: ApiClient, served: Flask, database: Database) -> None:
    """After changing over to a new API key a program may still send an old call again."""
    with database.transaction() as open_session:
        agency_id = open_session.scalar(select(factories.Agency.id))
        other = ApiClient(served, factories.make_key(open_session, scopes="reports:write", agency=agency_id))
    client.post("/orders", {"amount": 3}, 201, key="k1")
    assert other.post("/orders", {"amount": 3}, 201, key="k1").headers["Idempotent-Replayed"] == "true"


def test_the_same_call_by_many_at_once_has_one_effect(client: ApiClient, served: Flask, database: Database) -> None:
    statuses: list[int] = []

    def send() -> None:
        headers = {"Authorization": f"Bearer {client.key}", "Idempotency-Key": "k1"}
        answer = served.test_client().post("/api/v1/orders", json={"amount": 3}, headers=headers)
        statuses.append(answer.status_code)
        assert answer.status_code == 201 or (answer.status_code == 409 and answer.headers["Retry-After"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert orders(database) == 1
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    client.post("/orders", {"amount": 3}, 201, key="k1")


# -- beneath -------------------------------------------------------------------------------------------------------------


def row(db: Database) -> dict[str, Any]:
    with db.reading() as open_session:
        return dict(open_session.execute(select(IdempotencyKey.__table__)).mappings().one())


def test_while_the_first_runs_the_second_is_told_to_wait(db: Database) -> None:
    assert isinstance(idempotency.claim(db, CALL), int)
    with pytest.raises(Conflict) as refused:
        idempotency.claim(db, CALL)
    assert refused.value.extra["retry_after"] >= 1


def test_a_claim_whose_process_died_is_taken_over_after_its_lease(db: Database) -> None:
    first = idempotency.claim(db, CALL)
    with db.transaction() as open_session:
        open_session.execute(
            update(IdempotencyKey).values(started_at=clock.real_now() - idempotency.LEASE - timedelta(seconds=1))
        )
    assert idempotency.claim(db, CALL) == first
    with pytest.raises(Conflict):
        idempotency.claim(db, CALL)


def test_a_claim_that_was_released_is_as_if_it_never_was(db: Database) -> None:
    found = idempotency.claim(db, CALL)
    assert isinstance(found, int)
    idempotency.release(db, found)
    assert isinstance(idempotency.claim(db, CALL), int)


def test_an_answer_is_never_released(db: Database) -> None:
    found = idempotency.claim(db, CALL)
    assert isinstance(found, int)
    with db.transaction() as open_session:
        idempotency.save(open_session, found, Reply(200, "application/json", None, b"{}"))
    idempotency.release(db, found)
    assert row(db)["status"] == 200


def test_answers_are_kept_for_ninety_days(db: Database) -> None:
    idempotency.claim(db, CALL)
    assert idempotency.forget_old(db) == 0
    with db.transaction() as open_session:
        open_session.execute(update(IdempotencyKey).values(started_at=clock.real_now() - timedelta(days=91)))
    assert idempotency.forget_old(db) == 1
