"""API keys: their shape, whose they are, what they may do, and when they are dead."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Blueprint, Flask, jsonify
from sqlalchemy import select

from portal import access, audit, clock, housekeeping, keys, web
from portal.db import Database
from portal.errors import DomainError, Forbidden, Invalid
from portal.people import ApiKey, Role, User
from portal.permissions import SYSTEM, TABLE, Kind, Permission
from tests import factories
from tests.clients import ApiClient, PageClient
from tests.portal.conftest import SHUT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def api(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The foundation with one call that answers who is asking, for managers of agencies and of the bank with placements:read."""
    rights = Permission(
        "test.see", "Look.", frozenset({Role.AGENCY_MANAGER, Role.VENDOR_MANAGER}), ("placements:read",)
    )
    monkeypatch.setitem(TABLE, "test.see", rights)
    app, blueprint = make_app(), Blueprint("test_api", __name__, url_prefix="/api/v1")

    @blueprint.get("/whoami")
    @web.requires("test.see")
    def whoami() -> object:
        who = web.actor()
        return jsonify(
            {"kind": who.kind, "role": who.role, "agency": who.agency_code, "user": who.user_id, "label": who.label}
        )

    app.register_blueprint(blueprint)
    return app


@pytest.fixture
def database(api: Flask) -> Database:
    found: Database = api.extensions["database"]
    return found


def authenticated(database: Database, key: str, at: datetime | None = None) -> bool:
    return keys.authenticate(database, f"Bearer {key}", at=at or clock.now()) is not None


# -- shape ---------------------------------------------------------------------------------------------------------------


def test_a_key_has_the_shape_that_scanners_know_and_only_its_hash_is_kept(database: Database) -> None:
    with database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
        assert keys.SHAPE.fullmatch(key)
        kept = session.scalars(select(ApiKey)).one()
        secret = key.split("_")[3]
        assert kept.key_id == key.split("_")[2]
        assert not any(secret in str(value) for value in vars(kept).values())
    assert authenticated(database, key)


@pytest.mark.parametrize("spoil", [
    lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"),  # the checksum
    lambda key: key[:20] + ("a" if key[20] != "a" else "b") + key[21:],  # the secret
    lambda key: key.upper(),
    lambda key: key.replace("pw_live_", "pw_test_"),
    lambda key: key + "x",
    lambda key: key[:-1],
    lambda key: "",
    lambda key: key.replace("_", "-"),
    lambda key: f"{key}\x00",
    lambda key: "ключ" + key,
])  # fmt: skip
def test_a_mistyped_key_is_refused_without_asking_the_database(api: Flask, spoil: Callable[[str], str]) -> None:
    client = PageClient(api)
    with client.database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
    with client.counting() as seen:
        assert not authenticated(client.database, spoil(key))
    assert not seen


def test_a_well_formed_key_that_nobody_made_is_refused(database: Database) -> None:
    text = "pw_live_" + "A" * 8 + "_" + "B" * 32
    assert not authenticated(database, text + keys._checksum(text))


@pytest.mark.parametrize("scheme", ["Basic {}", "{}", "Token {}", "Bearer", "Bearer  ", "Bearer {} {}"])
def test_only_a_bearer_key_counts(api: Flask, database: Database, scheme: str) -> None:
    with database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
    value = base64.b64encode(key.encode()).decode() if scheme.startswith("Basic") else key
    ApiClient(api, None).get("/whoami", 401, headers={"Authorization": scheme.format(value, value)})


def test_the_api_never_reads_the_cookie(api: Flask) -> None:
    client = PageClient(api)
    with client.database.transaction() as session:
        user = factories.make_user(session)
    client.sign_in(user).get("/api/v1/whoami", 401)


# -- whose ---------------------------------------------------------------------------------------------------------------


def test_an_agencys_key_acts_as_its_manager_within_its_scopes(api: Flask, database: Database) -> None:
    with database.transaction() as session:
        agency = factories.make_agency(session, "AGY77")
        key = factories.make_key(session, scopes="placements:read reports:write", agency=agency)
        narrow = factories.make_key(session, scopes="reports:write", agency=agency)
    answer = ApiClient(api, key).get("/whoami").get_json()
    assert (answer["kind"], answer["role"], answer["agency"], answer["user"]) == (
        "key",
        "agency_manager",
        "AGY77",
        None,
    )
    assert key.split("_")[2] in answer["label"], "the trail tells which key it was"
    ApiClient(api, narrow).get("/whoami", 403)


def test_a_persons_key_acts_as_that_person_with_the_role_of_the_moment(api: Flask, database: Database) -> None:
    with database.transaction() as session:
        user = factories.make_user(session, Role.VENDOR_MANAGER)
        key = factories.make_key(session, scopes="placements:read", user=user)
    assert ApiClient(api, key).get("/whoami").get_json()["user"] == user.id
    with database.transaction() as session:
        access.change_role(session, SYSTEM, session.get_one(User, user.id), Role.AUDITOR)
    ApiClient(api, key).get("/whoami", 404)


