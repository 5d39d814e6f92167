"""The worked cases that come with the rules, as a rule's page shows them. `flask conduct check FILE` runs such files."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CASES = Path(__file__).resolve().parent.parent / "samples" / "conduct"


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """One case in short: its name, what it is about, the expected verdict and the rows that carry it."""

    name: str
    title: str
    verdict: str
    rows: tuple[str, ...]


def of_rule(rule_id: str) -> tuple[WorkedCase, ...]:
    """The cases on one rule, by name; none where the sample files are not installed."""
    return _by_rule().get(rule_id, ())


@lru_cache(maxsize=1)
def _by_rule() -> Mapping[str, tuple[WorkedCase, ...]]:
    found: defaultdict[str, list[WorkedCase]] = defaultdict(list)
    for path in sorted(CASES.rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                told = json.loads(line)
                expected = told["expected"]
                case = WorkedCase(
                    told["case"], told.get("title", ""), expected["verdict"], tuple(map(str, expected["rows"]))
                )
                found[told["rule"]].append(case)
    return {rule: tuple(sorted(cases, key=lambda case: case.name)) for rule, cases in found.items()}
