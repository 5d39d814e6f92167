"""The audit trail: append-only, hash-chained, written in the transaction of the act it tells about.

`record` only queues an entry; all entries of a transaction are numbered, chained and inserted in the moment before it commits, so
that the chain's lock is held briefly and a rolled-back act leaves nothing. Triggers refuse UPDATE and DELETE (migrations).
An entry's hash covers its own fields and the hash before it: SHA-256 over canonical JSON. A chain alone does not reveal that its
tail was cut off or that it was rewritten whole, so `verify` reports the head for keeping elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, event, insert, select, text
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from portal import clock
from portal.db import Base
from portal.errors import N_
from portal.permissions import Actor

GENESIS = "0" * 64
LOCK = 0x70_6C_77_61  # the advisory lock of the chain on PostgreSQL


class AuditEntry(Base):
    """One thing that was done: by whom, to what, when, with which values (never personal data)."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    actor_kind: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    event: Mapped[str] = mapped_column(index=True)  # package.subject.verb
    subject: Mapped[str] = mapped_column(index=True)  # kind:reference
    details: Mapped[str] = mapped_column(Text)  # canonical JSON, kept as the text that was hashed
    prev_hash: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


Pending = tuple[SessionTransaction | None, dict[str, Any]]


def record(session: Session, actor: Actor, event_name: str, subject: str, **details: Any) -> None:
    """Queue one entry for this transaction. `subject` is kind:reference; `details` must be JSON values without personal data."""
    if "audit" not in session.info:
        session.info["audit"] = []
        event.listen(session, "before_commit", _write)
        event.listen(session, "after_soft_rollback", _forget)
    entry = {
        "at": clock.now(),
        "actor": actor.label,
        "actor_kind": actor.kind.value,
        "user_id": actor.user_id,
        "agency_id": actor.agency_id,
        "event": event_name,
        "subject": subject,
        "details": canonical(details),
    }
    session.info["audit"].append((session.get_nested_transaction() or session.get_transaction(), entry))


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: equal values give equal text. Dates, decimals and enums as text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def chain_hash(prev_hash: str, entry: dict[str, Any]) -> str:
    """The hash of an entry behind `prev_hash`."""
    fields = [
        entry["seq"],
        entry["at"].isoformat(),
        entry["actor"],
        entry["actor_kind"],
        entry["user_id"],
        entry["agency_id"],
        entry["event"],
        entry["subject"],
        entry["details"],
    ]
    return hashlib.sha256((prev_hash + canonical(fields)).encode()).hexdigest()


def _write(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is released; the transaction itself has yet to commit
    pending: list[Pending] = session.info["audit"]
    if not pending:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":  # SQLite holds its one write lock already
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = session.execute(select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)).first()
    seq, head = (last.seq, last.hash) if last else (0, GENESIS)
    rows = []
    for _, entry in pending:
        seq += 1
        row = {"seq": seq, "prev_hash": head, **entry}
        head = row["hash"] = chain_hash(head, row)
        rows.append(row)
    pending.clear()
    session.execute(insert(AuditEntry), rows)


def _forget(session: Session, undone: SessionTransaction) -> None:
    def inside(transaction: SessionTransaction | None) -> bool:
        while transaction is not None:
            if transaction is undone:
                return True
            transaction = transaction.parent
        return False

    session.info["audit"][:] = [item for item in session.info["audit"] if not inside(item[0])]


@dataclass(frozen=True)
class Verdict:
    """What walking the chain found: how many entries, the head's hash, and the first broken entry with the reason, if any."""

    entries: int
    head: str
    broken_at: int | None = None
    reason: str | None = None


def verify(session: Session) -> Verdict:
    """Walk the whole chain in order, streaming, and stop at the first entry that does not fit."""
    seq, head = 0, GENESIS
    with closing(_rows(session)) as rows:
        for row in rows:
            expected = seq + 1
            if row["seq"] != expected:
                return Verdict(seq, head, row["seq"], N_("the entry before it is missing"))
            if row["prev_hash"] != head:
                return Verdict(seq, head, expected, N_("it does not follow the entry before it"))
            if chain_hash(head, row) != row["hash"]:
                return Verdict(seq, head, expected, N_("its fields do not give its hash"))
            seq, head = expected, row["hash"]
    return Verdict(seq, head)


def _rows(session: Session) -> Generator[dict[str, Any]]:
    table = AuditEntry.__table__
    with session.execute(select(table).order_by(table.c.seq).execution_options(yield_per=5000)) as result:
        for row in result.mappings():
            yield dict(row)
