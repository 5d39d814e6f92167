"""A real server, and a headless Chromium whose complaints are written down."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

import demo
from app import create_app
from portal.config import Settings
from tests.conftest import KEYS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
PHONE, SCREEN = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("BROWSER_TESTS") != "required", reason="no Chromium on this machine"
    ),
]
"""Marks of every module that drives the browser. With BROWSER_TESTS=required a machine without one fails instead."""

HARMLESS = (
    "was preloaded using link preload but not used",  # on a busy machine the font comes after the seconds that Chromium grants it
)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - as werkzeug names it
        """Say nothing of the requests."""


@contextmanager
def served(folder: Path) -> Iterator[tuple[Flask, str]]:
    """The application on the SQLite database of a folder, as `make run` serves the demo: (app, address)."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        app = create_app(settings_in(folder, f"http://127.0.0.1:{port}"))
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno(), request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield app, f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join(timeout=10)
            server.server_close()
            app.extensions["database"].dispose()


def settings_in(folder: Path, address: str = "http://127.0.0.1:5000") -> Settings:
    """The settings of `make run` for a database in this folder."""
    return Settings.from_environ({
        "DATABASE_URL": f"sqlite:///{folder / 'portal.db'}", "INSTANCE_DIR": str(folder), "SECRET_KEY": "test" * 12, "DATA_KEYS": KEYS, "DEMO": "1",
        "ALLOW_BACKDATING": "1", "OPEN_APPLICATIONS": "1", "BASE_URL": address, "LOG_LEVEL": "CRITICAL",
    })  # fmt: skip


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield opened
        finally:
            opened.close()


def context(chromium: Browser, size: dict[str, int] = SCREEN, theme: str = "light") -> BrowserContext:
    """A fresh window, signed in to nothing."""
    return chromium.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce", accept_downloads=True)  # type: ignore[arg-type]


def listen(page: Page) -> list[str]:
    """What the browser complains of from now on: errors of scripts, refusals of the content policy, warnings. That a page answered an error is none."""
    said: list[str] = []

    def hear(message: Any) -> None:
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of" not in message.text
            and not any(h in message.text for h in HARMLESS)
        ):
            said.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    return said


def sign_in(page: Page, address: str, email: str) -> None:
    """Come in as one of the demo's people, through the page."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(demo.PASSWORD)
    page.locator("main").get_by_role("button").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def too_wide(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
