"""Signing in: who gets in, how long for, and what guessing, forging and replaying bring."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError

from portal import access, clock, entering, passwords, second_factor, sessions, throttle, web
from portal.db import Database
from portal.people import SignIn, User
from portal.permissions import SYSTEM
from tests import factories
from tests.clients import ORIGIN, PageClient
from tests.factories import PASSWORD
from tests.portal.conftest import SHUT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = pyotp.random_base32()
HERE = entering.Caller("203.0.113.7", "pytest")


def person(client: PageClient, role: str = "vendor_manager", *, second: bool = False, **values: object) -> User:
    with client.database.transaction() as session:
        user = factories.make_user(session, role, **values)
        if second:
            second_factor.seal(user, SECRET)
    return user


def again(client: PageClient, user: User) -> User:
    with client.database.reading() as session:
        found = session.get_one(User, user.id)
        session.expunge(found)
    return found


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


def replayed(client: PageClient, cookie: str, path: str = "/settings") -> int:
    """The status that a cookie brings when it comes from another browser."""
    return client.app.test_client(use_cookies=False).get(path, base_url=ORIGIN, headers={"Cookie": cookie}).status_code


# -- coming in -----------------------------------------------------------------------------------------------------------


def test_password_and_code_open_the_portal_and_lead_to_where_one_wanted_to_go(client: PageClient) -> None:
    user = person(client, second=True)
    page = client.get("/sign-in?next=/settings", title="Sign in")
    assert {"email", "password", "csrf_token"} <= set(page.forms[""])
    with clock.set_to(NOW):
        page = client.post("/sign-in?next=/settings", {"email": user.email.upper(), "password": PASSWORD})
        assert page.location == "/sign-in/code"
        assert client.get("/settings", 303).location.startswith("/sign-in"), "one factor alone must open nothing"
        assert client.post("/sign-in/code", {"code": code_at(NOW)}).location == "/settings"
        client.get("/settings", title="Settings")
    assert again(client, user).signed_in_at == NOW


def test_in_the_demo_the_password_is_enough_and_the_cookie_is_plain(make_app: Callable[..., Flask]) -> None:
    client = PageClient(make_app(demo=True))
    user = person(client)
    page = client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "Secure" not in cookie
    client.get("/settings", title="Settings")


def test_the_cookie_is_of_the_host_kind(client: PageClient) -> None:
    client.get("/sign-in")
    cookie = client.post("/sign-out").headers.getlist("Set-Cookie")[-1]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_without_a_second_factor_nobody_comes_in_outside_the_demo(client: PageClient) -> None:
    user = person(client)
    assert "second factor" in client.post("/sign-in", {"email": user.email, "password": PASSWORD}, 403).text
    client.get("/settings", 303)


def test_a_code_works_once_and_one_step_late_at_most(client: PageClient) -> None:
    user, db = person(client, second=True), client.database
    assert entering.judge_code(db, user.id, code_at(NOW), HERE, at=NOW)
    assert entering.judge_code(db, user.id, code_at(NOW), HERE, at=NOW) is None, "used"
    later = NOW + timedelta(minutes=5)
    assert entering.judge_code(db, user.id, code_at(later - timedelta(seconds=90)), HERE, at=later) is None, "too old"
    later += timedelta(minutes=5)
    assert entering.judge_code(db, user.id, code_at(later - timedelta(seconds=30)), HERE, at=later), "one step late"


def test_half_way_in_lasts_five_minutes(client: PageClient) -> None:
    user = person(client, second=True)
    with clock.set_to(NOW):
        client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    with clock.set_to(NOW + timedelta(minutes=6)):
        assert client.post("/sign-in/code", {"code": code_at(NOW + timedelta(minutes=6))}).location == "/sign-in"


def test_a_session_of_before_is_not_taken_over(client: PageClient) -> None:
    """Session fixation: what a stranger planted in the cookie before is gone after signing in, and the token is new."""
    user = person(client, second=True)
    with client.http.session_transaction(base_url=ORIGIN) as cookie:
        cookie.update(_user_id="planted", planted="yes")
    with clock.set_to(NOW):
        client.post("/sign-in", {"email": user.email, "password": PASSWORD})
        client.post("/sign-in/code", {"code": code_at(NOW)})
    with client.http.session_transaction(base_url=ORIGIN) as cookie:
        assert "planted" not in cookie
        assert cookie["_user_id"] != "planted"
        token = cookie["_user_id"]
    with client.database.reading() as session:
        assert session.scalars(select(SignIn.token_hash)).all() == [sessions.fingerprint(token)], (
            "the token itself is not kept"
        )


# -- refusals ------------------------------------------------------------------------------------------------------------


def test_unknown_wrong_locked_and_disabled_look_alike(client: PageClient) -> None:
    known, locked = person(client, second=True), person(client, failures=20, failed_at=clock.now())
    disabled = person(client, active=False)
    tries = [
        ("nobody@bank.example", PASSWORD),
        (known.email, "not the password"),
        (locked.email, PASSWORD),
        (disabled.email, PASSWORD),
    ]
    seen = {(page.status, page.text.replace(page.response.headers["X-Request-ID"], "")) for page in
            (client.post("/sign-in", {"email": email, "password": word}, 401) for email, word in tries)}  # fmt: skip
    assert len(seen) == 1


def test_unknown_and_wrong_take_the_same_time(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
    db, took = client.database, {"known": [], "unknown": []}
    known = person(client)
    for number in range(40):
        for kind, email in (("known", known.email), ("unknown", f"nobody{number}@bank.example")):
            begun = time.perf_counter()
            assert entering.judge_password(db, email, "wrong", HERE, at=NOW + timedelta(hours=number)) is None
            took[kind].append(time.perf_counter() - begun)
    assert abs(median(took["known"]) - median(took["unknown"])) < 0.005


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (1, 1), (2, 2), (3, 4), (4, 8), (9, 8), (10, 1800), (99, 1800)]
)
def test_the_wait_grows_and_ends_in_half_an_hour(failures: int, seconds: int) -> None:
    assert throttle.wait_after(failures) == timedelta(seconds=seconds)


def test_guessing_is_slowed_down_and_then_locked(client: PageClient) -> None:
    db, user, at = client.database, person(client), NOW

    def attempt(word: str) -> int | None:
        return entering.judge_password(db, user.email, word, HERE, at=at)

    for _ in range(throttle.MOST_FAILURES):
        assert attempt("wrong") is None
        assert attempt(PASSWORD) is None, "inside the wait the right password is refused too"
        at += timedelta(seconds=9)
    assert again(client, user).failures == throttle.MOST_FAILURES, "attempts inside a wait are not counted"
    at += timedelta(minutes=29)
    assert attempt(PASSWORD) is None, "still locked"
    at += timedelta(minutes=1)
    assert attempt(PASSWORD) == user.id


def test_coming_in_forgets_the_failures(client: PageClient) -> None:
    user = person(client, failures=3, failed_at=NOW - timedelta(minutes=1))
    entering.enter(client.database, user.id, HERE, at=NOW)
    assert (again(client, user).failures, again(client, user).failed_at) == (0, None)


def test_wrong_codes_count_like_wrong_passwords(client: PageClient) -> None:
    user = person(client, second=True)
    assert entering.judge_code(client.database, user.id, "000000", HERE, at=NOW) is None
    assert again(client, user).failures == 1


def test_an_address_has_a_hundred_failures_an_hour(client: PageClient) -> None:
    db = client.database
    for _ in range(throttle.PER_HOUR):
        throttle.count_failure(db, None, HERE.address, at=NOW)
    with pytest.raises(web.DomainError) as refused:
        entering.judge_password(db, "nobody@bank.example", "wrong", HERE, at=NOW)
    assert refused.value.status == 429
    elsewhere = entering.Caller("198.51.100.1", "pytest")
    assert entering.judge_password(db, "nobody@bank.example", "wrong", elsewhere, at=NOW) is None
    assert entering.judge_password(db, "nobody@bank.example", "wrong", HERE, at=NOW + timedelta(minutes=1)) is None, (
        "it refills"
    )


def test_nobody_of_a_shut_agency_comes_in_or_stays_in(client: PageClient) -> None:
    user = person(client, "agency_manager")
    client.sign_in(user).get("/settings")
    SHUT.add(user.agency_id or 0)
    client.get("/settings", 303)
    assert entering.judge_password(client.database, user.email, PASSWORD, HERE, at=NOW) is None


def test_old_hashes_are_renewed_at_sign_in(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    user = person(client)
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    entering.renew_hash(client.database, user.id, PASSWORD)
    fresh = again(client, user).password_hash
    assert fresh != user.password_hash
    assert passwords.matches(fresh, PASSWORD)


def test_hashes_have_the_agreed_cost() -> None:
    """OWASP's figures for argon2id; the tests themselves run with cheaper ones."""
    source = (web.current_app, passwords.__file__)[1]
    with open(source, encoding="utf-8") as handle:
        assert "PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)" in handle.read()


