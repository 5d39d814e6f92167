"""Pages for anybody, if the bank wants them (PUBLIC_PAGES): the list of its agencies, and whether a collector is genuine.

They tell nothing of accounts or of who owes. Questions about collectors are limited per network address.
"""

from __future__ import annotations

from functools import cache

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from wtforms.fields.choices import SelectChoice

from agencies import queries
from agencies.forms import KIND_LABELS, GenuineForm
from agencies.genuine import is_genuine
from agencies.models import MAY_RECEIVE
from agencies.pages import today
from portal import web
from portal.db import Database, database, session
from portal.errors import NotFound
from portal.limits import Limiter
from portal.permissions import SYSTEM
from portal.web import public

blueprint = Blueprint("panel", __name__, url_prefix="/panel")


@blueprint.before_request
def only_where_wanted() -> None:
    """Where the bank publishes nothing, there is nothing here."""
    if not web.settings().public_pages:
        raise NotFound


@blueprint.get("")
@public
def agencies() -> ResponseReturnValue:
    """The agencies that collect for the bank today, with what they are licensed under."""
    found = [one for one in queries.everyone(session(), SYSTEM) if one.status in MAY_RECEIVE]
    licences = queries.public_numbers(session(), [one.id for one in found], today())
    names = get_locale().territories
    return render_template(
        "agencies/panel.html",
        agencies=[
            (one, names.get(one.country, one.country), KIND_LABELS[one.kind], licences.get(one.id, [])) for one in found
        ],
        bank=web.settings().bank_name,
    )


@blueprint.route("/collector", methods=["GET", "POST"])
@public
def collector() -> ResponseReturnValue:
    """Whether a collector is genuine: agency, first name and number in; yes, or that it cannot be confirmed."""
    form, answer = GenuineForm(), None
    if request.method == "POST":
        _limiter(database(), web.settings().public_checks_per_minute).spend(f"genuine:{request.remote_addr}")
    agencies = {one.code: one for one in queries.everyone(session(), SYSTEM) if one.status in MAY_RECEIVE}
    form.agency.choices = [SelectChoice(code, one.name) for code, one in agencies.items()]
    if form.validate_on_submit():
        number = form.number.data or ""
        found = queries.newest_collectors(session(), agencies[form.agency.data].id, [number]).get(number)
        answer = is_genuine(found, form.first_name.data or "", today())
    return render_template(
        "agencies/genuine.html", form=form, answer=answer, bank=web.settings().bank_name
    ), 422 if form.errors else 200


@cache
def _limiter(db: Database, per_minute: int) -> Limiter:
    return Limiter(db, per_minute / 60, per_minute)
