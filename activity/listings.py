"""The list pages of promises, visits and expected files. Their selects stand in promise_queries, visit_queries and feed_queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from activity import visit_queries
from activity.discipline import FileState
from activity.models import Activity, ExpectedFile, Promise
from activity.promises import PromiseState
from activity.schemas import REPORTS
from agencies.models import Agency
from placements.models import Account
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec
from portal.permissions import Actor
from portal.reports.models import Report

PROMISE_STATES = (
    (PromiseState.WAITING.value, N_("Waiting")), (PromiseState.DUE.value, N_("Due")), (PromiseState.KEPT.value, N_("Kept")),
    (PromiseState.BROKEN.value, N_("Broken")), (PromiseState.UNCLEAR.value, N_("Unclear")),
)  # fmt: skip


def promises(actor: Actor) -> ListSpec:
    """Promises and plans, the newest first."""
    of_bank = () if actor.agency_id else (
        Column("agency", N_("Agency"), lambda row: row.code or _("the bank"), sort=Agency.__table__.c.code),
    )  # fmt: skip
    return ListSpec(
        page="promises", key=Promise.__table__.c.activity_id, order="-made_on",
        columns=(
            Column("account", N_("Account"), lambda row: _account(row.account_ref), sort=Account.__table__.c.account_ref),
            *of_bank,
            Column("kind", N_("Kind"), lambda row: row.Promise.kind, kind="code"),
            Column("made_on", N_("Made on"), lambda row: row.Promise.made_on, kind="date", sort=Promise.__table__.c.made_on),
            Column("amount", N_("Amount"), lambda row: Cell(row.Promise.amount, currency=row.Promise.currency), kind="money",
                   sort=Promise.__table__.c.amount),
            Column("due_on", N_("Due on"), lambda row: row.Promise.due_on, kind="date", sort=Promise.__table__.c.due_on),
            Column("instalments", N_("Instalments kept"), lambda row: f"{row.Promise.kept} / {row.Promise.instalments}"),
            Column("paid", N_("Paid"), lambda row: Cell(row.Promise.paid, currency=row.Promise.currency), kind="money",
                   sort=Promise.__table__.c.paid),
            Column("state", N_("State"), lambda row: row.Promise.state.value, kind="state", subject="promise", sort=Promise.__table__.c.state),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: Promise.state == value if value in list(PromiseState) else None, kind="choice",
                   choices=PROMISE_STATES),
            *(() if actor.agency_id else (Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),)),
            Filter("kind", N_("Kind"), lambda value: Promise.kind == value, kind="choice", choices=(("promise", N_("promise")), ("plan", N_("plan")))),
            Filter("from", N_("Due from"), lambda value: Promise.due_on >= day if (day := _day(value)) else None, kind="date"),
            Filter("to", N_("Due before"), lambda value: Promise.due_on < day if (day := _day(value)) else None, kind="date"),
        ),
        search=lambda text: Account.account_ref == text,
        empty={"title": N_("No promises yet"), "text": N_("What people promise to pay appears here when an activity report tells of it.")},
    )  # fmt: skip


def visits(actor: Actor) -> ListSpec:
    """Visits, the newest first."""
    of_bank = () if actor.agency_id else (
        Column("agency", N_("Agency"), lambda row: row[2] or _("the bank"), sort=Agency.__table__.c.code),
    )  # fmt: skip
    return ListSpec(
        page="visits", key=Activity.__table__.c.id, order="-occurred_at", prepare=_with_people,
        columns=(
            Column("occurred_at", N_("When"), lambda row: row[0].row.occurred_at, kind="instant", sort=Activity.__table__.c.occurred_at),
            Column("account", N_("Account"), lambda row: _account(row[1]), sort=Account.__table__.c.account_ref),
            *of_bank,
            Column("collector", N_("Collector"), lambda row: _collector(row[0])),
            Column("companions", N_("Companions"), lambda row: ", ".join(row[0].companions)),
            Column("notice", N_("Announced"), lambda row: row[0].noticed_at, kind="instant"),
            Column("outcome", N_("Outcome"), lambda row: row[0].row.outcome, kind="code", sort=Activity.__table__.c.outcome),
            Column("party", N_("Party"), lambda row: row[0].row.party, kind="code"),
            Column("recording", N_("Recording"), lambda row: row[0].row.recording_ref),
        ),
        filters=(
            Filter("outcome", N_("Outcome"), lambda value: Activity.outcome == value, kind="choice",
                   choices=(("met", N_("met")), ("not_home", N_("not home")), ("refused", N_("refused")))),
            *(() if actor.agency_id else (Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),)),
            Filter("collector", N_("Collector"), lambda value: Activity.collector_id == value),
        ),
        search=lambda text: Account.account_ref == text,
        empty={"title": N_("No visits yet"), "text": N_("Visits appear here when an activity report tells of them.")},
    )  # fmt: skip


def expected_files(actor: Actor) -> ListSpec:
    """Files that were due or will be next, the newest deadline first."""
    of_bank = () if actor.agency_id else (
        Column("agency", N_("Agency"), lambda row: Cell(row.code, url=f"/agencies/{row.code}/feed"), sort=Agency.__table__.c.code),
    )  # fmt: skip
    return ListSpec(
        page="expected_files", key=ExpectedFile.__table__.c.id, order="-due_at",
        columns=(
            Column("due_at", N_("Due by"), lambda row: row.ExpectedFile.due_at, kind="instant", sort=ExpectedFile.__table__.c.due_at),
            *of_bank,
            Column("kind", N_("Kind"), lambda row: row.ExpectedFile.kind, kind="code", sort=ExpectedFile.__table__.c.kind),
            Column("state", N_("State"), lambda row: row.ExpectedFile.state.value, kind="state", subject="expected_file",
                   sort=ExpectedFile.__table__.c.state),
            Column("report", N_("Report"), lambda row: _report(row.Report), sort=None),
            Column("received", N_("Received"), lambda row: row.Report.created_at if row.Report else None, kind="instant", sort=Report.__table__.c.created_at),
            Column("announced", N_("Rows announced"), lambda row: row.Report.control_rows if row.Report else None, kind="count"),
            Column("rows", N_("Rows"), lambda row: row.Report.rows_read if row.Report else None, kind="count"),
            Column("rejected", N_("Rejected rows"), lambda row: _rejected(row.Report), kind="count"),
            Column("chased", N_("Reminders"), lambda row: row.ExpectedFile.chased, kind="count", sort=ExpectedFile.__table__.c.chased),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: ExpectedFile.state == value if value in list(FileState) else None, kind="choice",
                   choices=(("awaited", N_("Awaited")), ("overdue", N_("Overdue")), ("on_time", N_("On time")), ("late", N_("Late")), ("missing", N_("Missing")))),
            *(() if actor.agency_id else (Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),)),
            Filter("kind", N_("Kind"), lambda value: ExpectedFile.kind == value, kind="choice", choices=tuple((kind, N_(kind)) for kind in REPORTS)),
        ),
        empty={"title": N_("No file is expected yet"), "text": N_("What is expected of an agency is set on its page, under Files.")},
    )  # fmt: skip


def _report(report: Report | None) -> Cell:
    return Cell(report.ref, url=f"/reports/{report.ref}") if report else Cell(None)


def _rejected(report: Report | None) -> Cell:
    return Cell(report.rejected, tone="warn" if report.rejected else None) if report else Cell(None)


def _with_people(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
    people = visit_queries.with_people(session, [row[0] for row in rows])
    return [(people[row[0].id], row[1], row[2]) for row in rows]


def _collector(visit: visit_queries.Visit) -> Cell:
    """The collector; marked where the roster does not clear them for visits."""
    hint = None if visit.may_visit else _("not cleared for visits on the roster")
    return Cell(visit.collector, hint=hint, tone=None if visit.may_visit else "warn")


def _account(ref: str) -> Cell:
    return Cell(ref, url=f"/accounts/{quote(ref)}/timeline")


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
