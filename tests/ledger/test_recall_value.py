"""Keep or recall by value: what another tier would bring more of is proposed; a recent payment keeps it; too little knowledge proposes nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger import recall_value
from ledger.models import Credit, CreditReason, Payment
from placements import proposing
from placements.ending_models import Proposal, ProposalLine
from placements.models import Account, Placement
from portal import clock, files, sealing
from portal.config import fresh_data_keys
from portal.db import Database
from portal.permissions import SYSTEM
from portal.reports.models import Mode, Report
from tests.factories_placements import make_account, make_placement, make_portfolio, ready


@pytest.fixture(autouse=True)
def keys_and_store(tmp_path: Path) -> None:
    """What create_app sets once a process."""
    sealing.use(sealing.Keyring(fresh_data_keys()))
    files.use(files.FileStore(tmp_path / "uploads"))


@pytest.fixture
def one_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """A horizon of one month, known from a single account."""
    policy = {**proposing.policies(), "value": {"enabled": True, "months": 1, "cost": "5.00", "least_accounts": 1}}
    monkeypatch.setattr(proposing, "policies", lambda: policy)


def paid(session: Session, placement: Placement, days_ago: int, amount: int) -> None:
    file = files.keep(session, SYSTEM, files.store().receive(_Empty(), 10), name="x", content_type="text/csv")
    report = Report(
        ref=f"rpt_{placement.id}", kind="ledger", sender=0, mode=Mode.PARTIAL, file_id=file.id, sha256=str(placement.id), format_name="csv",
        created_at=clock.now(), created_by="x",
    )  # fmt: skip
    session.add(report)
    session.flush()
    on = clock.today() - timedelta(days=days_ago)
    payment = Payment(
        report_id=report.id, row_no=1, record_id=f"P{placement.id}", account_id=placement.account_id, paid_on=on, amount=Decimal(amount), currency="USD",
        paid_to="agency", content_hash="", posted_at=clock.now(),
    )  # fmt: skip
    session.add(payment)
    session.flush()
    session.add(Credit(
        payment_id=payment.id, account_id=placement.account_id, placement_id=placement.id, agency_id=placement.agency_id, reason=CreditReason.IN_PLACEMENT,
        amount=Decimal(amount), paid_on=on, direct=False, credited_at=clock.now(),
    ))  # fmt: skip


class _Empty:
    def read(self, size: int, /) -> bytes:
        return b""


def panel(session: Session) -> None:
    """First tier: OLD and PAID for 100 days, OLDER for 140; second tier: NEXT for 40 days, of which half came back at once."""
    one, two = ready(session, "AGY01"), ready(session, "AGY02")
    portfolio = make_portfolio(session)
    for ref, agency, tier, days in (
        ("OLD", one, 1, 100),
        ("PAID", one, 1, 100),
        ("OLDER", one, 1, 140),
        ("NEXT", two, 2, 40),
    ):
        at = clock.now() - timedelta(days=days)
        made = make_placement(
            session,
            make_account(session, portfolio, ref),
            agency,
            placed_at=at,
            acknowledged_at=at,
            tier=tier,
            state="acknowledged",
        )
        if ref in ("PAID", "NEXT"):
            paid(session, made, 20, 500)


def proposed(session: Session) -> set[str]:
    recall_value.propose(session, today=clock.today(), at=clock.now())
    wanted = select(Account.account_ref).join(Placement, Placement.account_id == Account.id)
    joined = wanted.join(ProposalLine, ProposalLine.placement_id == Placement.id).join(
        Proposal, Proposal.id == ProposalLine.proposal_id
    )
    return set(session.scalars(joined.where(Proposal.policy == "value")))


@pytest.mark.usefixtures("one_month")
def test_what_the_next_tier_brings_more_of_is_proposed_and_a_recent_payment_keeps_it(db: Database) -> None:
    with db.transaction() as session:
        panel(session)
        assert proposed(session) == {"OLD"}, (
            "PAID paid lately; of OLDER's next month nothing is known; NEXT has no tier after it"
        )
        why = session.scalars(select(ProposalLine.why)).one()
        assert why["move"] > why["keep"]


def test_too_few_accounts_tell_nothing(db: Database) -> None:
    with db.transaction() as session:
        panel(session)
        assert proposed(session) == set()
