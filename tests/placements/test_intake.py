"""The bank's account tape: what is new, what is newer, what is a repetition; people, portfolios, holds."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

import activity.jobs  # noqa: F401 - the worker that reads reports
import placements.kinds_of_file  # noqa: F401 - registers the kind
from placements import queries
from placements.events import HoldOpened
from placements.intake import phone_key
from placements.models import Account, Consumer, Hold, HoldKind, Portfolio
from placements.schemas import ACCOUNTS
from portal import clock, events, files, uploads, work
from portal.db import Database
from portal.permissions import SYSTEM
from portal.reports import queries as reports
from portal.reports import receiving
from portal.reports.models import Report
from portal.sealing import keyring
from tests.factories_placements import make_hold, make_placement, ready

ROW = {
    "account_ref": "A1", "consumer_ref": "C1", "portfolio": "P", "product": "credit_card", "currency": "USD", "balance": "100.50", "as_of": "2026-01-31",
    "country": "US", "region": "NY", "city": "Flushing", "postal_code": "11354", "full_name": "Jamie Q. Example", "phone": "(202) 555-0123",
    "id_number": "900-12-3456", "itemization_date": "2025-12-01", "itemization_amount": "90.00", "language": "en",
}  # fmt: skip


def tape(*rows: dict[str, Any]) -> str:
    """A CSV file of these rows; each changes the one above."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ACCOUNTS.names, restval="")
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    return out.getvalue()


def load(db: Database, text: str, **options: Any) -> Report:
    upload = uploads.store_upload(files.store(), io.BytesIO(text.encode()), "text/csv", "accounts.csv", 1 << 30)
    with db.transaction() as session:
        report = receiving.receive(session, SYSTEM, "accounts", upload, options=options)
    work.drain(db)
    with db.reading() as session:
        return session.get_one(Report, report.id)


def counts(report: Report) -> tuple[int, int, int]:
    return report.accepted, report.duplicate, report.rejected


def account(session: Session, ref: str = "A1") -> Account:
    return session.scalars(
        select(Account)
        .where(Account.account_ref == ref)
        .options(joinedload(Account.consumer), joinedload(Account.portfolio))
    ).one()


def on_hold(session: Session, ref: str = "A1") -> list[HoldKind]:
    found = account(session, ref)
    return queries.open_hold_kinds(session, [found.id]).get(found.id, [])


def test_an_account_comes_in_with_its_person_its_portfolio_and_its_place(db: Database) -> None:
    assert counts(load(db, tape({}))) == (1, 0, 0)
    with db.reading() as session:
        found = account(session)
        assert (str(found.balance), found.jurisdiction, found.portfolio.name, found.consumer.language) == (
            "100.50",
            "US-NY-NYC",
            "P",
            "en",
        )
        assert found.itemization == {"itemization_date": "2025-12-01", "itemization_amount": "90.00"}
        assert found.consumer.personal == {
            "full_name": "Jamie Q. Example",
            "phone": "(202) 555-0123",
            "id_number": "900-12-3456",
        }
        assert "Jamie" not in str(found.consumer.masked)


def test_nothing_of_a_person_stands_in_the_database_in_clear(db: Database) -> None:
    load(db, tape({}))
    with db.reading() as session:
        row = session.execute(select(Consumer.__table__)).one()
        assert not any(plain in repr(row) for plain in ("Jamie", "555-0123", "900-12-3456", "9001234"))


def test_a_person_is_found_by_a_blind_index_however_the_number_is_written(db: Database) -> None:
    load(db, tape({}))
    with db.reading() as session:
        by_phone = select(Consumer.consumer_ref).where(
            Consumer.phone_index == keyring().blind(phone_key("+1 202 555 0123"), "phone")
        )
        assert session.scalars(by_phone).all() == ["C1"]
        by_name = select(Consumer.consumer_ref).where(Consumer.name_index == keyring().blind("jamie q example", "name"))
        assert session.scalars(by_name).all() == ["C1"]


@pytest.mark.parametrize(
    ("changed", "expected", "balance", "reason"),
    [
        ({"balance": "50", "as_of": "2026-02-01"}, (1, 0, 0), "50.00", "figures of a later day are news"),
        ({"balance": "50"}, (0, 1, 0), "100.50", "of the same day they are a repetition"),
        ({"balance": "50", "as_of": "2026-01-30"}, (0, 1, 0), "100.50", "and of an earlier one"),
        ({"balance": "50", "as_of": ""}, (0, 1, 0), "100.50", "without a day nobody can tell that they are newer"),
    ],
)
def test_a_known_account_is_brought_up_to_date_by_newer_figures_only(
    db: Database, changed: dict[str, str], expected: tuple[int, int, int], balance: str, reason: str
) -> None:
    load(db, tape({}))
    assert counts(load(db, tape(changed))) == expected, reason
    with db.reading() as session:
        assert str(account(session).balance) == balance, reason


def test_a_known_account_without_a_day_is_brought_up_to_date_by_one_with_a_day(db: Database) -> None:
    load(db, tape({"as_of": ""}))
    assert counts(load(db, tape({"balance": "7"}))) == (1, 0, 0)


