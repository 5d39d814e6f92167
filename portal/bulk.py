"""Many rows into one table at once: COPY on PostgreSQL, executemany on SQLite, in the session's own transaction.

No object per row reaches the ORM. Values are given as Python values of the columns' types and bound by the same column types as
everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Table
from sqlalchemy.orm import Session

Bind = Callable[[Any], Any]

_REMEMBERED = 4096  # bound values a column; amounts, days and codes come again and again


def insert_rows(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows (sequences in the order of `columns`). Columns not named take the database's default, usually none."""
    connection = session.connection()
    dialect = connection.dialect
    binds = [(place, bind) for place, name in enumerate(columns) if (bind := _bind(table, name, dialect))]
    raw: Any = connection.connection.driver_connection
    names = ", ".join(f'"{name}"' for name in columns)
    bound = _bound(binds, len(columns), rows)
    if dialect.name == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            write = copy.write_row
            for row in bound:
                write(row)
        return
    marks = ", ".join("?" * len(columns))
    cursor = raw.cursor()
    try:
        cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', bound)  # noqa: S608 - names are the model's own
    finally:
        cursor.close()


def _bound(binds: Sequence[tuple[int, Bind]], width: int, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows with the driver's values in them. Most columns need nothing, so only the others are looked at."""
    for row in rows:
        if len(row) != width:
            raise ValueError(f"A row has {len(row)} values for {width} columns.")
        made = list(row)
        for place, bind in binds:
            if (value := made[place]) is not None:
                made[place] = bind(value)
        yield made


class _Remembered(dict[Any, Any]):
    """A binding that remembers what it made of the values it met."""

    __slots__ = ("_make",)

    def __init__(self, make: Bind) -> None:
        self._make = make

    def __missing__(self, value: Any) -> Any:
        if len(self) >= _REMEMBERED:
            self.clear()
        made = self[value] = self._make(value)
        return made


def _bind(table: Table, name: str, dialect: Dialect) -> Bind | None:
    """What turns a Python value into the driver's; None where the driver takes it as it is."""
    kind: Any = table.c[name].type
    if isinstance(kind, JSON):
        return json.JSONEncoder(ensure_ascii=False).encode
    processor: Bind | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if processor is None or _is_instant(kind):  # hardly an instant comes twice
        return processor
    return _Remembered(processor).__getitem__


def _is_instant(kind: Any) -> bool:
    return isinstance(getattr(kind, "impl", kind), DateTime)
