"""Kind `forbidden_act`: a row that matches is a breach by itself.

`match` is one table of conditions or several, any of which fits; each may name its own `verdict` and `unless`. Words in
`details.flags` are what somebody heard or read: a confirmed word is a breach, an unconfirmed one a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.dossier import Agency, Record, Row, account_fact
from conduct.facts import UNKNOWN, as_day, is_given, is_yes, items
from conduct.kinds.check import REVIEW, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import blocks_place, consented
from conduct.kinds.matching import condition, flags
from conduct.timeline import ALL_KINDS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one forbidden act."""
    params = rule.params
    if "complaint" in params:
        return Check(rule, _ComplaintAct(rule).run)
    if "payment" in params:
        return Check(rule, _PaymentAct(rule).run)
    if "agency_not" in params:
        return Check(rule, _Outsider(rule).run)
    return _Act(rule).check()


class _Match:
    """One table of conditions with what lifts it."""

    def __init__(self, table: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        self._fits = condition(table["where"], params.get("doubtful", ()))
        self._unless = tuple(table.get("unless", params["unless"]))
        self._verdict: str = table.get("verdict", params["over"])

    def verdict(self, timeline: Timeline, row: Row) -> str | None:
        """What the row is worth; None when it does not match or something lifts it."""
        said = self._fits(row)
        if said is False:
            return None
        lifted = [_is_lifted(timeline, row, word) for word in self._unless]
        if True in lifted:
            return None
        return REVIEW if said is None or None in lifted else self._verdict


class _Act:
    """An act shown by a row."""

    def __init__(self, rule: Rule) -> None:
        params = rule.params
        inbound = "in" in params.get("directions", ())
        self._rule = rule
        self._inbound = inbound
        self._report = Reporter(rule, inbound=inbound)
        self._matches = [_Match(table, params) for table in params["match"]]
        self._kinds = frozenset(params.get("kinds", ALL_KINDS))
        self._flags = frozenset(params["flags"])
        self._flag_unless = tuple(params.get("flag_unless", params["unless"]))
        self._flag_unless_rows = frozenset(params.get("flag_unless_rows", ()))
        self._flag_verdict: str = params.get("flag_verdict", params["over"])
        self._unconfirmed: str = params["unconfirmed"]
        self._blocked_place: bool = params.get("or_blocked_place", False)
        self._vulnerable: bool = params.get("or_vulnerable", False)
        self._over: str = params["over"]

    def check(self) -> Check:
        return Check(self._rule, self._run, wakes(self._kinds) if len(self._kinds) < len(ALL_KINDS) else ())

    def _run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(self._kinds, self._rule, inbound=self._inbound):
            found = self._worst(timeline, row)
            if found:
                verdict, reason, told = found
                yield self._report(row, verdict, reason, **told)

    def _worst(self, timeline: Timeline, row: Row) -> tuple[str, str, dict[str, Any]] | None:
        answers: list[tuple[str, str, dict[str, Any]]] = []
        for match in self._matches:
            verdict = match.verdict(timeline, row)
            if verdict:
                answers.append((verdict, "forbidden_act", {}))
        if self._flags and row.details:
            answers += self._heard(timeline, row)
        if self._blocked_place:
            answers += self._at_blocked_place(timeline, row)
        if self._vulnerable:
            answers += _while_vulnerable(row, self._over)
        return min(answers, key=lambda answer: answer[0] == REVIEW, default=None)

    def _heard(self, timeline: Timeline, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        words = flags(row) & self._flags
        if not words or any(_is_lifted(timeline, row, word) for word in self._flag_unless):
            return
        if self._flag_unless_rows and any(
            other.account.ref == row.account.ref for other in timeline.all_of(self._flag_unless_rows)
        ):
            return
        confirmed = is_yes(row.details.get("confirmed"))
        yield self._flag_verdict if confirmed else self._unconfirmed, "flagged", {"flags": sorted(words)}

    def _at_blocked_place(self, timeline: Timeline, row: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
        wish = timeline.preference(row.person, row.at)
        said = blocks_place(wish, row) if wish else False
        if said is not False:
            yield self._over if said else REVIEW, "against_preference", {"aspect": "place"}


def _while_vulnerable(row: Row, over: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A row after the day the person was known to be vulnerable; a question where that day is not known."""
    if not is_yes(account_fact(row, "vulnerable")):
        return
    since = as_day(account_fact(row, "vulnerable_since"))
    if not isinstance(since, int):
        yield REVIEW, "vulnerable", {}
    elif since < row.day:
        yield over, "vulnerable", {}


def _is_lifted(timeline: Timeline, row: Row, word: str) -> bool | None:
    """Whether one exception lifts an act: a consent, a mechanism by name, or a field that says something."""
    if word.startswith("consent:"):
        return consented(timeline, row, word.partition(":")[2])
    mechanism = _MECHANISMS.get(word)
    if mechanism:
        return mechanism(timeline, row)
    value = (
        row.details.get(word.removeprefix("details."), UNKNOWN) if word.startswith("details.") else getattr(row, word)
    )
    return is_given(value) and value is not False and value != "no"


def _used_by_consumer(timeline: Timeline, row: Row) -> bool:
    """The person wrote from this address before and has not opted out since."""
    if row.endpoint is UNKNOWN:
        return False
    contacts = timeline.all_of(frozenset({row.kind, "opt_out"}))
    earlier = [one for one in contacts if one.at < row.at and one.endpoint == row.endpoint and one.way == "in"]
    return bool(earlier) and earlier[-1].kind != "opt_out"


def _consented_by_name(timeline: Timeline, row: Row) -> bool:
    """A live consent to electronic contact names this very address."""
    return any(
        is_given(consent.endpoint) and consent.endpoint == row.endpoint and consented(timeline, row, "electronic")
        for consent in timeline.consents("electronic")
    )


def _is_a_lawyer(timeline: Timeline, row: Row) -> bool:
    """The person who acted is on record as a lawyer: in the row, on the roster, or by the agency's exemption."""
    collector = (row.agency.collectors or {}).get(str(row.collector_id), {})
    listed = any(code in ("lawyer", "attorney") for code, _ in row.agency.exemptions)
    return is_yes(row.details.get("is_lawyer")) or is_yes(collector.get("lawyer")) or listed


_MECHANISMS: Final = {
    "consumer_used_endpoint_before": _used_by_consumer,
    "consent_names_endpoint": _consented_by_name,
    "collector_is_lawyer": _is_a_lawyer,
}


class _ComplaintAct:
    """A complaint handled by the one it is about: the collector, or the agency itself."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._report = Reporter(rule, inbound=True)
        self._field: str = rule.params["complaint"]["field"].removeprefix("details.")

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for complaint in timeline.complaints:
            handler = str(complaint.details.get(self._field) or "")
            accused = {str(one) for one in (complaint.about_collector, complaint.agency.code) if one}
            if handler in accused and _in_force(self._rule, complaint):
                yield self._report(complaint, self._rule.params["over"], "handled_by_the_accused", handler=handler)


class _PaymentAct:
    """A payment that went where it must not."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._report = Reporter(rule, inbound=True)
        self._fits = condition(rule.params["payment"])

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for payment in timeline.payments:
            if self._fits(payment) is True and _in_force(self._rule, payment):
                yield self._report(payment, self._rule.params["over"], "forbidden_payment")


class _Outsider:
    """A row of an agency that neither holds the account nor is approved to act for the one that does."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._report = Reporter(rule, inbound=True)

    def run(self, timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(ALL_KINDS, self._rule, inbound=True):
            holder = account_fact(row, "placed_with")
            approved = {str(code) for code in _approved(timeline, holder)}
            acting = row.acting or row.agency.code
            if acting in approved or (is_given(holder) and acting == str(holder)):
                continue
            unknown = holder is UNKNOWN or not acting
            yield self._report(
                row,
                REVIEW if unknown else self._rule.params["over"],
                "not_entrusted",
                acting=acting,
                holder=str(holder or ""),
            )


def _approved(timeline: Timeline, holder: object) -> tuple[Any, ...]:
    """Sub-agents of the agency that holds the account, else of the first agency of the history."""
    holding: Agency = timeline.agencies.get(str(holder)) or timeline.first_agency
    return items(holding.fact("approved_subagents"))


def _in_force(rule: Rule, record: Record) -> bool:
    return rule.first_day <= record.day <= rule.last_day


KIND = Kind(
    compile_,
    required={"match": list, "flags": list, "unless": list, "unconfirmed": str, "over": str},
    optional={
        "kinds": list, "directions": list, "doubtful": list, "flag_unless": list, "flag_unless_rows": list,
        "flag_verdict": str, "or_blocked_place": bool, "or_vulnerable": bool, "complaint": dict, "payment": dict,
        "agency_not": list,
    },
)  # fmt: skip
