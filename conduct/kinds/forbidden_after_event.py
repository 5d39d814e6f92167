"""Kind `forbidden_after_event`: from an event until its release, rows of some kinds are forbidden.

Events that are rows are judged here. Standing facts of the account and open complaints are in `standing_ban`, breathing
spaces in `moratorium`, and what a person prefers in `preference_ban`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.days import add_business_days, iso
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_amount, as_day, is_given, words
from conduct.kinds import moratorium, preference_ban, standing_ban
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import holds
from conduct.kinds.exceptions import Exceptions
from conduct.kinds.matching import Answer, account_condition, any_condition, condition, first_given
from conduct.timeline import CALLS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one ban, by what its event is."""
    params = rule.params
    if "preference" in params:
        return preference_ban.compile_(rule)
    if params["scope"] == "listed_accounts":
        return moratorium.compile_(rule)
    events = params["event"] if isinstance(params["event"], list) else [params["event"]]
    if not any("kinds" in event for event in events):
        return standing_ban.compile_(rule)
    return _Ban(rule, events).check()


class _Ban:
    """A ban that a row starts."""

    def __init__(self, rule: Rule, events: list[dict[str, Any]]) -> None:
        params = rule.params
        doubtful = params.get("doubtful", ())
        until = params.get("until", {})
        self._rule = rule
        self._report = Reporter(rule)
        self._over: str = params["over"]
        self._event_kinds = frozenset(kind for event in events for kind in event["kinds"])
        self._is_event = any_condition(
            [{"kind": event["kinds"], **event.get("where", {})} for event in events], doubtful
        )
        self._blocked = frozenset(params["blocks"])
        self._reaches = _SCOPES[params["scope"]]
        self._release_kinds = frozenset(until.get("kinds", ()))
        self._is_release = condition(until.get("where", {}))
        self._ends_on = until.get("ends_on", "")
        self._boundary = _Boundary(params["boundary"])
        self._exceptions = Exceptions(params["except"])
        self._confirmation_allowed = "one_optout_confirmation" in params["except"]
        self._parties = frozenset(params.get("parties", ()))
        self._dialers = frozenset(params.get("dialers", ()))
        self._of_account = account_condition(params.get("account_where", {}))
        self._of_row = condition(params.get("blocks_where", {}), list(params.get("blocks_where", {})))
        self._softened = condition(params["softened_by"]) if "softened_by" in params else None
        self._same_day_review = frozenset(params.get("same_day_review", ()))
        self._party_needs = {
            party: condition(needs, list(needs)) for party, needs in params.get("party_needs", {}).items()
        }
        self._since = params.get("since", "")
        self._timely = params.get("timely", {})
        self._undisputed: bool = params.get("undisputed_part", False)
        self._release_days: int = params.get("release_deadline_days", 0)

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._event_kinds, () if self._release_days else self._blocked))

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        events = self._events(timeline)
        if not events:
            return
        for row in timeline.tested(self._blocked, self._rule):
            if (self._parties and row.who not in self._parties) or self._exceptions.excuse(row):
                continue
            if self._confirmation_allowed and self._confirms(timeline, events, row):
                continue
            found = self._worst(timeline, events, row)
            if found:
                verdict, event = found
                yield self._report(
                    row, verdict, "forbidden_since_event", [event], event=event.kind, since=iso(event.day)
                )
        if self._release_days:
            yield from self._late_releases(timeline, events)

    # -- events and their ends -------------------------------------------
    def _events(self, timeline: Timeline) -> list[tuple[Row, bool]]:
        """The events, each with whether it is doubtful."""
        found = []
        for row in timeline.seen(self._event_kinds, self._rule):
            said = self._is_event(row)
            if said is False or self._releases(row) or (self._timely and not self._is_timely(timeline, row)):
                continue
            found.append((row, said is None))
        return found

    def _releases(self, row: Row) -> bool:
        return row.kind in self._release_kinds and not self._ends_on and self._is_release(row) is True

    def _is_timely(self, timeline: Timeline, event: Row) -> bool:
        """True unless a notice of the account names a period that was over when the event came."""
        read = first_given(self._timely["field"])
        notices = [
            row
            for row in timeline.all_of(frozenset(self._timely["kinds"]))
            if row.account.ref == event.account.ref and row.at <= event.at
        ]
        end = as_day(read(notices[-1])) if notices else UNKNOWN
        return not isinstance(end, int) or event.day <= end

    def _is_over(self, timeline: Timeline, event: Row, row: Row, day: int) -> bool:
        """True when the ban was released before the row."""
        if self._ends_on:
            return any(
                isinstance(end, int) and day >= end
                for notice in timeline.all_of(self._release_kinds)
                if self._reaches(notice, row)
                for end in [as_day(first_given(self._ends_on)(notice))]
            )
        return any(
            event.at <= release.at <= row.at and release is not event and self._frees(release, row)
            for release in timeline.all_of(self._release_kinds)
            if self._is_release(release) is True
        )

    def _frees(self, release: Row, row: Row) -> bool:
        if release.kind == "consent":
            same = release.person == row.person and release.account.ref == row.account.ref
            return same and holds(release, row) is True
        return self._reaches(release, row) is not False

    # -- one row ---------------------------------------------------------
    def _worst(self, timeline: Timeline, events: list[tuple[Row, bool]], row: Row) -> tuple[str, Row] | None:
        found = None
        for event, doubtful in events:
            verdict = self._verdict(timeline, event, doubtful, row)
            if verdict == VIOLATION:
                return verdict, event
            if verdict and found is None:
                found = verdict, event
        return found

    def _verdict(self, timeline: Timeline, event: Row, doubtful: bool, row: Row) -> str | None:
        day = timeline.step_day(row)
        started = self._boundary.reached(event, row)
        early = not started and self._is_before_notice(event, row, day)
        if event is row or not (started or early) or self._is_over(timeline, event, row, day):
            return None
        answers = self._answers(event, row)
        if False in answers or (self._undisputed and _demands_the_undisputed_part(event, row)):
            return None
        soft = self._softened is not None and self._softened(row) is True
        soft = soft or (row.kind in self._same_day_review and row.day == event.day)
        return REVIEW if doubtful or early or soft or None in answers else self._over

    def _answers(self, event: Row, row: Row) -> list[Answer]:
        needs = self._party_needs.get(row.who)
        return [
            self._reaches(event, row),
            self._of_account(row),
            self._of_row(row),
            self._is_by_machine(row),
            needs(event) if needs else True,
        ]

    def _is_by_machine(self, row: Row) -> Answer:
        if not self._dialers or row.kind not in CALLS:
            return True
        return None if row.dialer is UNKNOWN else row.dialer in self._dialers

    def _is_before_notice(self, event: Row, row: Row, day: int) -> bool:
        """True for a row between the day the event took effect and the day anybody was told of it."""
        since = as_day(first_given(self._since)(event)) if self._since else UNKNOWN
        return isinstance(since, int) and row.at < event.at and day >= since

    def _confirms(self, timeline: Timeline, events: list[tuple[Row, bool]], row: Row) -> bool:
        """True for the one confirmation an opt-out may get: the first after it."""
        if row.details.get("confirmation_of") != "opt_out":
            return False
        return any(row is self._first_confirmation(timeline, event) for event, _ in events)

    def _first_confirmation(self, timeline: Timeline, event: Row) -> Row | None:
        confirmations = (
            row
            for row in timeline.tested(self._blocked, self._rule)
            if row.at > event.at
            and row.details.get("confirmation_of") == "opt_out"
            and self._reaches(event, row) is not False
        )
        return next(confirmations, None)

    # -- the release itself ------------------------------------------------
    def _late_releases(self, timeline: Timeline, events: list[tuple[Row, bool]]) -> Iterator[Finding]:
        for event, doubtful in events:
            said = self._of_account(event)
            deadline = event.day + self._release_days
            if said is False or not self._rule.first_day <= event.day <= self._rule.last_day:
                continue
            verdict = REVIEW if doubtful or said is None else self._over
            release = self._first_release(timeline, event)
            if release and release.day > deadline:
                yield self._report(
                    release, verdict, "late_release", [event], due_on=iso(deadline), done_on=iso(release.day)
                )
            elif not release and isinstance(timeline.today, int) and timeline.today > deadline:
                yield self._report(event, verdict, "never_released", due_on=iso(deadline))

    def _first_release(self, timeline: Timeline, event: Row) -> Row | None:
        releases = (
            row
            for row in timeline.all_of(self._release_kinds)
            if row.at >= event.at and row.account.ref == event.account.ref and self._is_release(row) is True
        )
        return next(releases, None)