def test_a_person_who_has_not_taken_up_the_invitation_may_have_a_key(api: Flask, database: Database) -> None:
    with database.transaction() as session:
        key = factories.make_key(
            session, scopes="placements:read", user=factories.make_user(session, password_hash=None)
        )
    ApiClient(api, key).get("/whoami")


@pytest.mark.parametrize("scope", sorted(set(keys.BANK_SCOPES) - set(keys.AGENCY_SCOPES)))
def test_an_agencys_key_has_no_scope_of_the_bank(database: Database, scope: str) -> None:
    with database.transaction() as session, pytest.raises(Invalid):
        factories.make_key(session, scopes=scope, agency=factories.make_agency(session))


@pytest.mark.parametrize("refused", [
    {"scopes": ()}, {"scopes": ("everything",)}, {"days": 0}, {"days": 366}, {"agency_id": None}, {"role": "agency_user", "agency_id": None},
])  # fmt: skip
def test_what_no_key_may_be(database: Database, refused: dict[str, object]) -> None:
    with database.transaction() as session:
        user = factories.make_user(session, str(refused.pop("role"))) if "role" in refused else None
        given = {
            "scopes": ("placements:read",),
            "agency_id": factories.make_agency(session).id,
            "user": user,
            "at": NOW,
        } | refused
        with pytest.raises(Invalid):
            keys.make(session, SYSTEM, **given)  # type: ignore[arg-type]


def test_a_manager_makes_and_revokes_keys_of_the_own_agency_only(database: Database) -> None:
    with database.transaction() as session:
        manager = factories.make_actor(session, Role.AGENCY_MANAGER)
        other = factories.make_agency(session)
        factories.make_key(session, scopes="placements:read", agency=other)
        foreign = session.scalars(select(ApiKey).where(ApiKey.agency_id == other.id)).one()
        with pytest.raises(Forbidden):
            keys.make(session, manager, scopes=("placements:read",), agency_id=other.id, at=NOW)
        with pytest.raises(Forbidden):
            keys.revoke(session, manager, foreign, at=NOW)


def test_two_keys_live_side_by_side_for_changing_over(api: Flask, database: Database) -> None:
    with database.transaction() as session:
        agency = factories.make_agency(session)
        old, new = (factories.make_key(session, scopes="placements:read", agency=agency) for _ in range(2))
    for key in (old, new):
        ApiClient(api, key).get("/whoami")


# -- the end -------------------------------------------------------------------------------------------------------------


def _revoke(database: Database, key: str) -> None:
    with database.transaction() as session:
        keys.revoke(
            session,
            SYSTEM,
            session.scalars(select(ApiKey).where(ApiKey.key_id == key.split("_")[2])).one(),
            at=clock.now(),
        )


def _expire(database: Database, key: str) -> None:
    with database.transaction() as session:
        session.scalars(select(ApiKey)).one().expires_at = clock.now()


def _shut(database: Database, key: str) -> None:
    with database.reading() as session:
        SHUT.add(session.scalars(select(ApiKey.agency_id)).one() or 0)


