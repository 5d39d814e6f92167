"""Owns how often Python looks for cycles of dead objects while much is read: every living object is walked each time, and rows hold none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def few_collections(objects: int = 200_000) -> Iterator[None]:
    """Let the collector look only after so many new objects, instead of after some hundreds."""
    usual = gc.get_threshold()
    gc.set_threshold(max(usual[0], objects), *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
