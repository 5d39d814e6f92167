"""Owns the taking apart of JSON Lines and of JSON arrays into one object a row, with memory for a few rows only.

A line or element that is no sound object becomes `Broken` and reading goes on behind it. What breaks the array itself
(no bracket, no comma, cut off before its end) refuses the file: nobody could tell where its rows are.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any

from portal.tables.bounded import Limits
from portal.tables.faults import Broken, refuse
from portal.tables.strict_json import check, decoder, loads

_CHUNK = 1 << 16
_SPACE = re.compile(r"[ \t\r\n]*")
# A whole text of JSON, a bracket outside of texts, or the quotation mark of a text that does not end here.
_MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]"]', re.DOTALL)

JsonRow = dict[str, Any] | Broken


def read_json_lines(stream: io.BufferedReader, encoding: str, limits: Limits) -> Iterator[JsonRow]:
    """One object a line; empty lines are passed over."""
    blank = 0
    while line := stream.readline(limits.row_bytes + 1):
        if len(line) > limits.row_bytes:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = stream.readline(limits.row_bytes)
            yield _broken(line.decode(encoding, "replace"), "row_length")
            continue
        try:
            text = line.decode(encoding).strip(" \t\r\n\ufeff")
        except UnicodeDecodeError:
            yield _broken(line.decode(encoding, "replace"), "encoding")
            continue
        if text:
            yield _row(text)
            continue
        blank += 1
        if blank > limits.blank_lines:
            raise refuse("unreadable_file", "blank_lines", limit=limits.blank_lines)


def _row(text: str) -> JsonRow:
    try:
        value = loads(text)
    except ValueError:
        return _broken(text, "json")
    return value if isinstance(value, dict) else _broken(text, "json")


def _broken(text: str, repair: str) -> Broken:
    return Broken(text[:_CHUNK].strip(), repair)


def read_json_array(stream: io.BufferedReader, encoding: str, limits: Limits) -> Iterator[JsonRow]:
    """The objects of one array. Raises Refused, also half way, where the array itself cannot be followed."""
    ahead = _Ahead(stream, encoding)
    ahead.expect("[")
    if ahead.peek() == "]":
        ahead.expect("]")
    else:
        yield _element(ahead, limits)
        while ahead.expect(",", "]") == ",":
            yield _element(ahead, limits)
    if ahead.peek():
        raise refuse("unreadable_file", "array", ahead.text)


class _Ahead:
    """Text read ahead of the place where the array is being followed."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        # Undecodable bytes become lone surrogates, by which the element they stand in is known as broken.
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self.text = ""
        self.at = 0
        self.more()
        self.at = self.text.startswith("\ufeff")

    def more(self) -> bool:
        """Read on, in pieces that grow with what is already waiting; False at the end of the file."""
        waiting = self.text[self.at :]
        data = self._stream.read(max(_CHUNK, len(waiting)))
        self.text, self.at = waiting + self._decoder.decode(data, final=not data), 0
        return bool(data)

    def peek(self) -> str:
        """The next character that is no space; empty at the end of the file."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # It matches nothing, too.
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def expect(self, *characters: str) -> str:
        """Pass over one of these characters. Raises Refused where another stands."""
        found = self.peek()
        if found not in characters:
            raise refuse("unreadable_file", "array" if found else "array_cut", self.text[self.at :])
        self.at += 1
        return found


def _element(ahead: _Ahead, limits: Limits) -> JsonRow:
    if ahead.peek() != "{":
        ahead.expect("{")
    while True:
        start = ahead.at
        try:
            value, end = decoder.raw_decode(ahead.text, start)
        except (ValueError, RecursionError):
            value, end = None, _end_of_object(ahead.text, start)
        if end:
            ahead.at = end
            return _sound(value, ahead.text[start:end], limits)
        if len(ahead.text) - start > limits.row_bytes:
            raise refuse("unreadable_file", "array", ahead.text[start:])
        if not ahead.more():
            raise refuse("unreadable_file", "array_cut", ahead.text[start:])


def _sound(value: Any, text: str, limits: Limits) -> JsonRow:
    if len(text) > limits.row_bytes:
        return _broken(text, "row_length")
    try:
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError:
        return _broken(text.encode("utf-8", "replace").decode(), "encoding")
    try:
        check(value, text)
    except (ValueError, RecursionError):
        return _broken(text, "json")
    return value if isinstance(value, dict) else _broken(text, "json")


def _end_of_object(text: str, start: int) -> int:
    """Where the object that begins at `start` ends, going by its brackets alone; 0 if not within the text."""
    depth = 0
    for mark in _MARK.finditer(text, start):
        if mark[0] == '"':
            return 0
        if mark[0] in "{[":
            depth += 1
        elif mark[0] in "}]":
            depth -= 1
            if depth == 0:
                return mark.end()
    return 0
