"""What the pages promise to the eye and the hand, checked in a real browser on the gallery."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.browser.gallery import ERRORS, PAGES, create_gallery

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, SCREEN = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
PATHS = ["/", *(f"/{name}" for name in PAGES if name != "home"), "/sign-in", "/error/404", "/error/500"]
LOOKS = [
    pytest.param(PHONE, "light", "en", id="phone-light"),
    pytest.param(PHONE, "dark", "zh", id="phone-dark-chinese"),
    pytest.param(SCREEN, "light", "zh", id="screen-light-chinese"),
    pytest.param(SCREEN, "dark", "en", id="screen-dark"),
]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_OPTIONS = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}

SUBMITTED = "it => it.dispatchEvent(new SubmitEvent('submit', {bubbles: true, cancelable: true}))"  # true unless it was held back
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_gallery(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def _context(chromium: Browser, size: dict[str, int], theme: str, **more: bool) -> BrowserContext:
    return chromium.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce", **more)  # type: ignore[arg-type]


def _complaints(page: Page) -> list[str]:
    """What the browser complains of from now on; a page that answers an error is no complaint."""
    said: list[str] = []
    page.on(
        "console",
        lambda m: said.append(m.text) if m.type in ("error", "warning") and "status of" not in m.text else None,
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.parametrize(("size", "theme", "language"), LOOKS)
def test_every_page_is_accessible_obeys_the_policy_and_fits(
    address: str, chromium: Browser, size: dict[str, int], theme: str, language: str
) -> None:
    with _context(chromium, size, theme) as context:
        page = context.new_page()
        said = _complaints(page)
        for path in PATHS:
            page.goto(f"{address}{path}?lang={language}")
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert too_wide <= 0, f"{path} scrolls sideways by {too_wide} pixels"
            found = Axe().run(page, options=AXE_OPTIONS)
            assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
            assert said == [], path


def test_things_that_open_are_accessible_too(address: str, chromium: Browser) -> None:
    with _context(chromium, PHONE, "dark") as context:
        page = context.new_page()
        for path, opener in (("/", "[popovertarget=navigation]"), ("/", "[popovertarget=account]"), ("/agencies", "[popovertarget=filters]"), ("/agency", ".confirm > summary"), ("/plan", ".page-actions summary"), ("/scorecard", ".chart-figures > summary")):  # fmt: skip
            page.goto(address + path)
            page.locator(opener).first.click()
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), opener
            found = Axe().run(page, options=AXE_OPTIONS)
            assert found.violations_count == 0, f"{path} {opener}\n{found.generate_report()}"


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_a_page_with_one_heading_and_a_way_on(address: str, chromium: Browser, code: int) -> None:
    with _context(chromium, SCREEN, "light") as context:
        page = context.new_page()
        page.goto(f"{address}/error/{code}")
        assert page.locator("h1").count() == 1
        assert page.locator("main a.btn").count() == 1


def test_without_javascript_everything_still_opens(address: str, chromium: Browser) -> None:
    with _context(chromium, PHONE, "light", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/agencies")
        page.click("[popovertarget=navigation]")
        assert page.locator("#navigation a").first.is_visible()
        page.keyboard.press("Escape")
        page.click("[popovertarget=filters]")
        assert page.locator("#filters [type=submit]").is_visible()
        page.goto(f"{address}/agency")
        page.click(".confirm > summary")
        assert page.locator(".confirm-panel [type=submit]").is_visible()
        page.goto(f"{address}/report")
        assert page.get_by_role("link", name="Look again").is_visible()


def test_touch_targets_on_the_phone_are_44_pixels_high(address: str, chromium: Browser) -> None:
    with _context(chromium, PHONE, "light") as context:
        page = context.new_page()
        for path in ("/", "/agencies", "/form", "/plan"):
            page.goto(address + path)
            small = page.evaluate(
                "[...document.querySelectorAll('.btn, .icon-button, .account-button, .form-control, .form-select, .chip, .tabs a, .views a')]"
                ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.className + ' ' + e.textContent.trim())"
            )
            assert small == [], path


def test_a_chosen_theme_stays_and_overrules_the_system(address: str, chromium: Browser) -> None:
    with _context(chromium, SCREEN, "light") as context:
        page = context.new_page()
        page.goto(address)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.click("[popovertarget=account]")
        page.click(".themes label:has([value=dark])")
        page.goto(f"{address}/agencies")
        assert page.locator("html").get_attribute("data-bs-theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
        page.click("[popovertarget=account]")
        page.click(".themes label:has([value=system])")
        page.goto(f"{address}/agencies")
        assert page.locator("html").get_attribute("data-bs-theme") is None


def test_the_navigation_folds_and_stays_folded(address: str, chromium: Browser) -> None:
    with _context(chromium, SCREEN, "light") as context:
        page = context.new_page()
        page.goto(address)
        wide = page.locator("#navigation").bounding_box()
        page.click(".sidebar-fold")
        page.goto(f"{address}/agencies")
        narrow = page.locator("#navigation").bounding_box()
        assert wide is not None
        assert narrow is not None
        assert narrow["width"] < wide["width"] / 2


def test_live_progress_shows_what_the_server_answers(address: str, chromium: Browser) -> None:
    with _context(chromium, SCREEN, "light") as context:
        page = context.new_page()
        page.goto(f"{address}/report")
        expect(page.locator(".progress-box output")).to_have_text("7,400 / 12,000")
        assert page.evaluate("document.querySelector('progress').value") == 7400


def test_a_form_whose_answer_takes_long_says_so_and_is_not_sent_twice(address: str, chromium: Browser) -> None:
    with _context(chromium, SCREEN, "light") as context:
        page = context.new_page()
        page.goto(f"{address}/form")
        form = page.locator("main form[method=post]:not(.inline-form)").first
        assert form.evaluate(SUBMITTED), "the first time it goes"
        expect(page.locator(".waiting output")).to_contain_text("please leave this page open")
        assert not form.evaluate(SUBMITTED), "the second time it does not"


def test_the_keyboard_reaches_the_content_first_and_sees_where_it_is(address: str, chromium: Browser) -> None:
    with _context(chromium, SCREEN, "light") as context:
        page = context.new_page()
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.locator(".skip-link").bounding_box()["y"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_paper_shows_the_figures_and_not_the_frame(address: str, chromium: Browser) -> None:
    with _context(chromium, SCREEN, "dark") as context:
        page = context.new_page()
        page.goto(f"{address}/scorecard")
        page.emulate_media(media="print")
        assert not page.locator(".topbar").is_visible()
        assert not page.locator("#navigation").is_visible()
        assert page.locator(".chart-figures table").first.is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
