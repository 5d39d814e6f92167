"""A plan's way: drafted, submitted, approved by another person, placed; and everything that is looked at once more at that moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agencies.diligence import conditions
from agencies.diligence.conditions import Terms
from agencies.diligence.models import ConditionState
from agencies.models import Agency, AgencyStatus, Contract, Credential
from placements import eligibility, jobs, placing, plan_queries, planning, pool_queries, replaying
from placements.drafting import Selection
from placements.models import Account, HoldKind, Placement, Plan, PlanLine, PlanState, RecallReason
from placements.planning import Wish
from placements.recall import request_recall
from placements.recall_queries import Wanted
from portal import clock, tasks
from portal.db import Database
from portal.errors import Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor, Kind
from portal.tasks import Task
from tests.factories import make_actor
from tests.factories_agencies import make_contract
from tests.factories_placements import (
    make_account,
    make_accounts,
    make_consumer,
    make_hold,
    make_placement,
    make_plan,
    make_portfolio,
    place,
    ready,
)


def open_placements(session: Session) -> dict[str, str]:
    """Account reference to agency code of everything that is placed."""
    rows = session.execute(
        select(Account.account_ref, Agency.code)
        .join(Placement, Placement.account_id == Account.id)
        .join(Agency, Agency.id == Placement.agency_id)
        .where(Placement.ended_at.is_(None))
    )
    return dict(rows.all())


def reasons(session: Session, plan: Plan) -> dict[str, set[str]]:
    """Account reference to the codes of its reasons, of the accounts that nobody gets."""
    return {ref: {stored["code"] for stored in plan.whys[why]} for ref, why in plan_queries.unplaced(session, plan)}


def test_a_plan_is_placed_as_it_was_drawn(db: Database) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_accounts(session, portfolio, 40)
        plan = make_plan(session, portfolio, one, two)
        drawn = {row[1]: row[2] for row in session.execute(plan_queries.assigned_lines(plan.id))}
        place(session, plan)
        assert open_placements(session) == drawn
        assert (plan.state, plan.accounts, plan.balance, plan.left_out) == (PlanState.PLACED, 40, Decimal(40_000), 0)
        first = session.scalars(select(Placement).order_by(Placement.id)).first()
        assert first is not None
        assert (first.tier, first.plan_id, first.currency, first.balance) == (1, plan.id, "USD", Decimal(1000))
        contract = session.get_one(Contract, first.contract_id)
        assert contract.agency_id == first.agency_id
        assert first.due_back_on == first.placed_at.date() + timedelta(days=contract.term_days)


def test_an_unlicensed_state_gets_nothing(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01", licensed_in=["US-OH"])
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "IN-OHIO")
        make_account(session, portfolio, "IN-WASHINGTON", jurisdiction="US-WA", region="WA")
        make_account(session, portfolio, "NOWHERE", jurisdiction="US", region=None)
        plan = place(session, make_plan(session, portfolio))
        assert open_placements(session) == {"IN-OHIO": "AGY01"}
        assert reasons(session, plan)["IN-WASHINGTON"] == {"credential_missing"}
        assert "region_unknown" in reasons(session, plan)["NOWHERE"]


def test_only_the_licence_check_keeps_that_account_back(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the check taken away the account is placed: the test above would notice."""
    monkeypatch.setattr(eligibility, "may_collect", lambda *_: [])
    with db.transaction() as session:
        ready(session, "AGY01", licensed_in=["US-OH"])
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "IN-WASHINGTON", jurisdiction="US-WA", region="WA")
        place(session, make_plan(session, portfolio))
        assert open_placements(session) == {"IN-WASHINGTON": "AGY01"}


