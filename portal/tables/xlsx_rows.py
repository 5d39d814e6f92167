"""Owns the taking apart of the first sheet of an XLSX workbook into a header and rows of cells, one row at a time.

A spreadsheet holds numbers and not texts: what it shows as a date is a count of days, and every number is a double. Cells are said
as our files say them: a number with the fifteen digits that spreadsheets keep, a date as YYYY-MM-DD, a date with a time as such
without an offset (a cell has none; the sender's mapping may name the zone), a truth value as yes or no, a formula by its last result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import BinaryIO

from portal.tables.bounded import Limits
from portal.tables.faults import Broken, refuse
from portal.tables.xlsx_container import Attributes, Container, Worth, relations

_CHUNK = 1 << 15
_STRINGS_BYTES = 32 << 20
"""Memory for the workbook's own list of texts: the one thing of it that has to be kept while reading."""
_COLUMN = re.compile("[A-Z]{1,3}")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DATES_BUILT_IN = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_EPOCH_1900, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a cell has no zone
_LAST_DAY = 2_958_465  # 9999-12-31


def read_xlsx(stream: BinaryIO, limits: Limits) -> tuple[tuple[str, ...], Iterator[list[str] | Broken]]:
    """The names in the first row and an iterator over the rows below. Raises Refused for what is no sound workbook, also half way."""
    container = Container(stream, limits)
    book = _workbook(container)
    rows = _rows(container, book, limits)
    header = next(rows, None)
    if header is None:
        raise refuse("unreadable_file", "no_header")
    names = tuple(name.strip() for name in header)
    return names, _fitted(rows, len(names), limits)


@dataclass(frozen=True)
class _Book:
    sheet: str
    texts: list[str]
    dates: frozenset[int]
    """The cell styles that show a number as a date."""
    epoch: datetime


