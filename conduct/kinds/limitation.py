"""Suits after the limitation period, which starts again with every demand that arrived, every promise and every payment.

Part of the kind `legal_timing`. For a debt in instalments the period starts with the last due date.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from conduct.days import add, iso
from conduct.dossier import Row, account_fact
from conduct.facts import as_amount, as_day
from conduct.kinds.check import REVIEW, Check, Finding, Reporter, wakes
from conduct.timeline import CONTACTS, DEBTORS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline

_ARRIVED: Final = frozenset({"delivered", "conversation", "met"})
_NO_DEMAND: Final = frozenset({"locate", "service", "legal", "reply"})


def compile_(rule: Rule) -> Check:
    """A check of suits against the newest event that restarts the period."""
    params = rule.params
    steps = frozenset(params["step"])
    restarting = frozenset(params["reference"]["newest"])
    starting: list[str] = params["reference"]["or_account"]
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(steps, rule):
            day = timeline.step_day(row)
            start = newest(timeline, row, day)
            if start is None:
                yield report(row, REVIEW, "reference_unknown")
            elif day > (end := add(start, params["n"], params["unit"])):
                yield report(row, params["over"], "not_on_or_before", limit=iso(end), since=iso(start), date=iso(day))

    def newest(timeline: Timeline, row: Row, day: int) -> int | None:
        """The newest day before the suit on which the period began again."""
        days = [event.day for event in timeline.all_of(restarting) if _is_earlier(event, row)]
        days += [
            contact.day for contact in timeline.all_of(CONTACTS) if _is_earlier(contact, row) and _is_demand(contact)
        ]
        days += [
            paid.day for paid in timeline.payments if paid.account.ref == row.account.ref and _is_money_in(paid.amount)
        ]
        for plan in timeline.all_of(frozenset({"plan"})):
            due = as_day(plan.due_on)
            if _is_earlier(plan, row) and isinstance(due, int):
                days.append(min(due, day))
        last_payment = as_day(account_fact(row, "last_payment_on"))
        if isinstance(last_payment, int):
            days.append(last_payment)
        found = max((one for one in days if one <= day), default=None)
        if found is not None:
            return found
        facts = (as_day(account_fact(row, name)) for name in starting)
        return next((fact for fact in facts if isinstance(fact, int)), None)

    return Check(rule, run, wakes(steps))


def _is_earlier(event: Row, row: Row) -> bool:
    return event.account.ref == row.account.ref and event.at < row.at


def _is_demand(contact: Row) -> bool:
    """True for an outbound contact about payment that reached somebody who owes."""
    return (
        contact.way != "in"
        and contact.outcome in _ARRIVED
        and contact.who in DEBTORS
        and contact.purpose not in _NO_DEMAND
    )


def _is_money_in(amount: object) -> bool:
    value = as_amount(amount)
    return not value or value > 0
