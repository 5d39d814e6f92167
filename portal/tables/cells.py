"""Owns what a single cell may hold: one `CellType` for each sort of column, turning the text that was sent into a value.

A reader is given the cell without the spaces around it, never empty, and the present instant; it returns the value or
raises `Unfit`. Digits are ASCII digits only: other scripts' digits look the same to no program and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from portal.tables.faults import Unfit
from portal.tables.iso_codes import COUNTRIES, CURRENCIES
from portal.tables.masking import mask_identifiers
from portal.tables.strict_json import canonical, loads

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock may run ahead of ours (contract, section 4)."""


@dataclass(frozen=True, slots=True)
class CellType:
    """What a column holds. `name` is also the name of the repair that `portal.problems` words for a bad cell."""

    name: str
    read: Callable[[str, datetime], Any]
    schema: Mapping[str, Any]
    hints: Mapping[str, str] = field(default_factory=dict)
    remembered: int = 4096
    """How many cells and their values to keep while reading a file; 0 where hardly any cell comes twice."""

    @property
    def is_number(self) -> bool:
        """Whether a spreadsheet may see the cell as a number: such cells need no guard against formulas."""
        return self.name in ("money", "count")


# No text may hold control characters, halves of surrogate pairs (nobody can store either) or U+FFFD, which is what some
# program left of a letter it could not read. Only free text has several lines.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")
_NOT_IN_ONE_LINE = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffd]")


def text(longest: int = 200, *, remembered: int = 4096) -> CellType:
    """One line of text."""

    def read(cell: str, now: datetime) -> str:
        if len(cell) > longest:
            raise Unfit("too_long", limit=longest)
        if not (cell.isascii() and cell.isprintable()) and _NOT_IN_ONE_LINE.search(cell):
            raise Unfit("bad_{}", "text")
        return cell

    return CellType("text", read, {"type": "string", "maxLength": longest}, remembered=remembered)


def ref(*, unique: bool = False) -> CellType:
    """Somebody's reference for a thing, at most 100 characters; `unique` where each row has another one."""
    return text(100, remembered=0 if unique else 65536)


def prose(longest: int = 4000) -> CellType:
    """Free text of people, with line breaks; identity and card numbers in it are masked (contract 4.2, `note`)."""

    def read(cell: str, now: datetime) -> str:
        _fits(cell, longest)
        if _UNPRINTABLE.search(cell):
            raise Unfit("bad_{}", "text")
        return mask_identifiers(cell)[0]

    return CellType("prose", read, {"type": "string", "maxLength": longest})


def choice(values: Iterable[str], aliases: Mapping[str, str] | None = None) -> CellType:
    """One of a list of codes, written exactly so; an alias is read as the code it stands for."""
    codes = tuple(values)
    known = {code: code for code in codes} | dict(aliases or {})

    def read(cell: str, now: datetime) -> str:
        if cell not in known:
            raise Unfit("bad_{}", "choice")
        return known[cell]

    return CellType("choice", read, {"type": "string", "enum": list(codes)}, {"allowed": ", ".join(codes)})


_CENT = Decimal("0.01")
_MONEY = re.compile(r"(-?)[0-9]{1,15}(?:\.[0-9]{1,2})?")


def money(*, negative: bool = False) -> CellType:
    """An amount in major units with at most two decimals, exact; below zero only where `negative`."""

    def read(cell: str, now: datetime) -> Decimal:
        match = _MONEY.fullmatch(cell)
        if match is None:
            raise Unfit("bad_{}", "money")
        amount = Decimal(cell).quantize(_CENT)  # 100 and 100.00 say the same
        if not amount:
            return abs(amount)  # There is no amount of minus nothing.
        if match[1] and not negative:
            raise Unfit("negative_{}", "negative")
        return amount

    sign = "-?" if negative else ""
    return CellType(
        "money", read, {"type": ["string", "number"], "pattern": rf"^{sign}[0-9]{{1,15}}(\.[0-9]{{1,2}})?$"}
    )


_WHOLE = re.compile("-?[0-9]{1,9}")


