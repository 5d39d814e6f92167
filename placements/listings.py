"""The list pages of this floor: accounts, portfolios, plans, placements, recalls and what is in one. `say` translates a msgid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.orm import Session

from agencies.models import Agency
from placements import queries, recall_queries, words
from placements.models import (
    Account,
    Placement,
    PlacementState,
    Plan,
    PlanState,
    Portfolio,
    Product,
    Recall,
    RecallReason,
    SavedPool,
    Strategy,
)
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec
from portal.permissions import Actor

Say = Callable[[str], str]
PRODUCT_CHOICES: Final = tuple((code.value, words.PRODUCTS[code]) for code in Product)
PLACEMENT_STATES: Final = tuple((state.value, state.value.replace("_", " ").capitalize()) for state in PlacementState)
PLAN_STATES: Final = tuple((state.value, state.value.capitalize()) for state in PlanState)


def accounts(say: Say) -> ListSpec:
    """Accounts: (account, consumer reference, portfolio, agency code or none)."""

    def prepare(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
        kinds = queries.open_hold_kinds(session, (row[0].id for row in rows))
        return [(*row, kinds.get(row[0].id, [])) for row in rows]

    table = Account.__table__
    return ListSpec(
        page="accounts", key=table.c.id, order="account", prepare=prepare,
        columns=(
            Column("account", N_("Account"), lambda row: _account(row[0].account_ref, hint=row[1]), sort=table.c.account_ref),
            Column("product", N_("Product"), lambda row: say(words.PRODUCTS[row[0].product]), sort=table.c.product),
            Column("jurisdiction", N_("Jurisdiction"), lambda row: row[0].jurisdiction, sort=table.c.jurisdiction),
            Column("balance", N_("Balance"), lambda row: Cell(row[0].balance, currency=row[0].currency), kind="money", sort=table.c.balance),
            Column("holder", N_("Placed with"), lambda row: row[3], sort=Agency.__table__.c.code),
            Column("holds", N_("On hold"), lambda row: _holds(row[4], say)),
            Column("updated", N_("Figures of"), lambda row: row[0].as_of or row[0].updated_at.date(), kind="date", sort=table.c.updated_at),
        ),
        filters=(
            Filter("portfolio", N_("Portfolio"), lambda value: Portfolio.name == value),
            Filter("product", N_("Product"), lambda value: Account.product == value if value in set(Product) else None, kind="choice", choices=PRODUCT_CHOICES),
            Filter("jurisdiction", N_("Jurisdiction"), _lies_in),
            Filter("placed", N_("Placed"), lambda value: {"yes": Agency.id.is_not(None), "no": Agency.id.is_(None)}.get(value), kind="bool"),
            Filter("hold", N_("On hold"), queries.is_on_hold, kind="choice", choices=tuple((kind, label) for kind, label in words.HOLDS.items())),
        ),
        search=queries.matching,
        empty={"title": N_("No accounts yet"), "text": N_("Import an account tape; each of its accounts appears here."),
               "action": {"label": N_("Import accounts"), "url": "/accounts/import"}},
    )  # fmt: skip


def portfolios() -> ListSpec:
    """Portfolios with their figures: (portfolio, currency, accounts, balance, placed)."""
    table = Portfolio.__table__
    return ListSpec(
        page="portfolios", key=table.c.id, order="name",
        columns=(
            Column("name", N_("Portfolio"), lambda row: Cell(row[0].name, url=f"/accounts?portfolio={quote(row[0].name)}"), sort=table.c.name),
            Column("accounts", N_("Accounts"), lambda row: row[2], kind="count"),
            Column("balance", N_("Balance"), lambda row: Cell(row[3], currency=row[1]), kind="money"),
            Column("placed", N_("Placed"), lambda row: row[4], kind="count"),
            Column("share", N_("Placed share"), lambda row: row[4] / row[2] if row[2] else None, kind="rate"),
            Column("created", N_("Since"), lambda row: row[0].created_at, kind="instant", sort=table.c.created_at),
        ),
        search=lambda text: Portfolio.name.icontains(text, autoescape=True),
        empty={"title": N_("No portfolios yet"), "text": N_("A portfolio comes into being with the first account tape that names it."),
               "action": {"label": N_("Import accounts"), "url": "/accounts/import"}},
    )  # fmt: skip


def plans() -> ListSpec:
    """Plans, newest first."""
    table = Plan.__table__
    return ListSpec(
        page="plans", key=table.c.id, order="-created",
        columns=(
            Column("plan", N_("Plan"), lambda row: Cell(row[0].title, url=f"/plans/{row[0].ref}", hint=row[0].ref), sort=table.c.title),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="plan", sort=table.c.state),
            Column("accounts", N_("Accounts"), lambda row: row[0].accounts, kind="count", sort=table.c.accounts),
            Column("balance", N_("Balance"), lambda row: Cell(row[0].balance, currency=row[0].currency), kind="money", sort=table.c.balance),
            Column("left_out", N_("Not placed"), lambda row: row[0].left_out, kind="count", sort=table.c.left_out),
            Column("created_by", N_("Drafted by"), lambda row: row[0].created_by, sort=table.c.created_by),
            Column("created", N_("Drafted"), lambda row: row[0].created_at, kind="instant", sort=table.c.created_at),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: Plan.state == value if value in set(PlanState) else None, kind="choice", choices=PLAN_STATES),
        ),
        search=lambda text: Plan.title.icontains(text, autoescape=True) | Plan.ref.contains(text.lower(), autoescape=True),
        empty={"title": N_("No plans yet"), "text": N_("A plan shows who would get which accounts before anything happens."),
               "action": {"label": N_("Draft a plan"), "url": "/plans/new"}},
    )  # fmt: skip


def strategies() -> ListSpec:
    """Versions of the strategy, newest first."""
    table = Strategy.__table__
    return ListSpec(
        page="strategy", key=table.c.id, order="-version",
        columns=(
            Column("version", N_("Version"), lambda row: Cell(str(row[0].version), url=f"/strategy/{row[0].version}"), sort=table.c.version),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="plan"),
            Column("reason", N_("Reason"), lambda row: row[0].reason),
            Column("created_by", N_("Drafted by"), lambda row: row[0].created_by),
            Column("decided_by", N_("Decided by"), lambda row: row[0].decided_by),
            Column("decided", N_("Decided"), lambda row: row[0].decided_at, kind="instant", sort=table.c.decided_at),
        ),
        empty={"title": N_("No strategy yet"), "text": N_("Until one is approved, plans are split as each is drafted, and everything by hand needs approval."),
               "action": {"label": N_("Draft a version"), "url": "/strategy/new"}},
    )  # fmt: skip


def pools() -> ListSpec:
    """Saved pools, newest first."""
    table = SavedPool.__table__
    return ListSpec(
        page="pools", key=table.c.id, order="-created",
        columns=(
            Column("name", N_("Name"), lambda row: Cell(row[0].name, url=f"/pools/{row[0].ref}"), sort=table.c.name),
            Column("created_by", N_("Saved by"), lambda row: row[0].created_by, sort=table.c.created_by),
            Column("created", N_("Saved"), lambda row: row[0].created_at, kind="instant", sort=table.c.created_at),
        ),
        search=lambda text: SavedPool.name.icontains(text, autoescape=True),
        empty={"title": N_("No saved pools yet"), "text": N_("A pool is a filter over accounts that plans can be drawn from again and again."),
               "action": {"label": N_("Count and save a pool"), "url": "/pools/new"}},
    )  # fmt: skip


def placements(actor: Actor, say: Say) -> ListSpec:
    """Placements, newest first: (placement, account, agency). An agency's list leaves out what is the same in every row."""
    table, of_bank = Placement.__table__, actor.agency_id is None

    def prepare(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
        kinds = queries.open_hold_kinds(session, (row[1].id for row in rows))
        return [(*row, kinds.get(row[1].id, [])) for row in rows]

    agency = (Column("agency", N_("Agency"), lambda row: row[2].code, sort=Agency.__table__.c.code),)
    by_agency = (Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),)
    return ListSpec(
        page="placements", key=table.c.id, order="-placed_at", prepare=prepare,
        columns=(
            Column("account", N_("Account"), lambda row: Cell(row[1].account_ref, url=f"/placements/{row[0].ref}", hint=row[0].ref), sort=Account.__table__.c.account_ref),
            *(agency if of_bank else ()),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="placement", sort=table.c.state),
            Column("product", N_("Product"), lambda row: say(words.PRODUCTS[row[1].product])),
            Column("jurisdiction", N_("Jurisdiction"), lambda row: row[1].jurisdiction, sort=Account.__table__.c.jurisdiction),
            Column("balance", N_("Placed balance"), lambda row: Cell(row[0].balance, currency=row[0].currency), kind="money", sort=table.c.balance),
            Column("placed_at", N_("Placed"), lambda row: row[0].placed_at, kind="instant", sort=table.c.placed_at),
            Column("due_back_on", N_("Due back"), lambda row: row[0].due_back_on, kind="date", sort=table.c.due_back_on),
            Column("holds", N_("On hold"), lambda row: _holds(row[3], say)),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: Placement.state == value if value in set(PlacementState) else None, kind="choice", choices=PLACEMENT_STATES),
            *(by_agency if of_bank else ()),
            Filter("jurisdiction", N_("Jurisdiction"), _lies_in),
            Filter("product", N_("Product"), lambda value: Account.product == value if value in set(Product) else None, kind="choice", choices=PRODUCT_CHOICES),
            Filter("placed_from", N_("Placed from"), lambda value: _since(Placement.placed_at, value), kind="date"),
            Filter("placed_to", N_("Placed until"), lambda value: _until(Placement.placed_at, value), kind="date"),
        ),
        search=queries.matching,
        empty={"title": N_("No placements yet"), "text": N_("Accounts appear here as soon as a plan is placed."),
               **({"action": {"label": N_("Draft a plan"), "url": "/plans/new"}} if actor.may("plans.write") else {})},
    )  # fmt: skip


