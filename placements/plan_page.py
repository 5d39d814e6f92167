"""What the page of a plan shows: who gets how much, how evenly, who may not have what and why, and what nobody gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from sqlalchemy.orm import Session

from placements import explaining, items, plan_queries, words
from placements.explaining import Group, WhyNot
from placements.models import Plan, PlanState
from placements.plan_queries import Part
from placements.reasons import Why, sentence
from placements.segments import CellParts, band_words, parts_of
from portal.errors import N_
from portal.lists import Cell

CELLS_SHOWN: Final = 25
Say = Callable[[str], str]
WAY: Final = (PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED, PlanState.PLACED)


@dataclass
class CellRow:
    """One cell: what it is, how many accounts it has, and how many of them each agency gets."""

    cell: str
    accounts: int = 0
    by_agency: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def parts(self) -> CellParts:
        """The cell's bands."""
        return parts_of(self.cell)


@dataclass(frozen=True)
class PlanPage:
    """All of it. `left_out` are the accounts nobody gets by reason; `not_eligible` what single agencies may not have."""

    parts: Sequence[Part]
    left_out: Sequence[WhyNot]
    not_eligible: Sequence[WhyNot]
    cells: Sequence[CellRow]
    cells_in_all: int

    @property
    def codes(self) -> list[str]:
        """The agencies that get something."""
        return [part.code for part in self.parts]

    @property
    def columns(self) -> list[dict[str, str]]:
        """The columns of these agencies in the table of cells."""
        return [{"label": code, "kind": "count"} for code in self.codes]

    @property
    def largest(self) -> Part | None:
        """Who gets the largest balance."""
        return max(self.parts, key=lambda part: part.balance, default=None)

    def share(self, part: Part) -> Decimal | None:
        """A part's share of the balance; none where there is no balance."""
        whole = sum((other.balance for other in self.parts), Decimal(0))
        return part.balance / whole if whole else None


def plan_page(session: Session, plan: Plan) -> PlanPage:
    """Everything the page asks of the database, in a handful of selects whatever the plan's size."""
    whys = [[Why.of(stored) for stored in whys] for whys in plan.whys]
    groups = [
        Group(whys[row.why], row.accounts, row.balance, row.example) for row in plan_queries.left_out(session, plan)
    ]
    cells = _cells(session, plan)
    return PlanPage(
        parts=plan_queries.parts(session, plan),
        left_out=explaining.why_not(groups),
        not_eligible=explaining.not_eligible(items.seats(plan), plan_queries.at_places(session, plan)),
        cells=cells[:CELLS_SHOWN],
        cells_in_all=len(cells),
    )


def _cells(session: Session, plan: Plan) -> list[CellRow]:
    rows: dict[str, CellRow] = {}
    for part in plan_queries.cells(session, plan):
        row = rows.setdefault(part.cell, CellRow(part.cell))
        row.accounts += part.accounts
        if part.code:
            row.by_agency[part.code] += part.accounts
    return sorted(rows.values(), key=lambda row: (-row.accounts, row.cell))


def steps(plan: Plan, say: Say) -> list[dict[str, str | None]]:
    """The plan's way through its states, for the stepper."""
    if plan.state is PlanState.CANCELLED:
        return [
            {"label": say(N_("Draft")), "state": "done", "hint": plan.created_by},
            {"label": say(N_("Cancelled")), "state": "current"},
        ]
    here = WAY.index(plan.state if plan.state in WAY else PlanState.SUBMITTED)
    second = N_("Sent back") if plan.state is PlanState.RETURNED else N_("Submitted")
    labels = (N_("Draft"), second, N_("Approved"), N_("Placed"))
    names = (plan.created_by, plan.submitted_by, plan.decided_by, plan.placed_by)
    done = here + (plan.state is PlanState.PLACED)
    return [
        {
            "label": say(label),
            "state": "done" if at < done else "current" if at == here else "next",
            "hint": name if at <= here else None,
        }
        for at, (label, name) in enumerate(zip(labels, names, strict=True))
    ]


def why_rows(found: Iterable[WhyNot], plan: Plan, say: Say, language: str) -> list[list[Cell]]:
    """Reason, agencies, accounts, balance, example."""
    return [
        [
            Cell(sentence(Why(row.reason), say, language)), Cell(", ".join(row.agencies) or None), Cell(row.accounts),
            Cell(row.balance, currency=plan.currency), Cell(row.example, url=f"/accounts/{quote(row.example)}"),
        ]
        for row in found
    ]  # fmt: skip


def part_rows(page: PlanPage, plan: Plan) -> list[list[Cell]]:
    """Agency, accounts, balance, share, and how far its mean balance lies from that of like accounts, in standard deviations."""
    return [
        [
            Cell(part.code, hint=part.name), Cell(part.accounts), Cell(part.balance, currency=plan.currency), Cell(page.share(part)),
            Cell(f"{plan.arms.get(part.code, 0):+.3f}"),
        ]
        for part in page.parts
    ]  # fmt: skip


def cell_rows(page: PlanPage, say: Say) -> list[list[Cell]]:
    """Product, bands, country, accounts, and how many of them each agency gets."""
    return [
        [
            Cell(say(words.PRODUCTS[row.parts.product])), *(Cell(band_words(band)) for band in (row.parts.balance, row.parts.age, row.parts.score)),
            Cell(row.parts.country), Cell(row.accounts), *(Cell(row.by_agency.get(code)) for code in page.codes),
        ]
        for row in page.cells
    ]  # fmt: skip
