"""Rows that need one of several things before them: a talk about the debt, or a message that had time to come back.

Part of the kind `required_before`. A message that is known to have come back never counts; one that had too little time
to do so leaves a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from conduct.days import iso
from conduct.dossier import Row
from conduct.facts import as_day
from conduct.kinds.check import Check, Finding, Reporter, wakes
from conduct.kinds.consents import debts_discussed
from conduct.timeline import DEBTORS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of rows that need any of the listed events before them."""
    params = rule.params
    kinds = frozenset(params["before"]["kinds"])
    ways = [_Way(entry) for entry in params["event"]["any"]]
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(kinds, rule):
            tried = [event for way in ways for event in way.events(timeline, rule, row)]
            if any(way.is_enough(event, row) for way in ways for event in way.events(timeline, rule, row)):
                continue
            newest = {"tried_on": iso(tried[-1].day)} if tried else {}
            verdict = params["short"] if tried else params["missing"]
            yield report(row, verdict, "too_soon_after" if tried else "nothing_before", tried, **newest)

    return Check(rule, run, wakes(kinds))


class _Way:
    """One of the things that may come first."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._kinds = frozenset(entry["kinds"])
        self._outcomes = frozenset(entry.get("outcomes", ()))
        self._outbound: bool = entry.get("outbound", False)
        self._min_days: int = entry.get("min_days", 0)
        self._may_come_back: bool = entry.get("may_come_back", False)

    def events(self, timeline: Timeline, rule: Rule, row: Row) -> list[Row]:
        """Earlier rows of this sort about the account, with somebody who owes; messages that came back left out."""
        return [
            event
            for event in timeline.seen(self._kinds, rule)
            if event.at < row.at
            and event.who in DEBTORS
            and (not self._outcomes or event.outcome in self._outcomes)
            and not (self._outbound and event.way == "in")
            and (event.account.ref == row.account.ref or row.debt in debts_discussed(timeline, event))
            and not (self._may_come_back and _came_back(event, row))
        ]

    def is_enough(self, event: Row, row: Row) -> bool:
        """True when the message had its days."""
        return row.day >= event.day + self._min_days


def _came_back(message: Row, row: Row) -> bool:
    returned = as_day(message.details.get("returned_on"))
    if isinstance(returned, int):
        return returned <= row.day
    return message.outcome == "bounced"
