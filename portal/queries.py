"""What the foundation's own pages and acts ask the database: people, sessions, keys, tasks, jobs, the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from portal import tasks
from portal.audit import AuditEntry
from portal.errors import N_, NotFound
from portal.jobs import JOBS, Job, JobRun, RunState
from portal.mail import OutboxMail
from portal.people import ApiKey, Invitation, Role, SavedView, SignIn, User
from portal.permissions import Actor
from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from portal.work import WorkItem, WorkState

Row = TypeVar("Row")


def person_by_email(session: Session, email: str) -> User | None:
    """The person with this e-mail address, however its letters are cased; None if there is none."""
    return session.scalars(select(User).where(User.email == email.strip().lower())).first()


def sign_in_with_person(session: Session, token_hash: str) -> tuple[SignIn, User] | None:
    """The session whose token has this hash, and its person; None if there is none."""
    row = session.execute(
        select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.token_hash == token_hash)
    ).first()
    return None if row is None else (row[0], row[1])


def person_named(session: Session, email: str) -> User:
    """The person with this e-mail address. Raises NotFound naming it."""
    found = person_by_email(session, email)
    if found is None:
        raise NotFound(N_("There is no person with the e-mail address %(email)s."), email=email)
    return found


def person_invited(session: Session, token_hash: str, *, at: datetime) -> User | None:
    """The active person whose open invitation has this hash; None if it was used or ran out."""
    wanted = (
        select(User)
        .join(Invitation, Invitation.user_id == User.id)
        .where(
            Invitation.token_hash == token_hash, Invitation.used_at.is_(None), Invitation.expires_at > at, User.active
        )
    )
    return session.scalars(wanted).first()


def key_with_owner(session: Session, key_id: str) -> tuple[ApiKey, User | None] | None:
    """A key and the person it belongs to (none for an agency's key), in one indexed select."""
    wanted = select(ApiKey, User).outerjoin(User, User.id == ApiKey.user_id).where(ApiKey.key_id == key_id)
    row = session.execute(wanted).first()
    return None if row is None else (row[0], row[1])


# -- tasks ---------------------------------------------------------------------------------------------------------------


def open_tasks_of(session: Session, actor: Actor) -> int:
    """How many tasks wait for this actor."""
    return _count(session, tasks.mine(actor))


# -- webhooks ------------------------------------------------------------------------------------------------------------


def listening_endpoints(session: Session, event_type: str, agency_id: int | None) -> list[WebhookEndpoint]:
    """The active endpoints that want this event of this agency: the agency's own and the bank's."""
    whose = or_(WebhookEndpoint.agency_id.is_(None), WebhookEndpoint.agency_id == agency_id)
    found = session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.active, whose).order_by(WebhookEndpoint.id))
    return [endpoint for endpoint in found if event_type in endpoint.events.split()]


def next_delivery(session: Session, endpoint_id: int, *, due_at: datetime) -> WebhookDelivery | None:
    """The delivery of an endpoint that has been due longest; None if none is due."""
    wanted = _waiting(endpoint_id).where(WebhookDelivery.next_at <= due_at)
    return session.scalars(wanted.order_by(WebhookDelivery.next_at, WebhookDelivery.id).limit(1)).first()


def first_due(session: Session, endpoint_id: int) -> datetime | None:
    """When the first waiting delivery of an endpoint is due; None if none waits."""
    found = session.scalars(_waiting(endpoint_id).order_by(WebhookDelivery.next_at).limit(1)).first()
    return found.next_at if found else None


def _waiting(endpoint_id: int) -> Select[WebhookDelivery]:
    return select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == DeliveryState.WAITING
    )


# -- keys ----------------------------------------------------------------------------------------------------------------


def keys_unused_since(session: Session, since: datetime, *, now: datetime) -> list[ApiKey]:
    """Live keys that nobody used since then, those made later left alone."""
    used = func.coalesce(ApiKey.last_used_at, ApiKey.created_at)
    return list(
        session.scalars(
            select(ApiKey).where(ApiKey.revoked_at.is_(None), ApiKey.expires_at > now, used < since).order_by(ApiKey.id)
        )
    )


