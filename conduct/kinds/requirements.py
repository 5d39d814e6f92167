"""Single requirements of the kind `required_field`: one field of a row and what it must say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_amount, as_day, as_list, is_given, is_yes, words
from conduct.kinds.check import REVIEW, VIOLATION
from conduct.kinds.consents import consented
from conduct.kinds.matching import Answer, condition, getter

if TYPE_CHECKING:
    from conduct.timeline import Timeline

Failure = tuple[str, str] | None  # verdict and reason


class Requirement(ABC):
    """One requirement. `stage` says for which rows: those that reached somebody (''), any row, the first, or later ones."""

    def __init__(self, entry: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        self.field: str = entry["field"]
        self.stage: str = entry.get("stage", "")
        self._missing: str = entry.get("missing", params["missing"])
        self._over: str = params.get("over", VIOLATION)
        self._entry = entry

    def failure(self, timeline: Timeline, row: Row) -> Failure:
        """What is wrong with the row; None when nothing is."""
        said = self.is_met(timeline, row)
        if said is True or (said is None and self._missing == "pass"):
            return None
        return (self._missing, "field_unknown") if said is None else (self._over, "field_wrong")

    @abstractmethod
    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        """True when the requirement is met, None when the row does not say."""


class _Says(Requirement):
    """A field that must have, or must not have, some value."""

    def __init__(self, entry: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        super().__init__(entry, params)
        wanted: Any = entry["equals"] if "equals" in entry else entry.get("in")
        if "not" in entry:
            wanted = {"not": entry["not"]}
        if "present" in entry:
            wanted = {"present": True}
        self._fits = condition({self.field: wanted}, [self.field])

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        return self._fits(row)


class _Contains(Requirement):
    """A list that must hold every one of some words."""

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        listed = as_list(getter(self.field)(row))
        return None if listed is UNKNOWN else set(self._entry["contains"]) <= words(listed)


class _Consented(Requirement):
    """A live consent of the person; one that cannot be told apart leaves a question."""

    def failure(self, timeline: Timeline, row: Row) -> Failure:
        said = self.is_met(timeline, row)
        if said is True:
            return None
        return (REVIEW if said is None else self._missing), "no_consent"

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        return consented(timeline, row, self.field.partition(":")[2])


class _Registered(Requirement):
    """A value that must stand in a list of the agency."""

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        value, listed = getter(self.field)(row), as_list(getter(self._entry["registered_in"])(row))
        if value is UNKNOWN or listed is UNKNOWN:
            return None
        return str(value) in words(listed) and value is not None


class _LongEnough(Requirement):
    """A recording, say, that must be as long as the call but for some slack; nothing to test where either is not told."""

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        value, least = (as_amount(getter(path)(row)) for path in (self.field, self._entry["at_least"]))
        if not is_given(value) or not is_given(least):
            return True
        return bool(value >= least - self._entry["slack"])


class _Collectors(Requirement):
    """So many different people on a visit, each on the agency's roster, active and cleared for visits that day."""

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        companions = as_list(row.details.get("companions", UNKNOWN))
        people = {str(one) for one in (row.collector_id, *(companions or ())) if is_given(one)}
        cleared = [self._is_cleared(row, one) for one in people]
        if False in cleared:
            return False
        if len(people) < self._entry["distinct_min"]:
            return None if companions is UNKNOWN or row.collector_id is UNKNOWN else False
        return None if None in cleared else True

    def _is_cleared(self, row: Row, collector_id: str) -> Answer:
        roster = row.agency.collectors
        if roster is None:
            return True
        entry = roster.get(collector_id)
        if entry is None:
            return False
        start, end = as_day(entry.get("active_from", UNKNOWN)), as_day(entry.get("active_to", UNKNOWN))
        if (isinstance(start, int) and row.day < start) or (isinstance(end, int) and row.day > end):
            return False
        visits = entry.get("field_visits", UNKNOWN)
        return None if visits is UNKNOWN else is_yes(visits)


class _Recent(Requirement):
    """A number used by the person, or checked not to have changed hands, within so many days; the last day counts."""

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        settings = self._entry["recent"]
        days: int = settings["days"]
        checked = as_day(getter(self.field)(row))
        if isinstance(checked, int) and 0 <= row.day - checked <= days and condition(settings["result"])(row) is True:
            return True
        return any(
            message.way == "in"
            and message.at <= row.at
            and row.day - message.day <= days
            and is_given(message.endpoint)
            and message.endpoint == row.endpoint
            for message in timeline.all_of(frozenset({settings["inbound_kind"]}))
        )


class _Basis(Requirement):
    """A reason that is good only if a notice went out long enough before and the person has not opted out since."""

    def is_met(self, timeline: Timeline, row: Row) -> Answer:
        settings = self._entry["if_value"]
        if getter(self.field)(row) != settings["value"]:
            return True
        notices = [
            notice
            for notice in timeline.all_of(frozenset(settings["kinds"]))
            if notice.account.ref == row.account.ref
            and notice.at < row.at
            and row.day - notice.day >= settings["min_days"]
        ]
        return any(not self._opted_out_since(timeline, notice, row) for notice in notices)

    def _opted_out_since(self, timeline: Timeline, notice: Row, row: Row) -> bool:
        return any(
            notice.at <= out.at <= row.at
            and out.person == row.person
            and (not is_given(out.endpoint) or not is_given(row.endpoint) or out.endpoint == row.endpoint)
            for out in timeline.all_of(frozenset({"opt_out"}))
        )


_SORTS: Final[Mapping[str, type[Requirement]]] = {
    "contains": _Contains,
    "live": _Consented,
    "registered_in": _Registered,
    "at_least": _LongEnough,
    "distinct_min": _Collectors,
    "recent": _Recent,
    "if_value": _Basis,
    "equals": _Says,
    "in": _Says,
    "not": _Says,
    "present": _Says,
}


def requirement(entry: Mapping[str, Any], params: Mapping[str, Any]) -> Requirement:
    """The requirement an entry of `require` describes. ValueError when it describes none."""
    for key, sort in _SORTS.items():
        if key in entry:
            return sort(entry, params)
    raise ValueError(f"unreadable requirement {dict(entry)!r}")
