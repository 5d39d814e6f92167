"""Questions about requests, arrangements and documents of accounts. An agency sees its own of accounts that it holds now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from agencies.models import Agency, Contract
from placements.models import Account, Placement
from placements.queries import IS_OPEN, in_lots
from placements.request_models import (
    AccountDocument,
    Arrangement,
    ArrangementState,
    DocumentAccess,
    Request,
    RequestKind,
    RequestState,
)
from portal.errors import NotFound
from portal.files import StoredFile
from portal.permissions import Actor


def requests_visible_to(actor: Actor) -> Select[Request]:
    """Requests the actor may see: the bank all, an agency its own for as long as it holds the account, and their answers."""
    wanted = select(Request).join(Request.placement).join(Request.account).join(Request.agency)
    if actor.agency_id is None:
        return wanted
    return wanted.where(Request.agency_id == actor.agency_id, IS_OPEN)


def request_list(
    actor: Actor, *, states: Collection[RequestState] = (), kinds: Collection[RequestKind] = ()
) -> Select[Request]:
    """The API's list, with placement and account."""
    wanted = requests_visible_to(actor)
    if states:
        wanted = wanted.where(Request.state.in_(states))
    if kinds:
        wanted = wanted.where(Request.kind.in_(kinds))
    return wanted.options(contains_eager(Request.placement), contains_eager(Request.account))


def requests_page(actor: Actor) -> Any:
    """(request, account, agency) for the list page."""
    return requests_visible_to(actor).with_only_columns(Request, Account, Agency)


