"""Pages about breaches, rules and complaints: they open, say what they must, and show an agency nothing of another."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from conduct.models import Breach, BreachState, Complaint
from conduct.rulebook import standard
from portal.db import Database
from portal.people import User
from tests import factories, world
from tests.clients import PageClient
from tests.conduct.factories import AT, make_breach, make_report, make_row


class House:
    """Agencies A and B with a breach and a complaint each, and people of compliance, of A and an auditor."""

    def __init__(self, app: Flask) -> None:
        self.database: Database = app.extensions["database"]
        with self.database.transaction() as session:
            self.breaches: dict[str, str] = {}
            self.reports: dict[str, str] = {}
            self.complaints: dict[str, str] = {}
            agencies = world.two_agencies(session)
            for letter, agency in zip("AB", agencies, strict=True):
                report = make_report(session, agency)
                row = make_row(session, report, f"{letter}CC1", record_id=f"record-{letter}")
                other = make_row(
                    session,
                    make_report(session, agencies[letter == "A"]),
                    f"{letter}CC1",
                    record_id=f"foreign-{letter}",
                )
                self.breaches[letter] = make_breach(session, row, "us.regf.time-of-day", other).ref
                self.breaches[f"{letter} critical"] = make_breach(session, row, "us.regf.cease-communication").ref
                self.breaches[f"{letter} question"] = make_breach(
                    session, row, "us.regf.call-cooldown", verdict="review", provisional=True
                ).ref
                self.reports[letter] = report.ref
                case = Complaint(
                    ref=f"cmp_{letter}", sender=agency.id, record_id="1", agency_id=agency.id, account_id=row.account_id, category="hours",
                    summary=f"Called {letter} at night", regulator=False, received_at=AT, due_on=date(2026, 2, 24),
                )  # fmt: skip
                session.add(case)
                self.complaints[letter] = case.ref
            self.compliance = factories.make_user(session, "compliance")
            self.second = factories.make_user(session, "compliance")
            self.auditor = factories.make_user(session, "auditor")
            self.of_a = factories.make_user(session, "agency_manager", agencies[0])

    def breach(self, name: str) -> Breach:
        with self.database.reading() as session:
            return session.query(Breach).filter_by(ref=self.breaches[name]).one()


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def as_(client: PageClient, user: User) -> PageClient:
    return client.sign_in(user)


# -- breaches -------------------------------------------------------------------------------------------------------------


def test_the_list_of_breaches(client: PageClient, house: House) -> None:
    page = as_(client, house.compliance).get("/breaches", title="Breaches", queries=6)
    assert "Contact only between 08:00 and 21:00" in page.text
    assert {f"/breaches/{house.breaches[name]}" for name in ("A", "B")} <= set(page.links)


FILTERS = [
    ("agency=AGYA", {"A", "A critical", "A question"}), ("agency=bank", set()), ("rule=us.regf.call-cooldown", {"A question", "B question"}),
    ("severity=critical", {"A critical", "B critical"}), ("verdict=review", {"A question", "B question"}), ("state=open&agency=agyb", {"B", "B critical", "B question"}),
    ("state=confirmed", set()), ("state=withdrawn", set()), ("month=2026-02&agency=AGYA&severity=high", {"A", "A question"}), ("month=2026-03", set()),
    ("month=soon&severity=critical", {"A critical", "B critical"}), ("q=ACC1", {"A", "A critical", "A question"}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "shown"), FILTERS, ids=[query for query, _ in FILTERS])
def test_the_list_can_be_narrowed(client: PageClient, house: House, query: str, shown: set[str]) -> None:
    links = as_(client, house.compliance).get(f"/breaches?{query}").links
    assert {name for name, ref in house.breaches.items() if f"/breaches/{ref}" in links} == shown


def test_what_waits_for_nobody_comes_last(client: PageClient, house: House) -> None:
    with house.database.transaction() as session:
        session.query(Breach).filter_by(ref=house.breaches["A critical"]).one().state = BreachState.CONFIRMED
    links = [link for link in as_(client, house.compliance).get("/breaches").links if link.startswith("/breaches/bch_")]
    assert links[0] == f"/breaches/{house.breaches['B critical']}"
    assert links[-1] == f"/breaches/{house.breaches['A critical']}"


def test_an_agency_sees_its_own_breaches_and_no_questions(client: PageClient, house: House) -> None:
    links = as_(client, house.of_a).get("/breaches").links
    assert {name for name, ref in house.breaches.items() if f"/breaches/{ref}" in links} == {"A", "A critical"}


def test_a_breach_says_why_by_which_rule_and_what_proves_it(client: PageClient, house: House) -> None:
    page = as_(client, house.compliance).get(
        f"/breaches/{house.breaches['A']}", title="Contact only between 08:00 and 21:00", queries=8
    )
    for text in (
        "It was 23:30:00 where the person lives (America/New_York)",
        "12 CFR 1006.6",
        "record-A",
        "foreign-A",
        "account ACC1",
    ):
        assert text in page.text
    assert "+12165550123" not in page.text  # a telephone number is personal


def test_a_breach_is_told_in_the_readers_language(app: Flask, client: PageClient, house: House) -> None:
    with house.database.transaction() as session:
        reader = factories.make_user(session, "compliance", language="zh_Hans_CN")
    page = as_(client, reader).get(f"/breaches/{house.breaches['A']}")
    assert page.heading.strip() in (
        "仅可在债务人当地时间8:00至21:00联系",
        "Contact only between 08:00 and 21:00 where the person lives",
    )


def test_an_agency_does_not_see_rows_of_others_in_the_evidence(client: PageClient, house: House) -> None:
    page = as_(client, house.of_a).get(f"/breaches/{house.breaches['A']}")
    assert "record-A" in page.text
    assert "foreign-A" not in page.text
    assert "1 row that is not yours was counted as well." in page.text
    assert not [action for action in page.forms if action.startswith("/breaches/")]


@pytest.mark.parametrize("name", ["B", "A question"])
def test_what_an_agency_may_not_see_is_not_there(client: PageClient, house: House, name: str) -> None:
    as_(client, house.of_a).get(f"/breaches/{house.breaches[name]}", 404)


def test_compliance_judges_a_breach(client: PageClient, house: House) -> None:
    path = f"/breaches/{house.breaches['A']}"
    page = as_(client, house.compliance).post(path, {"reason": "heard it", "decision": "confirmed"})
    assert page.location.endswith(path)
    assert house.breach("A").state is BreachState.CONFIRMED
    assert "heard it" in client.get(path).text


def test_without_a_reason_nothing_is_judged(client: PageClient, house: House) -> None:
    page = as_(client, house.compliance).post(
        f"/breaches/{house.breaches['A']}", {"reason": "", "decision": "confirmed"}, 422
    )
    assert "Give the reason." in page.text
    assert house.breach("A").state is BreachState.FOUND


def test_a_critical_breach_needs_a_second_person(client: PageClient, house: House) -> None:
    path = f"/breaches/{house.breaches['A critical']}"
    as_(client, house.compliance).post(path, {"reason": "look", "decision": "escalated"})
    refused = client.post(path, {"reason": "yes", "decision": "confirmed"}, 422)
    assert "another person judges it" in refused.text
    as_(client, house.second).post(path, {"reason": "yes", "decision": "confirmed"})
    assert house.breach("A critical").state is BreachState.CONFIRMED


@pytest.mark.parametrize("who", ["auditor", "of_a"])
def test_others_look_and_do_not_judge(client: PageClient, house: House, who: str) -> None:
    as_(client, getattr(house, who)).post(
        f"/breaches/{house.breaches['A']}", {"reason": "no", "decision": "dismissed"}, 403
    )
    assert house.breach("A").state is BreachState.FOUND


def test_all_that_waits_of_one_rule_by_one_agency(client: PageClient, house: House) -> None:
    address = "/breaches/queue?agency=AGYA&rule=us.regf.time-of-day"
    listed = as_(client, house.compliance).get("/breaches?agency=agya&rule=us.regf.time-of-day")
    assert address in [link.replace("&amp;", "&") for link in listed.links]
    client.get(address, title="Judge all that wait", queries=8)
    client.post(address, {"reason": "one bad dialler", "decision": "dismissed"})
    assert house.breach("A").state is BreachState.DISMISSED
    assert house.breach("B").state is BreachState.FOUND


def test_the_queue_is_compliances_alone(client: PageClient, house: House) -> None:
    as_(client, house.auditor).get("/breaches/queue?agency=AGYA&rule=us.regf.time-of-day", 403)


def test_the_breaches_of_a_report_and_of_an_agency(client: PageClient, house: House) -> None:
    as_(client, house.compliance)
    links = client.get(f"/reports/{house.reports['A']}/breaches", title="", queries=8).links
    assert {name for name, ref in house.breaches.items() if f"/breaches/{ref}" in links} == {
        "A",
        "A critical",
        "A question",
    }
    links = client.get("/agencies/AGYB/breaches", queries=8).links
    assert {name for name, ref in house.breaches.items() if f"/breaches/{ref}" in links} == {
        "B",
        "B critical",
        "B question",
    }


def test_another_agencys_report_and_page_are_not_there(client: PageClient, house: House) -> None:
    as_(client, house.of_a)
    client.get(f"/reports/{house.reports['B']}/breaches", 404)
    client.get("/agencies/AGYB/breaches", 404)


def test_the_list_comes_as_csv(client: PageClient, house: House) -> None:
    text = as_(client, house.of_a).get("/breaches?format=csv").response.get_data(as_text=True)
    assert text.count("\r\n") == 3  # the header and A's own two


# -- rules ----------------------------------------------------------------------------------------------------------------


def test_the_book_of_rules_shows_what_runs_and_what_waits(client: PageClient, house: House) -> None:
    page = as_(client, house.of_a).get("/rules", title="Rules of conduct", queries=4)
    assert {f"/rules/{rule.id}" for rule in standard().rules} <= set(page.links)
    assert "Waits" in page.text
    assert "Switched off" in page.text


RULES = [
    ("jurisdiction=US-NY", "/rules/us.nyc.contact-3-in-7", "/rules/us.regf.time-of-day"), ("kind=frequency_cap", "/rules/us.regf.call-frequency", "/rules/us.regf.time-of-day"),
    ("severity=critical", "/rules/us.regf.cease-communication", "/rules/us.regf.time-of-day"), ("status=off", None, "/rules/us.regf.time-of-day"),
    ("runs=yes", "/rules/us.regf.time-of-day", "/rules/us.regf.email-procedures"), ("runs=no", "/rules/us.regf.email-procedures", "/rules/us.regf.time-of-day"),
    ("q=seven+calls", "/rules/us.regf.call-frequency", "/rules/us.regf.time-of-day"), ("q=夜间", "/rules/cn.gbt45251.hours", "/rules/us.regf.time-of-day"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "shown", "hidden"), RULES, ids=[query for query, *_ in RULES])
def test_rules_can_be_searched(client: PageClient, house: House, query: str, shown: str | None, hidden: str) -> None:
    links = as_(client, house.compliance).get(f"/rules?{query}").links
    assert shown is None or shown in links
    assert hidden not in links


def test_a_rule_that_runs(client: PageClient, house: House) -> None:
    page = as_(client, house.compliance).get("/rules/us.regf.call-frequency", title="At most seven calls", queries=4)
    for text in ("12 CFR 1006.14", "Cap on the number of contacts", "limits 1.max", "7", "Worked cases"):
        assert text in page.text


def test_a_rule_that_waits_says_so(client: PageClient, house: House) -> None:
    assert "does not test reports yet" in as_(client, house.compliance).get("/rules/us.regf.email-procedures").text


def test_a_rule_that_does_not_exist(client: PageClient, house: House) -> None:
    as_(client, house.compliance).get("/rules/us.nothing", 404)


# -- complaints -----------------------------------------------------------------------------------------------------------


def test_the_list_of_complaints(client: PageClient, house: House) -> None:
    page = as_(client, house.compliance).get("/complaints", title="Complaints", queries=6)
    assert {"/complaints/cmp_A", "/complaints/cmp_B"} <= set(page.links)
    assert "overdue" in page.text
    assert set(as_(client, house.of_a).get("/complaints").links) & {"/complaints/cmp_A", "/complaints/cmp_B"} == {
        "/complaints/cmp_A"
    }


def test_a_complaint_is_answered_by_its_agency_and_closed_by_the_bank(client: PageClient, house: House) -> None:
    path = "/complaints/cmp_A"
    as_(client, house.of_a).get(path, queries=8)
    client.post(path, {"act": "answer", "note": "We wrote to him."})
    client.post(path, {"act": "close", "outcome": "rejected", "reason": "We did nothing wrong."}, 403)
    as_(client, house.compliance).post(path, {"act": "close", "outcome": "upheld", "reason": "It was their dialler."})
    page = client.get(path)
    assert "Closed" in page.text
    assert "It was their dialler." in page.text


def test_a_complaint_is_not_closed_twice(client: PageClient, house: House) -> None:
    path = "/complaints/cmp_A"
    as_(client, house.compliance).post(path, {"act": "close", "outcome": "rejected", "reason": "No call was made."})
    client.post(path, {"act": "close", "outcome": "rejected", "reason": "No call was made."}, 409)


def test_another_agencys_complaint_is_not_there(client: PageClient, house: House) -> None:
    as_(client, house.of_a).get("/complaints/cmp_B", 404)


def test_an_auditor_reads_and_changes_nothing(client: PageClient, house: House) -> None:
    as_(client, house.auditor).get("/complaints/cmp_A")
    client.post("/complaints/cmp_A", {"act": "answer", "note": "x"}, 403)
