"""Rule: which file that came answers which file that was due, and how each due file stands: on time, late or missing.

A file that comes between two deadlines is early for the next one, unless the one before is unanswered and the file is nearer to it, or a
second file follows in the same span: then the first was the one that was owed. So one missing file never makes the files after it late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FileState(StrEnum):
    """How a file that was due stands."""

    AWAITED = "awaited"  # its time has not come
    OVERDUE = "overdue"  # its time has passed, and it may still come before the next one is due
    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"


UNANSWERED = frozenset({FileState.AWAITED, FileState.OVERDUE, FileState.MISSING})
COUNTED = frozenset({FileState.ON_TIME, FileState.LATE, FileState.MISSING})
"""States in which a file counts for punctuality: it came, or it can no longer come."""


@dataclass(frozen=True)
class Came:
    """A file that came and was not refused."""

    report_id: int
    at: datetime


@dataclass
class Slot:
    """One deadline, and what came for it."""

    due_at: datetime
    state: FileState = FileState.AWAITED
    report_id: int | None = None


def answer(deadlines: Sequence[datetime], came: Sequence[Came], now: datetime) -> list[Slot]:
    """How the deadlines, in order, stand now, given the files that came, in order.

    The last deadline is one that has not come yet, so that a file after the last past one finds its place.
    """
    slots = [Slot(due_at) for due_at in deadlines]
    rest = list(came)
    for index, slot in enumerate(slots):
        span = [one for one in rest if one.at <= slot.due_at]
        rest = rest[len(span) :]
        before = slots[index - 1] if index else None
        if span and before and before.report_id is None and _is_owed(span, before.due_at, slot.due_at):
            before.report_id, before.state = span.pop(0).report_id, FileState.LATE
        if span:
            slot.report_id, slot.state = span[0].report_id, FileState.ON_TIME
    for index, slot in enumerate(slots):
        if slot.report_id is None and slot.due_at < now:
            gone = any(following.due_at < now for following in slots[index + 1 : index + 2])
            slot.state = FileState.MISSING if gone else FileState.OVERDUE
    return slots


def _is_owed(span: Sequence[Came], before: datetime, due_at: datetime) -> bool:
    first = span[0].at
    return len(span) > 1 or first - before < due_at - first
