"""Steps that hang on an order of a court: a payment order or a judgment on the same account, and which court it may be.

Part of the kind `legal_timing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conduct.days import add, iso
from conduct.dossier import Row
from conduct.facts import UNKNOWN, as_day, is_given
from conduct.kinds.check import REVIEW, Check, Finding, Reporter, wakes
from conduct.kinds.matching import condition, getter
from conduct.timeline import STEPS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of one step against an earlier order."""
    return Check(rule, AfterOrder(rule).run, wakes(frozenset(rule.params["step"])))


class AfterOrder:
    """A step on an order: too early, too late, on an order that lapsed or that was objected to in time."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        reference = params["reference"]
        self._rule = rule
        self._report = Reporter(rule)
        self._over: str = params["over"]
        self._steps = frozenset(params["step"])
        self._orders = frozenset(reference["kinds"])
        self._date = getter(reference["field"])
        self._field: str = reference["field"]
        self._served = getter(reference["served"]) if "served" in reference else None
        self._basis: str = params.get("basis", "")
        self._stopped_by: dict[str, Any] = params.get("stopped_by", {})
        self._stops = condition(self._stopped_by.get("where", {}))

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(self._steps, self._rule):
            order = self._order(timeline, row)
            if not self._is_based_on_it(timeline, row, order):
                continue
            verdict, reason, told = self._judge(timeline, row, order)
            if verdict:
                yield self._report(row, verdict, reason, [order] if order else (), **told)

    def _order(self, timeline: Timeline, row: Row) -> Row | None:
        """The newest order of the account before the step."""
        orders = [
            order
            for order in timeline.all_of(self._orders)
            if order.account.ref == row.account.ref and (order.at, order.record_id) < (row.at, row.record_id)
        ]
        return orders[-1] if orders else None

    def _is_based_on_it(self, timeline: Timeline, row: Row, order: Row | None) -> bool:
        """False for a step that says it rests on something else, or can only rest on something else."""
        basis = row.details.get("basis", UNKNOWN)
        if is_given(basis):
            return not self._basis or basis == self._basis
        others = STEPS - self._orders - self._steps - {"lawsuit", "arbitration"}
        return order is not None or not any(other.account.ref == row.account.ref for other in timeline.all_of(others))

    def _judge(self, timeline: Timeline, row: Row, order: Row | None) -> tuple[str, str, dict[str, Any]]:
        params = self._rule.params
        start = as_day(self._date(order)) if order else UNKNOWN
        if order is None or not isinstance(start, int):
            return REVIEW, "reference_unknown", {"field": self._field}
        end = self._end(order, start)
        day = timeline.step_day(row)
        if self._served:
            return self._judge_service(timeline, order, end)
        if self._stopped_by and self._is_stopped(timeline, row, start, end):
            return self._over, "objected_in_time", {"limit": iso(end)}
        in_time = day > end if params["must_be"] == "after" else day <= end
        return (
            ("", "", {}) if in_time else (self._over, f"not_{params['must_be']}", {"limit": iso(end), "date": iso(day)})
        )

    def _end(self, order: Row, start: int) -> int:
        """The last day of the period; an end on a listed holiday moves on where the rule says so."""
        end = add(start, self._rule.params["n"], self._rule.params["unit"])
        if self._rule.params["roll_holidays"]:
            while end in order.account.holidays:
                end += 1
        return end

    def running(self, timeline: Timeline) -> Iterator[tuple[Row, int, Row | None, int | None]]:
        """Every period that an order of known date began: the order, its last day, the step that was taken on it, and when.

        Where the order has to be served within the period, that is what is waited for, and the day is that of service.
        """
        for order in timeline.tested(self._orders, self._rule, inbound=True):
            start = as_day(self._date(order))
            if not isinstance(start, int):
                continue
            if self._served:
                served = as_day(self._served(order))
                yield order, self._end(order, start), None, served if isinstance(served, int) else None
                continue
            steps = (
                row
                for row in timeline.all_of(self._steps)
                if (order.at, order.record_id) < (row.at, row.record_id)
                and row.account.ref == order.account.ref
                and self._is_based_on_it(timeline, row, order)
            )
            step = next(steps, None)
            yield order, self._end(order, start), step, timeline.step_day(step) if step else None

    def _judge_service(self, timeline: Timeline, order: Row, end: int) -> tuple[str, str, dict[str, Any]]:
        """An order that was not served by the end of the period has lapsed, and nothing can rest on it."""
        served = as_day(self._served(order)) if self._served else UNKNOWN
        if isinstance(served, int):
            return (
                (self._over, "order_lapsed", {"limit": iso(end), "date": iso(served)}) if served > end else ("", "", {})
            )
        if isinstance(timeline.today, int) and timeline.today > end:
            return self._over, "order_lapsed", {"limit": iso(end)}
        return REVIEW, "reference_unknown", {"field": self._rule.params["reference"]["served"]}

    def _is_stopped(self, timeline: Timeline, row: Row, start: int, end: int) -> bool:
        return any(
            event.account.ref == row.account.ref and start <= event.day <= end and self._stops(event) is True
            for event in timeline.all_of(frozenset(self._stopped_by["kinds"]))
        )


def venue(rule: Rule) -> Check:
    """A check that a suit is brought at one of the places the law allows."""
    params = rule.params
    allowed = [getter(path) for path in params["reference"]["courts"]]
    steps = frozenset(params["step"])
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(steps, rule):
            places = [read(row) for read in allowed]
            if is_given(row.court) and row.court in places:
                continue
            known = is_given(row.court) and all(place is not UNKNOWN for place in places)
            yield report(row, params["over"] if known else REVIEW, "wrong_court", court=str(row.court or ""))

    return Check(rule, run, wakes(steps))
