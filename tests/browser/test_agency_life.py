"""An agency's whole life through the pages alone: it applies, is looked into, let in and given its first accounts; it is suspended, and leaves.

A real server and a fresh database with the demo's people; one window a person. Only the link of the invitation is read out of the mail
that the portal would have sent.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import demo
from portal import work
from portal.db import Database
from tests.browser.driving import NEEDS_CHROMIUM, browser, context, listen, served, sign_in

pytestmark = NEEDS_CHROMIUM

VERA, AMOS, CLARA = (demo.BANK[number][1] for number in (0, 2, 3))
MANAGER, NAME = "robin.doe@fernhill.example", "Fernhill Recovery"
SOON = 20_000  # milliseconds: a busy machine has answered by then
PDF = {"name": "proof.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 proof"}
TODAY = datetime.now(UTC).date()
PAPERS = (("us.good_standing", "GS-1"), ("us.ein", "12-3456789"))  # what Ohio's accounts ask for
RAMP = 2
DISCLOSURES = {
    "principal": "Managing director", "site": "1 Main Street", "system": "Dialler", "policy": "Conduct", "reference": "Vendor office",
    "bank_account": "Fernhill LLC",
}  # fmt: skip


@dataclass
class Stage:
    """Server and browser, and what was said in every window."""

    address: str
    chromium: Browser
    database: Database
    said: list[str] = field(default_factory=list)

    @contextmanager
    def window(self, email: str | None = None) -> Iterator[Page]:
        """A window of its own in which this person is signed in, or nobody."""
        with context(self.chromium) as opened:
            page = opened.new_page()
            page.set_default_timeout(SOON)
            heard = listen(page)
            if email:
                sign_in(page, self.address, email)
            yield page
            self.said += heard


@pytest.fixture
def stage(sqlite_template: Path, tmp_path: Path) -> Iterator[Stage]:
    shutil.copy(sqlite_template, tmp_path / "portal.db")
    with served(tmp_path) as (app, address), browser() as chromium:
        demo.load(app, 0)
        yield Stage(address, chromium, app.extensions["database"])


def test_from_application_to_first_placement_and_from_suspension_to_exit(stage: Stage) -> None:
    apply(stage)
    with stage.window(MANAGER) as manager:
        agency = tell_everything(manager, stage.address)
        send_in_papers(manager, agency)
    with stage.window(CLARA) as clara:
        look_into(clara, agency)
    with stage.window(VERA) as vera:
        draft_contract(vera, agency)
    with stage.window(AMOS) as amos:
        approve_contract_and_agency(amos, agency)
    with stage.window(VERA) as vera:
        plan = draw_plan(vera, stage, agency)
    with stage.window(AMOS) as amos:
        amos.goto(stage.address + plan)
        amos.get_by_role("button", name="Approve the plan").click()
    with stage.window(VERA) as vera:
        place(vera, stage.address + plan)
    with stage.window(CLARA) as clara:
        clara.goto(agency)
        decide(clara, "Suspend the agency", {"reason": "Complaints."})
        expect(status(clara)).to_have_text("Suspended")
    with stage.window(VERA) as vera:
        vera.goto(agency)
        decide(vera, "Begin the exit", {"reason": "We part."})
        expect(status(vera)).to_have_text("Exiting")
        refused_to_finish(vera)
    with stage.window(MANAGER) as manager:
        give_everything_back(manager, stage.address, agency)
        with stage.window(VERA) as vera:
            finish(vera, agency)
        manager.goto(agency)
        assert "/sign-in" in manager.url, "its access ended at once"
    assert stage.said == []


# -- the agency ------------------------------------------------------------------------------------------------------------


def apply(stage: Stage) -> None:
    """A stranger applies, gets a link by mail, and sets up access with it."""
    with stage.window() as page:
        page.goto(f"{stage.address}/apply")
        fill(page, {"name": NAME, "legal_name": "Fernhill Recovery LLC", "email": MANAGER, "contact": "Robin Doe"})
        page.get_by_role("button", name="Send the application").click()
        expect(page.get_by_text("A link to your application is on its way")).to_be_visible()
        page.goto(stage.address + link_in_mail(stage))
        fill(page, {"password": demo.PASSWORD, "again": demo.PASSWORD})
        page.get_by_role("button", name="Set up my access").click()
        page.wait_for_url("**/sign-in")


def link_in_mail(stage: Stage) -> str:
    with stage.database.reading() as session:
        texts = session.connection().exec_driver_sql("SELECT text FROM outbox_mail WHERE recipient = ?", (MANAGER,))
        found = re.search(r"/invitation/\S+", texts.scalars().one())
    assert found is not None
    return found[0]


def tell_everything(page: Page, address: str) -> str:
    """Profile, disclosures, answers, documents; then it is handed in. The address of the agency's page."""
    page.goto(f"{address}/agencies")
    agency = page.url
    page.goto(f"{agency}/profile")
    fill(
        page, {"registration_number": "R-77", "founded_on": "2014-05-01", "address": "1 Main Street", "employees": "30"}
    )
    for factor, option in {"volume": "to_200", "data": "contact", "places": "one", "money": "none"}.items():
        page.locator(f"#{factor}").select_option(option)
    page.get_by_label("Letters and e-mail").check()
    save(page)
    expect(page.locator(".card-aside", has_text="Low risk")).to_be_visible()
    for kind, detail in DISCLOSURES.items():
        page.goto(f"{agency}/disclosures/{kind}/new")
        fill(page, {"name": f"First {kind}", "detail": detail})
        if kind == "bank_account":
            fill(page, {"number": "000123456789"})
        save(page)
    expect(page.get_by_text("••••6789")).to_be_visible()
    expect(page.get_by_role("button", name="Hand in")).to_be_visible()
    answer_questionnaire(page, agency)
    answer_requests(page, agency)
    page.goto(f"{agency}/diligence")
    expect(page.get_by_text("Still missing")).to_have_count(0)
    page.get_by_role("button", name="Hand in").click()
    expect(status(page).first).to_have_text("In review")
    return agency


