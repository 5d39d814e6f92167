"""A promise or plan beyond what the contract allows or the bank granted is a breach; within it, it is none."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from activity.models import Activity
from agencies.models import Contract
from conduct.delegations import UNLIMITED, Delegation, Granted
from conduct.models import Breach
from portal import clock, work
from tests.clients import ApiClient
from tests.factories import make_key
from tests.factories_placements import make_account, make_placement, make_portfolio, ready

D = Decimal
HEADER = "record_id,account_ref,occurred_at,kind,direction,amount,instalments,details\n"


@pytest.mark.parametrize(
    ("delegation", "later", "least", "most", "reason"),
    [
        (Delegation(D(1000), D("0.6"), 12), 0, D(600), 12, "the contract's own limits"),
        (Delegation(D(1000), None, None), 0, D(1000), UNLIMITED, "no floor: nothing below the balance; no number: any plan"),
        (Delegation(D(1000), D("0.6"), 12, (Granted(clock.now(), D(500), 24),)), 1, D(500), 24, "what was granted by then"),
        (Delegation(D(1000), D("0.6"), 12, (Granted(clock.now(), D(500), 24),)), -1, D(600), 12, "what was granted only later"),
    ],
)  # fmt: skip
def test_the_limits_at_a_moment(delegation: Delegation, later: int, least: Decimal, most: int, reason: str) -> None:
    facts = delegation.facts(clock.now() + timedelta(hours=later))
    assert (facts["settlement_least"], facts["instalments_most"]) == (least, most), reason


def test_rows_beyond_the_authority_are_breaches_until_the_bank_has_granted_more(app: Flask) -> None:
    db = app.extensions["database"]
    with db.transaction() as session:
        agency = ready(session, "AGY01")
        contract = session.scalars(select(Contract)).one()
        contract.settlement_floor, contract.instalments_most = D("0.6"), 12
        portfolio = make_portfolio(session)
        for ref in "ABC":
            make_placement(
                session, make_account(session, portfolio, ref), agency, placed_at=clock.now() - timedelta(days=9)
            )
        key = make_key(session, scopes="reports:write requests:write", agency=agency)
    api = ApiClient(app, key)
    made = api.post("/requests", {"account_ref": "C", "kind": "settlement", "terms": {"amount": "700.00"}}, 201).json
    assert made["state"] == "granted"

    def row(record: str, account: str, kind: str, amount: str, instalments: str = "", settles: bool = False) -> str:
        details = '"{""settlement"": true}"' if settles else ""
        return f"{record},{account},{clock.now().isoformat()},{kind},out,{amount},{instalments},{details}\n"

    text = HEADER + "".join((
        row("AT-FLOOR", "A", "promise", "600.00", settles=True), row("BELOW", "A", "promise", "599.00", settles=True),
        row("PART", "B", "promise", "50.00"), row("TWELVE", "B", "plan", "1000.00", "12"), row("THIRTEEN", "B", "plan", "1000.00", "13"),
    ))  # fmt: skip
    api.post("/reports/activity", None, 202, data=text, content_type="text/csv")
    work.drain(db, outward=False)
    with db.reading() as session:
        found = {
            _named(session, breach) for breach in session.scalars(select(Breach).where(Breach.rule.like("bank.%")))
        }
    assert found == {
        ("bank.settlement-authority", "BELOW", "violation"),
        ("bank.instalment-authority", "THIRTEEN", "violation"),
    }


def _named(session: Any, breach: Breach) -> tuple[str, str, str]:
    return breach.rule, session.get_one(Activity, breach.activity_id).record_id, breach.verdict
