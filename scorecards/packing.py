"""A pack of evidence: one ZIP of files with an index that names each, says what it is and gives its SHA-256.

The same files give the same bytes: names are in order and no time of packing stands in it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from portal.tables.writing import write_csv

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
INDEX: Final = "index.csv"
SUMS: Final = "SHA256SUMS"
CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Part:
    """One file of a pack: its name, what it is, and its bytes in pieces."""

    name: str
    meaning: str
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class Line:
    """One line of the index."""

    name: str
    meaning: str
    size: int
    sha256: str


def pack(target: BinaryIO, parts: Iterable[Part]) -> list[Line]:
    """Write the ZIP; the lines of its index. `SHA256SUMS` is the index as `sha256sum -c` reads it."""
    lines = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(parts, key=lambda part: part.name):
            lines.append(_write(archive, part))
        rows = [(line.name, line.meaning, line.size, line.sha256) for line in lines]
        _write(archive, Part(INDEX, "", write_csv(("file", "meaning", "bytes", "sha256"), rows)))
        _write(archive, Part(SUMS, "", ("".join(f"{line.sha256}  {line.name}\n" for line in lines).encode(),)))
    return lines


def digest(stream: BinaryIO) -> str:
    """The SHA-256 of a whole stream, read from its beginning, which is where it stands again afterwards."""
    stream.seek(0)
    found = hashlib.sha256()
    while block := stream.read(CHUNK):
        found.update(block)
    stream.seek(0)
    return found.hexdigest()


def _write(archive: zipfile.ZipFile, part: Part) -> Line:
    info = zipfile.ZipInfo(part.name, EPOCH)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    found, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as stream:
        for piece in part.pieces:
            found.update(piece)
            size += len(piece)
            stream.write(piece)
    return Line(part.name, part.meaning, size, found.hexdigest())


def pieces_of(stream: BinaryIO) -> Iterator[bytes]:
    """A stream in pieces."""
    while block := stream.read(CHUNK):
        yield block
