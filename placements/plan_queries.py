"""Questions about plans and their lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Integer, Select, func, or_, select, text, type_coerce
from sqlalchemy.orm import Session, aliased

from agencies.models import Agency
from placements.models import LIMITS_ONLY, Account, Hold, Placement, Plan, PlanLine, PlanState
from placements.queries import IS_OPEN
from placements.request_queries import is_settled
from portal.errors import NotFound

ALONE: Final = "strategy "  # who decided on a plan by hand within the limit: the strategy's version, nobody else
PLACING: Final = 0x70_6C_61_6E  # the advisory lock on PostgreSQL


def get(session: Session, ref: str) -> Plan:
    """One plan. Raises NotFound. Plans are the bank's; agencies have no permission that leads here."""
    found = session.scalars(select(Plan).where(Plan.ref == ref)).first()
    if found is None:
        raise NotFound
    return found


def plans_list() -> Select[Plan]:
    """Plans for the list page."""
    return select(Plan)


def newest_first(session: Session) -> Sequence[Plan]:
    """Every plan, newest first."""
    return session.scalars(select(Plan).order_by(Plan.id.desc())).all()


def due(session: Session, at: datetime) -> Sequence[Plan]:
    """Approved plans that were to take effect after their approval and are due now."""
    return session.scalars(
        select(Plan)
        .where(Plan.state == PlanState.APPROVED, Plan.effective_at <= at, Plan.effective_at > Plan.decided_at)
        .order_by(Plan.id)
    ).all()


@dataclass(frozen=True)
class Part:
    """What one agency gets of a plan."""

    agency_id: int
    code: str
    name: str
    accounts: int
    balance: Decimal


def parts(session: Session, plan: Plan) -> list[Part]:
    """What each agency gets, by code; lines that were dropped when the plan was placed are not counted."""
    wanted = (
        select(Agency.id, Agency.code, Agency.name, func.count(), func.sum(PlanLine.balance))
        .join(PlanLine, PlanLine.agency_id == Agency.id)
        .where(PlanLine.plan_id == plan.id, PlanLine.dropped.is_(None))
        .group_by(Agency.id, Agency.code, Agency.name)
        .order_by(Agency.code)
    )
    return [Part(*row) for row in session.execute(wanted)]


def placed_before(session: Session, plan: Plan) -> Plan | None:
    """The newest plan of the same currency that was placed before this one was drawn, of the same portfolio if there is one."""
    wanted = select(Plan).where(
        Plan.state == PlanState.PLACED, Plan.currency == plan.currency, Plan.id != plan.id, Plan.placed_at <= plan.created_at, ~Plan.by_hand,
    )  # fmt: skip
    same_portfolio = func.coalesce(Plan.portfolio_id, 0) == (plan.portfolio_id or 0)
    return session.scalars(
        wanted.order_by(same_portfolio.desc(), Plan.placed_at.desc(), Plan.id.desc()).limit(1)
    ).first()


def by_treatment(session: Session, plan: Plan) -> Sequence[Any]:
    """(tier, treatment, accounts, balance) of the accounts that somebody gets, of a plan that a strategy bound."""
    wanted = select(PlanLine.track, PlanLine.treatment, func.count(), func.sum(PlanLine.balance)).where(
        PlanLine.plan_id == plan.id, PlanLine.agency_id.is_not(None), PlanLine.dropped.is_(None), PlanLine.track.is_not(None),
    )  # fmt: skip
    return session.execute(
        wanted.group_by(PlanLine.track, PlanLine.treatment).order_by(PlanLine.track, PlanLine.treatment)
    ).all()


@dataclass(frozen=True)
class CellPart:
    """What one agency gets of one cell; no code for what nobody gets."""

    cell: str
    code: str | None
    accounts: int
    balance: Decimal


def cells(session: Session, plan: Plan) -> list[CellPart]:
    """Each cell by agency, in the order of the cells' names."""
    wanted = (
        select(PlanLine.cell, Agency.code, func.count(), func.sum(PlanLine.balance))
        .outerjoin(Agency, Agency.id == PlanLine.agency_id)
        .where(PlanLine.plan_id == plan.id)
        .group_by(PlanLine.cell, Agency.code)
    )
    found = [CellPart(*row) for row in session.execute(wanted)]
    return sorted(found, key=lambda part: (part.cell, part.code or ""))


def at_places(session: Session, plan: Plan) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """How many accounts of each jurisdiction and product a plan is about, and their balance; those nobody may get are not counted."""
    wanted = select(PlanLine.jurisdiction, PlanLine.product, func.count(), func.sum(PlanLine.balance)).where(
        PlanLine.plan_id == plan.id, PlanLine.obstacles.is_(None)
    )
    rows = session.execute(wanted.group_by(PlanLine.jurisdiction, PlanLine.product))
    return {(jurisdiction, str(product)): (count, balance) for jurisdiction, product, count, balance in rows}


