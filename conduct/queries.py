"""Questions about breaches and complaints. What an actor may see is decided here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from activity.models import Activity, ReportedComplaint
from agencies.models import Agency
from conduct.models import Breach, BreachRow, BreachState, Complaint, ComplaintState
from placements.models import Account, Placement
from portal.errors import NotFound
from portal.permissions import Actor
from portal.reports.models import Report

WAITING = (BreachState.FOUND, BreachState.ESCALATED)


# -- who sees which breach ------------------------------------------------------------------------------------------------


def counts() -> ColumnElement[bool]:
    """The breaches that count: standing, not dismissed, and where there was a doubt, confirmed."""
    return and_(
        Breach.withdrawn_at.is_(None),
        Breach.state != BreachState.DISMISSED,
        or_(Breach.provisional.is_(False), Breach.state == BreachState.CONFIRMED),
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The breaches an actor may see: the bank all, an agency its own, and of provisional ones those that were confirmed."""
    if not actor.agency_id:
        return Breach.id.is_not(None)
    told = or_(Breach.provisional.is_(False), Breach.state == BreachState.CONFIRMED)
    return and_(Breach.agency_id == actor.agency_id, told)


def get(session: Session, actor: Actor, ref: str) -> Any:
    """One breach with its account's reference, its agency's code and its row. Raises NotFound."""
    found = session.execute(breaches_list(actor).where(Breach.ref == ref)).first()
    if found is None:
        raise NotFound
    return found


def breaches_list(actor: Actor) -> Select[Any]:
    """Breaches the actor may see, withdrawn ones too, with account, agency and row."""
    wanted: Select[Any] = select(Breach, Account.account_ref, Agency.code, Activity.record_id)  # type: ignore[assignment]
    joined = wanted.join(Account, Account.id == Breach.account_id).join(Activity, Activity.id == Breach.activity_id)
    return joined.outerjoin(Agency, Agency.id == Breach.agency_id).where(visible_to(actor))


def breaches_of_report(actor: Actor, report: Report) -> Select[Any]:
    """The breaches on a report's rows that stand. Questions that nobody has answered yet are none, for the bank either."""
    certain = or_(Breach.verdict == "violation", Breach.provisional.is_(False), Breach.state == BreachState.CONFIRMED)
    return breaches_list(actor).where(Breach.report_id == report.id, Breach.withdrawn_at.is_(None), certain)


def evidence(session: Session, breach: Breach) -> Sequence[Any]:
    """The rows that prove a breach, in time order, each with its sender's code and its account."""
    wanted = (
        select(Activity, Agency.code, Account)
        .join(BreachRow, BreachRow.activity_id == Activity.id)
        .join(Account, Account.id == Activity.account_id)
        .outerjoin(Agency, Agency.id == Activity.agency_id)
        .where(BreachRow.breach_id == breach.id)
    )
    return session.execute(wanted.order_by(Activity.occurred_at, Activity.id)).all()


def waiting_in_queue(session: Session, agency_id: int | None, rule: str) -> Sequence[Breach]:
    """The breaches of a rule by an agency (none: the bank itself) that wait for a judgement."""
    wanted = select(Breach).where(Breach.rule == rule, _waits(), Breach.agency_id == agency_id)
    return session.scalars(wanted.order_by(Breach.id)).all()


def breaches_by_rule(session: Session) -> dict[str, int]:
    """How many breaches of each rule count."""
    counted = select(Breach.rule, func.count()).where(counts()).group_by(Breach.rule)
    return dict(session.execute(counted).all())


# -- what follows from breaches -------------------------------------------------------------------------------------------


def rows_in_breach(session: Session, report_ids: Collection[int]) -> dict[int, int]:
    """How many rows of each of these reports are in breach; reports without one are left out."""
    counted = select(Breach.report_id, func.count(Breach.activity_id.distinct()))
    found = counted.where(Breach.report_id.in_(report_ids), counts()).group_by(Breach.report_id)
    return dict(session.execute(found).all())


