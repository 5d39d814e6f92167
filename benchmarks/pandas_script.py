"""The peer: the script that many would write with pandas. `python -m benchmarks.pandas_script URL FILE AGENCY REPORT`.

It reads the file, drops what is bad or repeated, looks the accounts up and appends to the same table. It says of no row what is wrong
with it, keeps nothing of a file that fails half-way apart from what is in already, and takes a file twice that is sent twice.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pandas as pd
from sqlalchemy import JSON, create_engine

from activity import schemas
from benchmarks.setting import Stopwatch, peak_mb

FLAGS = ("opt_out_notice", "disclosed_debt", "identified_caller")
CHOICES = {
    "kind": schemas.KINDS, "direction": schemas.DIRECTIONS, "outcome": schemas.OUTCOMES, "party": schemas.PARTIES,
    "endpoint_type": schemas.ENDPOINT_TYPES, "dialer": schemas.DIALERS, "purpose": schemas.PURPOSES,
}  # fmt: skip
ACCOUNTS = """SELECT account.account_ref, account.id AS account_id, account.consumer_id, placement.id AS placement_id
FROM account JOIN placement ON placement.account_id = account.id"""


def main(url: str, path: str, agency: int, report: int) -> None:
    engine = create_engine(url)
    frame: Any = pd.read_csv(path, dtype=str, skip_blank_lines=True)
    frame["row_no"] = frame.index + 1
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], utc=True, errors="coerce", format="ISO8601")
    good = frame["record_id"].notna() & frame["occurred_at"].notna()
    for name, codes in CHOICES.items():
        good &= frame[name].isin(codes) | (frame[name].isna() & (name != "kind"))
    for name in ("duration_s", "amount", "instalments"):
        number = pd.to_numeric(frame[name], errors="coerce")
        good &= (number >= 0) | frame[name].isna()
        frame[name] = (number * 100).round() if name == "amount" else number
    for name in ("due_on", "filed_on", "served_on"):
        frame[name] = pd.to_datetime(frame[name], errors="coerce").dt.date
    for name in FLAGS:
        frame[name] = frame[name].map({"yes": True, "no": False})
    parsed = frame["details"].map(_json, na_action="ignore")
    good &= parsed.notna() | frame["details"].isna()
    frame["details"] = parsed.astype(object).where(parsed.notna(), None)
    frame = frame[good].drop_duplicates("record_id")
    frame = frame.merge(pd.read_sql(ACCOUNTS, engine), on="account_ref", how="inner").drop(columns="account_ref")
    frame = frame.assign(report_id=report, sender=agency, agency_id=agency, standing="accepted", content_hash="")
    details = {"details": JSON(none_as_null=True)}
    frame.to_sql("activity", engine, if_exists="append", index=False, chunksize=10_000, dtype=details)


def _json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return None


if __name__ == "__main__":
    watch = Stopwatch()
    with watch.running():
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps({"seconds": watch.seconds, "peak": peak_mb()}))