def _demands_the_undisputed_part(event: Row, row: Row) -> bool:
    """True when only part of the balance is disputed and the row asks for no more than the rest."""
    disputed, demanded = as_amount(event.details.get("disputed_amount")), as_amount(row.details.get("demanded_amount"))
    balance = as_amount(row.placement.get("balance", row.account.fact("balance")))
    if not (is_given(disputed) and is_given(demanded) and is_given(balance)):
        return False
    return bool(disputed < balance and demanded <= balance - disputed)  # type: ignore[operator]


class _Boundary:
    """When the ban begins: at the event, strictly after it, or after a number of business days."""

    def __init__(self, word: str) -> None:
        grace = re.fullmatch(r"after_(\d+)_business_days", word)
        if not grace and word not in ("after", "at_or_after"):
            raise ValueError(f"unknown boundary {word!r}")
        self._grace = int(grace.group(1)) if grace else 0
        self._at_once = word == "at_or_after"

    def reached(self, event: Row, row: Row) -> bool:
        """True when the ban has begun at the row."""
        if row.at < event.at or (row.at == event.at and not self._at_once):
            return False
        return not self._grace or row.day > add_business_days(event.day, self._grace, row.account.holidays)


# -- scopes: whether an event reaches a row ------------------------------------
def _same_account(event: Row, row: Row) -> Answer:
    """The event's account, or one that it names besides."""
    return row.account.ref == event.account.ref or row.account.ref in words(event.accounts_discussed)


