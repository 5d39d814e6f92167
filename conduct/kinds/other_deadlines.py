"""Deadlines without a row of their own kind: security incidents of an agency, arrears of an account, postdated cheques.

Part of the kind `deadline_after_event`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conduct.days import business_days_between, iso
from conduct.dossier import Account, Agency, Row
from conduct.facts import UNKNOWN, as_day, as_instant, as_records, is_given
from conduct.kinds.check import AGENCY, Check, Finding, Reporter, wakes

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def facts(rule: Rule) -> Check:
    """A check of a deadline that an agency's or an account's fact starts."""
    path: str = rule.params["event"]["facts"][0]
    if path.startswith("agency."):
        return _incidents(rule, path)
    return _arrears(rule, path.removeprefix("account."))


def _incidents(rule: Rule, path: str) -> Check:
    """Every incident of a list must be told of within so many hours; exactly that many are in time."""
    params = rule.params
    _, listed, start_field = path.split(".")
    due_field: str = params["due"]["field"]
    hours: int = params["within"]
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for agency in timeline.agencies.values():
            for incident in as_records(agency.fact(listed)):
                if not _is_explained(incident, params.get("unless", "")):
                    yield from judge(timeline, agency, incident)

    def judge(timeline: Timeline, agency: Agency, incident: Mapping[str, Any]) -> Iterator[Finding]:
        start = as_instant(incident.get(start_field, UNKNOWN))
        if not isinstance(start, datetime):
            return
        deadline = start + timedelta(hours=hours)
        told = as_instant(incident.get(due_field, UNKNOWN))
        overdue = isinstance(timeline.today, int) and timeline.today > deadline.toordinal()
        if (isinstance(told, datetime) and told > deadline) or (not isinstance(told, datetime) and overdue):
            yield report.without_row(
                params["late"], "incident_told_late", agency=agency.code, due_at=deadline.isoformat(), hours=hours
            )

    return Check(rule, run, level=AGENCY)


def _is_explained(incident: Mapping[str, Any], field: str) -> bool:
    details = incident.get("details")
    inner = details.get(field) if isinstance(details, Mapping) else None
    return bool(field) and (is_given(incident.get(field)) or is_given(inner))


def _arrears(rule: Rule, fact: str) -> Check:
    """On an account in arrears the person must be contacted, and written to, within days of a date."""
    params = rule.params
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for account in timeline.accounts.values():
            start = as_day(account.fact(fact))
            if isinstance(start, int):
                for stage in params["stages"]:
                    yield from judge(timeline, account, start, stage)

    def judge(timeline: Timeline, account: Account, start: int, stage: Mapping[str, Any]) -> Iterator[Finding]:
        kinds, deadline = frozenset(stage["kinds"]), start + stage["within"]
        days = [
            row.day
            for row in timeline.all_of(kinds)
            if row.account.ref == account.ref and row.way != "in" and row.day >= start
        ]
        done = min(days, default=None)
        overdue = isinstance(timeline.today, int) and timeline.today > deadline
        if (done is not None and done > deadline) or (done is None and overdue):
            yield report.without_row(
                params["late"],
                "not_contacted_in_time",
                account_ref=account.ref,
                due_on=iso(deadline),
                kinds=sorted(kinds),
            )

    return Check(rule, run)


def postdated(rule: Rule) -> Check:
    """A cheque or order dated well ahead needs notice before it is deposited, and is never deposited early."""
    params = rule.params
    settings = params["postdated"]
    kinds = frozenset(params["event"]["kinds"])
    report = Reporter(rule, inbound=True)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(kinds, rule, inbound=True):
            dated, deposited = (as_day(row.details.get(key, UNKNOWN)) for key in ("instrument_on", "deposited_on"))
            if isinstance(dated, int) and isinstance(deposited, int):
                yield from judge(row, dated, deposited)

    def judge(row: Row, dated: int, deposited: int) -> Iterator[Finding]:
        if deposited < dated:
            yield report(row, params["late"], "deposited_early", date=iso(deposited), dated=iso(dated))
        if dated - row.day <= settings["more_than_days"]:
            return
        notice = as_day(row.details.get("deposit_notice_on", UNKNOWN))
        if not isinstance(notice, int):
            yield report(row, params["late"], "deposited_without_notice", date=iso(deposited))
            return
        ahead = business_days_between(notice, deposited, row.account.holidays)
        if not settings["least_business_days"] <= ahead <= params["within"]:
            yield report(row, params["late"], "notice_not_in_time", business_days=ahead, date=iso(notice))

    return Check(rule, run, wakes(kinds))