@pytest.mark.parametrize("ending", [_revoke, _expire, _shut])
def test_an_agencys_key_is_dead_at_once_when_it_is_revoked_or_expired_or_the_agency_shut(
    api: Flask, database: Database, ending: Callable[[Database, str], None]
) -> None:
    with database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
    ApiClient(api, key).get("/whoami")
    ending(database, key)
    answer = ApiClient(api, key).get("/whoami", 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"


def test_the_key_of_a_disabled_person_is_dead_at_once(api: Flask, database: Database) -> None:
    with database.transaction() as session:
        user = factories.make_user(session)
        key = factories.make_key(session, scopes="placements:read", user=user)
    ApiClient(api, key).get("/whoami")
    with database.transaction() as session:
        access.disable(session, SYSTEM, session.get_one(User, user.id))
    ApiClient(api, key).get("/whoami", 401)


def test_a_key_that_nobody_uses_for_ninety_days_is_revoked(database: Database) -> None:
    with clock.set_to(NOW), database.transaction() as session:
        agency = factories.make_agency(session)
        used, unused = (factories.make_key(session, scopes="placements:read", agency=agency) for _ in range(2))
    authenticated(database, used, NOW + timedelta(days=60))
    with clock.set_to(NOW + timedelta(days=91)):
        assert housekeeping.revoke_unused_keys(database) == "1 revoked"
        assert authenticated(database, used)
        assert not authenticated(database, unused)
        assert housekeeping.revoke_unused_keys(database) == "0 revoked", "safe to run twice"


def test_the_last_use_is_noted_once_a_minute(api: Flask) -> None:
    client = PageClient(api)
    with client.database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
    for seconds, writes in ((0, 1), (59, 0), (60, 1), (61, 0)):
        with client.counting() as seen:
            assert authenticated(client.database, key, NOW + timedelta(seconds=seconds))
        assert sum(statement.startswith("UPDATE") for statement in seen) == writes
        assert sum(statement.startswith("SELECT") and "api_key" in statement for statement in seen) == 1, (
            "one select finds the key"
        )


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_a_manager_makes_sees_and_revokes_a_key_on_the_page(app: Flask, client: PageClient) -> None:
    with client.database.transaction() as session:
        manager = factories.make_user(session, Role.AGENCY_MANAGER)
    client.sign_in(manager).get("/settings/keys", title="API keys", queries=6)
    page = client.post(
        "/settings/keys", {"name": "Dialler", "scopes": ["reports:write", "placements:read"], "days": "30"}, 200
    )
    match = keys.SHAPE.search(page.text)
    assert match, page.text
    assert authenticated(client.database, match[0])
    assert not keys.SHAPE.search(client.get("/settings/keys").text), "it is shown once"
    client.get(f"/settings/keys/{match[1]}", title=match[1])
    client.post(f"/settings/keys/{match[1]}/revoke")
    assert not authenticated(client.database, match[0])


def test_a_key_without_scope_or_name_is_asked_for_them(client: PageClient) -> None:
    with client.database.transaction() as session:
        manager = factories.make_user(session, Role.AGENCY_MANAGER)
    page = client.sign_in(manager).post("/settings/keys", {"name": "", "days": "400"}, 422)
    assert "Choose at least one scope." in page.text
    assert "Say what the key is for." in page.text
    assert "Write a number from 1 to 365." in page.text


def test_a_manager_never_sees_another_agencys_keys(client: PageClient) -> None:
    with client.database.transaction() as session:
        manager = factories.make_user(session, Role.AGENCY_MANAGER)
        other = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session)).split("_")[
            2
        ]
    client.sign_in(manager)
    assert other not in client.get("/settings/keys").text
    hidden, missing = client.get(f"/settings/keys/{other}", 404), client.get("/settings/keys/AAAAAAAA", 404)
    assert hidden.response.get_data() == missing.response.get_data()
    client.post(f"/settings/keys/{other}/revoke", status=404)


def test_the_administrator_makes_keys_for_people_and_agencies(client: PageClient) -> None:
    with client.database.transaction() as session:
        admin, manager = factories.make_user(session, Role.ADMIN), factories.make_user(session)
        factories.make_agency(session, "AGY55")
    client.sign_in(admin)
    form = {"name": "Loader", "scopes": ["accounts:write"], "days": "365"}
    for owner, status in ((manager.email, 200), ("AGY55", 422), ("nobody@bank.example", 422)):
        page = client.post("/admin/keys/new", form | {"owner": owner}, status)
        assert bool(keys.SHAPE.search(page.text)) is (status == 200), owner
    client.post("/admin/keys/new", form | {"owner": "AGY55", "scopes": ["reports:read"]}, 200)
    page = client.get("/admin/keys", title="API keys")
    assert manager.name in page.text
    assert "AGY55" in page.text


def test_the_auditor_sees_keys_but_makes_none(client: PageClient) -> None:
    with client.database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session)).split("_")[2]
        auditor, collector = factories.make_user(session, Role.AUDITOR), factories.make_user(session, Role.AGENCY_USER)
    client.sign_in(auditor).get("/admin/keys", title="API keys")
    client.get(f"/admin/keys/{key}", title=key)
    client.post(f"/admin/keys/{key}/revoke", status=403)
    client.get("/admin/keys/new", 403)
    client.sign_in(collector).get("/admin/keys", 404)


def test_making_and_revoking_leave_entries(database: Database) -> None:
    with database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
    _revoke(database, key)
    with database.reading() as session:
        entries = session.execute(
            select(audit.AuditEntry.event, audit.AuditEntry.subject, audit.AuditEntry.details)
        ).all()
    assert [entry.event for entry in entries] == ["portal.key.made", "portal.key.revoked"]
    assert {entry.subject for entry in entries} == {f"key:{key.split('_')[2]}"}
    assert not any(key.split("_")[3] in entry.details for entry in entries)


def test_revoking_twice_is_a_conflict(database: Database) -> None:
    with database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", agency=factories.make_agency(session))
    _revoke(database, key)
    with pytest.raises(DomainError) as refused:
        _revoke(database, key)
    assert refused.value.status == 409


def test_kinds_of_actor_are_told_apart(database: Database) -> None:
    with database.transaction() as session:
        key = factories.make_key(session, scopes="placements:read", user=factories.make_user(session))
    who = keys.authenticate(database, f"bearer {key}", at=clock.now())
    assert who is not None
    assert who.kind is Kind.KEY
    assert who.scopes == {"placements:read"}
