"""Pages of due diligence and of what the bank asks: who sees and may do what, and how many selects a page takes."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from agencies import queries
from agencies.asking import policies, requests
from agencies.asking.policies import Wording
from agencies.diligence import applying, leaving
from agencies.diligence import queries as diligence
from agencies.diligence.applying import Told
from agencies.diligence.models import DisclosureKind, ReviewState
from agencies.models import Agency, AgencyStatus
from portal import clock
from portal.audit import AuditEntry
from portal.db import Database
from portal.mail import OutboxMail
from portal.people import Role
from portal.permissions import SYSTEM
from tests.clients import ApiClient, PageClient
from tests.factories import make_agency, make_key
from tests.factories_agencies import make_file, make_reviewed

PDF = b"%PDF-1.7 proof"


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["database"]
    return found


def in_review(database: Database, state: ReviewState = ReviewState.HANDED_IN) -> tuple[Agency, str]:
    """An agency under review, and the reference of its due diligence."""
    with database.transaction() as session:
        agency = make_agency(session, "AGY70", status=AgencyStatus.IN_REVIEW)
        return agency, make_reviewed(session, agency, state=state, recommended=None).ref


def test_the_page_tells_everything_in_few_selects(database: Database, client: PageClient) -> None:
    in_review(database)
    client.sign_in_as(Role.COMPLIANCE)
    page = client.get("/agencies/AGY70/diligence", queries=26)
    for text in (
        "First due diligence",
        "Inherent risk",
        "Low risk",
        "Company and owners",
        "A principal",
        "Conditions",
        "Site visits",
    ):
        assert text in page.text, text


def test_visits_checks_and_recommendations_are_the_banks_own(database: Database, client: PageClient) -> None:
    agency, ref = in_review(database)
    client.sign_in_as(Role.COMPLIANCE)
    client.post(f"/agencies/AGY70/diligence/{ref}/recommend", {"outcome": "approved", "note": "Sound throughout."})
    client.post("/agencies/AGY70/visits/new", {"site": "The old mill", "planned_on": "2999-01-01"})
    seen_by_bank = client.get("/agencies/AGY70/diligence").text
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    seen_by_agency = client.get("/agencies/AGY70/diligence").text
    for text in ("Sound throughout.", "The old mill"):
        assert text in seen_by_bank
        assert text not in seen_by_agency


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.AGENCY_MANAGER, "recommend", 403),
        (Role.VENDOR_MANAGER, "recommend", 403),
        (Role.AGENCY_MANAGER, "company/judge", 403),
        (Role.APPROVER, "company/judge", 403),
        (Role.COMPLIANCE, "hand-in", 403),
        (Role.COMPLIANCE, "decide", 403),
        (Role.AGENCY_USER, "hand-in", 404),
    ],
)
def test_who_may_do_what_in_a_review(
    database: Database, client: PageClient, role: Role, path: str, status: int
) -> None:
    agency, ref = in_review(database)
    client.sign_in_as(role, agency if role.of_agency else None)
    client.post(
        f"/agencies/AGY70/diligence/{ref}/{path}", {"outcome": "approved", "verdict": "accepted", "note": "x"}, status
    )


def test_a_section_is_answered_with_what_is_wrong_beside_the_question(database: Database, client: PageClient) -> None:
    agency, ref = in_review(database, ReviewState.OPEN)
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    path = f"/agencies/AGY70/diligence/{ref}/complaints"
    client.get(path, title="Complaints")
    assert "Write a whole number." in client.post(path, {"complaints_1_value": "many"}, 422).text
    client.post(path, {"complaints_1_value": "14", "complaints_2_value": "no", "complaints_2_note": "Within three."})
    with database.reading() as session:
        found = diligence.answers_of(session, diligence.review(session, agency, ref))
        assert (found["complaints.1"].value, found["complaints.2"].value, found["complaints.2"].note) == (
            "14",
            "no",
            "Within three.",
        )
    client.sign_in_as(Role.COMPLIANCE)
    assert "Look closer" in client.get(path).text, "an answer other than the good one stands out"
    client.get(f"/agencies/AGY70/diligence/{ref}/nothing", 404)


def test_a_bank_account_is_masked_and_shown_on_record(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY71")
        told = Told(DisclosureKind.BANK_ACCOUNT, "First Bank", "US", "AGY71", number="000123456789")
        ref = applying.disclose(session, SYSTEM, agency, told, at=clock.now()).ref
    client.sign_in_as(Role.COMPLIANCE)
    page = client.get("/agencies/AGY71/diligence")
    assert "••••6789" in page.text
    assert "000123456789" not in page.text
    assert "000123456789" in client.get(client.post(f"/agencies/AGY71/disclosures/{ref}/show").location).text
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.event == "agencies.disclosure.shown")) == 1
    client.sign_in_as(Role.VENDOR_MANAGER)
    client.post(f"/agencies/AGY71/disclosures/{ref}/show", {}, 403)


def test_nobody_applies_uninvited_unless_the_bank_allows_it(app: Flask, database: Database, client: PageClient) -> None:
    client.get("/apply", 404)
    app.extensions["settings"] = replace(app.extensions["settings"], open_applications=True)
    client.get("/apply", title="Apply as a collection agency")
    given = {
        "name": "N",
        "legal_name": "N",
        "country": "US",
        "kind": "field",
        "email": "new@n.example",
        "contact": "Robin Doe",
    }
    first, again = client.post("/apply", given), client.post("/apply", given)
    assert first.location == again.location, "whether the address is known is never told"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Agency)) == 1
        assert "/invitation/" in session.scalars(select(OutboxMail.text)).one()
    answers = [
        client.http.post("/apply", data={**given, "csrf_token": client.csrf_token()}, base_url="https://localhost")
        for _ in range(9)
    ]
    assert [answer.status_code for answer in answers] == [303] * 8 + [429], "ten an hour from one address"


def test_a_request_is_answered_and_accepted_on_its_page(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY72")
        due_on = clock.today() + timedelta(days=9)
        ref = requests.ask(session, SYSTEM, agency, "security_report", due_on, at=clock.now()).ref
    path = f"/agencies/AGY72/requests/{ref}"
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    client.get("/agencies/AGY72/requests", queries=9)
    assert "Attest that" in client.post(path, {"evidence": (io.BytesIO(PDF), "soc2.pdf")}, 422).text
    assert "Choose a PDF" in client.post(path, {"evidence": (io.BytesIO(b"MZ"), "x.pdf"), "attests": "y"}, 422).text
    client.post(path, {"evidence": (io.BytesIO(PDF), "soc2.pdf"), "attests": "y"})
    client.post(f"{path}/accept", {}, 403)
    client.sign_in_as(Role.COMPLIANCE)
    (link,) = [link for link in client.get(path).links if "/evidence/" in link]
    response = client.get(link).response
    assert response.get_data() == PDF
    response.close()
    client.post(f"{path}/accept")
    assert "Accepted" in client.get(path).text
    client.sign_in_as(Role.VENDOR_MANAGER)
    client.post(path, {"attests": "y"}, 422)


def test_a_file_of_another_agency_or_of_a_visit_is_nothing_to_an_agency(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency, other = make_agency(session, "AGY73"), make_agency(session, "AGY74")
        hidden = make_file(session, other).id
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    client.get(f"/agencies/AGY73/evidence/{hidden}", 404)
    client.get(f"/agencies/AGY74/evidence/{hidden}", 404)


def test_a_policy_is_read_and_attested_by_named_people(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY75")
        wording = Wording("Conduct", "1", "Be kind.", clock.today() + timedelta(days=9))
        ref = policies.publish(session, SYSTEM, wording, at=clock.now()).ref
    client.sign_in_as(Role.AGENCY_USER, agency)
    client.get("/policies", title="Policies", queries=8)
    assert "Be kind." in client.get(f"/policies/{ref}", queries=10).text
    client.post(f"/policies/{ref}", {"name": " "}, 422)
    client.post(f"/policies/{ref}", {"name": "Robin Doe"})
    client.sign_in_as(Role.AUDITOR)
    assert "Robin Doe" in client.get(f"/policies/{ref}").text
    client.post(f"/policies/{ref}", {"name": "Auditor"}, 403)
    client.get("/policies/new", 403)


def test_what_is_overdue_can_be_filtered_and_taken_away(database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY76")
        requests.ask(session, SYSTEM, agency, "security_report", clock.today() + timedelta(days=9), at=clock.now())
    client.sign_in_as(Role.AUDITOR)
    assert "AGY76" in client.get("/owed", title="Owed by agencies", queries=7).text
    assert "AGY76" not in client.get("/owed?late=yes").text
    assert b"Send in a document" in client.get("/owed?kind=document.answer&format=csv").response.get_data()
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    client.get("/owed", 404)


def test_when_access_ends_pages_and_keys_are_dead_with_the_next_request(
    app: Flask, database: Database, client: PageClient
) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY77", status=AgencyStatus.EXITING)
        key = make_key(session, scopes="placements:read", agency=agency)
    person = client.sign_in_as(Role.AGENCY_MANAGER, agency)
    client.get("/agencies/AGY77")
    ApiClient(app, key).get("/placements")
    with database.transaction() as session:
        leaving.do_step(
            session, SYSTEM, queries.by_code(session, ["AGY77"])["AGY77"], "access", note="Today.", at=clock.now()
        )
    assert "/sign-in" in client.get("/agencies/AGY77", 303).location, person.email
    ApiClient(app, key).get("/placements", 401)


def test_an_applicant_may_apply_and_nothing_else(app: Flask, database: Database, client: PageClient) -> None:
    with database.transaction() as session:
        agency = make_agency(session, "AGY78", status=AgencyStatus.APPLICANT)
        key = make_key(session, scopes="placements:read", agency=agency)
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    others = ("/settings/keys", "/settings/webhooks", "/reports/new", "/placements")
    for path in others:
        client.get(path, 404)
    ApiClient(app, key).get("/placements", 403)
    for path in ("/agencies/AGY78/diligence", "/agencies/AGY78/profile", "/agencies/AGY78/requests", "/work", "/"):
        client.get(path)
    with database.transaction() as session:
        queries.by_code(session, ["AGY78"])["AGY78"].status = AgencyStatus.APPROVED
    for path in others:
        client.get(path)
    ApiClient(app, key).get("/placements")
