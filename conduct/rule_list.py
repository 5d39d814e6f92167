"""Rule: which rules of the book a reader's search and filters leave, and how the parameters of one are laid out for reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conduct.enabled import runs
from conduct.rulebook import Rule


def matching(rules: Iterable[Rule], wanted: Mapping[str, str]) -> list[Rule]:
    """The rules that fit every filter: `q` (words of title, id or citation), `jurisdiction` (a place and all below it),
    `kind`, `status`, `severity`, `runs` (yes or no). Empty filters fit everything.
    """
    return [rule for rule in rules if all(_fits(rule, name, value) for name, value in wanted.items() if value)]


def _fits(rule: Rule, name: str, value: str) -> bool:
    if name == "q":
        text = " ".join((rule.id, rule.title, rule.title_zh, rule.citation)).casefold()
        return all(word in text for word in value.casefold().split())
    if name == "jurisdiction":
        return rule.jurisdiction == value or rule.jurisdiction.startswith(f"{value}-")
    if name == "runs":
        return runs(rule) is (value == "yes")
    return bool(getattr(rule, name, None) == value) if name in ("kind", "status", "severity") else True


def parameters(params: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """The parameters as pairs of name and value, nested ones by their path."""
    for name, value in params.items():
        yield from _laid_out(f"{path}{name}", value)


def _laid_out(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from parameters(value, f"{name}.")
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value, start=1):
            yield from _laid_out(f"{name} {number}", item)
    else:
        yield name, _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
