"""Every credential type that blocks, blocks: by plan, by hand and by API, on the day after it lapsed and not on the day before.

The table is the catalogue's own: a type that is added there without a row here fails the first test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from agencies import credentials
from agencies.asked import PRACTICES
from agencies.catalogue import credential_types
from agencies.models import Agency, Collector, Contract, ContractDemand, Credential
from placements import placing, plan_queries, planning
from placements.drafting import Selection
from placements.models import Plan
from placements.planning import Wish
from portal import clock
from portal.db import Database
from portal.errors import Conflict
from portal.permissions import SYSTEM
from tests.clients import ApiClient
from tests.factories import make_agency, make_key, make_user
from tests.factories_agencies import LONG_AGO, license_for, make_collector, make_contract, make_credential
from tests.factories_placements import make_account, make_plan, make_portfolio, place

LAST = date(2026, 6, 30)
AFTER = LAST + timedelta(days=1)
BY_ROSTER = frozenset({"any.collector_training", "any.background_check"})
DEMANDED = frozenset(
    {
        "any.eo_insurance",
        "any.cyber_insurance",
        "us.sanctions_screen",
        "us.scrubs",
        "cn.partner_list",
        "eu.credit_servicer",
    }
)


@dataclass(frozen=True)
class Row:
    """One type: the code it is held under, a place that asks for it, and why it is asked for there."""

    code: str
    place: str
    why: str
    held_in: str = ""  # the credential's own place


ROWS = [
    Row("us.licence", "US-CA", "the state asks for it"),
    Row("us.licence.city", "US-NY-NYC", "the city asks for it", "US-NY-NYC"),
    Row("us.bond", "US-CA", "the state asks for it"),
    Row("us.good_standing", "US-OH", "always", "US"),
    Row("us.ein", "US-OH", "always", "US"),
    Row("us.sanctions_screen", "US-OH", "the contract demands the log", "US"),
    Row("us.scrubs", "US-OH", "the contract demands the log", "US"),
    Row("any.eo_insurance", "US-OH", "the contract demands it", "US"),
    Row("any.cyber_insurance", "CN", "the contract demands it", "CN"),
    Row("any.crime_insurance", "US-OH", "it receives clients' money", "US"),
    Row("any.trust_account", "GB", "it receives clients' money", "GB"),
    Row("any.soc2", "US-OH", "it holds customers' data", "US"),
    Row("any.pci_dss", "US-OH", "it takes card payments", "US"),
    Row("any.subcontractors", "US-OH", "it passes work on", "US"),
    Row("any.collector_training", "US-OH", "every collector is trained"),
    Row("any.background_check", "US-OH", "every collector is checked"),
    Row("cn.usci", "CN", "always"),
    Row("cn.public_listing", "CN", "always"),
    Row("cn.partner_list", "CN", "the contract is for internet-assisted loans"),
    Row("gb.companies_house", "GB", "always"),
    Row("eu.credit_servicer", "DE", "the contract is for purchased loans", "DE"),
    Row("de.rdg", "DE", "always"),
    Row("nl.wki", "NL", "always"),
    Row("nl.vog", "NL", "every collector has one"),
    Row("it.tulps115", "IT", "always"),
    Row("in.iibf_dra", "IN", "every collector has one"),
    Row("in.police_verification", "IN", "every collector has one"),
    Row("in.public_listing", "IN", "always"),
    Row("au.abn", "AU", "always"),
    Row("hk.br", "HK", "always"),
    Row("sg.dca_licence", "SG", "always"),
    Row("sg.collector_approval", "SG", "every collector has one"),
    Row("za.cfdc", "ZA", "always"),
    Row("ca.on_registration", "CA-ON", "always"),
]


def test_every_type_that_blocks_has_a_row() -> None:
    assert {row.code for row in ROWS} == {kind.code for kind in credential_types().values() if kind.binds}


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def days_of(row: Row) -> tuple[date, date]:
    """A day on which it is there, and one on which it is not. A background check does not run out: it is missing until it is done."""
    return (AFTER, LAST) if row.code == "any.background_check" else (LAST, AFTER)


class World:
    """An agency that lacks nothing in a place until this one thing lapses; a portfolio there; the bank's key."""

    def __init__(self, app: Flask, row: Row) -> None:
        self.db: Database = app.extensions["database"]
        with self.db.transaction() as session:
            agency = make_agency(session, "AGY01")
            contract = make_contract(session, agency)
            license_for(session, agency, [row.place])
            session.execute(update(Collector).values(created_at=noon(LONG_AGO)))
            _prepare(session, agency, contract, row)
            portfolio = make_portfolio(session, "All")
            for ref in ("PLAN", "HAND", "API", "LATE"):
                country, _, region = row.place.partition("-")
                make_account(session, portfolio, ref, jurisdiction=row.place, country=country, region=region or None)
            manager = make_user(session)
            key = make_key(session, scopes="accounts:read plans:write placements:read", user=manager)
        self.api = ApiClient(app, key)

    def by_plan(self) -> dict[str, set[str]]:
        with self.db.transaction() as session:
            wish = Wish(Selection("All"), {"AGY01": 1.0}, seed=7)
            return _refused(session, planning.draft_plan(session, SYSTEM, wish, at=clock.now()))

    def by_hand(self) -> dict[str, set[str]]:
        with self.db.transaction() as session:
            wish = Wish(Selection(account_refs=("HAND",)), {"AGY01": 1.0}, by_hand=True)
            return _refused(session, planning.draft_plan(session, SYSTEM, wish, at=clock.now()))

    def by_api(self) -> dict[str, set[str]]:
        answer = self.api.post("/placements", {"agency": "AGY01", "account_refs": ["API"], "reason": "test"}, 201).json
        plan = self.api.get(f"/plans/{answer['id']}").json
        return {one["account_ref"]: {reason["code"] for reason in one["reasons"]} for one in plan["unplaced"]}