def answer_questionnaire(page: Page, agency: str) -> None:
    """Section by section: yes to everything that is asked, a number, a text, a document where one is needed."""
    page.goto(f"{agency}/diligence")
    for path in (
        page.get_by_role("table", name="Questionnaire").get_by_role("link").evaluate_all("all => all.map(a => a.href)")
    ):
        page.goto(path)
        for box in page.get_by_label("Yes", exact=True).all():
            box.check()
        for written in page.locator("[name$=_value]:not([type=radio])").all():
            written.fill("3")
        for card in page.locator(".card-plain", has_text="This answer needs a document.").all():
            card.locator("[type=file]").set_input_files(PDF)
        page.get_by_role("button", name="Save the answers").click()
        expect(page.get_by_text("The answers are saved.")).to_be_visible()


def answer_requests(page: Page, agency: str) -> None:
    """The documents of the tier: one is uploaded, and serves the second request as well."""
    page.goto(f"{agency}/requests")
    paths = page.locator(".data tbody th a").evaluate_all("all => all.map(a => a.href)")
    assert len(paths) == 2
    for path in paths:
        page.goto(path)
        page.locator("#on_file").select_option(index=1)
        page.get_by_role("button", name="Send in the document").click()
        expect(page.get_by_text("Attest that the document is true and current.", exact=True).first).to_be_visible()
        page.locator("#on_file").select_option(index=1)
        page.get_by_label("I attest that the document is true and current.").check()
        page.get_by_role("button", name="Send in the document").click()
        expect(status(page)).to_have_text("Answered")