def count() -> CellType:
    """A whole number from 0 to 999,999,999."""

    def read(cell: str, now: datetime) -> int:
        if not _WHOLE.fullmatch(cell):
            raise Unfit("bad_{}", "count")
        if int(cell) < 0:
            raise Unfit("negative_{}", "negative")
        return int(cell)

    return CellType("count", read, {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]{1,9}$"})


def flag() -> CellType:
    """`yes` or `no`; a boolean in JSON."""

    def read(cell: str, now: datetime) -> bool:
        if cell not in ("yes", "no"):
            raise Unfit("bad_flag", "flag")
        return cell == "yes"

    return CellType("flag", read, {"type": ["boolean", "string"], "enum": ["yes", "no", True, False]})


_DAY = re.compile("(?:1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}")


def day() -> CellType:
    """A calendar day as YYYY-MM-DD, of the years 1800 to 2199: any other year is a slip of the hand."""

    def read(cell: str, now: datetime) -> date:
        try:
            if _DAY.fullmatch(cell):
                return date.fromisoformat(cell)
        except ValueError:
            pass
        raise Unfit("bad_{}", "day")

    return CellType("day", read, {"type": "string", "format": "date"})


_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_INSTANT = re.compile(rf"(?:19|20)[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}{_TIME}(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])")
_NEARLY_INSTANT = re.compile(
    r"(?P<clock>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)"
    r"(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def instant() -> CellType:
    """A moment that has been, as ISO 8601 with its offset from UTC; the value is aware and in UTC."""
    return CellType("instant", _read_instant, {"type": "string", "format": "date-time"}, remembered=0)


def _read_instant(cell: str, now: datetime) -> datetime:
    if not _INSTANT.fullmatch(cell):
        raise _why_no_instant(cell)
    try:
        moment = datetime.fromisoformat(cell).astimezone(UTC)
    except ValueError:
        raise Unfit("impossible_date", "impossible_date") from None
    if moment > now and moment - now > CLOCK_TOLERANCE:
        raise Unfit("impossible_date", "future")
    return moment


def _why_no_instant(cell: str) -> Unfit:
    match = _NEARLY_INSTANT.fullmatch(cell)
    if match is None:
        return Unfit("unreadable_date")
    try:
        datetime.fromisoformat(match["clock"])
    except ValueError:
        return Unfit("impossible_date")
    return Unfit("impossible_date" if match["offset"] else "missing_offset")


def currency() -> CellType:
    """An ISO 4217 code in capitals."""
    return _one_of("currency", CURRENCIES, "^[A-Z]{3}$")


def country() -> CellType:
    """An ISO 3166-1 alpha-2 code in capitals."""
    return _one_of("country", COUNTRIES, "^[A-Z]{2}$")


def _one_of(name: str, codes: frozenset[str], pattern: str) -> CellType:
    def read(cell: str, now: datetime) -> str:
        if cell not in codes:
            raise Unfit("bad_{}", name)
        return cell

    return CellType(name, read, {"type": "string", "pattern": pattern})


def pattern(name: str, expression: str) -> CellType:
    """A short code of a given form; `name` names its repair."""
    form = re.compile(expression)

    def read(cell: str, now: datetime) -> str:
        if not form.fullmatch(cell):
            raise Unfit("bad_{}", name)
        return cell

    return CellType(name, read, {"type": "string", "pattern": f"^{expression}$"})


@cache
def _zones() -> frozenset[str]:
    """The names of the time-zone database, without the files in its folder that name no place."""
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


def zone() -> CellType:
    """The name of one time zone, such as America/New_York."""

    def read(cell: str, now: datetime) -> str:
        if cell not in _zones():
            raise Unfit("bad_time_zone", "zone")
        return cell

    return CellType("zone", read, {"type": "string"})


def zones() -> CellType:
    """Several time zones with `;` between them; the value is the same list, spelled without spaces and repetitions."""

    def read(cell: str, now: datetime) -> str:
        names = _listed(cell)
        if not names or not _zones().issuperset(names):
            raise Unfit("bad_time_zone", "zones")
        return ";".join(names)

    return CellType("zones", read, {"type": "string"})


def refs(longest: int = 2000) -> CellType:
    """Several references with `;` between them; the value is the same list, spelled without spaces and repetitions."""
    line = text(longest)

    def read(cell: str, now: datetime) -> str | None:
        return ";".join(_listed(line.read(cell, now))) or None

    return CellType("text", read, line.schema)


def _listed(cell: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def json_object(longest: int = 20_000) -> CellType:
    """A JSON object. In CSV and XLSX the cell holds its text."""

    def read(cell: str, now: datetime) -> dict[str, Any]:
        _fits(cell, longest)
        try:
            value = loads(cell)
            canonical(value)
        except ValueError:
            raise Unfit("bad_{}", "object") from None
        if not isinstance(value, dict):
            raise Unfit("bad_{}", "object")
        return value

    return CellType("object", read, {"type": "object"})


def _fits(cell: str, longest: int) -> None:
    if len(cell) > longest:
        raise Unfit("too_long", limit=longest)
