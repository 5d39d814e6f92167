"""Trials on jobs processes: each strikes a number of times and says what differs afterwards. Tests strike little, `make proof` much.

Every trial takes a seed, which decides files, moments and victims, and returns what it counted; `differences` must be empty.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from portal import clock, jobs, schema
from portal.config import ROOT, fresh_data_keys
from portal.db import Database
from tests.faults import story
from tests.faults.proxy import through_proxy
from tests.ledger import books

CHUNK = 250  # rows a transaction while faults strike; undisturbed readers take the usual many, which must make no difference
Outcome = dict[str, Any]


@contextmanager
def reader(url: str, folder: Path, *how: str, lease: float = 120) -> Iterator[subprocess.Popen[str]]:
    """A jobs process that has begun; killed at the end of the block if it lives. What it complains of is in readers.log."""
    with (folder / "readers.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.reader", url, str(folder), str(CHUNK), str(lease), *how],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the jobs process did not begin: status {process.wait()}")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def finish(url: str, folder: Path, *, lease: float = 120) -> None:
    """Let a jobs process do whatever is left."""
    with reader(url, folder, "once", lease=lease) as process:
        if process.wait(timeout=600):
            raise RuntimeError("the last jobs process failed")


def killed_readers(url: str, folder: Path, *, kills: int, seed: int, rows: int = 20_000) -> Outcome:
    """SIGKILL a jobs process at random moments of its life, again and again, until it has died so many times with work in its hands."""
    rng, killed, told = random.Random(seed), 0, list[list[story.File]]()
    with books.opened(db := story.prepare(url), folder):
        while killed < kills:
            if not story.waiting(db):
                # Senders take turns, so whose file is read first after a kill is not told: a promise might come after its payment.
                told.append(story.chapter(seed, len(told), rows, is_at_once=True))
                story.send(db, told[-1])
            with reader(url, folder) as process:
                time.sleep(rng.uniform(0, 0.6))
                if story.waiting(db):
                    process.send_signal(signal.SIGKILL)
                    killed += 1
        finish(url, folder)
        return outcome(db, folder, told, seed=seed, kills=killed)


def frozen_readers(url: str, folder: Path, *, freezes: int, seed: int, rows: int = 20_000) -> Outcome:
    """SIGSTOP one of two jobs processes for longer than its lease, and let it go on when the other one has taken its work over."""
    rng, frozen, lease, told = random.Random(seed), 0, 0.5, list[list[story.File]]()
    with (
        books.opened(db := story.prepare(url), folder),
        reader(url, folder, lease=lease) as one,
        reader(url, folder, lease=lease) as two,
    ):
        while frozen < freezes:
            if not story.waiting(db):
                told.append(story.chapter(seed, len(told), rows, is_at_once=True))
                story.send(db, told[-1])
            time.sleep(rng.uniform(0, 0.3))
            victim = rng.choice((one, two))
            os.kill(victim.pid, signal.SIGSTOP)
            frozen += bool(story.waiting(db))
            time.sleep(rng.uniform(1, 3) * lease)
            os.kill(victim.pid, signal.SIGCONT)
        while story.waiting(db):
            time.sleep(0.1)
        return outcome(db, folder, told, seed=seed, freezes=frozen)


def crowded_readers(url: str, folder: Path, *, readers: int, seed: int, rows: int = 20_000) -> Outcome:
    """Several jobs processes on one queue: no file is read by two of them, and each is read in one go."""
    told = [story.chapter(seed, number, rows, is_at_once=True) for number in range(story.PARTS)]
    with books.opened(db := story.prepare(url), folder), ExitStack() as crowd:
        for part in told:
            story.send(db, part)
        for _ in range(readers):
            crowd.enter_context(reader(url, folder))
        while story.waiting(db):
            time.sleep(0.1)
        twice = story.tried_again(db)
        return outcome(db, folder, told, seed=seed, readers=readers) | {"files read twice": twice}


def cut_links(url: str, folder: Path, *, cuts: int, seed: int, rows: int = 20_000) -> Outcome:
    """Reset the links between a jobs process and PostgreSQL at random moments, also in the middle of a commit."""
    rng, told = random.Random(seed), list[list[story.File]]()
    with books.opened(db := story.prepare(url), folder):
        with through_proxy(url) as (proxy, through), reader(through, folder, lease=5):
            while proxy.cuts < cuts:
                if not story.waiting(db):
                    told.append(
                        story.chapter(seed, len(told), rows, is_at_once=True)
                    )  # a file waits for its next try while others are read
                    story.send(db, told[-1])
                time.sleep(rng.uniform(0, 0.4))
                if story.waiting(db):
                    proxy.cut()
                    story.hurry(db)
        finish(url, folder, lease=5)
        return outcome(db, folder, told, seed=seed, cuts=proxy.cuts)


def swallowed_links(url: str, folder: Path, *, strikes: int, seed: int, rows: int = 20_000) -> Outcome:
    """Swallow what goes through the links between a jobs process and PostgreSQL, which stay open: it has to find out by itself.

    Nobody cuts them, and no timeout of the server's ends them within the trial: what holds the locks of a swallowed transaction is ended by
    the process that gave the link up.
    """
    rng, told, slowest = random.Random(seed), list[list[story.File]](), 0.0
    with books.opened(db := story.prepare(url), folder):
        with through_proxy(url) as (proxy, through), reader(through, folder, "impatient", lease=5):
            while proxy.swallowed < strikes:
                if not story.waiting(db):
                    told.append(story.chapter(seed, len(told), rows, is_at_once=True))
                    story.send(db, told[-1])
                time.sleep(rng.uniform(0, 0.4))
                if not story.waiting(db):
                    continue
                done, begun = story.steps(db), time.monotonic()
                proxy.swallow()
                while story.waiting(db) and story.steps(db) == done:
                    if time.monotonic() - begun > 60:
                        raise TimeoutError("the jobs process waits for a dead link")
                    story.hurry(db)
                    time.sleep(0.1)
                slowest = max(slowest, time.monotonic() - begun)
        finish(url, folder, lease=5)
        found = outcome(db, folder, told, seed=seed, strikes=proxy.swallowed)
        return found | {"slowest to get on again, s": round(slowest, 1)}


def killed_program(url: str, folder: Path, *, kills: int, seed: int, rows: int = 20_000) -> Outcome:
    """SIGKILL the program itself, `flask --app app jobs start` with all its floors, while it reads."""
    rng, killed, told = random.Random(seed), 0, list[list[story.File]]()
    environment = {
        **os.environ, "DATABASE_URL": url, "INSTANCE_DIR": str(folder), "SECRET_KEY": "trial" * 10, "DATA_KEYS": fresh_data_keys(), "LOG_LEVEL": "ERROR", "DEMO": "0",
    }  # fmt: skip
    with books.opened(db := story.prepare(url), folder), (folder / "program.log").open("a") as log:
        while killed < kills or story.waiting(db):
            if not story.waiting(db):
                told.append(story.chapter(seed, len(told), rows, is_at_once=True))
                story.send(db, told[-1])
            program = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "jobs", "start"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
            try:
                while story.waiting(db) and not story.under_way(db):
                    time.sleep(0.02)
                time.sleep(rng.uniform(0, 0.8) if killed < kills else 0)
                while killed >= kills and story.waiting(db):
                    time.sleep(0.1)
                killed += bool(story.waiting(db))
            finally:
                program.kill()
                program.wait()
        return outcome(db, folder, told, seed=seed, kills=killed)


def frozen_leaders(url: str, *, freezes: int, seed: int) -> Outcome:
    """SIGSTOP the process that keeps the schedule: another one takes over, each tick runs once, and the old leader wakes up as none."""
    rng, wrong, db, held, number = random.Random(seed), dict[str, str](), Database(url), 0, 0
    schema.upgrade(db)
    with ExitStack() as both:
        processes = [both.enter_context(_ticking(url)) for _ in range(2)]
        while number < freezes:
            old = _await_leader(db, {process.pid for process in processes})
            time.sleep(rng.uniform(0.2, 1))
            os.kill(old, signal.SIGSTOP)
            try:
                new = _await_leader(db, {process.pid for process in processes} - {old}, patience_s=10)
            except TimeoutError:
                # It was frozen in the middle of a transaction, whose lock keeps everybody out until it wakes up: no trial of leaders.
                os.kill(old, signal.SIGCONT)
                held += 1
                if held > freezes + 20:
                    raise
                continue
            number += 1
            os.kill(old, signal.SIGCONT)
            time.sleep(rng.uniform(0.2, 1))
            if _leader(db) != new:
                wrong[f"freeze {number}"] = "the old leader leads again while the new one is well"
    ran, slots = story.ticks(db)
    db.dispose()
    if not freezes <= ran <= slots:
        wrong["ticks"] = f"{ran} runs in {slots} slots"
    return {"seed": seed, "freezes": freezes, "frozen while holding a lock": held, "ticks": ran, "differences": wrong}


@contextmanager
def _ticking(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A jobs process whose schedule ticks every second and whose leadership runs out soon."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.portal.worker_process", url, "jobs"], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _leader(db: Database) -> int:
    """The process id of the leader, 0 while there is none."""
    with db.reading() as session:
        lease = session.get(jobs.Lease, "scheduler")
        return int(lease.holder.split(":")[1]) if lease and lease.expires_at > clock.real_now() else 0


def _await_leader(db: Database, among: set[int], patience_s: float = 60) -> int:
    end = time.monotonic() + patience_s
    while (found := _leader(db)) not in among:
        if time.monotonic() > end:
            raise TimeoutError("nobody leads")
        time.sleep(0.05)
    return found


def outcome(db: Database, folder: Path, told: list[list[story.File]], **counted: Any) -> Outcome:
    """What a trial counted, and in what its database differs from one that was told the same in peace."""
    seen, expected = story.picture(db), story.undisturbed(folder, told)
    db.dispose()
    wrong = story.differences(seen, expected) | {name: repr(seen[name]) for name in story.SOUND if seen[name]}
    return {
        **counted,
        "files": len(seen["reports"]),
        "rows": sum(report[3] for report in seen["reports"]),
        "differences": wrong,
    }
