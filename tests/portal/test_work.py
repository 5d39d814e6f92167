"""The work queue: nothing is lost and nothing is done twice, whoever dies when."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from portal import clock, work
from portal.db import Database
from portal.limits import Bucket
from portal.people import Role
from portal.work import LostLease, Work, WorkItem, WorkState
from tests.clients import PageClient
from tests.portal import worker_process

ROOT = Path(__file__).resolve().parents[2]
SCALE = float(os.environ.get("TEST_SCALE", "0.1"))


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[Callable[[Work], None]], Callable[[Work], None]]]:
    """Registers a kind of work for the running test only."""
    monkeypatch.setattr(work, "WORKERS", dict(work.WORKERS))
    return work.worker


@pytest.fixture
def failures(kind: Callable[..., Callable[[Callable[[Work], None]], object]]) -> list[str]:
    """Work of the kind `test.fails` always fails, three times at most; what it gave up."""
    given_up: list[str] = []

    @kind("test.fails", max_tries=3, give_up=lambda session, subject, error: given_up.append(f"{subject}: {error}"))
    def fails(item: Work) -> None:
        raise ValueError("no")

    return given_up


def put(db: Database, kind: str, *subjects: object, lane: str = "") -> None:
    for subject in subjects:
        with db.transaction() as session:
            work.enqueue(session, kind, subject, lane=lane)


def items(db: Database) -> list[WorkItem]:
    with db.reading() as session:
        found = list(session.scalars(select(WorkItem).order_by(WorkItem.id)))
        session.expunge_all()
        return found


def pass_time(db: Database, *, lease: bool = False) -> None:
    """As if all waiting were over (and, with `lease`, every lease had run out)."""
    past = clock.real_now() - timedelta(seconds=1)
    with db.transaction() as session:
        session.execute(update(WorkItem).where(WorkItem.state == WorkState.QUEUED).values(due_at=past))
        if lease:
            session.execute(update(WorkItem).where(WorkItem.state == WorkState.RUNNING).values(leased_until=past))


# -- putting in and taking out -------------------------------------------------------------------------------------------


def test_work_is_queued_with_its_act_or_not_at_all(db: Database) -> None:
    def fail() -> None:
        with db.transaction() as session:
            work.enqueue(session, "test.steps", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert work.claim(db) is None


def test_the_same_work_waits_once_and_the_sooner_wish_counts(db: Database) -> None:
    for minutes in (60, 5, 30):
        with db.transaction() as session:
            work.enqueue(session, "test.steps", 1, after=timedelta(minutes=minutes))
    (item,) = items(db)
    assert timedelta(minutes=4) < item.due_at - clock.real_now() < timedelta(minutes=5)


def test_work_asked_for_while_it_runs_is_done_once_more(db: Database) -> None:
    put(db, "test.steps", 1)
    running = work.claim(db)
    assert running is not None
    put(db, "test.steps", 1)
    assert work.do(running)
    assert work.drain(db) == 1


def test_two_who_ask_at_once_put_in_one(db: Database) -> None:
    threads = [threading.Thread(target=put, args=(db, "test.steps", 1)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(items(db)) == 1


def test_no_two_take_the_same_item(db: Database) -> None:
    put(db, "test.steps", *range(30))
    taken: list[int] = []

    def take() -> None:
        while found := work.claim(db):
            taken.append(found.item_id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted({item.id for item in items(db)})


def test_lanes_take_turns(db: Database) -> None:
    """One sender's many files do not make another's one wait until all are read."""
    put(db, "test.steps", "a1", "a2", "a3", "a4", lane="a")
    put(db, "test.steps", "b1", lane="b")
    order = [found.subject for _ in range(3) if (found := work.claim(db))]
    assert order == ["a1", "b1", "a2"]


def test_lanes_take_turns_also_where_one_worker_does_everything(
    db: Database, kind: Callable[..., Callable[[Callable[[Work], None]], object]]
) -> None:
    order: list[str] = []
    kind("test.turns")(lambda item: order.append(item.subject))
    put(db, "test.turns", "a1", "a2", "a3", "a4", lane="a")
    put(db, "test.turns", "b1", "b2", lane="b")
    put(db, "test.turns", "c1", lane="c")
    work.drain(db)
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


def test_outward_work_has_its_own_hands(
    db: Database, kind: Callable[..., Callable[[Callable[[Work], None]], object]]
) -> None:
    kind("test.outward", outward=True)(lambda item: None)
    put(db, "test.outward", 1)
    put(db, "test.steps", 1)
    assert work.drain(db, outward=False) == 1
    assert [item.state for item in items(db)] == [WorkState.QUEUED, WorkState.DONE]
    assert work.drain(db, outward=True) == 1


# -- leases --------------------------------------------------------------------------------------------------------------


def test_who_lost_the_lease_cannot_commit(db: Database) -> None:
    put(db, "test.steps", 1)
    frozen = work.claim(db)
    assert frozen is not None
    assert work.claim(db) is None, "leased"
    pass_time(db, lease=True)
    other = work.claim(db)
    assert other is not None
    with pytest.raises(LostLease), frozen.step() as session:
        worker_process.count(session, "by the frozen one")
    assert not work.do(frozen)
    assert work.do(other)
    with db.reading() as session:
        assert session.get(Bucket, "by the frozen one") is None
        assert session.get_one(Bucket, "step:1:5").tokens == 1


def test_a_step_that_fails_is_undone_whole(db: Database) -> None:
    put(db, "test.steps", 1)
    item = work.claim(db)
    assert item is not None

    def fail() -> None:
        with item.step(last=True) as session:
            worker_process.count(session, "half done")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with db.reading() as session:
        assert session.get(Bucket, "half done") is None
    assert items(db)[0].state is WorkState.RUNNING


def test_what_a_dead_process_of_this_machine_held_is_free_at_once(db: Database) -> None:
    put(db, "test.steps", 1)
    assert work.claim(db)
    with db.transaction() as session:
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        session.execute(update(WorkItem).values(holder=f"{work.HOST}:{gone.pid}"))
    assert work.release_dead(db) == 1
    assert work.claim(db) is not None


# -- failing -------------------------------------------------------------------------------------------------------------


def test_work_that_fails_waits_longer_each_time_and_is_given_up_in_the_end(db: Database, failures: list[str]) -> None:
    put(db, "test.fails", 7)
    for tries in (1, 2):
        assert work.drain(db) == 0
        (item,) = items(db)
        assert (item.state, item.tries) == (WorkState.QUEUED, tries)
        assert item.due_at > clock.real_now() + timedelta(seconds=2**tries - 1)
        pass_time(db)
    work.drain(db)
    (item,) = items(db)
    assert (item.state, item.error) == (WorkState.FAILED, "ValueError: no")
    assert failures == ["7: ValueError: no"]
    pass_time(db)
    assert work.claim(db) is None


def test_work_that_gets_on_a_little_with_every_try_is_not_given_up(
    db: Database, kind: Callable[..., Callable[[Callable[[Work], None]], object]]
) -> None:
    given_up: list[str] = []

    @kind("test.slow", max_tries=2, give_up=lambda session, subject, error: given_up.append(error))
    def slow(item: Work) -> None:
        with item.step(progress=item.tries < 7):
            pass
        raise ConnectionError

    put(db, "test.slow", 1)
    for _ in range(8):
        work.drain(db)
        pass_time(db)
    (item,) = items(db)
    assert (item.state, item.tries, item.failures) == (WorkState.FAILED, 8, 2)
    assert given_up == ["ConnectionError: "]


def test_poison_that_kills_its_workers_is_given_up_too(db: Database, failures: list[str]) -> None:
    put(db, "test.fails", 7)
    for _ in range(3):
        assert work.claim(db), "taken by a worker that dies without a word"
        pass_time(db, lease=True)
    work.drain(db)
    assert items(db)[0].state is WorkState.FAILED
    assert failures[0].startswith("7: RuntimeError: given up after 3 tries")


def test_work_of_an_unknown_kind_is_kept_as_failed(db: Database) -> None:
    put(db, "test.nobody-knows", 1)
    work.drain(db)
    assert items(db)[0].state is WorkState.FAILED


def test_failed_work_asked_for_again_meanwhile_carries_on_as_one(db: Database, failures: list[str]) -> None:
    put(db, "test.fails", 7)
    running = work.claim(db)
    assert running is not None
    put(db, "test.fails", 7)
    work.do(running)
    assert [item.state for item in items(db)] == [WorkState.DONE, WorkState.QUEUED]


def test_the_administrator_puts_failed_work_back(client: PageClient, failures: list[str]) -> None:
    db = client.database
    put(db, "test.fails", 7)
    for _ in range(3):
        work.drain(db)
        pass_time(db)
    (item,) = items(db)
    client.sign_in_as(Role.AUDITOR)
    assert "ValueError: no" in client.get("/admin/jobs", title="Jobs", queries=12).text
    client.post(f"/admin/jobs/items/{item.id}/retry", status=403)
    client.sign_in_as(Role.ADMIN)
    client.post(f"/admin/jobs/items/{item.id}/retry")
    client.post(f"/admin/jobs/items/{item.id}/retry", status=409)
    (item,) = items(db)
    assert (item.state, item.failures) == (WorkState.QUEUED, 0)


def test_failed_work_that_waits_again_already_is_not_put_back(client: PageClient, failures: list[str]) -> None:
    db = client.database
    put(db, "test.fails", 7)
    for _ in range(3):
        work.drain(db)
        pass_time(db)
    put(db, "test.fails", 7)
    client.sign_in_as(Role.ADMIN)
    client.post(f"/admin/jobs/items/{items(db)[0].id}/retry", status=409)


# -- killing -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def start(url: str) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts processes that are dead after the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def process(what: str) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen([sys.executable, "-m", "tests.portal.worker_process", url, what], cwd=ROOT))
        return begun[-1]

    yield process
    for each in begun:
        each.kill()
        each.wait()


def test_killed_anywhere_nothing_is_lost_and_nothing_done_twice(
    db: Database, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    seed, kills, subjects = random.randrange(10**6), max(3, round(40 * SCALE)), round(1500 * SCALE)
    chance = random.Random(seed)
    put(db, "test.steps", *range(subjects))
    workers = [start("work"), start("work")]
    for _ in range(kills):
        time.sleep(chance.uniform(0.3, 1.2))
        victim = chance.randrange(2)
        workers[victim].send_signal(signal.SIGKILL)
        workers[victim].wait()
        workers[victim] = start("work")
    deadline = time.monotonic() + 120
    while any(item.state is not WorkState.DONE for item in items(db)) and time.monotonic() < deadline:
        time.sleep(0.1)
    with db.reading() as session:
        counted = dict(session.execute(select(Bucket.name, Bucket.tokens).where(Bucket.name.startswith("step:"))).all())
    expected = {
        f"step:{subject}:{step}": 1.0 for subject in range(subjects) for step in range(1, worker_process.STEPS + 1)
    }
    assert counted == expected, f"seed {seed}"
