"""Worked cases: a small history, the rule it is about and the expected verdict, one JSON object a line.

`check_cases` runs a file of them through the real engine. A case holds everything its verdict needs: its rows are the
whole history of the account and person. It is judged by the rule it names, alone and whatever the rule's status.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from conduct.dossier import Account, Agency, Complaint, Dossier, Payment, Record, Row
from conduct.engine import judge_by
from conduct.facts import UNKNOWN, as_instant
from conduct.kinds.check import REVIEW, VIOLATION, Finding
from conduct.rulebook import Rulebook, standard

CLEAN: Final = "pass"
_VERDICTS: Final = (CLEAN, REVIEW, VIOLATION)
_COLUMNS: Final = {
    sort: frozenset(field.name for field in fields(sort) if field.init) - {"sender", "placement", "handle", "details"}
    for sort in (Row, Complaint, Payment)
}
# What belongs to the person or the place and so holds for the other accounts of a case too, unless they say otherwise.
_SHARED_FACTS: Final = ("jurisdiction", "time_zones", "time_zone", "holidays", "state_holidays")


class CaseError(ValueError):
    """A case that cannot be read; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case as read."""

    name: str
    rule: str
    dossier: Dossier
    verdict: str
    rows: frozenset[str]


def check_cases(path: str | Path, rulebook: Rulebook | None = None) -> Iterator[dict[str, Any]]:
    """One result for every case of a file, then the counts. CaseError for a line that is no case.

    A case on a rule the book does not know has verdict None and counts as unknown, neither as agreeing nor disagreeing.
    """
    book = rulebook or standard()
    counts = {"cases": 0, "agree": 0, "disagree": 0, "unknown_rules": 0}
    for line, case in read_cases(Path(path)):
        try:
            result = check(case, book)
        except (TypeError, ValueError, KeyError, AttributeError) as problem:
            raise CaseError(f"{Path(path).name}, line {line}: cannot be judged: {problem!r}") from problem
        counts["cases"] += 1
        counts["unknown_rules" if result["verdict"] is None else "agree" if result["agrees"] else "disagree"] += 1
        yield result
    yield counts


def exit_code(summary: Mapping[str, Any]) -> int:
    """2 when a rule was unknown, else 1 when a case disagrees, else 0."""
    return 2 if summary["unknown_rules"] else 1 if summary["disagree"] else 0


def check(case: Case, rulebook: Rulebook) -> dict[str, Any]:
    """The result of one case: the verdict of its rule, the rows that carry it, and whether both are as expected."""
    result: dict[str, Any] = {"case": case.name, "rule": case.rule, "verdict": None, "rows": [], "agrees": False}
    if case.rule in rulebook:
        findings = [found for rule in rulebook.versions(case.rule) for found in judge_by(rule, case.dossier, rulebook)]
        verdict, rows = worst(findings)
        agrees = verdict == case.verdict and frozenset(rows) == case.rows
        result |= {"verdict": verdict, "rows": rows, "agrees": agrees}
    return result


def worst(findings: Iterable[Finding]) -> tuple[str, list[str]]:
    """The worst verdict found, and the ids of the rows that carry it, in time order."""
    found = list(findings)
    verdict = VIOLATION if any(one.verdict == VIOLATION for one in found) else REVIEW if found else CLEAN
    carriers: list[Record] = [one.row for one in found if one.verdict == verdict and one.row is not None]
    return verdict, list(dict.fromkeys(row.record_id for row in sorted(carriers, key=_moment)))


def _moment(record: Record) -> tuple[int, float, str]:
    instant = 0.0 if isinstance(record, Payment) else record.at.timestamp()
    return record.day, instant, record.record_id


# -- reading -----------------------------------------------------------------
def read_cases(path: Path) -> Iterator[tuple[int, Case]]:
    """The cases of a file with their line numbers; blank lines are passed over. CaseError for a line that is no case."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                case = read_case(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as problem:
                what = f"{problem.args[0]} is missing" if isinstance(problem, KeyError) else str(problem)
                raise CaseError(f"{path.name}, line {number}: {what}") from problem
            yield number, case


def read_case(entry: Mapping[str, Any]) -> Case:
    """One case from its JSON object. ValueError, KeyError or TypeError when it is not sound."""
    if not isinstance(entry, Mapping):
        raise TypeError("a case is a JSON object")
    expected = entry["expected"]
    if expected["verdict"] not in _VERDICTS:
        raise ValueError(f"expected verdict is {expected['verdict']!r}")
    return Case(
        name=str(entry["case"]),
        rule=str(entry["rule"]),
        dossier=_dossier(entry),
        verdict=expected["verdict"],
        rows=frozenset(map(str, expected["rows"])),
    )


def _dossier(entry: Mapping[str, Any]) -> Dossier:
    main = entry["account"]
    accounts = {account.ref: account for account in _accounts(main)}
    told = entry.get("agency")
    agency = None if told is None else Agency(str(told.get("code") or ""), told)
    sender = agency.code if agency else ""
    records = [_record(row, str(main.get("account_ref") or ""), sender) for row in entry["rows"]]
    today = entry.get("today")
    return Dossier(
        accounts=accounts,
        rows=[one for one in records if isinstance(one, Row)],
        complaints=[one for one in records if isinstance(one, Complaint)],
        payments=[one for one in records if isinstance(one, Payment)],
        agencies={agency.code: agency} if agency else {},
        today=None if today is None else date.fromisoformat(today),
    )


def _accounts(main: Mapping[str, Any]) -> Iterator[Account]:
    shared = {name: main[name] for name in _SHARED_FACTS if name in main}
    for facts in (main, *(main.get("other_accounts") or ())):
        known = {**shared, **facts}
        yield Account(str(facts.get("account_ref") or ""), str(known.get("jurisdiction") or ""), known)


def _record(told: Mapping[str, Any], account_ref: str, sender: str) -> Record:
    if not isinstance(told, Mapping):
        raise TypeError("a row is a JSON object")
    name = f"row {told['record_id']}"
    common: dict[str, Any] = {
        "record_id": str(told["record_id"]),
        "account_ref": str(told.get("account_ref") or account_ref),
        "details": told.get("details") or {},
        "sender": sender,
    }
    if not isinstance(common["details"], Mapping):
        raise TypeError(f"{name}: details is no object")
    if "received_at" in told:
        return Complaint(**_columns(Complaint, told), **common, received_at=_instant(told, "received_at", name))
    if "paid_on" in told:
        return Payment(**_columns(Payment, told), **common, paid_on=date.fromisoformat(str(told["paid_on"])[:10]))
    if "kind" not in told:
        raise ValueError(f"{name}: neither kind, received_at nor paid_on")
    values = _columns(Row, told)
    if isinstance(values.get("time_zones"), list):
        values["time_zones"] = ";".join(values["time_zones"])
    return Row(**values, **common, occurred_at=_instant(told, "occurred_at", name), kind=str(told["kind"]))


def _columns(sort: type[Row | Complaint | Payment], told: Mapping[str, Any]) -> dict[str, Any]:
    skipped = ("record_id", "account_ref", "occurred_at", "received_at", "paid_on", "kind")
    return {name: told[name] for name in _COLUMNS[sort] if name in told and name not in skipped}


def _instant(told: Mapping[str, Any], column: str, name: str) -> datetime:
    instant = as_instant(told.get(column, UNKNOWN))
    if not isinstance(instant, datetime):
        raise ValueError(f"{name}: {column} is no instant with an offset")
    return instant
