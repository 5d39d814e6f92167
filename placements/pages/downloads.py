"""Lists of any length as CSV, streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context

from placements import (
    queries,
)
from portal import db
from portal.tables.writing import write_csv


def stream_selected(name: str, columns: Sequence[str], wanted: Any, line: Callable[[Any], Sequence[Any]]) -> Response:
    """A whole list of the database as a file, streamed."""

    def lines() -> Iterator[Sequence[Any]]:
        with db.database().reading() as reading:
            for lot in queries.in_pages(reading, wanted):
                yield from map(line, lot)

    return stream(name, columns, lines())


def stream(name: str, columns: Sequence[str], lines: Iterator[Sequence[Any]]) -> Response:
    """Lines as they come, as a file to open in a spreadsheet."""
    response = Response(
        stream_with_context(write_csv(columns, lines, bom=True)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
