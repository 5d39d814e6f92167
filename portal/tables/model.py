"""Owns the model of a table: which columns a kind of file has, what their cells hold, and which rules a row keeps.

The same table serves CSV, JSON Lines and JSON, over HTTP, on pages and on the command line; `portal.table_reading` reads
files by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.tables.cells import CellType
from portal.tables.faults import LONGEST_VALUE, Problem, Unfit
from portal.tables.masking import mask_identifiers

RowCheck = Callable[[Mapping[str, Any]], tuple[str, str] | None]
"""A rule over a whole sound row, by column name: None, or the column and the code of what is wrong."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its public name, what its cells hold, whether each row must fill it, and what it means."""

    name: str
    type: CellType
    required: bool = False
    meaning: str = ""

    def problem(self, row: int, cell: object, fault: Unfit) -> Problem:
        """What is wrong with a cell. Free text is quoted with its identifiers masked."""
        value = mask_identifiers(str(cell)[: 4 * LONGEST_VALUE])[0] if self.type.name == "prose" else str(cell)
        params = {"column": self.name, **self.type.hints, **fault.params}
        code = fault.code.format(self.name)
        return Problem(row, self.name, code, value[:LONGEST_VALUE], fault.repair or fault.code, params)


@dataclass(frozen=True)
class Table:
    """The columns of one kind of file, in their public order. `amount` names the column that control totals add up."""

    kind: str
    columns: tuple[Column, ...]
    checks: tuple[RowCheck, ...] = ()
    amount: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def numbers(self) -> frozenset[str]:
        """The columns that hold amounts and counts."""
        return frozenset(column.name for column in self.columns if column.type.is_number)

    def json_schema(self) -> dict[str, Any]:
        """One row as JSON Schema 2020-12, for the API's document."""
        return {
            "title": self.kind,
            "type": "object",
            "properties": {column.name: _column_schema(column) for column in self.columns},
            "required": [column.name for column in self.columns if column.required],
            "additionalProperties": False,
        }


def _column_schema(column: Column) -> dict[str, Any]:
    schema = dict(column.type.schema)
    if not column.required:
        types = schema["type"]
        schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    if column.meaning:
        schema["description"] = column.meaning
    return schema
