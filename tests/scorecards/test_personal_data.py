"""Evidence packs, and people's rights to their data: what is given, what is taken out, and what must stay."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from activity.models import Activity
from placements import searching
from placements.ending_models import Deletion
from placements.models import Account, Consumer, Placement
from placements.rights_models import RightsCase, RightState
from portal import clock, files, work
from portal.audit import AuditEntry
from portal.permissions import SYSTEM
from portal.tasks import Task, TaskState
from tests.clients import ApiClient, PageClient
from tests.factories import make_key, make_user
from tests.factories_placements import make_account, make_consumer, make_placement, make_portfolio, ready

PDF = b"%PDF-1.4\n%%EOF\n"
PERSON = {
    "full_name": "Rosalind Quickly",
    "phone": "2025550177",
    "id_number": "900-12-3456",
    "email": "rosalind@example.com",
}


class World:
    """A person with an account that an agency works, a contact on it, and a document."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, app.extensions["database"]
        with self.db.transaction() as session:
            agency = ready(session, "AGY01")
            person = make_consumer(session, "C-A", language="en", **PERSON)
            other = make_account(session, make_portfolio(session, "P"), "OTHER")
            account = make_account(session, make_portfolio(session, "Q"), "A", consumer=person, city="Dayton")
            for one in (account, other):
                make_placement(session, one, agency, placed_at=clock.now() - timedelta(days=40))
            self.people = {role: make_user(session, role) for role in ("vendor_manager", "compliance", "auditor")}
            self.people["one"] = make_user(session, "agency_manager", agency)
            key = make_key(session, scopes="reports:write placements:write placements:read", agency=agency)
        self.agency = ApiClient(app, key)
        text = "record_id,account_ref,occurred_at,kind,direction,outcome,endpoint,note\n" + "".join(
            f"R{ref},{ref},{(clock.now() - timedelta(days=9)).isoformat()},call,out,conversation,2025550177,Spoke with {ref}.\n"
            for ref in ("A", "OTHER")
        )
        self.agency.post("/reports/activity", None, 202, data=text, content_type="text/csv")
        work.drain(self.db, outward=False)
        self.as_("vendor_manager").post(
            "/accounts/A/documents",
            {"kind": "contract", "title": "Loan contract", "file": (io.BytesIO(PDF), "loan contract.pdf")},
        )

    def as_(self, who: str) -> PageClient:
        return PageClient(self.app).sign_in(self.people[who])

    def zip(self, who: str, path: str, **form: Any) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.as_(who).post(path, form, status=200).response.get_data()))

    def open_case(self, kind: str) -> str:
        sent = {"consumer": "C-A", "kind": kind, "received_on": str(clock.today())}
        return self.as_("compliance").post("/rights/new", sent).location.rsplit("/", 1)[1]


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


def rows(pack: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pack.read(name).decode("utf-8-sig"))))


def test_a_pack_holds_everything_of_one_account_with_an_index_of_hashes_that_are_right(world: World) -> None:
    pack = world.zip("vendor_manager", "/accounts/A/evidence", purpose="suit")
    index = {row["file"]: row for row in rows(pack, "index.csv")}
    assert set(index) == set(pack.namelist()) - {"index.csv", "SHA256SUMS"}
    for name, row in index.items():
        assert row["sha256"] == hashlib.sha256(pack.read(name)).hexdigest()
        assert row["meaning"]
    assert f"{index['activity.csv']['sha256']}  activity.csv" in pack.read("SHA256SUMS").decode()
    assert pack.read("documents/001-loan_contract.pdf") == PDF
    assert [row["note"] for row in rows(pack, "activity.csv")] == ["Spoke with A."], "of this account alone"
    assert [row["agency"] for row in rows(pack, "placements.csv")] == ["AGY01"]
    assert json.loads(pack.read("person.json"))["consumer"]["full_name"] == PERSON["full_name"]
    with world.db.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "placements.evidence.packed")).one()
    assert json.loads(entry.details)["purpose"] == "suit"
    world.as_("auditor").get("/accounts/A/evidence", status=403)
    world.as_("one").get("/accounts/A/evidence", status=404)
    world.as_("vendor_manager").post("/accounts/A/evidence", {"purpose": "curiosity"}, status=422)


def test_a_person_gets_everything_that_is_held_and_learns_who_holds_it(world: World) -> None:
    with world.db.reading() as session:
        ref = session.scalars(select(Placement.ref).join(Account).where(Account.account_ref == "A")).one()
    world.agency.post("/returns", [{"placement_ref": ref, "reason": "other"}])
    case = world.open_case("access")
    pack = world.zip("compliance", f"/rights/{case}/export")
    person = json.loads(pack.read("person.json"))
    assert person["identifying"]["phone"] == PERSON["phone"]
    assert person["held_by_agencies_until_deleted"] == ["AGY01"]
    assert [row["account_ref"] for row in rows(pack, "accounts.csv")] == ["A"]
    with world.db.reading() as session:
        assert session.scalars(select(RightsCase.state)).one() is RightState.DONE
        assert not session.scalars(select(Task).where(Task.kind == "right.answer", Task.state == TaskState.OPEN)).all()
    world.as_("vendor_manager").post(f"/rights/{case}/export", status=403)


def test_what_is_owed_or_worked_is_not_erased_and_the_reasons_are_told(world: World) -> None:
    case = world.open_case("erasure")
    answer = world.as_("compliance").post(f"/rights/{case}/erase", status=409)
    assert "An agency works an account of this person. Something is still owed." in answer.text
    with world.db.reading() as session:
        assert (
            session.scalars(select(Consumer).where(Consumer.consumer_ref == "C-A")).one().personal["full_name"]
            == PERSON["full_name"]
        )
    world.as_("compliance").post(f"/rights/{case}/refuse", {"answer": ""}, status=422)
    world.as_("compliance").post(f"/rights/{case}/refuse", {"answer": "A claim is pursued."})


def test_erasure_takes_out_what_identifies_the_person_everywhere_and_nobody_else(world: World) -> None:
    with world.db.reading() as session:
        ref = session.scalars(select(Placement.ref).join(Account).where(Account.account_ref == "A")).one()
    world.agency.post("/returns", [{"placement_ref": ref, "reason": "paid"}])
    with world.db.transaction() as session:
        session.execute(update(Account).where(Account.account_ref == "A").values(balance=Decimal(0)))
        place = session.scalars(
            select(files.StoredFile.place).where(files.StoredFile.name == "loan contract.pdf")
        ).one()
    case = world.open_case("erasure")
    world.as_("compliance").post(f"/rights/{case}/erase")
    with world.db.transaction() as session:
        person = session.scalars(select(Consumer).where(Consumer.consumer_ref == "C-A")).one()
        assert person.personal == {}
        assert searching.find_people(session, SYSTEM, "name", PERSON["full_name"]) == []
        assert searching.find_people(session, SYSTEM, "phone", PERSON["phone"]) == []
        told = dict(session.execute(select(Activity.record_id, Activity.note)).all())
        assert told == {"RA": None, "ROTHER": "Spoke with OTHER."}
        assert session.scalars(select(Activity.endpoint).where(Activity.record_id == "RA")).one() is None
        outcome = session.scalars(select(RightsCase.outcome)).one()
        assert (outcome["documents"], outcome["agencies_to_prove"]) == (1, ["AGY01"])
        assert session.scalars(select(Deletion.proved_at)).one() is None, "the agency still has to prove it"
    assert not (files.store().folder / place).exists(), "the document's bytes are gone"
    assert "What was done" in world.as_("auditor").get(f"/rights/{case}").text
