"""How a sender writes: a mapping guessed from a sample, put right in a form, tried on the sample, saved for all files to come.

The sample itself is kept nowhere: its first rows travel with the form, from the sender and back to the sender.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from portal import audit, clock
from portal.errors import N_, Invalid
from portal.permissions import Actor
from portal.reports.models import SavedMapping
from portal.reports.queries import mapping_of
from portal.tables.bounded import LIMITS
from portal.tables.faults import Broken, Problem, Refused
from portal.tables.formats import Source
from portal.tables.mappings import SenderMapping
from portal.tables.model import Column, Table
from portal.tables.problems import message
from portal.tables.quarantine import open_source as open_apart
from portal.tables.reading import Reading

SAMPLE_ROWS = 50
SAMPLE_BYTES = 300_000
LEFT_OUT = ""
"""The choice of a column that has no place in ours: it refuses the file, and the preview says so."""


@dataclass(frozen=True)
class Sample:
    """The header and the first rows of a file as its sender wrote them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    charset: str

    def as_text(self) -> str:
        """The sample for a hidden field."""
        return json.dumps([self.header, self.rows, self.charset], ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Sample:
        """The sample of a hidden field. Raises Invalid for anything else."""
        try:
            header, rows, charset = json.loads(text)
            made = cls(tuple(map(str, header)), tuple(tuple(map(str, row)) for row in rows), str(charset))
        except (ValueError, TypeError):
            raise Invalid(N_("Choose a sample file again.")) from None
        if (
            not 0 < len(made.header) <= LIMITS.columns
            or len(made.rows) > SAMPLE_ROWS
            or any(len(row) != len(made.header) for row in made.rows)
        ):
            raise Invalid(N_("Choose a sample file again."))
        return made


def sample_of(stream: BinaryIO, format_name: str, charset: str) -> Sample:
    """The first rows of a file. Raises Invalid where it cannot be read."""
    try:
        source = open_apart(stream, format_name, charset=charset)
        rows: list[Any] = [row for row in islice(source.rows, SAMPLE_ROWS) if not isinstance(row, Broken)]
    except Refused as refused:
        raise Invalid(N_("The file cannot be read: %(why)s"), why=str(message(refused.problems[0]))) from refused
    if source.header is None:  # objects: their names, in the order in which they come
        header = tuple(dict.fromkeys(name for row in rows for name in row))
        rows = [[_said(row.get(name)) for name in header] for row in rows]
    else:
        header = source.header
    if not header or len(header) > LIMITS.columns:
        raise Invalid(N_("The file has no columns that can be read."))
    kept: list[tuple[str, ...]] = []
    size = 0
    for row in rows:
        size += sum(map(len, row))
        if size > SAMPLE_BYTES:
            break
        kept.append(tuple(row))
    return Sample(header, tuple(kept), charset)


def _said(value: object) -> str:
    return (
        ""
        if value is None
        else value
        if isinstance(value, str)
        else getattr(value, "text", None) or json.dumps(value, ensure_ascii=False)
    )


@dataclass(frozen=True)
class Tried:
    """What becomes of a sample: each row's number, its cells by our columns, what is wrong with it; and what is wrong with the header."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...], tuple[Problem, ...]], ...]
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> int:
        """How many rows could be read."""
        return sum(not problems for _, _, problems in self.rows)


def try_on(table: Table, sample: Sample, mapping: SenderMapping) -> Tried:
    """Read the sample by the mapping, exactly as a report would be."""
    try:
        reading = Reading(
            table, Source(sample.header, iter([list(row) for row in sample.rows])), clock.now(), mapping, LIMITS
        )
        names = tuple(mapping.columns.get(name, name) for name in sample.header)
        rows = []
        for number, values, problems, cells in reading:
            typed = dict(zip(table.names, values, strict=True)) if values is not None else None
            told = tuple(_shown(typed[name]) if typed else cell for name, cell in zip(names, cells, strict=True))
            rows.append((number, told, problems))
    except Refused as refused:
        return Tried((), (), refused.problems)
    return Tried(names, tuple(rows), ())


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def coded(table: Table) -> tuple[Column, ...]:
    """The columns whose cells are codes."""
    return tuple(column for column in table.columns if column.type.name in ("choice", "flag"))


def codes_of(column: Column) -> tuple[str, ...]:
    """The codes that a column takes."""
    return tuple(code for code in column.type.schema["enum"] if isinstance(code, str))


def codes_in(sample: Sample, column: Column, mapping: SenderMapping) -> tuple[str, ...]:
    """What the sender writes in a column of codes, of what is not in our own words, at most fifty."""
    place = next((at for at, name in enumerate(sample.header) if mapping.columns.get(name, name) == column.name), None)
    if place is None:
        return ()
    written = dict.fromkeys(row[place].strip() for row in sample.rows)
    return tuple(cell for cell in written if cell and cell not in codes_of(column))[:50]


def from_form(table: Table, sample: Sample, form: Mapping[str, str]) -> SenderMapping:
    """The mapping that a form says. Raises Invalid for a value that the form does not offer."""
    columns = {
        name: ours
        for at, name in enumerate(sample.header)
        if (ours := _one_of(form, f"column-{at}", table.names)) and ours != name
    }
    half = SenderMapping(columns=columns)
    codes: dict[str, dict[str, str]] = {}
    for column in coded(table):
        for at, written in enumerate(codes_in(sample, column, half)):
            if ours := _one_of(form, f"code-{column.name}-{at}", codes_of(column)):
                codes.setdefault(column.name, {})[written] = ours
    decimal, group = _one_of(form, "decimal_mark", (".", ",")) or ".", _one_of(form, "group_mark", (",", ".", " ", "'"))
    if decimal == group:
        raise Invalid(N_("The mark before the decimals and the one between thousands cannot be the same."))
    return SenderMapping(
        columns=columns,
        codes=codes,
        date_order=_one_of(form, "date_order", ("ymd", "dmy", "mdy")) or None,  # type: ignore[arg-type]
        decimal_mark=decimal,  # type: ignore[arg-type]
        group_mark=group,  # type: ignore[arg-type]
        zone=_one_of(form, "zone", tuple(available_timezones())) or None,
    )


def _one_of(form: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    value = form.get(name, "")
    if value and value not in allowed:
        raise Invalid(N_("Choose one of the values that the form offers."))
    return value


def save(session: Session, actor: Actor, kind: str, mapping: SenderMapping) -> SavedMapping:
    """From now on the actor's files of this kind are read so; those sent before keep the way in which they came."""
    sender = actor.agency_id or 0
    saved = mapping_of(session, sender, kind)
    if saved is None:
        saved = SavedMapping(sender=sender, agency_id=actor.agency_id, kind=kind)
        session.add(saved)
    saved.definition, saved.saved_at, saved.saved_by = mapping.as_json(), clock.now(), actor.label
    audit.record(session, actor, "activity.mapping.saved", f"mapping:{sender}:{kind}", definition=saved.definition)
    return saved


def remove(session: Session, actor: Actor, kind: str) -> None:
    """From now on the actor's files of this kind are read as they are."""
    saved = mapping_of(session, actor.agency_id or 0, kind)
    if saved is not None:
        session.delete(saved)
        audit.record(session, actor, "activity.mapping.removed", f"mapping:{saved.sender}:{kind}")
