"""Acts: reported complaints become cases with a date, which are answered and closed by what is reported or by hand."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from sqlalchemy.orm import Session

from activity.models import BANK, ReportedComplaint
from conduct import queries
from conduct.complaint_clocks import due_on
from conduct.events import COMPLAINT_ANSWERED, COMPLAINT_CLOSED, COMPLAINT_OPENED, COMPLAINT_UPDATED
from conduct.models import COMPLAINT_MOVES, Complaint, ComplaintState
from placements.models import Account
from portal import audit, tasks
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from portal.refs import derived_ref
from portal.reports.models import Report
from portal.webhooks import publishing as webhooks

ANSWER: Final = "complaint.answer"
OUTCOMES: Final = ("upheld", "partly_upheld", "rejected")


# -- as reported ----------------------------------------------------------------------------------------------------------


def take_in(session: Session, report_id: int, *, at: datetime) -> int:
    """Open a case for every complaint of a report, or bring the known one up to date; how many were opened.

    Only rows that no later row has replaced speak; taking a report in again changes nothing.
    """
    report = session.get_one(Report, report_id)
    told = queries.reported_complaints(session, report_id)
    known = queries.complaints_by_record(session, report.sender, [row.record_id for row, _ in told])
    opened = 0
    for row, account in told:
        case = known.get(row.record_id)
        if case is None:
            case = _open(session, row, account)
            opened += 1
        else:
            _update(session, case, row)
        _follow(session, case, row, at)
    return opened


def _open(session: Session, row: ReportedComplaint, account: Account | None) -> Complaint:
    place, zone = (account.jurisdiction, account.time_zone) if account else ("", None)
    case = Complaint(
        ref=derived_ref("cmp", row.sender, row.record_id), sender=row.sender, record_id=row.record_id,
        agency_id=_about(session, row), account_id=row.account_id, category=row.category, summary=row.summary,
        regulator=bool(row.regulator), received_at=row.received_at, due_on=due_on(row.received_at, place, zone),
    )  # fmt: skip
    session.add(case)
    session.flush()
    subject = f"complaint:{case.ref}"
    audit.record(session, SYSTEM, COMPLAINT_OPENED, subject, category=case.category, due_on=case.due_on)
    whose = _who_answers(case)
    tasks.open_task(
        session, ANSWER, subject, N_("Answer complaint %(ref)s"), link=f"/complaints/{case.ref}", role=whose[0],
        agency_id=whose[1], due_at=_end_of(case), ref=case.ref,
    )  # fmt: skip
    if case.agency_id:
        told = {"complaint": case.ref, "due_at": _end_of(case).isoformat()}
        webhooks.publish(session, "complaint.assigned", case.agency_id, told)
    return case


def _about(session: Session, row: ReportedComplaint) -> int | None:
    """The agency a complaint is about: who reported it, or for one that reached the bank, who held the account then."""
    if row.sender != BANK or row.account_id is None:
        return row.agency_id
    return queries.holder_at(session, row.account_id, row.received_at)


def _who_answers(case: Complaint) -> tuple[Role, int | None]:
    """An agency answers what reached it, the bank what reached the bank or a regulator."""
    if case.sender != BANK and not case.regulator:
        return Role.AGENCY_MANAGER, case.agency_id
    return Role.COMPLIANCE, None


def _end_of(case: Complaint) -> datetime:
    return datetime.combine(case.due_on, time(23, 59), case.received_at.tzinfo)


def _update(session: Session, case: Complaint, row: ReportedComplaint) -> None:
    said = {"category": row.category, "summary": row.summary, "regulator": bool(row.regulator)}
    changed = {name: value for name, value in said.items() if getattr(case, name) != value}
    for name, value in changed.items():
        setattr(case, name, value)
    if changed:
        audit.record(session, SYSTEM, COMPLAINT_UPDATED, f"complaint:{case.ref}", fields=sorted(changed))


def _follow(session: Session, case: Complaint, row: ReportedComplaint, at: datetime) -> None:
    """Let the case go as far as its row says. What was decided by hand is not taken back."""
    if case.state is ComplaintState.OPEN and (row.first_response_at or row.resolved_at):
        _answer(session, SYSTEM, case, min(filter(None, (row.first_response_at, row.resolved_at))))
    if case.state is ComplaintState.ANSWERED and row.resolved_at:
        _close(session, SYSTEM, case, row.resolved_at, row.outcome)


# -- by hand --------------------------------------------------------------------------------------------------------------


def answer(session: Session, actor: Actor, case: Complaint, note: str, *, at: datetime) -> Complaint:
    """Note that the person was answered, and how. Raises Conflict for a case that was, Invalid without a word on how."""
    _must_become(case, ComplaintState.ANSWERED)
    case.note = _worded(note)
    _answer(session, actor, case, at)
    return case


def close(session: Session, actor: Actor, case: Complaint, outcome: str, note: str, *, at: datetime) -> Complaint:
    """Close a case with its outcome. Raises Conflict for a closed one, Invalid for an unknown outcome or without a reason.

    An agency does not close complaints about itself: Forbidden.
    """
    if actor.agency_id:
        raise Forbidden(N_("The bank closes complaints about you."))
    _must_become(case, ComplaintState.CLOSED)
    if outcome not in OUTCOMES:
        raise Invalid(N_("Choose how the complaint ended."), fields={"outcome": N_("Choose how the complaint ended.")})
    case.note = _worded(note)
    if case.state is ComplaintState.OPEN:
        _answer(session, actor, case, at)
    _close(session, actor, case, at, outcome)
    return case


def may_become(case: Complaint, state: ComplaintState) -> bool:
    """True when a case may go on to this state."""
    return state in COMPLAINT_MOVES[case.state]


def _must_become(case: Complaint, state: ComplaintState) -> None:
    if not may_become(case, state):
        raise Conflict(
            N_("This complaint is %(state)s and cannot become %(wanted)s."), state=case.state.value, wanted=state.value
        )


def _worded(note: str) -> str:
    if not note.strip():
        raise Invalid(N_("Write what was answered."), fields={"note": N_("Write what was answered.")})
    return note.strip()


def _answer(session: Session, actor: Actor, case: Complaint, at: datetime) -> None:
    case.state, case.answered_at = ComplaintState.ANSWERED, at
    audit.record(session, actor, COMPLAINT_ANSWERED, f"complaint:{case.ref}")
    tasks.close_tasks(session, f"complaint:{case.ref}", actor, kind=ANSWER)


def _close(session: Session, actor: Actor, case: Complaint, at: datetime, outcome: str | None) -> None:
    case.state, case.closed_at, case.outcome = ComplaintState.CLOSED, at, outcome
    audit.record(session, actor, COMPLAINT_CLOSED, f"complaint:{case.ref}", outcome=outcome)
