"""Bans that a fact of the account or an open complaint starts: a recall, a discharge, a complaint at the Ombudsman.

Part of the kind `forbidden_after_event`. A fact can differ from placement to placement, so it is asked for each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conduct.days import iso
from conduct.dossier import Account, Complaint, Row, account_fact
from conduct.facts import as_day, as_instant, is_given
from conduct.kinds.check import Check, Finding, Reporter, wakes
from conduct.kinds.exceptions import Exceptions
from conduct.kinds.matching import condition
from conduct.timeline import STEPS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of one ban by facts or by open complaints."""
    ban = _ComplaintBan(rule) if "complaint" in rule.params["event"] else _FactBan(rule)
    needs_rows = not rule.params.get("blocks_facts") and not rule.params.get("follow_up")
    return Check(rule, ban.run, wakes(ban.blocked) if needs_rows else ())


class _FactBan:
    """A ban from the day or instant an account fact names."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._facts = [name.removeprefix("account.") for name in params["event"]["facts"]]
        self.blocked = frozenset(params["blocks"])
        self._at_once = params["boundary"] == "at_or_after"
        self._exceptions = Exceptions(params["except"])
        self._blocked_facts = [name.removeprefix("account.") for name in params.get("blocks_facts", ())]
        self._follow_up = params.get("follow_up", {})

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(self.blocked, self._rule):
            for name in self._facts:
                fact = account_fact(row, name)
                if is_given(fact) and self._is_past(timeline, row, fact) and not self._exceptions.excuse(row):
                    yield self._report(
                        row, self._rule.params["over"], "forbidden_since_fact", fact=name, since=str(fact)
                    )
                    break
        for account in timeline.accounts.values():
            yield from self._judge_account(timeline, account)

    def _is_past(self, timeline: Timeline, row: Row, fact: object) -> bool:
        instant = as_instant(fact)
        if isinstance(instant, datetime) and not (row.kind in STEPS and is_given(row.filed_on)):
            return row.at >= instant if self._at_once else row.at > instant
        since = timeline.local_day(row, fact)
        day = timeline.step_day(row)
        return isinstance(since, int) and (day >= since if self._at_once else day > since)

    def _judge_account(self, timeline: Timeline, account: Account) -> Iterator[Finding]:
        since = [day for name in self._facts if isinstance(day := as_day(account.fact(name)), int)]
        if not since:
            return
        start = min(since)
        for name in self._blocked_facts:
            done = as_day(account.fact(name))
            if isinstance(done, int) and done > start:
                yield self._about(account, "forbidden_fact", fact=name, since=iso(start), date=iso(done))
        if self._follow_up:
            yield from self._judge_follow_up(timeline, account, start)

    def _judge_follow_up(self, timeline: Timeline, account: Account, start: int) -> Iterator[Finding]:
        """What must be done within some days of the event, a proof of deletion for one."""
        name: str = self._follow_up["fact"].removeprefix("account.")
        due = start + self._follow_up["within_days"]
        done = as_day(account.fact(name))
        overdue = isinstance(timeline.today, int) and timeline.today > due
        if (isinstance(done, int) and done > due) or (not isinstance(done, int) and overdue):
            yield self._about(account, "follow_up_missing", fact=name, due_on=iso(due))

    def _about(self, account: Account, reason: str, **why: Any) -> Finding:
        return self._report.without_row(self._rule.params["over"], reason, account_ref=account.ref, **why)


class _ComplaintBan:
    """A ban while a complaint about the account is open."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._is_event = condition(params["event"]["complaint"])
        self.blocked = frozenset(params["blocks"])
        self._exceptions = Exceptions(params["except"])
        self._blocked_facts = [name.removeprefix("account.") for name in params.get("blocks_facts", ())]

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for complaint in timeline.complaints:
            if self._is_event(complaint) is not True:
                continue
            for row in timeline.tested(self.blocked, self._rule):
                concerned = row.account.ref == complaint.account.ref and _is_open_at(timeline, complaint, row)
                if concerned and not self._exceptions.excuse(row):
                    yield self._report(row, self._rule.params["over"], "complaint_open", [complaint])
            for name in self._blocked_facts:
                day = as_day(account_fact(complaint, name))
                if isinstance(day, int) and complaint.day < day and not _is_resolved_by(timeline, complaint, day):
                    yield self._report.without_row(
                        self._rule.params["over"], "complaint_open", account_ref=complaint.account.ref, fact=name,
                        date=iso(day), complaint=complaint.record_id,
                    )  # fmt: skip


def _is_open_at(timeline: Timeline, complaint: Complaint, row: Row) -> bool:
    day = timeline.step_day(row)
    if day != row.day:
        return complaint.day < day and not _is_resolved_by(timeline, complaint, day)
    resolved = as_instant(complaint.resolved_at)
    if isinstance(resolved, datetime):
        return complaint.at < row.at < resolved
    return complaint.at < row.at and not _is_resolved_by(timeline, complaint, day)


def _is_resolved_by(timeline: Timeline, complaint: Complaint, day: int) -> bool:
    resolved = timeline.local_day(complaint, complaint.resolved_at)
    return isinstance(resolved, int) and resolved <= day
