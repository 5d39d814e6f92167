"""Rule: the days that follow from a legal step. The same rules that judge a step tell beforehand by when the next one has to be taken.

A payment order has to be accepted, issued and served within the law's days, and not enforced before the debtor's days are over; enforcement
has to be asked for within two years of a judgment. The numbers stand in `conduct/rules/*.toml`, nowhere else: a rule takes part if what
starts its period is a legal step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conduct.dossier import Row
from conduct.kinds.court_orders import AfterOrder
from conduct.kinds.deadline_after_event import RowDeadline
from conduct.timeline import STEPS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


class Sense(StrEnum):
    """Whether a day is the last one for something, or the last one before it is allowed."""

    BY = "by"
    AFTER = "after"


class ClockState(StrEnum):
    """How a day that follows from a legal step stands."""

    OPEN = "open"
    MET = "met"
    LATE = "late"  # done, but not in time (or too soon, where it had to wait)
    MISSED = "missed"  # its day has passed, and nothing was done
    OVER = "over"  # the waiting time has passed: the step may be taken


@dataclass(frozen=True)
class Clock:
    """One day that follows from a step, and how it stands."""

    rule: Rule
    step: Row
    sense: Sense
    day: int
    state: ClockState
    met_by: Row | None = None
    met_on: int | None = None


def clocks(timeline: Timeline, rulebook: Rulebook, today: int) -> Iterator[Clock]:
    """Every day that follows from the legal steps of one person's history."""
    for rule in rulebook.rules:
        make = maker(rule)
        part = timeline.part(rule) if make else None
        if make is None or part is None:
            continue
        sense = Sense.AFTER if rule.params.get("must_be") == "after" else Sense.BY
        for step, day, met_by, met_on in make.running(part):
            yield Clock(rule, step, sense, day, _state(sense, day, met_on, today), met_by, met_on)


def maker(rule: Rule) -> AfterOrder | RowDeadline | None:
    """What finds the days of this rule; None if no legal step starts its period, or the book does not run it."""
    params: Any = rule.params
    if rule.status not in ("on", "review"):
        return None
    if rule.kind == "legal_timing" and set(params["reference"].get("kinds", ())) & STEPS:
        return AfterOrder(rule)
    if rule.kind == "deadline_after_event" and _starts_with_a_step(params):
        return RowDeadline(rule)
    return None


def _starts_with_a_step(params: Any) -> bool:
    kinds = set(params["event"].get("kinds", ()))
    return bool(kinds) and kinds <= STEPS and "postdated" not in params


def _state(sense: Sense, day: int, met_on: int | None, today: int) -> ClockState:
    if sense is Sense.AFTER:
        if met_on is not None:
            return ClockState.MET if met_on > day else ClockState.LATE
        return ClockState.OVER if today > day else ClockState.OPEN
    if met_on is not None:
        return ClockState.MET if met_on <= day else ClockState.LATE
    return ClockState.MISSED if today > day else ClockState.OPEN
