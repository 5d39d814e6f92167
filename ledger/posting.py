"""Acts: the bank's entries are posted, credited, and their fees computed, in one transaction a chunk."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.orm import Session

from agencies.terms import rate_for
from ledger import arrangements, queries
from ledger.crediting import Span, credit
from ledger.entries import Entry, entries_of
from ledger.events import CREDITED_LATE
from ledger.fees import Running
from ledger.models import Credit, CreditReason, FeeLine, Payment
from ledger.schemas import LEDGER
from portal import audit, bulk, clock
from portal.permissions import SYSTEM
from portal.reports.kinds import BadRow, Loaded, Repetitions, SoundRow
from portal.reports.models import Report
from portal.tables.faults import Problem

RECORD, ACCOUNT, REVERSES, CORRECTS = (
    LEDGER.names.index(name) for name in ("record_id", "account_ref", "reverses", "corrects")
)
PAYMENT = ("report_id", "row_no", "record_id", "account_id", "paid_on", "amount", "currency", "paid_to", "method", "remitted_on", "note",
           "content_hash", "posted_at")  # fmt: skip
CREDIT = (
    "payment_id",
    "account_id",
    "placement_id",
    "agency_id",
    "reason",
    "amount",
    "paid_on",
    "direct",
    "credited_at",
)
FEE = (
    "payment_id",
    "account_id",
    "placement_id",
    "agency_id",
    "term_id",
    "paid_on",
    "credited",
    "rate",
    "amount",
    "clause",
    "created_at",
)


def load_ledger(session: Session, report: Report, rows: Sequence[SoundRow | BadRow]) -> Loaded:
    """Post the bank's entries (contract 4.3). A reversal or correction names an entry of an earlier row or file."""
    queries.take_the_book(session)
    loaded = Loaded()
    sound = [row for row in rows if isinstance(row, SoundRow)]
    ids = {row.values[RECORD] if isinstance(row, SoundRow) else row.identity for row in rows}
    known = queries.posted(
        session, ids | {row.values[place] for row in sound for place in (REVERSES, CORRECTS) if row.values[place]}
    )
    seen = Repetitions({record: entry.said for record, entry in known.items()}, loaded)
    owners = queries.owners(session, {row.values[ACCOUNT] for row in sound})
    entries: list[Entry] = []
    for row in rows:
        if isinstance(row, BadRow):
            seen.repeats(row, row.identity, None)
            continue
        record_id, said = row.values[RECORD], _said(row)
        if seen.repeats(row, record_id, said):
            continue
        made = entries_of(row, said, owners, known)
        if isinstance(made, Problem):
            loaded.problems.append(made)
            continue
        seen.take(record_id, said)
        known[record_id] = made[-1]
        entries += made
        loaded.accepted += 1
    _store(session, report, entries)
    _earn(session, entries)
    arrangements.follow(session, {entry.account_id for entry in entries}, today=clock.today(), at=clock.now())
    return loaded


def _said(row: SoundRow) -> str:
    return hashlib.blake2b(repr(row.values).encode(), digest_size=12).hexdigest()


def _store(session: Session, report: Report, entries: list[Entry]) -> None:
    """Insert the entries, then say which of them take back or correct others: those may be of the same chunk."""
    now = clock.now()
    bulk.insert_rows(session, Payment.__table__, PAYMENT, (  # type: ignore[arg-type]
        (report.id, e.row_no, e.record_id, e.account_id, e.paid_on, e.amount, e.currency, e.paid_to, e.method, e.remitted_on, e.note, e.said, now)
        for e in entries
    ))  # fmt: skip
    ids = queries.payment_ids(session, {entry.record_id for entry in entries})
    for entry in entries:
        entry.id = ids[entry.record_id]
    if references := [
        {"id": e.id, "reverses_id": e.reverses.id if e.reverses else None, "corrects_id": e.corrects.id if e.corrects else None}
        for e in entries if e.reverses or e.corrects
    ]:  # fmt: skip
        session.execute(update(Payment), references)


@dataclass(frozen=True)
class Line:
    """The fee of one payment."""

    term_id: int
    rate: Decimal
    clause: str
    amount: Decimal


@dataclass(frozen=True)
class Earning:
    """Whose work a payment is, and what it earns them; without agency, nobody's."""

    reason: CreditReason
    amount: Decimal
    placement_id: int | None = None
    agency_id: int | None = None
    line: Line | None = None


def _earn(session: Session, entries: list[Entry]) -> None:
    """Credit and fee of new entries, in their order, which the fee lines depend on."""
    earnings = _earnings(session, entries)
    now = clock.now()
    bulk.insert_rows(session, Credit.__table__, CREDIT, (  # type: ignore[arg-type]
        (e.id, e.account_id, mine.placement_id, mine.agency_id, mine.reason, e.amount, e.paid_on, e.paid_to == "creditor", now)
        for e in entries if (mine := earnings[e.id])
    ))  # fmt: skip
    _write_lines(session, entries, earnings, now)


