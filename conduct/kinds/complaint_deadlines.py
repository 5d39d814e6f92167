"""Deadlines of complaints (first answer, final answer, a letter that must go out) and of money that must be passed on.

Part of the kind `deadline_after_event`. Days are counted in the person's local dates; the day of receipt is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conduct.days import iso, month_end
from conduct.dossier import Complaint, Payment, Record
from conduct.facts import UNKNOWN, as_amount, as_flag
from conduct.kinds.check import REVIEW, Check, Finding, Reporter
from conduct.kinds.matching import any_condition, condition, getter
from conduct.kinds.span import Span

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def complaints(rule: Rule) -> Check:
    """A check of one deadline that the receipt of a complaint starts."""
    return Check(rule, _ComplaintDeadline(rule).run)


class _ComplaintDeadline:
    """A complaint answered in time, by one stage or several."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        selector = params["event"]["complaint"]
        self._rule = rule
        self._report = Reporter(rule, inbound=True)
        self._is_event = any_condition(selector if isinstance(selector, list) else [selector])
        self._span = Span(params)
        self._late: str = params["late"]
        self._warn_days: int = params.get("warn_days", -1)
        self._required_if_done: dict[str, str] = params.get("required_if_done", {})
        first: dict[str, Any] = {"field": params["due"]["field"], "within": params["within"]}
        self._stages = [first, *params.get("stages", ())]

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for complaint in timeline.complaints:
            if (
                self._is_event(complaint) is not True
                or not self._rule.first_day <= complaint.day <= self._rule.last_day
            ):
                continue
            if self._required_if_done:
                yield from self._judge_letter(timeline, complaint)
            else:
                for stage in self._stages:
                    yield from self._judge_stage(timeline, complaint, stage)

    def _judge_stage(self, timeline: Timeline, complaint: Complaint, stage: dict[str, Any]) -> Iterator[Finding]:
        deadline = self._span.deadline(complaint, complaint.day, stage["within"])
        done = _earliest(timeline, complaint, stage["field"])
        today = timeline.today
        if done is not None:
            if done > deadline:
                yield self._report(complaint, self._late, "late", due_on=iso(deadline), done_on=iso(done))
        elif isinstance(today, int) and today > deadline:
            yield self._report(complaint, self._late, "overdue", due_on=iso(deadline))
        elif isinstance(today, int) and deadline - today <= self._warn_days:
            yield self._report(complaint, REVIEW, "due_soon", due_on=iso(deadline), days_left=deadline - today)

    def _judge_letter(self, timeline: Timeline, complaint: Complaint) -> Iterator[Finding]:
        """A complaint resolved within the time needs the letter that says so; one resolved later does not."""
        deadline = self._span.deadline(complaint, complaint.day)
        done = _earliest(timeline, complaint, self._required_if_done["field"])
        if done is None or done > deadline:
            return
        sent = getter(self._stages[0]["field"])(complaint)
        if as_flag(sent) is not True:
            yield self._report(
                complaint, REVIEW if sent is UNKNOWN else self._late, "letter_missing", done_on=iso(done)
            )


def payments(rule: Rule) -> Check:
    """A check that money an agency received is passed on in time; reversals are not."""
    params = rule.params
    is_event = condition(params["event"]["payment"])
    span = Span(params)
    report = Reporter(rule, inbound=True)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for payment in timeline.payments:
            if (
                is_event(payment) is True
                and rule.first_day <= payment.day <= rule.last_day
                and not _is_reversal(payment)
            ):
                yield from judge(timeline, payment)

    def judge(timeline: Timeline, payment: Payment) -> Iterator[Finding]:
        start = month_end(payment.day) if params.get("from_month_end") else payment.day
        deadline = span.deadline(payment, start)
        done = _earliest(timeline, payment, params["due"]["field"])
        if done is not None and done > deadline:
            yield report(payment, params["late"], "late", due_on=iso(deadline), done_on=iso(done))
        elif done is None and isinstance(timeline.today, int) and timeline.today > deadline:
            yield report(payment, params["late"], "overdue", due_on=iso(deadline))

    return Check(rule, run)


def _is_reversal(payment: Payment) -> bool:
    amount = as_amount(payment.amount)
    return bool(amount) and amount < 0  # type: ignore[operator]


def _earliest(timeline: Timeline, record: Record, paths: str) -> int | None:
    """The earliest local day that any of the fields names."""
    days = [timeline.local_day(record, getter(path)(record)) for path in paths.split("|")]
    return min((day for day in days if isinstance(day, int)), default=None)
