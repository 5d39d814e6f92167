"""How agencies behaved: contacts and accounts held day by day, breaches, complaints; and all of conduct put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from activity.models import ActivityCount
from agencies.models import Agency
from conduct.models import Breach, BreachState, Complaint
from placements.models import Account, Placement, PlacementState
from portal.reports.models import Report
from scorecards.pool import ComplaintLine, ConductSums
from scorecards.queries import Rows
from scorecards.queries.cohort import Frame
from scorecards.queries.days import on_day, read_day
from scorecards.queries.lapses import credentials_lapsed
from scorecards.queries.reporting import SECONDS_A_DAY, files_expected, reports_read, rows_reported

CONTACTS = ("call", "voicemail", "sms", "email", "letter", "chat", "social", "visit")


def conduct_sums(session: Session, frame: Frame) -> dict[str, ConductSums]:
    """By agency code, everything compliance is measured from; agencies that held nothing and did nothing are left out."""
    names = dict(session.execute(select(Agency.id, Agency.code)).all())
    accounts = _accounts_by_age(session, frame)
    contacts = _contacts_by_age(session, frame)
    parts: list[dict[int, dict[str, Any]]] = [
        {agency: {"accounts": days} for agency, days in accounts.items()},
        {agency: {"contacts": days} for agency, days in contacts.items()},
        _in_period(contacts, frame),
        _breaches_by_age(session, frame),
        _breach_counts(session, frame),
        _complaint_lines(session, frame),
        rows_reported(session, frame),
        reports_read(session, frame),
        files_expected(session, frame),
        credentials_lapsed(session, frame),
    ]
    merged: dict[int, dict[str, Any]] = defaultdict(dict)
    for part in parts:
        for agency, values in part.items():
            merged[agency] |= values
    there = set(accounts) | set(contacts)
    return {names[agency]: ConductSums(**merged[agency]) for agency in sorted(there, key=lambda agency: names[agency])}


# -- contacts and accounts held, day by day -------------------------------------------------------------------------------


def _since(frame: Frame) -> datetime:
    return frame.period.ends_at - timedelta(days=frame.parameters.lookback_days)


def _age(frame: Frame, on: Any) -> int:
    """Days before the last day of the period."""
    return (frame.period.end - read_day(on)).days - 1


def contacts(frame: Frame) -> Rows:
    """The contacts that agencies reported on accounts of the currency and that count, as activity counts them: (agency_id, day, accepted)."""
    return select(ActivityCount.agency_id, ActivityCount.day, ActivityCount.accepted).where(
        ActivityCount.agency_id.is_not(None),
        ActivityCount.kind.in_(CONTACTS),
        ActivityCount.currency == frame.currency,
        ActivityCount.day < frame.period.end,
        ActivityCount.report_id.in_(select(Report.id).where(Report.created_at <= frame.known_at)),
    )


def _contacts_by_age(session: Session, frame: Frame) -> dict[int, list[list[int]]]:
    one = contacts(frame).where(ActivityCount.day >= _since(frame).date()).subquery()
    group = (one.c.agency_id, one.c.day)
    found: dict[int, list[list[int]]] = defaultdict(list)
    counted = select(*group, func.sum(one.c.accepted)).group_by(*group).having(func.sum(one.c.accepted) > 0)
    for agency, day, count in session.execute(counted.order_by(*group)):
        found[agency].append([_age(frame, day), int(count)])
    return found


def _in_period(contacts_by_age: dict[int, list[list[int]]], frame: Frame) -> dict[int, dict[str, Any]]:
    days = (frame.period.end - frame.period.first).days
    return {
        agency: {"contacts_in_period": sum(count for age, count in lines if age < days)}
        for agency, lines in contacts_by_age.items()
    }


def _accounts_by_age(session: Session, frame: Frame) -> dict[int, list[list[int]]]:
    """Accounts held at the end of each day of the lookback, by the days on which placements began and ended."""
    begun, ended = on_day(Placement.placed_at), on_day(Placement.ended_at)
    mine = (
        Placement.currency == frame.currency,
        Placement.state != PlacementState.REFUSED,
        Placement.placed_at < frame.period.ends_at,
    )
    change: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for sign, on, where in ((1, begun, ()), (-1, ended, (Placement.ended_at < frame.period.ends_at,))):
        group = (Placement.agency_id, on)
        for agency, when, count in session.execute(select(*group, func.count()).where(*mine, *where).group_by(*group)):
            change[agency][read_day(when)] += sign * count
    return {agency: lines for agency, days in change.items() if (lines := _held(days, frame))}


def _held(change: dict[date, int], frame: Frame) -> list[list[int]]:
    first = _since(frame).date()
    held, lines = sum(count for on, count in change.items() if on < first), []
    for age in range(frame.parameters.lookback_days - 1, -1, -1):
        held += change.get(frame.period.end - timedelta(days=age + 1), 0)
        if held:
            lines.append([age, held])
    return lines


# -- breaches -------------------------------------------------------------------------------------------------------------


def breaches(frame: Frame, since: datetime) -> Rows:
    """The breaches that count, with account and agency: found or confirmed by then, not dismissed, not withdrawn.

    What a rule alone cannot tell (`review`), or finds with a doubt (`provisional`), counts once a person confirmed it.
    """
    decided = and_(Breach.decided_at.is_not(None), Breach.decided_at <= frame.known_at)
    dismissed = and_(Breach.state == BreachState.DISMISSED, decided)
    confirmed = and_(Breach.state == BreachState.CONFIRMED, decided)
    certain = and_(Breach.verdict == "violation", Breach.provisional.is_(False))
    return (
        select(Breach, Account.account_ref, Agency.code)
        .join(Account, Account.id == Breach.account_id)
        .join(Agency, Agency.id == Breach.agency_id)
        .where(
            Account.currency == frame.currency,
            Breach.occurred_at >= since,
            Breach.occurred_at < frame.period.ends_at,
            Breach.found_at <= frame.known_at,
            or_(Breach.withdrawn_at.is_(None), Breach.withdrawn_at > frame.known_at),
            or_(certain, confirmed),
            ~dismissed,
        )
    )


def breaches_behind(frame: Frame, measure: str) -> Rows:
    """The breaches of V (all that are not forgotten) or of the plain rate (those of the period)."""
    return breaches(frame, frame.period.begins_at if measure == "breach_rate" else _since(frame))


def _breaches_by_age(session: Session, frame: Frame) -> dict[int, dict[str, Any]]:
    one = (
        breaches(frame, _since(frame))
        .with_only_columns(Breach.agency_id, Breach.occurred_at, Breach.severity)
        .subquery()
    )
    group = (one.c.agency_id, on_day(one.c.occurred_at), one.c.severity)
    found: dict[int, list[list[Any]]] = defaultdict(list)
    for agency, on, severity, count in session.execute(select(*group, func.count()).group_by(*group).order_by(*group)):
        found[agency].append([_age(frame, on), severity, count])
    return {agency: {"breaches": lines} for agency, lines in found.items()}


def _breach_counts(session: Session, frame: Frame) -> dict[int, dict[str, Any]]:
    """Breaches of the period, and those that shut a gate."""
    rules = frame.parameters.gate_rules
    stop_since = frame.period.ends_at - timedelta(days=frame.parameters.stop_days)
    is_of_period = Breach.occurred_at >= frame.period.begins_at
    columns = [
        ("breaches_in_period", is_of_period),
        ("licence_breaches", and_(is_of_period, Breach.rule.in_(rules["G1"]))),
        ("stop_breaches", and_(Breach.occurred_at >= stop_since, Breach.rule.in_(rules["G3"]))),
    ]
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in columns]
    wanted = (
        breaches(frame, min(stop_since, frame.period.begins_at))
        .with_only_columns(Breach.agency_id, *sums)
        .group_by(Breach.agency_id)
    )
    return {row.agency_id: {name: int(getattr(row, name)) for name, _ in columns} for row in session.execute(wanted)}


# -- complaints -----------------------------------------------------------------------------------------------------------


def complaints(frame: Frame) -> Rows:
    """Complaints about agencies of the last year, with the account if there is one; without one in every currency."""
    since = frame.period.ends_at - timedelta(days=frame.parameters.complaint_days)
    return (
        select(Complaint)
        .outerjoin(Account, Account.id == Complaint.account_id)
        .where(
            Complaint.agency_id.is_not(None),
            Complaint.received_at >= since,
            Complaint.received_at < frame.period.ends_at,
            Complaint.received_at <= frame.known_at,
            or_(Account.id.is_(None), Account.currency == frame.currency),
        )
        .order_by(Complaint.id)
    )


def complaints_by_id(ids: Iterable[int]) -> Rows:
    """These complaints, with account and agency."""
    wanted = select(Complaint, Account.account_ref, Agency.code).outerjoin(Account, Account.id == Complaint.account_id)
    return wanted.join(Agency, Agency.id == Complaint.agency_id).where(Complaint.id.in_(list(ids)))


def _complaint_lines(session: Session, frame: Frame) -> dict[int, dict[str, Any]]:
    found: dict[int, list[ComplaintLine]] = defaultdict(list)
    for complaint in session.scalars(complaints(frame)):
        if complaint.agency_id is not None:
            found[complaint.agency_id].append(complaint_line(complaint, frame.known_at))
    return {agency: {"complaints": lines} for agency, lines in found.items()}


def complaint_line(complaint: Complaint, known_at: datetime) -> ComplaintLine:
    """The complaint as it was known: what ended later was still open."""
    is_closed = complaint.closed_at is not None and complaint.closed_at <= known_at
    answered = next(
        (at for at in (complaint.answered_at, complaint.closed_at) if at is not None and at <= known_at), None
    )
    allowed = (complaint.due_on - complaint.received_at.date()).days
    taken = ((answered or known_at) - complaint.received_at).total_seconds() / SECONDS_A_DAY
    return ComplaintLine(
        complaint.id,
        (complaint.outcome or "open") if is_closed else "open",
        complaint.regulator,
        max(0.0, taken) / allowed if allowed > 0 else None,
        answered is not None,
    )
