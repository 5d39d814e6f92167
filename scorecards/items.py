"""A scorecard as the API writes it (contract, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from scorecards.models import Measure, Scorecard
from scorecards.queries import cards

FIELDS = ("id", "period", "recovery", "compliance", "headline", "band", "gates", "measures")
MEASURE_FIELDS = ("name", "value", "low", "high", "points", "rows")


def items(session: Session, found: Sequence[Scorecard]) -> list[dict[str, Any]]:
    """These scorecards with their measures, which are loaded in one select."""
    measures = cards.measures_of(session, found)
    return [_item(card, measures[card.id]) for card in found]


def of_rows(session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The scorecards in the first column of a page's rows."""
    return items(session, [row[0] for row in rows])


def _item(card: Scorecard, measures: Sequence[Measure]) -> dict[str, Any]:
    return {
        "id": card.ref,
        "period": card.period,
        "recovery": card.recovery,
        "compliance": card.compliance,
        "headline": card.headline,
        "band": card.band,
        "gates": sorted({gate["gate"] for gate in card.gates}),
        "measures": [{name: getattr(one, name) for name in MEASURE_FIELDS} for one in measures],
    }
