"""What the fault trials tell a database: files of every kind drawn from a seed, and a picture of what it knows in the end.

Two databases that were told the same must show the same picture, whatever happened to the processes and links of one of them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from activity.models import Activity, PaymentClaim, ReportedComplaint
from agencies.models import Agency
from ledger import invariants
from ledger.models import ClaimMatch, Credit, FeeLine, Payment
from portal import audit, files, schema, uploads, work
from portal.audit import AuditEntry
from portal.db import Database
from portal.idempotency import IdempotencyKey
from portal.jobs import JobRun
from portal.limits import Bucket
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.reports.models import RejectedRow, Report, ReportProblem, ReportState
from portal.work import WorkItem, WorkState
from tests.ledger.books import PAYMENTS, Books, entry

ACCOUNTS, PARTS = 120, 8
FIRST = date(2026, 1, 15)
ACTIVITY = "record_id,account_ref,occurred_at,kind,outcome,note,amount,corrects"
COMPLAINTS = "record_id,account_ref,received_at,category,summary"
Picture = dict[str, Any]
SOUND = ("work not done", "broken invariants", "the chain is broken at")  # what must be empty in any picture


def prepare(url: str) -> Database:
    """A migrated database with agencies A and B, 120 accounts placed with A, some of which came back in March."""
    db = Database(url)
    schema.upgrade(db)
    books = Books(db)
    for code in "AB":
        books.agency(code, rate="0.18", direct="0.0733")
    refs = [f"A{number}" for number in range(ACCOUNTS)]
    books.accounts(*refs, "B0")
    books.place_all(refs, "A", "2026-01-10")
    for ref in refs[::10]:
        books.recall(ref, "2026-03-01")
    return db


@dataclass(frozen=True)
class File:
    """A file to send: its kind, whose it is (nobody: the bank's) and its text."""

    kind: str
    code: str | None
    text: str


def chapter(seed: int, number: int, rows: int, *, is_at_once: bool = False) -> list[File]:
    """The files of one chapter: activity with so many rows, a ledger, claims and complaints with fewer. The same ones every time.

    `is_at_once`: files that may be read in any order. Fee lines of an account follow the order of its payments, and a tail the promise
    before it, so each chapter then has accounts of its own and nobody promises anything.
    """
    rng = random.Random(f"{seed}|{number}")
    first = number % PARTS * (ACCOUNTS // PARTS)
    told = _Teller(
        rng, range(first, first + ACCOUNTS // PARTS) if is_at_once else range(ACCOUNTS), 0.0 if is_at_once else 0.05
    )
    return [
        File("activity", "A", _file(ACTIVITY, told.activity(f"c{number}", rows))),
        File("ledger", None, _file(PAYMENTS, told.money(f"k{number}", rows // 5))),
        File("payments", "A", _file(PAYMENTS, told.money(f"p{number}", rows // 8))),
        File("complaints", "A", _file(COMPLAINTS, told.complaints(f"m{number}", rows // 40))),
    ]


def _file(header: str, lines: list[str]) -> str:
    return "\n".join((header, *lines)) + "\n"


@dataclass(frozen=True)
class _Teller:
    """Makes lines up, a few of them repeated, wrong, corrections or about accounts of others."""

    rng: random.Random
    accounts: range
    promises: float

    def _account(self) -> str:
        drawn = self.rng.random()
        return "B0" if drawn < 0.01 else "ZZZ" if drawn < 0.02 else f"A{self.rng.choice(self.accounts)}"

    def _day(self) -> date:
        return FIRST + timedelta(days=self.rng.randrange(90))

    def activity(self, prefix: str, rows: int) -> list[str]:
        """Lines of an activity report."""
        rng, lines = self.rng, list[str]()
        for number in range(rows):
            drawn = rng.random()
            if drawn < 0.05 and lines:
                lines.append(rng.choice(lines))
                continue
            at = (
                f"{self._day()}T{rng.randrange(8, 20):02}:{rng.randrange(60):02}:00-05:00"
                if drawn > 0.07
                else f"{self._day()}T10:00:00"
            )
            kind, amount = ("promise", f"{rng.randrange(1, 900)}.00") if rng.random() < self.promises else ("call", "")
            corrects = f"{prefix}-{rng.randrange(number)}" if number and rng.random() < 0.02 else ""
            lines.append(
                f"{prefix}-{number},{self._account()},{at},{kind},no_answer,note {rng.randrange(10**6)},{amount},{corrects}"
            )
        return lines

    def money(self, prefix: str, rows: int) -> list[str]:
        """Lines of a ledger or of a payments report: payments, reversals whole and in part, corrections."""
        rng, lines = self.rng, list[str]()
        paid: list[tuple[str, str, Decimal]] = []
        for number in range(rows):
            record, day, drawn = f"{prefix}-{number}", self._day(), rng.random()
            if drawn < 0.03 and lines:
                lines.append(rng.choice(lines))
            elif drawn < 0.10 and paid:
                original, account, amount = rng.choice(paid)
                back = -rng.choice((amount, amount / 2)).quantize(Decimal("0.01"))
                lines.append(entry(record, account, day.isoformat(), str(back), reverses=original))
            elif drawn < 0.13 and paid:
                original, account, amount = rng.choice(paid)
                lines.append(entry(record, account, day.isoformat(), str(amount + 1), corrects=original))
            else:
                account, amount = self._account(), Decimal(rng.randrange(4, 90_000)).scaleb(-2)
                paid.append((record, account, amount))
                lines.append(
                    entry(
                        record,
                        account,
                        day.isoformat() if drawn < 0.98 else "some day",
                        str(amount),
                        to=rng.choice(("agency", "creditor")),
                    )
                )
        return lines

    def complaints(self, prefix: str, rows: int) -> list[str]:
        """Lines of a complaints report, some of which replace earlier ones."""
        rng = self.rng
        return [
            f"{prefix}-{rng.randrange(rows)},{self._account()},{self._day()}T10:00:00Z,conduct,words {rng.randrange(4)}"
            for _ in range(rows)
        ]


def send(db: Database, sent: list[File]) -> list[int]:
    """Receive the files; the reports' ids. Reading them is left to whoever works."""
    made = []
    for file in sent:
        upload = uploads.store_upload(
            files.store(), BytesIO(file.text.encode()), "text/csv", f"{file.kind}.csv", 1 << 30
        )
        with db.transaction() as session:
            agency = session.scalars(select(Agency.id).where(Agency.code == file.code)).one() if file.code else None
            made.append(receiving.receive(session, SYSTEM, file.kind, upload, sender_agency_id=agency).id)
    return made


def waiting(db: Database) -> int:
    """How many items of work are not done."""
    with db.reading() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(WorkItem)
                .where(WorkItem.state.in_((WorkState.QUEUED, WorkState.RUNNING)))
            )
            or 0
        )


def hurry(db: Database) -> None:
    """What failed and waits for its next try is due now."""
    with db.transaction() as session:
        session.execute(update(WorkItem).where(WorkItem.state == WorkState.QUEUED).values(due_at=WorkItem.created_at))


def steps(db: Database) -> tuple[int, int]:
    """How far the readers have come: rows read of all reports, and items of work done."""
    with db.reading() as session:
        done = select(func.count()).select_from(WorkItem).where(WorkItem.state == WorkState.DONE)
        return session.scalar(select(func.coalesce(func.sum(Report.rows_read), 0))) or 0, session.scalar(done) or 0


def kept_by_web(db: Database) -> dict[str, int]:
    """How much of what callers sent is there."""
    received = select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "portal.report.received")
    unanswered = select(func.count()).select_from(IdempotencyKey).where(IdempotencyKey.status.is_(None))
    wanted = {
        name: select(func.count()).select_from(model)
        for name, model in (("reports", Report), ("activity", Activity), ("payments", Payment))
    }
    with db.reading() as session:
        return {
            name: session.scalar(query) or 0
            for name, query in (
                wanted | {"received by the trail": received, "keys without an answer": unanswered}
            ).items()
        }


def under_way(db: Database) -> bool:
    """True while some file has been read in part."""
    with db.reading() as session:
        return session.scalars(select(Report.id).where(Report.state == ReportState.READING)).first() is not None


def ticks(db: Database) -> tuple[int, int]:
    """How often the job of tests/portal/worker_process.py ran, and in how many slots of the schedule."""
    with db.reading() as session:
        bucket = session.get(Bucket, "ticks")
        slots = select(func.count(func.distinct(JobRun.slot))).where(JobRun.job == "test.tick")
        return int(bucket.tokens) if bucket else 0, session.scalar(slots) or 0


def tried_again(db: Database) -> int:
    """How many files were taken up more than once."""
    with db.reading() as session:
        return (
            session.scalar(
                select(func.count()).select_from(WorkItem).where(WorkItem.kind == "report.read", WorkItem.tries > 1)
            )
            or 0
        )


def picture(db: Database) -> Picture:
    """What the database knows, without what chance or time gave: keys of rows, references, instants."""
    original, corrected = aliased(Payment), aliased(Payment)
    with db.reading() as session:
        return {
            "activity": rows(session, select(
                Activity.report_id, Activity.row_no, Activity.record_id, Activity.account_id, Activity.placement_id, Activity.standing, Activity.content_hash, Activity.amount)),
            "claims": rows(session, select(PaymentClaim.report_id, PaymentClaim.row_no, PaymentClaim.record_id, PaymentClaim.placement_id, PaymentClaim.standing, PaymentClaim.amount)),
            "complaints": rows(session, select(ReportedComplaint.record_id, ReportedComplaint.row_no, ReportedComplaint.content_hash, ReportedComplaint.replaced_at.is_(None))),
            "ledger": [tuple(row) for row in session.execute(
                select(Payment.report_id, Payment.row_no, Payment.record_id, Payment.amount, original.record_id, corrected.record_id, Credit.placement_id, Credit.reason, FeeLine.rate, FeeLine.amount)
                .join(Credit, Credit.payment_id == Payment.id).outerjoin(FeeLine, FeeLine.payment_id == Payment.id)
                .outerjoin(original, original.id == Payment.reverses_id).outerjoin(corrected, corrected.id == Payment.corrects_id).order_by(Payment.id))],
            "pairs": rows(session, select(PaymentClaim.record_id, Payment.record_id, ClaimMatch.difference)
                          .join(ClaimMatch, ClaimMatch.claim_id == PaymentClaim.id).join(Payment, Payment.id == ClaimMatch.payment_id)),
            "reports": rows(session, select(
                Report.id, Report.kind, Report.state, Report.rows_read, Report.accepted, Report.duplicate, Report.changed, Report.rejected, Report.problems_found)),
            "problems": rows(session, select(ReportProblem.report_id, ReportProblem.row, ReportProblem.column, ReportProblem.code, ReportProblem.value)),
            "rejected rows": sorted((report, row, tuple(cells)) for report, row, cells in session.execute(select(RejectedRow.report_id, RejectedRow.row, RejectedRow.cells))),
            "audit": rows(session, select(AuditEntry.event, AuditEntry.details).where(AuditEntry.event.startswith("portal.report"))),
            "work not done": rows(session, select(WorkItem.kind, WorkItem.subject, WorkItem.state).where(WorkItem.state != WorkState.DONE)),
            "broken invariants": [failure.invariant for failure in invariants.check(session)],
            "the chain is broken at": audit.verify(session).broken_at,
        }  # fmt: skip


def rows(session: Session, wanted: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in session.execute(wanted)), key=repr)


def differences(one: Picture, other: Picture) -> dict[str, str]:
    """What differs between two pictures, each with the first few rows that only one of them has."""
    found = {}
    for name in one:
        if one[name] != other[name]:
            mine, theirs = (
                map(repr, value) if isinstance(value, list) else [repr(value)] for value in (one[name], other[name])
            )
            left, right = Counter(mine), Counter(theirs)
            found[name] = (
                f"only here {list((left - right).elements())[:3]}, only there {list((right - left).elements())[:3]}"
            )
    return found


def undisturbed(folder: Path, told: Iterable[list[File]]) -> Picture:
    """The picture of a database that was told the same and to which nothing happened."""
    db = prepare(f"sqlite:///{folder / 'undisturbed.db'}")
    try:
        for part in told:
            send(db, part)
        work.drain(db)
        return picture(db)
    finally:
        db.dispose()
