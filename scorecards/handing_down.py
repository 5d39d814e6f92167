"""Act: what a published card measured goes down to the placements floor, where the next plan reckons with it.

Placements know nothing of scorecards; they are told an effect for each agency and a recovery rate for each cell.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from placements import strategy_queries
from placements.effects import write_effect, write_rates
from scorecards.configuration import Parameters
from scorecards.models import Configuration, FrozenPool, Scorecard
from scorecards.pool import Pool
from scorecards.queries import cards
from scorecards.recovery_side import expected_shares

EFFECT = "effect"
NONE_LEAST = 0.01  # of an agency that recovered nothing at all; its logarithm has to stop somewhere


def hand_down(session: Session, card: Scorecard, *, at: datetime) -> None:
    """Write down the card's effect, and the rates of its month's pool unless they stand there already.

    A card whose recovery could not be scored, or is provisional, says nothing about the agency and leaves what was known before.
    """
    _hand_down_rates(session, card, at)
    measured = next((one for one in cards.measures_of(session, [card])[card.id] if one.name == EFFECT), None)
    if measured is None or measured.value is None or card.provisional:
        return
    write_effect(
        session, card.agency_id, currency=card.currency, period=card.period, theta=max(measured.value, NONE_LEAST),
        sd_log=float(measured.explanation.get("sd_log") or 0.0), compliance=card.compliance, band=card.band, source=card.ref, at=at,
    )  # fmt: skip


def _hand_down_rates(session: Session, card: Scorecard, at: datetime) -> None:
    pool = session.get_one(FrozenPool, card.pool_id)
    if strategy_queries.has_rates(session, card.currency, card.period, pool.fingerprint):
        return
    parameters = Parameters.from_json(session.get_one(Configuration, card.configuration_id).parameters)
    expected = expected_shares(Pool.from_json(pool.sums), parameters)
    rates = {cell: rate for (cell, months), rate in expected.items() if months == parameters.window_months}
    write_rates(session, rates, currency=card.currency, period=card.period, source=pool.fingerprint, at=at)