@dataclass(frozen=True)
class LeftOut:
    """Accounts that share one list of reasons: its place among the plan's, how many, their balance, one of them as an example."""

    why: int
    accounts: int
    balance: Decimal
    example: str


def left_out(session: Session, plan: Plan) -> list[LeftOut]:
    """The accounts that nobody gets (or, once placed, got), by their list of reasons, most first."""
    why = func.coalesce(PlanLine.dropped, PlanLine.why)
    wanted = (
        select(why, func.count(), func.sum(PlanLine.balance), func.min(Account.account_ref))
        .join(Account, Account.id == PlanLine.account_id)
        .where(PlanLine.plan_id == plan.id, why.is_not(None))
        .group_by(why)
    )
    return sorted((LeftOut(*row) for row in session.execute(wanted)), key=lambda row: (-row.accounts, row.why))


def left_out_lines(plan_id: int) -> Any:
    """Every account that nobody gets: (line id, account reference, jurisdiction, product, balance, currency, place of its reasons)."""
    why = func.coalesce(PlanLine.dropped, PlanLine.why)
    return (
        select(
            PlanLine.id,
            Account.account_ref,
            PlanLine.jurisdiction,
            PlanLine.product,
            PlanLine.balance,
            PlanLine.currency,
            why,
        )
        .join(Account, Account.id == PlanLine.account_id)
        .where(PlanLine.plan_id == plan_id, why.is_not(None))
    )


def unplaced(session: Session, plan: Plan) -> Sequence[tuple[str, int]]:
    """(account reference, place of its reasons) of every account that nobody gets, by reference."""
    rows = session.execute(left_out_lines(plan.id).order_by(Account.account_ref))
    return [(row[1], row[6]) for row in rows]


def assigned_lines(plan_id: int) -> Any:
    """Every account that somebody gets: (line id, account reference, agency code, cell, balance, currency, jurisdiction, product)."""
    return (
        select(
            PlanLine.id, Account.account_ref, Agency.code, PlanLine.cell, PlanLine.balance, PlanLine.currency, PlanLine.jurisdiction,
            PlanLine.product,
        )
        .join(Account, Account.id == PlanLine.account_id)
        .join(Agency, Agency.id == PlanLine.agency_id)
        .where(PlanLine.plan_id == plan_id, PlanLine.dropped.is_(None))
    )  # fmt: skip


def placed_alone(session: Session, user_id: int, currency: str | None, since: datetime) -> tuple[int, Decimal]:
    """Accounts and their balance in this currency that a person placed by hand since then without a second person.

    Accounts count whatever their currency is.
    """
    wanted = select(func.sum(Plan.accounts), func.sum(Plan.balance).filter(Plan.currency == currency)).where(
        Plan.by_hand, Plan.state == PlanState.PLACED, Plan.created_by_id == user_id, Plan.placed_at > since, Plan.decided_by.startswith(ALONE),
    )  # fmt: skip
    accounts, balance = session.execute(wanted).one()
    return int(accounts or 0), balance or Decimal(0)


def assigned_refs(session: Session, plan: Plan) -> dict[str, str]:
    """Account reference to agency code of every account that somebody gets."""
    return {row[1]: row[2] for row in session.execute(assigned_lines(plan.id))}


def account_refs(session: Session, plan: Plan) -> tuple[str, ...]:
    """The references of all accounts a plan is about."""
    wanted = (
        select(Account.account_ref).join(PlanLine, PlanLine.account_id == Account.id).where(PlanLine.plan_id == plan.id)
    )
    return tuple(session.scalars(wanted.order_by(Account.account_ref)))


def signed_rows(session: Session, plan: Plan) -> Iterable[Any]:
    """What a plan's fingerprint covers of its lines, by account, one after another."""
    wanted = (
        select(
            PlanLine.account_id, PlanLine.agency_id, PlanLine.contract_id, PlanLine.cell, PlanLine.placement_ref, PlanLine.why,
            type_coerce(PlanLine.balance, Integer),
        ).where(PlanLine.plan_id == plan.id).order_by(PlanLine.account_id)
    )  # fmt: skip
    return session.execute(wanted.execution_options(yield_per=5000))