def test_by_hand_is_no_way_around_eligibility(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01", licensed_in=["US-OH"])
        account = make_account(session, make_portfolio(session), jurisdiction="US-WA", region="WA")
        wish = Wish(Selection(account_refs=(account.account_ref,)), {"AGY01": 1.0}, by_hand=True)
        plan = planning.draft_plan(session, SYSTEM, wish, at=clock.now())
        assert plan.accounts == 0
        assert reasons(session, plan)[account.account_ref] == {"credential_missing"}


def test_all_accounts_of_one_consumer_go_to_one_agency_over_several_plans(db: Database) -> None:
    with db.transaction() as session:
        for code in ("AGY01", "AGY02", "AGY03"):
            ready(session, code)
        people = [make_consumer(session) for _ in range(30)]
        for _ in range(3):
            portfolio = make_portfolio(session)
            for person in people:
                make_account(session, portfolio, consumer=person)
            place(session, make_plan(session, portfolio, seed=None))
        agencies = defaultdict(set)
        for consumer_id, agency_id in session.execute(
            select(Account.consumer_id, Placement.agency_id).join(Placement, Placement.account_id == Account.id)
        ):
            agencies[consumer_id].add(agency_id)
        assert len(agencies) == 30
        assert all(len(got) == 1 for got in agencies.values())


def test_a_recalled_account_does_not_return_to_its_agency_unless_it_was_misplaced(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        portfolio = make_portfolio(session)
        for ref in ("WORKED", "MISTAKE"):
            make_account(session, portfolio, ref)
        place(session, make_plan(session, portfolio))
        now = clock.now()
        request_recall(session, SYSTEM, Wanted(("WORKED",)), RecallReason.STRATEGY, final_at=now, at=now)
        request_recall(session, SYSTEM, Wanted(("MISTAKE",)), RecallReason.MISPLACED, final_at=now, at=now)
        again = make_plan(session, portfolio)
        assert reasons(session, again) == {"WORKED": {"held_before"}}
        ready(session, "AGY02")
        place(session, make_plan(session, portfolio))
        tiers = dict(
            session.execute(
                select(Account.account_ref, Placement.tier).join(Placement).where(Placement.ended_at.is_(None))
            ).all()
        )
        assert tiers == {"WORKED": 2, "MISTAKE": 1}


# -- four eyes -----------------------------------------------------------------------------------------------------------


def submitted_by(session: Session, drafter: Actor, submitter: Actor) -> Plan:
    ready(session, "AGY01")
    portfolio = make_portfolio(session)
    make_account(session, portfolio)
    plan = planning.draft_plan(session, drafter, Wish(Selection(portfolio.name)), at=clock.now())
    return planning.submit_plan(session, submitter, plan, at=clock.now())


@pytest.mark.parametrize(
    "act", [planning.approve_plan, lambda *given, at: planning.return_plan(*given, note="no", at=at)]
)
def test_nobody_decides_on_a_plan_they_drafted_or_submitted(db: Database, act: Callable[..., Plan]) -> None:
    with db.transaction() as session:
        drafter, submitter, other = make_actor(session), make_actor(session), make_actor(session, Role.APPROVER)
        plan = submitted_by(session, drafter, submitter)
        by_key = replace(
            drafter, kind=Kind.KEY, name="a key of the drafter", key_id="abcdefgh", scopes=frozenset({"plans:approve"})
        )
        promoted = replace(submitter, role=Role.APPROVER)
        nobody = Actor(Kind.KEY, "a key of nobody", Role.APPROVER)
        for actor in (drafter, submitter, by_key, promoted, nobody):
            with pytest.raises(Forbidden):
                act(session, actor, plan, at=clock.now())
        assert act(session, other, plan, at=clock.now()).decided_by == other.label


def test_the_approvers_work_list_shows_a_plan_until_it_is_decided(db: Database) -> None:
    with db.transaction() as session:
        manager, approver = make_actor(session), make_actor(session, Role.APPROVER)
        plan = submitted_by(session, manager, manager)
        session.flush()
        assert [task.kind for task in session.scalars(tasks.mine(approver))] == ["plan.approve"]
        assert not session.scalars(tasks.mine(replace(manager, role=Role.APPROVER))).all(), (
            "not on the submitter's own list"
        )
        planning.approve_plan(session, approver, plan, at=clock.now())
        session.flush()
        assert not session.scalars(tasks.mine(approver)).all()
        assert [task.kind for task in session.scalars(tasks.mine(manager))] == ["plan.place"]
        placing.place_plan(session, manager, plan, at=clock.now())
        assert not session.scalars(select(Task).where(Task.state == "open")).all()


def test_a_plan_that_was_sent_back_can_be_drawn_again_and_submitted(db: Database) -> None:
    with db.transaction() as session:
        manager, approver = make_actor(session), make_actor(session, Role.APPROVER)
        plan = submitted_by(session, manager, manager)
        planning.return_plan(session, approver, plan, note="Leave AGY01 out.", at=clock.now())
        assert (plan.state, plan.decision_note) == (PlanState.RETURNED, "Leave AGY01 out.")
        ready(session, "AGY02")
        planning.redraft_plan(
            session, manager, plan, replace(planning.wish_of(plan, ()), weights={"AGY02": 1.0}), at=clock.now()
        )
        planning.submit_plan(session, manager, plan, at=clock.now())
        planning.approve_plan(session, approver, plan, at=clock.now())
        placing.place_plan(session, manager, plan, at=clock.now())
        assert set(open_placements(session).values()) == {"AGY02"}


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (PlanState.DRAFT, planning.approve_plan), (PlanState.DRAFT, placing.place_plan), (PlanState.SUBMITTED, placing.place_plan),
        (PlanState.SUBMITTED, planning.submit_plan), (PlanState.PLACED, placing.place_plan), (PlanState.PLACED, planning.cancel_plan),
        (PlanState.CANCELLED, planning.submit_plan), (PlanState.RETURNED, planning.submit_plan),
    ],
)  # fmt: skip
def test_a_plan_makes_no_step_that_its_state_does_not_allow(
    db: Database, state: PlanState, act: Callable[..., Plan]
) -> None:
    with db.transaction() as session:
        ready(session)
        portfolio = make_portfolio(session)
        make_account(session, portfolio)
        plan = make_plan(session, portfolio)
        plan.state = state
        session.flush()
        with pytest.raises(Conflict, match=state.value):
            act(session, SYSTEM, plan, at=clock.now())


