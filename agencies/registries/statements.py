"""What a register says of one agency, as a value; and the rule what of it is news. No network, no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from agencies.registries.transport import Malformed
from portal.errors import N_


class Bearing(StrEnum):
    """What a register's status means for the one it speaks of."""

    GOOD = "good"
    ENDED = "ended"  # withdrawn, suspended, revoked, expired, dissolved: it counts for nothing now
    UNCLEAR = "unclear"  # nobody but a person can tell
    ABSENT = "absent"  # the register knows no such number


@dataclass(frozen=True, slots=True)
class Statement:
    """What a register says under one number. `facts` are named by msgids."""

    bearing: Bearing
    name: str = ""
    status: str = ""  # in the register's own word
    since: date | None = None
    until: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The statement as it is stored."""
        told = asdict(self)
        told["since"], told["until"] = (day.isoformat() if day else None for day in (self.since, self.until))
        return told

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Statement:
        """The stored statement again."""
        days = {name: date.fromisoformat(stored[name]) if stored[name] else None for name in ("since", "until")}
        return cls(Bearing(stored["bearing"]), stored["name"], stored["status"], facts=stored["facts"], **days)


ABSENT = Statement(Bearing.ABSENT)

WHAT = {
    "name": N_("Name"),
    "status": N_("Status"),
    "since": N_("In this status since"),
    "until": N_("Last day"),
    "presence": N_("In the register"),
}
"""What can differ besides the facts, by the field of Statement."""


PLAIN = (N_("yes"), N_("no"), N_("present"), N_("absent"))
"""What facts say in these words is shown in the reader's language; all else in the register's own."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a register now says otherwise. `what` is a key of WHAT or the msgid of a fact."""

    what: str
    before: str
    after: str


def differences(before: Statement, after: Statement) -> list[Difference]:
    """What the later statement says otherwise than the earlier one; the status first."""
    if (before.bearing is Bearing.ABSENT) != (after.bearing is Bearing.ABSENT):
        return [Difference("presence", _presence(before), _presence(after))]
    pairs = {
        "status": (before.status, after.status), "name": (before.name, after.name), "since": (_day(before.since), _day(after.since)),
        "until": (_day(before.until), _day(after.until)),
        **{name: (before.facts.get(name, ""), after.facts.get(name, "")) for name in sorted({*before.facts, *after.facts})},
    }  # fmt: skip
    return [Difference(what, old, new) for what, (old, new) in pairs.items() if old != new]


def doubts(first: Statement) -> list[Difference]:
    """What a person has to look at when a register speaks of an agency for the first time: everything but a good status."""
    if first.bearing is Bearing.ABSENT:
        return [Difference("presence", "", _presence(first))]
    return [] if first.bearing is Bearing.GOOD else [Difference("status", "", first.status)]


def _presence(statement: Statement) -> str:
    return "absent" if statement.bearing is Bearing.ABSENT else statement.status or "present"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


# -- reading what registers write ------------------------------------------------------------------------------------------

DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%a %b %d %H:%M:%S %Z %Y")


def text_in(row: Any, name: str, *others: str) -> str:
    """A text field, under its present or an earlier name; empty where there is none. Raises Malformed where the row is none."""
    if not isinstance(row, dict):
        raise Malformed("a record is not an object")
    return next((str(row[one]).strip() for one in (name, *others) if row.get(one) not in (None, "")), "")


def day_in(text: str, form: str) -> date | None:
    """A day as a register writes it; None where it wrote nothing. `form` is one of DATE_FORMS. Raises Malformed."""
    if not text:
        return None
    try:
        return datetime.strptime(text[:10] if form == "%Y-%m-%d" else text, form).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError as error:
        raise Malformed(f"not a day: {text[:40]}") from error
