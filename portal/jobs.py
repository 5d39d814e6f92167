"""Scheduled jobs: declared beside their package, run by one leader, each tick once, each run a row.

`@job` declares; `flask jobs list` prints all; `flask jobs start` is the jobs process: it also works the queue (portal/work). Any
number of such processes may run: a lease row makes one of them the leader that keeps the schedule, and the unique row per job and
tick is the second guard. APScheduler is only the clock; its job store stays in memory because it must never be shared.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import UniqueConstraint, or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock, work
from portal.db import Base, Database
from portal.types import Choice, one_of

LEADERSHIP = timedelta(seconds=30)
log = logging.getLogger(__name__)


class RunState(StrEnum):
    """How a run ended, or that it has not."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"


class JobRun(Base):
    """One run of one job; (job, slot) is unique, so that a tick runs once however many processes hear it."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "slot"), one_of("state", RunState))

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    slot: Mapped[str]  # the tick's instant, or "by hand" and an instant
    state: Mapped[RunState] = mapped_column(Choice(RunState), default=RunState.RUNNING)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    detail: Mapped[str | None]  # what it did, or the error

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return round((self.finished_at - self.started_at).total_seconds(), 2) if self.finished_at else None


class Lease(Base):
    """Who holds a role that only one process may have, and until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class Job:
    """A scheduled job: cron expression in the bank's zone (None: only by hand), why it exists, what it calls."""

    name: str
    cron: str | None
    why: str
    run: Callable[[Database], Any]


JOBS: dict[str, Job] = {}


def job(name: str, *, cron: str | None, why: str) -> Callable[[Callable[[Database], Any]], Callable[[Database], Any]]:
    """Declare a job. The function takes the database, must be safe to run twice, and returns what it did in a few words."""

    def declare(run: Callable[[Database], Any]) -> Callable[[Database], Any]:
        JOBS[name] = Job(name, cron, why, run)
        return run

    return declare


@job("work", cron=None, why="Do everything that is waiting in the work queue now, in this process.")
def work_the_queue(db: Database) -> str:
    """Drain the queue once."""
    work.release_dead(db)
    return f"{work.drain(db)} done"


def run(db: Database, name: str, slot: str | None = None) -> JobRun | None:
    """Run one job for one slot (by hand: the present instant). None if that slot was run already. Raises KeyError for no such job."""
    found = JOBS[name]
    started = clock.real_now()
    row = JobRun(job=name, slot=slot or f"by hand {started.isoformat()}", started_at=started)
    try:
        with db.transaction() as session:
            session.add(row)
    except IntegrityError:
        return None
    try:
        state, detail = RunState.OK, str(found.run(db) or "")
    except Exception as error:
        log.exception("job failed: %s", name)
        state, detail = RunState.FAILED, f"{type(error).__name__}: {error}"[:2000]
    with db.transaction() as session:
        row = session.merge(row)
        row.state, row.detail, row.finished_at = state, detail, clock.real_now()
    return row


class JobsProcess:
    """The jobs process: leader election, the schedule while leading, and two workers on the queue, one for outward work."""

    def __init__(self, db: Database, timezone: Any, *, poll_s: float = 0.5, tick_s: int = 60) -> None:
        self.db, self.timezone, self.poll_s, self.tick_s = db, timezone, poll_s, tick_s
        self.holder = f"{work.HOST}:{os.getpid()}:{threading.get_ident()}"
        self.stop = threading.Event()
        self.scheduler: BackgroundScheduler | None = None

    def start(self) -> None:
        """Run until `stop` is set."""
        threads = [
            threading.Thread(target=self._lead_forever, name="leader", daemon=True),
            threading.Thread(target=self._work_forever, args=(True,), name="outward", daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._work_forever(False)
        for thread in threads:
            thread.join(timeout=5)
        self._follow()
        self.resign()

    def _work_forever(self, outward: bool) -> None:
        while not self.stop.is_set():
            try:
                if not outward:
                    work.release_dead(self.db)
                if not work.drain(self.db, until=self.stop.is_set, outward=outward):
                    self.stop.wait(self.poll_s)
            except Exception:  # the database may be away for a while; the queue waits for it
                log.exception("the work queue cannot be read; trying again")
                self.stop.wait(2)

    def _lead_forever(self) -> None:
        while not self.stop.is_set():
            try:
                leads = self.lead()
            except Exception:
                log.exception("leadership is unknown, so this process does not lead")
                leads = False
            if leads and self.scheduler is None:
                self._begin_schedule()
            elif not leads:
                self._follow()
            self.stop.wait(LEADERSHIP.total_seconds() / 3)

    def lead(self) -> bool:
        """Take or keep the leadership. True while this process is the leader."""
        now = clock.real_now()
        with self.db.transaction() as session:
            mine = update(Lease).where(
                Lease.name == "scheduler", or_(Lease.holder == self.holder, Lease.expires_at < now)
            )
            if session.execute(mine.values(holder=self.holder, expires_at=now + LEADERSHIP)).rowcount:  # type: ignore[attr-defined]
                return True
            if session.get(Lease, "scheduler") is not None:
                return False
        try:
            with self.db.transaction() as session:
                session.add(Lease(name="scheduler", holder=self.holder, expires_at=now + LEADERSHIP))
            return True
        except IntegrityError:
            return False

    def resign(self) -> None:
        """Give the leadership up, so that another process need not wait for the lease to run out."""
        with self.db.transaction() as session:
            mine = update(Lease).where(Lease.name == "scheduler", Lease.holder == self.holder)
            session.execute(mine.values(expires_at=clock.real_now()))

    def _begin_schedule(self) -> None:
        self.scheduler = BackgroundScheduler(
            timezone=self.timezone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 300}
        )
        for found in JOBS.values():
            if found.cron:
                trigger = CronTrigger.from_crontab(found.cron, timezone=self.timezone)
                self.scheduler.add_job(self._tick, trigger, args=[found.name], id=found.name)
        self.scheduler.start()

    def _tick(self, name: str) -> None:
        if self.lead():  # a process that was frozen may wake up long after another one took over
            begun = clock.real_now().timestamp() // self.tick_s * self.tick_s
            run(self.db, name, datetime.fromtimestamp(begun, UTC).isoformat())

    def _follow(self) -> None:
        if self.scheduler is not None:
            self.scheduler.shutdown(wait=False)
            self.scheduler = None
