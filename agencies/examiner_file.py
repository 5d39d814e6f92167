"""Owns an agency's whole file as an examiner gets it: one value of sections, made into one PDF, or one ZIP with an index and hashes.

The ZIP holds the PDF, each section as CSV, every document as it was received, and `index.csv`: path, bytes, SHA-256 and what it is. A
document whose bytes are no longer those that were received is named as such in the index and is not passed on as sound.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy.orm import Session

from agencies import queries
from agencies.clearance import cleared_on
from agencies.credentials import credential_name, lacking, sentences, state_on
from agencies.events import FILE_EXPORTED
from agencies.models import Agency
from agencies.territory import territory
from portal import audit, pdf
from portal.errors import N_
from portal.files import CHUNK, FileStore, StoredFile
from portal.permissions import Actor
from portal.tables.writing import write_csv

Say = Callable[[str], str]
TEMPLATE: Final = "agency_file.typ"
UNSAFE = re.compile(r"[^\w.\-]+", re.ASCII)


@dataclass(frozen=True)
class Section:
    """One part of the file: its name in the ZIP, what it is called, and its rows. `widths` are shares of a page's breadth."""

    name: str
    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Document:
    """A file that proves something, and what it proves."""

    file: StoredFile
    about: str


@dataclass(frozen=True)
class AgencyFile:
    """Everything the bank has on an agency besides its accounts."""

    code: str
    name: str
    day: date
    language: str
    sections: tuple[Section, ...]
    documents: tuple[Document, ...]


def export(session: Session, actor: Actor, agency: Agency, *, day: date, say: Say, language: str) -> AgencyFile:
    """Collect an agency's file and record that somebody took it. In the words of a language."""
    audit.record(session, actor, FILE_EXPORTED, f"agency:{agency.code}", day=day)
    credentials = queries.all_credentials(session, agency)
    proofs: dict[int, tuple[StoredFile, list[str]]] = {}
    for one in credentials:
        if (found := queries.evidence_of(session, one)) is not None:
            proofs.setdefault(found.id, (found, []))[1].append(f"{one.code} {one.jurisdiction} {one.number}".strip())
    documents = [Document(proof, "; ".join(proven)) for proof, proven in proofs.values()]
    sections = (
        _about(agency, say),
        _history(session, agency, say),
        _territory(session, agency, day, say, language),
        _credentials(credentials, day, say, language),
        _looks(session, agency, say, language),
        _exemptions(session, agency, say, language),
        _contracts(session, agency, say),
        _clauses(session, agency, say),
        _collectors(session, agency, day, say),
    )
    return AgencyFile(agency.code, agency.legal_name, day, language, sections, tuple(documents))


def as_pdf(file: AgencyFile, bank: str, say: Say, font_dir: str = "") -> bytes:
    """The whole file as one PDF. Where no font has Chinese characters, the document says so at its head."""
    warning = "" if pdf.has_chinese(font_dir) else say(NO_FONT)
    return pdf.render(
        TEMPLATE,
        {
            "title": file.name, "subtitle": say(_SUBTITLE) % {"code": file.code, "day": file.day}, "footer": f"{bank} · {file.code} · {file.day}",
            "warning": warning, "nothing": say(N_("Nothing on record.")), "lang": file.language[:2],
            "sections": [
                {"title": one.title, "columns": one.columns, "widths": one.widths, "rows": one.rows} for one in file.sections
            ],
        },
        font_dir,
    )  # fmt: skip


NO_FONT = N_(
    "This document was made without a font for Chinese characters, so some names may be missing. Install Noto Sans CJK on the server, or name a folder with such a font in PDF_FONT_DIR, and export it again."
)
_SUBTITLE = N_("%(code)s, file of %(day)s")
STATES = {True: N_("received and unchanged"), False: N_("CHANGED SINCE IT WAS RECEIVED")}


def write_zip(target: IO[bytes], file: AgencyFile, document: bytes, store: FileStore, say: Say) -> None:
    """The whole file as one ZIP: the PDF, sections, documents, and the index of them all with sizes and SHA-256."""
    index: list[tuple[str, int, str, str]] = []
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        _add(archive, index, file, f"{file.code}.pdf", document, file.name)
        for one in file.sections:
            _add(
                archive, index, file, f"{one.name}.csv", b"".join(write_csv(one.columns, one.rows, bom=True)), one.title
            )
        for number, proof in enumerate(file.documents, 1):
            _add_document(archive, index, file, number, proof, store, say)
        columns = tuple(map(say, (N_("Path"), N_("Bytes"), "SHA-256", N_("What it is"))))
        archive.writestr(_entry("index.csv", file.day), b"".join(write_csv(columns, index, bom=True)))


