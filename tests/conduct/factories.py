"""Breaches and complaints for tests of what people do with them: rows made directly, with good defaults."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activity.models import Activity, Standing
from agencies.models import Agency
from conduct.findings import due_at
from conduct.models import Breach, BreachRow
from conduct.rulebook import standard
from placements.models import Account
from portal.files import StoredFile
from portal.refs import new_ref
from portal.reports.models import Mode, Report, ReportState

AT = datetime(2026, 2, 10, 4, 30, tzinfo=UTC)  # 23:30 in New York the day before
_numbers = itertools.count(1)


def make_report(session: Session, agency: Agency | None, **values: Any) -> Report:
    """A report that was read and tested, and has no row in breach yet."""
    number = next(_numbers)
    file = StoredFile(
        name="activity.csv", content_type="text/csv", place=f"none/{number}", size=1, sha256=f"{number:064}",
        created_at=AT, created_by="test",
    )  # fmt: skip
    session.add(file)
    session.flush()
    agency_id = agency.id if agency else None
    given: dict[str, Any] = {
        "ref": new_ref("rpt"), "kind": "activity", "sender": agency_id or 0, "agency_id": agency_id, "mode": Mode.PARTIAL,
        "state": ReportState.ACCEPTED, "file_id": file.id, "sha256": file.sha256, "format_name": "csv", "created_at": AT,
        "created_by": "test", "breaches": 0, "finished_at": AT,
    }  # fmt: skip
    report = Report(**given | values)
    session.add(report)
    session.flush()
    return report


def make_row(session: Session, report: Report, account_ref: str = "ACC1", **values: Any) -> Activity:
    """A call at half past eleven at night."""
    account = session.scalars(select(Account).where(Account.account_ref == account_ref)).one()
    number = next(_numbers)
    given: dict[str, Any] = {
        "report_id": report.id, "row_no": number, "sender": report.sender, "agency_id": report.agency_id, "account_id": account.id,
        "consumer_id": account.consumer_id, "standing": Standing.ACCEPTED, "content_hash": str(number), "record_id": f"r{number}",
        "occurred_at": AT, "kind": "call", "direction": "out", "outcome": "no_answer", "endpoint": "+12165550123",
    }  # fmt: skip
    row = Activity(**given | values)
    session.add(row)
    session.flush()
    return row


def make_breach(
    session: Session, row: Activity, rule: str = "us.regf.time-of-day", *others: Activity, **values: Any
) -> Breach:
    """A breach found on a row, proved by it and the others."""
    known = standard().versions(rule)[-1]
    given: dict[str, Any] = {
        "ref": new_ref("bch"), "rule": rule, "rule_version": known.version, "verdict": "violation", "severity": known.severity,
        "citation": known.citation, "agency_id": row.agency_id, "account_id": row.account_id, "activity_id": row.id,
        "report_id": row.report_id, "occurred_at": row.occurred_at, "local_day": date(2026, 2, 9), "found_at": AT,
        "due_at": due_at(known.severity, AT),
        "why": {"reason": "outside_window", "local_time": "23:30:00", "date": "2026-02-09", "zone": "America/New_York", "open": "08:00:00", "close": "21:00:00"},
    }  # fmt: skip
    breach = Breach(**given | values)
    session.add(breach)
    session.flush()
    session.add_all(BreachRow(breach_id=breach.id, activity_id=one.id) for one in (row, *others))
    session.flush()
    return breach
