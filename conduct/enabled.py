"""Which rules of the book are run against reports: `enabled.toml`, read once and checked against the book."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from conduct.rulebook import RUNNING, Rule, Rulebook, RuleError, standard

ENABLED = Path(__file__).with_name("enabled.toml")


@lru_cache(maxsize=1)
def for_reports() -> Rulebook:
    """The rules that reports are judged by. RuleError for an id the book does not know or that does not run."""
    return _part("run")


@lru_cache(maxsize=1)
def for_evidence() -> Rulebook:
    """The rules that contact after a recall is judged by."""
    return _part("evidence")


def runs(rule: Rule) -> bool:
    """True for a rule that reports are judged by."""
    return rule.id in for_reports() and rule.status in RUNNING


def _part(name: str) -> Rulebook:
    listed = tomllib.loads(ENABLED.read_text(encoding="utf-8"))[name]
    rules = [rule for rule in standard().rules if rule.id in listed and rule.status in RUNNING]
    missing = set(listed) - {rule.id for rule in rules}
    if missing:
        raise RuleError(f"{ENABLED.name}: no running rule has the id {', '.join(sorted(missing))}")
    return Rulebook(rules)
