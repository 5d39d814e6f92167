"""An activity report recounted from its bytes alone: a small reader of contract 4 and one checker a rule.

Nothing here uses the generator's code or its bookkeeping; the zone of an account comes from the tape, never from a row's offset.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

Row = dict[str, str]


def words(text: str) -> set[str]:
    """The words of a text as a set."""
    return set(text.split())


CONTACTS = words("call voicemail sms email letter chat social visit")
KINDS = CONTACTS | words(
    "dispute cease_request opt_out attorney_notice hardship bankruptcy_notice deceased_notice identity_theft military_service "
    "moratorium consent preference promise plan validation_notice transfer_notice visit_notice verification optout_notice "
    "payment_order lawsuit arbitration judgment enforcement limitation_event skip_trace credit_report"
)
CHOICES = {
    "kind": KINDS,
    "direction": {"out", "in"},
    "outcome": words(
        "conversation no_answer busy voicemail_left voicemail_no_message not_in_service wrong_party answered_dropped refused "
        "delivered bounced met not_home"
    ),
    "party": words(
        "consumer spouse co_debtor guarantor attorney executor representative relative employer neighbour emergency_contact "
        "creditor other"
    ),
    "endpoint_type": {"home", "mobile", "work", "other"},
    "dialer": {"manual", "autodial", "prerecorded", "ai_voice"},
    "purpose": {"collect", "locate", "reply", "service", "legal"},
}
FLAGS = ("opt_out_notice", "disclosed_debt", "identified_caller")
ZONES = available_timezones()
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)?")


def read(body: bytes, form: str) -> list[Row]:
    """The data rows as they stand, empty cells as empty text."""
    text = body.decode("utf-8")
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return [_as_text(json.loads(line)) for line in text.splitlines()]


def _as_text(row: Mapping[str, object]) -> Row:
    columns = {
        column: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for column, value in row.items()
    }
    return defaultdict(str, columns)


def faults(row: Row, known: Iterable[str], now: datetime) -> list[tuple[str, str]]:
    """Every fault of a row as (column, code)."""
    found = [
        (column, f"missing_{column}")
        for column in ("record_id", "account_ref", "occurred_at", "kind")
        if not row[column]
    ]
    found += [
        (column, f"bad_{column}") for column, allowed in CHOICES.items() if row[column] and row[column] not in allowed
    ]
    found += [(column, "bad_flag") for column in FLAGS if row[column] not in ("", "yes", "no")]
    if row["account_ref"] and row["account_ref"] not in known:
        found.append(("account_ref", "unknown_account"))
    if any(zone not in ZONES for zone in row["time_zones"].split(";") if zone):
        found.append(("time_zones", "bad_time_zone"))
    if row["currency"] and not re.fullmatch("[A-Z]{3}", row["currency"]):
        found.append(("currency", "bad_currency"))
    for column, pattern in (("amount", r"-?\d+(\.\d{1,2})?"), ("duration_s", r"-?\d+"), ("instalments", r"-?\d+")):
        if row[column] and not re.fullmatch(pattern, row[column]):
            found.append((column, f"bad_{column}"))
        elif row[column].startswith("-"):
            found.append((column, f"negative_{column}"))
    found += [
        (column, f"bad_{column}")
        for column in ("due_on", "filed_on", "served_on")
        if row[column] and not _is_date(row[column])
    ]
    if row["details"] and not _is_object(row["details"]):
        found.append(("details", "bad_details"))
    if row["occurred_at"]:
        found += [("occurred_at", code) for code in _instant_fault(row["occurred_at"], now)]
    return found


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _instant_fault(text: str, now: datetime) -> list[str]:
    if not INSTANT.fullmatch(text):
        return ["unreadable_date"]
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return ["impossible_date"]
    if instant.tzinfo is None:
        return ["missing_offset"]
    return ["impossible_date"] if instant > now + timedelta(minutes=5) else []


@dataclass
class Recount:
    """What the bytes hold: sound rows, bad ones as (row, record id, column, code), repeated ones as (row, record id, first row)."""

    accepted: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str, str, str]] = field(default_factory=list)
    duplicates: list[tuple[int, str, int]] = field(default_factory=list)


def recount(rows: Iterable[Row], known: Iterable[str], now: datetime) -> Recount:
    """Sort the rows as contract 4 says: a known record id is a repetition and nothing else of it is looked at."""
    found, known = Recount(), set(known)
    first: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        record_id = row["record_id"]
        if record_id and record_id in first:
            found.duplicates.append((number, record_id, first[record_id]))
            continue
        bad = faults(row, known, now)
        found.problems += [(number, record_id, column, code) for column, code in bad]
        if not bad:
            first[record_id] = number
            found.accepted.append(row)
    return found


@dataclass(frozen=True)
class Event:
    """An accepted row with the person's own clock beside it."""

    row: Row
    at: datetime
    local: datetime

    def __getitem__(self, column: str) -> str:
        return self.row[column]

    @property
    def day(self) -> date:
        """The local date."""
        return self.local.date()

    def is_out(self, kinds: Iterable[str]) -> bool:
        """Whether it is an outbound row of one of these kinds."""
        return self["direction"] == "out" and self["kind"] in kinds


