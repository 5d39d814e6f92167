"""The pages about reports: who opens which, what stands on them, how few queries they take."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from portal import work
from portal.people import Role
from portal.reports.models import Report
from tests import factories, world
from tests.clients import Page, PageClient
from tests.world import csv, row


class House:
    """Two agencies with a person each, and people of the bank; one browser for all of them."""

    def __init__(self, app: Flask, client: PageClient, ended: datetime | None = None) -> None:
        self.db, self.client = app.extensions["database"], client
        with self.db.transaction() as session:
            self.a, self.b = world.two_agencies(session, ended=ended)
            self.manager = factories.make_user(session, Role.AGENCY_MANAGER, self.a)
            self.other = factories.make_user(session, Role.AGENCY_USER, self.b)
            self.bank, self.auditor = factories.make_user(session), factories.make_user(session, Role.AUDITOR)
            self.admin = factories.make_user(session, Role.ADMIN)
            self.compliance = factories.make_user(session, Role.COMPLIANCE)

    def upload(self, text: str, status: int = 303, **fields: str) -> Page:
        """Send the form of a new report."""
        part = (io.BytesIO(text.encode()), "october.csv", "text/csv")
        return self.client.post(
            "/reports/new",
            {"kind": "activity", "mode": "partial", "file": part} | fields,
            status,
            content_type="multipart/form-data",
        )

    def report(self, text: str, **fields: str) -> str:
        """Send a report as agency A's manager and have it read; its page."""
        self.client.sign_in(self.manager)
        place = self.upload(text, **fields).location
        work.drain(self.db)
        return place


@pytest.fixture
def house(app: Flask, client: PageClient) -> House:
    return House(app, client)


TEXT = csv(row("1"), row("2", "ZZZ"), row("3", at="2026-02-02T10:00:00"), row("1"))


def test_a_report_is_sent_followed_and_mended(house: House) -> None:
    house.client.sign_in(house.manager)
    form = house.client.get("/reports/new", title="Send a report")
    assert set(form.forms["/reports/new"]) == {"csrf_token", "kind", "file", "mode", "charset", "rows", "amount", "act"}
    place = house.upload(TEXT).location
    waiting = house.client.get(f"{place}/progress").response.json
    assert (waiting["done"], waiting["finished"]) == (0, False)
    page = house.client.get(place)
    assert page.heading == "october.csv"
    assert "Reading the file" in page.text
    work.drain(house.db)
    assert house.client.get(f"{place}/progress").response.json["finished"] is True
    page = house.client.get(place, queries=8)
    for shown in ("unknown_account", "missing_offset", "Write occurred_at with its offset from UTC", "ZZZ"):
        assert shown in page.text
    rejected = house.client.get(f"{place}/to-mend.csv")
    assert rejected.headers["Content-Disposition"].startswith("attachment")
    mended = (
        rejected.response.get_data(as_text=True)
        .replace("ZZZ", "ACC2")
        .replace('10:00:00"', '10:00:00Z"')
        .replace("10:00:00,", "10:00:00Z,")
    )
    again = house.upload(mended).location
    work.drain(house.db)
    assert "Accepted 2" in house.client.get(again).text


def test_the_original_comes_back_byte_for_byte_and_is_never_shown_by_the_browser(house: House) -> None:
    place = house.report(TEXT)
    original = house.client.get(f"{place}/original")
    assert original.response.data == TEXT.encode()
    assert original.headers["Content-Disposition"].startswith("attachment")
    original.response.close()
    assert (original.headers["Content-Type"], original.headers["Content-Security-Policy"]) == (
        "application/octet-stream",
        "sandbox",
    )


def test_the_same_file_again_leads_to_the_first_report(house: House) -> None:
    place = house.report(TEXT)
    assert house.upload(TEXT).location == place
    assert "was received before" in house.client.get(place).text


