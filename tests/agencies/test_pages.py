"""Pages about agencies: what each role sees and may do, that nobody sees another agency, and how many selects a page takes."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from flask import Flask

from agencies import queries
from agencies.models import Agency, AgencyStatus, CredentialState
from portal import clock
from portal.db import Database
from portal.people import Role, User
from tests.clients import PageClient
from tests.factories import make_agency, make_user
from tests.factories_agencies import (
    make_collector,
    make_contract,
    make_credential,
    make_exemption,
    make_ready_agency,
    make_reviewed,
)

PDF = b"%PDF-1.7 a licence"


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["database"]
    return found


def somebody(database: Database, role: Role, agency: Agency | None = None) -> User:
    with database.transaction() as session:
        return make_user(session, role, agency)


def an_agency(database: Database, code: str = "AGY77", *, status: AgencyStatus = AgencyStatus.APPROVED) -> Agency:
    with database.transaction() as session:
        return make_agency(session, code, status=status, name=f"Agency {code}")


def now_of(database: Database, code: str) -> Agency:
    with database.reading() as session:
        return queries.by_code(session, [code])[code]


def test_the_list_shows_everybody_on_the_panel(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        for number in range(5):
            make_ready_agency(session, f"AGY0{number}", licensed_in=["US-CA"])
    page = client.sign_in(somebody(database, Role.VENDOR_MANAGER)).get("/agencies", title="Agencies", queries=8)
    assert "AGY03" in page.text
    assert "/agencies/AGY03" in page.links
    assert "/agencies/new" in page.links


def test_the_list_can_be_filtered_searched_and_taken_away(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY10")
    an_agency(database, "AGY11", status=AgencyStatus.SUSPENDED)
    client.sign_in(somebody(database, Role.AUDITOR))
    assert "AGY10" not in client.get("/agencies?status=suspended").text
    assert "AGY11" not in client.get("/agencies?q=agy10").text
    assert b"AGY10" in client.get("/agencies?format=csv").response.get_data()


def test_the_page_says_where_an_agency_may_collect_and_why_not(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency = make_ready_agency(session, "AGY20", licensed_in=["US-CA", "US-OH"])
        make_credential(session, agency, "us.licence", "US-FL", valid_until=date(2026, 1, 31))
        make_exemption(session, agency, "US-AL")
    page = client.sign_in(somebody(database, Role.COMPLIANCE)).get("/agencies/AGY20", title="Agency AGY20", queries=14)
    assert "State collection licence or registration for US-FL ran out on 2026-01-31." in page.text
    assert "is missing for US-AK, US-AZ, US-AR, US-CO" in page.text
    assert "US-AL" in page.text.partition("No account of these places goes to it:")[0]
    assert "No new accounts go to this agency" not in page.text


def test_the_page_says_why_an_agency_receives_nothing_at_all(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY21", status=AgencyStatus.SUSPENDED)
    page = client.sign_in(somebody(database, Role.VENDOR_MANAGER)).get("/agencies/AGY21")
    assert "It is suspended. No approved contract is in force." in page.text


PAGES = ("", "/credentials", "/contracts", "/collectors", "/diligence", "/requests")


@pytest.mark.parametrize("role", [Role.VENDOR_MANAGER, Role.APPROVER, Role.COMPLIANCE, Role.AUDITOR])
def test_the_bank_opens_every_tab(database: Database, client: PageClient, role: Role) -> None:
    with database.transaction() as session:
        agency = make_ready_agency(session, "AGY22", licensed_in=["US-CA"])
        make_collector(session, agency, "col-1")
    client.sign_in(somebody(database, role))
    for path in PAGES:
        assert client.get(f"/agencies/AGY22{path}", queries=14).heading.strip() == "Agency AGY22"


def test_an_agencys_manager_sees_the_own_agency_and_no_other(database: Database, client: PageClient) -> None:
    mine, other = an_agency(database, "AGY30"), an_agency(database, "AGY31")
    with database.transaction() as session:
        hidden = make_credential(session, other).ref
        contract = make_contract(session, other).id
    client.sign_in(somebody(database, Role.AGENCY_MANAGER, mine))
    assert client.get("/agencies", 303).location == "/agencies/AGY30"
    for path in PAGES:
        client.get(f"/agencies/AGY30{path}")
        missing = client.get(f"/agencies/AGY31{path}", 404)
        assert missing.text == client.get("/agencies/NOBODY", 404).text
    for path in (f"credentials/{hidden}", f"credentials/{hidden}/document", f"contracts/{contract}", "credentials/new"):
        client.get(f"/agencies/AGY31/{path}", 404)
        client.get(f"/agencies/AGY30/{path}", 200 if path == "credentials/new" else 404)


def test_an_agencys_other_people_see_none_of_it(database: Database, client: PageClient) -> None:
    mine = an_agency(database, "AGY32")
    client.sign_in(somebody(database, Role.AGENCY_USER, mine)).get("/agencies/AGY32", 404)


def test_from_applicant_to_exit_by_the_people_who_may(database: Database, client: PageClient) -> None:
    adder, approver, compliance = (
        somebody(database, role) for role in (Role.VENDOR_MANAGER, Role.APPROVER, Role.COMPLIANCE)
    )
    given = {
        "code": "agy40",
        "name": "Northgate",
        "legal_name": "Northgate LLC",
        "country": "US",
        "kind": "call_centre",
        "email": "a@n.example",
    }
    assert client.sign_in(adder).post("/agencies/new", given).location == "/agencies/AGY40"
    client.post("/agencies/AGY40/status/submit", {"reason": "Papers are complete."})
    client.post("/agencies/AGY40/status/approve", {"reason": "I like it."}, 403)
    client.sign_in(approver).post("/agencies/AGY40/status/approve", {"reason": "Without due diligence."}, 409)
    with database.transaction() as session:
        make_reviewed(session, queries.by_code(session, ["AGY40"])["AGY40"])
    client.post("/agencies/AGY40/status/approve", {"reason": "Due diligence of 2 November."})
    client.sign_in(compliance).post("/agencies/AGY40/status/suspend", {"reason": "Complaints."})
    client.post("/agencies/AGY40/status/suspend", {"reason": "Again."}, 409)
    client.post("/agencies/AGY40/status/reinstate", {"reason": "Answered."})
    client.sign_in(adder).post("/agencies/AGY40/status/exit", {"reason": "Contract ends."})
    client.post("/agencies/AGY40/status/finish", {"reason": "Too early."}, 409)
    for step in ("statement", "data", "access"):
        client.post(f"/agencies/AGY40/exit/{step}", {"note": "Done."})
    client.post("/agencies/AGY40/exit/destruction", {"note": "By post."}, 422)
    certificate = {"note": "By post.", "evidence": (io.BytesIO(PDF), "certificate.pdf")}
    client.post("/agencies/AGY40/exit/destruction", certificate)
    page = client.post("/agencies/AGY40/status/finish", {"reason": "Everything came back."})
    assert now_of(database, "AGY40").status is AgencyStatus.EXITED
    assert "Due diligence of 2 November." in client.get(page.location).text


def test_a_move_needs_its_reason_and_a_known_name(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY41")
    client.sign_in(somebody(database, Role.COMPLIANCE))
    assert "Give the reason" in client.post("/agencies/AGY41/status/suspend", {"reason": " "}, 422).text
    client.post("/agencies/AGY41/status/vanish", {"reason": "No such move."}, 404)
    assert now_of(database, "AGY41").status is AgencyStatus.APPROVED


def test_probation_needs_a_ramp(database: Database, client: PageClient) -> None:
    agency = an_agency(database, "AGY42", status=AgencyStatus.IN_REVIEW)
    with database.transaction() as session:
        make_reviewed(session, agency)
    client.sign_in(somebody(database, Role.APPROVER))
    client.post("/agencies/AGY42/status/probation", {"reason": "A first batch."}, 422)
    client.post(
        "/agencies/AGY42/status/probation",
        {"reason": "A first batch.", "ramp_accounts": "500", "ramp_monthly": "-1"},
        422,
    )
    client.post(
        "/agencies/AGY42/status/probation", {"reason": "A first batch.", "ramp_accounts": "500", "ramp_monthly": "250"}
    )
    assert (now_of(database, "AGY42").ramp_accounts, now_of(database, "AGY42").ramp_monthly) == (500, 250)


def test_a_form_with_faults_comes_back_with_what_to_mend(database: Database, client: PageClient) -> None:
    client.sign_in(somebody(database, Role.VENDOR_MANAGER))
    page = client.post(
        "/agencies/new", {"code": "x", "name": "", "country": "US", "kind": "call_centre", "email": "nobody"}, 422
    )
    assert "Enter the name that people use." in page.text
    an_agency(database, "AGY43")
    given = {"code": "AGY43", "name": "N", "legal_name": "N", "country": "US", "kind": "field", "email": "a@n.example"}
    assert "There is an agency with the code AGY43 already." in client.post("/agencies/new", given, 422).text
    assert "2 to 20 capital letters" in client.post("/agencies/new", {**given, "code": "A B"}, 422).text


def test_particulars_are_corrected_and_the_code_stays(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY44")
    client.sign_in(somebody(database, Role.VENDOR_MANAGER))
    assert "code" not in client.get("/agencies/AGY44/edit").forms[""]
    client.post(
        "/agencies/AGY44/edit",
        {"name": "New name", "legal_name": "L", "country": "CN", "kind": "field", "email": "b@n.example"},
    )
    assert now_of(database, "AGY44").name == "New name"


def licence(**values: object) -> dict[str, object]:
    given = {
        "code": "us.licence",
        "jurisdiction": "us-ca",
        "number": "DCLA-1",
        "valid_from": "2026-01-01",
        "valid_until": "2099-12-31",
    }
    return {**given, "evidence": (io.BytesIO(PDF), "licence.pdf"), **values}


def test_a_credential_from_upload_to_verification(database: Database, client: PageClient) -> None:
    agency = an_agency(database, "AGY50")
    manager, compliance = somebody(database, Role.AGENCY_MANAGER, agency), somebody(database, Role.COMPLIANCE)
    sent = (
        client.sign_in(manager)
        .post("/agencies/AGY50/credentials/new", licence(), content_type="multipart/form-data")
        .location
    )
    assert "You sent this in, so another person verifies it." in client.get(sent).text
    client.post(f"{sent}/verify", status=403)
    assert sent in client.sign_in(compliance).get("/work").links
    document = client.get(f"{sent}/document")
    assert document.response.get_data() == PDF
    document.response.close()
    assert document.headers["Content-Disposition"] == "attachment; filename=licence.pdf"
    assert document.headers["Content-Security-Policy"] == "sandbox"
    client.post(f"{sent}/verify")
    assert sent not in client.get("/work").links
    assert "Verified" in client.get("/agencies/AGY50/credentials").text
    client.post(f"{sent}/refuse", {"reason": "Too late."}, 409)
    client.post(f"{sent}/withdraw", {"reason": "Surrendered.", "day": "2026-10-01"})
    assert "It has ended. Surrendered." in client.get(sent).text


def test_who_sent_a_credential_in_does_not_verify_it_even_as_compliance(database: Database, client: PageClient) -> None:
    agency, compliance = an_agency(database, "AGY51"), somebody(database, Role.COMPLIANCE)
    with database.transaction() as session:
        ref = make_credential(session, agency, state=CredentialState.SUBMITTED, submitted_by_id=compliance.id).ref
    client.sign_in(compliance).post(f"/agencies/AGY51/credentials/{ref}/verify", status=403)


FAULTS = [
    ("no document", {"evidence": ""}, "Choose the document that proves it."),
    ("a program", {"evidence": (io.BytesIO(b"MZ\x90"), "licence.pdf")}, "Choose a PDF, PNG or JPEG."),
    ("a state that asks for no licence", {"jurisdiction": "US-OH"}, "This credential is not held for that place."),
    ("a place that is none", {"jurisdiction": "Ohio"}, "This credential is not held for that place."),
    ("days in the wrong order", {"valid_until": "2025-12-31"}, "The last day lies before the first."),
    ("no number", {"number": " "}, "Write the number."),
    ("a bond without its amount", {"code": "us.bond"}, "Write the amount of the bond."),
    ("a number of another form", {"code": "us.ein", "jurisdiction": "US", "number": "12"}, "Check the number"),
]


@pytest.mark.parametrize(("reason", "values", "message"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_credential_with_a_fault_comes_back(
    database: Database, client: PageClient, reason: str, values: dict[str, object], message: str
) -> None:
    agency = an_agency(database, "AGY52")
    client.sign_in(somebody(database, Role.AGENCY_MANAGER, agency))
    if isinstance(
        evidence := values.get("evidence"), tuple
    ):  # a stream is read once, and this test runs on two databases
        values = {**values, "evidence": (io.BytesIO(evidence[0].getvalue()), evidence[1])}
    page = client.post("/agencies/AGY52/credentials/new", licence(**values), 422, content_type="multipart/form-data")
    assert message in page.text
    with database.reading() as session:
        assert not session.execute(queries.credentials_list(agency)).all()


def test_the_bank_asks_and_the_agency_answers(database: Database, client: PageClient) -> None:
    agency = an_agency(database, "AGY53")
    manager = somebody(database, Role.AGENCY_MANAGER, agency)
    asked = {"code": "us.licence", "jurisdiction": "US-CA", "note": "For the autumn portfolio."}
    client.sign_in(somebody(database, Role.VENDOR_MANAGER)).post("/agencies/AGY53/credentials/request", asked)
    link = next(link for link in client.sign_in(manager).get("/work").links if "/credentials/" in link)
    assert "For the autumn portfolio." in client.get(link).text
    assert (
        client.post("/agencies/AGY53/credentials/new", licence(), content_type="multipart/form-data").location == link
    )


def test_exemptions_are_recorded_where_a_place_knows_them(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY54")
    client.sign_in(somebody(database, Role.COMPLIANCE))
    given = {
        "code": "us.licence",
        "jurisdiction": "US-AL",
        "ground": "attorney",
        "reason": "Members of the bar.",
        "valid_from": "2026-01-01",
    }
    client.post("/agencies/AGY54/exemptions/new", given)
    assert "Members of the bar." in client.get("/agencies/AGY54/credentials").text
    assert (
        "without exception"
        in client.post("/agencies/AGY54/exemptions/new", {**given, "jurisdiction": "US-CA"}, 422).text
    )
    assert "recorded already" in client.post("/agencies/AGY54/exemptions/new", given, 422).text
    mine = client.get("/agencies/AGY54/credentials")
    assert "it lifts nothing until another person approves it" in mine.text
    assert not [form for form in mine.forms if form.endswith("/approve")]
    client.sign_in(somebody(database, Role.APPROVER))
    client.post(next(form for form in client.get("/agencies/AGY54/credentials").forms if form.endswith("/approve")))
    client.sign_in(somebody(database, Role.COMPLIANCE))
    end = next(form for form in client.get("/agencies/AGY54/credentials").forms if form.endswith("/end"))
    client.post(end)
    client.post(end, status=409)


def schedule(**values: str) -> dict[str, str]:
    return {
        "number": "C-2026", "valid_from": "2026-01-01", "term_days": "180", "acknowledge_days": "2", "transit_days": "3", "tail_days": "30",
        "clauses-0-clause": "4.1", "clauses-0-percent": "18", "clauses-0-direct_percent": "9", "clauses-0-product": "",
        "clauses-1-clause": "", "clauses-1-percent": "", "clauses-1-product": "", **values,
    }  # fmt: skip


def test_a_contract_is_drafted_by_one_person_and_approved_by_another(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY60")
    drafter, approver = somebody(database, Role.VENDOR_MANAGER), somebody(database, Role.APPROVER)
    link = client.sign_in(drafter).post("/agencies/AGY60/contracts/new", schedule()).location
    assert "18.0%" in client.get(link).text
    client.post(f"{link}/approve", status=403)
    assert link in client.sign_in(approver).get("/work").links
    client.post(f"{link}/approve")
    client.post(f"{link}/approve", status=409)
    client.sign_in(drafter).post(f"{link}/discard", status=409)
    client.post(f"{link}/end", {"last_day": "2025-01-01", "reason": "Typing error."}, 422)
    client.post(f"{link}/end", {"last_day": "2026-12-31", "reason": "New terms from January."})
    assert "Ended" in client.get("/agencies/AGY60/contracts").text


def test_a_draft_can_be_thrown_away(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY61")
    client.sign_in(somebody(database, Role.VENDOR_MANAGER))
    link = client.post("/agencies/AGY61/contracts/new", schedule()).location
    client.post(f"{link}/discard")
    client.get(link, 404)
    assert "No contract yet" in client.get("/agencies/AGY61/contracts").text


def test_contradicting_clauses_come_back(database: Database, client: PageClient) -> None:
    an_agency(database, "AGY62")
    client.sign_in(somebody(database, Role.VENDOR_MANAGER))
    twice = schedule(**{"clauses-1-clause": "4.2", "clauses-1-percent": "20"})
    assert (
        "Clauses 4.1 and 4.2 would set the rate of the same payment."
        in client.post("/agencies/AGY62/contracts/new", twice, 422).text
    )
    unpaid = schedule(**{"clauses-1-clause": "4.2"})
    assert "Write the fee of this clause." in client.post("/agencies/AGY62/contracts/new", unpaid, 422).text
    assert "Clause 3" in client.post("/agencies/AGY62/contracts/new", schedule(more="yes"), 200).text


def test_the_roster_shows_who_is_cleared(database: Database, client: PageClient) -> None:
    agency = an_agency(database, "AGY70")
    with database.transaction() as session:
        make_collector(session, agency, "ready")
        make_collector(session, agency, "untrained", training_on=clock.today() - timedelta(days=400))
        make_collector(session, agency, "gone", replaced_at=clock.now())
    page = client.sign_in(somebody(database, Role.COMPLIANCE)).get("/agencies/AGY70/collectors")
    assert "gone" not in page.text
    rows = client.get("/agencies/AGY70/collectors?format=csv").response.get_data(as_text=True).splitlines()
    assert [row.split(",")[2] for row in rows[1:]] == ['"yes"', '"no"']


def test_nobody_of_an_agency_that_left_may_enter(database: Database, client: PageClient) -> None:
    agency = an_agency(database, "AGY71", status=AgencyStatus.EXITED)
    assert (
        "/sign-in"
        in client.sign_in(somebody(database, Role.AGENCY_MANAGER, agency)).get("/agencies/AGY71", 303).location
    )
