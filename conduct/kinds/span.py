"""How long a deadline is: so many days of a sort, longer where an extension's conditions are met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conduct.days import add
from conduct.dossier import Record
from conduct.facts import as_day
from conduct.kinds.matching import condition, getter


class Span:
    """The days of one deadline rule. Business days leave out weekends and the account's listed holidays."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._within: int = params["within"]
        self._unit = "business_days" if params["day_type"] == "business" else "days"
        self._extensions = [(entry, condition(entry.get("where", {}))) for entry in params["extensions"]]

    def deadline(self, record: Record, start: int, within: int | None = None) -> int:
        """The last day in time, with the extensions this record has earned; `within` replaces the rule's own count."""
        longest = self._within if within is None else within
        for entry, is_met in self._extensions:
            if is_met(record) is True and self._was_told(record, start, entry):
                longest = max(longest, entry["within"])
        return self.after(record, start, longest)

    def after(self, record: Record, start: int, count: int) -> int:
        """The day on which `count` of the rule's days are over."""
        return add(start, count, self._unit, record.account.holidays)

    def _was_told(self, record: Record, start: int, entry: Mapping[str, Any]) -> bool:
        """True when the extension needs no word to anybody, or the word came in time."""
        if "told" not in entry:
            return True
        told = as_day(getter(entry["told"])(record))
        return isinstance(told, int) and told <= self.after(record, start, entry["told_within"])
