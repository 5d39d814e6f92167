"""What the placements floor adds to the factories: portfolios, accounts with their people, holds, placements."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.models import Agency, Contract
from placements import drafting, placing, planning
from placements.intake import phone_key
from placements.models import Account, Consumer, Hold, HoldKind, Placement, Plan, Portfolio, Product
from placements.planning import Wish
from portal import clock
from portal.permissions import SYSTEM
from portal.refs import new_ref
from portal.sealing import keyring
from tests.factories_agencies import make_contract, make_ready_agency

_numbers = itertools.count(1)


def ready(
    session: Session,
    code: str | None = None,
    *,
    licensed_in: Iterable[str] = ("US-OH", "US-WA", "US-CA"),
    **values: Any,
) -> Agency:
    """An agency that lacks nothing in the few places of these tests; flushed. All places would take a hundred rows for each agency."""
    return make_ready_agency(session, code, licensed_in=licensed_in, **values)


def make_portfolio(session: Session, name: str | None = None) -> Portfolio:
    """A portfolio; flushed."""
    made = Portfolio(name=name or f"Portfolio {next(_numbers)}", created_at=clock.now())
    session.add(made)
    session.flush()
    return made


def make_consumer(session: Session, consumer_ref: str | None = None, **personal: str) -> Consumer:
    """A person; flushed. Keywords are the personal data, and `language`."""
    ref, language = consumer_ref or f"CON{next(_numbers):06}", personal.pop("language", None)
    plain = {"full_name": "Jamie Example", "phone": "2025550123"} | personal
    ring = keyring()
    made = Consumer(
        consumer_ref=ref, sealed=ring.seal(plain, f"consumer:{ref}"), created_at=clock.now(), language=language,
        name_index=ring.blind(plain.get("full_name"), "name"), id_index=ring.blind(plain.get("id_number"), "id"),
        phone_index=ring.blind(phone_key(plain.get("phone")), "phone"),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def make_account(
    session: Session,
    portfolio: Portfolio,
    account_ref: str | None = None,
    *,
    consumer: Consumer | None = None,
    **values: Any,
) -> Account:
    """An account of 1,000 dollars of somebody in Ohio; flushed."""
    given: dict[str, Any] = {
        "product": Product.PERSONAL_LOAN, "currency": "USD", "balance": Decimal(1000), "country": "US", "region": "OH",
        "jurisdiction": "US-OH", "updated_at": clock.now(), "itemization": {}, "defaulted_on": clock.today() - timedelta(days=200),
    }  # fmt: skip
    consumer = consumer or make_consumer(session)
    made = Account(
        account_ref=account_ref or f"ACC{next(_numbers):06}",
        consumer_id=consumer.id,
        portfolio_id=portfolio.id,
        **(given | values),
    )
    session.add(made)
    session.flush()
    return made


def make_accounts(session: Session, portfolio: Portfolio, count: int, **values: Any) -> list[Account]:
    """So many accounts, each of another person."""
    return [make_account(session, portfolio, **values) for _ in range(count)]


def make_hold(session: Session, account: Account, kind: HoldKind = HoldKind.DISPUTE, **values: Any) -> Hold:
    """A hold that is on; flushed."""
    given: dict[str, Any] = {"since": clock.now(), "source": "factory"}
    made = Hold(account_id=account.id, kind=kind, **(given | values))
    session.add(made)
    session.flush()
    return made


def make_placement(session: Session, account: Account, agency: Agency, **values: Any) -> Placement:
    """The account with the agency since yesterday, made directly; flushed."""
    contract = session.scalars(select(Contract).where(Contract.agency_id == agency.id)).first() or make_contract(
        session, agency
    )
    began = clock.now() - timedelta(days=1)
    given: dict[str, Any] = {
        "placed_at": began, "cell": "c", "balance": account.balance, "currency": account.currency, "due_back_on": date(2099, 1, 1), "updated_at": began,
    }  # fmt: skip
    made = Placement(
        ref=new_ref("plc"), account_id=account.id, agency_id=agency.id, contract_id=contract.id, **(given | values)
    )
    session.add(made)
    session.flush()
    return made


def make_plan(
    session: Session, portfolio: Portfolio, *agencies: Agency, seed: int | str | None = 7, **values: Any
) -> Plan:
    """A draft for a portfolio and these agencies (none: everybody)."""
    wish = Wish(drafting.Selection(portfolio.name), {agency.code: 1.0 for agency in agencies}, seed=seed, **values)
    return planning.draft_plan(session, SYSTEM, wish, at=clock.now(), may_backdate=True)


def place(session: Session, plan: Plan) -> Plan:
    """Take a draft all the way: submitted, approved, placed."""
    now = clock.now()
    planning.submit_plan(session, SYSTEM, plan, at=now)
    planning.approve_plan(session, SYSTEM, plan, at=now)
    return placing.place_plan(session, SYSTEM, plan, at=now)
