"""Owns one condition: a column is one of many values, which travel as a single parameter however many they are.

A parameter each would cost more than the look-up itself, and databases take only so many.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam, column, text
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine


def among(
    session: Session, sought: InstrumentedAttribute[Any], values: Collection[str] | Collection[int]
) -> ColumnElement[bool]:
    """`sought` is one of `values`, texts or whole numbers; the session tells the database."""
    given = list(values)
    if session.get_bind().dialect.name == "postgresql":
        kind: TypeEngine[Any] = sought.type
        return sought == any_(bindparam(None, given, ARRAY(kind), unique=True))
    each = text("SELECT value FROM json_each(:given)").bindparams(bindparam("given", json.dumps(given), unique=True))
    return sought.in_(each.columns(column("value")))
