"""Files made to take the memory, the time or the sense of whoever reads them; built when they are wanted, by name.

`python -m tests.hostile NAME FOLDER` reads one as a worker would, in this process and its children, and says what it took as JSON.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from activity.schemas import ACTIVITY
from portal import files, uploads
from portal.config import ROOT
from portal.errors import DomainError
from portal.tables.faults import Refused
from portal.tables.reading import read_table
from tests.workbooks import packed, parts, sheet_of, workbook

HEADER = b"record_id,account_ref,occurred_at,kind,note\n"
ROW = b"%d,A1,2026-01-31T10:00:00Z,call,hello\n"
CELLS = '<row r="1"><c r="A1" t="inlineStr"><is><t>record_id</t></is></c></row>'
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _flat_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, text in parts("").items():
            if name != "xl/worksheets/sheet2.xml":
                file.writestr(name, text)
        with file.open("xl/worksheets/sheet2.xml", "w") as part:
            part.write(sheet_of(CELLS).encode()[:-30])
            for _ in range(300):
                part.write(bytes(1 << 20))
    return target.getvalue()


def _overlapping() -> bytes:
    """A zip of many entries that all point to one block of data."""
    data = bytearray(packed(parts(sheet_of(CELLS * 1000))))
    end = data.rfind(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    directory = bytes(data[start:end])
    copies = directory * 2000
    tail = bytearray(data[end:])
    count = min(65_535, 2000 * int.from_bytes(tail[8:10], "little"))
    tail[8:10] = tail[10:12] = count.to_bytes(2, "little")
    tail[12:16] = len(copies).to_bytes(4, "little")
    return bytes(data[:start]) + copies + bytes(tail)


FILES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    # name: the file's ending, and how it is made
    "one line of 200 MB": ("csv", lambda: HEADER + b"x" * (200 << 20)),
    "one cell of 200 MB": ("csv", lambda: HEADER + b'1,A1,2026-01-31T10:00:00Z,call,"' + b"x" * (200 << 20) + b'"\n'),
    "a quotation mark left open": ("csv", lambda: HEADER + b'1,A1,2026-01-31T10:00:00Z,call,"hello\n' + b"".join(ROW % n for n in range(20_000))),
    "a quotation mark left open in every row": ("csv", lambda: HEADER + b'1,A1,2026-01-31T10:00:00Z,call,"hello\n' * 200_000),
    "nothing but quotation marks": ("csv", lambda: HEADER + b'"' * (30 << 20)),
    "nothing but line ends": ("csv", lambda: HEADER + b"\n" * (30 << 20)),
    "lines that are no rows": ("csv", lambda: HEADER + b"a\n" * (20 << 20)),
    "NULs": ("csv", lambda: HEADER + b"\0" * (30 << 20)),
    "mixed charsets": ("csv", lambda: HEADER + "1,A1,2026-01-31T10:00:00Z,call,客户\n".encode("gb18030") * 20_001 + "2,客户\n".encode()),
    "ten thousand columns": ("csv", lambda: ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n" + b",".join([b"1"] * 10_000) + b"\n"),
    "notes full of card numbers": ("csv", lambda: HEADER + (b"1,A1,2026-01-31T10:00:00Z,call,x" + b"4111 1111 1111 1111 " * 190 + b"\n") * 150),
    "notes full of digits": ("csv", lambda: HEADER + (b"1,A1,2026-01-31T10:00:00Z,call,x" + b"4" * 900_000 + b"\n") * 3),
    "a bomb of gzip": ("csv", lambda: gzip.compress(HEADER + bytes(300 << 20))),
    "a bomb of gzip just below the ratio": ("csv", lambda: gzip.compress(HEADER + (b"x" * 3_000 + os.urandom(8).hex().encode() + b"\n") * 30_000)),
    "gzip in gzip": ("csv", lambda: gzip.compress(gzip.compress(bytes(300 << 20)))),
    "an array nested a million times": ("json", lambda: b"[" * 1_000_000),
    "an object nested a million times": ("json", lambda: b'[{"a":' * 500_000),
    "an array of one long text": ("json", lambda: b'[{"record_id":"' + b"x" * (100 << 20) + b'"}]'),
    "an array of small numbers": ("json", lambda: b"[" + b"1," * (10 << 20) + b"1]"),
    "an array of empty objects": ("json", lambda: b"[" + b"{}," * 400_000 + b"{}]"),
    "an endless number": ("json", lambda: b'[{"amount":' + b"1" * (5 << 20) + b"}]"),
    "a huge exponent": ("json", lambda: b'[{"amount":1e999999999}]'),
    "lone surrogates": ("jsonl", lambda: b'{"record_id":"\\ud800","account_ref":"\\udfff"}\n' * 1_000),
    "lines of open brackets": ("jsonl", lambda: (b"[" * 100_000 + b"\n") * 100),
    "a line of deep brackets": ("jsonl", lambda: (b'{"a":' * 100_000 + b"\n") * 20),
    "keys without end": ("jsonl", lambda: b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}\n" * 20),
    "a bomb of zip": ("xlsx", _flat_zip),
    "overlapping entries": ("xlsx", _overlapping),
    "a million empty rows": ("xlsx", lambda: packed(parts(sheet_of(CELLS + "<row/>" * 1_000_000)))),
    "rows without cells of their own": ("xlsx", lambda: packed(parts(sheet_of(CELLS + "".join(f'<row r="{n}" ht="{n * 7919 % 10007}"/>' for n in range(900_000)))))),
    "texts without end": ("xlsx", lambda: packed(parts(sheet_of(CELLS), [f"{n * 7919 % 1000003} text {n}" for n in range(1_200_000)]))),
    "ten thousand columns of a sheet": ("xlsx", lambda: workbook([[f"c{n}" for n in range(10_000)]])),
    "entities": ("xlsx", lambda: packed(parts('<!DOCTYPE x [<!ENTITY a "' + "lol" * 1000 + '">' + "".join(f'<!ENTITY a{n} "&a;&a;&a;">' for n in range(100)) + "]><x>&a99;</x>"))),
    "attributes without end": ("xlsx", lambda: packed(parts(sheet_of("<row " + " ".join(f'a{n * 7919 % 1000003}="{n}"' for n in range(300_000)) + "/>")))),
    "elements nested without end": ("xlsx", lambda: packed(parts(sheet_of("<a>" * 400_000)))),
    "styles without end": ("xlsx", lambda: packed(parts(sheet_of(CELLS)) | {"xl/styles.xml": "<styleSheet><cellXfs>" + "".join(f'<xf numFmtId="{n * 7919 % 10007}"/>' for n in range(900_000)) + "</cellXfs></styleSheet>"})),
    "noise": ("xlsx", lambda: os.urandom(5 << 20)),
}  # fmt: skip
TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "xlsx": "application/octet-stream",
}


def read(name: str, path: Path) -> str:
    """Take a hostile file in and read it, as the web process and then a worker do; what became of it."""
    ending, _ = FILES[name]
    store = files.FileStore(path.parent / "store")
    try:
        with path.open("rb") as body:
            upload = uploads.store_upload(store, body, TYPES[ending], f"file.{ending}", 1 << 30)
        rows = rejected = 0
        with store.open(upload.place) as stream:
            for _, values, _, _ in read_table(stream, ACTIVITY, upload.format_name, now=NOW):
                rows += 1
                rejected += values is None
        return f"{rejected} of {rows} rows rejected"
    except Refused as refused:
        return f"rejected: {refused.problems[0].repair}"
    except DomainError as error:
        return f"{error.status}"


def main(name: str, path: str) -> None:
    """Say what reading the file took: processor time beyond the program's own beginning, and the most memory it held at any time."""
    before, peak, done = _seconds(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            peak[0] = max(peak[0], int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())

    watcher = threading.Thread(target=watch)
    watcher.start()
    outcome = read(name, Path(path))
    done.set()
    watcher.join()
    print(json.dumps({"outcome": outcome, "cpu_s": round(_seconds() - before, 2), "peak_mb": peak[0] >> 20}))  # noqa: T201


def _seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def write(name: str, folder: Path | None = None) -> Path:
    """Make the file; where it lies."""
    path = (folder or Path(tempfile.mkdtemp())) / "hostile"
    path.write_bytes(FILES[name][1]())
    return path


MOST_CPU_S, MOST_MB = 2.0, 300


def measured(name: str, folder: Path) -> dict[str, object]:
    """Read one hostile file in a process of its own; what became of it and what it took."""
    path = write(name, folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", name, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    path.unlink()
    if done.returncode:
        return {"outcome": f"crashed: {done.stderr[-300:]}", "cpu_s": 0.0, "peak_mb": 0}
    told: dict[str, object] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
