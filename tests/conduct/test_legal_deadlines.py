"""The days that follow from legal steps: from the rules alone, kept beside the steps, told to whoever holds the account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
import conduct.jobs
from activity.events import ReportAccepted
from activity.models import Activity
from agencies.models import Agency
from conduct import legal_deadlines
from conduct.models import LegalDeadline
from placements.models import Account, Placement, PlacementState
from portal import clock, events, files, uploads, work
from portal.db import Database
from portal.people import Role
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.tasks import Task, TaskState
from tests import world
from tests.conftest import KEYS

COLUMNS = "record_id,account_ref,occurred_at,kind,filed_on,served_on,due_on,corrects,details"


@pytest.fixture
def agency(db: Database, tmp_path: Path) -> Iterator[Agency]:
    """Agency A with accounts in China."""
    world.begin(tmp_path, KEYS)
    events.wire([(ReportAccepted, conduct.jobs.on_report)])
    with db.transaction() as session:
        found, _ = world.two_agencies(session)
        for account in session.scalars(select(Account)):
            account.country, account.jurisdiction = "CN", "CN"
    yield found
    events.wire([])


def step(record: str, kind: str, *, at: str = "2026-03-02", filed: str = "", served: str = "", due: str = "", corrects: str = "",
         account: str = "ACC1", **details: str) -> str:  # fmt: skip
    cell = "{" + ",".join(f'""{name}"":""{value}""' for name, value in details.items()) + "}"
    return f'{record},{account},{at}T10:00:00+08:00,{kind},{filed},{served},{due},{corrects},"{cell}"'


def send(db: Database, agency: Agency, *lines: str, today: str) -> None:
    text = "\n".join((COLUMNS, *lines)) + "\n"
    with clock.set_to(datetime.fromisoformat(f"{today}T12:00:00+00:00")):
        upload = uploads.store_upload(files.store(), BytesIO(text.encode()), "text/csv", "steps.csv", 1 << 20)
        with db.transaction() as session:
            receiving.receive(session, SYSTEM, "activity", upload, sender_agency_id=agency.id)
        work.drain(db)


def stored(db: Database) -> dict[tuple[str, str], tuple[str, str, str | None]]:
    """(rule, step) to (day, state, done on)."""
    with db.reading() as session:
        wanted = select(LegalDeadline, Activity.record_id).join(Activity, Activity.id == LegalDeadline.activity_id)
        return {
            (row.rule, record): (row.day.isoformat(), row.state.value, row.met_on.isoformat() if row.met_on else None)
            for row, record in session.execute(wanted)
        }


def tasks(db: Database) -> dict[str, TaskState]:
    with db.reading() as session:
        wanted = select(Task.subject, Task.state).where(Task.kind == "legal.deadline")
        return {subject.split(":")[1]: state for subject, state in session.execute(wanted)}


def pass_to(db: Database, day: str) -> None:
    with clock.set_to(datetime.fromisoformat(f"{day}T04:00:00+00:00")):
        legal_deadlines.follow_days(db)


def test_a_payment_order_starts_the_courts_days(db: Database, agency: Agency) -> None:
    send(db, agency, step("o1", "payment_order", filed="2026-03-01"), today="2026-03-02")
    assert stored(db) == {("cn.po.accept_5", "o1"): ("2026-03-06", "open", None)}
    assert tasks(db) == {"cn.po.accept_5": TaskState.OPEN}


def test_what_is_told_later_of_the_order_meets_its_days_and_starts_the_next(db: Database, agency: Agency) -> None:
    send(db, agency, step("o1", "payment_order", filed="2026-03-01"), today="2026-03-02")
    later = step(
        "o2",
        "payment_order",
        filed="2026-03-01",
        served="2026-03-20",
        corrects="o1",
        accepted_on="2026-03-05",
        issued_on="2026-03-10",
    )
    send(db, agency, later, today="2026-03-21")
    assert stored(db) == {
        ("cn.po.accept_5", "o2"): ("2026-03-06", "met", "2026-03-05"),
        ("cn.po.issue_15", "o2"): ("2026-03-20", "met", "2026-03-10"),
        ("cn.po.undelivered_30", "o2"): ("2026-04-09", "met", "2026-03-20"),
        ("cn.po.debtor_15", "o2"): ("2026-04-04", "open", None),
    }
    assert set(tasks(db).values()) == {TaskState.CANCELLED}, "the step of the task was corrected"


@pytest.mark.parametrize(
    ("filed", "state", "reason"),
    [
        ("2026-04-05", "met", "the day after the debtor's fifteen days"),
        ("2026-04-04", "late", "on the fifteenth day it is too soon"),
    ],
)
def test_enforcement_waits_for_the_debtors_days(
    db: Database, agency: Agency, filed: str, state: str, reason: str
) -> None:
    order = step("o1", "payment_order", filed="2026-03-01", served="2026-03-20")
    send(db, agency, order, step("e1", "enforcement", at="2026-04-10", filed=filed), today="2026-04-11")
    assert stored(db)["cn.po.debtor_15", "o1"] == ("2026-04-04", state, filed), reason


def test_a_waiting_time_that_is_over_is_no_task(db: Database, agency: Agency) -> None:
    send(
        db,
        agency,
        step("o1", "payment_order", filed="2026-03-01", served="2026-03-20", accepted_on="2026-03-02"),
        today="2026-03-21",
    )
    pass_to(db, "2026-04-05")
    assert stored(db)["cn.po.debtor_15", "o1"] == ("2026-04-04", "over", None)
    assert "cn.po.debtor_15" not in tasks(db)


def test_enforcement_of_a_judgment_is_a_task_a_month_before_its_two_years_end(db: Database, agency: Agency) -> None:
    send(db, agency, step("j1", "judgment", due="2026-03-31"), today="2026-03-02")
    assert stored(db) == {("cn.enforce_2y", "j1"): ("2028-03-31", "open", None)}
    pass_to(db, "2028-02-29")
    assert tasks(db) == {}, "thirty-one days before"
    pass_to(db, "2028-03-01")
    assert tasks(db) == {"cn.enforce_2y": TaskState.OPEN}
    pass_to(db, "2028-04-01")
    assert stored(db)["cn.enforce_2y", "j1"][1] == "missed"
    send(db, agency, step("e1", "enforcement", at="2028-04-02", filed="2028-04-02"), today="2028-04-03")
    assert stored(db)["cn.enforce_2y", "j1"] == ("2028-03-31", "late", "2028-04-02")
    assert tasks(db) == {"cn.enforce_2y": TaskState.DONE}


def test_the_task_goes_to_whoever_holds_the_account_now(db: Database, agency: Agency) -> None:
    send(db, agency, step("o1", "payment_order", filed="2026-03-01"), today="2026-03-02")
    with db.reading() as session:
        found = session.scalars(select(Task)).one()
        assert (found.role, found.agency_id, found.link) == (Role.AGENCY_MANAGER, agency.id, "/accounts/ACC1/timeline")
    send(db, agency, step("o2", "payment_order", filed="2026-03-01", account="ACC2"), today="2026-03-02")
    with db.transaction() as session:
        for placement in session.scalars(select(Placement).where(Placement.agency_id == agency.id)):
            placement.ended_at, placement.state = datetime(2026, 3, 3, tzinfo=UTC), PlacementState.CLOSED
        for task in session.scalars(select(Task)):
            session.delete(task)
    pass_to(db, "2026-03-04")
    with db.reading() as session:
        assert {(task.role, task.agency_id) for task in session.scalars(select(Task))} == {(Role.VENDOR_MANAGER, None)}


def test_elsewhere_no_rule_of_this_kind_is_known_and_nothing_follows(db: Database, agency: Agency) -> None:
    with db.transaction() as session:
        for account in session.scalars(select(Account)):
            account.country, account.jurisdiction = "US", "US-OH"
    send(db, agency, step("j1", "judgment", due="2026-03-31"), today="2026-03-02")
    assert stored(db) == {}


def test_following_twice_changes_nothing(db: Database, agency: Agency) -> None:
    send(
        db,
        agency,
        step("o1", "payment_order", filed="2026-03-01"),
        step("j1", "judgment", account="ACC2", due="2026-03-31"),
        today="2026-03-02",
    )
    before = stored(db), tasks(db)
    pass_to(db, "2026-03-02")
    assert (stored(db), tasks(db)) == before
