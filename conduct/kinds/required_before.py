"""Kind `required_before`: something must have happened before rows of some kinds, or they are in breach.

Besides an event row or a field of the row itself: several ways any of which is enough (`any_of_before`), a person who must
be out of reach (`failed_attempts`), and facts of the agency that must lie before another date (`facts_before`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from conduct.days import iso
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_day, as_list, words
from conduct.kinds import any_of_before, facts_before, failed_attempts
from conduct.kinds.check import REVIEW, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import blocks_medium, consented
from conduct.kinds.exceptions import Exceptions
from conduct.kinds.matching import Answer, account_condition, condition, getter

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one thing that must come first."""
    event, before = rule.params["event"], rule.params["before"]
    if "failed_attempts" in event:
        return failed_attempts.compile_(rule)
    if "any" in event:
        return any_of_before.compile_(rule)
    if "facts" in event:
        return facts_before.compile_(rule)
    if "field" in event:
        return _field_ahead(rule)
    if "kinds" not in before:
        raise ValueError("before names no kinds")
    return _Ahead(rule).check()


class _Ahead:
    """A row of one kind that must come before rows of others on the account."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        event = params["event"]
        self._rule = rule
        self._inbound = "in" in params.get("directions", ())
        self._report = Reporter(rule, inbound=self._inbound)
        self._event_kinds = frozenset(event["kinds"])
        self._is_event = condition(event.get("where", {}))
        self._outbound_events: bool = event.get("outbound", False)
        self._elements = frozenset(event.get("elements", ()))
        self._kinds = frozenset(params["before"]["kinds"])
        self._is_tested = condition(params["before"].get("where", {}))
        self._of_account = account_condition(params.get("account_where", {}))
        self._min_days: int = params["min_days"]
        self._min_hours: int = params.get("min_hours", 0)
        self._short: str = params.get("short", params["missing"])
        self._missing: str = params["missing"]
        self._first_only: bool = params.get("first_only", False)
        self._restarted_by: dict[str, Any] = params.get("restarted_by", {})
        self._lifted_by_consent: str = params.get("lifted_by_consent", "")
        self._blocked_medium: bool = params.get("blocked_medium", False)
        self._exceptions = Exceptions(params["except"])

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._event_kinds if self._elements else self._kinds))

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        tested_accounts: set[str] = set()
        for row in timeline.tested(self._kinds, self._rule, inbound=self._inbound):
            if self._is_tested(row) is not True:
                continue
            if self._first_only and row.account.ref in tested_accounts:
                continue
            tested_accounts.add(row.account.ref)
            yield from self._judge(timeline, row)
        if self._elements:
            yield from self._incomplete_notices(timeline)

    def _judge(self, timeline: Timeline, row: Row) -> Iterator[Finding]:
        covered = self._of_account(row)
        if covered is False or self._exceptions.excuse(row) or self._is_lifted(timeline, row):
            return
        wish = timeline.preference(row.person, row.at) if self._blocked_medium else None
        if wish and blocks_medium(wish, row.kind):
            yield self._report(row, self._missing, "against_preference", [wish], aspect="media")
        events = self._events(timeline, row)
        if any(event is row for event in events):
            return
        earlier = [event for event in events if event.at <= row.at]
        if any(self._is_early_enough(event, row) for event in earlier):
            return
        verdict = self._short if earlier else self._missing
        told = {"notice_on": iso(events[0].day)} if events else {}
        reason = "too_soon_after" if earlier else "nothing_before"
        yield self._report(row, verdict if covered else REVIEW, reason, earlier, min_days=self._min_days, **told)

    def _events(self, timeline: Timeline, row: Row) -> list[Row]:
        """The account's events that can still count for the row: those since the last word that none had come."""
        events = [
            event
            for event in timeline.seen(self._event_kinds, self._rule)
            if event.account.ref == row.account.ref
            and self._is_event(event) is True
            and not (self._outbound_events and event.way == "in")
        ]
        if not self._restarted_by:
            return events
        restarts = [
            other.at
            for other in timeline.all_of(frozenset(self._restarted_by["kinds"]))
            if other.account.ref == row.account.ref
            and other.at <= row.at
            and condition(self._restarted_by["where"])(other) is True
        ]
        return [event for event in events if not restarts or event.at > restarts[-1]]

    def _is_early_enough(self, event: Row, row: Row) -> bool:
        if self._min_hours:
            return row.at - event.at >= timedelta(hours=self._min_hours)
        return row.day >= event.day + self._min_days

    def _is_lifted(self, timeline: Timeline, row: Row) -> Answer:
        return bool(self._lifted_by_consent) and consented(timeline, row, self._lifted_by_consent)

    def _incomplete_notices(self, timeline: Timeline) -> Iterator[Finding]:
        """Notices that list what they hold and lack something."""
        for notice in timeline.tested(self._event_kinds, self._rule, inbound=True):
            listed = as_list(notice.details.get("elements", UNKNOWN))
            missing = self._elements - words(listed)
            if listed is not UNKNOWN and missing and self._is_event(notice) is True:
                yield self._report(notice, self._missing, "elements_missing", elements=sorted(missing))


def _field_ahead(rule: Rule) -> Check:
    """A check that a field of the row itself names a day not later than the row's."""
    params = rule.params
    kinds = frozenset(params["before"]["kinds"])
    read = getter(params["event"]["field"])
    report = Reporter(rule, inbound=True)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(kinds, rule, inbound=True):
            told = read(row)
            day = as_day(told)
            if told is None or (isinstance(day, int) and day > row.day):
                yield report(row, params["missing"], "nothing_before", field=params["event"]["field"])
            elif not isinstance(day, int):
                yield report(row, REVIEW, "field_unknown", field=params["event"]["field"])

    return Check(rule, run, wakes(kinds))


KIND = Kind(
    compile_,
    required={
        "event": dict, "before": dict, "min_days": int, "count": int, "day_type": str, "missing": str, "except": list,
    },
    optional={
        "directions": list, "account_where": dict, "min_hours": int, "short": str, "first_only": bool,
        "restarted_by": dict, "lifted_by_consent": str, "blocked_medium": bool,
    },
)  # fmt: skip
