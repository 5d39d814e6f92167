"""Questions about accounts, consumers, holds, portfolios and placements. Plans and recalls have modules of their own beside this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from agencies.models import Agency
from placements.models import (
    Account,
    BalanceChange,
    Consumer,
    Hold,
    HoldKind,
    Objection,
    Placement,
    PlacementState,
    Portfolio,
)
from portal.errors import N_, Invalid, NotFound
from portal.permissions import Actor

IN_MOST = 5000  # values in one condition
LOT = 1000  # rows of a long list at a time
IS_OPEN = Placement.ended_at.is_(None)
Value = TypeVar("Value")


def in_lots(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values, each once, in lots that fit one condition."""
    whole = list(dict.fromkeys(values))
    for start in range(0, len(whole), IN_MOST):
        yield whole[start : start + IN_MOST]


def in_pages(session: Session, wanted: Any) -> Iterator[Sequence[Any]]:
    """The rows of a select in lots, by the id that their first column is or has, so that no list has to fit in memory."""
    key = wanted.selected_columns[0]
    last = 0
    while lot := session.execute(wanted.where(key > last).order_by(key).limit(LOT)).all():
        yield lot
        last = lot[-1][0] if isinstance(lot[-1][0], int) else lot[-1][0].id
        session.expunge_all()


# -- accounts ----------------------------------------------------------------------------------------------------------


def accounts_visible_to(actor: Actor) -> Select[Account]:
    """Accounts the actor may see: the bank all, an agency those placed with it now."""
    wanted = select(Account)
    if actor.agency_id is None:
        return wanted
    return wanted.where(
        exists().where(Placement.account_id == Account.id, Placement.agency_id == actor.agency_id, IS_OPEN)
    )


def get_account(session: Session, actor: Actor, account_ref: str) -> Account:
    """One account with its consumer and portfolio. Raises NotFound if there is none or it is not the actor's to see."""
    wanted = accounts_visible_to(actor).where(Account.account_ref == account_ref)
    found = session.scalars(wanted.options(joinedload(Account.consumer), joinedload(Account.portfolio))).first()
    if found is None:
        raise NotFound
    return found


def account_ids(session: Session, refs: Collection[str]) -> dict[str, int]:
    """The ids of these account references, of those that exist."""
    found: dict[str, int] = {}
    for lot in in_lots(refs):
        rows = session.execute(select(Account.account_ref, Account.id).where(Account.account_ref.in_(lot)))
        found.update(dict(rows.all()))
    return found


def known_accounts(session: Session, refs: Collection[str]) -> dict[str, tuple[int, date | None]]:
    """(id, the day its figures stand) of these accounts."""
    found: dict[str, tuple[int, date | None]] = {}
    for lot in in_lots(refs):
        rows = session.execute(
            select(Account.account_ref, Account.id, Account.as_of).where(Account.account_ref.in_(lot))
        )
        found.update({ref: (account_id, as_of) for ref, account_id, as_of in rows})
    return found


def balances(session: Session, ids: Iterable[int]) -> dict[int, Decimal]:
    """What is owed on these accounts."""
    found: dict[int, Decimal] = {}
    for lot in in_lots(ids):
        found.update(dict(session.execute(select(Account.id, Account.balance).where(Account.id.in_(lot))).all()))
    return found


def people(session: Session, refs: Collection[str]) -> Sequence[Consumer]:
    """The consumers with these references."""
    return [
        one for lot in in_lots(refs) for one in session.scalars(select(Consumer).where(Consumer.consumer_ref.in_(lot)))
    ]


def balance_changes(session: Session, account: Account) -> Sequence[BalanceChange]:
    """Every change of what is owed on an account, newest first."""
    wanted = select(BalanceChange).where(BalanceChange.account_id == account.id)
    return session.scalars(wanted.order_by(BalanceChange.told_at.desc(), BalanceChange.id.desc())).all()


def known_consumers(session: Session, refs: Collection[str]) -> dict[str, tuple[int, date | None]]:
    """(id, the newest day the figures of any of their accounts stand) of these consumers."""
    found: dict[str, tuple[int, date | None]] = {}
    for lot in in_lots(refs):
        rows = session.execute(
            select(Consumer.consumer_ref, Consumer.id, func.max(Account.as_of))
            .outerjoin(Account, Account.consumer_id == Consumer.id)
            .where(Consumer.consumer_ref.in_(lot))
            .group_by(Consumer.consumer_ref, Consumer.id)
        )
        found.update({ref: (consumer_id, as_of) for ref, consumer_id, as_of in rows})
    return found


def siblings(session: Session, actor: Actor, account: Account) -> Sequence[Account]:
    """The other accounts of the same consumer that the actor may see."""
    wanted = accounts_visible_to(actor).where(Account.consumer_id == account.consumer_id, Account.id != account.id)
    return session.scalars(wanted.order_by(Account.account_ref)).all()


