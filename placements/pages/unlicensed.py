"""The page of placements whose agency lacks something for their place, and the two answers to it: hold them, or recall them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from agencies import queries as agencies
from agencies.credentials import sentences
from placements import lapse, words
from placements.lapse import Affected
from placements.models import Product
from portal import clock, web
from portal.db import session
from portal.errors import NotFound
from portal.web import actor, requires

blueprint = Blueprint("lapses", __name__, url_prefix="/placements/unlicensed")


@blueprint.get("")
@requires("plans.view")
def index() -> ResponseReturnValue:
    """Everything that is placed where its agency may not work today, with every reason; `?agency=` narrows it."""
    found = request.args.get("agency")
    agency_id = agencies.get(session(), actor(), found).id if found else None
    rows = lapse.affected(session(), clock.today(web.settings().bank_zone), agency_id=agency_id)
    language = str(get_locale())
    return render_template(
        "placements/unlicensed.html",
        rows=[(row, sentences(row.reasons, _, language), words.PRODUCTS[Product(row.product)]) for row in rows],
        only=found,
    )


@blueprint.post("/<code>/<jurisdiction>/hold")
@requires("holds.manage", see="plans.view")
def hold(code: str, jurisdiction: str) -> ResponseReturnValue:
    """Stop work on what an agency holds in a place until its papers are in order."""
    begun = lapse.hold(session(), actor(), _rows(code, jurisdiction), at=clock.now())
    flash(_("Work on %(count)s accounts is stopped. The holds end when the papers are in order.", count=begun), "good")
    return redirect(url_for(".index", agency=code), 303)


@blueprint.post("/<code>/<jurisdiction>/recall")
@requires("recalls.write", see="plans.view")
def recall(code: str, jurisdiction: str) -> ResponseReturnValue:
    """Take back what an agency holds in a place."""
    count = lapse.take_back(session(), actor(), _rows(code, jurisdiction), at=clock.now())
    flash(_("%(count)s accounts are being recalled.", count=count), "good")
    return redirect(url_for(".index", agency=code), 303)


def _rows(code: str, jurisdiction: str) -> list[Affected]:
    """What is affected there today. Raises NotFound where nothing is: somebody was quicker, or the papers came."""
    agency = agencies.get(session(), actor(), code)
    rows = lapse.affected(session(), clock.today(web.settings().bank_zone), agency_id=agency.id)
    found = [row for row in rows if row.jurisdiction == jurisdiction]
    if not found:
        raise NotFound
    return found
