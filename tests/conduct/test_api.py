"""GET /reports/{id}/breaches: the contract's items, for the agency its own, and nothing that only a person can tell."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from conduct import reviewing
from conduct.models import BreachState
from portal.db import Database
from tests import factories, world
from tests.clients import ApiClient
from tests.conduct.factories import AT, make_breach, make_report, make_row


class House:
    """A report of agency A with breaches of every sort, and keys of A, B and the bank."""

    def __init__(self, app: Flask) -> None:
        self.database: Database = app.extensions["database"]
        with self.database.transaction() as session:
            first, second = world.two_agencies(session)
            report = make_report(session, first)
            self.ref = report.ref
            rows = {
                name: make_row(session, report, record_id=name)
                for name in ("night", "doubtful", "confirmed", "gone", "dismissed", "evidence")
            }
            self.night = make_breach(session, rows["night"]).ref
            make_breach(session, rows["doubtful"], verdict="review", provisional=True)
            make_breach(session, rows["confirmed"], verdict="review", provisional=True, state=BreachState.CONFIRMED)
            make_breach(session, rows["gone"], withdrawn_at=AT)
            make_breach(session, rows["dismissed"], state=BreachState.DISMISSED)
            self.evidence = make_breach(session, rows["evidence"], "bank.contact-after-recall", provisional=True)
            make_breach(session, make_row(session, make_report(session, first)))  # of another report
            self.a = ApiClient(app, factories.make_key(session, scopes="reports:read", agency=first))
            self.b = ApiClient(app, factories.make_key(session, scopes="reports:read", agency=second))
            self.narrow = ApiClient(app, factories.make_key(session, scopes="placements:read", agency=first))
            self.compliance = factories.make_user(session, "compliance")
            self.bank = ApiClient(app, factories.make_key(session, scopes="reports:read", user=self.compliance))


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def records(answer: object) -> list[str]:
    return [record for item in answer.json["items"] for record in item["record_ids"]]  # type: ignore[attr-defined]


def test_an_item_is_what_the_contract_says(house: House) -> None:
    first = house.a.get(f"/reports/{house.ref}/breaches").json["items"][0]
    assert first == {
        "id": house.night, "rule": "us.regf.time-of-day", "severity": "high", "citation": "12 CFR 1006.6(b)(1)(i),(b)(4); 15 USC 1692c(a)(1)",
        "state": "found", "record_ids": ["night"],
    }  # fmt: skip


def test_an_agency_sees_what_stands_and_what_was_confirmed(house: House) -> None:
    assert records(house.a.get(f"/reports/{house.ref}/breaches")) == ["night", "confirmed", "dismissed"]


def test_the_bank_also_sees_contact_after_a_recall_before_it_is_confirmed(house: House) -> None:
    assert records(house.bank.get(f"/reports/{house.ref}/breaches")) == ["night", "confirmed", "dismissed", "evidence"]


def test_contact_after_a_recall_reaches_the_agency_when_compliance_confirms_it(house: House) -> None:
    with house.database.transaction() as session:
        breach = session.merge(house.evidence)
        actor = factories.actor_of(session, house.compliance)
        reviewing.confirm(session, actor, breach, "the recall was final", at=AT)
    assert "evidence" in records(house.a.get(f"/reports/{house.ref}/breaches"))


def test_another_agencys_report_is_as_unknown_as_one_that_does_not_exist(house: House) -> None:
    named = {"headers": {"X-Request-ID": "same"}}
    foreign = house.b.get(f"/reports/{house.ref}/breaches", 404, **named).get_data()
    assert foreign == house.b.get("/reports/rpt_none/breaches", 404, **named).get_data()


def test_a_key_without_the_scope_is_refused(house: House) -> None:
    house.narrow.get(f"/reports/{house.ref}/breaches", 403)


def test_pages_follow_one_another(house: House) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        answer = house.a.get(f"/reports/{house.ref}/breaches?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        seen += records(answer)
        cursor = answer.json["next"]
    assert seen == ["night", "confirmed", "dismissed"]


def test_the_whole_list_comes_as_csv(house: House) -> None:
    answer = house.a.get(f"/reports/{house.ref}/breaches", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["record_ids"] for row in rows] == ['["night"]', '["confirmed"]', '["dismissed"]']
    assert list(rows[0]) == ["id", "rule", "severity", "citation", "state", "record_ids"]
