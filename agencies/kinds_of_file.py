"""The kinds of file of this floor: an agency's collectors, and a running panel that the bank takes over on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agencies import importing, roster, schemas
from agencies.events import RosterLoaded
from agencies.roster_rows import COLLECTORS
from portal import clock, events
from portal.reports.kinds import FileKind, Loaded, SoundRow, register
from portal.reports.models import Report
from portal.webhooks import publishing as webhooks


def load_collectors(session: Session, report: Report, rows: Sequence[SoundRow]) -> Loaded:
    """Load an agency's collectors now."""
    return roster.load_collectors(session, report, rows, at=clock.now())


def load_agencies(session: Session, _report: Report, rows: Sequence[SoundRow]) -> Loaded:
    """Take a running panel over now."""
    return importing.load_panel(session, rows, at=clock.now())


def roster_finished(session: Session, report: Report) -> None:
    """Tell the floors above and the sender that a file of collectors was read to its end."""
    if report.agency_id is None:
        return
    events.emit(session, RosterLoaded(report.id, report.agency_id))
    told = {"report": report.ref, "kind": report.kind, "state": report.state.value}
    webhooks.publish(session, "report.processed", report.agency_id, told)


KINDS = (
    register(FileKind("collectors", COLLECTORS, load_collectors, roster_finished)),
    register(FileKind("agencies", schemas.AGENCIES, load_agencies, from_agencies=False)),
)