def _add(archive: ZipFile, index: list[Any], file: AgencyFile, path: str, content: bytes, about: str) -> None:
    archive.writestr(_entry(path, file.day), content)
    index.append((path, len(content), hashlib.sha256(content).hexdigest(), about))


def _add_document(
    archive: ZipFile, index: list[Any], file: AgencyFile, number: int, proof: Document, store: FileStore, say: Say
) -> None:
    """A stored document, hashed anew while it is copied: the index says whether it is what was received."""
    path = f"documents/{number:03}-{UNSAFE.sub('_', proof.file.name)[-80:]}"
    digest, size = hashlib.sha256(), 0
    with store.open(proof.file.place) as source, archive.open(_entry(path, file.day), "w") as into:
        while block := source.read(CHUNK):
            digest.update(block)
            size += len(block)
            into.write(block)
    is_sound = digest.hexdigest() == proof.file.sha256
    index.append((path, size, digest.hexdigest(), f"{proof.about}: {say(STATES[is_sound])}"))


def _entry(path: str, day: date) -> ZipInfo:
    """The same file has the same bytes whenever it is made on a day."""
    entry = ZipInfo(path, (day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    return entry


# -- sections ------------------------------------------------------------------------------------------------------------


def _section(
    name: str, title: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Any]], say: Say
) -> Section:
    return Section(
        name,
        say(title),
        tuple(say(column) for column, _width in columns),
        tuple(width for _column, width in columns),
        tuple(tuple(_written(cell, say) for cell in row) for row in rows),
    )


def _written(cell: Any, say: Say) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return say(N_("yes")) if cell else say(N_("no"))
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="minutes")
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _state(value: str, say: Say) -> str:
    return say(value.replace("_", " ").capitalize())


def _about(agency: Agency, say: Say) -> Section:
    rows = (
        (say(N_("Code")), agency.code), (say(N_("Name")), agency.name), (say(N_("Legal name")), agency.legal_name),
        (say(N_("Country")), agency.country), (say(N_("Status")), _state(agency.status.value, say)), (say(N_("E-mail")), agency.email),
        (say(N_("Telephone")), agency.phone), (say(N_("On the list since")), agency.created_at),
    )  # fmt: skip
    return _section("about", N_("About"), ((N_("What"), 1), (N_("Value"), 3)), rows, say)


def _history(session: Session, agency: Agency, say: Say) -> Section:
    rows = [(one.at, _state(one.after.value, say), one.by, one.reason) for one in queries.history(session, agency)]
    columns = ((N_("When"), 2), (N_("Status"), 1), (N_("By"), 1), (N_("Reason"), 3))
    return _section("history", N_("History"), columns, rows, say)


def _territory(session: Session, agency: Agency, day: date, say: Say, language: str) -> Section:
    facts = queries.facts(session, [agency.id])[agency.id]
    rows = [
        (
            one.jurisdiction,
            one.name,
            not one.lacks,
            " ".join(sentences(lacking(facts, one.jurisdiction, None, day), say, language)),
        )
        for one in territory(facts, day)
    ]
    columns = ((N_("Place"), 1), (N_("Name"), 2), (N_("May collect"), 1), (N_("What it lacks"), 5))
    return _section("territory", N_("Where it may collect"), columns, rows, say)


def _credentials(credentials: Sequence[Any], day: date, say: Say, language: str) -> Section:
    rows = [
        (
            credential_name(one.code, language), one.jurisdiction, one.collector_id, one.number,
            _state(state_on(one.state, one.valid_until, day).value, say), one.valid_from, one.valid_until, one.ended_on, one.amount,
        )
        for one in credentials
    ]  # fmt: skip
    columns = (
        (N_("Credential"), 4), (N_("Place"), 2), (N_("Collector"), 2), (N_("Number"), 3), (N_("State"), 2), (N_("First day"), 2),
        (N_("Last day"), 2), (N_("First day without it"), 2), (N_("Amount"), 2),
    )  # fmt: skip
    return _section("credentials", N_("Credentials"), columns, rows, say)


