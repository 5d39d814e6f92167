"""Rule: whether somebody who rings is a collector of the bank's: agency, first name and number fit one cleared person. Nothing else is told.

Every other case has the same answer, so that nobody learns whether a number exists, who has left or who is not trained.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Protocol

from agencies.clearance import Person, cleared_on


class Named(Person, Protocol):
    """A collector with a name."""

    @property
    def full_name(self) -> str: ...


def is_genuine(collector: Named | None, first_name: str, day: date) -> bool:
    """True if the collector with that number has this first name and nothing keeps them from working on this day."""
    return collector is not None and _is_first(first_name, collector.full_name) and cleared_on(collector, day)


def _is_first(said: str, full_name: str) -> bool:
    """The first word of the name, or the whole name (Chinese names have no blanks), whatever the case and accents."""
    plain, whole = _plain(said), _plain(full_name)
    return bool(plain) and plain in (whole, whole.partition(" ")[0])


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", " ".join(text.split()))
    return "".join(character for character in apart if not unicodedata.combining(character)).casefold()
