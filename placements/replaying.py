"""Drawing a plan again from what it stored, and comparing: proof that inputs, seed and rule gave this plan and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from placements import drafting, plan_queries
from placements.dealing import Line, Policy, deal
from placements.models import Plan, PlanLine
from placements.reasons import Why
from placements.seats import Candidate, Seat
from placements.segments import Bands
from portal.types import to_minor


@dataclass(frozen=True)
class Replay:
    """What drawing a plan again showed: how many lines, the accounts that came out otherwise, whether the fingerprint still fits."""

    lines: int
    differing: tuple[str, ...]
    is_sealed: bool

    @property
    def agrees(self) -> bool:
        """True if nothing differs."""
        return self.is_sealed and not self.differing


def replay(session: Session, plan: Plan) -> Replay:
    """Draw the plan again from its stored inputs alone. What changed since then in agencies or accounts plays no part."""
    inputs = plan.inputs
    rows = plan_queries.lines_with_refs(session, plan)
    dealt = deal(
        [_candidate(line, ref) for line, ref, _ in rows],
        [Seat.of(stored) for stored in inputs["panel"]],
        bands=Bands.of(inputs["bands"]),
        seed=str(inputs["seed"]),
        policy=Policy.of(inputs.get("policy")),
    )
    whys = [tuple(map(Why.of, stored)) for stored in plan.whys]
    again = {line.candidate.account_ref: _outcome(line, dealt.whys) for line in dealt.lines}
    stored = {ref: (code, line.cell, whys[line.why] if line.why is not None else None) for line, ref, code in rows}
    differing = sorted(ref for ref, outcome in stored.items() if again[ref] != outcome)
    is_sealed = drafting.fingerprint(inputs, plan_queries.signed_rows(session, plan)) == plan.fingerprint
    return Replay(len(rows), tuple(differing), is_sealed)


def _outcome(line: Line, whys: Sequence[tuple[Why, ...]]) -> tuple[Any, ...]:
    return line.agency, line.cell, whys[line.why] if line.why is not None else None


def _candidate(line: PlanLine, account_ref: str) -> Candidate:
    return Candidate(
        line.account_id,
        account_ref,
        line.consumer_ref,
        str(line.product),
        line.jurisdiction,
        line.currency,
        to_minor(line.balance),
        line.days_late,
        line.score,
        tuple(line.obstacles or ()),
        line.follows,
        tuple(line.barred or ()),
        line.track,
        line.treatment,
        line.side_before,
    )
