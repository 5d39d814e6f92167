"""Requests: what the contract grants at once, what a person decides, what a grant does, and how its outcome is followed."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from agencies.models import Contract
from ledger import arrangements
from ledger.models import Credit, CreditReason, Payment
from placements import drafting, planning
from placements.models import Account, HoldKind, Placement, PlacementState, PlanLine
from placements.planning import Wish
from placements.request_models import (
    AccountDocument,
    Arrangement,
    ArrangementState,
    DocumentAccess,
    Request,
    RequestState,
)
from portal import clock, work
from portal.audit import AuditEntry
from portal.permissions import SYSTEM
from portal.tasks import Task, TaskState
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import WebhookDelivery
from tests.clients import ApiClient, PageClient
from tests.factories import make_actor, make_key, make_user
from tests.factories_placements import make_account, make_hold, make_placement, make_portfolio, ready

PDF = b"%PDF-1.4\n%%EOF\n"
LEDGER = "record_id,account_ref,paid_on,amount,currency,paid_to\n"


class World:
    """Two agencies with an account each; AGY01's contract settles from 60 %, up to 12 instalments, 30 days, half the interest."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, app.extensions["database"]
        with self.db.transaction() as session:
            one, two = ready(session, "AGY01"), ready(session, "AGY02")
            contract = session.scalars(select(Contract).where(Contract.agency_id == one.id)).one()
            contract.settlement_floor, contract.instalments_most = Decimal("0.6"), 12
            contract.extension_days_most, contract.waiver_most = 30, Decimal("0.5")
            portfolio = make_portfolio(session, "Spring")
            for ref, agency in (("A", one), ("B", two), ("C", one)):
                account = make_account(
                    session, portfolio, ref, interest=Decimal(100), principal=Decimal(900), fees=Decimal(0)
                )
                make_placement(session, account, agency)
            self.people = {
                role: make_user(session, role) for role in ("vendor_manager", "compliance", "auditor", "approver")
            }
            self.people |= {
                "one": make_user(session, "agency_manager", one),
                "two": make_user(session, "agency_manager", two),
            }
            self.desk = make_user(session, "agency_user", one)
            scopes = "requests:write placements:read"
            self.one = ApiClient(app, make_key(session, scopes=scopes, agency=one))
            self.two = ApiClient(app, make_key(session, scopes=scopes, agency=two))
            self.bank = ApiClient(
                app, make_key(session, scopes="accounts:read ledger:write", user=self.people["vendor_manager"])
            )
            manager = make_actor(session, "agency_manager", one)
            webhooks.add(session, manager, "https://hooks.example/x", ["request.answered"], at=clock.now())

    def as_(self, who: str) -> PageClient:
        return PageClient(self.app).sign_in(self.people[who])

    def ask(self, kind: str, status: int = 201, account: str = "A", note: str = "", **terms: Any) -> dict[str, Any]:
        body = {"account_ref": account, "kind": kind, "terms": terms, "note": note}
        found: dict[str, Any] = self.one.post("/requests", body, status).json
        return found

    def read(self, account: str = "A") -> tuple[Account, Placement, Request, Arrangement | None]:
        with self.db.reading() as session:
            stored = session.scalars(select(Account).where(Account.account_ref == account)).one()
            request = session.scalars(
                select(Request).where(Request.account_id == stored.id).order_by(Request.id.desc())
            ).first()
            assert request is not None
            arrangement = session.scalars(select(Arrangement).where(Arrangement.request_id == request.id)).first()
            placement = session.scalars(select(Placement).where(Placement.account_id == stored.id)).one()
            return stored, placement, request, arrangement

    def open_tasks(self) -> list[str]:
        with self.db.reading() as session:
            return list(session.scalars(select(Task.kind).where(Task.state == TaskState.OPEN).order_by(Task.kind)))

    def pay(self, record: str, amount: str, on: date, account: str = "A") -> None:
        text = f"{LEDGER}{record},{account},{on},{amount},USD,agency\n"
        self.bank.post("/ledger/payments", None, 202, data=text, content_type="text/csv")
        work.drain(self.db, outward=False)


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


# -- within the contract ---------------------------------------------------------------------------------------------------


