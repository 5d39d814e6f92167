"""Questions about promises: what was promised, how it stands, and what comes of promises on the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from activity.models import Activity, Instalment, Promise, Standing
from activity.promises import GRACE_DAYS, Promised, PromiseState
from agencies.models import Agency
from placements.models import Account
from portal.among import among
from portal.permissions import Actor

KINDS = ("promise", "plan")


def reported(session: Session, account_ids: Collection[int]) -> dict[int, list[tuple[Any, Promised]]]:
    """The promises that stand on these accounts, by account: the reported row, and the promise as a value. Days are days in UTC."""
    wanted = (
        select(
            Activity.id, Activity.agency_id, Activity.account_id, Activity.placement_id, Activity.kind, Activity.occurred_at,
            Activity.amount, Activity.due_on, Activity.instalments, Activity.details, func.coalesce(Activity.currency, Account.currency).label("currency"),
        )
        .join(Account, Account.id == Activity.account_id)
        .where(among(session, Activity.account_id, account_ids), Activity.kind.in_(KINDS), Activity.standing == Standing.ACCEPTED)
        .order_by(Activity.occurred_at, Activity.id)
    )  # fmt: skip
    found: dict[int, list[tuple[Any, Promised]]] = defaultdict(list)
    for row in session.execute(wanted):
        every = str((row.details or {}).get("every", "month"))
        parts = (1 if row.instalments is None else row.instalments) if row.kind == "plan" else 1
        made_on = row.occurred_at.astimezone(UTC).date()
        found[row.account_id].append((row, Promised(row.id, made_on, row.amount, row.due_on, parts, every)))
    return found


def hold_still(session: Session, account_ids: Collection[int]) -> None:
    """Let no two followers work on the same accounts at once; SQLite has one writer anyway."""
    wanted = select(Account.id).where(among(session, Account.id, account_ids)).order_by(Account.id)
    session.execute(wanted.with_for_update(key_share=True)).all()


def accounts_of_report(session: Session, report_id: int) -> set[int]:
    """The accounts on which a report of activity made promises, or corrected some."""
    old = aliased(Activity)
    made = select(Activity.account_id).where(Activity.report_id == report_id, Activity.kind.in_(KINDS))
    corrected = (
        select(old.account_id)
        .join(Activity, and_(Activity.corrects == old.record_id, Activity.sender == old.sender))
        .where(Activity.report_id == report_id, old.standing == Standing.REPLACED, old.kind.in_(KINDS))
    )
    return set(session.scalars(made.union(corrected)))


def accounts_to_judge(session: Session, today: date) -> list[int]:
    """The accounts on which an instalment changes its state by the mere passing of days, in order."""
    passed = or_(
        and_(Instalment.state == PromiseState.WAITING, Instalment.due_on <= today),
        and_(Instalment.state == PromiseState.DUE, Instalment.due_on < today - timedelta(days=GRACE_DAYS)),
    )
    return list(session.scalars(select(Instalment.account_id).where(passed).distinct().order_by(Instalment.account_id)))


# -- what people see ------------------------------------------------------------------------------------------------------


def promises_list(actor: Actor) -> Select[Any]:
    """The promises the actor may see, with account and agency: an agency those made to it."""
    wanted: Any = (
        select(Promise, Account.account_ref, Agency.code)
        .join(Account, Account.id == Promise.account_id)
        .outerjoin(Agency, Agency.id == Promise.agency_id)
    )
    scoped: Select[Any] = wanted.where(Promise.agency_id == actor.agency_id) if actor.agency_id else wanted
    return scoped


@dataclass(frozen=True)
class Funnel:
    """What became of promises: how many were made, could be expected, came due, were kept; and the money of each step, by currency."""

    made: int = 0
    clear: int = 0
    came_due: int = 0
    kept: int = 0
    broken: int = 0

    @property
    def kept_rate(self) -> float | None:
        """Promises kept, of those that were settled."""
        settled = self.kept + self.broken
        return self.kept / settled if settled else None


def funnel(session: Session, actor: Actor, *, since: date, agency: str = "") -> Funnel:
    """What became of the promises made since a day that the actor may see; of one agency, if its code is given."""
    made = promises_list(actor).where(Promise.made_on >= since)
    if agency:
        made = made.where(Agency.code == agency.upper())
    counts = session.execute(made.with_only_columns(Promise.state, func.count()).group_by(Promise.state)).all()
    by_state: dict[PromiseState, int] = dict(counts)
    settled = by_state.get(PromiseState.KEPT, 0), by_state.get(PromiseState.BROKEN, 0)
    clear = sum(count for state, count in by_state.items() if state is not PromiseState.UNCLEAR)
    return Funnel(sum(by_state.values()), clear, sum(settled) + by_state.get(PromiseState.DUE, 0), *settled)


@dataclass(frozen=True)
class KeptSums:
    """Instalments of one agency and currency that fell due in a period and are settled: how many, how many kept, and the money of both."""

    agency_id: int
    currency: str
    due: int
    kept: int
    amount_due: Decimal
    amount_paid: Decimal


def kept_sums(session: Session, *, first: date, end: date) -> Sequence[KeptSums]:
    """How instalments that fell due from `first` to before `end` were kept, by agency and currency: due, not made, in the period."""
    kept = func.sum(case((Instalment.state == PromiseState.KEPT, 1), else_=0))
    wanted = (
        select(Promise.agency_id, Promise.currency, func.count(), kept, func.sum(Instalment.amount), func.sum(Instalment.paid))
        .join(Promise, Promise.activity_id == Instalment.promise_id)
        .where(
            Promise.agency_id.is_not(None), Instalment.due_on >= first, Instalment.due_on < end,
            Instalment.state.in_((PromiseState.KEPT, PromiseState.BROKEN)),
        )
        .group_by(Promise.agency_id, Promise.currency)
        .order_by(Promise.agency_id, Promise.currency)
    )  # fmt: skip
    return [
        KeptSums(agency_id, currency, due, int(few), amount, paid)
        for agency_id, currency, due, few, amount, paid in session.execute(wanted)
    ]


def instalments_of(session: Session, promise_ids: Collection[int]) -> dict[int, list[Instalment]]:
    """The instalments of these promises, in order."""
    found: dict[int, list[Instalment]] = defaultdict(list)
    wanted = select(Instalment).where(Instalment.promise_id.in_(promise_ids))
    for row in session.scalars(wanted.order_by(Instalment.promise_id, Instalment.number)):
        found[row.promise_id].append(row)
    return found
