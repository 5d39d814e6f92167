"""The pages of the strategy, of saved pools and of placing by hand: what each says and does, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from placements import plan_queries, strategy_queries
from placements.models import PlanState, StrategyState
from placements.pages.strategy_forms import StrategyForm
from placements.segments import present_bands
from placements.strategy import Rules
from tests.clients import PageClient
from tests.factories import make_user
from tests.factories_placements import make_accounts, make_portfolio, ready


class World:
    """Two agencies, twelve accounts, and the bank's people."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, app.extensions["database"]
        with self.db.transaction() as session:
            ready(session, "AGY01"), ready(session, "AGY02")
            self.people = {role: make_user(session, role) for role in ("vendor_manager", "approver", "auditor")}
            self.refs = [
                account.account_ref for account in make_accounts(session, make_portfolio(session, "Spring"), 12)
            ]

    def as_(self, who: str) -> PageClient:
        return PageClient(self.app).sign_in(self.people[who])


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


def written(**values: Any) -> dict[str, Any]:
    """The form of a version as a browser sends it: two tiers, one treatment, ten accounts by hand."""
    bands = present_bands()
    return {
        "reason": "First version", "primary-used": "y", "primary-term_days": "90", "secondary-used": "y", "secondary-grace_days": "30",
        "treatments-0-treatment": "instalments", "treatments-0-paid_within": "180", "treatments-0-score_below": "640", "way": "equal",
        "horizon_days": "0", "hand_accounts": "10", "hand_balance": "10000",
        "balance_edges": "\n".join(f"{name}: {' '.join(map(str, edges))}" for name, edges in bands.balance.items()),
        "age_edges": "30 90", "score_edges": "580 640", "groups": "", **values,
    }  # fmt: skip


def test_a_version_is_drafted_submitted_and_approved_by_another_person(world: World) -> None:
    vera, amos = world.as_("vendor_manager"), world.as_("approver")
    vera.get("/strategy", title="Strategy", queries=8)
    vera.get("/strategy/new", title="Draft a version of the strategy", queries=6)
    vera.post("/strategy/new", written(), 303)
    page = vera.get("/strategy/1", title="Strategy, version 1", queries=8)
    for text in ("Instalments first", "paid within 180 days, score below 640", "Secondary", "First version"):
        assert text in page.text
    vera.post("/strategy/1/submit", {}, 303)
    vera.post("/strategy/1/approve", {}, 403)
    amos.post("/strategy/1/approve", {}, 303)
    assert "This version is in force" in amos.get("/strategy/1").text
    with world.db.reading() as session:
        found = strategy_queries.in_force(session)
        assert found is not None
        rules = Rules.of(found.rules)
    assert [tier.name for tier in rules.tiers] == ["primary", "secondary"]
    assert (rules.tiers[0].term_days, rules.tiers[1].grace_days, rules.hand_accounts) == (90, 30, 10)


def test_the_approver_sees_what_a_version_changes_and_can_send_it_back(world: World) -> None:
    vera, amos = world.as_("vendor_manager"), world.as_("approver")
    vera.post("/strategy/new", written(), 303)
    vera.post("/strategy/1/submit", {}, 303)
    amos.post("/strategy/1/approve", {}, 303)
    vera.post("/strategy/new", written(reason="Shorter term", **{"primary-term_days": "60"}), 303)
    vera.post("/strategy/2/submit", {}, 303)
    page = amos.get("/strategy/2")
    assert "What changes against version 1" in page.text
    assert "term days" in page.text
    amos.post("/strategy/2/return", {"note": "Too short."}, 303)
    assert "Too short." in vera.get("/strategy/2").text
    vera.post("/strategy/new", written(reason="A little shorter", **{"primary-term_days": "75"}), 303)
    with world.db.reading() as session:
        again = strategy_queries.get(session, 2)
        assert (again.state, Rules.of(again.rules).tiers[0].term_days) == (StrategyState.DRAFT, 75)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"reason": ""}, "Say why the strategy changes."),
        ({"primary-used": "", "secondary-used": ""}, "Name at least one tier before legal"),
        ({"legal-used": "y"}, "Nothing reaches the legal tier"),
        ({"treatments-0-treatment": "legal"}, "there is no legal tier"),
        ({"way": "fixed"}, "Give at least one agency a fixed part."),
        ({"fixed": "AGY01"}, "Write codes with their numbers"),
        ({"comparison": "Q3"}, "Say until when the comparison runs."),
        ({"comparison": "Q3", "until": "2099-01-01"}, "Leave something for the champion"),
        ({"balance_edges": "USD: 500"}, "and one for other"),
        ({"age_edges": "90 30"}, "Write rising whole numbers"),
        ({"groups": "west"}, "Write one line a group"),
    ],
)  # fmt: skip
def test_rules_that_contradict_themselves_are_refused_in_words(
    world: World, values: dict[str, str], message: str
) -> None:
    assert message in world.as_("vendor_manager").post("/strategy/new", written(**values), 422).text