def test_rows_of_one_file_follow_the_same_rule(db: Database) -> None:
    text = tape({}, {"balance": "60", "as_of": "2026-02-01"}, {"balance": "70", "as_of": "2026-01-15"})
    assert counts(load(db, text)) == (2, 1, 0)
    with db.reading() as session:
        assert str(account(session).balance) == "60.00"


def test_newer_figures_change_everything_they_tell(db: Database) -> None:
    load(db, tape({}))
    load(
        db,
        tape(
            {
                "as_of": "2026-03-01",
                "region": "WA",
                "city": "Seattle",
                "postal_code": "98101",
                "portfolio": "Q",
                "full_name": "Jamie Newname",
                "consumer_ref": "C1",
            }
        ),
    )
    with db.reading() as session:
        found = account(session)
        assert (found.jurisdiction, found.portfolio.name, found.consumer.personal["full_name"]) == (
            "US-WA",
            "Q",
            "Jamie Newname",
        )
        assert session.scalar(select(func.count()).select_from(Consumer)) == 1


def test_an_older_tape_brings_a_new_account_but_no_older_address(db: Database) -> None:
    load(db, tape({}))
    assert counts(load(db, tape({"account_ref": "A2", "as_of": "2025-06-30", "full_name": "Maiden Name"}))) == (1, 0, 0)
    with db.reading() as session:
        assert account(session, "A2").consumer_id == account(session).consumer_id
        assert account(session).consumer.personal["full_name"] == "Jamie Q. Example"


def test_accounts_of_one_person_share_the_consumer(db: Database) -> None:
    load(db, tape({}, {"account_ref": "A2"}, {"account_ref": "A3", "consumer_ref": "C2"}))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Consumer)) == 2


def test_a_portfolio_can_be_named_for_the_whole_file(db: Database) -> None:
    load(db, tape({}, {"account_ref": "A2", "portfolio": "Q"}), portfolio="All of them")
    with db.reading() as session:
        assert session.scalars(select(Portfolio.name)).all() == ["All of them"]


def test_bad_rows_are_given_back_and_sound_ones_stay(db: Database) -> None:
    report = load(db, tape({}, {"account_ref": "A2", "balance": "-1"}, {"account_ref": "", "country": "XX"}))
    assert counts(report) == (1, 0, 2)
    with db.reading() as session:
        problems = {(p.row, p.code) for p in session.scalars(reports.problems_of(report))}
    assert problems == {(2, "negative_balance"), (3, "missing_account_ref"), (3, "bad_country")}


# -- holds ---------------------------------------------------------------------------------------------------------------


def test_the_tape_opens_and_closes_its_own_holds(db: Database) -> None:
    load(db, tape({"hold": "dispute"}, {"account_ref": "A2", "hold": "none"}))
    with db.reading() as session:
        assert (on_hold(session), on_hold(session, "A2")) == ([HoldKind.DISPUTE], [])
        assert session.scalars(select(Hold.since)).one().date().isoformat() == "2026-01-31", (
            "since the day the figures stand"
        )
    load(db, tape({"hold": "bankruptcy", "as_of": "2026-02-01"}))
    with db.reading() as session:
        assert on_hold(session) == [HoldKind.BANKRUPTCY]
    load(db, tape({"hold": "", "as_of": "2026-02-02"}))
    with db.reading() as session:
        assert on_hold(session) == []
        assert session.scalar(select(func.count()).select_from(Hold)) == 2, "ended holds stay on record"


def test_a_hold_that_somebody_else_opened_is_not_the_tapes_to_close(db: Database) -> None:
    load(db, tape({}))
    with db.transaction() as session:
        make_hold(session, account(session), HoldKind.CEASE, source="activity:r1")
    load(db, tape({"as_of": "2026-02-01", "hold": "cease"}))
    load(db, tape({"as_of": "2026-02-02", "hold": "none"}))
    with db.reading() as session:
        assert on_hold(session) == [HoldKind.CEASE]


def test_a_repetition_changes_no_hold(db: Database) -> None:
    load(db, tape({}))
    load(db, tape({"hold": "fraud"}))
    with db.reading() as session:
        assert on_hold(session) == []


def test_whoever_holds_an_account_sees_that_it_changed_and_hears_of_a_hold(db: Database) -> None:
    load(db, tape({}))
    heard: list[HoldOpened] = []
    with db.transaction() as session:
        agency = ready(session)
        placement = make_placement(session, account(session), agency)
    events.wire([(HoldOpened, lambda _session, event: heard.append(event))])
    try:
        load(db, tape({"as_of": "2026-02-01", "hold": "deceased"}))
    finally:
        events.wire([])
    assert [(event.kind, event.agency_id) for event in heard] == [(HoldKind.DECEASED, placement.agency_id)]
    with db.reading() as session:
        assert session.get_one(type(placement), placement.id).updated_at > placement.updated_at
        assert session.get_one(type(placement), placement.id).updated_at <= clock.now()
