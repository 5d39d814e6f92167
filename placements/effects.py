"""Act: what scorecards measured is written down where plans read it. The floor that concludes calls it in its
own act, which is what the audit trail tells of; this floor only keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from placements.models import RecoveryEffect, SegmentRate


def write_effect(
    session: Session, agency_id: int, *, currency: str, period: str, theta: float, sd_log: float, compliance: float | None,
    band: str, source: str, at: datetime,
) -> RecoveryEffect:  # fmt: skip
    """Keep an agency's measured effect; earlier ones stay as history."""
    made = RecoveryEffect(
        agency_id=agency_id, currency=currency, period=period, theta=theta, sd_log=sd_log, compliance=compliance, band=band, source=source,
        written_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def write_rates(
    session: Session, rates: Mapping[str, float], *, currency: str, period: str, source: str, at: datetime
) -> int:
    """Keep the pool's recovery rate of each cell in a month, instead of those written for that month before; how many."""
    session.execute(delete(SegmentRate).where(SegmentRate.currency == currency, SegmentRate.period == period))
    session.add_all(
        SegmentRate(currency=currency, period=period, cell=cell, rate=rate, source=source, written_at=at)
        for cell, rate in sorted(rates.items())
    )
    session.flush()
    return len(rates)