# -- sessions ------------------------------------------------------------------------------------------------------------


def _sign_out(client: PageClient, user: User) -> None:
    client.post("/sign-out")


def _disable(client: PageClient, user: User) -> None:
    with client.database.transaction() as session:
        access.disable(session, SYSTEM, session.get_one(User, user.id))


def _other_role(client: PageClient, user: User) -> None:
    with client.database.transaction() as session:
        access.change_role(session, SYSTEM, session.get_one(User, user.id), user.role.APPROVER)


def _other_password(client: PageClient, user: User) -> None:
    with client.database.transaction() as session:
        access.change_password(
            session, SYSTEM, session.get_one(User, user.id), passwords.hashed("another long password")
        )


def _ended_by_the_administrator(client: PageClient, user: User) -> None:
    with client.database.transaction() as session:
        access.end_sessions(session, SYSTEM, session.get_one(User, user.id))


@pytest.mark.parametrize("ending", [_sign_out, _disable, _other_role, _other_password, _ended_by_the_administrator])
def test_a_captured_cookie_is_dead_after(client: PageClient, ending: Callable[[PageClient, User], None]) -> None:
    user = person(client)
    cookie = client.sign_in(user).cookies()
    assert replayed(client, cookie) == 200
    ending(client, user)
    assert replayed(client, cookie) == 303
    with client.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0


