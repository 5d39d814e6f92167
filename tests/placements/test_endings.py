"""What surrounds a placement's beginning and end: deliveries, proposals, orders to stop, next steps, proofs of deletion; and deltas of a tape."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from activity import idle
from activity.models import Activity
from agencies.models import Agency, AgencyStatus, Contract, Credential
from ledger.recall_value import Collected, Exposure, horizon, monthly_rates
from placements import delivering, jobs, proposing, recall
from placements.ending_models import Deletion, NextStep, Proposal, ProposalState, Step
from placements.models import Account, BalanceChange, HoldKind, Objection, Placement, PlacementState, RecallReason
from placements.recall_queries import Wanted
from portal import clock, files, work
from portal.errors import Conflict
from portal.permissions import SYSTEM
from portal.reports.models import Mode, Report
from portal.tasks import Task, TaskState
from tests.clients import ApiClient, PageClient
from tests.factories import make_key, make_user
from tests.factories_placements import make_account, make_consumer, make_hold, make_placement, make_portfolio, ready

PDF = b"%PDF-1.4\n%%EOF\n"
SECRET = "Keys under the mat."


class World:
    """An agency with accounts A, B, C since 40 days ago, another one with none, and people of every kind."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, app.extensions["database"]
        with self.db.transaction() as session:
            one, two = ready(session, "AGY01"), ready(session, "AGY02")
            portfolio = make_portfolio(session, "Spring")
            for ref in "ABC":
                placed = clock.now() - timedelta(days=40)
                account = make_account(
                    session, portfolio, ref, consumer=make_consumer(session, f"C-{ref}"), as_of=date(2026, 1, 1)
                )
                make_placement(
                    session, account, one, placed_at=placed, state=PlacementState.ACKNOWLEDGED, acknowledged_at=placed
                )
            self.people = {role: make_user(session, role) for role in ("vendor_manager", "compliance", "auditor")}
            self.people |= {
                "one": make_user(session, "agency_manager", one),
                "two": make_user(session, "agency_manager", two),
            }
            self.one = ApiClient(
                app, make_key(session, scopes="placements:read placements:write reports:write", agency=one)
            )
            self.bank = ApiClient(
                app,
                make_key(
                    session,
                    scopes="accounts:read accounts:write plans:write placements:read",
                    user=self.people["vendor_manager"],
                ),
            )

    def as_(self, who: str) -> PageClient:
        return PageClient(self.app).sign_in(self.people[who])

    def ref(self, account: str) -> str:
        with self.db.reading() as session:
            return session.scalars(select(Placement.ref).join(Account).where(Account.account_ref == account)).one()

    def recall(self, *accounts: str, **values: Any) -> None:
        given: dict[str, Any] = {"final_at": clock.now(), "at": clock.now()} | values
        with self.db.transaction() as session:
            recall.request_recall(session, SYSTEM, Wanted(accounts), RecallReason.STRATEGY, **given)

    def tasks(self) -> set[str]:
        with self.db.reading() as session:
            return set(session.scalars(select(Task.kind).where(Task.state == TaskState.OPEN)))

    def run(self, job: Any) -> str:
        return str(job(self.db))


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


# -- next steps and deletion -----------------------------------------------------------------------------------------------


def test_no_account_comes_back_to_nobody(world: World) -> None:
    with world.db.transaction() as session:
        make_hold(session, session.scalars(select(Account).where(Account.account_ref == "B")).one(), HoldKind.DISPUTE)
    world.recall("A", "B")
    world.one.post("/returns", [{"placement_ref": world.ref("C"), "reason": "paid"}])
    with world.db.reading() as session:
        steps = dict(
            session.execute(
                select(Account.account_ref, NextStep.step).join(NextStep, NextStep.account_id == Account.id)
            ).all()
        )
    assert steps == {"A": Step.PLACE_AGAIN, "B": Step.DISPUTE_REVIEW, "C": Step.CLOSE}
    assert "returned.next" in world.tasks()
    assert "Clear up the dispute" in world.as_("auditor").get("/returned", title="Returned accounts").text


def test_a_step_has_one_owner_of_its_role_and_ends_with_a_word(world: World) -> None:
    world.recall("A")
    ref = world.ref("A")
    world.as_("compliance").post(f"/returned/{ref}/take", status=403)
    page = world.as_("vendor_manager")
    page.post(f"/returned/{ref}/take")
    page.post(f"/returned/{ref}/done", {"note": ""}, status=422)
    page.post(f"/returned/{ref}/done", {"note": "Placed with the next tier by hand."})
    page.post(f"/returned/{ref}/done", {"note": "Again."}, status=409)
    assert "returned.next" not in world.tasks()


