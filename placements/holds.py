"""Acts: reasons not to collect begin and end. A hold belongs to the account and follows it from agency to agency.

At most one hold of a kind is on at a time; opening it again changes nothing. Whoever holds the account is told through the
placement's `updated_at`, and the floors above through HoldOpened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from placements import queries
from placements.events import HOLD_CLOSED, HOLD_OPENED, HoldOpened
from placements.models import Account, Hold, HoldKind, Placement
from portal import audit, bulk, events
from portal.errors import N_, Conflict
from portal.permissions import Actor
from portal.webhooks import publishing as webhooks

TAPE: Final = "tape"
REFS_A_MESSAGE: Final = 500

# What a person can tell an agency (contract 4.2, `kind`) that stops collection or, an opt-out, closes a channel. The rest (consent,
# preference) says how the person wants to be contacted, which the conduct rules watch.
HOLD_OF_REPORT: Final[Mapping[str, HoldKind]] = {
    "dispute": HoldKind.DISPUTE,
    "cease_request": HoldKind.CEASE,
    "attorney_notice": HoldKind.ATTORNEY,
    "hardship": HoldKind.HARDSHIP,
    "bankruptcy_notice": HoldKind.BANKRUPTCY,
    "deceased_notice": HoldKind.DECEASED,
    "identity_theft": HoldKind.IDENTITY_THEFT,
    "military_service": HoldKind.MILITARY,
    "moratorium": HoldKind.MORATORIUM,
    "opt_out": HoldKind.OPT_OUT,
}


@dataclass(frozen=True)
class Told:
    """A row of an agency's report that stops collection: which account, what was told, when, in which record."""

    account_id: int
    kind: str
    at: datetime
    record_id: str


@dataclass(frozen=True)
class _New:
    account_id: int
    kind: HoldKind
    since: datetime
    source: str
    note: str = ""


def open_hold(session: Session, actor: Actor, account: Account, kind: HoldKind, *, note: str, at: datetime) -> None:
    """A person of the bank puts an account on hold. Raises Conflict if a hold of this kind is on already."""
    new = _New(account.id, kind, at, actor.label, note)
    if not _open(session, [new], agency_id=None, at=at):
        raise Conflict(N_("A hold of this kind is on this account already."))
    audit.record(session, actor, HOLD_OPENED, f"account:{account.account_ref}", kind=kind.value)


def open_hold_from_report(
    session: Session, actor: Actor, told: Sequence[Told], *, agency_id: int | None, at: datetime
) -> int:
    """Open the holds that a report's rows call for; how many began. `agency_id`: who told us, none for the bank's own contacts.

    Kinds of report that stop nothing are passed over, so the caller may hand in whatever a person told.
    """
    new = [
        _New(t.account_id, HOLD_OF_REPORT[t.kind], t.at, _source(t.record_id)) for t in told if t.kind in HOLD_OF_REPORT
    ]
    opened = _open(session, new, agency_id=agency_id, at=at)
    if opened:
        audit.record(session, actor, HOLD_OPENED, f"accounts:{opened}", agency_id=agency_id, source="activity")
    return opened


def open_holds(
    session: Session,
    actor: Actor,
    account_ids: Iterable[int],
    kind: HoldKind,
    *,
    note: str,
    agency_id: int | None,
    at: datetime,
) -> int:
    """Put many accounts on hold at once; how many holds began. One of this kind that is on already stays as it is."""
    new = [_New(account_id, kind, at, actor.label, note) for account_id in dict.fromkeys(account_ids)]
    opened = _open(session, new, agency_id=agency_id, at=at)
    if opened:
        audit.record(session, actor, HOLD_OPENED, f"accounts:{opened}", agency_id=agency_id, kind=kind.value, note=note)
    return opened


def close_holds(session: Session, actor: Actor, account_ids: Iterable[int], kind: HoldKind, *, at: datetime) -> int:
    """End the holds of a kind that are on for these accounts; how many ended."""
    found = queries.open_holds(session, account_ids)
    over = {hold.id: account_id for account_id, on in found.items() for hold in on if hold.kind is kind}
    for lot in queries.in_lots(over):
        session.execute(update(Hold).where(Hold.id.in_(lot)).values(until=at, ended_by=actor.label))
    if over:
        touch_placements(session, over.values(), at=at)
        audit.record(session, actor, HOLD_CLOSED, f"accounts:{len(over)}", kind=kind.value)
    return len(over)


