"""Acts of agencies: they acknowledge or refuse what was placed, give accounts back, prove that work stopped, and object to recalls.

Each takes rows and answers with the problems of those it did not take; the sound ones are done. What is done already is done again
without an effect, so that a batch can be sent twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from placements import delivery_queries, queries, recall_queries
from placements.events import ACKNOWLEDGED, OBJECTION_RAISED, RETURNED, STOP_CONFIRMED, BalanceDiffers, PlacementsEnded
from placements.models import (
    OPEN_PLACEMENT,
    Objection,
    ObjectionReason,
    Placement,
    PlacementState,
    RefusalReason,
    ReturnReason,
)
from placements.recall_queries import RECALLING
from portal import audit, events, tasks
from portal.errors import N_
from portal.people import Role
from portal.permissions import Actor
from portal.tables.faults import Problem

Rows = Sequence[tuple[int, Mapping[str, Any]]]
"""Sound rows with their numbers, as `portal.uploads` reads them."""

TO_LOOK: Final = timedelta(days=2)


def acknowledge(session: Session, actor: Actor, rows: Rows, *, at: datetime) -> list[Problem]:
    """Take or refuse placements. A balance that differs from what was placed is told to the ledger, which opens a break."""
    found = queries.own_placements(session, _agency(actor), _refs(rows))
    told = delivery_queries.told_at(session, found.values())
    refused: list[Placement] = []

    def answer(number: int, row: Mapping[str, Any], placement: Placement) -> Problem | None:
        if row["accepted"]:
            _take(session, placement, row["balance"], at)
        elif placement.state is PlacementState.PLACED and at > told[placement.id].until:
            return Problem(number, "accepted", "bad_accepted", "no", "window_over")
        elif placement.state is PlacementState.PLACED:
            _end(placement, PlacementState.REFUSED, at)
            placement.refusal_reason = RefusalReason(row["reason"])
            refused.append(placement)
        else:
            return Problem(number, "accepted", "bad_accepted", "no", "refused_late")
        return None

    problems = _each(rows, found, answer, OPEN_PLACEMENT, "unknown_placement")
    _record(session, actor, ACKNOWLEDGED, rows, problems, refused=len(refused))
    _told_ended(session, refused, at)
    if refused:
        tasks.open_task(
            session, "placements.refused", f"agency:{actor.agency_code}", N_("%(agency)s refused accounts"),
            link=f"/placements?agency={actor.agency_code}&state=refused", role=Role.VENDOR_MANAGER, due_at=at + TO_LOOK, agency=actor.agency_code,
        )  # fmt: skip
    return problems


def give_back(session: Session, actor: Actor, rows: Rows, *, at: datetime) -> list[Problem]:
    """Close placements and return the accounts to the bank."""
    found = queries.own_placements(session, _agency(actor), _refs(rows))
    ended: list[Placement] = []

    def answer(_number: int, row: Mapping[str, Any], placement: Placement) -> None:
        reason = ReturnReason(row["reason"])
        _end(placement, PlacementState.CLOSED if reason is ReturnReason.PAID else PlacementState.RETURNED, at)
        placement.return_reason, placement.note = reason, row["note"] or ""
        ended.append(placement)

    problems = _each(rows, found, answer, OPEN_PLACEMENT, "unknown_placement")
    _record(session, actor, RETURNED, rows, problems)
    _told_ended(session, ended, at)
    return problems


def confirm_stop(session: Session, actor: Actor, rows: Rows, *, at: datetime) -> list[Problem]:
    """Prove when work on recalled accounts stopped. The first proof stands."""
    found = queries.own_placements(session, _agency(actor), _refs(rows), even_ended=True)

    def answer(_number: int, row: Mapping[str, Any], placement: Placement) -> None:
        if placement.stopped_at is None:
            placement.stopped_at, placement.updated_at = row["stopped_at"], at

    problems = _each(rows, found, answer, frozenset(RECALLING), "not_recalled")
    _record(session, actor, STOP_CONFIRMED, rows, problems)
    return problems


def raise_objections(session: Session, actor: Actor, rows: Rows, *, at: datetime) -> list[Problem]:
    """Ask to keep accounts that are being recalled: once for each recall, while it is pending. A row may carry a file's id as `evidence`."""
    found = queries.own_placements(session, _agency(actor), _refs(rows))
    objected = recall_queries.objected(session, [placement.id for placement in found.values()])
    recalls: set[int] = set()

    def answer(number: int, row: Mapping[str, Any], placement: Placement) -> Problem | None:
        if placement.id in objected or placement.recall_id is None:
            return Problem(number, "placement_ref", "bad_placement_ref", placement.ref, "not_pending")
        objected.add(placement.id)
        recalls.add(placement.recall_id)
        session.add(
            Objection(
                placement_id=placement.id, recall_id=placement.recall_id, reason=ObjectionReason(row["reason"]), note=row["note"] or "",
                evidence_id=row.get("evidence"), raised_at=at, raised_by=actor.label,
            )
        )  # fmt: skip
        return None

    problems = _each(rows, found, answer, frozenset({PlacementState.RECALL_PENDING}), "not_pending")
    _record(session, actor, OBJECTION_RAISED, rows, problems)
    for recall in recall_queries.by_ids(session, recalls):
        tasks.open_task(
            session, "objections.decide", f"recall:{recall.ref}", N_("Decide on objections to a recall of %(count)s accounts"),
            link=f"/recalls/{recall.ref}", role=Role.VENDOR_MANAGER, due_at=max(at, min(recall.final_at, at + TO_LOOK)), count=recall.accounts,
        )  # fmt: skip
    return problems


