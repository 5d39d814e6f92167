"""Owns the one way JSON from outside is read: strictly, and without losing a digit.

Refused are repeated keys (two readers would see two different objects), NaN and Infinity, nesting deeper than
`DEEPEST`, NUL and lone surrogates (neither can be stored as text). A decimal number remembers how it was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

DEEPEST = 64


class Written(float):
    """A JSON number with decimals that keeps its own spelling, so that an amount of money stays exact."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Written:
        number = super().__new__(cls, text)
        number.text = text
        return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is repeated")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Written, parse_constant=_no_constant)


def check(value: object, text: str) -> None:
    """Raise ValueError if the value read from `text` is nested too deep or holds text that cannot be stored."""
    if "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
        _walk(value, 0)


def _walk(value: object, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL in a text")
        value.encode()  # A lone surrogate raises UnicodeEncodeError, which is a ValueError.
    elif isinstance(value, (dict, list)):
        parts: Iterable[object] = [*value, *value.values()] if isinstance(value, dict) else value
        for part in parts:
            _walk(part, depth + 1)


def loads(text: str) -> Any:
    """The value of a JSON text; ValueError for anything the module's rules refuse."""
    try:
        value = decoder.decode(text)
        check(value, text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def canonical(value: object) -> str:
    """The one spelling of a value: sorted keys, no spaces. ValueError for a number beyond all bounds, such as 1e400."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