def lines_with_refs(session: Session, plan: Plan) -> Sequence[Any]:
    """Every line of a plan with its account's reference and its agency's code, for drawing it again."""
    wanted = (
        select(PlanLine, Account.account_ref, Agency.code)
        .join(Account, Account.id == PlanLine.account_id)
        .outerjoin(Agency, Agency.id == PlanLine.agency_id)
        .where(PlanLine.plan_id == plan.id)
    )
    return session.execute(wanted).all()


# -- placing -------------------------------------------------------------------------------------------------------------


def one_at_a_time(session: Session) -> None:
    """Wait until nobody else is placing a plan, and let nobody begin before this transaction ends.

    Limits, and that a consumer's accounts go to one agency, concern placements that another plan may be making at this moment.
    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PLACING})


def assigned_places(session: Session, plan: Plan) -> Sequence[Any]:
    """The distinct (agency id, contract id, jurisdiction, product) that a plan places."""
    wanted = select(PlanLine.agency_id, PlanLine.contract_id, PlanLine.jurisdiction, PlanLine.product)
    return session.execute(wanted.where(PlanLine.plan_id == plan.id, PlanLine.agency_id.is_not(None)).distinct()).all()


def now_on_hold(session: Session, plan: Plan) -> Sequence[Any]:
    """(line id, kind of hold) of assigned lines whose account is on hold now."""
    return _assigned(
        session,
        plan,
        select(PlanLine.id, Hold.kind)
        .join(Hold, Hold.account_id == PlanLine.account_id)
        .where(Hold.until.is_(None), Hold.kind.not_in(LIMITS_ONLY)),
    )


def now_placed(session: Session, plan: Plan) -> Sequence[Any]:
    """(line id, agency code) of assigned lines whose account is placed now."""
    wanted = select(PlanLine.id, Agency.code).join(Placement, Placement.account_id == PlanLine.account_id)
    return _assigned(session, plan, wanted.join(Agency, Agency.id == Placement.agency_id).where(IS_OPEN))


def now_paid(session: Session, plan: Plan) -> Sequence[Any]:
    """(line id,) of assigned lines on whose account nothing is owed any more."""
    return _assigned(
        session,
        plan,
        select(PlanLine.id)
        .join(Account, Account.id == PlanLine.account_id)
        .where(or_(Account.balance <= 0, is_settled())),
    )


def now_followed(session: Session, plan: Plan) -> Sequence[Any]:
    """(line id, agency code) of assigned lines where another agency works another account of the consumer now."""
    own, other = aliased(Account), aliased(Account)
    return _assigned(
        session,
        plan,
        select(PlanLine.id, Agency.code)
        .join(own, own.id == PlanLine.account_id)
        .join(other, other.consumer_id == own.consumer_id)
        .join(Placement, Placement.account_id == other.id)
        .join(Agency, Agency.id == Placement.agency_id)
        .where(IS_OPEN, other.id != own.id, Placement.agency_id != PlanLine.agency_id),
    )


def lines_at(
    session: Session, plan: Plan, agency_id: int, contract_id: int, jurisdiction: str, product: str
) -> Sequence[int]:
    """The ids of the lines that place accounts of this place and product with this agency under this contract."""
    wanted = select(PlanLine.id).where(
        PlanLine.plan_id == plan.id, PlanLine.agency_id == agency_id, PlanLine.contract_id == contract_id
    )
    return session.scalars(wanted.where(PlanLine.jurisdiction == jurisdiction, PlanLine.product == product)).all()


def still_assigned(session: Session, plan: Plan) -> int:
    """How many lines of a plan are assigned and not dropped."""
    wanted = select(func.count()).select_from(PlanLine).where(PlanLine.plan_id == plan.id)
    return int(session.scalar(wanted.where(PlanLine.agency_id.is_not(None), PlanLine.dropped.is_(None))) or 0)


def placed_sums(session: Session, plan: Plan) -> dict[int, tuple[int, Decimal]]:
    """How many placements a plan made at each agency (by id), and their balance."""
    wanted = select(Placement.agency_id, func.count(), func.sum(Placement.balance)).where(Placement.plan_id == plan.id)
    return {
        agency_id: (count, balance)
        for agency_id, count, balance in session.execute(wanted.group_by(Placement.agency_id))
    }


def first_refs(session: Session, plan: Plan, agency_id: int, most: int) -> Sequence[str]:
    """The references of the first placements a plan made at an agency."""
    wanted = select(Placement.ref).where(Placement.plan_id == plan.id, Placement.agency_id == agency_id)
    return session.scalars(wanted.order_by(Placement.id).limit(most)).all()


def _assigned(session: Session, plan: Plan, wanted: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    return session.execute(wanted.where(PlanLine.plan_id == plan.id, PlanLine.agency_id.is_not(None))).all()