@pytest.mark.parametrize(("idle", "age", "lives"), [
    (timedelta(minutes=15), timedelta(minutes=15), True),
    (timedelta(minutes=15, seconds=1), timedelta(minutes=16), False),
    (timedelta(), timedelta(hours=12), True),
    (timedelta(), timedelta(hours=12, seconds=1), False),
])  # fmt: skip
def test_a_session_ends_when_idle_and_after_twelve_hours(
    client: PageClient, idle: timedelta, age: timedelta, lives: bool
) -> None:
    user = person(client)
    with clock.set_to(NOW), client.database.transaction() as session:
        token = factories.begin_session(session, user, ago=age)
        session.flush()
        session.scalars(select(SignIn)).one().seen_at = NOW - idle
    with client.database.reading() as session:
        assert bool(sessions.find(session, token, timedelta(minutes=15), at=NOW)) is lives


def test_the_last_use_is_noted_once_a_minute_and_never_by_the_page_itself(client: PageClient) -> None:
    user = person(client)
    with clock.set_to(NOW):
        client.sign_in(user)
    for later, writes in ((10, 0), (60, 1), (90, 0), (125, 1)):
        with clock.set_to(NOW + timedelta(seconds=later)), client.counting() as seen:
            client.get("/settings")
        assert sum(statement.startswith("UPDATE sign_in") for statement in seen) == writes, f"after {later} s"


def test_signing_out_clears_what_the_browser_kept(client: PageClient) -> None:
    client.sign_in(person(client))
    page = client.post("/sign-out")
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "signed out" in client.get("/sign-in").text


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(client: PageClient, app: Flask) -> None:
    user, other = person(client), person(client)
    client.sign_in(user)
    elsewhere, stranger = PageClient(app).sign_in(user), PageClient(app).sign_in(other)
    page = client.get("/settings", title="Settings")
    ends = [action for action in page.forms if action.endswith("/end")]
    assert len(ends) == 1, "one other session of mine, and not the one I am in"
    stranger.post(ends[0])
    elsewhere.get("/settings")
    client.post(ends[0])
    elsewhere.get("/settings", 303)
    client.get("/settings")


def test_a_new_password_ends_the_other_sessions_but_not_this_one(client: PageClient, app: Flask) -> None:
    user = person(client)
    elsewhere = PageClient(app).sign_in(user)
    client.sign_in(user)
    form = {"present": PASSWORD, "password": "an entirely new one", "again": "an entirely new one"}
    client.post("/settings/password", form | {"present": "wrong"}, 422)
    client.post("/settings/password", form | {"again": "another"}, 422)
    client.post("/settings/password", form | {"password": "password1234", "again": "password1234"}, 422)
    with clock.set_to(clock.now() + timedelta(seconds=2)):  # after the wait that the wrong one brought
        client.post("/settings/password", form)
        client.get("/settings")
        elsewhere.get("/settings", 303)
    assert passwords.matches(again(client, user).password_hash, "an entirely new one")


