"""Arithmetic with days that both databases understand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Float, Integer, String, case, cast, func, literal, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from portal.types import UTCDateTime


class days_between(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """Whole days from the first day to the second; instants count as the day they lie on in UTC."""

    type = Integer()
    inherit_cache = True


class seconds_between(FunctionElement[float]):  # noqa: N801
    """Seconds from the first instant to the second."""

    type = Float()
    inherit_cache = True


@compiles(days_between, "sqlite")
def _days_sqlite(element: days_between, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"CAST(julianday(date({second})) - julianday(date({first})) AS INTEGER)"


@compiles(days_between, "postgresql")
def _days_postgresql(element: days_between, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"(CAST({second} AS date) - CAST({first} AS date))"


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    # Milliseconds are what SQLite can tell; rounding takes away what the arithmetic with days of floats left behind.
    return f"round((julianday({second}) - julianday({first})) * 86400.0, 3)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({second} - {first})) AS double precision)"


def on_day(instant: Any) -> ColumnElement[Any]:
    """The day of an instant in UTC; read it with `read_day`, because SQLite answers with a text."""
    return func.date(instant)


def read_day(value: Any) -> date:
    """A day as SQLite writes it or PostgreSQL gives it."""
    return value if isinstance(value, date) else date.fromisoformat(value)


class month_of(FunctionElement[str]):  # noqa: N801
    """YYYY-MM of a day or instant in UTC."""

    type = String()
    inherit_cache = True


@compiles(month_of, "sqlite")
def _month_sqlite(element: month_of, compiler: Any, **kwargs: Any) -> str:
    (day,) = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"substr({day}, 1, 7)"


@compiles(month_of, "postgresql")
def _month_postgresql(element: month_of, compiler: Any, **kwargs: Any) -> str:
    (day,) = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"to_char({day}, 'YYYY-MM')"


class noon_of(FunctionElement[datetime]):  # noqa: N801
    """Noon of a day in UTC: an instant for what has only a day, which is that day in nearly every zone."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(noon_of, "sqlite")
def _noon_sqlite(element: noon_of, compiler: Any, **kwargs: Any) -> str:
    (day,) = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"({day} || ' 12:00:00.000000')"  # as instants are stored


@compiles(noon_of, "postgresql")
def _noon_postgresql(element: noon_of, compiler: Any, **kwargs: Any) -> str:
    (day,) = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"(CAST({day} AS timestamptz) + INTERVAL '12 hours')"


def least(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    """The smaller of two."""
    return case((first < second, first), else_=second)


def day(value: Any) -> ColumnElement[Any]:
    """A day as a value in SQL."""
    return literal(value, Date)


def minor(amount: Any) -> ColumnElement[int]:
    """Money as the whole minor units it is stored in."""
    return type_coerce(amount, BigInteger)


def real(number: Any) -> ColumnElement[float]:
    """A number as a float, for squares that whole numbers have no room for."""
    return cast(number, Float(53))
