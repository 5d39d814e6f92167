"""The real tapes, whole, from the file to the placed account through the pages alone: strategy, import, pool, plan, approval, placing.

Sixteen thousand real accounts of two countries go the way people take them; what came of it is then asked of the database: every account is
placed where it may be, or has its reasons, and the plan can be drawn again.
"""

from __future__ import annotations

import csv
import gzip
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import demo
from placements import plan_queries, replaying
from portal import work
from portal.config import ROOT
from tests.browser.driving import NEEDS_CHROMIUM, browser, served
from tests.browser.test_main_path import AMOS, VERA, Stage, status, tile

pytestmark = NEEDS_CHROMIUM
TAPES = {"us": "US tape", "cn": "CN tape"}
PATIENCE = 180_000  # milliseconds: twelve thousand accounts are planned in one request


@pytest.fixture
def stage(sqlite_template: Path, tmp_path: Path) -> Iterator[Stage]:
    shutil.copy(sqlite_template, tmp_path / "portal.db")
    with served(tmp_path) as (app, address), browser() as chromium:
        demo.load(app, 0)
        yield Stage(address, chromium, app.extensions["database"])


def test_the_real_tapes_are_placed_through_the_pages(stage: Stage) -> None:
    with stage.as_person(VERA) as vera:
        draft_a_strategy(vera, stage.address)
    with stage.as_person(AMOS) as amos:
        amos.goto(f"{stage.address}/strategy/1")
        amos.get_by_role("button", name="Approve the version").click()
        expect(amos.get_by_text("This version is in force")).to_be_visible()
    for tape, portfolio in TAPES.items():
        rows = list(
            csv.DictReader(
                gzip.decompress((ROOT / "samples" / f"accounts_{tape}.csv.gz").read_bytes()).decode().splitlines()
            )
        )
        with stage.as_person(VERA) as vera:
            vera.set_default_timeout(PATIENCE)
            import_tape(vera, stage, tape, portfolio, len(rows))
            plan = draft_from_a_pool(vera, stage.address, portfolio)
        with stage.as_person(AMOS) as amos:
            amos.set_default_timeout(PATIENCE)
            amos.goto(stage.address + plan)
            expect(amos.get_by_role("heading", name="What it should bring")).to_be_visible()
            amos.get_by_role("button", name="Approve the plan").click()
            expect(status(amos)).to_have_text("Approved")
        with stage.as_person(VERA) as vera:
            vera.set_default_timeout(PATIENCE)
            place(vera, stage.address + plan)
        check(stage, plan, {row["account_ref"] for row in rows})
    assert stage.said == []


def draft_a_strategy(page: Page, address: str) -> None:
    """One tier, and one consumer in twenty held back."""
    page.goto(f"{address}/strategy/new")
    page.get_by_label("Reason for the change").fill("The first.")
    page.get_by_label("Name of the comparison").fill("Self-cure")
    page.locator("#until").fill("2099-12-31")
    page.get_by_label("Held back, percent").fill("5")
    page.get_by_role("button", name="Draft the version").click()
    page.get_by_role("button", name="Submit for approval").click()
    expect(status(page)).to_have_text("Submitted")


def import_tape(page: Page, stage: Stage, tape: str, portfolio: str, rows: int) -> None:
    """The whole file, compressed as it is; none of its rows is refused."""
    page.goto(f"{stage.address}/accounts/import")
    page.locator("[type=file]").set_input_files(ROOT / "samples" / f"accounts_{tape}.csv.gz")
    page.get_by_label("Portfolio").fill(portfolio)
    page.locator("main form").get_by_role("button").last.click()
    page.wait_for_url("**/reports/rpt_*")
    work.drain(stage.database, outward=False)
    page.reload()
    expect(status(page)).to_have_text("Accepted")
    expect(tile(page, "Accepted")).to_have_text(f"{rows:,}")


def draft_from_a_pool(page: Page, address: str, portfolio: str) -> str:
    """Count a pool, save it, and let the strategy split it; the plan's path."""
    page.goto(f"{address}/pools/new")
    page.get_by_label("Portfolio").select_option(portfolio)
    page.get_by_role("button", name="Count", exact=True).click()
    expect(page.get_by_role("table", name="What it holds now")).to_be_visible()
    page.get_by_label("Name").fill(f"{portfolio}, all of it")
    page.get_by_role("button", name="Save the pool").click()
    page.get_by_role("link", name="Draft a plan").click()
    page.get_by_label("Title").fill(portfolio)
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Draw the plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(portfolio)
    expect(page.get_by_role("table", name="Sides of the comparison")).to_contain_text("Held back")
    page.get_by_role("button", name="Submit for approval").click()
    expect(status(page)).to_have_text("Submitted")
    return page.url.removeprefix(address)


def place(page: Page, plan: str) -> None:
    page.goto(plan)
    page.locator("summary", has_text="Place now").click()
    page.get_by_role("button", name="Place the accounts").click()
    expect(status(page)).to_have_text("Placed")


def check(stage: Stage, path: str, refs: set[str]) -> None:
    """Every account of the tape is placed once or has its reasons; one in twenty is held back; the plan can be drawn again."""
    ref = re.sub(r".*/", "", path)
    with stage.database.reading() as session:
        plan = plan_queries.get(session, ref)
        placed = plan_queries.assigned_refs(session, plan)
        left = dict(plan_queries.unplaced(session, plan))
        assert placed.keys() | left.keys() == refs
        assert not placed.keys() & left.keys()
        assert len(placed) == plan.accounts
        assert all(plan.whys[why] for why in left.values())
        sides = Counter(plan.forecast["sides"]["groups"])
        assert sides["holdback"] == pytest.approx(sum(sides.values()) / 20, abs=1)
        # By chance alone they lie within three standard errors of the smaller side.
        assert all(
            abs(one) < 3 / sides["holdback"] ** 0.5
            for away in plan.forecast["sides"]["differences"].values()
            for one in away.values()
        )
        assert len(set(placed.values())) > 1
        assert replaying.replay(session, plan).agrees