def _each(
    rows: Rows,
    found: Mapping[str, Placement],
    answer: Callable[[int, Mapping[str, Any], Placement], Problem | None],
    states: frozenset[PlacementState],
    repair: str,
) -> list[Problem]:
    """Answer every row whose placement is the agency's own and in one of these states; the problems of the others."""
    problems = []
    for number, row in rows:
        placement = found.get(row["placement_ref"])
        if placement is None or placement.state not in states:
            problems.append(Problem(number, "placement_ref", "unknown_reference", row["placement_ref"], repair))
        elif problem := answer(number, row, placement):
            problems.append(problem)
    return problems


def _take(session: Session, placement: Placement, balance: Any, at: datetime) -> None:
    if placement.state is PlacementState.PLACED:
        placement.state = PlacementState.ACKNOWLEDGED
    placement.acknowledged_at = placement.acknowledged_at or at
    placement.updated_at = at
    if balance is None:
        return
    placement.acknowledged_balance = balance
    if balance != placement.balance:
        told = BalanceDiffers(
            placement.id,
            placement.ref,
            placement.account.account_ref,
            placement.agency_id,
            placement.balance,
            balance,
            at,
        )
        events.emit(session, told)


def _end(placement: Placement, state: PlacementState, at: datetime) -> None:
    placement.state, placement.ended_at, placement.updated_at = state, at, at


def _told_ended(session: Session, placements: Sequence[Placement], at: datetime) -> None:
    if placements:
        session.flush()
        events.emit(session, PlacementsEnded(tuple(placement.id for placement in placements), at))


def _record(
    session: Session, actor: Actor, event: str, rows: Rows, problems: Sequence[Problem], **details: Any
) -> None:
    if len(rows) > len(problems):
        audit.record(session, actor, event, f"agency:{actor.agency_code}", rows=len(rows) - len(problems), **details)


def _refs(rows: Rows) -> list[str]:
    return [row["placement_ref"] for _, row in rows]


def _agency(actor: Actor) -> int:
    assert actor.agency_id is not None, "only agencies have the permission that leads here"
    return actor.agency_id
