"""Trials on the web server: programs send small files under keys while it is struck, and repeat what was not answered.

However often a call was sent and whatever nobody knows, it must have had its effect once and be answered the same again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agencies.models import Agency
from portal import work
from portal.config import fresh_data_keys
from portal.db import Database
from tests import factories
from tests.faults import story
from tests.faults.callers import Call, Server, all_at_once, server
from tests.faults.proxy import through_proxy
from tests.ledger import books
from tests.ledger.books import PAYMENTS, entry

Outcome = dict[str, Any]
LOT, HANDS = 60, 6


def killed_web_workers(url: str, folder: Path, *, kills: int, seed: int) -> Outcome:
    """SIGKILL workers of the web server."""

    def strike(struck: Server, rng: random.Random) -> bool:
        time.sleep(rng.uniform(0, 0.4))
        struck.kill_a_worker(rng)
        return struck.kills < kills

    outcome, _calls = struck(url, url, folder, seed, strike)
    return outcome | {"kills": kills}


def cut_web_links(url: str, folder: Path, *, cuts: int, seed: int) -> Outcome:
    """Reset the links between the web server and PostgreSQL."""
    with through_proxy(url) as (proxy, through):

        def strike(_struck: Server, rng: random.Random) -> bool:
            time.sleep(rng.uniform(0, 0.2))
            proxy.cut()
            return proxy.cuts < cuts

        outcome, _calls = struck(url, through, folder, seed, strike)
        return outcome | {"cuts": proxy.cuts}


def one_file_by_many(url: str, folder: Path, *, files: int, seed: int, callers: int = 5) -> Outcome:
    """The same file by several programs at once, each with a key of its own: one report, and for the others where to find it."""
    db, environment, bearers = site(url, folder, url)
    wrong: dict[str, str] = {}
    with server(environment, folder) as asked:
        for number in range(files):
            calls = [
                Call("/reports/activity", bearers["agency"], f"{seed}-{number}-{caller}", _activity(number))
                for caller in range(callers)
            ]
            all_at_once(asked.port, calls, callers)
            if (
                sorted(call.status for call in calls) != [202] + [409] * (callers - 1)
                or len({call.location for call in calls}) != 1
            ):
                wrong[f"file {number}"] = repr([(call.status, call.location) for call in calls])
    kept = story.kept_by_web(db)["reports"]
    db.dispose()
    if kept != files:
        wrong["reports"] = f"{kept} instead of {files}"
    return {"seed": seed, "files": files, "callers": callers, "differences": wrong}


def site(url: str, folder: Path, through: str) -> tuple[Database, dict[str, str], dict[str, str]]:
    """A prepared database, the environment of a server on it (which reaches it `through` another address), and keys for callers."""
    with books.opened(db := story.prepare(url), folder), db.transaction() as session:
        agency = session.scalars(select(Agency).where(Agency.code == "A")).one()
        bearers = {"agency": factories.make_key(session, scopes="reports:read reports:write", agency=agency),
                   "bank": factories.make_key(session, scopes="ledger:write", user=factories.make_user(session))}  # fmt: skip
    environment = {
        "DATABASE_URL": through, "INSTANCE_DIR": str(folder), "SECRET_KEY": "trial" * 10, "DATA_KEYS": fresh_data_keys(), "LOG_LEVEL": "ERROR",
        "API_RATE_PER_SECOND": "100000", "API_BURST": "100000", "DEMO": "0",
    }  # fmt: skip
    return db, environment, bearers


def struck(
    url: str,
    through: str,
    folder: Path,
    seed: int,
    strike: Callable[[Server, random.Random], bool],
    *,
    logs: Path | None = None,
) -> tuple[Outcome, list[Call]]:
    """Strike while programs call, until `strike` says that it was enough; then every call is made once more. The outcome and the calls.

    `logs`: where the server's log goes, if not to `folder`, where it keeps its files.
    """
    rng, made, goes_on = random.Random(seed), list[Call](), True
    db, environment, bearers = site(url, folder, through)
    with server(environment, logs or folder) as asked:
        while goes_on:
            lot = [_call(number, bearers) for number in range(len(made), len(made) + LOT)]
            made += lot
            answered = threading.Event()
            calling = threading.Thread(target=all_at_once, args=(asked.port, lot, HANDS, answered))
            calling.start()
            while goes_on and not answered.is_set():
                goes_on = strike(asked, rng)
            calling.join()
        sent, unknown = sum(call.sent for call in made), sum(call.unknown for call in made)
        first = {call.key: call.location for call in made}
        all_at_once(asked.port, made, HANDS)
    with books.opened(db, folder):
        work.drain(db)
    wrong = _odd_answers(made, first) | _odd_effects(db, made)
    db.dispose()
    return {"seed": seed, "calls": len(made), "sent": sent, "nobody knew": unknown, "differences": wrong}, made


def _activity(number: int) -> str:
    return f"{story.ACTIVITY}\nw{number},A{number % 99},2026-02-02T10:00:00Z,call,no_answer,,,\n"


def _call(number: int, bearers: dict[str, str]) -> Call:
    """A report of one row, or every third time a ledger file of one entry."""
    if number % 3:
        return Call("/reports/activity", bearers["agency"], f"key-{number}", _activity(number))
    text = entry(f"w{number}", f"A{number % 99}", "2026-02-02", "1.00")
    return Call("/ledger/payments", bearers["bank"], f"key-{number}", f"{PAYMENTS}\n{text}\n")


def _odd_answers(made: list[Call], first: dict[str, str | None]) -> dict[str, str]:
    """Calls that were not answered from what was kept, or otherwise than before, or with another call's report."""
    found = {
        "not answered from what was kept": [
            (call.key, call.status) for call in made if call.status != 202 or not call.is_replayed
        ],
        "answered otherwise the second time": [
            call.key for call in made if call.location is None or first[call.key] != call.location
        ],
        "reports with two calls": len(made) - len({call.location for call in made}),
    }
    return {name: repr(odd) for name, odd in found.items() if odd}


def _odd_effects(db: Database, made: list[Call]) -> dict[str, str]:
    kept, payments = story.kept_by_web(db), sum(call.path.startswith("/ledger") for call in made)
    expected = {
        "reports": len(made),
        "activity": len(made) - payments,
        "payments": payments,
        "received by the trail": len(made),
        "keys without an answer": 0,
    }
    return {name: f"{kept[name]} instead of {count}" for name, count in expected.items() if kept[name] != count}
