"""Pages about how an agency reports: what is expected of it and when, what came, the grade of its files, and the kit it works with."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_percent
from flask_babel import gettext as _

from activity import feed, kit, listings
from activity import feed_queries as queries
from activity.calendar import Cadence, Due
from activity.certificate import ASKED, WINDOW_DAYS, Figures, lacking
from activity.forms import CADENCES, WEEKDAYS, ExpectationForm
from activity.models import Expectation
from agencies import queries as agencies
from agencies import tabs
from agencies.models import Agency
from portal import clock, lists
from portal.db import session
from portal.errors import N_, Conflict, Invalid
from portal.forms import give_errors
from portal.lists import Cell
from portal.navigation import Item
from portal.web import actor, public, requires, translated
from portal.words_states import state_word

blueprint = Blueprint("feed", __name__)
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Work"), "label": N_("Expected files"), "endpoint": "feed.files", "icon": "clipboard-check", "permission": "feeds.view", "order": 44},
)  # fmt: skip
tabs.declare((tabs.Tab("feed.of_agency", N_("Files"), "feeds.view", 40),))


@blueprint.get("/expected-files")
@requires("feeds.view")
def files() -> ResponseReturnValue:
    """Every file that was due: on time, late, overdue or missing."""
    listing = lists.show(
        actor(), listings.expected_files(actor()), queries.expected_list(actor()), name="expected-files"
    )
    return listing if isinstance(listing, Response) else render_template("activity/expected.html", listing=listing)


@blueprint.get("/agencies/<code>/feed")
@requires("feeds.view")
def of_agency(code: str) -> ResponseReturnValue:
    """The certificate of an agency's files, and what is expected of it."""
    agency = agencies.get(session(), actor(), code)
    return _page(agency, _new_form())


@blueprint.post("/agencies/<code>/feed")
@requires("feeds.manage", see="feeds.view")
def expect(code: str) -> ResponseReturnValue:
    """Expect files of a kind from a day on."""
    agency, form = agencies.get(session(), actor(), code), _new_form()
    if not form.validate_on_submit():
        return _page(agency, form)
    due = Due(Cadence(form.cadence.data), form.day.data or 0, form.hour.data, form.valid_from.data)
    try:
        feed.expect(session(), actor(), agency, form.kind.data, due, at=clock.now())
    except Invalid as error:
        give_errors(form, error)
        return _page(agency, form)
    except Conflict as error:
        form.form_errors.append(translated(error))
        return _page(agency, form)
    flash(_("The files are expected from that day on."), "good")
    return redirect(url_for("feed.of_agency", code=code), 303)


@blueprint.post("/agencies/<code>/feed/<int:expectation_id>/end")
@requires("feeds.manage", see="feeds.view")
def relieve(code: str, expectation_id: int) -> ResponseReturnValue:
    """Expect these files no longer."""
    agency = agencies.get(session(), actor(), code)
    found = queries.expectation(session(), agency.id, expectation_id)
    feed.relieve(session(), actor(), agency, found, at=clock.now())
    flash(_("These files are expected no longer."), "good")
    return redirect(url_for("feed.of_agency", code=code), 303)


@blueprint.get("/kit/<path:name>")
@public
def kit_file(name: str) -> ResponseReturnValue:
    """A file of the kit for agencies. Nobody needs an account for it."""
    body, media_type = kit.file(name)
    response = Response(body, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name.replace("/", "-")}"'
    return response


def _new_form() -> ExpectationForm:
    form = ExpectationForm()
    if not form.is_submitted():
        form.valid_from.data = clock.today(feed.calendar().zone)
    return form


def _page(agency: Agency, form: ExpectationForm) -> ResponseReturnValue:
    held, today = queries.certificate(session(), agency.id), clock.today(feed.calendar().zone)
    figures = Figures(**held.figures) if held else None
    page = render_template(
        "activity/feed.html",
        agency=agency,
        certificate=held,
        history=_history(agency) if held else [],
        levels=_levels(figures) if figures else None,
        figures=figures,
        window=WINDOW_DAYS,
        expected=[_expected(row) for row in queries.expectations(session(), agency.id, since=today)],
        zone=str(feed.calendar().zone),
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


def _expected(row: Expectation) -> SimpleNamespace:
    return SimpleNamespace(
        id=row.id,
        kind=lists.in_words(row.kind),
        when=_when(row),
        hour=f"{row.hour:02}:00",
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _when(row: Expectation) -> str:
    """How often, in words."""
    if row.cadence is Cadence.WEEKLY:
        return str(_("every week on %(day)s", day=WEEKDAYS[row.day]))
    if row.cadence is Cadence.MONTHLY:
        return str(_("every month on business day %(number)s", number=row.day))
    return str(CADENCES[row.cadence])


def _history(agency: Agency) -> list[dict[str, Any]]:
    return [
        {"at": row.since, "text": str(state_word("feed", row.level.value).label), "tone": state_word("feed", row.level.value).tone.value}
        for row in queries.certificates(session(), agency.id)[:20]
    ]  # fmt: skip


def _levels(figures: Figures) -> SimpleNamespace:
    """What each level asks beside what the files show; what is wanting is marked."""
    shown: dict[str, tuple[str, Callable[[Any], str]]] = {
        "files_due": (_("Files due"), str),
        "punctual": (_("On time"), _percent),
        "complete": (_("Not refused as a whole"), _percent),
        "clean": (_("Rows not rejected"), _percent),
        "announced": (_("With control totals"), _percent),
    }
    wanting = {level: lacking(figures, asked) for level, asked in ASKED.items()}
    rows = []
    for name, (label, write) in shown.items():
        value = getattr(figures, name)
        asked = [
            Cell(write(getattr(one, name)), tone="warn" if name in wanting[level] else "good")
            for level, one in ASKED.items()
        ]
        rows.append([Cell(label), Cell(write(value) if value is not None else None), *asked])
    columns = [{"name": "figure", "label": _("Figure"), "kind": "text"}, {"name": "shown", "label": _("Shown"), "kind": "count"}] + [
        {"name": level.value, "label": str(state_word("feed", level.value).label), "kind": "count"} for level in ASKED
    ]  # fmt: skip
    return SimpleNamespace(columns=columns, rows=rows, live=figures.kinds_proven >= figures.kinds_expected > 0)


def _percent(share: float) -> str:
    return str(format_percent(share, "#,##0.#%"))
