"""Who gets which account, and every reason why nobody does."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from placements.dealing import Dealt, deal, plan_currency
from placements.reasons import MESSAGES, Why, sentence
from placements.seats import Candidate, Seat
from placements.segments import present_bands

CA, WA = ("US-CA", "credit_card"), ("US-WA", "credit_card")


def account(number: int, consumer: int | None = None, **values: object) -> Candidate:
    made = Candidate(
        number,
        f"A{number:05}",
        f"C{number if consumer is None else consumer:05}",
        "credit_card",
        "US-CA",
        "USD",
        100_000 + number * 997 % 400_000,
        100,
        650,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def open_seat(code: str, weight: float = 1.0, **values: object) -> Seat:
    return replace(Seat(code, weight, None, None, None, {}), **values)  # type: ignore[arg-type]


def refused(*places: tuple[str, str], code: str = "AGY02") -> dict[tuple[str, str], tuple[Why, ...]]:
    return {
        place: (Why.because("credential_missing", code, credential="us.licence", place=place[0]),) for place in places
    }


def dealt(candidates: list[Candidate], *seats: Seat, seed: str = "7") -> Dealt:
    return deal(candidates, seats, bands=present_bands(), seed=seed)


def by_ref(found: Dealt) -> dict[str, str | None]:
    return {line.candidate.account_ref: line.agency for line in found.lines}


def whys(found: Dealt, account_ref: str) -> list[tuple[str | None, str]]:
    line = next(line for line in found.lines if line.candidate.account_ref == account_ref)
    assert line.why is not None
    return [(why.agency, why.code) for why in found.whys[line.why]]


def test_like_accounts_are_dealt_in_equal_parts_and_balances_fall_evenly() -> None:
    found = dealt([account(n) for n in range(3000)], open_seat("AGY01"), open_seat("AGY02"), open_seat("AGY03"))
    counts = Counter(by_ref(found).values())
    assert max(counts.values()) - min(counts.values()) <= 12, "as many as there are cells, at most"
    assert all(abs(away) < 0.1 for away in found.arms.values())


def test_parts_are_kept() -> None:
    found = dealt([account(n) for n in range(1000)], open_seat("AGY01", 3.0), open_seat("AGY02", 1.0))
    assert Counter(by_ref(found).values())["AGY01"] == pytest.approx(750, abs=6)


def test_all_accounts_of_one_consumer_go_to_one_agency() -> None:
    found = dealt(
        [account(n, n % 400) for n in range(1000)], open_seat("AGY01"), open_seat("AGY02"), open_seat("AGY03")
    )
    agencies = defaultdict(set)
    for line in found.lines:
        agencies[line.candidate.consumer_ref].add(line.agency)
    assert all(len(got) == 1 for got in agencies.values())
    assert None not in by_ref(found).values()


def test_the_same_inputs_give_the_same_plan_in_any_order() -> None:
    candidates = [account(n, n % 700) for n in range(1000)]
    seats = [open_seat("AGY01"), open_seat("AGY02", refusals=refused(WA)), open_seat("AGY03", room_accounts=100)]
    first = by_ref(dealt(candidates, *seats))
    shuffled = candidates[:]
    random.Random(1).shuffle(shuffled)
    assert by_ref(dealt(shuffled, *reversed(seats))) == first
    assert by_ref(dealt([replace(c, account_id=c.account_id + 5000) for c in candidates], *seats)) == first, (
        "ids of a database play no part"
    )


def test_another_seed_gives_another_plan() -> None:
    candidates = [account(n) for n in range(500)]
    seats = (open_seat("AGY01"), open_seat("AGY02"))
    assert by_ref(dealt(candidates, *seats, seed="1")) != by_ref(dealt(candidates, *seats, seed="2"))


def test_an_agency_without_the_licence_gets_no_account_of_that_state() -> None:
    candidates = [account(n, jurisdiction="US-WA" if n % 2 else "US-CA") for n in range(400)]
    found = by_ref(dealt(candidates, open_seat("AGY01"), open_seat("AGY02", refusals=refused(WA))))
    assert all(found[c.account_ref] == "AGY01" for c in candidates if c.jurisdiction == "US-WA")
    assert "AGY02" in found.values()


def test_a_group_goes_only_where_each_of_its_accounts_may() -> None:
    pair = [account(1, 9), account(2, 9, jurisdiction="US-WA")]
    found = dealt(pair, open_seat("AGY02", refusals=refused(WA)))
    assert by_ref(found) == {"A00001": None, "A00002": None}
    assert whys(found, "A00001") == [("AGY02", "same_consumer")]
    assert whys(found, "A00002") == [("AGY02", "credential_missing")]


def test_every_reason_of_every_agency_is_told() -> None:
    lacking = (Why.because("status_suspended", "AGY01"), Why.because("no_contract", "AGY01"))
    found = dealt(
        [account(1, barred=("AGY03",))],
        open_seat("AGY01", refusals={CA: lacking}),
        open_seat("AGY02", refusals=refused(CA)),
        open_seat("AGY03"),
    )
    assert whys(found, "A00001") == [
        ("AGY01", "status_suspended"),
        ("AGY01", "no_contract"),
        ("AGY02", "credential_missing"),
        ("AGY03", "held_before"),
    ]


def test_an_account_does_not_go_back_to_an_agency_that_held_it() -> None:
    found = by_ref(dealt([account(n, barred=("AGY01",)) for n in range(50)], open_seat("AGY01"), open_seat("AGY02")))
    assert set(found.values()) == {"AGY02"}


def test_further_accounts_follow_the_agency_that_works_the_consumer() -> None:
    found = by_ref(dealt([account(n, follows="AGY02") for n in range(50)], open_seat("AGY01"), open_seat("AGY02", 0.0)))
    assert set(found.values()) == {"AGY02"}, "even if it has no part in the plan"


def test_accounts_that_must_follow_somebody_who_may_not_have_them_are_left_out() -> None:
    found = dealt(
        [account(1, follows="AGY02"), account(2, follows="AGY09")],
        open_seat("AGY01"),
        open_seat("AGY02", refusals=refused(CA)),
    )
    assert whys(found, "A00001") == [("AGY01", "prior_agency"), ("AGY02", "credential_missing")]
    assert whys(found, "A00002")[0] == (None, "prior_agency"), "the agency takes no part in this plan"


@pytest.mark.parametrize(
    ("room", "code"),
    [
        ({"room_accounts": 3}, "capacity"),
        ({"room_amount": 350_000}, "capacity_amount"),
        ({"ramp": 3}, "ramp"),
        ({"room_part": 3}, "panel_part"),
        ({"room_part": 3, "room_accounts": 5}, "panel_part"),
        ({"room_accounts": 0}, "capacity"),
    ],
)
def test_a_full_agency_gets_no_more_and_the_plan_says_which_limit(room: dict[str, int], code: str) -> None:
    found = dealt([account(n, balance=100_000) for n in range(10)], open_seat("AGY01", **room))
    placed = [line for line in found.lines if line.agency]
    assert len(placed) == min(3, next(iter(room.values())))
    left = next(line.candidate.account_ref for line in found.lines if not line.agency)
    assert whys(found, left) == [("AGY01", code)]


def test_an_agency_without_a_part_gets_nothing_new() -> None:
    found = dealt([account(1)], open_seat("AGY01", 0.0))
    assert whys(found, "A00001") == [("AGY01", "no_part")]


def test_obstacles_keep_an_account_from_everybody_but_not_its_consumers_other_accounts() -> None:
    found = dealt([account(1, 9, obstacles=("hold:dispute", "paid")), account(2, 9)], open_seat("AGY01"))
    assert by_ref(found) == {"A00001": None, "A00002": "AGY01"}
    assert whys(found, "A00001") == [(None, "on_hold"), (None, "nothing_owed")]


def test_a_plan_is_in_the_currency_of_most_accounts_that_can_be_placed() -> None:
    candidates = [
        account(1),
        account(2),
        account(3, currency="CNY"),
        *(account(n, currency="CNY", obstacles=("placed:AGY01",)) for n in (4, 5, 6)),
    ]
    found = dealt(candidates, open_seat("AGY01"))
    assert found.currency == "USD"
    assert whys(found, "A00003") == [(None, "other_currency")]
    assert whys(found, "A00004") == [(None, "already_placed")]
    assert plan_currency([account(1, obstacles=("paid",))]) is None


def test_without_agencies_or_accounts_nothing_is_dealt() -> None:
    assert whys(dealt([account(1)]), "A00001") == [(None, "no_agency")]
    assert dealt([], open_seat("AGY01")).lines == ()


def test_reasons_are_kept_once_however_many_accounts_share_them() -> None:
    assert len(dealt([account(n) for n in range(100)], open_seat("AGY02", refusals=refused(CA))).whys) == 1


def test_a_seat_survives_being_stored() -> None:
    seat = open_seat("AGY02", 0.5, room_accounts=3, room_amount=7, ramp=1, room_part=2, refusals=refused(CA, WA))
    assert Seat.of(seat.stored()) == seat


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_reason_of_this_floor_can_be_said(code: str) -> None:
    why = Why.because(
        code,
        "AGY01",
        kind="dispute",
        holder="AGY02",
        currency="USD",
        tier="legal",
        side="challenger",
        until="2026-12-24",
    )
    assert "%(" not in sentence(why)
    assert Why.of(why.stored()) == why
