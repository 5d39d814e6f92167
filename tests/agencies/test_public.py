"""What anybody may see if the bank wants it: its agencies, and whether a collector is genuine; limited, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from agencies.models import AgencyStatus
from portal.db import Database
from tests.clients import PageClient
from tests.factories import make_agency
from tests.factories_agencies import make_collector, make_credential


@pytest.fixture
def published(app: Flask) -> Flask:
    """The portal of a bank that publishes its agencies, with two of them."""
    app.extensions["settings"] = replace(app.extensions["settings"], public_pages=True, public_checks_per_minute=4)
    database: Database = app.extensions["database"]
    with database.transaction() as session:
        agency = make_agency(session, "AGY90", name="Northgate Recovery")
        make_credential(session, agency, "us.licence", "US-CA", number="DCLA-77")
        make_collector(session, agency, "4711", full_name="Ada Example")
        make_agency(session, "AGY91", name="Gone Collections", status=AgencyStatus.EXITED)
    return app


def test_where_the_bank_publishes_nothing_there_is_nothing(client: PageClient) -> None:
    client.get("/panel", 404)
    client.get("/panel/collector", 404)


@pytest.mark.usefixtures("published")
def test_the_list_names_who_may_collect_today_with_its_licences(client: PageClient) -> None:
    text = client.get("/panel").text
    assert "Northgate Recovery" in text
    assert "DCLA-77" in text
    assert "Gone Collections" not in text


QUESTIONS = [
    ("genuine", {"first_name": "Ada", "number": "4711"}, "Yes: this collector works for us today."),
    ("another number", {"first_name": "Ada", "number": "4712"}, "We cannot confirm this."),
    ("another name", {"first_name": "Eve", "number": "4711"}, "We cannot confirm this."),
]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("reason", "said", "answer"), QUESTIONS, ids=[row[0] for row in QUESTIONS])
def test_a_person_asks_whether_a_collector_is_genuine(
    client: PageClient, reason: str, said: dict[str, str], answer: str
) -> None:
    assert answer in client.post("/panel/collector", {"agency": "AGY90", **said}, 200).text


@pytest.mark.usefixtures("published")
def test_guessing_is_slowed_down(client: PageClient) -> None:
    for number in range(4):
        client.post("/panel/collector", {"agency": "AGY90", "first_name": "Ada", "number": str(number)}, 200)
    client.post("/panel/collector", {"agency": "AGY90", "first_name": "Ada", "number": "4711"}, 429)
