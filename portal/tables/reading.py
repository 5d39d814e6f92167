"""Owns the reading of a file by its table: typed rows and problems, one row at a time, in memory that does not grow.

A sound row is a tuple in the order of the table's columns, typed, None where the cell was empty. A row with problems has
no values but one problem for each bad cell, beside its cells as they were sent. Each column remembers the cells it has
met: in a file of a million rows nearly every cell repeats an earlier one and costs a single look-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from operator import getitem, itemgetter
from typing import Any, BinaryIO

from portal.tables.bounded import LIMITS, Limits
from portal.tables.faults import LONGEST_VALUE, Broken, Problem, Refused, Unfit, refuse
from portal.tables.formats import Source
from portal.tables.mappings import NO_MAPPING, SenderMapping
from portal.tables.masking import mask_identifiers
from portal.tables.model import Column, Table
from portal.tables.quarantine import open_source
from portal.tables.strict_json import Written, canonical

Values = tuple[Any, ...]
Read = tuple[int, Values | None, tuple[Problem, ...], list[str]]
"""Row number from 1, values (None if it has problems), problems, and the cells as sent, fit to be kept and sent back."""

_REMEMBERED_LENGTH = 100
LONGEST_KEPT = 20_000
"""Of a free text that is far too long so much is kept with a rejected row: still too long, so that nobody takes it for the whole."""
_NO_TEXT = "\0"
"""Stands before what is no text at all, such as a list in JSON: no column takes it, and no text of a file can hold it."""


def read_table(
    stream: BinaryIO,
    table: Table,
    format_name: str,
    *,
    now: datetime,
    charset: str | None = None,
    mapping: SenderMapping = NO_MAPPING,
    limits: Limits = LIMITS,
) -> Reading:
    """Begin to read a file, gzip or plain; `now` is what instants may not lie beyond.

    Raises Refused here for a bad encoding or header, and while reading where the file itself is broken or too large.
    """
    return Reading(table, open_source(stream, format_name, charset=charset, limits=limits), now, mapping, limits)


class Reading:
    """A file being read. Iterate once; the counts are those of the rows read so far."""

    def __init__(self, table: Table, source: Source, now: datetime, mapping: SenderMapping, limits: Limits) -> None:
        self.table = table
        self.header = table.names if source.header is None else source.header
        """The columns of the cells of each row, by the names the sender used."""
        self.rows = 0
        self.amount = Decimal(0)
        """The sum of the readable cells of the table's amount column, those of rejected rows too."""
        self.currencies: set[str] = set()
        self.masked: Counter[str] = Counter()
        """How many identity and card numbers were masked in free text, by kind; those in rejected rows too."""
        self._items = source.rows
        self._limits = limits
        names = [mapping.columns.get(name, name) for name in self.header]
        if problems := _header_problems(table, names, self.header):
            raise Refused(problems)
        self._mapping = mapping
        by_name = {column.name: column for column in table.columns}
        self._columns = [by_name[name] for name in names]
        self._met = [_Met(column, now, mapping) for column in self._columns]
        self._in_table_order = _order(names, table)
        self._prose = [at for at, column in enumerate(self._columns) if column.type.name == "prose"]
        self._amount_at = names.index(table.amount) if table.amount in names else None
        self._currency_at = names.index("currency") if "currency" in names else None

    def __iter__(self) -> Iterator[Read]:
        met, prose, in_table_order = self._met, self._prose, self._in_table_order
        amount_at, checks, unreadable = self._amount_at, self.table.checks, 0
        for number, item in enumerate(self._items, 1):
            self.rows = number
            if number > self._limits.rows:
                raise refuse("too_large", "too_many_rows", limit=self._limits.rows)
            problems: list[Problem] = []
            if isinstance(item, list):
                cells = item
            elif isinstance(item, dict):
                cells = self._from_object(number, item, problems)
            else:
                unreadable += 1
                self._give_up_hope(number, unreadable)
                yield number, None, (_unreadable(number, item),), self._masked_words(item.cells)
                continue
            try:
                values = tuple(map(getitem, met, cells))
            except Unfit:
                values = self._read_each(number, cells, problems)
                if values.count(None) == len(values):
                    unreadable += 1
                    self._give_up_hope(number, unreadable)
            if amount_at is not None and (amount := values[amount_at]) is not None:
                self._add_up(amount, values)
            for at in prose:
                if cells[at]:
                    # What must not be stored is not kept as sent either; a text far too long is not kept in full.
                    cells[at], found = mask_identifiers(cells[at][:LONGEST_KEPT])
                    if found:
                        self.masked += found
            if in_table_order:
                values = in_table_order(values)
            if checks and not problems:
                problems = self._check(number, values)
            if problems:
                yield number, None, tuple(problems), [cell.replace(_NO_TEXT, "") for cell in cells]
            else:
                yield number, values, (), cells

    def _give_up_hope(self, rows: int, unreadable: int) -> None:
        if unreadable == rows > self._limits.hopeless_rows:
            raise refuse("unreadable_file", "hopeless", limit=self._limits.hopeless_rows)

    def _read_each(self, number: int, cells: list[str], problems: list[Problem]) -> Values:
        """Cell by cell; adds a problem for each bad one, whose value is then None."""
        values: list[Any] = []
        for column, met, cell in zip(self._columns, self._met, cells, strict=True):
            try:
                values.append(met[cell])
            except Unfit as fault:
                values.append(None)
                problems.append(column.problem(number, cell.replace(_NO_TEXT, ""), fault))
        return tuple(values)

    def _from_object(self, number: int, row: dict[str, Any], problems: list[Problem]) -> list[str]:
        """The cells of a JSON object; adds a problem for each key that is no column."""
        if len(row) > self._limits.columns:
            problems.append(
                Problem(number, "", "unreadable_row", "", "row_columns", {"limit": str(self._limits.columns)})
            )
            row = {
                name: value for name, value in row.items() if self._mapping.columns.get(name, name) in self.table.names
            }
        named = {self._mapping.columns.get(name, name): value for name, value in row.items()}
        cells = [_cell(column, named.pop(column.name, None)) for column in self._columns]
        problems += [_unknown_column(number, name, self.table) for name in named]
        return cells

    def _masked_words(self, cells: Sequence[str]) -> list[str]:
        """Cells of a row whose columns cannot be told: masked where they are words, for a reference is one word."""
        masked = [mask_identifiers(cell[:LONGEST_KEPT]) if " " in cell else (cell, Counter[str]()) for cell in cells]
        self.masked.update(sum((found for _, found in masked), Counter[str]()))
        return [cell for cell, _ in masked]

    def _add_up(self, amount: Decimal, values: Values) -> None:
        self.amount += amount
        if self._currency_at is not None and (currency := values[self._currency_at]):
            self.currencies.add(currency)

    def _check(self, number: int, values: Values) -> list[Problem]:
        row = dict(zip(self.table.names, values, strict=True))
        faults = [fault for check in self.table.checks if (fault := check(row))]
        return [
            Problem(number, column, code, str(row[column] or ""), code, {"column": column}) for column, code in faults
        ]


