"""What people ask for about their own data: to see it, or to have it erased."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from placements.models import Consumer
from portal.db import Base
from portal.types import Choice, one_of


class RightKind(StrEnum):
    """Which right is used."""

    ACCESS = "access"
    ERASURE = "erasure"


class RightState(StrEnum):
    """Where it stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class RightsCase(Base):
    """One person's request about their own data, answered by a date, with what was done or why not."""

    __tablename__ = "rights_case"
    __table_args__ = (one_of("kind", RightKind), one_of("state", RightState))

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    consumer_id: Mapped[int] = mapped_column(ForeignKey("consumer.id"), index=True)
    kind: Mapped[RightKind] = mapped_column(Choice(RightKind))
    state: Mapped[RightState] = mapped_column(Choice(RightState), default=RightState.OPEN)
    received_on: Mapped[date]
    due_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str] = mapped_column(default="")
    outcome: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # what was given or erased: counts and hashes, no data

    consumer: Mapped[Consumer] = relationship(lazy="raise")
