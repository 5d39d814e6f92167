"""Serving on one machine: the web server and the jobs process side by side, until the first signal to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

from portal.config import ROOT


def serve(host: str, port: int, *, workers: int = 2, threads: int = 8) -> int:
    """Run gunicorn and `flask jobs start`; the exit status of the one that ended first. A jobs process that dies is started again."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    web, jobs = _web(host, port, workers, threads), _jobs()
    try:
        while not stopping and web.poll() is None:
            if jobs.poll() is not None:
                time.sleep(1)
                jobs = _jobs() if not stopping else jobs
            time.sleep(0.2)
    finally:
        for process in (web, jobs):
            process.terminate()
        for process in (web, jobs):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
    return 0 if stopping else web.returncode or 0


def _web(host: str, port: int, workers: int, threads: int) -> subprocess.Popen[bytes]:
    # No --preload: a database pool or anything drawn before the fork would be shared by the workers.
    return subprocess.Popen(  # noqa: S603 (our own program, no shell)
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--bind",
            f"{host}:{port}",
            "--workers",
            str(workers),
            "--threads",
            str(threads),
            "--worker-class",
            "gthread",
            "--timeout",
            "300",
            "--max-requests",
            "5000",
            "--max-requests-jitter",
            "500",
            "--log-level",
            "warning",
            "app:create_app()",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


def _jobs() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "jobs", "start"], cwd=ROOT, start_new_session=True
    )
