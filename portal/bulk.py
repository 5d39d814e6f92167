"""Many rows into one table at once: COPY on PostgreSQL, executemany on SQLite, in the session's own transaction.

No object per row reaches the ORM. Values are given as Python values of the columns' types and bound by the same column types as
everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import JSON, Dialect, Table
from sqlalchemy.orm import Session

Bind = Callable[[Any], Any]


def insert_rows(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows (sequences in the order of `columns`). Columns not named take the database's default, usually none."""
    connection = session.connection()
    dialect = connection.dialect
    binds = [_bind(table, name, dialect) for name in columns]
    raw: Any = connection.connection.driver_connection
    if dialect.name == "postgresql":
        names = ", ".join(f'"{name}"' for name in columns)
        with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(_bound(binds, row))
        return
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    cursor = raw.cursor()
    try:
        insert = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names are the model's own
        cursor.executemany(insert, (_bound(binds, row) for row in rows))
    finally:
        cursor.close()


def _bound(binds: Sequence[Bind | None], row: Sequence[Any]) -> list[Any]:
    return [value if bind is None or value is None else bind(value) for bind, value in zip(binds, row, strict=True)]


def _bind(table: Table, name: str, dialect: Dialect) -> Bind | None:
    """What turns a Python value into the driver's; None where the driver takes it as it is."""
    kind: Any = table.c[name].type
    if isinstance(kind, JSON):
        return lambda value: json.dumps(value, ensure_ascii=False)
    processor: Bind | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor
