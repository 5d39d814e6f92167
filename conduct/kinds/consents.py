"""Whether a consent is live for a row, and what a person's newest preference forbids or allows at a time.

A consent counts for its person and its account from the instant it was given, never backwards, until its last date or
its withdrawal; one that names a number or address counts for that one. What was promised to the bank does not bind the
agency's contacts, nor the other way round.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_clock, as_day, as_flag, as_instant, is_given, items, words
from conduct.kinds.matching import Answer
from conduct.timeline import Timeline

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def consented(timeline: Timeline, row: Row, scope: str, *, oral: bool = True) -> Answer:
    """True when a consent of this scope is live for the row's person, account and endpoint; None when it cannot be told.

    With `oral` false, a consent reported as not given in writing does not count.
    """
    answer: Answer = False
    for consent in timeline.consents(scope):
        if not oral and as_flag(consent.details.get("written")) is False:
            continue
        said = consent.person == row.person and consent.account.ref == row.account.ref and holds(consent, row)
        if said:
            return True
        if said is None:
            answer = None
    return answer


def holds(consent: Row, row: Row) -> Answer:
    """Whether a consent holds at a row's time and for its endpoint, leaving aside whose it is and for which account."""
    details = consent.details
    if (
        consent.at > row.at
        or (details.get("given_to") == "creditor" and not row.by_creditor)
        or _is_revoked(consent, row)
    ):
        return False
    until = as_day(details.get("until"))
    if isinstance(until, int) and row.day > until:
        return False
    if not is_given(consent.endpoint):
        return True
    return None if row.endpoint is UNKNOWN else consent.endpoint == row.endpoint


def _is_revoked(consent: Row, row: Row) -> bool:
    revoked_at = consent.details.get("revoked_at")
    instant = as_instant(revoked_at)
    if isinstance(instant, datetime):
        return row.at >= instant
    day = as_day(revoked_at)
    return isinstance(day, int) and row.day >= day


def extra_calls_allowed(timeline: Timeline, row: Row, days: int) -> bool:
    """True for a call under a live consent to extra calls, with its own end and the law's.

    The consent day is day 1 of `days`; the consent also ends with the next conversation about the debt.
    """
    return any(
        consent.person == row.person
        and consent.debt == row.debt
        and row.day <= consent.day + days - 1
        and holds(consent, row) is True
        and not _talked_between(timeline, consent, row)
        for consent in timeline.consents("extra_calls")
    )


def _talked_between(timeline: Timeline, consent: Row, row: Row) -> bool:
    return any(
        talk.outcome == "conversation"
        and consent.at < talk.at < row.at
        and talk.person == row.person
        and row.debt in debts_discussed(timeline, talk)
        for talk in timeline.all_of(frozenset({"call"}))
    )


def debts_discussed(timeline: Timeline, row: Row) -> set[str]:
    """The particular debts a conversation was about: its own and those it names besides."""
    named = items(row.accounts_discussed)
    others = (timeline.accounts.get(str(ref)) for ref in named)
    return {row.debt, *map(str, named), *(account.debt for account in others if account)}


# -- preferences -----------------------------------------------------------


def agreed_at(consent_or_preference: Row, second: int, start: str, end: str) -> bool:
    """True when a local time lies in a range the row's details name, both ends included; a range may cross midnight."""
    opening = as_clock(consent_or_preference.details.get(start))
    closing = as_clock(consent_or_preference.details.get(end))
    if not isinstance(opening, int) or not isinstance(closing, int):
        return False
    if opening <= closing:
        return opening <= second <= closing
    return second >= opening or second <= closing


def blocks_time(preference: Row, times: Iterable[tuple[int, int]]) -> bool:
    """True when a preference forbids a contact at this time in any zone the person may be in."""
    details = preference.details
    blocked_days = {str(day).lower()[:3] for day in items(details.get("block_days"))}
    has_hours = is_given(details.get("only_from")) and is_given(details.get("only_to"))
    return any(
        _WEEKDAYS[(day + 6) % 7] in blocked_days
        or _in_blocked_hours(preference, second)
        or (has_hours and not agreed_at(preference, second, "only_from", "only_to"))
        for day, second in times
    )


def names_time(preference: Row) -> bool:
    """True when a preference speaks of days or hours at all."""
    return any(is_given(preference.details.get(key)) for key in ("block_days", "block_from", "only_from"))


def _in_blocked_hours(preference: Row, second: int) -> bool:
    opening, closing = (as_clock(preference.details.get(key)) for key in ("block_from", "block_to"))
    if not isinstance(opening, int) or not isinstance(closing, int):
        return False
    if opening <= closing:
        return opening <= second < closing
    return second >= opening or second < closing


def blocks_medium(preference: Row, kind: str) -> bool:
    """True when a preference forbids this medium; a ban on calls covers voicemail."""
    blocked = words(preference.details.get("block_media"))
    return kind in blocked or (kind == "voicemail" and "call" in blocked)


def blocks_place(preference: Row, row: Row, among: Collection[str] = ()) -> Answer:
    """Whether a preference forbids the place a row reached: the kind of its endpoint or the place it reports.

    With `among`, only those places of the preference are looked at.
    """
    blocked = words(preference.details.get("block_place"))
    if among:
        blocked &= set(among)
    if not blocked:
        return False
    if row.endpoint_type in blocked or str(row.details.get("place")) in blocked:
        return True
    nothing_told = row.endpoint_type is UNKNOWN and not is_given(row.details.get("place"))
    return None if nothing_told else False
