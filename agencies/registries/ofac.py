"""The US list of specially designated nationals (OFAC SDN): three files without headings that have to be joined.

sdn.csv has twelve columns (number, name, type, programme, title, five of ships, owner, remarks), alt.csv other names (number, number of
the name, aka | fka | nka, name, remarks). Empty is `-0-`. Ships and aircraft are left out: nobody who collects debts is one.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator

from agencies.registries.screening import Listed
from agencies.registries.transport import Caller, Malformed

FILES = ("sdn.csv", "alt.csv")
KINDS = {"individual": "person", "": "company"}
SDN_COLUMNS, ALT_COLUMNS = 12, 5


def fetch(caller: Caller) -> list[Listed]:
    """The whole list as it is published now."""
    sdn, alt = (caller.get(f"/{name}").text() for name in FILES)
    return read(sdn, alt)


def read(sdn: str, alt: str) -> list[Listed]:
    """The entries of the two files. Raises Malformed for anything that is not such a list, an empty one included."""
    others: dict[str, list[str]] = defaultdict(list)
    for number, _, _, name, *_ in _rows(alt, ALT_COLUMNS):
        others[number].append(name)
    entries = [
        Listed(row[0], KINDS[row[2]], (row[1], *others[row[0]]), row[3], row[11])
        for row in _rows(sdn, SDN_COLUMNS)
        if row[2] in KINDS
    ]
    if not entries:
        raise Malformed("The list has no entries.")
    return entries


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    for row in csv.reader(text.splitlines()):
        if len(row) < columns:
            if len(row) <= 1:  # the published files end in a line with one odd character
                continue
            raise Malformed(f"A row of the list has {len(row)} columns instead of {columns}.")
        if not row[0].strip().isdigit():
            raise Malformed("A row of the list does not begin with its number.")
        yield ["" if value.strip() == "-0-" else value.strip() for value in row]