class _Met(dict[str, Any]):
    """The cells already met in one column, each with its value; a cell not met before is read. Raises Unfit for a bad one."""

    __slots__ = ("_limit", "_now", "_read", "_required", "_translate")

    def __init__(self, column: Column, now: datetime, mapping: SenderMapping) -> None:
        self._read = column.type.read
        self._limit = column.type.remembered
        self._required = column.required
        self._translate = mapping.translation(column)
        self._now = now
        if not column.required:
            self[""] = None  # The commonest cell of all.

    def __missing__(self, cell: str) -> Any:
        text = cell.strip()
        if text:
            value = self._read(self._translate(text) if self._translate else text, self._now)
        elif self._required:
            raise Unfit("missing_{}", "missing")
        else:
            value = None
        if self._limit and len(cell) <= _REMEMBERED_LENGTH:
            if len(self) >= self._limit:
                self.clear()
            self[cell] = value
        return value


def _cell(column: Column, value: object) -> str:
    """A JSON value as the text of a cell; one of a sort that the column cannot hold is marked as no text at all."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool) and column.type.name == "flag":
        return "yes" if value else "no"
    if isinstance(value, Written):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    try:
        text = canonical(value)
    except ValueError:
        return _NO_TEXT + repr(value)
    return text if isinstance(value, dict) and column.type.name == "object" else _NO_TEXT + text


def _order(names: list[str], table: Table) -> Callable[[Values], Values] | None:
    """What puts the values of columns `names` into the order of the table, with None for those the file does not have."""
    if tuple(names) == table.names:
        return None
    pick = itemgetter(*(names.index(name) if name in names else -1 for name in table.names))
    return lambda values: pick((*values, None))


def _header_problems(table: Table, names: list[str], header: Sequence[str]) -> list[Problem]:
    unknown = [
        _unknown_column(0, sent, table) for name, sent in zip(names, header, strict=True) if name not in table.names
    ]
    repeated = [
        Problem(0, name, "unknown_column", name, "repeated_column", {"column": name})
        for name in table.names
        if names.count(name) > 1
    ]
    missing = [
        Problem(0, column.name, f"missing_{column.name}", "", "missing_column", {"column": column.name})
        for column in table.columns
        if column.required and column.name not in names
    ]
    return [*unknown, *repeated, *missing]


def _unknown_column(row: int, name: str, table: Table) -> Problem:
    similar = get_close_matches(name, table.names, 1)
    repair = "similar_column" if similar else "unknown_column"
    params = {"column": name[:LONGEST_VALUE], "kind": table.kind, "similar": similar[0] if similar else ""}
    return Problem(row, name[:LONGEST_VALUE], "unknown_column", name[:LONGEST_VALUE], repair, params)


def _unreadable(row: int, broken: Broken) -> Problem:
    excerpt = mask_identifiers(broken.excerpt[: 2 * LONGEST_VALUE])[0][:LONGEST_VALUE]
    return Problem(row, "", "unreadable_row", excerpt, broken.repair, broken.params)


def control_problems(reading: Reading, rows: int | None, amount: Decimal | None) -> tuple[Problem, ...]:
    """What differs between a file read to its end and the totals its sender announced (contract, section 4); None: not announced."""
    problems = []
    if rows is not None and rows != reading.rows:
        problems.append(_control("control_rows", rows, reading.rows))
    if amount is not None and len(reading.currencies) > 1:
        problems.append(_control("control_currencies", amount, ", ".join(sorted(reading.currencies))))
    elif amount is not None and amount != reading.amount:
        problems.append(_control("control_amount", amount, reading.amount))
    return tuple(problems)


def _control(repair: str, announced: object, found: object) -> Problem:
    return Problem(0, "", "control_total", str(announced), repair, {"announced": str(announced), "found": str(found)})