def recalls(actor: Actor, say: Say) -> ListSpec:
    """Recalls, newest first, with how far each has come for this actor."""
    table = Recall.__table__

    def prepare(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
        progress = recall_queries.progress(session, actor, [row[0].id for row in rows])
        return [(row[0], progress.get(row[0].id, {})) for row in rows]

    return ListSpec(
        page="recalls", key=table.c.id, order="-requested", prepare=prepare,
        columns=(
            Column("recall", N_("Recall"), lambda row: Cell(say(words.RECALL_REASONS[row[0].reason]), url=f"/recalls/{row[0].ref}", hint=row[0].ref), sort=table.c.reason),
            Column("pending", N_("Pending"), lambda row: row[1].get("recall_pending", 0), kind="count"),
            Column("final", N_("Final"), lambda row: row[1].get("recalled", 0), kind="count"),
            Column("stopped", N_("Stop confirmed"), lambda row: row[1].get("stopped", 0), kind="count"),
            Column("requested", N_("Requested"), lambda row: row[0].requested_at, kind="instant", sort=table.c.requested_at),
            Column("final_at", N_("Final at"), lambda row: row[0].final_at, kind="instant", sort=table.c.final_at),
        ),
        filters=(
            Filter("reason", N_("Reason"), lambda value: Recall.reason == value if value in set(RecallReason) else None, kind="choice",
                   choices=tuple((code.value, words.RECALL_REASONS[code]) for code in RecallReason)),
        ),
        empty={"title": N_("No recalls"), "text": N_("Accounts that the bank takes back appear here, first pending, then final.")},
    )  # fmt: skip


def recalled(actor: Actor) -> ListSpec:
    """The placements of recalls: (placement, account, agency)."""
    table, of_bank = Placement.__table__, actor.agency_id is None
    agency = (Column("agency", N_("Agency"), lambda row: row[2].code, sort=Agency.__table__.c.code),)
    return ListSpec(
        page="recalled", key=table.c.id, order="account",
        columns=(
            Column("account", N_("Account"), lambda row: Cell(row[1].account_ref, url=_where(row[0], of_bank), hint=row[0].ref), sort=Account.__table__.c.account_ref),
            *(agency if of_bank else ()),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="placement", sort=table.c.state),
            Column("stopped_at", N_("Stopped work"), lambda row: row[0].stopped_at, kind="instant", sort=table.c.stopped_at),
            Column("ended_at", N_("Ended"), lambda row: row[0].ended_at, kind="instant", sort=table.c.ended_at),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: Placement.state == value if value in set(PlacementState) else None, kind="choice",
                   choices=tuple((state, label) for state, label in PLACEMENT_STATES if state in ("recall_pending", "recalled"))),
            Filter("stopped", N_("Stop confirmed"), lambda value: {"yes": Placement.stopped_at.is_not(None), "no": Placement.stopped_at.is_(None)}.get(value), kind="bool"),
        ),
        empty={"title": N_("Nothing is being recalled"), "text": N_("The accounts of this recall were kept or given back.")},
    )  # fmt: skip


