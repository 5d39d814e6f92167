"""Cross-site request forgery: every request of a page that may change something carries our token and comes from our own pages.

The API reads no cookies and so needs no token; the two are told apart by the path.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from flask_babel import gettext as _
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from portal import web

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Check every unsafe request of the pages before its view runs."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # checked below, after the permission, and never for the API
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer; the check of Origin and Sec-Fetch-Site below says more
    )
    protection = CSRFProtect(app)

    @app.before_request
    def check() -> None:
        if request.method in SAFE or web.is_api() or request.endpoint is None:
            return
        if not _from_our_pages():
            raise CSRFError(_("This request came from another site, so it was refused."))
        try:
            protection.protect()
        except CSRFError as error:
            raise CSRFError(_("This form is no longer valid. Go back, reload the page and send it again.")) from error


def _from_our_pages() -> bool:
    """False if the browser says the request comes from elsewhere. Programs that are no browsers say nothing."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
