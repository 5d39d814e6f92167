"""What placing asks of agencies: loaded for a whole panel in a few selects, and agreeing with the rule that the database asks."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import event
from sqlalchemy.orm import Session

from agencies import queries
from agencies.credentials import is_live, may_collect
from agencies.models import AgencyStatus, ContractState, Credential, CredentialState
from portal import clock
from portal.people import Role
from portal.permissions import SYSTEM
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_contract, make_credential, make_exemption, make_ready_agency

DAY = date(2026, 11, 2)


def test_a_panel_of_twenty_takes_nine_selects(session: Session) -> None:
    for number in range(20):
        make_ready_agency(session, f"AGY{number:02}", licensed_in=["US-CA", "US-NY-NYC"])
    session.flush()
    session.expire_all()
    seen: list[str] = []
    engine = session.get_bind()
    note = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    found = queries.facts(session)
    event.remove(engine, "before_cursor_execute", note)
    assert len(found) == 20
    assert len(seen) == 9
    assert all(may_collect(one, "US-NY-NYC", "credit_card", DAY) == [] for one in found.values())
    assert all(may_collect(one, "US-FL", "credit_card", DAY) for one in found.values())


def test_only_the_agencies_asked_for(session: Session) -> None:
    wanted, _other = make_agency(session), make_agency(session)
    assert list(queries.facts(session, [wanted.id])) == [wanted.id]
    assert queries.facts(session, []) == {}


def test_drafts_and_collectors_own_papers_are_no_facts(session: Session) -> None:
    agency = make_agency(session)
    make_contract(session, agency, state=ContractState.DRAFT)
    make_credential(session, agency, "us.licence", "US-MN", collector_id="col-1")
    found = queries.facts(session, [agency.id])[agency.id]
    assert (found.contracts, dict(found.held)) == ((), {})


def test_several_papers_of_one_kind_stand_together(session: Session) -> None:
    agency = make_agency(session)
    make_credential(session, agency, valid_until=date(2025, 12, 31), state=CredentialState.EXPIRED)
    make_credential(session, agency, valid_from=date(2026, 1, 1))
    make_exemption(session, agency, "US-AL")
    found = queries.facts(session, [agency.id])[agency.id]
    assert len(found.held["us.licence", "US-CA"]) == 2
    assert len(found.lifted["us.licence", "US-AL"]) == 1


def test_the_database_and_the_rule_mean_the_same_by_live(session: Session) -> None:
    agency, days = make_agency(session), (None, DAY - timedelta(days=1), DAY, DAY + timedelta(days=1))
    for state in CredentialState:
        for begun in days:
            for until in days:
                for ended in days:
                    if not (begun and until and until < begun):
                        make_credential(
                            session, agency, state=state, valid_from=begun, valid_until=until, ended_on=ended
                        )
    good = set(
        session.scalars(queries.credentials_list(agency).where(queries.good_on(DAY)).with_only_columns(Credential.id))
    )
    ids = session.scalars(
        queries.credentials_list(agency).order_by(Credential.id).with_only_columns(Credential.id)
    ).all()
    held = queries.facts(session, [agency.id])[agency.id].held["us.licence", "US-CA"]
    assert good == {number for number, one in zip(ids, held, strict=True) if is_live(one, DAY)}
    assert queries.live_credentials(session, [agency.id], DAY) == {agency.id: len(good)}
    assert good


def test_an_agency_sees_itself_alone(session: Session) -> None:
    mine, _other = make_agency(session), make_agency(session)
    manager = make_actor(session, Role.AGENCY_MANAGER, mine)
    assert [one.id for one in queries.everyone(session, manager)] == [mine.id]
    assert len(queries.everyone(session, SYSTEM)) == 2


def test_who_has_left_is_shut_out(session: Session) -> None:
    shut = {status for status in AgencyStatus if queries.has_left(session, make_agency(session, status=status).id)}
    assert shut == {AgencyStatus.DECLINED, AgencyStatus.EXITED}


def test_codes_and_ids(session: Session) -> None:
    agency = make_agency(session, "AGY88")
    assert queries.id_of_code(session, "AGY88") == agency.id
    assert queries.code_of_id(session, agency.id) == "AGY88"
    assert queries.id_of_code(session, "nobody") is None
    assert clock.today() >= date(2026, 1, 1)
