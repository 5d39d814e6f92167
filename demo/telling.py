"""How a story is told: its clock, its people and their keys, the API, and what was told already."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from agencies import queries as agency_queries
from demo.calendar import months_before
from demo.cast import BANK, FINISHED, PANEL, TOLD, WAVES
from portal import audit, clock, keys, queries, sessions, work
from portal.config import Settings
from portal.db import Database
from portal.keys import AGENCY_SCOPES, BANK_SCOPES
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from samples import activity, tape


class Telling:
    """The demo's calendar, its people's keys, and its chapters in order."""

    def __init__(self, app: Flask, accounts: int | None) -> None:
        self.app, self.accounts = app, accounts
        self.db: Database = app.extensions["database"]
        self.settings: Settings = app.extensions["settings"]
        self.http = app.test_client()
        self.started = time.monotonic()
        self.end_day = activity.last_full_day(clock.real_now())
        self.days = [months_before(self.end_day, WAVES - number) for number in range(WAVES)]
        self.opening = self.days[0] - timedelta(days=45)
        self.keys: dict[str, str] = {}
        self.rows: dict[str, tape.Row] = {}
        self.shifts: dict[str, int] = {}

    # people and clock

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant of the story, in the bank's zone."""
        return datetime.combine(day, clock_time(hour, minute), self.settings.bank_zone)

    @contextmanager
    def when(self, day: date, hour: int, minute: int = 0) -> Iterator[datetime]:
        """Hold the clock at a moment of the story."""
        with clock.set_to(self.at(day, hour, minute)):
            yield clock.now()

    def person(self, email: str) -> Actor:
        """The person as an actor."""
        with self.db.reading() as session:
            user = queries.person_by_email(session, email)
            assert user is not None
            return sessions.actor_of(session, user)

    def role(self, role: Role, number: int = 0) -> Actor:
        """The bank's person with this role (the first or second of them)."""
        return self.person([email for mine, email, _, _ in BANK if mine is role][number])

    def say(self, text: str) -> None:
        """Tell the reader what is going on, with the seconds it has taken."""
        print(f"[{self.seconds():5.1f} s] {text}", file=sys.stderr, flush=True)  # noqa: T201

    def seconds(self) -> float:
        """Since the telling began."""
        return time.monotonic() - self.started

    def once(self, part: str, tell: Callable[[], object]) -> None:
        """Tell a part of the story, unless it was told before to this database: what it found then, it may not find again."""
        with self.db.reading() as session:
            if queries.trail_has(session, TOLD, f"demo:{part}"):
                return
        tell()
        with self.db.transaction() as session:
            audit.record(session, SYSTEM, TOLD, f"demo:{part}")

    def is_finished(self) -> bool:
        """True once the whole story was told to this database."""
        with self.db.reading() as session:
            return queries.trail_has(session, FINISHED)

    def end(self) -> None:
        """Revoke the story's keys and remember that it was told."""
        with self.db.transaction() as session:
            for key in queries.keys_named(session, "demo story"):
                if key.revoked_at is None:
                    keys.revoke(session, SYSTEM, key, at=clock.now(), reason="the demo's story is told")
            audit.record(session, SYSTEM, FINISHED, "demo:story", accounts=self.accounts)

    # calls

    def new_keys(self, day: date) -> None:
        """Fresh API keys for everybody in the story, made on that day (a key lives a year)."""
        with self.when(day, 7) as at, self.db.transaction() as session:
            for part in PANEL:
                agency = agency_queries.get(session, SYSTEM, part.code)
                self.keys[part.code] = keys.make(
                    session, SYSTEM, scopes=AGENCY_SCOPES, at=at, agency_id=agency.id, name="demo story"
                )
            for _, email, _, _ in BANK[:4]:
                user = queries.person_by_email(session, email)
                self.keys[email] = keys.make(session, SYSTEM, scopes=BANK_SCOPES, at=at, user=user, name="demo story")

    def call(self, who: str, method: str, path: str, name: str = "", **request: Any) -> TestResponse:
        """Call the API as an agency (by code) or a person (by e-mail); `name` is the Idempotency-Key. Raises on any refusal."""
        headers = {"Authorization": f"Bearer {self.keys[who]}", **request.pop("headers", {})}
        if name:
            headers["Idempotency-Key"] = f"demo-{name}"
        answer = self.http.open(
            f"/api/v1{path}", method=method, headers=headers, base_url=self.settings.base_url, **request
        )
        if answer.status_code >= 400 and not (
            answer.status_code == 409 and "report" in (answer.get_json(force=True, silent=True) or {})
        ):
            raise RuntimeError(
                f"{who} {method} {path} answered {answer.status_code}: {answer.get_data(as_text=True)[:800]}"
            )
        return answer

    def send(self, who: str, path: str, name: str, body: bytes, content_type: str = "text/csv") -> dict[str, Any]:
        """Upload a file and read it now, in this process."""
        answer = self.call(who, "POST", path, name, data=body, content_type=content_type)
        work.drain(self.db)
        found: dict[str, Any] = answer.get_json(force=True)
        return found

    def held(self, code: str, state: str = "") -> list[dict[str, Any]]:
        """An agency's placements, pulled page by page through the API."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.call(code, "GET", f"/placements?limit=1000&state={state}&cursor={cursor}").get_json()
            items += page["items"]
            cursor = page["next"] or ""
            if not cursor:
                return items
