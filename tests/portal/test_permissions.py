"""The permission table, and what a caller learns who lacks one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask

from portal import permissions, web
from portal.errors import Forbidden
from portal.people import Role
from portal.permissions import SYSTEM, TABLE, Actor, Kind, Permission
from tests.clients import PageClient

SEE = Permission("test.see", "See it.", frozenset({Role.APPROVER, Role.COMPLIANCE}), ("reports:read", "reports:write"))
DO = Permission("test.do", "Do it.", frozenset({Role.COMPLIANCE}), ("reports:write",))


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    for permission in (SEE, DO):
        monkeypatch.setitem(TABLE, permission.name, permission)


def actor(role: Role | None, scopes: str | None = None) -> Actor:
    return Actor(
        Kind.PERSON if scopes is None else Kind.KEY,
        "x",
        role,
        scopes=None if scopes is None else frozenset(scopes.split()),
    )


@pytest.mark.parametrize(("who", "may", "why"), [
    (actor(Role.COMPLIANCE), True, "the role has it"),
    (actor(Role.APPROVER), False, "the role has it not"),
    (actor(None), False, "nobody is nothing"),
    (actor(Role.COMPLIANCE, "reports:write"), True, "role and scope"),
    (actor(Role.COMPLIANCE, "reports:write placements:read"), True, "more scopes do no harm"),
    (actor(Role.COMPLIANCE, "reports:read"), False, "another scope"),
    (actor(Role.COMPLIANCE, ""), False, "no scope"),
    (actor(Role.APPROVER, "reports:write"), False, "a scope gives no right that the role has not"),
    (SYSTEM, True, "the system may do everything"),
])  # fmt: skip
def test_role_and_scope_both_count(who: Actor, may: bool, why: str) -> None:
    assert who.may("test.do") is may, why
    if may:
        who.must("test.do")
    else:
        with pytest.raises(Forbidden):
            who.must("test.do")


def test_any_of_several_scopes_is_enough() -> None:
    assert actor(Role.APPROVER, "reports:read").may("test.see")
    assert actor(Role.APPROVER, "reports:write").may("test.see")


def test_a_permission_without_scopes_is_not_for_keys() -> None:
    assert not actor(Role.ADMIN, "placements:read reports:read").may("people.manage")


def test_what_is_not_in_the_table_is_a_mistake_and_no_right() -> None:
    with pytest.raises(KeyError):
        actor(Role.ADMIN).may("no.such.permission")


def test_one_name_has_one_meaning() -> None:
    permissions.declare([SEE])
    with pytest.raises(ValueError, match="declared twice"):
        permissions.declare([Permission("test.see", "Something else.", SEE.roles)])


@pytest.fixture
def client(make_app: Callable[..., Flask]) -> PageClient:
    app, blueprint = make_app(), Blueprint("test_pages", __name__)
    blueprint.get("/test/see")(web.requires("test.see")(lambda: "seen"))
    blueprint.add_url_rule("/test/do", "do", web.requires("test.do", see="test.see")(lambda: "done"))
    blueprint.add_url_rule("/test/undeclared", "undeclared", lambda: "open to all")
    app.register_blueprint(blueprint)
    return PageClient(app)


@pytest.mark.parametrize(
    ("role", "see", "do"),
    [("compliance", 200, 200), ("approver", 200, 403), ("vendor_manager", 404, 404), (None, 303, 303)],
)
def test_hidden_is_404_seen_but_not_done_is_403_and_nobody_signs_in(
    client: PageClient, role: str | None, see: int, do: int
) -> None:
    if role:
        client.sign_in_as(role)
    client.get("/test/see", see)
    client.get("/test/do", do)


def test_a_route_that_declares_nothing_is_not_served(client: PageClient) -> None:
    client.sign_in_as("admin")
    client.get("/test/undeclared", 404)


def test_what_one_may_not_see_and_what_is_not_there_are_the_same_bytes(client: PageClient) -> None:
    client.sign_in_as("vendor_manager")
    hidden, missing = client.get("/test/see", 404), client.get("/test/nothing", 404)
    assert hidden.response.get_data() == missing.response.get_data()
    differing = {
        name
        for name in set(hidden.headers.keys()) | set(missing.headers.keys())
        if hidden.headers.get(name) != missing.headers.get(name)
    }
    assert differing <= {"X-Request-ID"}


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_home_a_work_list_and_settings(client: PageClient, role: Role) -> None:
    client.sign_in_as(role)
    client.get("/work", title="Work list", queries=6)
    client.get("/settings", title="Settings", queries=6)


@pytest.mark.parametrize("role", list(Role))
def test_the_navigation_leads_only_to_what_one_may_open(client: PageClient, role: Role) -> None:
    client.sign_in_as(role)
    links = {link for link in client.get("/settings").links if link.startswith("/") and link != "/"}
    assert "/settings" in links
    for link in links:
        client.get(link)