def _looks(session: Session, agency: Agency, say: Say, language: str) -> Section:
    rows = [
        (
            look.at,
            credential_name(one.code, language),
            one.jurisdiction,
            one.number,
            _state(look.outcome.value, say),
            look.by,
            look.seen,
            look.sha256,
        )
        for look, one in queries.looks_of(session, agency)
    ]
    columns = (
        (N_("When"), 3), (N_("Credential"), 4), (N_("Place"), 2), (N_("Number"), 3), (N_("Found"), 2), (N_("By"), 2), (N_("What was seen"), 4),
        (N_("SHA-256 of the document"), 5),
    )  # fmt: skip
    return _section("looks", N_("Who looked at them"), columns, rows, say)


def _exemptions(session: Session, agency: Agency, say: Say, language: str) -> Section:
    rows = [
        (
            credential_name(one.code, language),
            one.jurisdiction,
            one.ground,
            one.reason,
            one.valid_from,
            one.valid_until,
            one.proposed_by,
            one.approved_by,
        )
        for one in queries.exemptions_of(session, agency)
    ]
    columns = (
        (N_("Credential"), 3), (N_("Place"), 1), (N_("Ground"), 2), (N_("Reason"), 4), (N_("First day"), 2), (N_("Last day"), 2),
        (N_("Proposed by"), 2), (N_("Approved by"), 2),
    )  # fmt: skip
    return _section("exemptions", N_("Exemptions"), columns, rows, say)


def _contracts(session: Session, agency: Agency, say: Say) -> Section:
    demands = queries.demands_of(session, [agency.id])
    rows = [
        (
            one.number, one.version, _state(one.state.value, say), one.valid_from, one.valid_until, one.capacity_accounts, one.concentration,
            one.min_share, one.settlement_floor, " ".join(demand.code for demand in demands.get(one.id, ())), one.created_by, one.approved_by,
        )
        for one in queries.contracts_of(session, agency)
    ]  # fmt: skip
    columns = (
        (N_("Number"), 3), (N_("Version"), 1), (N_("State"), 2), (N_("First day"), 2), (N_("Last day"), 2), (N_("Most open accounts"), 2),
        (N_("Concentration"), 2), (N_("Least share"), 2), (N_("Settles from"), 2), (N_("It demands"), 4), (N_("Drafted by"), 2), (N_("Approved by"), 2),
    )  # fmt: skip
    return _section("contracts", N_("Contracts"), columns, rows, say)


def _clauses(session: Session, agency: Agency, say: Say) -> Section:
    contracts = queries.contracts_of(session, agency)
    terms = queries.terms_of(session, [one.id for one in contracts])
    rows = [
        (
            f"{one.number} v{one.version}", term.clause, term.product, term.balance_from, term.balance_to, term.late_from, term.late_to, term.tier,
            term.rate, term.direct_rate, term.valid_from, term.valid_until, term.text,
        )
        for one in contracts
        for term in terms.get(one.id, ())
    ]  # fmt: skip
    columns = (
        (N_("Contract"), 3), (N_("Clause"), 1), (N_("Product"), 2), (N_("Balance from"), 2), (N_("Balance below"), 2), (N_("Days late from"), 1),
        (N_("Days late below"), 1), (N_("Tier"), 1), (N_("Fee"), 2), (N_("Fee on direct payments"), 2), (N_("First day"), 2), (N_("Last day"), 2),
        (N_("Wording"), 6),
    )  # fmt: skip
    return _section("clauses", N_("Clauses"), columns, rows, say)


def _collectors(session: Session, agency: Agency, day: date, say: Say) -> Section:
    rows = [
        (
            one.collector_id,
            one.full_name,
            one.active_from,
            one.active_to,
            one.background_check_on,
            one.training_on,
            one.training_until,
            cleared_on(one, day),
        )
        for one in queries.roster(session, agency)
    ]
    columns = (
        (N_("Collector"), 2), (N_("Name"), 3), (N_("Active from"), 2), (N_("Active to"), 2), (N_("Background checked"), 2), (N_("Trained"), 2),
        (N_("Training valid until"), 2), (N_("Cleared"), 1),
    )  # fmt: skip
    return _section("collectors", N_("Collectors"), columns, rows, say)