def test_a_cancelled_plan_places_nothing(db: Database) -> None:
    with db.transaction() as session:
        ready(session)
        portfolio = make_portfolio(session)
        make_account(session, portfolio)
        plan = planning.cancel_plan(session, SYSTEM, make_plan(session, portfolio), at=clock.now())
        assert plan.state is PlanState.CANCELLED
        assert open_placements(session) == {}


# -- what is approved is what is placed -----------------------------------------------------------------------------------


def test_a_plan_that_was_changed_behind_the_portals_back_is_neither_approved_nor_placed(db: Database) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_accounts(session, portfolio, 4)
        plan = planning.submit_plan(session, SYSTEM, make_plan(session, portfolio, one), at=clock.now())
        forged = update(PlanLine).where(PlanLine.plan_id == plan.id)
        session.execute(forged.values(agency_id=two.id))
        with pytest.raises(Conflict, match="not the one that was drawn"):
            planning.approve_plan(session, SYSTEM, plan, at=clock.now())
        session.execute(forged.values(agency_id=one.id))
        planning.approve_plan(session, SYSTEM, plan, at=clock.now())
        session.execute(forged.values(balance=Decimal(1)))
        with pytest.raises(Conflict, match="not the one that was drawn"):
            placing.place_plan(session, SYSTEM, plan, at=clock.now())


def approved(session: Session, *accounts: str, agency: str = "AGY01") -> tuple[Plan, list[Account]]:
    """An approved plan for these accounts and an agency that lacks nothing."""
    portfolio = make_portfolio(session)
    made = [make_account(session, portfolio, ref) for ref in accounts]
    plan = make_plan(session, portfolio, ready(session, agency))
    planning.submit_plan(session, SYSTEM, plan, at=clock.now())
    return planning.approve_plan(session, SYSTEM, plan, at=clock.now()), made


def hold(session: Session, account: Account) -> None:
    make_hold(session, account, HoldKind.BANKRUPTCY)


def paid(session: Session, account: Account) -> None:
    account.balance = Decimal(0)


