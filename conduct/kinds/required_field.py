"""Kind `required_field`: each row of some kinds must say certain things.

A contrary value, or none, is a breach; a value nobody reported is what the rule makes of it (`missing`). A condition that
cannot be told (an outcome or a line of `when` nobody reported) leaves a question where the row would otherwise fail.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from conduct.dossier import Row
from conduct.facts import UNKNOWN
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.matching import Answer, condition
from conduct.kinds.requirements import Requirement, requirement
from conduct.timeline import CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

_ORAL = frozenset({"call", "voicemail", "visit"})


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one list of requirements."""
    required = _Required(rule)
    return Check(rule, required.run, wakes(required.kinds))


class _Required:
    """The rows, the conditions and the requirements of one rule."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._inbound = "in" in params["directions"]
        self._report = Reporter(rule, inbound=self._inbound)
        self.kinds = frozenset(params["channels"])
        self._outcomes = frozenset(params.get("outcomes", ()))
        self._when = condition(params["when"], params.get("doubtful", ()))
        self._ask_when = condition(params["ask_when"]) if "ask_when" in params else None
        self._ask_unless = condition(params["ask_unless"]) if "ask_unless" in params else None
        self._after = frozenset(params.get("after_event", ()))
        self._exempt = [condition({path: wanted}) for path, wanted in params.get("exempt", {}).items()]
        self._requirements: list[Requirement] = [requirement(entry, params) for entry in params["require"]]
        self._staged = any(one.stage for one in self._requirements)
        self._by_medium: bool = params.get("stage_by_medium", False)

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        firsts = self._first_rows(timeline) if self._staged else frozenset()
        for row in timeline.tested(self.kinds, self._rule, inbound=self._inbound):
            reached = self._reached(row)
            if reached is False and not self._staged:
                continue
            applies = self._applies(timeline, row)
            if applies is not False:
                yield from self._judge(timeline, row, reached, applies, row in firsts)

    def _reached(self, row: Row) -> Answer:
        if not self._outcomes:
            return True
        return None if row.outcome is UNKNOWN else row.outcome in self._outcomes

    def _applies(self, timeline: Timeline, row: Row) -> Answer:
        if self._exempt and any(exempt(row) is True for exempt in self._exempt):
            return False
        if self._after and not self._follows(timeline, row):
            return False
        said = self._when(row)
        if said is not True and self._ask_when and self._ask_when(row) is True:
            return None if not (self._ask_unless and self._ask_unless(row) is True) else False
        return said

    def _follows(self, timeline: Timeline, row: Row) -> bool:
        return any(event.at < row.at and event.account.ref == row.account.ref for event in timeline.all_of(self._after))

    def _judge(
        self, timeline: Timeline, row: Row, reached: Answer, applies: Answer, is_first: bool
    ) -> Iterator[Finding]:
        for one in self._requirements:
            counts: Answer = True if one.stage == "any" else reached
            if counts is False or (one.stage == "first" and not is_first) or (one.stage == "later" and is_first):
                continue
            found = one.failure(timeline, row)
            if found:
                verdict, reason = found
                sure = counts is True and applies is True
                yield self._report(row, verdict if sure or verdict != VIOLATION else REVIEW, reason, field=one.field)

    def _first_rows(self, timeline: Timeline) -> frozenset[Row]:
        """The first rows that reached somebody: by person and agency, or by account, agency and medium.

        A row before them whose outcome nobody reported may have been the first, so it counts as one too.
        """
        sure: dict[Hashable, Row] = {}
        perhaps: dict[Hashable, Row] = {}
        for row in timeline.seen(CONTACTS, self._rule) if self._by_medium else timeline.tested(self.kinds, self._rule):
            key: Hashable = (row.acting, row.person)
            if self._by_medium:
                key = (row.acting, row.account.ref, row.kind in _ORAL)
            reached = self._reached(row)
            if reached is False or key in sure or any(exempt(row) is True for exempt in self._exempt):
                continue
            (sure if reached else perhaps).setdefault(key, row)
        return frozenset((*sure.values(), *perhaps.values()))


KIND = Kind(
    compile_,
    required={"channels": list, "directions": list, "when": dict, "require": list, "missing": str},
    optional={
        "outcomes": list, "doubtful": list, "over": str, "ask_when": dict, "ask_unless": dict, "after_event": list,
        "exempt": dict, "stage_by_medium": bool,
    },
)  # fmt: skip
