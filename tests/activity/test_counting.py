"""The running counts of activity are those of a full recount, whatever was reported, repeated, refused, corrected, and in which files."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
from activity.models import Activity, ActivityCount, Standing
from agencies.models import Agency
from placements.models import Account
from portal import schema, work
from portal.db import Database
from portal.errors import Conflict
from portal.reports.models import Mode
from tests import world
from tests.conftest import KEYS
from tests.world import csv, row

IDS = [str(number) for number in range(12)]
ROWS = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(["ABC1", "ABC2", "BCC1", "ZZZ"]),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["call", "sms", "letter"])},
        optional={
            "corrects": st.sampled_from(IDS),
            "at": st.sampled_from(["2026-02-02T23:30:00-05:00", "2026-02-02T23:30:00+00:00", "yesterday"]),
            "note": st.sampled_from(["a", "b"]),
        },
    ),
)
FILES = st.lists(st.tuples(st.integers(0, 1), st.lists(ROWS, min_size=1, max_size=8), st.booleans()), max_size=4)


@pytest.fixture
def agencies(db: Database, tmp_path: Path) -> list[Agency]:
    world.begin(tmp_path, KEYS)
    with db.transaction() as session:
        return world.two_agencies(session)


def stored(db: Database) -> dict[tuple[Any, ...], int]:
    """The counts as they stand, without those that came down to nothing."""
    one = ActivityCount
    with db.reading() as session:
        rows = session.execute(
            select(one.report_id, one.agency_id, one.day, one.kind, one.direction, one.currency, one.accepted)
        )
        return {tuple(key): count for *key, count in rows if count}


def recounted(db: Database) -> dict[tuple[Any, ...], int]:
    """The counts made anew from every row."""
    with db.reading() as session:
        rows = session.execute(
            select(Activity, Account.currency)
            .join(Account, Account.id == Activity.account_id)
            .where(Activity.standing == Standing.ACCEPTED)
        )
        return dict(
            Counter(
                (one.report_id, one.agency_id, one.occurred_at.date(), one.kind, one.direction or "", currency)
                for one, currency in rows
            )
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES)
def test_the_counts_are_those_of_a_full_recount(db: Database, agencies: list[Agency], files: Any) -> None:
    for whose, rows, atomic in files:
        lines = [row(ref, account, **cells) for ref, account, cells in rows]
        with suppress(Conflict):  # the same bytes again are not taken
            world.send(db, agencies[whose], csv(*lines), mode=Mode.ATOMIC if atomic else Mode.PARTIAL)
        work.drain(db)
        assert stored(db) == recounted(db)


def test_a_corrected_row_is_taken_off_the_day_it_was_counted_on(db: Database, agencies: list[Agency]) -> None:
    world.send(db, agencies[0], csv(row("1"), row("2")))
    work.drain(db)
    assert sum(stored(db).values()) == 2
    world.send(db, agencies[0], csv(row("1b", at="2026-02-03T10:00:00-05:00", corrects="1")))
    work.drain(db)
    assert {(key[2].isoformat(), count) for key, count in stored(db).items()} == {("2026-02-02", 1), ("2026-02-03", 1)}


def test_the_migration_counts_the_rows_that_are_there(db: Database, agencies: list[Agency]) -> None:
    world.send(db, agencies[0], csv(row("1"), row("2", kind="sms"), row("3", corrects="1")))
    work.drain(db)
    before = stored(db)
    assert sum(before.values()) == 2
    schema.downgrade(db, "0001")
    schema.upgrade(db)
    assert stored(db) == before


def test_without_its_counts_a_recount_differs(db: Database, agencies: list[Agency]) -> None:
    """The comparison above can fail."""
    world.send(db, agencies[0], csv(row("1")))
    work.drain(db)
    with db.transaction() as session:
        session.execute(delete(ActivityCount))
    assert stored(db) != recounted(db)
