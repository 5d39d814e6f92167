"""The kinds of file that agencies send, and the bank its own contacts and complaints in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from activity import loading, schemas
from activity.events import ReportAccepted
from portal import events
from portal.reports.kinds import FileKind, register
from portal.reports.models import Report
from portal.webhooks import publishing as webhooks


def finished(session: Session, report: Report) -> None:
    """Tell the floors above, and the sender, that a report was read to its end."""
    events.emit(session, ReportAccepted(report.id, report.kind, report.agency_id))
    if report.agency_id:
        webhooks.publish(
            session,
            "report.processed",
            report.agency_id,
            {"report": report.ref, "kind": report.kind, "state": report.state.value},
        )


KINDS = (
    register(
        FileKind("activity", schemas.ACTIVITY, loading.load_activity, finished, from_bank=True, identity="record_id")
    ),
    register(FileKind("payments", schemas.PAYMENTS, loading.load_payments, finished, identity="record_id")),
    register(FileKind("inventory", schemas.INVENTORY, loading.load_inventory, finished)),
    register(FileKind("complaints", schemas.COMPLAINTS, loading.load_complaints, finished, from_bank=True)),
)
