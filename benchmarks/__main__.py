"""Run the benchmarks, each in a process of its own so that its peak memory is its own, on SQLite and on a PostgreSQL started here.

`--full` runs the full counts (the better part of an hour); without it a `make bench` takes minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import Postgres

NAMES = ("ingest", "small_reports", "placing")


def main() -> None:
    full = ["--full"] if "--full" in sys.argv else []
    wanted = [name for name in sys.argv[1:] if name != "--full"] or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    folder = Path(tempfile.mkdtemp())
    server = Postgres(folder)
    try:
        for name in wanted:
            for kind in ("sqlite", "postgresql"):
                _run(name, kind, server, full)
    finally:
        server.stop()


def _run(name: str, kind: str, server: Postgres, flags: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db" if kind == "sqlite" else server.create("bench")
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", url, folder, *flags],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"{name} on {kind} failed:\n{done.stderr[-3000:]}")
            return
        figures = json.loads(done.stdout.splitlines()[-1])
        print(f"{name} on {kind}: " + ", ".join(f"{key} {value}" for key, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