def tested_reports(session: Session, report_ids: Collection[int]) -> set[int]:
    """Which of these reports have been tested to their end."""
    return set(session.scalars(select(Report.id).where(Report.id.in_(report_ids), Report.breaches.is_not(None))))


def due_by_queue(session: Session, rules: Collection[str]) -> dict[tuple[int | None, str], datetime]:
    """For each agency and rule with breaches that wait, when the first of them is due."""
    wanted = select(Breach.agency_id, Breach.rule, func.min(Breach.due_at)).where(Breach.rule.in_(rules), _waits())
    return {
        (agency_id, rule): due
        for agency_id, rule, due in session.execute(wanted.group_by(Breach.agency_id, Breach.rule))
    }


def agency_codes(session: Session) -> dict[int, str]:
    """Every agency's code."""
    return dict(session.execute(select(Agency.id, Agency.code)).all())


def _waits() -> ColumnElement[bool]:
    return and_(Breach.state.in_(WAITING), Breach.withdrawn_at.is_(None))


# -- complaints -----------------------------------------------------------------------------------------------------------


def complaints_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The complaints an actor may see: the bank all, an agency those about itself."""
    return Complaint.agency_id == actor.agency_id if actor.agency_id else Complaint.id.is_not(None)


def complaints_list(actor: Actor) -> Select[Any]:
    """Complaints the actor may see, with account and agency."""
    wanted: Select[Any] = select(Complaint, Account.account_ref, Agency.code)  # type: ignore[assignment]
    joined = wanted.outerjoin(Account, Account.id == Complaint.account_id)
    return joined.outerjoin(Agency, Agency.id == Complaint.agency_id).where(complaints_visible_to(actor))


def get_complaint(session: Session, actor: Actor, ref: str) -> Any:
    """One complaint with its account's reference and its agency's code. Raises NotFound."""
    found = session.execute(complaints_list(actor).where(Complaint.ref == ref)).first()
    if found is None:
        raise NotFound
    return found


def complaint_history(session: Session, complaint: Complaint) -> Sequence[ReportedComplaint]:
    """What its sender reported of a complaint, newest first."""
    told = select(ReportedComplaint).where(
        ReportedComplaint.sender == complaint.sender, ReportedComplaint.record_id == complaint.record_id
    )
    return session.scalars(told.order_by(ReportedComplaint.id.desc())).all()


def jurisdiction_of(session: Session, complaint: Complaint) -> str:
    """The place of a complaint's account; empty where it names none."""
    found = select(Account.jurisdiction).where(Account.id == complaint.account_id)
    return session.scalar(found) or ""


def reported_complaints(session: Session, report_id: int) -> Sequence[Any]:
    """(complaint as reported, account) of each row of a report that no later row has replaced."""
    wanted = select(ReportedComplaint, Account).outerjoin(Account, Account.id == ReportedComplaint.account_id)
    newest = wanted.where(ReportedComplaint.report_id == report_id, ReportedComplaint.replaced_at.is_(None))
    return session.execute(newest.order_by(ReportedComplaint.id)).all()


def complaints_by_record(session: Session, sender: int, record_ids: Collection[str]) -> dict[str, Complaint]:
    """The cases of these complaints of one sender, by its own ids."""
    wanted = select(Complaint).where(Complaint.sender == sender, Complaint.record_id.in_(record_ids))
    return {complaint.record_id: complaint for complaint in session.scalars(wanted)}


def holder_at(session: Session, account_id: int, at: datetime) -> int | None:
    """The agency that held an account at an instant, or last before it; None if nobody ever had."""
    wanted = select(Placement.agency_id).where(Placement.account_id == account_id, Placement.placed_at <= at)
    return session.scalars(wanted.order_by(Placement.placed_at.desc()).limit(1)).first()


def overdue_complaints(session: Session, actor: Actor, today: Any) -> int:
    """How many complaints the actor may see should have been answered before this day."""
    late = and_(Complaint.state == ComplaintState.OPEN, Complaint.due_on < today)
    return session.scalar(select(func.count()).select_from(Complaint).where(complaints_visible_to(actor), late)) or 0
