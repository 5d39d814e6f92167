"""A stand-in for all registers, and the portal led to it; pauses between tries are cut short, what was heard is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from agencies.registries import table, transport
from agencies.registries.transport import Caller, Pace
from portal.config import Endpoint, Settings
from portal.db import Database
from samples.register_stub import Stub
from tests.conftest import KEYS


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(transport, "BACKOFF_S", 0.01)
    transport.forget()
    with Stub() as serving:
        table.use(endpoints(serving))
        yield serving
    table.use({})


@pytest.fixture
def database(app: Flask, stub: Stub) -> Database:
    """The database of the whole application, led to the stand-in."""
    table.use(endpoints(stub))
    found: Database = app.extensions["database"]
    return found


def endpoints(stub: Stub) -> dict[str, Endpoint]:
    given = {"DATABASE_URL": "sqlite://", "SECRET_KEY": "test" * 12, "DATA_KEYS": KEYS}
    return dict(Settings.from_environ({**stub.settings(), **given}).registers)


def caller(stub: Stub, register: str, **more: float) -> Caller:
    """A conversation with little patience."""
    return Caller(endpoints(stub)[register], pace=Pace(0.0), largest=1 << 20, **{"read_s": 0.5, "whole_s": 5.0, **more})
