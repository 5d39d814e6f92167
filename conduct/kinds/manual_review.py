"""Kind `manual_review`: no machine can decide; a person answers the question in `ask`.

Where `trigger` describes rows, those rows carry the question. Without it the question is about the bank or the agency as a
whole and belongs to a vetting or an audit, not to anybody's rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conduct.kinds.check import QUESTION, REVIEW, Check, Finding, Kind, Reporter
from conduct.kinds.matching import condition
from conduct.timeline import ALL_KINDS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check that asks its question."""
    trigger = rule.params["trigger"]
    report = Reporter(rule, inbound=True)
    raises = condition(trigger)

    def ask_about_rows(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(ALL_KINDS, rule, inbound=True):
            if row.details and raises(row) is True:
                yield report(row, REVIEW, "asked", ask=rule.params["ask"])

    def ask(timeline: Timeline) -> Iterator[Finding]:
        yield report.without_row(REVIEW, "asked", ask=rule.params["ask"])

    return Check(rule, ask_about_rows) if trigger else Check(rule, ask, level=QUESTION)


KIND = Kind(compile_, required={"ask": str, "trigger": dict}, optional={})
