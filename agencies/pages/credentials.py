"""Pages about credentials and exemptions: sent in, looked at, verified or refused."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import exempting, keeping, listings, queries, verifying
from agencies.credentials import state_on
from agencies.forms import (
    GROUND_LABELS,
    CredentialForm,
    ExemptionForm,
    ReasonForm,
    RequestForm,
    SeenForm,
)
from agencies.models import Agency, Credential
from agencies.pages import accepted as _accepted
from agencies.pages import agency_of as _agency
from agencies.pages import attachment, blueprint
from agencies.pages import back as _back
from agencies.pages import form_page as _form
from agencies.pages import language as _language
from agencies.pages import today as _today
from agencies.papers import is_doubtful
from portal import clock, lists
from portal.db import session
from portal.errors import NotFound
from portal.web import actor, requires


@blueprint.get("/<code>/credentials")
@requires("agencies.view")
def credentials(code: str) -> ResponseReturnValue:
    """What an agency holds, was asked for and sent in, and what it need not hold."""
    agency = _agency(code)
    spec = listings.credentials(code, _language(), _today())
    listing = lists.show(actor(), spec, queries.credentials_list(agency), name=f"credentials-{code}")
    if isinstance(listing, Response):
        return listing
    return render_template(
        "agencies/credentials.html",
        agency=agency,
        listing=listing,
        exemptions=queries.exemptions_of(session(), agency),
        grounds=GROUND_LABELS,
        today=_today(),
    )


@blueprint.route("/<code>/credentials/new", methods=["GET", "POST"])
@requires("credentials.submit", see="agencies.view")
def submit(code: str) -> ResponseReturnValue:
    """Send a credential in with the document that proves it."""
    agency = _agency(code)
    form = CredentialForm(code=request.args.get("credential"), jurisdiction=request.args.get("place"))
    form.offer(agency.country)
    sent = _accepted(form, lambda: _submit(agency, form))
    if sent is None:
        back = url_for(".credentials", code=code)
        return _form(form, _("Send in a credential"), _("Send in the credential"), back, agency)
    done = _("The credential is sent in. It counts once compliance has verified it.")
    return _back(done, ".credential", code=code, ref=sent.ref)


def _submit(agency: Agency, form: CredentialForm) -> Credential:
    """The document goes into the store first; it does not stay there if the credential is refused."""
    with keeping.kept(session(), actor(), form.evidence.data) as evidence:
        return verifying.submit(session(), actor(), agency, form.paper(), evidence=evidence, at=clock.now())


@blueprint.route("/<code>/credentials/request", methods=["GET", "POST"])
@requires("credentials.request", see="agencies.view")
def ask(code: str) -> ResponseReturnValue:
    """Ask an agency for a credential."""
    agency, form = _agency(code), RequestForm()
    form.offer(agency.country)
    asked = _accepted(
        form,
        lambda: verifying.request(
            session(),
            actor(),
            agency,
            form.code.data,
            form.jurisdiction.data,
            note=form.note.data or "",
            at=clock.now(),
        ),
    )
    if asked is None:
        back = url_for(".credentials", code=code)
        return _form(form, _("Ask for a credential"), _("Ask for the credential"), back, agency)
    return _back(_("The agency finds the request in its work list."), ".credentials", code=code)


@blueprint.get("/<code>/credentials/<ref>")
@requires("agencies.view")
def credential(code: str, ref: str) -> ResponseReturnValue:
    """One credential with its evidence, and the decision on it."""
    agency, found = _credential(code, ref)
    return render_template(
        "agencies/credential.html",
        agency=agency,
        credential=found,
        state=state_on(found.state, found.valid_until, _today(), found.ended_on).value,
        evidence=queries.evidence_of(session(), found),
        own=found.submitted_by_id is not None and found.submitted_by_id == actor().user_id,
        checks=queries.checks_of(session(), found),
        doubtful=is_doubtful(found.code, found.number),
    )


@blueprint.get("/<code>/credentials/<ref>/document")
@requires("agencies.view")
def document(code: str, ref: str) -> ResponseReturnValue:
    """The evidence as it was received; always an attachment, never shown by the browser."""
    file = queries.evidence_of(session(), _credential(code, ref)[1])
    if file is None:
        raise NotFound
    return attachment(file)


@blueprint.post("/<code>/credentials/<ref>/verify")
@requires("credentials.verify", see="agencies.view")
def verify(code: str, ref: str) -> ResponseReturnValue:
    """Find that the evidence proves the credential."""
    seen = SeenForm().seen.data or ""
    verifying.verify(session(), actor(), _credential(code, ref)[1], at=clock.now(), seen=seen)
    return _back(_("The credential is verified and counts from now on."), ".credential", code=code, ref=ref)


@blueprint.post("/<code>/credentials/<ref>/confirm")
@requires("credentials.verify", see="agencies.view")
def confirm(code: str, ref: str) -> ResponseReturnValue:
    """Look at a verified credential again and find that it still holds."""
    found = verifying.confirm(
        session(), actor(), _credential(code, ref)[1], seen=SeenForm().seen.data or "", at=clock.now()
    )
    done = (
        _("It is noted. The next look is due by %(day)s.", day=found.look_again_on)
        if found.look_again_on
        else _("It is noted.")
    )
    return _back(done, ".credential", code=code, ref=ref)


@blueprint.post("/<code>/credentials/<ref>/refuse")
@requires("credentials.verify", see="agencies.view")
def refuse(code: str, ref: str) -> ResponseReturnValue:
    """Find that the evidence does not prove it."""
    reason = ReasonForm().reason.data or ""
    verifying.refuse(session(), actor(), _credential(code, ref)[1], reason=reason, at=clock.now())
    return _back(_("The credential is refused. The agency reads why."), ".credential", code=code, ref=ref)


@blueprint.post("/<code>/credentials/<ref>/withdraw")
@requires("credentials.verify", see="agencies.view")
def withdraw(code: str, ref: str) -> ResponseReturnValue:
    """End a credential that was withdrawn, suspended or cancelled at its register."""
    form = ReasonForm()
    ended_on, reason = form.day.data or _today(), form.reason.data or ""
    verifying.withdraw(session(), actor(), _credential(code, ref)[1], ended_on=ended_on, reason=reason, at=clock.now())
    return _back(_("The credential has ended."), ".credential", code=code, ref=ref)


@blueprint.route("/<code>/exemptions/new", methods=["GET", "POST"])
@requires("exemptions.record", see="agencies.view")
def exempt(code: str) -> ResponseReturnValue:
    """Propose why an agency need not hold what a place asks for."""
    agency, form = _agency(code), ExemptionForm(valid_from=_today())
    form.offer(agency.country)
    if _accepted(form, lambda: exempting.propose(session(), actor(), agency, form.claim(), at=clock.now())) is None:
        back = url_for(".credentials", code=code)
        return _form(form, _("Propose an exemption"), _("Propose the exemption"), back, agency)
    return _back(
        _("The exemption is proposed. It lifts nothing until another person has approved it."),
        ".credentials",
        code=code,
    )


@blueprint.post("/<code>/exemptions/<int:exemption_id>/approve")
@requires("exemptions.approve", see="agencies.view")
def approve_exemption(code: str, exemption_id: int) -> ResponseReturnValue:
    """Approve an exemption that another person proposed."""
    agency = _agency(code)
    exempting.approve(session(), actor(), agency, queries.exemption(session(), agency, exemption_id), at=clock.now())
    return _back(_("The exemption is approved and lifts what is asked."), ".credentials", code=code)


@blueprint.post("/<code>/exemptions/<int:exemption_id>/decline")
@requires("exemptions.decline", see="agencies.view")
def decline_exemption(code: str, exemption_id: int) -> ResponseReturnValue:
    """Decline an exemption that was proposed, or take one's own proposal back."""
    agency = _agency(code)
    exempting.decline(session(), actor(), agency, queries.exemption(session(), agency, exemption_id))
    return _back(_("The proposal is gone."), ".credentials", code=code)


@blueprint.post("/<code>/exemptions/<int:exemption_id>/end")
@requires("exemptions.record", see="agencies.view")
def end_exemption(code: str, exemption_id: int) -> ResponseReturnValue:
    """End an exemption with today."""
    agency = _agency(code)
    found = queries.exemption(session(), agency, exemption_id)
    exempting.end(session(), actor(), agency, found, last_day=_today())
    return _back(_("The exemption ends with today."), ".credentials", code=code)


def _credential(code: str, ref: str) -> tuple[Agency, Credential]:
    agency = _agency(code)
    return agency, queries.credential(session(), agency, ref)
