"""The UK sanctions list as one CSV file: a row a name, joined by `Unique ID`. The file's first line is its date; its columns are named."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from agencies.registries.screening import Listed
from agencies.registries.transport import Caller, Malformed

KINDS = {"individual": "person", "entity": "company"}
NAME_PARTS = (
    "Name 1",
    "Name 2",
    "Name 3",
    "Name 4",
    "Name 5",
    "Name 6",
)  # 6 is the family name, or the whole name of a company
NEEDED = {"Unique ID", "Name 6", "Name type"}


def fetch(caller: Caller) -> list[Listed]:
    """The whole list as it is published now."""
    return read(caller.get().text())


def read(text: str) -> list[Listed]:
    """The entries of the file, each with its aliases and names in other scripts; ships are left out. Raises Malformed."""
    found: dict[str, tuple[dict[str, str], list[str]]] = {}
    for row in _rows(csv.reader(text.splitlines())):
        kind = KINDS.get(_of(row, "Designation Type", "Individual, Entity, Ship").casefold())
        names = [
            " ".join(filter(None, (row.get(part, "").strip() for part in NAME_PARTS))),
            row.get("Name non-latin script", "").strip(),
        ]
        if kind is None or not row["Unique ID"] or not names[0]:
            continue
        _, known = found.setdefault(row["Unique ID"], (row | {"kind": kind}, []))
        if row["Name type"].casefold().startswith("primary name") and "variation" not in row["Name type"].casefold():
            known.insert(0, names[0])
        known += [name for name in names if name]
    if not found:
        raise Malformed("The list has no entries.")
    return [
        Listed(
            id_,
            first["kind"],
            tuple(dict.fromkeys(names)),
            _of(first, "Regime Name", "Regime"),
            _of(first, "Other Information"),
        )
        for id_, (first, names) in found.items()
    ]


def _rows(lines: Iterator[list[str]]) -> Iterable[dict[str, str]]:
    """The rows under their headings, which are the first line that names the columns we need."""
    for heading in lines:
        if {name.strip() for name in heading} >= NEEDED:
            names = [name.strip() for name in heading]
            for row in lines:
                if row and len(row) != len(names):
                    raise Malformed(f"A row of the list has {len(row)} columns instead of {len(names)}.")
                if row:
                    yield dict(zip(names, row, strict=True))
            return
    raise Malformed("The list's columns are not named.")


def _of(row: dict[str, str], *names: str) -> str:
    return next((row[name].strip() for name in names if row.get(name)), "")
