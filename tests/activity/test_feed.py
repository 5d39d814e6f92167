"""Files that are expected: stored, chased, counted and graded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from activity import feed, feed_queries, jobs
from activity import kinds_of_file as _registered  # noqa: F401 - the kinds are known once it is imported
from activity.calendar import BankDays, Cadence, Due
from activity.certificate import Level
from activity.models import ExpectedFile, FeedCertificate
from agencies.models import Agency
from portal import clock, mail, work
from portal.audit import AuditEntry
from portal.db import Database
from portal.errors import Conflict, Invalid
from portal.mail import OutboxMail
from portal.people import Role
from portal.permissions import SYSTEM
from portal.tasks import Task, TaskState
from tests import factories, world
from tests.conftest import KEYS
from tests.world import csv, row

SET_ON = datetime(2026, 2, 1, 9, tzinfo=UTC)  # a Sunday
DAILY = Due(Cadence.DAILY, 0, 18, date(2026, 2, 2))


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


@pytest.fixture
def agency(db: Database, tmp_path: Path) -> Agency:
    """Agency A with accounts since January; a bank that works by UTC."""
    world.begin(tmp_path, KEYS)
    feed.use(BankDays(ZoneInfo("UTC")))
    mail.use(mail.Postman("console:", "x@bank.example", "Bank", "http://127.0.0.1"))
    with db.transaction() as session:
        found, _other = world.two_agencies(session)
        factories.make_user(session, Role.AGENCY_MANAGER, found, email="boss@a.example")
    return found


def expect(db: Database, agency: Agency, due: Due = DAILY, kind: str = "activity", now: datetime = SET_ON) -> int:
    with db.transaction() as session:
        return feed.expect(session, SYSTEM, agency, kind, due, at=now).id


def send(db: Database, agency: Agency, when: datetime, *rows: str, **controls: int) -> None:
    with clock.set_to(when):
        world.send(db, agency, csv(*(rows or (row(f"r{when:%d%H}", at="2026-02-01T10:00:00-05:00"),))), **controls)
        work.drain(db)


def review(db: Database, agency: Agency, now: datetime) -> list[str]:
    """How the files of the agency stand, the oldest first."""
    with clock.set_to(now), db.transaction() as session:
        feed.review(session, session.get_one(Agency, agency.id), at=now)
    with db.reading() as session:
        wanted = select(ExpectedFile).where(ExpectedFile.agency_id == agency.id).order_by(ExpectedFile.due_at)
        return [found.state.value for found in session.scalars(wanted)]


def test_what_came_and_what_did_not_is_kept_deadline_by_deadline(db: Database, agency: Agency) -> None:
    expect(db, agency)
    send(db, agency, at(2, 17))
    send(db, agency, at(3, 20))
    assert review(db, agency, at(3, 21)) == ["on_time", "late", "awaited"]
    assert review(db, agency, at(5, 21)) == ["on_time", "late", "missing", "overdue", "awaited"]
    with db.reading() as session:
        reports = session.scalars(select(ExpectedFile.report_id).where(ExpectedFile.report_id.is_not(None))).all()
    assert len(reports) == 2


def test_a_refused_file_answers_nothing(db: Database, agency: Agency) -> None:
    expect(db, agency)
    send(db, agency, at(2, 17), control_rows=7)
    assert review(db, agency, at(2, 19)) == ["overdue", "awaited"]


def test_a_file_that_was_counted_for_one_day_moves_when_a_second_one_comes(db: Database, agency: Agency) -> None:
    expect(db, agency)
    send(db, agency, at(3, 16))
    assert review(db, agency, at(3, 16)) == ["overdue", "on_time"], "nearer to the deadline to come"
    send(db, agency, at(3, 17))
    assert review(db, agency, at(3, 17)) == ["late", "on_time"]


def test_a_file_from_before_anything_was_expected_answers_nothing(db: Database, agency: Agency) -> None:
    send(db, agency, at(1, 17))
    expect(db, agency)
    assert review(db, agency, at(2, 19)) == ["overdue", "awaited"]


def test_what_leaves_the_window_keeps_its_state(db: Database, agency: Agency) -> None:
    """The deadline at the window's edge was answered by a file from before the edge."""
    expect(db, agency, Due(Cadence.WEEKLY, 0, 18, date(2026, 2, 2)))
    send(db, agency, at(2, 12))
    states = review(db, agency, at(2, 15) + timedelta(days=90))
    assert states[0] == "on_time"


def test_nothing_is_expected_of_an_agency_without_accounts(db: Database, agency: Agency) -> None:
    with db.transaction() as session:
        idle = factories.make_agency(session, "IDLE")
    expect(db, idle)
    assert review(db, idle, at(10)) == []


def test_an_overdue_file_is_asked_for_by_mail_three_times_and_no_more(db: Database, agency: Agency) -> None:
    expect(db, agency, Due(Cadence.WEEKLY, 0, 18, date(2026, 2, 2)))
    for hours in (1, 2, 25, 26, 49, 73, 97):
        review(db, agency, at(2, 18) + timedelta(hours=hours))
    with db.reading() as session:
        mails = session.scalars(select(OutboxMail).where(OutboxMail.subject.contains("overdue"))).all()
        to = sorted(found.recipient for found in mails)
        (task,) = session.scalars(select(Task).where(Task.kind == "feed.send")).all()
    assert to == ["A@example.com"] * 3 + ["boss@a.example"] * 3
    assert (task.role, task.agency_id, task.state) == (Role.AGENCY_MANAGER, agency.id, TaskState.OPEN)


