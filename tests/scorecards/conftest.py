"""The small book of June, built once a module and kind of database: for acts, which are rolled back, and for pages, on an app of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from portal.config import Settings
from portal.db import Database
from portal.people import User
from scorecards import publishing, scoring
from tests.clients import ApiClient, PageClient
from tests.conftest import KEYS
from tests.factories import actor_of, make_key, make_user
from tests.factories_scorecards import noon
from tests.scorecards.book import JUNE, SCORED_AT, June, make_june, score_june


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated database of this module's own."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("june") / "portal.db"
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    name, url = server.fresh("template_portal")
    yield url
    server.drop(name)


# -- acts -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(own_url: str) -> Iterator[tuple[Database, June]]:
    """A database with the book in it."""
    database = Database(own_url)
    with database.transaction() as session:
        june = make_june(session)
    yield database, june
    database.dispose()


@pytest.fixture
def session(kept: tuple[Database, June]) -> Iterator[Session]:
    """A session on the book that is rolled back in the end."""
    opened = kept[0].open(write=True)
    yield opened
    opened.rollback()
    opened.close()


@pytest.fixture
def june(kept: tuple[Database, June], session: Session) -> June:
    """The book, building on in this session."""
    return replace(kept[1], book=kept[1].book.in_session(session))


# -- pages ----------------------------------------------------------------------------------------------------------------


@dataclass
class Site:
    """An app on the book with May published, and June drafted with two breaches of AGYB; its people, cards and keys."""

    app: Flask
    june: June
    people: dict[str, User]
    may: dict[str, str]
    drafts: dict[str, str]
    keys: dict[str, str]

    def as_(self, name: str) -> PageClient:
        """A browser of this person: a role of the bank, or an agency's code for its manager."""
        return PageClient(self.app).sign_in(self.people[name])

    def with_key(self, code: str) -> ApiClient:
        """A program of this agency."""
        return ApiClient(self.app, self.keys[code])


@pytest.fixture(scope="module")
def site(own_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    app = create_app(Settings.from_environ({
        "DATABASE_URL": own_url, "INSTANCE_DIR": str(folder), "SECRET_KEY": "test" * 12, "DATA_KEYS": KEYS, "LOG_LEVEL": "WARNING",
        "API_RATE_PER_SECOND": "100000", "API_BURST": "100000",
    }))  # fmt: skip
    database: Database = app.extensions["database"]
    with database.transaction() as session:
        made = _site(app, session)
    yield made
    database.dispose()


def _site(app: Flask, session: Session) -> Site:
    june = make_june(session, personal=True)
    roles = ("vendor_manager", "approver", "compliance", "auditor", "admin")
    people = {role: make_user(session, role) for role in roles} | {"second": make_user(session, "compliance")}
    people |= {code: make_user(session, "agency_manager", agency) for code, agency in june.agencies.items()}
    people["collector"] = make_user(session, "agency_user", june.agencies["AGYA"])
    keys = {code: make_key(session, scopes="scorecards:read", agency=agency) for code, agency in june.agencies.items()}
    for row in june.contacts["AGYB"][:2]:
        june.book.breach(row, severity="high")
    complaint_at = noon(JUNE.first + timedelta(days=3))
    june.book.complaint(june.agencies["AGYC"], complaint_at, account_id=june.held["AGYC"][0].account_id)
    may = _published_may(session, people)
    drafts = {code: card.ref for code, card in score_june(session).items()}
    return Site(app, june, people, may, drafts, keys)


def _published_may(session: Session, people: dict[str, User]) -> dict[str, str]:
    may, at = JUNE.later(-1), SCORED_AT - timedelta(days=30)
    manager, signer, publisher = (
        actor_of(session, people[name]) for name in ("vendor_manager", "compliance", "second")
    )
    cards = scoring.score_period(session, manager, may, at=at)
    publishing.submit_all(session, manager, may, "USD", at=at)
    publishing.sign_all(session, signer, may, "USD", at=at)
    publishing.publish_all(session, publisher, may, "USD", at=at)
    return {card.inputs["agency"]: card.ref for card in cards}
