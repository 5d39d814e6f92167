"""Sending webhooks: in the background, at least once, each on the schedule of Standard Webhooks 1.0.

One work item per endpoint sends what waits for it. After a failure the endpoint rests, longer with each failure in a row, so that one
dead receiver costs one attempt now and then and not one for everything that waits.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from portal import clock, queries, work
from portal.permissions import SYSTEM
from portal.webhooks import outbound
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from portal.webhooks.outbound import Answer
from portal.work import Work

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)  # after the first try, the second …; ten tries in 75 hours
JITTER = 0.1  # up to a tenth longer, so that a receiver that comes back is not met by everything at once
REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=10)
AT_ONCE = 20  # deliveries per turn; then other endpoints have theirs
GONE = 410
_loopback = False


def use(*, loopback: bool) -> None:
    """Whether endpoints on this machine may be told, also by http: in development only (once, by create_app)."""
    global _loopback
    _loopback = loopback


def loopback_allowed() -> bool:
    """True if endpoints on this machine may be told."""
    return _loopback


@dataclass(frozen=True)
class Letter:
    """One delivery, ready to go."""

    delivery_id: int
    url: str
    body: str
    headers: dict[str, str]


@work.worker("webhook.deliver", max_tries=1000, outward=True)
def deliver_waiting(item: Work) -> None:
    """Send what waits for one endpoint, until nothing does, one fails, or it is another endpoint's turn."""
    endpoint_id = int(item.subject)
    for _ in range(AT_ONCE):
        with item.step() as session:
            letter = _next_letter(session, endpoint_id)
        if letter is None:
            break
        answer = outbound.post(letter.url, letter.body.encode(), letter.headers, loopback=_loopback)
        with item.step() as session:
            _note(session, letter.delivery_id, answer)
        if not answer.taken:
            break
    with item.step(last=True) as session:
        _sleep(session, endpoint_id)


def _next_letter(session: Session, endpoint_id: int) -> Letter | None:
    endpoint = session.get_one(WebhookEndpoint, endpoint_id)
    delivery = queries.next_delivery(session, endpoint_id, due_at=clock.real_now()) if endpoint.active else None
    return _letter(endpoint, delivery, clock.real_now()) if delivery else None


def _letter(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> Letter:
    signed_at = now.astimezone(UTC)
    signatures = [
        Webhook(secret).sign(delivery.message_id, signed_at, delivery.body)
        for secret in webhooks.secrets_of(endpoint, at=clock.now())
    ]
    headers = {
        "Content-Type": "application/json", "User-Agent": "Placewell-Webhooks/1.0", "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(signed_at.timestamp())), "webhook-signature": " ".join(signatures),
    }  # fmt: skip
    return Letter(delivery.id, endpoint.url, delivery.body, headers)


def _note(session: Session, delivery_id: int, answer: Answer) -> None:
    """Keep how a try went, and what follows from it for the delivery and its endpoint."""
    now = clock.real_now()
    delivery = session.get_one(WebhookDelivery, delivery_id)
    endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id)
    delivery.tries, delivery.last_status, delivery.last_error = delivery.tries + 1, answer.status, answer.error
    if answer.taken:
        delivery.state, delivery.finished_at = DeliveryState.DELIVERED, now
        endpoint.failures, endpoint.rests_until = 0, None
        return
    endpoint.failures += 1
    endpoint.rests_until = now + min(REST * 2 ** min(endpoint.failures - 1, 10), LONGEST_REST)
    if answer.status == GONE:
        webhooks.switch(session, SYSTEM, endpoint, active=False, reason="the receiver answered 410 Gone")
    if answer.status == GONE or delivery.tries > len(WAITS):
        delivery.state, delivery.finished_at = DeliveryState.FAILED, now
    else:
        delivery.next_at = now + WAITS[delivery.tries - 1] * random.uniform(1, 1 + JITTER)


def _sleep(session: Session, endpoint_id: int) -> None:
    """Come back for what still waits, when the first of it is due and the endpoint has rested."""
    endpoint = session.get_one(WebhookEndpoint, endpoint_id)
    due_at = queries.first_due(session, endpoint_id) if endpoint.active else None
    if due_at is not None:
        wake_at = max(due_at, endpoint.rests_until or due_at)
        after = max(wake_at - clock.real_now(), timedelta())
        work.enqueue(session, "webhook.deliver", endpoint_id, lane=f"webhook:{endpoint_id}", after=after)
