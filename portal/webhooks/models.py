"""Webhooks: the endpoints that are told of events, the deliveries to them, and the events there are (contract, section 3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.types import Choice, one_of

EVENTS: dict[str, dict[str, Any]] = {
    "placement.created": {
        "placement_refs": ["plc_0123456789abcdef"],
        "accounts": 1,
        "placed_at": "2026-11-02T09:00:00Z",
    },
    "placement.held": {"placement_refs": ["plc_0123456789abcdef"], "hold": "dispute"},
    "recall.requested": {"recall": "rcl_0123456789abcdef", "accounts": 1, "final_at": "2026-11-09T09:00:00Z"},
    "recall.final": {"recall": "rcl_0123456789abcdef", "accounts": 1},
    "request.answered": {"request": "req_0123456789abcdef", "state": "granted"},
    "report.processed": {"report": "rpt_0123456789abcdef", "kind": "activity", "state": "accepted"},
    "scorecard.published": {"scorecard": "scd_0123456789abcdef", "period": "2026-10"},
    "credential.expiring": {"credential": "crd_0123456789abcdef", "valid_until": "2026-12-31"},
    "statement.issued": {"statement": "stm_0123456789abcdef", "period": "2026-10"},
    "complaint.assigned": {"complaint": "cmp_0123456789abcdef", "due_at": "2026-11-16T09:00:00Z"},
}
"""Every event, with the data of its test event."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookEndpoint(Base):
    """An address that is told of events: of one agency, or of the bank, which hears everything."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    url: Mapped[str]
    events: Mapped[str]  # separated by blanks
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    former_sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary
    )  # still signs for a day after a new secret was made
    renewed_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    rests_until: Mapped[datetime | None]  # after a failure it is left alone for a while
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    @property
    def state(self) -> str:
        """on, or off when somebody switched it off or the receiver said it is gone."""
        return "on" if self.active else "off"


class WebhookDelivery(Base):
    """One event for one endpoint, and how its delivery went."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        one_of("state", DeliveryState),
        Index("ix_webhook_delivery_due", "endpoint_id", "state", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)  # the same in every try: the receiver drops repetitions by it
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[DeliveryState] = mapped_column(Choice(DeliveryState), default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
