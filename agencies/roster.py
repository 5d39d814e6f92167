"""Acts: an agency's collectors are loaded from its file or entered on the page; who leaves loses the portal account that is theirs.

The newest row of an id wins; older ones stay with the time they were replaced, so that it can be said who was cleared on a past day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from agencies import queries
from agencies.events import COLLECTOR_ENTERED, COLLECTOR_LINKED, COLLECTOR_SHUT_OUT, RosterLoaded
from agencies.models import Agency, Collector, CollectorLogin
from agencies.roster_rows import COLLECTORS
from portal import access, audit, bulk, clock, events
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Invalid, NotFound
from portal.people import User
from portal.permissions import SYSTEM, Actor
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


def enter(session: Session, actor: Actor, agency: Agency, values: Mapping[str, Any], *, at: datetime) -> Collector:
    """Enter one collector, or what is new about one, as one row of the file would. Raises Invalid naming the field, Conflict if nothing is new."""
    if fault := _fault(values):
        field, message = fault
        raise Invalid(message, fields={field: message})
    identity = values["collector_id"]
    known = queries.newest_collectors(session, agency.id, [identity])
    row = tuple(values.get(name) for name in COLLECTORS.names)
    if identity in known and _values(known[identity]) == row:
        raise Conflict(N_("The roster says this already."))
    _replace(session, agency.id, [[agency.id, None, *row, at, None]], known, at)
    made = queries.newest_collectors(session, agency.id, [identity])[identity]
    audit.record(
        session, actor, COLLECTOR_ENTERED, f"agency:{agency.code}", collector=identity, active_to=made.active_to
    )
    events.emit(session, RosterLoaded(None, agency.id))
    return made


def _fault(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field that cannot be, with what to do."""
    if values["active_to"] is not None and values["active_to"] < values["active_from"]:
        return "active_to", N_("The last day lies before the first.")
    if (
        values["training_until"] is not None
        and values["training_on"] is not None
        and values["training_until"] < values["training_on"]
    ):
        return "training_until", N_("The last day lies before the first.")
    return None


def link(
    session: Session, actor: Actor, agency: Agency, collector: Collector, user: User, *, at: datetime
) -> CollectorLogin:
    """Say which portal account is a collector's, so that it ends with them. Raises Conflict where either is linked already."""
    if user.agency_id != agency.id:
        raise NotFound
    made = CollectorLogin(agency_id=agency.id, collector_id=collector.collector_id, user_id=user.id, created_at=at)
    with unique_or_conflict(session, N_("This collector or this account is linked already.")):
        session.add(made)
    audit.record(
        session, actor, COLLECTOR_LINKED, f"agency:{agency.code}", collector=collector.collector_id, person=user.id
    )
    return made


def shut_out_leavers(session: Session, day: date, *, agency_id: int | None = None) -> int:
    """End the portal access of every collector whose last day is over: sessions, keys and sign-in at once; how many."""
    gone = queries.logins_of_leavers(session, day=day, agency_id=agency_id)
    for login, user in gone:
        access.disable(session, SYSTEM, user)
        audit.record(session, SYSTEM, COLLECTOR_SHUT_OUT, f"person:{user.id}", collector=login.collector_id)
    return len(gone)


def on_roster_loaded(session: Session, event: RosterLoaded) -> None:
    """Listener: a roster was read. Who has left by it is shut out now and not at night."""
    shut_out_leavers(session, clock.today(), agency_id=event.agency_id)


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