def test_what_the_contract_allows_is_granted_at_once_and_nobody_has_to_decide(world: World) -> None:
    made = world.ask("settlement", amount="600.00", instalments=2)
    assert (made["state"], made["delegated"], made["beyond"]) == ("granted", True, [])
    assert made["granted"] == {
        "state": "running", "amount": "600.00", "waived": "400.00", "instalments": 2, "paid": "0.00",
        "first_due_on": str((clock.now() + timedelta(days=14)).date()), "last_due_on": made["granted"]["last_due_on"],
    }  # fmt: skip
    assert world.open_tasks() == []
    with world.db.reading() as session:
        assert session.scalar(select(WebhookDelivery.body)) is not None, "the agency is told"


def test_an_extension_within_the_contract_moves_the_day_due_back(world: World) -> None:
    world.ask("extension", days=30)
    assert world.read()[1].due_back_on == date(2099, 1, 1) + timedelta(days=30)


def test_beyond_it_a_person_decides_with_every_limit_before_them(world: World) -> None:
    made = world.ask("settlement", amount="500.00", instalments=20, willingness="willing", ability="later")
    assert made["state"] == "asked"
    assert [one["code"] for one in made["beyond"]] == ["settlement_too_low", "instalments_too_much"]
    assert world.read()[3] is None, "nothing is arranged before somebody decides"
    assert world.open_tasks() == ["request.decide"]
    page = world.as_("vendor_manager").get(f"/requests/{made['id']}", title="Settlement")
    assert "500.00 is below 600.00, the least the contract allows." in page.text
    assert "Instalments" in page.text, "what the stored rule says of who wants to pay and cannot now"
    world.as_("vendor_manager").post(f"/requests/{made['id']}/grant", {"answer": "Agreed."})
    _, _, request, arrangement = world.read()
    assert arrangement is not None
    assert (request.state, request.delegated, request.answer) == (RequestState.GRANTED, False, "Agreed.")
    assert (arrangement.amount, arrangement.instalments) == (Decimal(500), 20)
    assert world.open_tasks() == []
    assert world.one.get("/requests").json["items"][0]["granted"]["amount"] == "500.00"


def test_the_bank_may_grant_other_terms_than_those_asked_for(world: World) -> None:
    made = world.ask("settlement", amount="500.00")
    world.as_("vendor_manager").post(f"/requests/{made['id']}/grant", {"amount": "550", "instalments": "3"})
    arrangement = world.read()[3]
    assert arrangement is not None
    assert (arrangement.amount, arrangement.instalments) == (Decimal(550), 3)


def test_a_refusal_gives_its_reason_and_is_final(world: World) -> None:
    made = world.ask("settlement", amount="100.00")
    page = world.as_("vendor_manager")
    page.post(f"/requests/{made['id']}/refuse", {"answer": ""}, status=422)
    page.post(f"/requests/{made['id']}/refuse", {"answer": "Too little."})
    assert world.one.get("/requests?state=refused").json["items"][0]["answer"] == "Too little."
    page.post(f"/requests/{made['id']}/grant", {}, status=409)
    assert world.read()[3] is None