def placed_elsewhere(session: Session, account: Account) -> None:
    make_placement(session, account, ready(session, "AGY09"))


def consumer_placed_elsewhere(session: Session, account: Account) -> None:
    consumer_account = make_account(session, make_portfolio(session))
    consumer_account.consumer_id = account.consumer_id
    session.flush()
    make_placement(session, consumer_account, ready(session, "AGY09"))


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (hold, "on_hold"),
        (paid, "nothing_owed"),
        (placed_elsewhere, "already_placed"),
        (consumer_placed_elsewhere, "prior_agency"),
    ],
)
def test_what_happened_to_an_account_since_it_was_approved_leaves_it_out_with_the_reason(
    db: Database, happens: Callable[[Session, Account], None], code: str
) -> None:
    with db.transaction() as session:
        plan, accounts = approved(session, "HIT", "UNTOUCHED")
        happens(session, accounts[0])
        session.flush()
        placing.place_plan(session, SYSTEM, plan, at=clock.now())
        assert reasons(session, plan) == {"HIT": {code}}
        assert open_placements(session)["UNTOUCHED"] == "AGY01"
        assert (plan.accounts, plan.left_out) == (1, 1)
        assert replaying.replay(session, plan).agrees, "what was approved stays as it was"


def licence_ended(session: Session, agency: Agency) -> None:
    session.execute(
        update(Credential)
        .where(Credential.agency_id == agency.id, Credential.jurisdiction == "US-WA")
        .values(ended_on=clock.today())
    )


def contract_replaced(session: Session, agency: Agency) -> None:
    session.execute(
        update(Contract).where(Contract.agency_id == agency.id).values(valid_until=clock.today() - timedelta(days=1))
    )
    make_contract(session, agency, valid_from=clock.today())


def suspended(session: Session, agency: Agency) -> None:
    agency.status = AgencyStatus.SUSPENDED


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (licence_ended, {"W": {"credential_ended"}}),
        (contract_replaced, {"W": {"contract_ended"}, "O": {"contract_ended"}}),
        (suspended, {"W": {"status_suspended"}, "O": {"status_suspended"}}),
    ],
)
def test_what_happened_to_the_agency_since_then_leaves_its_accounts_out(
    db: Database, happens: Callable[[Session, Agency], None], expected: dict[str, set[str]]
) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "W", jurisdiction="US-WA", region="WA")
        make_account(session, portfolio, "O")
        plan = make_plan(session, portfolio, one)
        other = make_portfolio(session)
        make_account(session, other, "OTHER")
        beside = make_plan(session, other, two)
        for drafted in (plan, beside):
            planning.submit_plan(session, SYSTEM, drafted, at=clock.now())
            planning.approve_plan(session, SYSTEM, drafted, at=clock.now())
        happens(session, one)
        session.flush()
        if len(expected) == 2:
            with pytest.raises(Conflict, match="Nothing of this plan"), session.begin_nested():
                placing.place_plan(session, SYSTEM, plan, at=clock.now())
        else:
            placing.place_plan(session, SYSTEM, plan, at=clock.now())
            assert reasons(session, plan) == expected
        placing.place_plan(session, SYSTEM, beside, at=clock.now())
        assert open_placements(session)["OTHER"] == "AGY02"
        assert "W" not in open_placements(session)


def test_a_plan_of_which_nothing_is_left_is_a_conflict_and_does_nothing(db: Database) -> None:
    with db.transaction() as session:
        plan, accounts = approved(session, "ONLY")
        hold(session, accounts[0])
    with pytest.raises(Conflict), db.transaction() as session:
        placing.place_plan(session, SYSTEM, plan_queries.get(session, plan.ref), at=clock.now())
    with db.reading() as session:
        assert plan_queries.get(session, plan.ref).state is PlanState.APPROVED
        assert not session.scalar(select(func.count()).select_from(PlanLine).where(PlanLine.dropped.is_not(None)))


