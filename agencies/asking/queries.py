"""Questions about document requests, policies and attestations. Rows of people are scoped to the actor here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import Session

from agencies.asking.models import Attestation, DocumentRequest, Policy, RequestState
from agencies.models import MAY_RECEIVE, Agency, AgencyStatus
from portal.errors import NotFound
from portal.people import User
from portal.permissions import Actor
from portal.tasks import Task, TaskState

Row = TypeVar("Row")
READERS = MAY_RECEIVE | {AgencyStatus.SUSPENDED}
"""People of agencies in these states have to read the bank's policies."""

OWED = (
    "document.answer",
    "policy.attest",
    "review.answer",
    "answer.more",
    "condition.meet",
    "credential.submit",
    "credential.renew",
    "exit.certify",
)
"""The kinds of task that say what an agency owes the bank."""


# -- document requests ---------------------------------------------------------------------------------------------------


def requests_list(agency: Agency) -> Select[DocumentRequest]:
    """Everything that an agency was asked for."""
    return select(DocumentRequest).where(DocumentRequest.agency_id == agency.id)


def request(session: Session, agency: Agency, ref: str) -> DocumentRequest:
    """One request to an agency. Raises NotFound."""
    return _found(session.scalars(requests_list(agency).where(DocumentRequest.ref == ref)).first())


def open_requests(session: Session, agency: Agency) -> dict[str, DocumentRequest]:
    """What an agency was asked for and was not accepted yet, by kind of document."""
    wanted = requests_list(agency).where(DocumentRequest.state.in_((RequestState.ASKED, RequestState.ANSWERED)))
    return {one.document: one for one in session.scalars(wanted.order_by(DocumentRequest.id))}


# -- policies ------------------------------------------------------------------------------------------------------------


def policies_list() -> Select[Any]:
    """Every policy, with how many people attested it."""
    count = select(func.count()).where(Attestation.policy_id == Policy.id).scalar_subquery()
    return select(Policy, count.label("attested"))


def policy(session: Session, ref: str) -> Policy:
    """One policy. Raises NotFound."""
    return _found(session.scalars(select(Policy).where(Policy.ref == ref)).first())


def policies_titled(session: Session, title: str) -> Sequence[Policy]:
    """The versions of a policy that are to be read."""
    return session.scalars(select(Policy).where(Policy.title == title, Policy.replaced_at.is_(None))).all()


def attestation(session: Session, found: Policy, user_id: int | None) -> Attestation | None:
    """One person's attestation, if there is one."""
    wanted = select(Attestation).where(Attestation.policy_id == found.id, Attestation.user_id == user_id)
    return session.scalars(wanted).first()


def readers_list(found: Policy, actor: Actor) -> Select[Any]:
    """Who has to read a policy, with their attestation if they gave it: for the bank everybody, for an agency its own people."""
    wanted: Any = (
        select(User, Agency, Attestation)
        .join(Agency, Agency.id == User.agency_id)
        .outerjoin(Attestation, (Attestation.user_id == User.id) & (Attestation.policy_id == found.id))
        .where(_reads() | Attestation.id.is_not(None))
    )
    seen: Select[Any] = wanted if actor.agency_id is None else wanted.where(User.agency_id == actor.agency_id)
    return seen


def unread(session: Session, policy_id: int | None = None) -> list[tuple[Policy, User]]:
    """Who has to read which policy (None: any), has not attested it and does not find it in the work list yet."""
    attested = exists().where(Attestation.policy_id == Policy.id, Attestation.user_id == User.id)
    reminded = exists().where(
        Task.kind == "policy.attest", Task.state == TaskState.OPEN, Task.owner_id == User.id, Task.link == "/policies/" + Policy.ref
    )  # fmt: skip
    wanted = (
        select(Policy, User)
        .select_from(Policy)
        .join(User, true())
        .join(Agency, Agency.id == User.agency_id)
        .where(Policy.replaced_at.is_(None), _reads(), ~attested, ~reminded)
    )
    if policy_id is not None:
        wanted = wanted.where(Policy.id == policy_id)
    return [(policy, user) for policy, user in session.execute(wanted.order_by(Policy.id, User.id))]


def _reads() -> ColumnElement[bool]:
    return User.active & Agency.status.in_(READERS)


# -- what is owed --------------------------------------------------------------------------------------------------------


def owed_list(actor: Actor) -> Select[Any]:
    """What agencies owe the bank: every open task of theirs of these kinds, with the agency and, where it is one, the person."""
    wanted: Any = (
        select(Task, Agency, User)
        .join(Agency, Agency.id == Task.agency_id)
        .outerjoin(User, User.id == Task.owner_id)
        .where(Task.state == TaskState.OPEN, Task.kind.in_(OWED))
    )
    seen: Select[Any] = wanted if actor.agency_id is None else wanted.where(Agency.id == actor.agency_id)
    return seen


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
