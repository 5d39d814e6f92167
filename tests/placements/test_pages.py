"""The pages: what each says, what can be done there, and that nobody sees what is not theirs."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from agencies.models import Agency
from placements.models import (
    Account,
    Consumer,
    HoldKind,
    Objection,
    Placement,
    PlacementState,
    Plan,
    PlanState,
    Recall,
    RecallReason,
)
from placements.recall import request_recall
from placements.recall_queries import Wanted
from portal import clock, work
from portal.audit import AuditEntry
from portal.permissions import SYSTEM
from tests.clients import PageClient
from tests.factories import make_user
from tests.factories_placements import (
    make_account,
    make_consumer,
    make_hold,
    make_placement,
    make_plan,
    make_portfolio,
    place,
    ready,
)

PERSON = {
    "full_name": "Jamie Example", "phone": "2025550123", "id_number": "900-12-3456", "birth_date": "1980-05-06", "email": "jamie@example.com",
    "address": "12 Hickory Street",
}  # fmt: skip


class World:
    """Two agencies, an account with each, one that nobody may have, and people of every kind."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, app.extensions["database"]
        with self.db.transaction() as session:
            one, two = ready(session, "AGY01"), ready(session, "AGY02", licensed_in=["US-OH"])
            self.people = {
                role: make_user(session, role)
                for role in ("vendor_manager", "approver", "compliance", "auditor", "admin")
            }
            self.people |= {
                "one": make_user(session, "agency_manager", one),
                "two": make_user(session, "agency_manager", two),
                "user": make_user(session, "agency_user", one),
            }
            self.portfolio = make_portfolio(session, "Spring")
            accounts = [
                make_account(session, self.portfolio, ref, consumer=make_consumer(session, f"C-{ref}", **PERSON))
                for ref in ("A", "B", "C")
            ]
            make_account(session, self.portfolio, "NOWHERE", jurisdiction="US", region=None)
            make_hold(session, accounts[2], HoldKind.DISPUTE)
            self.a = make_placement(session, accounts[0], one).ref
            self.b = make_placement(session, accounts[1], two).ref

    def as_(self, who: str) -> PageClient:
        return PageClient(self.app).sign_in(self.people[who])

    def plan(self, *states: PlanState) -> Plan:
        with self.db.transaction() as session:
            plan = make_plan(session, session.merge(self.portfolio))
            plan.created_by_id = self.people["vendor_manager"].id
            for state in states:
                plan.state = state
            return plan

    def scalar(self, wanted: Any) -> Any:
        with self.db.reading() as session:
            return session.scalars(wanted).first()


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


@pytest.mark.parametrize(
    ("path", "title", "queries"),
    [
        ("/accounts", "Accounts", 8), ("/accounts/A", "A", 12), ("/accounts/import", "Import accounts", 5), ("/portfolios", "Portfolios", 7), ("/plans", "Plans", 7),
        ("/plans/new", "Draft a plan", 7), ("/placements", "Placements", 9), ("/recalls", "Recalls", 8), ("/recalls/new", "Recall accounts", 7),
        ("/agencies/AGY01/placements", "AGY01", 9),
    ],
)  # fmt: skip
def test_a_vendor_manager_opens_every_page(world: World, path: str, title: str, queries: int) -> None:
    world.as_("vendor_manager").get(path, title=title, queries=queries)


@pytest.mark.parametrize(
    ("path", "title"), [("/placements", "Placements"), ("/recalls", "Recalls"), ("/agencies/AGY01/placements", "AGY01")]
)
def test_an_agency_opens_its_own_pages(world: World, path: str, title: str) -> None:
    page = world.as_("one").get(path, title=title, queries=10)
    assert " B " not in page.text


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("one", "/accounts", 404), ("one", "/accounts/A", 404), ("one", "/portfolios", 404), ("one", "/plans", 404), ("one", "/plans/new", 404),
        ("one", "/recalls/new", 403), ("one", "/accounts/import", 404), ("one", "/agencies/AGY02/placements", 404), ("auditor", "/accounts", 200),
        ("auditor", "/plans/new", 403), ("auditor", "/accounts/import", 403), ("admin", "/accounts", 404), ("admin", "/placements", 404), ("user", "/placements", 200),
        ("approver", "/plans", 200), ("approver", "/plans/new", 403), ("compliance", "/accounts", 200), ("vendor_manager", "/accounts/NONE", 404),
        ("vendor_manager", "/plans/pln_none", 404), ("vendor_manager", "/recalls/rcl_none", 404), ("vendor_manager", "/placements/plc_none", 404),
    ],
)  # fmt: skip
def test_who_may_see_what(world: World, who: str, path: str, status: int) -> None:
    world.as_(who).get(path, status)


