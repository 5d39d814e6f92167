"""Two clients for tests: one opens pages as a person, one calls the API with a key. Both say what went wrong when a status is not as expected."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event
from werkzeug.test import TestResponse

from agencies.models import Agency
from portal.db import Database
from portal.people import Role, User
from tests import factories

ORIGIN = "https://localhost"  # the cookie is __Host- and Secure, so the tests speak TLS


class Page(HTMLParser):
    """A page that came: status, title, first heading, links, forms (action: field names) and its visible text."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.response, self.status, self.headers = response, response.status_code, response.headers
        self.title, self.heading, self.text = "", "", ""
        self.links: list[str] = []
        self.forms: dict[str, list[str]] = {}
        self._inside: list[str] = []
        self._form: str | None = None
        if response.mimetype == "text/html":
            self.feed(response.get_data(as_text=True))

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers.get("Location", "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inside.append(tag)
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        if tag == "form":
            self._form = values.get("action") or ""
            self.forms.setdefault(self._form, [])
        if self._form is not None and tag in ("input", "select", "textarea", "button") and values.get("name"):
            self.forms[self._form].append(str(values["name"]))

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if "title" in self._inside and "svg" not in self._inside:
            self.title += data
        if "h1" in self._inside:
            self.heading += data
        if "script" not in self._inside and data.strip():
            self.text += " " + " ".join(data.split())


class PageClient:
    """A browser for tests. `sign_in(user)` is a person coming in without the pages of signing in."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http = app.test_client()
        self.database: Database = app.extensions["database"]

    def sign_in(self, user: User) -> PageClient:
        """Be this person from now on. Returns the client."""
        with self.database.transaction() as session:
            token = factories.begin_session(session, user)
        with self.http.session_transaction(base_url=ORIGIN) as cookie:
            cookie.clear()
            cookie["_user_id"] = token
        return self

    def sign_in_as(self, role: Role | str, agency: Agency | int | None = None, **values: Any) -> User:
        """Be a new person of this role. Returns the person."""
        with self.database.transaction() as session:
            user = factories.make_user(session, role, agency, **values)
        self.sign_in(user)
        return user

    def get(
        self, path: str, status: int = 200, *, title: str | None = None, queries: int | None = None, **kwargs: Any
    ) -> Page:
        """Open a page. `title`: what the title and the first heading must say; `queries`: the most selects it may take."""
        with self.counting() as seen:
            page = Page(self.http.get(path, base_url=ORIGIN, **kwargs))
        self._expect(page, path, status)
        if title is not None:
            assert title in page.title, f"{path}: its title is {page.title!r}"
            assert title in page.heading, f"{path}: its heading is {page.heading!r}"
        if queries is not None:
            assert len(seen) <= queries, f"{path} took {len(seen)} queries:\n" + "\n".join(seen)
        return page

    def post(self, path: str, data: dict[str, Any] | None = None, status: int = 303, **kwargs: Any) -> Page:
        """Send a form, with the session's CSRF token."""
        page = Page(
            self.http.post(path, data={"csrf_token": self.csrf_token(), **(data or {})}, base_url=ORIGIN, **kwargs)
        )
        self._expect(page, path, status)
        return page

    def csrf_token(self) -> str:
        """The token that a form of this session carries."""
        with self.http.session_transaction(base_url=ORIGIN) as cookie:
            raw = cookie.setdefault("csrf_token", "0123456789abcdef")
        return str(URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token").dumps(raw))

    def cookies(self) -> str:
        """The Cookie header this browser would send, for replaying it from elsewhere."""
        found = self.http.get_cookie(self.app.config["SESSION_COOKIE_NAME"], domain="localhost")
        assert found is not None, "There is no session cookie."
        return f"{found.key}={found.value}"

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements sent to the database inside the block."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
                seen.append(statement)

        engines = {self.database.writer, self.database.reader}
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)

    @staticmethod
    def _expect(page: Page, path: str, status: int) -> None:
        assert page.status == status, f"{path} answered {page.status} {page.location or page.text[:1500]}"


class ApiClient:
    """A program with an API key. POSTs carry a fresh Idempotency-Key unless one is given."""

    _numbers = itertools.count(1)

    def __init__(self, app: Flask, key: str | None) -> None:
        self.http = app.test_client()
        self.key = key

    def get(self, path: str, status: int = 200, **kwargs: Any) -> TestResponse:
        """GET below /api/v1."""
        return self._call("GET", path, status, kwargs)

    def post(
        self, path: str, json: Any = None, status: int = 200, *, key: str | None = None, **kwargs: Any
    ) -> TestResponse:
        """POST below /api/v1; `key` is the Idempotency-Key."""
        headers = {"Idempotency-Key": key or f"test-{next(self._numbers)}", **kwargs.pop("headers", {})}
        if json is not None:
            kwargs["json"] = json
        return self._call("POST", path, status, {**kwargs, "headers": headers})

    def _call(self, method: str, path: str, status: int, kwargs: dict[str, Any]) -> TestResponse:
        headers = {**({"Authorization": f"Bearer {self.key}"} if self.key else {}), **kwargs.pop("headers", {})}
        response = self.http.open(f"/api/v1{path}", method=method, headers=headers, base_url=ORIGIN, **kwargs)
        assert response.status_code == status, (
            f"{method} {path} answered {response.status_code} {response.get_data(as_text=True)[:1500]}"
        )
        return response