def get(session: Session, actor: Actor, ref: str) -> Request:
    """One request with account, consumer, portfolio, placement with its contract, agency and evidence. Raises NotFound."""
    wanted = requests_visible_to(actor).where(Request.ref == ref)
    loaded = contains_eager(Request.account)
    found = session.scalars(
        wanted.options(
            loaded.joinedload(Account.consumer),
            loaded.joinedload(Account.portfolio),
            contains_eager(Request.placement).joinedload(Placement.contract),
            contains_eager(Request.agency),
            joinedload(Request.evidence),
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def lock(session: Session, request: Request) -> None:
    """Decide on a request as it is now, and alone."""
    session.flush()
    session.refresh(request, attribute_names=["state"], with_for_update=True)


def waiting_like(session: Session, placement: Placement, kind: RequestKind) -> Request | None:
    """The request of this kind that waits for the bank already on this placement."""
    wanted = select(Request).where(Request.placement_id == placement.id, Request.kind == kind)
    return session.scalars(wanted.where(Request.state == RequestState.ASKED)).first()


def of_account(session: Session, actor: Actor, account: Account) -> Sequence[Request]:
    """The requests on an account that the actor may see, newest first."""
    wanted = requests_visible_to(actor).where(Request.account_id == account.id)
    return session.scalars(wanted.options(contains_eager(Request.agency)).order_by(Request.id.desc())).all()


def contract_of(session: Session, placement: Placement) -> Contract:
    """The contract under which a placement was made: its limits hold until the placement ends."""
    return session.get_one(Contract, placement.contract_id)


# -- arrangements --------------------------------------------------------------------------------------------------------


def arrangement_of(session: Session, request: Request) -> Arrangement | None:
    """What a request was granted, if that is an arrangement."""
    return session.scalars(select(Arrangement).where(Arrangement.request_id == request.id)).first()


def arrangements_of(session: Session, request_ids: Collection[int]) -> dict[int, Arrangement]:
    """What these requests were granted, by request."""
    wanted = select(Arrangement).where(Arrangement.request_id.in_(list(request_ids)))
    return {one.request_id: one for one in session.scalars(wanted)}


def running_on(session: Session, account_id: int) -> Arrangement | None:
    """The arrangement that is running on an account, locked until the transaction ends."""
    wanted = select(Arrangement).where(
        Arrangement.account_id == account_id, Arrangement.state == ArrangementState.RUNNING
    )
    return session.scalars(wanted.options(joinedload(Arrangement.request)).with_for_update(of=Arrangement)).first()


def running(session: Session, account_ids: Collection[int] | None = None) -> list[Arrangement]:
    """The arrangements that are running, on these accounts or all, with their requests, locked."""
    wanted = (
        select(Arrangement)
        .where(Arrangement.state == ArrangementState.RUNNING)
        .options(joinedload(Arrangement.request))
    )
    wanted = wanted.order_by(Arrangement.id).with_for_update(of=Arrangement)
    if account_ids is None:
        return list(session.scalars(wanted))
    found: list[Arrangement] = []
    for lot in in_lots(account_ids):
        found += session.scalars(wanted.where(Arrangement.account_id.in_(lot)))
    return found


def arrangements_of_consumers(session: Session, consumer_ids: Collection[int]) -> dict[int, list[Arrangement]]:
    """Every arrangement on these people's accounts, by placement, in the order in which they were agreed."""
    found: dict[int, list[Arrangement]] = defaultdict(list)
    wanted = select(Arrangement).join(Account, Account.id == Arrangement.account_id)
    wanted = wanted.where(Account.consumer_id.in_(consumer_ids)).order_by(Arrangement.agreed_at, Arrangement.id)
    for one in session.scalars(wanted):
        found[one.placement_id].append(one)
    return found


def is_settled() -> ColumnElement[bool]:
    """Accounts on which a settlement was kept."""
    return exists().where(
        Arrangement.account_id == Account.id,
        Arrangement.state == ArrangementState.KEPT,
        Arrangement.amount < Arrangement.balance,
    )


WAS_SETTLED = and_(Arrangement.state == ArrangementState.KEPT, Arrangement.amount < Arrangement.balance)
"""A settlement that was kept: nothing is owed on its account any more."""


def settled(session: Session, account_ids: Iterable[int]) -> set[int]:
    """Of these accounts, those on which nothing is owed any more because a settlement was kept."""
    found: set[int] = set()
    for lot in in_lots(account_ids):
        found.update(
            session.scalars(select(Arrangement.account_id).where(Arrangement.account_id.in_(lot), WAS_SETTLED))
        )
    return found


# -- documents -----------------------------------------------------------------------------------------------------------


def documents_visible_to(actor: Actor) -> Select[AccountDocument]:
    """Documents the actor may see: the bank all, an agency those of accounts it holds that were supplied on its own request."""
    wanted = select(AccountDocument).join(AccountDocument.account).join(AccountDocument.file)
    if actor.agency_id is None:
        return wanted
    holds = and_(Placement.account_id == AccountDocument.account_id, Placement.agency_id == actor.agency_id, IS_OPEN)
    return wanted.where(
        exists().where(Request.id == AccountDocument.request_id, Request.placement_id == Placement.id, holds)
    )


def documents_of(session: Session, actor: Actor, account_id: int) -> Sequence[AccountDocument]:
    """An account's documents that the actor may see, newest first, with their files."""
    wanted = documents_visible_to(actor).where(AccountDocument.account_id == account_id)
    return session.scalars(
        wanted.options(contains_eager(AccountDocument.file)).order_by(AccountDocument.id.desc())
    ).all()


def get_document(session: Session, actor: Actor, ref: str) -> AccountDocument:
    """One document with file and account. Raises NotFound if there is none or it is not the actor's to see."""
    wanted = documents_visible_to(actor).where(AccountDocument.ref == ref)
    found = session.scalars(
        wanted.options(contains_eager(AccountDocument.file), contains_eager(AccountDocument.account))
    ).first()
    if found is None:
        raise NotFound
    return found


def supplied_for(session: Session, request: Request) -> Sequence[AccountDocument]:
    """The documents that were supplied for a request."""
    wanted = select(AccountDocument).where(AccountDocument.request_id == request.id)
    return session.scalars(wanted.options(joinedload(AccountDocument.file)).order_by(AccountDocument.id)).all()


def accesses_of(session: Session, document_ids: Collection[int]) -> dict[int, list[tuple[DocumentAccess, str | None]]]:
    """Who looked at these documents, newest first, with the agency's code."""
    found: dict[int, list[tuple[DocumentAccess, str | None]]] = defaultdict(list)
    wanted = select(DocumentAccess, Agency.code).outerjoin(Agency, Agency.id == DocumentAccess.agency_id)
    for access, code in session.execute(
        wanted.where(DocumentAccess.document_id.in_(list(document_ids))).order_by(DocumentAccess.id.desc())
    ):
        found[access.document_id].append((access, code))
    return found


def evidence_of(session: Session, request: Request) -> StoredFile:
    """The file that an agency sent with a request. Raises NotFound where it sent none."""
    if request.evidence_id is None:
        raise NotFound
    return session.get_one(StoredFile, request.evidence_id)
