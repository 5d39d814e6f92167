"""The home page: of the bank, of an agency, of an administrator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import format_currency, format_decimal
from sqlalchemy.orm import Session

from placements.models import PlacementState
from portal import queries as foundation
from portal.lists import Cell
from portal.permissions import Actor
from portal.reports.models import Report
from portal.tasks import Task
from scorecards.charts import Drawn, month_name, recovery_by_month
from scorecards.models import Scorecard
from scorecards.periods import Period
from scorecards.queries import cards, overview
from scorecards.queries.overview import Inventory, Recovered
from scorecards.words import points
from scorecards.words import say as _

MONTHS, TASKS, REPORTS = 12, 6, 5

Tile = dict[str, Any]


@dataclass(frozen=True)
class Home:
    """What somebody sees first. Currencies are tabs where there are several; `reports` and `card` are an agency's."""

    tiles: list[Tile]
    tasks: Sequence[Task]
    currencies: list[dict[str, Any]]
    currency: str | None = None
    chart: Drawn | None = None
    panel: Sequence[list[Cell]] = ()
    reports: Sequence[Report] = ()
    card: Scorecard | None = None


@dataclass(frozen=True)
class _Book:
    """Placements and money of one currency."""

    currency: str | None
    currencies: list[dict[str, Any]]
    periods: list[Period]
    held: list[Inventory]
    money: list[Recovered]

    @property
    def this(self) -> str:
        return str(self.periods[-1])

    @property
    def last(self) -> str:
        return str(self.periods[-2])

    def recovered(self, month: str, agency_id: int | None = None) -> Decimal:
        lines = (line for line in self.money if line.month == month and agency_id in (None, line.agency_id))
        return sum((line.amount for line in lines), Decimal(0))

    def counted(self, agency_id: int | None = None, state: PlacementState | None = None) -> int:
        return sum(
            line.count for line in self.held if agency_id in (None, line.agency_id) and state in (None, line.state)
        )

    @property
    def balance(self) -> Decimal:
        return sum((line.balance for line in self.held), Decimal(0))

    def chart(self) -> Drawn | None:
        if self.currency is None:
            return None
        by_portfolio: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for line in self.money:
            by_portfolio[line.portfolio][line.month] += float(line.amount)
        return recovery_by_month(self.periods, by_portfolio, self.currency)


def home(session: Session, actor: Actor, currency: str | None, *, at: datetime) -> Home:
    """The home page of the bank's people and of an agency's."""
    book = _book(session, actor, currency, at)
    make = _of_bank if actor.agency_id is None else _of_agency
    return make(session, actor, book, at)


def _book(session: Session, actor: Actor, currency: str | None, at: datetime) -> _Book:
    """The currency asked for, or the one in which most is placed."""
    periods = Period.of(at.date()).back(MONTHS)
    held, money = overview.inventory(session, actor), overview.recovered(session, actor, periods[0].first)
    size = {line.currency: 0 for line in money}
    for line in held:
        size[line.currency] = size.get(line.currency, 0) + line.count
    known = sorted(size, key=lambda one: (-size[one], one))
    chosen = currency if currency in size else next(iter(known), None)
    tabs = [{"label": one, "url": url_for("scorecards.home", currency=one), "active": one == chosen} for one in known]
    return _Book(
        chosen, tabs if len(tabs) > 1 else [], periods,
        [line for line in held if line.currency == chosen], [line for line in money if line.currency == chosen],
    )  # fmt: skip


