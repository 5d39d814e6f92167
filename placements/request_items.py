"""What the API says of requests and what they were granted. Money is a decimal string in major units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from placements import request_queries
from placements.request_models import Arrangement, Request

COLUMNS: Final = (
    "id", "kind", "state", "placement_ref", "account_ref", "terms", "note", "delegated", "beyond", "answer", "granted", "asked_at", "due_at",
    "decided_at",
)  # fmt: skip


def requests(session: Session, rows: Sequence[Request]) -> list[dict[str, Any]]:
    """Requests with what they were granted."""
    granted = request_queries.arrangements_of(session, [one.id for one in rows])
    return [request(one, granted.get(one.id)) for one in rows]


def request(found: Request, granted: Arrangement | None) -> dict[str, Any]:
    """A request: its terms as asked, the limits it goes beyond, the answer, and the arrangement that it became."""
    return {
        "id": found.ref,
        "kind": found.kind.value,
        "state": found.state.value,
        "placement_ref": found.placement.ref,
        "account_ref": found.account.account_ref,
        "terms": terms(found),
        "note": found.note,
        "delegated": found.delegated,
        "beyond": found.beyond,
        "answer": found.answer,
        "granted": arrangement(granted) if granted else None,
        "asked_at": found.asked_at.isoformat(),
        "due_at": found.due_at.isoformat(),
        "decided_at": found.decided_at.isoformat() if found.decided_at else None,
    }


def terms(found: Request) -> dict[str, Any]:
    """The terms that were asked for, by the names under which they are sent."""
    told = {
        "amount": found.amount, "waived": found.waived, "instalments": found.instalments, "due_on": found.first_due_on, "days": found.days,
    }  # fmt: skip
    plain = {name: value if isinstance(value, int) else str(value) for name, value in told.items() if value is not None}
    return {**plain, "willingness": found.willingness.value, "ability": found.ability.value, **found.further}


def arrangement(found: Arrangement) -> dict[str, Any]:
    """What was granted, and how it is getting on."""
    return {
        "state": found.state.value,
        "amount": str(found.amount),
        "waived": str(found.waived),
        "instalments": found.instalments,
        "first_due_on": found.first_due_on.isoformat(),
        "last_due_on": found.last_due_on.isoformat(),
        "paid": str(found.paid),
    }
