"""A small report answered at once: 100 rows with `Prefer: wait=5`, against a bare Flask route that inserts 100 rows.

Both are asked in turns by Flask's own test client, so there is no network in either. The bare route takes the CSV apart with the standard
library and inserts the rows into the same table in one transaction, with ids looked up beforehand; it knows no key, sender, repetition,
limit or check, keeps no file, and writes no audit trail.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask, request
from sqlalchemy import insert, select

from activity.models import Activity
from app import create_app
from benchmarks import feed
from benchmarks.setting import Stopwatch, placed_accounts, ratio
from placements.models import Account
from portal import keys, schema
from portal.config import Settings, fresh_data_keys
from portal.db import Database
from portal.keys import AGENCY_SCOPES
from portal.permissions import SYSTEM
from tests.clients import ApiClient

ROWS, CALLS, WARM_UP = 100, 60, 5
HEADER = "record_id,account_ref,occurred_at,kind,direction,outcome,collector_id,duration_s"


def main(url: str, folder: Path) -> None:
    given = {
        "DATABASE_URL": url, "INSTANCE_DIR": str(folder), "SECRET_KEY": "bench" * 10, "DATA_KEYS": fresh_data_keys(),
        "API_RATE_PER_SECOND": "100000", "API_BURST": "100000", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    schema.upgrade(db := Database(url))
    app = create_app(Settings.from_environ(given))
    refs = [(row["account_ref"], row["consumer_ref"]) for row in feed.tape()[:1000]]
    agency = placed_accounts(db, refs, feed.PLACED_AT)
    with db.transaction() as session:
        client = ApiClient(app, keys.make(session, SYSTEM, scopes=AGENCY_SCOPES, at=feed.PLACED_AT, agency_id=agency))
    bare = _bare(db, agency).test_client()
    ours, floor = [], []
    for call in range(CALLS + WARM_UP):
        mine, theirs = Stopwatch(), Stopwatch()
        with mine.running():
            said = client.post(
                "/reports/activity",
                data=_report(f"a{call}", refs),
                content_type="text/csv",
                headers={"Prefer": "wait=5"},
            ).json
        with theirs.running():
            answer = bare.post("/", data=_report(f"b{call}", refs))
        if said["rows"]["accepted"] != ROWS or answer.json != {"rows": ROWS}:
            raise RuntimeError(f"{said} {answer.json}")
        if call >= WARM_UP:
            ours.append(mine.seconds)
            floor.append(theirs.seconds)
    print(json.dumps({
        "calls": CALLS, "rows a call": ROWS, "ratio to the bare route": ratio(ours, floor), "ms": f"{median(ours) * 1000:.0f}",
        "bare ms": f"{median(floor) * 1000:.0f}",
    }))  # fmt: skip


def _report(name: str, refs: list[tuple[str, str]]) -> str:
    lines = (
        f"{name}-{n},{refs[n * 7 % len(refs)][0]},2026-02-02T10:{n % 60:02}:00-05:00,call,out,no_answer,C{n % 9},{n}"
        for n in range(ROWS)
    )
    return "\n".join([HEADER, *lines]) + "\n"


def _bare(db: Database, agency: int) -> Flask:
    with db.reading() as session:
        known = {
            ref: ids for ref, *ids in session.execute(select(Account.account_ref, Account.id, Account.consumer_id))
        }
    app = Flask("bare")

    @app.post("/")
    def take() -> dict[str, int]:
        rows: list[dict[str, Any]] = [
            {
                **{name: cell or None for name, cell in row.items() if name != "account_ref"},
                "occurred_at": datetime.fromisoformat(row["occurred_at"]), "duration_s": int(row["duration_s"]),
                "report_id": 1, "row_no": number, "sender": 0, "agency_id": agency, "standing": "accepted", "content_hash": "",
                "account_id": known[row["account_ref"]][0], "consumer_id": known[row["account_ref"]][1],
            }
            for number, row in enumerate(csv.DictReader(io.StringIO(request.get_data(as_text=True))), 1)
        ]  # fmt: skip
        with db.transaction() as session:
            session.connection().execute(insert(Activity), rows)
        return {"rows": len(rows)}

    return app


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
