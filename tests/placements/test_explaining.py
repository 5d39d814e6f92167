"""A plan's reasons, put together so that a person can read them."""

from __future__ import annotations

from decimal import Decimal

from placements.explaining import Group, not_eligible, why_not
from placements.reasons import Why, sentence
from placements.seats import Seat


def missing(place: str, agency: str = "AGY02") -> Why:
    return Why.because("credential_missing", agency, credential="us.licence", place=place)


def test_the_same_licence_missing_in_many_places_is_one_thing_to_mend() -> None:
    groups = [Group([missing("US-WA")], 3, Decimal(30), "W1"), Group([missing("US-TX")], 2, Decimal(20), "T1")]
    (row,) = why_not(groups)
    assert (row.agencies, row.accounts, row.balance, row.example) == (("AGY02",), 5, Decimal(50), "W1")
    assert "US-WA, US-TX" in sentence(Why(row.reason))


def test_an_account_counts_once_for_a_reason_however_often_it_is_given() -> None:
    (row,) = why_not([Group([missing("US-NY"), missing("US-NY-NYC")], 4, Decimal(40), "N1")])
    assert row.accounts == 4


def test_agencies_that_a_reason_speaks_against_alike_stand_together() -> None:
    rows = why_not(
        [
            Group(
                [missing("US-WA", "AGY01"), missing("US-WA"), Why.because("no_contract", "AGY03")], 1, Decimal(10), "W1"
            )
        ]
    )
    assert [(row.reason.code, row.agencies) for row in rows] == [
        ("credential_missing", ("AGY01", "AGY02")),
        ("no_contract", ("AGY03",)),
    ]


def test_what_concerns_most_accounts_comes_first_and_kinds_of_hold_stay_apart() -> None:
    groups = [
        Group([Why.because("on_hold", kind="fraud")], 1, Decimal(1), "F"),
        Group([Why.because("on_hold", kind="dispute")], 9, Decimal(9), "D"),
    ]
    assert [(row.example, row.agencies) for row in why_not(groups)] == [("D", ()), ("F", ())]


def test_why_an_agency_may_not_have_some_accounts_counts_those_of_the_plan_alone() -> None:
    seat = Seat(
        "AGY02",
        1.0,
        None,
        None,
        None,
        {("US-WA", "medical"): (missing("US-WA"),), ("US-TX", "medical"): (missing("US-TX"),)},
    )
    (row,) = not_eligible([seat], {("US-WA", "medical"): (7, Decimal(70))})
    assert (row.accounts, dict(row.reason.params)["place"]) == (7, "US-WA")
