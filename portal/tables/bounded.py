"""Owns the bytes of a file on their way in: unpacked where they are gzip, and never more of them than allowed."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from portal.tables.faults import refuse

_CHUNK = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be. A bound exists so that no file, however made, can take the memory or time of others."""

    bytes: int = 1 << 30
    """After unpacking."""
    ratio: int = 200
    """Unpacked bytes for each packed byte; tested beyond the first `ratio_from` unpacked bytes."""
    ratio_from: int = 1 << 20
    row_bytes: int = 1 << 20
    """One row, with all line breaks inside its cells."""
    row_lines: int = 200
    reread_bytes: int = 16 << 20
    """How much may be read twice to find the next sound row after an unclosed quotation mark."""
    rows: int = 5_000_000
    hopeless_rows: int = 20_000
    """So many rows at the beginning of a file of which not a single cell can be read say that it is something else."""
    blank_lines: int = 1_000_000
    columns: int = 200


LIMITS = Limits()


def bounded(stream: BinaryIO, limits: Limits = LIMITS) -> io.BufferedReader:
    """The plain bytes of `stream`, unpacked if they begin as gzip does. Reading raises Refused where a limit is passed."""
    source: io.BufferedReader = io.BufferedReader(_Measured(stream, limits.bytes), _CHUNK)
    if source.peek(2)[:2] == _GZIP_MAGIC:
        return io.BufferedReader(_Unpacked(source, limits), _CHUNK)
    return source


class _Measured(io.RawIOBase):
    """A stream that refuses to go on after so many bytes."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(target))
        self._count += len(data)
        if self._count > self._limit:
            raise refuse("too_large", "too_many_bytes", limit=self._limit)
        target[: len(data)] = data
        return len(data)


class _Unpacked(io.RawIOBase):
    """The content of a gzip stream of one or more members, held to the limits of size and of ratio."""

    def __init__(self, packed: io.BufferedReader, limits: Limits) -> None:
        self._packed = packed
        self._limits = limits
        self._taken = 0
        self._given = 0
        self._input = b""
        self._member = zlib.decompressobj(wbits=31)

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        data = b""
        while not data:
            if self._member.eof and not self._next_member():
                return 0
            if not self._input and not self._fill():
                raise refuse("unreadable_file", "gzip_cut")
            data = self._inflate(len(target))
        self._given += len(data)
        self._stay_within()
        target[: len(data)] = data
        return len(data)

    def _fill(self) -> bool:
        self._input = self._packed.read1(_CHUNK)
        self._taken += len(self._input)
        return bool(self._input)

    def _inflate(self, room: int) -> bytes:
        try:
            data = self._member.decompress(self._input, room)
        except zlib.error:
            raise refuse("unreadable_file", "gzip_damaged") from None
        self._input = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return data

    def _next_member(self) -> bool:
        if not self._input and not self._fill():
            return False
        self._member = zlib.decompressobj(wbits=31)
        return True

    def _stay_within(self) -> None:
        if self._given > self._limits.bytes:
            raise refuse("too_large", "too_many_bytes", limit=self._limits.bytes)
        if self._given > self._limits.ratio_from and self._given > self._taken * self._limits.ratio:
            raise refuse("too_large", "packed_too_tight", limit=self._limits.ratio)
