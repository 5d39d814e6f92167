"""The pages about registers: what each role sees and may do; an agency's own people see none of them."""

from __future__ import annotations

import io
from datetime import date

import pytest
from sqlalchemy import select

from agencies.models import Agency, Credential
from agencies.registries import adverse, asking, watching
from agencies.registries.adverse import Told
from agencies.registries.models import AdverseEvent, AdverseKind, NameKind, RegisterAnswer, ScreeningHit
from agencies.registries.transport import forget
from portal import clock, jobs, work
from portal.db import Database
from portal.people import Role
from portal.permissions import SYSTEM
from samples.register_stub import Stub
from tests.agencies.registries.test_clients import complaint
from tests.clients import PageClient
from tests.factories import make_actor
from tests.factories_agencies import make_ready_agency

TABS = ("registers", "screening", "adverse")


@pytest.fixture
def code(database: Database, stub: Stub) -> str:
    """A British agency: its company is dissolved at the register, its owner is on a list, complaints about it are published."""
    month = clock.today().replace(day=1)
    stub.complaints = [complaint(n, day=f"{date(month.year - 1, month.month, 20)}T12:00:00Z") for n in range(3)]
    with database.transaction() as session:
        agency = make_ready_agency(session, "AGY60", licensed_in=["GB"], country="GB")
        for one in session.scalars(select(Credential).where(Credential.code == "gb.companies_house")):
            one.number = "99999998"
        watching.watch(session, SYSTEM, agency, "Abu ABBAS", NameKind.PERSON, source="Owner", at=clock.now())
        asking.enter(session, SYSTEM, agency, "cfpb", "EXAMPLE COLLECTIONS LTD", at=clock.now())
        told = Told(AdverseKind.NEWS, date(2026, 1, 5), "A strike", "Harbour Gazette")
        adverse.enter(session, SYSTEM, agency, told, file=None, today=clock.today(), at=clock.now())
    forget()
    jobs.run(database, "registers.ask")
    work.drain(database, outward=True)
    return "AGY60"


def ref_of(
    database: Database, model: type[RegisterAnswer] | type[ScreeningHit] | type[AdverseEvent], *where: object
) -> str:
    with database.reading() as session:
        return str(session.scalars(select(model.ref).where(*where).order_by(model.id.desc())).first())  # type: ignore[arg-type]


def downloaded(client: PageClient, path: str) -> bytes:
    with client.get(path).response as response:
        return response.get_data()


@pytest.mark.parametrize("role", [Role.VENDOR_MANAGER, Role.APPROVER, Role.COMPLIANCE, Role.AUDITOR])
def test_the_bank_opens_every_page(database: Database, client: PageClient, code: str, role: Role) -> None:
    client.sign_in_as(role)
    answer = ref_of(database, RegisterAnswer, RegisterAnswer.register == "companies_house")
    hit, event = ref_of(database, ScreeningHit), ref_of(database, AdverseEvent)
    texts = {
        "registers": "Ended at the register", "screening": "ABBAS, Abu", "adverse": "On average 0.2 complaints a month", f"registers/{answer}": "dissolved",
        f"screening/{hit}": "DOB 10 Dec 1948", f"adverse/{event}": "Harbour Gazette",
    }  # fmt: skip
    for path, text in texts.items():
        assert text in client.get(f"/agencies/{code}/{path}", queries=24).text
    assert b"dissolved" in downloaded(client, f"/agencies/{code}/registers/{answer}/evidence")
    assert b"ABBAS, Abu" in downloaded(client, f"/agencies/{code}/screening/{hit}/evidence")


@pytest.mark.parametrize("role", [Role.AGENCY_MANAGER, Role.AGENCY_USER, Role.ADMIN])
def test_nobody_else_does(database: Database, client: PageClient, code: str, role: Role) -> None:
    with database.reading() as session:
        agency = session.scalars(select(Agency).where(Agency.code == code)).one()
    client.sign_in_as(role, agency if role.of_agency else None)
    for tab in TABS:
        client.get(f"/agencies/{code}/{tab}", 404)
    if role is Role.AGENCY_MANAGER:
        assert not [link for link in client.get(f"/agencies/{code}").links if link.rpartition("/")[2] in TABS]


