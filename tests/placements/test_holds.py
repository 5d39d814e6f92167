"""Holds: they belong to the account, are on once a kind, and follow it from agency to agency."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activity.schemas import ACTIVITY
from placements import holds, queries
from placements.events import HoldOpened
from placements.holds import HOLD_OF_REPORT, Told
from placements.models import HoldKind
from portal import clock, events
from portal.db import Database
from portal.errors import Conflict
from portal.permissions import SYSTEM
from tests.factories_placements import make_account, make_placement, make_portfolio, ready


def test_a_hold_of_a_kind_is_on_once(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        account = make_account(session, make_portfolio(session))
        holds.open_hold(session, SYSTEM, account, HoldKind.FRAUD, note="The bank's fraud desk.", at=now)
        with pytest.raises(Conflict):
            holds.open_hold(session, SYSTEM, account, HoldKind.FRAUD, note="Again.", at=now)
        holds.open_hold(session, SYSTEM, account, HoldKind.DISPUTE, note="Of another kind.", at=now)
        assert {hold.kind for hold in queries.holds_of(session, account)} == {HoldKind.FRAUD, HoldKind.DISPUTE}


def test_a_hold_that_ended_stays_on_record_and_may_come_again(db: Database) -> None:
    now = clock.now()
    with db.transaction() as session:
        account = make_account(session, make_portfolio(session))
        holds.open_hold(session, SYSTEM, account, HoldKind.DISPUTE, note="", at=now)
        (hold,) = queries.holds_of(session, account)
        holds.close_hold(session, SYSTEM, account, hold, note="Answered.", at=now)
        with pytest.raises(Conflict):
            holds.close_hold(session, SYSTEM, account, hold, note="", at=now)
        holds.open_hold(session, SYSTEM, account, HoldKind.DISPUTE, note="", at=now + timedelta(days=1))
        assert [(hold.until is None, hold.ended_by) for hold in queries.holds_of(session, account)] == [
            (True, None),
            (False, "system"),
        ]


def test_what_people_tell_an_agency_opens_holds_in_bulk(db: Database) -> None:
    now = clock.now()
    heard: list[HoldOpened] = []
    events.wire([(HoldOpened, lambda _session, event: heard.append(event))])
    try:
        with db.transaction() as session:
            agency = ready(session)
            accounts = [make_account(session, make_portfolio(session)) for _ in range(3)]
            placement = make_placement(session, accounts[0], agency)
            told = [
                Told(accounts[0].id, "dispute", now - timedelta(hours=1), "r2"),
                Told(accounts[0].id, "dispute", now - timedelta(hours=2), "r1"),
                Told(accounts[0].id, "cease_request", now, "r3"),
                Told(accounts[1].id, "opt_out", now, "r4"),
                Told(accounts[2].id, "deceased_notice", now, "r5"),
            ]
            assert holds.open_hold_from_report(session, SYSTEM, told, agency_id=agency.id, at=now) == 4
            assert holds.open_hold_from_report(session, SYSTEM, told, agency_id=agency.id, at=now) == 0, (
                "doing it twice changes nothing"
            )
            found = queries.open_holds(session, [account.id for account in accounts])
            first = {(hold.kind, hold.source) for hold in found[accounts[0].id]}
            assert first == {(HoldKind.CEASE, "activity:r3"), (HoldKind.DISPUTE, "activity:r1")}, (
                "from the first row that says so"
            )
            assert [hold.kind for hold in found[accounts[1].id]] == [HoldKind.OPT_OUT]
            session.refresh(placement)
            assert placement.updated_at == now
    finally:
        events.wire([])
    assert {(event.account_id == accounts[0].id, event.agency_id) for event in heard} == {
        (True, agency.id),
        (False, None),
    }


def test_every_kind_of_report_that_stops_collection_is_one_that_agencies_can_send() -> None:
    kinds = next(column for column in ACTIVITY.columns if column.name == "kind").type.schema["enum"]
    assert set(HOLD_OF_REPORT) <= set(kinds)
