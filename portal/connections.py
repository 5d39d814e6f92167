"""What programs connect with: the API keys of one's agency, and the webhooks of one's agency or of the bank."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock, db, keys, listings, lists, navigation, queries
from portal.errors import Invalid
from portal.forms import KeyForm, TestEventForm, WebhookForm, give_errors
from portal.web import actor, requires
from portal.webhooks import delivery as webhook_delivery
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import WebhookEndpoint

blueprint = Blueprint("connections", __name__, url_prefix="/settings")
BLUEPRINTS = (blueprint,)


@blueprint.route("/keys", methods=["GET", "POST"])
@requires("keys.own")
def own_keys() -> ResponseReturnValue:
    """The API keys of my agency; a new one is shown once."""
    form, made = KeyForm(), None
    form.offer(keys.AGENCY_SCOPES)
    if form.validate_on_submit():
        made = keys.make(
            db.session(), actor(), scopes=form.scopes.data or (), at=clock.now(), agency_id=actor().agency_id, name=form.name.data or "",
            days=form.days.data or 0,
        )  # fmt: skip
    listing = lists.show(actor(), listings.OWN_KEYS, queries.keys_list(actor()), name="keys")
    if isinstance(listing, Response):
        return listing
    return render_template(
        "portal/own_keys.html", tabs=navigation.settings_tabs(actor()), form=form, made=made, listing=listing
    ), 422 if form.errors else 200


@blueprint.get("/keys/<key_id>")
@requires("keys.own")
def own_key(key_id: str) -> ResponseReturnValue:
    """One key of my agency."""
    found = queries.key(db.session(), actor(), key_id)
    return render_template("portal/key.html", key=found, state=found.state(clock.now()), revoke_url=url_for(".revoke_own_key", key_id=key_id),
                           up={"label": _("API keys"), "url": url_for(".own_keys")}, owner=None)  # fmt: skip


@blueprint.post("/keys/<key_id>/revoke")
@requires("keys.own")
def revoke_own_key(key_id: str) -> ResponseReturnValue:
    """End a key of my agency at once."""
    keys.revoke(db.session(), actor(), queries.key(db.session(), actor(), key_id), at=clock.now())
    flash(_("The key is revoked."), "good")
    return redirect(url_for(".own_keys"), 303)


# -- webhooks ------------------------------------------------------------------------------------------------------------


@blueprint.route("/webhooks", methods=["GET", "POST"])
@requires("webhooks.manage")
def endpoints() -> ResponseReturnValue:
    """Where my side is told of events; the secret of a new endpoint is shown once."""
    form, made = WebhookForm(), None
    if form.validate_on_submit():
        try:
            made = webhooks.add(
                db.session(), actor(), form.url.data or "", form.events.data or (), at=clock.now(), loopback=webhook_delivery.loopback_allowed()
            )  # fmt: skip
        except Invalid as error:
            give_errors(form, error)
    return _endpoints(form, made[1] if made else None)


def _endpoints(form: WebhookForm, secret: str | None) -> ResponseReturnValue:
    found = queries.endpoints_of(db.session(), actor())
    return render_template(
        "portal/webhooks.html", tabs=navigation.settings_tabs(actor()), form=form, secret=secret, endpoints=found
    ), 422 if form.errors else 200


@blueprint.get("/webhooks/<ref>")
@requires("webhooks.manage")
def endpoint(ref: str) -> ResponseReturnValue:
    """One endpoint, and what was sent to it."""
    return _endpoint(queries.endpoint(db.session(), actor(), ref))


def _endpoint(found: WebhookEndpoint, secret: str | None = None) -> ResponseReturnValue:
    listing = lists.show(actor(), listings.DELIVERIES, queries.deliveries_list(found), name="deliveries")
    if isinstance(listing, Response):
        return listing
    given_up = queries.failed_deliveries(db.session(), found)
    return render_template(
        "portal/webhook.html", endpoint=found, test=TestEventForm(), secret=secret, listing=listing, given_up=given_up
    )


@blueprint.post("/webhooks/<ref>/test")
@requires("webhooks.manage")
def send_test(ref: str) -> ResponseReturnValue:
    """Send the test event of one type."""
    form = TestEventForm()
    webhooks.send_test(db.session(), actor(), queries.endpoint(db.session(), actor(), ref), form.event.data or "")
    flash(_("The test event is on its way."), "good")
    return redirect(url_for(".endpoint", ref=ref), 303)


@blueprint.post("/webhooks/<ref>/switch/<any(on, off):to>")
@requires("webhooks.manage")
def switch(ref: str, to: str) -> ResponseReturnValue:
    """Stop telling an endpoint, or begin again."""
    webhooks.switch(db.session(), actor(), queries.endpoint(db.session(), actor(), ref), active=to == "on")
    flash(_("The webhook is on.") if to == "on" else _("The webhook is off."), "good")
    return redirect(url_for(".endpoint", ref=ref), 303)


@blueprint.post("/webhooks/<ref>/secret")
@requires("webhooks.manage")
def renew_secret(ref: str) -> ResponseReturnValue:
    """A new secret, shown once."""
    found = queries.endpoint(db.session(), actor(), ref)
    return _endpoint(found, webhooks.renew_secret(db.session(), actor(), found, at=clock.now()))


@blueprint.post("/webhooks/<ref>/deliveries/<message_id>/again")
@requires("webhooks.manage")
def send_again(ref: str, message_id: str) -> ResponseReturnValue:
    """Try a delivery once more."""
    found = queries.endpoint(db.session(), actor(), ref)
    webhooks.send_again(db.session(), actor(), found, queries.delivery(db.session(), found, message_id))
    flash(_("The message is on its way again."), "good")
    return redirect(url_for(".endpoint", ref=ref), 303)
