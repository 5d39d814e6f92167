"""Rows that a reader must refuse, each with exactly one fault, and rows sent twice; and their places in the file.

The codes are the problem codes of contract 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from samples.panel import Person
from samples.sheet import AT, Entry, Line, Sheet, major
from samples.traffic import MORNING, WORKING_SECONDS, Draw, Habits


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to spoil a row: the code a reader answers, the column at fault, and what stands there instead."""

    code: str
    column: str
    spoilt: str | Callable[[str], str]
    carrier: str = "call"


def _ahead(instant: str) -> str:
    return f"{int(instant[:4]) + 100}{instant[4:7]}-15{instant[10:]}"


FAULTS: Final = (
    Fault("unknown_account", "account_ref", "ZZ-00000000"),
    Fault("missing_offset", "occurred_at", lambda instant: instant[:19]),
    Fault("impossible_date", "occurred_at", lambda instant: f"{instant[:4]}-02-30{instant[10:]}"),
    Fault("unreadable_date", "occurred_at", lambda instant: f"{instant[8:10]}/{instant[5:7]}/{instant[:4]} {instant[11:16]}"),
    Fault("bad_kind", "kind", "phonecall"),
    Fault("bad_outcome", "outcome", "reached"),
    Fault("bad_direction", "direction", "outbound"),
    Fault("bad_party", "party", "debtor"),
    Fault("missing_account_ref", "account_ref", ""),
    Fault("negative_amount", "amount", "-50.00", "promise"),
    Fault("bad_amount", "amount", "fifty", "promise"),
    Fault("bad_currency", "currency", "US$", "promise"),
    Fault("bad_flag", "disclosed_debt", "maybe"),
    Fault("negative_duration_s", "duration_s", "-5"),
    Fault("bad_details", "details", "{not json"),
    Fault("bad_time_zone", "time_zones", "Mars/Olympus"),
    Fault("bad_due_on", "due_on", "31/12/2026", "promise"),
    Fault("bad_dialer", "dialer", "robot"),
    Fault("bad_instalments", "instalments", "twelve", "plan"),
    Fault("missing_occurred_at", "occurred_at", ""),
    Fault("missing_kind", "kind", ""),
    Fault("missing_record_id", "record_id", ""),
    Fault("impossible_date", "occurred_at", _ahead),
    Fault("bad_endpoint_type", "endpoint_type", "cellular"),
    Fault("bad_purpose", "purpose", "dunning"),
    Fault("bad_duration_s", "duration_s", "two minutes"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadRow:
    """A spoilt row as it stands in the file."""

    record_id: str
    fault: Fault
    text: str


@dataclass(slots=True)
class Assembled:
    """The file's data rows in order, and where the bad and the repeated ones stand (the first data row is 1)."""

    lines: list[str] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)


def bad_rows(crowd: Sequence[Person], count: int, sheet: Sheet, habits: Habits) -> list[BadRow]:
    """So many spoilt rows, the faults taking turns."""
    return [_spoil(crowd, FAULTS[n % len(FAULTS)], sheet, habits) for n in range(count)]


def _spoil(crowd: Sequence[Person], fault: Fault, sheet: Sheet, habits: Habits) -> BadRow:
    cells = sheet.cells(_carrier(crowd, fault.carrier, habits))
    record_id = cells[0] if fault.column != "record_id" else ""
    at = AT[fault.column]
    cells[at] = fault.spoilt if isinstance(fault.spoilt, str) else fault.spoilt(cells[at])
    return BadRow(record_id, fault, sheet.text(cells))


def _carrier(crowd: Sequence[Person], kind: str, habits: Habits) -> Entry:
    """A row with nothing wrong: a call that nobody answers, or something promised."""
    draw = habits.draw
    placement = crowd[int(draw() * len(crowd))].placements[0]
    account = placement.account
    day = placement.opens + int(draw() * (placement.closes - placement.opens + 1))
    cells = {"direction": "out", "party": "consumer", "collector_id": habits.desk.collectors[0], "purpose": "collect"}
    if kind == "call":
        cells |= {
            "outcome": "no_answer", "endpoint": account.phone, "endpoint_type": "mobile", "time_zones": account.time_zone,
            "dialer": "manual", "disclosed_debt": "no",
        }  # fmt: skip
    else:
        due_on = date.fromordinal(day + 14).isoformat()
        cells |= {"direction": "in", "amount": major(5000), "currency": account.currency, "due_on": due_on}
        cells |= {"instalments": "6"} if kind == "plan" else {}
    return Entry(account, day, MORNING + int(draw() * WORKING_SECONDS), kind, cells)


def assemble(sound: Sequence[Line], bad: Sequence[BadRow], repeats: int, draw: Draw) -> Assembled:
    """Spread bad rows and repetitions over the file. A repetition is the same bytes again, somewhere after its first coming."""
    total = len(sound) + len(bad) + repeats
    extra = _spots(total, len(bad) + repeats, draw)
    file, first_row = Assembled(), []
    rows, spoilt = iter(sound), iter(bad)
    bad_left = len(bad)
    for row in range(1, total + 1):
        if row not in extra:
            file.lines.append(next(rows)[2])
            first_row.append(row)
        elif draw() * (bad_left + repeats) < bad_left:
            bad_left -= 1
            _add_bad(file, row, next(spoilt))
        else:
            repeats -= 1
            n = int(draw() * len(first_row))
            _, record_id, text = sound[n]
            file.lines.append(text)
            file.duplicates.append({"row": row, "record_id": record_id, "first_row": first_row[n]})
    return file


def _spots(total: int, count: int, draw: Draw) -> set[int]:
    """Which rows are not sound ones: any but the first."""
    spots: set[int] = set()
    while len(spots) < count:
        spots.add(2 + int(draw() * (total - 1)))
    return spots


def _add_bad(file: Assembled, row: int, bad: BadRow) -> None:
    file.lines.append(bad.text)
    fault = bad.fault
    file.problems.append({"row": row, "record_id": bad.record_id, "column": fault.column, "code": fault.code})
