"""Everything that happened on one account, merged by time: one union of keys for a page, then one select a kind for its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from activity.models import Activity, Promise, Standing
from activity.promises import PromiseState
from agencies.models import Agency
from conduct import queries as breaches
from conduct.models import Breach, Complaint, LegalDeadline
from ledger.models import Credit, Payment
from placements.models import Account, BalanceChange, Hold, Objection, Placement
from placements.request_models import Arrangement, Request
from portal.permissions import Actor
from scorecards.queries import Rows
from scorecards.queries.days import noon_of


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, of what kind, and its row (with the agency's name where there is one)."""

    at: datetime
    kind: str
    row: Any
    agency: str | None


def happenings(
    session: Session, actor: Actor, account: Account, *, offset: int, limit: int
) -> tuple[list[Happening], bool]:
    """A page of what happened, newest first, and whether there is more.

    The bank sees all; an agency its own placements, contacts, breaches and credited payments, and the holds that bind it.
    """
    keys = union_all(*(make(actor, account) for make in _KEYS.values())).subquery()
    wanted = select(keys.c.at, keys.c.kind, keys.c.id).order_by(keys.c.at.desc(), keys.c.kind, keys.c.id.desc())
    found = session.execute(wanted.offset(offset).limit(limit + 1)).all()
    page = found[:limit]
    rows = _rows(session, page)
    return [Happening(at, kind, *rows[kind, key]) for at, kind, key in page], len(found) > limit


Made = Callable[[Actor, Account], Select[Any]]


def _placements(at: Any, kind: str, *conditions: Any) -> Made:
    def make(actor: Actor, account: Account) -> Select[Any]:
        wanted: Any = select(at.label("at"), literal(kind).label("kind"), Placement.id.label("id"))
        return _own(
            wanted.where(Placement.account_id == account.id, at.is_not(None), *conditions), Placement.agency_id, actor
        )

    return make


def _activity(actor: Actor, account: Account) -> Select[Any]:
    wanted: Any = select(Activity.occurred_at.label("at"), literal("activity").label("kind"), Activity.id.label("id"))
    wanted = wanted.where(Activity.account_id == account.id, Activity.standing != Standing.REPLACED)
    if actor.agency_id is not None:
        wanted = wanted.where(Activity.standing != Standing.EVIDENCE)
    return _own(wanted, Activity.agency_id, actor)


def _payments(actor: Actor, account: Account) -> Select[Any]:
    wanted: Any = select(noon_of(Payment.paid_on).label("at"), literal("payment").label("kind"), Payment.id.label("id"))
    wanted = wanted.join(Credit, Credit.payment_id == Payment.id).where(Payment.account_id == account.id)
    return _own(wanted, Credit.agency_id, actor)


def _holds(at: Any, kind: str) -> Made:
    def make(actor: Actor, account: Account) -> Select[Any]:
        wanted: Any = select(at.label("at"), literal(kind).label("kind"), Hold.id.label("id"))
        wanted = wanted.where(Hold.account_id == account.id, at.is_not(None))
        bound: Select[Any] = wanted if actor.agency_id is None else wanted.where(_binds(actor))
        return bound

    return make


def _binds(actor: Actor) -> ColumnElement[bool]:
    """A hold binds an agency if it was in force at any time while the agency held the account."""
    return exists().where(
        Placement.account_id == Hold.account_id,
        Placement.agency_id == actor.agency_id,
        or_(Hold.until.is_(None), Hold.until >= Placement.placed_at),
        or_(Placement.ended_at.is_(None), Placement.ended_at >= Hold.since),
    )


def _breaches(actor: Actor, account: Account) -> Select[Any]:
    wanted: Any = select(Breach.occurred_at.label("at"), literal("breach").label("kind"), Breach.id.label("id"))
    standing: Select[Any] = wanted.where(
        Breach.account_id == account.id, Breach.withdrawn_at.is_(None), breaches.visible_to(actor)
    )
    return standing


def _complaints(actor: Actor, account: Account) -> Select[Any]:
    wanted: Any = select(
        Complaint.received_at.label("at"), literal("complaint").label("kind"), Complaint.id.label("id")
    )
    return _own(wanted.where(Complaint.account_id == account.id), Complaint.agency_id, actor)


def _promises(actor: Actor, account: Account) -> Select[Any]:
    """Promises on the day on which they were kept to their end, or broken."""
    wanted: Any = select(
        noon_of(Promise.settled_on).label("at"), literal("promise").label("kind"), Promise.activity_id.label("id")
    )
    settled = wanted.where(Promise.account_id == account.id, Promise.settled_on.is_not(None))
    return _own(settled.where(Promise.state.in_((PromiseState.KEPT, PromiseState.BROKEN))), Promise.agency_id, actor)


def _deadlines(actor: Actor, account: Account) -> Select[Any]:
    """Legal deadlines on their day, those to come too."""
    wanted: Any = select(
        noon_of(LegalDeadline.day).label("at"), literal("deadline").label("kind"), LegalDeadline.id.label("id")
    )
    return _own(wanted.where(LegalDeadline.account_id == account.id), LegalDeadline.agency_id, actor)


def _own(wanted: Any, column: Any, actor: Actor) -> Select[Any]:
    scoped: Select[Any] = wanted if actor.agency_id is None else wanted.where(column == actor.agency_id)
    return scoped


def _requests(at: Any, kind: str) -> Made:
    def make(actor: Actor, account: Account) -> Select[Any]:
        wanted: Any = select(at.label("at"), literal(kind).label("kind"), Request.id.label("id"))
        return _own(wanted.where(Request.account_id == account.id, at.is_not(None)), Request.agency_id, actor)

    return make


