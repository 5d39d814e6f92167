"""The real recoveries of 8,623 charged-off loans, under the 18 % that was agreed: fees equal to what was paid, and the exceptions found.

Nobody here chose these results: the fee of each loan is the one its bank really paid (samples/README.md). Each loan is placed on the day
of its charge-off, and no payment is in transit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

from sqlalchemy import func, select

from agencies.models import Agency, Contract
from ledger.models import Credit, FeeLine, Payment
from placements.models import Account, Consumer, Placement, Portfolio
from portal import bulk, files, uploads, work
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.reports.models import Report, ReportState
from samples.tape import LEDGER_COLUMNS, read_commission, read_ledger, read_tape, to_csv
from tests.ledger.books import LONG_AGO, Books, midnight

CENT = Decimal("0.01")


def place_on_charge_off(books: Books, code: str) -> None:
    """Every loan of the tape with this agency from the day it was charged off."""
    with books.db.transaction() as session:
        agency_id = session.scalars(select(Agency.id).where(Agency.code == code)).one()
        contract_id = session.scalars(select(Contract.id).where(Contract.agency_id == agency_id)).one()
        portfolio = Portfolio(name="US", created_at=LONG_AGO)
        session.add(portfolio)
        session.flush()
        tape = read_tape("us")
        bulk.insert_rows(session, Consumer.__table__, ("consumer_ref", "sealed", "created_at"),  # type: ignore[arg-type]
                         [(ref, b"", LONG_AGO) for ref in sorted({row["consumer_ref"] for row in tape})])  # fmt: skip
        consumers = dict(session.execute(select(Consumer.consumer_ref, Consumer.id)).all())
        bulk.insert_rows(
            session, Account.__table__,  # type: ignore[arg-type]
            ("account_ref", "consumer_id", "portfolio_id", "product", "currency", "balance", "country", "jurisdiction", "itemization", "updated_at"),
            [(row["account_ref"], consumers[row["consumer_ref"]], portfolio.id, row["product"], row["currency"], Decimal(row["balance"]), "US", "US", {}, LONG_AGO)
             for row in tape],
        )  # fmt: skip
        accounts = dict(session.execute(select(Account.account_ref, Account.id)).all())
        bulk.insert_rows(
            session, Placement.__table__,  # type: ignore[arg-type]
            ("ref", "account_id", "agency_id", "contract_id", "tier", "state", "placed_at", "cell", "balance", "currency", "due_back_on", "note", "updated_at"),
            [(f"pl_{row['account_ref']}", accounts[row["account_ref"]], agency_id, contract_id, 1, "placed", midnight(row["charged_off_on"]), "c",
              Decimal(row["balance"]), row["currency"], date(2030, 1, 1), "", LONG_AGO) for row in tape],
        )  # fmt: skip


def post(books: Books) -> Report:
    """The whole ledger, through an upload and the queue."""
    text = to_csv(read_ledger(), LEDGER_COLUMNS)
    upload = uploads.store_upload(files.store(), BytesIO(text), "text/csv", "ledger.csv", 1 << 30)
    with books.db.transaction() as session:
        report_id = receiving.receive(session, SYSTEM, "ledger", upload).id
    work.drain(books.db)
    with books.db.reading() as session:
        return session.get_one(Report, report_id)


def fees(books: Books) -> dict[str, tuple[Decimal, Decimal]]:
    """Recovered and fee of each loan."""
    with books.db.reading() as session:
        wanted = (
            select(Account.account_ref, func.sum(FeeLine.credited), func.sum(FeeLine.amount)).join(Account, Account.id == FeeLine.account_id)
            .group_by(Account.account_ref)
        )  # fmt: skip
        return {ref: (recovered, fee) for ref, recovered, fee in session.execute(wanted)}


def test_the_fees_of_the_real_ledger_are_those_really_paid_but_for_the_known_exceptions(books: Books) -> None:
    books.agency("A", rate="0.18", direct="0.18", transit=0)
    place_on_charge_off(books, "A")
    report = post(books)
    assert (report.state, report.accepted, report.rejected) == (ReportState.ACCEPTED, 30_833, 0)
    ours, truth = fees(books), {row["account_ref"]: row for row in read_commission()}
    assert {ref: recovered for ref, (recovered, _) in ours.items()} == {
        ref: Decimal(row["recoveries"]) for ref, row in truth.items()
    }
    assert not [ref for ref, (_, fee) in ours.items() if abs(fee - Decimal(truth[ref]["expected_fee_at_18pct"])) > CENT]
    differing = {
        ref for ref, (_, fee) in ours.items() if abs(fee - Decimal(truth[ref]["collection_recovery_fee"])) > CENT
    }
    assert differing == {ref for ref, row in truth.items() if row["agrees"] == "no"}
    assert len(differing) == 93
    with books.db.reading() as session:
        assert (
            session.scalar(
                select(func.count())
                .select_from(Payment)
                .join(Credit, Credit.payment_id == Payment.id)
                .where(Credit.agency_id.is_(None))
            )
            == 0
        )
    assert books.broken() == []
