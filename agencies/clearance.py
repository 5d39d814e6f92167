"""Rule: may this collector work on this day: active, background checked, trained (credential catalogue: any.background_check, any.collector_training)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from portal.errors import N_


class Person(Protocol):
    """A collector as far as this rule asks."""

    @property
    def active_from(self) -> date: ...

    @property
    def active_to(self) -> date | None: ...

    @property
    def background_check_on(self) -> date | None: ...

    @property
    def training_on(self) -> date | None: ...

    @property
    def training_until(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Staff:
    """A collector as placing asks: the dates of the roster, and from when to when (exclusive) each paper of theirs is good."""

    collector_id: str
    active_from: date
    active_to: date | None = None
    background_check_on: date | None = None
    training_on: date | None = None
    training_until: date | None = None
    papers: Mapping[tuple[str, str], tuple[tuple[date, date | None], ...]] = field(default_factory=dict)

    def holds(self, key: tuple[str, str], day: date) -> bool:
        """True if a verified paper of this kind and place is good on this day."""
        return any(first <= day and (end is None or day < end) for first, end in self.papers.get(key, ()))


MESSAGES: dict[str, str] = {
    "not_active": N_("not active"),
    "not_checked": N_("no background check"),
    "not_trained": N_("no valid training"),
}
"""Why a collector is not cleared, as msgids."""


def why_not_cleared(collector: Person, day: date) -> list[str]:
    """Codes of `MESSAGES` for everything that keeps this collector from working on this day; empty: cleared."""
    faults = []
    if not (collector.active_from <= day and (collector.active_to is None or day <= collector.active_to)):
        faults.append("not_active")
    if collector.background_check_on is None or collector.background_check_on > day:
        faults.append("not_checked")
    if not _is_trained(collector, day):
        faults.append("not_trained")
    return faults


def cleared_on(collector: Person, day: date) -> bool:
    """True if nothing keeps this collector from working on this day."""
    return not why_not_cleared(collector, day)


def staffed(staff: Iterable[Staff], asked: Iterable[tuple[str, str]], day: date) -> bool:
    """True if somebody among these is cleared on this day and holds each of these papers: (credential code, place)."""
    wanted = tuple(asked)
    return any(cleared_on(one, day) and all(one.holds(key, day) for key in wanted) for one in staff)


def _is_trained(collector: Person, day: date) -> bool:
    """Until the day the roster names; without one, for twelve months from the training (catalogue)."""
    if collector.training_on is not None and collector.training_on > day:
        return False
    if collector.training_until is not None:
        return day <= collector.training_until
    return collector.training_on is not None and day <= _a_year_after(collector.training_on)


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + 1, day=28)
