"""Hostile files are taken apart in a process of its own: it is bounded, it can harm nobody, and its end is the file's end alone."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import pytest

from portal.tables import formats, quarantine
from portal.tables.bounded import Limits
from portal.tables.faults import Refused
from tests.workbooks import workbook

ROWS = [["a", "b"], ["1", "1250.50"], ["2", ""]]
CSV = b"\n".join(",".join(row).encode() for row in ROWS)


@pytest.mark.parametrize(
    ("data", "format_name"),
    [
        (CSV, "csv"),
        (gzip.compress(CSV, mtime=0), "csv"),
        (workbook(ROWS), "xlsx"),
        (b'[{"a": 1.10, "b": {"c": [2.50]}}, {"a": "x"}, 7' + b"]", "json"),
        (b'[{"a": 1.10}, {"a": ' + b'"x"' + b"}" + b" " * quarantine.SMALL + b"]", "json"),
        (b'{"a": 1e2}\n{"a"\n', "jsonl"),
    ],
)
def test_rows_are_the_same_wherever_a_file_is_taken_apart(data: bytes, format_name: str, tmp_path: Path) -> None:
    def told(source: formats.Source) -> Any:
        try:
            return source.header, [repr(row) for row in source.rows]
        except Refused as refused:
            return refused.problems

    path = tmp_path / "file"
    path.write_bytes(data)
    here = told(formats.open_source(io.BytesIO(data), format_name))
    with path.open("rb") as file:
        assert told(quarantine.open_source(file, format_name)) == here
    assert told(quarantine.open_source(io.BytesIO(data), format_name)) == here


def _begun(data: bytes, format_name: str = "xlsx") -> tuple[formats.Source, int]:
    source = quarantine.open_source(io.BytesIO(data), format_name)
    return source, source.rows._process.pid  # type: ignore[attr-defined]


def test_the_process_ends_when_nobody_wants_its_rows_any_more() -> None:
    source, pid = _begun(workbook([["a"], *([f"row {number}"] for number in range(20_000))]))
    first = next(source.rows)
    del source
    assert first == ["row 0"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_somebody_else_ended_is_no_fault_of_the_file() -> None:
    source, pid = _begun(workbook([["a"], *([f"row {number}"] for number in range(20_000))]))
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="ended with status -9"):
        list(source.rows)


def test_a_file_that_takes_too_much_time_or_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["a"], *([f"row {number}"] for number in range(300_000))]
    monkeypatch.setattr(quarantine, "_seconds", lambda size: 1)
    with pytest.raises(Refused) as refused:
        list(quarantine.open_source(io.BytesIO(workbook(rows)), "xlsx").rows)
    assert refused.value.problems[0].repair == "too_costly"
    loose = Limits(row_bytes=1 << 30)
    with pytest.raises(Refused) as refused:
        list(
            quarantine.open_source(
                io.BytesIO(gzip.compress(b'[{"a":"' + os.urandom(60 << 20).hex().encode() + b'"}]', 1)),
                "json",
                limits=loose,
            ).rows
        )
    assert refused.value.problems[0].repair == "too_costly"


def test_nothing_but_rows_is_taken_from_the_process() -> None:
    told = io.BytesIO(pickle.dumps(("rows", [os.system])))
    with pytest.raises(pickle.UnpicklingError):
        quarantine._Careful(told).load()


def test_the_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    _, pid = _begun(workbook([["a"], *([f"row {number}"] for number in range(20_000))]))
    assert b"do not tell" not in Path(f"/proc/{pid}/environ").read_bytes()
