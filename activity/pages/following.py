"""Pages about what follows from activity: promises with what became of them, and visits."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_percent
from flask_babel import gettext as _

from activity import listings, visit_queries
from activity import promise_queries as queries
from activity.promises import GRACE_DAYS
from portal import charts, clock, lists
from portal.db import session
from portal.errors import N_
from portal.navigation import Item
from portal.web import actor, requires

FUNNEL_DAYS = 90  # promises made in so many days are counted
blueprint = Blueprint("following", __name__)
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Work"), "label": N_("Promises"), "endpoint": "following.promises", "icon": "calendar-check", "permission": "activity.view", "order": 42},
    {"section": N_("Work"), "label": N_("Visits"), "endpoint": "following.visits", "icon": "geo-alt", "permission": "activity.view", "order": 43},
)  # fmt: skip


@blueprint.get("/promises")
@requires("activity.view")
def promises() -> ResponseReturnValue:
    """Every promise and plan, and above them what comes of promises on the whole."""
    listing = lists.show(actor(), listings.promises(actor()), queries.promises_list(actor()), name="promises")
    if isinstance(listing, Response):
        return listing
    agency = request.args.get("agency", "").strip()
    counted = queries.funnel(
        session(),
        actor(),
        since=clock.today() - timedelta(days=FUNNEL_DAYS),
        agency="" if actor().agency_id else agency,
    )
    return render_template(
        "activity/promises.html",
        listing=listing,
        grace=GRACE_DAYS,
        days=FUNNEL_DAYS,
        funnel=counted,
        drawn=_drawn(counted),
    )


def _drawn(counted: queries.Funnel) -> SimpleNamespace:
    """The funnel as bars, and the sentence that says what is to be seen."""
    bars = [
        charts.Bar(_("Promised"), counted.made),
        charts.Bar(_("With amount and day"), counted.clear),
        charts.Bar(_("Came due"), counted.came_due),
        charts.Bar(_("Kept"), counted.kept, tone="good"),
    ]
    if counted.kept_rate is None:
        sentence = _("No promise has been kept or broken yet.")
    else:
        sentence = _(
            "Of %(settled)s promises that were settled, %(kept)s were kept: %(rate)s.",
            settled=counted.kept + counted.broken,
            kept=counted.kept,
            rate=format_percent(counted.kept_rate, "#,##0.0%"),
        )
    return SimpleNamespace(chart=charts.bar_chart(bars), sentence=sentence)


@blueprint.get("/visits")
@requires("activity.view")
def visits() -> ResponseReturnValue:
    """Every visit: who went, with whom, whether it was announced, and how it ended."""
    listing = lists.show(actor(), listings.visits(actor()), visit_queries.visits_list(actor()), name="visits")
    return listing if isinstance(listing, Response) else render_template("activity/visits.html", listing=listing)
