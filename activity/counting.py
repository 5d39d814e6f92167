"""Running counts of accepted activity, moved in the same transaction as the rows they count.

Rows of one report are counted by the UTC day they happened on, kind, direction and the currency their account had when they came.
A row that a later one replaces is taken off again. Floors above read these counts where they would otherwise count the rows of years.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from activity import queries
from activity.models import ActivityCount
from portal.reports.models import Report

Key = tuple[date, str, str | None, str]
"""The day in UTC, the kind, the direction, the account's currency."""


def add(session: Session, report: Report, accepted: Iterable[Key]) -> None:
    """Count rows of this report in, a key for each row."""
    rows = [
        {"report_id": report.id, "agency_id": report.agency_id, "day": day, "kind": kind, "direction": direction or "",
         "currency": currency, "accepted": count}
        for (day, kind, direction, currency), count in Counter(accepted).items()
    ]  # fmt: skip
    if not rows:
        return
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(ActivityCount)
    key = list(ActivityCount.__table__.primary_key)
    more = ActivityCount.accepted + new.excluded.accepted
    session.connection().execute(new.on_conflict_do_update(index_elements=key, set_={"accepted": more}), rows)


def take_off(session: Session, sender: int, record_ids: Collection[str]) -> None:
    """Count rows out that are about to be replaced: those of these ids of one sender that stand."""
    leaving = Counter(
        (report_id, occurred_at.date(), kind, direction or "", currency)
        for report_id, occurred_at, kind, direction, currency in queries.standing_rows(session, sender, record_ids)
    )
    if not leaving:
        return
    names = ("report_id", "day", "kind", "direction", "currency")
    columns: Mapping[str, Any] = {name: ActivityCount.__table__.c[name] for name in names}
    fewer = update(ActivityCount).where(*(column == bindparam(f"of_{name}") for name, column in columns.items()))
    session.connection().execute(
        fewer.values(accepted=ActivityCount.accepted - bindparam("leaving")),
        [
            {**{f"of_{name}": value for name, value in zip(names, key, strict=True)}, "leaving": count}
            for key, count in sorted(leaving.items())
        ],
    )
