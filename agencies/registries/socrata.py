"""Open-data sets served by Socrata (SODA): rows as JSON, asked for page by page. What the columns mean is for the client of each set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agencies.registries.transport import Caller, Malformed

PAGE = 1000
MOST_PAGES = 20


def rows(caller: Caller, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """All rows with these values. Raises Malformed where a page is no list of objects."""
    found: list[dict[str, Any]] = []
    headers = {"X-App-Token": caller.endpoint.key} if caller.endpoint.key else None
    for page in range(MOST_PAGES):
        asked: dict[str, str | int] = {**where, "$limit": PAGE, "$offset": page * PAGE, "$order": ":id"}
        answer = caller.get(params=asked, headers=headers).json()
        if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
            raise Malformed("not a list of rows")
        found += answer
        if len(answer) < PAGE:
            return found
    raise Malformed(f"more than {MOST_PAGES} pages")


def quoted(text: str) -> str:
    """A text inside a $where."""
    return "'" + text.replace("'", "''") + "'"
