"""What the pages of this floor share: whose page it is, what day it is, what an act or a form answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from agencies import queries
from agencies.models import Agency
from portal import clock, web
from portal.db import session
from portal.errors import DomainError, Invalid
from portal.forms import give_errors
from portal.web import actor, translated

Row = TypeVar("Row")


def find_agency(code: str) -> Agency:
    """The agency of an address. Raises NotFound if there is none or it is not the reader's to see."""
    return queries.get(session(), actor(), code)


def today() -> date:
    """The day by the bank's clock."""
    return clock.today(web.settings().bank_zone)


def reading_language() -> str:
    """The language the reader reads."""
    return str(get_locale())


def done_at(done: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what was done and go on to a page."""
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


def form_page(form: Any, title: str, verb: str, back: str, agency: Agency | None = None) -> ResponseReturnValue:
    """A page that is one form."""
    page = render_template("agencies/form.html", form=form, title=title, verb=verb, back=back, agency=agency)
    return page, 422 if form.is_submitted() else 200
