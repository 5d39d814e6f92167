"""How agencies reported in a period: which rows came in late, how many were rejected, what was announced and arrived."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from activity.feed_queries import on_time
from activity.models import Activity, Standing
from agencies.models import Agency
from placements.models import Account
from portal.reports.models import DONE, Report, ReportState
from scorecards.queries import Rows
from scorecards.queries.cohort import Frame
from scorecards.queries.days import seconds_between

SECONDS_A_DAY = 86_400


def rows_of_period(frame: Frame) -> Rows:
    """Activity of the period with the report that brought it, account and agency.

    Corrections are left out, because the row they replace was timed; so are rows about accounts that had ended.
    """
    return (
        select(Activity, Report, Account.account_ref, Agency.code)
        .join(Report, Report.id == Activity.report_id)
        .join(Account, Account.id == Activity.account_id)
        .join(Agency, Agency.id == Activity.agency_id)
        .where(
            Activity.corrects.is_(None),
            Activity.standing != Standing.EVIDENCE,
            Account.currency == frame.currency,
            Activity.occurred_at >= frame.period.begins_at,
            Activity.occurred_at < frame.period.ends_at,
            Report.created_at <= frame.known_at,
        )
    )


def late_rows(frame: Frame) -> Rows:
    """The rows of the period that came in late."""
    return rows_of_period(frame).where(_is_late(frame))


def rows_reported(session: Session, frame: Frame, agency_id: int | None = None) -> dict[int, dict[str, Any]]:
    """By agency (of one alone, if named): rows of the period, and how many of them were late."""
    late = func.sum(case((_is_late(frame), 1), else_=0))
    wanted = (
        rows_of_period(frame).with_only_columns(Activity.agency_id, func.count(), late).group_by(Activity.agency_id)
    )
    if agency_id is not None:
        wanted = wanted.where(Activity.agency_id == agency_id)
    return {agency: {"rows": count, "late": int(few)} for agency, count, few in session.execute(wanted)}


def reports_read(session: Session, frame: Frame) -> dict[int, dict[str, Any]]:
    """By agency: rows of the reports that came in during the period.

    Only a control total announces rows; a file that was refused as a whole was announced and did not arrive.
    """
    announced = func.coalesce(Report.control_rows, 0)
    arrived = case((Report.state != ReportState.REJECTED, announced), else_=0)
    columns = ("rows_read", "rows_rejected", "rows_announced", "rows_arrived")
    sums = [func.sum(one) for one in (Report.rows_read, Report.rejected, announced, arrived)]
    wanted = (
        select(Report.agency_id, *sums)
        .where(
            Report.agency_id.is_not(None),
            Report.state.in_(DONE),
            and_(Report.created_at >= frame.period.begins_at, Report.created_at < frame.period.ends_at),
            Report.created_at <= frame.known_at,
        )
        .group_by(Report.agency_id)
    )
    return {agency: dict(zip(columns, map(int, values), strict=True)) for agency, *values in session.execute(wanted)}


def files_expected(session: Session, frame: Frame) -> dict[int, dict[str, Any]]:
    """By agency: files that were due in the period and are decided, and how many of them came on time."""
    found = on_time(session, first=frame.period.begins_at, end=frame.period.ends_at, known_at=frame.known_at)
    return {agency: {"files_due": due, "files_on_time": few} for agency, (due, few) in found.items()}


def _is_late(frame: Frame) -> ColumnElement[bool]:
    return seconds_between(Activity.occurred_at, Report.created_at) > frame.parameters.prompt_days * SECONDS_A_DAY
