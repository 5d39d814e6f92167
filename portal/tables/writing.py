"""Owns the writing of CSV that people open in a spreadsheet and that comes back to us.

A text that a spreadsheet would take for a formula gets a `'` before it (OWASP, CSV injection); numbers are typed and need
none. The guard can always be taken off again: a text that already looks guarded gets one more. So the rejected rows of a
file, written here, are read by `portal.csv_rows` as exactly the cells that were sent.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

_ACTIVE = "=+\\-@\t\r\n＝＋－＠"
_NEEDS_GUARD = re.compile(f"'*[{_ACTIVE}]")
_GUARDED = re.compile(f"'+[{_ACTIVE}]")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_BATCH = 500
BOM = "\ufeff"


def guarded(text: str) -> str:
    """The text with a `'` before it if a spreadsheet could take it for a formula."""
    return "'" + text if _NEEDS_GUARD.match(text) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]], *, bom: bool = False) -> Iterator[bytes]:
    """The header and the rows as UTF-8 CSV, in pieces. Amounts and counts are given as Decimal and int, never as text.

    `bom` is for files that people open by a double click: spreadsheets then know that it is UTF-8.
    """
    yield from _in_pieces((BOM if bom else "") + _line(columns), (_line(row) for row in rows))


def write_rejected(
    header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Container[str] = (), *, bom: bool = False
) -> Iterator[bytes]:
    """The cells of rejected rows under the header they were sent with: mended, the file is accepted as it is.

    In the columns named in `numbers` a plain number stays bare, so that a negative amount is no guarded text.
    """
    bare = [name in numbers for name in header]
    lines = (
        ",".join(
            cell if is_bare and _NUMBER.fullmatch(cell) else _quoted(cell)
            for is_bare, cell in zip(bare, row, strict=True)
        )
        + "\r\n"
        for row in rows
    )
    yield from _in_pieces((BOM if bom else "") + _line(header), lines)


def _in_pieces(header: str, lines: Iterable[str]) -> Iterator[bytes]:
    piece = [header]
    for line in lines:
        piece.append(line)
        if len(piece) >= _BATCH:
            yield "".join(piece).encode("utf-8", "replace")
            piece.clear()
    if piece:
        yield "".join(piece).encode("utf-8", "replace")


def _line(cells: Iterable[object]) -> str:
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return '"yes"' if value else '"no"'
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (date, datetime)):
        return f'"{value.isoformat()}"'
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + guarded(text).replace('"', '""') + '"'
