"""What the API says of placements, plans and recalls (contract, section 3). Money is a decimal string in major units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from placements import itemizing, plan_queries, queries
from placements.models import Account, Consumer, Placement, PlacementState, Plan, Recall
from placements.reasons import Why, sentence
from placements.recall import Requested
from placements.seats import Seat
from portal.permissions import Actor

PLACEMENT_COLUMNS: Final = (
    "placement_ref", "account_ref", "state", "placed_at", "balance", "currency", "due_back_on", "holds", "consumer", "itemization",
)  # fmt: skip
RECALL_COLUMNS: Final = (
    "recall", "placement_ref", "account_ref", "state", "reason", "requested_at", "final_at", "stopped_at", "note",
)  # fmt: skip
PLAIN: Final = tuple(name for name in PLACEMENT_COLUMNS if name not in ("holds", "consumer", "itemization"))
PERSON: Final = (
    "consumer_ref", "full_name", "id_number", "birth_date", "phone", "email", "address", "city", "region", "postal_code", "country",
    "time_zone", "language",
)  # fmt: skip
"""The columns of an inventory or delivery as a file: plain ones, holds, then the person."""
FIGURES: Final = ("principal", "interest", "fees")


def placements(session: Session, actor: Actor, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Placements with what an agency needs to collect; people of the bank see the person masked."""
    found = [row[0] for row in rows]
    kinds = queries.open_hold_kinds(session, (placement.account_id for placement in found))
    return [_placement(placement, kinds.get(placement.account_id, []), open_to=actor.agency_id) for placement in found]


def _placement(placement: Placement, kinds: Sequence[str], *, open_to: int | None) -> dict[str, Any]:
    account = placement.account
    return {
        "placement_ref": placement.ref,
        "account_ref": account.account_ref,
        "state": placement.state.value,
        "placed_at": placement.placed_at.isoformat(),
        "balance": str(placement.balance),
        "currency": placement.currency,
        "due_back_on": placement.due_back_on.isoformat(),
        "holds": [str(kind) for kind in kinds],
        "consumer": consumer(account.consumer, account, is_open=placement.agency_id == open_to),
        "itemization": itemization(account),
    }


def consumer(person: Consumer, account: Account, *, is_open: bool) -> dict[str, Any]:
    """Who owes: everything for the agency that works the account, masked for everybody else."""
    return {
        "consumer_ref": person.consumer_ref,
        **(person.personal if is_open else person.masked),
        "city": account.city if is_open else None,
        "region": account.region,
        "postal_code": account.postal_code if is_open else None,
        "country": account.country,
        "time_zone": account.time_zone,
        "language": person.language,
    }


def itemization(account: Account) -> dict[str, Any]:
    """The figures of a validation notice: what was owed on the itemization date and what came since, today's balance with its parts.

    `adds_up` says whether they come to today's balance; a notice with figures that do not would be wrong.
    """
    parts = {name: str(value) for name in FIGURES if (value := getattr(account, name)) is not None}
    stands = {"as_of": account.as_of.isoformat()} if account.as_of else {}
    difference = itemizing.difference(account.itemization, account.balance)
    adds_up = {} if difference is None else {"adds_up": difference == 0}
    return {
        **account.itemization,
        **parts,
        "product": account.product.value,
        "balance": str(account.balance),
        **stands,
        **adds_up,
    }


def itemized(account: Account) -> tuple[date | None, Decimal | None]:
    """Since which day the account's debt is itemized, and what was owed then; none where the tape did not say."""
    since, owed = account.itemization.get("itemization_date"), account.itemization.get("itemization_amount")
    return date.fromisoformat(since) if since else None, Decimal(owed) if owed else None


# -- plans ---------------------------------------------------------------------------------------------------------------


def plan(session: Session, found: Plan, say: Callable[[str], str], language: str) -> dict[str, Any]:
    """A plan: who gets how much, and of every account that nobody gets each reason."""
    whys = [[reason(Why.of(stored), say, language) for stored in whys] for whys in found.whys]
    return {
        "id": found.ref,
        "state": found.state.value,
        "seed": found.inputs["seed"],
        "effective_at": found.effective_at.isoformat(),
        "accounts": found.accounts,
        "balance": str(found.balance),
        "currency": found.currency,
        "by_agency": [
            {"agency": part.code, "accounts": part.accounts, "balance": str(part.balance)}
            for part in plan_queries.parts(session, found)
        ],
        "unplaced": [{"account_ref": ref, "reasons": whys[why]} for ref, why in plan_queries.unplaced(session, found)],
        "title": found.title,
        "reason": found.reason,
        "note": found.decision_note,
        "fingerprint": found.fingerprint,
    }


def reason(why: Why, say: Callable[[str], str], language: str) -> dict[str, Any]:
    """A reason: its code, the agency it is about (none: the account itself), and a sentence."""
    return {**why.stored(), "agency": why.agency, "message": sentence(why, say, language)}


def seats(found: Plan) -> list[Seat]:
    """The agencies' seats as a plan stored them."""
    return [Seat.of(stored) for stored in found.inputs["panel"]]


# -- recalls -------------------------------------------------------------------------------------------------------------


def recalled(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Placements that are being recalled or were; of the account its reference alone."""
    return [_recalled(row[0]) for row in rows]


def _recalled(placement: Placement) -> dict[str, Any]:
    recall = placement.recall
    assert recall is not None, "only recalled placements come here"
    return {
        "recall": recall.ref,
        "placement_ref": placement.ref,
        "account_ref": placement.account.account_ref,
        "state": "final" if placement.state is PlacementState.RECALLED else "pending",
        "reason": recall.reason.value,
        "requested_at": recall.requested_at.isoformat(),
        "final_at": (placement.ended_at or recall.final_at).isoformat(),
        "stopped_at": placement.stopped_at.isoformat() if placement.stopped_at else None,
        "note": recall.note,
    }


def requested(made: Requested) -> dict[str, Any]:
    """A recall that was just requested."""
    return {**recall(made.recall), "left_out": list(made.left_out)}


def recall(found: Recall) -> dict[str, Any]:
    """A recall."""
    return {
        "id": found.ref,
        "reason": found.reason.value,
        "accounts": found.accounts,
        "requested_at": found.requested_at.isoformat(),
        "final_at": found.final_at.isoformat(),
    }