def test_asking_now_is_done_in_the_background(database: Database, client: PageClient, code: str, stub: Stub) -> None:
    client.sign_in_as(Role.VENDOR_MANAGER)
    asked, page = len(stub.asked), f"/agencies/{code}/registers/companies_house/ask"
    assert page in client.get(f"/agencies/{code}/registers").forms
    forget()
    client.post(page)
    assert len(stub.asked) == asked
    work.drain(database, outward=True)
    assert len(stub.asked) == asked + 1
    client.post(f"/agencies/{code}/registers/fca/ask", status=409)


def test_only_who_may_judge_judges(database: Database, client: PageClient, code: str) -> None:
    answer = ref_of(database, RegisterAnswer, RegisterAnswer.register == "companies_house")
    acts = {
        f"registers/{answer}/see": {"verdict": "ended", "note": "Struck off."}, f"screening/{ref_of(database, ScreeningHit)}/decide": {"reason": "Another man."},
        f"adverse/{ref_of(database, AdverseEvent)}/acknowledge": {"note": "Nothing follows."},
        "adverse/complaints": {"note": "Asked for a plan.", "up_to": "99999"},
    }  # fmt: skip
    client.sign_in_as(Role.VENDOR_MANAGER)
    for path, data in acts.items():
        client.post(f"/agencies/{code}/{path}", data, 403)
    client.sign_in_as(Role.COMPLIANCE)
    for path, data in acts.items():
        client.post(f"/agencies/{code}/{path}", data)
    assert "Withdrawn" in client.get(f"/agencies/{code}/credentials").text
    assert "Not the same" in client.get(f"/agencies/{code}/screening").text
    assert "Nothing follows." in client.get(f"/agencies/{code}/adverse/{ref_of(database, AdverseEvent)}").text


def test_a_stopped_credential_reads_as_ended_until_somebody_looks(
    database: Database, client: PageClient, code: str
) -> None:
    client.sign_in_as(Role.COMPLIANCE)
    assert (
        "GB"
        not in client.get(f"/agencies/{code}")
        .text.partition("No account of these places goes to it:")[0]
        .partition("holds everything")[2]
    )
    assert "ended on" in client.get(f"/agencies/{code}").text
    assert "AGY60" in client.get("/work").text


def test_names_are_added_and_let_go(database: Database, client: PageClient, code: str) -> None:
    client.sign_in_as(Role.VENDOR_MANAGER)
    client.post(f"/agencies/{code}/screening/new", {"name": "", "kind": "person", "source": "x"}, 422)
    client.post(f"/agencies/{code}/screening/new", {"name": "Maxim Orlov", "kind": "person", "source": "Director"})
    page = client.get(f"/agencies/{code}/screening")
    assert "Maxim Orlov" in page.text
    (end,) = [form for form in page.forms if form.endswith("/end")][-1:]
    client.post(end)
    assert "No longer" in client.get(f"/agencies/{code}/screening").text


def test_what_is_told_is_entered_with_its_document(database: Database, client: PageClient, code: str) -> None:
    client.sign_in_as(Role.VENDOR_MANAGER)
    data = {"kind": "enforcement", "happened_on": "2026-02-01", "title": "A fine", "source": "Order 7", "text": ""}
    client.post(f"/agencies/{code}/adverse/new", {**data, "source": ""}, 422)
    client.post(f"/agencies/{code}/adverse/new", {**data, "evidence": (io.BytesIO(b"plain"), "order.txt")}, 422)
    location = client.post(
        f"/agencies/{code}/adverse/new", {**data, "evidence": (io.BytesIO(b"%PDF-1.7 order"), "order.pdf")}
    ).location
    assert "You entered this" in client.get(location).text
    assert downloaded(client, f"{location}/document") == b"%PDF-1.7 order"
    with database.transaction() as session:
        assert make_actor(session)
