"""The bank's own ledger as a kind of file."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ledger import posting
from ledger.schemas import LEDGER
from portal import work
from portal.reports.kinds import FileKind, register
from portal.reports.models import Report


def finished(session: Session, report: Report) -> None:
    """New entries may be the other side of claims that wait, and what was promised."""
    work.enqueue(session, "ledger.match", report.id)
    work.enqueue(session, "ledger.promises", report.id)


KINDS = (
    register(
        FileKind(
            "ledger", LEDGER, posting.load_ledger, finished, from_agencies=False, from_bank=True, identity="record_id"
        )
    ),
)
