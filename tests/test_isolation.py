"""An agency learns nothing of another: not from a page, a list, a file, a filter, an error or an API call, and it changes nothing of it.

The matrix (tests/isolation) asks every route there is as A's manager, A's user and A's key, once with what B's things are called and
once with names that nothing has: both answers must be the same bytes. B's rows are marked, no mark may come out anywhere, and every row
of B must be afterwards what it was. Scope filters are taken away one by one to show that the matrix would notice.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app
from placements import recall
from placements.models import Account, RecallReason
from placements.recall_queries import Wanted
from portal import clock
from portal.config import ROOT, Settings
from portal.db import Base
from portal.people import Role
from portal.permissions import SYSTEM, TABLE
from tests.clients import ORIGIN, ApiClient, Page, PageClient
from tests.conftest import KEYS
from tests.isolation import world as worlds
from tests.isolation.addresses import FILES, PARAMETERS, PUBLIC, STATIC, own_names, path_of
from tests.isolation.matrix import Asker, matrix, rules
from tests.isolation.removed import REMOVED
from tests.isolation.world import NOW, OF_NOBODY, World


@pytest.fixture
def world(app: Flask) -> World:
    """The two agencies in the test's database."""
    return worlds.build(app)


@pytest.fixture(scope="module")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The two agencies on SQLite, made once: tests that need not both databases work on copies."""
    folder = tmp_path_factory.mktemp("two-agencies")
    shutil.copy(sqlite_template, folder / "portal.db")
    app = _app_in(folder)
    found = worlds.build(app)
    app.extensions["database"].dispose()
    return folder, found


@pytest.fixture
def copied(made: tuple[Path, World], tmp_path: Path) -> Iterator[tuple[Flask, World]]:
    """An application on a copy of the two agencies."""
    shutil.copytree(made[0], tmp_path / "copy")
    app = _app_in(tmp_path / "copy")
    yield app, made[1]
    app.extensions["database"].dispose()


def _app_in(folder: Path) -> Flask:
    return create_app(Settings.from_environ({
        "DATABASE_URL": f"sqlite:///{folder / 'portal.db'}", "INSTANCE_DIR": str(folder), "SECRET_KEY": "test" * 12, "DATA_KEYS": KEYS,
        "API_RATE_PER_SECOND": "100000", "API_BURST": "100000", "LOG_LEVEL": "WARNING",
    }))  # fmt: skip


# -- one agency and another ------------------------------------------------------------------------------------------------


def test_every_route_has_its_entry_in_the_table(copied: tuple[Flask, World]) -> None:
    served = {rule.endpoint for rule in copied[0].url_map.iter_rules()} - STATIC
    assert served == set(PARAMETERS), (
        "Say in PARAMETERS what an address is filled with, and it is tried with the names of another agency."
    )


def test_b_has_a_row_in_every_table_that_can_be_an_agencys(made: tuple[Path, World]) -> None:
    without = {table.name for table in Base.metadata.sorted_tables if not made[1].b.rows.get(table)}
    assert without == OF_NOBODY


def test_an_agency_learns_nothing_of_another_and_changes_nothing(app: Flask, world: World) -> None:
    wrong = matrix(app, world)
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.parametrize("scope", sorted(REMOVED))
def test_without_this_scope_filter_the_matrix_would_fail(
    copied: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    removed = REMOVED[scope]
    monkeypatch.setattr(removed.module, removed.name, removed.instead)
    assert matrix(*copied, removed.routes), f"nothing notices that everybody sees the {scope} of everybody"


def test_an_agency_sees_its_own_wherever_the_matrix_looks(copied: tuple[Flask, World]) -> None:
    """Otherwise the matrix would be glad of empty pages."""
    app, world = copied
    with clock.set_to(NOW + timedelta(hours=1)):
        read = _everything_read(app, world)
    ours = {
        endpoint
        for endpoint, status, body in read
        if status == 200 and "CANARY-A" in body.partition("<main")[2] + (body if "<main" not in body else "")
    }
    without = {"conduct.rule", "conduct.rules", "health.healthz", "health.readyz", "metrics.metrics", "openapi_api.docs", "openapi_api.document",
               "login.sign_in", "login.code", "portal.invitation", "portal.invitation_code", "activity.progress", "activity.send", "agencies.index",
               "asking.policies_page", "catalogue.index", "panel.agencies", "panel.collector", "activity.masked", "diligence.apply", "feed.kit_file",
               "mappings.build"}  # fmt: skip
    assert sorted({endpoint for endpoint, _, _ in read} - ours) == sorted(without)


def test_a_saved_answer_of_another_agencys_key_is_never_given_out(app: Flask, world: World) -> None:
    call = {"json": [{"placement_ref": world.b.tokens["new"], "accepted": True}], "key": "the same key"}
    first = ApiClient(app, world.b.key).post("/placements/acknowledgements", **call)
    assert first.get_json()["accepted"] == 1
    answer = ApiClient(app, world.a.key).post("/placements/acknowledgements", **call)
    assert "Idempotent-Replayed" not in answer.headers
    assert answer.get_json()["accepted"] == 0


def test_the_same_bytes_of_two_agencies_are_two_reports(app: Flask, world: World) -> None:
    sent = {
        "data": FILES["collectors"].format(collector="c-1"),
        "content_type": "text/csv",
        "headers": {"Prefer": "wait=10"},
    }
    first = ApiClient(app, world.b.key).post("/reports/collectors", **sent).get_json()
    second = ApiClient(app, world.a.key).post("/reports/collectors", **sent).get_json()
    assert first["id"] != second["id"]
    again = ApiClient(app, world.a.key).post("/reports/collectors", status=409, **sent)
    assert again.get_json()["report"] == second["id"]


# -- accounts that were with an agency -------------------------------------------------------------------------------------


def test_a_recalled_account_is_out_of_sight_at_once(app: Flask, world: World) -> None:
    database, names = app.extensions["database"], own_names(world)
    with clock.set_to(NOW + timedelta(hours=1)):
        before = _everything_read(app, world)
        with database.reading() as session:
            personal = session.scalars(select(Account).where(Account.account_ref == names["account"])).one().consumer_id
        name = f"CANARY-A-consumer-full_name-{personal}"
        assert _places(before, name) >= {
            "placements.placement",
            "placements.inventory",
            "placements_api.get_placements",
        }
        assert _places(before, names["placement"]) >= {"placements.placements", "placements.of_agency"}
        assert _status(before, "scorecards.timeline") == {200}
        with database.transaction() as session:
            recall.request_recall(
                session,
                SYSTEM,
                Wanted((names["account"],)),
                RecallReason.STRATEGY,
                final_at=clock.now(),
                at=clock.now(),
            )
        after = _everything_read(app, world)
    assert _status(after, "placements.placement") == _status(after, "scorecards.timeline") == {404}
    assert _places(after, name) == set(), "nothing of the person is left anywhere"
    # Of the account an agency keeps what it must: that it was taken back, that it has to delete, and what it reported and earned itself, each by reference.
    shown = _places(after, names["placement"])
    assert shown <= {"placements.one_recall", "placements_api.get_recalls", "endings.deletions"}
    by_reference = {"activity.rows", "ledger.payments", "ledger.fees", "ledger.breaks", "ledger.one_break", "conduct.breaches", "conduct.breach",
                    "conduct.of_agency", "conduct.of_report", "conduct.complaint_list", "conduct.complaint", "scorecards.rows",
                    "conduct.legal", "following.promises", "following.visits"}  # fmt: skip
    assert _places(after, names["account"]) - by_reference <= shown


def _everything_read(app: Flask, world: World) -> list[tuple[str, int, str]]:
    """(endpoint, status, body) of every page and call that A may read, of its own things."""
    names, found = own_names(world), []
    for asker in (Asker(app, world, "manager"), Asker(app, world, "user"), Asker(app, world, "key")):
        asker.come_in()
        for rule in rules(app, asker, "GET", ()):
            for parameters in (
                PARAMETERS[rule.endpoint] if asker.may(app.view_functions[rule.endpoint].permission) else ()
            ):
                if all(token != "new" and token != "pending" for token in parameters.values()):
                    answer = asker.ask("GET", path_of(rule, parameters, names), names)
                    found.append((rule.endpoint, answer.status_code, answer.get_data().decode("utf-8", "replace")))
    return found


def _places(read: list[tuple[str, int, str]], text: str) -> set[str]:
    return {endpoint for endpoint, _, body in read if re.search(rf"{re.escape(text)}(?![0-9])", body)}


def _status(read: list[tuple[str, int, str]], endpoint: str) -> set[int]:
    return {status for read_endpoint, status, _ in read if read_endpoint == endpoint}


# -- who may do what -------------------------------------------------------------------------------------------------------


def test_a_stranger_gets_nowhere_but_to_the_sign_in(copied: tuple[Flask, World]) -> None:
    app, world = copied
    pages, names = PageClient(app).http, own_names(world)
    wrong = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC | PUBLIC:
            continue
        for method in {"GET", "POST"} & (rule.methods or set()):
            path = path_of(rule, PARAMETERS[rule.endpoint][0], names)
            answer = pages.open(path, method=method, base_url=ORIGIN, buffered=True)
            if path.startswith("/api/"):
                right = answer.status_code == 401 and answer.mimetype == "application/problem+json"
            else:
                right = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
            wrong += [] if right else [f"{method} {path} {answer.status_code} {answer.headers.get('Location')}"]
    assert not wrong, "\n".join(wrong)
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= PUBLIC


def test_the_document_of_roles_says_what_the_table_says(copied: tuple[Flask, World]) -> None:
    text = (ROOT / "docs/roles.md").read_text()
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    (header,) = [line for line in lines if line[0] == "permission"]
    told = {
        line[0].strip("`"): {name.replace(" ", "_") for name, cell in zip(header, line, strict=True) if cell == "●"}
        for line in lines
        if line[0][0] == "`"
    }
    assert told == {name: {role.value for role in permission.roles} for name, permission in TABLE.items()}


ROUTES: tuple[tuple[str, str, str, str], ...] = (
    # method, address, who may, who may know of it: written down here once more, independent of what the routes declare
    ("GET", "/", "portal.home", ""), ("GET", "/work", "tasks.view", ""), ("GET", "/settings", "portal.home", ""),
    ("GET", "/settings/keys", "keys.own", ""), ("GET", "/settings/webhooks", "webhooks.manage", ""),
    ("GET", "/agencies", "agencies.view", ""), ("GET", "/agencies/new", "agencies.manage", "agencies.view"),
    ("GET", "/agencies/{agency}/edit", "agencies.manage", "agencies.view"), ("GET", "/agencies/{agency}/contracts/new", "contracts.draft", "agencies.view"),
    ("GET", "/agencies/{agency}/credentials/new", "credentials.submit", "agencies.view"),
    ("GET", "/agencies/{agency}/credentials/request", "credentials.request", "agencies.view"),
    ("GET", "/agencies/{agency}/exemptions/new", "exemptions.record", "agencies.view"),
    ("POST", "/agencies/{agency}/contracts/987654321/approve", "contracts.approve", "agencies.view"),
    ("POST", "/agencies/{agency}/credentials/none/verify", "credentials.verify", "agencies.view"),
    ("GET", "/accounts", "accounts.view", ""), ("GET", "/accounts/{account}", "accounts.view", ""), ("GET", "/accounts/{account}/timeline", "accounts.timeline", ""),
    ("GET", "/accounts/import", "accounts.import", "accounts.view"), ("POST", "/accounts/none/unmask", "accounts.unmask", "accounts.view"),
    ("POST", "/accounts/none/holds", "holds.manage", "accounts.view"), ("GET", "/portfolios", "accounts.view", ""),
    ("GET", "/plans", "plans.view", ""), ("GET", "/plans/new", "plans.write", "plans.view"), ("POST", "/plans/none/submit", "plans.write", "plans.view"),
    ("POST", "/plans/none/approve", "plans.approve", "plans.view"), ("POST", "/plans/none/place", "plans.place", "plans.view"),
    ("GET", "/placements", "placements.view", ""), ("GET", "/placements/inventory.csv", "placements.view", ""),
    ("POST", "/placements/none/acknowledge", "placements.answer", "placements.view"), ("POST", "/placements/none/object", "recalls.answer", "placements.view"),
    ("GET", "/recalls", "recalls.view", ""), ("GET", "/recalls/new", "recalls.write", "recalls.view"), ("POST", "/recalls/none/confirm", "recalls.answer", "recalls.view"),
    ("GET", "/reports", "reports.view", ""), ("GET", "/reports/new", "reports.send", "reports.view"), ("GET", "/activity", "activity.view", ""),
    ("GET", "/payments", "ledger.view", ""), ("GET", "/payments/import", "ledger.import", "ledger.view"), ("GET", "/fees", "fees.view", ""),
    ("GET", "/breaks", "breaks.view", ""), ("GET", "/breaches", "breaches.view", ""), ("GET", "/rules", "rules.view", ""), ("GET", "/complaints", "complaints.view", ""),
    ("GET", "/scorecards", "scorecards.view", ""), ("GET", "/scorecards/score", "scorecards.score", "scorecards.view"),
    ("POST", "/scorecards/none/sign", "scorecards.decide", "scorecards.view"), ("POST", "/scorecards/none/publish", "scorecards.decide", "scorecards.view"),
    ("GET", "/admin/people", "people.view", ""), ("GET", "/admin/people/new", "people.manage", "people.view"), ("GET", "/admin/keys", "keys.view", ""),
    ("GET", "/admin/keys/new", "keys.manage", "keys.view"), ("GET", "/admin/jobs", "jobs.view", ""), ("GET", "/admin/trail", "trail.view", ""),
)  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_everybody_gets_what_the_table_of_roles_says(copied: tuple[Flask, World], role: Role) -> None:
    app, world = copied
    client = PageClient(app)
    client.sign_in_as(role, world.a.agency_id if role.of_agency else None)
    wrong = []
    for method, address, permission, see in ROUTES:
        path = address.format(**world.a.tokens)
        form = (
            {"csrf_token": client.csrf_token(), "reason": "other", "kind": "dispute", "note": "A note."}
            if method == "POST"
            else None
        )
        answer = Page(client.http.open(path, method=method, data=form, base_url=ORIGIN, buffered=True))
        allowed = role in TABLE[permission].roles
        known = bool(see) and role in TABLE[see].roles
        of_nothing = method == "POST"  # nobody has what these name: whoever may is told that it is not there
        expected = {404} if allowed and of_nothing else {200, 303} if allowed else {403} if known else {404}
        wrong += [] if answer.status in expected else [f"{method} {path}: {answer.status} and not {expected}"]
    assert not wrong, "\n".join(wrong)
