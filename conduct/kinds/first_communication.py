"""The notice a person must get within days of the first communication about the debt.

Part of the kind `deadline_after_event`. Every agency has its own first communication with its own notice. A message with
limited content is an attempt, not a communication.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.days import iso
from conduct.dossier import Row, account_fact
from conduct.facts import UNKNOWN, as_day, as_flag, is_given
from conduct.kinds.check import REVIEW, Check, Finding, Reporter, wakes
from conduct.kinds.matching import getter
from conduct.kinds.span import Span
from conduct.timeline import DEBTORS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline

_REACHED: Final = frozenset({"conversation", "met", "delivered"})


def compile_(rule: Rule) -> Check:
    """A check of one notice after the first communication."""
    kinds = frozenset(rule.params["event"]["kinds"])
    return Check(rule, _FirstCommunication(rule, kinds).run, wakes(kinds))


class _FirstCommunication:
    """The first communication with a debtor on each account, by each agency, and the notice that must follow it."""

    def __init__(self, rule: Rule, kinds: frozenset[str]) -> None:
        params = rule.params
        self._rule = rule
        self._kinds = kinds
        self._report = Reporter(rule, inbound=True)
        self._span = Span(params)
        self._late: str = params["late"]
        self._notices = frozenset(params["due"]["kinds"])
        self._contents: Mapping[str, Any] = params["due"].get("contents", {})
        self._contents_if: Mapping[str, Mapping[str, Any]] = params["due"].get("contents_if", {})
        self._paid_cancels = "account.paid_in_full_on" in params.get("cancelled_by", ())
        self._only_own_accounts = params.get("worked_by") == "creditor"

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for first, sure in self._first_communications(timeline):
            if not (self._only_own_accounts and is_given(account_fact(first, "placed_with"))):
                yield from self._judge(timeline, first, sure)

    def _first_communications(self, timeline: Timeline) -> list[tuple[Row, bool]]:
        """The first sure communication of each account and agency, and any row before it that may have been one."""
        sure: dict[tuple[str, str], Row] = {}
        perhaps: dict[tuple[str, str], Row] = {}
        for row in timeline.tested(self._kinds, self._rule, inbound=True):
            key = (row.account.ref, row.acting)
            if row.who not in DEBTORS or key in sure:
                continue
            if _reached(row):
                sure[key] = row
            elif row.outcome is UNKNOWN:
                perhaps.setdefault(key, row)
        return [(row, True) for row in sure.values()] + [(row, False) for row in perhaps.values()]

    def _judge(self, timeline: Timeline, first: Row, sure: bool) -> Iterator[Finding]:
        deadline = self._span.deadline(first, first.day)
        verdict = self._late if sure else REVIEW
        notice = self._notice(timeline, first)
        paid = as_day(account_fact(first, "paid_in_full_on"))
        if self._paid_cancels and isinstance(paid, int) and paid <= deadline:
            return
        if notice is None:
            if isinstance(timeline.today, int) and timeline.today > deadline:
                yield self._report(first, verdict, "overdue", due_on=iso(deadline))
            return
        if notice.day > deadline:
            yield self._report(notice, verdict, "late", [first], due_on=iso(deadline), done_on=iso(notice.day))
        if sure:
            yield from self._judge_contents(notice)

    def _notice(self, timeline: Timeline, first: Row) -> Row | None:
        notices = (
            row
            for row in timeline.all_of(self._notices)
            if row.account.ref == first.account.ref and row.acting == first.acting
        )
        return next(notices, None)

    def _judge_contents(self, notice: Row) -> Iterator[Finding]:
        wanted = dict(self._contents)
        for fact, contents in self._contents_if.items():
            if is_given(getter(fact)(notice)):
                wanted |= contents
        for path in wanted:
            said = as_flag(getter(path)(notice))
            if said is not True:
                yield self._report(notice, REVIEW if said is UNKNOWN else self._late, "not_in_the_notice", field=path)


def _reached(row: Row) -> bool:
    """True when the row told the person of the debt; a voicemail counts unless its content was limited."""
    if row.outcome == "voicemail_left":
        return as_flag(row.details.get("limited_content", UNKNOWN)) is not True
    return row.outcome in _REACHED
