"""The work queue: rows that say what has still to be done, taken by any number of jobs processes, each by one at a time.

An item is queued in the transaction of the act that calls for it. A worker leases it, does it in steps, and every step holds the
lease again in its own transaction: effects and progress commit together or not at all, and a worker that froze and lost its lease
cannot commit. Killed anywhere, the item is taken again and nothing is lost or doubled.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, and_, case, exists, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from portal import clock
from portal.db import Base, Database
from portal.shortages import WAIT_S, shortage_of
from portal.types import Choice, one_of

LEASE = timedelta(seconds=120)
HOST = socket.gethostname()
log = logging.getLogger(__name__)


class WorkState(StrEnum):
    """Where an item stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class WorkItem(Base):
    """Something to do in the background. At most one item per kind and subject waits at a time."""

    __tablename__ = "work_item"
    __table_args__ = (
        one_of("state", WorkState),
        # Only waiting items are unique: one that is running may already have read what the new one is about.
        Index(
            "uq_work_item_waiting",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_work_item_open", "state", "due_at"),
        Index("ix_work_item_lane", "lane", "taken_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    lane: Mapped[
        str
    ]  # whose work it is: lanes take turns, so that one sender's thousand files do not delay another's one
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[WorkState] = mapped_column(Choice(WorkState), default=WorkState.QUEUED)
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(
        default=0
    )  # the fence: a lease is good only while this number stands, so it never goes back
    failures: Mapped[int] = mapped_column(
        default=0
    )  # tries since the work last got on; too many of them, and it is given up
    taken_at: Mapped[datetime | None]  # when a worker last took it up: the lane that waited longest is next
    leased_until: Mapped[datetime | None]
    holder: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class LostLease(Exception):
    """The lease ran out and another worker took the item; this worker's step is undone."""


@dataclass(frozen=True)
class Worker:
    """How one kind of work is done: `run` does it, `give_up` says so on the subject after the last try.

    `outward` work talks to machines of others, which may take their time: it has a thread of its own, so that nothing waits for it.
    """

    kind: str
    run: Callable[[Work], None]
    give_up: Callable[[Session, str, str], None] | None
    max_tries: int
    outward: bool = False


WORKERS: dict[str, Worker] = {}


def worker(
    kind: str, *, max_tries: int = 5, give_up: Callable[[Session, str, str], None] | None = None, outward: bool = False
) -> Callable[[Callable[[Work], None]], Callable[[Work], None]]:
    """Register the function that does one kind of work. `give_up(session, subject, error)` runs after the last failed try."""

    def register(run: Callable[[Work], None]) -> Callable[[Work], None]:
        WORKERS[kind] = Worker(kind, run, give_up, max_tries, outward)
        return run

    return register


@dataclass
class Work:
    """A leased item in a worker's hands."""

    db: Database
    item_id: int
    kind: str
    subject: str
    payload: dict[str, Any]
    tries: int
    failures: int
    done: bool = False

    @contextmanager
    def step(self, *, last: bool = False, progress: bool = False) -> Iterator[Session]:
        """One transaction under the lease; with `last`, the item is done in the same transaction. Raises LostLease.

        `progress`: the next try goes on behind this step. Long work may then be killed any number of times without being given up.
        """
        with self.db.transaction() as session:
            values: dict[str, Any] = {"leased_until": clock.real_now() + LEASE}
            if progress:
                values["failures"] = 0
            if last:
                values |= {
                    "state": WorkState.DONE,
                    "finished_at": clock.real_now(),
                    "leased_until": None,
                    "holder": None,
                    "error": None,
                }
            held = update(WorkItem).where(
                WorkItem.id == self.item_id, WorkItem.tries == self.tries, WorkItem.state == WorkState.RUNNING
            )
            if session.execute(held.values(values)).rowcount != 1:  # type: ignore[attr-defined]
                raise LostLease(f"{self.kind} {self.subject}")
            yield session
        self.done = self.done or last


def enqueue(
    session: Session,
    kind: str,
    subject: object,
    *,
    lane: object = "",
    payload: dict[str, Any] | None = None,
    after: timedelta = timedelta(),
) -> None:
    """Put work into the queue, in this transaction. The same work that waits already is not doubled, only done sooner if need be."""
    now = clock.real_now()
    waiting = select(WorkItem).where(
        WorkItem.kind == kind, WorkItem.subject == str(subject), WorkItem.state == WorkState.QUEUED
    )
    if found := session.scalars(waiting).first():
        if found.due_at > now + after:
            found.due_at = now + after
        return
    try:
        with session.begin_nested():
            session.add(
                WorkItem(
                    kind=kind,
                    subject=str(subject),
                    lane=str(lane),
                    payload=payload or {},
                    due_at=now + after,
                    created_at=now,
                )
            )
            session.flush()
    except IntegrityError:  # another transaction was faster; its item serves as well
        log.debug("already waiting: %s %s", kind, subject)


def claim(db: Database, *, subject: tuple[str, str] | None = None, outward: bool | None = None) -> Work | None:
    """Lease the next item that is due, lanes taking turns; or the one of `subject` = (kind, subject). None if there is none.

    `outward`: only work that talks to others, or only work that does not.
    """
    now = clock.real_now()
    other = aliased(WorkItem)
    lane_busy = exists().where(other.lane == WorkItem.lane, other.state == WorkState.RUNNING, other.leased_until > now)
    served = select(func.max(other.taken_at)).where(other.lane == WorkItem.lane).scalar_subquery()
    turn = (case((lane_busy, 1), else_=0), served.asc().nulls_first(), WorkItem.due_at, WorkItem.id)
    wanted = select(WorkItem).where(_free(now)).order_by(*turn)
    if subject:
        wanted = wanted.where(WorkItem.kind == subject[0], WorkItem.subject == subject[1])
    if outward is not None:
        talking = WorkItem.kind.in_([kind for kind, worker in WORKERS.items() if worker.outward])
        wanted = wanted.where(talking if outward else ~talking)
    with db.transaction() as session:
        item = session.scalars(wanted.limit(1).with_for_update(skip_locked=True)).first()
        if item is None:
            return None
        item.state, item.holder, item.leased_until = WorkState.RUNNING, f"{HOST}:{os.getpid()}", now + LEASE
        item.taken_at = now
        item.tries, item.failures = item.tries + 1, item.failures + 1
        return Work(db, item.id, item.kind, item.subject, dict(item.payload), item.tries, item.failures)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(WorkItem.state == WorkState.QUEUED, WorkItem.due_at <= now),
        and_(WorkItem.state == WorkState.RUNNING, WorkItem.leased_until < now),
    )


def do(work: Work) -> bool:
    """Do one leased item. True if it is done; a failure is kept on the item, which waits longer and longer or gives up."""
    kind = WORKERS.get(work.kind)
    try:
        if kind is None:
            raise LookupError(f"Nobody does work of the kind {work.kind!r}.")
        if work.failures > kind.max_tries:  # every try so far died without a word: the item kills its workers
            raise RuntimeError(f"given up after {kind.max_tries} tries that ended without an answer")
        kind.run(work)
        if not work.done:
            with work.step(last=True):
                pass
        return True
    except LostLease:
        log.warning("lease lost: %s %s", work.kind, work.subject)
        return False
    except Exception as error:
        log.exception("work failed: %s %s (try %s)", work.kind, work.subject, work.tries)
        _failed(work, kind, f"{type(error).__name__}: {error}"[:2000], is_shortage=shortage_of(error) is not None)
        return False


def _failed(work: Work, kind: Worker | None, error: str, *, is_shortage: bool) -> None:
    """Put an item back, or give it up after its last try. What failed for want of room or of the database loses no try."""
    with work.db.transaction() as session:
        item = session.get(WorkItem, work.item_id, with_for_update=True)
        if item is None or item.tries != work.tries or item.state is not WorkState.RUNNING:
            return
        item.error, item.leased_until, item.holder = error, None, None
        if is_shortage:
            item.failures -= 1
        if kind is None or (item.failures >= kind.max_tries and not is_shortage):
            item.state, item.finished_at = WorkState.FAILED, clock.real_now()
            if kind and kind.give_up:
                kind.give_up(session, work.subject, error)
            return
        waiting = select(WorkItem.id).where(
            WorkItem.kind == item.kind, WorkItem.subject == item.subject, WorkItem.state == WorkState.QUEUED
        )
        if session.execute(waiting).first():  # the same work was asked for again meanwhile: that item carries on
            item.state, item.finished_at = WorkState.DONE, clock.real_now()
            return
        wait_s = WAIT_S if is_shortage else 2 ** min(max(item.failures, 1), 8)
        item.state, item.due_at = WorkState.QUEUED, clock.real_now() + timedelta(seconds=wait_s)


def drain(db: Database, *, until: Callable[[], bool] = lambda: False, outward: bool | None = None) -> int:
    """Do everything that is due, one item after another; how many were done."""
    done = 0
    while not until() and (work := claim(db, outward=outward)):
        done += do(work)
    return done


def release_dead(db: Database) -> int:
    """Free what was leased by processes of this machine that no longer run, without waiting for the lease; how many."""
    with db.transaction() as session:
        held = session.scalars(
            select(WorkItem).where(WorkItem.state == WorkState.RUNNING, WorkItem.holder.startswith(f"{HOST}:"))
        ).all()
        dead = [item for item in held if not _alive(int((item.holder or "0").rpartition(":")[2]))]
        for item in dead:
            item.leased_until = clock.real_now() - timedelta(seconds=1)
        return len(dead)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
