"""`flask conduct check`: worked cases through the real engine, without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASE = {
    "case": "night", "rule": "us.regf.time-of-day", "title": "A call at 22:00",
    "account": {"account_ref": "A1", "jurisdiction": "US-OH", "time_zones": ["America/New_York"]},
    "rows": [{"record_id": "1", "account_ref": "A1", "occurred_at": "2026-02-10T22:00:00-05:00", "kind": "call", "direction": "out", "outcome": "no_answer"}],
    "expected": {"verdict": "violation", "rows": ["1"]},
}  # fmt: skip


def check(path: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; its database does not exist and cannot be made."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "sqlite:////nowhere/at/all.db",
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "SECRET_KEY": "x" * 40,
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "conduct", "check", str(path)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def cases(tmp_path: Path, *told: dict[str, object]) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps(case) for case in told), encoding="utf-8")
    return path


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_shared_cases_agree(tmp_path: Path) -> None:
    done = check(ROOT / "samples" / "conduct" / "US.jsonl", tmp_path)
    *results, summary = lines(done)
    assert done.returncode == 0, done.stderr
    assert set(results[0]) == {"case", "rule", "verdict", "rows", "agrees"}
    assert summary == {"cases": len(results), "agree": len(results), "disagree": 0, "unknown_rules": 0}


@pytest.mark.parametrize(
    ("told", "code", "summary"),
    [
        (CASE, 0, {"cases": 1, "agree": 1, "disagree": 0, "unknown_rules": 0}),
        (
            {**CASE, "expected": {"verdict": "pass", "rows": []}},
            1,
            {"cases": 1, "agree": 0, "disagree": 1, "unknown_rules": 0},
        ),
        ({**CASE, "rule": "us.nothing"}, 2, {"cases": 1, "agree": 0, "disagree": 0, "unknown_rules": 1}),
    ],
    ids=["agrees", "disagrees", "unknown rule"],
)
def test_the_exit_code_says_how_it_went(
    tmp_path: Path, told: dict[str, object], code: int, summary: dict[str, int]
) -> None:
    done = check(cases(tmp_path, told), tmp_path)
    assert (done.returncode, lines(done)[-1]) == (code, summary)


def test_a_line_that_is_no_case_is_named(tmp_path: Path) -> None:
    done = check(cases(tmp_path, CASE, {"case": "broken"}), tmp_path)
    assert done.returncode == 1
    assert "line 2" in done.stderr
