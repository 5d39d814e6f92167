"""Acts on lapse: what an agency holds in a place where it may no longer work is listed, and held or recalled as the bank's policy says.

Nothing new goes there from the first moment, because eligibility looks at the dates itself; this is about what is there already. The
policy is a setting (LAPSE_POLICY): `list` leaves it to a person, `hold` stops work until the papers are in order again, `recall` takes the
accounts back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies.credentials import AgencyFacts, Reason, lacking
from agencies.events import CredentialGained, CredentialLapsed
from placements import holds, lapse_queries, recall
from placements.events import PlacementsEnded
from placements.models import HoldKind, RecallReason
from placements.recall_queries import Wanted
from portal import clock, tasks
from portal.errors import N_, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor

POLICIES: Final = ("list", "hold", "recall")
RECALL_GRACE: Final = timedelta(days=5)
TO_DECIDE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Affected:
    """Open placements of one agency in one place and of one product for which it lacks something; `held` of them are on hold for it."""

    agency: AgencyFacts
    jurisdiction: str
    product: str
    currency: str
    accounts: int
    balance: Decimal
    held: int
    reasons: tuple[Reason, ...]


class _Policy:
    chosen: str = "list"


def use(policy: str) -> None:
    """Set the bank's policy, once a process. Raises ValueError for one that is not known."""
    if policy not in POLICIES:
        raise ValueError(policy)
    _Policy.chosen = policy


def affected(session: Session, day: date, *, agency_id: int | None = None) -> list[Affected]:
    """Everything that is placed where its agency may not work on this day, by agency and place."""
    found = []
    sums = lapse_queries.open_by_place(session, agency_id=agency_id)
    facts = agencies.facts(session, {row.agency_id for row in sums})
    for row in sums:
        agency = facts[row.agency_id]
        reasons = tuple(lacking(agency, row.jurisdiction, row.product, day))
        if reasons:
            found.append(
                Affected(
                    agency, row.jurisdiction, row.product, row.currency, row.accounts, row.balance, row.held, reasons
                )
            )
    return sorted(found, key=lambda one: (one.agency.code, one.jurisdiction, one.product, one.currency))


def on_lapsed(session: Session, event: CredentialLapsed) -> None:
    """Listener: a credential is gone. A person is told what it concerns, and the policy is carried out."""
    at = clock.now()
    rows = affected(session, max(event.first_day_without, at.date()), agency_id=event.agency_id)
    if not rows:
        return
    agency = rows[0].agency
    tasks.open_task(
        session, "placements.unlicensed", _subject(agency), N_("%(agency)s holds %(count)s accounts where it lacks something: hold or recall them"),
        link=f"/placements/unlicensed?agency={agency.code}", role=Role.VENDOR_MANAGER, due_at=at + TO_DECIDE, agency=agency.code,
        count=sum(row.accounts for row in rows),
    )  # fmt: skip
    if _Policy.chosen == "hold":
        hold(session, SYSTEM, rows, at=at)
    elif _Policy.chosen == "recall":
        take_back(session, SYSTEM, rows, at=at)


def on_gained(session: Session, event: CredentialGained) -> None:
    """Listener: what was missing may be there again. Holds for it end, and the task when nothing is left."""
    agency = agencies.facts(session, [event.agency_id])[event.agency_id]
    still = affected(session, event.at.date(), agency_id=event.agency_id)
    lacks = {(row.jurisdiction, row.product) for row in still}
    free = [row for row in lapse_queries.held(session, event.agency_id) if (row.jurisdiction, row.product) not in lacks]
    holds.close_holds(session, SYSTEM, [row.account_id for row in free], HoldKind.LICENCE, at=event.at)
    if not still:
        tasks.close_tasks(session, _subject(agency), SYSTEM)


def on_ended(session: Session, event: PlacementsEnded) -> None:
    """Listener: a placement is over, so its agency's missing licence is no longer the account's matter."""
    ids = lapse_queries.accounts_of(session, event.placement_ids)
    holds.close_holds(session, SYSTEM, ids, HoldKind.LICENCE, at=event.at)


def hold(session: Session, actor: Actor, rows: Sequence[Affected], *, at: datetime) -> int:
    """Stop work on these placements until the papers are in order; how many holds began."""
    return sum(
        holds.open_holds(
            session, actor, _account_ids(session, [row]), HoldKind.LICENCE, agency_id=row.agency.id, at=at,
            note=f"{row.agency.code}: {row.jurisdiction}",
        )
        for row in rows
    )  # fmt: skip


def take_back(session: Session, actor: Actor, rows: Sequence[Affected], *, at: datetime) -> int:
    """Recall these placements, final after the grace; how many are being recalled now. What is being recalled already is left alone."""
    refs = tuple(lapse_queries.refs_of(session, _account_ids(session, rows)))
    try:
        wanted = Wanted(account_refs=refs)
        made = recall.request_recall(
            session, actor, wanted, RecallReason.CREDENTIAL_LAPSE, final_at=at + RECALL_GRACE, at=at
        )
    except Invalid:
        return 0
    return made.recall.accounts


def _account_ids(session: Session, rows: Iterable[Affected]) -> list[int]:
    return [
        account_id
        for row in rows
        for account_id in lapse_queries.open_at(session, row.agency.id, row.jurisdiction, row.product)
    ]


def _subject(agency: AgencyFacts) -> str:
    return f"unlicensed:{agency.code}"
