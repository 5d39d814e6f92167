"""A small world for the loading tests: two agencies with placements, made directly, because loading is what is tested."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from sqlalchemy.orm import Session

from agencies.models import Agency, AgencyStatus, Contract, ContractState
from placements.models import Account, Consumer, Placement, PlacementState, Portfolio, Product
from portal import files, sealing, uploads
from portal.db import Database
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.reports.models import Mode

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
PLACED = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "record_id,account_ref,occurred_at,kind,direction,outcome,note,corrects"


def begin(tmp_path: Path, keys: str) -> None:
    """Keys and file store of the process."""
    sealing.use(sealing.Keyring(keys))
    files.use(files.FileStore(tmp_path / "uploads"))


def two_agencies(session: Session, accounts: int = 10, ended: datetime | None = None) -> list[Agency]:
    """Agencies A and B; accounts ACC1… placed with A, BCC1… with B, from 2026-01-01."""
    made = []
    portfolio = Portfolio(name="P", created_at=LONG_AGO)
    session.add(portfolio)
    for letter in "AB":
        agency = Agency(
            code=f"AGY{letter}",
            name=letter,
            legal_name=letter,
            country="US",
            status=AgencyStatus.APPROVED,
            status_since=LONG_AGO,
            email=f"{letter}@example.com",
            created_at=LONG_AGO,
        )
        session.add(agency)
        session.flush()
        contract = Contract(
            agency_id=agency.id,
            number="1",
            state=ContractState.APPROVED,
            valid_from=date(2025, 1, 1),
            created_by="test",
            created_at=LONG_AGO,
        )
        session.add(contract)
        session.flush()
        for number in range(1, accounts + 1):
            place(session, agency, contract, portfolio, f"{letter}CC{number}", ended)
        made.append(agency)
    return made


def place(
    session: Session, agency: Agency, contract: Contract, portfolio: Portfolio, ref: str, ended: datetime | None
) -> None:
    """One account with its consumer and its placement."""
    consumer = Consumer(consumer_ref=f"C-{ref}", sealed=b"", created_at=LONG_AGO)
    session.add(consumer)
    session.flush()
    account = Account(
        account_ref=ref,
        consumer_id=consumer.id,
        portfolio_id=portfolio.id,
        product=Product.OTHER,
        currency="USD",
        balance=Decimal(100),
        country="US",
        jurisdiction="US-OH",
        updated_at=LONG_AGO,
    )
    session.add(account)
    session.flush()
    session.add(
        Placement(
            ref=f"pl_{ref}",
            account_id=account.id,
            agency_id=agency.id,
            contract_id=contract.id,
            placed_at=PLACED,
            cell="c",
            balance=Decimal(100),
            currency="USD",
            due_back_on=date(2026, 6, 30),
            ended_at=ended,
            updated_at=PLACED,
            state=PlacementState.RECALLED if ended else PlacementState.PLACED,
        )
    )


def send(
    db: Database, agency: Agency, text: str, *, kind: str = "activity", mode: Mode = Mode.PARTIAL, **controls: object
) -> int:
    """Take a CSV in as this agency's report; its id. Reading it is the test's own business."""
    upload = uploads.store_upload(files.store(), BytesIO(text.encode()), "text/csv", f"{kind}.csv", 1 << 30)
    with db.transaction() as session:
        return receiving.receive(session, SYSTEM, kind, upload, mode=mode, sender_agency_id=agency.id, **controls).id  # type: ignore[arg-type]


def row(
    record: str,
    account: str = "ACC1",
    at: str = "2026-02-02T10:00:00-05:00",
    kind: str = "call",
    note: str = "",
    corrects: str = "",
) -> str:
    """One CSV line."""
    return f"{record},{account},{at},{kind},out,no_answer,{note},{corrects}"


def csv(*rows: str) -> str:
    """A whole file."""
    return "\n".join((HEADER, *rows)) + "\n"
