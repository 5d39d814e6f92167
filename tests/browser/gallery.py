"""The gallery: every macro of the pages on plausible values, for looking at and for the checks of test_gallery.py.

Development only. `python -m tests.browser.gallery` serves it on http://127.0.0.1:5055; `?lang=zh` and `?theme=dark` choose.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, flash, jsonify, render_template, request
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader

from portal.words_states import role_name, severity_word, state_word
from tests.browser import samples
from tests.browser.forms import AgencyForm, SignInForm

ROOT = Path(__file__).resolve().parents[2]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
LANGUAGES = [{"code": "en", "label": "EN"}, {"code": "zh_Hans_CN", "label": "中文"}]
ERRORS = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
PAGES = ("home", "agencies", "agency", "plan", "scorecard", "report", "form", "parts", "nothing")


def language() -> str:
    """The language asked for in the address."""
    return "zh_Hans_CN" if request.args.get("lang") == "zh" else "en"


def create_gallery() -> Flask:
    """A small app around the project's own templates and static files, with the header the portal answers with."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="gallery", BOOTSTRAP_SERVE_LOCAL=True, TESTING=True, WTF_CSRF_ENABLED=True)
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "templates"), FileSystemLoader(Path(__file__).parent / "pages")]
    )
    Bootstrap5(app)
    CSRFProtect(app)
    Babel(app, locale_selector=language, default_translation_directories=str(ROOT / "translations"))
    app.jinja_env.globals.update(state_word=state_word, severity_word=severity_word, role_name=role_name)
    app.context_processor(_context)
    app.after_request(_strict)
    _add_pages(app)
    return app


def _context() -> dict[str, Any]:
    return {
        "actor": samples.actor(language()),
        "navigation": samples.navigation(language(), request.path),
        "work_count": 12,
        "bank_name": samples.sayer(language())("Harbour National Bank", "江海银行"),
        "config_demo": "live" not in request.args,
        "request_id": "01K9ZQ4T7M",
        "version": "0.1.0",
        "languages": LANGUAGES,
        "current_language": language(),
    }


def _strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    theme = request.args.get("theme")
    if theme in ("light", "dark") and response.mimetype == "text/html":
        response.set_cookie("theme", theme, samesite="Lax")
    return response


def _add_pages(app: Flask) -> None:
    for name in PAGES:
        app.add_url_rule("/" if name == "home" else f"/{name}", name, _page(name))
    app.add_url_rule("/sign-in", "sign_in", lambda: render_template("sign_in.html", form=SignInForm()))
    app.add_url_rule("/error/<int:code>", "error", _error)
    app.add_url_rule(
        "/progress", "progress", lambda: jsonify(done=7_400, total=12_000, finished=False, text="7,400 / 12,000")
    )
    for endpoint in ("set_language", "sign_out", "work_list"):
        app.add_url_rule(f"/portal/{endpoint}", f"portal.{endpoint}", lambda: "", methods=["GET", "POST"])


def _page(name: str) -> Callable[[], str]:
    def show() -> str:
        values: SimpleNamespace = samples.values(language())
        if name == "parts":
            flash(values.say("Plan 41 was submitted for approval.", "41 号派案方案已提交审批。"), "good")
        return render_template(f"{name}.html", v=values, say=values.say, form=AgencyForm.with_errors(values.say))

    return show


def _error(code: int) -> tuple[str, int]:
    actor = None if code == 401 else samples.actor(language())
    return render_template("errors/error.html", code=code, actor=actor), code if code >= 400 else 200


if __name__ == "__main__":
    create_gallery().run(port=5055)