def _arrangements(actor: Actor, account: Account) -> Select[Any]:
    wanted: Any = select(
        Arrangement.ended_at.label("at"), literal("arrangement").label("kind"), Arrangement.id.label("id")
    )
    ended = wanted.where(Arrangement.account_id == account.id, Arrangement.ended_at.is_not(None))
    return _own(ended, Arrangement.agency_id, actor)


def _objections(actor: Actor, account: Account) -> Select[Any]:
    wanted: Any = select(Objection.raised_at.label("at"), literal("objection").label("kind"), Objection.id.label("id"))
    wanted = wanted.join(Placement, Placement.id == Objection.placement_id).where(Placement.account_id == account.id)
    return _own(wanted, Placement.agency_id, actor)


def _balances(actor: Actor, account: Account) -> Select[Any]:
    """What the bank told of the balance; an agency sees what was told while it held the account."""
    wanted: Any = select(
        BalanceChange.told_at.label("at"), literal("balance").label("kind"), BalanceChange.id.label("id")
    )
    wanted = wanted.where(BalanceChange.account_id == account.id)
    if actor.agency_id is None:
        told: Select[Any] = wanted
        return told
    bound: Select[Any] = wanted.where(
        exists().where(
            Placement.account_id == BalanceChange.account_id,
            Placement.agency_id == actor.agency_id,
            BalanceChange.told_at >= Placement.placed_at,
            or_(Placement.ended_at.is_(None), Placement.ended_at >= BalanceChange.told_at),
        )
    )
    return bound


_KEYS: dict[str, Made] = {
    "placed": _placements(Placement.placed_at, "placed"),
    "acknowledged": _placements(Placement.acknowledged_at, "acknowledged"),
    "recall_requested": _placements(Placement.recall_requested_at, "recall_requested"),
    "stopped": _placements(Placement.stopped_at, "stopped"),
    "ended": _placements(Placement.ended_at, "ended"),
    "activity": _activity,
    "payment": _payments,
    "hold_begun": _holds(Hold.since, "hold_begun"),
    "hold_ended": _holds(Hold.until, "hold_ended"),
    "breach": _breaches,
    "complaint": _complaints,
    "promise": _promises,
    "deadline": _deadlines,
    "request_asked": _requests(Request.asked_at, "request_asked"),
    "request_decided": _requests(Request.decided_at, "request_decided"),
    "arrangement": _arrangements,
    "objection": _objections,
    "balance": _balances,
}


# -- the rows of a page ---------------------------------------------------------------------------------------------------


def _rows(session: Session, page: Sequence[Any]) -> dict[tuple[str, int], tuple[Any, str | None]]:
    """(row, agency name) of every key of the page, one select for each table it takes rows from."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for _, kind, key in page:
        wanted[_TABLE.get(kind, kind)].add(key)
    tables = {name: dict(_of_table(session, name, ids)) for name, ids in wanted.items()}
    return {(kind, key): tables[_TABLE.get(kind, kind)][key] for _, kind, key in page}


_TABLE = {
    **dict.fromkeys(("placed", "acknowledged", "recall_requested", "stopped", "ended"), "placement"),
    **dict.fromkeys(("hold_begun", "hold_ended"), "hold"),
    **dict.fromkeys(("request_asked", "request_decided"), "request"),
}


def _of_table(session: Session, name: str, ids: set[int]) -> list[tuple[int, tuple[Any, str | None]]]:
    selects: dict[str, Rows] = {
        "placement": select(Placement, Agency.name)
        .join(Agency, Agency.id == Placement.agency_id)
        .options(joinedload(Placement.recall)),
        "activity": select(Activity, Agency.name).outerjoin(Agency, Agency.id == Activity.agency_id),
        "payment": select(Payment, Agency.name)
        .join(Credit, Credit.payment_id == Payment.id)
        .outerjoin(Agency, Agency.id == Credit.agency_id),
        "hold": select(Hold, Agency.name).outerjoin(Agency, Agency.id == Hold.agency_id),
        "breach": select(Breach, Agency.name).outerjoin(Agency, Agency.id == Breach.agency_id),
        "complaint": select(Complaint, Agency.name).outerjoin(Agency, Agency.id == Complaint.agency_id),
        "promise": select(Promise, Agency.name).outerjoin(Agency, Agency.id == Promise.agency_id),
        "deadline": select(LegalDeadline, Agency.name).outerjoin(Agency, Agency.id == LegalDeadline.agency_id),
        "request": select(Request, Agency.name).join(Agency, Agency.id == Request.agency_id),
        "arrangement": select(Arrangement, Agency.name).join(Agency, Agency.id == Arrangement.agency_id),
        "objection": select(Objection, Agency.name)
        .join(Placement, Placement.id == Objection.placement_id)
        .join(Agency, Agency.id == Placement.agency_id),
        "balance": select(BalanceChange, null()),
    }
    keys = {
        "placement": Placement.id,
        "activity": Activity.id,
        "payment": Payment.id,
        "hold": Hold.id,
        "breach": Breach.id,
        "complaint": Complaint.id,
        "promise": Promise.activity_id,
        "deadline": LegalDeadline.id,
        "request": Request.id,
        "arrangement": Arrangement.id,
        "objection": Objection.id,
        "balance": BalanceChange.id,
    }
    found = session.execute(selects[name].where(keys[name].in_(list(ids))).add_columns(keys[name]))
    return [(key, (row, agency)) for row, agency, key in found]
