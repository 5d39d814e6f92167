"""Kind `retention`: a record must not be deleted before so many years are over; deleting it on that very day passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conduct.days import add_years, iso
from conduct.dossier import Account
from conduct.facts import as_day, is_given
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter
from conduct.timeline import ALL_KINDS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of how long one sort of record was kept."""
    params = rule.params
    years: int = params["years"]
    zone: str = params.get("zone", "")
    report = Reporter(rule, inbound=True)
    of_recordings = params["record"] == "recording"
    of_complaints = params["record"] == "complaint"

    def run(timeline: Timeline) -> Iterator[Finding]:
        if of_recordings:
            yield from recordings(timeline)
        for account in timeline.accounts.values():
            if of_complaints:
                yield from complaints(timeline, account)
            if params.get("account_records"):
                yield from records(timeline, account)
            if params.get("language_known"):
                yield from language(timeline, account)

    def recordings(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(ALL_KINDS, rule, inbound=True):
            deleted = as_day(row.details["recording_deleted_on"]) if "recording_deleted_on" in row.details else None
            if isinstance(deleted, int):
                keep = add_years(timeline.day(row, zone) or row.day, years)
                if deleted < keep:
                    yield report(row, VIOLATION, "deleted_early", keep_until=iso(keep), deleted_on=iso(deleted))

    def records(timeline: Timeline, account: Account) -> Iterator[Finding]:
        """The account's records, kept from its last activity."""
        deleted = as_day(account.fact("records_deleted_on"))
        last = max((row.day for row in timeline.rows if row.account.ref == account.ref), default=None)
        if isinstance(deleted, int) and last is not None and deleted < add_years(last, years):
            yield of_account(account, VIOLATION, "deleted_early", keep_until=iso(add_years(last, years)))

    def complaints(timeline: Timeline, account: Account) -> Iterator[Finding]:
        deleted = as_day(account.fact("complaint_records_deleted_on"))
        received = max((one.day for one in timeline.complaints if one.account.ref == account.ref), default=None)
        if isinstance(deleted, int) and received is not None and deleted < add_years(received, years):
            yield of_account(account, VIOLATION, "deleted_early", keep_until=iso(add_years(received, years)))

    def language(timeline: Timeline, account: Account) -> Iterator[Finding]:
        """Whoever was spoken with must have a language on record."""
        spoken = any(
            row.outcome == "conversation" and row.account.ref == account.ref
            for row in timeline.tested(ALL_KINDS, rule, inbound=True)
        )
        if spoken and not is_given(account.fact("language")):
            yield of_account(account, REVIEW, "language_unknown")

    def of_account(account: Account, verdict: str, reason: str, **why: Any) -> Finding:
        return report.without_row(verdict, reason, account_ref=account.ref, **why)

    return Check(rule, run)


KIND = Kind(
    compile_,
    required={"record": str, "years": int, "from": str},
    optional={"zone": str, "account_records": bool, "language_known": bool},
)
