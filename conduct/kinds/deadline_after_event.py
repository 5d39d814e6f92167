"""Kind `deadline_after_event`: something must follow an event in time.

Here the event is a row, and the due thing another row or a field of the same row. Complaints and payments are in
`complaint_deadlines`, the first communication with a person in `first_communication`, and deadlines that belong to an
agency, an account or a cheque in `other_deadlines`. A due thing that never came is overdue only once `today` is later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from conduct.days import iso
from conduct.dossier import Row
from conduct.facts import as_day
from conduct.kinds import complaint_deadlines, first_communication, other_deadlines
from conduct.kinds.check import Check, Finding, Kind, Reporter, wakes
from conduct.kinds.matching import condition, getter
from conduct.kinds.span import Span
from conduct.timeline import ALL_KINDS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one deadline, by what its event is."""
    event = rule.params["event"]
    if "postdated" in rule.params:
        return other_deadlines.postdated(rule)
    if "complaint" in event:
        return complaint_deadlines.complaints(rule)
    if "payment" in event:
        return complaint_deadlines.payments(rule)
    if "facts" in event:
        return other_deadlines.facts(rule)
    if event.get("first") == "communication":
        return first_communication.compile_(rule)
    return RowDeadline(rule).check()


class RowDeadline:
    """A deadline that a row starts."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        event, due = params["event"], params["due"]
        self._rule = rule
        self._report = Reporter(rule, inbound=True)
        self._late: str = params["late"]
        self._kinds = frozenset(event.get("kinds", ALL_KINDS))
        self._is_event = condition(event.get("where", {}))
        self._starts_on = getter(event["field"]) if "field" in event else None
        self._span = Span(params)
        self._due_kinds = frozenset(due.get("kinds", ()))
        self._is_due = condition(due.get("where", {}))
        self._due_fields = [getter(path) for path in due.get("field", "").split("|") if path]
        self._cancelling = frozenset(params.get("cancelled_by_rows", ()))
        self._not_later: dict[str, str] = params.get("not_later", {})

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._kinds) if len(self._kinds) < len(ALL_KINDS) else ())

    def running(self, timeline: Timeline) -> Iterator[tuple[Row, int, Row | None, int | None]]:
        """Every deadline that a row started: the row, the last day in time, the row that kept it, and the day it was kept on."""
        for event in timeline.tested(self._kinds, self._rule, inbound=True):
            start = self._start(timeline, event) if self._is_event(event) is True else None
            if start is None or self._is_cancelled(timeline, event, start):
                continue
            answer = self._answer(timeline, event)
            done = answer.day if answer else self._done(timeline, event)
            yield event, self._span.deadline(event, start), answer, done

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        for event, deadline, answer, done in self.running(timeline):
            yield from self._judge(timeline, event, deadline, answer, done)
            if self._not_later and _is_later(event, self._not_later):
                yield self._report(event, self._late, "date_moved", field=self._not_later["field"])

    def _start(self, timeline: Timeline, event: Row) -> int | None:
        if self._starts_on:
            told = timeline.local_day(event, self._starts_on(event))
            return told if isinstance(told, int) else None
        return timeline.step_day(event)

    def _is_cancelled(self, timeline: Timeline, event: Row, start: int) -> bool:
        return any(
            row.account.ref == event.account.ref and timeline.step_day(row) >= start
            for row in timeline.all_of(self._cancelling)
        )

    def _judge(
        self, timeline: Timeline, event: Row, deadline: int, answer: Row | None, done: int | None
    ) -> Iterator[Finding]:
        if done is not None and done > deadline:
            yield self._report(answer or event, self._late, "late", [event], due_on=iso(deadline), done_on=iso(done))
        elif done is None and isinstance(timeline.today, int) and timeline.today > deadline:
            yield self._report(event, self._late, "overdue", due_on=iso(deadline))

    def _answer(self, timeline: Timeline, event: Row) -> Row | None:
        """The first due row that followed the event on its account."""
        answers = (
            row
            for row in timeline.all_of(self._due_kinds)
            if row.at >= event.at and row.account.ref == event.account.ref and self._is_due(row) is True
        )
        return next(answers, None)

    def _done(self, timeline: Timeline, event: Row) -> int | None:
        """The earliest day that a due field names."""
        days = [timeline.local_day(event, read(event)) for read in self._due_fields]
        return min((day for day in days if isinstance(day, int)), default=None)


def _is_later(row: Row, fields: Mapping[str, str]) -> bool:
    """True when one field names a later day than another: a date was moved on to make a debt look younger."""
    day, limit = (as_day(getter(fields[name])(row)) for name in ("field", "than"))
    return isinstance(day, int) and isinstance(limit, int) and day > limit


KIND = Kind(
    compile_,
    required={
        "event": dict, "due": dict, "within": int, "unit": str, "day_type": str, "extensions": list, "late": str,
    },
    optional={
        "cancelled_by": list, "cancelled_by_rows": list, "stages": list, "warn_days": int, "from_month_end": bool,
        "required_if_done": dict, "worked_by": str, "not_later": dict, "postdated": dict, "unless": str,
    },
)  # fmt: skip