def events(rows: Iterable[Row], zones: Mapping[str, str]) -> list[Event]:
    """The rows in order of time; `zones`: account_ref to time zone."""
    made = []
    for row in rows:
        at = datetime.fromisoformat(row["occurred_at"])
        made.append(Event(row, at, at.astimezone(ZoneInfo(zones[row["account_ref"]]))))
    return sorted(made, key=lambda event: (event.at, event["record_id"]))


CALLS = {"call", "voicemail"}
ELECTRONIC = {"sms", "email", "chat", "social"}
Found = set[str]


def outside_us_hours(history: list[Event]) -> Found:
    """us.regf.time-of-day: outbound, letters apart, before 8:00:00 or after 21:00:00."""
    return {
        e["record_id"] for e in history if e.is_out(CONTACTS - {"letter"}) and not time(8) <= e.local.time() <= time(21)
    }


def outside_cn_hours(history: list[Event]) -> Found:
    """cn.gbt45251.hours: outbound, letters apart, from 22:00:00 to 7:59:59."""
    return {
        e["record_id"] for e in history if e.is_out(CONTACTS - {"letter"}) and not time(8) <= e.local.time() < time(22)
    }


def outside_cn_hours_2026(history: list[Event]) -> Found:
    """cn.cba2026.hours: the same from 30 January 2026 on."""
    return outside_cn_hours([e for e in history if e.day >= date(2026, 1, 30)])


def eighth_calls(history: list[Event]) -> Found:
    """us.regf.call-frequency: the eighth call to a person about a debt on seven consecutive local dates, and later ones."""
    calls: dict[tuple[str, str], list[date]] = defaultdict(list)
    found = set()
    for e in history:
        if (
            e.is_out(CALLS)
            and e["outcome"] not in ("busy", "not_in_service")
            and e["party"] not in ("attorney", "creditor")
        ):
            days = calls[e["person_ref"], e["account_ref"]]
            days.append(e.day)
            if sum(e.day - timedelta(days=6) <= day for day in days) > 7:
                found.add(e["record_id"])
    return found


def calls_after_a_talk(history: list[Event]) -> Found:
    """us.regf.call-cooldown: a call on a debt on the day of a conversation about it, later, or on the six days after."""
    talked: dict[tuple[str, str], date] = {}
    found = set()
    for e in history:
        key = (e["person_ref"], e["account_ref"])
        counts = e.is_out(CALLS) and e["outcome"] not in ("busy", "not_in_service")
        if counts and key in talked and e.day <= talked[key] + timedelta(days=6):
            found.add(e["record_id"])
        if e["kind"] == "call" and e["outcome"] == "conversation":
            for account_ref in (e["account_ref"], *filter(None, e["accounts_discussed"].split(";"))):
                talked[e["person_ref"], account_ref] = e.day
    return found


