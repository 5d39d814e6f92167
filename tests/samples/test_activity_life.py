"""An activity report looks like an agency at work."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from samples.activity import Profile, generate
from tests.samples import recount as by_hand
from tests.samples.case import FIRST, LAST, PROFILE, Case, placed_of


def test_four_calls_in_five_reach_nobody_and_some_seven_in_a_hundred_become_a_conversation(case: Case) -> None:
    calls = [e["outcome"] for e in case.undisturbed() if e.is_out(by_hand.CALLS)]
    nobody = sum(outcome in {*by_hand.UNANSWERED, "not_in_service"} for outcome in calls) / len(calls)
    talks = sum(outcome == "conversation" for outcome in calls) / len(calls)
    assert 0.77 < nobody < 0.85
    assert 0.06 < talks < 0.08


def test_skill_reaches_more_people(cases: dict[str, Case]) -> None:
    placed = list(cases["US"].placed.values())

    def talks(skill: float) -> int:
        profile = replace(PROFILE, skill=skill)
        report = generate(placed, agency="AGY04", seed=2, first_day=FIRST, last_day=LAST, profile=profile)
        return int(report.manifest["calls_by_outcome"]["conversation"])

    assert talks(0.6) < 0.8 * talks(1) < 0.8 * talks(1.5)


def test_a_promise_follows_a_conversation_of_the_same_hour(case: Case) -> None:
    talked = {(e["account_ref"], e.day): e.at for e in case.history if e["outcome"] in ("conversation", "met")}
    promises = [e for e in case.history if e["kind"] in ("promise", "plan")]
    assert len(promises) > 50
    for e in promises:
        assert timedelta(0) < e.at - talked[e["account_ref"], e.day] < timedelta(hours=1)
        assert e.day < date.fromisoformat(e["due_on"])
        assert 0 < Decimal(e["amount"]) <= case.placed[e["account_ref"]].balance
        assert (e["kind"] == "plan") == bool(e["instalments"])


def test_a_promise_names_the_payment_the_bank_is_going_to_book() -> None:
    pays = ((LAST + timedelta(days=5), Decimal("77.70")), (LAST + timedelta(days=60), Decimal("11.10")))
    placed = [replace(account, payments=pays, placed_on=FIRST, ended_on=None) for account in placed_of("us")]
    case = Case.of(placed, replace(PROFILE, breach_share=0))
    promises = [e for e in case.history if e["kind"] in ("promise", "plan") and e.day >= LAST - timedelta(days=23)]
    assert len(promises) > 50
    assert {(e["amount"], e["due_on"]) for e in promises} == {("77.70", pays[0][0].isoformat())}


def test_a_person_with_two_accounts_is_contacted_about_either(cases: dict[str, Case]) -> None:
    case = cases["US"]
    accounts = defaultdict(set)
    for e in case.history:
        accounts[case.placed[e["account_ref"]].consumer_ref].add(e["account_ref"])
    assert sum(len(refs) == 2 for refs in accounts.values()) > 5
    named = [e for e in case.history if e["accounts_discussed"]]
    assert all(case.placed[e["accounts_discussed"]].consumer_ref == e["person_ref"] for e in named)


def test_conversations_and_visits_are_recorded_and_messages_carry_their_consent(case: Case) -> None:
    for e in case.history:
        assert bool(e["duration_s"]) == bool(e["recording_ref"])
        assert e["outcome"] not in ("conversation", "met") or e["duration_s"]
        assert e["kind"] not in by_hand.ELECTRONIC or e["consent_ref"]


def test_visits_are_made_by_two_collectors_of_the_roster(cases: dict[str, Case]) -> None:
    case = cases["CN"]
    roster = {row["collector_id"]: row for row in csv.DictReader(io.StringIO(case.report.roster_csv.decode()))}
    visits = [e for e in case.history if e["kind"] == "visit"]
    assert len(visits) > 200
    for e in visits:
        details = json.loads(e["details"])
        both = {e["collector_id"], *details["companions"]}
        assert len(both) == 2
        assert all(roster[collector]["field_visits"] == "yes" for collector in both)
        assert (details["id_shown"], details["entered"]) == (True, False)


def test_a_filing_names_court_reference_and_day_once_a_person(cases: dict[str, Case]) -> None:
    filings = [e for e in cases["CN"].history if e["kind"] in ("payment_order", "lawsuit")]
    assert {e["kind"] for e in filings} == {"payment_order", "lawsuit"}
    assert len({e["person_ref"] for e in filings}) == len(filings)
    for e in filings:
        assert e["reference"]
        assert e["court"]
        assert e["filed_on"] == e.day.isoformat()
        if e["kind"] == "payment_order":
            assert all(json.loads(e["details"])["conditions"].values())
            assert e["filed_on"] < e["served_on"] <= LAST.isoformat()


def test_the_us_knows_neither_visits_nor_filings() -> None:
    profile = Profile(rows=2_000, visit_share=0.3, legal_share=0.3)
    report = generate(placed_of("us"), agency="AGY05", seed=1, first_day=FIRST, last_day=LAST, profile=profile)
    assert not {"visit", "payment_order", "lawsuit"} & set(report.manifest["accepted_by_kind"])


def test_the_roster_covers_everybody_who_acted(case: Case) -> None:
    roster = {row["collector_id"]: row for row in csv.DictReader(io.StringIO(case.report.roster_csv.decode()))}
    for e in case.history:
        collector = roster[e["collector_id"]]
        assert (
            collector["background_check_on"]
            < collector["active_from"]
            < e.day.isoformat()
            < collector["training_until"]
        )
