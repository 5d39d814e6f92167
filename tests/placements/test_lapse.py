"""When papers lapse: nothing new comes, and what is there is listed, held or recalled as the bank decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import queries as agencies
from agencies import verifying
from agencies.events import CredentialGained, CredentialLapsed
from agencies.models import Agency, Credential
from placements import lapse, recall
from placements.events import PlacementsEnded
from placements.lapse import affected
from placements.models import Hold, HoldKind, Placement, PlacementState, Recall, RecallReason
from placements.recall_queries import Wanted
from portal import clock, events, tasks
from portal.db import Database
from portal.permissions import SYSTEM
from tests.factories import make_actor
from tests.factories_agencies import make_credential
from tests.factories_placements import make_account, make_placement, make_portfolio, ready


@pytest.fixture
def wired() -> Iterator[None]:
    before = dict(events._listeners)
    events.wire(
        [(CredentialLapsed, lapse.on_lapsed), (CredentialGained, lapse.on_gained), (PlacementsEnded, lapse.on_ended)]
    )
    yield
    events._listeners.clear()
    events._listeners.update(before)
    lapse.use("list")


def two_states(session: Session) -> Agency:
    """An agency with two accounts in California and one in Ohio."""
    agency = ready(session, "AGY01")
    portfolio = make_portfolio(session)
    for ref, region in (("CA1", "CA"), ("CA2", "CA"), ("OH1", "OH")):
        make_placement(
            session, make_account(session, portfolio, ref, jurisdiction=f"US-{region}", region=region), agency
        )
    return agency


def withdraw_california(session: Session, agency: Agency) -> Credential:
    wanted = select(Credential).where(
        Credential.agency_id == agency.id, Credential.code == "us.licence", Credential.jurisdiction == "US-CA"
    )
    licence = session.scalars(wanted.order_by(Credential.id)).first()
    assert licence is not None
    return verifying.withdraw(
        session, SYSTEM, licence, ended_on=clock.today(), reason="Suspended at the register.", at=clock.now()
    )


def on_hold(session: Session) -> int:
    return len(session.scalars(select(Hold).where(Hold.kind == HoldKind.LICENCE, Hold.until.is_(None))).all())


@pytest.mark.usefixtures("wired")
def test_what_is_placed_there_is_listed_and_a_person_is_told(db: Database) -> None:
    with db.transaction() as session:
        agency, manager = two_states(session), make_actor(session)
        assert affected(session, clock.today()) == []
        withdraw_california(session, agency)
        session.flush()
        (row,) = affected(session, clock.today())
        assert (row.agency.code, row.jurisdiction, row.accounts, [reason.code for reason in row.reasons]) == (
            "AGY01", "US-CA", 2, ["credential_ended"],
        )  # fmt: skip
        assert [task.kind for task in session.scalars(tasks.mine(manager))] == ["placements.unlicensed"]
        assert on_hold(session) == 0, "the policy leaves it to a person"


@pytest.mark.usefixtures("wired")
def test_by_policy_work_stops_and_goes_on_when_the_papers_come(db: Database) -> None:
    lapse.use("hold")
    with db.transaction() as session:
        agency, manager = two_states(session), make_actor(session)
        withdraw_california(session, agency)
        assert on_hold(session) == 2
        renewal = make_credential(session, agency, "us.licence", "US-CA", state="submitted", valid_from=clock.today())
        verifying.verify(session, SYSTEM, renewal, at=clock.now())
        session.flush()
        assert on_hold(session) == 0
        assert session.scalars(tasks.mine(manager)).all() == []


@pytest.mark.usefixtures("wired")
def test_by_policy_the_accounts_go_back(db: Database) -> None:
    lapse.use("recall")
    with db.transaction() as session:
        withdraw_california(session, two_states(session))
        session.expire_all()
        made = session.scalars(select(Recall)).one()
        assert (made.reason, made.accounts) == (RecallReason.CREDENTIAL_LAPSE, 2)
        states = {one.state for one in session.scalars(select(Placement).where(Placement.recall_id == made.id))}
        assert states == {PlacementState.RECALL_PENDING}


@pytest.mark.usefixtures("wired")
def test_the_hold_ends_with_the_placement_so_that_another_agency_may_have_the_account(db: Database) -> None:
    lapse.use("hold")
    with db.transaction() as session:
        agency = two_states(session)
        withdraw_california(session, agency)
        assert on_hold(session) == 2
        now = clock.now()
        recall.request_recall(
            session, SYSTEM, Wanted(account_refs=("CA1",)), RecallReason.CREDENTIAL_LAPSE, final_at=now, at=now
        )
        assert on_hold(session) == 1


@pytest.mark.usefixtures("wired")
def test_a_renewal_in_time_lets_nothing_lapse(db: Database) -> None:
    lapse.use("hold")
    with db.transaction() as session:
        agency = two_states(session)
        make_credential(session, agency, "us.licence", "US-CA", valid_from=clock.today() - timedelta(days=5))
        withdraw_california(session, agency)
        assert on_hold(session) == 0
        assert agencies.facts(session, [agency.id])
