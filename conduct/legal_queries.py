"""Questions about legal steps and the days that follow from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from activity.models import Activity, Standing
from agencies.models import Agency
from conduct.legal_clocks import ClockState
from conduct.models import LegalDeadline
from conduct.timeline import STEPS
from placements.models import Account, Placement
from portal.permissions import Actor


def consumers_of_report(session: Session, report_id: int) -> set[int]:
    """The consumers a report tells a legal step of, or of whom it corrects one, or about whom it says more where steps are known."""
    old = aliased(Activity)
    told = select(Activity.consumer_id).where(Activity.report_id == report_id, Activity.kind.in_(sorted(STEPS)))
    corrected = (
        select(old.consumer_id)
        .join(Activity, and_(Activity.corrects == old.record_id, Activity.sender == old.sender))
        .where(Activity.report_id == report_id, old.standing == Standing.REPLACED, old.kind.in_(sorted(STEPS)))
    )
    known = (
        select(Activity.consumer_id)
        .join(LegalDeadline, LegalDeadline.account_id == Activity.account_id)
        .where(Activity.report_id == report_id)
    )
    return set(session.scalars(told.union(corrected, known)))


def consumers_near(session: Session, day: date) -> set[int]:
    """The consumers of whom a deadline is open whose day comes by then."""
    wanted = select(Account.consumer_id).join(LegalDeadline, LegalDeadline.account_id == Account.id)
    return set(session.scalars(wanted.where(LegalDeadline.state == ClockState.OPEN, LegalDeadline.day <= day)))


def deadlines_of(session: Session, consumer_ids: Collection[int]) -> Sequence[LegalDeadline]:
    """The stored deadlines of these consumers."""
    wanted = select(LegalDeadline).join(Account, Account.id == LegalDeadline.account_id)
    return session.scalars(wanted.where(Account.consumer_id.in_(consumer_ids)).order_by(LegalDeadline.id)).all()


def holders(session: Session, account_ids: Collection[int]) -> dict[int, tuple[str, int | None]]:
    """By account: its reference, and the agency that holds it now, if one does."""
    wanted = (
        select(Account.id, Account.account_ref, Placement.agency_id)
        .outerjoin(Placement, and_(Placement.account_id == Account.id, Placement.ended_at.is_(None)))
        .where(Account.id.in_(account_ids))
    )
    return {key: (ref, agency_id) for key, ref, agency_id in session.execute(wanted)}


def deadlines_list(actor: Actor) -> Select[Any]:
    """The deadlines the actor may see, with the step, account and agency: an agency those of its own steps."""
    wanted: Any = select(LegalDeadline, Activity, Account.account_ref, Agency.code)
    joined: Select[Any] = (
        wanted.join(Activity, Activity.id == LegalDeadline.activity_id)
        .join(Account, Account.id == LegalDeadline.account_id)
        .outerjoin(Agency, Agency.id == LegalDeadline.agency_id)
    )
    return joined.where(LegalDeadline.agency_id == actor.agency_id) if actor.agency_id else joined


def reference_of(text: str) -> ColumnElement[bool]:
    """Steps whose case number or court holds this text."""
    return or_(Activity.reference.contains(text, autoescape=True), Activity.court.contains(text, autoescape=True))
