"""Act: what the engine found becomes breaches, and breaches whose ground is gone are withdrawn. Doing it again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from conduct import history_queries as queries
from conduct.dossier import Row
from conduct.dossiers import Source
from conduct.events import BREACH_WITHDRAWN
from conduct.findings import due_at, is_doubtful
from conduct.kinds.check import Finding
from conduct.models import Breach, BreachRow, BreachState
from portal import audit, bulk
from portal.permissions import SYSTEM
from portal.refs import derived_ref

Key = tuple[str, int]  # rule and row
Queue = tuple[int | None, str]  # agency (none: the bank) and rule: what one task is about
COLUMNS = (
    "ref", "rule", "rule_version", "verdict", "provisional", "severity", "citation", "state", "agency_id", "account_id",
    "activity_id", "report_id", "occurred_at", "local_day", "why", "found_at", "due_at", "escalation_note", "decision_note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A finding on a row, with where that row stands."""

    finding: Finding
    row: Row
    source: Source
    of_evidence: bool  # of a row that was only kept as evidence

    @property
    def key(self) -> Key:
        """One breach a rule and row."""
        return self.finding.rule.id, self.source.activity_id

    @property
    def proof(self) -> set[int]:
        """The rows that prove it: its own, and those counted with it."""
        others = {int(row.handle) for row in self.finding.evidence if isinstance(row, Row) and row.handle is not None}  # type: ignore[call-overload]
        return others | {self.source.activity_id}

    def values(self) -> dict[str, Any]:
        """What a breach says of it. Everything here may change when it is found again."""
        finding = self.finding
        return {
            "rule_version": finding.rule.version,
            "verdict": finding.verdict,
            "provisional": self.of_evidence or is_doubtful(finding),
            "severity": finding.rule.severity,
            "citation": finding.rule.citation,
            "local_day": date.fromordinal(self.row.day) if self.row.zone else None,
            "why": json.loads(json.dumps(dict(finding.why), default=str)),
        }


@dataclass(slots=True)
class Changes:
    """What a recording changed: how many breaches, in which reports, and by whom against which rules."""

    found: int = 0
    withdrawn: int = 0
    reports: set[int] = field(default_factory=set)
    queues: set[Queue] = field(default_factory=set)

    def note(self, agency_id: int | None, rule: str, report_id: int) -> None:
        """A breach came, went or changed its weight."""
        self.reports.add(report_id)
        self.queues.add((agency_id, rule))


def record(
    session: Session, consumer_ids: Collection[int], found: Iterable[Found], untested: Collection[int], *, at: datetime
) -> Changes:
    """Bring the breaches on these consumers into line with what was found; what changed.

    A breach that was not found again has lost its ground, unless it is on one of the `untested` rows, which were not judged.
    What a person has decided stays as it is.
    """
    wanted = {one.key: one for one in found}
    known = {(breach.rule, breach.activity_id): breach for breach in queries.breaches(session, consumer_ids)}
    changes = Changes()
    again = [(known[key], one) for key, one in wanted.items() if key in known]
    _renew(session, [pair for pair in again if pair[0].state is BreachState.FOUND], consumer_ids, changes)
    lost = [breach for key, breach in known.items() if key not in wanted and breach.activity_id not in untested]
    _withdraw(session, lost, changes, at)
    _add(session, [wanted[key] for key in sorted(wanted.keys() - known.keys())], consumer_ids, changes, at)
    session.flush()
    return changes


def _renew(
    session: Session, again: list[tuple[Breach, Found]], consumer_ids: Collection[int], changes: Changes
) -> None:
    """Breaches that were found again say what was found last, and are back if they had been withdrawn."""
    if not again:
        return
    proofs = queries.breach_rows(session, consumer_ids)
    for breach, one in again:
        values = one.values() | {"withdrawn_at": None}
        if any(getattr(breach, name) != value for name, value in values.items()):
            changes.note(breach.agency_id, breach.rule, breach.report_id)
            for name, value in values.items():
                setattr(breach, name, value)
        if proofs[breach.id] != one.proof:
            session.execute(delete(BreachRow).where(BreachRow.breach_id == breach.id))
            _prove(session, [(breach.id, row) for row in sorted(one.proof)])


def _withdraw(session: Session, lost: Iterable[Breach], changes: Changes, at: datetime) -> None:
    for breach in lost:
        if breach.state is BreachState.FOUND and breach.withdrawn_at is None:
            breach.withdrawn_at = at
            changes.withdrawn += 1
            changes.note(breach.agency_id, breach.rule, breach.report_id)
            audit.record(session, SYSTEM, BREACH_WITHDRAWN, f"breach:{breach.ref}", rule=breach.rule)


def _add(session: Session, new: list[Found], consumer_ids: Collection[int], changes: Changes, at: datetime) -> None:
    if not new:
        return
    refs = {one.key: derived_ref("bch", *one.key) for one in new}
    rows = [[told[name] for name in COLUMNS] for one in new for told in [_told(one, refs[one.key], at)]]
    bulk.insert_rows(session, Breach.__table__, COLUMNS, rows)  # type: ignore[arg-type]
    ids = queries.breach_ids(session, consumer_ids)
    _prove(session, [(ids[refs[one.key]], row) for one in new for row in sorted(one.proof)])
    changes.found += len(new)
    for one in new:
        changes.note(one.source.agency_id, one.finding.rule.id, one.source.report_id)


def _told(one: Found, ref: str, at: datetime) -> dict[str, Any]:
    """A new breach, column by column."""
    source = one.source
    return one.values() | {
        "ref": ref, "rule": one.finding.rule.id, "state": BreachState.FOUND, "agency_id": source.agency_id,
        "account_id": source.account_id, "activity_id": source.activity_id, "report_id": source.report_id,
        "occurred_at": source.occurred_at, "found_at": at, "due_at": due_at(one.finding.rule.severity, at),
        "escalation_note": "", "decision_note": "",
    }  # fmt: skip


def _prove(session: Session, pairs: list[tuple[int, int]]) -> None:
    bulk.insert_rows(session, BreachRow.__table__, ("breach_id", "activity_id"), pairs)  # type: ignore[arg-type]
