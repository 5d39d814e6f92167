"""What the pages of this floor share: whose page it is, the day, and the way of a form through its act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from agencies import queries
from agencies.models import Agency
from portal import clock, files, web
from portal.db import session
from portal.errors import DomainError, Invalid
from portal.files import StoredFile
from portal.forms import give_errors
from portal.web import actor, translated

Row = TypeVar("Row")
blueprint = Blueprint("agencies", __name__, url_prefix="/agencies")


def agency_of(code: str) -> Agency:
    """The agency of a page. Raises NotFound if it is not the reader's to see."""
    return queries.get(session(), actor(), code)


def today() -> date:
    """The business day at the bank."""
    return clock.today(web.settings().bank_zone)


def language() -> str:
    """The reader's language."""
    return str(get_locale())


def back(done: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what was done, and go on to a page."""
    flash(done, "good")
    return redirect(url_for(endpoint, **values), 303)


def accepted(form: Any, act: Callable[[], Row]) -> Row | None:
    """What the act returned, or None where the form or the act finds fault; the faults stand in the form then."""
    if not form.validate_on_submit():
        return None
    try:
        return act()
    except Invalid as error:
        give_errors(form, error)
    except DomainError as error:
        form.form_errors.append(translated(error))
    return None


def form_page(form: Any, title: str, verb: str, leave: str, agency: Agency | None = None) -> ResponseReturnValue:
    """A page that is one form. `leave`: where its button to cancel leads."""
    page = render_template("agencies/form.html", form=form, title=title, verb=verb, back=leave, agency=agency)
    return page, 422 if form.is_submitted() else 200


def attachment(file: StoredFile) -> ResponseReturnValue:
    """A document as it was received; always an attachment, never shown by the browser."""
    path, kind = files.store().folder / Path(file.place), "application/octet-stream"
    response = send_file(path, mimetype=kind, as_attachment=True, download_name=file.name)
    response.headers["Content-Security-Policy"] = "sandbox"
    return response
