"""Run the benchmarks, each in a process of its own so that its peak memory is its own, on SQLite and on a PostgreSQL started here."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import Postgres

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_") and path.stem != "setting")


def main() -> None:
    wanted = sys.argv[1:] or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    server = Postgres(Path(tempfile.mkdtemp()))
    try:
        for name in wanted:
            for kind in ("sqlite", "postgresql"):
                _run(name, kind, server)
    finally:
        server.stop()


def _run(name: str, kind: str, server: Postgres) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db" if kind == "sqlite" else server.create("bench")
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", url, folder], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{name} on {kind} failed:\n{done.stderr[-3000:]}")
            return
        figures = json.loads(done.stdout.splitlines()[-1])
        print(f"{name} on {kind}: " + ", ".join(f"{key} {value}" for key, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
