"""The rulebook reads what is sound, refuses the rest with a reason, and selects by place, status and date."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conduct.places import covers
from conduct.rulebook import RULES, Rule, RuleError, load, parse, standard
from tests.conduct.histories import book, entry


def test_the_standard_book_holds_260_rules_of_law_and_the_banks_limits_of_authority() -> None:
    rules = standard().rules
    assert len(rules) == 262
    assert Counter(rule.status for rule in rules) == {"on": 208, "off": 49, "review": 5}
    assert len({rule.jurisdiction for rule in rules}) == 35


@pytest.mark.parametrize("rule", standard().rules, ids=lambda rule: rule.id)
def test_every_rule_has_titles_in_both_languages_and_says_where_it_stands(rule: Rule) -> None:
    assert rule.title.isascii()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in rule.title_zh)
    assert rule.citation
    assert rule.source


@pytest.mark.parametrize(
    "rule", [rule for rule in standard().rules if rule.confirmed == "no"], ids=lambda rule: rule.id
)
def test_what_nobody_confirmed_does_not_run(rule: Rule) -> None:
    assert rule.status == "off"


@pytest.mark.parametrize(
    ("wide", "jurisdiction", "expected"),
    [
        ("US", "US", True),
        ("US", "US-NY-NYC", True),
        ("US-NY", "US-NY-NYC", True),
        ("US-NY-NYC", "US-NY", False),
        ("US-N", "US-NY", False),  # a code is no prefix of letters
        ("GB", "GB-SCT", True),
        ("*", "FR", True),
        ("EU", "FR", True),
        ("EU", "DE-BY", True),
        ("EU", "GB", False),
        ("EU", "EU", True),
    ],
)
def test_a_place_covers_itself_and_what_lies_in_it(wide: str, jurisdiction: str, expected: bool) -> None:
    assert covers(wide, jurisdiction) is expected


def test_rules_are_selected_by_place_status_and_date() -> None:
    rules = standard().applying("US-NY-NYC")
    assert {rule.jurisdiction for rule in rules} == {"US", "US-NY", "US-NY-NYC", "*"}
    assert {rule.status for rule in rules} == {"on"}
    before = {rule.id for rule in standard().applying("US-NY-NYC", on=date(2026, 8, 31))}
    after = {rule.id for rule in standard().applying("US-NY-NYC", on=date(2026, 9, 1))}
    assert after - before == {"us.nyc.contact-3-in-7", "us.nyc.electronic-consent", "us.nyc.language-records"}
    assert "us.regf.abuse-content" in {rule.id for rule in standard().applying("US", statuses={"off"})}


def test_two_versions_of_a_rule_may_follow_each_other() -> None:
    old, new = entry(effective_to=date(2025, 12, 31)), entry(effective_from=date(2026, 1, 1), severity="low")
    assert [rule.severity for rule in book(old, new).versions("fr.test.hours")] == ["high", "low"]
    with pytest.raises(RuleError, match="two versions are in force on the same day"):
        book(entry(), new)


def test_the_version_changes_with_what_can_change_a_verdict_and_with_nothing_else() -> None:
    plain = parse(entry())
    assert parse(entry(title="Other words", source="elsewhere")).version == plain.version
    later = {**entry()["params"], "windows": {"all": ["09:00", "20:00"]}}
    assert parse(entry(params=later)).version != plain.version
    assert parse(entry(status="review")).version != plain.version
    assert len(plain.version) == 16


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "time_windows"}, "unknown kind 'time_windows'"),
        ({"kind": None}, "kind is missing or no text"),
        ({"title_zh": ""}, "title_zh is missing or no text"),
        ({"severity": "grave"}, "severity is 'grave', not one of info, low"),
        ({"status": "maybe"}, "status is 'maybe'"),
        ({"efective_from": date(2020, 1, 1)}, "unknown key efective_from"),
        ({"effective_from": "2020-01-01"}, "effective_from is no date"),
        ({"effective_to": date(2019, 1, 1)}, "effective_to lies before effective_from"),
        ({"params": {"windows": {}}}, "parameter channels, .* is missing"),
        ({"params": {**entry()["params"], "colour": "red"}}, "unknown parameter colour"),
        ({"params": {**entry()["params"], "channels": "call"}}, "parameter channels is 'call', not list"),
        ({"params": {**entry()["params"], "windows": {"all": ["25:00", "20:00"]}}}, "parameters cannot be used"),
        ({"params": {**entry()["params"], "windows": {"funday": ["09:00", "20:00"]}}}, "parameters cannot be used"),
    ],
)
def test_an_unsound_rule_is_refused_with_its_reason(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=message):
        book(entry(**changes))


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text("[[rule]\n", encoding="utf-8")
    with pytest.raises(RuleError, match=r"fr\.toml: not TOML"):
        load(tmp_path)


def test_a_refused_rule_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text('[[rule]]\nid = "fr.x"\n', encoding="utf-8")
    with pytest.raises(RuleError, match=r"fr\.toml: fr\.x: jurisdiction is missing"):
        load(tmp_path)


def test_no_mechanism_knows_a_rule_by_name() -> None:
    ids = {rule.id for rule in standard().rules}
    sources = [path.read_text("utf-8") for path in RULES.parent.rglob("*.py")]
    assert not [rule_id for rule_id in ids if any(f'"{rule_id}"' in text for text in sources)]
