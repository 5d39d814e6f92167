"""The rules of conduct as values: read from `conduct/rules/*.toml`, checked, and selected by place, status and date.

Law changes by date, so an id may stand in the book more than once with periods that do not overlap: each version judges
the rows of its own time and no other. `Rule.version` is a fingerprint of everything that can change a verdict, so that a
breach can name what judged it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conduct import kinds
from conduct.places import covers

if TYPE_CHECKING:
    from conduct.kinds.check import Check

RULES = Path(__file__).with_name("rules")

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
STATUSES: Final = ("on", "review", "off")
RUNNING: Final = frozenset({"on", "review"})
_LAST_DAY: Final = 10_000_000
_TEXTS: Final = ("id", "jurisdiction", "kind", "title", "title_zh", "severity", "citation", "source", "applies_to", "status",
                 "confirmed")  # fmt: skip
_CHOICES: Final = {
    "severity": SEVERITIES,
    "status": STATUSES,
    "confirmed": ("yes", "partly", "no"),
    "applies_to": ("agency", "creditor", "both"),
}
_OTHERS: Final = ("params", "needs", "effective_from", "effective_to", "date_note")
_VERDICT_FIELDS: Final = ("id", "jurisdiction", "kind", "params", "severity", "citation", "effective_from", "effective_to",
                          "applies_to", "status")  # fmt: skip


class RuleError(ValueError):
    """A rule file that cannot be used; the message names the file, the rule and what is wrong with it."""


@dataclass(frozen=True, eq=False)
class Rule:
    """One version of one rule of conduct. Titles are written in English and Chinese; `needs` names the fields it reads."""

    id: str
    jurisdiction: str  # '*', 'EU', or an ISO 3166-2-like code that covers itself and everything below it
    kind: str
    params: Mapping[str, Any]
    title: str
    title_zh: str
    needs: tuple[str, ...]
    severity: str
    citation: str
    source: str
    effective_from: date | None
    effective_to: date | None  # the last day in force
    applies_to: str
    status: str
    confirmed: str
    date_note: str = ""

    @cached_property
    def first_day(self) -> int:
        """First day in force as a day number; 0 when it always was."""
        return self.effective_from.toordinal() if self.effective_from else 0

    @cached_property
    def last_day(self) -> int:
        """Last day in force as a day number; a day that never comes when there is no end."""
        return self.effective_to.toordinal() if self.effective_to else _LAST_DAY

    @cached_property
    def version(self) -> str:
        """Fingerprint of everything that can change a verdict; wording and sources are left out."""
        content = {name: getattr(self, name) for name in _VERDICT_FIELDS}
        canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def covers(self, jurisdiction: str) -> bool:
        """True when the rule holds for accounts of this jurisdiction: 'US' covers 'US-NY-NYC', 'EU' its members."""
        return covers(self.jurisdiction, jurisdiction)

    def in_force(self, day: date) -> bool:
        """True when the rule is law on this day."""
        return self.first_day <= day.toordinal() <= self.last_day


class Rulebook:
    """All rules, those of other dates and states of confirmation too, with their checks compiled once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_id: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            self._by_id[rule.id] = (*self._by_id.get(rule.id, ()), rule)
        for versions in self._by_id.values():
            _refuse_overlap(versions)
        self._checks: dict[Rule, Check] = {}
        self._selected: dict[tuple[str, str, frozenset[str]], tuple[Check, ...]] = {}
        for rule in self.rules:
            self._checks[rule] = _compile(rule, self)

    def versions(self, rule_id: str) -> tuple[Rule, ...]:
        """The versions of a rule, in the book's order; empty for an id the book does not know."""
        return self._by_id.get(rule_id, ())

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._by_id

    def applying(self, jurisdiction: str, *, statuses: Collection[str] = RUNNING, on: date | None = None) -> list[Rule]:
        """The rules that hold for accounts of this jurisdiction, by status and, if a day is given, in force on it."""
        return [
            rule
            for rule in self.rules
            if rule.status in statuses and rule.covers(jurisdiction) and (on is None or rule.in_force(on))
        ]

    def check(self, rule: Rule) -> Check:
        """The compiled check of a rule of this book."""
        return self._checks[rule]

    def checks(self, jurisdiction: str, level: str, statuses: frozenset[str] = RUNNING) -> tuple[Check, ...]:
        """The compiled checks of one level (`kinds.check`) that run for accounts of this jurisdiction."""
        key = (jurisdiction, level, statuses)
        if key not in self._selected:
            checks = (self._checks[rule] for rule in self.applying(jurisdiction, statuses=statuses))
            self._selected[key] = tuple(check for check in checks if check.level == level)
        return self._selected[key]


@lru_cache(maxsize=1)
def standard() -> Rulebook:
    """The rulebook of this portal: every file of `conduct/rules`, read once."""
    return load(RULES)


def load(folder: Path) -> Rulebook:
    """Read every TOML file of a folder. RuleError for a file that is not sound."""
    rules = []
    for path in sorted(folder.glob("*.toml")):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as problem:
            raise RuleError(f"{path.name}: not TOML: {problem}") from problem
        for entry in content.get("rule", []):
            try:
                rules.append(parse(entry))
            except RuleError as problem:
                raise RuleError(f"{path.name}: {problem}") from problem
    return Rulebook(rules)


def parse(entry: Mapping[str, Any]) -> Rule:
    """One rule from its table. RuleError for a missing, unknown or unreadable part."""
    name = entry.get("id", "a rule without id")
    unknown = set(entry) - set(_TEXTS) - set(_OTHERS)
    if unknown:
        raise RuleError(f"{name}: unknown key {', '.join(sorted(unknown))}")
    for key in _TEXTS:
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise RuleError(f"{name}: {key} is missing or no text")
    for key, allowed in _CHOICES.items():
        if entry[key] not in allowed:
            raise RuleError(f"{name}: {key} is {entry[key]!r}, not one of {', '.join(allowed)}")
    start, end = (_day(entry, key) for key in ("effective_from", "effective_to"))
    if start and end and end < start:
        raise RuleError(f"{name}: effective_to lies before effective_from")
    texts = {key: entry[key] for key in _TEXTS}
    return Rule(
        **texts,
        params=entry.get("params", {}),
        needs=tuple(entry.get("needs", ())),
        effective_from=start,
        effective_to=end,
        date_note=entry.get("date_note", ""),
    )


def _day(entry: Mapping[str, Any], key: str) -> date | None:
    found = entry.get(key)
    if found is not None and type(found) is not date:
        raise RuleError(f"{entry['id']}: {key} is no date: {found!r}")
    return found


def _refuse_overlap(versions: tuple[Rule, ...]) -> None:
    ordered = sorted(versions, key=lambda rule: rule.first_day)
    for earlier, later in pairwise(ordered):
        if later.first_day <= earlier.last_day:
            raise RuleError(f"{later.id}: two versions are in force on the same day")


def _compile(rule: Rule, rulebook: Rulebook) -> Check:
    kind = kinds.KINDS.get(rule.kind)
    if kind is None:
        raise RuleError(f"{rule.id}: unknown kind {rule.kind!r}")
    problem = kind.problem_with(rule.params)
    if problem:
        raise RuleError(f"{rule.id}: {problem}")
    try:
        return kind.compile(rule, rulebook)
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise RuleError(f"{rule.id}: its parameters cannot be used: {cause!r}") from cause