def test_a_form_that_lacks_something_says_what_to_do(house: House) -> None:
    house.client.sign_in(house.manager)
    assert (
        "Choose the file to send."
        in house.client.post("/reports/new", {"kind": "activity", "mode": "partial"}, 422).text
    )
    assert house.upload(TEXT, 422, kind="ledger").status == 422
    part = (io.BytesIO(b"%PDF"), "scan.pdf", "application/pdf")
    refused = house.client.post(
        "/reports/new", {"kind": "activity", "mode": "partial", "file": part}, 415, content_type="multipart/form-data"
    )
    assert "Send CSV" in refused.text
    with house.db.reading() as session:
        assert session.scalars(select(Report)).first() is None


def test_a_file_of_all_rows_or_none_is_told_apart(house: House) -> None:
    place = house.report(TEXT, mode="atomic")
    assert "Nothing of this file was taken." in house.client.get(place).text


def test_who_may_open_what(house: House) -> None:
    place = house.report(TEXT)
    pages = (place, f"{place}/progress", f"{place}/to-mend.csv", f"{place}/original")
    for person, status in (
        (house.manager, 200),
        (house.bank, 200),
        (house.auditor, 200),
        (house.other, 404),
        (house.admin, 404),
    ):
        house.client.sign_in(person)
        for page in pages:
            house.client.get(page, status).response.close()
    house.client.sign_in(house.other)
    assert place not in house.client.get("/reports", title="Reports").links
    house.client.sign_in(house.auditor)
    house.client.get("/reports/new", 403)
    house.client.sign_in(house.admin)
    house.client.get("/reports", 404)


def test_the_kinds_on_offer_are_those_one_may_send(house: House) -> None:
    house.client.sign_in(house.bank)
    page = house.client.get("/reports/new").response.get_data(as_text=True)
    assert 'value="activity"' in page
    assert 'value="complaints"' in page
    assert 'value="payments"' not in page
    assert 'value="ledger"' not in page


def test_the_lists_take_as_many_queries_for_many_rows_as_for_few(house: House) -> None:
    house.report(csv(row("1")))
    house.client.sign_in(house.bank)
    with house.client.counting() as few:
        house.client.get("/reports", title="Reports")
        house.client.get("/activity", title="Activity")
    for number in range(5):
        house.report(csv(*(row(f"{number}-{n}", f"ACC{n % 10 + 1}") for n in range(9))))
    house.client.sign_in(house.bank)
    with house.client.counting() as many:
        house.client.get("/reports?state=accepted&kind=activity&agency=agya&sort=-total")
        listed = house.client.get(
            "/activity?from=2026-02-02&to=2026-02-03&kind=call&account=ACC3&agency=AGYA&sort=account"
        )
    assert len(many) <= len(few) <= 14
    assert listed.links.count("/accounts/ACC3") == 5


def test_an_agency_lists_its_own_activity_only_and_no_evidence_against_itself(app: Flask, client: PageClient) -> None:
    house = House(app, client, ended=datetime(2026, 2, 1, tzinfo=UTC))
    house.report(csv(row("in time", at="2026-01-20T10:00:00Z"), row("too late", at="2026-02-03T10:00:00Z")))
    assert house.client.get("/activity").text.count("in time") == 1
    assert "too late" not in house.client.get("/activity").text
    house.client.sign_in(house.bank)
    assert "too late" in house.client.get("/activity").text
    house.client.sign_in(house.other)
    assert "in time" not in house.client.get("/activity").text


def test_the_lists_come_as_csv_and_odd_filters_change_nothing(house: House) -> None:
    house.report(csv(row("1", note="=1+1"), row("2")))
    house.client.sign_in(house.bank)
    answer = house.client.get("/activity?format=csv").response
    assert answer.mimetype == "text/csv"
    assert len(answer.get_data(as_text=True).splitlines()) == 3
    for query in ("from=yesterday", "state=none", "sort=nothing", "cursor=x", "cursor=²"):
        house.client.get(f"/activity?{query}")
        house.client.get(f"/reports?{query}")
