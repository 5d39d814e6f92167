"""An agency's whole file: one PDF, one ZIP with an index whose hashes are right, and a document that was changed is told."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from io import BytesIO
from zipfile import ZipFile

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import examiner_file, verifying
from agencies.models import Agency
from agencies.verifying import Paper
from portal import clock, files, pdf
from portal.audit import AuditEntry
from portal.permissions import SYSTEM
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_collector, make_contract

DAY = date(2026, 11, 24)


def an_agency(session: Session) -> Agency:
    agency = make_agency(session, "AGY95", legal_name="正衡 #evil[x] & Partners")
    make_contract(session, agency)
    make_collector(session, agency, "c1", full_name="=HYPERLINK(1)")
    actor = make_actor(session)
    file = files.keep(
        session,
        actor,
        files.store().receive(BytesIO(b"%PDF-1.7 a licence"), 1 << 20),
        name="../licence ü.pdf",
        content_type="application/pdf",
    )
    verifying.submit(
        session, actor, agency, Paper("us.licence", "US-CA", "DCLA-1", date(2026, 1, 1)), evidence=file, at=clock.now()
    )
    return agency


def zipped(session: Session) -> ZipFile:
    found = examiner_file.export(session, SYSTEM, an_agency(session), day=DAY, say=str, language="en")
    into = BytesIO()
    examiner_file.write_zip(into, found, examiner_file.as_pdf(found, "The bank", str), files.store(), str)
    return ZipFile(into)


def index_of(archive: ZipFile) -> dict[str, dict[str, str]]:
    text = archive.read("index.csv").decode("utf-8-sig")
    return {row["Path"]: row for row in csv.DictReader(io.StringIO(text))}


def test_the_index_names_every_file_with_its_hash(session: Session) -> None:
    archive = zipped(session)
    index = index_of(archive)
    assert set(archive.namelist()) == {*index, "index.csv"}
    for path, row in index.items():
        content = archive.read(path)
        assert (int(row["Bytes"]), row["SHA-256"]) == (len(content), hashlib.sha256(content).hexdigest())
    (document,) = (path for path in index if path.startswith("documents/"))
    assert ".." not in document.removeprefix("documents/").replace("_", "").split(".pdf")[0]
    assert archive.read(document) == b"%PDF-1.7 a licence"
    assert index[document]["What it is"].endswith("received and unchanged")


def test_cells_that_a_spreadsheet_would_run_are_guarded(session: Session) -> None:
    assert "'=HYPERLINK(1)" in zipped(session).read("collectors.csv").decode()


def test_a_document_that_was_changed_behind_the_portals_back_is_told(session: Session) -> None:
    found = examiner_file.export(session, SYSTEM, an_agency(session), day=DAY, say=str, language="en")
    (files.store().folder / found.documents[0].file.place).write_bytes(b"%PDF-1.7 another")
    into = BytesIO()
    examiner_file.write_zip(into, found, b"%PDF", files.store(), str)
    assert [row["What it is"] for row in index_of(ZipFile(into)).values() if "CHANGED SINCE" in row["What it is"]]


def test_the_pdf_is_made_of_text_and_never_of_markup(session: Session) -> None:
    found = examiner_file.export(session, SYSTEM, an_agency(session), day=DAY, say=str, language="en")
    assert examiner_file.as_pdf(found, "The bank", str).startswith(b"%PDF-")
    assert session.scalars(select(AuditEntry).where(AuditEntry.event == "agencies.file.exported")) is not None


def test_without_a_chinese_font_the_document_says_so(session: Session, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    told: list[str] = []
    monkeypatch.setattr(pdf, "has_chinese", lambda _dir: False)
    monkeypatch.setattr(pdf, "render", lambda _template, data, _dir: told.append(data["warning"]) or b"")
    found = examiner_file.export(session, SYSTEM, an_agency(session), day=DAY, say=str, language="en")
    examiner_file.as_pdf(found, "The bank", str)
    assert "without a font for Chinese characters" in told[0]


def test_the_same_file_has_the_same_bytes(session: Session) -> None:
    found = examiner_file.export(session, SYSTEM, an_agency(session), day=DAY, say=str, language="en")
    assert examiner_file.as_pdf(found, "The bank", str) == examiner_file.as_pdf(found, "The bank", str)


def test_the_catalogue_page_knows_every_place(app: Flask) -> None:
    from agencies import places_asking

    listed = {one.jurisdiction for one in places_asking.listed(DAY)}
    assert {"US-CA", "US-NY-NYC", "CN", "GB", "DE", "NL", "IT", "FR", "IN", "AU", "HK", "SG", "ZA", "CA-ON"} <= listed
    for place in listed:
        assert places_asking.entries(place), place
