"""Recalls: pending, then final at their moment; what keeps one waiting; and that access ends at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.events import AgencySuspended
from agencies.models import Agency
from placements import answering, jobs, queries, recall, recall_queries
from placements.events import PlacementsEnded
from placements.models import Account, Objection, Placement, PlacementState, Product, RecallReason
from placements.recall_queries import Wanted
from portal import clock, events
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.permissions import SYSTEM, Actor
from portal.tasks import Task
from tests.factories import make_actor
from tests.factories_placements import make_account, make_placement, make_portfolio, ready

WEEK = timedelta(days=7)


def held(session: Session, *refs: str, code: str = "AGY01") -> tuple[Agency, Actor]:
    """An agency that holds these accounts, and its manager."""
    agency = ready(session, code)
    portfolio = make_portfolio(session)
    for ref in refs:
        make_placement(session, make_account(session, portfolio, ref), agency)
    return agency, make_actor(session, "agency_manager", agency)


def requested(
    session: Session, *refs: str, final_at: datetime, reason: RecallReason = RecallReason.STRATEGY
) -> recall.Requested:
    return recall.request_recall(session, SYSTEM, Wanted(refs), reason, final_at=final_at, at=clock.now())


def states(session: Session) -> dict[str, PlacementState]:
    session.expire_all()
    return dict(session.execute(select(Account.account_ref, Placement.state).join(Placement)).all())


def seen_by(session: Session, actor: Actor) -> set[str]:
    return {placement.account.account_ref for placement in session.scalars(queries.placement_list(actor)).unique()}


def row_of(session: Session, account_ref: str, **values: Any) -> list[tuple[int, dict[str, Any]]]:
    ref = session.scalar(select(Placement.ref).join(Account).where(Account.account_ref == account_ref))
    return [(1, {"placement_ref": ref, **values})]


def objected(session: Session, manager: Actor, account_ref: str) -> Objection:
    answering.raise_objections(
        session, manager, row_of(session, account_ref, reason="active_promise", note="Pays on Friday."), at=clock.now()
    )
    session.flush()
    return session.scalars(select(Objection).order_by(Objection.id.desc())).first()  # type: ignore[return-value]


def test_a_recall_is_pending_until_its_moment_and_final_then(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A", "B")
        made = requested(session, "A", final_at=now + WEEK)
        assert states(session) == {"A": PlacementState.RECALL_PENDING, "B": PlacementState.PLACED}
        assert recall.finalise_due(session, at=now + WEEK - timedelta(seconds=1)) == 0
        assert seen_by(session, manager) == {"A", "B"}, "pending: the agency still works it"
        assert recall.finalise_due(session, at=now + WEEK) == 1
        assert recall.finalise_due(session, at=now + WEEK) == 0, "doing it twice changes nothing"
        assert states(session)["A"] is PlacementState.RECALLED
        assert seen_by(session, manager) == {"B"}
        assert session.scalars(select(Placement.ended_at).where(Placement.recall_id == made.recall.id)).all() == [
            now + WEEK
        ]


def test_a_recall_whose_moment_has_come_ends_access_at_once(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A", "B")
        requested(session, "A", final_at=now - WEEK)
        assert seen_by(session, manager) == {"B"}
        ended = session.scalars(select(Placement.ended_at).where(Placement.ended_at.is_not(None))).one()
        assert now <= ended <= clock.now(), "at once is now, never before it was said"


def test_the_job_makes_recalls_final_and_everybody_hears_of_it(db: Database) -> None:
    now = clock.now()
    heard: list[PlacementsEnded] = []
    with db.transaction() as session:
        held(session, "A", "B")
        requested(session, "A", "B", final_at=now + WEEK)
    events.wire([(PlacementsEnded, lambda _session, event: heard.append(event))])
    try:
        assert jobs.finalise_recalls(db) == "0 final"
        with clock.set_to(now + WEEK):
            assert jobs.finalise_recalls(db) == "2 final"
    finally:
        events.wire([])
    assert [len(event.placement_ids) for event in heard] == [2]


@pytest.mark.parametrize(
    ("wanted", "expected", "reason"),
    [
        (Wanted(agency="AGY01"), {"OHIO", "CITY"}, "everything of an agency"),
        (Wanted(portfolio="P2"), {"CITY", "OTHER"}, "of a portfolio"),
        (Wanted(product=Product.MEDICAL), {"CITY"}, "of a product"),
        (Wanted(jurisdiction="US-NY"), {"CITY", "OTHER"}, "a state with the cities in it"),
        (Wanted(jurisdiction="US-NY-NYC"), {"CITY"}, "a city alone"),
        (Wanted(jurisdiction="US-N"), set(), "half a code is no place"),
        (Wanted(agency="AGY02", portfolio="P1"), set(), "all conditions must fit"),
        (Wanted(("OHIO", "UNKNOWN", "OTHER")), {"OHIO", "OTHER"}, "accounts by their references"),
        (Wanted(("OHIO", "OTHER"), agency="AGY02"), {"OTHER"}, "references and conditions together"),
    ],
)
def test_accounts_are_recalled_by_reference_or_by_conditions(
    db: Database, wanted: Wanted, expected: set[str], reason: str
) -> None:
    with db.transaction() as session:
        one, two = ready(session, "AGY01"), ready(session, "AGY02")
        first, second = make_portfolio(session, "P1"), make_portfolio(session, "P2")
        make_placement(session, make_account(session, first, "OHIO"), one)
        make_placement(
            session, make_account(session, second, "CITY", jurisdiction="US-NY-NYC", product=Product.MEDICAL), one
        )
        make_placement(session, make_account(session, second, "OTHER", jurisdiction="US-NY"), two)
        assert {row.account_ref for row in recall_queries.to_recall(session, wanted)} == expected, reason
        assert sum(count for _, count in recall_queries.count_of(session, wanted)) == len(expected)


def test_no_condition_at_all_never_means_everything(db: Database) -> None:
    with db.transaction() as session:
        held(session, "A")
        with pytest.raises(Invalid):
            recall.request_recall(session, SYSTEM, Wanted(), RecallReason.LEGAL, final_at=clock.now(), at=clock.now())


def test_what_cannot_be_recalled_is_told(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        held(session, "A", "B")
        requested(session, "A", final_at=now + WEEK)
        made = requested(session, "A", "B", "UNKNOWN", final_at=now + WEEK)
        assert (made.recall.accounts, made.left_out) == (1, ("A", "UNKNOWN"))
        with pytest.raises(Invalid):
            requested(session, "A", final_at=now + WEEK)


# -- objections ----------------------------------------------------------------------------------------------------------


def test_an_objection_keeps_a_recall_waiting_until_it_is_decided(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A", "B")
        requested(session, "A", "B", final_at=now + WEEK)
        objection = objected(session, manager, "A")
        assert session.scalars(select(Task.kind)).all() == ["objections.decide"]
        late = now + 2 * WEEK
        assert recall.finalise_due(session, at=late) == 1
        assert states(session) == {"A": PlacementState.RECALL_PENDING, "B": PlacementState.RECALLED}
        recall.decide_objection(
            session, SYSTEM, recall_queries.get_objection(session, SYSTEM, objection.id), keep=False, at=late
        )
        assert states(session)["A"] is PlacementState.RECALLED
        ended = session.scalars(select(Placement.ended_at).join(Account).where(Account.account_ref == "A")).one()
        assert ended == late, "it was the agency's until the bank had decided"
        decided = select(Task.state).where(Task.kind == "objections.decide")
        assert session.scalars(decided).all() == ["done"]


def test_a_kept_account_stays_for_the_days_granted_and_can_be_recalled_again(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A")
        requested(session, "A", final_at=now + WEEK, reason=RecallReason.MISPLACED)
        objection = recall_queries.get_objection(session, SYSTEM, objected(session, manager, "A").id)
        due_before = objection.placement.due_back_on
        with pytest.raises(Invalid):
            recall.decide_objection(session, SYSTEM, objection, keep=True, at=now)
        recall.decide_objection(session, SYSTEM, objection, keep=True, days=30, at=now)
        placement = objection.placement
        assert (placement.state, placement.recall_id) == (PlacementState.KEPT, None), (
            "it forgets the recall and its reason"
        )
        assert placement.due_back_on == max(due_before, (now + timedelta(days=30)).date())
        assert recall.finalise_due(session, at=now + 10 * WEEK) == 0
        with pytest.raises(Conflict):
            recall.decide_objection(session, SYSTEM, objection, keep=False, at=now)
        requested(session, "A", final_at=now + WEEK)
        assert states(session)["A"] is PlacementState.RECALL_PENDING
        assert not recall_queries.objected(session, [placement.id]), "a new recall can be objected to"


def test_a_recall_is_objected_to_once_and_only_while_it_is_pending(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A", "B")

        def problems(ref: str) -> int:
            return len(
                answering.raise_objections(session, manager, row_of(session, ref, reason="other", note=None), at=now)
            )

        assert problems("A") == 1, "nobody recalls it"
        requested(session, "A", final_at=now + WEEK)
        assert (problems("A"), problems("A")) == (0, 1)
        requested(session, "B", final_at=now)
        assert problems("B") == 1, "it is final"


def test_a_recall_can_be_withdrawn_while_it_is_pending(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A", "B")
        made = requested(session, "A", "B", final_at=now + WEEK).recall
        objected(session, manager, "A")
        assert recall.withdraw_recall(session, SYSTEM, made, at=now) == 2
        assert set(states(session).values()) == {PlacementState.KEPT}
        assert session.scalars(select(Task.state)).all() == ["cancelled"]
        assert not recall_queries.undecided(session, SYSTEM, made)
        with pytest.raises(Conflict):
            recall.withdraw_recall(session, SYSTEM, made, at=now)


# -- the agency's answers ------------------------------------------------------------------------------------------------


def test_an_agency_proves_that_it_stopped_also_after_its_access_ended(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        _, manager = held(session, "A", "B")
        requested(session, "A", final_at=now)
        row = row_of(session, "A", stopped_at=now)
        assert answering.confirm_stop(session, manager, row, at=now) == []
        assert answering.confirm_stop(session, manager, row_of(session, "A", stopped_at=now + WEEK), at=now) == []
        assert (
            session.scalars(select(Placement.stopped_at).join(Account).where(Account.account_ref == "A")).one() == now
        ), "the first proof stands"
        assert len(answering.confirm_stop(session, manager, row_of(session, "B", stopped_at=now), at=now)) == 1, (
            "B is not recalled"
        )


def test_when_an_agency_is_suspended_everything_it_holds_is_recalled_and_a_person_told(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        agency, _ = held(session, "A", "B")
        held(session, "C", code="AGY02")
        event = AgencySuspended(agency.id, agency.code, "Recordings were deleted.", now)
        recall.recall_all_from(session, event)
        assert states(session) == {
            "A": PlacementState.RECALL_PENDING,
            "B": PlacementState.RECALL_PENDING,
            "C": PlacementState.PLACED,
        }
        made = session.scalars(recall_queries.visible_to(SYSTEM)).one()
        assert (made.reason, made.note, made.final_at) == (RecallReason.AGENCY_EXIT, "", now + recall.SUSPENSION_GRACE)
        assert session.scalars(select(Task.params)).all() == [{"agency": "AGY01", "count": 2}]
        recall.recall_all_from(session, event)
        assert len(session.scalars(recall_queries.visible_to(SYSTEM)).all()) == 1, "hearing it twice changes nothing"


def test_placements_past_their_term_are_proposed_until_somebody_recalls_them(db: Database) -> None:
    today = clock.today()
    with db.transaction() as session:
        agency, _ = held(session, "A")
        make_placement(
            session,
            make_account(session, make_portfolio(session), "LATE"),
            agency,
            due_back_on=today - timedelta(days=1),
        )
    assert jobs.propose_recalls(db).startswith("1 past their term")
    assert jobs.propose_recalls(db).startswith("1 past their term")
    with db.transaction() as session:
        assert session.scalars(select(Task.state)).all() == ["open"]
        requested(session, "LATE", final_at=clock.now() + WEEK)
    assert jobs.propose_recalls(db).startswith("0 past their term")
    with db.reading() as session:
        assert session.scalars(select(Task.state)).all() == ["done"]
