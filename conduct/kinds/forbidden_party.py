"""Kind `forbidden_party`: who may be contacted, and who may learn of the debt.

Parties of `allowed` always pass. Of the others a rule looks at one or more of these: that the debt was disclosed to them
(`disclosure`), that they were asked to pay (`collecting`), that there was a good reason to approach them (`reasons`), how
often they were asked where the person is (`max_contacts`), or that the person has died (`after_death`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from conduct.dossier import Row, account_fact
from conduct.facts import UNKNOWN, as_day, as_flag, is_given, is_yes
from conduct.kinds.check import REVIEW, VIOLATION, Check, Finding, Kind, Reporter, wakes
from conduct.kinds.consents import holds
from conduct.kinds.exceptions import Exceptions
from conduct.kinds.matching import condition
from conduct.timeline import CONTACTS

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

_COMPLETED: Final = frozenset({"conversation", "met", "delivered"})
Answer = tuple[str, str] | None  # verdict and reason


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check of one rule about parties."""
    params = rule.params
    allowed = frozenset(params["allowed"])
    parties = frozenset(params.get("parties", ()))
    inbound = "in" in params.get("directions", ())
    products = condition({"account.product": params["products"]} if "products" in params else {}, ["account.product"])
    death = _AfterDeath(params) if "after_death" in params else None
    tests = [death] if death else _tests(params)
    guarantee = params.get("guarantee", ())
    unmarked_letters = params.get("unmarked_letters", "")
    once = params.get("max_contacts", 0)
    report = Reporter(rule, inbound=inbound)

    def run(timeline: Timeline) -> Iterator[Finding]:
        if death and not death.may_have_happened(timeline):
            return
        for row in timeline.tested(CONTACTS, rule, inbound=inbound):
            if unmarked_letters and row.kind == "letter" and as_flag(row.details.get("private_mark")) is False:
                yield report(row, unmarked_letters, "envelope_not_private")
            if row.who in allowed or (parties and row.who not in parties):
                if row.who == "guarantor" and guarantee and row.who in allowed:
                    yield from guarantor(row)
                continue
            covered = products(row)
            answers = [said for test in tests if (said := test(timeline, row))] if covered is not False else []
            if answers:
                verdict, reason = min(answers, key=lambda said: said[0] == REVIEW)
                yield report(row, verdict if covered else REVIEW, reason, party=row.who)
        if once:
            yield from repeated(timeline)

    def guarantor(row: Row) -> Iterator[Finding]:
        shown = is_given(account_fact(row, "guarantor_ref")) or is_given(row.details.get("guarantee_ref", UNKNOWN))
        if row.purpose == "collect" and not shown:
            yield report(row, REVIEW, "guarantee_not_shown")

    def repeated(timeline: Timeline) -> Iterator[Finding]:
        exceptions, seen = Exceptions(params["except"]), Counter[Hashable]()
        for row in timeline.tested(CONTACTS, rule, inbound=inbound):
            if row.who in allowed or row.purpose != "locate" or row.outcome not in _COMPLETED:
                continue
            third = row.person_ref if is_given(row.person_ref) else row.endpoint
            seen[row.account.ref, third] += 1
            if seen[row.account.ref, third] > once and not exceptions.excuse(row):
                verdict = params["over"] if is_given(third) else REVIEW
                yield report(row, verdict, "asked_again", contacts=seen[row.account.ref, third], max=once)

    return Check(rule, run, wakes(CONTACTS))


def _tests(params: Mapping[str, Any]) -> list[Callable[[Timeline, Row], Answer]]:
    tests: list[Callable[[Timeline, Row], Answer]] = []
    if "disclosure" in params:
        tests.append(_Disclosure(params))
    if "collecting" in params:
        tests.append(_collecting(params["over"], params["collecting"]))
    if "reasons" in params:
        tests.append(_reasons(params["over"], frozenset(params["reasons"])))
    return tests


