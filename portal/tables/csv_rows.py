"""Owns the taking apart of CSV (RFC 4180) into a header and rows of cells, one row at a time.

The file is read strictly. A row that cannot be taken apart becomes `Broken` and reading goes on: after an unclosed
quotation mark at the next line, so that one slip costs one row and never silently swallows those behind it. A single
`'` before a character that a spreadsheet takes for a formula is our own writer's guard and is taken off again.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from portal.tables.bounded import Limits
from portal.tables.faults import Broken, refuse
from portal.tables.writing import unguarded

# The module's own bound on one cell is lower than a row may be long, and a cell too long for its column has a code of its own.
csv.field_size_limit(1 << 24)

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BLOCK = 1 << 17
_SAVED = 1 << 16


class _BadLine(str):
    """Stands for a line that no row can be made of. Its text is a quotation that the strict reader must object to."""

    __slots__ = ("excerpt", "repair")
    excerpt: str
    repair: str

    def __new__(cls, excerpt: str, repair: str) -> _BadLine:
        line = super().__new__(cls, '"bad"line\n')
        line.excerpt, line.repair = excerpt, repair
        return line


class _Lines:
    """The lines of a file, decoded. Those of the present row are kept, so that reading can go back to the second of them."""

    def __init__(self, stream: io.BufferedReader, encoding: str, limits: Limits) -> None:
        self._stream = stream
        self._encoding = encoding
        self._limits = limits
        self._reread = 0
        self._size = 0  # of the further lines of the present row
        self.taken: list[str] = []
        self.again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        taken = self.taken
        yield from self._once_more()
        for block in self._blocks():
            for line in block:
                taken.append(line)
                yield line if len(taken) == 1 else self._within(line)  # Nearly every row is one line.
                if self.again:
                    yield from self._once_more()

    def _once_more(self) -> Iterator[str]:
        while self.again:
            line = self.again.popleft()
            self.taken.append(line)
            yield self._within(line)

    def _within(self, line: str) -> str:
        """A line of the present row, or what ends the row where a quotation mark seems to have been left open."""
        self._size = len(line) if len(self.taken) <= 2 else self._size + len(line)
        if len(self.taken) > self._limits.row_lines or self._size > self._limits.row_bytes:
            return _BadLine(line, "quotes")
        return line

    def _blocks(self) -> Iterator[Iterable[str]]:
        """Many lines at a time: they are decoded together, and one by one only where one of them is bad."""
        longest = self._limits.row_bytes
        while data := self._stream.read(min(_BLOCK, longest)):
            if not data.endswith(b"\n"):
                start = data.rfind(b"\n") + 1
                data += self._stream.readline(longest)
                if len(data) - start > longest:
                    yield chain(self._one_by_one(data[:start]), [self._bad(data[start:], "row_length")])
                    self._pass_over(data)
                    continue
            try:
                text = data.decode(self._encoding)
            except UnicodeDecodeError:
                text = "\0"  # As little to be taken whole as a block that holds one.
            yield self._one_by_one(data) if "\0" in text else io.StringIO(text, newline="\n")

    def _pass_over(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(self._limits.row_bytes)

    def _one_by_one(self, data: bytes) -> Iterator[str]:
        for line in io.BytesIO(data):
            try:
                yield self._bad(line, "nul") if b"\0" in line else line.decode(self._encoding)
            except UnicodeDecodeError:
                yield self._bad(line, "encoding")

    def _bad(self, line: bytes, repair: str) -> _BadLine:
        return _BadLine(line[:_SAVED].decode(self._encoding, "replace").replace("\0", "\ufffd"), repair)

    def begin(self) -> None:
        """Raise Refused for UTF-16, and take off the mark that some programs put before the first line."""
        start = self._stream.peek(4)
        if start.startswith(_UTF16_MARKS):
            raise refuse("unreadable_file", "encoding")
        mark = "\ufeff".encode(self._encoding, "ignore")  # Empty in Windows-1252, which has no such mark.
        if start.startswith(mark):
            self._stream.read(len(mark))

    def go_back(self) -> None:
        """Let the next row begin at the second line of the present one. Raises Refused if that happened too often."""
        further = self.taken[1:]
        self._reread += sum(map(len, further))
        if self._reread > self._limits.reread_bytes:
            raise refuse("unreadable_file", "quotes_everywhere")
        self.again.extendleft(reversed(further))
        self.taken.clear()

    def fault(self) -> tuple[str, str]:
        """Of the present row what can be shown, and the repair."""
        first, bad = self.taken[0], next((line for line in self.taken if isinstance(line, _BadLine)), None)
        excerpt = first.excerpt if isinstance(first, _BadLine) else first[:_SAVED]
        return excerpt.rstrip("\r\n"), bad.repair if bad else "quotes"


def read_csv(
    stream: io.BufferedReader, encoding: str, limits: Limits
) -> tuple[tuple[str, ...], Iterator[list[str] | Broken]]:
    """The names of the header and an iterator over the rows. Raises Refused if there is no readable header."""
    lines = _Lines(stream, encoding, limits)
    lines.begin()
    reader = csv.reader(lines, strict=True)
    try:
        header = tuple(name.strip() for name in next(reader))
    except StopIteration:
        raise refuse("unreadable_file", "no_header") from None
    except csv.Error:
        excerpt, repair = lines.fault()
        raise refuse("unreadable_file", repair, excerpt) from None
    if len(header) > limits.columns:
        raise refuse("too_large", "too_many_columns", limit=limits.columns)
    lines.taken.clear()
    return header, _rows(reader, lines, len(header), limits)


def _rows(reader: Iterator[list[str]], lines: _Lines, width: int, limits: Limits) -> Iterator[list[str] | Broken]:
    taken, blank = lines.taken, 0
    while True:
        try:
            for cells in reader:
                if len(cells) == width:
                    yield [unguarded(cell) for cell in cells] if "'" in taken[0] or len(taken) > 1 else cells
                    taken.clear()
                elif cells:
                    yield _broken(lines, width, "cells", found=str(len(cells)), expected=str(width))
                else:
                    taken.clear()
                    blank += 1
                    if blank > limits.blank_lines:
                        raise refuse("unreadable_file", "blank_lines", limit=limits.blank_lines)
            if not lines.again:
                return
            reader = csv.reader(lines, strict=True)  # The file ended within the present row, and lines of it are left.
        except csv.Error:
            yield _broken(lines, width)


def _broken(lines: _Lines, width: int, repair: str = "", **params: str) -> Broken:
    """The present row as broken; what followed its first line is read again, as it may be rows of its own."""
    first, found = lines.fault()
    lines.go_back()
    return Broken(first, repair or found, _saved(first, width), params)


def _saved(line: str, width: int) -> tuple[str, ...]:
    """The cells of a line as far as they can be told apart; what is too much stays together in the last one."""
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error:
        cells = line.split(",")
    if len(cells) > width:
        cells = [*cells[: width - 1], ",".join(cells[width - 1 :])]
    return tuple(unguarded(cell) for cell in cells) + ("",) * (width - len(cells))