def send_in_papers(page: Page, agency: str) -> None:
    for paper, number in PAPERS:
        page.goto(f"{agency}/credentials/new?credential={paper}&place=US")
        fill(page, {"number": number, "valid_from": (TODAY - timedelta(days=20)).isoformat()})
        page.locator("#evidence").set_input_files(PDF)
        page.get_by_role("button", name="Send in the credential").click()
        expect(status(page)).to_have_text("Submitted")


def give_everything_back(page: Page, address: str, agency: str) -> None:
    """Every account goes back, and the certificate that the data is destroyed."""
    page.goto(f"{address}/placements")
    paths = page.locator(".data tbody th a").evaluate_all("all => all.map(a => a.href)")
    assert len(paths) == RAMP
    for path in paths:
        page.goto(path)
        page.locator("summary", has_text="Give back").click()
        page.get_by_role("button", name="Give the account back").click()
        page.wait_for_url(lambda url, left=path: not url.startswith(left))
    page.goto(f"{agency}/exit")
    expect(row(page, "Every account is back")).to_contain_text("Done")
    step = row(page, "The certificate of destruction is here")
    step.locator("summary").click()
    step.locator("textarea").fill("Destroyed by an independent firm.")
    step.locator("[type=file]").set_input_files(PDF)
    step.get_by_role("button", name="Mark as done").click()
    expect(row(page, "The certificate of destruction is here")).to_contain_text("SHA-256")


# -- the bank --------------------------------------------------------------------------------------------------------------


def look_into(page: Page, agency: str) -> None:
    """Compliance checks every disclosure, answer, document and credential, and recommends."""
    page.goto(f"{agency}/diligence")
    for _ in DISCLOSURES:
        act = page.locator(".row-acts .confirm", has_text="Accept the disclosure").first
        act.locator("summary").click()
        act.locator("textarea").fill("Confirmed by call back.")
        act.get_by_role("button", name="Accept the disclosure").click()
        expect(page.get_by_text("The check is on record.")).to_be_visible()
    for path in (
        page.get_by_role("table", name="Questionnaire").get_by_role("link").evaluate_all("all => all.map(a => a.href)")
    ):
        page.goto(path)
        page.get_by_role("button", name="Accept all that wait here").click()
        expect(page.get_by_text("It is on record.")).to_be_visible()
    for part, verb in (("requests", "Accept the document"), ("credentials", "Verify the credential")):
        page.goto(f"{agency}/{part}")
        for path in page.locator(".data tbody th a").evaluate_all("all => all.map(a => a.href)"):
            page.goto(path)
            if part == "credentials":
                page.get_by_text("Verify", exact=True).click()
                page.locator("#verify-seen").fill("The licence, valid, at the regulator's own page.")
            page.get_by_role("button", name=verb).click()
            expect(page.get_by_role("button", name=verb)).to_have_count(0)
    page.goto(f"{agency}/diligence")
    act = page.locator(".confirm", has_text="Recommend a decision")
    act.locator("summary").click()
    act.locator("textarea").fill("Complete, and nothing speaks against it.")
    act.get_by_role("button", name="Recommend", exact=True).click()
    expect(page.get_by_text("The recommendation is before the committee.")).to_be_visible()


def draft_contract(page: Page, agency: str) -> None:
    page.goto(f"{agency}/contracts/new")
    fill(page, {"number": "FH-1", "valid_from": (TODAY - timedelta(days=20)).isoformat(), "countries": "US"})
    page.locator("[name=clauses-0-percent]").fill("18")
    page.get_by_role("button", name="Draft the contract").click()
    expect(page.get_by_text("The contract is drafted.")).to_be_visible()


def approve_contract_and_agency(page: Page, agency: str) -> None:
    """The committee: another person approves the contract, and lets the agency in on probation with a ramp."""
    page.goto(f"{agency}/contracts")
    page.get_by_role("link", name="Show").click()
    page.get_by_role("button", name="Approve the contract").click()
    expect(page.get_by_text("The contract is approved and binds.")).to_be_visible()
    page.goto(agency)
    decide(page, "Put on probation", {"ramp_accounts": str(RAMP), "reason": "A first batch."})
    expect(status(page)).to_have_text("Probation")


