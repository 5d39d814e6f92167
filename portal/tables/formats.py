"""Owns the file formats that tables come in: which one a body is, and how its bytes become rows.

A format is one entry of `FORMATS`. Its reader takes the plain bytes and gives either a header with rows of cells, or no
header and rows of objects with names. Encodings other than UTF-8 are taken at the sender's word only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from portal.tables.bounded import LIMITS, Limits, bounded
from portal.tables.csv_rows import read_csv
from portal.tables.faults import Broken, refuse
from portal.tables.json_rows import read_json_array, read_json_lines
from portal.tables.xlsx_rows import read_xlsx

Item = list[str] | dict[str, Any] | Broken


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a file as they were sent: lists of cells under `header`, or objects where there is no header."""

    header: tuple[str, ...] | None
    rows: Iterator[Item]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a table."""

    name: str
    media_types: frozenset[str]
    suffixes: tuple[str, ...]
    read: Callable[[io.BufferedReader, str, Limits], Source] | None
    """From the plain bytes and their encoding; None for a workbook, which is no stream of text."""


def _csv(stream: io.BufferedReader, encoding: str, limits: Limits) -> Source:
    header, rows = read_csv(stream, encoding, limits)
    return Source(header, rows)


def _json_lines(stream: io.BufferedReader, encoding: str, limits: Limits) -> Source:
    return Source(None, read_json_lines(stream, encoding, limits))


def _json_array(stream: io.BufferedReader, encoding: str, limits: Limits) -> Source:
    return Source(None, read_json_array(stream, encoding, limits))


def _xlsx(stream: BinaryIO, limits: Limits) -> Source:
    header, rows = read_xlsx(stream, limits)
    return Source(header, rows)


WORKBOOK = "xlsx"
FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format("csv", frozenset({"text/csv", "application/csv"}), (".csv",), _csv),
        Format(
            "jsonl",
            frozenset(
                {"application/jsonl", "application/x-ndjson", "application/x-jsonlines", "application/json-lines"}
            ),
            (".jsonl", ".ndjson"),
            _json_lines,
        ),
        Format("json", frozenset({"application/json"}), (".json",), _json_array),
        Format(
            WORKBOOK,
            frozenset({"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
            (".xlsx",),
            None,
        ),
    )
}

# What browsers and mail programs call a file they know nothing of, or take for a spreadsheet's: its name tells more.
_TELLS_NOTHING = frozenset(
    {"", "application/octet-stream", "text/plain", "application/vnd.ms-excel", "application/gzip", "application/x-gzip"}
)

ENCODINGS: Mapping[str, str] = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
    "windows-1252": "cp1252", "cp1252": "cp1252", "x-cp1252": "cp1252",
}  # fmt: skip
"""Names a sender may declare, with the codec that reads them. GBK and GB 2312 are parts of GB 18030."""


def detect(content_type: str | None, filename: str | None = None) -> str | None:
    """The name of the format of a body, by its media type or, where that tells nothing, by its file name; None if neither knows."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    for entry in FORMATS.values():
        if media_type in entry.media_types:
            return entry.name
    name = (filename or "").lower().removesuffix(".gz")
    if media_type in _TELLS_NOTHING:
        return next((entry.name for entry in FORMATS.values() if name.endswith(entry.suffixes)), None)
    return None


def declared_charset(content_type: str | None) -> str | None:
    """The charset parameter of a media type, lower case; None if it has none."""
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() or None
    return None


_HEAD = 1 << 16
_ZIP = b"PK\x03\x04"
# Two bytes of the Chinese characters and signs in daily use; in the languages of Windows-1252 two such letters hardly ever meet.
_CHINESE = re.compile(rb"[\xa1-\xa3\xb0-\xf7][\xa1-\xfe]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_NEVER_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def detected_charset(head: bytes) -> str | None:
    """Which encoding the first bytes of a text are in, for people who cannot declare one; None where it cannot be told.

    Only what is no UTF-8 is looked at further: nothing else that people write is UTF-8 by accident.
    """
    head = head[:_HEAD]
    try:
        head.decode()
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.end == len(head) == _HEAD and error.reason == "unexpected end of data":
            return "utf-8"
    outside = len(_NOT_ASCII.findall(head))
    if b"\0" not in head and 2 * len(_CHINESE.findall(head)) >= 0.9 * outside:
        return "gb18030"
    return None if b"\0" in head or _NEVER_IN_1252.search(head) or outside > len(head) / 4 else "windows-1252"


def open_source(stream: BinaryIO, format_name: str, *, charset: str | None = None, limits: Limits = LIMITS) -> Source:
    """Begin to read a file, gzip or plain. Raises Refused for an encoding we do not take, or where there is no header."""
    encoding = ENCODINGS.get(charset.lower() if charset else "utf-8")
    if encoding is None:
        raise refuse("unreadable_file", "charset", charset or "", allowed="UTF-8, GB18030, Windows-1252")
    read = FORMATS[format_name].read
    if read is None:  # A zip is read from its end, so it is bounded part by part.
        return _xlsx(stream, limits)
    plain = bounded(stream, limits)
    if plain.peek(4)[:4] == _ZIP:
        raise refuse("unreadable_file", "workbook_undeclared")
    return read(plain, encoding, limits)