def after(
    event_kind: str, blocked: set[str], key: Callable[[Event], str], is_event: Callable[[Event], bool]
) -> Callable[[list[Event]], Found]:
    """Outbound rows of the blocked kinds after an event of that kind with the same key."""

    def check(history: list[Event]) -> Found:
        barred, found = set(), set()
        for e in history:
            if e.is_out(blocked) and key(e) in barred:
                found.add(e["record_id"])
            if e["kind"] == event_kind and is_event(e):
                barred.add(key(e))
        return found

    return check


after_cease = after(
    "cease_request", CONTACTS, lambda e: e["account_ref"], lambda e: json.loads(e["details"])["written"]
)
after_attorney = after("attorney_notice", CONTACTS, lambda e: e["account_ref"], lambda e: True)
after_opt_out = after("opt_out", ELECTRONIC, lambda e: e["endpoint"], lambda e: True)


def told_to(allowed: set[str]) -> Callable[[list[Event]], Found]:
    """Contact rows in which the debt was disclosed to a party that is not allowed to know."""

    def check(history: list[Event]) -> Found:
        return {
            e["record_id"]
            for e in history
            if e["kind"] in CONTACTS and e["disclosed_debt"] == "yes" and e["party"] not in {"", "consumer", *allowed}
        }

    return check


def without_opt_out(history: list[Event]) -> Found:
    """us.regf.optout-notice: electronic messages that do not say how to opt out."""
    return {e["record_id"] for e in history if e.is_out(ELECTRONIC) and e["opt_out_notice"] != "yes"}


def more_than(
    most: int, outcomes: set[str], key: str, parties: set[str] | None = None, since: date = date.min
) -> Callable[[list[Event]], Found]:
    """Outbound calls with one of the outcomes beyond `most` a key and local date."""

    def check(history: list[Event]) -> Found:
        counts: Counter[tuple[str, date]] = Counter()
        found = set()
        for e in history:
            if (
                e.is_out(CALLS)
                and e["outcome"] in outcomes
                and e.day >= since
                and (not parties or e["party"] in parties)
            ):
                counts[e[key], e.day] += 1
                if counts[e[key], e.day] > most:
                    found.add(e["record_id"])
        return found

    return check


def after_refusal(history: list[Event]) -> Found:
    """cn.gbt45251.refusal_stop: anything out to the endpoint of a contact person who has refused."""
    strangers = {"relative", "employer", "neighbour", "emergency_contact", "other"}
    barred, found = set(), set()
    for e in history:
        if e.is_out(CONTACTS) and e["endpoint"] in barred:
            found.add(e["record_id"])
        if e["outcome"] == "refused" and e["party"] in strangers:
            barred.add(e["endpoint"])
    return found


UNANSWERED = {"no_answer", "busy", "voicemail_left", "voicemail_no_message"}
RULES: dict[str, dict[str, Callable[[list[Event]], Found]]] = {
    "US": {
        "us.regf.time-of-day": outside_us_hours,
        "us.regf.call-frequency": eighth_calls,
        "us.regf.call-cooldown": calls_after_a_talk,
        "us.regf.cease-communication": after_cease,
        "us.regf.attorney-represented": after_attorney,
        "us.regf.optout-honored": after_opt_out,
        "us.regf.optout-notice": without_opt_out,
        "us.regf.third-party-disclosure": told_to(
            {"spouse", "guarantor", "co_debtor", "attorney", "executor", "creditor"}
        ),
    },
    "CN": {
        "cn.gbt45251.hours": outside_cn_hours,
        "cn.cba2026.hours": outside_cn_hours_2026,
        "cn.gbt45251.freq_effective": more_than(3, {"conversation"}, "person_ref", {"consumer"}),
        "cn.cba2026.attempts": more_than(6, UNANSWERED, "endpoint", since=date(2026, 1, 30)),
        "cn.gbt45251.refusal_stop": after_refusal,
        "cn.gbt45251.no_disclosure": told_to({"guarantor", "co_debtor", "attorney"}),
    },
}