def end_holds_from_report(
    session: Session, actor: Actor, records: Sequence[str], *, agency_id: int | None, at: datetime
) -> int:
    """End the holds that rest on these records of this sender, because a correction replaced them; how many ended."""
    ended = queries.open_holds_from(session, [_source(record) for record in records], agency_id)
    for hold in ended:
        hold.until, hold.ended_by = at, "correction"
    if ended:
        session.flush()
        touch_placements(session, {hold.account_id for hold in ended}, at=at)
        audit.record(session, actor, HOLD_CLOSED, f"accounts:{len(ended)}", agency_id=agency_id, source="correction")
    return len(ended)


def _source(record_id: str) -> str:
    """How a hold names the record of a report that it rests on."""
    return f"activity:{record_id}"


def follow_tape(session: Session, said: Mapping[int, tuple[HoldKind | None, datetime]], *, at: datetime) -> None:
    """Make the tape's holds what the newest tape says, by account: its kind (none: no hold) and since when.

    Holds that people or agencies opened stay: the tape did not begin them and does not end them.
    """
    over = [
        hold.id
        for account_id, holds in queries.open_holds(session, said).items()
        for hold in holds
        if hold.source == TAPE and hold.kind is not said[account_id][0]
    ]
    for lot in queries.in_lots(over):
        session.execute(update(Hold).where(Hold.id.in_(lot)).values(until=at, ended_by=TAPE))
    _open(
        session,
        [_New(account_id, kind, since, TAPE) for account_id, (kind, since) in said.items() if kind is not None],
        agency_id=None,
        at=at,
    )


def close_hold(session: Session, actor: Actor, account: Account, hold: Hold, *, note: str, at: datetime) -> Hold:
    """End a hold. Raises Conflict if it has ended already."""
    if hold.until is not None:
        raise Conflict(N_("This hold has ended already."))
    hold.until, hold.ended_by = at, actor.label
    hold.note = "\n".join(text for text in (hold.note, note.strip()) if text)
    touch_placements(session, [account.id], at=at)
    audit.record(session, actor, HOLD_CLOSED, f"account:{account.account_ref}", kind=hold.kind.value)
    return hold


def on(session: Session, account: Account) -> Sequence[Hold]:
    """The holds that are on an account now."""
    return queries.open_holds(session, [account.id])[account.id]


def touch_placements(session: Session, account_ids: Iterable[int], *, at: datetime) -> None:
    """Let the agencies that hold these accounts see that something about them changed."""
    for lot in queries.in_lots(account_ids):
        session.execute(update(Placement).where(Placement.account_id.in_(lot), queries.IS_OPEN).values(updated_at=at))


def _open(session: Session, wanted: Sequence[_New], *, agency_id: int | None, at: datetime) -> int:
    on = {
        (hold.account_id, hold.kind)
        for holds in queries.open_holds(session, (new.account_id for new in wanted)).values()
        for hold in holds
    }
    # The first row of a kind counts: that is when the person said so.
    first = {(new.account_id, new.kind): new for new in sorted(wanted, key=lambda new: new.since, reverse=True)}
    fresh = [new for key, new in first.items() if key not in on]
    if not fresh:
        return 0
    session.flush()
    bulk.insert_rows(
        session,
        Hold.__table__,  # type: ignore[arg-type]
        ("account_id", "kind", "since", "source", "agency_id", "note"),
        [(new.account_id, new.kind, new.since, new.source, agency_id, new.note) for new in fresh],
    )
    touch_placements(session, (new.account_id for new in fresh), at=at)
    _tell(session, {(new.account_id, new.kind) for new in fresh})
    return len(fresh)


def _tell(session: Session, opened: set[tuple[int, HoldKind]]) -> None:
    accounts = {account_id for account_id, _ in opened}
    by_holder: dict[tuple[int, HoldKind], list[str]] = defaultdict(list)
    refs = queries.open_placements_of(session, accounts)
    for account_id, kind in sorted(opened):
        if placed := refs.get(account_id):
            by_holder[placed[0], kind].append(placed[1])
    for (agency_id, kind), mine in by_holder.items():
        for begin in range(0, len(mine), REFS_A_MESSAGE):
            webhooks.publish(
                session,
                "placement.held",
                agency_id,
                {"placement_refs": mine[begin : begin + REFS_A_MESSAGE], "hold": kind.value},
            )
    holder = queries.holders(session, accounts)
    for account_id, holds in queries.open_holds(session, accounts).items():
        for hold in holds:
            if (account_id, hold.kind) in opened:
                events.emit(session, HoldOpened(hold.id, account_id, hold.kind, holder.get(account_id), hold.since))
