"""Contracts: drafted by one person, approved by another, never two for the same accounts, ended but never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from agencies import contracts, queries
from agencies.contracts import Conditions
from agencies.credentials import Demand, contract_for
from agencies.models import Agency, Contract, ContractState
from agencies.terms import Clause
from portal import clock, tasks
from portal.errors import Conflict, DomainError, Forbidden, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Kind
from tests.factories import make_actor, make_agency

TERM = Conditions("C-1", date(2026, 1, 1), date(2026, 12, 31))
CLAUSE = Clause("4.1", "Contingency fee.", Decimal("0.18"), Decimal("0.09"), date(2026, 1, 1), date(2026, 12, 31))


def drafted(session: Session, agency: Agency, conditions: Conditions = TERM) -> Contract:
    return contracts.draft_contract(session, SYSTEM, agency, conditions, [CLAUSE], at=clock.now())


def approved(session: Session, agency: Agency, conditions: Conditions = TERM) -> Contract:
    return contracts.approve_contract(session, SYSTEM, drafted(session, agency, conditions), at=clock.now())


def test_a_draft_binds_nobody_and_an_approved_contract_does(session: Session) -> None:
    agency = make_agency(session)
    draft = drafted(session, agency)
    found = lambda: contract_for(queries.facts(session, [agency.id])[agency.id], "US", "medical", date(2026, 6, 1))  # noqa: E731
    assert found() is None
    contracts.approve_contract(session, SYSTEM, draft, at=clock.now())
    assert found().number == "C-1"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.KEY])
def test_nobody_approves_what_they_drafted(session: Session, kind: Kind) -> None:
    person = make_actor(session, Role.APPROVER)
    draft = contracts.draft_contract(session, person, make_agency(session), TERM, [CLAUSE], at=clock.now())
    assert session.scalars(tasks.mine(person)).all() == []
    with pytest.raises(Forbidden, match="another person"):
        contracts.approve_contract(session, replace(person, kind=kind, key_id="ABCDEFGH"), draft, at=clock.now())
    assert contracts.approve_contract(session, make_actor(session, Role.APPROVER), draft, at=clock.now()).approved_by


RIVALS = [
    ("the same accounts on the same days", TERM, True),
    ("the year after", replace(TERM, valid_from=date(2027, 1, 1), valid_until=None), False),
    ("from its last day on", replace(TERM, valid_from=date(2026, 12, 31), valid_until=None), True),
    ("one product of all", replace(TERM, products=("medical",)), True),
    ("one country of all", replace(TERM, countries=("CN",)), True),
]


@pytest.mark.parametrize(("reason", "other", "rival"), RIVALS, ids=[row[0] for row in RIVALS])
def test_two_contracts_never_cover_the_same_accounts(
    session: Session, reason: str, other: Conditions, rival: bool
) -> None:
    agency = make_agency(session)
    approved(session, agency)
    draft = drafted(session, agency, replace(other, number="C-2"))
    if not rival:
        assert contracts.approve_contract(session, SYSTEM, draft, at=clock.now()).state is ContractState.APPROVED
        return
    with pytest.raises(Conflict, match="C-1"):
        contracts.approve_contract(session, SYSTEM, draft, at=clock.now())


def test_contracts_for_different_products_or_countries_stand_side_by_side(session: Session) -> None:
    agency = make_agency(session)
    for number, products, countries in (
        ("1", ("medical",), ("US",)),
        ("2", ("utility",), ("US",)),
        ("3", ("medical",), ("CN",)),
    ):
        approved(session, agency, replace(TERM, number=number, products=products, countries=countries))
    facts = queries.facts(session, [agency.id])[agency.id]
    found = {
        place: contract_for(facts, *place, date(2026, 6, 1))
        for place in (("US", "utility"), ("CN", "medical"), ("CN", "utility"))
    }
    assert [one.number if one else None for one in found.values()] == ["2", "3", None]


def test_another_agencys_contract_is_no_rival(session: Session) -> None:
    approved(session, make_agency(session))
    approved(session, make_agency(session))


def test_an_ended_contract_still_rules_the_days_until_then(session: Session) -> None:
    agency = make_agency(session)
    ended = contracts.end_contract(
        session, SYSTEM, approved(session, agency), last_day=date(2026, 6, 30), reason="New terms."
    )
    facts = queries.facts(session, [agency.id])[agency.id]
    assert contract_for(facts, "US", None, date(2026, 6, 30)) is not None
    assert contract_for(facts, "US", None, date(2026, 7, 1)) is None
    approved(session, agency, replace(TERM, number="C-2", valid_from=date(2026, 7, 1)))
    with pytest.raises(Conflict):
        contracts.end_contract(session, SYSTEM, ended, last_day=date(2026, 5, 31), reason="Earlier still.")


ENDS = [
    ("before it began", date(2025, 12, 31), "A reason.", "last_day"),
    ("after it ended anyway", date(2027, 1, 1), "A reason.", "last_day"),
    ("without a reason", date(2026, 6, 30), " ", "reason"),
]


@pytest.mark.parametrize(("case", "last_day", "reason", "field"), ENDS, ids=[row[0] for row in ENDS])
def test_an_end_that_makes_no_sense(session: Session, case: str, last_day: date, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        contracts.end_contract(
            session, SYSTEM, approved(session, make_agency(session)), last_day=last_day, reason=reason
        )
    assert list(refused.value.fields) == [field]


FAULTS = [
    ("no clause", TERM, []),
    ("a rate above the payment", TERM, [replace(CLAUSE, rate=Decimal("1.01"))]),
    ("a rate below nothing", TERM, [replace(CLAUSE, direct_rate=Decimal("-0.01"))]),
    ("a band without room", TERM, [replace(CLAUSE, balance_from=Decimal(10), balance_to=Decimal(10))]),
    ("a clause that ends before it begins", TERM, [replace(CLAUSE, valid_until=date(2025, 1, 1))]),
    ("clauses that contradict each other", TERM, [CLAUSE, replace(CLAUSE, clause="4.2")]),
    ("a term that ends before it begins", replace(TERM, valid_until=date(2025, 1, 1)), [CLAUSE]),
    ("a country that is none", replace(TERM, countries=("USA",)), [CLAUSE]),
    ("a product that is none", replace(TERM, products=("loans",)), [CLAUSE]),
    ("a clause for a product that is none", TERM, [replace(CLAUSE, product="loans")]),
]


@pytest.mark.parametrize(("reason", "conditions", "clauses"), FAULTS, ids=[row[0] for row in FAULTS])
def test_contracts_that_make_no_sense_are_not_even_drafted(
    session: Session, reason: str, conditions: Conditions, clauses: list[Clause]
) -> None:
    agency = make_agency(session)
    with pytest.raises(Invalid):
        contracts.draft_contract(session, SYSTEM, agency, conditions, clauses, at=clock.now())
    assert queries.contracts_of(session, agency) == []


def test_a_number_is_used_once_by_an_agency(session: Session) -> None:
    agency = make_agency(session)
    drafted(session, agency)
    with pytest.raises(Conflict, match="C-1"):
        drafted(session, agency)


def test_a_draft_can_be_thrown_away_and_an_approved_contract_cannot(session: Session) -> None:
    agency = make_agency(session)
    contracts.discard_draft(session, SYSTEM, drafted(session, agency))
    session.flush()
    assert queries.contracts_of(session, agency) == []
    with pytest.raises(DomainError, match="stays on record"):
        contracts.discard_draft(session, SYSTEM, approved(session, agency))


# -- amendments ----------------------------------------------------------------------------------------------------------

NEXT = replace(TERM, valid_from=date(2026, 7, 1), capacity_accounts=50)


def amended(session: Session, former: Contract, conditions: Conditions = NEXT) -> Contract:
    clause = replace(CLAUSE, valid_from=conditions.valid_from)
    agency = session.get_one(Agency, former.agency_id)
    return contracts.draft_contract(session, SYSTEM, agency, conditions, [clause], at=clock.now(), amends=former)


def test_an_amendment_is_the_next_version_and_ends_the_one_before(session: Session) -> None:
    agency = make_agency(session)
    former = approved(session, agency)
    draft = amended(session, former)
    assert (draft.version, draft.amends_id, former.valid_until) == (2, former.id, date(2026, 12, 31)), (
        "a draft ends nothing"
    )
    contracts.approve_contract(session, SYSTEM, draft, at=clock.now())
    assert (former.state, former.valid_until) == (ContractState.ENDED, date(2026, 6, 30))
    facts = queries.facts(session, [agency.id])[agency.id]
    in_force = [contract_for(facts, "US", None, day) for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert [one.id for one in in_force if one] == [former.id, draft.id]


AMENDMENTS = [
    ("another number", replace(NEXT, number="C-2"), Invalid),
    ("from the day on which it began", replace(NEXT, valid_from=TERM.valid_from), Invalid),
]


@pytest.mark.parametrize(("reason", "conditions", "refusal"), AMENDMENTS, ids=[row[0] for row in AMENDMENTS])
def test_what_is_no_amendment(
    session: Session, reason: str, conditions: Conditions, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        amended(session, approved(session, make_agency(session)), conditions)


def test_a_draft_cannot_be_amended_and_a_version_only_once(session: Session) -> None:
    agency = make_agency(session)
    former = drafted(session, agency)
    with pytest.raises(Conflict), session.begin_nested():
        amended(session, former)
    contracts.approve_contract(session, SYSTEM, former, at=clock.now())
    amended(session, former)
    with pytest.raises(Conflict), session.begin_nested():
        amended(session, former)


LIMITS = [
    ("more than the whole", replace(TERM, concentration=Decimal("1.01")), "concentration"),
    ("nothing at all", replace(TERM, concentration=Decimal(0)), "concentration"),
    ("a least share below nought", replace(TERM, min_share=Decimal("-0.1")), "min_share"),
    ("a credential that is not known", replace(TERM, demands=(Demand("x.y"),)), "demands"),
    ("a collector's credential", replace(TERM, demands=(Demand("in.iibf_dra"),)), "demands"),
    ("the same credential twice", replace(TERM, demands=(Demand("any.soc2"), Demand("any.soc2"))), "demands"),
]


@pytest.mark.parametrize(("reason", "conditions", "field"), LIMITS, ids=[row[0] for row in LIMITS])
def test_limits_and_demands_make_sense(session: Session, reason: str, conditions: Conditions, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        drafted(session, make_agency(session), conditions)
    assert list(refused.value.fields) == [field]
