"""A bank's books for the ledger tests: accounts placed directly, everything else through files, as in life."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activity import jobs as activity_jobs
from activity import kinds_of_file as activity_kinds
from activity.events import ReportAccepted
from agencies.models import Agency, Contract, ContractState, FeeTerm
from ledger import invariants
from ledger import kinds_of_file as ledger_kinds
from ledger.jobs import on_report
from ledger.models import Credit, FeeLine, Payment
from placements.models import Account, Consumer, Placement, PlacementState, Portfolio, Product, Recall, RecallReason
from portal import events, files, uploads, work
from portal.config import fresh_data_keys
from portal.db import Database
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.reports.models import Mode, Report, ReportProblem
from tests import factories, world

REGISTERED = (activity_jobs, activity_kinds, ledger_kinds)  # importing them makes workers and kinds of file known
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
PAYMENTS = "record_id,account_ref,paid_on,amount,currency,paid_to,method,remitted_on,reverses,note,corrects"
ACTIVITY = "record_id,account_ref,occurred_at,kind,amount,due_on"
INVENTORY = "account_ref,balance,status"


def midnight(day: str) -> datetime:
    """The first instant of a day."""
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def entry(
    record: str,
    account: str,
    paid_on: str,
    amount: str,
    *,
    to: str = "agency",
    reverses: str = "",
    corrects: str = "",
    currency: str = "",
) -> str:
    """One line of a ledger file or of a payments report."""
    return f"{record},{account},{paid_on},{amount},{currency},{to},transfer,,{reverses},,{corrects}"


def promise(record: str, account: str, at: str, kind: str = "promise") -> str:
    """One line of an activity report."""
    return f"{record},{account},{at},{kind},50.00,2026-12-31"


@dataclass
class Books:
    """The bank's database and what a test writes into it. Names are codes and references; money is text in major units."""

    db: Database

    def agency(
        self, code: str, *, rate: str = "0.18", direct: str | None = None, transit: int = 3, tail: int = 30, **term: Any
    ) -> None:
        """An agency with a contract of one clause."""
        with self.db.transaction() as session:
            agency = factories.make_agency(session, code)
            contract = Contract(
                agency_id=agency.id,
                number="1",
                state=ContractState.APPROVED,
                valid_from=date(2010, 1, 1),
                transit_days=transit,
                tail_days=tail,
                created_by="test",
                created_at=LONG_AGO,
            )
            session.add(contract)
            session.flush()
            self.term(session, contract, "1", rate, direct or rate, **term)

    def clause(self, code: str, clause: str, rate: str, direct: str | None = None, **term: Any) -> None:
        """One more clause in an agency's contract."""
        with self.db.transaction() as session:
            contract = session.scalars(
                select(Contract).join(Agency, Agency.id == Contract.agency_id).where(Agency.code == code)
            ).one()
            self.term(session, contract, clause, rate, direct or rate, **term)

    @staticmethod
    def term(session: Session, contract: Contract, clause: str, rate: str, direct: str, **given: Any) -> None:
        values = {"balance_from": Decimal(0), "valid_from": date(2010, 1, 1), **given}
        session.add(
            FeeTerm(
                contract_id=contract.id,
                clause=clause,
                text=f"Clause {clause}",
                rate=Decimal(rate),
                direct_rate=Decimal(direct),
                **values,
            )
        )

    def accounts(
        self, *refs: str, currency: str = "USD", balance: str = "1000.00", product: Product = Product.PERSONAL_LOAN
    ) -> None:
        """Accounts that nobody holds."""
        with self.db.transaction() as session:
            portfolio = session.scalars(select(Portfolio)).first() or Portfolio(name="P", created_at=LONG_AGO)
            consumers = [Consumer(consumer_ref=f"C-{ref}", sealed=b"", created_at=LONG_AGO) for ref in refs]
            session.add_all([portfolio, *consumers])
            session.flush()
            session.add_all(
                Account(
                    account_ref=ref,
                    consumer_id=consumer.id,
                    portfolio_id=portfolio.id,
                    product=product,
                    currency=currency,
                    balance=Decimal(balance),
                    as_of=LONG_AGO.date(),
                    country="US",
                    jurisdiction="US-OH",
                    updated_at=LONG_AGO,
                )
                for ref, consumer in zip(refs, consumers, strict=True)
            )

    def place(
        self,
        account: str,
        code: str,
        began: str,
        ended: str | None = None,
        *,
        reason: RecallReason = RecallReason.TERM_END,
        state: PlacementState = PlacementState.RECALLED,
    ) -> None:
        """A placement from a day to a day; an ended one was recalled unless `state` says otherwise."""
        with self.db.transaction() as session:
            found = session.scalars(select(Account).where(Account.account_ref == account)).one()
            contract = session.scalars(
                select(Contract).join(Agency, Agency.id == Contract.agency_id).where(Agency.code == code)
            ).one()
            placement = self._placement(found, contract, began)
            session.add(placement)
            if ended:
                self._end(session, placement, ended, reason, state)

    def place_all(self, accounts: Sequence[str], code: str, began: str) -> None:
        """Open placements of many accounts at once."""
        with self.db.transaction() as session:
            contract = session.scalars(
                select(Contract).join(Agency, Agency.id == Contract.agency_id).where(Agency.code == code)
            ).one()
            session.add_all(
                self._placement(found, contract, began)
                for found in session.scalars(
                    select(Account).where(Account.account_ref.in_(accounts)).order_by(Account.id)
                )
            )

    @staticmethod
    def _placement(account: Account, contract: Contract, began: str) -> Placement:
        return Placement(ref=f"pl_{account.account_ref}_{contract.id}_{began}", account_id=account.id, agency_id=contract.agency_id, contract_id=contract.id,
                         placed_at=midnight(began), cell="c", balance=account.balance, currency=account.currency, due_back_on=date(2030, 1, 1),
                         updated_at=midnight(began))  # fmt: skip

    def recall(self, account: str, ended: str, reason: RecallReason = RecallReason.TERM_END) -> None:
        """The account's open placement ends."""
        with self.db.transaction() as session:
            placement = session.scalars(
                select(Placement)
                .join(Account, Account.id == Placement.account_id)
                .where(Account.account_ref == account, Placement.ended_at.is_(None))
            ).one()
            self._end(session, placement, ended, reason, PlacementState.RECALLED)

    @staticmethod
    def _end(session: Session, placement: Placement, ended: str, reason: RecallReason, state: PlacementState) -> None:
        if state is PlacementState.RECALLED:
            recall = Recall(
                ref=f"rc_{placement.ref}",
                reason=reason,
                accounts=1,
                requested_at=midnight(ended),
                requested_by="test",
                final_at=midnight(ended),
            )
            session.add(recall)
            session.flush()
            placement.recall_id = recall.id
        placement.ended_at, placement.state = midnight(ended), state

    def ledger(self, *lines: str, mode: Mode = Mode.PARTIAL) -> Report:
        """Post a file of the bank's entries and do what follows from it."""
        return self.send("ledger", None, PAYMENTS, lines, mode)

    def claims(self, code: str, *lines: str) -> Report:
        """An agency's payments report."""
        return self.send("payments", code, PAYMENTS, lines)

    def activity(self, code: str, *lines: str) -> Report:
        """An agency's activity report."""
        return self.send("activity", code, ACTIVITY, lines)

    def inventory(self, code: str, *lines: str) -> Report:
        """An agency's inventory."""
        return self.send("inventory", code, INVENTORY, lines)

    def send(self, kind: str, code: str | None, header: str, lines: Sequence[str], mode: Mode = Mode.PARTIAL) -> Report:
        """Receive a file and read it, as the web and the jobs process do."""
        text = "\n".join((header, *lines)) + "\n"
        upload = uploads.store_upload(files.store(), BytesIO(text.encode()), "text/csv", f"{kind}.csv", 1 << 30)
        with self.db.transaction() as session:
            agency = session.scalars(select(Agency.id).where(Agency.code == code)).one() if code else None
            report_id = receiving.receive(session, SYSTEM, kind, upload, mode=mode, sender_agency_id=agency).id
        work.drain(self.db)
        with self.db.reading() as session:
            return session.get_one(Report, report_id)

    def problems(self, report: Report) -> list[tuple[int, str, str]]:
        """(row, column, code) of what was wrong."""
        with self.db.reading() as session:
            wanted = select(ReportProblem).where(ReportProblem.report_id == report.id).order_by(ReportProblem.row)
            return [(found.row, found.column, found.code) for found in session.scalars(wanted)]

    def lines(self) -> list[tuple[str, str | None, str, str | None]]:
        """(record id, agency credited, reason, fee) of every entry in the ledger's order."""
        with self.db.reading() as session:
            wanted = (
                select(Payment.record_id, Agency.code, Credit.reason, FeeLine.amount)
                .join(Credit, Credit.payment_id == Payment.id)
                .outerjoin(Agency, Agency.id == Credit.agency_id)
                .outerjoin(FeeLine, FeeLine.payment_id == Payment.id)
                .order_by(Payment.id)
            )
            return [
                (record.strip(), code, reason.value, None if fee is None else str(fee))
                for record, code, reason, fee in session.execute(wanted)
            ]

    def broken(self) -> list[str]:
        """The names of the invariants that do not hold."""
        with self.db.reading() as session:
            return [failure.invariant for failure in invariants.check(session)]


@contextmanager
def opened(db: Database, folder: Path) -> Iterator[Books]:
    """Empty books, with the events wired that the ledger listens to."""
    world.begin(folder, fresh_data_keys())
    events.wire([(ReportAccepted, on_report)])
    try:
        yield Books(db)
    finally:
        events.wire([])
