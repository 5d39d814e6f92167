"""Scheduled jobs: each tick once, whatever dies; and what their page tells."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import func, select, update

from portal import clock, housekeeping, jobs
from portal.db import Database
from portal.jobs import JOBS, JobRun, JobsProcess, Lease, RunState
from portal.limits import Bucket
from portal.people import Role
from tests.clients import PageClient
from tests.portal import worker_process

ROOT = Path(__file__).resolve().parents[2]


def ticks(db: Database) -> int:
    with db.reading() as session:
        bucket = session.get(Bucket, "ticks")
        return int(bucket.tokens) if bucket else 0


# -- runs ----------------------------------------------------------------------------------------------------------------


def test_a_run_leaves_a_row_that_says_what_it_did(db: Database) -> None:
    run = jobs.run(db, "test.tick")
    assert run is not None
    assert (run.state, run.detail) == (RunState.OK, "ticked")
    assert run.seconds is not None


def test_a_run_that_fails_says_why(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_db: Database) -> None:
        raise ValueError("no")

    monkeypatch.setitem(JOBS, "test.fail", jobs.Job("test.fail", None, "To fail.", fail))
    run = jobs.run(db, "test.fail")
    assert run is not None
    assert (run.state, run.detail) == (RunState.FAILED, "ValueError: no")


def test_a_tick_is_run_once_however_many_hear_it(db: Database) -> None:
    """Twenty ticks heard by four processes at once: the row per job and tick lets one of them through."""

    def hear() -> None:
        for tick in range(20):
            jobs.run(db, "test.tick", f"tick {tick}")

    with db.transaction() as session:
        worker_process.count(session, "ticks")
    threads = [threading.Thread(target=hear) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ticks(db) == 1 + 20


# -- leadership ----------------------------------------------------------------------------------------------------------


def process(db: Database, name: str) -> JobsProcess:
    made = JobsProcess(db, UTC)
    made.holder = name
    return made


def test_one_leads_and_keeps_leading(db: Database) -> None:
    first, second = process(db, "first"), process(db, "second")
    assert first.lead()
    assert not second.lead()
    assert first.lead()


def test_another_takes_over_when_the_lease_runs_out_and_the_old_leader_notices(db: Database) -> None:
    first, second = process(db, "first"), process(db, "second")
    first.lead()
    with db.transaction() as session:
        session.execute(update(Lease).values(expires_at=clock.real_now() - timedelta(seconds=1)))
    assert second.lead()
    assert not first.lead()
    first._tick("test.tick")
    assert ticks(db) == 0, "a leader that was frozen must not tick after another took over"


def test_a_leader_that_stops_in_order_hands_over_at_once(db: Database) -> None:
    first, second = process(db, "first"), process(db, "second")
    first.lead()
    first.resign()
    second.resign()
    assert second.lead()


# -- two processes -------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(url: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two jobs processes that tick every second."""
    begun = [
        subprocess.Popen([sys.executable, "-m", "tests.portal.worker_process", url, "jobs"], cwd=ROOT) for _ in range(2)
    ]
    yield begun
    for each in begun:
        each.kill()
        each.wait()


def leader(db: Database) -> int:
    """The process id of the leader; 0 while there is none."""
    with db.reading() as session:
        holder = session.scalar(select(Lease.holder).where(Lease.expires_at > clock.real_now()))
        return int(holder.split(":")[1]) if holder else 0


def wait_for(reached: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_each_tick_runs_once_and_a_killed_leader_is_followed(db: Database, two: list[subprocess.Popen[bytes]]) -> None:
    wait_for(lambda: ticks(db) >= 3)
    first = leader(db)
    assert first in {each.pid for each in two}
    killed = next(each for each in two if each.pid == first)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    before = ticks(db)
    wait_for(lambda: leader(db) not in (0, first))
    wait_for(lambda: ticks(db) >= before + 3)
    for each in two:
        each.send_signal(signal.SIGKILL)
        each.wait()
    with db.reading() as session:
        slots = session.scalar(select(func.count(func.distinct(JobRun.slot))).where(JobRun.job == "test.tick"))
        done = session.scalar(select(func.count()).where(JobRun.job == "test.tick", JobRun.state == RunState.OK))
    assert done <= ticks(db) <= slots, "every tick at most once; one may have died between doing and saying so"
    assert slots - done <= 2


# -- declarations --------------------------------------------------------------------------------------------------------


def test_every_job_says_why_it_exists_and_when_it_runs(client: PageClient) -> None:
    for job in JOBS.values():
        assert len(job.why) > 10, job.name
        if job.cron:
            CronTrigger.from_crontab(job.cron)


def test_the_housekeeping_is_safe_to_run_twice(client: PageClient) -> None:
    for name in ("idempotency.forget", "people.forget", "keys.revoke-unused", "outbox.forget"):
        for _ in range(2):
            run = jobs.run(client.database, name)
            assert run is not None
            assert run.state is RunState.OK, run.detail


def test_finished_things_of_long_ago_are_forgotten_and_others_kept(db: Database) -> None:
    with db.transaction() as session:
        for name, days in (("old", 2), ("new", 0)):
            session.add(Bucket(name=name, tokens=1.0, filled_at=clock.real_now() - timedelta(days=days)))
    assert housekeeping.forget_finished(db) == "1 rows"
    with db.reading() as session:
        assert session.scalars(select(Bucket.name)).all() == ["new"]


def test_the_page_lists_every_job_with_its_last_run(client: PageClient) -> None:
    jobs.run(client.database, "people.forget")
    client.sign_in_as(Role.AUDITOR)
    page = client.get("/admin/jobs", title="Jobs", queries=12)
    for name, job in JOBS.items():
        assert name in page.text
        assert job.why in page.text
    assert "0 sessions, 0 links" in page.text
    assert "by hand" in client.get("/admin/jobs/people.forget", title="people.forget", queries=5).text
    client.get("/admin/jobs/no.such.job", 404)
    client.sign_in_as(Role.VENDOR_MANAGER)
    client.get("/admin/jobs", 404)
