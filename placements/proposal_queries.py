"""Questions about proposals to recall, and which placements a policy may propose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, contains_eager

from agencies.models import Agency, AgencyStatus
from placements.ending_models import Proposal, ProposalLine, ProposalState
from placements.models import Account, Placement
from placements.recall_queries import CAN_BE_RECALLED
from placements.request_models import Arrangement, ArrangementState
from portal.errors import NotFound

IS_RECALLABLE = Placement.state.in_(CAN_BE_RECALLED)


def is_free() -> ColumnElement[bool]:
    """Placements without a running arrangement: what a policy of choice may propose."""
    running = exists().where(
        Arrangement.account_id == Placement.account_id, Arrangement.state == ArrangementState.RUNNING
    )
    return ~running


def open_of(session: Session, policy: str) -> dict[int, Proposal]:
    """The open proposals of a policy, by agency, locked."""
    wanted = select(Proposal).where(Proposal.policy == policy, Proposal.state == ProposalState.OPEN)
    return {one.agency_id: one for one in session.scalars(wanted.order_by(Proposal.id).with_for_update())}


def dismissed_since(session: Session, policy: str, since: datetime) -> set[int]:
    """The placements whose proposal by this policy a person dismissed since then."""
    wanted = select(ProposalLine.placement_id).join(Proposal, Proposal.id == ProposalLine.proposal_id)
    wanted = wanted.where(
        Proposal.policy == policy,
        Proposal.state == ProposalState.DISMISSED,
        Proposal.decided_at >= since,
        Proposal.note != "",
    )
    return set(session.scalars(wanted))


def proposals_list() -> Any:
    """(proposal, agency) for the list page."""
    return select(Proposal, Agency).join(Agency, Agency.id == Proposal.agency_id)


def get(session: Session, ref: str) -> Proposal:
    """One proposal with its agency. Raises NotFound."""
    wanted = select(Proposal).join(Proposal.agency).where(Proposal.ref == ref)
    found = session.scalars(wanted.options(contains_eager(Proposal.agency))).first()
    if found is None:
        raise NotFound
    return found


def account_refs(session: Session, proposal: Proposal) -> Sequence[str]:
    """The accounts of a proposal."""
    wanted = select(Account.account_ref).join(Placement, Placement.account_id == Account.id)
    joined = wanted.join(ProposalLine, ProposalLine.placement_id == Placement.id)
    return session.scalars(joined.where(ProposalLine.proposal_id == proposal.id).order_by(Account.account_ref)).all()


def lines_list(proposal: Proposal) -> Any:
    """(placement, account, line) of a proposal, for its page."""
    wanted = select(Placement, Account, ProposalLine).join(Account, Account.id == Placement.account_id)
    joined = wanted.join(ProposalLine, ProposalLine.placement_id == Placement.id)
    return joined.where(ProposalLine.proposal_id == proposal.id)


# -- what may be proposed --------------------------------------------------------------------------------------------------


def past_term(session: Session, before: date) -> Sequence[Any]:
    """(placement, agency, day due back) of what was due back before a day."""
    wanted = select(Placement.id, Placement.agency_id, Placement.due_back_on)
    return session.execute(wanted.where(IS_RECALLABLE, Placement.due_back_on < before, is_free())).all()


def holders(session: Session) -> Sequence[int]:
    """The agencies that hold anything that can be recalled."""
    return session.scalars(select(Placement.agency_id).where(IS_RECALLABLE).distinct()).all()


def places_of(session: Session, agency_id: int) -> Sequence[Any]:
    """The distinct (jurisdiction, product) of what an agency holds."""
    wanted = select(Account.jurisdiction, Account.product).join(Placement, Placement.account_id == Account.id)
    rows = session.execute(wanted.where(Placement.agency_id == agency_id, IS_RECALLABLE).distinct())
    return [(place, product.value) for place, product in rows]


def placed_at(session: Session, agency_id: int, jurisdiction: str, product: str) -> Sequence[int]:
    """The placements of an agency at a place."""
    wanted = select(Placement.id).join(Account, Account.id == Placement.account_id)
    here = wanted.where(Account.jurisdiction == jurisdiction, Account.product == product)
    return session.scalars(here.where(Placement.agency_id == agency_id, IS_RECALLABLE)).all()


def held_by_status(session: Session, status: AgencyStatus) -> Sequence[Any]:
    """(placement, agency) of everything that agencies of a status hold."""
    wanted = select(Placement.id, Placement.agency_id).join(Agency, Agency.id == Placement.agency_id)
    return session.execute(wanted.where(Agency.status == status, IS_RECALLABLE)).all()
