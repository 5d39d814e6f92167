"""Owns the ways in which a file, a row or a cell can fail to be read.

A bad file is a result and not an accident: a cell that cannot be read becomes a `Problem` naming its row, its column
and the repair; a file that cannot be read at all is `Refused` with the problems that say why. Nothing here knows the
web: the sentences for people are made from these values by `portal.problems`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portal.tables.masking import mask_identifiers

LONGEST_VALUE = 200
"""A problem quotes at most so many characters of the cell, so that a bad file cannot make a huge answer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: data row (from 1; 0 is the header or the whole file), column, code, the cell as it was sent.

    `code` is the public problem code; `repair` names the instruction for people where it says more than the code, and
    `params` fills its placeholders.
    """

    row: int
    column: str
    code: str
    value: str = ""
    repair: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The whole file cannot be taken; `problems` (never empty) say why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{problem.code} {problem.column}".strip() for problem in self.problems))

    @property
    def code(self) -> str:
        """The code of the first reason."""
        return self.problems[0].code


def refuse(code: str, repair: str, value: str = "", **params: object) -> Refused:
    """A refusal for one reason that concerns the file as a whole; the caller raises it."""
    texts = {name: str(param) for name, param in params.items()}
    return Refused([Problem(0, "", code, _quoted(value), repair, texts)])


def _quoted(value: str) -> str:
    """What a refusal quotes of a file: no number that must not be stored, and nothing that cannot be stored as text."""
    storable = value[: 4 * LONGEST_VALUE].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return mask_identifiers(storable)[0][:LONGEST_VALUE]


class Unfit(Exception):
    """A cell that does not fit its column. In `code`, `{}` stands for the column's name, as in `negative_{}`."""

    def __init__(self, code: str, repair: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.repair = repair
        self.params = {name: str(param) for name, param in params.items()}


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be taken apart into the cells of its columns, and the reason.

    `cells` holds what could be saved of it, one text a column, so that the sender can mend it; empty where nothing could.
    """

    excerpt: str
    repair: str
    cells: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
