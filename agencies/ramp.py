"""Rule: how many accounts an agency on probation may hold: a number to begin with, and as many more with every full 30 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

STEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Ramp:
    """A probation's limit on open accounts, from the day it began."""

    since: date
    accounts: int
    monthly: int = 0

    def on(self, day: date) -> int:
        """The limit on a day; before the probation began, that of its first day."""
        return self.accounts + self.monthly * max(0, (day - self.since).days // STEP_DAYS)
