"""What agencies download without an account: JSON Schemas of their files, a validator of one file, a client, samples.

The schemas are made from the row models, the validator is the portal's own reader in one archive: neither can say anything else than the portal.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from activity.schemas import REPORTS
from portal.config import ROOT
from portal.errors import NotFound

KIT = ROOT / "kit"
CARRIED = (
    "portal/__init__.py",
    "portal/errors.py",
    "agencies/__init__.py",
    "agencies/roster_rows.py",
    "activity/__init__.py",
    "activity/schemas.py",
)
"""What the validator carries besides portal/tables: nothing of it needs more than the standard library."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MIDNIGHT = (2000, 1, 1, 0, 0, 0)  # of every file in the archive, so that the same sources make the same bytes


def schema(kind: str) -> str:
    """One row of a kind as JSON Schema 2020-12, as text."""
    return json.dumps({"$schema": DIALECT, **REPORTS[kind].json_schema()}, ensure_ascii=False, indent=2) + "\n"


@cache
def validator() -> bytes:
    """The validator as one archive that Python runs: `python check-report.pyz KIND FILE`."""
    made = io.BytesIO(b"#!/usr/bin/env python3\n")
    made.seek(0, io.SEEK_END)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, path in _carried():
            archive.writestr(zipfile.ZipInfo(name, MIDNIGHT), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _carried() -> Iterator[tuple[str, Path]]:
    yield "__main__.py", KIT / "check_report.py"
    for name in CARRIED:
        yield name, ROOT / name
    for path in sorted((ROOT / "portal" / "tables").rglob("*.py")):
        yield str(path.relative_to(ROOT)), path


def write_schemas() -> list[Path]:
    """Write the schemas into kit/schemas; the files."""
    written = []
    for kind in REPORTS:
        path = KIT / "schemas" / f"{kind}.json"
        path.write_text(schema(kind), encoding="utf-8")
        written.append(path)
    return written


def _text(path: Path) -> Callable[[], bytes]:
    return path.read_bytes


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "check-report.pyz": ("application/octet-stream", validator),
    "client.py": ("text/x-python; charset=utf-8", _text(KIT / "client.py")),
    **{
        f"schemas/{kind}.json": ("application/schema+json", lambda kind=kind: schema(kind).encode())  # type: ignore[misc]
        for kind in REPORTS
    },
    **{f"samples/{kind}.csv": ("text/csv; charset=utf-8", _text(KIT / "samples" / f"{kind}.csv")) for kind in REPORTS},
}
"""What may be downloaded, by name: media type, and what makes it."""


def file(name: str) -> tuple[bytes, str]:
    """One file of the kit and its media type. Raises NotFound."""
    if name not in FILES:
        raise NotFound
    media_type, make = FILES[name]
    return make(), media_type
