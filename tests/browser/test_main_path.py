"""The main path through the pages alone, as the people walk it: from an account file to a published scorecard and a confirmed recall.

A real server, a fresh database with the demo's people and agencies, one window a person; the work that waits is done between two looks at
the page. Whatever the browser says on the way, errors of scripts and refusals of the content policy, is a failure.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import demo
from portal import work
from portal.db import Database
from tests.browser.driving import NEEDS_CHROMIUM, PHONE, SCREEN, browser, context, listen, served, sign_in, too_wide

pytestmark = NEEDS_CHROMIUM

VERA, AMOS, CLARA, LIN = (demo.BANK[number][1] for number in (0, 2, 3, 4))
ACCOUNT, CALIFORNIA = "MP-14", ZoneInfo("America/Los_Angeles")  # one that AGY01 alone may collect
MANAGER, OTHER_AGENCY = "manager@agy01.example", "manager@agy02.example"
SINCE = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=75)
SOON = 20_000  # milliseconds: a busy machine has answered by then

ACCOUNTS = "account_ref,consumer_ref,portfolio,product,currency,balance,country,region,time_zone,full_name,phone,defaulted_on,as_of,hold\n"
BAD_ROW = "MP-30,C-30,Spring,personal_loan,USD,12 and a half,US,OH,America/New_York,Bad Row,2025550199,,,none\n"


def account_file() -> str:
    """Eight accounts in Ohio, where all three agencies may collect; six in California, where one alone may; one on hold; and one row that cannot be read."""
    day = (SINCE - timedelta(days=20)).date()
    rows = [("OH", "America/New_York")] * 8 + [("CA", "America/Los_Angeles")] * 6
    lines = [
        f"MP-{n:02},C-{n:02},Spring,personal_loan,USD,{1000 + n}.00,US,{state},{zone},Jo Person {n},20255501{n:02},{day - timedelta(days=200)},{day},none\n"
        for n, (state, zone) in enumerate(rows, 1)
    ]
    held = f"MP-20,C-20,Spring,personal_loan,USD,500.00,US,OH,America/New_York,Jo Held,2025550120,{day - timedelta(days=200)},{day},dispute\n"
    return ACCOUNTS + "".join(lines) + held + BAD_ROW


def activity_file(account: str) -> str:
    """Nine calls on an account in California: one at half past five in the morning there, and an eighth within seven days."""
    early, monday = SINCE.date() + timedelta(days=7), SINCE.date() + timedelta(days=21)
    at = [
        (early, 5, 30),
        *((monday + timedelta(days=n), 10, 0) for n in range(6)),
        *((monday + timedelta(days=n), 15, 0) for n in (4, 5)),
    ]
    instants = [datetime.combine(day, time(hour, minute), CALIFORNIA).isoformat() for day, hour, minute in at]
    head = "record_id,account_ref,occurred_at,kind,direction,outcome,party,endpoint,endpoint_type,purpose,dialer,disclosed_debt\n"
    return head + "".join(
        f"MP-{n},{account},{instant},call,out,no_answer,consumer,2025550109,mobile,collect,manual,no\n"
        for n, instant in enumerate(instants, 1)
    )


def ledger_file(account: str) -> str:
    """One payment to the agency, in the month before this one."""
    paid_on = datetime.now(UTC).date().replace(day=1) - timedelta(days=10)
    return f"record_id,account_ref,paid_on,amount,currency,paid_to\nMP-PAID,{account},{paid_on},100.00,USD,agency\n"


@dataclass
class Stage:
    """Server and browser, and what was said in every window."""

    address: str
    chromium: Browser
    database: Database
    said: list[str] = field(default_factory=list)

    @contextmanager
    def as_person(self, email: str) -> Iterator[Page]:
        """A window of its own in which this person is signed in."""
        with context(self.chromium) as window:
            page = window.new_page()
            page.set_default_timeout(SOON)
            heard = listen(page)
            sign_in(page, self.address, email)
            yield page
            self.said += heard

    def upload(self, page: Page, path: str, name: str, text: str) -> str:
        """Send a file through a page's form. Its report shows that it is being read, and by itself what came of it; the report's path."""
        page.goto(self.address + path)
        page.locator("[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
        page.locator("main form").get_by_role("button").filter(has_not_text="Check only").last.click()
        page.wait_for_url("**/reports/rpt_*")
        expect(page.locator(".progress-box")).to_be_visible()
        work.drain(self.database, outward=False)
        expect(page.locator(".progress-box")).to_have_count(0, timeout=SOON)
        return page.url.removeprefix(self.address)


@pytest.fixture
def stage(sqlite_template: Path, tmp_path: Path) -> Iterator[Stage]:
    shutil.copy(sqlite_template, tmp_path / "portal.db")
    with served(tmp_path) as (app, address), browser() as chromium:
        demo.load(app, 0)
        yield Stage(address, chromium, app.extensions["database"])


def test_the_main_path_through_the_pages(stage: Stage) -> None:
    with stage.as_person(VERA) as vera:
        import_accounts(vera, stage)
        plan = draft_a_plan(vera, stage.address)
        submit(vera)
    with stage.as_person(AMOS) as amos:
        amos.goto(stage.address + plan)
        amos.get_by_role("button", name="Approve the plan").click()
        expect(status(amos)).to_have_text("Approved")
    with stage.as_person(VERA) as vera:
        held = place(vera, stage.address + plan)
    with stage.as_person(OTHER_AGENCY) as other:
        other.goto(f"{stage.address}/placements")
        assert shown(other, "MP-") == held["AGY02"]
    with stage.as_person(MANAGER) as manager:
        look_at_the_inventory(manager, stage.address, held)
        switch_to_chinese_and_back(manager)
        report = stage.upload(manager, "/reports/new", "activity.csv", activity_file(ACCOUNT))
        expect(tile(manager, "In breach")).to_have_text("2")
    with stage.as_person(CLARA) as clara:
        judge(clara, stage.address + report)
    with stage.as_person(VERA) as vera:
        import_ledger(vera, stage)
        score(vera, stage.address)
    with stage.as_person(CLARA) as clara:
        sign(clara, stage.address)
    with stage.as_person(LIN) as lin:
        publish(lin, stage.address)
    with stage.as_person(VERA) as vera:
        recalled = recall(vera, stage.address, ACCOUNT)
    with stage.as_person(MANAGER) as manager:
        see_card_and_recall(manager, stage.address, recalled, ACCOUNT)
        for path in ("/", "/placements", recalled):
            fits_a_phone(manager, stage.address + path)
    assert stage.said == []


# -- the bank's vendor manager ---------------------------------------------------------------------------------------------


def import_accounts(page: Page, stage: Stage) -> None:
    """Upload the file; the sound rows are in, the bad one is named, comes back, is mended and sent again."""
    stage.upload(page, "/accounts/import", "spring.csv", account_file())
    expect(status(page)).to_have_text("Partly accepted")
    expect(tile(page, "Accepted")).to_have_text("15")
    expect(tile(page, "Rejected rows")).to_have_text("1")
    row = page.get_by_role("table", name="Faults row by row").get_by_role("row").last
    expect(row).to_contain_text("12 and a half")
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows to mend").click()
    mended = download.value.path().read_text("utf-8-sig")
    assert list(csv.reader(mended.splitlines())) == [ACCOUNTS.strip().split(","), BAD_ROW.strip().split(",")]
    stage.upload(page, "/accounts/import", "mended.csv", mended.replace("12 and a half", "12.50"))
    expect(status(page)).to_have_text("Accepted")


def draft_a_plan(page: Page, address: str) -> str:
    """Draw a plan for three agencies; who gets what and why not stands on its page. Its path."""
    page.get_by_role("link", name="Plans", exact=True).click()
    page.get_by_role("link", name="Draft a plan").first.click()
    page.get_by_label("Portfolio").select_option("Spring")
    for number in range(1, 11):
        page.locator(f"#part-AGY{number:02}").fill("1" if number <= 3 else "")
    page.get_by_label("Title").fill("Spring, first wave")
    page.get_by_label("Takes effect at").fill(SINCE.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Draw the plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring, first wave")
    expect(tile(page, "Accounts")).to_have_text("15")
    expect(page.get_by_role("table", name="Not placed")).to_contain_text("It is on hold: Dispute.")
    reasons = page.get_by_role("table", name="What agencies may not have")
    expect(reasons).to_contain_text("State collection licence or registration is missing for US-CA.")
    expect(reasons).to_contain_text("ran out on")
    expect(page.get_by_role("table", name="Who gets what").get_by_role("row")).to_have_count(4)
    return page.url.removeprefix(address)


def submit(page: Page) -> None:
    """Hand the plan in. Whoever did cannot approve it: there is no button, and the address refuses."""
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text("The plan was submitted. Another person has to approve it.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve the plan")).to_have_count(0)
    token = page.locator("[name=csrf_token]").first.get_attribute("value") or ""
    refused = page.request.post(
        f"{page.url}/approve",
        form={"csrf_token": token},
        headers={"Origin": page.url.rpartition("/plans")[0]},
        max_redirects=0,
    )
    assert refused.status == 403
    expect(status(page)).to_have_text("Submitted")


def place(page: Page, plan: str) -> dict[str, set[str]]:
    """Place the approved plan. The accounts of each agency, out of the plan's own file."""
    page.goto(plan)
    page.locator("summary", has_text="Place now").click()
    page.get_by_role("button", name="Place the accounts").click()
    expect(status(page)).to_have_text("Placed")
    with page.expect_download() as download:
        page.get_by_role("link", name="Accounts as CSV").click()
    held: dict[str, set[str]] = {}
    for row in csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()):
        held.setdefault(row["agency"], set()).add(row["account_ref"])
    assert sum(map(len, held.values())) == 15
    assert held["AGY01"] >= {f"MP-{number:02}" for number in range(9, 15)}, "California is open to one agency only"
    return held


