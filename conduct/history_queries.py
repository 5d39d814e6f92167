"""Questions a dossier is made from: whose history a report touches, and what is known of these people and their agencies.

Every question is asked once a batch of consumers, never once a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from activity.models import Activity, ReportedComplaint, Standing
from agencies.models import Collector, Contract, Credential, Exemption
from conduct.models import Breach, BreachRow, BreachState
from conduct.timeline import CONTACTS
from placements.models import Account, Consumer, Placement

# The columns of contract 4.2 from `direction` to `court`, in the order in which `conduct.dossier.Row` takes them.
REPORTED: Final = (
    "direction", "outcome", "party", "person_ref", "endpoint", "endpoint_type", "time_zones", "collector_id", "duration_s",
    "recording_ref", "template_ref", "dialer", "opt_out_notice", "disclosed_debt", "identified_caller", "consent_ref",
    "purpose", "accounts_discussed", "amount", "currency", "due_on", "instalments", "reference", "filed_on", "served_on",
    "court",
)  # fmt: skip
OWN: Final = (
    "id", "report_id", "agency_id", "account_id", "consumer_id", "placement_id", "record_id", "occurred_at", "kind",
    "details",
)  # fmt: skip
WRONG_PARTY: Final = "wrong_party"


# -- what a report touches ------------------------------------------------------------------------------------------------


def first_of_report(session: Session, report_id: int) -> Sequence[Any]:
    """(consumer, instant of the first row, whether any row bears on rows before it) of everybody a report speaks of."""
    wanted = select(Activity.consumer_id, func.min(Activity.occurred_at), _bears_on_earlier_rows())
    return session.execute(wanted.where(Activity.report_id == report_id).group_by(Activity.consumer_id)).all()


def first_replaced_by_report(session: Session, report_id: int) -> Sequence[Any]:
    """The same of the rows that rows of this report have replaced."""
    newer = aliased(Activity)
    wanted = (
        select(Activity.consumer_id, func.min(Activity.occurred_at), _bears_on_earlier_rows())
        .join(newer, (newer.sender == Activity.sender) & (newer.corrects == Activity.record_id))
        .where(newer.report_id == report_id, newer.corrects.is_not(None), newer.standing != Standing.EVIDENCE)
        .where(Activity.standing == Standing.REPLACED)
    )
    return session.execute(wanted.group_by(Activity.consumer_id)).all()


def _bears_on_earlier_rows() -> ColumnElement[int]:
    """1 where a row can change the verdict of rows before it: everything but a contact, and a contact that finds a number to be
    somebody else's (`conduct.engine.judge`)."""
    contact = Activity.kind.in_(sorted(CONTACTS)) & (func.coalesce(Activity.outcome, "") != WRONG_PARTY)
    return func.max(case((contact, 0), else_=1))


def consumers_of_agency(session: Session, agency_id: int, since: datetime) -> Sequence[int]:
    """The consumers whom an agency's rows since this instant speak of."""
    wanted = select(Activity.consumer_id).where(Activity.agency_id == agency_id, Activity.occurred_at >= since)
    return session.scalars(wanted.distinct()).all()


def consumers_in_breach_of(session: Session, rules: Collection[str]) -> Sequence[int]:
    """The consumers on whom breaches of these rules wait for somebody to judge them."""
    wanted = select(Activity.consumer_id).join(Breach, Breach.activity_id == Activity.id)
    waiting = wanted.where(Breach.rule.in_(rules), Breach.state == BreachState.FOUND, Breach.withdrawn_at.is_(None))
    return session.scalars(waiting.distinct()).all()


# -- a batch of consumers -------------------------------------------------------------------------------------------------


def hold_still(session: Session, consumer_ids: Collection[int]) -> None:
    """Let no two checks work on the same people at once: the later one waits, and then sees what the earlier one saw.

    Without this, a check that read its rows first and wrote last would take back what the other had found. SQLite has one
    writer at a time anyway.
    """
    wanted = select(Consumer.id).where(Consumer.id.in_(consumer_ids)).order_by(Consumer.id)
    session.execute(wanted.with_for_update(key_share=True)).all()


def history(session: Session, consumer_ids: Collection[int]) -> Sequence[Any]:
    """All rows of these consumers that count or are kept as evidence, of every sender, in time order.

    Rows of one instant come in an order that does not depend on which was loaded first. Asked of the table, not of the
    model: no object of the mapper is made for any of them.
    """
    told = Activity.__table__.c
    wanted = (
        select(*(told[name] for name in (*OWN, *REPORTED)), (told.standing == Standing.EVIDENCE).label("is_evidence"))
        .where(told.consumer_id.in_(consumer_ids), told.standing != Standing.REPLACED)
        .order_by(told.consumer_id, told.occurred_at, told.sender, told.record_id)
    )
    return session.execute(wanted).all()


