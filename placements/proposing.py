"""Acts: a policy proposes to recall accounts, a person accepts or dismisses. There is one open proposal an agency and policy.

The floor that knows a reason finds the accounts and calls `propose`; here are the reasons that placements know themselves: the end of
a term, a credential that lapsed, an agency that leaves.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.credentials import may_collect
from agencies.models import MAY_RECEIVE, Agency, AgencyStatus
from placements import proposal_queries, recall
from placements.ending_models import Proposal, ProposalLine, ProposalState
from placements.events import PROPOSAL_DISMISSED, PROPOSAL_MADE
from placements.models import Recall, RecallReason
from placements.recall_queries import Wanted
from portal import audit, bulk, tasks
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from portal.refs import new_ref

POLICY: Final = Path(__file__).with_name("recall_policy.toml")
TO_DECIDE: Final = timedelta(days=3)
REASONS: Final[Mapping[str, RecallReason]] = {
    "term_end": RecallReason.TERM_END,
    "no_activity": RecallReason.NO_ACTIVITY,
    "value": RecallReason.STRATEGY,
    "credential_lapse": RecallReason.CREDENTIAL_LAPSE,
    "agency_exit": RecallReason.AGENCY_EXIT,
}
Whys = Mapping[int, Mapping[int, Mapping[str, Any]]]
"""By agency and placement, the figures that speak for recalling it."""


@lru_cache(maxsize=1)
def policies() -> Mapping[str, Any]:
    """The stored policies."""
    return tomllib.loads(POLICY.read_text(encoding="utf-8"))


def is_enabled(policy: str) -> bool:
    """True if this policy proposes anything."""
    return bool(policies()[policy]["enabled"])


def propose(session: Session, policy: str, whys: Whys, *, at: datetime) -> int:
    """Make the open proposals of a policy what it says now; how many accounts are proposed. Twice changes nothing.

    Left out is what a person dismissed lately. A proposal whose ground is gone altogether is dismissed by itself.
    """
    quiet = proposal_queries.dismissed_since(session, policy, at - timedelta(days=policies()["quiet_days"]))
    known = proposal_queries.open_of(session, policy)
    total = 0
    for agency_id in sorted(whys.keys() | known.keys()):
        lines = {key: why for key, why in whys.get(agency_id, {}).items() if key not in quiet}
        total += len(lines)
        if lines:
            _renew(session, policy, agency_id, known.get(agency_id), lines, at)
        elif agency_id in known:
            _end(session, SYSTEM, known[agency_id], ProposalState.DISMISSED, "", at)
    return total


def accept(
    session: Session, actor: Actor, proposal: Proposal, *, final_at: datetime, note: str = "", at: datetime
) -> Recall:
    """Recall what is proposed, as far as it is still placed. Raises Conflict if it was decided, Invalid if nothing is left of it."""
    _lock(session, proposal)
    refs = proposal_queries.account_refs(session, proposal)
    made = recall.request_recall(
        session, actor, Wanted(account_refs=tuple(refs), agency=proposal.agency.code), proposal.reason, final_at=final_at, note=note, at=at
    ).recall  # fmt: skip
    proposal.recall_id = made.id
    _end(session, actor, proposal, ProposalState.ACCEPTED, "", at)
    return made


def dismiss(session: Session, actor: Actor, proposal: Proposal, *, note: str, at: datetime) -> Proposal:
    """Leave the accounts where they are, and say why. Raises Invalid without a reason, Conflict if it was decided."""
    if not note.strip():
        raise Invalid(N_("Give the reason."), fields={"note": N_("Give the reason.")})
    _lock(session, proposal)
    _end(session, actor, proposal, ProposalState.DISMISSED, note.strip(), at)
    audit.record(session, actor, PROPOSAL_DISMISSED, f"proposal:{proposal.ref}", accounts=proposal.accounts)
    return proposal


# -- the policies of this floor --------------------------------------------------------------------------------------------


def propose_term_end(session: Session, *, at: datetime) -> int:
    """Propose what is past the end of its term."""
    before = (at - timedelta(days=policies()["term_end"]["grace_days"])).date()
    whys = _whys(
        (agency_id, placement_id, {"due_back_on": str(due)})
        for placement_id, agency_id, due in proposal_queries.past_term(session, before)
    )
    return propose(session, "term_end", whys if is_enabled("term_end") else {}, at=at)


def propose_credential_lapse(session: Session, *, at: datetime) -> int:
    """Propose what an agency may no longer collect, because a credential of the place has lapsed. Agencies that leave have a policy of their own."""
    whys: dict[int, dict[int, Mapping[str, Any]]] = {}
    if is_enabled("credential_lapse"):
        for agency_id, facts in agencies.facts(session, proposal_queries.holders(session)).items():
            if facts.status not in MAY_RECEIVE:
                continue
            for place, product in proposal_queries.places_of(session, agency_id):
                missing = [one.as_dict() for one in may_collect(facts, place, product, at.date()) if one.code in LAPSED]
                if missing:
                    for key in proposal_queries.placed_at(session, agency_id, place, product):
                        whys.setdefault(agency_id, {})[key] = {"place": place, "missing": missing}
    return propose(session, "credential_lapse", whys, at=at)


def propose_agency_exit(session: Session, *, at: datetime) -> int:
    """Propose everything that a leaving agency still holds."""
    rows = proposal_queries.held_by_status(session, AgencyStatus.EXITING) if is_enabled("agency_exit") else ()
    return propose(session, "agency_exit", _whys((agency_id, key, {}) for key, agency_id in rows), at=at)


LAPSED: Final = frozenset({"credential_expired", "credential_ended"})


def _whys(rows: Any) -> dict[int, dict[int, Mapping[str, Any]]]:
    found: dict[int, dict[int, Mapping[str, Any]]] = {}
    for agency_id, placement_id, why in rows:
        found.setdefault(agency_id, {})[placement_id] = why
    return found


# -- one proposal ----------------------------------------------------------------------------------------------------------


def _renew(
    session: Session,
    policy: str,
    agency_id: int,
    known: Proposal | None,
    lines: Mapping[int, Mapping[str, Any]],
    at: datetime,
) -> None:
    if known is None:
        known = Proposal(
            ref=new_ref("prp"), agency_id=agency_id, policy=policy, reason=REASONS[policy], state=ProposalState.OPEN,
            accounts=len(lines), proposed_at=at, renewed_at=at,
        )  # fmt: skip
        session.add(known)
        session.flush()
        audit.record(session, SYSTEM, PROPOSAL_MADE, f"proposal:{known.ref}", policy=policy, accounts=len(lines))
    known.accounts, known.renewed_at = len(lines), at
    session.execute(delete(ProposalLine).where(ProposalLine.proposal_id == known.id))
    bulk.insert_rows(
        session, ProposalLine.__table__, ("proposal_id", "placement_id", "why"),  # type: ignore[arg-type]
        [(known.id, key, dict(why)) for key, why in sorted(lines.items())],
    )  # fmt: skip
    agency = session.get_one(Agency, agency_id)
    tasks.open_task(
        session, "recall.propose", f"proposal:{known.ref}", N_("Decide whether accounts of %(agency)s are recalled"),
        link=f"/recalls/proposals/{known.ref}", role=Role.VENDOR_MANAGER, due_at=at + TO_DECIDE, agency=agency.code,
    )  # fmt: skip


def _lock(session: Session, proposal: Proposal) -> None:
    session.flush()
    session.refresh(proposal, attribute_names=["state"], with_for_update=True)
    if proposal.state is not ProposalState.OPEN:
        raise Conflict(N_("This proposal was decided already."))


def _end(session: Session, actor: Actor, proposal: Proposal, state: ProposalState, note: str, at: datetime) -> None:
    proposal.state, proposal.note, proposal.decided_at, proposal.decided_by = state, note, at, actor.label
    tasks.close_tasks(session, f"proposal:{proposal.ref}", actor)
    session.flush()
