"""Kind `document_content`: a document must hold every element, and its sums and dates must be right.

The document is a row (a letter, a notice, a voicemail) whose details list its elements, or the agency's contract, whose
elements are an agency fact. A list nobody reported leaves a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conduct.days import add_business_days, iso
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_amount, as_day, as_flag, as_list, is_given, items, words
from conduct.kinds.check import AGENCY, REVIEW, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.matching import condition

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one document."""
    if rule.params["document"] == "contract":
        return _contract(rule)
    return _Document(rule).check()


class _Document:
    """A document that is a row."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        self._rule = rule
        self._report = Reporter(rule)
        self._kinds = frozenset(params.get("kinds", [params["document"]]))
        self._when = condition(params["when"], params.get("doubtful", ()))
        self._first: bool = params.get("first", False)
        self._elements = frozenset(params["elements"])
        self._allowed_besides = params.get("allowed_besides")
        self._missing: str = params["missing"]
        self._conditions: bool = params.get("conditions", False)
        self._sum: dict[str, Any] = params.get("sum", {})
        self._period: dict[str, Any] = params.get("period", {})
        self._at_least: dict[str, Any] = params.get("at_least", {})

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._kinds))

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        seen: set[str] = set()
        for row in timeline.tested(self._kinds, self._rule):
            applies = self._when(row)
            if applies is False or (self._first and row.account.ref in seen):
                continue
            seen.add(row.account.ref)
            for verdict, reason, told in self._problems(row):
                yield self._report(row, verdict if applies else REVIEW, reason, **told)

    def _problems(self, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        if self._conditions:
            yield from self._unmet(row)
        elif self._elements:
            yield from self._lacking(row)
        if self._sum:
            yield from self._wrong_sum(row)
        if self._period:
            yield from self._short_period(row)
        for name, least in self._at_least.items():
            amount = as_amount(row.details.get(name, UNKNOWN))
            if is_given(amount) and amount < least:
                yield self._missing, "too_small", {"field": name, "least": least}

    def _lacking(self, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        listed = as_list(row.details.get("elements", UNKNOWN))
        if listed is UNKNOWN:
            yield REVIEW, "elements_unknown", {}
            return
        held = words(listed)
        spared = words(row.details.get("not_applicable"))
        lacking = self._elements - held - spared
        if lacking:
            yield self._missing, "elements_missing", {"elements": sorted(lacking)}
        if self._allowed_besides is not None and held - self._elements - set(self._allowed_besides):
            surplus = sorted(held - self._elements - set(self._allowed_besides))
            yield self._missing, "elements_besides", {"elements": surplus}

    def _unmet(self, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Conditions by name: one that is not met is a breach, one that nobody answered a question."""
        told = row.details.get("conditions", UNKNOWN)
        answers = told if isinstance(told, Mapping) else dict.fromkeys(map(str, items(told)), True)
        said = {name: as_flag(answers.get(name, UNKNOWN)) for name in self._elements}
        unmet = sorted(name for name, answer in said.items() if answer is False or answer is None)
        unknown = sorted(name for name, answer in said.items() if answer is UNKNOWN)
        if unmet:
            yield self._missing, "conditions_unmet", {"elements": unmet}
        elif unknown:
            yield REVIEW, "conditions_unknown", {"elements": unknown}

    def _wrong_sum(self, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Start, plus and minus must make the total; where a part is not told the difference is a question."""
        start, total = (as_amount(row.details.get(self._sum[key], UNKNOWN)) for key in ("start", "total"))
        if not isinstance(start, Decimal) or not isinstance(total, Decimal):
            return
        parts = dict.fromkeys(self._sum["plus"], 1) | dict.fromkeys(self._sum["minus"], -1)
        amounts = {name: as_amount(row.details.get(name, UNKNOWN)) for name in parts}
        found = start + sum((sign * (amounts[name] or 0) for name, sign in parts.items()), Decimal(0))
        if abs(found - total) > Decimal(self._sum["tolerance"]):
            verdict = REVIEW if UNKNOWN in amounts.values() else self._missing
            yield verdict, "sum_wrong", {"expected": str(found), "stated": str(total)}

    def _short_period(self, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The stated end of a period must not lie before receipt, known or assumed, plus so many days."""
        stated = as_day(row.details.get(self._period["field"], UNKNOWN))
        if not isinstance(stated, int):
            yield (REVIEW if stated is UNKNOWN else self._missing), "period_unknown", {}
            return
        received = as_day(row.details.get(self._period["received"], UNKNOWN))
        if not isinstance(received, int):
            received = add_business_days(row.day, self._period["assumed_business_days"], row.account.holidays)
        earliest = received + self._period["days"]
        if stated < earliest:
            yield self._missing, "period_short", {"stated": iso(stated), "earliest": iso(earliest)}


def _contract(rule: Rule) -> Check:
    """A check that the agency's contract holds every element; such a breach belongs to no row."""
    elements = frozenset(rule.params["elements"])
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for agency in timeline.agencies.values():
            listed = as_list(agency.fact("contract_elements"))
            if listed is UNKNOWN:
                yield report.without_row(REVIEW, "elements_unknown", agency=agency.code)
                continue
            lacking = sorted(elements - words(listed))
            if lacking:
                yield report.without_row(
                    rule.params["missing"], "elements_missing", agency=agency.code, elements=lacking
                )

    return Check(rule, run, level=AGENCY)


KIND = Kind(
    compile_,
    required={"document": str, "elements": list, "when": dict, "missing": str},
    optional={
        "kinds": list, "doubtful": list, "first": bool, "allowed_besides": list, "conditions": bool, "sum": dict,
        "period": dict, "at_least": dict,
    },
)  # fmt: skip
