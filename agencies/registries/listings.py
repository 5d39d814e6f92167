"""The list pages about registers: what they said, what lists may mean, which complaints were published."""

from __future__ import annotations

from typing import Any

from agencies.registries.models import HitState, OutsideComplaint, RegisterAnswer, ScreeningHit
from agencies.registries.table import LABELS, LISTS
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec

BEARINGS = ("good", "ended", "unclear", "absent", "silent")


def answers(code: str) -> ListSpec:
    """What every register said of the agency with this code, and when."""
    table = RegisterAnswer.__table__
    return ListSpec(
        page="register-answers", key=table.c.id, order="-asked",
        columns=(
            Column("asked", N_("Asked at"), lambda row: Cell(row[0].asked_at, url=f"/agencies/{code}/registers/{row[0].ref}"), kind="instant", sort=table.c.asked_at),
            Column("register", N_("Register"), lambda row: LABELS[row[0].register], kind="code", sort=table.c.register),
            Column("number", N_("Number"), lambda row: row[0].number, sort=table.c.number),
            Column("bearing", N_("It says"), lambda row: row[0].bearing or "silent", kind="state", subject="register", sort=table.c.bearing),
            Column("status", N_("In its words"), lambda row: (row[0].statement or {}).get("status")),
            Column("changes", N_("Differences"), lambda row: _changes(row[0]), kind="count"),
            Column("seen", N_("Looked at by"), lambda row: row[0].seen_by),
        ),
        filters=(
            Filter("register", N_("Register"), lambda value: RegisterAnswer.register == value, kind="choice", choices=tuple(LABELS.items())),
            Filter("bearing", N_("It says"), _bears, kind="choice", choices=(
                ("good", N_("In order")), ("ended", N_("Ended at the register")), ("unclear", N_("To be judged")), ("absent", N_("Not in the register")),
                ("silent", N_("No answer")),
            )),
        ),
        empty={"title": N_("No register was asked yet"), "text": N_("Every night all registers are asked that are switched on and know the agency.")},
    )  # fmt: skip


def hits(code: str) -> ListSpec:
    """What lists may mean the agency with this code, or somebody behind it."""
    table = ScreeningHit.__table__
    return ListSpec(
        page="screening-hits", key=table.c.id, order="-score",
        columns=(
            Column("name", N_("Name looked for"), lambda row: Cell(row[1].name, url=f"/agencies/{code}/screening/{row[0].ref}")),
            Column("matched", N_("Name in the list"), lambda row: Cell(row[0].matched, hint=row[0].programme or None), sort=table.c.matched),
            Column("list", N_("Which list"), lambda row: LABELS[row[0].list_name], kind="code", sort=table.c.list_name),
            Column("score", N_("Score"), lambda row: row[0].score, kind="count", sort=table.c.score),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="screening", sort=table.c.state),
            Column("seen", N_("Last seen"), lambda row: row[0].last_seen_at, kind="instant", sort=table.c.last_seen_at),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: ScreeningHit.state == value if value in set(HitState) else None, kind="choice",
                   choices=(("open", N_("To be decided")), ("same", N_("The same")), ("other", N_("Not the same")))),
            Filter("list", N_("Which list"), lambda value: ScreeningHit.list_name == value, kind="choice", choices=tuple(LISTS.items())),
        ),
        empty={"title": N_("No list means anybody here"), "text": N_("Every night the lists that are switched on are looked through for every watched name.")},
    )  # fmt: skip


def complaints() -> ListSpec:
    """The published complaints about an agency."""
    table = OutsideComplaint.__table__
    return ListSpec(
        page="outside-complaints", key=table.c.id, order="-received",
        columns=(
            Column("complaint", N_("Complaint"), lambda row: row[0].complaint, sort=table.c.complaint),
            Column("received", N_("Received"), lambda row: row[0].received_on, kind="date", sort=table.c.received_on),
            Column("issue", N_("Issue"), lambda row: Cell(row[0].issue, hint=row[0].sub_issue or None), sort=table.c.issue),
            Column("state", N_("Consumer's state"), lambda row: row[0].state, sort=table.c.state),
            Column("response", N_("Company's response"), lambda row: row[0].response, sort=table.c.response),
            Column("timely", N_("In time"), lambda row: Cell(row[0].timely, tone="bad" if row[0].timely is False else None), kind="bool", sort=table.c.timely),
            Column("by", N_("Acknowledged by"), lambda row: Cell(row[0].acknowledged_by, hint=row[0].note or None), sort=table.c.acknowledged_by),
        ),
        filters=(
            Filter("open", N_("To be acknowledged"), _is_open, kind="bool"),
            Filter("issue", N_("Issue"), lambda value: OutsideComplaint.issue.icontains(value, autoescape=True)),
        ),
        empty={"title": N_("No published complaint"), "text": N_("They are asked for under the name that the bureau gives the agency; enter it on the tab Registers.")},
    )  # fmt: skip


def _changes(answer: RegisterAnswer) -> Cell:
    return Cell(len(answer.changes) or None, tone="warn" if answer.changes and answer.seen_at is None else None)


def _bears(value: str) -> Any:
    if value not in BEARINGS:
        return None
    return RegisterAnswer.bearing.is_(None) if value == "silent" else RegisterAnswer.bearing == value


def _is_open(value: str) -> Any:
    return (
        OutsideComplaint.acknowledged_at.is_(None) if value == "yes" else OutsideComplaint.acknowledged_at.is_not(None)
    )