@pytest.mark.parametrize(
    ("kind", "terms", "field", "reason"),
    [
        ("settlement", {}, "amount", "a settlement has an amount"),
        ("settlement", {"amount": "1000.00"}, "amount", "the whole balance is no settlement"),
        ("instalment", {"instalments": 1}, "instalments", "one part is no plan"),
        ("extension", {}, "days", "an extension has days"),
        ("waiver", {"waived": "100.01"}, "waived", "more than the interest and fees owed"),
        ("query", {}, "note", "a question has words"),
        ("settlement", {"amount": "700.00", "currency": "EUR"}, "currency", "another currency"),
        ("settlement", {"amount": "700.00", "due_on": "2020-01-01"}, "due_on", "a day that is over"),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_name(
    world: World, kind: str, terms: dict[str, Any], field: str, reason: str
) -> None:
    assert [one["pointer"] for one in world.ask(kind, 422, **terms)["errors"]] == [f"/{field}"], reason


def test_terms_without_a_name_are_kept_for_the_person_who_decides(world: World) -> None:
    made = world.ask("settlement", amount="700.00", paid_by="an aunt")
    assert made["state"] == "asked", "no contract can read them"
    assert made["terms"]["paid_by"] == "an aunt"


def test_the_same_is_not_asked_twice_while_it_waits(world: World) -> None:
    world.ask("hardship")
    assert world.ask("hardship", 409)["request"]


def test_an_agency_asks_on_its_own_accounts_only_and_sees_its_own_requests_only(world: World) -> None:
    of_other, missing = (world.ask("hardship", 422, account=ref) for ref in ("B", "NOBODY"))
    assert of_other == missing, "what is another's reads like what does not exist"
    made = world.ask("hardship")
    assert world.two.get("/requests").json["items"] == []
    for who, status in (("two", 404), ("one", 200), ("auditor", 200)):
        world.as_(who).get(f"/requests/{made['id']}", status=status)
    world.as_("auditor").post(f"/requests/{made['id']}/grant", {}, status=403)
    world.as_("one").post(f"/requests/{made['id']}/grant", {}, status=403)


# -- what a grant does -----------------------------------------------------------------------------------------------------


def granted(world: World, kind: str, **terms: Any) -> dict[str, Any]:
    made = world.ask(kind, **terms)
    world.as_("vendor_manager").post(f"/requests/{made['id']}/grant", {})
    return made


def test_hardship_that_is_granted_stops_collection(world: World) -> None:
    granted(world, "hardship")
    assert world.one.get("/placements").json["items"][0]["holds"] == ["hardship"]


def test_a_recall_that_is_granted_ends_the_placement_at_once(world: World) -> None:
    granted(world, "recall")
    assert world.read()[1].state is PlacementState.RECALLED


def test_court_only_where_the_rule_says_so(world: World) -> None:
    made = world.ask("legal_action", willingness="willing", ability="unable")
    page = world.as_("vendor_manager")
    refused = page.post(f"/requests/{made['id']}/grant", {}, status=409)
    assert "No rule sends this account to court" in refused.text
    page.post(f"/requests/{made['id']}/refuse", {"answer": "They want to pay."})
    granted(world, "legal_action", willingness="unwilling", ability="able")
    assert world.read()[2].state is RequestState.GRANTED


def test_a_time_barred_debt_goes_to_no_court(world: World) -> None:
    with world.db.transaction() as session:
        session.scalars(select(Account).where(Account.account_ref == "A")).one().limitation_on = date(2020, 1, 1)
    assert world.ask("legal_action", 422, willingness="unwilling", ability="able")["errors"][0]["pointer"] == "/kind"


def test_a_question_is_answered_in_words(world: World) -> None:
    made = world.ask("query", note="Which address is right?")
    world.as_("vendor_manager").post(f"/requests/{made['id']}/answer", {"answer": "The newer one."})
    item = world.one.get("/requests").json["items"][0]
    assert (item["state"], item["answer"]) == ("answered", "The newer one.")
    world.as_("one").post(f"/requests/{made['id']}/close")
    assert world.read()[2].state is RequestState.CLOSED


def test_documents_are_supplied_read_by_their_agency_and_every_look_is_written_down(world: World) -> None:
    made = world.ask("documents", note="The contract, please.")
    page = world.as_("vendor_manager")
    page.post(f"/requests/{made['id']}/grant", {}, status=409)
    wrong = {"kind": "contract", "title": "Contract", "file": (io.BytesIO(b"MZ"), "c.pdf")}
    page.post(f"/requests/{made['id']}/documents", wrong, status=422)
    right = {"kind": "contract", "title": "Loan contract", "file": (io.BytesIO(PDF), "c.pdf")}
    page.post(f"/requests/{made['id']}/documents", right)
    assert world.read()[2].state is RequestState.GRANTED, "supplying is granting"
    with world.db.reading() as session:
        ref = session.scalars(select(AccountDocument.ref)).one()
    answer = world.as_("one").post(f"/documents/{ref}/read", status=200)
    assert answer.response.get_data() == PDF
    world.as_("two").post(f"/documents/{ref}/read", status=404)
    with world.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentAccess)) == 1
        assert session.scalar(select(func.count()).where(AuditEntry.event == "placements.document.read")) == 1
    assert "Last read by" in world.as_("compliance").get("/accounts/A").text
    granted(world, "recall")
    world.as_("one").post(f"/documents/{ref}/read", status=404)


# -- its outcome -----------------------------------------------------------------------------------------------------------


