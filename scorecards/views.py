"""Pages of the scorecards floor: home, the league, one card and the rows behind it, an account's timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from agencies import queries as agencies
from agencies.tabs import Tab
from agencies.tabs import declare as declare_tabs
from portal import clock
from portal.db import session
from portal.errors import N_, Invalid, NotFound
from portal.forms import give_errors
from portal.navigation import Item
from portal.people import Role
from portal.web import actor, requires
from scorecards import publishing, scoring
from scorecards.forms import MonthForm, ReturnForm, ScoreForm
from scorecards.models import Scorecard
from scorecards.pages import rights
from scorecards.pages.card import card_page, rows_page
from scorecards.pages.home import admin_home, card_line
from scorecards.pages.home import home as home_page
from scorecards.pages.league import league_page
from scorecards.pages.timeline import timeline_page
from scorecards.periods import Period
from scorecards.queries import cards

blueprint = Blueprint("scorecards", __name__)
BLUEPRINTS = (blueprint, rights.blueprint)
NAVIGATION: tuple[Item, ...] = (
    {"section": "", "label": N_("Home"), "endpoint": "scorecards.home", "icon": "house-door", "permission": "portal.home", "order": 1},
    {"section": N_("Panel"), "label": N_("Scorecards"), "endpoint": "scorecards.index", "icon": "speedometer2", "permission": "scorecards.view", "order": 15},
    {"section": N_("Conduct"), "label": N_("Personal data"), "endpoint": "rights.index", "icon": "person-lock", "permission": "rights.view", "order": 63},
)  # fmt: skip
declare_tabs([Tab("scorecards.of_agency", N_("Scorecard"), "scorecards.view", 60)])


@blueprint.get("/")
@requires("portal.home")
def home() -> ResponseReturnValue:
    """What is placed, what came back, what waits."""
    at = clock.now()
    if actor().role is Role.ADMIN:
        page = admin_home(session(), actor(), at=clock.real_now())
    else:
        page = home_page(session(), actor(), request.args.get("currency"), at=at)
    return render_template("scorecards/home.html", page=page, figures=card_line(page.card) if page.card else (), now=at)


# -- the league and the acts on a whole month -----------------------------------------------------------------------------


@blueprint.get("/scorecards")
@requires("scorecards.view")
def index() -> ResponseReturnValue:
    """A month's agencies, in an order that ranks nobody who cannot be told apart."""
    page = league_page(session(), actor(), request.args.get("period"), request.args.get("currency"))
    return render_template("scorecards/league.html", page=page)


@blueprint.route("/scorecards/score", methods=["GET", "POST"])
@requires("scorecards.score", see="scorecards.view")
def score() -> ResponseReturnValue:
    """Score a month now."""
    form = ScoreForm(period=str(Period.of(clock.today()).later(-1)))
    if not form.validate_on_submit():
        return render_template("scorecards/score.html", form=form), 422 if form.is_submitted() else 200
    period = Period.parse(form.period.data)
    try:
        written = scoring.score_period(session(), actor(), period, at=clock.now())
    except Invalid as error:
        give_errors(form, error)
        return render_template("scorecards/score.html", form=form), error.status
    flash(
        ngettext("One scorecard was drafted.", "%(num)s scorecards were drafted.", len(written)),
        "good" if written else "info",
    )
    return redirect(url_for("scorecards.index", period=str(period)), 303)


@blueprint.post("/scorecards/submit")
@requires("scorecards.score", see="scorecards.view")
def submit_all() -> ResponseReturnValue:
    """Put every draft of a month before compliance."""
    return _for_month(
        publishing.submit_all,
        lambda count: ngettext("One scorecard is in review.", "%(num)s scorecards are in review.", count),
    )


@blueprint.post("/scorecards/sign")
@requires("scorecards.decide", see="scorecards.view")
def sign_all() -> ResponseReturnValue:
    """Sign every card of a month that is in review."""
    return _for_month(
        publishing.sign_all, lambda count: ngettext("One scorecard is signed.", "%(num)s scorecards are signed.", count)
    )