def accounts(session: Session, consumer_ids: Collection[int]) -> Sequence[Any]:
    """(account, consumer's reference, consumer's language) of every account of these consumers."""
    wanted = select(Account, Consumer.consumer_ref, Consumer.language).join(
        Consumer, Consumer.id == Account.consumer_id
    )
    return session.execute(wanted.where(Account.consumer_id.in_(consumer_ids)).order_by(Account.account_ref)).all()


def placements(session: Session, consumer_ids: Collection[int]) -> Sequence[Any]:
    """(id, agency, beginning, end) of every placement of these consumers' accounts."""
    wanted = select(Placement.id, Placement.agency_id, Placement.placed_at, Placement.ended_at)
    joined = wanted.join(Account, Account.id == Placement.account_id)
    return session.execute(joined.where(Account.consumer_id.in_(consumer_ids))).all()


def limits(session: Session, consumer_ids: Collection[int]) -> Sequence[Any]:
    """(id, placed balance, balance owed now, contract's settlement floor and most instalments) of these consumers' placements."""
    wanted = (
        select(
            Placement.id, Placement.balance.label("placed"), Account.balance.label("owed"), Contract.settlement_floor, Contract.instalments_most,
        )
        .join(Account, Account.id == Placement.account_id)
        .join(Contract, Contract.id == Placement.contract_id)
    )  # fmt: skip
    return session.execute(wanted.where(Account.consumer_id.in_(consumer_ids))).all()


def complaints(session: Session, consumer_ids: Collection[int]) -> Sequence[Any]:
    """(complaint, consumer, account's reference): the newest row of each complaint about these consumers' accounts."""
    wanted = select(ReportedComplaint, Account.consumer_id, Account.account_ref).join(
        Account, Account.id == ReportedComplaint.account_id
    )
    newest = wanted.where(Account.consumer_id.in_(consumer_ids), ReportedComplaint.replaced_at.is_(None))
    return session.execute(newest.order_by(ReportedComplaint.id)).all()


def breaches(session: Session, consumer_ids: Collection[int]) -> Sequence[Breach]:
    """Every breach on these consumers' accounts, withdrawn ones too."""
    theirs = select(Account.id).where(Account.consumer_id.in_(consumer_ids))
    return session.scalars(select(Breach).where(Breach.account_id.in_(theirs)).order_by(Breach.id)).all()


def breach_rows(session: Session, consumer_ids: Collection[int]) -> dict[int, set[int]]:
    """The rows in evidence of each breach on these consumers' accounts."""
    theirs = select(Account.id).where(Account.consumer_id.in_(consumer_ids))
    wanted = select(BreachRow.breach_id, BreachRow.activity_id).join(Breach, Breach.id == BreachRow.breach_id)
    found: defaultdict[int, set[int]] = defaultdict(set)
    for breach_id, activity_id in session.execute(wanted.where(Breach.account_id.in_(theirs))):
        found[breach_id].add(activity_id)
    return found


def breach_ids(session: Session, consumer_ids: Collection[int]) -> dict[str, int]:
    """The breaches on these consumers' accounts, by reference."""
    theirs = select(Account.id).where(Account.consumer_id.in_(consumer_ids))
    return dict(session.execute(select(Breach.ref, Breach.id).where(Breach.account_id.in_(theirs))).all())


# -- agencies -------------------------------------------------------------------------------------------------------------


def credentials(session: Session) -> Sequence[Credential]:
    """Every credential of every agency."""
    return session.scalars(select(Credential).order_by(Credential.id)).all()


def exemptions(session: Session, at: datetime) -> Sequence[Exemption]:
    """The exemptions in force at this instant."""
    day = at.date()
    wanted = select(Exemption).where(Exemption.approved_at.is_not(None), Exemption.valid_from <= day)
    return session.scalars(wanted.where((Exemption.valid_until.is_(None)) | (Exemption.valid_until >= day))).all()


def roster(session: Session) -> Sequence[Any]:
    """The newest row of every collector."""
    columns = (
        Collector.agency_id, Collector.collector_id, Collector.active_from, Collector.active_to,
        Collector.background_check_on, Collector.training_on, Collector.training_until, Collector.licence_number,
        Collector.licence_from, Collector.licence_until, Collector.languages, Collector.field_visits,
    )  # fmt: skip
    return session.execute(select(*columns).where(Collector.replaced_at.is_(None))).all()
