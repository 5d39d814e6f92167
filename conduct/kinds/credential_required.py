"""Kind `credential_required`: on the local date of every outbound row a credential must be live.

A later renewal cures no gap: what counts is the day of the row, and the place where the person lived on that day. The
licences and bonds of the United States follow the table of `agencies.catalogue` (`state_credentials`); the well-formedness
of a number is tested in `credential_numbers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conduct.days import add_months, iso
from conduct.dossier import Credential, Row
from conduct.facts import UNKNOWN, as_day
from conduct.kinds import credential_numbers, state_credentials
from conduct.kinds.check import REVIEW, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.live_credentials import Standing, is_exempt, live, standing, worse
from conduct.timeline import ALL_KINDS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one credential."""
    params = rule.params
    if "check_digit" in params:
        return credential_numbers.compile_(rule)
    if "by_state" in params:
        return state_credentials.compile_(rule)
    return Check(rule, _Required(rule).run, wakes(ALL_KINDS))


class _Required:
    """A credential that an agency, a collector or both must hold."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._missing: str = params["missing"]
        self._codes: list[str] = params["codes"]
        self._agency_codes: list[str] = params.get(
            "agency_codes", params["codes"] if params["subject"] == "agency" else []
        )
        self._of_collector = params["subject"] == "collector"
        self._exempt = frozenset(params["exempt"])
        self._jurisdiction: str = params.get("credential_jurisdiction", "")
        self._least = params.get("least_amount", "")
        self._zone: str = params.get("zone", "")
        self._roster: dict[str, Any] = params.get("roster", {})

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(ALL_KINDS, self._rule):
            if row.direction != "out" and row.way:
                continue  # papers and legal steps, which are no contact, count only when reported as outbound
            day = timeline.day(row, self._zone)
            if is_exempt(row.agency, self._exempt, row.account.jurisdiction):
                continue
            found = (REVIEW, "zone_unknown") if day is None else self._judge(row, day)
            if found:
                verdict, reason = found
                yield self._report(row, verdict, reason, codes=self._codes, date=iso(day or row.day))

    def _judge(self, row: Row, day: int) -> Standing:
        found: Standing = None
        if self._agency_codes:
            found = self._of_agency(row, day)
        return worse(found, self._collector(row, day)) if self._of_collector else found

    def _of_agency(self, row: Row, day: int) -> Standing:
        return standing(
            row.agency,
            self._agency_codes,
            day,
            missing=self._missing,
            jurisdiction=self._jurisdiction,
            least=self._least,
        )

    # -- collectors ------------------------------------------------------
    def _collector(self, row: Row, day: int) -> Standing:
        if row.collector_id is UNKNOWN:
            return REVIEW, "collector_unknown"
        held = self._held_by_collector(row, day)
        if held is True:
            return None
        if self._roster:
            return self._on_roster(row, day)
        return (REVIEW if held is None else self._missing), "credential_missing"

    def _held_by_collector(self, row: Row, day: int) -> bool | None:
        """True when the collector holds one of the credentials that day; None when that cannot be told."""
        credentials = row.agency.credentials
        if credentials is None:
            return None
        own: list[Credential] = [
            one for code in self._codes for one in credentials.get(code, ()) if one.collector_id == row.collector_id
        ]
        answers = [live(one, day) for one in own]
        return True if True in answers else None if None in answers else False

    def _on_roster(self, row: Row, day: int) -> Standing:
        """What the roster says of the collector: a date that must lie before the row, or before the collector started."""
        roster = row.agency.collectors
        if roster is None:
            return REVIEW, "collector_unknown"
        entry = roster.get(str(row.collector_id))
        if entry is None:
            return self._missing, "collector_not_on_roster"
        done = as_day(entry.get(self._roster["field"], UNKNOWN))
        until = as_day(entry.get(self._roster.get("until", ""), UNKNOWN))
        if isinstance(until, int) and until >= day:
            return None
        limit = day if "before" not in self._roster else as_day(entry.get(self._roster["before"], UNKNOWN))
        if not isinstance(limit, int):
            return REVIEW, "field_unknown"
        if not isinstance(done, int):
            known_late = isinstance(until, int) or done is None
            return (self._missing if known_late else self._roster["absent"]), "field_unknown"
        months: int = self._rule.params.get("max_age_months", 0)
        in_time = done <= limit and (not months or add_months(done, months) >= limit)
        return None if in_time else (self._missing, "credential_too_old" if done <= limit else "credential_too_late")


KIND = Kind(
    compile_,
    required={"subject": str, "codes": list, "on": str, "exempt": list, "missing": str},
    optional={
        "max_age_months": int, "check_digit": dict, "agency_codes": list, "credential_jurisdiction": str,
        "least_amount": str, "zone": str, "roster": dict, "by_state": str, "renewal_keeps_alive": list,
    },
)  # fmt: skip
