"""Credentials that were not live while accounts of their place were held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agencies.asked import asked_in
from agencies.credentials import Held, is_live
from agencies.models import PROVEN, Agency, Credential, Exemption
from placements.models import Account, Placement, PlacementState
from scorecards.pool import Lapse
from scorecards.queries import Rows
from scorecards.queries.cohort import Frame
from scorecards.queries.days import on_day, read_day

Place = tuple[str, str]
"""Type and jurisdiction of a credential."""


def credentials_lapsed(session: Session, frame: Frame) -> dict[int, dict[str, Any]]:
    """By agency: its lapses in the period, and the days on which any of its credentials was asked for.

    Asked about are the credentials that the places of the accounts held ask for and that the agency has proven once; what it
    never had shows itself as a breach of the licence rule. An exemption in force stands for the credential.
    """
    proven, lifted = _proven(session, frame), _lifted(session, frame)
    found: dict[int, dict[str, Any]] = {}
    for agency, held in _days_held(session, frame).items():
        asked: dict[Place, set[date]] = defaultdict(set)
        for jurisdiction, days in held.items():
            for one in asked_in(jurisdiction):
                asked[one.code, one.jurisdiction] |= days
        lapses, total = [], 0
        for place, days in sorted(asked.items()):
            if rows := proven[agency].get(place):
                total += len(days)
                lost = sum(not _is_covered(day, rows, lifted[agency].get(place, ())) for day in days)
                lapses += [Lapse(rows[-1].id, *place, lost)] if lost else []
        found[agency] = {"lapses": lapses, "credential_days": total}
    return found


def credentials_by_id(ids: Iterable[int]) -> Rows:
    """These credentials with their agencies."""
    return (
        select(Credential, Agency.code)
        .join(Agency, Agency.id == Credential.agency_id)
        .where(Credential.id.in_(list(ids)))
    )


def _is_covered(day: date, rows: Sequence[Credential], exemptions: Sequence[Exemption]) -> bool:
    if any(one.valid_from <= day and (one.valid_until is None or day <= one.valid_until) for one in exemptions):
        return True
    return any(is_live(Held(row.state, row.valid_from, row.valid_until, row.ended_on), day) for row in rows)


def _proven(session: Session, frame: Frame) -> dict[int, dict[Place, list[Credential]]]:
    """Credentials verified by then that began before the end of the period; those of single collectors left out."""
    wanted = select(Credential).where(
        Credential.state.in_(PROVEN),
        Credential.collector_id.is_(None),
        Credential.decided_at <= frame.known_at,
        Credential.valid_from < frame.period.end,
    )
    found: dict[int, dict[Place, list[Credential]]] = defaultdict(lambda: defaultdict(list))
    for credential in session.scalars(wanted.order_by(Credential.id)):
        found[credential.agency_id][credential.code, credential.jurisdiction].append(credential)
    return found


def _lifted(session: Session, frame: Frame) -> dict[int, dict[Place, list[Exemption]]]:
    found: dict[int, dict[Place, list[Exemption]]] = defaultdict(lambda: defaultdict(list))
    for one in session.scalars(select(Exemption).where(Exemption.approved_at <= frame.known_at)):
        found[one.agency_id][one.code, one.jurisdiction].append(one)
    return found


def _days_held(session: Session, frame: Frame) -> dict[int, dict[str, set[date]]]:
    """By agency and jurisdiction, the days of the period at whose end an account was held there."""
    first, end = frame.period.first, frame.period.end
    columns = (Placement.agency_id, Account.jurisdiction, on_day(Placement.placed_at), on_day(Placement.ended_at))
    wanted = (
        select(*columns)
        .join(Account, Account.id == Placement.account_id)
        .where(
            Placement.currency == frame.currency,
            Placement.state != PlacementState.REFUSED,
            Placement.placed_at < frame.period.ends_at,
            or_(Placement.ended_at.is_(None), Placement.ended_at >= frame.period.begins_at),
        )
        .distinct()
    )
    found: dict[int, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    for agency, jurisdiction, placed, ended in session.execute(wanted):
        begin, stop = max(read_day(placed), first), min(read_day(ended), end) if ended else end
        found[agency][jurisdiction].update(begin + timedelta(days=n) for n in range((stop - begin).days))
    return found
