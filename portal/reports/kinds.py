"""The registry of file kinds, and what passes between a file's reader and the kind that loads its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from portal.reports.models import Report
from portal.tables.faults import Problem
from portal.tables.model import Table


class SoundRow(NamedTuple):
    """A row whose cells are all readable: its number, its values in the table's order, its cells as sent."""

    number: int
    values: tuple[Any, ...]
    cells: Sequence[str]


class BadRow(NamedTuple):
    """A row that could not be read, for kinds whose rows have ids: with an id accepted before it is a repetition, not a fault."""

    number: int
    identity: str


@dataclass
class Loaded:
    """What a kind did with some sound rows. A row with a problem counts as rejected."""

    accepted: int = 0
    duplicate: int = 0
    changed: int = 0
    problems: list[Problem] = field(default_factory=list)
    repeated: set[int] = field(default_factory=set)  # numbers of bad rows that turned out to be repetitions


@dataclass(frozen=True)
class FileKind:
    """One kind of file: its table, who may send it, how sound rows are loaded (in the caller's transaction), what follows.

    With `identity`, the column of the rows' ids, `load` gets bad rows too, each in its place.
    """

    name: str
    table: Table
    load: Callable[[Session, Report, Sequence[Any]], Loaded]
    finished: Callable[[Session, Report], None] | None = None
    from_agencies: bool = True
    from_bank: bool = False
    identity: str | None = None


KINDS: dict[str, FileKind] = {}


def register(kind: FileKind) -> FileKind:
    """Make a kind of file known (each package's kinds_of_file.py)."""
    KINDS[kind.name] = kind
    return kind


class Repetitions:
    """Which ids were accepted before, with the hash of what they said; counts rows that repeat one."""

    def __init__(self, known: dict[str, str], loaded: Loaded) -> None:
        self.known, self.loaded = known, loaded

    def repeats(self, row: SoundRow | BadRow, identity: str, content: str | None) -> bool:
        """True if the id is taken; counts the row as duplicate, and as changed if it says something else (or is unreadable)."""
        before = self.known.get(identity)
        if before is None:
            return False
        self.loaded.duplicate += 1
        self.loaded.changed += before != content
        if isinstance(row, BadRow):
            self.loaded.repeated.add(row.number)
        return True

    def take(self, identity: str, content: str) -> None:
        """The id is taken from now on."""
        self.known[identity] = content
