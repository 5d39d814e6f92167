"""What a person told an agency: a hold at once, seen by whoever holds the account now, and taken back where a correction takes it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
from activity import holding
from agencies.models import Agency
from placements import holds, queries
from placements.models import Account, Hold, HoldKind, Placement, PlacementState
from portal import clock, work
from portal.db import Database
from portal.permissions import SYSTEM
from portal.webhooks import publishing
from portal.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests import world
from tests.conftest import KEYS
from tests.world import csv, row

NOW = datetime(2026, 2, 10, tzinfo=UTC)


@pytest.fixture
def agencies(db: Database, tmp_path: Path) -> Iterator[list[Agency]]:
    world.begin(tmp_path, KEYS)
    with db.transaction() as session:
        made = world.two_agencies(session)
    with clock.set_to(NOW):
        yield made


def tell(db: Database, agency: Agency, *rows: str) -> None:
    world.send(db, agency, csv(*rows))
    work.drain(db, outward=False)


def on(db: Database, ref: str = "ACC1") -> list[HoldKind]:
    """The holds that are on for an account."""
    with db.reading() as session:
        account = session.scalars(select(Account).where(Account.account_ref == ref)).one()
        return queries.open_hold_kinds(session, [account.id]).get(account.id, [])


@pytest.mark.parametrize(("said", "hold"), holds.HOLD_OF_REPORT.items())
def test_what_a_person_said_is_a_hold_as_soon_as_the_report_is_read(
    db: Database, agencies: list[Agency], said: str, hold: HoldKind
) -> None:
    tell(db, agencies[0], row("1", kind=said))
    assert on(db) == [hold]


def test_whoever_holds_the_account_now_is_told(db: Database, agencies: list[Agency]) -> None:
    """A reports what it was told in January; the account is B's by now, and B hears of the hold at once, in the API and by webhook."""
    with db.transaction() as session:
        before = session.scalars(select(Placement).where(Placement.ref == "pl_ACC1")).one()
        before.state, before.ended_at = PlacementState.RECALLED, datetime(2026, 2, 5, tzinfo=UTC)
        now_with_b = Placement(**{
            column.key: getattr(before, column.key) for column in Placement.__table__.columns if column.key != "id"
        } | {"ref": "pl_now", "agency_id": agencies[1].id, "state": PlacementState.PLACED, "placed_at": datetime(2026, 2, 6, tzinfo=UTC), "ended_at": None})  # fmt: skip
        session.add(now_with_b)
        for agency in agencies:
            publishing.add(
                session, replace(SYSTEM, agency_id=agency.id), "https://example.com/hook", ["placement.held"], at=NOW
            )
    tell(db, agencies[0], row("1", kind="dispute"), row("2", kind="call"))
    with db.reading() as session:
        told = [
            (endpoint.agency_id, json.loads(delivery.body)["data"])
            for delivery, endpoint in session.execute(
                select(WebhookDelivery, WebhookEndpoint).join(
                    WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id
                )
            )
        ]
        touched = session.scalars(select(Placement.updated_at).where(Placement.ref == "pl_now")).one()
    assert told == [(agencies[1].id, {"placement_refs": ["pl_now"], "hold": "dispute"})]
    assert touched == NOW, "so that GET /placements?updated_since= shows it"


def test_a_correction_takes_a_hold_back_that_rested_on_the_row(db: Database, agencies: list[Agency]) -> None:
    tell(db, agencies[0], row("1", kind="dispute"), row("2", "ACC2", kind="dispute"))
    tell(db, agencies[0], row("1b", kind="call", corrects="1"), row("2b", "ACC3", kind="dispute", corrects="2"))
    assert (on(db), on(db, "ACC2"), on(db, "ACC3")) == ([], [], [HoldKind.DISPUTE])


def test_a_correction_of_the_same_statement_keeps_the_account_on_hold(db: Database, agencies: list[Agency]) -> None:
    tell(db, agencies[0], row("1", kind="dispute"))
    tell(db, agencies[0], row("1b", kind="dispute", note="in writing", corrects="1"))
    assert on(db) == [HoldKind.DISPUTE]


def test_another_senders_record_of_the_same_name_takes_nothing_back(db: Database, agencies: list[Agency]) -> None:
    tell(db, agencies[0], row("1", kind="dispute"))
    tell(db, agencies[1], row("1", "BCC1"), row("2", "BCC1", kind="call", corrects="1"))
    assert on(db) == [HoldKind.DISPUTE]


def test_reports_read_before_are_obeyed_too_and_what_the_bank_ended_stays_ended(
    db: Database, agencies: list[Agency]
) -> None:
    tell(db, agencies[0], row("1", kind="opt_out"), row("2", "ACC2", kind="dispute"), row("3", "ACC2", kind="dispute"))
    with db.transaction() as session:
        session.query(Hold).filter(Hold.kind == HoldKind.OPT_OUT).delete()  # as if read before opt-outs were known
        dispute = session.scalars(select(Hold)).one()
        holds.close_hold(
            session, SYSTEM, session.get_one(Account, dispute.account_id), dispute, note="It is settled.", at=NOW
        )
    with db.transaction() as session:
        assert holding.open_missing_holds(session, at=NOW + timedelta(hours=1)) == 1
        assert holding.open_missing_holds(session, at=NOW + timedelta(hours=2)) == 0
    assert (on(db), on(db, "ACC2")) == ([HoldKind.OPT_OUT], [])
