"""Every worked case agrees with the engine, and a file that is no case file says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conduct.cases import CaseError, check, check_cases, exit_code, read_case
from conduct.kinds import KINDS
from conduct.rulebook import standard

SAMPLES = Path(__file__).parents[2] / "samples" / "conduct"
FILES = sorted(SAMPLES.rglob("*.jsonl"))
CASES = [json.loads(line) for path in FILES for line in path.read_text("utf-8").splitlines() if line.strip()]
OWN = [
    json.loads(line)
    for path in sorted((SAMPLES / "own").glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]

CALL = {
    "record_id": "a",
    "account_ref": "A1",
    "occurred_at": "2026-06-10T23:00:00-04:00",
    "kind": "call",
    "direction": "out",
}
CASE = {
    "case": "c", "rule": "us.regf.time-of-day", "account": {"account_ref": "A1", "jurisdiction": "US-OH", "time_zones": ["America/New_York"]},
    "rows": [CALL], "expected": {"verdict": "violation", "rows": ["a"]},
}  # fmt: skip


def written(path: Path, *lines: Any) -> Path:
    file = path / "cases.jsonl"
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), encoding="utf-8")
    return file


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_engine_judges_the_case_as_expected(case: dict[str, Any]) -> None:
    result = check(read_case(case), standard())
    assert {"verdict": result["verdict"], "rows": sorted(result["rows"])} == {
        "verdict": case["expected"]["verdict"], "rows": sorted(case["expected"]["rows"]),
    }, case["title"]  # fmt: skip


def test_no_two_cases_bear_one_name() -> None:
    names = [case["case"] for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", standard().rules, ids=lambda rule: rule.id)
def test_every_rule_has_own_cases_on_both_sides(rule: Any) -> None:
    """A modifier can only pass and a question can only be asked; every other rule passes in one case and does not in another."""
    verdicts = [case["expected"]["verdict"] for case in OWN if case["rule"] == rule.id]
    assert len(verdicts) >= 2
    if rule.kind == "modifier" and "select" not in rule.params:
        assert set(verdicts) == {"pass"}
    elif rule.kind == "manual_review" and not rule.params["trigger"]:
        assert set(verdicts) == {"review"}
    else:
        both = verdicts + [case["expected"]["verdict"] for case in CASES if case["rule"] == rule.id]
        assert "pass" in both
        assert {"review", "violation"} & set(both)


def test_every_kind_of_rule_is_used() -> None:
    assert {rule.kind for rule in standard().rules} == set(KINDS)


def test_the_last_line_counts_and_tells_the_exit_code(tmp_path: Path) -> None:
    wrong = {**CASE, "case": "d", "expected": {"verdict": "pass", "rows": []}}
    *results, summary = check_cases(written(tmp_path, CASE, "", wrong))
    assert results == [
        {"case": "c", "rule": "us.regf.time-of-day", "verdict": "violation", "rows": ["a"], "agrees": True},
        {"case": "d", "rule": "us.regf.time-of-day", "verdict": "violation", "rows": ["a"], "agrees": False},
    ]
    assert summary == {"cases": 2, "agree": 1, "disagree": 1, "unknown_rules": 0}
    assert exit_code(summary) == 1


def test_an_unknown_rule_is_told_apart_from_a_wrong_verdict(tmp_path: Path) -> None:
    *results, summary = check_cases(written(tmp_path, CASE, {**CASE, "rule": "us.no.such-rule"}))
    assert results[1] == {"case": "c", "rule": "us.no.such-rule", "verdict": None, "rows": [], "agrees": False}
    assert summary == {"cases": 2, "agree": 1, "disagree": 0, "unknown_rules": 1}
    assert exit_code(summary) == 2


def test_a_file_of_agreeing_cases_exits_clean(tmp_path: Path) -> None:
    *_, summary = check_cases(written(tmp_path, CASE))
    assert exit_code(summary) == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2"),
        ("[1, 2]", "a case is a JSON object"),
        ({"case": "x"}, "expected is missing"),
        ({**CASE, "expected": {"verdict": "guilty", "rows": []}}, "expected verdict is 'guilty'"),
        ({**CASE, "rows": ["a"]}, "a row is a JSON object"),
        ({**CASE, "rows": [{"record_id": "a", "occurred_at": "2026-06-10T10:00:00Z"}]}, "neither kind, received_at nor paid_on"),
        ({**CASE, "rows": [{**CALL, "occurred_at": "2026-06-10T23:00:00"}]}, "row a: occurred_at is no instant with an offset"),
        ({**CASE, "rows": [{**CALL, "details": []}], "today": "soon"}, "soon"),
        ({**CASE, "rows": [{**CALL, "details": ["x"]}]}, "row a: details is no object"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_case_is_named(tmp_path: Path, line: Any, message: str) -> None:
    with pytest.raises(CaseError, match=r"cases\.jsonl, line 2") as caught:
        list(check_cases(written(tmp_path, CASE, line)))
    assert message in str(caught.value)