def _earnings(session: Session, entries: Sequence[Entry]) -> dict[int, Earning]:
    """What each entry earns, by its id; also of the stored payments that they take back."""
    spans = queries.spans(session, {entry.account_id for entry in entries})
    earnings = _stored_earnings(session, {e.reverses.id for e in entries if e.reverses} - {e.id for e in entries})
    book = _FeeBook(session, spans)
    for entry in entries:
        if entry.reverses:
            earnings[entry.id] = _taken_back(entry, earnings[entry.reverses.id], book)
            continue
        span, reason = credit(entry.paid_on, spans.get(entry.account_id, ()))
        if span is None:
            earnings[entry.id] = Earning(reason, entry.amount)
        else:
            earnings[entry.id] = Earning(
                reason, entry.amount, span.placement_id, span.agency_id, book.price(entry, span)
            )
    return earnings


def _stored_earnings(session: Session, payment_ids: Collection[int]) -> dict[int, Earning]:
    return {
        key: Earning(stored.reason, stored.amount, stored.placement_id, stored.agency_id,
                     Line(line.term_id, line.rate, line.clause, line.amount) if line else None)
        for key, (stored, line) in queries.credits_of(session, payment_ids).items()
    }  # fmt: skip


def _taken_back(entry: Entry, original: Earning, book: _FeeBook) -> Earning:
    """A reversal follows its payment: same placement, same agency, same term and rate. One that comes too late leaves the fee as it is."""
    line = original.line
    if line is not None and book.keeps_fee(entry, line.term_id):
        line = None
    elif line is not None:
        running = book.running(entry.account_id, line.term_id, line.rate)
        whole = entry.amount == -original.amount
        line = replace(
            line,
            amount=running.take_back(entry.amount, line.amount) if whole else running.line_for(entry.amount, line.rate),
        )
    return replace(original, reason=CreditReason.REVERSAL, amount=entry.amount, line=line)


def _write_lines(session: Session, entries: Iterable[Entry], earnings: dict[int, Earning], now: datetime) -> None:
    bulk.insert_rows(session, FeeLine.__table__, FEE, (  # type: ignore[arg-type]
        (e.id, e.account_id, mine.placement_id, mine.agency_id, line.term_id, e.paid_on, e.amount, line.rate, line.amount, line.clause, now)
        for e in entries if (mine := earnings[e.id]) and (line := mine.line)
    ))  # fmt: skip


class _FeeBook:
    """Terms and running sums of the accounts of one chunk, loaded in a few selects."""

    def __init__(self, session: Session, spans: dict[int, list[Span]]) -> None:
        flat = [span for of_account in spans.values() for span in of_account]
        self._terms = queries.terms_of(session, {span.contract_id for span in flat})
        self._reversal_days = queries.reversal_days(session, {span.contract_id for span in flat})
        self._facts = queries.placed_facts(session, {span.placement_id for span in flat})
        self._running = {
            key: Running(sums.credited, sums.lines) for key, sums in queries.fee_sums(session, spans.keys()).items()
        }

    def running(self, account_id: int, term_id: int, rate: Decimal) -> Running:
        """The sums to date, which the next line continues."""
        return self._running.setdefault((account_id, term_id, rate), Running())

    def keeps_fee(self, entry: Entry, term_id: int) -> bool:
        """True if this payment is taken back later than the contract lets a fee be taken back."""
        days = self._reversal_days.get(term_id)
        return days is not None and entry.reverses is not None and (entry.paid_on - entry.reverses.paid_on).days > days

    def price(self, entry: Entry, span: Span) -> Line | None:
        """The fee line of a credited payment; None where the contract has no term for it."""
        term = rate_for(self._terms.get(span.contract_id, []), self._facts[span.placement_id], entry.paid_on)
        if term is None:
            return None
        rate = term.direct_rate if entry.paid_to == "creditor" else term.rate
        return Line(
            term.id, rate, term.clause, self.running(entry.account_id, term.id, rate).line_for(entry.amount, rate)
        )


def credit_late(session: Session) -> int:
    """Credit payments that were nobody's when they were posted and are somebody's by what is known now; how many.

    A promise may be reported, and a placement taken over from another system, after the payment was posted. Only what nobody was
    credited with is looked at, so nothing that was ever credited changes hands. What took such a payment back follows it.
    """
    queries.take_the_book(session)
    waiting = queries.nobodys_payments(session)
    earnings = _earnings(session, waiting)
    found = [entry for entry in waiting if earnings[entry.id].agency_id is not None]
    if not found:
        return 0
    now = clock.now()
    session.execute(update(Credit), [
        {"payment_id": e.id, "placement_id": mine.placement_id, "agency_id": mine.agency_id, "reason": mine.reason, "credited_at": now}
        for e in found if (mine := earnings[e.id])
    ])  # fmt: skip
    _write_lines(session, found, earnings, now)
    audit.record(session, SYSTEM, CREDITED_LATE, f"payments:{len(found)}", first=found[0].id, last=found[-1].id)
    return len(found)
