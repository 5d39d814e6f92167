"""The report being written: rows in the columns of contract 4.2 as CSV or JSON lines, in the order of their days, with tallies."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from samples.panel import PlacedAccount
from samples.tape import words

Form = Literal["csv", "jsonl"]

COLUMNS: Final = words(
    "record_id corrects account_ref person_ref occurred_at kind direction outcome party endpoint endpoint_type time_zones "
    "collector_id duration_s recording_ref template_ref dialer opt_out_notice disclosed_debt identified_caller consent_ref "
    "purpose accounts_discussed amount currency due_on instalments reference filed_on served_on court note details"
)
AT: Final = {column: n for n, column in enumerate(COLUMNS)}
CONTENT_TYPES: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}
CARD_NOTE: Final = (
    "Offered card 4111 1111 1111 1111 over the phone"  # a published test number, to be masked on the way in
)
HEADER: Final = ",".join(COLUMNS) + "\n"


class Entry(NamedTuple):
    """One thing that happened: to which account, on which day (an ordinal), at which second of the local day, and its cells."""

    account: PlacedAccount
    day: int
    second: int
    kind: str
    cells: Mapping[str, str]


# A sound row as it stands in the file, behind what orders it inside its day: second, record id, text. A plain tuple, because
# there are as many as rows and the collector of garbage stops looking at those.
Line = tuple[int, str, str]


class _Echo:
    """A file that hands back what is written to it, so that the library's CSV writer can quote one row."""

    def write(self, text: str) -> str:
        return text


class Sheet:
    """Collects sound rows day by day and counts them."""

    def __init__(self, prefix: str, form: Form) -> None:
        self.prefix, self.form = prefix, form
        self.rows = 0
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.amounts: Counter[str] = Counter()
        self.notes_to_mask: list[str] = []
        self._ids = 0
        self._days: defaultdict[int, list[Line]] = defaultdict(list)
        self._csv = csv.writer(_Echo(), lineterminator="\n").writerow

    def write(self, entry: Entry) -> str:
        """Add a sound row and return its record id."""
        _, day, second, kind, told = entry
        cells = self.cells(entry)
        record_id = cells[0]
        self._days[day].append((second, record_id, self.text(cells)))
        self.rows += 1
        self.kinds[kind] += 1
        if kind == "call":
            self.outcomes[told["outcome"]] += 1
            if told.get("note") == CARD_NOTE:
                self.notes_to_mask.append(record_id)
        elif "amount" in told:
            self.amounts[told["currency"]] += minor(told["amount"])
        return record_id

    def cells(self, entry: Entry) -> list[str]:
        """The row's cells in the order of COLUMNS, under a new record id. What lasted some time was recorded."""
        self._ids += 1
        account, day, second, kind, told = entry
        record_id = f"{self.prefix}-{self._ids:07d}"
        cells = [""] * len(COLUMNS)
        cells[0], cells[2], cells[3] = record_id, account.account_ref, account.consumer_ref
        cells[4], cells[5] = instant(account.time_zone, day, second), kind
        for column, value in told.items():
            cells[AT[column]] = value
        if "duration_s" in told:
            cells[AT["recording_ref"]] = f"REC-{record_id}"
        return cells

    def text(self, cells: list[str]) -> str:
        """The row as one line of the file. `details` that are no object of JSON stand as the text they are."""
        if self.form == "csv":
            return self._csv_line(cells)
        named = {column: value for column, value in zip(COLUMNS, cells, strict=True) if value}
        details = named.pop("details", "")
        line = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
        if details:
            value = details if details.endswith("}") else json.dumps(details)
            line = f'{line[:-1]},"details":{value}}}'
        return line + "\n"

    def _csv_line(self, cells: list[str]) -> str:
        """As the library would quote it; but only notes and details need quotes as a rule, and those repeat."""
        head = ",".join(cells[:-2])
        if head.count(",") != len(COLUMNS) - 3 or '"' in head or "\n" in head or "\r" in head:
            written: str = self._csv(cells)
            return written
        return f"{head},{_quoted(cells[-2])},{_quoted(cells[-1])}\n"

    def in_order(self) -> list[Line]:
        """All rows by local day and time of day."""
        return [line for day in sorted(self._days) for line in sorted(self._days[day])]


def instant(zone: str, day: int, second: int) -> str:
    """ISO 8601 with the zone's offset on that day; `second` counts from local midnight and lies outside 00:00 to 04:00."""
    iso, offset = _day_in(zone, day)
    return f"{iso}T{_clock(second)}{offset}"


@cache
def _clock(second: int) -> str:
    minutes, seconds = divmod(second, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@cache
def _day_in(zone: str, day: int) -> tuple[str, str]:
    noon = datetime.fromordinal(day).replace(hour=12, tzinfo=ZoneInfo(zone)).isoformat()
    return noon[:10], noon[19:]


@lru_cache(maxsize=100_000)
def _quoted(text: str) -> str:
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def minor(amount: str) -> int:
    """An amount with two decimals in minor units."""
    return int(amount.replace(".", ""))


def major(units: int) -> str:
    """Minor units as an amount with two decimals."""
    return f"{units // 100}.{units % 100:02d}"
