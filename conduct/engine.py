"""The judge: a dossier and the rulebook in, findings out. No database, no clock, no web.

`judge` runs what concerns a person's rows and accounts; `judge_agency` what concerns an agency as a whole, once a day and
not once a person; `judge_by` one rule alone, as a case does. Each row carries at most one finding of a rule: the worst.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Set
from datetime import date

from conduct.dossier import Account, Agency, Dossier
from conduct.kinds.check import ACCOUNT, AGENCY, VIOLATION, Check, Finding
from conduct.rulebook import RUNNING, Rule, Rulebook
from conduct.timeline import Timeline

__all__ = ["Finding", "judge", "judge_agency", "judge_by"]


def judge(
    dossier: Dossier,
    rules: Rulebook,
    *,
    only_rows: Set[Hashable] | None = None,
    statuses: frozenset[str] = RUNNING,
) -> list[Finding]:
    """Every breach in a person's dossier, by all rules that hold where the accounts are.

    With `only_rows`, a set of row handles, findings on other rows are left out; those rows are still counted as history.
    A contact can change the verdict of rows from its own on. Whatever else arrives (a notice that was in time after all, a
    suit, a number reported as somebody else's) can also change that of rows before it.
    Findings that belong to no row are always given: the caller knows them again by rule, account and reason.
    """
    timeline = Timeline(dossier, only_rows)
    jurisdictions = {account.jurisdiction for account in dossier.accounts.values()}
    findings: list[Finding] = []
    for check in _checks(rules, jurisdictions, ACCOUNT, statuses):
        part = timeline if len(jurisdictions) < 2 else timeline.part(check.rule)
        if part is not None:
            kinds = part.kinds
            for mask in check.wakes:
                if not mask & kinds:
                    break
            else:
                findings.extend(check.run(part))
    return _worst_of_each(findings)


def judge_agency(
    agency: Agency,
    jurisdictions: Iterable[str],
    rules: Rulebook,
    *,
    today: date | None,
    statuses: frozenset[str] = RUNNING,
) -> list[Finding]:
    """Every breach by an agency as a whole (duties, contract, incidents, numbers), by the rules of where it works."""
    places = {place: Account(place, place) for place in jurisdictions}
    timeline = Timeline(Dossier(places, agencies={agency.code: agency}, today=today))
    findings: list[Finding] = []
    for check in _checks(rules, places, AGENCY, statuses):
        findings.extend(check.run(timeline))
    return _worst_of_each(findings)


def judge_by(rule: Rule, dossier: Dossier, rules: Rulebook) -> list[Finding]:
    """What one rule alone says of a dossier, whatever its status; a rule that covers none of its accounts says nothing."""
    part = Timeline(dossier).part(rule)
    return _worst_of_each(rules.check(rule).run(part)) if part is not None else []


def _checks(rules: Rulebook, jurisdictions: Collection[str], level: str, statuses: frozenset[str]) -> Iterable[Check]:
    if len(jurisdictions) == 1:
        return rules.checks(next(iter(jurisdictions)), level, statuses)
    selected = {check.rule: check for place in sorted(jurisdictions) for check in rules.checks(place, level, statuses)}
    return selected.values()


def _worst_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each rule and row, and none on rows that are only history."""
    worst: dict[tuple[int, int], Finding] = {}
    without_row = []
    for finding in findings:
        row = finding.row
        if row is None:
            without_row.append(finding)
        elif row.judged:
            key = (id(finding.rule), id(row))
            if key not in worst or finding.verdict == VIOLATION != worst[key].verdict:
                worst[key] = finding
    return [*worst.values(), *without_row]
