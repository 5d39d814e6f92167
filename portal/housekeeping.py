"""What keeps the foundation tidy: scheduled jobs that forget what nobody may use any more, and putting failed work back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal import audit, clock, idempotency, invitations, keys, queries, sessions
from portal.db import Database
from portal.errors import N_, Conflict
from portal.jobs import JobRun, job
from portal.limits import Bucket
from portal.mail import OutboxMail
from portal.permissions import SYSTEM, Actor
from portal.webhooks.models import DeliveryState, WebhookDelivery
from portal.work import WorkItem, WorkState

UNUSED = timedelta(days=90)
LONGEST_IDLE = timedelta(hours=12)  # no session lives longer, whatever SESSION_IDLE_MINUTES says
KEPT = timedelta(days=30)  # finished work, sent mail, delivered webhooks
IDLE_BUCKET = timedelta(days=1)  # long refilled


@job("idempotency.forget", cron="17 3 * * *", why="Saved answers are promised for 90 days; older ones only take room.")
def forget_saved_answers(db: Database) -> str:
    """Delete saved answers beyond their keeping time."""
    return f"{idempotency.forget_old(db)} forgotten"


@job("people.forget", cron="*/30 * * * *", why="Sessions and invitation links that have run out must not lie about.")
def forget_sessions_and_links(db: Database) -> str:
    """Delete sessions and links that nobody can use any more."""
    ended, links = sessions.forget_expired(db, LONGEST_IDLE), invitations.forget_expired(db, at=clock.now())
    return f"{ended} sessions, {links} links"


@job(
    "keys.revoke-unused",
    cron="27 3 * * *",
    why="A key that nobody used for 90 days is forgotten by its owner but not by a thief.",
)
def revoke_unused_keys(db: Database) -> str:
    """Revoke keys that were not used for 90 days."""
    with db.transaction() as session:
        found = queries.keys_unused_since(session, clock.now() - UNUSED, now=clock.now())
        for key in found:
            keys.revoke(session, SYSTEM, key, at=clock.now(), reason="not used for 90 days")
    return f"{len(found)} revoked"


@job(
    "outbox.forget",
    cron="37 3 * * *",
    why="What was done, sent and delivered a month ago is in the audit trail; its rows only take room.",
)
def forget_finished(db: Database) -> str:
    """Delete finished work, sent mail, finished webhook deliveries, runs of jobs and full rate buckets of long ago."""
    old, idle = clock.real_now() - KEPT, clock.real_now() - IDLE_BUCKET
    finished = (
        delete(WorkItem).where(WorkItem.state == WorkState.DONE, WorkItem.finished_at < old),
        delete(OutboxMail).where(OutboxMail.sent_at < old),
        delete(WebhookDelivery).where(
            WebhookDelivery.state != DeliveryState.WAITING, WebhookDelivery.finished_at < old
        ),
        delete(JobRun).where(JobRun.started_at < clock.real_now() - UNUSED),
        delete(Bucket).where(Bucket.filled_at < idle),
    )
    with db.transaction() as session:
        return f"{sum(session.execute(statement).rowcount for statement in finished)} rows"  # type: ignore[attr-defined]


def retry(session: Session, actor: Actor, item: WorkItem) -> None:
    """Put failed work back into the queue with all its tries. Raises Conflict if it did not fail, or the same work waits already."""
    if item.state is not WorkState.FAILED:
        raise Conflict(N_("This work has not failed."))
    if queries.is_waiting(session, item.kind, item.subject):
        raise Conflict(N_("The same work waits already."))
    again = update(WorkItem).where(WorkItem.id == item.id, WorkItem.state == WorkState.FAILED)
    session.execute(
        again.values(state=WorkState.QUEUED, failures=0, due_at=clock.real_now(), error=None, finished_at=None)
    )
    audit.record(session, actor, "portal.work.retried", f"work:{item.id}", kind=item.kind, work_subject=item.subject)
