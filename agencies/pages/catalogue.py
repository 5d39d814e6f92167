"""Pages of the credential catalogue: every place, what each asks for, and who of the panel holds it today."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from agencies import places_asking, queries
from agencies.credentials import lacking, sentences
from agencies.cycles import next_renewal
from agencies.pages import language, today
from portal.db import session
from portal.errors import N_, NotFound
from portal.navigation import Item
from portal.web import actor, requires

blueprint = Blueprint("catalogue", __name__, url_prefix="/places")
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Panel"), "label": N_("What places ask for"), "endpoint": "catalogue.index", "icon": "map", "permission": "agencies.view", "order": 12},
)  # fmt: skip


@blueprint.get("")
@requires("agencies.view")
def index() -> ResponseReturnValue:
    """Every place of the catalogue; `?country=` narrows it."""
    found, wanted = places_asking.listed(today()), request.args.get("country", "")
    names = get_locale().territories
    countries = sorted({one.country for one in found}, key=lambda code: str(names.get(code, code)))
    return render_template(
        "agencies/places.html",
        places=[one for one in found if wanted in ("", one.country)],
        countries=[(code, names.get(code, code)) for code in countries],
        wanted=wanted,
    )


@blueprint.get("/<place>")
@requires("agencies.view")
def place(place: str) -> ResponseReturnValue:
    """What one place asks for, in which form and for how long; and which agencies may work there by their papers today."""
    if not places_asking.is_listed(place):
        raise NotFound
    mine = [one.id for one in queries.everyone(session(), actor()) if one.status not in queries.LEFT]
    panel = sorted(queries.facts(session(), mine).values(), key=lambda facts: facts.code)
    missing = {facts.code: sentences(lacking(facts, place, None, today()), _, language()) for facts in panel}
    return render_template(
        "agencies/place.html",
        place=place,
        entries=places_asking.entries(place),
        rows=places_asking.rows_of(place),
        renewal=next_renewal(place, today()),
        panel=panel,
        missing=missing,
    )
