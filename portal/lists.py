"""List pages: one mechanism for filter, search, sort, pages, saved views and CSV; the macro `list_page` draws it.

A package's queries.py declares a `ListSpec` (columns, filters, order) over a select that is already scoped to the actor; its view calls
`show` and renders, or returns the CSV as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from portal import db
from portal.people import SavedView
from portal.permissions import Actor
from portal.tables.writing import write_csv

PAGE = 50
CSV_STEP = 1000


@dataclass(frozen=True)
class Cell:
    """What one field of a row shows."""

    value: Any
    url: str | None = None
    hint: str | None = None
    tone: str | None = None  # good, warn, bad
    currency: str | None = None


@dataclass(frozen=True)
class Column:
    """One column: `cell` makes a Cell (or a bare value) of a row; `sort` is what the database orders by."""

    name: str
    label: str  # msgid
    cell: Callable[[Any], Any]
    kind: str = "text"  # text code money count date instant rate state link bool
    sort: ColumnElement[Any] | None = None
    subject: str | None = None  # of a state: plan, placement, agency …


@dataclass(frozen=True)
class Filter:
    """One filter; `where` makes the condition for a value, or None for a value that means nothing."""

    name: str
    label: str
    where: Callable[[str], ColumnElement[bool] | None]
    kind: str = "text"  # text choice date bool
    choices: tuple[tuple[str, str], ...] = ()  # value, label


@dataclass(frozen=True)
class ListSpec:
    """A list page. `page` names it for saved views; `key` is a unique column that makes the order total."""

    page: str
    columns: tuple[Column, ...]
    key: ColumnElement[Any]
    order: str  # column name, with a minus in front for descending
    filters: tuple[Filter, ...] = ()
    search: Callable[[str], ColumnElement[bool] | None] | None = None
    empty: Mapping[str, Any] = field(default_factory=dict)  # title, text, action {label, url}
    prepare: Callable[[Session, Sequence[Any]], Sequence[Any]] | None = None  # loads what the cells need, in one go


def show(actor: Actor, spec: ListSpec, statement: Select[Any], *, name: str = "list") -> SimpleNamespace | Response:
    """The page's list as the macro takes it, or with `?format=csv` the whole filtered list as CSV."""
    arguments = request.args.to_dict()
    statement, filtered = _filtered(spec, statement, arguments)
    order, ordered = _ordered(spec, statement, arguments.get("sort") or spec.order)
    if arguments.get("format") == "csv":
        return _csv(spec, ordered, name)
    offset = _offset(arguments)
    session = db.session()
    rows: Sequence[Any] = session.execute(ordered.limit(PAGE + 1).offset(offset)).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    total = (
        offset + len(rows)
        if not more
        else int(session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0)
    )
    if spec.prepare:
        rows = spec.prepare(session, rows)
    return SimpleNamespace(
        columns=[_column(column, order) for column in spec.columns],
        rows=[[_shown(column, row) for column in spec.columns] for row in rows],
        filters=[
            SimpleNamespace(
                name=f.name,
                label=_(f.label),
                kind=f.kind,
                value=arguments.get(f.name) or "",
                choices=[(value, _(label)) for value, label in f.choices],
            )
            for f in spec.filters
        ],
        search=arguments.get("q", "") if spec.search else None,
        total=total,
        filtered=filtered,
        empty=_empty(spec),
        first_url=_url(cursor=None) if offset else None,
        prev_url=_url(cursor=str(offset - PAGE) if offset > PAGE else None) if offset else None,
        next_url=_url(cursor=str(offset + PAGE)) if more else None,
        csv_url=_url(format="csv", cursor=None),
        saved_views=_saved_views(session, actor, spec.page),
        save_view_url=_save_url(actor, spec.page),
        page=spec.page,
    )


