"""Every page, for everybody who may open it, in a real browser: nothing breaks, nothing is refused, nothing scrolls sideways, nothing is inaccessible.

The demo is loaded once, with something in every state (furnished.py). Every page is asked for and must answer, with a title and one
heading; the browser opens it, at the width of a phone and of a screen, unless its route was looked at before and it is made of nothing but
tags and classes that were seen on some page. No link leads nowhere.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

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
ACCOUNTS = 250


@dataclass
class Looking:
    """The served demo, the browser, and what was looked at already."""

    app: Flask
    address: str
    chromium: Browser
    token: str
    opened: set[str] = field(default_factory=set)
    seen: set[tuple[str, ...]] = field(default_factory=set)


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
    looking.opened.clear()
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
        answer = page.request.get(looking.address + path)
        html = answer.text()
        faults = [f"answered {answer.status}"] if answer.status != 200 else _unnamed(html)
        if endpoint not in looking.opened or _pieces(html) - looking.seen:
            looking.opened.add(endpoint)
            looking.seen |= _pieces(html)
            faults += _opened(page, looking.address + path)
        wrong += [f"{path}: {fault}" for fault in faults]
        for href in _hrefs(html):
            address = urljoin(looking.address + path, href)
            links[endpoint, _target(looking, address)] = (path, address)
    return wrong + said + _dead(looking, page, links)


def _opened(page: Page, address: str) -> list[str]:
    """What the browser finds: too wide on a phone or a screen, or grave faults of accessibility."""
    page.set_viewport_size(PHONE)
    page.goto(address)
    faults = [f"scrolls sideways by {wide} pixels on a phone"] if (wide := too_wide(page)) > 0 else []
    page.set_viewport_size(SCREEN)
    faults += [f"scrolls sideways by {wide} pixels on a screen"] if (wide := too_wide(page)) > 0 else []
    found = Axe().run(page, options=STANDARDS).response["violations"]
    return faults + [
        f"{one['id']}: {one['help']} {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE
    ]


def _unnamed(html: str) -> list[str]:
    """A page has a title of its own and one heading."""
    title = re.search(r"<title>([^<]*)</title>", html)
    named = title is not None and re.fullmatch(r".+ · Placewell", unescape(title[1]).strip())
    headings = re.findall(r"<h1\b[^>]*>(.*?)</h1>", html, re.S)
    said = len(headings) == 1 and re.sub(r"<[^>]*>|\s", "", headings[0])
    return ([] if named else [f"its title is {title and title[1]!r}"]) + (
        [] if said else [f"its headings are {headings}"]
    )


def _pieces(html: str) -> set[tuple[str, ...]]:
    """The kinds of element a page is made of: tag, classes, role, type."""
    return {
        (
            tag,
            *(
                found[1] if (found := re.search(rf'\s{name}="([^"]*)"', attributes)) else ""
                for name in ("class", "role", "type")
            ),
        )
        for tag, attributes in re.findall(r"<([a-z][a-z0-9]*)((?:\s[^<>]*)?)>", html.partition("<body")[2])
    }


def _hrefs(html: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'<a\b[^>]*\shref="([^"]*)"', html)]


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