def test_what_the_form_shows_is_what_it_reads_back(app: Flask) -> None:
    with app.test_request_context(
        method="POST", data=written(comparison="Q3", until="2099-01-01", holdback="5", sisters="AGY01 AGY02")
    ):
        rules = StrategyForm(meta={"csrf": False}).rules(Rules())
    with app.test_request_context():
        form = StrategyForm(data=StrategyForm.filled(rules), meta={"csrf": False})
        assert form.rules(rules) == rules


def test_a_pool_is_counted_before_it_is_saved_and_then_planned(world: World) -> None:
    vera = world.as_("vendor_manager")
    wanted = {"status": "unplaced", "portfolio": "Spring", "balance_from": "500", "days_late_from": "100"}
    page = vera.post("/pools/new", {**wanted, "act": "count"}, 200)
    assert "12,000.00" in page.text
    vera.post("/pools/new", {**wanted, "act": "save"}, 422)  # without a name
    vera.post("/pools/new", {**wanted, "act": "save", "name": "Spring, larger"}, 303)
    assert "already" in vera.post("/pools/new", {**wanted, "act": "save", "name": "Spring, larger"}, 422).text
    with world.db.reading() as session:
        ((ref, _),) = strategy_queries.pool_names(session)
    assert "12,000.00" in vera.get(f"/pools/{ref}", title="Spring, larger", queries=7).text
    plan = vera.post("/plans/new", {"pool": ref, "part-AGY01": "1"}, 303)
    address = plan.headers["Location"]
    page = vera.get(address, queries=14)
    for text in (
        "Spring, larger",
        "What it should bring",
        "Rates and effects are assumed equal",
        "Against an equal split",
    ):
        assert text in page.text
    assert "What changed since" not in page.text
    vera.post(f"{address}/redraft", {}, 303)
    assert "What changed since version 1" in vera.get(address).text
    vera.post(f"/pools/{ref}/remove", {}, 303)
    vera.get(f"/pools/{ref}", 404)


def test_by_hand_within_the_limit_at_once_above_it_by_a_second_person(world: World) -> None:
    vera, amos = world.as_("vendor_manager"), world.as_("approver")
    body = {"agency": "AGY01", "account_refs": " ".join(world.refs[:3]), "reason": "The branch asked for it."}
    vera.get("/placements/by-hand", title="Place by hand", queries=6)
    vera.post("/placements/by-hand", {**body, "reason": ""}, 422)
    first = vera.post("/placements/by-hand", body, 303).headers["Location"]
    with world.db.reading() as session:
        assert plan_queries.get(session, first.rpartition("/")[2]).state is PlanState.SUBMITTED, "no strategy, no limit"
    vera.post("/strategy/new", written(), 303)
    vera.post("/strategy/1/submit", {}, 303)
    amos.post("/strategy/1/approve", {}, 303)
    second = vera.post("/placements/by-hand", {**body, "account_refs": " ".join(world.refs[3:9])}, 303).headers[
        "Location"
    ]
    third = vera.post(
        "/placements/by-hand", {**body, "account_refs": " ".join(world.refs[9:] + world.refs[:2])}, 303
    ).headers["Location"]
    with world.db.reading() as session:
        assert plan_queries.get(session, second.rpartition("/")[2]).state is PlanState.PLACED
        assert plan_queries.get(session, third.rpartition("/")[2]).state is PlanState.SUBMITTED, (
            "six and five are more than ten a day"
        )


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("auditor", "/strategy", 200), ("auditor", "/strategy/new", 403), ("auditor", "/pools", 200), ("auditor", "/pools/new", 403),
        ("approver", "/strategy/new", 403), ("approver", "/placements/by-hand", 403), ("vendor_manager", "/strategy/9", 404),
        ("vendor_manager", "/pools/pol_none", 404),
    ],
)  # fmt: skip
def test_who_may_see_what(world: World, who: str, path: str, status: int) -> None:
    world.as_(who).get(path, status)