# -- two agencies ---------------------------------------------------------------------------------------------------------


def test_an_agency_sees_its_inventory_and_nothing_of_another(world: World) -> None:
    one = world.as_("one")
    page = one.get("/placements")
    assert f"/placements/{world.a}" in page.links
    assert f"/placements/{world.b}" not in page.links
    assert "Jamie Example" in one.get(f"/placements/{world.a}", title="A").text, (
        "it needs to know whom it collects from"
    )
    hidden, missing = (one.get(f"/placements/{ref}", 404) for ref in (world.b, "plc_0000000000000000"))
    assert hidden.response.get_data() == missing.response.get_data(), "hidden and missing are the same bytes"


@pytest.mark.parametrize("path", ["acknowledge", "refuse", "return", "object"])
def test_an_agency_cannot_act_on_anothers_placement(world: World, path: str) -> None:
    world.as_("one").post(f"/placements/{world.b}/{path}", {"reason": "other"}, 404)
    assert world.scalar(select(Placement.state).where(Placement.ref == world.b)) is PlacementState.PLACED


def test_the_inventory_file_holds_an_agencys_own_rows_with_what_it_needs(world: World) -> None:
    text = world.as_("one").get("/placements/inventory.csv").response.get_data(as_text=True)
    assert all(value in text for value in PERSON.values())
    assert (world.a in text, world.b in text) == (True, False)
    bank = world.as_("auditor").get("/placements/inventory.csv").response.get_data(as_text=True)
    assert not [value for value in PERSON.values() if value in bank]
    assert world.b in bank


def test_what_an_agency_lost_is_gone_from_its_pages_at_once(world: World) -> None:
    one = world.as_("one")
    with world.db.transaction() as session:
        request_recall(session, SYSTEM, Wanted(("A",)), RecallReason.STRATEGY, final_at=clock.now(), at=clock.now())
    assert world.a not in one.get("/placements").text
    one.get(f"/placements/{world.a}", 404)
    ref = world.scalar(select(Recall.ref))
    page = one.get(f"/recalls/{ref}", title="Change of strategy")
    assert " A " in page.text, "it still knows which account it was, to prove that it stopped"
    assert "Jamie" not in page.text
    world.as_("two").get(f"/recalls/{ref}", 404)


# -- accounts ------------------------------------------------------------------------------------------------------------


def test_a_person_is_masked_until_somebody_says_why_they_look(world: World) -> None:
    manager = world.as_("vendor_manager")
    assert not [value for value in PERSON.values() if value in manager.get("/accounts/A").text]
    manager.post("/accounts/A/unmask", {"reason": ""}, 422)
    shown = manager.post("/accounts/A/unmask", {"reason": "The consumer is on the phone."}, 200)
    assert all(value in shown.text for value in PERSON.values())
    entry = world.scalar(select(AuditEntry.details).where(AuditEntry.event == "placements.consumer.unmasked"))
    assert "on the phone" in entry
    assert not [value for value in PERSON.values() if value in entry]
    assert "Jamie Example" not in manager.get("/accounts/A").text, "the next look needs a reason of its own"
    world.as_("auditor").post("/accounts/A/unmask", {"reason": "Curious."}, 403)


@pytest.mark.parametrize(
    ("by", "text", "found"),
    [
        ("name", "jamie  EXAMPLE", 3),
        ("phone", "+1 (202) 555-0123", 4),
        ("phone", "2025550199", 0),
        ("name", "Jamie", 0),
        ("id", "", None),
    ],
)
def test_people_are_found_by_name_or_number_without_anything_personal_in_an_address(
    world: World, by: str, text: str, found: int | None
) -> None:
    manager = world.as_("vendor_manager")
    page = manager.post("/accounts/search", {"by": by, "text": text}, 200 if text else 422)
    if found is not None:
        assert sum(link.startswith("/accounts/") and link != "/accounts/search" for link in page.links) >= found
        assert ("Nobody found" in page.text) is (found == 0)
    trail = world.scalar(select(AuditEntry.details).where(AuditEntry.event == "placements.consumers.searched"))
    assert (trail is None) is (found is None)
    assert "jamie" not in (trail or "").lower()