def test_what_was_asked_for_waits_for_nobody_once_it_came(db: Database, agency: Agency) -> None:
    expect(db, agency)
    review(db, agency, at(2, 19))
    send(db, agency, at(2, 20))
    review(db, agency, at(2, 21))
    with db.reading() as session:
        asked = session.scalars(select(Task.state).where(Task.kind.startswith("feed."))).all()
        assert asked == [TaskState.DONE]


def test_the_bank_hears_of_a_file_that_did_not_come_at_all(db: Database, agency: Agency) -> None:
    expect(db, agency)
    review(db, agency, at(3, 19))
    with db.reading() as session:
        found = session.scalars(select(Task).where(Task.kind == "feed.missing")).one()
    assert (found.role, found.params["day"], found.link) == (Role.VENDOR_MANAGER, "2026-02-02", "/agencies/AGYA/feed")


def test_what_is_expected_changes_from_a_day_on_and_the_past_stays_judged_by_what_held_then(db: Database, agency: Agency) -> None:  # fmt: skip
    first = expect(db, agency)
    expect(db, agency, Due(Cadence.WEEKLY, 4, 12, date(2026, 2, 4)), now=at(3))
    with db.reading() as session:
        assert feed_queries.expectation(session, agency.id, first).valid_until == date(2026, 2, 3)
    review(db, agency, at(7))
    with db.reading() as session:
        days = [found.day for found in session.scalars(select(ExpectedFile.due_at).order_by(ExpectedFile.due_at))]
    assert days == [2, 3, 6, 13]


@pytest.mark.parametrize(
    ("due", "kind", "field"),
    [
        (Due(Cadence.DAILY, 0, 18, date(2026, 1, 31)), "activity", "valid_from"),
        (Due(Cadence.DAILY, 1, 18, date(2026, 2, 2)), "activity", "day"),
        (Due(Cadence.WEEKLY, 5, 18, date(2026, 2, 2)), "activity", "day"),
        (Due(Cadence.MONTHLY, 0, 18, date(2026, 2, 2)), "activity", "day"),
        (Due(Cadence.DAILY, 0, 25, date(2026, 2, 2)), "activity", "hour"),
        (Due(Cadence.DAILY, 0, 18, date(2026, 2, 2)), "accounts", "kind"),
    ],
)
def test_what_makes_no_sense_cannot_be_expected(db: Database, agency: Agency, due: Due, kind: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        expect(db, agency, due, kind)
    assert list(refused.value.fields) == [field]


def test_two_expectations_of_one_kind_cannot_begin_on_one_day(db: Database, agency: Agency) -> None:
    expect(db, agency)
    with pytest.raises(Conflict):
        expect(db, agency)


def test_a_feed_goes_live_with_a_sound_file_of_every_kind_and_falls_when_files_stay_away(db: Database, agency: Agency) -> None:  # fmt: skip
    expect(db, agency)
    review(db, agency, at(2, 10))
    assert grades(db, agency) == [Level.NONE]
    send(db, agency, at(2, 17))
    review(db, agency, at(2, 18))
    assert grades(db, agency) == [Level.NONE, Level.TRIAL]
    review(db, agency, at(20))
    assert grades(db, agency) == [Level.NONE, Level.TRIAL, Level.NONE]
    with db.reading() as session:
        fell = session.scalars(select(Task).where(Task.kind == "feed.fell")).one()
        trail = session.scalars(select(AuditEntry.event).where(AuditEntry.event == "activity.feed.graded")).all()
        told = session.scalars(select(OutboxMail).where(OutboxMail.subject.contains("another grade"))).all()
    assert (fell.role, fell.params["before"], fell.params["level"]) == (
        Role.VENDOR_MANAGER,
        "On trial",
        "No certificate",
    )
    assert (len(trail), len(told)) == (3, 4)


def grades(db: Database, agency: Agency) -> list[Level]:
    with db.reading() as session:
        return list(session.scalars(select(FeedCertificate.level).order_by(FeedCertificate.id)))


def test_looking_twice_changes_nothing(db: Database, agency: Agency) -> None:
    expect(db, agency)
    send(db, agency, at(2, 17))
    first = review(db, agency, at(4, 19))
    with db.reading() as session:
        before = len(session.scalars(select(OutboxMail)).all()), len(session.scalars(select(Task)).all())
    with clock.set_to(at(4, 19)):
        jobs.review_feeds(db)
    assert review(db, agency, at(4, 19)) == first
    with db.reading() as session:
        assert (len(session.scalars(select(OutboxMail)).all()), len(session.scalars(select(Task)).all())) == before


def test_files_on_time_are_counted_by_agency_once_they_are_decided(db: Database, agency: Agency) -> None:
    expect(db, agency)
    send(db, agency, at(2, 17))
    send(db, agency, at(3, 20))
    review(db, agency, at(5, 19))
    with db.reading() as session:
        found = feed_queries.on_time(session, first=at(1), end=at(28), known_at=at(28))
    assert found == {agency.id: (3, 1)}, "the fourth is overdue: it may still come"