def find_people(
    session: Session, actor: Actor, *, index: InstrumentedAttribute[bytes | None], value: bytes | None, most: int
) -> Sequence[Account]:
    """Accounts of the consumers whose blind index equals this value, with their consumers; none for an empty value."""
    if value is None:
        return []
    wanted = accounts_visible_to(actor).join(Account.consumer).where(index == value)
    return session.scalars(
        wanted.options(contains_eager(Account.consumer)).order_by(Account.account_ref).limit(most)
    ).all()


# -- portfolios --------------------------------------------------------------------------------------------------------


def portfolios_by_name(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of these portfolios, of those that exist."""
    rows = session.execute(select(Portfolio.name, Portfolio.id).where(Portfolio.name.in_(list(names))))
    return dict(rows.all())


def get_portfolio(session: Session, name: str) -> Portfolio:
    """A portfolio by its name. Raises Invalid if there is none: names come out of forms and bodies, not out of addresses."""
    found = session.scalars(select(Portfolio).where(Portfolio.name == name)).first()
    if found is None:
        raise Invalid(
            N_("There is no portfolio %(name)s."),
            fields={"portfolio": N_("Name a portfolio that is there.")},
            name=name,
        )
    return found


def portfolio_names(session: Session) -> Sequence[str]:
    """The names of all portfolios in order."""
    return session.scalars(select(Portfolio.name).order_by(Portfolio.name)).all()


def portfolio_figures() -> Any:
    """Each portfolio and currency with its accounts, their balance, and how many are placed: (portfolio, currency, …)."""
    is_placed = exists().where(Placement.account_id == Account.id, IS_OPEN)
    return (
        select(
            Portfolio,
            Account.currency,
            func.count(Account.id).label("accounts"),
            func.sum(Account.balance).label("balance"),
            func.count(Account.id).filter(is_placed).label("placed"),
        )
        .outerjoin(Account, Account.portfolio_id == Portfolio.id)
        .group_by(Portfolio.id, Account.currency)
    )


# -- holds -------------------------------------------------------------------------------------------------------------


def open_holds(session: Session, ids: Iterable[int]) -> dict[int, list[Hold]]:
    """The holds that are on, by account."""
    found: dict[int, list[Hold]] = defaultdict(list)
    for lot in in_lots(ids):
        for hold in session.scalars(
            select(Hold).where(Hold.account_id.in_(lot), Hold.until.is_(None)).order_by(Hold.id)
        ):
            found[hold.account_id].append(hold)
    return found


def open_hold_kinds(session: Session, ids: Iterable[int]) -> dict[int, list[HoldKind]]:
    """The kinds of hold that are on, by account."""
    return {account_id: [hold.kind for hold in holds] for account_id, holds in open_holds(session, ids).items()}


def open_holds_from(session: Session, sources: Iterable[str], agency_id: int | None) -> list[Hold]:
    """The holds that are on and rest on these sources, as this agency (none: the bank) told them."""
    wanted = select(Hold).where(Hold.agency_id.is_not_distinct_from(agency_id), Hold.until.is_(None))
    return [hold for lot in in_lots(sources) for hold in session.scalars(wanted.where(Hold.source.in_(lot)))]


def holds_of(session: Session, account: Account) -> Sequence[Hold]:
    """Every hold of an account, newest first."""
    return session.scalars(
        select(Hold).where(Hold.account_id == account.id).order_by(Hold.since.desc(), Hold.id.desc())
    ).all()


def get_hold(session: Session, account: Account, hold_id: int) -> Hold:
    """One hold of this account. Raises NotFound."""
    found = session.get(Hold, hold_id)
    if found is None or found.account_id != account.id:
        raise NotFound
    return found


# -- placements --------------------------------------------------------------------------------------------------------


def placements_visible_to(actor: Actor) -> Select[Placement]:
    """Placements the actor may see: the bank all, an agency its own while they are open."""
    wanted = select(Placement)
    return wanted if actor.agency_id is None else wanted.where(Placement.agency_id == actor.agency_id, IS_OPEN)


def get_placement(session: Session, actor: Actor, ref: str) -> Placement:
    """One placement with account, consumer, agency and recall. Raises NotFound if it is not there or not the actor's to see."""
    wanted = placements_visible_to(actor).where(Placement.ref == ref)
    found = session.scalars(
        wanted.options(
            joinedload(Placement.account).joinedload(Account.consumer),
            joinedload(Placement.account).joinedload(Account.portfolio),
            joinedload(Placement.agency),
            joinedload(Placement.contract),
            joinedload(Placement.recall),
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def placement_of_account(session: Session, actor: Actor, account_ref: str) -> Placement | None:
    """The open placement of an account as `get_placement` gives it; none if it is not there or not the actor's to see."""
    wanted = placements_visible_to(actor).join(Placement.account).where(Account.account_ref == account_ref, IS_OPEN)
    ref = session.scalar(wanted.with_only_columns(Placement.ref))
    return get_placement(session, actor, ref) if ref else None


def placements_of(session: Session, actor: Actor, account: Account) -> Sequence[Placement]:
    """Every placement of an account that the actor may see, newest first, with its agency and recall."""
    wanted = placements_visible_to(actor).where(Placement.account_id == account.id)
    options = (joinedload(Placement.agency), joinedload(Placement.recall))
    return session.scalars(wanted.options(*options).order_by(Placement.placed_at.desc(), Placement.id.desc())).all()


def own_placements(
    session: Session, agency_id: int, refs: Collection[str], *, even_ended: bool = False
) -> dict[str, Placement]:
    """The placements of this agency among these references, with their accounts, locked until the transaction ends.

    `even_ended`: also those that are over, for the proof that work stopped.
    """
    found: dict[str, Placement] = {}
    for lot in in_lots(refs):
        wanted = select(Placement).where(Placement.agency_id == agency_id, Placement.ref.in_(lot))
        if not even_ended:
            wanted = wanted.where(IS_OPEN)
        locked = wanted.options(joinedload(Placement.account)).order_by(Placement.id).with_for_update(of=Placement)
        found.update({placement.ref: placement for placement in session.scalars(locked)})
    return found


def holders(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """The agency that holds each of these accounts now, of those that are placed."""
    found: dict[int, int] = {}
    for lot in in_lots(ids):
        rows = session.execute(
            select(Placement.account_id, Placement.agency_id).where(Placement.account_id.in_(lot), IS_OPEN)
        )
        found.update(dict(rows.all()))
    return found


def open_placements_of(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Who holds each of these accounts now, and the reference of that placement, of those that are placed."""
    found: dict[int, tuple[int, str]] = {}
    for lot in in_lots(ids):
        wanted = select(Placement.account_id, Placement.agency_id, Placement.ref)
        for account_id, agency_id, ref in session.execute(wanted.where(Placement.account_id.in_(lot), IS_OPEN)):
            found[account_id] = (agency_id, ref)
    return found


def placement_list(
    actor: Actor, *, states: Collection[PlacementState] = (), updated_since: datetime | None = None
) -> Select[Placement]:
    """The API's list: placements with account and consumer, in these states, changed since then."""
    wanted = placements_visible_to(actor).join(Placement.account).join(Account.consumer)
    if states:
        wanted = wanted.where(Placement.state.in_(states))
    if updated_since:
        wanted = wanted.where(Placement.updated_at >= updated_since)
    return wanted.options(contains_eager(Placement.account).contains_eager(Account.consumer))


def waiting_for_answer(session: Session, agency_id: int) -> Sequence[str]:
    """The references of the agency's placements that it has not acknowledged yet."""
    wanted = select(Placement.ref).where(Placement.agency_id == agency_id, Placement.state == PlacementState.PLACED)
    return session.scalars(wanted.order_by(Placement.id)).all()


def inventory_figures(session: Session, actor: Actor) -> Sequence[Any]:
    """How many open placements there are by state, and their placed balance by currency: (state, currency, count, balance)."""
    open_ones = placements_visible_to(actor).where(IS_OPEN).subquery()
    return session.execute(
        select(open_ones.c.state, open_ones.c.currency, func.count(), func.sum(open_ones.c.balance)).group_by(
            open_ones.c.state, open_ones.c.currency
        )
    ).all()


def agencies_with_placements(session: Session) -> Sequence[str]:
    """The codes of the agencies that hold or held anything."""
    return session.scalars(
        select(Agency.code).where(exists().where(Placement.agency_id == Agency.id)).order_by(Agency.code)
    ).all()


def objections_of(session: Session, placement: Placement) -> Sequence[Objection]:
    """Every objection to a recall of this placement, newest first."""
    return session.scalars(
        select(Objection).where(Objection.placement_id == placement.id).order_by(Objection.id.desc())
    ).all()


def matching(text: str) -> ColumnElement[bool]:
    """Accounts whose own or whose consumer's reference begins with this text."""
    return or_(
        Account.account_ref.istartswith(text, autoescape=True),
        Account.consumer_id.in_(select(Consumer.id).where(Consumer.consumer_ref.istartswith(text, autoescape=True))),
    )


def is_on_hold(kind: str) -> ColumnElement[bool] | None:
    """Accounts with a hold of this kind that is on; none for no such kind."""
    if kind not in set(HoldKind):
        return None
    return exists().where(Hold.account_id == Account.id, Hold.kind == kind, Hold.until.is_(None))


# -- list pages ----------------------------------------------------------------------------------------------------------


def accounts_list() -> Any:
    """Accounts for the bank's list: (account, consumer reference, portfolio name, agency code or none)."""
    return (
        select(Account, Consumer.consumer_ref, Portfolio.name, Agency.code)
        .join(Consumer, Consumer.id == Account.consumer_id)
        .join(Portfolio, Portfolio.id == Account.portfolio_id)
        .outerjoin(Placement, and_(Placement.account_id == Account.id, IS_OPEN))
        .outerjoin(Agency, Agency.id == Placement.agency_id)
    )


def placements_list(actor: Actor, agency_id: int | None = None) -> Any:
    """Placements the actor may see, of one agency if it is named: (placement, account, agency)."""
    wanted = placements_visible_to(actor).join(Placement.account).join(Placement.agency)
    if agency_id is not None:
        wanted = wanted.where(Placement.agency_id == agency_id)
    return wanted.with_only_columns(Placement, Account, Agency)
