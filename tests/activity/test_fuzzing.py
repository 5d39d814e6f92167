"""Real files with changed bytes go the whole way: each is answered, ends in a final state, and nothing of it is kept by half."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from activity.models import Activity, InventoryLine, PaymentClaim, ReportedComplaint
from activity.schemas import REPORTS
from agencies.models import Collector
from portal.reports.models import DONE, Mode, Report, ReportProblem, ReportState
from tests.activity.test_api import House
from tests.activity.test_schemas import SOUND
from tests.faults.conftest import times
from tests.workbooks import MEDIA_TYPE, workbook

MODELS: dict[str, Any] = {
    "activity": Activity, "payments": PaymentClaim, "inventory": InventoryLine, "complaints": ReportedComplaint, "collectors": Collector,
}  # fmt: skip
TYPES = {"csv": "text/csv", "jsonl": "application/jsonl", "json": "application/json", "xlsx": MEDIA_TYPE}
IDS = ("record_id", "collector_id")


def files(rng: random.Random) -> Iterator[tuple[str, str, bytes, bool]]:
    """Sound files of every kind and format, plain and packed, for ever: (kind, format, bytes, whether gzip)."""
    number = 0
    while True:
        for kind in REPORTS:
            for format_name in TYPES:
                rows = []
                for _ in range(rng.randint(1, 6)):
                    number += 1
                    row = (
                        SOUND[kind] | {"account_ref": f"ACC{rng.randint(1, 12)}"}
                        if kind not in ("complaints", "collectors")
                        else dict(SOUND[kind])
                    )
                    rows.append(
                        row
                        | {name: f"f{number}" for name in IDS if name in row}
                        | ({"account_ref": f"ACC{number % 10 + 1}"} if kind == "inventory" else {})
                    )
                is_packed = format_name != "xlsx" and rng.random() < 0.2
                data = written(rows, format_name)
                yield kind, format_name, gzip.compress(data) if is_packed else data, is_packed


def written(rows: list[dict[str, str]], format_name: str) -> bytes:
    """The rows as a file."""
    names = list(rows[0])
    objects = [{name: json.loads(value) if name == "details" else value for name, value in row.items()} for row in rows]
    if format_name == "xlsx":
        return workbook([names, *([row[name] for name in names] for row in rows)])
    if format_name == "json":
        return json.dumps(objects).encode()
    if format_name == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in objects).encode()
    target = io.StringIO()
    for line in [names, *([row[name] for name in names] for row in rows)]:
        target.write(",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\r\n")
    return target.getvalue().encode()


def changed(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to five places cut, filled, swapped or doubled; one file in ten as it is."""
    if rng.random() < 0.1:
        return data
    made = bytearray(data)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(made)) if made else 0
        act = rng.randrange(4)
        if act == 0:
            made[at : at + rng.randint(1, 8)] = b""
        elif act == 1:
            made[at:at] = rng.randbytes(rng.randint(1, 8))
        elif act == 2 and made:
            made[at] ^= 1 << rng.randrange(8)
        else:
            made[at:at] = made[at : at + rng.randint(1, 200)]
    return bytes(made)


def send_changed(house: House, seed: int, count: int) -> dict[str, int]:
    """Send so many changed files; how many ended how. Raises AssertionError at the first one that did not end well."""
    rng, ended = random.Random(seed), dict[str, int]()
    source = files(rng)
    for number in range(count):
        kind, format_name, data, is_packed = next(source)
        body, mode = changed(data, rng), rng.choice(list(Mode))
        headers = {"Prefer": "wait=20"} | ({"Content-Encoding": "gzip"} if is_packed else {})
        answer = house.a.http.post(
            f"/api/v1/reports/{kind}?mode={mode}", data=body, content_type=TYPES[format_name], base_url="https://localhost",
            headers={"Authorization": f"Bearer {house.a.key}", "Idempotency-Key": f"fuzz-{seed}-{number}", **headers},
        )  # fmt: skip
        told = f"file {number} of seed {seed}: {kind} {format_name} {answer.status_code} {answer.text[:300]}"
        assert answer.status_code == 200 or 400 <= answer.status_code < 500, told
        if answer.status_code == 200:
            _is_whole(house, answer.json["id"], kind, mode, told)
        outcome = answer.json["state"] if answer.status_code == 200 else str(answer.status_code)
        ended[outcome] = ended.get(outcome, 0) + 1
    return ended


def _is_whole(house: House, ref: str, kind: str, mode: Mode, told: str) -> None:
    with house.db.reading() as session:
        report = session.scalars(select(Report).where(Report.ref == ref)).one()
        model = MODELS[kind]
        kept = session.scalar(select(func.count()).select_from(model).where(model.report_id == report.id)) or 0
        problems = (
            session.scalar(select(func.count()).select_from(ReportProblem).where(ReportProblem.report_id == report.id))
            or 0
        )
    assert report.state in DONE, told
    counted = report.accepted + report.duplicate + report.rejected
    if not (
        mode is Mode.ATOMIC and report.rejected
    ):  # there the sound rows of a bad file are neither taken nor rejected
        assert report.rows_read == counted or report.state is ReportState.REJECTED, told
    assert kept <= report.accepted if kind == "collectors" else kept == report.accepted, told
    assert bool(problems) == (report.rejected > 0 or report.state.value != "accepted"), told
    assert mode is Mode.PARTIAL or not (report.rejected and report.accepted), told


def test_files_with_changed_bytes_are_answered_and_never_kept_by_half(app: Flask) -> None:
    ended = send_changed(House(app), seed=20261124, count=times(600, 60))
    assert {"accepted", "rejected", "partly_accepted"} <= set(ended), "the files are changed enough, and not too much"
