"""What stands in the header of every answer, of pages and of the API, of errors too."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, abort

from portal import web
from portal.people import Role
from tests.clients import ORIGIN, PageClient

PATHS = ("/sign-in", "/settings", "/work", "/nothing-here", "/admin/people", "/healthz", "/metrics", "/api/v1/nothing", "/api/v1/openapi.json",
         "/sign-out", "/test/400", "/test/413", "/test/crash", "/settings/keys?format=csv", "/static/placewell.css")  # fmt: skip


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return with_faults(make_app)


def with_faults(make_app: Callable[..., Flask]) -> Flask:
    """The foundation with pages that fail in different ways."""
    made, blueprint = make_app(base_url="https://portal.example"), Blueprint("test_pages", __name__)

    def crash() -> str:
        raise RuntimeError("a secret of the inside")

    for name, view in (("400", lambda: abort(400)), ("413", lambda: abort(413)), ("crash", crash)):
        blueprint.add_url_rule(f"/test/{name}", name, web.public(view))
    made.register_blueprint(blueprint)
    return made


@pytest.fixture
def client(app: Flask) -> PageClient:
    made = PageClient(app)
    made.sign_in_as(Role.AGENCY_MANAGER)
    return made


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_protecting_headers(client: PageClient, path: str) -> None:
    with client.http.get(path, base_url=ORIGIN) as answer:
        headers = answer.headers
    csp = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert csp["default-src"] == "'none'"
    assert csp["script-src"] == csp["style-src"] == csp["form-action"] == "'self'"
    assert csp["frame-ancestors"] == csp["base-uri"] == csp["object-src"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Access-Control-Allow-Origin" not in headers
    if headers["Content-Type"].startswith("text/"):
        assert "charset=utf-8" in headers["Content-Type"]
    if not path.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


def test_hsts_is_for_https_alone(make_app: Callable[..., Flask]) -> None:
    assert (
        "Strict-Transport-Security"
        not in make_app(base_url="http://127.0.0.1:5000").test_client().get("/sign-in").headers
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/sign-in", "/settings"])
def test_other_methods_are_405(client: PageClient, method: str, path: str) -> None:
    answer = client.http.open(path, method=method, base_url=ORIGIN)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/nothing", 404), ("/api/v1/openapi.json", 405), ("/api/nothing", 404)]
)
def test_every_error_of_the_api_is_a_problem_document(client: PageClient, path: str, status: int) -> None:
    answer = client.http.open(path, method="DELETE" if status == 405 else "GET", base_url=ORIGIN)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail", "errors"} <= set(answer.get_json())


def test_a_crash_tells_nothing_of_the_inside_but_the_number_to_ask_by(client: PageClient) -> None:
    page = client.get("/test/crash", 500)
    assert "secret of the inside" not in page.response.get_data(as_text=True)
    assert page.headers["X-Request-ID"] in page.text


def test_the_log_of_a_crash_has_its_number_and_no_variables(
    make_app: Callable[..., Flask], capfd: pytest.CaptureFixture[str]
) -> None:
    """Variables may be passwords, keys or personal data."""
    page = PageClient(with_faults(make_app)).get("/test/crash", 500)
    (line,) = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"crash"' in line]
    assert line["request_id"] == page.headers["X-Request-ID"]
    assert line["exception"][0]["exc_type"] == "RuntimeError"
    assert not any(frame.get("locals") for fault in line["exception"] for frame in fault["frames"])


@pytest.mark.parametrize("given", ["abc123", "x" * 64])
def test_a_request_id_of_the_caller_is_kept(client: PageClient, given: str) -> None:
    assert client.get("/sign-in", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "é", '"><script>', "a;b"])
def test_a_strange_request_id_is_not(client: PageClient, given: str) -> None:
    assert client.get("/sign-in", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given


def test_forwarded_headers_count_only_behind_a_proxy_that_is_declared(make_app: Callable[..., Flask]) -> None:
    """Otherwise anybody could give themselves an address, for the limit on failures and for the trail."""
    seen: list[str | None] = []
    for proxies in (0, 1):
        app = make_app(trusted_proxies=proxies)
        app.before_request(lambda: seen.append(web.request.remote_addr))
        app.test_client().get("/healthz", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    assert seen == ["127.0.0.1", "198.51.100.7"]


def test_pages_are_not_framed_or_cached_by_what_stands_between(client: PageClient) -> None:
    headers = client.get("/settings").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Cookie" in headers.get("Vary", "")
