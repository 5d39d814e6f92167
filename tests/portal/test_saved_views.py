"""Saved views, and the work list they are shown on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock, saved_views, tasks
from portal.errors import Invalid, NotFound
from portal.people import Role, SavedView, User
from tests import factories
from tests.clients import ORIGIN, PageClient

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def me(client: PageClient) -> User:
    return client.sign_in_as(Role.APPROVER)


def test_a_view_is_saved_shown_replaced_and_deleted(client: PageClient, me: User) -> None:
    here = {"Referer": f"{ORIGIN}/work?kind=plan.approve"}
    page = client.post(
        "/views?page=tasks", {"name": " My  plans ", "query": "kind=plan.approve&cursor=50&format=csv"}, headers=here
    )
    assert page.location == "/work?kind=plan.approve"
    assert "My plans" in client.get("/work").text
    client.post("/views?page=tasks", {"name": "My plans", "query": "late=yes"}, headers=here)
    with client.database.reading() as session:
        view = session.scalars(select(SavedView)).one()
    assert view.query == "late=yes"
    assert f"/views/{view.id}/delete" in client.get("/work?late=yes").forms
    client.post(f"/views/{view.id}/delete", headers=here)
    assert "My plans" not in client.get("/work").text


@pytest.mark.parametrize("referer", [None, "https://evil.example/work", "nonsense", f"{ORIGIN}//evil.example"])
def test_saving_leads_back_to_our_own_pages_only(client: PageClient, me: User, referer: str | None) -> None:
    page = client.post("/views?page=tasks", {"name": "x", "query": ""}, headers={"Referer": referer} if referer else {})
    assert page.location == "/"


@pytest.mark.parametrize(
    ("page", "name", "query"),
    [("tasks", "", ""), ("tasks", "x" * 61, ""), ("", "x", ""), ("tasks", "x", "q=" + "x" * 2000)],
)
def test_what_no_view_may_be(client: PageClient, me: User, page: str, name: str, query: str) -> None:
    with client.database.transaction() as session, pytest.raises(Invalid):
        saved_views.save(session, factories.actor_of(session, me), page, name, query)


def test_views_are_ones_own(client: PageClient, app: Flask, me: User) -> None:
    with client.database.transaction() as session:
        other = factories.make_actor(session)
        view = saved_views.save(session, other, "tasks", "theirs", "")
        session.flush()
        with pytest.raises(NotFound):
            saved_views.delete(session, factories.actor_of(session, me), view.id)
    assert "theirs" not in client.get("/work").text
    client.post(f"/views/{view.id}/delete", status=404)


# -- the work list -------------------------------------------------------------------------------------------------------


def test_the_work_list_shows_what_is_mine_the_most_urgent_first(client: PageClient, me: User) -> None:
    with clock.set_to(NOW), client.database.transaction() as session:
        other, agency = factories.make_user(session, Role.APPROVER), factories.make_agency(session)
        opened: dict[str, dict[str, object]] = {
            "late": {"due_at": NOW - timedelta(days=3, hours=1)}, "soon": {"due_at": NOW + timedelta(hours=1)},
            "owned": {"owner_id": me.id}, "another's": {"owner_id": other.id}, "my own plan": {"not_by_id": me.id},
            "another role's": {"role": Role.COMPLIANCE}, "an agency's": {"agency_id": agency.id},
        }  # fmt: skip
        for name, values in opened.items():
            given = {"link": "/work", "role": Role.APPROVER, "due_at": NOW + timedelta(days=9)} | values
            tasks.open_task(session, "plan.approve", f"plan:{name}", "Approve plan %(plan)s", plan=name, **given)  # type: ignore[arg-type]
    with clock.set_to(NOW):
        client.sign_in(me)
        page = client.get("/work", title="Work list", queries=6)
        shown = [name for name in opened if f"Approve plan {name}" in page.text]
        assert shown == ["late", "soon", "owned"]
        assert page.text.index("plan late") < page.text.index("plan soon") < page.text.index("plan owned")
        assert "overdue by 3 days" in page.text
        assert "Approve plan soon" not in client.get("/work?late=yes").text


def test_a_task_is_opened_once_and_closed_with_its_subject(client: PageClient, me: User) -> None:
    with client.database.transaction() as session:
        first, again = (
            tasks.open_task(session, "plan.approve", "plan:1", "Approve", link="/", role=Role.APPROVER, due_at=NOW)
            for _ in range(2)
        )
        session.flush()
        assert first is again
        tasks.close_tasks(session, "plan:1", factories.actor_of(session, me))
        assert (
            tasks.open_task(session, "plan.approve", "plan:1", "Approve", link="/", role=Role.APPROVER, due_at=NOW)
            is not first
        )
