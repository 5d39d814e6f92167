"""Two people decide on the same thing at the same moment: one wins, the other is told, and nothing is decided twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from agencies import contracts, queries, verifying, vetting
from agencies.contracts import Conditions
from agencies.models import AgencyStatus, ContractState, CredentialState
from agencies.terms import Clause
from portal import clock
from portal.db import Database
from portal.errors import Conflict
from portal.permissions import SYSTEM
from tests.factories import make_agency
from tests.factories_agencies import make_credential

CLAUSE = Clause("1", "", Decimal("0.18"), Decimal("0.18"), date(2026, 1, 1))


def at_once(db: Database, *acts: Callable[[Session], object]) -> list[str]:
    """Run each act in a thread and a transaction of its own, all begun at the same moment; how each ended."""
    barrier, ended = threading.Barrier(len(acts)), ["" for _ in acts]

    def run(place: int, act: Callable[[Session], object]) -> None:
        barrier.wait()
        try:
            with db.transaction() as session:
                act(session)
            ended[place] = "done"
        except Conflict:
            ended[place] = "conflict"

    threads = [threading.Thread(target=run, args=numbered) for numbered in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def slowly(session: Session, row: object) -> object:
    """Hold what was read for a while, so that everybody has read it before anybody decides."""
    time.sleep(0.2)
    return row


@pytest.mark.usefixtures("session")
def test_one_approves_while_another_declines(db: Database, session: Session) -> None:
    agency = make_agency(session, "AGY95", status=AgencyStatus.IN_REVIEW)
    session.commit()

    def decide(act: Callable[..., object]) -> Callable[[Session], object]:
        def decided(own: Session) -> object:
            found = queries.get(own, SYSTEM, agency.code)
            return act(own, SYSTEM, slowly(own, found), reason="Decided.", at=clock.now())

        return decided

    assert at_once(db, decide(vetting.approve), decide(vetting.decline)) == ["conflict", "done"]
    with db.reading() as reader:
        assert len(queries.history(reader, agency)) == 1


def test_one_verifies_while_another_refuses(db: Database, session: Session) -> None:
    agency = make_agency(session, "AGY96")
    ref = make_credential(session, agency, state=CredentialState.SUBMITTED).ref
    session.commit()

    def verify(own: Session) -> None:
        found = queries.credential(own, agency, ref)
        verifying.verify(own, SYSTEM, slowly(own, found), at=clock.now())  # type: ignore[arg-type]

    def refuse(own: Session) -> None:
        found = queries.credential(own, agency, ref)
        verifying.refuse(own, SYSTEM, slowly(own, found), reason="No.", at=clock.now())  # type: ignore[arg-type]

    assert at_once(db, verify, refuse) == ["conflict", "done"]


def test_two_rival_contracts_are_approved(db: Database, session: Session) -> None:
    agency = make_agency(session, "AGY97")
    drafts = [
        contracts.draft_contract(
            session, SYSTEM, agency, Conditions(number, date(2026, 1, 1)), [CLAUSE], at=clock.now()
        ).id
        for number in ("A", "B")
    ]
    session.commit()

    def approve(contract_id: int) -> Callable[[Session], None]:
        def approved(own: Session) -> None:
            found = queries.contract(own, agency, contract_id)
            contracts.approve_contract(own, SYSTEM, slowly(own, found), at=clock.now())  # type: ignore[arg-type]

        return approved

    assert at_once(db, *map(approve, drafts)) == ["conflict", "done"]
    with db.reading() as reader:
        assert sorted(one.state for one in queries.contracts_of(reader, agency)) == [
            ContractState.APPROVED,
            ContractState.DRAFT,
        ]