def _prepare(session: Session, agency: Agency, contract: Contract, row: Row) -> None:
    """Have the agency asked for it, hold it until LAST, and lack nothing else."""
    if row.code in BY_ROSTER:
        ends = (
            {"training_until": LAST}
            if row.code == "any.collector_training"
            else {"background_check_on": AFTER, "training_until": date(2099, 1, 1)}
        )
        make_collector(session, agency, "only", training_on=LONG_AGO, created_at=noon(LONG_AGO), **ends)
        return
    code = "us.licence" if row.code == "us.licence.city" else row.code
    if row.code in DEMANDED:
        session.add(ContractDemand(contract_id=contract.id, code=code, least=Decimal(100)))
    practices = [name for name, codes in PRACTICES.items() if code in codes]
    agency.practices = " ".join(practices)
    for practice in practices:
        for other in PRACTICES[practice]:
            make_credential(session, agency, other, row.held_in)
    if row.code in DEMANDED:
        make_credential(session, agency, code, row.held_in or row.place, amount=Decimal(100))
    held_in = row.held_in or row.place
    changed = update(Credential).where(Credential.code == code, Credential.jurisdiction == held_in)
    assert session.execute(changed.values(valid_until=LAST)).rowcount == 1  # type: ignore[attr-defined]


def _refused(session: Session, plan: Plan) -> dict[str, set[str]]:
    """Account reference to what is told against it."""
    return {ref: {stored["code"] for stored in plan.whys[why]} for ref, why in plan_queries.unplaced(session, plan)}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.code} in {row.place}: {row.why}" for row in ROWS])
