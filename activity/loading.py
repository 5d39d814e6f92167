"""Set-based loading of what agencies report, exactly once: one look-up of accounts, one of known ids, one bulk insert a chunk.

Each function loads sound rows in the caller's transaction, which also moves the report's mark. A row whose id was accepted before is a
repetition, whatever else is wrong with it; a refused row does not take its id. The unique index on (sender, record_id) is the backstop
for two files of one sender that are read at once: the later transaction fails and is done again. Days are days in UTC, as in crediting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from activity import counting, queries, schemas
from activity.models import Activity, InventoryLine, PaymentClaim, ReportedComplaint, Standing
from placements import holds
from portal import bulk, clock
from portal.permissions import SYSTEM
from portal.reports.kinds import BadRow, Loaded, Repetitions, SoundRow
from portal.reports.models import Report
from portal.tables.faults import Problem
from portal.tables.model import Table

AT = {table.kind: {name: place for place, name in enumerate(table.names)} for table in schemas.REPORTS.values()}
OWN = (
    "report_id",
    "row_no",
    "sender",
    "agency_id",
    "account_id",
    "consumer_id",
    "placement_id",
    "standing",
    "content_hash",
)
COLUMNS = (*OWN, *(name for name in schemas.ACTIVITY.names if name != "account_ref"))
ACCEPTED, EVIDENCE = Standing.ACCEPTED.value, Standing.EVIDENCE.value
CLAIM_OWN = ("report_id", "row_no", "agency_id", "account_id", "placement_id", "standing", "content_hash")


def content_hash(values: Sequence[Any]) -> str:
    """A fingerprint of what a row says, the same in every file format."""
    return hashlib.blake2b(repr(values).encode(), digest_size=12).hexdigest()


def load_activity(session: Session, report: Report, rows: Sequence[SoundRow | BadRow]) -> Loaded:
    """Load activity rows (contract 4.2)."""
    at, loaded = AT["activity"], Loaded()
    account, occurred, record, corrects = (at[name] for name in ("account_ref", "occurred_at", "record_id", "corrects"))
    kind, direction = at["kind"], at["direction"]
    report_id, sender, agency_id = (
        report.id,
        report.sender,
        report.agency_id,
    )  # asked of the report once, not for each row
    seen = Repetitions(queries.known_records(session, Activity, sender, _ids(rows, record)), loaded)
    held = queries.held_by(session, agency_id, _named(rows, account))
    corrections = _Corrections(session, Activity, sender, _named(rows, corrects))
    accepted: list[tuple[Any, ...]] = []
    evidence: dict[str, tuple[Any, ...]] = {}
    counted: list[counting.Key] = []
    for row, said in _fresh(rows, record, seen):
        values = row.values
        known = held.get(values[account])
        placement = known.placement_at(values[occurred]) if known else None
        if known is None or (placement is None and agency_id is not None):
            loaded.problems.append(_problem(row, schemas.ACTIVITY, "account_ref", "unknown_account"))
            if known and (ended := known.placement_before(values[occurred])):
                kept = (report_id, row.number, sender, agency_id, known.account_id, known.consumer_id, ended, EVIDENCE, said,
                        *values[:account], *values[account + 1 :])  # fmt: skip
                evidence.setdefault(values[record], kept)  # the first one said stays, in whichever chunks they come
            continue
        if not corrections.take(values[record], values[corrects]):
            loaded.problems.append(_problem(row, schemas.ACTIVITY, "corrects", "unknown_reference"))
            continue
        seen.take(values[record], said)
        accepted.append((report_id, row.number, sender, agency_id, known.account_id, known.consumer_id,
                         placement, ACCEPTED, said, *values[:account], *values[account + 1 :]))  # fmt: skip
        counted.append((values[occurred].date(), values[kind], values[direction], known.currency))
    for known_id in queries.evidence_records(session, sender, evidence) if evidence else ():
        del evidence[known_id]
    bulk.insert_rows(session, Activity.__table__, COLUMNS, chain(accepted, evidence.values()))  # type: ignore[arg-type]
    counting.add(session, report, counted)
    corrections.replace()
    if corrections.replaced:
        holds.end_holds_from_report(session, SYSTEM, corrections.replaced, agency_id=report.agency_id, at=clock.now())
    _hold(session, report, accepted)
    loaded.accepted = len(accepted)
    return loaded


def _hold(session: Session, report: Report, accepted: Sequence[Sequence[Any]]) -> None:
    """What the person said (a dispute, a death, hardship …) stops collection at once, whoever holds the account."""
    account, kind, occurred, record, details = map(
        COLUMNS.index, ("account_id", "kind", "occurred_at", "record_id", "details")
    )
    told = [
        holds.Told(row[account], row[kind], row[occurred], row[record])
        for row in accepted
        if row[kind] in holds.HOLD_OF_REPORT and not (row[details] or {}).get("withdrawn")
    ]
    if told:
        holds.open_hold_from_report(session, SYSTEM, told, agency_id=report.agency_id, at=clock.now())


def load_payments(session: Session, report: Report, rows: Sequence[SoundRow | BadRow]) -> Loaded:
    """Load an agency's payment claims (contract 4.3)."""
    at, loaded, agency_id = AT["payments"], Loaded(), report.agency_id or 0
    account, record, reverses = at["account_ref"], at["record_id"], at["reverses"]
    seen = Repetitions(
        queries.known_records(session, PaymentClaim, agency_id, _ids(rows, record) | _named(rows, reverses)), loaded
    )
    held = queries.held_by(session, agency_id, _named(rows, account))
    corrections = _Corrections(session, PaymentClaim, agency_id, _named(rows, at["corrects"]))
    accepted: list[list[Any]] = []
    for row, said in _fresh(rows, record, seen):
        values = row.values
        known = held.get(values[account])
        placement = known.placement_before(_end_of(values[at["paid_on"]])) if known else None
        if known is None or placement is None:
            loaded.problems.append(_problem(row, schemas.PAYMENTS, "account_ref", "unknown_account"))
        elif values[at["currency"]] not in (None, known.currency):
            loaded.problems.append(
                _problem(row, schemas.PAYMENTS, "currency", "bad_currency", "account_currency", currency=known.currency)
            )
        elif values[reverses] and values[reverses] not in seen.known:
            loaded.problems.append(_problem(row, schemas.PAYMENTS, "reverses", "unknown_reference"))
        elif not corrections.take(values[record], values[at["corrects"]]):
            loaded.problems.append(_problem(row, schemas.PAYMENTS, "corrects", "unknown_reference"))
        else:
            seen.take(values[record], said)
            accepted.append([report.id, row.number, agency_id, known.account_id, placement, Standing.ACCEPTED.value, said,
                             *values[:account], *values[account + 1 :]])  # fmt: skip
    columns = (*CLAIM_OWN, *(name for name in schemas.PAYMENTS.names if name != "account_ref"))
    bulk.insert_rows(session, PaymentClaim.__table__, columns, accepted)  # type: ignore[arg-type]
    corrections.replace()
    loaded.accepted = len(accepted)
    return loaded