def test_accounts_are_filtered(world: World) -> None:
    manager = world.as_("vendor_manager")
    assert "/accounts/C" in manager.get("/accounts?hold=dispute").links
    assert "/accounts/A" not in manager.get("/accounts?hold=dispute").links
    assert (
        "/accounts/A"
        in manager.get("/accounts?placed=yes&portfolio=Spring&jurisdiction=us-oh&product=personal_loan").links
    )
    assert "/accounts/A" not in manager.get("/accounts?placed=no").links
    assert "/accounts/A" in manager.get("/accounts?q=C-a").links, "by the consumer's reference, however it is cased"
    assert "account,product" in manager.get("/accounts?format=csv").response.get_data(as_text=True).replace('"', "")


def test_a_hold_is_put_on_and_ended_on_the_accounts_page(world: World) -> None:
    compliance = world.as_("compliance")
    compliance.post("/accounts/A/holds", {"kind": "fraud", "note": ""}, 422)
    compliance.post("/accounts/A/holds", {"kind": "fraud", "note": "Reported by the fraud desk."})
    page = compliance.get("/accounts/A")
    closing = next(action for action in page.forms if action.endswith("/close"))
    assert "on hold" in world.as_("one").get(f"/placements/{world.a}").text
    compliance.post(closing, {"note": "Cleared."})
    assert "on hold" not in world.as_("one").get(f"/placements/{world.a}").text
    world.as_("approver").post("/accounts/A/holds", {"kind": "fraud", "note": "x"}, 403)


def test_a_tape_is_sent_and_the_report_page_shows_what_became_of_it(world: World) -> None:
    manager = world.as_("vendor_manager")
    manager.post("/accounts/import", {}, 422)
    text = "account_ref,consumer_ref,portfolio,product,currency,balance,country,full_name\nN1,C1,New,medical,USD,5.00,US,X\nN2,C2,New,medical,USD,five,US,X\n"
    sent = manager.post(
        "/accounts/import",
        {"file": (io.BytesIO(text.encode()), "tape.csv"), "portfolio": "Override"},
        content_type="multipart/form-data",
    )
    assert re.fullmatch(r"/reports/rpt_\w+", sent.location)
    work.drain(world.db)
    page = manager.get(sent.location)
    assert "tape.csv" in page.heading
    assert "balance" in page.text
    again = manager.post(
        "/accounts/import", {"file": (io.BytesIO(text.encode()), "tape.csv")}, content_type="multipart/form-data"
    )
    assert again.location == sent.location, "the same bytes lead to what became of them"
    manager.get("/portfolios?q=Overr", title="Portfolios")
    assert world.scalar(select(Account.account_ref).where(Account.account_ref == "N1")) == "N1"


# -- plans ---------------------------------------------------------------------------------------------------------------


def test_a_plan_is_drafted_previewed_approved_by_another_person_and_placed(world: World) -> None:
    manager, approver = world.as_("vendor_manager"), world.as_("approver")
    with world.db.transaction() as session:
        for number in range(8):
            make_account(session, session.merge(world.portfolio), f"N{number}")
    parts = {"part-AGY01": "1", "part-AGY02": "1"}
    drafted = manager.post("/plans/new", {"portfolio": "Spring", "title": "Spring, first", "seed": "11", **parts})
    page = manager.get(drafted.location, title="Spring, first", queries=14)
    for words in (
        "Who gets what",
        "Not placed",
        "It is on hold: Dispute.",
        "What agencies may not have",
        "Cells",
        "AGY01",
        "AGY02",
    ):
        assert words in page.text, words
    ref = drafted.location
    approver.post(f"{ref}/submit", status=403)
    manager.post(f"{ref}/submit")
    manager.post(f"{ref}/approve", status=403)
    assert f"{ref}/approve" in approver.get(ref).forms
    approver.post(f"{ref}/approve")
    approver.post(f"{ref}/approve", status=409)
    manager.post(f"{ref}/place")
    assert "Placed" in manager.get(ref).text
    assert world.scalar(select(Plan.accounts).where(Plan.title == "Spring, first")) == 8
    rows = manager.get(f"{ref}/accounts.csv").response.get_data(as_text=True).splitlines()
    assert len(rows) == 9
    left = manager.get(f"{ref}/not-placed.csv").response.get_data(as_text=True)
    assert "It is on hold: Dispute." in left
    assert "NOWHERE" in left


