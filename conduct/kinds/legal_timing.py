"""Kind `legal_timing`: a legal step must lie before, or after, the end of a period.

The day of a step is `filed_on`, else the local date of the row. The start day of a period is not counted; an end on a listed
holiday moves on where the rule says so. Where the reference is not known, the step is a question. What a court order needs
besides its dates is in `court_orders`, and from when a limitation period runs in `limitation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from conduct.days import add, iso
from conduct.dossier import Row, account_fact
from conduct.facts import UNKNOWN, as_day
from conduct.kinds import court_orders, limitation
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.exceptions import Exceptions
from conduct.kinds.matching import condition, flags, getter
from conduct.places import covers
from conduct.timeline import CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

_NONE_MEANS: Final = ("pass", REVIEW, VIOLATION)


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one legal step, by what its period hangs on."""
    reference = rule.params["reference"]
    if "courts" in reference:
        return court_orders.venue(rule)
    if "kinds" in reference:
        return court_orders.compile_(rule)
    if "newest" in reference:
        return limitation.compile_(rule)
    return _FromFact(rule).check()


class _FromFact:
    """A period that hangs on a date of the account."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._over: str = params["over"]
        self._fact: str = params["reference"]["account"]
        self._none_means: str = params["reference"]["none_means"]
        if self._none_means not in _NONE_MEANS:
            raise ValueError(f"none_means is {self._none_means!r}")
        self._steps = frozenset(params["step"])
        self._threats = frozenset(params.get("threats", ()))
        self._extinct: dict[str, Any] = params.get("extinct", {})
        self._refusal: dict[str, Any] = params.get("after_refusal", {})
        self._exceptions = Exceptions(params["except"])

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._steps if not (self._threats or self._extinct) else ()))

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(self._steps | CONTACTS, self._rule):
            concerned = self._concerns(row)
            if concerned is False or self._exceptions.excuse(row):
                continue
            found = self._judge(timeline, row)
            if found:
                verdict, reason, told = found
                yield self._report(row, verdict if concerned else REVIEW, reason, **told)

    def _concerns(self, row: Row) -> bool | None:
        """True for a step, for a threat of one, and for any demand where the debt itself has ceased."""
        if row.kind in self._steps and row.kind not in CONTACTS:
            return True
        if self._threats and row.details and self._threats & flags(row):
            return True
        if self._extinct and covers(self._extinct["jurisdiction"], row.account.jurisdiction):
            return None if row.purpose is UNKNOWN else row.purpose in self._extinct["purposes"]
        return False

    def _judge(self, timeline: Timeline, row: Row) -> tuple[str, str, dict[str, Any]] | None:
        params = self._rule.params
        day = timeline.step_day(row)
        if self._refusal and self._is_after_refusal(timeline, row, day):
            return self._over, "too_soon_after_refusal", {"date": iso(day)}
        fact = account_fact(row, self._fact)
        start = as_day(fact)
        if not isinstance(start, int):
            verdict = self._none_means if fact is None else REVIEW
            return None if verdict == "pass" else (verdict, "reference_unknown", {"field": self._fact})
        end = add(start, params["n"], params["unit"])
        in_time = day > end if params["must_be"] == "after" else day <= end
        return None if in_time else (self._over, f"not_{params['must_be']}", {"limit": iso(end), "date": iso(day)})

    def _is_after_refusal(self, timeline: Timeline, row: Row, day: int) -> bool:
        """True for a step inside the days after the bank refused what the person had asked for."""
        settings = self._refusal
        refused = condition(settings["where"])
        for event in timeline.all_of(frozenset(settings["kinds"])):
            if event.account.ref == row.account.ref and refused(event) is True:
                decided = as_day(getter(settings["field"])(event))
                start = decided if isinstance(decided, int) else event.day
                if start <= day <= start + settings["n"]:
                    return True
        return False


KIND = Kind(
    compile_,
    required={
        "step": list, "must_be": str, "reference": dict, "n": int, "unit": str, "start_day_counts": bool,
        "roll_holidays": bool, "except": list, "over": str,
    },
    optional={
        "threats": list, "extinct": dict, "after_refusal": dict, "basis": str, "stopped_by": dict,
    },
)  # fmt: skip