def load_inventory(session: Session, report: Report, rows: Sequence[SoundRow]) -> Loaded:
    """Load what an agency believes it holds. Nothing is tested here: an account it does not hold opens a break (ledger)."""
    first: dict[str, SoundRow] = {}
    loaded = Loaded()
    named = queries.inventory_accounts(session, report.id, {row.values[0] for row in rows})
    for row in rows:
        if row.values[0] in first or row.values[0] in named:
            loaded.duplicate += 1
        else:
            first[row.values[0]] = row
    bulk.insert_rows(
        session,
        InventoryLine.__table__,  # type: ignore[arg-type]
        ("report_id", "row_no", "agency_id", *schemas.INVENTORY.names),
        [[report.id, row.number, report.agency_id, *row.values] for row in first.values()],
    )
    loaded.accepted = len(first)
    return loaded


def load_complaints(session: Session, report: Report, rows: Sequence[SoundRow | BadRow]) -> Loaded:
    """Load complaints: the newest row of an id wins, and older ones stay with the time they were replaced."""
    at = AT["complaints"]
    record, account, received = at["record_id"], at["account_ref"], at["received_at"]
    sound = [row for row in rows if isinstance(row, SoundRow)]
    held = queries.held_by(session, report.agency_id, {row.values[account] for row in sound if row.values[account]})
    newest = queries.newest_complaints(session, report.sender, {row.values[record] for row in sound})
    loaded = Loaded()
    for row in sound:
        values, said = row.values, content_hash(row.values)
        known = held.get(values[account]) if values[account] else None
        if values[account] and (
            known is None or (report.agency_id and not known.placement_before(_end_of(values[received].date())))
        ):
            loaded.problems.append(_problem(row, schemas.COMPLAINTS, "account_ref", "unknown_account"))
            continue
        before = newest.get(values[record])
        if before is not None and before.content_hash == said:
            loaded.duplicate += 1
            continue
        if before is not None:
            before.replaced_at = clock.now()
            session.flush()
        made = ReportedComplaint(
            report_id=report.id,
            row_no=row.number,
            sender=report.sender,
            agency_id=report.agency_id,
            content_hash=said,
            account_id=known.account_id if known else None,
            **{name: values[place] for name, place in at.items() if name != "account_ref"},
        )
        session.add(made)
        newest[values[record]] = made
        loaded.accepted += 1
    session.flush()
    return loaded