def _of_bank(session: Session, actor: Actor, book: _Book, at: datetime) -> Home:
    breaches = overview.open_breaches(session, actor)
    due = overview.tasks_due(session, actor, at + timedelta(days=1))
    return Home(
        tiles=[
            _placed(book),
            _recovered(book, "/payments"),
            {"label": _("Open breaches"), "value": sum(breaches.values()), "kind": "count", "tone": "warn" if breaches else None, "url": "/breaches"},
            {"label": _("Due by tomorrow"), "value": due, "kind": "count", "tone": "warn" if due else None, "url": "/work"},
        ],
        tasks=overview.first_tasks(session, actor, TASKS),
        currencies=book.currencies,
        currency=book.currency,
        chart=book.chart(),
        panel=[
            [
                Cell(agency.name, url=f"/agencies/{agency.code}"), Cell(agency.status.value), Cell(standing.band if standing else None),
                Cell(book.counted(agency.id)), Cell(book.recovered(book.this, agency.id)), Cell(book.recovered(book.last, agency.id)),
                Cell(breaches.get(agency.id, 0), tone="warn" if breaches.get(agency.id) else None),
            ]
            for agency, standing in overview.panel(session, actor)
        ],
    )  # fmt: skip


def _of_agency(session: Session, actor: Actor, book: _Book, at: datetime) -> Home:
    to_acknowledge = book.counted(state=PlacementState.PLACED)
    recalls = book.counted(state=PlacementState.RECALL_PENDING)
    return Home(
        tiles=[
            _placed(book),
            {"label": _("To acknowledge"), "value": to_acknowledge, "kind": "count", "tone": "warn" if to_acknowledge else None, "url": "/placements?state=placed"},
            {"label": _("Recalls pending"), "value": recalls, "kind": "count", "tone": "warn" if recalls else None, "url": "/recalls"},
            _recovered(book, "/payments"),
        ],
        tasks=overview.first_tasks(session, actor, TASKS),
        currencies=book.currencies,
        currency=book.currency,
        chart=book.chart(),
        reports=overview.last_reports(session, actor.agency_id or 0, REPORTS),
        card=cards.newest_of(session, actor, actor.agency_id or 0) if actor.may("scorecards.view") else None,
    )  # fmt: skip


def _placed(book: _Book) -> Tile:
    hint = format_currency(book.balance, book.currency) if book.currency else None
    return {"label": _("Open placements"), "value": book.counted(), "kind": "count", "hint": hint, "url": "/placements"}


def _recovered(book: _Book, url: str) -> Tile:
    before = format_currency(book.recovered(book.last), book.currency) if book.currency else None
    return {
        "label": _("Recovered in %(month)s", month=month_name(book.periods[-1])), "value": book.recovered(book.this), "kind": "money",
        "currency": book.currency, "hint": _("%(amount)s the month before", amount=before) if before else None, "url": url,
    }  # fmt: skip


def admin_home(session: Session, actor: Actor, *, at: datetime) -> Home:
    """What an administrator has to look after: sign-ins, jobs, the queue, mail and webhooks on their way."""
    load = foundation.load(session, now=at)
    failing = sum(not ok for _job, ok, _ago in load.jobs)
    failed = sum(count for _kind, state, count in load.work if state == "failed")
    return Home(
        tiles=[
            {"label": _("Sessions"), "value": load.sessions, "kind": "count", "url": "/admin/people"},
            {"label": _("Failing jobs"), "value": failing, "kind": "count", "tone": "bad" if failing else None, "url": "/admin/jobs"},
            {"label": _("Failed work"), "value": failed, "kind": "count", "tone": "bad" if failed else None, "url": "/admin/jobs"},
            {"label": _("Mail and webhooks waiting"), "value": load.mail_waiting + load.webhooks_waiting, "kind": "count",
             "hint": _("oldest work waits %(seconds)s s", seconds=format_decimal(load.oldest_waiting_s, "0")), "url": "/admin/jobs"},
        ],
        tasks=overview.first_tasks(session, actor, TASKS),
        currencies=[],
    )  # fmt: skip


def card_line(card: Scorecard) -> list[Tile]:
    """An agency's own newest card in three figures."""
    return [
        {"label": _("Headline"), "value": points(card.headline)},
        {"label": _("Recovery"), "value": points(card.recovery)},
        {"label": _("Compliance"), "value": points(card.compliance)},
    ]