class _Disclosure:
    """The debt was disclosed to somebody who must not know; not known on a contact that reached somebody: a question."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        settings = params["disclosure"]
        self._reached = frozenset(settings["reached"])
        self._purposes = frozenset(settings.get("purposes", ()))
        self._third_party_consent = "consent:third_party" in params["except"]
        self._exceptions = Exceptions([] if settings.get("always") else params["except"])
        self._over: str = params["over"]

    def __call__(self, timeline: Timeline, row: Row) -> Answer:
        if self._purposes and row.purpose not in self._purposes:
            return None
        told = as_flag(row.disclosed_debt)
        if told is True:
            verdict: str | None = self._over
        elif told is UNKNOWN and (row.outcome is UNKNOWN or row.outcome in self._reached):
            verdict = REVIEW
        else:
            verdict = None
        if verdict is None or self._exceptions.excuse(row):
            return None
        if self._third_party_consent and _third_party_consented(timeline, row):
            return None
        return (verdict, "disclosed" if verdict == VIOLATION else "disclosure_unknown")


def _third_party_consented(timeline: Timeline, row: Row) -> bool:
    """True when the consumer agreed earlier that somebody else may be spoken to about this account."""
    return any(
        consent.person == "consumer" and consent.account.ref == row.account.ref and holds(consent, row) is True
        for consent in timeline.consents("third_party")
    )


def _collecting(over: str, settings: Mapping[str, Any]) -> Callable[[Timeline, Row], Answer]:
    """Somebody who does not owe was asked to pay; a purpose nobody reported is a question."""
    unless: str = settings.get("unless", "")

    def test(timeline: Timeline, row: Row) -> Answer:
        if unless and is_yes(row.details.get(unless)):
            return None
        if row.purpose == "collect":
            return over, "asked_to_pay"
        return (REVIEW, "purpose_unknown") if row.purpose is UNKNOWN else None

    return test


def _reasons(over: str, allowed: frozenset[str]) -> Callable[[Timeline, Row], Answer]:
    """Somebody was approached without one of the reasons that allow it."""

    def test(timeline: Timeline, row: Row) -> Answer:
        given = row.details.get("contact_reason", UNKNOWN)
        if str(given) in allowed:
            return None
        return (REVIEW, "reason_unknown") if given is UNKNOWN else (over, "no_reason_to_approach")

    return test


class _AfterDeath:
    """After the person's death only some may be contacted; others may be asked who acts for the estate, and no more."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._kinds = frozenset(params["after_death"]["kinds"])
        self._reached = frozenset(params["after_death"]["reached"])
        self._over: str = params["over"]

    def may_have_happened(self, timeline: Timeline) -> bool:
        """False for a history in which nobody told of a death."""
        if timeline.all_of(self._kinds):
            return True
        held = any(account.fact("hold") == "deceased" for account in timeline.accounts.values())
        return held or any(row.placement and row.placement.get("hold") == "deceased" for row in timeline.rows)

    def __call__(self, timeline: Timeline, row: Row) -> Answer:
        if not self._has_died(timeline, row):
            return None
        if row.who != "consumer" and row.purpose == "locate":
            return self._on_locating(row)
        doubtful = row.who != "consumer" and row.purpose is UNKNOWN
        return (REVIEW if doubtful else self._over), "contacted_after_death"

    def _on_locating(self, row: Row) -> Answer:
        told = as_flag(row.disclosed_debt)
        if told is True:
            return self._over, "disclosed"
        if told is UNKNOWN and (row.outcome is UNKNOWN or row.outcome in self._reached):
            return REVIEW, "disclosure_unknown"
        return None

    def _has_died(self, timeline: Timeline, row: Row) -> bool:
        if any(notice.at < row.at and notice.person == "consumer" for notice in timeline.all_of(self._kinds)):
            return True
        if account_fact(row, "hold") != "deceased" or timeline.all_of(self._kinds):
            return False
        since = as_day(account_fact(row, "hold_since"))
        return not isinstance(since, int) or row.day > since


KIND = Kind(
    compile_,
    required={"allowed": list, "except": list, "over": str},
    optional={
        "directions": list, "parties": list, "disclosure": dict, "collecting": dict, "reasons": list,
        "after_death": dict, "max_contacts": int, "products": list, "guarantee": list, "unmarked_letters": str,
    },
)  # fmt: skip
