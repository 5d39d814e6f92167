"""Breaches, staged: each is a short scene on a person whose other life keeps its distance, so that exactly the marked rows are in breach.

Every rule here looks back seven days at most, or to an event of the scene itself. Eight days on which nothing else happens to
the person, on either side of a scene, therefore keep its counts its own. Where a rule counts by number, the scene uses one that
no tape holds: strangers share telephone numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Template
from typing import Final

from samples import places
from samples.panel import Person, Placement
from samples.sheet import Entry, Sheet
from samples.traffic import Habits, hashed, opening_papers

MARGIN: Final = 8
FOREVER: Final = date.max.toordinal()
# The guideline of the China Banking Association judges no row before its day; the others were in force before any sample.
IN_FORCE: Final = {"cn.cba2026.hours": date(2026, 1, 30), "cn.cba2026.attempts": date(2026, 1, 30)}

Hours = tuple[float, float]
BY_DAY: Final[Hours] = (9.5, 17.0)
EVENING: Final[Hours] = (17.5, 19.5)
LATE: Final[Hours] = (22.1, 23.4)
EARLY: Final[Hours] = (5.1, 7.8)

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a scene: days after its start, local hours to draw the time from, its cells with $names to fill in."""

    day: int
    hours: Hours
    kind: str
    cells: Cells
    breach: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Steps of which the marked ones break all of `rules`. After a scene that `ends` the matter the person is left alone."""

    rules: tuple[str, ...]
    steps: tuple[Step, ...]
    ends: bool = False

    def needs_email(self) -> bool:
        """Whether the person must have an e-mail address."""
        return any("$email" in step.cells.values() for step in self.steps)


_OUT: Final = {
    "direction": "out", "party": "consumer", "time_zones": "$zone", "collector_id": "$collector", "purpose": "collect",
}  # fmt: skip
_RINGS: Final = {
    **_OUT, "outcome": "no_answer", "endpoint": "$phone", "endpoint_type": "mobile", "dialer": "manual",
    "disclosed_debt": "no", "details": "$line",
}  # fmt: skip
_RINGS_SECOND_NUMBER: Final = {**_RINGS, "endpoint": "$second"}
_SPOKEN: Final = {"outcome": "conversation", "duration_s": "120", "disclosed_debt": "yes", "identified_caller": "yes"}
_TALKS: Final = {**_RINGS, **_SPOKEN}
_IS_RUNG: Final = {**_TALKS, "direction": "in", "purpose": "reply", "dialer": ""}
_TEXTS: Final = {
    **_OUT, "outcome": "delivered", "endpoint": "$phone", "endpoint_type": "mobile", "template_ref": "SMS-01",
    "dialer": "manual", "opt_out_notice": "yes", "disclosed_debt": "no", "identified_caller": "yes",
    "consent_ref": "CONS-$consumer", "details": "$sms",
}  # fmt: skip
_MAILS: Final = {
    **_TEXTS, "endpoint": "$email", "endpoint_type": "home", "template_ref": "EML-01", "dialer": "", "details": "$mail",
}  # fmt: skip
_WRITES: Final = {
    **_OUT, "outcome": "delivered", "template_ref": "LET-01", "disclosed_debt": "yes", "details": "$letter",
}  # fmt: skip
_THIRD: Final = {**_RINGS, "person_ref": "$consumer-N1", "endpoint": "$third", "endpoint_type": "home"}
_TELLS_NEIGHBOUR: Final = {**_THIRD, **_SPOKEN, "party": "neighbour"}
# In China a relative may be asked for the person's whereabouts once calls have failed, and must learn nothing.
_ASKS_RELATIVE: Final = {**_THIRD, "party": "relative", "purpose": "locate", "details": "$unreachable"}
_TELLS_RELATIVE: Final = {**_ASKS_RELATIVE, **_SPOKEN}
_RELATIVE_REFUSES: Final = {**_ASKS_RELATIVE, "outcome": "refused", "duration_s": "20", "identified_caller": "yes"}
_SAYS: Final = {"direction": "in", "party": "consumer", "collector_id": "$collector"}
_OPTS_OUT: Final = {**_SAYS, "endpoint": "$email", "endpoint_type": "home", "details": '{"medium":"email"}'}


def _calls(days: Sequence[int], cells: Cells = _RINGS) -> tuple[Step, ...]:
    return tuple(Step(day, BY_DAY, "call", cells) for day in days)


def _in_one_day(count: int, cells: Cells) -> tuple[Step, ...]:
    """So many calls an hour apart from 9:00 on, the last of them in breach."""
    return tuple(Step(0, (9 + n, 9.8 + n), "call", cells, breach=n == count - 1) for n in range(count))


def _alone(rule: str, kind: str, cells: Cells, hours: Hours = BY_DAY) -> Scene:
    """A row that needs no other to be in breach."""
    return Scene((rule,), (Step(0, hours, kind, cells, breach=True),))


def _after(rule: str, first: Step, day: int, kind: str, cells: Cells, *, ends: bool = False) -> Scene:
    """A row in breach because of what happened some days before."""
    return Scene((rule,), (first, Step(day, BY_DAY, kind, cells, breach=True)), ends)


def _cn_night(hours: Hours, kind: str, cells: Cells) -> Scene:
    return Scene(("cn.gbt45251.hours", "cn.cba2026.hours"), (Step(0, hours, kind, cells, breach=True),))


# Eight calls from Monday to Saturday: the eighth, on Saturday evening, is one too many.
_EIGHT_CALLS: Final = (
    *_calls((0, 1, 2, 3)),
    Step(3, EVENING, "call", _RINGS),
    *_calls((4, 5)),
    Step(5, EVENING, "call", _RINGS, breach=True),
)
_CEASE: Final = Step(0, BY_DAY, "cease_request", {**_SAYS, "details": '{"written":true,"medium":"letter"}'})
_ATTORNEY: Final = Step(
    0, BY_DAY, "attorney_notice", {**_SAYS, "details": '{"written":true,"attorney":"Example & Example LLP"}'}
)

# The scenes of a market in the order in which they come round. Night calls come oftest, as in the trade's complaints.
SCENES: Final[Mapping[str, tuple[Scene, ...]]] = {
    "US": (
        _alone("us.regf.time-of-day", "call", _RINGS, LATE),
        Scene(("us.regf.call-frequency",), _EIGHT_CALLS),
        _alone("us.regf.third-party-disclosure", "call", _TELLS_NEIGHBOUR),
        _after("us.regf.call-cooldown", Step(0, BY_DAY, "call", _TALKS), 3, "call", _RINGS),
        _alone("us.regf.optout-notice", "sms", {**_TEXTS, "opt_out_notice": "no"}),
        _after("us.regf.cease-communication", _CEASE, 4, "call", _RINGS, ends=True),
        _alone("us.regf.time-of-day", "call", _RINGS, EARLY),
        _after("us.regf.call-cooldown", Step(0, BY_DAY, "call", _IS_RUNG), 6, "call", _RINGS),
        _after("us.regf.optout-honored", Step(0, BY_DAY, "opt_out", _OPTS_OUT), 4, "email", _MAILS, ends=True),
        _alone("us.regf.time-of-day", "sms", _TEXTS, LATE),
        _after("us.regf.cease-communication", _CEASE, 3, "letter", _WRITES, ends=True),
        _alone("us.regf.optout-notice", "email", {**_MAILS, "opt_out_notice": "no"}),
        _after("us.regf.attorney-represented", _ATTORNEY, 5, "call", _RINGS, ends=True),
    ),
    "CN": (
        _cn_night(LATE, "call", _RINGS),
        Scene(("cn.gbt45251.freq_effective",), _in_one_day(4, _TALKS)),
        Scene(("cn.cba2026.attempts",), _in_one_day(7, _RINGS_SECOND_NUMBER)),
        Scene(
            ("cn.gbt45251.no_disclosure",),
            (*_calls((0, 1, 2)), Step(3, BY_DAY, "call", _TELLS_RELATIVE, breach=True)),
        ),
        _cn_night(EARLY, "sms", _TEXTS),
        Scene(
            ("cn.gbt45251.refusal_stop",),
            (
                *_calls((0, 1, 2)),
                Step(3, BY_DAY, "call", _RELATIVE_REFUSES),
                Step(5, BY_DAY, "call", _ASKS_RELATIVE, breach=True),
            ),
        ),
        _cn_night(EARLY, "call", _RINGS),
    ),
}  # fmt: skip


def rules_complete(countries: set[str]) -> list[str]:
    """The rules for which the list of breaches is complete when accounts of these countries are worked."""
    return sorted({rule for country in countries for scene in SCENES[country] for rule in scene.rules})


def stage(crowd: Sequence[Person], wanted: int, row_limit: int, sheet: Sheet, habits: Habits) -> dict[str, list[str]]:
    """Play up to `wanted` scenes, each on another person, within `row_limit` rows; the record ids in breach of each rule.

    Persons with several accounts, in strict places or held too briefly get none, so fewer may be staged than wanted.
    """
    found: dict[str, list[str]] = {
        rule: [] for rule in rules_complete({p.placements[0].account.country for p in crowd})
    }
    played: dict[str, int] = {}
    for person in crowd:
        if sum(played.values()) >= wanted or sheet.rows + 10 > row_limit:
            break
        country = person.placements[0].account.country
        scene = SCENES[country][played.get(country, 0) % len(SCENES[country])]
        start = _start(person, scene, habits)
        if start is not None:
            played[country] = played.get(country, 0) + 1
            _play(scene, person, start, sheet, habits, found)
    return found


def _start(person: Person, scene: Scene, habits: Habits) -> int | None:
    """The day the scene begins on, such that none of its days is a Sunday; None if the person cannot bear it."""
    placement = person.placements[0]
    room = placement.closes - scene.steps[-1].day - placement.opens + 1
    email = placement.account.email or not scene.needs_email()
    if len(person.placements) > 1 or person.strict or room < 7 or not email:
        return None
    begin = placement.opens + int(habits.draw() * (room - 6))
    return next((day for day in range(begin, begin + 7) if all((day + step.day) % 7 for step in scene.steps)), None)


def _play(scene: Scene, person: Person, start: int, sheet: Sheet, habits: Habits, found: dict[str, list[str]]) -> None:
    for paper in opening_papers(person, habits):
        sheet.write(paper)
    end = FOREVER if scene.ends else start + scene.steps[-1].day + MARGIN
    person.quiet = range(start - MARGIN + 1, end)
    for step in scene.steps:
        record_id = sheet.write(_entry(step, person.placements[0], start + step.day, habits))
        if step.breach:
            today = date.fromordinal(start + step.day)
            for rule in scene.rules:
                if today >= IN_FORCE.get(rule, date.min):
                    found[rule].append(record_id)


def _entry(step: Step, placement: Placement, day: int, habits: Habits) -> Entry:
    account, desk, draw = placement.account, habits.desk, habits.draw
    chinese = account.country == "CN"
    names = {
        "zone": account.time_zone, "phone": account.phone, "email": account.email, "consumer": account.consumer_ref,
        "collector": desk.collectors[int(draw() * len(desk.collectors))],
        "second": hashed("second", account.account_ref), "third": hashed("third", account.account_ref),
        "line": places.from_line(desk.line) if chinese else "",
        "unreachable": f'{{"from_number":"{desk.line}","contact_reason":"unreachable"}}',
        "sms": places.message("sms", account.country, account.region, desk.line, day),
        "mail": places.message("email", account.country, account.region, desk.line, day),
        "letter": places.letter(account.country, account.region),
    }  # fmt: skip
    filled = {column: Template(value).substitute(names) for column, value in step.cells.items()}
    first, last = step.hours
    second = int((first + draw() * (last - first)) * 3600)
    return Entry(account, day, second, step.kind, {column: value for column, value in filled.items() if value})
