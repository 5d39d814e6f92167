"""Questions about visits: who went, with whom, and whether the person had been told beforehand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from activity.models import Activity, Standing
from agencies.models import Agency, Collector
from placements.models import Account
from portal.permissions import Actor


@dataclass(frozen=True)
class Visit:
    """A visit with what is known of its people: names of the roster where they are on it, ids where not; the notice before it."""

    row: Activity
    collector: str | None
    may_visit: bool | None  # as the roster says of the collector; None: not on the roster, or it does not say
    companions: tuple[str, ...]
    noticed_at: datetime | None


def visits_list(actor: Actor) -> Select[Any]:
    """Visits the actor may see, with account and agency: an agency its own."""
    wanted: Any = (
        select(Activity, Account.account_ref, Agency.code)
        .join(Account, Account.id == Activity.account_id)
        .outerjoin(Agency, Agency.id == Activity.agency_id)
        .where(Activity.kind == "visit", Activity.standing == Standing.ACCEPTED)
    )
    scoped: Select[Any] = wanted.where(Activity.agency_id == actor.agency_id) if actor.agency_id else wanted
    return scoped


def with_people(session: Session, visits: Sequence[Activity]) -> dict[int, Visit]:
    """These visits with their people and notices, by id: two selects however many they are."""
    roster = _roster(session, {row.agency_id for row in visits if row.agency_id})
    notices = _notices(session, {row.account_id for row in visits})
    found = {}
    for row in visits:
        known = roster.get((row.agency_id, row.collector_id))
        named = tuple(_name(roster.get((row.agency_id, one)), one) or one for one in companions(row.details))
        before = [at for at in notices[row.account_id, row.sender] if at <= row.occurred_at]
        found[row.id] = Visit(
            row, _name(known, row.collector_id), known.field_visits if known else None, named, max(before, default=None)
        )
    return found


def companions(details: Any) -> list[str]:
    """Who went along, as the sender named them in `details.companions`; nothing readable, nobody."""
    named = (details or {}).get("companions") or []
    return [str(one) for one in named] if isinstance(named, list) else [str(named)]


def _name(known: Any, collector_id: str | None) -> str | Any | None:
    return f"{known.full_name} ({collector_id})" if known else collector_id


def _roster(session: Session, agency_ids: Collection[int]) -> dict[tuple[int | None, str | None], Any]:
    wanted = select(Collector.agency_id, Collector.collector_id, Collector.full_name, Collector.field_visits)
    newest = wanted.where(Collector.agency_id.in_(agency_ids), Collector.replaced_at.is_(None))
    return {(row.agency_id, row.collector_id): row for row in session.execute(newest)}


def _notices(session: Session, account_ids: Collection[int]) -> dict[tuple[int, int], list[datetime]]:
    """When notice of a visit was given, by account and sender."""
    found: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    wanted = select(Activity.account_id, Activity.sender, Activity.occurred_at).where(
        Activity.account_id.in_(account_ids), Activity.kind == "visit_notice", Activity.standing == Standing.ACCEPTED
    )
    for account_id, sender, at in session.execute(wanted):
        found[account_id, sender].append(at)
    return found