def draw_plan(page: Page, stage: Stage, agency: str) -> str:
    """Four accounts in Ohio for the new agency alone: as many as its ramp allows, the others are left out with the reason."""
    code, day = agency.rpartition("/")[2], TODAY - timedelta(days=20)
    head = "account_ref,consumer_ref,portfolio,product,currency,balance,country,region,time_zone,full_name,defaulted_on,as_of,hold\n"
    rows = "".join(
        f"FH-{n},FC-{n},First,personal_loan,USD,{900 + n}.00,US,OH,America/New_York,Jo {n},{day - timedelta(days=90)},{day},none\n"
        for n in range(4)
    )
    page.goto(f"{stage.address}/accounts/import")
    page.locator("[type=file]").set_input_files(
        {"name": "first.csv", "mimeType": "text/csv", "buffer": (head + rows).encode()}
    )
    page.locator("main form").get_by_role("button").last.click()
    page.wait_for_url("**/reports/rpt_*")
    work.drain(stage.database, outward=False)
    expect(page.locator(".progress-box")).to_have_count(0, timeout=SOON)
    page.goto(f"{stage.address}/plans/new")
    page.get_by_label("Portfolio").select_option("First")
    for part in page.locator("[name^=part-]").all():
        part.fill("1" if part.get_attribute("name") == f"part-{code}" else "")
    page.get_by_label("Title").fill("First batch")
    page.get_by_role("button", name="Draw the plan").click()
    expect(page.get_by_role("table", name="Who gets what")).to_contain_text(NAME if NAME in page.content() else code)
    expect(page.get_by_role("table", name="Not placed")).to_contain_text(
        "as its probation or the conditions of its approval allow"
    )
    page.get_by_role("button", name="Submit for approval").click()
    return page.url.removeprefix(stage.address)


def place(page: Page, plan: str) -> None:
    page.goto(plan)
    page.locator("summary", has_text="Place now").click()
    page.get_by_role("button", name="Place the accounts").click()
    expect(status(page)).to_have_text("Placed")


def refused_to_finish(page: Page) -> None:
    """The exit is not finished while steps of it are open."""
    here = page.url
    decide(page, "Finish the exit", {"reason": "Too early."})
    expect(page.get_by_text("A step of the exit is not done")).to_be_visible()
    page.goto(here)
    expect(status(page)).to_have_text("Exiting")


def finish(page: Page, agency: str) -> None:
    page.goto(f"{agency}/exit")
    for label in (
        "The final statement is settled",
        "The bank's data is returned",
        "Access of its people and keys has ended",
    ):
        step = row(page, label)
        step.locator("summary").click()
        step.locator("textarea").fill("Done today.")
        step.get_by_role("button", name="Mark as done").click()
        expect(row(page, label).locator("summary")).to_have_count(0)
    page.goto(agency)
    decide(page, "Finish the exit", {"reason": "Everything came back."})
    expect(status(page)).to_have_text("Exited")


# -- parts of pages --------------------------------------------------------------------------------------------------------


def fill(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        page.locator(f"main [name={name}]").fill(value)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/diligence")


def decide(page: Page, label: str, values: dict[str, str]) -> None:
    """Open the question of a dangerous act, fill it in, and do it."""
    act = page.locator(".page-buttons .confirm", has=page.locator("summary", has_text=label))
    act.locator("summary").click()
    for name, value in values.items():
        act.locator(f"[name={name}]").fill(value)
    act.get_by_role("button", name=label).click()


def row(page: Page, label: str) -> Locator:
    """The line of a checklist."""
    return page.locator(".plain-rows > li", has_text=label)


def status(page: Page) -> Locator:
    """The state beside the page's title."""
    return page.locator(".page-name .badge-tone")
