"""Kind `periodic_duty`: something must be done at least every so many months, or once, counted to `today`.

Such a breach belongs to no row. When it was done stands in the agency's facts under the duty's name: a list
(`inspections`), or one date (`impact_assessment_on`), there or under `security`. Never done, it is due that long after
the contract began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from conduct.days import add_months, add_years, iso
from conduct.dossier import Agency
from conduct.facts import UNKNOWN, as_amount, as_day, as_records, is_given, items
from conduct.kinds.check import AGENCY, REVIEW, VIOLATION, Check, Finding, Kind, Reporter

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one duty of every agency."""
    duty = _Duty(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        today = (
            timeline.today if isinstance(timeline.today, int) else 0
        )  # without a day of judgement nothing is overdue
        for agency in timeline.agencies.values():
            yield from duty.judge(timeline, agency, today)

    return Check(rule, run, level=AGENCY)


class _Duty:
    """One duty: done by when, and how often."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._name: str = params["duty"]
        self._months: int = params["months"]
        self._warn_days: int = params["warn_days"]
        self._over: str = params.get("over", VIOLATION)
        self._only_if: dict[str, Any] = params.get("only_if", {})

    def judge(self, timeline: Timeline, agency: Agency, today: int) -> Iterator[Finding]:
        params = self._rule.params
        bound = self._is_bound(agency)
        if bound is False:
            return
        if "renewal" in params:
            yield from self._judge_renewal(agency, today)
        elif "yearly_by" in params:
            yield from self._judge_yearly(timeline, agency, today)
        elif not self._months:
            yield from self._judge_once(agency)
        else:
            yield from self._judge_interval(agency, today, self._name, self._months, bound)
            for other in params.get("also", ()):
                yield from self._judge_interval(agency, today, other["duty"], other["months"], bound)
        if "before_contract_end" in params:
            yield from self._judge_contract_end(agency, today, params["before_contract_end"])
        if "incidents" in params:
            yield from self._judge_incidents(agency, today, params["incidents"])

    def _is_bound(self, agency: Agency) -> bool | None:
        """Whether the duty holds for the agency; None when the size it depends on is not known."""
        if not self._only_if:
            return True
        size = as_amount(agency.fact(self._only_if["fact"]))
        return None if not is_given(size) else bool(size > self._only_if["more_than"])

    def _judge_interval(
        self, agency: Agency, today: int, duty: str, months: int, bound: bool | None
    ) -> Iterator[Finding]:
        days = done_on(agency, duty)
        newest = max((day for day in days or () if day <= today), default=None)
        start = newest if newest is not None else as_day(agency.fact("contract_from"))
        if not isinstance(start, int):
            if today:
                yield self._about(agency, REVIEW, "start_unknown", duty=duty)
            return
        due = add_months(start, months)
        sure = bound is True and days is not None
        if today > due:
            yield self._about(agency, self._over if sure else REVIEW, "overdue", duty=duty, due_on=iso(due))
        elif due - today < self._warn_days:
            yield self._about(agency, REVIEW, "due_soon", duty=duty, due_on=iso(due), days_left=due - today)

    def _judge_once(self, agency: Agency) -> Iterator[Finding]:
        """Done once, not later than the contract began, and its record kept for some years."""
        days = done_on(agency, self._name)
        contract = as_day(agency.fact("contract_from"))
        if not days:
            yield self._about(agency, self._over, "never_done", duty=self._name)
            return
        first = min(days)
        if not isinstance(contract, int):
            yield self._about(agency, REVIEW, "start_unknown", duty=self._name)
        elif first > contract:
            yield self._about(
                agency, self._over, "done_late", duty=self._name, due_on=iso(contract), done_on=iso(first)
            )
        years: int = self._rule.params.get("kept_years", 0)
        kept = as_day(agency.fact(f"{self._name}_kept_until"))
        if years and isinstance(kept, int) and kept < add_years(first, years):
            yield self._about(agency, self._over, "deleted_early", keep_until=iso(add_years(first, years)))

    def _judge_contract_end(self, agency: Agency, today: int, days_before: int) -> Iterator[Finding]:
        """Done once more in the last days of the contract, looked at when it is over."""
        end = as_day(agency.fact("contract_until"))
        if not isinstance(end, int) or today <= end:
            return
        days = done_on(agency, self._name)
        if not any(end - days_before <= day <= end for day in days or ()):
            verdict = self._over if days is not None else REVIEW
            yield self._about(agency, verdict, "not_done_before_contract_end", duty=self._name, due_on=iso(end))

    def _judge_renewal(self, agency: Agency, today: int) -> Iterator[Finding]:
        """A licence whose renewal must be applied for by its last day."""
        held = (agency.credentials or {}).get(self._rule.params["renewal"], [])
        ending = [one for one in held if isinstance(one.valid_until, int)]
        for credential in ending:
            end, filed = credential.valid_until, credential.renewal_filed_on
            if not isinstance(end, int) or any(isinstance(o.valid_until, int) and o.valid_until > end for o in ending):
                continue  # a licence that a newer one has followed
            if (isinstance(filed, int) and filed > end) or (not isinstance(filed, int) and today > end):
                yield self._about(agency, self._over, "renewal_late", due_on=iso(end))
            elif not isinstance(filed, int) and end - today <= self._warn_days:
                yield self._about(agency, REVIEW, "due_soon", due_on=iso(end), days_left=end - today)

    def _judge_yearly(self, timeline: Timeline, agency: Agency, today: int) -> Iterator[Finding]:
        """A notice within days of the first activity, and again by a fixed day of every year after."""
        settings = self._rule.params["yearly_by"]
        started = as_day(agency.fact("first_activity_on"))
        if not isinstance(started, int):
            days = [row.day for row in timeline.rows if row.agency is agency and row.way == "out"]
            started = min(days, default=UNKNOWN)
        if not isinstance(started, int):
            return
        done = done_on(agency, self._name)
        verdict = self._over if done is not None else REVIEW
        due = started + settings["first_within_days"]
        if today > due and not any(day <= due for day in done or ()):
            yield self._about(agency, verdict, "done_late" if done else "never_done", duty=self._name, due_on=iso(due))
        for fixed in _yearly(settings["month"], settings["day"], due, today + self._warn_days - 1):
            opens = date.fromordinal(fixed).replace(month=1, day=1).toordinal()
            if any(opens <= day <= fixed for day in done or ()):
                continue
            if today > fixed:
                yield self._about(agency, verdict, "overdue", duty=self._name, due_on=iso(fixed))
            else:
                yield self._about(
                    agency, REVIEW, "due_soon", duty=self._name, due_on=iso(fixed), days_left=fixed - today
                )

    def _judge_incidents(self, agency: Agency, today: int, settings: Mapping[str, Any]) -> Iterator[Finding]:
        """Incidents that touched many people must be told of within some days."""
        for incident in as_records(agency.fact("incidents")):
            found = as_day(incident.get("determined_at", UNKNOWN))
            people = as_amount(incident.get(settings["people"], UNKNOWN))
            if not isinstance(found, int) or not is_given(people) or people < settings["least"]:
                continue
            told = as_day(incident.get(settings["field"], UNKNOWN))
            due = found + settings["within_days"]
            if (isinstance(told, int) and told > due) or (not isinstance(told, int) and today > due):
                yield self._about(agency, self._over, "incident_told_late", due_on=iso(due))

    def _about(self, agency: Agency, verdict: str, reason: str, **why: Any) -> Finding:
        return self._report.without_row(verdict, reason, agency=agency.code, **why)


def done_on(agency: Agency, duty: str) -> list[int] | None:
    """The days on which a duty was done; None when nothing was reported about it."""
    security = agency.fact("security")
    places = [agency.facts, security] if isinstance(security, Mapping) else [agency.facts]
    for place in places:
        for name in (f"{duty}s", f"{duty}_on", duty):
            if name in place:
                dates = (one.get("date") if isinstance(one, Mapping) else one for one in items(place[name]))
                return [day for day in map(as_day, dates) if isinstance(day, int)]
    return None


def _yearly(month: int, day: int, after: int, until: int) -> Iterator[int]:
    """The fixed day of every year that lies after one day and not after another."""
    for year in range(date.fromordinal(after).year, date.fromordinal(until).year + 1):
        fixed = date(year, month, day).toordinal()
        if after < fixed <= until:
            yield fixed


KIND = Kind(
    compile_,
    required={"duty": str, "months": int, "warn_days": int, "first_due_from": str},
    optional={
        "over": str, "only_if": dict, "kept_years": int, "before_contract_end": int, "renewal": str, "yearly_by": dict,
        "also": list, "incidents": dict,
    },
)  # fmt: skip
