"""Rate limits: shared by all processes, refilled by time, told in headers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Blueprint, Flask
from sqlalchemy import update

from portal import clock, web
from portal.db import Database
from portal.errors import TooMany
from portal.limits import Bucket, Limiter
from portal.people import Role
from portal.permissions import TABLE, Permission
from tests import factories
from tests.clients import ApiClient


def spend_all(limiter: Limiter, name: str, most: int = 1000) -> int:
    """How many calls pass before one is refused."""
    for passed in range(most):
        try:
            limiter.spend(name)
        except TooMany:
            return passed
    return most


def pass_time(db: Database, seconds: float) -> None:
    with db.transaction() as session:
        session.execute(update(Bucket).values(filled_at=clock.real_now() - timedelta(seconds=seconds)))


def test_a_burst_passes_and_then_the_rate_counts(db: Database) -> None:
    limiter = Limiter(db, rate=1, burst=40)
    assert 40 <= spend_all(limiter, "key:a") <= 41  # the second it takes may refill one
    pass_time(db, 10)
    assert 10 <= spend_all(limiter, "key:a") <= 12


def test_callers_have_their_own_allowance(db: Database) -> None:
    limiter = Limiter(db, rate=1, burst=20)
    spend_all(limiter, "key:a")
    assert limiter.spend("key:b").remaining >= 18


def test_a_refusal_says_when_to_try_again(db: Database) -> None:
    limiter = Limiter(db, rate=2, burst=20)
    spend_all(limiter, "key:a")
    with pytest.raises(TooMany) as refused:
        limiter.spend("key:a")
    assert 1 <= refused.value.retry_after <= 2


def test_all_processes_share_one_allowance(db: Database) -> None:
    """Four processes' limiters on one database let through what one would, but for a lot each at most."""
    passed: list[int] = []
    limiters = [Limiter(db, rate=1, burst=100) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda limiter=limiter: passed.append(spend_all(limiter, "key:a")))
        for limiter in limiters
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 100 <= sum(passed) <= 100 + 4 * 10


def test_a_bucket_never_holds_more_than_its_burst(db: Database) -> None:
    limiter = Limiter(db, rate=50, burst=20)
    limiter.spend("key:a")
    pass_time(db, 3600)
    limiter._lots.clear()
    assert limiter.spend("key:a").remaining <= 20


@pytest.fixture
def api(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(
        TABLE, "test.see", Permission("test.see", "Look.", frozenset({Role.AGENCY_MANAGER}), ("reports:read",))
    )
    app, blueprint = make_app(api_rate=1, api_burst=8), Blueprint("test_api", __name__, url_prefix="/api/v1")
    blueprint.get("/look")(web.requires("test.see")(lambda: {"seen": True}))
    app.register_blueprint(blueprint)
    return app


def test_the_api_tells_what_is_left_and_answers_429_beyond(api: Flask) -> None:
    with api.extensions["database"].transaction() as session:
        agency = factories.make_agency(session)
        key, other = (factories.make_key(session, scopes="reports:read", agency=agency) for _ in range(2))
    client = ApiClient(api, key)
    left = []
    for _ in range(8):
        answer = client.get("/look")
        assert answer.headers["RateLimit-Limit"] == "8"
        left.append(int(answer.headers["RateLimit-Remaining"]))
    assert left == sorted(left, reverse=True)
    for _ in range(3):
        answer = client.http.get("/api/v1/look", headers={"Authorization": f"Bearer {key}"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["RateLimit-Remaining"] == "0"
    ApiClient(api, other).get("/look")
