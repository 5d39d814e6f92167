"""What a person asked for: days, hours, media and places at which they do not want to be reached.

Part of the kind `forbidden_after_event`. Only the newest preference of the person counts. The parameter `preference` says
which row kinds each aspect (`time`, `media`, `place`) forbids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conduct.days import iso
from conduct.dossier import Row
from conduct.kinds.check import REVIEW, Check, Finding, Reporter, wakes
from conduct.kinds.consents import blocks_medium, blocks_place, blocks_time, names_time
from conduct.kinds.exceptions import Exceptions
from conduct.timeline import CALLS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of one rule about preferences."""
    params = rule.params
    aspects: dict[str, Any] = params["preference"]
    unknown = set(aspects) - {"time", "media", "place"}
    if unknown:
        raise ValueError(f"unknown aspect {', '.join(sorted(unknown))}")
    timed, media, placed = (frozenset(aspects.get(name, ())) for name in ("time", "media", "place"))
    blocked = timed | media | placed
    among: list[str] = params.get("preference_places", [])
    strictly = params["boundary"] == "after"
    exceptions = Exceptions(params["except"])
    confirmation_allowed = "one_optout_confirmation" in params["except"]
    reply_allowed = {"one_reply_in_that_medium", "reply_on_same_contact"} & set(params["except"])
    over: str = params["over"]
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(blocked, rule):
            wish = timeline.preference(row.person, row.at, strictly_before=strictly)
            found = judge(timeline, wish, row) if wish else None
            if wish and found and not is_spared(timeline, wish, row):
                verdict, aspect = found
                yield report(row, verdict, "against_preference", [wish], aspect=aspect, since=iso(wish.day))

    def judge(timeline: Timeline, wish: Row, row: Row) -> tuple[str, str] | None:
        if row.kind in media and blocks_medium(wish, row.kind):
            return over, "media"
        place = blocks_place(wish, row, among) if row.kind in placed else False
        if place:
            return over, "place"
        times = timeline.times(row) if row.kind in timed and names_time(wish) else None
        if times and blocks_time(wish, times):
            return over, "time"
        if place is None:
            return REVIEW, "place"
        return (REVIEW, "time") if times == () else None

    def is_spared(timeline: Timeline, wish: Row, row: Row) -> bool:
        if exceptions.excuse(row):
            return True
        if confirmation_allowed and row.details.get("confirmation_of") == "opt_out":
            return not any(
                other.details.get("confirmation_of") == "opt_out" and wish.at < other.at < row.at
                for other in timeline.tested(blocked, rule)
                if other.person == row.person
            )
        return bool(reply_allowed) and row.purpose == "reply" and _answers_a_contact(timeline, wish, row)

    return Check(rule, run, wakes({"preference"}, blocked))


def _answers_a_contact(timeline: Timeline, wish: Row, row: Row) -> bool:
    """True for the first reply after the person, since the wish, came in through the same medium."""
    media = CALLS if row.kind in CALLS else frozenset({row.kind})
    since = [other for other in timeline.all_of(media) if wish.at <= other.at < row.at and other.person == row.person]
    for other in reversed(since):
        if other.way == "in":
            return True
        if other.purpose == "reply":
            return False
    return False
