"""Owns the reading ahead: the next piece of a file is taken apart while the database still loads the last one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made in another thread while its predecessor is worked on. Never more than one is waiting.

    What making an item raises is raised where it is taken. Close it before what the items are made from is closed.
    """
    with ThreadPoolExecutor(1, "read-ahead") as one:
        coming = one.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = one.submit(next, items, None)
            yield item
