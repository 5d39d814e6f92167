"""Acts: names are watched, lists are looked through, and a person says of every hit whether it is the same one.

What was found is remembered: the same entry for the same name is shown to nobody twice, unless the list itself says something new of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agencies import vetting
from agencies.events import HIT_DECIDED, LIST_SCREENED, NAME_LET_GO, NAME_WATCHED
from agencies.models import MOVES, Agency, AgencyStatus
from agencies.registries import evidence, queries
from agencies.registries.models import HitState, NameKind, ScreeningHit, ScreeningRun, WatchedName
from agencies.registries.screening import Hit
from agencies.registries.table import LABELS, LISTS, is_on
from portal import audit, tasks, work
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor

DECIDED_WITHIN = timedelta(days=1)
OWN, LEGAL = N_("The agency's name"), N_("The agency's legal name")


@dataclass(frozen=True, slots=True)
class Look:
    """One look through a list: how many entries it has, what was found by watched name, the record. Or why there was none."""

    entries: int
    found: Mapping[int, Sequence[Hit]]
    record: bytes
    error: str | None = None


def watch(
    session: Session, actor: Actor, agency: Agency, name: str, kind: NameKind, *, source: str, at: datetime
) -> WatchedName:
    """Look for a name on every sanctions list from now on: at once, and whenever the lists are read. Twice is once; Invalid without a name."""
    name = " ".join(name.split())
    if not 2 <= len(name) <= 200:
        message = N_("Write the name, in 2 to 200 characters.")
        raise Invalid(message, fields={"name": message})
    found = queries.same_name(session, agency.id, kind, name)
    if found is not None and found.ended_at is None:
        return found
    if found is None:
        found = WatchedName(agency_id=agency.id, name=name, kind=kind)
        session.add(found)
    found.source, found.added_at, found.added_by, found.ended_at, found.ended_by = source, at, actor.label, None, None
    session.flush()
    audit.record(session, actor, NAME_WATCHED, f"agency:{agency.code}", name_id=found.id, kind=kind, source=source)
    for list_name in LISTS:
        enqueue(session, list_name)
    return found


def watch_own_names(session: Session, *, at: datetime) -> int:
    """Watch the name and the legal name of every agency that has not left; how many names are new."""
    before = len(queries.watched(session))
    for agency in queries.agencies_to_watch(session):
        watch(session, SYSTEM, agency, agency.legal_name, NameKind.COMPANY, source=LEGAL, at=at)
        if agency.name != agency.legal_name:
            watch(session, SYSTEM, agency, agency.name, NameKind.COMPANY, source=OWN, at=at)
    return len(queries.watched(session)) - before


def let_go(session: Session, actor: Actor, agency: Agency, watched: WatchedName, *, at: datetime) -> None:
    """Look no longer for a name. Raises Conflict for the agency's own names: those are always looked for."""
    if watched.name in (agency.name, agency.legal_name):
        raise Conflict(N_("The agency's own names are always looked for."))
    if watched.ended_at is None:
        watched.ended_at, watched.ended_by = at, actor.label
        audit.record(session, actor, NAME_LET_GO, f"agency:{agency.code}", name_id=watched.id)


def enqueue(session: Session, list_name: str, *, after: timedelta = timedelta(), tries: int = 0) -> None:
    """Put a look through a list into the queue, if the list is on."""
    if is_on(list_name):
        work.enqueue(
            session, "register.screen", list_name, lane=f"register:{list_name}", payload={"tries": tries}, after=after
        )


def record(session: Session, list_name: str, names: Sequence[WatchedName], look: Look, *, at: datetime) -> ScreeningRun:
    """Keep what a look through a list found for these names; open what a person has to decide."""
    file = evidence.keep(session, look.record, f"{list_name}.json")
    run = ScreeningRun(
        list_name=list_name, at=at, entries=look.entries, names=len(names), last_name_id=max((one.id for one in names), default=0),
        hits=sum(map(len, look.found.values())), evidence_id=file.id if file else None, error=look.error,
    )  # fmt: skip
    session.add(run)
    known = queries.hits_of_list(session, list_name)
    by_id = {one.id: one for one in names}
    for name_id, hits in look.found.items():
        for hit in hits:
            found = known.get((name_id, hit.entry.id))
            _keep(session, found, by_id[name_id], list_name, hit, run, at)
    session.flush()
    audit.record(
        session, SYSTEM, LIST_SCREENED, f"list:{list_name}", entries=run.entries, names=run.names, hits=run.hits, error=run.error,
        sha256=file.sha256 if file else None,
    )  # fmt: skip
    return run


def decide(
    session: Session, actor: Actor, agency: Agency, hit: ScreeningHit, *, same: bool, reason: str, at: datetime
) -> ScreeningHit:
    """Say whether a list means the one who is watched. The same: the agency is suspended and gets nothing while this stands."""
    reason = reason.strip()
    if not reason:
        message = N_("Give the reason: what agrees, what differs.")
        raise Invalid(message, fields={"reason": message})
    session.refresh(hit, with_for_update=True)
    state = HitState.SAME if same else HitState.OTHER
    if hit.state is state:
        raise Conflict(N_("This was decided already."))
    hit.state, hit.reason, hit.decided_at, hit.decided_by = state, reason, at, actor.label
    tasks.close_tasks(session, _subject(hit), actor)
    audit.record(
        session,
        actor,
        HIT_DECIDED,
        _subject(hit),
        agency=agency.code,
        list=hit.list_name,
        entry=hit.entry,
        score=hit.score,
        state=state,
        reason=reason,
    )
    session.flush()
    if same and AgencyStatus.SUSPENDED in MOVES[agency.status]:
        vetting.suspend(session, actor, agency, reason=f"{LABELS[hit.list_name]} {hit.entry}: {reason}"[:2000], at=at)
    return hit


def _keep(
    session: Session,
    found: ScreeningHit | None,
    watched: WatchedName,
    list_name: str,
    hit: Hit,
    run: ScreeningRun,
    at: datetime,
) -> None:
    is_new, entry = found is None, hit.entry
    if found is None:
        found = ScreeningHit(
            agency_id=watched.agency_id,
            watched_id=watched.id,
            list_name=list_name,
            entry=entry.id,
            first_seen_at=at,
            state=HitState.OPEN,
        )
        session.add(found)
    told = list(entry.names), entry.programme, entry.remarks
    changed = not is_new and (found.names, found.programme, found.remarks) != told
    found.names, found.programme, found.remarks = told
    found.matched, found.score, found.entry_kind = hit.matched, hit.score, entry.kind
    found.last_seen_at, found.evidence_id = at, run.evidence_id
    if changed and found.state is HitState.OTHER:
        found.state = HitState.OPEN  # the list says something new of it: what was decided was decided on other facts
    session.flush()
    if is_new or changed:
        _open(session, found, at)


def _open(session: Session, hit: ScreeningHit, at: datetime) -> None:
    if hit.state is not HitState.OPEN:
        return
    agency = session.get_one(Agency, hit.agency_id)
    tasks.open_task(
        session, "screening.decide", _subject(hit), N_("%(list)s may mean %(agency)s or somebody behind it (score %(score)s)"),
        link=f"/agencies/{agency.code}/screening/{hit.ref}", role=Role.COMPLIANCE, due_at=at + DECIDED_WITHIN, list=LABELS[hit.list_name],
        agency=agency.code, score=hit.score,
    )  # fmt: skip


def _subject(hit: ScreeningHit) -> str:
    return f"screening:{hit.ref}"
