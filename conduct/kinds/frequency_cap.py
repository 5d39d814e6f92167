"""Kind `frequency_cap`: no more than so many contacts in a window, counted for a unit; every row beyond is in breach.

The unit is named by `key`; parts it does not name are pooled (all accounts, dialers, collectors, agencies). Windows look
back from each row: it is counted together with those before it, never with later ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.days import iso, month, week
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_flag, is_yes
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import consented, extra_calls_allowed
from conduct.timeline import CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

_HOUSEHOLD: Final = frozenset({"consumer", "spouse"})
_KEYS: Final[Mapping[str, Callable[[Row], Hashable]]] = {
    "person": lambda row: row.person,
    "debt": lambda row: row.debt,
    "account": lambda row: row.account.ref,
    "endpoint": lambda row: row.endpoint,
    "household": lambda row: None,  # consumer and spouse of one history; other parties are not counted at all
}
_CALENDAR: Final[Mapping[str, Callable[[int], object]]] = {
    "calendar_day": lambda day: day,
    "calendar_week": week,
    "calendar_month": month,
}


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one cap, with all its limits."""
    counted = _Counted(rule)
    limits = [_Limit(rule, entry) for entry in rule.params["limits"]]
    smallest = min(limit.max for limit in limits)
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        rows = timeline.tested(counted.kinds, rule)
        if len(rows) <= smallest and timeline.all_zoned:
            return
        rows = [row for row in rows if counted(timeline, row)]
        if not counted.zone and not timeline.all_zoned:
            yield from (report(row, REVIEW, "zone_unknown") for row in rows if not row.zone)
            rows = [row for row in rows if row.zone]
        wrong = _wrong_endpoints(timeline) if rule.params["wrong_party"] == REVIEW else None
        for limit in limits:
            for group in limit.groups(timeline, rows):
                yield from limit.judge(timeline, group, wrong, report)

    return Check(rule, run, wakes(counted.kinds))