def test_the_plan_says_why_an_agency_gets_nothing_of_a_state(world: World) -> None:
    manager = world.as_("vendor_manager")
    with world.db.transaction() as session:
        make_account(session, session.merge(world.portfolio), "W", jurisdiction="US-WA", region="WA")
    drafted = manager.post("/plans/new", {"account_refs": "W", "part-AGY01": "1", "part-AGY02": "1"})
    page = manager.get(drafted.location)
    assert "missing for US-WA" in page.text
    assert "AGY02" in page.text


def test_an_approver_who_drafted_a_plan_is_told_that_another_person_has_to_decide(world: World) -> None:
    plan = world.plan(PlanState.SUBMITTED)
    with world.db.transaction() as session:
        session.execute(update(Plan).where(Plan.id == plan.id).values(created_by_id=world.people["approver"].id))
    page = world.as_("approver").get(f"/plans/{plan.ref}")
    assert "another person has to decide" in page.text
    assert f"/plans/{plan.ref}/approve" not in page.forms
    world.as_("approver").post(f"/plans/{plan.ref}/approve", status=403)


def test_a_plan_is_sent_back_with_words_and_drawn_again(world: World) -> None:
    plan = world.plan(PlanState.SUBMITTED)
    approver, manager = world.as_("approver"), world.as_("vendor_manager")
    approver.post(f"/plans/{plan.ref}/return", {"note": " "}, 422)
    approver.post(f"/plans/{plan.ref}/return", {"note": "AGY02 should get less."})
    assert "AGY02 should get less." in manager.get(f"/plans/{plan.ref}").text
    manager.post(f"/plans/{plan.ref}/redraft")
    assert world.scalar(select(Plan.state).where(Plan.id == plan.id)) is PlanState.DRAFT
    manager.post(f"/plans/{plan.ref}/cancel")
    manager.post(f"/plans/{plan.ref}/submit", status=409)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"portfolio": ""}, "Choose a portfolio or a saved pool, or write account references."),
        ({"account_refs": "A"}, "Choose a portfolio or a saved pool, or write account references."),
        ({"portfolio": "", "account_refs": "A, UNKNOWN"}, "These accounts are not known: UNKNOWN"),
        ({"part-AGY01": "", "part-AGY02": "0"}, "Give at least one agency a part."),
        ({"part-AGY01": "much"}, "a number from 0 to 1000"),
        ({"part-AGY01": "NaN"}, "a number from 0 to 1000"),
        ({"effective_at": "tomorrow"}, "Takes effect at"),
    ],
)
def test_a_plan_that_cannot_be_drawn_says_what_to_mend_and_keeps_what_was_written(
    world: World, changed: dict[str, str], words: str
) -> None:
    given = {"portfolio": "Spring", "title": "Kept title", "part-AGY01": "1", "part-AGY02": "1", **changed}
    page = world.as_("vendor_manager").post("/plans/new", given, 422)
    assert words in page.text
    assert "Kept title" in page.response.get_data(as_text=True)


# -- placements ----------------------------------------------------------------------------------------------------------


def test_an_agency_acknowledges_one_or_all(world: World) -> None:
    one = world.as_("one")
    one.post(f"/placements/{world.a}/acknowledge", {"balance": "999.50"})
    assert "999.50" in one.get(f"/placements/{world.a}").text
    with world.db.transaction() as session:
        agency = session.scalars(select(Agency).where(Agency.code == "AGY01")).one()
        for ref in ("D", "E"):
            make_placement(session, make_account(session, session.merge(world.portfolio), ref), agency)
    assert "2 accounts wait for your acknowledgement." in one.get("/placements").text
    one.post("/placements/acknowledge-all")
    assert "wait for your acknowledgement" not in one.get("/placements").text
    world.as_("user").post("/placements/acknowledge-all", status=403)


@pytest.mark.parametrize(("act", "state"), [("refuse", PlacementState.REFUSED), ("return", PlacementState.RETURNED)])
def test_an_agency_gives_an_account_back(world: World, act: str, state: PlacementState) -> None:
    one = world.as_("one")
    one.post(f"/placements/{world.a}/{act}", {"reason": "nonsense"}, 422)
    done = one.post(f"/placements/{world.a}/{act}", {"reason": "other", "note": ""})
    assert done.location == "/placements"
    assert world.scalar(select(Placement.state).where(Placement.ref == world.a)) is state
    one.get(f"/placements/{world.a}", 404)
    one.post(f"/placements/{world.a}/{act}", {"reason": "other"}, 404)


def test_the_bank_sees_a_placement_with_the_person_masked_and_nothing_to_answer(world: World) -> None:
    page = world.as_("vendor_manager").get(f"/placements/{world.a}", title="A", queries=12)
    assert not [value for value in PERSON.values() if value in page.text]
    assert not [action for action in page.forms if action.startswith("/placements/")]


