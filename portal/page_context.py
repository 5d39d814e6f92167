"""What every page knows: its language and clock, who is signed in, the navigation, what the portal is called and which version runs.

A signed-in person's own language comes first, then the cookie of the language switch, then what the browser asks for. A machine gets
what its `Accept-Language` asks for, otherwise English. Instants are shown on the bank's clock.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel

from portal import db, languages, navigation, queries
from portal.config import Settings
from portal.permissions import Actor, Kind
from portal.words_states import role_name, severity_word, state_word

COOKIE = "language"


def init_app(app: Flask, settings: Settings) -> None:
    """Install languages and the context of every page."""
    Babel(
        app, default_locale=languages.DEFAULT, default_translation_directories=str(languages.TRANSLATIONS),
        locale_selector=language, timezone_selector=lambda: settings.bank_zone.key,
    )  # fmt: skip
    app.jinja_env.globals.update(state_word=state_word, severity_word=severity_word, role_name=role_name)

    @app.context_processor
    def context() -> dict[str, Any]:
        return {
            "current_language": language(), "languages": languages.LANGUAGES, "config_demo": settings.demo,
            "open_applications": settings.open_applications,
            "bank_name": settings.bank_name, "version": app.config["VERSION"], "request_id": g.get("request_id", ""),
            "actor": g.get("actor"), **_of_person(g.get("actor")),
        }  # fmt: skip


def language() -> str:
    """The language of this request; English outside of one."""
    if not has_request_context():
        return languages.DEFAULT
    who: Actor | None = g.get("actor")
    if who is not None and who.kind is Kind.PERSON:
        return languages.known(who.language)
    if who is None and request.cookies.get(COOKIE) in languages.CODES:
        return str(request.cookies[COOKIE])
    return languages.asked(request.accept_languages.values())


def _of_person(actor: Actor | None) -> dict[str, Any]:
    """The work list's length and the navigation, looked up once a request and for people only."""
    if actor is None:
        return {"navigation": (), "work_count": None}
    if "work_count" not in g:
        g.work_count = queries.open_tasks_of(db.session(), actor) if actor.may("tasks.view") else None
    return {"navigation": navigation.of(actor), "work_count": g.work_count}
