"""The audit trail: entries land with their act or not at all, and no change of one stays unseen."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal import audit, clock
from portal.audit import GENESIS, AuditEntry
from portal.db import Database
from portal.people import Role, SavedView
from portal.permissions import SYSTEM
from tests import factories
from tests.clients import PageClient

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def record(db: Database, count: int = 1, event: str = "test.thing.done") -> None:
    for number in range(count):
        with db.transaction() as session:
            audit.record(session, SYSTEM, event, f"thing:{number}", number=number)


def entries(db: Database) -> list[AuditEntry]:
    with db.reading() as session:
        found = list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))
        session.expunge_all()
        return found


def verdict(db: Database) -> audit.Verdict:
    with db.reading() as session:
        return audit.verify(session)


def unprotect(db: Database) -> None:
    """Drop the triggers, as somebody with the database's password could."""
    with db.transaction() as session:
        if db.sqlite:
            for verb in ("UPDATE", "DELETE"):
                session.execute(text(f"DROP TRIGGER audit_entry_no_{verb}"))
        else:
            session.execute(text("DROP TRIGGER audit_entry_append_only ON audit_entry"))


# -- entries and their acts ----------------------------------------------------------------------------------------------


def test_an_act_and_its_entry_land_together(db: Database) -> None:
    with clock.set_to(NOW), db.transaction() as session:
        who = factories.make_actor(session, Role.AGENCY_MANAGER)
        audit.record(
            session, who, "test.thing.done", "thing:1", amount=Decimal("1.50"), day=date(2026, 1, 2), role=Role.ADMIN
        )
    (entry,) = entries(db)
    assert (entry.seq, entry.at, entry.actor, entry.actor_kind) == (1, NOW, who.name, "person")
    assert (entry.user_id, entry.agency_id, entry.event, entry.subject) == (
        who.user_id,
        who.agency_id,
        "test.thing.done",
        "thing:1",
    )
    assert entry.details == '{"amount":"1.50","day":"2026-01-02","role":"admin"}'


