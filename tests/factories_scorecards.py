"""A book for tests of scorecards: agencies with many placements, payments, contacts and breaches, inserted in bulk."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.orm import Session

from activity import counting
from activity.models import Activity
from agencies.models import Agency, Contract, ContractState
from conduct.models import Breach, BreachState, Complaint, ComplaintState
from ledger.models import Credit, CreditReason, Payment
from placements.models import Account, Consumer, Placement, PlacementState, Plan, PlanState, Portfolio
from portal import bulk
from portal.files import StoredFile
from portal.reports.models import Mode, Report, ReportState
from portal.sealing import keyring
from tests.factories import make_agency

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Held:
    """A placement as the tests need it."""

    id: int
    account_id: int
    agency_id: int
    account_ref: str


def noon(day: date) -> datetime:
    """An instant well inside the day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


class Book:
    """Builds a world in one session. Everything is inserted directly, because summing and scoring are what is tested."""

    def __init__(self, session: Session, *, personal: bool = False) -> None:
        """With `personal`, consumers have names, for pages that show them (masked)."""
        self.session, self.personal = session, personal
        self.portfolio = Portfolio(name=f"Portfolio {next(_numbers)}", created_at=LONG_AGO)
        session.add(self.portfolio)
        session.flush()
        self.plans = {by_hand: self._plan(by_hand) for by_hand in (False, True)}
        self.contracts: dict[int, Contract] = {}

    def in_session(self, session: Session) -> Book:
        """The same book, building on in another session."""
        other = copy(self)
        other.session, other.contracts = session, dict(self.contracts)
        return other

    def agency(self, code: str, **values: Any) -> Agency:
        """An agency with a contract."""
        agency = make_agency(self.session, code, **values)
        contract = Contract(
            agency_id=agency.id,
            number="1",
            state=ContractState.APPROVED,
            valid_from=date(2024, 1, 1),
            created_by="test",
            created_at=LONG_AGO,
        )
        self.session.add(contract)
        self.session.flush()
        self.contracts[agency.id] = contract
        return agency

    def place(
        self, agency: Agency, count: int, on: date, *, cell: str = "c", balance: int = 1000, currency: str = "USD",
        jurisdiction: str = "US-OH", by_hand: bool = False, **values: Any,
    ) -> list[Held]:  # fmt: skip
        """So many accounts, each of a consumer of its own, placed with the agency on a day."""
        refs = [f"A{next(_numbers):07}" for _ in range(count)]
        self._insert(
            Consumer,
            ("consumer_ref", "sealed", "created_at"),
            [(f"C{ref}", self._sealed(f"C{ref}"), LONG_AGO) for ref in refs],
        )
        consumers = self._ids(Consumer.consumer_ref, Consumer.id, [f"C{ref}" for ref in refs])
        columns = (
            "account_ref",
            "consumer_id",
            "portfolio_id",
            "product",
            "currency",
            "balance",
            "country",
            "jurisdiction",
            "itemization",
            "updated_at",
        )
        self._insert(Account, columns, [
            (ref, consumers[f"C{ref}"], self.portfolio.id, "personal_loan", currency, Decimal(balance), jurisdiction[:2], jurisdiction, {}, LONG_AGO)
            for ref in refs
        ])  # fmt: skip
        accounts = self._ids(Account.account_ref, Account.id, refs)
        given = {
            "agency_id": agency.id, "contract_id": self.contracts[agency.id].id, "plan_id": self.plans[by_hand].id, "tier": 1,
            "state": "placed", "placed_at": noon(on), "cell": cell, "balance": Decimal(balance), "currency": currency,
            "due_back_on": on + timedelta(days=180), "note": "", "updated_at": noon(on),
        } | values  # fmt: skip
        self._insert(
            Placement, ("ref", "account_id", *given), [(f"pl_{ref}", accounts[ref], *given.values()) for ref in refs]
        )
        placements = self._ids(Placement.ref, Placement.id, [f"pl_{ref}" for ref in refs])
        return [Held(placements[f"pl_{ref}"], accounts[ref], agency.id, ref) for ref in refs]

    def end(
        self, held: Held, on: date, state: PlacementState = PlacementState.RECALLED, recall_id: int | None = None
    ) -> None:
        """End one placement."""
        placement = self.session.get_one(Placement, held.id)
        placement.state, placement.ended_at, placement.recall_id = state, noon(on), recall_id
        self.session.flush()

    def pay(
        self,
        payments: Iterable[tuple[Held, date, int]],
        *,
        posted: datetime | None = None,
        currency: str = "USD",
        reverses: int | None = None,
    ) -> list[int]:
        """The bank's entries, credited to the placements; their ids. Amounts are whole units."""
        rows = [(f"P{next(_numbers):07}", held, on, Decimal(amount)) for held, on, amount in payments]
        report = self.report(None, posted or LONG_AGO, kind="ledger")
        columns = (
            "report_id",
            "row_no",
            "record_id",
            "account_id",
            "paid_on",
            "amount",
            "currency",
            "paid_to",
            "reverses_id",
            "content_hash",
            "posted_at",
        )
        self._insert(Payment, columns, [
            (report.id, 1, record, held.account_id, on, amount, currency, "agency", reverses, "", posted or noon(on))
            for record, held, on, amount in rows
        ])  # fmt: skip
        ids = self._ids(Payment.record_id, Payment.id, [record for record, *_ in rows])
        reason = CreditReason.REVERSAL if reverses else CreditReason.IN_PLACEMENT
        columns = (
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
        self._insert(Credit, columns, [
            (ids[record], held.account_id, held.id, held.agency_id, reason, amount, on, False, posted or noon(on))
            for record, held, on, amount in rows
        ])  # fmt: skip
        return [ids[record] for record, *_ in rows]

    def contacts(
        self, held: Sequence[Held], at: Sequence[datetime], *, received: datetime | None = None, **values: Any
    ) -> list[int]:
        """Calls reported by the agency, one an instant, on its accounts in turn; the ids of the rows."""
        agency_id = held[0].agency_id
        report = self.report(agency_id, received or at[0] + timedelta(hours=1), rows=len(at))
        given = {
            "standing": "accepted",
            "content_hash": "",
            "kind": "call",
            "direction": "out",
            "outcome": "no_answer",
        } | values
        columns = (
            "report_id",
            "row_no",
            "sender",
            "agency_id",
            "account_id",
            "consumer_id",
            "placement_id",
            "record_id",
            "occurred_at",
            *given,
        )
        consumers = dict(
            self.session.execute(
                select(Account.id, Account.consumer_id).where(Account.id.in_([one.account_id for one in held]))
            ).all()
        )
        records = [f"R{next(_numbers):07}" for _ in at]
        self._insert(Activity, columns, [
            (report.id, number + 1, agency_id, agency_id, one.account_id, consumers[one.account_id], one.id, record, instant, *given.values())
            for number, (record, instant, one) in enumerate(zip(records, at, itertools.cycle(held), strict=False))
        ])  # fmt: skip
        if given["standing"] == "accepted":
            currencies = dict(self.session.execute(select(Account.id, Account.currency)).all())
            counting.add(self.session, report, [
                (instant.date(), given["kind"], given["direction"], currencies[one.account_id])
                for instant, one in zip(at, itertools.cycle(held), strict=False)
            ])  # fmt: skip
        found = self._ids(Activity.record_id, Activity.id, records)
        return [found[record] for record in records]

    def breach(self, activity_id: int, **values: Any) -> Breach:
        """A breach of one reported row."""
        row = self.session.get_one(Activity, activity_id)
        number = next(_numbers)
        given: dict[str, Any] = {
            "ref": f"br_{number}", "rule": "us.regf.time-of-day", "rule_version": "1", "verdict": "violation", "severity": "medium",
            "citation": "12 CFR 1006.6(b)(1)", "state": BreachState.FOUND, "found_at": row.occurred_at + timedelta(days=1), "due_at": row.occurred_at + timedelta(days=10), "why": {},
        }  # fmt: skip
        breach = Breach(
            agency_id=row.agency_id,
            account_id=row.account_id,
            activity_id=row.id,
            report_id=row.report_id,
            occurred_at=row.occurred_at,
            **(given | values),
        )
        self.session.add(breach)
        self.session.flush()
        return breach

    def complaint(self, agency: Agency, received: datetime, **values: Any) -> Complaint:
        """A complaint about an agency, due in fifteen days."""
        number = next(_numbers)
        given: dict[str, Any] = {
            "ref": f"cp_{number}", "sender": 0, "record_id": f"K{number}", "category": "conduct", "summary": "s", "regulator": False,
            "due_on": received.date() + timedelta(days=15), "state": ComplaintState.OPEN,
        }  # fmt: skip
        complaint = Complaint(agency_id=agency.id, received_at=received, **(given | values))
        self.session.add(complaint)
        self.session.flush()
        return complaint

    def report(
        self, agency_id: int | None, at: datetime, *, kind: str = "activity", rows: int = 0, **values: Any
    ) -> Report:
        """A report that has been read."""
        number = next(_numbers)
        file = StoredFile(
            place=f"t/{number}",
            name="t.csv",
            content_type="text/csv",
            size=1,
            sha256=f"{number:064}",
            created_at=at,
            created_by="test",
        )
        self.session.add(file)
        self.session.flush()
        given: dict[str, Any] = {
            "mode": Mode.PARTIAL, "state": ReportState.ACCEPTED, "rows_read": rows, "accepted": rows, "created_by": "test", "finished_at": at,
        }  # fmt: skip
        report = Report(
            ref=f"rpt_{number}", kind=kind, sender=agency_id or 0, agency_id=agency_id, file_id=file.id, sha256=f"{number:064}",
            format_name="csv", created_at=at, **(given | values),
        )  # fmt: skip
        self.session.add(report)
        self.session.flush()
        return report

    def _plan(self, by_hand: bool) -> Plan:
        empty = {column.name: {} for column in Plan.__table__.columns if isinstance(column.type, JSON)}
        plan = Plan(
            ref=f"plan_{next(_numbers)}", state=PlanState.PLACED, title="test", by_hand=by_hand, seed="1", effective_at=LONG_AGO, fingerprint="",
            accounts=0, balance=Decimal(0), left_out=0, created_at=LONG_AGO, created_by="test", **empty,
        )  # fmt: skip
        self.session.add(plan)
        self.session.flush()
        return plan

    def _sealed(self, ref: str) -> bytes:
        return keyring().seal({"full_name": f"Person {ref}"}, f"consumer:{ref}") if self.personal else b""

    def _insert(self, model: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        bulk.insert_rows(self.session, model.__table__, columns, rows)

    def _ids(self, name: Any, key: Any, names: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(names), 5000):
            wanted = select(name, key).where(name.in_(names[start : start + 5000]))
            found |= dict(self.session.execute(wanted).all())
        return found
