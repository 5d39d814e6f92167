"""Invitations and people: how somebody gets access, what a password must be like, and how access changes and ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import access, audit, clock, entering, invitations, passwords, second_factor, sessions
from portal.db import Database
from portal.errors import Conflict, DomainError, Invalid, NotFound
from portal.mail import OutboxMail
from portal.people import Invitation, Role, User
from portal.permissions import SYSTEM
from tests import factories
from tests.clients import PageClient

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WORDS = "violet harbour tramway"
PROVEN = entering.Proven("hash", None)


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["database"]
    return found


def invited(
    database: Database, email: str = "ann.lee@bank.example", role: Role = Role.VENDOR_MANAGER, at: datetime = NOW
) -> str:
    with database.transaction() as session:
        return invitations.invite(session, SYSTEM, email, role, None, at=at)


def accept(database: Database, token: str, at: datetime = NOW) -> User:
    with database.transaction() as session:
        return invitations.accept(session, token, PROVEN, name="Ann Lee", language="en", at=at)


# -- links ---------------------------------------------------------------------------------------------------------------


def test_the_first_person_of_an_empty_portal_is_invited_by_the_system(database: Database) -> None:
    token = invited(database, "Boss@Bank.Example", Role.ADMIN)
    user = accept(database, token)
    assert (user.email, user.role, user.active) == ("boss@bank.example", Role.ADMIN, True)


def test_a_portal_that_nobody_administers_offers_a_first_administrator(database: Database) -> None:
    (line,) = invitations.first_administrator(database, "https://portal.example", at=NOW)
    accept(database, line.rpartition("/invitation/")[2])
    assert invitations.first_administrator(database, "https://portal.example", at=NOW) == []


def test_a_link_works_once(database: Database) -> None:
    token = invited(database)
    accept(database, token)
    with pytest.raises(NotFound):
        accept(database, token)


@pytest.mark.parametrize(("age", "works"), [(timedelta(hours=23, minutes=59), True), (timedelta(hours=24), False)])
def test_a_link_works_for_a_day(database: Database, age: timedelta, works: bool) -> None:
    token = invited(database)
    if works:
        accept(database, token, NOW + age)
    else:
        with pytest.raises(NotFound):
            accept(database, token, NOW + age)


def test_a_newer_link_ends_the_older(database: Database) -> None:
    older = invited(database)
    newer = invited(database)
    with pytest.raises(NotFound):
        accept(database, older)
    accept(database, newer)


def test_only_the_hash_of_a_link_is_kept(database: Database) -> None:
    token = invited(database)
    with database.reading() as session:
        assert session.scalars(select(Invitation.token_hash)).one() == sessions.fingerprint(token)


@pytest.mark.parametrize(("email", "role", "agency"), [
    ("ann", Role.ADMIN, False), ("@bank.example", Role.ADMIN, False), ("a b@bank.example", Role.ADMIN, False), ("ann@", Role.ADMIN, False),
    ("ann@bank.example", Role.AGENCY_USER, False), ("ann@bank.example", Role.ADMIN, True),
])  # fmt: skip
def test_what_no_invitation_may_be(database: Database, email: str, role: Role, agency: bool) -> None:
    with database.transaction() as session, pytest.raises(Invalid):
        invitations.invite(session, SYSTEM, email, role, factories.make_agency(session).id if agency else None, at=NOW)


def test_an_invitation_never_changes_a_role(database: Database) -> None:
    invited(database)
    with pytest.raises(Conflict):
        invited(database, role=Role.ADMIN)


def test_a_fresh_link_for_somebody_with_access_replaces_password_and_factor_and_ends_sessions(
    database: Database,
) -> None:
    with database.transaction() as session:
        user = factories.make_user(session, email="ann.lee@bank.example", failures=12, failed_at=NOW)
        second_factor.seal(user, pyotp.random_base32())
        factories.begin_session(session, user)
        before = user.totp_sealed
    token = invited(database)
    with database.transaction() as session:
        secret = second_factor.offered(token, "key")
        user = invitations.accept(session, token, entering.Proven("fresh", secret), name="", language="en", at=NOW)
        session.flush()
        assert user.password_hash == "fresh"
        assert user.totp_sealed != before
        assert user.failures == 0, "an invitation is also how an administrator unlocks"
        assert not session.scalar(select(func.count()).select_from(sessions.SignIn))


def test_links_that_ran_out_are_forgotten(database: Database) -> None:
    invited(database)
    assert invitations.forget_expired(database, at=NOW + timedelta(hours=23)) == 0
    assert invitations.forget_expired(database, at=NOW + timedelta(hours=24)) == 1


# -- passwords -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", [WORDS, "x7#Kd02!qPl9", "密碼要夠長才會安全可靠呀", "1234567890ab" * 10, "     spaces  count    too"]
)
def test_length_is_what_counts(password: str) -> None:
    passwords.check(password, names=("Meridian Bank", "ann.lee@bank.example"))


@pytest.mark.parametrize(("password", "why"), [
    ("short", "too short"),
    ("elevenchars", "one too few"),
    ("x" * 129, "too long"),
    ("password1234", "common with digits behind"),
    ("Password2026!!", "common in disguise"),
    ("QWERTYUIOP12345", "a row of the keyboard"),
    ("123456789012", "nothing but digits in order"),
    ("aaaaaaaaaaaaaaaa", "one letter"),
    ("abababababababab", "two letters"),
    ("meridianbank2026", "the bank's name"),
    ("Meridian-Bank-1!", "the bank's name with signs"),
    ("ann.lee@bank.example", "one's own address"),
    ("cafe\u0301cafe\u0301ca", "eleven characters once accents are one with their letters"),
])  # fmt: skip
def test_what_is_no_password(password: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, names=("Meridian Bank", "ann.lee@bank.example", "Ann Lee"))
    assert "password" in refused.value.fields, why


def test_two_spellings_of_one_accent_are_the_same_password() -> None:
    assert passwords.matches(passwords.hashed("cafe\u0301 au lait crème"), "café au lait cre\u0300me")


def test_nothing_of_a_long_password_is_cut_off() -> None:
    assert not passwords.matches(passwords.hashed("y" * 127 + "a"), "y" * 127 + "b")


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_somebody_invited_sets_password_and_factor_and_signs_in(client: PageClient) -> None:
    token = invited(client.database, at=clock.now())
    page = client.get(f"/invitation/{token}", title="Set up your access")
    assert "ann.lee@bank.example" in page.text
    picture = client.http.get(f"/invitation/{token}/code.svg", base_url="https://localhost")
    assert picture.mimetype == "image/svg+xml"
    assert b"style=" not in picture.data, "the content policy allows no styles"
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.text)
    assert secret, page.text
    app_of_phone = pyotp.TOTP(secret[0])
    form = {"name": "Ann Lee", "password": WORDS, "again": WORDS, "code": app_of_phone.now()}
    client.post(f"/invitation/{token}", form | {"code": "000000" if app_of_phone.now() != "000000" else "000001"}, 422)
    client.post(f"/invitation/{token}", form | {"password": "short", "again": "short"}, 422)
    client.post(f"/invitation/{token}", form | {"again": "something else"}, 422)
    assert client.post(f"/invitation/{token}", form).location == "/sign-in"
    client.get(f"/invitation/{token}", 404)
    client.get(f"/invitation/{token}/code.svg", 404)
    client.post("/sign-in", {"email": "ann.lee@bank.example", "password": WORDS})
    client.post("/sign-in/code", {"code": app_of_phone.now()})
    assert "Ann Lee" in client.get("/settings").text


def test_in_the_demo_an_invitation_asks_for_a_password_alone(make_app: Callable[..., Flask]) -> None:
    client = PageClient(make_app(demo=True))
    token = invited(client.database, at=clock.now())
    assert "code" not in client.get(f"/invitation/{token}").forms[""]
    client.post(f"/invitation/{token}", {"name": "Ann Lee", "password": WORDS, "again": WORDS})
    client.post("/sign-in", {"email": "ann.lee@bank.example", "password": WORDS})
    client.get("/settings")


def test_a_link_stays_out_of_the_log(
    client: PageClient, capfd: pytest.CaptureFixture[str], make_app: Callable[..., Flask]
) -> None:
    talkative = PageClient(make_app(log_level="INFO"))
    token = invited(client.database, at=clock.now())
    talkative.get(f"/invitation/{token}")
    logged = capfd.readouterr().err
    assert "/invitation/<token>" in logged
    assert token not in logged


def test_the_administrator_invites_by_mail(make_app: Callable[..., Flask]) -> None:
    client = PageClient(make_app(mail_url="smtp://mail.example"))
    with client.database.transaction() as session:
        admin, agency = factories.make_user(session, Role.ADMIN), factories.make_agency(session, "AGY42")
    client.sign_in(admin).get("/admin/people/new", title="Invite somebody")
    form = {
        "email": "li.na@agency.example",
        "name": "李娜",
        "role": "agency_user",
        "agency": "AGY42",
        "language": "zh_Hans_CN",
    }
    page = client.post("/admin/people/new", form, 200)
    assert "/invitation/" not in page.text, "mail brings the link to its person and to nobody else"
    with client.database.reading() as session:
        mail = session.scalars(select(OutboxMail)).one()
        user = session.scalars(select(User).where(User.email == "li.na@agency.example")).one()
    assert (mail.recipient, mail.language) == ("li.na@agency.example", "zh_Hans_CN")
    assert "/invitation/" in mail.text
    assert (user.agency_id, user.language, user.state) == (agency.id, "zh_Hans_CN", "invited")


def test_where_mail_reaches_nobody_the_link_is_shown_once(client: PageClient) -> None:
    with client.database.transaction() as session:
        admin = factories.make_user(session, Role.ADMIN)
    client.sign_in(admin)
    form = {"email": "ann.lee@bank.example", "role": "approver", "language": "en"}
    assert "/invitation/" in client.post("/admin/people/new", form, 200).text
    for wrong in (
        {"email": "nonsense"},
        {"role": "agency_user"},
        {"role": "agency_user", "agency": "NOSUCH"},
        {"role": "king"},
    ):
        client.post("/admin/people/new", form | wrong, 422)


def test_the_list_of_people_is_searched_and_filtered(client: PageClient) -> None:
    people = {
        "Bo Approver": {"role": "approver"}, "Cy Invited": {"role": "auditor", "password_hash": None},
        "Di Disabled": {"role": "auditor", "active": False}, "Ed Collector": {"role": "agency_user"},
    }  # fmt: skip
    with client.database.transaction() as session:
        for name, values in people.items():
            factories.make_user(session, name=name, **values)
    client.sign_in_as(Role.ADMIN)
    for query, expected in {
        "": set(people), "q=bo+app": {"Bo Approver"}, "state=invited": {"Cy Invited"}, "state=disabled": {"Di Disabled"},
        "role=auditor": {"Cy Invited", "Di Disabled"}, "role=auditor&state=invited": {"Cy Invited"}, "role=nonsense": set(people),
    }.items():  # fmt: skip
        page = client.get(f"/admin/people?{query}", title="People", queries=7)
        assert {name for name in people if name in page.text} == expected, query
    assert "Ed Collector" in client.get("/admin/people?format=csv").response.get_data(as_text=True)


# -- changing and ending access ------------------------------------------------------------------------------------------


def test_the_administrator_changes_role_disables_enables_and_signs_out(client: PageClient, app: Flask) -> None:
    with client.database.transaction() as session:
        admin, user = factories.make_user(session, Role.ADMIN), factories.make_user(session, Role.VENDOR_MANAGER)
    them = PageClient(app).sign_in(user)
    client.sign_in(admin).get(f"/admin/people/{user.id}", title=user.name, queries=7)
    client.post(f"/admin/people/{user.id}/end-sessions")
    them.get("/settings", 303)
    client.post(f"/admin/people/{user.id}/role", {"role": "approver"})
    client.post(f"/admin/people/{user.id}/role", {"role": "agency_user"})
    with client.database.reading() as session:
        assert session.get_one(User, user.id).role is Role.APPROVER, "nobody changes sides"
    client.post(f"/admin/people/{user.id}/disable")
    client.post(f"/admin/people/{user.id}/disable", status=409)
    assert "Disabled" in client.get(f"/admin/people/{user.id}").text
    client.post(f"/admin/people/{user.id}/invitation", status=409)
    client.post(f"/admin/people/{user.id}/enable")
    client.post(f"/admin/people/{user.id}/invitation", status=200)
    client.get("/admin/people/999999", 404)
    with client.database.reading() as session:
        done = set(
            session.scalars(select(audit.AuditEntry.event).where(audit.AuditEntry.subject == f"person:{user.id}"))
        )
    assert {
        "portal.person.sessions_ended",
        "portal.person.role_changed",
        "portal.person.disabled",
        "portal.person.enabled",
    } <= done


@pytest.mark.parametrize("act", [
    lambda session, admin, user: access.disable(session, admin, user),
    lambda session, admin, user: access.change_role(session, admin, user, Role.AUDITOR),
    lambda session, admin, user: invitations.link_for(session, admin, user, at=NOW),
])  # fmt: skip
def test_nobody_ends_or_changes_their_own_access(database: Database, act: Callable[..., object]) -> None:
    """An administrator who did could leave a portal that nobody can administer, and would be a single pair of eyes."""
    with database.transaction() as session:
        user = factories.make_user(session, Role.ADMIN)
        with pytest.raises(DomainError) as refused:
            act(session, factories.actor_of(session, user), user)
        assert refused.value.status == 409


@pytest.mark.parametrize(
    ("role", "status"), [("auditor", 403), ("compliance", 404), ("agency_manager", 404), ("vendor_manager", 404)]
)
def test_only_the_administrator_manages_people(client: PageClient, role: str, status: int) -> None:
    with client.database.transaction() as session:
        user, other = factories.make_user(session, role), factories.make_user(session)
    client.sign_in(user)
    client.get("/admin/people", 200 if role == "auditor" else 404)
    for verb in ("role", "disable", "enable", "end-sessions", "invitation"):
        client.post(f"/admin/people/{other.id}/{verb}", {"role": "admin"}, status)