def test_an_agency_proves_that_it_deleted_and_is_late_if_it_does_not(world: World) -> None:
    world.recall("A", "B")
    assert "deletions.prove" in world.tasks()
    with clock.set_to(clock.now() + timedelta(days=31)):
        assert world.run(jobs.escalate_deletions) == "2 overdue"
        assert "deletions.late" in world.tasks()
    today = str(clock.today())
    world.as_("two").post("/deletions", {"deleted_on": today, "method": "wiped"}, status=422)
    page = world.as_("one")
    page.post("/deletions", {"deleted_on": str(clock.today() + timedelta(days=9)), "method": "wiped"}, status=422)
    sent = {
        "placements": world.ref("A"),
        "deleted_on": today,
        "method": "Wiped, backups expire in 7 days.",
        "certificate": (io.BytesIO(PDF), "c.pdf"),
    }
    page.post("/deletions", sent)
    assert page.get(f"/deletions/{world.ref('A')}/certificate").response.get_data() == PDF
    world.as_("two").get(f"/deletions/{world.ref('A')}/certificate", status=404)
    with world.db.reading() as session:
        assert session.scalars(
            select(Deletion.proved_at.is_not(None))
            .join(Placement, Placement.id == Deletion.placement_id)
            .order_by(Placement.ref == world.ref("A"))
        ).all() == [False, True]
    page.post("/deletions", {"deleted_on": today, "method": "wiped"})
    with clock.set_to(clock.now() + timedelta(days=31)):
        assert world.run(jobs.escalate_deletions) == "0 overdue"
    assert {"deletions.late", "deletions.prove"}.isdisjoint(world.tasks())


def test_the_next_agency_never_sees_the_last_ones_notes(world: World) -> None:
    """Page, timeline, list, file and API of the account that passed on."""
    text = f"record_id,account_ref,occurred_at,kind,direction,outcome,note\nR1,A,{(clock.now() - timedelta(days=9)).isoformat()},call,out,conversation,{SECRET}\n"
    world.one.post("/reports/activity", None, 202, data=text, content_type="text/csv")
    work.drain(world.db, outward=False)
    world.recall("A")
    with world.db.transaction() as session:
        agency = session.scalars(select(Agency).where(Agency.code == "AGY02")).one()
        account = session.scalars(select(Account).where(Account.account_ref == "A")).one()
        new = make_placement(session, account, agency, placed_at=clock.now()).ref
        key = make_key(session, scopes="placements:read requests:write", agency=agency)
    page, api = world.as_("two"), ApiClient(world.app, key)
    shown = [
        page.get(path).response.get_data(as_text=True)
        for path in (
            f"/placements/{new}",
            "/accounts/A/timeline",
            "/placements",
            "/placements/inventory.csv",
            "/requests",
        )
    ]
    shown += [api.get(path).get_data(as_text=True) for path in ("/placements", "/requests", "/recalls")]
    assert not [text for text in shown if SECRET in text or "AGY01" in text]
    assert "Call" in world.as_("vendor_manager").get("/accounts/A/timeline").text, "the bank sees both"


# -- proposals -------------------------------------------------------------------------------------------------------------


def test_each_policy_proposes_its_accounts_to_a_person_and_recalls_nothing_itself(world: World) -> None:
    with world.db.transaction() as session:
        session.execute(
            update(Placement)
            .where(Placement.ref == world.ref("A"))
            .values(due_back_on=clock.today() - timedelta(days=1))
        )
        session.execute(
            update(Credential)
            .where(Credential.jurisdiction == "US-CA", Credential.code == "us.licence")
            .values(valid_until=clock.today() - timedelta(days=1))
        )
        session.execute(update(Account).values(jurisdiction="US-CA", region="CA"))
        account = session.scalars(select(Account).where(Account.account_ref == "C")).one()
        placement = session.scalars(select(Placement).where(Placement.account_id == account.id)).one()
        report = make_report(session, placement.agency_id)
        session.add(Activity(
            report_id=report, row_no=1, sender=placement.agency_id, agency_id=placement.agency_id, account_id=account.id, consumer_id=account.consumer_id,
            placement_id=placement.id, content_hash="", record_id="R", occurred_at=clock.now() - timedelta(days=3), kind="call",
        ))  # fmt: skip
        session.flush()
        assert idle.propose_idle(session, at=clock.now()) == 2, "C was called three days ago"
        assert proposing.propose_term_end(session, at=clock.now()) == 1
        assert proposing.propose_credential_lapse(session, at=clock.now()) == 3
        assert proposing.propose_agency_exit(session, at=clock.now()) == 0
        session.execute(update(Agency).where(Agency.code == "AGY01").values(status=AgencyStatus.EXITING))
        assert proposing.propose_agency_exit(session, at=clock.now()) == 3
        found = dict(session.execute(select(Proposal.policy, Proposal.accounts)).all())
        assert found == {"no_activity": 2, "term_end": 1, "credential_lapse": 3, "agency_exit": 3}
        assert set(session.scalars(select(Placement.state))) == {PlacementState.ACKNOWLEDGED}
    assert "recall.propose" in world.tasks()


