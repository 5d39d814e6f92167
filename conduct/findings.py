"""Rules: what a finding of the engine is worth before a person has looked at it, and by when one should."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from conduct.kinds.check import VIOLATION, Finding
from conduct.rulebook import Rule

# How long a breach of each severity may wait for somebody's judgement: the bank's own measure.
DAYS_TO_JUDGE: Final = {"critical": 1, "high": 3, "medium": 10, "low": 30, "info": 30}


def due_at(severity: str, found_at: datetime) -> datetime:
    """Until when a breach should be judged."""
    return found_at + timedelta(days=DAYS_TO_JUDGE[severity])


def is_doubtful(finding: Finding) -> bool:
    """True when the finding is a question rather than a breach: only a person can tell.

    A rule of "should" wording never says more than `review`, so its plain findings count as they are. Everywhere else `review`
    means that a fact is missing or unclear, or that nobody has confirmed the rule yet.
    """
    if finding.verdict == VIOLATION:
        return False
    if finding.rule.status == "review" or _can_say_violation(finding.rule):
        return True
    return str(finding.why.get("reason", "")).endswith(("_unknown", "_unclear"))


@lru_cache(maxsize=4096)
def _can_say_violation(rule: Rule) -> bool:
    return _mentions(rule.params, VIOLATION)


def _mentions(params: Any, word: str) -> bool:
    if isinstance(params, Mapping):
        return any(_mentions(value, word) for value in params.values())
    if isinstance(params, list):
        return any(_mentions(value, word) for value in params)
    return bool(params == word)