class _Counted:
    """Which rows the cap counts."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self.kinds = frozenset(params["channels"])
        self.zone = "" if params["zone"] == "consumer" else params["zone"]
        self._outcomes = frozenset(params.get("outcomes", ()))
        self._outcomes_not = frozenset(params["outcomes_not"])
        self._parties = frozenset(params.get("parties", ())) or (
            _HOUSEHOLD if "household" in params["key"] else frozenset()
        )
        self._dialers = frozenset(params.get("dialers", ()))
        self._endpoint_types = frozenset(params.get("endpoint_types", ()))
        self._products_not = frozenset(params.get("products_not", ()))
        self._excluded = frozenset(params["excluded"])
        self._scopes = [word.partition(":")[2] for word in self._excluded if word.startswith("consent:")]
        self._consent_days = params.get("consent_days", 0)
        self._written_consent = params.get("consent_written", False)

    def __call__(self, timeline: Timeline, row: Row) -> bool:
        """True when the row counts. A row that says nothing of its outcome counts, unless only some outcomes do."""
        return (
            row.outcome not in self._outcomes_not
            and (not self._outcomes or row.outcome in self._outcomes)
            and (not self._parties or row.who in self._parties)
            and (not self._dialers or row.dialer in self._dialers)
            and (not self._endpoint_types or row.endpoint_type is UNKNOWN or row.endpoint_type in self._endpoint_types)
            and (not self._products_not or str(row.account.fact("product")) not in self._products_not)
            and not (self._excluded and self._is_excluded(timeline, row))
        )

    def _is_excluded(self, timeline: Timeline, row: Row) -> bool:
        excluded = self._excluded
        if "reply" in excluded and row.purpose == "reply":
            return True
        if "required_by_law" in excluded and is_yes(row.details.get("required_by_law")):
            return True
        if "no_voicemail_possible" in excluded and row.outcome in ("no_answer", "busy"):
            return as_flag(row.details.get("voicemail_available", UNKNOWN)) is False
        return any(self._is_consented(timeline, row, scope) for scope in self._scopes)

    def _is_consented(self, timeline: Timeline, row: Row, scope: str) -> bool:
        if scope == "extra_calls":
            return extra_calls_allowed(timeline, row, self._consent_days)
        return consented(timeline, row, scope, oral=not self._written_consent) is True


class _Limit:
    """One limit of a cap: so many rows in one window for one unit."""

    def __init__(self, rule: Rule, entry: Mapping[str, Any]) -> None:
        params = rule.params
        self.max: int = entry["max"]
        self._window: str = entry["window"]
        self._days: int = entry.get("days", 0)
        self._over: str = params["over"]
        self._zone = "" if params["zone"] == "consumer" else params["zone"]
        self._keys = [_KEYS[name] for name in params["key"]]
        self._by_endpoint = "endpoint" in params["key"]
        self._kinds = frozenset(entry.get("channels", params["channels"]))
        self._outcomes = frozenset(entry.get("outcomes", ()))
        self._endpoint_types = frozenset(entry.get("endpoint_types", ()))
        self._all_types = self._endpoint_types or frozenset(params.get("endpoint_types", ()))
        self._consent: str = entry.get("consent", "")
        self._after_talk = params["starts"] == "after_first_conversation"
        if self._window not in _CALENDAR and self._window not in ("rolling_days", "week_both"):
            raise ValueError(f"unknown window {self._window!r}")

    def groups(self, timeline: Timeline, rows: list[Row]) -> Iterator[list[Row]]:
        """The rows this limit counts, by unit; units too small to break it are left out."""
        if len(rows) <= self.max:
            return
        by_unit: defaultdict[tuple[Hashable, ...], list[Row]] = defaultdict(list)
        for row in rows:
            if self._takes(timeline, row):
                by_unit[tuple(key(row) for key in self._keys)].append(row)
        for group in by_unit.values():
            if self._after_talk:
                group = self._after_first_conversation(timeline, group)
            if len(group) > self.max:
                yield group

    def _takes(self, timeline: Timeline, row: Row) -> bool:
        if row.kind not in self._kinds or (self._outcomes and row.outcome not in self._outcomes):
            return False
        if self._endpoint_types and row.endpoint_type is not UNKNOWN and row.endpoint_type not in self._endpoint_types:
            return False
        if self._consent:
            return (consented(timeline, row, "electronic") is True) is (self._consent == "live")
        return True

    def _after_first_conversation(self, timeline: Timeline, group: list[Row]) -> list[Row]:
        unit = [key(group[0]) for key in self._keys]
        talks = (
            row.at
            for row in timeline.all_of(CONTACTS)
            if row.outcome in ("conversation", "met") and [key(row) for key in self._keys] == unit
        )
        first = next(talks, None)
        return [row for row in group if first is not None and row.at > first]

    def judge(
        self, timeline: Timeline, group: list[Row], wrong: frozenset[object] | None, report: Reporter
    ) -> Iterator[Finding]:
        """The rows beyond the limit, each looked back from."""
        kept: list[tuple[int, Row]] = []
        window_of = _CALENDAR.get(self._window)
        for row in group:
            day = row.day if not self._zone else timeline.day(row, self._zone) or row.day
            if window_of:
                kept = [one for one in kept if window_of(one[0]) == window_of(day)]
            else:
                kept = [one for one in kept if one[0] > day - self._days]
            kept.append((day, row))
            if len(kept) > self.max:
                yield report(
                    row,
                    self._verdict(row, kept, wrong),
                    "over_the_cap",
                    [one for _, one in kept],
                    counted=len(kept),
                    max=self.max,
                    window=self._window,
                    window_days=self._days,
                    date=iso(day),
                )

    def _verdict(self, row: Row, kept: list[tuple[int, Row]], wrong: frozenset[object] | None) -> str:
        """What a row beyond the limit is worth: a count that stands only by doubtful rows is a question."""
        if self._over == REVIEW or self._is_doubtful(row):
            return REVIEW
        sure = [one for one in kept if not self._is_doubtful(one[1]) and not _is_wrong(one[1], wrong)]
        if len(sure) <= self.max:
            return REVIEW
        if self._window == "week_both":
            this_week = [day for day, _ in sure if week(day) == week(kept[-1][0])]
            return VIOLATION if len(this_week) > self.max else REVIEW
        return self._over

    def _is_doubtful(self, row: Row) -> bool:
        return (
            not row.way
            or bool(self._all_types and row.endpoint_type is UNKNOWN)
            or (self._by_endpoint and row.endpoint is UNKNOWN)
        )


def _wrong_endpoints(timeline: Timeline) -> frozenset[object]:
    """Numbers and addresses that the history reports as somebody else's."""
    return frozenset(
        row.endpoint
        for row in timeline.all_of(CONTACTS)
        if row.outcome == "wrong_party" and row.endpoint is not UNKNOWN
    )


def _is_wrong(row: Row, wrong: frozenset[object] | None) -> bool:
    return wrong is not None and (row.outcome == "wrong_party" or row.endpoint in wrong)


KIND = Kind(
    compile_,
    required={
        "limits": list, "key": list, "channels": list, "directions": list, "outcomes_not": list, "zone": str,
        "starts": str, "excluded": list, "wrong_party": str, "over": str,
    },
    optional={
        "outcomes": list, "parties": list, "dialers": list, "endpoint_types": list, "products_not": list,
        "consent_days": int, "consent_written": bool,
    },
)  # fmt: skip