# -- recalls -------------------------------------------------------------------------------------------------------------


def test_a_recall_is_counted_then_made_objected_to_and_decided(world: World) -> None:
    manager, one = world.as_("vendor_manager"), world.as_("one")
    final = (clock.now() + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    given = {"agency": "AGY01", "reason": "complaint", "final_at": final, "note": "Please stop."}
    counted = manager.post("/recalls/new", {**given, "act": "count"}, 200)
    assert "1 accounts would be recalled." in counted.text
    assert world.scalar(select(Recall.ref)) is None, "counting recalls nothing"
    made = manager.post("/recalls/new", {**given, "act": "recall"})
    assert "Please stop." in one.get(f"/placements/{world.a}").text
    one.post(f"/placements/{world.a}/object", {"reason": "plan_running", "note": "Pays weekly."})
    one.post(f"/placements/{world.a}/object", {"reason": "plan_running"}, 409)
    page = manager.get(made.location, title="Complaint", queries=12)
    assert "Pays weekly." in page.text
    objection = world.scalar(select(Objection.id))
    one.post(f"/objections/{objection}/keep", {"days": "30"}, 403)
    manager.post(f"/objections/{objection}/keep", {"days": "0"}, 422)
    manager.post(f"/objections/{objection}/keep", {"days": "30"})
    assert world.scalar(select(Placement.state).where(Placement.ref == world.a)) is PlacementState.KEPT
    assert "Kept for 30 days" in one.get(f"/placements/{world.a}").text


def test_a_recall_without_conditions_is_refused(world: World) -> None:
    final = clock.now().strftime("%Y-%m-%dT%H:%M")
    for act in ("count", "recall"):
        page = world.as_("vendor_manager").post("/recalls/new", {"reason": "legal", "final_at": final, "act": act}, 422)
        assert "at least one condition" in page.text or "set a condition" in page.text


def test_an_agency_confirms_the_stop_of_a_whole_recall(world: World) -> None:
    with world.db.transaction() as session:
        ref = request_recall(
            session, SYSTEM, Wanted(("A", "B")), RecallReason.LEGAL, final_at=clock.now(), at=clock.now()
        ).recall.ref
    one = world.as_("one")
    assert f"/recalls/{ref}/confirm" in one.get(f"/recalls/{ref}", queries=12).forms
    one.post(f"/recalls/{ref}/confirm")
    assert f"/recalls/{ref}/confirm" not in one.get(f"/recalls/{ref}").forms
    stopped = dict(world.db.open(write=False).execute(select(Placement.ref, Placement.stopped_at)).all())
    assert stopped[world.a] is not None
    assert stopped[world.b] is None, "for itself alone"


def test_the_bank_withdraws_a_pending_recall(world: World) -> None:
    with world.db.transaction() as session:
        ref = request_recall(
            session,
            SYSTEM,
            Wanted(("A",)),
            RecallReason.LEGAL,
            final_at=clock.now() + timedelta(days=1),
            at=clock.now(),
        ).recall.ref
    world.as_("vendor_manager").post(f"/recalls/{ref}/withdraw")
    assert world.scalar(select(Placement.state).where(Placement.ref == world.a)) is PlacementState.KEPT
    world.as_("one").post(f"/recalls/{ref}/withdraw", status=403)


def test_an_empty_house_says_what_to_do_next(app: Flask) -> None:
    with app.extensions["database"].transaction() as session:
        manager = make_user(session)
    client = PageClient(app).sign_in(manager)
    for path, words in {
        "/accounts": "Import an account tape",
        "/plans": "Draft a plan",
        "/placements": "as soon as a plan is placed",
        "/portfolios": "No portfolios yet",
        "/recalls": "No recalls",
    }.items():
        assert words in client.get(path).text
    assert "Approve an agency first." in client.get("/plans/new").text


def test_a_placed_plan_of_many_accounts_takes_no_more_selects_than_one_of_few(world: World) -> None:
    with world.db.transaction() as session:
        for number in range(60):
            make_account(session, session.merge(world.portfolio), f"M{number:03}")
        plan = place(session, make_plan(session, session.merge(world.portfolio)))
    world.as_("vendor_manager").get(f"/plans/{plan.ref}", queries=14)
    world.as_("vendor_manager").get("/placements", queries=9)
    assert world.scalar(select(Consumer.id)) is not None