def _filtered(spec: ListSpec, statement: Select[Any], arguments: Mapping[str, str]) -> tuple[Select[Any], bool]:
    filtered = False
    conditions = [(f.where, arguments.get(f.name)) for f in spec.filters]
    if spec.search:
        conditions.append((spec.search, arguments.get("q")))
    for where, value in conditions:
        if value and value.strip() and (condition := where(value.strip())) is not None:
            statement, filtered = statement.where(condition), True
    return statement, filtered


def _ordered(spec: ListSpec, statement: Select[Any], wanted: str) -> tuple[str, Select[Any]]:
    sortable = {column.name: column.sort for column in spec.columns if column.sort is not None}
    if wanted.lstrip("-") not in sortable:
        wanted = spec.order
    by = sortable.get(wanted.lstrip("-"))
    if by is None:
        return wanted, statement.order_by(spec.key)
    return wanted, statement.order_by(by.desc() if wanted.startswith("-") else by.asc(), spec.key)


def _offset(arguments: Mapping[str, str]) -> int:
    text = arguments.get("cursor", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _url(**changes: str | None) -> str:
    arguments = {**request.args.to_dict(), **changes}
    left = {name: value for name, value in arguments.items() if value}
    return f"{request.path}?{urlencode(left)}" if left else request.path


def _column(column: Column, order: str) -> SimpleNamespace:
    sorted_ = None if order.lstrip("-") != column.name else "desc" if order.startswith("-") else "asc"
    url = (
        _url(sort=f"-{column.name}" if sorted_ == "asc" else column.name, cursor=None)
        if column.sort is not None
        else None
    )
    return SimpleNamespace(
        name=column.name,
        label=_(column.label),
        kind=column.kind,
        sortable=column.sort is not None,
        sorted=sorted_,
        sort_url=url,
        subject=column.subject,
    )


def _cell(value: Any) -> Cell:
    return value if isinstance(value, Cell) else Cell(value)


def in_words(code: str) -> str:
    """A code of the files (no_answer) as people read it, in the reader's language."""
    return str(_(code.replace("_", " ")))


def _shown(column: Column, row: Any) -> Cell:
    cell = _cell(column.cell(row))
    return replace(cell, value=in_words(cell.value)) if column.kind == "code" and cell.value else cell


def _empty(spec: ListSpec) -> SimpleNamespace:
    action = spec.empty.get("action")
    return SimpleNamespace(
        title=_(spec.empty.get("title", "Nothing here yet")),
        text=_(spec.empty.get("text", "")),
        action=SimpleNamespace(
            label=_(action["label"]), url=action["url"]() if callable(action["url"]) else action["url"]
        )
        if action
        else None,
    )


def _csv(spec: ListSpec, ordered: Select[Any], name: str) -> Response:
    database, columns = db.database(), spec.columns

    def lines() -> Iterator[list[Any]]:
        offset = 0
        with database.reading() as session:
            while rows := session.execute(ordered.limit(CSV_STEP).offset(offset)).all():
                prepared: Sequence[Any] = spec.prepare(session, rows) if spec.prepare else rows
                for row in prepared:
                    yield [_cell(column.cell(row)).value for column in columns]
                offset += CSV_STEP

    response = Response(
        stream_with_context(write_csv([c.name for c in columns], lines(), bom=True)),
        content_type="text/csv; charset=utf-8",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _saved_views(session: Session, actor: Actor, page: str) -> list[SimpleNamespace]:
    if actor.user_id is None:
        return []
    found = session.scalars(
        select(SavedView).where(SavedView.user_id == actor.user_id, SavedView.page == page).order_by(SavedView.name)
    )
    here = request.query_string.decode()
    return [
        SimpleNamespace(
            name=view.name,
            url=f"{request.path}?{view.query}",
            active=view.query == here,
            delete_url=f"/views/{view.id}/delete",
        )
        for view in found
    ]


def _save_url(actor: Actor, page: str) -> str | None:
    return f"/views?page={page}" if actor.user_id is not None else None