def test_an_act_that_is_undone_leaves_no_entry(db: Database) -> None:
    def fail() -> None:
        with db.transaction() as session:
            audit.record(session, SYSTEM, "test.thing.done", "thing:1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    record(db)
    assert [entry.seq for entry in entries(db)] == [1]


def test_an_act_undone_to_a_savepoint_leaves_no_entry_but_the_rest_does(db: Database) -> None:
    def fail(session: Session) -> None:
        with session.begin_nested():
            audit.record(session, SYSTEM, "test.undone", "thing:1")
            with session.begin_nested():
                audit.record(session, SYSTEM, "test.undone.deeper", "thing:1")
            raise RuntimeError

    with db.transaction() as session:
        audit.record(session, SYSTEM, "test.before", "thing:1")
        with pytest.raises(RuntimeError):
            fail(session)
        with session.begin_nested():
            audit.record(session, SYSTEM, "test.kept", "thing:1")
        audit.record(session, SYSTEM, "test.after", "thing:1")
    assert [entry.event for entry in entries(db)] == ["test.before", "test.kept", "test.after"]


def test_an_act_that_fails_at_the_commit_leaves_neither(db: Database) -> None:
    def fail() -> None:
        with db.transaction() as session:
            audit.record(session, SYSTEM, "test.thing.done", "thing:1")
            session.execute(insert(SavedView).values(user_id=999, page="x", name="x", query=""))

    with pytest.raises(DBAPIError):
        fail()
    assert entries(db) == []


def test_acts_side_by_side_make_one_chain_without_gaps(db: Database) -> None:
    threads = [threading.Thread(target=record, args=(db, 15)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.seq for entry in entries(db)] == list(range(1, 61))
    assert verdict(db).entries == 60
    assert verdict(db).broken_at is None


# -- the chain -----------------------------------------------------------------------------------------------------------


def test_an_empty_and_a_whole_chain_verify(db: Database) -> None:
    assert verdict(db) == audit.Verdict(0, GENESIS)
    record(db, 5)
    found = verdict(db)
    assert (found.entries, found.broken_at, found.head) == (5, None, entries(db)[-1].hash)


@pytest.mark.parametrize("statement", [update(AuditEntry).values(actor="nobody"), delete(AuditEntry)])
def test_the_database_itself_refuses_to_change_an_entry(db: Database, statement: object) -> None:
    record(db, 2)
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
        session.execute(statement)  # type: ignore[call-overload]
    assert len(entries(db)) == 2


def _swap(db: Database) -> None:
    with db.transaction() as session:
        for seq, other in ((3, 99), (4, 3), (99, 4)):
            session.execute(update(AuditEntry).where(AuditEntry.seq == seq).values(seq=other))


def _insert_between(db: Database) -> None:
    with db.transaction() as session:
        for seq in (5, 4, 3):
            session.execute(update(AuditEntry).where(AuditEntry.seq == seq).values(seq=seq + 1))
        row = {"seq": 3, "at": NOW, "actor": "system", "actor_kind": "system", "user_id": None, "agency_id": None, "event": "test.false",
               "subject": "thing:0", "details": "{}"}  # fmt: skip
        before = session.scalars(select(AuditEntry.hash).where(AuditEntry.seq == 2)).one()
        session.execute(insert(AuditEntry).values(**row, prev_hash=before, hash=audit.chain_hash(before, row)))


@pytest.mark.parametrize(("tamper", "broken_at"), [
    (update(AuditEntry).where(AuditEntry.seq == 3).values(actor="somebody else"), 3),
    (update(AuditEntry).where(AuditEntry.seq == 3).values(details='{"number":99}'), 3),
    (update(AuditEntry).where(AuditEntry.seq == 3).values(at=NOW), 3),
    (update(AuditEntry).where(AuditEntry.seq == 3).values(subject="thing:7"), 3),
    (update(AuditEntry).where(AuditEntry.seq == 3).values(event="test.other"), 3),
    (update(AuditEntry).where(AuditEntry.seq == 3).values(hash="0" * 64), 3),
    (update(AuditEntry).where(AuditEntry.seq == 3).values(prev_hash="0" * 64), 3),
    (delete(AuditEntry).where(AuditEntry.seq == 3), 4),
    (delete(AuditEntry).where(AuditEntry.seq == 1), 2),
    (_swap, 3),
    (_insert_between, 4),
])  # fmt: skip
def test_every_change_breaks_the_chain_where_it_was_made(db: Database, tamper: object, broken_at: int) -> None:
    record(db, 5)
    unprotect(db)
    if callable(tamper):
        tamper(db)
    else:
        with db.transaction() as session:
            session.execute(tamper)  # type: ignore[call-overload]
    found = verdict(db)
    assert found.broken_at == broken_at
    assert found.reason


def test_a_tail_that_was_cut_off_shows_in_the_head_kept_elsewhere(db: Database) -> None:
    """What a chain alone cannot tell: the reason why the head is reported, for keeping it elsewhere."""
    record(db, 5)
    kept = verdict(db)
    unprotect(db)
    with db.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.seq > 3))
    assert verdict(db).broken_at is None
    assert (verdict(db).entries, verdict(db).head) != (kept.entries, kept.head)


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_the_trail_is_read_filtered_and_verified_on_its_page(client: PageClient) -> None:
    db = client.database
    with clock.set_to(NOW):
        record(db, 2, "test.apple.eaten")
    with clock.set_to(NOW.replace(day=25)):
        record(db, 1, "test.pear.eaten")
    client.sign_in_as(Role.AUDITOR)
    client.get("/admin/trail", title="Audit trail", queries=6)
    for query, apples, pears in (
        ("", True, True), ("event=test.apple", True, False), ("subject=thing:1", True, False), ("actor=SYS", True, True),
        ("actor=nobody", False, False), ("to=2026-11-24", True, False), ("from=2026-11-25", False, True), ("from=nonsense", True, True),
    ):  # fmt: skip
        text_ = client.get(f"/admin/trail?{query}").text
        assert ("test.apple.eaten" in text_, "test.pear.eaten" in text_) == (apples, pears), query
    client.get("/admin/trail/1", title="Entry 1", queries=5)
    client.get("/admin/trail/99", 404)
    client.post("/admin/trail/verify")
    assert "The chain is whole: 3 entries" in client.get("/admin/trail").text
    unprotect(db)
    with db.transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(actor="x"))
    client.post("/admin/trail/verify")
    assert "The chain is broken at entry 2" in client.get("/admin/trail").text


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("auditor", 200), ("compliance", 200), ("vendor_manager", 404), ("agency_manager", 404)],
)
def test_who_reads_the_trail(client: PageClient, role: str, status: int) -> None:
    client.sign_in_as(role)
    client.get("/admin/trail", status)


def test_reading_pages_leaves_no_entry(client: PageClient) -> None:
    client.sign_in_as(Role.ADMIN)
    for path in ("/work", "/settings", "/admin/people", "/admin/keys", "/admin/jobs", "/admin/trail"):
        client.get(path)
    with client.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
