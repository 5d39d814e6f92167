"""Kind `amount_limit`: an amount a row states must not exceed a limit by more than a tolerance; equal passes.

With `floor` the limit is the least the amount may be.

All arithmetic is decimal. A limit is a number or another field; where it is not known the amount is a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_amount, as_day, as_list, is_given, is_yes
from conduct.kinds.check import REVIEW, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.matching import condition, flags, getter
from conduct.timeline import ALL_KINDS, CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

Problem = tuple[str, str, dict[str, Any]]


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one amount."""
    return _Limit(rule).check()


class _Limit:
    """The amount, its limit and what else the rule asks of the same rows."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._over: str = params["over"]
        self._kinds = frozenset(params["when"].get("kinds", ALL_KINDS))
        where = {path: wanted for path, wanted in params["when"].items() if path != "kinds"}
        self._when = condition(where, params.get("doubtful", ()))
        self._field: str = params["field"]
        self._read = getter(params["field"])
        self._limit_path: str = params["limit"]
        self._tolerance = Decimal(params["tolerance"])
        self._either_way: bool = params.get("either_way", False)
        self._floor: bool = params.get("floor", False)
        self._authority: bool = params.get("needs_authority", False)
        self._after: dict[str, Any] = params.get("after_event", {})
        self._flags = frozenset(params.get("flags", ()))
        self._claimed_step: bool = params.get("claimed_step", False)
        self._required: dict[str, Any] = params.get("required", {})

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._kinds))

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(self._kinds, self._rule, inbound=True):
            if row.kind in CONTACTS and row.way == "in":
                continue
            applies = self._when(row)
            if applies is False or not self._follows(timeline, row):
                continue
            for verdict, reason, told in self._problems(timeline, row):
                yield self._report(row, verdict if applies else REVIEW, reason, **told)

    def _follows(self, timeline: Timeline, row: Row) -> bool:
        """True when the row comes after the event the rule waits for, from the day that event names if it names one."""
        if not self._after:
            return True
        return any(
            event.at < row.at and row.day >= self._starts(event)
            for event in timeline.all_of(frozenset(self._after["kinds"]))
            if event.account.ref == row.account.ref or event.person == row.person
        )

    def _starts(self, event: Row) -> int:
        told = as_day(getter(self._after["from"])(event))
        return told if isinstance(told, int) else 0

    def _problems(self, timeline: Timeline, row: Row) -> Iterator[Problem]:
        yield from self._without_authority(row) if self._authority else self._exceeding(row)
        words = flags(row) & self._flags if self._flags else ()
        if words:
            yield (self._over if is_yes(row.details.get("confirmed")) else REVIEW), "flagged", {"flags": sorted(words)}
        claimed = row.details.get("claimed_step") if self._claimed_step else None
        if claimed and not any(
            other.account.ref == row.account.ref for other in timeline.all_of(frozenset({str(claimed)}))
        ):
            yield REVIEW, "step_not_taken", {"step": str(claimed)}
        for path, wanted in self._required.items():
            said = condition({path: wanted}, [path])(row)
            if said is not True:
                yield (REVIEW if said is None else self._over), "field_wrong", {"field": path}

    def _exceeding(self, row: Row) -> Iterator[Problem]:
        amount = as_amount(self._read(row))
        if not isinstance(amount, Decimal):
            return
        limit = self._limit(row)
        if not isinstance(limit, Decimal):
            yield REVIEW, "limit_unknown", {"amount": str(amount)}
            return
        excess = abs(amount - limit) if self._either_way else limit - amount if self._floor else amount - limit
        if excess > self._tolerance:
            reason = "amount_below" if self._floor else "amount_exceeded"
            yield self._over, reason, {"field": self._field, "amount": str(amount), "limit": str(limit)}

    def _limit(self, row: Row) -> Any:
        if self._limit_path[0].isdigit():
            return Decimal(self._limit_path)
        return as_amount(getter(self._limit_path)(row))

    def _without_authority(self, row: Row) -> Iterator[Problem]:
        """A fee above nothing, alone or as one of several lines, that names no ground it may be asked on."""
        charged = self._read(row)
        lines = as_list(charged) if isinstance(charged, list | tuple) else (charged,)
        for line in lines or ():
            amount = as_amount(line.get("amount") if isinstance(line, Mapping) else line)
            ground = line.get("fee_authority") if isinstance(line, Mapping) else getter(self._limit_path)(row)
            if amount and not is_given(ground if ground is not None else UNKNOWN):
                yield self._over, "fee_without_ground", {"amount": str(amount)}


KIND = Kind(
    compile_,
    required={"field": str, "limit": str, "tolerance": str, "when": dict, "over": str},
    optional={
        "doubtful": list, "either_way": bool, "floor": bool, "needs_authority": bool, "after_event": dict, "flags": list,
        "claimed_step": bool, "required": dict,
    },
)  # fmt: skip
