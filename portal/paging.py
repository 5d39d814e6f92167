"""API lists: keyset pages by id, and the whole list as streamed CSV."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, jsonify, request, stream_with_context
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from portal import db
from portal.errors import N_, Invalid
from portal.tables.writing import write_csv

MOST = 1000
DEFAULT = 100

Serialise = Callable[[Session, Sequence[Any]], list[dict[str, Any]]]


def answer(statement: Select[Any], key: ColumnElement[int], serialise: Serialise, columns: Sequence[str]) -> Response:
    """One page as `{"items", "next"}`, or with `Accept: text/csv` the whole list.

    `key` is the unique, growing id the pages go by; `serialise` turns a page's rows into dicts with `columns`.
    """
    if request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv":
        return _csv(statement, key, serialise, columns)
    limit = _limit()
    rows = db.session().execute(_after(statement, key).order_by(key).limit(limit + 1)).all()
    page = rows[:limit]
    items = serialise(db.session(), page)
    cursor = _encode(_id_of(page[-1])) if len(rows) > limit else None
    return jsonify({"items": items, "next": cursor})


def _id_of(row: Any) -> int:
    """The id of a row whose first column is the model (or whose last is the key itself)."""
    first = row[0]
    return int(first if isinstance(first, int) else first.id)


def _limit() -> int:
    text = request.args.get("limit", str(DEFAULT))
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= MOST:
        raise Invalid(
            N_("limit is a whole number from 1 to 1000."), fields={"limit": N_("Write a whole number from 1 to 1000.")}
        )
    return int(text)


def _after(statement: Select[Any], key: ColumnElement[int]) -> Select[Any]:
    cursor = request.args.get("cursor")
    return statement if not cursor else statement.where(key > _decode(cursor))


def _encode(last: int) -> str:
    return base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")


def _decode(cursor: str) -> int:
    try:
        last = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not 0 <= last < 1 << 63:
            raise ValueError("no id of a row")
        return last
    except ValueError as error:
        raise Invalid(
            N_("This cursor is not one of ours. Start again without it."),
            fields={"cursor": N_("Start again without it.")},
        ) from error


def _csv(statement: Select[Any], key: ColumnElement[int], serialise: Serialise, columns: Sequence[str]) -> Response:
    database = db.database()

    def dicts() -> Iterator[dict[str, Any]]:
        last: int | None = None
        while True:
            with database.reading() as session:
                step = statement.order_by(key).limit(MOST)
                rows = session.execute(step if last is None else step.where(key > last)).all()
                yield from serialise(session, rows)
            if len(rows) < MOST:
                return
            last = _id_of(rows[-1])

    return Response(
        stream_with_context(write_csv(columns, ([_flat(row.get(name)) for name in columns] for row in dicts()))),
        content_type="text/csv; charset=utf-8",
    )


def _flat(value: Any) -> Any:
    """Lists and objects as JSON text inside a cell."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else value