class _Corrections:
    """Which rows of one sender stand and may be corrected. A row that was replaced stands no more: correct the one that replaced it."""

    def __init__(
        self, session: Session, model: type[Activity] | type[PaymentClaim], sender: int, wanted: set[str]
    ) -> None:
        self._session, self._model, self._sender, self._wanted = session, model, sender, wanted
        self._stand = queries.standing_records(session, model, sender, wanted) if wanted else set()
        self.replaced: list[str] = []

    def take(self, record_id: str, corrected: str | None) -> bool:
        """The row of this id comes in, in the place of `corrected` if it names one. False if that one does not stand."""
        if corrected:
            if corrected not in self._stand:
                return False
            self._stand.discard(corrected)
            self.replaced.append(corrected)
        if record_id in self._wanted:
            self._stand.add(record_id)
        return True

    def replace(self) -> None:
        """Say of the corrected rows, all of which are stored now, that they were replaced."""
        if self.replaced:
            if self._model is Activity:
                counting.take_off(self._session, self._sender, self.replaced)
            table, owner = self._model, queries.owner_column(self._model)
            mine = update(table).where(
                owner == self._sender, table.record_id.in_(self.replaced), table.standing == Standing.ACCEPTED
            )
            self._session.execute(mine.values(standing=Standing.REPLACED))


def _fresh(rows: Sequence[SoundRow | BadRow], record: int, seen: Repetitions) -> Iterator[tuple[SoundRow, str]]:
    """The sound rows that repeat no accepted one, each with the hash of what it says; the others are counted."""
    for row in rows:
        if isinstance(row, BadRow):
            seen.repeats(row, row.identity, None)
        elif not seen.repeats(row, row.values[record], said := content_hash(row.values)):
            yield row, said


def _ids(rows: Sequence[SoundRow | BadRow], record: int) -> set[str]:
    return {row.values[record] if isinstance(row, SoundRow) else row.identity for row in rows}


def _named(rows: Sequence[SoundRow | BadRow], place: int) -> set[str]:
    """What the sound rows name in a column."""
    return {row.values[place] for row in rows if isinstance(row, SoundRow)} - {None}


def _end_of(day: date) -> datetime:
    """The last instant of a day, which still counts."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - datetime.resolution


def _problem(row: SoundRow, table: Table, column: str, code: str, repair: str = "", **params: str) -> Problem:
    value = row.values[AT[table.kind][column]]
    return Problem(row.number, column, code, str(value), repair or code, {"column": column, **params})
