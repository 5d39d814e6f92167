"""Kind `cooldown_after`: after a trigger no blocked row for so many days, the trigger's own day being the first.

Rows later on that day are blocked, the day after the last is free, and every new trigger starts the count again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.days import iso
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_flag
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import debts_discussed, extra_calls_allowed
from conduct.kinds.matching import condition
from conduct.timeline import CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

_NOT_CONNECTED: Final = ("busy", "not_in_service")


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one pause."""
    params = rule.params
    trigger = _Trigger(rule)
    blocked = frozenset(params["blocks"])
    skips_unconnected = "not_connected" in params["excluded"]
    skips_consented = "consent:extra_calls" in params["excluded"]
    consent_days: int = params.get("consent_days", 0)
    report = Reporter(rule)

    def is_spared(timeline: Timeline, row: Row) -> bool:
        return (skips_unconnected and row.outcome in _NOT_CONNECTED) or (
            skips_consented and extra_calls_allowed(timeline, row, consent_days)
        )

    def run(timeline: Timeline) -> Iterator[Finding]:
        triggers = trigger.rows(timeline)
        if not triggers:
            return
        for row in timeline.tested(blocked, rule):
            found = trigger.worst(timeline, triggers, row)
            if found and not is_spared(timeline, row):
                verdict, cause = found
                yield report(row, verdict, "inside_the_pause", [cause], since=iso(cause.day), days=params["days"])

    return Check(rule, run, wakes(trigger.kinds, blocked))


class _Trigger:
    """What starts the pause, and for which rows."""

    def __init__(self, rule: Rule) -> None:
        params, selector = rule.params, rule.params["trigger"]
        self.kinds = frozenset(selector["kinds"])
        self._rule = rule
        self._outcomes = frozenset(selector.get("outcomes", ()))
        self._doubtful = frozenset(params["doubtful_outcomes"])
        self._where = condition(selector.get("where", {}))
        self._days: int = params["days"]
        self._key = frozenset(params["key"])
        self._over: str = params["over"]
        self._endpoint_types = frozenset(params.get("endpoint_types", ()))
        self._purposes = frozenset(params.get("purposes", ()))
        self._confirmed: Mapping[str, Any] = params.get("endless_if_confirmed", {})

    def rows(self, timeline: Timeline) -> list[Row]:
        """The rows that start a pause, those that only may have done so too. A talk with the bank itself is none."""
        agencies_only = self._rule.applies_to == "agency"
        return [
            row
            for row in timeline.seen(self.kinds, self._rule)
            if self._starts(row)
            and self._where(row)
            and not (agencies_only and row.by_creditor and row.kind in CONTACTS)
        ]

    def worst(self, timeline: Timeline, causes: list[Row], row: Row) -> tuple[str, Row] | None:
        """The worst verdict any earlier trigger gives a row, with the newest trigger that gives it."""
        found, day = None, timeline.step_day(row)
        for cause in reversed(causes):
            if cause.at >= row.at:
                continue
            if not self._confirmed and day > cause.day + self._days + 1:
                break
            verdict = self.blocks(timeline, cause, row)
            if verdict == VIOLATION:
                return verdict, cause
            if verdict and found is None:
                found = verdict, cause
        return found

    def _starts(self, row: Row) -> bool:
        return not self._outcomes or row.outcome in self._outcomes or self._is_doubtful(row)

    def _is_doubtful(self, row: Row) -> bool:
        return bool(self._outcomes) and (row.outcome is UNKNOWN or row.outcome in self._doubtful)

    def blocks(self, timeline: Timeline, cause: Row, row: Row) -> str | None:
        """The verdict on a later row, None when the pause does not reach it."""
        if not self._is_same_unit(timeline, cause, row):
            return None
        if self._endpoint_types and row.endpoint_type is not UNKNOWN and row.endpoint_type not in self._endpoint_types:
            return None
        if self._purposes and row.purpose is not UNKNOWN and row.purpose not in self._purposes:
            return None
        day = timeline.step_day(row)
        if not cause.zone or not row.zone:
            return REVIEW if day <= cause.day + self._days else None  # the dates as written may be a day off
        if day > cause.day + self._days - 1 and not self._is_endless(timeline, cause, row):
            return None
        if self._confirmed and self._is_replaced(timeline, cause, row):
            return None
        doubtful = (
            self._is_doubtful(cause)
            or (self._endpoint_types and row.endpoint_type is UNKNOWN)
            or (self._purposes and row.purpose is UNKNOWN)
        )
        return REVIEW if doubtful else self._over

    def _is_same_unit(self, timeline: Timeline, cause: Row, row: Row) -> bool:
        return (
            ("person" not in self._key or cause.person == row.person)
            and ("account" not in self._key or cause.account.ref == row.account.ref)
            and ("debt" not in self._key or row.debt in debts_discussed(timeline, cause))
        )

    def _is_endless(self, timeline: Timeline, cause: Row, row: Row) -> bool:
        """True when the person put the request in writing, at once or soon enough after, before this row."""
        if not self._confirmed:
            return False
        return any(
            as_flag(wish.details.get("written")) is True
            and cause.at <= wish.at < row.at
            and wish.person == cause.person
            and wish.day <= cause.day + self._confirmed["within_days"]
            for wish in timeline.all_of(self.kinds)
        )

    def _is_replaced(self, timeline: Timeline, cause: Row, row: Row) -> bool:
        """True when a newer wish of the person, other than a confirmation in writing, has taken the request's place."""
        newest = timeline.preference(cause.person, row.at)
        if newest is None or newest is cause or self._where(newest):
            return False
        confirms = as_flag(newest.details.get("written")) is True and "block_place" not in newest.details
        return not confirms


KIND = Kind(
    compile_,
    required={
        "trigger": dict, "days": int, "first_day": str, "blocks": list, "key": list, "excluded": list,
        "doubtful_outcomes": list, "zone": str, "over": str,
    },
    optional={"consent_days": int, "endpoint_types": list, "purposes": list, "endless_if_confirmed": dict},
)  # fmt: skip
