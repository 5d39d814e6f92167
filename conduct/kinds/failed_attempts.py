"""Third persons may be approached only once the debtor is out of reach.

Part of the kind `required_before`. Out of reach means: the last so many calls to the debtor in a row failed, or one of them
ended at a number that does not exist. A conversation with the debtor, whoever rang, starts the count again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conduct.dossier import Row
from conduct.facts import UNKNOWN
from conduct.kinds.check import REVIEW, Check, Finding, Reporter, wakes
from conduct.timeline import CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of contacts with third persons."""
    params = rule.params
    attempts = params["event"]["failed_attempts"]
    kinds, party = frozenset(attempts["kinds"]), attempts["party"]
    failed = frozenset(attempts["outcomes"])
    dead = frozenset(attempts["at_once"])
    third = frozenset(params["before"]["parties"])
    needed: int = params["count"]
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        tested = [row for row in timeline.tested(CONTACTS, rule) if row.who in third]
        if not tested:
            return
        tries = [row for row in timeline.seen(CONTACTS, rule) if row.who == party]
        for row in tested:
            count = _Count()
            for attempt in tries:
                if attempt.at >= row.at:
                    break
                count.take(attempt, kinds, failed, dead)
            if not count.dead and count.sure < needed:
                verdict = REVIEW if count.perhaps >= needed else params["missing"]
                yield report(row, verdict, "debtor_not_lost", failed=count.sure, needed=needed)

    return Check(rule, run, wakes(CONTACTS))


class _Count:
    """Failed calls in a row: those that surely failed, and those that may have."""

    def __init__(self) -> None:
        self.sure = self.perhaps = 0
        self.dead = False

    def take(self, row: Row, kinds: frozenset[str], failed: frozenset[str], dead: frozenset[str]) -> None:
        """Count one contact with the debtor."""
        if row.outcome in ("conversation", "met"):
            self.sure = self.perhaps = 0
            self.dead = False
        elif row.kind in kinds and row.way != "in":
            fails = row.outcome in failed
            self.sure = self.sure + 1 if fails else 0
            self.perhaps = self.perhaps + 1 if fails or row.outcome is UNKNOWN else 0
            self.dead = self.dead or row.outcome in dead
