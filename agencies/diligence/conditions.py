"""Acts: an approval's conditions are set, reported done, met or waived; sites are visited.

An open condition may cap the accounts an agency holds, and one past its day lets no new account go there: placing obeys both
(`agencies.credentials`, `placements.eligibility`). A reviewer finds a condition met; only an approver waives one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from agencies.diligence import queries
from agencies.diligence.models import AnswerState, Condition, ConditionState, SiteVisit
from agencies.events import CONDITION_CLOSED, CONDITION_REPORTED, CONDITION_SET, VISIT_PLANNED, VISIT_REPORTED
from agencies.models import Agency
from portal import audit, tasks
from portal.errors import N_, Conflict, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import Actor

OWNERS = (Role.AGENCY_MANAGER, Role.VENDOR_MANAGER, Role.COMPLIANCE)
CHECKED_WITHIN = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Terms:
    """A condition as somebody writes it down. `question`: the declined answer that it lets pass."""

    text: str
    owner: Role
    due_on: date
    cap_accounts: int | None = None
    question: str | None = None


def set_condition(session: Session, actor: Actor, agency: Agency, terms: Terms, *, at: datetime) -> Condition:
    """Set a condition; its owner finds it in the work list. Raises Invalid naming the field to mend."""
    if terms.due_on < at.date():
        raise _wrong("due_on", N_("Choose a day that is still to come."))
    if terms.owner not in OWNERS:
        raise _wrong("owner", N_("Choose an owner of the list."))
    review = queries.undecided(session, agency)
    if terms.question is not None:
        given = queries.answers_of(session, review).get(terms.question) if review else None
        if given is None or given.state is not AnswerState.DECLINED:
            raise _wrong("question", N_("Choose an answer that was declined."))
    made = Condition(
        agency_id=agency.id, review_id=review.id if review else None, question=terms.question, text=terms.text.strip(),
        owner=terms.owner, due_on=terms.due_on, cap_accounts=terms.cap_accounts, set_at=at, set_by=actor.label,
    )  # fmt: skip
    session.add(made)
    session.flush()
    tasks.open_task(
        session, "condition.meet", f"condition:{made.ref}", N_("Meet a condition of %(agency)s: %(text)s"),
        link=f"/agencies/{agency.code}/diligence", role=terms.owner, agency_id=agency.id if terms.owner.of_agency else None,
        due_at=_end_of(terms.due_on), agency=agency.code, text=made.text[:80],
    )  # fmt: skip
    audit.record(
        session, actor, CONDITION_SET, f"condition:{made.ref}", agency=agency.code, text=made.text, owner=terms.owner.value,
        due_on=terms.due_on, cap=terms.cap_accounts,
    )  # fmt: skip
    return made


def report_done(
    session: Session, actor: Actor, agency: Agency, condition: Condition, *, evidence: StoredFile | None, at: datetime
) -> Condition:
    """Its owner says that it is done and shows the document. It stays open until a reviewer finds it met."""
    _is_open(session, condition)
    if evidence is None:
        raise _wrong("evidence", N_("Add the document that proves it."))
    condition.evidence_id = evidence.id
    tasks.open_task(
        session, "condition.check", f"condition:{condition.ref}", N_("%(agency)s says that a condition is met: %(text)s"),
        link=f"/agencies/{agency.code}/diligence", role=Role.COMPLIANCE, due_at=at + CHECKED_WITHIN, not_by_id=actor.user_id,
        agency=agency.code, text=condition.text[:80],
    )  # fmt: skip
    audit.record(session, actor, CONDITION_REPORTED, f"condition:{condition.ref}", sha256=evidence.sha256)
    session.flush()
    return condition


def close_condition(
    session: Session, actor: Actor, condition: Condition, outcome: ConditionState, *, why: str, at: datetime
) -> Condition:
    """Find a condition met, or waive it: its cap falls away. Raises Forbidden for a reviewer who would waive, Invalid without a reason."""
    actor.must("agencies.decide" if outcome is ConditionState.WAIVED else "agencies.review")
    if outcome is ConditionState.OPEN or not why.strip():
        raise _wrong("why", N_("Give the reason."))
    _is_open(session, condition)
    condition.state, condition.closed_at, condition.closed_by, condition.closed_why = (
        outcome,
        at,
        actor.label,
        why.strip(),
    )
    tasks.close_tasks(session, f"condition:{condition.ref}", actor)
    audit.record(session, actor, CONDITION_CLOSED, f"condition:{condition.ref}", outcome=outcome.value, why=why.strip())
    session.flush()
    return condition


def plan_visit(
    session: Session, actor: Actor, agency: Agency, site: str, planned_on: date, *, at: datetime
) -> SiteVisit:
    """Plan a visit to where the agency works; compliance finds the task to report on it."""
    review = queries.undecided(session, agency)
    made = SiteVisit(
        agency_id=agency.id,
        review_id=review.id if review else None,
        site=site.strip(),
        planned_on=planned_on,
        planned_by=actor.label,
    )
    session.add(made)
    session.flush()
    tasks.open_task(
        session, "visit.report", f"visit:{made.ref}", N_("Visit %(agency)s and report what was found"),
        link=f"/agencies/{agency.code}/visits/{made.ref}", role=Role.COMPLIANCE, due_at=_end_of(planned_on), agency=agency.code,
    )  # fmt: skip
    audit.record(session, actor, VISIT_PLANNED, f"visit:{made.ref}", agency=agency.code, site=made.site, on=planned_on)
    return made


def report_visit(
    session: Session, actor: Actor, visit: SiteVisit, visited_on: date, *, passed: bool, findings: str,
    evidence: StoredFile | None, at: datetime,
) -> SiteVisit:  # fmt: skip
    """Write down what a visit found. Raises Conflict where it was reported already, Invalid for a day to come or without findings."""
    if visit.visited_on is not None:
        raise Conflict(N_("This visit was reported already."))
    if visited_on > at.date():
        raise _wrong("visited_on", N_("Choose a day that has been."))
    if not findings.strip():
        raise _wrong("findings", N_("Write what was found."))
    visit.visited_on, visit.visited_by, visit.passed, visit.findings = visited_on, actor.label, passed, findings.strip()
    visit.evidence_id = evidence.id if evidence else None
    tasks.close_tasks(session, f"visit:{visit.ref}", actor)
    audit.record(session, actor, VISIT_REPORTED, f"visit:{visit.ref}", on=visited_on, passed=passed)
    session.flush()
    return visit


def _is_open(session: Session, condition: Condition) -> None:
    session.refresh(condition, with_for_update=True)
    if condition.state is not ConditionState.OPEN:
        raise Conflict(N_("This condition is closed already."))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})
