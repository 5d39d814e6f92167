"""What we conclude: scorecards with their measures, and the configuration each was made with."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, UniqueConstraint, event, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agencies.models import Agency
from portal.db import Base
from portal.types import Choice, one_of


class ScorecardState(StrEnum):
    """Where a scorecard stands (contract, section 5)."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SIGNED = "signed"
    PUBLISHED = "published"
    APPEALED = "appealed"
    RESTATED = "restated"


SCORECARD_MOVES: dict[ScorecardState, frozenset[ScorecardState]] = {
    ScorecardState.DRAFT: frozenset({ScorecardState.IN_REVIEW}),
    ScorecardState.IN_REVIEW: frozenset({ScorecardState.SIGNED, ScorecardState.DRAFT}),
    ScorecardState.SIGNED: frozenset({ScorecardState.PUBLISHED, ScorecardState.DRAFT}),
    ScorecardState.PUBLISHED: frozenset({ScorecardState.APPEALED, ScorecardState.RESTATED}),
    ScorecardState.APPEALED: frozenset({ScorecardState.PUBLISHED, ScorecardState.RESTATED}),
    ScorecardState.RESTATED: frozenset(),
}
PUBLIC = frozenset({ScorecardState.PUBLISHED, ScorecardState.APPEALED, ScorecardState.RESTATED})
IN_FORCE = frozenset({ScorecardState.PUBLISHED, ScorecardState.APPEALED})
"""Published and not replaced by a newer version."""


class Configuration(Base):
    """Weights, knots, windows: all parameters of a score, as one stored version."""

    __tablename__ = "score_configuration"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(unique=True)  # hash of the parameters
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    in_force_from: Mapped[date]
    created_at: Mapped[datetime]


class FrozenPool(Base):
    """What all cards of one scoring were made from: sums over all agencies, as known at one instant (scorecards.pool)."""

    __tablename__ = "score_pool"

    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str]
    currency: Mapped[str]
    known_at: Mapped[datetime]
    fingerprint: Mapped[str]  # hash of the sums
    sums: Mapped[dict[str, Any]] = mapped_column(JSON)


class Scorecard(Base):
    """How well one agency did in one month. A published one never changes; a new version restates it."""

    __tablename__ = "scorecard"
    __table_args__ = (
        one_of("state", ScorecardState),
        UniqueConstraint("agency_id", "period", "currency", "version"),
        Index("ix_scorecard_period", "period", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    period: Mapped[str]  # YYYY-MM
    currency: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    configuration_id: Mapped[int] = mapped_column(ForeignKey("score_configuration.id"))
    state: Mapped[ScorecardState] = mapped_column(Choice(ScorecardState), default=ScorecardState.DRAFT)
    recovery: Mapped[float | None] = mapped_column(Float)  # points, 0 to 100; none: not scorable
    compliance: Mapped[float | None] = mapped_column(Float)
    headline: Mapped[float | None] = mapped_column(Float)
    band: Mapped[str]  # A to E, or N: too little to tell
    gates: Mapped[list[Any]] = mapped_column(JSON)
    streak: Mapped[int] = mapped_column(default=0)  # periods in a row that were good enough for the next band up
    grade: Mapped[str | None]  # what recovery is evidence of: A randomised, B adjusted, C not comparable
    provisional: Mapped[bool] = mapped_column(
        default=False
    )  # too little to judge: the band stays, and it takes no place
    pool_id: Mapped[int] = mapped_column(ForeignKey("score_pool.id"), index=True)
    inputs: Mapped[dict[str, Any]] = mapped_column(
        JSON
    )  # frozen beside the pool: the agency, its band and streak before
    inputs_hash: Mapped[str]  # over pool, inputs and configuration
    known_at: Mapped[datetime]  # rows known until then were counted
    created_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    note: Mapped[str] = mapped_column(default="")

    agency: Mapped[Agency] = relationship(lazy="raise")

    @property
    def is_public(self) -> bool:
        """Whether its agency may see it."""
        return self.state in PUBLIC


class Measure(Base):
    """One figure of a scorecard with its interval, points, and how many rows stand behind it."""

    __tablename__ = "measure"
    __table_args__ = (UniqueConstraint("scorecard_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecard.id"))
    position: Mapped[int]
    side: Mapped[str]  # recovery or compliance
    name: Mapped[str]
    value: Mapped[float | None] = mapped_column(Float)
    low: Mapped[float | None] = mapped_column(Float)
    high: Mapped[float | None] = mapped_column(Float)
    points: Mapped[float | None] = mapped_column(Float)
    weight: Mapped[float | None] = mapped_column(Float)
    rows: Mapped[int]
    explanation: Mapped[dict[str, Any]] = mapped_column(JSON)


@event.listens_for(Scorecard, "before_update")
def _refuse_change(_mapper: Any, _connection: Any, card: Scorecard) -> None:
    """A published scorecard moves through its states and changes in nothing else, whichever code tries."""
    attributes = inspect(card).attrs
    was = attributes["state"].history.deleted
    if (was[0] if was else card.state) not in PUBLIC:
        return
    changed = [one.key for one in attributes if one.key != "state" and one.history.has_changes()]
    if changed:
        raise ValueError(f"A published scorecard never changes: {', '.join(changed)} of {card.ref}.")
