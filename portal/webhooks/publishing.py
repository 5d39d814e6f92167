"""Webhooks out: where an agency or the bank wants to be told, and what it was told.

`publish` writes a delivery in the act's transaction for every endpoint that listens; portal/webhook_delivery sends. Bodies follow
Standard Webhooks 1.0: `{"type", "timestamp", "data"}`, and the data are references, never personal data.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal import audit, clock, queries, sealing, work
from portal.errors import N_, Invalid
from portal.permissions import Actor
from portal.refs import new_ref
from portal.webhooks import outbound
from portal.webhooks.models import EVENTS, DeliveryState, WebhookDelivery, WebhookEndpoint

LARGEST = 20_000  # bytes of a body: thin by design
OVERLAP = timedelta(hours=24)  # after a new secret was made, both sign


def publish(session: Session, event_type: str, agency_id: int | None, data: Mapping[str, Any]) -> int:
    """Tell the agency's endpoints and the bank's of an event, after this transaction; how many will be told.

    `data` holds references and figures, never personal data. Raises KeyError for an event the contract does not name.
    """
    EVENTS[event_type]
    endpoints = queries.listening_endpoints(session, event_type, agency_id)
    for endpoint in endpoints:
        deliver(session, endpoint, event_type, data)
    return len(endpoints)


def deliver(session: Session, endpoint: WebhookEndpoint, event_type: str, data: Mapping[str, Any]) -> WebhookDelivery:
    """Write one delivery and wake the sender. Raises ValueError for a body that is not thin."""
    now = clock.now()
    body = json.dumps({"type": event_type, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False, default=str)
    if len(body.encode()) > LARGEST:
        raise ValueError(f"The body of {event_type} is too large: send references and let the receiver ask.")
    made = WebhookDelivery(
        message_id=new_ref("msg"),
        endpoint_id=endpoint.id,
        event=event_type,
        body=body,
        next_at=clock.real_now(),
        created_at=now,
        tries=0,
    )
    session.add(made)
    wake(session, endpoint)
    return made


def wake(session: Session, endpoint: WebhookEndpoint) -> None:
    """Have the endpoint's waiting deliveries sent: now, or once it has rested."""
    resting = (endpoint.rests_until or clock.real_now()) - clock.real_now()
    work.enqueue(
        session, "webhook.deliver", endpoint.id, lane=f"webhook:{endpoint.id}", after=max(resting, timedelta())
    )


def add(
    session: Session, actor: Actor, url: str, events: Iterable[str], *, at: datetime, loopback: bool = False
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint of the actor's agency, or of the bank; with its secret, which is shown once. Raises Invalid."""
    wanted = _known(events)
    try:
        outbound.check_shape(url, loopback=loopback)
    except outbound.Refused as refused:
        raise Invalid(refused.reason, fields={"url": refused.reason}) from refused
    endpoint = WebhookEndpoint(
        ref=new_ref("whk"), agency_id=actor.agency_id, url=url, events=" ".join(wanted), secret_sealed=b"", active=True, failures=0,
        created_at=at, created_by=actor.label,
    )  # fmt: skip
    secret = _new_secret()
    endpoint.secret_sealed = sealing.keyring().seal(secret, endpoint.ref)
    session.add(endpoint)
    audit.record(session, actor, "portal.webhook.added", f"webhook:{endpoint.ref}", url=url, events=wanted)
    return endpoint, secret


def renew_secret(session: Session, actor: Actor, endpoint: WebhookEndpoint, *, at: datetime) -> str:
    """A new secret, shown once; for a day bodies are signed with both, so that the receiver can change over."""
    secret = _new_secret()
    endpoint.former_sealed, endpoint.renewed_at = endpoint.secret_sealed, at
    endpoint.secret_sealed = sealing.keyring().seal(secret, endpoint.ref)
    audit.record(session, actor, "portal.webhook.secret_renewed", f"webhook:{endpoint.ref}")
    return secret


def secrets_of(endpoint: WebhookEndpoint, *, at: datetime) -> list[str]:
    """The secrets that sign now, newest first."""
    sealed = [endpoint.secret_sealed]
    if endpoint.former_sealed and endpoint.renewed_at and at < endpoint.renewed_at + OVERLAP:
        sealed.append(endpoint.former_sealed)
    return [sealing.keyring().open(value, endpoint.ref) for value in sealed]


def switch(session: Session, actor: Actor, endpoint: WebhookEndpoint, *, active: bool, reason: str = "") -> None:
    """Stop telling an endpoint, or begin again; what waits for it waits on."""
    endpoint.active, endpoint.failures, endpoint.rests_until = active, 0, None
    verb = "enabled" if active else "disabled"
    audit.record(session, actor, f"portal.webhook.{verb}", f"webhook:{endpoint.ref}", reason=reason)
    if active:
        wake(session, endpoint)


def send_test(session: Session, actor: Actor, endpoint: WebhookEndpoint, event_type: str) -> WebhookDelivery:
    """Send the test event of one type; its data say that it is one. Raises Invalid for an unknown type."""
    _known([event_type])
    audit.record(session, actor, "portal.webhook.tested", f"webhook:{endpoint.ref}", event=event_type)
    return deliver(session, endpoint, event_type, {"test": True, **EVENTS[event_type]})


def send_again(session: Session, actor: Actor, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    """Try a delivery once more from the beginning of its schedule."""
    delivery.state, delivery.tries, delivery.next_at, delivery.finished_at = (
        DeliveryState.WAITING,
        0,
        clock.real_now(),
        None,
    )
    endpoint.rests_until = None
    audit.record(session, actor, "portal.webhook.resent", f"webhook:{endpoint.ref}", message=delivery.message_id)
    wake(session, endpoint)


def _known(events: Iterable[str]) -> list[str]:
    wanted = [event for event in EVENTS if event in set(events)]
    if not wanted or set(events) - set(EVENTS):
        raise Invalid(
            N_("Choose at least one of the events."), fields={"events": N_("Choose at least one of the events.")}
        )
    return wanted


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
