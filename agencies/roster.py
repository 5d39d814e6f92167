"""Act: an agency's collectors are loaded from its file. The newest row of an id wins; older ones stay with the time they were replaced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from agencies import queries
from agencies.models import Collector
from agencies.schemas import COLLECTORS
from portal import bulk
from portal.reports.kinds import Loaded, SoundRow
from portal.reports.models import Report

ID = COLLECTORS.names.index("collector_id")
COLUMNS = ("agency_id", "report_id", *COLLECTORS.names, "created_at", "replaced_at")


def load_collectors(session: Session, report: Report, rows: Sequence[SoundRow], *, at: datetime) -> Loaded:
    """Load sound rows of a collectors file (contract 4.3): set-based, in the caller's transaction.

    A row that says what the newest one of its id says already is a duplicate. Raises ValueError for a file of nobody's.
    """
    if report.agency_id is None:
        raise ValueError("Only an agency has collectors.")
    known = queries.newest_collectors(session, report.agency_id, {row.values[ID] for row in rows})
    newest: dict[str, tuple[Any, ...]] = {collector_id: _values(row) for collector_id, row in known.items()}
    loaded, made = Loaded(), []
    for row in rows:
        identity = row.values[ID]
        if newest.get(identity) == row.values:
            loaded.duplicate += 1
            continue
        newest[identity] = row.values
        made.append([report.agency_id, report.id, *row.values, at, None])
    _replace(session, report.agency_id, made, known, at)
    loaded.accepted = len(made)
    return loaded


def _replace(
    session: Session, agency_id: int, made: list[list[Any]], known: dict[str, Collector], at: datetime
) -> None:
    """Insert the new rows; of each id only the last one stays in force."""
    last = {row[2 + ID]: number for number, row in enumerate(made)}
    for number, row in enumerate(made):
        if last[row[2 + ID]] != number:
            row[-1] = at
    if old := [known[identity].id for identity in last if identity in known]:
        session.execute(update(Collector).where(Collector.id.in_(old)).values(replaced_at=at))
    bulk.insert_rows(session, Collector.__table__, COLUMNS, made)  # type: ignore[arg-type]


def _values(row: Collector) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in COLLECTORS.names)
