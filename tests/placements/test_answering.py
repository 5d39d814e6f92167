"""Agencies acknowledge, refuse and give back; nobody answers for another agency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.models import Agency
from placements import answering
from placements.events import BalanceDiffers, PlacementsEnded
from placements.models import Placement, PlacementState, RefusalReason, ReturnReason
from portal import clock, events
from portal.db import Database
from portal.permissions import Actor
from portal.tasks import Task
from tests.factories import make_actor
from tests.factories_placements import make_account, make_placement, make_portfolio, ready


def world(session: Session, code: str = "AGY01") -> tuple[Placement, Actor]:
    """A placement and the manager of its agency."""
    agency: Agency = ready(session, code)
    return make_placement(session, make_account(session, make_portfolio(session)), agency), make_actor(
        session, "agency_manager", agency
    )


def acknowledge(
    session: Session,
    actor: Actor,
    placement: Placement,
    *,
    accepted: bool = True,
    balance: str | None = None,
    reason: str | None = None,
) -> list[str]:
    row = {
        "placement_ref": placement.ref,
        "accepted": accepted,
        "balance": Decimal(balance) if balance else None,
        "reason": reason,
    }
    return [problem.code for problem in answering.acknowledge(session, actor, [(1, row)], at=clock.now())]


def give_back(session: Session, actor: Actor, placement: Placement, reason: str) -> list[str]:
    row = {"placement_ref": placement.ref, "reason": reason, "note": "Moved away."}
    return [problem.code for problem in answering.give_back(session, actor, [(1, row)], at=clock.now())]


@pytest.fixture
def heard() -> Any:
    """What was told to the floors above."""
    told: list[Any] = []
    events.wire([(kind, lambda _session, event: told.append(event)) for kind in (BalanceDiffers, PlacementsEnded)])
    yield told
    events.wire([])


def test_an_acknowledged_placement_says_when_and_with_which_balance(db: Database, heard: list[Any]) -> None:
    with db.transaction() as session:
        placement, manager = world(session)
        assert acknowledge(session, manager, placement, balance="1000.00") == []
        assert (placement.state, placement.acknowledged_balance) == (PlacementState.ACKNOWLEDGED, Decimal(1000))
        first = placement.acknowledged_at
        assert first is not None
        assert acknowledge(session, manager, placement) == [], "a batch can be sent twice"
        assert placement.acknowledged_at == first
    assert heard == []


def test_a_balance_that_differs_is_told_to_the_ledger(db: Database, heard: list[Any]) -> None:
    with db.transaction() as session:
        placement, manager = world(session)
        assert acknowledge(session, manager, placement, balance="990.00") == []
        assert placement.state is PlacementState.ACKNOWLEDGED
    assert [(event.account_ref, event.bank, event.agency) for event in heard] == [
        (placement.account.account_ref, Decimal(1000), Decimal(990))
    ]


def test_a_refused_placement_is_over_and_the_bank_is_told(db: Database, heard: list[Any]) -> None:
    with db.transaction() as session:
        placement, manager = world(session)
        assert acknowledge(session, manager, placement, accepted=False, reason="no_licence") == []
        assert (placement.state, placement.refusal_reason) == (PlacementState.REFUSED, RefusalReason.NO_LICENCE)
        assert placement.ended_at is not None
        session.flush()
        assert session.scalars(select(Task.kind)).all() == ["placements.refused"]
        assert acknowledge(session, manager, placement) == ["unknown_reference"], (
            "what is over cannot be taken after all"
        )
    assert [event.placement_ids for event in heard] == [(placement.id,)]


def test_what_was_acknowledged_is_given_back_and_not_refused(db: Database) -> None:
    with db.transaction() as session:
        placement, manager = world(session)
        acknowledge(session, manager, placement)
        assert acknowledge(session, manager, placement, accepted=False, reason="capacity") == ["bad_accepted"]
        assert placement.state is PlacementState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (reason.value, PlacementState.CLOSED if reason is ReturnReason.PAID else PlacementState.RETURNED)
        for reason in ReturnReason
    ],
)
def test_an_account_that_is_given_back_is_returned_or_closed_if_it_was_paid(
    db: Database, reason: str, state: PlacementState, heard: list[Any]
) -> None:
    with db.transaction() as session:
        placement, manager = world(session)
        assert give_back(session, manager, placement, reason) == []
        assert (placement.state, placement.return_reason, placement.note) == (state, reason, "Moved away.")
        assert placement.ended_at is not None
        assert give_back(session, manager, placement, reason) == ["unknown_reference"]
    assert len(heard) == 1


@pytest.mark.parametrize("act", [acknowledge, lambda *given: give_back(*given, "other")])
def test_nobody_answers_for_another_agency(db: Database, act: Any) -> None:
    with db.transaction() as session:
        placement, _ = world(session)
        _, stranger = world(session, "AGY02")
        assert act(session, stranger, placement) == ["unknown_reference"]
        assert placement.state is PlacementState.PLACED
