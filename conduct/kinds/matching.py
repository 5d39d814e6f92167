"""Conditions on a record, written in a rule's parameters and compiled to functions.

A condition is a table from paths to wanted values. A path is a column (`outcome`), a key of `details.`, `account.` or
`agency.`, or several of them joined by `|`, any of which may fit. A wanted value is one value, a list of which any fits,
or a table: `{not = …}`, `{present = true}`, `{contains = …}`.

The answer has three values. None means it cannot be told: that is so only for the paths a rule calls doubtful, for a key
nobody reported otherwise means that there is no such thing (an ordinary dispute says nothing about payment orders).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any

from conduct.dossier import Record, account_fact
from conduct.facts import UNKNOWN, is_given, items, same, words

Answer = bool | None
Getter = Callable[[Any], Any]
Condition = Callable[[Any], Answer]


def getter(path: str) -> Getter:
    """A function that reads one path from a record; UNKNOWN where the record has no such thing."""
    head, _, name = path.partition(".")
    if not name:
        return _column(path)
    if head == "details":
        return lambda record: record.details.get(name, UNKNOWN)
    if head == "account":
        return lambda record: account_fact(record, name)
    if head == "agency":
        return lambda record: record.agency.fact(name)
    raise ValueError(f"unreadable path {path!r}")


def _column(name: str) -> Getter:
    read = attrgetter(name)

    def column(record: Record) -> Any:
        try:
            return read(record)
        except AttributeError:
            return UNKNOWN

    return column


def first_given(paths: str) -> Getter:
    """A function that reads `a|b|c` and gives the first that is known and not none; else the last one's answer."""
    readers = [getter(path) for path in paths.split("|")]
    if len(readers) == 1:
        return readers[0]

    def read(record: Record) -> Any:
        value: Any = UNKNOWN
        for one in readers:
            value = one(record)
            if is_given(value):
                return value
        return value

    return read


def condition(table: Mapping[str, Any], doubtful: Collection[str] = ()) -> Condition:
    """One function for a whole table: every line of it must fit. An empty table fits everything."""
    lines = [_line(path, wanted, doubtful) for path, wanted in table.items()]
    if not lines:
        return lambda record: True
    if len(lines) == 1:
        return lines[0]

    def every(record: Record) -> Answer:
        answer: Answer = True
        for line in lines:
            said = line(record)
            if said is False:
                return False
            if said is None:
                answer = None
        return answer

    return every


def account_condition(table: Mapping[str, Any]) -> Condition:
    """As `condition`, for facts of the account by their bare names; one nobody reported cannot be told."""
    paths = {f"account.{name}": wanted for name, wanted in table.items()}
    return condition(paths, list(paths))


def any_condition(tables: Collection[Mapping[str, Any]], doubtful: Collection[str] = ()) -> Condition:
    """A function that fits when any of the tables does."""
    alternatives = [condition(table, doubtful) for table in tables]

    def some(record: Record) -> Answer:
        answers = [one(record) for one in alternatives]
        return True if True in answers else None if None in answers else False

    return some


def _line(path: str, wanted: Any, doubtful: Collection[str]) -> Condition:
    read, fits, fits_absent = first_given(path), *_test(wanted)
    unknown: Answer = None if path in doubtful else fits_absent

    def line(record: Record) -> Answer:
        value = read(record)
        return unknown if value is UNKNOWN else fits(value)

    return line


def _test(wanted: Any) -> tuple[Callable[[Any], bool], bool]:
    """The test of a known value, and the answer for a value nobody reported."""
    if isinstance(wanted, list):
        return _one_of(wanted), False
    if not isinstance(wanted, dict):
        return (lambda value: same(value, wanted)), False
    if set(wanted) == {"not"}:
        refused = wanted["not"] if isinstance(wanted["not"], list) else [wanted["not"]]
        fits = _one_of(refused)
        return (lambda value: not fits(value)), True
    if set(wanted) == {"present"}:
        return (lambda value: is_given(value) is wanted["present"]), not wanted["present"]
    if set(wanted) == {"contains"}:
        sought = wanted["contains"] if isinstance(wanted["contains"], list) else [wanted["contains"]]
        return (lambda value: any(same(item, one) for item in items(value) for one in sought)), False
    raise ValueError(f"unreadable condition {wanted!r}")


def _one_of(wanted: list[Any]) -> Callable[[Any], bool]:
    """A test for any of some values; among words it is one look into a set."""
    words = frozenset(one for one in wanted if isinstance(one, str))
    if len(words) == len(wanted):
        return lambda value: value in words if isinstance(value, str) else any(same(value, one) for one in words)
    return lambda value: any(same(value, one) for one in wanted)


def flags(record: Record) -> frozenset[str]:
    """The words of `details.flags`."""
    return words(record.details.get("flags"))
