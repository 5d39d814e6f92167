"""Two people place the same accounts at once: one wins, the other is told, and no account is ever placed twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from agencies.models import Contract
from placements import placing, plan_queries, planning, recall
from placements.drafting import Selection
from placements.models import Account, Placement, PlacementState, Plan, PlanState, RecallReason
from placements.planning import Wish
from placements.recall_queries import Wanted
from portal import clock
from portal.db import Database
from portal.errors import Conflict, DomainError
from portal.permissions import SYSTEM
from tests.factories_placements import make_account, make_accounts, make_consumer, make_placement, make_portfolio, ready

RACES = max(10, int(100 * float(os.environ.get("TEST_SCALE", "0.1"))))


def approved(db: Database, selection: Selection, *agencies: str) -> str:
    """The reference of an approved plan."""
    with db.transaction() as session:
        plan = planning.draft_plan(session, SYSTEM, Wish(selection, dict.fromkeys(agencies, 1.0)), at=clock.now())
        planning.submit_plan(session, SYSTEM, plan, at=clock.now())
        return planning.approve_plan(session, SYSTEM, plan, at=clock.now()).ref


def race(db: Database, *acts: Callable[[Any], Any]) -> list[Any]:
    """Do these acts at the same moment, each in a thread and a transaction of its own; what each gave, or the error it met."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        start.wait()
        try:
            with db.transaction() as session:
                outcomes[place] = acts[place](session)
        except DomainError as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def placing_of(ref: str) -> Callable[[Any], Plan]:
    return lambda session: placing.place_plan(session, SYSTEM, plan_queries.get(session, ref), at=clock.now())


def most_open_placements(db: Database) -> int:
    """The most open placements that any account has."""
    with db.reading() as session:
        counted = (
            select(func.count().label("n"))
            .select_from(Placement)
            .where(Placement.ended_at.is_(None))
            .group_by(Placement.account_id)
            .subquery()
        )
        return int(session.scalar(select(func.max(counted.c.n))) or 0)


def test_of_two_plans_for_the_same_accounts_one_is_placed_and_the_other_told(db: Database) -> None:
    race_two_plans(db, RACES)


def race_two_plans(db: Database, races: int) -> None:
    """So many times two people place the same accounts at once. AssertionError for the first race that both win, or nobody."""
    with db.transaction() as session:
        ready(session, "AGY01")
        ready(session, "AGY02")
    for number in range(races):
        with db.transaction() as session:
            portfolio = make_portfolio(session)
            make_accounts(session, portfolio, 25)
            selection = Selection(portfolio.name)
        plans = [approved(db, selection, "AGY01"), approved(db, selection, "AGY02")]
        outcomes = race(db, *map(placing_of, plans))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Plan"], f"race {number}"
        assert most_open_placements(db) == 1
        with db.reading() as session:
            states = sorted(plan_queries.get(session, ref).state for ref in plans)
            assert states == [PlanState.APPROVED, PlanState.PLACED], "the loser has done nothing"
            loser = next(ref for ref in plans if plan_queries.get(session, ref).state is PlanState.APPROVED)
            assert not plan_queries.placed_sums(session, plan_queries.get(session, loser))


def test_one_plan_placed_twice_at_once_is_placed_once(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
    for _ in range(RACES):
        with db.transaction() as session:
            portfolio = make_portfolio(session)
            make_accounts(session, portfolio, 25)
        ref = approved(db, Selection(portfolio.name))
        outcomes = race(db, *[placing_of(ref)] * 3)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Conflict", "Plan"]
        assert most_open_placements(db) == 1


def test_the_accounts_of_one_consumer_do_not_part_in_a_race(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
        ready(session, "AGY02")
    for _ in range(RACES):
        with db.transaction() as session:
            person = make_consumer(session)
            refs = [make_account(session, make_portfolio(session), consumer=person).account_ref for _ in range(2)]
            consumer_id = person.id
        outcomes = race(
            db,
            *[
                placing_of(approved(db, Selection(account_refs=(ref,)), code))
                for ref, code in zip(refs, ("AGY01", "AGY02"), strict=True)
            ],
        )
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
        with db.reading() as session:
            holders = session.scalars(
                select(Placement.agency_id)
                .join(Account)
                .where(Account.consumer_id == consumer_id, Placement.ended_at.is_(None))
            ).all()
            assert len(holders) == 1


def test_a_limit_is_not_exceeded_in_a_race(db: Database) -> None:
    with db.transaction() as session:
        agency = ready(session, "AGY01")
        agency_id = agency.id
    for number in range(RACES):
        with db.transaction() as session:
            contract = session.scalars(select(Contract)).one()
            contract.capacity_accounts = 10 * (number + 1)
            names = []
            for _ in range(2):
                portfolio = make_portfolio(session)
                make_accounts(session, portfolio, 10)
                names.append(portfolio.name)
        outcomes = race(db, *[placing_of(approved(db, Selection(name))) for name in names])
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
        with db.reading() as session:
            held = session.scalar(select(func.count()).select_from(Placement).where(Placement.agency_id == agency_id))
            assert held == 10 * (number + 1)


def test_two_recalls_of_the_same_accounts_at_once_take_each_account_once(db: Database) -> None:
    with db.transaction() as session:
        ready(session, "AGY01")
    for _ in range(RACES):
        with db.transaction() as session:
            portfolio = make_portfolio(session)
            refs = tuple(account.account_ref for account in make_accounts(session, portfolio, 10))
        race(db, placing_of(approved(db, Selection(portfolio.name))))

        def recalling(session: Any, refs: tuple[str, ...] = refs) -> int:
            now = clock.now()
            return recall.request_recall(
                session, SYSTEM, Wanted(refs), RecallReason.STRATEGY, final_at=now, at=now
            ).recall.accounts

        outcomes = race(db, recalling, recalling)
        assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 10


@pytest.mark.parametrize("ends", ["recalled", "open"])
def test_the_database_itself_refuses_a_second_open_placement(db: Database, ends: str) -> None:
    with db.transaction() as session:
        one, two = ready(session), ready(session)
        account = make_account(session, make_portfolio(session))
        over = {"state": PlacementState.RECALLED, "ended_at": clock.now()} if ends == "recalled" else {}
        make_placement(session, account, one, **over)
        if ends == "recalled":
            make_placement(session, account, two)
            return
        with pytest.raises(IntegrityError), session.begin_nested():
            make_placement(session, account, two)
