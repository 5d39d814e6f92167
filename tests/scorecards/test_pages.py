"""The pages of this floor: what they say, that every figure is its rows, that nobody is ranked who cannot be told apart, and who sees what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from conduct.models import Breach
from portal.db import Database
from scorecards.models import Measure, Scorecard
from scorecards.queries.evidence import evidence
from tests.factories_scorecards import noon
from tests.scorecards.conftest import Site

MAY, JUNE = "/scorecards?period=2026-05&currency=USD", "/scorecards?period=2026-06&currency=USD"
FIGURES = (
    "liquidation",
    "observed_over_expected",
    "effect",
    "violations",
    "breach_rate",
    "complaints",
    "timeliness",
    "licences",
    "reporting",
)


def rows_shown(text: str) -> int:
    """The number over a list: `1,234 rows`; 0 where there is none."""
    found = re.search(r"\b(\d[\d,]*) rows?\b", text)
    return int(found[1].replace(",", "")) if found else 0


# -- the league -----------------------------------------------------------------------------------------------------------


def test_the_league_shows_the_month_with_its_acts(site: Site) -> None:
    page = site.as_("vendor_manager").get(JUNE, title="Scorecards", queries=8)
    for code in site.june.agencies:
        assert f"/scorecards/{site.drafts[code]}" in page.links
    assert "/scorecards/submit" in page.forms
    assert "/scorecards/sign" not in page.forms


def test_agencies_that_cannot_be_told_apart_share_their_places_and_none_has_a_number_of_its_own(site: Site) -> None:
    text = site.as_("auditor").get(MAY).text
    assert "not distinguishable" in text
    table = text[text.index("The month") :]
    places = re.findall(r"Agency AGY[ABC] (\S+) [A-E]", table)
    assert places, table[:600]
    assert all(place == "1–3" or "–" in place for place in places[:2])


def test_an_agency_sees_its_own_place_and_nobody_elses_name(site: Site) -> None:
    page = site.as_("AGYB").get(MAY, title="Scorecards", queries=7)
    assert "You" in page.text
    assert "Another agency" in page.text
    assert "AGYA" not in page.text
    assert "AGYC" not in page.text
    assert not any(ref in " ".join(page.links) for code, ref in site.may.items() if code != "AGYB")


def test_an_agency_does_not_see_a_month_that_is_not_published(site: Site) -> None:
    page = site.as_("AGYB").get(JUNE)
    assert "Jun 2026" not in page.text
    assert "May 2026" in page.text


def test_the_month_is_csrf_protected_and_compliances_alone(site: Site) -> None:
    site.as_("vendor_manager").post("/scorecards/sign", {"period": "2026-06", "currency": "USD"}, status=403)
    site.as_("AGYB").post("/scorecards/publish", {"period": "2026-06", "currency": "USD"}, status=403)
    site.as_("collector").post("/scorecards/publish", {"period": "2026-06", "currency": "USD"}, status=404)


# -- one card -------------------------------------------------------------------------------------------------------------


def test_a_card_says_what_it_is_made_of(site: Site) -> None:
    page = site.as_("compliance").get(f"/scorecards/{site.drafts['AGYB']}", title="Agency AGYB", queries=8)
    for said in (
        "Recovery, step by step",
        "Compliance, point by point",
        "The pool",
        "Violations",
        "Not measured, and so left out: Audits",
        "Randomised",
    ):
        assert said in page.text
    for figure in FIGURES:
        if figure not in ("licences", "complaints", "timeliness"):
            assert f"/scorecards/{site.drafts['AGYB']}/rows/{figure}" in page.links


def test_the_steps_of_recovery_add_up_to_its_points(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    with database.reading() as session:
        for card in session.scalars(select(Scorecard)):
            effect = session.scalars(
                select(Measure).where(Measure.scorecard_id == card.id, Measure.name == "effect")
            ).one()
            assert sum(points for _name, points in effect.explanation["steps"]) == pytest.approx(card.recovery)


@pytest.mark.parametrize("figure", FIGURES)
def test_the_count_of_a_figure_is_the_length_of_its_list(site: Site, figure: str) -> None:
    client = site.as_("auditor")
    database: Database = site.app.extensions["database"]
    with database.reading() as session:
        found = session.execute(
            select(Scorecard, Measure).join(Measure, Measure.scorecard_id == Scorecard.id).where(Measure.name == figure)
        ).all()
        assert found
        for card, measure in found:
            counted = evidence(session, card, figure).sums(session)
            assert counted["rows"] == measure.rows
            page = client.get(f"/scorecards/{card.ref}/rows/{figure}", queries=14)
            assert rows_shown(page.text) == measure.rows
            assert "The rows have changed since" not in page.text


def test_what_the_rows_give_is_what_the_card_says(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    with database.reading() as session:
        for card in session.scalars(select(Scorecard)):
            stored = {one.name: one for one in session.scalars(select(Measure).where(Measure.scorecard_id == card.id))}
            money = evidence(session, card, "liquidation").sums(session)
            assert stored["liquidation"].value == pytest.approx(money["paid"] / money["placed"])
            expected = evidence(session, card, "observed_over_expected").sums(session)
            assert stored["observed_over_expected"].value == pytest.approx(expected["observed"] / expected["expected"])


def test_rows_that_have_changed_since_are_told(site: Site) -> None:
    """A breach dismissed with an old date, as no act would do it: the card says one thing, the rows another."""
    database: Database = site.app.extensions["database"]
    path = f"/scorecards/{site.drafts['AGYB']}/rows/violations"
    with database.transaction() as session:
        breach = session.scalars(select(Breach)).first()
        assert breach is not None
        breach.withdrawn_at = breach.found_at
    assert "The rows have changed since" in site.as_("auditor").get(path).text
    with database.transaction() as session:
        session.get_one(Breach, breach.id).withdrawn_at = None
    assert "The rows have changed since" not in site.as_("auditor").get(path).text


def test_a_list_of_rows_is_also_a_file(site: Site) -> None:
    answer = site.as_("auditor").get(f"/scorecards/{site.drafts['AGYB']}/rows/violations?format=csv").response
    assert answer.mimetype == "text/csv"
    assert len(answer.get_data(as_text=True).strip().splitlines()) == 3


def test_a_figure_without_rows_behind_it_is_not_there(site: Site) -> None:
    site.as_("auditor").get(f"/scorecards/{site.drafts['AGYB']}/rows/audits", 404)
    site.as_("auditor").get(f"/scorecards/{site.drafts['AGYB']}/rows/nonsense", 404)


# -- who sees what --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/rows/effect", "/rows/liquidation", "/rows/violations"])
def test_another_agencys_card_is_as_hidden_as_one_that_does_not_exist(site: Site, path: str) -> None:
    client = site.as_("AGYB")
    hidden = client.get(f"/scorecards/{site.may['AGYA']}{path}", 404).response.get_data()
    missing = client.get(f"/scorecards/scd_0000000000000000{path}", 404).response.get_data()
    assert hidden == missing


def test_an_agencys_own_draft_is_hidden_and_its_published_card_is_not(site: Site) -> None:
    client = site.as_("AGYB")
    client.get(f"/scorecards/{site.drafts['AGYB']}", 404)
    page = client.get(f"/scorecards/{site.may['AGYB']}", title="Agency AGYB")
    assert site.people["compliance"].name not in page.text
    client.get(f"/scorecards/{site.may['AGYB']}/rows/effect")


def test_an_agencys_list_of_rows_has_no_links_to_accounts(site: Site) -> None:
    page = site.as_("AGYB").get(f"/scorecards/{site.may['AGYB']}/rows/effect")
    assert not any(link.startswith("/accounts/") for link in page.links)


def test_an_agency_user_and_an_administrator_see_no_scorecards(site: Site) -> None:
    for name in ("collector", "admin"):
        site.as_(name).get("/scorecards", 404)
        site.as_(name).get(f"/scorecards/{site.may['AGYA']}", 404)


def test_an_agencys_tab_shows_its_newest_card(site: Site) -> None:
    page = site.as_("compliance").get("/agencies/AGYB/scorecard", queries=9)
    assert "Scorecard of Jun 2026" in page.text
    own = site.as_("AGYB").get("/agencies/AGYB/scorecard")
    assert "Scorecard of May 2026" in own.text
    site.as_("AGYB").get("/agencies/AGYA/scorecard", 404)


# -- acts on pages --------------------------------------------------------------------------------------------------------


def test_a_card_goes_its_way_on_its_page_and_only_two_people_get_it_through(site: Site) -> None:
    card = f"/scorecards/{site.drafts['AGYC']}"
    manager, signer, second = site.as_("vendor_manager"), site.as_("compliance"), site.as_("second")
    assert f"{card}/submit" in manager.get(card).forms
    manager.post(f"{card}/submit")
    assert f"{card}/sign" not in manager.get(card).forms
    manager.post(f"{card}/sign", status=403)
    signer.post(f"{card}/return", {"reason": ""}, status=422)
    signer.post(f"{card}/return", {"reason": "Look at the reversals."})
    assert "Look at the reversals." in manager.get(card).text
    manager.post(f"{card}/submit")
    signer.post(f"{card}/sign")
    assert f"{card}/publish" not in signer.get(card).forms
    signer.post(f"{card}/publish", status=403)
    assert f"{card}/publish" in second.get(card).forms
    second.post(f"{card}/publish")
    assert not any(form.startswith(card) for form in second.get(card).forms)
    second.post(f"{card}/sign", status=409)


def test_a_month_is_scored_by_whoever_may(site: Site) -> None:
    manager = site.as_("vendor_manager")
    assert "period" in manager.get("/scorecards/score", title="Score a month").forms[""]
    assert "Write the month as YYYY-MM" in manager.post("/scorecards/score", {"period": "June"}, status=422).text
    assert "has not begun" in manager.post("/scorecards/score", {"period": "2099-01"}, status=422).text
    answer = manager.post("/scorecards/score", {"period": "2026-04"})
    assert answer.location == "/scorecards?period=2026-04"
    site.as_("auditor").get("/scorecards/score", 403)


# -- home -----------------------------------------------------------------------------------------------------------------


def test_the_banks_home_shows_what_is_placed_recovered_wrong_and_due(site: Site) -> None:
    page = site.as_("vendor_manager").get("/", title="Home", queries=11)
    for said in ("Open placements", "900", "Open breaches", "Due by tomorrow", "Agencies", "Agency AGYA"):
        assert said in page.text
    assert "/agencies/AGYA" in page.links


def test_an_agencys_home_shows_its_own(site: Site) -> None:
    page = site.as_("AGYB").get("/", title="Home", queries=12)
    for said in ("Open placements", "300", "To acknowledge", "Recalls pending", "Last reports", "Your scorecard"):
        assert said in page.text
    assert "AGYA" not in page.text


def test_an_agency_user_and_an_administrator_have_a_home_too(site: Site) -> None:
    assert "Your scorecard" not in site.as_("collector").get("/", title="Home").text
    page = site.as_("admin").get("/", title="Home")
    assert "Failing jobs" in page.text
    assert "Open placements" not in page.text


# -- an account's timeline ------------------------------------------------------------------------------------------------


def test_a_timeline_merges_everything_by_time_with_the_person_masked(site: Site) -> None:
    held = site.june.held["AGYB"][0]
    page = site.as_("vendor_manager").get(f"/accounts/{held.account_ref}/timeline", title=held.account_ref, queries=10)
    shown = page.text[page.text.index("Newest first.") :]
    positions = [shown.index(word) for word in ("Call", "Breach", "Payment", "Placed Feb")]
    assert positions == sorted(positions)
    assert f"Person C{held.account_ref}" not in page.text
    assert "P•••" in page.text


def test_an_agency_sees_the_timeline_of_what_it_holds_and_its_own_rows_only(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    held = site.june.held["AGYB"][1]
    with database.transaction() as session:
        elsewhere = replace(held, agency_id=site.june.agencies["AGYA"].id)
        site.june.book.in_session(session).contacts([elsewhere], [noon(date(2026, 6, 9))], kind="visit")
    path = f"/accounts/{held.account_ref}/timeline"
    assert "Visit" in site.as_("auditor").get(path).text
    own = site.as_("AGYB").get(path).text.partition("newest first")[2]
    assert "Call" in own
    assert "Visit" not in own
    site.as_("AGYA").get(path, 404)


def test_a_timeline_is_paged(site: Site) -> None:
    held = site.june.held["AGYB"][2]
    database: Database = site.app.extensions["database"]
    with database.transaction() as session:
        site.june.book.in_session(session).contacts(
            [held], [noon(date(2026, 5, 1)) + timedelta(minutes=number) for number in range(60)], kind="sms"
        )
    client, path = site.as_("auditor"), f"/accounts/{held.account_ref}/timeline"
    first = client.get(path)
    assert f"{path}?cursor=50" in first.links
    second = client.get(f"{path}?cursor=50")
    assert path in second.links
    assert (first.text + second.text).count("Text message") == 60
    assert "Placed Feb" not in first.text
    assert "Placed Feb" in second.text
