"""What benchmarks share: a migrated database with accounts placed at one agency, and measuring."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select

from agencies.models import Agency, AgencyStatus, Contract, ContractState
from placements.models import Account, Consumer, Placement, Portfolio
from portal import bulk, files, schema, sealing
from portal.config import fresh_data_keys
from portal.db import Database

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class Stopwatch:
    """Seconds of a block."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds = time.perf_counter() - begin


def peak_mb() -> int:
    """The most memory this process has held since it was started, in MB.

    Linux keeps it for each program; what `getrusage` tells of a new process may be its parent's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def in_child(module: str, *arguments: object) -> dict[str, Any]:
    """Run `python -m module arguments` as a process of its own; the JSON object in its last line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{module} failed:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def ratio(ours: Sequence[float], floor: Sequence[float]) -> str:
    """Median of the rounds' ratios, and the least and greatest: a machine with other work on it shows in their distance."""
    ratios = sorted(mine / bare for mine, bare in zip(ours, floor, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"


def opened(url: str, folder: Path) -> Database:
    """The database, keys and a file store."""
    sealing.use(sealing.Keyring(fresh_data_keys()))
    files.use(files.FileStore(folder / "uploads"))
    return Database(url, statement_timeout_s=600)


def database(url: str, folder: Path) -> Database:
    """The same with a migrated schema."""
    db = opened(url, folder)
    schema.upgrade(db)
    return db


def placed_accounts(db: Database, refs: list[tuple[str, str]], placed_at: datetime, *, place: bool = True) -> int:
    """An agency with these (account, consumer) references placed with it; the agency's id."""
    with db.transaction() as session:
        agency = Agency(
            code="AGY01",
            name="A",
            legal_name="A",
            country="US",
            status=AgencyStatus.APPROVED,
            status_since=LONG_AGO,
            email="a@example.com",
            created_at=LONG_AGO,
        )
        portfolio = Portfolio(name="P", created_at=LONG_AGO)
        session.add_all([agency, portfolio])
        session.flush()
        contract = Contract(
            agency_id=agency.id,
            number="1",
            state=ContractState.APPROVED,
            valid_from=date(2020, 1, 1),
            created_by="bench",
            created_at=LONG_AGO,
        )
        session.add(contract)
        session.flush()
        bulk.insert_rows(
            session,
            Consumer.__table__,
            ("consumer_ref", "sealed", "created_at"),
            [(ref, b"", LONG_AGO) for ref in sorted({consumer for _, consumer in refs})],
        )
        consumers = dict(session.execute(select(Consumer.consumer_ref, Consumer.id)).all())
        bulk.insert_rows(
            session,
            Account.__table__,
            (
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
            ),
            [
                (
                    ref,
                    consumers[consumer],
                    portfolio.id,
                    "personal_loan",
                    "USD",
                    Decimal(1000),
                    "US",
                    "US-OH",
                    {},
                    LONG_AGO,
                )
                for ref, consumer in refs
            ],
        )
        if place:
            accounts = dict(session.execute(select(Account.account_ref, Account.id)).all())
            bulk.insert_rows(
                session,
                Placement.__table__,
                (
                    "ref",
                    "account_id",
                    "agency_id",
                    "contract_id",
                    "tier",
                    "state",
                    "placed_at",
                    "cell",
                    "balance",
                    "currency",
                    "due_back_on",
                    "note",
                    "updated_at",
                ),
                [
                    (
                        f"pl_{ref}",
                        accounts[ref],
                        agency.id,
                        contract.id,
                        1,
                        "placed",
                        placed_at,
                        "c",
                        Decimal(1000),
                        "USD",
                        date(2030, 1, 1),
                        "",
                        placed_at,
                    )
                    for ref, _ in refs
                ],
            )
        return agency.id