def import_ledger(page: Page, stage: Stage) -> None:
    """The bank's payment is credited to the agency and priced by its contract."""
    stage.upload(page, "/payments/import", "ledger.csv", ledger_file(ACCOUNT))
    expect(status(page)).to_have_text("Accepted")
    page.get_by_role("link", name="Payments", exact=True).click()
    row = page.get_by_role("row", name="MP-PAID")
    for text in (ACCOUNT, "$100.00", "AGY01", "$18.00"):
        expect(row).to_contain_text(text)


def score(page: Page, address: str) -> None:
    """Score the month before this one and put the drafts before compliance."""
    page.goto(f"{address}/scorecards")
    page.get_by_role("link", name="Score a month").first.click()
    page.get_by_role("button", name="Score the month").click()
    page.get_by_role("button", name="drafts for review").click()
    expect(page.get_by_text("in review.")).to_be_visible()


def recall(page: Page, address: str, account: str) -> str:
    """Count, then recall one account; the path of the recall."""
    page.goto(f"{address}/recalls/new")
    page.get_by_label("Accounts", exact=True).fill(account)
    page.get_by_label("Reason").select_option(label="Change of strategy")
    page.get_by_label("Final at").fill((datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Count the accounts").click()
    expect(page.locator(".callout")).to_contain_text("AGY01: 1")
    page.get_by_role("button", name="Recall the accounts").click()
    expect(tile(page, "Pending")).to_have_text("1")
    return page.url.removeprefix(address)


# -- compliance ------------------------------------------------------------------------------------------------------------


def judge(page: Page, report: str) -> None:
    """The breach stands there with its rule, its citation and its row; it is confirmed with a reason."""
    page.goto(f"{report}/breaches")
    expect(page.locator(".data tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Contact only between 08:00 and 21:00 where the person lives").click()
    expect(page.get_by_text("05:30:00 where the person lives")).to_be_visible()
    expect(page.get_by_role("link", name="us.regf.time-of-day")).to_be_visible()
    expect(page.get_by_text("12 CFR 1006.6(b)(1)")).to_be_visible()
    expect(page.get_by_role("table", name="Rows in evidence")).to_contain_text("MP-1")
    page.get_by_label("Reason").fill("The row says so, and the recording agrees.")
    page.get_by_role("button", name="Confirm the breach").click()
    expect(page.locator(".page-name .badge-tone").last).to_have_text("Confirmed")


def sign(page: Page, address: str) -> None:
    """One person signs."""
    page.goto(f"{address}/scorecards")
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("signed.")).to_be_visible()


def publish(page: Page, address: str) -> None:
    """And another publishes, who reads Chinese."""
    page.goto(f"{address}/scorecards")
    act = page.locator(".confirm", has=page.locator("form[action='/scorecards/publish']"))
    act.locator("summary").click()
    act.locator("[type=submit]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")
    expect(page.locator(".messages")).to_be_visible()
    expect(act).to_have_count(0)


# -- the agency ------------------------------------------------------------------------------------------------------------


def look_at_the_inventory(page: Page, address: str, held: dict[str, set[str]]) -> None:
    """The agency sees its own accounts and nothing else, and takes them."""
    page.get_by_role("link", name="Placements", exact=True).click()
    assert shown(page, "MP-") == held["AGY01"]
    strange = min(held["AGY02"])
    answer = page.goto(f"{address}/accounts/{strange}/timeline")
    assert answer is not None
    assert answer.status == 404
    page.goto(f"{address}/placements?q={strange}")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.goto(f"{address}/placements")
    page.locator("summary", has_text="Acknowledge all").click()
    page.get_by_role("button", name="Acknowledge them").click()
    expect(tile(page, "Not acknowledged")).to_have_text("0")


def switch_to_chinese_and_back(page: Page) -> None:
    """The language changes on the very page, and stays."""
    here = page.url
    page.locator(".topbar").get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")
    assert page.url == here
    page.goto(here)
    expect(page.locator(".topbar").get_by_role("button", name="中文")).to_have_attribute("aria-current", "true")
    page.locator(".topbar").get_by_role("button", name="EN").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def see_card_and_recall(page: Page, address: str, recalled: str, account: str) -> None:
    """The agency reads its own scorecard, and proves that it stopped work on what is recalled."""
    page.get_by_role("link", name="Scorecards", exact=True).click()
    expect(page.locator("main")).not_to_contain_text("AGY02")
    page.goto(f"{address}/agencies/AGY01/scorecard")
    expect(page.locator("main")).to_contain_text("Published")
    page.goto(f"{address}/recalls")
    page.get_by_role("link", name="Change of strategy").click()
    assert page.url == address + recalled
    expect(page.locator("main")).to_contain_text(account)
    page.locator("summary", has_text="Confirm that work stopped").click()
    page.get_by_role("button", name="Confirm the stop").click()
    expect(tile(page, "Stop confirmed")).to_have_text("1")


# -- parts of pages --------------------------------------------------------------------------------------------------------


def status(page: Page) -> Locator:
    """The state beside the page's title."""
    return page.locator(".page-name .badge-tone")


def tile(page: Page, label: str) -> Locator:
    """The value of the tile with this label."""
    return page.locator(".tile", has=page.get_by_text(label, exact=True)).locator(".tile-value")


def shown(page: Page, prefix: str) -> set[str]:
    """The references in the first column of the page's list."""
    return {text for text in page.locator(".data tbody th a").all_inner_texts() if text.startswith(prefix)}


def fits_a_phone(page: Page, address: str) -> None:
    """The page has its heading and does not scroll sideways at 390 pixels."""
    page.set_viewport_size(PHONE)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert too_wide(page) <= 0, f"{address} is {too_wide(page)} pixels too wide"
    page.set_viewport_size(SCREEN)
