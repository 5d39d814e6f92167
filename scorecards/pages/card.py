"""The page of one scorecard: header, why, measures, history, who signed; and the page of the rows behind one figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from flask import Response, url_for
from flask_babel import format_decimal
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal import lists
from portal.errors import NotFound
from portal.lists import Cell
from portal.permissions import Actor
from scorecards import words
from scorecards.charts import Drawn, headline_gauge, history_chart, month_name
from scorecards.figures import COMPLIANCE
from scorecards.models import Measure, Scorecard, ScorecardState
from scorecards.periods import Period
from scorecards.queries import cards
from scorecards.queries.evidence import Evidence, evidence
from scorecards.words import say as _

HISTORY_MONTHS = 12


@dataclass(frozen=True)
class CardPage:
    """Everything the page of one card shows."""

    card: Scorecard
    month: str
    recovery: str | None  # points as written
    compliance: str | None
    gauge: Drawn | None
    history: Drawn | None
    binding: str
    grade: str | None
    is_divergent: bool
    gates: list[str]
    steps: list[list[Cell]]  # of recovery: name, sentence, points
    lost: list[list[Cell]]  # of compliance: measure, value, points, weight, points it costs
    left_out: list[str]
    measures: list[list[Cell]]
    versions: list[Scorecard]
    acts: frozenset[str]  # what the reader may do now


def card_page(session: Session, actor: Actor, card: Scorecard) -> CardPage:
    """The page of a card the actor may see."""
    measures = cards.measures_of(session, [card])[card.id]
    period = Period.parse(card.period)
    months = [str(one) for one in period.back(HISTORY_MONTHS)]
    effect = next((one.explanation for one in measures if one.name == "effect"), {})
    return CardPage(
        card=card,
        month=month_name(period),
        recovery=words.points(card.recovery),
        compliance=words.points(card.compliance),
        gauge=headline_gauge(card),
        history=history_chart(period, cards.history(session, actor, card, months), HISTORY_MONTHS),
        binding=words.binding_sentence(card),
        grade=str(words.GRADES[card.grade]) if card.grade else None,
        is_divergent=bool(effect.get("is_divergent")),
        gates=[f"{gate['gate']}: {words.GATES[gate['reason']]}" for gate in card.gates],
        steps=[_step(name, points, effect) for name, points in effect.get("steps", []) if name == "pool" or points],
        lost=[_lost(one) for one in measures if one.explanation.get("lost") is not None],
        left_out=[str(words.MEASURES[one.name].label) for one in measures if _is_left_out(one)],
        measures=[_measure(card, one) for one in measures if not _is_left_out(one)],
        versions=[one for one in cards.versions(session, actor, card) if one.id != card.id],
        acts=_acts(actor, card),
    )


def _is_left_out(measure: Measure) -> bool:
    return measure.side == COMPLIANCE and measure.weight is not None and measure.points is None


def _step(name: str, points: float, explained: dict[str, Any]) -> list[Cell]:
    shown = words.points(points) if name == "pool" else format_decimal(points, "+0.0;-0.0")
    return [Cell(str(words.STEPS[name])), Cell(words.step_sentence(name, explained)), Cell(shown)]


def _lost(measure: Measure) -> list[Cell]:
    lost = measure.explanation["lost"]
    tone = "bad" if lost >= 5 else "warn" if lost >= 1 else None
    cost = format_decimal(-lost, "+0.0;-0.0") if lost else "0"
    return [
        Cell(str(words.MEASURES[measure.name].label)), Cell(words.written(measure.name, measure.value)), Cell(words.points(measure.points)),
        Cell(format_decimal(measure.weight or 0, "0")), Cell(cost, tone=tone),
    ]  # fmt: skip


def _measure(card: Scorecard, measure: Measure) -> list[Cell]:
    word = words.MEASURES[measure.name]
    rows = Cell(measure.rows, url=url_for("scorecards.rows", ref=card.ref, measure=measure.name), hint=str(word.rows))
    value = words.written(measure.name, measure.value)
    if measure.explanation.get("unreported"):
        value = _("nothing reported")
    return [
        Cell(str(word.label), hint=str(word.meaning)), Cell(value), Cell(words.limits(measure)), Cell(words.points(measure.points)), rows,
    ]  # fmt: skip


def _acts(actor: Actor, card: Scorecard) -> frozenset[str]:
    """Which buttons the reader gets; the acts decide again."""
    state, decides = card.state, actor.may("scorecards.decide")
    wanted = {
        "submit": state is ScorecardState.DRAFT and actor.may("scorecards.score"),
        "sign": state is ScorecardState.IN_REVIEW and decides,
        "publish": state is ScorecardState.SIGNED and decides and card.signed_by_id != actor.user_id,
        "return": state in (ScorecardState.IN_REVIEW, ScorecardState.SIGNED) and decides,
    }
    return frozenset(name for name, may in wanted.items() if may)


# -- the rows behind one figure -------------------------------------------------------------------------------------------

SUMS = {
    "rows": _l("Rows"),
    "paid": _l("Recovered"),
    "placed": _l("Placed balance"),
    "observed": _l("Recovered"),
    "expected": _l("Expected"),
    "weight": _l("Weight of all rows"),
    "breaches": _l("Breaches"),
    "contacts": _l("Contacts"),
    "closed": _l("Answered"),
    "lapsed_days": _l("Days lapsed"),
    "credential_days": _l("Days asked for"),
    "late": _l("Late"),
    "due": _l("Rows of the month"),
}
MINOR = frozenset({"paid", "placed"})  # stored in minor units
SMALLEST = 0.005  # a difference below half a cent is rounding


@dataclass(frozen=True)
class RowsPage:
    """The rows behind one figure, with its sums as the card has them and as the rows give them now."""

    card: Scorecard
    month: str
    label: str
    meaning: str
    value: str | None
    limits: str | None
    points: str | None
    sums: list[list[Cell]]
    agrees: bool
    listing: SimpleNamespace


def rows_page(session: Session, actor: Actor, card: Scorecard, measure: str) -> RowsPage | Response:
    """The page, or the rows as CSV. Raises NotFound for a figure without rows."""
    stored = next((one for one in cards.measures_of(session, [card])[card.id] if one.name == measure), None)
    if stored is None:
        raise NotFound
    found = evidence(session, card, measure)
    listing = lists.show(
        actor, _unlinked(found) if actor.agency_id else found.spec, found.rows, name=f"{card.period}-{measure}"
    )
    if isinstance(listing, Response):
        return listing
    sums = _sums(session, card, stored, found)
    word = words.MEASURES[measure]
    return RowsPage(
        card=card, month=month_name(Period.parse(card.period)), label=str(word.label), meaning=str(word.meaning),
        value=words.written(measure, stored.value), limits=words.limits(stored), points=words.points(stored.points),
        sums=[cells for cells, _same in sums], agrees=all(same for _cells, same in sums), listing=listing,
    )  # fmt: skip


def _sums(session: Session, card: Scorecard, stored: Measure, found: Evidence) -> list[tuple[list[Cell], bool]]:
    """Each sum with whether card and rows agree on it."""
    counted = found.sums(session)
    on_card = {"rows": stored.rows, **stored.explanation}
    return [_sum(name, on_card[name], counted[name]) for name in counted if name in on_card]


def _sum(name: str, stored: float, counted: float) -> tuple[list[Cell], bool]:
    same = abs(stored - counted) <= SMALLEST
    scale = 100 if name in MINOR else 1
    shown = [format_decimal(value / scale, "#,##0.##") for value in (stored, counted)]
    return [Cell(str(SUMS[name])), Cell(shown[0]), Cell(shown[1], tone=None if same else "bad")], same


def _unlinked(found: Evidence) -> lists.ListSpec:
    """Without links to accounts: what has left an agency is not its to open any more."""
    return replace(
        found.spec,
        columns=tuple(_plain(column) if column.name == "account" else column for column in found.spec.columns),
    )


def _plain(column: lists.Column) -> lists.Column:
    def cell(row: Any) -> Any:
        linked = column.cell(row)
        return linked.value if isinstance(linked, Cell) else linked

    return replace(column, cell=cell)
