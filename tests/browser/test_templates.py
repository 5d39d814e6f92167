"""What can be told of the templates without a browser: no inline style or script, no missing icon, no leak through a 404."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.browser.gallery import PAGES, create_gallery

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FLOORS = ("portal", "agencies", "placements", "activity", "ledger", "conduct", "scorecards")
BOOTSTRAP = Path(str(files("flask_bootstrap"))) / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
BOOTSTRAP_ICONS = set(re.findall(r'<symbol [^>]*id="([^"]+)"', BOOTSTRAP.read_text()))
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
FORBIDDEN = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style", re.IGNORECASE),
    "a script without a file": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>{}]*\son[a-z]+\s*=", re.IGNORECASE),
    "an address of somebody else": re.compile(r"(?:src|href)=\"(?:https?:)?//", re.IGNORECASE),
}


@pytest.fixture(scope="module")
def gallery() -> FlaskClient:
    return create_gallery().test_client()


def _text(paths: Iterable[Path]) -> str:
    return "\n".join(path.read_text() for path in paths)


def _address(name: str) -> str:
    return "/" if name == "home" else f"/{name}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_nothing_the_content_policy_refuses(template: Path) -> None:
    text = template.read_text()
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_the_check_above_would_notice() -> None:
    bad = '<p style="x"><style></style><script>1</script><a onclick="x" href="https://elsewhere">'
    assert all(pattern.search(bad) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_icon_a_template_names_is_in_the_sprite(template: Path) -> None:
    assert set(re.findall(r"\bicon\('([\w-]+)'", template.read_text())) <= SPRITE


def test_every_icon_given_to_a_button_or_an_entry_of_the_navigation_is_in_the_sprite() -> None:
    calls = "\n".join(
        re.findall(r"\{[{%-]+\s*(?:call\s+)?(?:button_link|submit|post_button|confirm|empty)\(.*", _text(TEMPLATES))
    )
    calls = re.sub(r"\{'[^}]*\}|'act', '[\w-]+'", "", calls)  # what a form sends along names no icon
    named = set(re.findall(r"'([\w-]+)'", calls)) & BOOTSTRAP_ICONS
    named |= set(
        re.findall(
            r"\"icon\":\s*\"([\w-]+)\"", _text(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
        )
    )
    assert named
    assert named <= SPRITE, f"add to static/icons.svg: {sorted(named - SPRITE)}"


@pytest.mark.parametrize("name", PAGES)
def test_every_icon_of_a_rendered_page_is_in_the_sprite(gallery: FlaskClient, name: str) -> None:
    used = set(re.findall(r"icons\.svg#([\w-]+)", gallery.get(_address(name)).text))
    assert used
    assert used <= SPRITE


@pytest.mark.parametrize("name", PAGES)
def test_every_id_stands_once_on_a_page(gallery: FlaskClient, name: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', gallery.get(_address(name)).text)
    assert sorted(set(ids)) == sorted(ids)


def test_two_404_pages_are_the_same_to_the_byte(gallery: FlaskClient) -> None:
    hidden, missing = gallery.get("/error/404?of=hidden"), gallery.get("/error/404?of=missing")
    assert hidden.data == missing.data


def test_a_value_is_escaped_wherever_it_is_shown(gallery: FlaskClient) -> None:
    page = gallery.get("/agencies?q=%3Cscript%3Ealert(1)%3C/script%3E&sort=%22%3E%3Ci%3E").text
    assert "<script>alert" not in page
    assert '"><i>' not in page
    assert "&#34;&gt;&lt;i&gt;" in page


def test_the_filter_form_keeps_the_order_and_a_chip_takes_only_its_own_filter_away(gallery: FlaskClient) -> None:
    page = gallery.get("/agencies?state=approved&expires=2027-03-31&sort=name&cursor=abc").text
    assert '<input type="hidden" name="sort" value="name">' in page
    assert 'name="cursor"' not in page
    chips = re.findall(r'class="chip" href="(/agencies[^"]*)"><span class="visually-hidden">Remove', page)
    assert chips == ["/agencies?expires=2027-03-31&amp;sort=name", "/agencies?state=approved&amp;sort=name"]
