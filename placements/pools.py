"""Saved pools: filters over accounts that people name and reuse, looked at with their count and value before anything is planned.

The filter as a value is `pool_filter.Conditions`; the selects that ask it stand in pool_queries.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from placements.events import POOL_REMOVED, POOL_SAVED
from placements.models import SavedPool
from placements.pool_filter import Conditions
from portal import audit
from portal.db import unique_or_conflict
from portal.errors import N_, Invalid
from portal.permissions import Actor
from portal.refs import new_ref


def save_pool(session: Session, actor: Actor, name: str, conditions: Conditions, *, at: datetime) -> SavedPool:
    """Keep a filter under a name. Raises Invalid without a name or condition, or for a range upside down; Conflict for a name taken."""
    name = name.strip()
    if not name:
        raise Invalid(N_("Give the pool a name."), fields={"name": N_("Write a name.")})
    if faults := dict(conditions.faults()):
        raise Invalid(N_("Some conditions cannot be met."), fields=faults)
    made = SavedPool(
        ref=new_ref("pol"), name=name, conditions=conditions.stored(), created_at=at, created_by=actor.label
    )
    with unique_or_conflict(session, N_("There is a pool of this name already.")):
        session.add(made)
        session.flush()
    audit.record(session, actor, POOL_SAVED, f"pool:{made.ref}", name=name, conditions=made.conditions)
    return made


def remove_pool(session: Session, actor: Actor, pool: SavedPool) -> None:
    """Forget a saved pool. Plans drawn from it keep the conditions they were drawn with."""
    audit.record(session, actor, POOL_REMOVED, f"pool:{pool.ref}", name=pool.name, conditions=pool.conditions)
    session.delete(pool)
    session.flush()
