"""Owns a sender's saved mapping: from its own column names, codes, date and number styles to ours (contract, section 4).

A mapping works on texts only: a cell is first said in our words and then read like everybody else's. A cell that the
mapping does not understand is left as it is, and is then judged by our rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from portal.tables.model import Column

DateOrder = Literal["ymd", "dmy", "mdy"]
Translation = Callable[[str], str]

_DATE = {
    "ymd": r"(?P<y>[0-9]{4})[-/.年]?(?P<m>[0-9]{1,2})[-/.月]?(?P<d>[0-9]{1,2})日?",
    "dmy": r"(?P<d>[0-9]{1,2})[-/.](?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})",
    "mdy": r"(?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})[-/.](?P<y>[0-9]{4})",
}
_TIME = r"(?:[T ]+(?P<hour>[0-9]{1,2}):(?P<rest>[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
_OFFSET = r" ?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"


@dataclass(frozen=True)
class SenderMapping:
    """How one sender writes. `columns` and `codes` are keyed by the sender's words; codes first by our column."""

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_order: DateOrder | None = None
    """None: dates and instants come in our own form."""
    decimal_mark: Literal[".", ","] = "."
    group_mark: Literal["", ",", ".", " ", "'"] = ""
    zone: str | None = None
    """The zone of the sender's clock, for instants that come without an offset."""

    def translation(self, column: Column) -> Translation | None:
        """What says a cell of this column in our words; None if nothing has to be said otherwise."""
        steps = [step for step in (self._code(column), self._style(column)) if step]
        if len(steps) == 2:
            first, second = steps
            return lambda cell: second(first(cell))
        return steps[0] if steps else None

    def _code(self, column: Column) -> Translation | None:
        codes = self.codes.get(column.name)
        return (lambda cell: codes.get(cell, cell)) if codes else None

    def _style(self, column: Column) -> Translation | None:
        name = column.type.name
        if name == "money" and (self.decimal_mark, self.group_mark) != (".", ""):
            return self._number()
        if name == "day" and self.date_order:
            form = re.compile(_DATE[self.date_order])
            return lambda cell: _iso(match) if (match := form.fullmatch(cell)) else cell
        if name == "instant" and (self.date_order or self.zone):
            return self._instant(re.compile(_DATE[self.date_order or "ymd"] + _TIME + _OFFSET))
        return None

    def _number(self) -> Translation:
        """Groups are of three digits, so that 50.00 is never taken for five thousand where `.` groups."""
        # Printed numbers are grouped by spaces at which no line may break.
        group = r"[ \u00a0\u202f]" if self.group_mark == " " else re.escape(self.group_mark)
        grouped = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|" if self.group_mark else ""
        form = re.compile(rf"(-?(?:{grouped}[0-9]+))(?:{re.escape(self.decimal_mark)}([0-9]{{1,2}}))?")

        def translate(cell: str) -> str:
            match = form.fullmatch(cell)
            if not match:
                return cell
            return re.sub(group, "", match[1]) + (f".{match[2]}" if match[2] else "")

        return translate

    def _instant(self, form: re.Pattern[str]) -> Translation:
        zone = ZoneInfo(self.zone) if self.zone else None

        def translate(cell: str) -> str:
            match = form.fullmatch(cell)
            if not match or match["hour"] is None:
                return cell
            local = f"{_iso(match)}T{_hour(match):02d}:{match['rest']}"
            return local + (match["offset"] or (_offset(local, zone) if zone else ""))

        return translate

    def as_json(self) -> dict[str, Any]:
        """The mapping as a JSON object, without what is as in our own form."""
        told = {
            **asdict(self),
            "columns": dict(self.columns),
            "codes": {name: dict(codes) for name, codes in self.codes.items()},
        }
        return {name: value for name, value in told.items() if value != getattr(NO_MAPPING, name)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any] | None) -> SenderMapping:
        """The mapping that `as_json` told; our own form for None."""
        return cls(**told) if told else NO_MAPPING


NO_MAPPING = SenderMapping()


def _iso(match: re.Match[str]) -> str:
    return f"{match['y']}-{int(match['m']):02d}-{int(match['d']):02d}"


def _hour(match: re.Match[str]) -> int:
    hour = int(match["hour"])
    if not match["half"]:
        return hour
    return hour % 12 + (12 if match["half"] in "Pp" else 0)


def _offset(local: str, zone: ZoneInfo) -> str:
    """The zone's offset then; the earlier one of an hour that comes twice. Empty for a time that never was there."""
    try:
        moment = datetime.fromisoformat(local).replace(tzinfo=zone)
    except ValueError:
        return ""
    if moment.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
        return ""
    return f"{moment:%z}"[:5]
