"""Kind `time_window`: contact is allowed only inside a local clock window.

Windows are stated in whole seconds, so a fraction of a second neither saves nor breaks a call. A person who may be in
several zones must be inside the window in each of them; which day it is, is told by the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from conduct.days import SECONDS_A_DAY, clock, iso, weekday
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_amount, as_clock
from conduct.kinds.check import REVIEW, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import agreed_at, holds

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Window(NamedTuple):
    """First and last allowed second of a day, and the closing time itself, which may be the first forbidden second."""

    first: int
    last: int
    closes: int


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one clock rule."""
    params = rule.params
    kinds = frozenset(params["channels"])
    windows = _windows(params)
    zone = "" if params["zone"] == "consumer" else params["zone"]
    endpoint_types = frozenset(params.get("endpoint_types", ()))
    closed_on_holidays = params["holidays"] == "closed"
    state_holidays = params.get("state_holidays", "")
    lifting = _Lifting(params)
    crossing_counts = params["crossing"] == REVIEW
    outside = params["outside"]
    report = Reporter(rule, inbound="in" in params["directions"])
    inbound = "in" in params["directions"]

    def is_inside(timeline: Timeline, row: Row, day: int, second: int) -> bool:
        window = None if closed_on_holidays and _date(row, day, zone) in row.account.holidays else windows[weekday(day)]
        return (window is not None and window.first <= second <= window.last) or lifting.applies(timeline, row, second)

    def run(timeline: Timeline) -> Iterator[Finding]:
        simple = not closed_on_holidays and not state_holidays and not crossing_counts and not endpoint_types
        for row in timeline.tested(kinds, rule, inbound=inbound):
            if simple and row.zone and not row.others and (not zone or zone == row.zone):
                window = windows[(row.day + 6) % 7]
                if window is not None and window.first <= row.second <= window.last:
                    continue
            if endpoint_types and row.endpoint_type is not UNKNOWN and row.endpoint_type not in endpoint_types:
                continue
            yield from judge(timeline, row)

    def judge(timeline: Timeline, row: Row) -> Iterator[Finding]:
        times = timeline.times(row, zone)
        if not times:
            yield report(row, REVIEW, "zone_unknown")
            return
        doubtful = bool(endpoint_types) and row.endpoint_type is UNKNOWN
        for day, second in times:
            if not is_inside(timeline, row, day, second):
                yield report(row, REVIEW if doubtful else outside, "outside_window", **_told(row, day, second, windows))
                return
        day, second = times[0]
        if state_holidays and day in row.account.state_holidays:
            yield report(row, state_holidays, "state_holiday", date=iso(day))
        elif crossing_counts and _ends_outside(row, second, windows[weekday(day)], lifting, timeline):
            yield report(row, REVIEW, "ran_past_closing", local_time=clock(second), duration_s=str(row.duration_s))

    return Check(rule, run, wakes(kinds))


class _Lifting:
    """What lifts the window at a local time: an earlier consent for that time, an earlier wish to be reached then."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._consent = "consent:time" in params["lifted_by"]
        self._preference = "preference:only" in params["lifted_by"]
        self._parties = frozenset(params.get("lifted_by_parties", ()))

    def applies(self, timeline: Timeline, row: Row, second: int) -> bool:
        """True when the person asked for or agreed to a contact at this local time."""
        if self._consent and any(
            consent.person == row.person
            and (not self._parties or consent.who in self._parties)
            and consent.account.ref == row.account.ref
            and agreed_at(consent, second, "from", "to")
            and holds(consent, row)
            for consent in timeline.consents("time")
        ):
            return True
        wish = timeline.preference(row.person, row.at) if self._preference else None
        return wish is not None and agreed_at(wish, second, "only_from", "only_to")


def _date(row: Row, day: int, zone: str) -> int:
    return day if zone or not row.others else row.day


def _ends_outside(row: Row, second: int, window: Window | None, lifting: _Lifting, timeline: Timeline) -> bool:
    """True when a call that began inside the window was still running after it closed (closing itself is no more)."""
    duration = as_amount(row.duration_s)
    if row.kind != "call" or window is None or not duration:
        return False
    end = second + int(duration)
    return second <= window.closes < end and not lifting.applies(timeline, row, end % SECONDS_A_DAY)


def _told(row: Row, day: int, second: int, windows: tuple[Window | None, ...]) -> dict[str, Any]:
    window = windows[weekday(day)]
    told: dict[str, Any] = {"local_time": clock(second), "date": iso(day), "zone": row.zone}
    if window:
        told |= {"open": clock(window.first), "close": clock(window.last)}
    return told


def _windows(params: Mapping[str, Any]) -> tuple[Window | None, ...]:
    """The window of every weekday from Monday; None for a day that is closed all day (its hours are an empty list)."""
    found: list[Window | None] = [None] * 7
    for days, hours in params["windows"].items():
        for index in _weekdays(days):
            found[index] = _window(hours, params) if hours else None
    return tuple(found)


def _window(hours: list[str], params: Mapping[str, Any]) -> Window:
    opening, closing = (as_clock(hour) for hour in hours)
    if not isinstance(opening, int) or not isinstance(closing, int):
        raise ValueError(f"unreadable window {hours!r}")
    return Window(opening + (not params["open_inclusive"]), closing - (not params["close_inclusive"]), closing)


def _weekdays(days: str) -> range:
    if days == "all":
        return range(7)
    first, _, last = days.partition("-")
    return range(_DAYS.index(first), _DAYS.index(last or first) + 1)


KIND = Kind(
    compile_,
    required={
        "windows": dict, "open_inclusive": bool, "close_inclusive": bool, "zone": str, "channels": list,
        "directions": list, "holidays": str, "outside": str, "crossing": str, "lifted_by": list,
    },
    optional={"endpoint_types": list, "state_holidays": str, "lifted_by_parties": list},
)  # fmt: skip
