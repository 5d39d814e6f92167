"""The only clock. Everything that needs the time asks here, so that tests and the demo can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_set_to: datetime | None = None


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _set_to or datetime.now(UTC)


def real_now() -> datetime:
    """The machine's own time, never set: for leases, limits and waiting, which belong to the machine and not to the story."""
    return datetime.now(UTC)


def today(zone: ZoneInfo | None = None) -> date:
    """The business day at the bank: the date now in `zone` (UTC without one)."""
    return now().astimezone(zone or UTC).date()


@contextmanager
def set_to(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` inside the block. For tests and the demo only. Raises ValueError for a naive one."""
    global _set_to
    if instant.tzinfo is None:
        raise ValueError("The clock takes aware instants only.")
    before, _set_to = _set_to, instant.astimezone(UTC)
    try:
        yield
    finally:
        _set_to = before
