"""How single facts are read: what is unknown, what is none, and dates, instants, amounts and lists in any spelling.

A key that is absent is unknown; a key that is null says that there is none. The two never mean the same, so every reader
below passes both through untouched and the rules decide. Facts come as JSON from case files and as Python values from the
database; the readers take either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, Literal


class Unknown(Enum):
    """The one value that stands for a fact nobody reported. It is not None: None was reported, and means there is none."""

    UNKNOWN = "unknown"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


class _Nothing(dict[str, Any]):
    """The empty mapping that rows without details share; it stays empty, so it can be a default."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __setitem__(self, key: str, value: object) -> None:
        raise TypeError("facts are not written to")


NOTHING: Final[Mapping[str, Any]] = _Nothing()

Text = str | None | Unknown
Day = int | None | Unknown

# Dates that mean "for ever" (9999-12-31) are drawn back to the year 9583, so that periods can still be added to them.
_LAST_DAY = 3_500_000


def is_given(value: object) -> bool:
    """True when the fact is known and is not none."""
    return value is not None and value is not UNKNOWN


def as_instant(value: object) -> datetime | Unknown | None:
    """The instant a fact names, always with its offset; unknown when it cannot be read or names no offset."""
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, datetime):
        return value if value.tzinfo else UNKNOWN
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return UNKNOWN
    return instant if instant.tzinfo else UNKNOWN


def as_day(value: object) -> Day:
    """The calendar day a fact names, as a day number (`date.toordinal`); unknown when it cannot be read.

    An instant gives the date as it was written, with the offset it was written in.
    """
    if value is None or isinstance(value, Unknown):
        return value
    try:
        found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    except ValueError:
        return UNKNOWN
    return min(found.toordinal(), _LAST_DAY)


def as_amount(value: object) -> Decimal | Unknown | None:
    """The exact number a fact names; unknown when it cannot be read. A float is read by its shortest spelling."""
    if value is None or isinstance(value, Unknown | Decimal):
        return value
    if isinstance(value, bool):
        return UNKNOWN
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return UNKNOWN
    return amount if amount.is_finite() else UNKNOWN


def as_list(value: object) -> tuple[Any, ...] | Unknown | None:
    """The items of a list fact; text is taken apart at its semicolons, and a mapping of yes/no gives the keys said yes to."""
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    if isinstance(value, Mapping):
        return tuple(key for key, said in value.items() if as_flag(said) is True)
    return tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)


def items(value: object) -> tuple[Any, ...]:
    """The items of a list fact; none where the list is unknown or none."""
    return as_list(value) or ()


def words(value: object) -> frozenset[str]:
    """The items of a list fact as words."""
    return frozenset(map(str, as_list(value) or ()))


def as_records(value: object) -> tuple[Mapping[str, Any], ...]:
    """The items of a list fact that are records with named fields; none for anything else."""
    items = value if isinstance(value, list | tuple) else (value,)
    return tuple(item for item in items if isinstance(item, Mapping))


def as_flag(value: object) -> bool | Unknown | None:
    """A yes/no fact in either spelling (yes, no, true, false); unknown when it is neither."""
    if value is None or isinstance(value, bool | Unknown):
        return value
    return {"yes": True, "true": True, "no": False, "false": False}.get(str(value).strip().lower(), UNKNOWN)


def is_yes(value: object) -> bool:
    """True for a yes/no fact that says yes."""
    return as_flag(value) is True


def as_clock(value: object) -> int | Unknown | None:
    """Seconds since midnight of a local 'HH:MM' or 'HH:MM:SS'; unknown when it cannot be read. '24:00' is the day's end."""
    if value is None or isinstance(value, Unknown):
        return value
    parts = str(value).split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdigit() for part in parts):
        return UNKNOWN
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    total = hours * 3600 + minutes * 60 + seconds
    return total if minutes < 60 and seconds < 60 and total <= 86_400 else UNKNOWN


def same(value: object, wanted: object) -> bool:
    """True when two reported values mean the same: 'yes' is true, 7 is '7'."""
    if value == wanted:
        return True
    if isinstance(value, bool) or isinstance(wanted, bool):
        return as_flag(value) is as_flag(wanted) and isinstance(as_flag(value), bool)
    return is_given(value) and str(value) == str(wanted)