def inventory_tiles(figures: Sequence[Any], say: Say) -> list[dict[str, Any]]:
    """Open accounts, those not acknowledged, those being recalled, and the balance placed in the largest currency, as tiles."""
    counts: dict[PlacementState, int] = defaultdict(int)
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for state, currency, count, balance in figures:
        counts[state] += count
        balances[currency] += balance
    if not counts:
        return []
    currency = max(balances, key=lambda code: (balances[code], code))
    return [
        {"label": say(N_("Open accounts")), "value": sum(counts.values()), "kind": "count"},
        {"label": say(N_("Not acknowledged")), "value": counts[PlacementState.PLACED], "kind": "count"},
        {"label": say(N_("Being recalled")), "value": counts[PlacementState.RECALL_PENDING], "kind": "count"},
        {"label": say(N_("Balance placed")), "value": balances[currency], "kind": "money", "currency": currency},
    ]


def _account(account_ref: str, hint: str | None = None) -> Cell:
    return Cell(account_ref, url=f"/accounts/{account_ref}", hint=hint)


def _where(placement: Placement, of_bank: bool) -> str | None:
    """The placement's page, as long as the reader may open it."""
    return f"/placements/{placement.ref}" if of_bank or placement.ended_at is None else None


def _holds(kinds: Sequence[str], say: Say) -> Cell:
    return Cell(", ".join(say(words.HOLDS[kind]) for kind in kinds) or None, tone="warn" if kinds else None)


def _lies_in(value: str) -> Any:
    place = value.upper()
    return (Account.jurisdiction == place) | Account.jurisdiction.startswith(f"{place}-", autoescape=True)


def _since(column: Any, value: str) -> Any:
    day = _day(value)
    return column >= datetime.combine(day, time(), UTC) if day else None


def _until(column: Any, value: str) -> Any:
    day = _day(value)
    return column < datetime.combine(day + timedelta(days=1), time(), UTC) if day else None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
