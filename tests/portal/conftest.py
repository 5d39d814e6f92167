"""The foundation's tests run on the foundation alone: it must need no floor above it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.models import Agency
from app import create_app
from portal import tenants
from portal.config import Settings

SHUT: set[int] = set()
"""Ids of agencies that are shut in the running test."""


def _find(session: Session, code: str) -> int | None:
    return session.scalar(select(Agency.id).where(Agency.code == code))


def _code(session: Session, tenant_id: int) -> str | None:
    return session.scalar(select(Agency.code).where(Agency.id == tenant_id))


@pytest.fixture(autouse=True)
def _tenants(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Agencies as tenants, asked about in the simplest way."""
    monkeypatch.setattr(
        tenants, "_registry", tenants.Registry(_find, _code, lambda session, tenant_id: tenant_id in SHUT)
    )
    yield
    SHUT.clear()


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes the foundation's app, with other settings where the test needs them."""
    made: list[Flask] = []

    def make(**other: Any) -> Flask:
        made.append(create_app(replace(settings, **other), floors=()))
        return made[-1]

    yield make
    for app in made:
        app.extensions["database"].dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The foundation without floors."""
    return make_app()
