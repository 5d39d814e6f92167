"""Programs that call the API while its server is struck: each call is repeated under its key until it is answered for good."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.config import ROOT


@dataclass
class Call:
    """One keyed POST and what became of it: how often it was sent, how often nobody knows, and the answer."""

    path: str
    bearer: str
    key: str
    body: str
    sent: int = 0
    unknown: int = 0
    status: int = 0
    location: str | None = None
    is_replayed: bool = False
    faults: list[tuple[int, str]] = field(default_factory=list)  # answers of 500 and above: status and kind of body

    def once(self, port: int) -> int:
        """Send it; the status, or 0 where the link broke and nobody knows what happened."""
        self.sent += 1
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            link.request("POST", f"/api/v1{self.path}", self.body, {
                "Authorization": f"Bearer {self.bearer}", "Idempotency-Key": self.key, "Content-Type": "text/csv", "Connection": "close",
            })  # fmt: skip
            answer = link.getresponse()
            document = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.unknown += 1
            return 0
        finally:
            link.close()
        self.status, self.location = answer.status, answer.headers.get("Location")
        if self.status >= 500:
            self.faults.append((self.status, answer.headers.get("Content-Type", "")))
        self.is_replayed = answer.headers.get("Idempotent-Replayed") == "true"
        return 409 if self.status == 409 and "report" in document else 425 if self.status == 409 else self.status

    def until_answered(self, port: int, patience_s: float = 60) -> None:
        """Send it again and again, as a careful program does: not answered, still running (here 425) or a fault of the server's."""
        end = time.monotonic() + patience_s
        while (status := self.once(port)) in (0, 425) or status >= 500:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.path} {self.key}: {status} after {self.sent} times")
            time.sleep(0.1)


@dataclass
class Server:
    """A gunicorn with the whole application, for striking at."""

    port: int
    process: subprocess.Popen[bytes]
    kills: int = field(default=0)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        ).stdout
        return [int(pid) for pid in found.split()]

    def kill_a_worker(self, rng: random.Random) -> None:
        """SIGKILL one of its workers, if one is there just now; gunicorn starts another."""
        if workers := self.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(workers), signal.SIGKILL)
                self.kills += 1


@contextmanager
def server(environment: dict[str, str], folder: Path, *, workers: int = 2) -> Iterator[Server]:
    """A running server; ended with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "python:tests.faults.site", "--bind", f"127.0.0.1:{port}", "--workers", str(workers),
             "--threads", "4", "--worker-class", "gthread", "--timeout", "60", "tests.faults.site:application()"],
            cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _await(port, process)
        yield Server(port, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request("GET", "/healthz")
            if link.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        finally:
            link.close()
    raise RuntimeError("the web server did not begin")


def all_at_once(port: int, calls: Sequence[Call], hands: int, strike: threading.Event | None = None) -> None:
    """Make the calls with so many hands; `strike` is set when the last one is answered. Raises what a hand raised."""
    waiting, faults, lock = list(calls), list[BaseException](), threading.Lock()

    def work() -> None:
        try:
            while True:
                with lock:
                    if not waiting:
                        return
                    mine = waiting.pop()
                mine.until_answered(port)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if strike:
        strike.set()
    if faults:
        raise faults[0]
