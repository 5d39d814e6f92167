"""Facts of an agency that must lie before another date: due diligence before the contract, both before a placement.

Part of the kind `required_before`. Such a breach belongs to no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conduct.days import iso
from conduct.dossier import Account, Agency
from conduct.facts import as_day
from conduct.kinds.check import AGENCY, Check, Finding, Reporter

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of agency facts against an agency's or an account's date."""
    params = rule.params
    facts = [path.removeprefix("agency.") for path in params["event"]["facts"]]
    limit: str = params["before"]["fact"]
    report = Reporter(rule)

    def judge(agency: Agency, day: object, account: str | None) -> Iterator[Finding]:
        if not isinstance(day, int):
            return
        for fact in facts:
            done = as_day(agency.fact(fact))
            if not isinstance(done, int) or done > day:
                yield report.without_row(
                    params["missing"],
                    "fact_missing",
                    agency=agency.code,
                    account_ref=account,
                    fact=fact,
                    due_on=iso(day),
                )
                return

    def of_agencies(timeline: Timeline) -> Iterator[Finding]:
        for agency in timeline.agencies.values():
            yield from judge(agency, as_day(agency.fact(limit.removeprefix("agency."))), None)

    def of_accounts(timeline: Timeline) -> Iterator[Finding]:
        for account in timeline.accounts.values():
            yield from judge(
                _holder(timeline, account), as_day(account.fact(limit.removeprefix("account."))), account.ref
            )

    if limit.startswith("agency."):
        return Check(rule, of_agencies, level=AGENCY)
    return Check(rule, of_accounts)


def _holder(timeline: Timeline, account: Account) -> Agency:
    return timeline.agencies.get(str(account.fact("placed_with"))) or timeline.first_agency