def test_two_plans_together_do_not_exceed_a_limit(db: Database) -> None:
    with db.transaction() as session:
        agency = ready(session, "AGY01")
        session.execute(update(Contract).where(Contract.agency_id == agency.id).values(capacity_accounts=5))
        plans = []
        for _ in range(2):
            portfolio = make_portfolio(session)
            make_accounts(session, portfolio, 4)
            plans.append(make_plan(session, portfolio))
        assert [plan.accounts for plan in plans] == [4, 4], "each fits by itself"
        place(session, plans[0])
        with pytest.raises(Conflict, match="AGY01"), session.begin_nested():
            place(session, plans[1])
        assert len(open_placements(session)) == 4
        late = make_plan(session, session.get_one(type(portfolio), plans[1].portfolio_id))
        assert (late.accounts, late.left_out) == (1, 3)


# -- when ----------------------------------------------------------------------------------------------------------------


def test_a_plan_takes_effect_in_the_past_only_where_that_is_allowed(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        ready(session)
        portfolio = make_portfolio(session)
        make_account(session, portfolio)
        wish = Wish(Selection(portfolio.name), effective_at=now - timedelta(days=60))
        with pytest.raises(Invalid, match="past"):
            planning.draft_plan(session, SYSTEM, wish, at=now)
        plan = place(session, planning.draft_plan(session, SYSTEM, wish, at=now, may_backdate=True))
        assert session.scalars(select(Placement.placed_at)).all() == [now - timedelta(days=60)]
        assert plan.placed_at is not None
        assert plan.placed_at >= now, "when it was really done stays on record"


def test_a_licence_must_hold_on_the_day_it_takes_effect_and_today(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        agency = ready(session, licensed_in=["US-WA"])
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "W", jurisdiction="US-WA", region="WA")
        own = update(Credential).where(Credential.agency_id == agency.id)
        wish = Wish(Selection(portfolio.name), effective_at=now - timedelta(days=60))

        def drawn() -> Plan:
            session.expire_all()
            return planning.draft_plan(session, SYSTEM, wish, at=now, may_backdate=True)

        assert drawn().accounts == 1
        session.execute(own.values(valid_from=now.date() - timedelta(days=10)))
        assert reasons(session, drawn())["W"] == {"credential_early"}, "it had none when the placement began"
        session.execute(
            own.values(valid_from=now.date() - timedelta(days=100), valid_until=now.date() - timedelta(days=1))
        )
        assert reasons(session, drawn())["W"] == {"credential_expired"}, "it has none any more"


def test_a_plan_for_a_later_day_is_not_placed_before(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        ready(session)
        portfolio = make_portfolio(session)
        make_account(session, portfolio)
        later = now + timedelta(days=3)
        plan = planning.draft_plan(session, SYSTEM, Wish(Selection(portfolio.name), effective_at=later), at=now)
        planning.submit_plan(session, SYSTEM, plan, at=now)
        planning.approve_plan(session, SYSTEM, plan, at=now)
        session.flush()
        with pytest.raises(Conflict, match="takes effect"), session.begin_nested():
            placing.place_plan(session, SYSTEM, plan, at=now)
        assert not plan_queries.due(session, now)
        assert [found.ref for found in plan_queries.due(session, later)] == [plan.ref]
        placing.place_plan(session, SYSTEM, plan, at=later + timedelta(seconds=30))
        assert session.scalars(select(Placement.placed_at)).all() == [later + timedelta(seconds=30)]


def test_a_plan_without_a_day_takes_effect_when_it_is_placed(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        ready(session)
        portfolio = make_portfolio(session)
        make_account(session, portfolio)
        plan = planning.draft_plan(session, SYSTEM, Wish(Selection(portfolio.name)), at=now - timedelta(days=2))
        planning.submit_plan(session, SYSTEM, plan, at=now - timedelta(days=1))
        planning.approve_plan(session, SYSTEM, plan, at=now - timedelta(days=1))
        assert not plan_queries.due(session, now), "somebody has to press the button"
        placing.place_plan(session, SYSTEM, plan, at=now)
        assert session.scalars(select(Placement.placed_at)).all() == [now]


def test_the_job_places_what_is_due_and_makes_a_task_of_what_it_cannot_place(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        for code, ref in (("AGY01", "FREE"), ("AGY02", "HELD")):
            ready(session, code)
            account = make_account(session, make_portfolio(session), ref)
            wish = Wish(Selection(account_refs=(ref,)), {code: 1.0}, effective_at=now + timedelta(days=1))
            plan = planning.draft_plan(session, SYSTEM, wish, at=now)
            planning.submit_plan(session, SYSTEM, plan, at=now)
            planning.approve_plan(session, SYSTEM, plan, at=now)
        make_hold(session, account)
    assert jobs.place_due_plans(db) == "none due"
    with clock.set_to(now + timedelta(days=1, minutes=1)):
        said = jobs.place_due_plans(db)
        assert "1 placed" in said
        assert "Nothing of this plan" in said
        jobs.place_due_plans(db)
    with db.reading() as session:
        assert open_placements(session) == {"FREE": "AGY01"}
        stuck = session.scalars(select(Task).where(Task.kind == "plan.stuck")).all()
        assert [task.subject for task in stuck] == [f"plan:{plan.ref}"], "one task, however often it was tried"


# -- wishes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "match"),
    [
        (Wish(Selection("There is none")), "no portfolio"),
        (Wish(Selection(account_refs=("UNKNOWN",))), "UNKNOWN"),
        (Wish(Selection("Empty")), "no accounts"),
        (Wish(Selection("Full"), {"AGY77": 1.0}), "AGY77"),
        (Wish(Selection("Full"), {"AGY01": -1.0}), "part"),
        (Wish(Selection("Full"), {"AGY01": float("nan")}), "part"),
    ],
)
def test_wishes_that_cannot_be_met_say_what_to_mend(db: Database, wish: Wish, match: str) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        make_portfolio(session, "Empty")
        make_account(session, make_portfolio(session, "Full"))
        with pytest.raises(Invalid, match=match):
            planning.draft_plan(session, SYSTEM, wish, at=clock.now())


def test_a_suspended_agency_is_on_the_panel_so_that_the_plan_can_say_why_it_gets_nothing(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01", status=AgencyStatus.SUSPENDED)
        ready(session, "AGY02", status=AgencyStatus.APPLICANT)
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "A")
        plan = make_plan(session, portfolio)
        assert [seat["code"] for seat in plan.inputs["panel"]] == ["AGY01"]
        assert reasons(session, plan) == {"A": {"status_suspended"}}


# -- the record ----------------------------------------------------------------------------------------------------------


def varied(session: Session, order: int = 1) -> Any:
    """A portfolio in which much is different from account to account, brought in forwards or backwards."""
    portfolio = make_portfolio(session, "Varied")
    people = {number: make_consumer(session, f"P{number:03}") for number in range(120)[::order]}
    for number in range(150)[::order]:
        account = make_account(
            session, portfolio, f"V{number:03}", consumer=people[number % 120], balance=Decimal(100 + number * 37), jurisdiction=["US-OH", "US-WA", "US-CA"][number % 3],
            product=["credit_card", "personal_loan"][number % 2], score=500 + number, defaulted_on=clock.today() - timedelta(days=number * 5),
        )  # fmt: skip
        if number % 50 == 7:
            make_hold(session, account)
    return portfolio


def three_agencies(session: Session, order: int = 1) -> None:
    for code in ["AGY01", "AGY02", "AGY03"][::order]:
        ready(session, code, licensed_in=["US-OH", "US-CA"] if code == "AGY02" else None)
    limited = select(Agency.id).where(Agency.code == "AGY03").scalar_subquery()
    session.execute(update(Contract).where(Contract.agency_id == limited).values(capacity_accounts=30))


def outcome(session: Session, plan: Plan) -> dict[str, str]:
    return {row[1]: row[2] for row in session.execute(plan_queries.assigned_lines(plan.id))}


# Drawn once and written down: both databases, and every machine, must draw this plan again.
DRAWN = {"AGY01": 76, "AGY02": 42, "AGY03": 29}
DRAWN_DIGEST = "cf2b3ffc0578632c"


def test_the_same_inputs_give_the_same_plan_on_both_databases_and_in_any_order(db: Database) -> None:
    with db.transaction() as session:
        three_agencies(session)
        plan = make_plan(session, varied(session), seed=42)
        first = outcome(session, plan)
        assert Counter(first.values()) == DRAWN
        assert sha256(repr(sorted(first.items())).encode()).hexdigest()[:16] == DRAWN_DIGEST
        session.rollback()
    with db.transaction() as session:
        three_agencies(session, -1)
        assert outcome(session, make_plan(session, varied(session, -1), seed=42)) == first


def test_a_placed_plan_can_be_drawn_again_from_what_it_stored(db: Database) -> None:
    with db.transaction() as session:
        three_agencies(session)
        plan = place(session, make_plan(session, varied(session)))
        # Whatever changes afterwards plays no part.
        session.execute(update(Agency).values(status=AgencyStatus.SUSPENDED))
        session.execute(update(Account).values(balance=Decimal(1), jurisdiction="US-TX"))
        found = replaying.replay(session, plan)
        assert (found.lines, found.differing, found.agrees) == (150, (), True)


@pytest.mark.parametrize("forged", ["agency", "seed", "cell"])
def test_a_forged_plan_does_not_replay(db: Database, forged: str) -> None:
    with db.transaction() as session:
        three_agencies(session)
        plan = place(session, make_plan(session, varied(session)))
        line = session.scalars(select(PlanLine).where(PlanLine.agency_id.is_not(None)).order_by(PlanLine.id)).first()
        assert line is not None
        if forged == "agency":
            line.agency_id = next(
                agency.id for agency in session.scalars(select(Agency)) if agency.id != line.agency_id
            )
        elif forged == "cell":
            line.cell = "other"
        else:
            plan.inputs = {**plan.inputs, "seed": 8}
        session.flush()
        found = replaying.replay(session, plan)
        assert not found.agrees
        assert not found.is_sealed
        assert found.differing


def test_what_agencies_hold_is_counted_in_the_plans_currency(db: Database) -> None:
    with db.transaction() as session:
        agency = ready(session)
        portfolio = make_portfolio(session)
        for currency in ("USD", "USD", "CNY"):
            make_placement(session, make_account(session, portfolio, currency=currency), agency)
        assert pool_queries.held_now(session, [agency.id], "USD")[agency.id] == eligibility.Held(3, 200_000)


def test_a_condition_that_was_set_after_the_approval_still_binds_when_the_plan_is_placed(db: Database) -> None:
    with db.transaction() as session:
        agency, portfolio = ready(session, "AGY01"), make_portfolio(session)
        make_accounts(session, portfolio, 5)
        plan = make_plan(session, portfolio, agency)
        planning.submit_plan(session, SYSTEM, plan, at=clock.now())
        planning.approve_plan(session, SYSTEM, plan, at=clock.now())
        terms = Terms("Encrypt the laptops", Role.AGENCY_MANAGER, clock.today() + timedelta(days=9), cap_accounts=4)
        condition = conditions.set_condition(session, SYSTEM, agency, terms, at=clock.now())
        with pytest.raises(Conflict, match="over their limits"), session.begin_nested():
            placing.place_plan(session, SYSTEM, plan, at=clock.now())
        conditions.close_condition(session, SYSTEM, condition, ConditionState.MET, why="Seen.", at=clock.now())
        placing.place_plan(session, SYSTEM, plan, at=clock.now())
        assert len(open_placements(session)) == 5


def test_a_cap_leaves_out_of_a_plan_what_is_beyond_it(db: Database) -> None:
    with db.transaction() as session:
        agency, portfolio = ready(session, "AGY01"), make_portfolio(session)
        make_accounts(session, portfolio, 5)
        terms = Terms("Encrypt the laptops", Role.AGENCY_MANAGER, clock.today() + timedelta(days=9), cap_accounts=3)
        conditions.set_condition(session, SYSTEM, agency, terms, at=clock.now())
        plan = make_plan(session, portfolio, agency)
        assert plan.accounts == 3
        assert {code for codes in reasons(session, plan).values() for code in codes} == {"ramp"}
