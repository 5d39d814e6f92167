"""Acts: what a granted request does. Money that was agreed becomes an arrangement, which is followed to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from placements import holds, outcomes, recall, request_queries
from placements.authority import Terms
from placements.events import ARRANGEMENT_BROKEN, ARRANGEMENT_CANCELLED, ARRANGEMENT_KEPT, ArrangementEnded
from placements.models import Account, HoldKind, RecallReason
from placements.outcomes import Outcome
from placements.recall_queries import Wanted
from placements.request_models import ARRANGED, Arrangement, ArrangementState, Request, RequestKind, RequestState
from portal import audit, events, tasks
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor

FIRST_DUE: Final = timedelta(days=14)
"""When the first payment is due where nobody said so."""
TO_LOOK: Final = timedelta(days=5)


def grant(session: Session, actor: Actor, request: Request, account: Account, terms: Terms, *, at: datetime) -> None:
    """Do what was granted. Raises Conflict where it cannot be done."""
    if request.kind in ARRANGED:
        _arrange(session, actor, request, account, terms, at)
    elif request.kind is RequestKind.EXTENSION:
        request.placement.due_back_on += timedelta(days=terms.days or 0)
        request.placement.updated_at = at
    elif request.kind is RequestKind.HARDSHIP:
        if not any(hold.kind is HoldKind.HARDSHIP for hold in holds.on(session, account)):
            holds.open_hold(session, actor, account, HoldKind.HARDSHIP, note=f"request:{request.ref}", at=at)
    elif request.kind is RequestKind.RECALL:
        wanted = Wanted(account_refs=(account.account_ref,))
        recall.request_recall(session, actor, wanted, RecallReason.STRATEGY, final_at=at, at=at)
    elif request.kind is RequestKind.DOCUMENTS and not request_queries.supplied_for(session, request):
        raise Conflict(N_("Supply at least one document first."))


def _arrange(session: Session, actor: Actor, request: Request, account: Account, terms: Terms, at: datetime) -> None:
    """What is to be paid, by when, and what the bank gives up for it. The arrangement before it, if one runs, ends."""
    if running := request_queries.running_on(session, account.id):
        _end(session, actor, running, ArrangementState.CANCELLED, at)
        session.flush()
    waived = terms.waived if request.kind is RequestKind.WAIVER else None
    amount = account.balance - waived if waived else (account.balance if terms.amount is None else terms.amount)
    if not 0 < amount <= account.balance:
        raise Invalid(
            N_("Write an amount above nothing, at most the balance."),
            fields={"amount": N_("Write an amount above nothing, at most the balance.")},
        )
    first, count = terms.due_on or (at + FIRST_DUE).date(), terms.instalments or 1
    session.add(
        Arrangement(
            request_id=request.id,
            placement_id=request.placement_id,
            account_id=account.id,
            agency_id=request.agency_id,
            kind=request.kind,
            state=ArrangementState.RUNNING,
            balance=account.balance,
            amount=amount,
            waived=account.balance - amount,
            share=amount / account.balance,
            instalments=count,
            first_due_on=first,
            last_due_on=outcomes.month_later(first, count - 1),
            agreed_at=at,
            paid=Decimal(0),
        )
    )
    holds.touch_placements(session, [account.id], at=at)
    session.flush()


def cancel(session: Session, actor: Actor, arrangement: Arrangement, *, at: datetime) -> Arrangement:
    """A person of the bank ends an arrangement: its terms hold no longer. Raises Conflict if it has ended."""
    if arrangement.state is not ArrangementState.RUNNING:
        raise Conflict(N_("This arrangement has ended already."))
    _end(session, actor, arrangement, ArrangementState.CANCELLED, at)
    return arrangement


def follow(
    session: Session, arrangement: Arrangement, payments: Iterable[tuple[date, Decimal]], *, today: date, at: datetime
) -> Outcome:
    """Bring an arrangement up to what was really paid since it was agreed (the floor of the ledger knows). Twice changes nothing."""
    plan = outcomes.schedule(arrangement.amount, arrangement.instalments, arrangement.first_due_on)
    found = outcomes.followed(plan, payments, today)
    arrangement.paid, arrangement.followed_on = found.paid, today
    if found.state == "kept":
        _end(session, SYSTEM, arrangement, ArrangementState.KEPT, at)
    elif found.state == "broken":
        _end(session, SYSTEM, arrangement, ArrangementState.BROKEN, at)
    return found


def _end(session: Session, actor: Actor, arrangement: Arrangement, state: ArrangementState, at: datetime) -> None:
    names = {
        ArrangementState.KEPT: ARRANGEMENT_KEPT,
        ArrangementState.BROKEN: ARRANGEMENT_BROKEN,
        ArrangementState.CANCELLED: ARRANGEMENT_CANCELLED,
    }
    request = arrangement.request
    arrangement.state, arrangement.ended_at = state, at
    if request.state is RequestState.GRANTED:
        request.state = RequestState.CLOSED
    audit.record(session, actor, names[state], f"request:{request.ref}", paid=str(arrangement.paid))
    holds.touch_placements(session, [arrangement.account_id], at=at)
    account = session.get_one(Account, arrangement.account_id)
    if state is ArrangementState.KEPT:
        _settle(session, account, at)
    elif state is ArrangementState.BROKEN:
        tasks.open_task(
            session, "arrangement.broken", f"request:{request.ref}", N_("An arrangement was broken: decide what happens to %(account)s"),
            link=f"/requests/{request.ref}", role=Role.VENDOR_MANAGER, due_at=at + TO_LOOK, account=account.account_ref,
        )  # fmt: skip
    session.flush()
    events.emit(
        session, ArrangementEnded(arrangement.id, arrangement.account_id, arrangement.agency_id, state.value, at)
    )


def _settle(session: Session, account: Account, at: datetime) -> None:
    """What was agreed is paid: nobody collects the rest. The placement ends at once, and no plan places the account again."""
    wanted = Wanted(account_refs=(account.account_ref,))
    if recall.may_recall(session, wanted):
        recall.request_recall(session, SYSTEM, wanted, RecallReason.SETTLED_WITH_BANK, final_at=at, at=at)
