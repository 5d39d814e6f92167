"""Owns the outside of an XLSX file (ECMA-376): its parts, held to bounds while they are unpacked and walked through.

A workbook is a zip of XML documents. Only the parts that a table needs are opened, none is unpacked to memory or disk, and XML is
walked with expat, event by event. Refused are: what is no plain workbook (macros, links to other files, a password), a zip whose parts
overlap or grow too much, and XML with a document type, since entities are declared there.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NoReturn
from xml.parsers import expat

from portal.tables.bounded import Limits
from portal.tables.faults import Refused, refuse

_CHUNK = 1 << 15
_MOST_PARTS = 5_000
_OLE = b"\xd0\xcf\x11\xe0"  # the container of a workbook with a password, and of workbooks before 2007
_MACROS = ("vbaproject.bin", "vbadata.xml")
_ELSEWHERE = "xl/externallinks/"
_DATA_WITHOUT_END = 8 << 20
"""XML bytes that may go by without a single cell: styled blanks and the like. Beyond it a part must say something."""

Attributes = Mapping[str, str]


class Container:
    """The parts of one workbook by their names, which are compared without regard to capitals."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._limits = limits
        start = stream.read(4)
        stream.seek(0)
        if start == _OLE:
            raise refuse("unreadable_file", "old_workbook")
        try:
            self._zip = zipfile.ZipFile(stream)
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise refuse("unreadable_file", "no_workbook") from None
        if len(entries) > _MOST_PARTS:
            raise refuse("too_large", "workbook_parts", limit=_MOST_PARTS)
        self._parts = {entry.filename.lower().lstrip("/"): entry for entry in entries}
        if any(name.endswith(_MACROS) for name in self._parts):
            raise refuse("unreadable_file", "macros")
        if any(name.startswith(_ELSEWHERE) for name in self._parts):
            raise refuse("unreadable_file", "external_links")

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.lower() in self._parts

    def walk(
        self,
        name: str,
        begin: Callable[[str, Attributes], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> Iterator[None]:
        """Walk through one part; control comes back after each piece of it. Element names are given without their namespace.

        Raises Refused where the part is missing, damaged, no plain XML, or grows too much.
        """
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        local = _LocalNames()
        parser.StartElementHandler = lambda tag, attributes: begin(local[tag], attributes)
        parser.EndElementHandler = lambda tag: end(local[tag])
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _no_doctype
        for block in self._unpacked(name):
            try:
                parser.Parse(block, False)
            except (expat.ExpatError, LookupError, ValueError):  # or an encoding that there is not
                raise _damaged() from None
            yield
        try:
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError):  # or an encoding that there is not
            raise _damaged() from None
        yield

    def whole(
        self,
        name: str,
        begin: Callable[[str, Attributes], None],
        end: Callable[[str], None] = lambda _tag: None,
        text: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Walk through a small part at once."""
        for _piece in self.walk(name, begin, end, text):
            pass

    def _unpacked(self, name: str) -> Iterator[bytes]:
        entry = self._parts.get(name.lower())
        if entry is None:
            raise _damaged()
        limits, given = self._limits, 0
        try:
            with self._zip.open(entry) as part:
                while block := part.read(_CHUNK):
                    given += len(block)
                    if given > limits.bytes:
                        raise refuse("too_large", "too_many_bytes", limit=limits.bytes)
                    if given > limits.ratio_from and given > entry.compress_size * limits.ratio:
                        raise refuse("too_large", "workbook_ratio", limit=limits.ratio)
                    yield block
        except Refused:
            raise
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, zlib.error):
            raise _damaged() from None


def relations(container: Container, of: str) -> dict[str, tuple[str, str]]:
    """What one part refers to: by id, the kind of the relation (its last word) and the part's name."""
    folder, _, name = of.rpartition("/")
    found: dict[str, tuple[str, str]] = {}

    def begin(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes.get("TargetMode", "Internal") == "Internal":
            target = attributes.get("Target", "")
            place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], place)

    where = posixpath.join(folder, "_rels", f"{name}.rels") if folder else f"_rels/{name}.rels"
    if container.has(where):
        container.whole(where, begin)
    return found


class _LocalNames(dict[str, str]):
    """Names of elements without their namespace, each cut once."""

    def __missing__(self, tag: str) -> str:
        if len(self) >= 1000:
            self.clear()
        self[tag] = tag.rpartition("}")[2]
        return self[tag]


class Worth:
    """Holds XML to saying something: bytes without cells are work without an end (a sheet of a million empty rows)."""

    def __init__(self) -> None:
        self._left = _DATA_WITHOUT_END

    def spend(self, size: int) -> None:
        """So many more bytes were walked through."""
        self._left -= size
        if self._left < 0:
            raise refuse("too_large", "workbook_empty")

    def earn(self, text: str) -> None:
        """A cell that says something."""
        self._left = min(_DATA_WITHOUT_END, self._left + 400 + 8 * len(text))


def _no_doctype(*_declared: object) -> NoReturn:
    raise refuse("unreadable_file", "entities")


def _damaged() -> Refused:
    return refuse("unreadable_file", "no_workbook")
