"""A report for which there is no room: refused so that it can be sent again, with nothing of it kept."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import files
from portal.db import Database
from portal.people import Role
from portal.reports.models import Report
from tests.clients import ApiClient, PageClient
from tests.factories import make_key
from tests.factories_agencies import make_ready_agency

ROW = b"record_id,account_ref,occurred_at,kind\nr1,A1,2026-02-02T10:00:00Z,call\n"


@contextmanager
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The disk of the file store is full."""

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", refuse)
        yield


def test_a_file_for_which_there_is_no_room_is_refused_with_507_and_taken_later_under_the_same_key(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    db: Database = app.extensions["database"]
    with db.transaction() as session:
        bearer = make_key(
            session,
            scopes="reports:read reports:write",
            agency=make_ready_agency(session, "AGY01", licensed_in=["US-OH"]),
        )
    api, csv = ApiClient(app, bearer), {"Content-Type": "text/csv"}
    with no_room(monkeypatch):
        refused = api.post("/reports/activity", data=ROW, headers=csv, key="k1", status=507)
    assert refused.mimetype == "application/problem+json"
    assert refused.headers["Retry-After"] == "30"
    assert refused.get_json()["type"] == "urn:placewell:problem:insufficient-storage"
    assert stored() == []
    api.post("/reports/activity", data=ROW, headers=csv, key="k1", status=202)
    with db.reading() as session:
        assert len(session.scalars(select(Report)).all()) == 1


def test_a_file_sent_by_page_goes_when_the_commit_finds_no_room(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client.database.transaction() as session:
        agency = make_ready_agency(session, "AGY01", licensed_in=["US-OH"])
    client.sign_in_as(Role.AGENCY_MANAGER, agency)
    fields = {"kind": "activity", "mode": "partial", "act": "send", "file": (BytesIO(ROW), "activity.csv")}

    def refuse(_session: Session) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Session, "commit", refuse)
        client.post("/reports/new", fields, 507, content_type="multipart/form-data")
    assert stored() == []
    fields["file"] = (BytesIO(ROW), "activity.csv")
    client.post("/reports/new", fields, 303, content_type="multipart/form-data")
    assert len(stored()) == 1


def stored() -> list[Path]:
    """Every file in the store."""
    return [path for path in files.store().folder.rglob("*") if path.is_file()]
