"""Rule: the grade of an agency's files: what it takes to go live, and to stay.

Four levels, each asking more than the one below. What is asked is data (`ASKED`); a level is held when everything asked up to it holds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

WINDOW_DAYS = 90
"""Files of so many days are graded."""


class Level(StrEnum):
    """How well an agency's files can be relied upon."""

    NONE = "none"
    TRIAL = "trial"  # may go live: one sound file of every kind that is expected
    BRONZE = "bronze"  # what it takes to stay
    SILVER = "silver"
    GOLD = "gold"


ORDER = tuple(Level)


@dataclass(frozen=True)
class Figures:
    """What the files of the window show. Shares are from 0 to 1, None where there is nothing to take one of."""

    kinds_expected: int
    kinds_proven: int  # of which a file was taken with at most a tenth of its rows rejected
    files_due: int  # that came or can no longer come
    on_time: int
    rows: int
    rows_rejected: int
    files: int
    files_announced: int  # that came with a control total
    files_refused: int  # as a whole: control totals that did not match, a header that could not be read

    @property
    def punctual(self) -> float | None:
        """Files on time, of those due."""
        return self.on_time / self.files_due if self.files_due else None

    @property
    def clean(self) -> float | None:
        """Rows that were not rejected."""
        return 1 - self.rows_rejected / self.rows if self.rows else None

    @property
    def complete(self) -> float | None:
        """Files that were not refused as a whole."""
        return 1 - self.files_refused / self.files if self.files else None

    @property
    def announced(self) -> float | None:
        """Files that came with a control total."""
        return self.files_announced / self.files if self.files else None

    def as_json(self) -> dict[str, int]:
        """The counts, for keeping with the grade."""
        return asdict(self)


@dataclass(frozen=True)
class Asked:
    """What one level asks: so many files due, and at least these shares."""

    files_due: int
    punctual: float
    complete: float
    clean: float
    announced: float


ASKED: dict[Level, Asked] = {
    Level.BRONZE: Asked(5, 0.80, 0.90, 0.95, 0.0),
    Level.SILVER: Asked(10, 0.95, 0.95, 0.99, 0.5),
    Level.GOLD: Asked(20, 0.99, 0.99, 0.999, 0.95),
}


def level_of(figures: Figures) -> Level:
    """The level that these figures earn.

    Until there are enough files to judge, an agency that has shown a sound file of every kind stays on trial; later it holds bronze, or none.
    """
    if not figures.kinds_expected or figures.kinds_proven < figures.kinds_expected:
        return Level.NONE
    if figures.files_due < ASKED[Level.BRONZE].files_due:
        return Level.TRIAL
    held = Level.NONE
    for level, asked in ASKED.items():
        if lacking(figures, asked):
            break
        held = level
    return held


def lacking(figures: Figures, asked: Asked) -> list[str]:
    """What is wanting for a level: names of what it asks, in the order in which it asks them."""
    return [
        name
        for name in ("files_due", "punctual", "complete", "clean", "announced")
        if (value := getattr(figures, name)) is None or value < getattr(asked, name)
    ]
