"""The pages about money: an agency sees its own, the bank all, nobody else anything; few queries; figures as they are in the books."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from agencies.models import Agency
from ledger import reconciliation
from ledger.models import Break, Payment
from portal import clock, work
from portal.people import Role
from tests import factories
from tests.clients import PageClient
from tests.ledger.books import PAYMENTS, Books, entry

LATELY = clock.today() - timedelta(days=40)
DAY = LATELY.isoformat()


class House:
    """A and B with a credited payment each, one of nobody, and a difference each; people of everybody."""

    def __init__(self, app: Flask, client: PageClient) -> None:
        self.client, self.books = client, Books(app.extensions["database"])
        for letter in "AB":
            self.books.agency(letter, rate="0.18")
            self.books.accounts(f"{letter}1", f"{letter}2")
            for number in (1, 2):
                self.books.place(f"{letter}{number}", letter, (LATELY - timedelta(days=60)).isoformat())
        self.books.accounts("N1")
        self.books.ledger(entry("payA", "A1", DAY, "1234.50"), entry("payB", "B1", DAY, "10.00"), entry("payN", "N1", DAY, "77.00"),
                          entry("backB", "B1", DAY, "-4.00", reverses="payB"))  # fmt: skip
        for letter in "AB":
            self.books.claims(letter, entry(f"claim{letter}", f"{letter}2", DAY, "55.00"))
        with self.books.db.transaction() as session:
            reconciliation.find_breaks(session, clock.today())
            agencies = {agency.code: agency for agency in session.scalars(select(Agency))}
            self.manager = factories.make_user(session, Role.AGENCY_MANAGER, agencies["A"])
            self.clerk = factories.make_user(session, Role.AGENCY_USER, agencies["A"])
            self.bank, self.auditor = factories.make_user(session), factories.make_user(session, Role.AUDITOR)
            self.admin = factories.make_user(session, Role.ADMIN)
            self.breaks = {item.account_ref: item.id for item in session.scalars(select(Break))}


@pytest.fixture
def house(app: Flask, client: PageClient) -> House:
    return House(app, client)


def test_the_bank_sees_everything(house: House) -> None:
    house.client.sign_in(house.bank)
    payments = house.client.get("/payments", title="Payments", queries=8).text
    for shown in ("payA", "payB", "payN", "backB", "$222.21", "$1.80", "-$0.72"):
        assert shown in payments.replace("−", "-"), shown
    fees = house.client.get("/fees", title="Fees", queries=9)
    assert fees.text.count("payA") == fees.text.count("payB") == 1
    assert "payN" not in fees.text
    assert "1.08" in fees.text  # B's month: 1.80 less 0.72
    assert house.client.get("/breaks", title="Differences", queries=8).text.count("55.00") == 2


def test_an_agency_sees_its_own_and_nothing_else(house: House) -> None:
    house.client.sign_in(house.manager)
    for path, mine in (("/payments", "payA"), ("/fees", "payA"), ("/breaks", "A2")):
        for page in (
            house.client.get(path).text,
            house.client.get(f"{path}?format=csv").response.get_data(as_text=True),
        ):
            assert mine in page
            for foreign in ("payB", "payN", "backB", "B1", "B2"):
                assert foreign not in page, (path, foreign)
        asked = house.client.get(f"{path}?q=payB&agency=B&format=csv").response.get_data(as_text=True)
        assert len(asked.splitlines()) == 1  # the header alone
    house.client.get(f"/breaks/{house.breaks['A2']}", title="")
    house.client.get(f"/breaks/{house.breaks['B2']}", 404)


STATUSES = {  # of /payments, /fees, /breaks, /payments/import
    "bank": (200, 200, 200, 200), "auditor": (200, 200, 200, 403), "manager": (200, 200, 200, 403), "clerk": (200, 404, 404, 403), "admin": (404, 404, 404, 404),
}  # fmt: skip


def test_who_may_open_what(house: House) -> None:
    for name, statuses in STATUSES.items():
        house.client.sign_in(getattr(house, name))
        for path, status in zip(("/payments", "/fees", "/breaks", "/payments/import"), statuses, strict=True):
            house.client.get(path, status)


def test_a_difference_is_cleared_up_by_the_bank_with_a_word_of_how(house: House) -> None:
    path = f"/breaks/{house.breaks['A2']}"
    for person in (house.manager, house.auditor):
        house.client.sign_in(person)
        assert path not in house.client.get(path).forms
        house.client.post(path, {"resolution": "Because."}, 403)
    house.client.sign_in(house.bank)
    assert "resolution" in house.client.get(path).forms[path]
    assert "Say how it was cleared up." in house.client.post(path, {"resolution": ""}, 422).text
    assert house.client.post(path, {"resolution": "The bank's own mistake."}).location == "/breaks"
    after = house.client.get(path)
    assert "The bank's own mistake." in after.text.replace("’", "'")
    assert path not in after.forms
    house.client.post(path, {"resolution": "Again."}, 409)
    assert "A2" not in house.client.get("/breaks?state=open").text


def test_a_ledger_file_is_posted_from_the_page(house: House) -> None:
    house.client.sign_in(house.bank)
    house.client.get("/payments/import", title="Import ledger")
    text = f"{PAYMENTS}\n{entry('new', 'A1', DAY, '5.00')}\n"
    fields = {"file": (io.BytesIO(text.encode()), "ledger.csv", "text/csv")}
    place = house.client.post("/payments/import", fields, content_type="multipart/form-data").location
    work.drain(house.books.db)
    assert "Accepted 1" in house.client.get(place).text
    again = {"file": (io.BytesIO(text.encode()), "ledger.csv", "text/csv")}
    assert house.client.post("/payments/import", again, content_type="multipart/form-data").location == place
    assert "Choose the file" in house.client.post("/payments/import", {}, 422).text
    house.client.sign_in(house.manager)
    house.client.get(place, 404)


def test_the_lists_take_as_many_queries_for_many_rows_as_for_few(house: House) -> None:
    house.client.sign_in(house.bank)
    with house.client.counting() as few:
        for path in ("/payments", "/fees", "/breaks"):
            house.client.get(path)
    house.books.ledger(*(entry(f"more{n}", f"A{n % 2 + 1}", DAY, f"{n}.01") for n in range(40)))
    with house.books.db.transaction() as session:
        reconciliation.find_breaks(session, clock.today())
    with house.client.counting() as many:
        house.client.get("/payments?agency=A&reason=in_placement&paid_to=agency&sort=-amount")
        house.client.get(f"/fees?agency=a&from={DAY}&before={clock.today()}&sort=fee")
        house.client.get("/breaks?kind=payment_without_claim&state=open&agency=A&sort=-opened_at")
    assert len(many) <= len(few)


def test_odd_filters_and_addresses_are_answered_and_not_crashed_on(house: House) -> None:
    house.client.sign_in(house.bank)
    for query in ("from=2026-13-45", "reason=luck", "paid_to=nobody", "kind=x", "state=x", "q=%27%22", "sort=x"):
        for path in ("/payments", "/fees", "/breaks"):
            house.client.get(f"{path}?{query}")
    house.client.get("/payments?agency=%00", 200 if house.books.db.sqlite else 400)  # PostgreSQL holds no such text
    house.client.get("/breaks/99999999", 404)
    house.client.get("/breaks/99999999999999999999999", 404)
    house.client.get("/breaks/x", 404)


def test_the_day_of_a_payment_is_shown_as_the_bank_has_it(house: House) -> None:
    house.client.sign_in(house.bank)
    listed = house.client.get("/payments?format=csv&q=payA").response.get_data(as_text=True)
    with house.books.db.reading() as session:
        paid_on: date = session.scalars(select(Payment.paid_on).where(Payment.record_id == "payA")).one()
    assert paid_on.isoformat() in listed
    assert "1234.50" in listed
