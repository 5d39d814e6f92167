"""Column types: money as whole minor units, rates as whole millionths, instants in UTC, enums as text."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

BigNumber = BigInteger().with_variant(Integer(), "sqlite")
"""Every whole number: 64 bits on both databases, and still SQLite's row id where it is the key."""

CENT = Decimal("0.01")
MILLION = Decimal(1_000_000)


def to_minor(amount: Decimal) -> int:
    """Whole minor units (hundredths, for every currency) of an exact amount. Raises ValueError if it has a finer part."""
    minor = amount.scaleb(2)
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} has more than two decimals.")
    return int(minor)


def to_major(minor: int) -> Decimal:
    """The amount in major units, always with two decimals."""
    return Decimal(minor).scaleb(-2).quantize(CENT)


def round_money(amount: Decimal) -> Decimal:
    """Round half up to the minor unit: the one rounding rule (docs/decisions), applied once, at the end."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


class Money(TypeDecorator[Decimal]):
    """Decimal in Python, whole minor units in the database: sums are exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return None if value is None else to_minor(Decimal(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else to_major(int(value))


class Rate(TypeDecorator[Decimal]):
    """A share such as 0.18, kept as whole millionths."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((value * MILLION).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / MILLION


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. A naive one is refused: nobody can know what it meant."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive instant cannot be stored; give it a zone.")
        instant = value.astimezone(UTC)
        return instant if dialect.name == "postgresql" else instant.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Choice(TypeDecorator[StrEnum]):
    """A StrEnum kept as its text. `one_of` gives the matching constraint for columns where the database must refuse the rest."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The database's own refusal of any other value of `column`."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")
