"""The roster by page: entered, corrected, who was cleared on a day, and the access of who leaves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from agencies import queries, roster
from agencies.genuine import is_genuine
from portal import clock
from portal.db import Database
from portal.errors import Conflict, Invalid, NotFound
from portal.people import Role, User
from portal.permissions import SYSTEM
from tests.clients import PageClient
from tests.factories import make_actor, make_agency, make_user
from tests.factories_agencies import make_collector

ROW: dict[str, Any] = {
    "collector_id": "c1", "full_name": "Ada Example", "active_from": date(2026, 1, 1), "active_to": None, "background_check_on": date(2025, 12, 1),
    "training_on": date(2026, 1, 5), "training_until": None, "licence_number": None, "licence_from": None, "licence_until": None,
    "languages": None, "field_visits": None,
}  # fmt: skip


def test_a_collector_is_entered_and_corrected_and_both_rows_are_kept(session: Session) -> None:
    agency = make_agency(session)
    manager = make_actor(session, Role.AGENCY_MANAGER, agency)
    first = roster.enter(session, manager, agency, ROW, at=clock.now())
    with pytest.raises(Conflict):
        roster.enter(session, manager, agency, ROW, at=clock.now())
    roster.enter(
        session, manager, agency, {**ROW, "training_on": date(2026, 9, 1)}, at=clock.now() + timedelta(hours=1)
    )
    session.refresh(first)
    assert first.replaced_at is not None
    assert [one.training_on for one in queries.roster(session, agency)] == [date(2026, 9, 1)]
    assert [one.training_on for one in queries.collectors_on(session, agency, first.created_at)] == [date(2026, 1, 5)]


@pytest.mark.parametrize("field", ["active_to", "training_until"])
def test_days_stand_in_their_order(session: Session, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        roster.enter(session, SYSTEM, make_agency(session), {**ROW, field: date(2020, 1, 1)}, at=clock.now())
    assert list(refused.value.fields) == [field]


def test_who_leaves_is_shut_out_on_the_day_after_and_not_before(session: Session) -> None:
    agency = make_agency(session)
    user = make_user(session, Role.AGENCY_USER, agency)
    last = date(2026, 6, 30)
    person = make_collector(session, agency, "c1", active_to=last)
    roster.link(session, SYSTEM, agency, person, user, at=clock.now())
    assert roster.shut_out_leavers(session, last) == 0
    assert user.active
    assert roster.shut_out_leavers(session, last + timedelta(days=1)) == 1
    assert not user.active
    assert roster.shut_out_leavers(session, last + timedelta(days=2)) == 0


def test_an_account_of_another_agency_cannot_be_linked(session: Session) -> None:
    one, other = make_agency(session), make_agency(session)
    with pytest.raises(NotFound):
        roster.link(
            session,
            SYSTEM,
            one,
            make_collector(session, one),
            make_user(session, Role.AGENCY_USER, other),
            at=clock.now(),
        )


GENUINE = [
    ("everything fits", "Ada", {}, True),
    ("the whole name", "ada example", {}, True),
    ("an accent left out", "Ada", {"full_name": "Áda Example"}, True),
    ("another first name", "Adam", {}, False),
    ("the family name alone", "Example", {}, False),
    ("nothing", " ", {}, False),
    ("not trained any more", "Ada", {"training_on": date(2020, 1, 1)}, False),
    ("left yesterday", "Ada", {"active_to": clock.today() - timedelta(days=1)}, False),
]


@pytest.mark.parametrize(("reason", "said", "values", "genuine"), GENUINE, ids=[row[0] for row in GENUINE])
def test_who_is_genuine(session: Session, reason: str, said: str, values: dict[str, Any], genuine: bool) -> None:
    person = make_collector(session, make_agency(session), "c1", **({"full_name": "Ada Example"} | values))
    assert is_genuine(person, said, clock.today()) is genuine


def test_nobody_of_that_number_is_not_genuine() -> None:
    assert not is_genuine(None, "Ada", clock.today())


# -- pages ---------------------------------------------------------------------------------------------------------------


def manager_of(app: Flask, code: str) -> User:
    database: Database = app.extensions["database"]
    with database.transaction() as opened:
        agency = make_agency(opened, code)
        return make_user(opened, Role.AGENCY_MANAGER, agency)


def test_a_manager_enters_and_ends_a_collector_on_the_page(app: Flask, client: PageClient) -> None:
    client.sign_in(manager_of(app, "AGY81"))
    given = {
        "collector_id": "c1",
        "full_name": "Ada Example",
        "active_from": "2026-01-01",
        "background_check_on": "2025-12-01",
        "training_on": "2026-06-01",
        "field_visits": "yes",
    }
    client.post("/agencies/AGY81/collectors/new", given)
    assert "Ada Example" in client.get("/agencies/AGY81/collectors").text
    assert "1 collector might work that day" in client.get("/agencies/AGY81/collectors/cleared?on=2026-07-01").text
    client.post("/agencies/AGY81/collectors/c1/edit", {**given, "active_to": "2026-07-31"})
    assert "0 collectors might work that day" in client.get("/agencies/AGY81/collectors/cleared?on=2026-08-01").text
    client.get("/agencies/AGY81/collectors/nobody/edit", 404)


def test_the_roster_links_an_account(app: Flask, client: PageClient) -> None:
    manager = manager_of(app, "AGY82")
    database: Database = app.extensions["database"]
    with database.transaction() as opened:
        agency = queries.by_code(opened, ["AGY82"])["AGY82"]
        make_collector(opened, agency, "c1")
    client.sign_in(manager)
    client.post("/agencies/AGY82/collectors/c1/account", {"user": str(manager.id)})
    with database.reading() as opened:
        found = queries.login_of(opened, agency, "c1")
    assert found is not None
    assert found.id == manager.id
