"""The long trials at their full counts: `python -m tests.proof [name …]`, which is `make proof`.

Each trial is a function that the tests call too, there with a small count. What came out is written to docs/proof/<name>.json: date, seed,
counts, and what differed, which must be nothing. PROOF_SEED replays a run.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["TEST_SCALE"] = "1"  # the worlds' own tests read it when they are imported

from hypothesis import given, settings
from hypothesis import strategies as st

from app import create_app
from portal import clock, schema, sealing
from portal.config import ROOT, Settings, fresh_data_keys
from portal.db import Database
from tests import hostile
from tests.activity import test_api, test_fuzzing, test_schemas
from tests.faults import filling_disks, striking_readers, striking_web
from tests.house import api_fuzz
from tests.ledger import books, test_histories
from tests.placements import test_placing_races
from tests.placements import test_worlds as test_placement_worlds
from tests.portal import test_table_formats
from tests.postgres import Postgres
from tests.scorecards import test_world

Outcome = dict[str, Any]
FOLDER = ROOT / "docs" / "proof"
BOTH, SQLITE, POSTGRESQL, NONE = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",), ("",)


@dataclass(frozen=True)
class Trial:
    """A trial by name, the databases it is made on, and how: from URL, folder and seed to what it counted, `differences` among it."""

    name: str
    databases: tuple[str, ...]
    run: Callable[[str, Path, int], Outcome]


def histories(url: str, folder: Path, seed: int) -> Outcome:
    """Any sequence of payments, reversals, corrections, placements and files keeps every invariant."""
    schema.upgrade(db := Database(url))
    with books.opened(db, folder) as opened:
        wrong = _failure(lambda: test_histories.tell_histories(opened, 1000))
    db.dispose()
    return {"histories": 1000, "differences": wrong}


def fuzz(url: str, folder: Path, seed: int) -> Outcome:
    """Files with changed bytes are read or refused, and never anything else."""
    drawn, wrong = 50_000, dict[str, str]()
    for test in (test_table_formats.test_a_file_with_changed_bytes_is_read_or_refused_and_never_anything_else,
                 test_schemas.test_a_report_with_changed_bytes_is_read_or_refused_and_never_anything_else):  # fmt: skip
        inner = test.hypothesis.inner_test  # type: ignore[attr-defined]
        wrong |= _failure(settings(max_examples=drawn, deadline=None, database=None)(given(st.data())(inner)))
    return {"files": 2 * drawn, "differences": wrong}


def hostile_files(url: str, folder: Path, seed: int) -> Outcome:
    """Each file made to do harm is refused or rejected within two seconds of processor time and 300 MB."""
    found = {name: hostile.measured(name, folder) for name in hostile.FILES}
    wrong = {
        name: json.dumps(told)
        for name, told in found.items()
        if float(str(told["cpu_s"])) > hostile.MOST_CPU_S
        or int(str(told["peak_mb"])) > hostile.MOST_MB
        or str(told["outcome"]).startswith("crashed")
    }
    return {"files": len(found), "found": found, "differences": wrong}


def changed_files(url: str, folder: Path, seed: int) -> Outcome:
    """Five thousand files of every kind and format with changed bytes go the whole way; none is kept by half."""
    schema.upgrade(db := Database(url))
    db.dispose()
    environment = {
        "DATABASE_URL": url, "INSTANCE_DIR": str(folder), "SECRET_KEY": "trial" * 10, "DATA_KEYS": fresh_data_keys(), "LOG_LEVEL": "ERROR",
        "API_RATE_PER_SECOND": "100000", "API_BURST": "100000",
    }  # fmt: skip
    app = create_app(Settings.from_environ(environment))
    ended: dict[str, int] = {}
    wrong = _failure(lambda: ended.update(test_fuzzing.send_changed(test_api.House(app), seed, 5_000)))
    app.extensions["database"].dispose()
    return {"files": 5_000, "ended": ended, "differences": wrong}


def placing(url: str, folder: Path, seed: int) -> Outcome:
    """Two people place the same accounts at once, 100 times; and made-up worlds are planned on this database as outside of it."""
    schema.upgrade(db := Database(url))
    sealing.use(sealing.Keyring(fresh_data_keys()))
    wrong = _failure(lambda: test_placing_races.race_two_plans(db, 100))
    for number in range(1000):
        wrong |= _failure(lambda number=number: test_placement_worlds.check_world(number))  # type: ignore[misc]
    for number in range(30):
        wrong |= _failure(lambda number=number: test_placement_worlds.check_on_database(db, number))  # type: ignore[misc]
    db.dispose()
    return {"races": 100, "worlds": 1000, "worlds_on_the_database": 30, "differences": wrong}


def worlds(url: str, folder: Path, seed: int) -> Outcome:
    """What the scorecard finds in made-up worlds whose truth is known, at the published number of replicates."""
    wrong = {}
    for name, test in vars(test_world).items():
        if name.startswith("test_a_difference_that_is_declared"):
            for scenario in test_world.SCENARIOS:
                if not scenario.startswith("S2"):
                    wrong |= _failure(lambda test=test, scenario=scenario: test(scenario))  # type: ignore[misc]
        elif name.startswith("test_"):
            wrong |= _failure(test)
    found = {name: vars(test_world.findings(name)) for name in test_world.SCENARIOS}
    return {
        "worlds": {name: replicates for name, (_, replicates) in test_world.SCENARIOS.items()},
        "found": found,
        "differences": wrong,
    }


def _failure(test: Callable[[], object]) -> dict[str, str]:
    try:
        test()
    except Exception as fault:  # whatever it is, it is what the trial found
        return {getattr(test, "__name__", "trial"): f"{type(fault).__name__}: {fault}"[:2000]}
    return {}


def _kills(url: str) -> int:
    return 200 if url.startswith("sqlite") else 100


TRIALS = (
    Trial("schemathesis", BOTH, lambda url, folder, seed: api_fuzz.trial(url, folder, examples=100, seed=seed)),
    Trial(
        "killed-readers",
        BOTH,
        lambda url, folder, seed: striking_readers.killed_readers(url, folder, kills=_kills(url), seed=seed),
    ),
    Trial(
        "killed-program",
        BOTH,
        lambda url, folder, seed: striking_readers.killed_program(url, folder, kills=20, seed=seed),
    ),
    Trial(
        "frozen-readers",
        BOTH,
        lambda url, folder, seed: striking_readers.frozen_readers(url, folder, freezes=50, seed=seed),
    ),
    Trial(
        "crowded-readers",
        BOTH,
        lambda url, folder, seed: striking_readers.crowded_readers(url, folder, readers=4, seed=seed, rows=4_000),
    ),
    Trial(
        "frozen-leaders", BOTH, lambda url, folder, seed: striking_readers.frozen_leaders(url, freezes=50, seed=seed)
    ),
    Trial(
        "cut-links", POSTGRESQL, lambda url, folder, seed: striking_readers.cut_links(url, folder, cuts=200, seed=seed)
    ),
    Trial(
        "swallowed-links",
        POSTGRESQL,
        lambda url, folder, seed: striking_readers.swallowed_links(url, folder, strikes=50, seed=seed),
    ),
    Trial(
        "full-disk-readers",
        BOTH,
        lambda url, folder, seed: filling_disks.full_while_reading(url, folder, strikes=50, seed=seed),
    ),
    Trial(
        "full-disk-web",
        SQLITE,
        lambda url, folder, seed: filling_disks.full_while_receiving(folder, strikes=50, seed=seed),
    ),
    Trial(
        "killed-web-workers",
        BOTH,
        lambda url, folder, seed: striking_web.killed_web_workers(url, folder, kills=200, seed=seed),
    ),
    Trial(
        "cut-web-links",
        POSTGRESQL,
        lambda url, folder, seed: striking_web.cut_web_links(url, folder, cuts=300, seed=seed),
    ),
    Trial(
        "one-file-by-many",
        BOTH,
        lambda url, folder, seed: striking_web.one_file_by_many(url, folder, files=50, seed=seed),
    ),
    Trial("histories", BOTH, histories),
    Trial("placing", BOTH, placing),
    Trial("fuzz", NONE, fuzz),
    Trial("changed-files", BOTH, changed_files),
    Trial("hostile-files", NONE, hostile_files),
    Trial("worlds", NONE, worlds),
)


def main(wanted: list[str]) -> int:
    """Run the trials; 1 if any of them found a difference."""
    if unknown := set(wanted) - {trial.name for trial in TRIALS}:
        sys.exit(f"no such trial: {', '.join(sorted(unknown))}; there are {', '.join(trial.name for trial in TRIALS)}")
    seed = int(os.environ.get("PROOF_SEED") or clock.today().strftime("%Y%m%d"))
    server = Postgres(Path(tempfile.gettempdir()))
    try:
        chosen = [trial for trial in TRIALS if not wanted or trial.name in wanted]
        held = [_hold(trial, server, seed) for trial in chosen]
        return 0 if all(held) else 1
    finally:
        server.stop()


def _hold(trial: Trial, server: Postgres, seed: int) -> bool:
    """Make one trial and write down what came out; whether nothing differed."""
    runs = list(_runs(trial, server, seed))
    is_held = not any(run["differences"] for run in runs)
    FOLDER.mkdir(parents=True, exist_ok=True)
    told = {"trial": trial.name, "date": clock.today().isoformat(), "seed": seed, "python": platform.python_version(), "cpus": os.cpu_count(),
            "holds": is_held, "runs": runs}  # fmt: skip
    (FOLDER / f"{trial.name}.json").write_text(json.dumps(told, indent=2, default=str) + "\n")
    return is_held


def _runs(trial: Trial, server: Postgres, seed: int) -> Iterator[Outcome]:
    for kind in trial.databases:
        with tempfile.TemporaryDirectory() as folder:
            name, url = server.fresh("template0") if kind == "postgresql" else ("", f"sqlite:///{folder}/portal.db")
            print(f"{trial.name} {kind} …", end=" ", flush=True)  # noqa: T201
            begin = time.monotonic()
            run = (
                ({"database": kind} if kind else {})
                | trial.run(url, Path(folder), seed)
                | {"seconds": round(time.monotonic() - begin)}
            )
            print(  # noqa: T201
                "holds" if not run["differences"] else f"DIFFERS {run['differences']}",
                f"({run['seconds']} s)",
                flush=True,
            )
            if name:
                server.drop(name)
            yield run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