def _same_endpoint(event: Row, row: Row) -> Answer:
    """The event's number or address; None when either is unknown and the person is the same."""
    if event.endpoint is UNKNOWN or row.endpoint is UNKNOWN:
        return None if row.person == event.person else False
    return event.endpoint is not None and event.endpoint == row.endpoint


def _endpoint_or_wider(event: Row, row: Row) -> Answer:
    """As the endpoint, but the event may speak of a whole medium or of every electronic one."""
    scope = event.details.get("scope")
    if scope not in ("all", "medium") or row.person != event.person:
        return _same_endpoint(event, row)
    return scope == "all" or row.kind in words(event.details.get("medium"))


_SCOPES: Final[Mapping[str, Callable[[Row, Row], Answer]]] = {
    "account": _same_account,
    "debt": lambda event, row: row.debt == event.debt,
    "person": lambda event, row: row.person == event.person,
    "endpoint": _same_endpoint,
    "endpoint_or_wider": _endpoint_or_wider,
}

KIND = Kind(
    compile_,
    required={
        "event": (dict, list), "blocks": list, "directions": list, "scope": str, "boundary": str, "except": list,
        "over": str,
    },
    optional={
        "until": dict, "parties": list, "release_deadline_days": int, "doubtful": list, "timely": dict,
        "undisputed_part": bool, "softened_by": dict, "same_day_review": list, "dialers": list, "account_where": dict, "blocks_where": dict, "blocks_facts": list,
        "follow_up": dict, "since": str, "party_needs": dict, "preference": dict, "preference_places": list, "default_days": int, "zone": str,
    },
)  # fmt: skip