# -- jobs and queue ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """What waits and how the jobs do, at one moment."""

    work: list[tuple[str, str, int]]  # kind, state, number; done ones left out
    oldest_waiting_s: float
    jobs: list[tuple[str, bool, float]]  # job, whether its last finished run ended well, seconds since
    mail_waiting: int
    webhooks_waiting: int
    sessions: int

    def in_state(self, state: str) -> int:
        """How many items are in a state."""
        return sum(number for _, found, number in self.work if found == state)


def load(session: Session, *, now: datetime) -> Load:
    """What waits and how the jobs do."""
    by_kind = (
        select(WorkItem.kind, WorkItem.state, func.count())
        .where(WorkItem.state != WorkState.DONE)
        .group_by(WorkItem.kind, WorkItem.state)
    )
    oldest = session.scalar(select(func.min(WorkItem.due_at)).where(WorkItem.state == WorkState.QUEUED))
    return Load(
        work=[(kind, state.value, number) for kind, state, number in session.execute(by_kind)],
        oldest_waiting_s=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        jobs=[
            (run.job, run.state is RunState.OK, (now - run.finished_at).total_seconds())
            for run in last_runs(session).values()
            if run.finished_at
        ],
        mail_waiting=_count(session, select(OutboxMail.id).where(OutboxMail.sent_at.is_(None))),
        webhooks_waiting=_count(
            session, select(WebhookDelivery.id).where(WebhookDelivery.state == DeliveryState.WAITING)
        ),
        sessions=_count(session, select(SignIn.id)),
    )


def last_runs(session: Session) -> dict[str, JobRun]:
    """The last finished run of each job that ever finished one."""
    newest = select(func.max(JobRun.id)).where(JobRun.finished_at.is_not(None)).group_by(JobRun.job)
    return {run.job: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}


def is_waiting(session: Session, kind: str, subject: str) -> bool:
    """True if this very work waits in the queue."""
    waiting = select(WorkItem.id).where(
        WorkItem.kind == kind, WorkItem.subject == subject, WorkItem.state == WorkState.QUEUED
    )
    return session.execute(waiting).first() is not None


def _count(session: Session, statement: Select[Any]) -> int:
    return int(session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0)


# -- pages ---------------------------------------------------------------------------------------------------------------


def person(session: Session, user_id: int | None) -> User:
    """A person by id. Raises NotFound."""
    return _found(session.get(User, user_id) if user_id is not None else None)


def sessions_of(session: Session, user_id: int) -> list[SignIn]:
    """A person's sessions, the one used last first."""
    return list(session.scalars(select(SignIn).where(SignIn.user_id == user_id).order_by(SignIn.seen_at.desc())))


def people_of_tenant(session: Session, tenant_id: int) -> list[User]:
    """The people of a tenant who are not disabled, by name."""
    return list(
        session.scalars(select(User).where(User.agency_id == tenant_id, User.active).order_by(User.name, User.id))
    )


def live_keys_of_tenant(session: Session, tenant_id: int) -> list[ApiKey]:
    """The keys of a tenant that were not revoked."""
    return list(session.scalars(select(ApiKey).where(ApiKey.agency_id == tenant_id, ApiKey.revoked_at.is_(None))))


def people_list() -> Select[User]:
    """Everybody who has or had access."""
    return select(User)


def keys_of_person(session: Session, user_id: int) -> list[ApiKey]:
    """A person's keys, newest first."""
    return list(session.scalars(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.id.desc())))


def keys_list(actor: Actor) -> Any:
    """The select of the keys an actor may see, with the person each belongs to, if any: an agency its own, the bank all."""
    wanted = select(ApiKey, User).outerjoin(User, User.id == ApiKey.user_id)
    return wanted.where(ApiKey.agency_id == actor.agency_id) if actor.agency_id is not None else wanted


