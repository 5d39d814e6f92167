"""Bans, parties, acts and required things: what the worked cases cannot show (placements, senders, unknown endpoints)."""

from __future__ import annotations

from datetime import date

import pytest

from conduct.dossier import Agency, Row
from conduct.engine import judge_by
from conduct.rulebook import standard
from tests.conduct.histories import history, row, rule


def broken(rule_id: str, *rows: Row, verdict: str | None = None, **facts: object) -> list[object]:
    findings = judge_by(rule(rule_id), history(*rows, **facts), standard())
    return [one.row and one.row.handle for one in findings if verdict in (None, one.verdict)]


def test_a_recall_binds_the_placement_it_ended_and_not_the_next_one() -> None:
    """An account recalled from one agency may be placed with another, or with the same one again."""
    recalled = {"recalled_at": "2026-06-10T12:00:00-04:00"}
    old = row("a", "call", "2026-06-11 10:00", sender="AG1", placement=recalled)
    new = row("b", "call", "2026-06-11 11:00", sender="AG2", placement={"recalled_at": None})
    assert broken("bank.contact-after-recall", old, new, **recalled) == ["a"]


def test_the_balance_of_the_row_wins_over_todays() -> None:
    stated = row(
        "a",
        "call",
        "2026-03-01 10:00",
        zone="Asia/Shanghai",
        details={"stated_amount": "500"},
        placement={"balance": "500"},
    )
    assert broken("cn.cba2026.no_false", stated, jurisdiction="CN", balance="100", time_zone="Asia/Shanghai") == []


def test_an_opt_out_without_an_address_leaves_a_question_for_that_person_only() -> None:
    out = row("o", "opt_out", "2026-06-01 10:00")
    mine = row("a", "sms", "2026-06-02 10:00", endpoint="m-1")
    other = row("b", "sms", "2026-06-02 11:00", endpoint="m-2", person_ref="P2", party="co_debtor")
    assert broken("us.regf.optout-honored", out, mine, other, verdict="review") == ["a"]


def test_each_opt_out_allows_one_confirmation() -> None:
    def confirm(name: str, at: str) -> Row:
        return row(name, "sms", at, endpoint="m-1", details={"confirmation_of": "opt_out"})

    first, second = (
        row(name, "opt_out", at, endpoint="m-1") for name, at in (("o", "2026-06-01 10:00"), ("p", "2026-06-05 10:00"))
    )
    told = [
        first,
        confirm("a", "2026-06-01 10:01"),
        second,
        confirm("b", "2026-06-05 10:01"),
        confirm("c", "2026-06-05 10:02"),
    ]
    assert broken("us.regf.optout-honored", *told) == ["c"]


def test_a_consent_to_the_bank_does_not_carry_over_but_holds_for_the_bank() -> None:
    consent = row("k", "consent", "2026-10-01 10:00", details={"scope": "electronic", "given_to": "creditor"})
    agency = row("a", "sms", "2026-10-02 10:00", opt_out_notice="yes", sender="AG1")
    bank = row("b", "sms", "2026-10-02 11:00", opt_out_notice="yes", sender="creditor")
    assert broken("us.nyc.electronic-consent", consent, agency, bank, jurisdiction="US-NY-NYC") == ["a"]


def test_every_agency_sends_its_own_validation_notice() -> None:
    rows = [
        row("n", "validation_notice", "2026-06-01 10:00", sender="AG1"),
        row("a", "call", "2026-06-01 11:00", outcome="conversation", sender="AG1"),
        row("b", "call", "2026-07-01 11:00", outcome="conversation", sender="AG2"),
    ]
    assert broken("us.regf.validation-notice-5d", *rows, today=date(2026, 8, 1)) == ["b"]


def test_a_licence_is_asked_of_the_agency_that_acted() -> None:
    held = {"code": "us.licence", "jurisdiction": "US-MA", "status": "verified", "valid_from": "2020-01-01"}
    agencies = [Agency("AG1", {"credentials": [held]}), Agency("AG2", {"credentials": []})]
    rows = [row("a", "call", "2026-06-01 10:00", sender="AG1"), row("b", "call", "2026-06-01 11:00", sender="AG2")]
    assert broken("us.licence.active-on-activity-date", *rows, jurisdiction="US-MA", agencies=agencies) == ["b"]


@pytest.mark.parametrize(
    "exemptions",
    [["attorney"], [{"code": "attorney", "jurisdiction": "US-MA"}], {"US-MA": ["attorney"]}, {"US": "attorney"}],
)
def test_an_exemption_is_understood_in_every_spelling(exemptions: object) -> None:
    agency = Agency("AG1", {"credentials": [], "exemptions": exemptions})
    call = row("a", "call", "2026-06-01 10:00", sender="AG1")
    assert broken("us.licence.active-on-activity-date", call, jurisdiction="US-MA", agencies=[agency]) == []


def test_an_exemption_for_another_state_does_not_help() -> None:
    agency = Agency("AG1", {"credentials": [], "exemptions": [{"code": "attorney", "jurisdiction": "US-CA"}]})
    call = row("a", "call", "2026-06-01 10:00", sender="AG1")
    assert broken("us.licence.active-on-activity-date", call, jurisdiction="US-MA", agencies=[agency]) == ["a"]


def test_credentials_nobody_reported_are_a_question() -> None:
    call = row("a", "call", "2026-06-01 10:00", sender="AG1")
    told = {"jurisdiction": "US-MA", "agencies": [Agency("AG1")]}
    assert broken("us.licence.active-on-activity-date", call, verdict="review", **told) == ["a"]


def test_a_word_that_is_a_mechanism_excuses_nobody() -> None:
    wish = row("p", "preference", "2026-06-01 10:00", details={"block_media": ["sms"]})
    clever = row("a", "sms", "2026-06-02 10:00", details={"exception": "one_reply_in_that_medium"})
    assert broken("us.regf.media-preference", wish, clever) == ["a"]


@pytest.mark.parametrize(
    "details",
    [
        {"flags": 5, "confirmed": "perhaps"},
        {"flags": {"threat": "yes"}, "place": ["hospital"]},
        {"stated_amount": "NaN", "elements": {"a": 1}},
        {"starts_on": "9999-12-31", "accounts": 7, "until": [], "companions": {"S2": True}},
        {"block_days": [None, 3], "block_from": "25:00", "block_to": 8, "only_from": "x"},
    ],
)
@pytest.mark.parametrize(
    "kind", ["call", "letter", "visit", "preference", "moratorium", "consent", "plan", "payment_order"]
)
def test_nonsense_in_details_never_stops_the_judge(kind: str, details: dict[str, object]) -> None:
    for jurisdiction in ("US-NY-NYC", "CN", "GB", "AU-NSW", "CA-ON", "IN", "DE", "IT"):
        dossier = history(
            row("a", kind, "2026-10-10 10:00", details=details),
            row("b", "call", "2026-10-11 10:00"),
            jurisdiction=jurisdiction,
        )
        for one in standard().rules:
            judge_by(one, dossier, standard())
