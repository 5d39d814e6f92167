"""What the placements floor tells others, and how the audit trail names its acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from placements.models import HoldKind

CONSUMER_UNMASKED = "placements.consumer.unmasked"
CONSUMERS_SEARCHED = "placements.consumers.searched"
HOLD_OPENED = "placements.hold.opened"
HOLD_CLOSED = "placements.hold.closed"
PLAN_DRAFTED = "placements.plan.drafted"
PLAN_SUBMITTED = "placements.plan.submitted"
PLAN_APPROVED = "placements.plan.approved"
PLAN_RETURNED = "placements.plan.returned"
PLAN_CANCELLED = "placements.plan.cancelled"
PLAN_PLACED = "placements.plan.placed"
PLACED_BY_HAND = "placements.plan.within_limit"
POOL_SAVED = "placements.pool.saved"
POOL_REMOVED = "placements.pool.removed"
STRATEGY_DRAFTED = "placements.strategy.drafted"
STRATEGY_SUBMITTED = "placements.strategy.submitted"
STRATEGY_APPROVED = "placements.strategy.approved"
STRATEGY_RETURNED = "placements.strategy.returned"
ACKNOWLEDGED = "placements.placements.acknowledged"
REFUSED = "placements.placements.refused"
RETURNED = "placements.placements.returned"
RECALL_REQUESTED = "placements.recall.requested"
RECALL_WITHDRAWN = "placements.recall.withdrawn"
RECALL_FINAL = "placements.recall.final"
STOP_CONFIRMED = "placements.recall.confirmed"
OBJECTION_RAISED = "placements.objection.raised"
OBJECTION_DECIDED = "placements.objection.decided"
REQUEST_ASKED = "placements.request.asked"
REQUEST_GRANTED = "placements.request.granted"
REQUEST_REFUSED = "placements.request.refused"
REQUEST_ANSWERED = "placements.request.answered"
REQUEST_CLOSED = "placements.request.closed"
ARRANGEMENT_KEPT = "placements.arrangement.kept"
ARRANGEMENT_BROKEN = "placements.arrangement.broken"
ARRANGEMENT_CANCELLED = "placements.arrangement.cancelled"
DOCUMENT_SUPPLIED = "placements.document.supplied"
DOCUMENT_READ = "placements.document.read"
PROPOSAL_MADE = "placements.recall.proposed"
PROPOSAL_DISMISSED = "placements.recall.dismissed"
STEP_TAKEN = "placements.step.taken"
STEP_DONE = "placements.step.done"
DELETION_PROVED = "placements.deletion.proved"
RIGHT_OPENED = "placements.right.opened"
RIGHT_ANSWERED = "placements.right.answered"
RIGHT_REFUSED = "placements.right.refused"
EVIDENCE_PACKED = "placements.evidence.packed"


@dataclass(frozen=True)
class ArrangementEnded:
    """An arrangement was kept, broken or cancelled."""

    arrangement_id: int
    account_id: int
    agency_id: int
    state: str
    at: datetime


@dataclass(frozen=True)
class PlanPlaced:
    """A plan's placements exist now. `by_agency`: how many accounts each agency (by id) got."""

    plan_id: int
    ref: str
    placed_at: datetime
    by_agency: Mapping[int, int]


@dataclass(frozen=True)
class HoldOpened:
    """Nobody may collect this account from now on, or not through one channel. `agency_id`: who holds it, if anybody does."""

    hold_id: int
    account_id: int
    kind: HoldKind
    agency_id: int | None
    since: datetime


@dataclass(frozen=True)
class PlacementsEnded:
    """These placements are over: recalled, returned, refused or closed."""

    placement_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class BalanceDiffers:
    """An agency acknowledged a placement with another balance than the bank placed."""

    placement_id: int
    placement_ref: str
    account_ref: str
    agency_id: int
    bank: Decimal
    agency: Decimal
    at: datetime
