"""Bodies on their way in: a file into the store, or a few rows into values."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import request

from portal import clock
from portal.errors import N_, DomainError, Invalid
from portal.files import FileStore, TooLarge
from portal.tables.bounded import Limits, bounded
from portal.tables.faults import Problem, Refused
from portal.tables.formats import declared_charset, detect
from portal.tables.model import Table
from portal.tables.problems import message
from portal.tables.reading import read_table


class Unsupported(DomainError):
    """A body of a kind that is not read here."""

    status = 415
    title = N_("This kind of body is not read here")


@dataclass(frozen=True)
class Upload:
    """A file in the store, plain (unpacked if it came as gzip), that is not yet anybody's evidence. The hash is of the plain bytes."""

    place: str
    size: int
    sha256: str
    format_name: str
    charset: str | None
    filename: str
    content_type: str


def too_large(limit: int) -> TooLarge:
    """The refusal of a body beyond `limit` bytes."""
    return TooLarge(N_("The body has more than %(limit)s MB. Send it in parts."), limit=limit >> 20)


def from_request(store: FileStore, limit: int) -> Upload:
    """The request's file, streamed into the store: the body itself, or the part `file` of a form.

    Raises Unsupported, TooLarge, Invalid (a broken gzip) or BadRequest; nothing stays in the store then.
    """
    if request.mimetype == "multipart/form-data":
        part = request.files.get("file")
        if part is None or not part.filename:
            raise Invalid(N_("Choose a file: the form's field `file` is empty."), fields={"file": N_("Choose a file.")})
        return store_upload(store, cast(BinaryIO, part.stream), part.content_type or "", part.filename, limit)
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Unsupported(N_("Content-Encoding may be gzip or absent."))
    return store_upload(store, cast(BinaryIO, request.stream), request.content_type or "", "", limit)


def store_upload(store: FileStore, stream: BinaryIO, content_type: str, filename: str, limit: int) -> Upload:
    """Store any stream as an upload; its format is told by media type or file name."""
    format_name = detect(content_type, filename)
    if format_name is None:
        raise Unsupported(
            N_(
                "Send CSV (text/csv), JSON Lines (application/jsonl), a JSON array (application/json) or an Excel workbook (.xlsx)."
            )
        )
    try:
        received = store.receive(bounded(stream, Limits(bytes=limit)), limit)
    except Refused as refused:
        if refused.code == "too_large":
            raise TooLarge(N_("The file is too large: %(why)s"), why=str(message(refused.problems[0]))) from refused
        raise Invalid(N_("The file cannot be read: %(why)s"), why=str(message(refused.problems[0]))) from refused
    return Upload(
        received.place,
        received.size,
        received.sha256,
        format_name,
        declared_charset(content_type),
        filename,
        content_type,
    )


@dataclass(frozen=True)
class Parsed:
    """The rows of a small body: (row number, values by column) of the sound ones, problems of the others, how many were refused."""

    rows: list[tuple[int, dict[str, Any]]]
    problems: list[dict[str, Any]]
    rejected: int


def rows_of_request(table: Table, limit: int) -> Parsed:
    """Rows sent as a JSON array, JSON Lines or CSV. Raises Unsupported, or Invalid where the body as a whole cannot be read."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    format_name = detect(request.content_type, None)
    if format_name is None:
        raise Unsupported(N_("Send a JSON array (application/json) or CSV (text/csv)."))
    rows: list[tuple[int, dict[str, Any]]] = []
    problems: list[dict[str, Any]] = []
    rejected = 0
    try:
        stream = io.BytesIO(request.get_data(cache=True))
        for number, values, faults, _cells in read_table(
            stream,
            table,
            format_name,
            now=clock.now(),
            charset=declared_charset(request.content_type),
            limits=Limits(bytes=limit),
        ):
            if values is None:
                rejected += 1
                problems += [shown(fault) for fault in faults]
            else:
                rows.append((number, dict(zip(table.names, values, strict=True))))
    except Refused as refused:
        raise Invalid(
            N_("The body cannot be read: %(why)s"),
            why="; ".join(str(message(problem)) for problem in refused.problems[:5]),
        ) from refused
    return Parsed(rows, problems, rejected)


def shown(problem: Problem) -> dict[str, Any]:
    """A problem as the API shows it, in the reader's language."""
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "message": str(message(problem)),
        "value": problem.value,
    }
