"""Owns the process of its own in which a stranger's file is taken apart, with bounds on memory and time that it cannot pass.

The process knows no secret, no database and no setting, writes no file, and hands rows to its parent through a pipe, a thousand at a time;
the parent goes on typing them while the next thousand is taken apart. A file that takes more than its bounds ends with its process and is
refused; whoever reads it, and everybody else's files, go on. What comes packed or nested is read so: workbooks, gzip, JSON arrays. Lines of
plain text are bounded one by one where they are read, and small files by their size.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO

from portal.tables import formats
from portal.tables.bounded import LIMITS, Limits
from portal.tables.faults import Broken, Problem, Refused, refuse
from portal.tables.formats import Item, Source
from portal.tables.strict_json import Written

SMALL = 1 << 20
"""Bytes of a JSON array up to which it is taken apart where it is read."""
MEMORY = 300 << 20
_BATCH = 1000
_IN_LINES = ("csv", "jsonl")
_ROOT = Path(__file__).parents[2]
_PROGRAM = "from portal.tables.quarantine import work; work()"
_KNOWN = {(kind.__module__, kind.__qualname__): kind for kind in (Broken, Problem, Written)}


def open_source(stream: BinaryIO, format_name: str, *, charset: str | None = None, limits: Limits = LIMITS) -> Source:
    """As `formats.open_source`, with the taking apart of anything packed or nested done in a process of its own.

    Raises Refused, here or while the rows are read, and RuntimeError where that process was ended by somebody else.
    """
    size = _size(stream)
    is_plain = format_name in _IN_LINES or (format_name != formats.WORKBOOK and size is not None and size <= SMALL)
    if is_plain and not _is_packed(stream):
        return formats.open_source(stream, format_name, charset=charset, limits=limits)
    file = _as_file(stream)
    try:
        rows = _Rows(file, (format_name, charset, asdict(limits), _seconds(size or SMALL)))
    finally:
        if file is not stream:
            file.close()
    return Source(rows.header, rows)


def _seconds(size: int) -> int:
    """How much processor time a file of so many bytes may take: a multiple of what the slowest sound one needs."""
    return 5 + 6 * (size >> 20)


def _size(stream: BinaryIO) -> int | None:
    """How many bytes are ahead, None where nobody knows."""
    if not stream.seekable():
        return None
    here = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return end - here


def _is_packed(stream: BinaryIO) -> bool:
    if not stream.seekable():
        return False
    start = stream.read(2)
    stream.seek(-len(start), os.SEEK_CUR)
    return start == b"\x1f\x8b"


def _as_file(stream: BinaryIO) -> IO[bytes]:
    """The stream as a file that another process can read from where it stands."""
    try:
        os.lseek(stream.fileno(), stream.tell(), os.SEEK_SET)
        return stream
    except (OSError, io.UnsupportedOperation):
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who asked for it
        while block := stream.read(1 << 20):
            copy.write(block)
        copy.seek(0)
        os.lseek(copy.fileno(), 0, os.SEEK_SET)
        return copy


class _Rows(Iterator[Item]):
    """The rows that the process hands over; it is ended when nobody wants them any more."""

    def __init__(self, file: IO[bytes], task: Sequence[Any]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a program of ours, and no word of the file in its arguments
            [sys.executable, "-c", _PROGRAM],
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PLACEWELL_TASK": json.dumps(task)},
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        self.close = weakref.finalize(self, _end, self._process)
        """End the process; done by itself when the rows are forgotten."""
        self._batch: Iterator[Item] = iter(())
        self.header: tuple[str, ...] | None = self._receive()

    def __next__(self) -> Item:
        for item in self._batch:
            return item
        batch = self._receive()
        if batch is None:
            self.close()
            raise StopIteration
        self._batch = iter(batch)
        return next(self._batch)

    def _receive(self) -> Any:
        """The next message: the header, a batch of rows, None at the end. Raises Refused if the file is, or took too much."""
        try:
            kind, said = _Careful(self._pipe).load()
        except (EOFError, pickle.UnpicklingError):
            raise self._fate() from None
        if kind == "refused":
            self.close()
            raise Refused(said)
        return said

    def _fate(self) -> Exception:
        """Why the process ended without a word."""
        status = self._process.wait()
        if status in (-signal.SIGXCPU, -signal.SIGSEGV):
            return refuse("too_large", "too_costly")
        return RuntimeError(f"the process that takes a file apart ended with status {status}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


class _Careful(pickle.Unpickler):
    """Takes nothing from the other process but plain values and our own three: it may have been taken over by what it read."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a row") from None


# -- in the process of its own -------------------------------------------------------------------------------------------


def work() -> None:
    """Take the file on stdin apart and hand it over on stdout."""
    format_name, charset, bounds, seconds = json.loads(os.environ.pop("PLACEWELL_TASK"))
    limits = Limits(**bounds)
    _confine(seconds)
    out = os.fdopen(1, "wb", buffering=1 << 18)
    try:
        source = formats.open_source(os.fdopen(0, "rb"), format_name, charset=charset, limits=limits)
        _hand_over(out, "rows", source.header)
        rows = iter(source.rows)
        while batch := list(islice(rows, _BATCH)):
            _hand_over(out, "rows", batch)
        _hand_over(out, "rows", None)
    except Refused as refused:
        _hand_over(out, "refused", refused.problems)
    except MemoryError:
        _hand_over(out, "refused", refuse("too_large", "too_costly").problems)


def _confine(seconds: int) -> None:
    """From here on: so much memory and processor time, no file written, no core left behind."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _hand_over(out: BinaryIO, kind: str, said: Any) -> None:
    pickle.dump((kind, said), out, protocol=pickle.HIGHEST_PROTOCOL)
    out.flush()
