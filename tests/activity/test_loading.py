"""Reports are read exactly once: repetitions, refusals, corrections, evidence, control totals, killed and poisoned readers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
from activity.models import Activity, Standing
from agencies.models import Agency
from portal import work
from portal.db import Database
from portal.reports import reading
from portal.reports.models import Mode, RejectedRow, Report, ReportProblem, ReportState
from portal.work import WorkItem, WorkState
from tests import world
from tests.conftest import KEYS
from tests.world import csv, row


@pytest.fixture
def agencies(db: Database, tmp_path: Path) -> list[Agency]:
    world.begin(tmp_path, KEYS)
    with db.transaction() as session:
        return world.two_agencies(session)


def read(db: Database, report_id: int) -> Report:
    """Do the waiting work, then the report as it stands."""
    work.drain(db)
    with db.reading() as session:
        return session.get_one(Report, report_id)


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.rows_read, report.accepted, report.duplicate, report.changed, report.rejected


def codes(db: Database, report: Report) -> list[tuple[int, str, str]]:
    with db.reading() as session:
        rows = session.scalars(
            select(ReportProblem).where(ReportProblem.report_id == report.id).order_by(ReportProblem.row)
        )
        return [(problem.row, problem.column, problem.code) for problem in rows]


def test_sound_rows_go_in_and_bad_ones_are_listed(db: Database, agencies: list[Agency]) -> None:
    report = read(db, world.send(db, agencies[0], csv(row("1"), row("2", at="2026-02-02T10:00:00"), row("3"))))
    assert counts(report) == (3, 2, 0, 0, 1)
    assert report.state is ReportState.PARTLY_ACCEPTED
    assert codes(db, report) == [(2, "occurred_at", "missing_offset")]


def test_another_agencys_account_is_as_unknown_as_one_that_does_not_exist(db: Database, agencies: list[Agency]) -> None:
    report = read(db, world.send(db, agencies[0], csv(row("1", "BCC1"), row("2", "ZZZ"))))
    assert codes(db, report) == [(1, "account_ref", "unknown_account"), (2, "account_ref", "unknown_account")]
    assert report.state is ReportState.REJECTED


def test_a_row_before_the_placement_began_is_unknown(db: Database, agencies: list[Agency]) -> None:
    report = read(db, world.send(db, agencies[0], csv(row("1", at="2025-12-31T10:00:00-05:00"))))
    assert codes(db, report) == [(1, "account_ref", "unknown_account")]


REPETITIONS = [
    ("the same row again", (row("1"), row("1")), (2, 1, 1, 0, 0)),
    ("another content under the same id", (row("1"), row("1", note="else")), (2, 1, 1, 1, 0)),
    (
        "a bad row under an id that is taken: nothing else of it is tested",
        (row("1"), row("1", at="yesterday")),
        (2, 1, 1, 1, 0),
    ),
    ("a bad row does not take its id", (row("1", at="yesterday"), row("1")), (2, 1, 0, 0, 1)),
    ("an unknown account does not take its id", (row("1", "ZZZ"), row("1")), (2, 1, 0, 0, 1)),
    (
        "the same instant written in another offset says the same",
        (row("1"), row("1", at="2026-02-02T15:00:00+00:00")),
        (2, 1, 1, 0, 0),
    ),
]


@pytest.mark.parametrize(("reason", "rows", "expected"), REPETITIONS, ids=[case[0] for case in REPETITIONS])
def test_repetition_in_one_file(
    db: Database, agencies: list[Agency], reason: str, rows: tuple[str, ...], expected: tuple[int, ...]
) -> None:
    assert counts(read(db, world.send(db, agencies[0], csv(*rows)))) == expected


@pytest.mark.parametrize(("reason", "rows", "expected"), REPETITIONS, ids=[case[0] for case in REPETITIONS])
def test_repetition_across_files(
    db: Database, agencies: list[Agency], reason: str, rows: tuple[str, ...], expected: tuple[int, ...]
) -> None:
    first = read(db, world.send(db, agencies[0], csv(rows[0])))
    second = read(db, world.send(db, agencies[0], csv(rows[1], row("other"))))
    assert tuple(a + b for a, b in zip(counts(first), counts(second), strict=True)) == tuple(
        n + extra for n, extra in zip(expected, (1, 1, 0, 0, 0), strict=True)
    )


def test_two_agencies_may_use_the_same_id(db: Database, agencies: list[Agency]) -> None:
    read(db, world.send(db, agencies[0], csv(row("1"))))
    assert counts(read(db, world.send(db, agencies[1], csv(row("1", "BCC1"))))) == (1, 1, 0, 0, 0)


def test_a_correction_replaces_a_row_and_both_are_kept(db: Database, agencies: list[Agency]) -> None:
    read(db, world.send(db, agencies[0], csv(row("1"), row("2"))))
    report = read(
        db, world.send(db, agencies[0], csv(row("1b", note="better", corrects="1"), row("9", corrects="nothing")))
    )
    assert codes(db, report) == [(2, "corrects", "unknown_reference")]
    with db.reading() as session:
        standing = dict(session.execute(select(Activity.record_id, Activity.standing)).all())
    assert standing == {"1": Standing.REPLACED, "2": Standing.ACCEPTED, "1b": Standing.ACCEPTED}


def test_a_contact_after_the_recall_is_refused_and_kept_as_evidence(db: Database, tmp_path: Path) -> None:
    world.begin(tmp_path, KEYS)
    with db.transaction() as session:
        agency = world.two_agencies(session, ended=datetime(2026, 2, 1, tzinfo=UTC))[0]
    text = csv(
        row("1", at="2026-01-31T23:59:59+00:00"),
        row("2", at="2026-02-01T00:00:00+00:00"),
        row("3", at="2026-02-01T00:00:01+00:00"),
    )
    report = read(db, world.send(db, agency, text))
    assert counts(report) == (3, 2, 0, 0, 1)
    assert codes(db, report) == [(3, "account_ref", "unknown_account")]
    with db.reading() as session:
        assert session.scalar(select(Activity.record_id).where(Activity.standing == Standing.EVIDENCE)) == "3"


@pytest.mark.parametrize("chunk", [1, 10], ids=["each in a chunk of its own", "both in one chunk"])
def test_of_evidence_sent_twice_the_first_stays(
    db: Database, tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", chunk)
    world.begin(tmp_path, KEYS)
    with db.transaction() as session:
        agency = world.two_agencies(session, ended=datetime(2026, 2, 1, tzinfo=UTC))[0]
    read(db, world.send(db, agency, csv(row("1", note="first"), row("1", note="second"))))
    with db.reading() as session:
        assert session.scalars(select(Activity.note).where(Activity.standing == Standing.EVIDENCE)).all() == ["first"]


@pytest.mark.parametrize(
    ("controls", "state"),
    [
        ({"control_rows": 3}, ReportState.PARTLY_ACCEPTED),
        ({"control_rows": 2}, ReportState.REJECTED),
        ({"control_amount": Decimal("0.00")}, ReportState.PARTLY_ACCEPTED),
        ({"control_amount": Decimal("1.00")}, ReportState.REJECTED),
    ],
)
def test_a_control_total_that_does_not_match_refuses_the_file(
    db: Database, agencies: list[Agency], controls: dict[str, object], state: ReportState
) -> None:
    report = read(db, world.send(db, agencies[0], csv(row("1"), row("1"), row("2", "ZZZ")), **controls))
    assert report.state is state
    if state is ReportState.REJECTED:
        assert report.accepted == 0
        assert codes(db, report)[0][2] == "control_total"


def test_atomic_takes_all_rows_or_none(db: Database, agencies: list[Agency]) -> None:
    text = csv(row("1"), row("2", at="never"))
    report = read(db, world.send(db, agencies[0], text, mode=Mode.ATOMIC))
    assert counts(report) == (2, 0, 0, 0, 1)
    assert report.state is ReportState.REJECTED
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Activity)) == 0
    mended = read(db, world.send(db, agencies[0], csv(row("1"), row("2")), mode=Mode.ATOMIC))
    assert counts(mended) == (2, 2, 0, 0, 0)


def test_rejected_rows_come_back_as_they_were_sent_with_identifiers_masked(
    db: Database, agencies: list[Agency]
) -> None:
    report = read(
        db, world.send(db, agencies[0], csv(row("1", at="never", note="card 4111 1111 1111 1111 given"), row("2")))
    )
    with db.reading() as session:
        cells = session.scalars(select(RejectedRow.cells).where(RejectedRow.report_id == report.id)).one()
    assert cells[2] == "never"
    assert "4111 1111" not in cells[6]
    assert "1111" in cells[6]


def test_a_reader_killed_between_chunks_goes_on_without_losing_or_doubling(
    db: Database, agencies: list[Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 10)
    text = csv(*(row(str(n), f"ACC{n % 10 + 1}") for n in range(95)), row("x", "ZZZ"), row("1", "ACC2"))
    report_id = world.send(db, agencies[0], text)
    real, calls = reading._load, []

    def load(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) in (3, 4, 8):  # dies after the rows were written and before they are committed
            raise KeyboardInterrupt

    monkeypatch.setattr(reading, "_load", load)
    for _ in range(3):
        item = work.claim(db)
        assert item is not None
        with pytest.raises(KeyboardInterrupt):
            work.do(item)
        with db.transaction() as session:  # as when its lease ran out
            held = session.get_one(WorkItem, item.item_id)
            held.leased_until = held.created_at
    report = read(db, report_id)
    assert counts(report) == (97, 95, 1, 0, 1)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Activity)) == 95
        assert session.scalar(select(func.count()).select_from(ReportProblem)) == 1


def test_a_poisoned_file_ends_rejected_with_the_reason_and_blocks_nobody(
    db: Database, agencies: list[Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, sound = world.send(db, agencies[0], csv(row("1"))), world.send(db, agencies[1], csv(row("1", "BCC1")))
    real = reading._load

    def load(session: object, report: Report, *rest: object) -> None:
        if report.id == poisoned:
            raise RuntimeError("the reader chokes")
        real(session, report, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_load", load)
    for _ in range(6):
        work.drain(db)
        with db.transaction() as session:
            for item in session.scalars(select(WorkItem).where(WorkItem.state == WorkState.QUEUED)):
                item.due_at = item.created_at
    assert read(db, sound).state is ReportState.ACCEPTED
    report = read(db, poisoned)
    assert report.state is ReportState.REJECTED
    assert codes(db, report) == [(0, "", "unreadable_file")]