# -- forged requests -----------------------------------------------------------------------------------------------------


def _unsafe(app: Flask) -> list[tuple[str, str]]:
    """Every unsafe route of the pages, with something in place of its parameters."""
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        routes = []
        for rule in app.url_map.iter_rules():
            if rule.rule.startswith("/api/"):
                continue
            values = {
                name: "on" if name == "to" else 1 if "int" in str(rule) and name.endswith(("_id", "seq")) else "x"
                for name in rule.arguments
            }
            routes += [
                (method, adapter.build(rule.endpoint, values))
                for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
            ]
    return routes


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://localhost.evil.example"},
])  # fmt: skip
def test_requests_from_other_sites_are_refused_even_with_the_token(
    client: PageClient, app: Flask, headers: dict[str, str]
) -> None:
    client.sign_in(person(client, "admin"))
    for _method, path in _unsafe(app):
        page = client.http.post(path, data={"csrf_token": client.csrf_token()}, base_url=ORIGIN, headers=headers)
        assert page.status_code in (400, 404), f"{path} took a request of {headers}"


@pytest.mark.parametrize("token", [None, "", "forged", "of another session"])
def test_every_unsafe_page_wants_the_token_of_its_session(client: PageClient, app: Flask, token: str | None) -> None:
    client.sign_in(person(client, "admin"))
    if token == "of another session":
        other = PageClient(app)
        with other.http.session_transaction(base_url=ORIGIN) as cookie:
            cookie["csrf_token"] = "of the other"
        token = other.csrf_token()
    client.csrf_token()
    routes = _unsafe(app)
    assert len(routes) > 20
    for _method, path in routes:
        page = client.http.post(path, data={} if token is None else {"csrf_token": token}, base_url=ORIGIN)
        assert page.status_code in (400, 404), f"{path} took a forged request"


def test_our_own_pages_may_send_their_forms(client: PageClient) -> None:
    client.sign_in(person(client))
    client.post(
        "/language",
        {"language": "zh_Hans_CN", "next": "/settings"},
        headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"},
    )


@pytest.mark.parametrize("target", [
    "//evil.example", "///evil.example", "https://evil.example", "http:evil.example", "/\\evil.example", "\\\\evil.example", "/\tevil",
    "/\nevil", "javascript:alert(1)", "evil.example", "", "/\x00", " /x", "\x0b//evil.example", "/x\r\nLocation: //evil",
])  # fmt: skip
def test_next_leads_nowhere_else(client: PageClient, target: str) -> None:
    assert web.safe_next(target) is None
    page = client.post("/language", {"language": "en", "next": target})
    assert page.location == "/"


@pytest.mark.parametrize("target", ["/", "/agencies/AGY01?tab=1", "/accounts?q=%2F%2Fx", "/a:b"])
def test_next_leads_to_our_own_pages(target: str) -> None:
    assert web.safe_next(target) == target


def test_a_page_that_reads_cannot_write(db: Database) -> None:
    """GETs get a session of the reading engine: the database itself refuses their writes."""
    with db.reading() as session, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        session.execute(delete(SignIn))


# -- language ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asks", "cookie", "gets"), [
    ("zh-CN,zh;q=0.9", None, "zh-Hans-CN"), ("fr", None, "en"), ("zh", None, "zh-Hans-CN"), ("en-GB,zh;q=0.5", None, "en"),
    ("zh-CN", "en", "en"), ("en", "zh_Hans_CN", "zh-Hans-CN"), ("en", "xx", "en"),
])  # fmt: skip
def test_the_language_is_the_cookies_or_what_the_browser_asks_for(
    client: PageClient, asks: str, cookie: str | None, gets: str
) -> None:
    if cookie:
        client.http.set_cookie("language", cookie, domain="localhost")
    page = client.get("/sign-in", headers={"Accept-Language": asks})
    assert f'<html lang="{gets}"' in page.response.get_data(as_text=True)


def test_a_persons_choice_is_remembered_with_them(client: PageClient) -> None:
    user = person(client)
    client.sign_in(user).post("/language", {"language": "zh_Hans_CN", "next": "/settings"})
    assert again(client, user).language == "zh_Hans_CN"
    assert 'lang="zh-Hans-CN"' in client.get("/settings", headers={"Accept-Language": "en"}).response.get_data(
        as_text=True
    )
