"""The functions an outside program may call by name: every published case, through the five modules of the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from placements import allocation
from portal import statistics
from scorecards import compliance, headline, recovery

PUBLISHED = json.loads((Path(__file__).parents[2] / "samples" / "scorecard_cases.json").read_text())
MODULES = (statistics, allocation, recovery, compliance, headline)


@pytest.mark.parametrize("case", PUBLISHED["cases"], ids=lambda case: f"{case['id']} {case['fn']}")
def test_a_function_called_by_name_gives_the_published_answer(case: dict[str, Any]) -> None:
    (function,) = {getattr(module, case["fn"]) for module in MODULES if hasattr(module, case["fn"])}
    answer = function(**case["input"])
    assert set(case["expected"]) <= set(answer)
    assert differences(answer, case["expected"]) == [], case["note"]


@pytest.mark.parametrize("case", PUBLISHED["cases"], ids=lambda case: case["id"])
def test_an_answer_is_made_of_plain_values_that_json_can_write(case: dict[str, Any]) -> None:
    (function,) = {getattr(module, case["fn"]) for module in MODULES if hasattr(module, case["fn"])}
    answer = function(**case["input"])
    assert differences(json.loads(json.dumps(answer)), case["expected"]) == []


def differences(answer: Any, expected: Any, where: str = "") -> list[str]:
    """The places where the answer is not the expected one; numbers may differ by a millionth."""
    if isinstance(expected, dict):
        return [d for key, value in expected.items() for d in differences(answer[key], value, f"{where}.{key}")]
    if isinstance(expected, list):
        if len(answer) != len(expected):
            return [f"{where}: {len(answer)} entries, not {len(expected)}"]
        return [
            d for i, pair in enumerate(zip(answer, expected, strict=True)) for d in differences(*pair, f"{where}[{i}]")
        ]
    if isinstance(expected, bool | str) or expected is None:
        return [] if answer == expected else [f"{where}: {answer!r}, not {expected!r}"]
    return [] if abs(answer - expected) <= PUBLISHED["meta"]["tolerance"] else [f"{where}: {answer}, not {expected}"]
