"""Questions about files that are expected of agencies, and about the grades of their feeds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from activity.certificate import Figures
from activity.discipline import COUNTED, Came, FileState
from activity.models import Expectation, ExpectedFile, FeedCertificate
from agencies.models import Agency
from placements.models import Placement
from portal.errors import NotFound
from portal.permissions import Actor
from portal.reports.models import DONE, Report, ReportState

PROVING_SHARE = 10  # a file proves its kind if at most one row in so many was rejected


def expectations(session: Session, agency_id: int, *, since: date | None = None) -> Sequence[Expectation]:
    """What is expected of an agency, by kind and beginning; with `since`, only what holds on that day or later."""
    wanted = select(Expectation).where(Expectation.agency_id == agency_id)
    if since:
        wanted = wanted.where(or_(Expectation.valid_until.is_(None), Expectation.valid_until >= since))
    return session.scalars(wanted.order_by(Expectation.kind, Expectation.valid_from)).all()


def expectation(session: Session, agency_id: int, expectation_id: int) -> Expectation:
    """One expectation of this agency. Raises NotFound."""
    found = session.scalars(
        select(Expectation).where(Expectation.id == expectation_id, Expectation.agency_id == agency_id)
    ).first()
    if found is None:
        raise NotFound
    return found


def agencies_expected(session: Session) -> Sequence[Agency]:
    """The agencies of which files are, or were, expected."""
    return session.scalars(
        select(Agency).where(Agency.id.in_(select(Expectation.agency_id))).order_by(Agency.code)
    ).all()


def held_between(session: Session, agency_id: int) -> tuple[datetime | None, datetime | None]:
    """From when to when an agency had accounts: its first placement, and the end of its last (None: it still has some)."""
    open_ones = func.sum(case((Placement.ended_at.is_(None), 1), else_=0))
    wanted = select(func.min(Placement.placed_at), func.max(Placement.ended_at), open_ones)
    first, last, still_open = session.execute(wanted.where(Placement.agency_id == agency_id)).one()
    return first, None if still_open else last


def files_that_came(session: Session, agency_id: int, kind: str, since: datetime) -> list[Came]:
    """The files of a kind that came since then and were not refused, in order."""
    wanted = select(Report.id, Report.created_at).where(
        Report.agency_id == agency_id, Report.kind == kind, Report.created_at >= since, Report.state != ReportState.REJECTED
    )  # fmt: skip
    return [Came(*row) for row in session.execute(wanted.order_by(Report.created_at, Report.id))]


def expected_files(session: Session, agency_id: int, kind: str, since: datetime) -> Sequence[ExpectedFile]:
    """The deadlines of a kind since then, as they are stored."""
    wanted = select(ExpectedFile).where(
        ExpectedFile.agency_id == agency_id, ExpectedFile.kind == kind, ExpectedFile.due_at >= since
    )
    return session.scalars(wanted.order_by(ExpectedFile.due_at)).all()


def figures(session: Session, agency_id: int, *, since: datetime, day: date) -> Figures:
    """What an agency's files show since then."""
    kinds = {row.kind for row in expectations(session, agency_id, since=day) if row.valid_from <= day}
    due, on_time = session.execute(
        select(func.count(), func.sum(case((ExpectedFile.state == FileState.ON_TIME, 1), else_=0))).where(
            ExpectedFile.agency_id == agency_id, ExpectedFile.due_at >= since, ExpectedFile.state.in_(COUNTED)
        )
    ).one()
    mine = and_(Report.agency_id == agency_id, Report.created_at >= since, Report.state.in_(DONE))
    announced = or_(Report.control_rows.is_not(None), Report.control_amount.is_not(None))
    rows, rejected, files, told, refused = session.execute(
        select(
            func.sum(Report.rows_read), func.sum(Report.rejected), func.count(), func.sum(case((announced, 1), else_=0)),
            func.sum(case((Report.state == ReportState.REJECTED, 1), else_=0)),
        ).where(mine)
    ).one()  # fmt: skip
    return Figures(
        len(kinds), len(_proven(session, agency_id, kinds, since)), due, int(on_time or 0), int(rows or 0), int(rejected or 0),
        files, int(told or 0), int(refused or 0),
    )  # fmt: skip


def _proven(session: Session, agency_id: int, kinds: Collection[str], since: datetime) -> set[str]:
    sound = and_(Report.rows_read > 0, Report.rejected * PROVING_SHARE <= Report.rows_read)
    taken = Report.state.in_((ReportState.ACCEPTED, ReportState.PARTLY_ACCEPTED))
    wanted = select(Report.kind).where(Report.agency_id == agency_id, Report.created_at >= since, taken, sound)
    return set(session.scalars(wanted.where(Report.kind.in_(sorted(kinds))).distinct()))


def certificate(session: Session, agency_id: int) -> FeedCertificate | None:
    """The present grade of an agency's feed."""
    return session.scalars(
        select(FeedCertificate).where(FeedCertificate.agency_id == agency_id, FeedCertificate.until.is_(None))
    ).first()


def certificates(session: Session, agency_id: int) -> Sequence[FeedCertificate]:
    """Every grade that an agency's feed had, the newest first."""
    wanted = select(FeedCertificate).where(FeedCertificate.agency_id == agency_id)
    return session.scalars(wanted.order_by(FeedCertificate.since.desc(), FeedCertificate.id.desc())).all()


def expected_list(actor: Actor) -> Select[Any]:
    """The deadlines the actor may see, with the agency and what came: an agency its own."""
    wanted: Any = select(ExpectedFile, Agency.code, Report)
    joined: Select[Any] = wanted.join(Agency, Agency.id == ExpectedFile.agency_id).outerjoin(
        Report, Report.id == ExpectedFile.report_id
    )
    return joined.where(ExpectedFile.agency_id == actor.agency_id) if actor.agency_id else joined


def on_time(session: Session, *, first: datetime, end: datetime, known_at: datetime) -> dict[int, tuple[int, int]]:
    """By agency: files that fell due in a span and are decided, and how many of them were on time."""
    sums = func.sum(case((ExpectedFile.state == FileState.ON_TIME, 1), else_=0))
    wanted = select(ExpectedFile.agency_id, func.count(), sums).where(
        ExpectedFile.due_at >= first, ExpectedFile.due_at < end, ExpectedFile.due_at <= known_at,
        ExpectedFile.state.in_(COUNTED),
    )  # fmt: skip
    found = session.execute(wanted.group_by(ExpectedFile.agency_id))
    return {agency_id: (due, int(few)) for agency_id, due, few in found}
