"""Questions about what agencies hold in which places, for looking at it when a credential lapses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from placements.models import Account, Hold, HoldKind, Placement
from placements.queries import IS_OPEN, in_lots

_IS_HELD = exists().where(Hold.account_id == Account.id, Hold.kind == HoldKind.LICENCE, Hold.until.is_(None))


@dataclass(frozen=True, slots=True)
class Sum:
    """What one agency holds in one place, of one product and currency; `held` of the accounts are on hold for a licence."""

    agency_id: int
    jurisdiction: str
    product: str
    currency: str
    accounts: int
    balance: Decimal
    held: int


@dataclass(frozen=True, slots=True)
class Held:
    """An account on hold for a missing licence of the agency that has it."""

    account_id: int
    jurisdiction: str
    product: str


def open_by_place(session: Session, *, agency_id: int | None = None) -> list[Sum]:
    """What is placed with every agency, or this one, by place, product and currency: one select over the open placements."""
    key = (Placement.agency_id, Account.jurisdiction, Account.product, Placement.currency)
    held = func.count().filter(_IS_HELD)
    wanted = select(*key, func.count(), func.sum(Placement.balance), held).join(
        Account, Account.id == Placement.account_id
    )
    wanted = wanted.where(IS_OPEN) if agency_id is None else wanted.where(IS_OPEN, Placement.agency_id == agency_id)
    rows = session.execute(wanted.group_by(*key))
    return [
        Sum(agency, place, str(product), currency, count, balance, held_count)
        for agency, place, product, currency, count, balance, held_count in rows
    ]


def open_at(session: Session, agency_id: int, jurisdiction: str, product: str) -> Sequence[int]:
    """The accounts of a place and product that are placed with an agency."""
    wanted = select(Account.id).join(Placement, Placement.account_id == Account.id)
    wanted = wanted.where(IS_OPEN, Placement.agency_id == agency_id)
    return session.scalars(
        wanted.where(Account.jurisdiction == jurisdiction, Account.product == product).order_by(Account.id)
    ).all()


def held(session: Session, agency_id: int) -> list[Held]:
    """The accounts that are placed with an agency and on hold for a licence."""
    wanted = select(Account.id, Account.jurisdiction, Account.product).join(
        Placement, Placement.account_id == Account.id
    )
    rows = session.execute(wanted.where(IS_OPEN, Placement.agency_id == agency_id, _IS_HELD))
    return [Held(account_id, place, str(product)) for account_id, place, product in rows]


def accounts_of(session: Session, placement_ids: Collection[int]) -> list[int]:
    """The accounts of these placements."""
    return [
        account_id
        for lot in in_lots(placement_ids)
        for account_id in session.scalars(select(Placement.account_id).where(Placement.id.in_(lot)))
    ]


def refs_of(session: Session, account_ids: Collection[int]) -> list[str]:
    """The references of these accounts."""
    return [
        ref
        for lot in in_lots(account_ids)
        for ref in session.scalars(select(Account.account_ref).where(Account.id.in_(lot)).order_by(Account.id))
    ]
