"""Everything the portal holds on some accounts, table by table, and the documents of these accounts: for packs and for exports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from activity.models import Activity, PaymentClaim, ReportedComplaint
from agencies.models import Agency
from conduct.models import Breach, Complaint
from ledger.models import Payment
from placements.ending_models import Deletion
from placements.models import Account, BalanceChange, Consumer, Hold, Placement
from placements.request_models import AccountDocument, Arrangement, ArrangementState, Request
from placements.rights_models import RightsCase
from portal.errors import N_, NotFound

HIDDEN: Final = ("id", "sealed", "content_hash", "rule_version", "cell")


@dataclass(frozen=True)
class Sheet:
    """One table of a pack: file name, what it is, the model, and whether its rows name an agency."""

    name: str
    meaning: str
    model: Any


SHEETS: Final = (
    Sheet("accounts", N_("The accounts as the bank's newest tape tells them"), Account),
    Sheet("balance-changes", N_("Every change of a balance that the bank told"), BalanceChange),
    Sheet("placements", N_("Which agency held which account, and how that ended"), Placement),
    Sheet("holds", N_("Reasons not to collect, from their start to their end"), Hold),
    Sheet("activity", N_("Every contact and step that was reported"), Activity),
    Sheet("payments", N_("The entries of the bank's ledger"), Payment),
    Sheet("payment-claims", N_("Payments as agencies reported them"), PaymentClaim),
    Sheet("requests", N_("What agencies asked for and were answered"), Request),
    Sheet("arrangements", N_("Arrangements and how they were kept"), Arrangement),
    Sheet("breaches", N_("Breaches of rules that were found"), Breach),
    Sheet("complaints", N_("Complaints and how they ended"), Complaint),
    Sheet("reported-complaints", N_("Complaints as they were reported"), ReportedComplaint),
    Sheet("deletions", N_("What agencies hold still, and what they proved to have deleted"), Deletion),
)


def columns(sheet: Sheet) -> tuple[str, ...]:
    """The columns of a sheet: the table's own without keys of ours, and the agency's code where there is one."""
    names = [
        column.name for column in sheet.model.__table__.columns if column.name not in HIDDEN and not column.foreign_keys
    ]
    has_agency = "agency_id" in sheet.model.__table__.columns
    return ("account_ref", *(("agency",) if has_agency else ()), *(name for name in names if name != "account_ref"))


def rows(session: Session, sheet: Sheet, account_ids: Collection[int]) -> Iterator[Sequence[Any]]:
    """The rows of a sheet on these accounts, oldest first."""
    table = sheet.model.__table__
    names = [name for name in columns(sheet) if name not in ("account_ref", "agency")]
    key = table.c.id if "id" in table.c else table.c.placement_id
    if sheet.model is Account:
        wanted: Any = select(table.c.account_ref, *(table.c[name] for name in names)).where(table.c.id.in_(account_ids))
        yield from session.execute(wanted.order_by(key))
        return
    has_agency = "agency_id" in table.c
    chosen = [Account.account_ref, *([Agency.code] if has_agency else []), *(table.c[name] for name in names)]
    wanted = select(*chosen).select_from(table).join(Account, Account.id == table.c.account_id)
    if has_agency:
        wanted = wanted.outerjoin(Agency, Agency.id == table.c.agency_id)
    yield from session.execute(wanted.where(table.c.account_id.in_(account_ids)).order_by(key))


def documents(session: Session, account_ids: Collection[int]) -> Sequence[AccountDocument]:
    """The documents of these accounts, with their files."""
    wanted = select(AccountDocument).where(AccountDocument.account_id.in_(account_ids))
    return session.scalars(wanted.options(joinedload(AccountDocument.file)).order_by(AccountDocument.id)).all()


def accounts_of(session: Session, consumer: Consumer) -> Sequence[Account]:
    """All accounts of a person."""
    return session.scalars(select(Account).where(Account.consumer_id == consumer.id).order_by(Account.id)).all()


def open_placements(session: Session, account_ids: Collection[int]) -> int:
    """How many of these accounts an agency works now."""
    wanted = select(func.count()).select_from(Placement)
    return int(session.scalar(wanted.where(Placement.account_id.in_(account_ids), Placement.ended_at.is_(None))) or 0)


def running_arrangements(session: Session, account_ids: Collection[int]) -> int:
    """How many arrangements run on these accounts."""
    wanted = select(func.count()).select_from(Arrangement)
    running = wanted.where(Arrangement.account_id.in_(account_ids), Arrangement.state == ArrangementState.RUNNING)
    return int(session.scalar(running) or 0)


def undeleted_at(session: Session, account_ids: Collection[int]) -> Sequence[str]:
    """The agencies that have not proved yet that they deleted what they held of these accounts."""
    wanted = select(Agency.code).join(Deletion, Deletion.agency_id == Agency.id)
    return session.scalars(
        wanted.where(Deletion.account_id.in_(account_ids), Deletion.proved_at.is_(None))
        .distinct()
        .order_by(Agency.code)
    ).all()


def activities_of(account_ids: Collection[int], consumer_id: int) -> Any:
    """The condition for everything reported on a person."""
    return Activity.account_id.in_(account_ids) | (Activity.consumer_id == consumer_id)


# -- rights cases ----------------------------------------------------------------------------------------------------------


def rights_list() -> Any:
    """(case, consumer) for the list page."""
    return select(RightsCase, Consumer).join(Consumer, Consumer.id == RightsCase.consumer_id)


def get_case(session: Session, ref: str, *, to_answer: bool = False) -> RightsCase:
    """One case with its person, `to_answer` locked until the transaction ends. Raises NotFound."""
    wanted = select(RightsCase).where(RightsCase.ref == ref).options(joinedload(RightsCase.consumer))
    found = session.scalars(wanted.with_for_update(of=RightsCase) if to_answer else wanted).first()
    if found is None:
        raise NotFound
    return found


def cases_of(session: Session, consumer_id: int) -> Sequence[RightsCase]:
    """The cases of a person, newest first."""
    return session.scalars(
        select(RightsCase).where(RightsCase.consumer_id == consumer_id).order_by(RightsCase.id.desc())
    ).all()
