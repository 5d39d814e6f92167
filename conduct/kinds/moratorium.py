"""Breathing spaces: from the day one starts until the day it ends, listed accounts may not be pursued nor charged.

Part of the kind `forbidden_after_event`. Only dates count here: the first day is in, the last day is out, and a
moratorium without a reported end lasts as many days as the law gives it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from conduct.days import iso
from conduct.dossier import Account, Row
from conduct.facts import UNKNOWN, as_amount, as_day, as_list, as_records
from conduct.kinds.check import Check, Finding, Reporter, wakes
from conduct.kinds.exceptions import Exceptions

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline

_CHARGE = "charge"


class _Space(NamedTuple):
    row: Row
    start: int
    end: int
    accounts: tuple[str, ...]

    def holds(self, account: Account, day: int) -> bool:
        return account.ref in self.accounts and self.start <= day < self.end


def compile_(rule: Rule) -> Check:
    """A check of one rule about moratoria: rows that pursue, or charges that accrue, inside one."""
    params = rule.params
    event_kinds = frozenset(params["event"]["kinds"])
    blocked = frozenset(params["blocks"]) - {_CHARGE}
    exceptions = Exceptions(params["except"])
    zone: str = params.get("zone", "")
    days: int = params["default_days"]
    over: str = params["over"]
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        spaces = _spaces(timeline, event_kinds, days, zone)
        for row in timeline.tested(blocked, rule):
            day = timeline.day(row, zone) or row.day
            inside = next((space for space in spaces if space.holds(row.account, day)), None)
            if inside and not exceptions.excuse(row):
                yield report(
                    row, over, "inside_moratorium", [inside.row], since=iso(inside.start), until=iso(inside.end)
                )
        if _CHARGE in params["blocks"]:
            for account in timeline.accounts.values():
                yield from charges(spaces, account)

    def charges(spaces: list[_Space], account: Account) -> Iterator[Finding]:
        for charge in as_records(account.fact("charges")):
            day = as_day(charge.get("date", UNKNOWN))
            if (
                isinstance(day, int)
                and any(space.holds(account, day) for space in spaces)
                and as_amount(charge.get("amount", 1))
            ):
                yield report.without_row(over, "charged_in_moratorium", account_ref=account.ref, date=iso(day))

    return Check(rule, run, wakes(event_kinds))


def _spaces(timeline: Timeline, kinds: frozenset[str], days: int, zone: str) -> list[_Space]:
    """The moratoria told of; a newer word on the same start (an early end, a longer one) replaces the older."""
    found: dict[tuple[int, tuple[str, ...]], _Space] = {}
    for row in timeline.all_of(kinds):
        told = as_day(row.details.get("starts_on"))
        start = told if isinstance(told, int) else timeline.day(row, zone) or row.day
        told = as_day(row.details.get("ends_on"))
        end = told if isinstance(told, int) else start + days
        listed = as_list(row.details.get("accounts"))
        accounts = tuple(map(str, listed)) if listed else (row.account.ref,)
        found[start, accounts] = _Space(row, start, end, accounts)
    return list(found.values())
