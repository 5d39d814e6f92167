"""Emit and subscribe, inside the transaction.

An act emits a frozen event; listeners of higher floors do their part in the same transaction, or put a row into the work
queue. Which listener hears what is one table in app.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.orm import Session

Listener = Callable[[Session, Any], None]
_listeners: dict[type, tuple[Listener, ...]] = {}


def wire(table: Iterable[tuple[type, Listener]]) -> None:
    """Replace all subscriptions by `table`; listeners of one event run in the table's order."""
    _listeners.clear()
    for event, listener in table:
        _listeners[event] = (*_listeners.get(event, ()), listener)


def emit(session: Session, event: object) -> None:
    """Tell every listener of this event's class, now, in this transaction. A listener that raises undoes the act."""
    for listener in _listeners.get(type(event), ()):
        listener(session, event)