def test_it_binds_by_plan_by_hand_and_by_api(app: Flask, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(app, row)
    good, bad = days_of(row)
    with clock.set_to(noon(good)):
        assert world.by_plan() == world.by_hand() == world.by_api() == {}
    with clock.set_to(noon(bad)):
        by_plan, by_hand, by_api = world.by_plan(), world.by_hand(), world.by_api()
        assert by_plan.keys() == {"PLAN", "HAND", "API", "LATE"}
        assert by_hand.keys() == {"HAND"}
        assert by_api.keys() == {"API"}
        for reasons in (*by_plan.values(), *by_hand.values(), *by_api.values()):
            assert reasons <= {"credential_expired", "nobody_holds", "nobody_cleared"}, "for no other reason"
            assert reasons
        monkeypatch.setattr(credentials, "lacking", lambda *_: [])
        assert world.by_plan() == {}, "only this check keeps it back"


@pytest.mark.parametrize("row", [ROWS[0], ROWS[7], ROWS[25]], ids=lambda row: row.code)
def test_what_lapses_between_approval_and_placing_is_left_out(app: Flask, row: Row) -> None:
    """The one more look of placing: in the same minute in which the day turns."""
    world = World(app, row)
    with clock.set_to(datetime.combine(LAST, time(23, 59), UTC)), world.db.transaction() as session:
        wish = Wish(Selection(account_refs=("LATE",)), {"AGY01": 1.0})
        plan = planning.draft_plan(session, SYSTEM, wish, at=clock.now())
        assert plan.accounts == 1
        planning.submit_plan(session, SYSTEM, plan, at=clock.now())
        planning.approve_plan(session, SYSTEM, plan, at=clock.now())
    with clock.set_to(datetime.combine(AFTER, time(0, 0), UTC)), world.db.transaction() as session:
        late, refusal = plan_queries.get(session, plan.ref), "Nothing of this plan can be placed"
        with pytest.raises(Conflict, match=refusal), session.begin_nested():
            placing.place_plan(session, SYSTEM, late, at=clock.now())


# -- the contract's other limits -----------------------------------------------------------------------------------------


def test_an_insurance_below_what_the_contract_demands_is_none(db: Database) -> None:
    with db.transaction() as session:
        agency = make_agency(session, "AGY01")
        contract = make_contract(session, agency)
        license_for(session, agency, ["US-OH"])
        session.add(ContractDemand(contract_id=contract.id, code="any.eo_insurance", least=Decimal(1_000_000)))
        paper = make_credential(session, agency, "any.eo_insurance", "US", amount=Decimal(999_999))
        portfolio = make_portfolio(session)
        account = make_account(session, portfolio)
        assert _refused(session, make_plan(session, portfolio)) == {account.account_ref: {"cover_too_small"}}
        paper.amount = Decimal(1_000_000)
        session.flush()
        assert _refused(session, make_plan(session, portfolio)) == {}


def test_concentration_binds_in_a_plan_and_once_more_in_placing(db: Database) -> None:
    with db.transaction() as session:
        one, two = (_ready(session, code) for code in ("AGY01", "AGY02"))
        session.execute(update(Contract).where(Contract.agency_id == one.id).values(concentration=Decimal("0.25")))
        portfolio = make_portfolio(session)
        for _ in range(40):
            make_account(session, portfolio)
        plan = make_plan(session, portfolio, one, two)
        assert _by_agency(session, plan) == {"AGY01": 10, "AGY02": 30}
        alone = _refused(session, make_plan(session, portfolio, one))
        assert set().union(*alone.values()) == {"panel_part"}, (
            "the plan says that it is the contract's part, not its capacity"
        )
        session.execute(update(Contract).where(Contract.agency_id == one.id).values(concentration=Decimal("0.2")))
        with pytest.raises(Conflict, match="over their limits"), session.begin_nested():
            place(session, plan)


def test_a_least_share_is_given_in_every_plan(db: Database) -> None:
    with db.transaction() as session:
        one, _two = (_ready(session, code) for code in ("AGY01", "AGY02"))
        session.execute(update(Contract).where(Contract.agency_id == one.id).values(min_share=Decimal("0.4")))
        portfolio = make_portfolio(session)
        for _ in range(100):
            make_account(session, portfolio)
        wish = Wish(Selection(portfolio.name), {"AGY01": 1.0, "AGY02": 9.0}, seed=7)
        plan = planning.draft_plan(session, SYSTEM, wish, at=clock.now())
        assert _by_agency(session, plan) == {"AGY01": 40, "AGY02": 60}


def _ready(session: Session, code: str) -> Agency:
    agency = make_agency(session, code)
    make_contract(session, agency)
    license_for(session, agency, ["US-OH"])
    return agency


def _by_agency(session: Session, plan: Plan) -> dict[str, int]:
    found: dict[str, Any] = {}
    for row in session.execute(plan_queries.assigned_lines(plan.id)):
        found[row[2]] = found.get(row[2], 0) + 1
    return found