def test_a_person_accepts_or_dismisses_and_what_was_dismissed_rests(world: World) -> None:
    with world.db.transaction() as session:
        session.execute(update(Placement).values(due_back_on=clock.today() - timedelta(days=1)))
        proposing.propose_term_end(session, at=clock.now())
        ref = session.scalars(select(Proposal.ref)).one()
    page = world.as_("vendor_manager")
    assert "Past the end of its term" in page.get(f"/recalls/proposals/{ref}").text
    world.as_("auditor").post(f"/recalls/proposals/{ref}/dismiss", {"note": "n"}, status=403)
    page.post(f"/recalls/proposals/{ref}/dismiss", {"note": ""}, status=422)
    page.post(f"/recalls/proposals/{ref}/dismiss", {"note": "A payment is on its way."})
    with world.db.transaction() as session:
        assert proposing.propose_term_end(session, at=clock.now()) == 0, "it rests for a while"
        assert proposing.propose_term_end(session, at=clock.now() + timedelta(days=31)) == 3
        again = session.scalars(select(Proposal).where(Proposal.state == ProposalState.OPEN)).one().ref
    final = (clock.now() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    page.post(f"/recalls/proposals/{again}/accept", {"final_at": final})
    with world.db.reading() as session:
        assert set(session.scalars(select(Placement.state))) == {PlacementState.RECALL_PENDING}
        assert session.scalars(select(Proposal.recall_id).where(Proposal.ref == again)).one() is not None


def test_what_a_tier_brings_back_is_measured_on_whole_months_and_enough_accounts() -> None:
    today = date(2026, 7, 1)
    exposures = [
        Exposure(1, date(2026, 1, 1), None, 100, Decimal(1000)),
        Exposure(1, date(2026, 5, 20), date(2026, 6, 20), 50, Decimal(500)),
        Exposure(2, date(2026, 5, 1), None, 9, Decimal(90)),
    ]
    rates = monthly_rates(
        exposures, [Collected(1, 0, Decimal(30)), Collected(1, 1, Decimal(10))], today, least_accounts=100
    )
    assert rates[1, 0] == pytest.approx(30 / 1500), "both lived through their first month"
    assert rates[1, 1] == pytest.approx(10 / 1000), "only one through its second"
    assert (2, 0) not in rates, "nine accounts tell nothing"
    assert horizon(rates, 1, 0, 3) == [rates[1, 0], rates[1, 1], rates[1, 2]]
    assert horizon(rates, 2, 0, 1) is None


# -- orders to stop, objections --------------------------------------------------------------------------------------------


def test_an_order_to_stop_is_measured_in_minutes_and_escalates_after_an_hour(world: World) -> None:
    begun = clock.now()
    world.recall("A", "B", stop_work=True, final_at=begun + timedelta(days=5))
    world.one.post("/recalls/confirmations", [{"placement_ref": world.ref("A"), "stopped_at": begun.isoformat()}])
    assert world.run(jobs.escalate_stop_work) == "0 unconfirmed"
    with clock.set_to(begun + timedelta(minutes=61)):
        assert world.run(jobs.escalate_stop_work) == "1 unconfirmed"
        assert "recall.stop" in world.tasks()
        world.one.post(
            "/recalls/confirmations", [{"placement_ref": world.ref("B"), "stopped_at": clock.now().isoformat()}]
        )
        assert world.run(jobs.escalate_stop_work) == "0 unconfirmed"
    assert "recall.stop" not in world.tasks()
    ref = world.one.get("/recalls").json["items"][0]["recall"]
    assert "the longest: 61" in world.as_("vendor_manager").get(f"/recalls/{ref}").text


def test_an_objection_carries_its_evidence(world: World) -> None:
    world.recall("A", final_at=clock.now() + timedelta(days=5))
    sent = {"reason": "active_promise", "note": "Pays on Friday.", "evidence": (io.BytesIO(PDF), "promise.pdf")}
    world.as_("one").post(f"/placements/{world.ref('A')}/object", sent)
    with world.db.reading() as session:
        key = session.scalars(select(Objection.id)).one()
    assert world.as_("vendor_manager").get(f"/objections/{key}/evidence").response.get_data() == PDF
    world.as_("two").get(f"/objections/{key}/evidence", status=404)


# -- deliveries ------------------------------------------------------------------------------------------------------------


def test_the_window_to_refuse_is_the_contracts_and_silence_escalates(world: World) -> None:
    with world.db.transaction() as session:
        session.execute(
            update(Placement)
            .where(Placement.ref == world.ref("A"))
            .values(state=PlacementState.PLACED, acknowledged_at=None)
        )
    refused = [{"placement_ref": world.ref("A"), "accepted": False, "reason": "capacity"}]
    assert world.one.post("/placements/acknowledgements", refused).json["rejected"] == 1, "two days were over long ago"
    assert world.run(jobs.escalate_unacknowledged) == "1 unacknowledged"
    assert "placements.unacknowledged" in world.tasks()
    with world.db.transaction() as session:
        session.execute(update(Contract).values(acknowledge_days=90))
        assert delivering.escalate_unacknowledged(session, at=clock.now()) == 0
    assert "placements.unacknowledged" not in world.tasks()
    assert world.one.post("/placements/acknowledgements", refused).json["accepted"] == 1


# -- deltas ----------------------------------------------------------------------------------------------------------------


def test_a_delta_changes_what_it_has_columns_for_and_keeps_the_history_of_the_balance(world: World) -> None:
    columns = (
        "account_ref,consumer_ref,portfolio,product,currency,balance,country,region,city,postal_code,full_name,as_of"
    )
    row = "A,C-A,Spring,personal_loan,USD,{},US,OH,,,Jamie Example,{}"
    with world.db.transaction() as session:
        session.execute(
            update(Account)
            .where(Account.account_ref == "A")
            .values(score=640, itemization={"itemization_amount": "1000.00"})
        )
    for balance, day in (("900.00", "2026-02-01"), ("900.00", "2026-03-01"), ("800.00", "2026-02-15")):
        world.bank.post(
            "/accounts", None, 202, data=f"{columns}\n{row.format(balance, day)}\n", content_type="text/csv"
        )
        work.drain(world.db, outward=False)
    with world.db.reading() as session:
        account = session.scalars(select(Account).where(Account.account_ref == "A")).one()
        assert (account.balance, account.score) == (Decimal(900), 640), (
            "no column for the score: it stays; older figures change nothing"
        )
        changes = session.execute(select(BalanceChange.before, BalanceChange.after)).all()
    assert changes == [(Decimal(1000), Decimal(900))]
    item = next(one for one in world.one.get("/placements").json["items"] if one["account_ref"] == "A")
    assert item["consumer"]["phone"] == "2025550123", "no column for the telephone: it stays"
    assert item["itemization"]["balance"] == "900.00"
    assert item["itemization"]["adds_up"] is False
    assert "The itemization does not add up" in world.as_("vendor_manager").get("/accounts/A").text
    assert "Balance updated" in world.as_("vendor_manager").get("/accounts/A/timeline").text


def make_report(session: Any, agency_id: int) -> int:
    """A report of an agency, for rows that have to stand in one."""
    file = files.keep(session, SYSTEM, files.store().receive(io.BytesIO(b"x"), 10), name="x", content_type="text/csv")
    made = Report(
        ref="rpt_x",
        kind="activity",
        sender=agency_id,
        agency_id=agency_id,
        mode=Mode.PARTIAL,
        file_id=file.id,
        sha256="x",
        format_name="csv",
        created_at=clock.now(),
        created_by="x",
    )
    session.add(made)
    session.flush()
    return made.id


def test_a_proposal_is_decided_once(world: World) -> None:
    with world.db.transaction() as session:
        session.execute(update(Placement).values(due_back_on=clock.today() - timedelta(days=1)))
        proposing.propose_term_end(session, at=clock.now())
        proposal = session.scalars(select(Proposal)).one()
        proposing.dismiss(session, SYSTEM, proposal, note="n", at=clock.now())
        with pytest.raises(Conflict):
            proposing.dismiss(session, SYSTEM, proposal, note="n", at=clock.now())