def key(session: Session, actor: Actor, key_id: str) -> ApiKey:
    """One key that the actor may see. Raises NotFound."""
    found: ApiKey | None = session.scalars(keys_list(actor).where(ApiKey.key_id == key_id)).first()
    return _found(found)


def endpoints_of(session: Session, actor: Actor) -> list[WebhookEndpoint]:
    """The webhook endpoints of the actor's side: its agency, or the bank."""
    return list(session.scalars(_endpoints(actor).order_by(WebhookEndpoint.id)))


def endpoint(session: Session, actor: Actor, ref: str) -> WebhookEndpoint:
    """One endpoint of the actor's side. Raises NotFound."""
    return _found(session.scalars(_endpoints(actor).where(WebhookEndpoint.ref == ref)).first())


def deliveries_list(endpoint: WebhookEndpoint) -> Select[WebhookDelivery]:
    """What was and will be sent to an endpoint."""
    return select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)


def failed_deliveries(session: Session, endpoint: WebhookEndpoint, *, most: int = 20) -> list[WebhookDelivery]:
    """The newest deliveries that were given up."""
    wanted = select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == DeliveryState.FAILED
    )
    return list(session.scalars(wanted.order_by(WebhookDelivery.id.desc()).limit(most)))


def delivery(session: Session, endpoint: WebhookEndpoint, message_id: str) -> WebhookDelivery:
    """One delivery of an endpoint. Raises NotFound."""
    return _found(session.scalars(deliveries_list(endpoint).where(WebhookDelivery.message_id == message_id)).first())


def _endpoints(actor: Actor) -> Select[WebhookEndpoint]:
    mine = (
        WebhookEndpoint.agency_id == actor.agency_id
        if actor.agency_id is not None
        else WebhookEndpoint.agency_id.is_(None)
    )
    return select(WebhookEndpoint).where(mine)


def saved_views_of(session: Session, user_id: int | None, page: str) -> list[SavedView]:
    """A person's saved views of one list."""
    return list(session.scalars(select(SavedView).where(SavedView.user_id == user_id, SavedView.page == page)))


def declared_job(name: str) -> Job:
    """The job with this name. Raises NotFound."""
    return _found(JOBS.get(name))


def runs_of(session: Session, job: str, *, most: int = 10) -> list[JobRun]:
    """A job's latest runs, newest first."""
    return list(session.scalars(select(JobRun).where(JobRun.job == job).order_by(JobRun.id.desc()).limit(most)))


def failed_work(session: Session, *, most: int = 50) -> list[WorkItem]:
    """The newest work that was given up."""
    wanted = (
        select(WorkItem)
        .where(WorkItem.state == WorkState.FAILED)
        .order_by(WorkItem.finished_at.desc(), WorkItem.id.desc())
    )
    return list(session.scalars(wanted.limit(most)))


def work_item(session: Session, item_id: int) -> WorkItem:
    """One item of the work queue. Raises NotFound."""
    return _found(session.get(WorkItem, item_id))


def trail_list() -> Select[AuditEntry]:
    """The whole audit trail."""
    return select(AuditEntry)


def trail_entry(session: Session, seq: int) -> AuditEntry:
    """One entry of the trail. Raises NotFound."""
    return _found(session.get(AuditEntry, seq))


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row


def has_administrator(session: Session) -> bool:
    """True once an administrator has taken up their invitation."""
    wanted = select(User.id).where(User.role == Role.ADMIN, User.password_hash.is_not(None), User.active.is_(True))
    return session.execute(wanted.limit(1)).first() is not None


def trail_has(session: Session, event: str, subject: str | None = None) -> bool:
    """True if an event of this name, about this subject if one is given, stands in the audit trail."""
    wanted = select(AuditEntry.seq).where(AuditEntry.event == event)
    if subject is not None:
        wanted = wanted.where(AuditEntry.subject == subject)
    return session.execute(wanted.limit(1)).first() is not None


def keys_named(session: Session, name: str) -> Sequence[ApiKey]:
    """Every API key of this name."""
    return session.scalars(select(ApiKey).where(ApiKey.name == name)).all()