def test_a_settlement_that_is_paid_ends_everything_and_nobody_gets_the_account_again(world: World) -> None:
    world.ask("settlement", amount="600.00")
    world.pay("P1", "600.00", clock.today())
    account, placement, request, arrangement = world.read()
    assert arrangement is not None
    assert (arrangement.state, arrangement.paid, request.state) == (
        ArrangementState.KEPT,
        Decimal(600),
        RequestState.CLOSED,
    )
    assert placement.state is PlacementState.RECALLED, "the rest is collected by nobody"
    assert account.balance > 0, "the tape still tells the old balance"
    with world.db.transaction() as session:
        wish = Wish(drafting.Selection(account_refs=("A",)), {"AGY02": 1.0}, seed=1)
        plan = planning.draft_plan(session, SYSTEM, wish, at=clock.now())
        line = session.scalars(select(PlanLine).where(PlanLine.plan_id == plan.id)).one()
        assert line.agency_id is None
        assert line.obstacles == ["paid"]


def test_an_instalment_that_does_not_come_breaks_it_and_somebody_is_told(world: World) -> None:
    made = world.ask("instalment", instalments=3, due_on=str(clock.today() + timedelta(days=5)))
    later = clock.now() + timedelta(days=60)
    with world.db.transaction() as session:
        assert arrangements.follow(session, today=later.date() - timedelta(days=26), at=later) == 0, (
            "still in its grace"
        )
        assert arrangements.follow(session, today=later.date(), at=later) == 1
        assert arrangements.follow(session, today=later.date(), at=later) == 0, "twice changes nothing"
    arrangement = world.read()[3]
    assert arrangement is not None
    assert arrangement.state is ArrangementState.BROKEN
    assert world.open_tasks() == ["arrangement.broken"]
    assert "Broken" in world.as_("one").get(f"/requests/{made['id']}").text


def test_what_the_bank_granted_earns_the_agency_its_tail_like_a_promise(world: World) -> None:
    """The placement ends after the grant; the payment comes within the contract's tail days."""
    world.ask("instalment", instalments=12)
    for account in ("A", "C"):
        with world.db.transaction() as session:
            placement = session.scalars(select(Placement).join(Account).where(Account.account_ref == account)).one()
            placement.placed_at = clock.now() - timedelta(days=100)
            placement.state, placement.ended_at = PlacementState.RECALLED, clock.now()
        with clock.set_to(clock.now() + timedelta(days=3)):
            world.pay(f"P-{account}", "10.00", clock.today(), account)
    with world.db.reading() as session:
        wanted = select(Payment.record_id, Credit.reason).join(Credit, Credit.payment_id == Payment.id)
        assert dict(session.execute(wanted).all()) == {"P-A": CreditReason.TAIL, "P-C": CreditReason.NOT_PLACED}


def test_a_new_arrangement_takes_the_place_of_the_one_that_runs(world: World) -> None:
    world.ask("instalment", instalments=12)
    world.ask("settlement", amount="700.00")
    with world.db.reading() as session:
        states = session.scalars(select(Arrangement.state).order_by(Arrangement.id)).all()
    assert list(states) == [ArrangementState.CANCELLED, ArrangementState.RUNNING]


def test_the_pages_ask_with_evidence_and_show_what_is_granted_at_once(world: World) -> None:
    ref = world.one.get("/placements").json["items"][0]["placement_ref"]
    page = world.as_("one")
    form = page.get(f"/placements/{ref}/request", title="Ask the bank")
    assert "$600.00" in form.text, "what the contract settles from"
    page.post(f"/placements/{ref}/request", {"kind": "settlement", "amount": ""}, status=422)
    sent = {
        "kind": "hardship",
        "note": "Lost the job.",
        "willingness": "willing",
        "ability": "unable",
        "evidence": (io.BytesIO(PDF), "letter.pdf"),
    }
    made = page.post(f"/placements/{ref}/request", sent).location.rsplit("/", 1)[1]
    assert page.get(f"/requests/{made}/evidence").response.get_data() == PDF
    assert "Reduced interest" in world.as_("vendor_manager").get(f"/requests/{made}").text
    assert "Hardship" in page.get("/requests", title="Requests").text
    assert "Hardship" in world.as_("auditor").get("/accounts/A/timeline").text


def test_a_hold_takes_the_delegation_away(world: World) -> None:
    with world.db.transaction() as session:
        make_hold(session, session.scalars(select(Account).where(Account.account_ref == "A")).one(), HoldKind.DISPUTE)
    assert world.ask("settlement", amount="900.00")["beyond"] == [{"code": "on_hold", "kind": "dispute"}]
