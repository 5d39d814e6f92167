"""Pages on which a sender says how it writes: its saved mappings, and the one that is being built from a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity import mapping as acts
from activity import queries as activity
from activity import schemas
from activity.forms import CHARSETS, KIND_LABELS, SampleForm
from portal import web
from portal.db import session
from portal.errors import Invalid, NotFound
from portal.lists import Cell
from portal.reports import queries
from portal.reports import web as reports
from portal.reports.kinds import KINDS
from portal.tables.formats import detect, detected_charset
from portal.tables.guessing import guess
from portal.tables.mappings import SenderMapping
from portal.tables.model import Table
from portal.web import actor, requires

blueprint = Blueprint("mappings", __name__)
SHOWN = 20  # rows of the sample on the page


@blueprint.get("/reports/mappings")
@requires("reports.view")
def index() -> ResponseReturnValue:
    """Which kinds of file a sender writes otherwise than we do."""
    saved = session().execute(activity.mappings_list(actor())).all()
    mine = actor().agency_id or 0
    kinds = sendable() if actor().may("reports.send") else []
    own = {entry.kind: entry for entry, _code in saved if entry.sender == mine and entry.kind in kinds}
    others = [(entry, code) for entry, code in saved if entry.sender != mine or entry.kind not in kinds]
    return render_template(
        "activity/mappings.html",
        own=[(kind, KIND_LABELS[kind], own.get(kind)) for kind in kinds],
        others=others,
        labels=KIND_LABELS,
    )


@blueprint.route("/reports/mappings/<kind>", methods=["GET", "POST"])
@requires("reports.send", see="reports.view")
def build(kind: str) -> ResponseReturnValue:
    """One mapping: from a sample, put right, tried, saved."""
    if kind not in sendable():
        raise NotFound
    table, form = schemas.REPORTS[kind], SampleForm()
    if request.method == "GET" or not form.validate():
        saved = queries.mapping_of(session(), actor().agency_id or 0, kind)
        status = 422 if request.method == "POST" else 200
        return render_template(
            "activity/mapping.html", kind=kind, label=KIND_LABELS[kind], form=form, saved=saved, page=None
        ), status
    try:
        sample, mapping = _asked(table, form)
    except Invalid as error:
        form.file.errors = [web.translated(error)]
        return render_template(
            "activity/mapping.html", kind=kind, label=KIND_LABELS[kind], form=form, saved=None, page=None
        ), 422
    if request.form.get("act") == "keep":
        acts.save(session(), actor(), kind, mapping)
        flash(_("Saved. Your files of this kind are read so from now on."), "good")
        return redirect(url_for("mappings.index"), 303)
    page = _page(table, sample, mapping)
    return render_template(
        "activity/mapping.html", kind=kind, label=KIND_LABELS[kind], form=form, saved=None, page=page
    )


@blueprint.post("/reports/mappings/<kind>/remove")
@requires("reports.send", see="reports.view")
def remove(kind: str) -> ResponseReturnValue:
    """Files are read as they are again."""
    if kind not in sendable():
        raise NotFound
    acts.remove(session(), actor(), kind)
    flash(_("Your files of this kind are read as they are from now on."), "good")
    return redirect(url_for("mappings.index"), 303)


def sendable() -> list[str]:
    """The kinds of report that the actor may send, in the order of the contract."""
    mine = {kind.name for kind in KINDS.values() if (kind.from_agencies if actor().agency_id else kind.from_bank)}
    return [name for name in schemas.REPORTS if name in mine]


def _asked(table: Table, form: SampleForm) -> tuple[acts.Sample, SenderMapping]:
    """The sample and the mapping that the form sends: a new file with the guess at it, or the sample it carries with what was chosen."""
    part = form.file.data
    if part is None or not part.filename:
        sample = acts.Sample.from_text(form.sample.data or "")
        return sample, acts.from_form(table, sample, request.form)
    format_name = detect(part.content_type, part.filename)
    if format_name is None:
        raise Invalid(_("Choose a file that ends in .csv, .jsonl, .json or .xlsx."))
    charset = form.charset.data or detected_charset(part.stream.read(1 << 16)) or "utf-8"
    part.stream.seek(0)
    sample = acts.sample_of(part.stream, format_name, charset)
    return sample, guess(table, sample.header, sample.rows)


@dataclass(frozen=True)
class _Page:
    """What the page shows of a mapping under way."""

    sample: acts.Sample
    columns: list[dict[str, Any]]
    codes: list[dict[str, Any]]
    mapping: SenderMapping
    tried: acts.Tried
    header_problems: list[str]
    head: list[dict[str, str]]
    rows: list[list[Cell]]
    names: tuple[str, ...]
    missing: list[str]
    zones: list[str]
    charset: str


def _page(table: Table, sample: acts.Sample, mapping: SenderMapping) -> _Page:
    tried = acts.try_on(table, sample, mapping)
    columns = [
        {"name": f"column-{at}", "written": name, "ours": ours if (ours := mapping.columns.get(name, name)) in table.names else "",
         "example": next((row[at] for row in sample.rows if row[at].strip()), "")[:60]}
        for at, name in enumerate(sample.header)
    ]  # fmt: skip
    codes = [
        {"name": f"code-{column.name}-{at}", "column": column.name, "written": written, "ours": mapping.codes.get(column.name, {}).get(written, ""),
         "offered": acts.codes_of(column)}
        for column in acts.coded(table) for at, written in enumerate(acts.codes_in(sample, column, mapping))
    ]  # fmt: skip
    given = {entry["ours"] for entry in columns}
    return _Page(
        sample=sample,
        columns=columns,
        codes=codes,
        mapping=mapping,
        tried=tried,
        header_problems=[reports.explain(problem) for problem in tried.problems],
        head=[
            {"name": "row", "label": _("Row"), "kind": "count"},
            *({"name": name, "label": name, "kind": "text"} for name in tried.columns),
            {"name": "repair", "label": _("What to do"), "kind": "text"},
        ],
        rows=[
            [
                Cell(number),
                *(Cell(cell[:60]) for cell in cells),
                Cell(" ".join(map(reports.explain, problems)) or None, tone="bad" if problems else None),
            ]
            for number, cells, problems in tried.rows[:SHOWN]
        ],
        names=table.names,
        missing=[column.name for column in table.columns if column.required and column.name not in given],
        zones=sorted(
            name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right"))
        ),
        charset=dict(CHARSETS).get(sample.charset, sample.charset),
    )
