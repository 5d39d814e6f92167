"""A world for conduct tests: the accounts of a sample tape placed with one licensed agency, made directly in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies.catalogue import licensing
from agencies.models import Agency, AgencyStatus, Collector, Contract, ContractState, Credential, CredentialState
from placements.jurisdictions import jurisdiction_of
from placements.models import Account, Consumer, Placement, PlacementState, Portfolio, Product
from portal import bulk
from samples.panel import PlacedAccount
from samples.tape import read_tape

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FIRST, LAST = date(2026, 2, 2), date(2026, 3, 15)
NOW = datetime(2026, 3, 17, tzinfo=UTC)
PLACED_ON = FIRST - timedelta(days=40)

Tape = Sequence[dict[str, str]]


def tape(name: str, consumers: int | None = None) -> Tape:
    """The tape's accounts without a hold, of the first so many consumers."""
    rows = [row for row in read_tape(name) if row["hold"] == "none"]
    wanted = set(list(dict.fromkeys(row["consumer_ref"] for row in rows))[:consumers])
    return [row for row in rows if row["consumer_ref"] in wanted]


def placed(rows: Tape, **changes: date) -> list[PlacedAccount]:
    """These accounts as the generator of reports takes them."""
    return [PlacedAccount.from_tape(row, PLACED_ON, **changes) for row in rows]


def make_agency(session: Session, code: str, country: str = "US") -> Agency:
    """An approved agency with a contract."""
    agency = Agency(
        code=code, name=code, legal_name=code, country=country, status=AgencyStatus.APPROVED, status_since=LONG_AGO,
        email=f"{code.lower()}@example.com", created_at=LONG_AGO,
    )  # fmt: skip
    session.add(agency)
    session.flush()
    session.add(
        Contract(
            agency_id=agency.id, number="1", state=ContractState.APPROVED, valid_from=LONG_AGO.date(), created_by="test",
            created_at=LONG_AGO,
        )
    )  # fmt: skip
    session.flush()
    return agency


def license_everywhere(session: Session, agency: Agency) -> None:
    """Every licence that a state or city asks for, or asks for under a condition."""
    session.add_all(
        Credential(
            agency_id=agency.id, code="us.licence", jurisdiction=asked.jurisdiction, number="1", valid_from=LONG_AGO.date(), created_at=LONG_AGO,
            state=CredentialState.VERIFIED, submitted_at=LONG_AGO, submitted_by="test", decided_at=LONG_AGO, decided_by="test",
        )
        for asked in licensing().values() if asked.license_required != "N"
    )  # fmt: skip


def enrol(session: Session, agency: Agency, collectors: Iterable[str]) -> None:
    """Collectors, all checked and trained."""
    session.add_all(
        Collector(
            agency_id=agency.id, collector_id=name, full_name=name, active_from=LONG_AGO.date(), training_on=PLACED_ON,
            background_check_on=LONG_AGO.date() - timedelta(days=20), training_until=date(2027, 12, 31), languages="en",
            field_visits=True, created_at=LONG_AGO,
        )
        for name in collectors
    )  # fmt: skip


def place(session: Session, agency: Agency, rows: Tape, *, ended: datetime | None = None) -> None:
    """These accounts, made if need be, placed with this agency from PLACED_ON to `ended`."""
    _make_accounts(session, rows)
    contract = session.scalars(select(Contract).where(Contract.agency_id == agency.id)).one()
    begin = datetime.combine(PLACED_ON, datetime.min.time(), UTC)
    state = PlacementState.RECALLED if ended else PlacementState.PLACED
    columns = (
        "ref", "account_id", "agency_id", "contract_id", "tier", "state", "placed_at", "cell", "balance", "currency",
        "due_back_on", "ended_at", "note", "updated_at",
    )  # fmt: skip
    bulk.insert_rows(
        session, Placement.__table__, columns,  # type: ignore[arg-type]
        [
            (f"pl_{agency.code}_{ref}", key, agency.id, contract.id, 1, state, begin, "c", Decimal(100), currency,
             date(2026, 12, 31), ended, "", begin)
            for ref, key, currency in _accounts(session, rows)
        ],
    )  # fmt: skip


def _accounts(session: Session, rows: Tape) -> list[tuple[str, int, str]]:
    refs = {row["account_ref"] for row in rows}
    found = session.execute(select(Account.account_ref, Account.id, Account.currency).order_by(Account.id))
    return [(ref, key, currency) for ref, key, currency in found if ref in refs]


def _make_accounts(session: Session, rows: Tape) -> None:
    known = set(session.scalars(select(Account.account_ref)))
    new = [row for row in rows if row["account_ref"] not in known]
    if not new:
        return
    portfolio = session.scalars(select(Portfolio)).first() or Portfolio(name="P", created_at=LONG_AGO)
    session.add(portfolio)
    session.flush()
    people = dict.fromkeys(row["consumer_ref"] for row in new)
    bulk.insert_rows(
        session,
        Consumer.__table__,
        ("consumer_ref", "sealed", "created_at"),
        [(ref, b"", LONG_AGO) for ref in people],  # type: ignore[arg-type]
    )
    ids = dict(session.execute(select(Consumer.consumer_ref, Consumer.id)).all())
    columns = (
        "account_ref", "consumer_id", "portfolio_id", "product", "currency", "balance", "country", "region", "city",
        "postal_code", "jurisdiction", "time_zone", "itemization", "updated_at",
    )  # fmt: skip
    bulk.insert_rows(
        session, Account.__table__, columns,  # type: ignore[arg-type]
        [
            (row["account_ref"], ids[row["consumer_ref"]], portfolio.id, Product(row["product"]), row["currency"],
             Decimal(row["balance"]), row["country"], row["region"] or None, row["city"] or None, row["postal_code"] or None,
             jurisdiction_of(row["country"], row["region"] or None, row["city"] or None, row["postal_code"] or None),
             row["time_zone"] or None, {}, LONG_AGO)
            for row in new
        ],
    )  # fmt: skip