@blueprint.post("/scorecards/publish")
@requires("scorecards.decide", see="scorecards.view")
def publish_all() -> ResponseReturnValue:
    """Publish every card of a month that another person signed."""
    return _for_month(
        publishing.publish_all,
        lambda count: ngettext("One scorecard is published.", "%(num)s scorecards are published.", count),
    )


def _for_month(act: Callable[..., int], told: Callable[[int], str]) -> ResponseReturnValue:
    form = MonthForm()
    if not form.validate_on_submit():
        raise NotFound
    period, currency = Period.parse(form.period.data), form.currency.data
    flash(told(act(session(), actor(), period, currency, at=clock.now())), "good")
    return redirect(url_for("scorecards.index", period=period, currency=currency), 303)


# -- one card -------------------------------------------------------------------------------------------------------------


@blueprint.get("/agencies/<code>/scorecard")
@requires("scorecards.view")
def of_agency(code: str) -> ResponseReturnValue:
    """An agency's newest scorecard."""
    agency = agencies.get(session(), actor(), code)
    newest = cards.newest_of(session(), actor(), agency.id)
    page = card_page(session(), actor(), newest) if newest else None
    return render_template("scorecards/of_agency.html", agency=agency, page=page, returning=ReturnForm())


@blueprint.get("/scorecards/<ref>")
@requires("scorecards.view")
def card(ref: str) -> ResponseReturnValue:
    """One scorecard: what it says, why, and what may be done."""
    found = cards.get(session(), actor(), ref)
    return render_template("scorecards/card.html", page=card_page(session(), actor(), found), returning=ReturnForm())


@blueprint.get("/scorecards/<ref>/rows/<measure>")
@requires("scorecards.view")
def rows(ref: str, measure: str) -> ResponseReturnValue:
    """The very rows behind one figure of a card."""
    page = rows_page(session(), actor(), cards.get(session(), actor(), ref), measure)
    return page if isinstance(page, Response) else render_template("scorecards/rows.html", page=page)


@blueprint.post("/scorecards/<ref>/submit")
@requires("scorecards.score", see="scorecards.view")
def submit(ref: str) -> ResponseReturnValue:
    """Put a draft before compliance."""
    return _move(ref, publishing.submit, _("The scorecard is in review."))


@blueprint.post("/scorecards/<ref>/sign")
@requires("scorecards.decide", see="scorecards.view")
def sign(ref: str) -> ResponseReturnValue:
    """Stand by a card in review."""
    return _move(ref, publishing.sign, _("The scorecard is signed. Another person has to publish it."))


@blueprint.post("/scorecards/<ref>/publish")
@requires("scorecards.decide", see="scorecards.view")
def publish(ref: str) -> ResponseReturnValue:
    """Publish a signed card: its agency is told, its standing is set."""
    return _move(ref, publishing.publish, _("The scorecard is published."))


@blueprint.post("/scorecards/<ref>/return")
@requires("scorecards.decide", see="scorecards.view")
def send_back(ref: str) -> ResponseReturnValue:
    """Make a card a draft again, and say why."""
    form = ReturnForm()
    if not form.validate_on_submit():
        page = card_page(session(), actor(), cards.get(session(), actor(), ref))
        return render_template("scorecards/card.html", page=page, returning=form), 422
    return _move(ref, publishing.send_back, _("The scorecard is a draft again."), reason=form.reason.data)


def _move(ref: str, act: Callable[..., Scorecard], told: str, **given: Any) -> ResponseReturnValue:
    act(session(), actor(), cards.get(session(), actor(), ref), at=clock.now(), **given)
    flash(told, "good")
    return redirect(url_for("scorecards.card", ref=ref), 303)


# -- an account's timeline ------------------------------------------------------------------------------------------------


@blueprint.get("/accounts/<path:ref>/timeline")
@requires("accounts.timeline")
def timeline(ref: str) -> ResponseReturnValue:
    """Everything that happened on an account, as far as it is the reader's to see."""
    given = request.args.get("cursor", "0")
    page = timeline_page(session(), actor(), ref, int(given) if given.isdigit() and len(given) < 9 else 0)
    return render_template("scorecards/timeline.html", page=page)
