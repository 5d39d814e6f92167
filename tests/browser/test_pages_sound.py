"""Every page, for everybody who may open it, in a real browser: nothing breaks, nothing is refused, nothing scrolls sideways, nothing is inaccessible.

The demo is loaded once, with something in every state (furnished.py). Each page is opened at the width of a phone and of a screen; pages
whose tags and classes were looked at before are not sent through the checks of accessibility again. No link leads nowhere.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

import demo
from app import create_app
from portal.people import Role
from portal.permissions import TABLE
from tests.browser import furnished
from tests.browser.driving import (
    NEEDS_CHROMIUM,
    PHONE,
    SCREEN,
    browser,
    context,
    listen,
    served,
    settings_in,
    sign_in,
    too_wide,
)
from tests.browser.furnished import OWN

pytestmark = NEEDS_CHROMIUM

PEOPLE = {
    **{role: email for role, email, _, _ in reversed(demo.BANK)},
    Role.AGENCY_MANAGER: f"manager@{OWN.lower()}.example", Role.AGENCY_USER: f"desk@{OWN.lower()}.example",
}  # fmt: skip
DARK = ("scorecards.home", "placements.plan", "scorecards.card", "conduct.breach", "activity.report")
GRAVE = {"serious", "critical"}
STANDARDS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
STRUCTURE = "[...document.body.querySelectorAll('*')].map(e => e.localName + '.' + e.className + '[' + (e.getAttribute('role') || '') + ']').join()"
ACCOUNTS = 250


@dataclass
class Looking:
    """The served demo, the browser, and what was looked at already."""

    app: Flask
    address: str
    chromium: Browser
    token: str
    seen: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def looking(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looking]:
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(sqlite_template, folder / "portal.db")
    app = create_app(settings_in(folder))
    demo.load(app, ACCOUNTS)
    token = furnished.furnish(app)
    app.extensions["database"].dispose()
    with served(folder) as (app, address), browser() as chromium:
        yield Looking(app, address, chromium, token)


@pytest.mark.parametrize("role", list(Role))
def test_every_page_that_a_role_may_open_is_sound(looking: Looking, role: Role) -> None:
    with context(looking.chromium) as window:
        page = window.new_page()
        sign_in(page, looking.address, PEOPLE[role])
        wrong = _looked_at(looking, page, _paths_of(looking, role))
    assert not wrong, "\n".join(wrong)


def test_the_pages_for_strangers_are_sound(looking: Looking) -> None:
    with context(looking.chromium) as window:
        wrong = _looked_at(looking, window.new_page(), _paths_of(looking, None))
    assert not wrong, "\n".join(wrong)


def test_the_dark_theme_is_sound_too(looking: Looking) -> None:
    looking.seen.clear()
    with context(looking.chromium, theme="dark") as window:
        page = window.new_page()
        sign_in(page, looking.address, PEOPLE[Role.COMPLIANCE])
        wrong = _looked_at(
            looking,
            page,
            [(endpoint, path) for endpoint, path in _paths_of(looking, Role.COMPLIANCE) if endpoint in DARK],
        )
    assert not wrong, "\n".join(wrong)


def _paths_of(looking: Looking, role: Role | None) -> list[tuple[str, str]]:
    """(endpoint, path) of everything the role may open; without a role, of what is open to all."""
    things = furnished.things(looking.app, looking.token, of_agency=role is not None and role.of_agency)
    found = []
    for rule in furnished.page_rules(looking.app):
        permission = looking.app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        if (permission == "public") if role is None else (permission != "public" and role in TABLE[permission].roles):
            found += [
                (rule.endpoint, path)
                for path in things.paths(looking.app, rule)
                if role is None or not role.of_agency or _is_own(path)
            ]
    assert found
    return found


def _is_own(path: str) -> bool:
    """An agency opens its own pages only, of those that the bank may open."""
    return not path.startswith("/agencies/") or f"/agencies/{OWN}" in path


def _looked_at(looking: Looking, page: Page, paths: list[tuple[str, str]]) -> list[str]:
    """What is wrong with these pages."""
    said, wrong, links = listen(page), [], {}
    for endpoint, path in paths:
        page.set_viewport_size(PHONE)
        answer = page.goto(looking.address + path)
        assert answer is not None
        faults = [f"answered {answer.status}"] if answer.status != 200 else []
        faults += [f"scrolls sideways by {wide} pixels on a phone"] if (wide := too_wide(page)) > 0 else []
        page.set_viewport_size(SCREEN)
        faults += [f"scrolls sideways by {wide} pixels on a screen"] if (wide := too_wide(page)) > 0 else []
        faults += _unnamed(page) + _inaccessible(looking, page, endpoint)
        wrong += [f"{path}: {fault}" for fault in faults]
        links.update(
            {
                (endpoint, _target(looking, href)): (path, href)
                for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
            }
        )
    return wrong + said + _dead(looking, page, links)


def _unnamed(page: Page) -> list[str]:
    """A page has a title of its own and one heading."""
    named = re.fullmatch(r".+ · Placewell", page.title())
    headings = page.locator("h1").all_inner_texts()
    return ([] if named else [f"its title is {page.title()!r}"]) + (
        [] if len(headings) == 1 and headings[0].strip() else [f"its headings are {headings}"]
    )


def _inaccessible(looking: Looking, page: Page, endpoint: str) -> list[str]:
    """Grave findings of axe, if a page of this route with these tags and classes was not looked at before."""
    shape = hashlib.sha256(f"{endpoint}{_short(page.evaluate(STRUCTURE))}".encode()).hexdigest()
    if shape in looking.seen:
        return []
    looking.seen.add(shape)
    found = Axe().run(page, options=STANDARDS).response["violations"]
    return [f"{one['id']}: {one['help']} {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]


def _short(structure: str) -> str:
    """The structure with each piece once: fifty rows of a table are no other page than one."""
    return ",".join(sorted(set(structure.split(","))))


def _target(looking: Looking, href: str) -> str:
    """The route that a link leads to; the link itself where it leads out, or to nothing of ours."""
    if not href.startswith(looking.address):
        return "elsewhere"
    try:
        return str(
            looking.app.url_map.bind("localhost").match(
                href.removeprefix(looking.address).partition("?")[0].partition("#")[0]
            )[0]
        )
    except HTTPException:
        return href


def _dead(looking: Looking, page: Page, links: dict[tuple[str, str], tuple[str, str]]) -> list[str]:
    """Links that lead nowhere: one of each kind on each kind of page is followed."""
    ours = {href: path for (_, target), (path, href) in links.items() if target != "elsewhere"}
    answers = {href: page.request.get(href, max_redirects=0).status for href in ours}
    return [
        f"{ours[href]}: its link to {href.removeprefix(looking.address)} answers {status}"
        for href, status in answers.items()
        if status >= 400
    ]
