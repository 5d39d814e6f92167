"""Every code the engine can give has a sentence; rules, findings and clocks are said and weighed as they should be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conduct import cases, enabled, words
from conduct.engine import judge_by
from conduct.findings import is_doubtful
from conduct.kinds import KINDS
from conduct.kinds.reasons import REASONS
from conduct.local_time import local_time
from conduct.rule_list import matching, parameters
from conduct.rulebook import RUNNING, standard

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "samples" / "conduct").rglob("*.jsonl"))


def findings() -> list[Any]:
    """Everything the worked cases make the engine say."""
    book = standard()
    return [
        finding
        for path in FILES
        for _, case in cases.read_cases(path)
        for rule in book.versions(case.rule)
        for finding in judge_by(rule, case.dossier, book)
    ]


def test_every_reason_has_a_sentence_and_every_sentence_a_reason() -> None:
    refined = {
        "closed_all_day",
        "over_the_cap_of_a_calendar",
        "document_undated",
    }  # reasons said in two ways, by their figures
    assert set(words.SENTENCES) - refined == REASONS


def test_a_sentence_finds_all_its_figures_in_what_the_engine_gives() -> None:
    told = findings()
    assert len(told) > 200
    empty = {
        (finding.why["reason"], name)
        for finding in told
        for name, value in words.sentence(finding.why)[1].items()
        if value == "" and name != "place"  # only licences of states name a place
    }
    assert not empty


SENTENCES = [
    ({"reason": "outside_window", "local_time": "22:10:00", "zone": "Asia/Shanghai", "date": "2026-02-01", "open": "08:00:00", "close": "21:59:59"}, "It was 22:10:00"),
    ({"reason": "outside_window", "local_time": "12:00:00", "zone": "Europe/Rome", "date": "2026-02-01"}, "no contact is allowed"),
    ({"reason": "over_the_cap", "counted": 8, "max": 7, "window": "rolling_days", "window_days": 7, "date": "2026-02-01"}, "number 8 within 7 days; at most 7"),
    ({"reason": "over_the_cap", "counted": 4, "max": 3, "window": "calendar_day", "window_days": 0, "date": "2026-02-01"}, "number 4 on one day; at most 3"),
    ({"reason": "forbidden_since_event", "event": "cease_request", "since": "2026-02-01"}, "the person asked for contact to stop"),
    ({"reason": "disclosed", "party": "neighbour"}, "disclosed to a neighbour"),
    ({"reason": "credential_missing", "codes": ["us.licence"], "place": "US-IL", "date": "2026-02-01"}, "us.licence US-IL"),
    ({"reason": "something new"}, words.OTHERWISE),
]  # fmt: skip


@pytest.mark.parametrize(("why", "says"), SENTENCES, ids=[says for _, says in SENTENCES])
def test_a_sentence_says_the_figures_that_decided(why: dict[str, Any], says: str) -> None:
    text, values = words.sentence(why)
    assert says in text % values


def test_every_kind_of_rule_has_its_words() -> None:
    assert set(words.RULE_KINDS) == set(words.KIND_MEANINGS) == set(KINDS)


# -- what a finding is worth ----------------------------------------------------------------------------------------------

WORTH = [
    ("a violation is a breach", "US-OH", "us.regf.time-of-day", "violation", "outside_window", False),
    ("a zone nobody knows is a question", "US-OH", "us.regf.time-of-day", "review", "zone_unknown", True),
    (
        "should wording says no more than review, and is a breach",
        "CN",
        "cn.cba2026.attempts",
        "review",
        "over_the_cap",
        False,
    ),
    ("but not where a fact is missing", "CN", "cn.cba2026.attempts", "review", "zone_unknown", True),
    ("a rule that a person must confirm asks a question", "IN", "in.rbi.persistent", "review", "over_the_cap", True),
]


@pytest.mark.parametrize(
    ("reason", "place", "rule", "verdict", "code", "doubtful"), WORTH, ids=[case[0] for case in WORTH]
)
def test_a_finding_is_a_breach_or_a_question(
    reason: str, place: str, rule: str, verdict: str, code: str, doubtful: bool
) -> None:
    finding = findings()[0]
    told = type(finding)(standard().versions(rule)[-1], verdict, finding.row, (), {"reason": code})
    assert is_doubtful(told) is doubtful


# -- which rules run ------------------------------------------------------------------------------------------------------


def test_the_rules_that_run_are_in_the_book_and_switched_on() -> None:
    for rule in enabled.for_reports().rules:
        assert rule.status in RUNNING
        assert enabled.runs(rule)
    assert {rule.id for rule in enabled.for_evidence().rules} == {"bank.contact-after-recall"}


def test_filters_of_the_book_narrow_it() -> None:
    book = standard().rules
    assert len(matching(book, {})) == len(book)
    assert {rule.jurisdiction[:2] for rule in matching(book, {"jurisdiction": "US", "kind": "time_window"})} == {"US"}
    assert not set(matching(book, {"runs": "yes"})) & set(matching(book, {"runs": "no"}))


def test_parameters_are_laid_out_by_their_path() -> None:
    params = {
        "limits": [{"max": 7, "days": 7}],
        "key": ["person", "debt"],
        "trigger": {"kinds": ["call"]},
        "on": True,
        "none": [],
    }
    assert list(parameters(params)) == [
        ("limits 1.max", "7"), ("limits 1.days", "7"), ("key", "person, debt"), ("trigger.kinds", "call"), ("on", "yes"), ("none", "–"),
    ]  # fmt: skip


CLOCKS = [
    ("the row's own zone comes first", "America/Denver;America/Chicago", "US-OH", "America/New_York", "05:00"),
    ("then the account's", None, "US-OH", "America/New_York", "07:00"),
    ("then the country's, where it has one clock", None, "CN-FJ", None, "20:00"),
    ("otherwise nobody knows", None, "US-OH", None, None),
]


@pytest.mark.parametrize(("reason", "zones", "place", "zone", "shows"), CLOCKS, ids=[case[0] for case in CLOCKS])
def test_the_persons_clock(reason: str, zones: str | None, place: str, zone: str | None, shows: str | None) -> None:
    local = local_time(datetime(2026, 2, 10, 12, tzinfo=UTC), zones, place, zone)
    assert (local.strftime("%H:%M") if local else None) == shows