def _workbook(container: Container) -> _Book:
    main = next(
        (place for kind, place in relations(container, "").values() if kind == "officeDocument"), "xl/workbook.xml"
    )
    sheets: list[str] = []
    epoch = [_EPOCH_1900]

    def begin(tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            sheets.extend(
                value for name, value in attributes.items() if name.rpartition("}")[2] == "id" and "}" in name
            )
        elif tag == "workbookPr" and attributes.get("date1904", "0") in ("1", "true"):
            epoch[0] = _EPOCH_1904

    container.whole(main, begin)
    parts = relations(container, main)
    if not sheets or sheets[0] not in parts or parts[sheets[0]][0] != "worksheet":
        raise refuse("unreadable_file", "no_workbook")
    by_kind = dict(parts.values())
    texts = _texts(container, by_kind["sharedStrings"]) if "sharedStrings" in by_kind else []
    dates = _date_styles(container, by_kind["styles"]) if "styles" in by_kind else frozenset()
    return _Book(parts[sheets[0]][1], texts, dates, epoch[0])


def _texts(container: Container, place: str) -> list[str]:
    """The workbook's list of texts; of one with several styles the pieces together, without its reading aid."""
    texts: list[str] = []
    pieces: list[str] = []
    inside = {"t": False, "rPh": False}
    size = 0

    def begin(tag: str, _attributes: Attributes) -> None:
        if tag in inside:
            inside[tag] = True

    def text(piece: str) -> None:
        if inside["t"] and not inside["rPh"]:
            pieces.append(piece)

    def end(tag: str) -> None:
        nonlocal size
        if tag in inside:
            inside[tag] = False
        elif tag == "si":
            texts.append("".join(pieces))
            size += 64 + 4 * len(texts[-1])
            pieces.clear()
            if size > 3 * _STRINGS_BYTES:
                raise refuse("too_large", "workbook_texts")

    walked = 0
    for _piece in container.walk(place, begin, end, text):
        walked += _CHUNK
        if walked > _STRINGS_BYTES:
            raise refuse("too_large", "workbook_texts")
    return texts


def _date_styles(container: Container, place: str) -> frozenset[int]:
    codes: dict[int, str] = {}
    formats: list[int] = []
    inside = [False]

    def begin(tag: str, attributes: Attributes) -> None:
        if tag == "numFmt":
            codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            inside[0] = True
        elif tag == "xf" and inside[0] and len(formats) < 65_536:
            formats.append(_whole(attributes.get("numFmtId")))

    def end(tag: str) -> None:
        inside[0] = inside[0] and tag != "cellXfs"

    container.whole(place, begin, end)
    return frozenset(
        style
        for style, number in enumerate(formats)
        if number in _DATES_BUILT_IN or _shows_a_date(codes.get(number, ""))
    )


def _shows_a_date(code: str) -> bool:
    """Whether a number format has a part of a date or a time in it, outside of what it quotes."""
    plain = _QUOTED.sub("", code.partition(";")[0]).lower()
    return "general" not in plain and any(letter in plain for letter in "ymdhs")


class _Sheet:
    """What is met while a sheet is walked through: rows, each with its cells by the number of their column."""

    def __init__(self, book: _Book, limits: Limits) -> None:
        self.worth = Worth()
        self.done: list[list[str]] = []
        self._book, self._limits = book, limits
        self._row: dict[int, str] = {}
        self._size = 0
        self._at = -1
        self._kind, self._style, self._tag, self._aside = "n", 0, "", False
        self._pieces: list[str] = []
        self._columns: dict[str, int] = {}

    def begin(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._at = self._column(attributes.get("r"))
            self._kind, self._style = attributes.get("t", "n"), _whole(attributes.get("s"))
            self._pieces.clear()
        elif tag in ("v", "t"):
            self._tag = "" if self._aside else tag
        elif tag == "rPh":
            self._aside = True
        elif tag == "row":
            self._row, self._at, self._size = {}, -1, 0

    def text(self, piece: str) -> None:
        if self._tag:
            self._size += len(piece)
            if self._size > self._limits.row_bytes:
                raise refuse("too_large", "workbook_row")
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._tag = ""
        elif tag == "rPh":
            self._aside = False
        elif tag == "c" and self._pieces:
            said = self._said("".join(self._pieces))
            if said.strip():
                self._row[self._at] = said
                self.worth.earn(said)
                if self._at >= 4 * self._limits.columns:
                    raise refuse("too_large", "too_many_columns", limit=self._limits.columns)
        elif tag == "row" and self._row:
            self.done.append([self._row.get(at, "") for at in range(max(self._row) + 1)])

    def _column(self, place: str | None) -> int:
        """The number of the column that a cell such as BC7 is in; the next one where the cell does not say."""
        if not place:
            return self._at + 1
        letters = place.rstrip("0123456789")
        found = self._columns.get(letters)
        if found is None:
            if not _COLUMN.fullmatch(letters):
                raise refuse("unreadable_file", "no_workbook")
            found = reduce(lambda number, letter: number * 26 + ord(letter) - 64, letters, 0) - 1
            self._columns[letters] = found
        return found

    def _said(self, text: str) -> str:
        if self._kind == "s":
            at = _whole(text, -1)
            if not 0 <= at < len(self._book.texts):
                raise refuse("unreadable_file", "no_workbook")
            return self._book.texts[at]
        if self._kind == "b":
            return "yes" if text == "1" else "no"
        if self._kind == "n":
            return _date(text, self._book.epoch) if self._style in self._book.dates else _number(text)
        return text  # a text of the cell itself, a formula's text, a date as ISO 8601, an error such as #REF!


def _rows(container: Container, book: _Book, limits: Limits) -> Iterator[list[str]]:
    sheet = _Sheet(book, limits)
    for _piece in container.walk(book.sheet, sheet.begin, sheet.end, sheet.text):
        sheet.worth.spend(_CHUNK)
        if sheet.done:
            yield from sheet.done
            sheet.done.clear()


def _fitted(rows: Iterator[list[str]], width: int, limits: Limits) -> Iterator[list[str] | Broken]:
    """Rows as wide as the header: empty cells at the end are not in the file; filled ones beyond the header belong nowhere."""
    if width > limits.columns:
        raise refuse("too_large", "too_many_columns", limit=limits.columns)
    for cells in rows:
        if len(cells) <= width:
            yield cells + [""] * (width - len(cells))
        else:
            saved = (*cells[: width - 1], ",".join(cells[width - 1 :]))
            yield Broken(",".join(cells), "cells", saved, {"found": str(len(cells)), "expected": str(width)})


def _number(text: str) -> str:
    """A double as the fifteen digits that a spreadsheet shows of it, never with an exponent: 0.1, not 0.10000000000000001."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return text
    try:
        number = Decimal(f"{float(text):.15g}")
        return f"{number:f}" if number.is_finite() and abs(number.adjusted()) < 30 else text
    except (ValueError, InvalidOperation):
        return text


def _date(text: str, epoch: datetime) -> str:
    """The day, with the time to the second where there is one, that a count of days stands for; the number itself if for none."""
    try:
        days = float(text)
    except ValueError:
        return text
    if not 1 <= days <= _LAST_DAY or (epoch is _EPOCH_1900 and days < 61):
        return _number(text)  # a time of day alone; or before March 1900, where spreadsheets count a day that never was
    moment = epoch + timedelta(seconds=round(days * 86_400))
    return moment.date().isoformat() if days == int(days) else moment.isoformat()


def _whole(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
