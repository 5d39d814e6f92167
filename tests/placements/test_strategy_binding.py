"""A strategy that is approved binds every plan: each of its rules keeps something back or sends it somewhere, and only while it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agencies.models import AgencyKind, Contract, Credential, FeeTerm
from placements import by_hand, effects, plan_queries, planning, replaying, strategies
from placements.drafting import Selection
from placements.models import Account, Placement, PlacementState, Plan, PlanLine, PlanState, RecallReason, Strategy
from placements.planning import Wish
from placements.recall import request_recall
from placements.recall_queries import Wanted
from placements.strategy import (
    CHALLENGER,
    CHAMPION,
    FIXED,
    HELD_BACK,
    INSTALMENTS,
    LEGAL,
    OPTIMISED,
    PERFORMANCE,
    PRIMARY,
    SECONDARY,
    TO_COURT,
    Comparison,
    Rules,
    Shares,
    Tier,
    TreatmentRule,
)
from portal import clock
from portal.db import Database
from portal.errors import Conflict, Forbidden, Invalid
from portal.permissions import SYSTEM
from tests.factories import make_actor
from tests.factories_placements import (
    make_account,
    make_accounts,
    make_consumer,
    make_placement,
    make_plan,
    make_portfolio,
    place,
    ready,
)

FREE = Rules(tiers=(Tier(PRIMARY),), horizon_days=0)
COURT = TreatmentRule(TO_COURT, score_from=700)


def bind(session: Session, rules: Rules) -> Strategy:
    """The rules, approved."""
    now = clock.now()
    made = strategies.draft(session, SYSTEM, rules, "because", at=now)
    strategies.submit(session, SYSTEM, made, at=now)
    return strategies.approve(session, SYSTEM, made, at=now)


def outcome(session: Session, plan: Plan) -> dict[str, Any]:
    """Account reference to agency code, or the codes of the reasons against each agency."""
    got: dict[str, Any] = plan_queries.assigned_refs(session, plan)
    return got | {
        ref: {stored["code"] for stored in plan.whys[why]} for ref, why in plan_queries.unplaced(session, plan)
    }


def by_strategy(session: Session, portfolio: Any, **values: Any) -> Plan:
    wish = Wish(Selection(portfolio.name), seed=7, by_strategy=True, **values)
    return planning.draft_plan(session, SYSTEM, wish, at=clock.now())


def ended(session: Session, account: Account, agency: Any, days_ago: int) -> None:
    then = clock.now() - timedelta(days=days_ago)
    make_placement(
        session, account, agency, placed_at=then - timedelta(days=90), ended_at=then, state=PlacementState.RETURNED
    )


def test_only_an_approved_strategy_binds_and_whoever_wrote_it_cannot_approve_it(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "A")
        vera, amos = make_actor(session, "vendor_manager"), make_actor(session, "approver")
        rules = replace(FREE, tiers=(Tier(PRIMARY, rests=True),))
        made = strategies.draft(session, vera, rules, "because", at=clock.now())
        strategies.submit(session, vera, made, at=clock.now())
        with pytest.raises(Forbidden):
            strategies.approve(session, vera, made, at=clock.now())
        with pytest.raises(Conflict):
            strategies.draft(session, vera, rules, "again", at=clock.now())
        assert outcome(session, make_plan(session, portfolio)) == {"A": "AGY01"}
        strategies.approve(session, amos, made, at=clock.now())
        assert outcome(session, make_plan(session, portfolio)) == {"A": {"rests"}}


def test_a_plan_by_the_strategy_needs_one(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        portfolio = make_portfolio(session)
        make_account(session, portfolio)
        with pytest.raises(Invalid):
            by_strategy(session, portfolio)


def test_tiers_say_who_takes_part_and_how_long_an_account_rests(db: Database) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        ready(session, "AGY03")
        portfolio = make_portfolio(session)
        for ref, days_ago in (("FRESH", None), ("RESTING", 10), ("RESTED", 40)):
            account = make_account(session, portfolio, ref)
            if days_ago is not None:
                ended(session, account, one, days_ago)
        bind(
            session,
            replace(FREE, tiers=(Tier(PRIMARY, 60, 0, ("AGY01",)), Tier(SECONDARY, 30, 30, ("AGY01", "AGY02")))),
        )
        plan = make_plan(session, portfolio)
        assert outcome(session, plan) == {"FRESH": "AGY01", "RESTING": {"in_grace"}, "RESTED": "AGY02"}
        place(session, plan)
        due = dict(
            session.execute(
                select(Account.account_ref, Placement.due_back_on).join(Placement).where(Placement.ended_at.is_(None))
            ).all()
        )
        today = clock.today()
        assert due == {"FRESH": today + timedelta(days=60), "RESTED": today + timedelta(days=30)}, (
            "the tier's term, shorter than the contract's"
        )
        assert two.code == "AGY02"
        assert replaying.replay(session, plan).agrees


def test_law_firms_get_what_goes_to_court_and_nobody_else_does(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01"), ready(session, "LAW01", kind=AgencyKind.LAW_FIRM)
        portfolio = make_portfolio(session)
        make_account(session, portfolio, "ABLE", score=720)
        make_account(session, portfolio, "BARRED", score=720, limitation_on=clock.today())
        make_account(session, portfolio, "POOR", score=500, last_payment_on=clock.today() - timedelta(days=5))
        rules = replace(
            FREE,
            tiers=(Tier(PRIMARY), Tier(LEGAL)),
            treatments=(COURT, TreatmentRule(INSTALMENTS, paid_within=30, score_below=600)),
        )
        bind(session, rules)
        plan = place(session, make_plan(session, portfolio))
        assert outcome(session, plan) == {"ABLE": "LAW01", "BARRED": "AGY01", "POOR": "AGY01"}
        treated = dict(session.execute(select(Account.account_ref, Placement.treatment).join(Placement)).all())
        assert treated == {"ABLE": "legal", "BARRED": "standard", "POOR": "instalments"}
        hand = planning.draft_plan(
            session, SYSTEM, Wish(Selection(account_refs=(make_account(session, portfolio, score=500).account_ref,)), {"LAW01": 1.0}, by_hand=True), at=clock.now()
        )  # fmt: skip
        assert {"capability"} in outcome(session, hand).values(), "by hand is no way round it"


def test_neither_the_same_agency_twice_nor_its_sister(db: Database) -> None:
    with db.transaction() as session:
        one = ready(session, "AGY01")
        ready(session, "AGY02")
        account = make_account(session, portfolio := make_portfolio(session), "A")
        ended(session, account, one, 100)
        assert outcome(session, make_plan(session, portfolio)) == {"A": "AGY02"}
        bind(session, replace(FREE, sisters=(("AGY01", "AGY02"),)))
        assert outcome(session, make_plan(session, portfolio)) == {"A": {"held_before", "sister_held"}}


def test_papers_must_hold_for_as_long_as_the_strategy_asks(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        session.execute(update(Credential).values(valid_until=clock.today() + timedelta(days=20)))
        make_account(session, portfolio := make_portfolio(session), "A")
        assert outcome(session, make_plan(session, portfolio)) == {"A": "AGY01"}
        bind(session, replace(FREE, horizon_days=30))
        assert "credential_expired" in outcome(session, make_plan(session, portfolio))["A"]


def test_concentration_binds_whoever_splits_the_plan(db: Database) -> None:
    with db.transaction() as session:
        agencies = [ready(session, f"AGY0{n}") for n in (1, 2, 3)]
        make_accounts(session, portfolio := make_portfolio(session), 60)
        bind(session, replace(FREE, shares=Shares(concentration=0.4)))
        wish = Wish(Selection(portfolio.name), {agencies[0].code: 8.0, "AGY02": 1.0, "AGY03": 1.0}, seed=7)
        plan = planning.draft_plan(session, SYSTEM, wish, at=clock.now())
        counts = {part.code: part.accounts for part in plan_queries.parts(session, plan)}
        assert counts["AGY01"] == 24
        assert sum(counts.values()) == 60


def test_shares_are_fixed_by_performance_or_optimised_as_the_strategy_says(db: Database) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_accounts(session, portfolio, 200)
        bind(session, replace(FREE, shares=Shares(FIXED, {"AGY01": 3.0, "AGY02": 1.0})))
        assert {part.code: part.accounts for part in plan_queries.parts(session, by_strategy(session, portfolio))} == {
            "AGY01": 150,
            "AGY02": 50,
        }
        for agency, theta in ((one, 1.5), (two, 0.5)):
            effects.write_effect(
                session,
                agency.id,
                currency="USD",
                period="2026-01",
                theta=theta,
                sd_log=0.1,
                compliance=80,
                band="B",
                source="crd",
                at=clock.now(),
            )
        bind(session, replace(FREE, shares=Shares(PERFORMANCE)))
        assert {part.code: part.accounts for part in plan_queries.parts(session, by_strategy(session, portfolio))} == {
            "AGY01": 110,
            "AGY02": 90,
        }
        bind(session, replace(FREE, shares=Shares(OPTIMISED)))
        plan = by_strategy(session, portfolio)
        counts = {part.code: part.accounts for part in plan_queries.parts(session, plan)}
        assert counts == {"AGY01": 120, "AGY02": 80}, "the better agency gets the most that leaves a comparison, 60 %"
        assert plan.forecast["net"] > plan.forecast["equal"]["net"]
        assert plan.forecast["low"] < plan.forecast["net"] < plan.forecast["high"]
        assert replaying.replay(session, plan).agrees


def test_an_optimised_plan_says_what_room_would_be_worth(db: Database) -> None:
    with db.transaction() as session:
        one, _two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_accounts(session, portfolio, 100)
        contract = session.scalars(select(Contract).where(Contract.agency_id == one.id)).one()
        contract.capacity_accounts = 45
        effects.write_effect(
            session,
            one.id,
            currency="USD",
            period="2026-01",
            theta=2.0,
            sd_log=0.1,
            compliance=80,
            band="B",
            source="crd",
            at=clock.now(),
        )
        bind(session, replace(FREE, shares=Shares(OPTIMISED)))
        plan = by_strategy(session, portfolio)
        assert {part.code: part.accounts for part in plan_queries.parts(session, plan)} == {"AGY01": 45, "AGY02": 55}
        fee = float(session.scalars(select(FeeTerm.rate).where(FeeTerm.contract_id == contract.id)).first() or 0)
        # 1,000 dollars times the assumed 5 %, once with double effect and once without, each less its fee.
        assert plan.forecast["prices"]["AGY01"] == pytest.approx(100_000 * 0.05 * (2 - 1) * (1 - fee), rel=0.01)
        contract.capacity_accounts = 30
        assert by_strategy(session, portfolio).forecast["scarce"] == ["AGY01"], (
            "the other may have no more than 60 % of a cell"
        )


def test_a_comparison_holds_back_its_group_and_keeps_everybody_on_their_side(db: Database) -> None:
    with db.transaction() as session:
        for code in ("AGY01", "AGY02", "AGY03"):
            ready(session, code)
        people = [make_consumer(session) for _ in range(100)]
        first, second = make_portfolio(session), make_portfolio(session)
        for person in people:
            make_account(session, first, consumer=person)
        design = Comparison("Q", "salt", clock.today() + timedelta(days=30), ("AGY03",), 0.2, 0.1)
        bind(session, replace(FREE, comparison=design))
        plan = place(session, by_strategy(session, first))
        sides = dict(
            session.execute(select(PlanLine.consumer_ref, PlanLine.side).where(PlanLine.plan_id == plan.id)).all()
        )
        assert {side: list(sides.values()).count(side) for side in set(sides.values())} == {
            CHAMPION: 70,
            CHALLENGER: 20,
            HELD_BACK: 10,
        }
        assert set(map(str, outcome(session, plan).values())) == {
            "AGY01",
            "AGY02",
            "AGY03",
            "{'held_back'}",
        }
        challenged = {
            row[1]
            for row in session.execute(select(PlanLine.side, PlanLine.agency_id).where(PlanLine.side == CHALLENGER))
        }
        assert len(challenged) == 1
        assert replaying.replay(session, plan).agrees
        # The next month brings a second account of everybody: those held back stay so, by whatever seed.
        for person in people:
            make_account(session, second, consumer=person)
        later = planning.draft_plan(
            session, SYSTEM, Wish(Selection(second.name), seed=99, by_strategy=True), at=clock.now()
        )
        again = dict(
            session.execute(select(PlanLine.consumer_ref, PlanLine.side).where(PlanLine.plan_id == later.id)).all()
        )
        assert again == sides
        assert replaying.replay(session, later).agrees


def test_a_comparison_that_is_over_holds_nobody_back(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        make_accounts(session, portfolio := make_portfolio(session), 20)
        design = Comparison("Q", "salt", clock.today() - timedelta(days=1), holdback=0.5)
        bind(session, replace(FREE, comparison=design))
        assert by_strategy(session, portfolio).accounts == 20


# -- by hand -------------------------------------------------------------------------------------------------------------


def test_a_move_takes_accounts_back_and_places_them_in_the_same_moment(db: Database) -> None:
    with db.transaction() as session:
        one, _two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio, vera = make_portfolio(session), make_actor(session, "vendor_manager")
        refs = tuple(account.account_ref for account in make_accounts(session, portfolio, 3))
        place(session, make_plan(session, portfolio, one))
        with pytest.raises(Invalid):
            by_hand.place_by_hand(session, vera, "AGY02", refs, "", moves=RecallReason.STRATEGY, at=clock.now())
        bind(session, replace(FREE, hand_accounts=5, hand_balance=Decimal(10_000)))
        plan = by_hand.place_by_hand(
            session, vera, "AGY02", refs, "They speak the language.", moves=RecallReason.STRATEGY, at=clock.now()
        )
        assert plan.state is PlanState.PLACED
        rows = session.execute(select(Placement.state, Placement.ended_at).order_by(Placement.id)).all()
        assert [state for state, _ in rows] == [PlacementState.RECALLED] * 3 + [PlacementState.PLACED] * 3
        back = by_hand.place_by_hand(
            session, vera, "AGY01", refs[:1], "Back again.", moves=RecallReason.STRATEGY, at=clock.now()
        )
        assert back.state is PlanState.DRAFT
        assert outcome(session, back) == {refs[0]: {"held_before"}}, "moving is no way round the rules either"
        loose = make_account(session, portfolio).account_ref
        with pytest.raises(Invalid):
            by_hand.place_by_hand(
                session, vera, "AGY02", (loose,), "Not placed.", moves=RecallReason.STRATEGY, at=clock.now()
            )


def test_part_of_a_consumer_does_not_move_away_from_the_rest(db: Database) -> None:
    with db.transaction() as session:
        one, _two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio, vera, person = make_portfolio(session), make_actor(session, "vendor_manager"), make_consumer(session)
        refs = tuple(make_account(session, portfolio, consumer=person).account_ref for _ in range(2))
        place(session, make_plan(session, portfolio, one))
        plan = by_hand.place_by_hand(
            session, vera, "AGY02", refs[:1], "One of two.", moves=RecallReason.STRATEGY, at=clock.now()
        )
        assert "prior_agency" in outcome(session, plan)[refs[0]]


@pytest.mark.parametrize(
    ("accounts", "balance", "state"), [(3, 3000, "placed"), (2, 9000, "submitted"), (9, 2999, "submitted")]
)
def test_alone_a_person_places_within_both_limits_only(db: Database, accounts: int, balance: int, state: str) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        portfolio, vera = make_portfolio(session), make_actor(session, "vendor_manager")
        refs = tuple(account.account_ref for account in make_accounts(session, portfolio, 3))
        bind(session, replace(FREE, hand_accounts=accounts, hand_balance=Decimal(balance)))
        assert by_hand.place_by_hand(session, vera, "AGY01", refs, "They asked.", at=clock.now()).state == state


# -- versions of a plan --------------------------------------------------------------------------------------------------


def test_a_plan_drawn_again_says_what_changed(db: Database) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        refs = [account.account_ref for account in make_accounts(session, portfolio, 10)]
        plan = make_plan(session, portfolio, one)
        assert plan.changes == {}
        make_account(session, portfolio, "NEW")
        session.delete(session.scalars(select(PlanLine).where(PlanLine.plan_id == plan.id)).first())
        wish = Wish(Selection(portfolio.name), {one.code: 1.0, two.code: 1.0}, seed=8)
        planning.redraft_plan(session, SYSTEM, plan, wish, at=clock.now())
        told = plan.changes
        assert (plan.version, told["since"], told["removed"]) == (2, 1, 0)
        now = plan_queries.assigned_refs(session, plan)
        assert told["by_agency"] == {
            code: [9 if code == "AGY01" else 0, list(now.values()).count(code)] for code in ("AGY01", "AGY02")
        }
        assert told["moved"] == sum(now[ref] == "AGY02" for ref in refs[1:])
        assert told["wishes"]["seed"] == [7, 8]
        assert told["wishes"]["parts"] == [{"AGY01": 1.0}, {"AGY01": 1.0, "AGY02": 1.0}]


def test_recalled_accounts_of_one_tier_come_to_the_next(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01"), ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_accounts(session, portfolio, 4)
        bind(session, replace(FREE, tiers=(Tier(PRIMARY, agencies=("AGY01",)), Tier(SECONDARY, agencies=("AGY02",)))))
        place(session, make_plan(session, portfolio))
        now = clock.now()
        request_recall(session, SYSTEM, Wanted(portfolio=portfolio.name), RecallReason.TERM_END, final_at=now, at=now)
        assert set(outcome(session, make_plan(session, portfolio)).values()) == {"AGY02"}
