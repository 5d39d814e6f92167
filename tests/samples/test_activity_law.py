"""Sound rows of an activity report are lawful where the person lives."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from tests.samples import recount as by_hand
from tests.samples.case import FIRST, LAST, Case

STRICT = {"MA", "WA", "NY", "DC"}
SAYINGS = {
    "dispute", "hardship", "cease_request", "bankruptcy_notice", "attorney_notice", "deceased_notice", "identity_theft", "opt_out",
}  # fmt: skip
PAPERS = {"US": {"validation_notice"}, "CN": {"transfer_notice", "letter"}}


def test_nobody_is_worked_before_placement_after_its_end_or_outside_the_report(case: Case) -> None:
    for e in case.history:
        account = case.placed[e["account_ref"]]
        assert account.placed_on < e.day <= LAST
        assert account.ended_on is None or e.day <= account.ended_on - timedelta(days=2)
        assert e.day >= FIRST or e["kind"] in PAPERS[account.country], "only opening papers are older than the report"


def test_sound_rows_lie_between_nine_and_eight_and_never_on_a_sunday(case: Case) -> None:
    in_breach = {record_id for ids in case.report.manifest["breaches"].values() for record_id in ids}
    for e in case.history:
        assert e.day.isoweekday() != 7
        if e["record_id"] not in in_breach:
            assert time(9) <= e.local.time() < time(20)


def test_a_persons_contacts_keep_their_distance(case: Case) -> None:
    days = defaultdict(list)
    for e in case.undisturbed():
        if e.is_out(by_hand.CONTACTS):
            days[case.placed[e["account_ref"]].consumer_ref].append((e.day, case.placed[e["account_ref"]].region))
    assert days
    for contacts in days.values():
        contacts.sort()
        assert len({day for day, _ in contacts}) == len(contacts), "one a day"
        for (day, region), (earlier, _) in zip(contacts[1:], contacts, strict=False):
            assert region not in STRICT or day - earlier >= timedelta(days=8)
        for (day, _), (seventh_before, _) in zip(contacts[6:], contacts, strict=False):
            assert day - seventh_before >= timedelta(days=7), "at most six in any seven days"


def test_strict_places_hear_by_call_and_letter_only(cases: dict[str, Case]) -> None:
    kinds = {e["kind"] for e in cases["US"].history if cases["US"].placed[e["account_ref"]].region in STRICT}
    assert not kinds & by_hand.ELECTRONIC
    assert {"call", "letter"} <= kinds


def test_after_a_conversation_the_telephone_rests_for_eight_days(case: Case) -> None:
    talked: dict[str, date] = {}
    talks = 0
    for e in case.undisturbed():
        consumer = case.placed[e["account_ref"]].consumer_ref
        if e.is_out(by_hand.CALLS) and consumer in talked:
            assert e.day > talked[consumer] + timedelta(days=8)
        if e["kind"] == "call" and e["outcome"] == "conversation":
            talked[consumer] = e.day
            talks += 1
    assert talks > 200


def test_whoever_ends_the_matter_is_left_alone(case: Case) -> None:
    ended: set[str] = set()
    for e in case.undisturbed():
        consumer = case.placed[e["account_ref"]].consumer_ref
        assert consumer not in ended
        if e["kind"] in SAYINGS:
            ended.add(consumer)
    assert len(ended) > 20


def test_whoever_has_a_staged_breach_does_not_end_the_matter_outside_it(case: Case) -> None:
    said = defaultdict(set)
    for e in case.history:
        said[e["kind"]].add(case.placed[e["account_ref"]].consumer_ref)
    for kind in SAYINGS - {"cease_request", "attorney_notice", "opt_out"}:
        assert not said[kind] & case.staged_people()


def test_no_number_of_a_person_with_a_staged_breach_turns_out_to_be_a_strangers(case: Case) -> None:
    wrong = {case.placed[e["account_ref"]].consumer_ref for e in case.history if e["outcome"] == "wrong_party"}
    assert not wrong & case.staged_people(), "calls to a wrong number would make the frequency doubtful"


@pytest.mark.parametrize(
    ("country", "paper"), [("US", "validation_notice"), ("CN", "transfer_notice"), ("CN", "letter")]
)
def test_every_account_gets_its_paper_before_anything_else(cases: dict[str, Case], country: str, paper: str) -> None:
    first: dict[str, datetime] = {}
    sent: dict[str, datetime] = {}
    for e in cases[country].history:
        if e["kind"] == paper:
            sent.setdefault(e["account_ref"], e.at)
        elif e["kind"] not in PAPERS[country]:
            first.setdefault(e["account_ref"], e.at)
    assert all(sent[ref] < at for ref, at in first.items())
    late = [ref for ref, at in sent.items() if at.date() > cases[country].placed[ref].placed_on + timedelta(days=4)]
    assert not late, "papers follow the placement, however long before the report it was"


def test_the_papers_hold_what_the_rules_ask_for(cases: dict[str, Case]) -> None:
    for e in cases["US"].history:
        if e["kind"] == "validation_notice":
            details = json.loads(e["details"])
            account = cases["US"].placed[e["account_ref"]]
            assert len(set(details["elements"])) == 13
            assert Decimal(details["itemization_amount"]) == Decimal(details["current_amount"]) == account.balance
            assert date.fromisoformat(details["stated_period_end"]) >= e.day + timedelta(days=39)
            assert details.get("ny_disclosures", False) == (account.region == "NY")
    for e in cases["CN"].history:
        assert e["kind"] != "letter" or len(set(json.loads(e["details"])["elements"])) == 7
