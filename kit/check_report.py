"""Checks one report as the portal will, without an account and with the standard library alone.

    python check-report.pyz activity activity.csv --rows 10000 > problems.csv

It is made of the portal's own reader and row models, so what it finds the portal finds: the same rows, columns and codes. Only what the
bank alone knows is left to the portal: whether an account is yours, its currency, and records of other files. Exit code: 0 sound, 1 problems
(listed as CSV on stdout), 2 if the file cannot be checked.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO
from zoneinfo import available_timezones

if __package__ is None and not sys.path[0].endswith(
    ".pyz"
):  # run from a checkout of the portal, not out of the archive
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from activity.schemas import REPORTS
from portal.tables.faults import Problem, Refused
from portal.tables.formats import declared_charset, detect
from portal.tables.problems import message
from portal.tables.reading import control_problems, read_table

IDENTITY = {"activity": "record_id", "payments": "record_id"}
"""Kinds in which an id is taken once: a later row with the same id is a repetition, whatever else is in it."""


def check(
    stream: BinaryIO,
    kind: str,
    format_name: str,
    *,
    now: datetime,
    charset: str | None = None,
    rows: int | None = None,
    amount: Decimal | None = None,
) -> Iterator[Problem]:
    """Every problem of a file, in its order; the control totals last. A file that cannot be read at all says so in row 0."""
    table = REPORTS[kind]
    try:
        reading = read_table(stream, table, format_name, now=now, charset=charset)
        place = reading.header.index(IDENTITY[kind]) if IDENTITY.get(kind) in reading.header else None
        taken: set[str] = set()
        for _number, values, problems, cells in reading:
            identity = cells[place].strip() if place is not None and len(cells) == len(reading.header) else None
            if identity in taken:
                continue
            if values is not None and identity:
                taken.add(identity)
            yield from problems
        yield from control_problems(reading, rows, amount)
    except Refused as refused:
        yield from refused.problems


def main(arguments: list[str]) -> int:
    """Check the file that the command line names; what the shell shall be told."""
    asked = argparse.ArgumentParser(prog="check-report", description="Check one report as the portal will.")
    asked.add_argument("kind", choices=sorted(REPORTS))
    asked.add_argument("file", type=Path, help="CSV, JSON Lines or a JSON array, plain or gzip")
    asked.add_argument("--charset", help="of CSV that is not UTF-8: gb18030 or windows-1252")
    asked.add_argument("--rows", type=int, help="how many data rows it must have (Report-Rows)")
    asked.add_argument("--amount", help="what its amounts must add up to (Report-Amount)")
    given = asked.parse_args(arguments)
    try:
        amount = Decimal(given.amount) if given.amount else None
        charset = declared_charset(f"text/csv; charset={given.charset}") if given.charset else None
        format_name = detect("", given.file.name.removesuffix(".gz"))
        if format_name is None:
            asked.error("the file's name ends in .csv, .jsonl or .json, with .gz behind it if it is packed")
        with given.file.open("rb") as stream:
            found = _tell(
                check(
                    stream,
                    given.kind,
                    format_name,
                    now=datetime.now(UTC),
                    charset=charset,
                    rows=given.rows,
                    amount=amount,
                )
            )
    except (OSError, InvalidOperation, Refused) as error:
        print(f"check-report: {error}", file=sys.stderr)
        return 2
    print(f"{found} problems" if found else "sound", file=sys.stderr)
    return 1 if found else 0


def _tell(problems: Iterator[Problem]) -> int:
    """Write the problems as CSV; how many there were. Without a time-zone database zones cannot be judged, and are not."""
    writer, found, zones_known = csv.writer(sys.stdout, lineterminator="\n"), 0, bool(available_timezones())
    for problem in problems:
        if problem.code == "bad_time_zone" and not zones_known:
            continue
        if not found:
            writer.writerow(("row", "column", "code", "message", "value"))
        found += 1
        writer.writerow((problem.row, problem.column, problem.code, message(problem), problem.value))
    return found


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    raise SystemExit(main(sys.argv[1:]))
