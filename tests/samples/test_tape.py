"""The tapes and the ledger in demo time."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from samples.tape import (
    ACCOUNT_COLUMNS,
    LEDGER_COLUMNS,
    METHODS,
    MOVING,
    Row,
    days_to,
    months_after,
    read_commission,
    read_ledger,
    read_tape,
    shift,
    shifted_ledger,
    stands_on,
    to_csv,
    waves,
)

PLACED_ON = date(2026, 3, 2)
LONG_AFTER = date(2099, 12, 31)


@pytest.fixture(scope="module")
def tapes() -> dict[str, list[Row]]:
    return {name: read_tape(name) for name in ("us", "cn")}


@pytest.fixture(scope="module")
def ledger() -> list[Row]:
    return read_ledger()


@pytest.mark.parametrize(("name", "accounts", "consumers"), [("us", 12_000, 11_760), ("cn", 4_195, 4_195)])
def test_a_tape_holds_the_accounts_the_readme_tells_of(
    tapes: dict[str, list[Row]], name: str, accounts: int, consumers: int
) -> None:
    rows = tapes[name]
    assert len(rows) == accounts
    assert len({row["account_ref"] for row in rows}) == accounts
    assert len({row["consumer_ref"] for row in rows}) == consumers
    assert set(rows[0]) <= set(ACCOUNT_COLUMNS)


def test_strangers_share_telephone_numbers_on_the_us_tape_and_nobody_does_on_the_chinese(
    tapes: dict[str, list[Row]],
) -> None:
    holders: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in tapes}
    for name, rows in tapes.items():
        for row in rows:
            holders[name][row["phone"]].add(row["consumer_ref"])
    assert max(len(people) for phone, people in holders["us"].items() if phone) > 1
    assert max(len(people) for people in holders["cn"].values()) == 1


def test_the_figures_stand_at_charge_off_in_the_us_and_on_one_day_in_china(tapes: dict[str, list[Row]]) -> None:
    assert all(stands_on(row).isoformat() == row["charged_off_on"] for row in tapes["us"])
    assert {stands_on(row) for row in tapes["cn"]} == {date(2005, 10, 31)}


def test_a_wave_comes_every_month_and_keeps_a_consumer_together(tapes: dict[str, list[Row]]) -> None:
    dealt = waves(tapes["us"], date(2025, 12, 31), 12, seed=3)
    assert list(dealt) == [months_after(date(2025, 12, 31), n) for n in range(12)]
    assert sum(len(rows) for rows in dealt.values()) == 12_000
    wave_of = defaultdict(set)
    for day, rows in dealt.items():
        for row in rows:
            wave_of[row["consumer_ref"]].add(day)
    assert all(len(days) == 1 for days in wave_of.values())
    sizes = [len(rows) for rows in dealt.values()]
    assert min(sizes) > 850, "waves of a thousand accounts, give or take"
    assert max(sizes) < 1150


def test_the_waves_depend_on_seed_and_consumer_alone(tapes: dict[str, list[Row]]) -> None:
    first = date(2025, 12, 1)
    some = waves(list(reversed(tapes["cn"][:500])), first, seed=3)
    everybody = waves(tapes["cn"], first, seed=3)
    day_of = {row["account_ref"]: day for day, rows in everybody.items() for row in rows}
    assert all(day_of[row["account_ref"]] == day for day, rows in some.items() for row in rows)
    assert waves(tapes["cn"], first, seed=4) != everybody


@pytest.mark.parametrize(
    ("day", "months", "expected", "reason"),
    [
        (date(2025, 12, 1), 1, date(2026, 1, 1), "over the turn of the year"),
        (date(2026, 1, 31), 1, date(2026, 2, 28), "a short month ends earlier"),
        (date(2026, 1, 31), 2, date(2026, 3, 31), "and the next is long again"),
        (date(2027, 12, 31), 2, date(2028, 2, 29), "a leap year"),
        (date(2026, 5, 4), 0, date(2026, 5, 4), "no month later is the same day"),
    ],
)
def test_months_after(day: date, months: int, expected: date, reason: str) -> None:
    assert months_after(day, months) == expected, reason


@pytest.mark.parametrize("name", ["us", "cn"])
def test_a_moved_account_stands_a_fortnight_before_its_placement(tapes: dict[str, list[Row]], name: str) -> None:
    for row in tapes[name]:
        moved = shift(row, days_to(row, PLACED_ON))
        assert moved["as_of"] == "2026-02-16"
        assert moved["charged_off_on"] in ("2026-02-16", "")
        assert bool(moved["charged_off_on"]) == (name == "us")


@pytest.mark.parametrize("name", ["us", "cn"])
def test_every_date_of_an_account_moves_by_the_same_days_but_not_the_date_of_birth(
    tapes: dict[str, list[Row]], name: str
) -> None:
    for row in tapes[name][::7]:
        days = days_to(row, PLACED_ON)
        moved = shift(row, days)
        for column in set(MOVING) - {"as_of"}:
            assert bool(row[column]) == bool(moved[column])
            if row[column]:
                assert date.fromisoformat(moved[column]) - date.fromisoformat(row[column]) == timedelta(days=days)
        unmoved = set(row) - set(MOVING)
        assert "birth_date" in unmoved
        assert {column: row[column] for column in unmoved} == {column: moved[column] for column in unmoved}


def test_no_date_column_of_the_tape_is_forgotten(tapes: dict[str, list[Row]]) -> None:
    dates = {column for row in tapes["us"] + tapes["cn"] for column, value in row.items() if _is_date(value)}
    assert dates <= {*MOVING, "birth_date"}


def test_a_moved_account_can_be_moved_again_and_back(tapes: dict[str, list[Row]]) -> None:
    moved = shift(tapes["us"][0], days_to(tapes["us"][0], PLACED_ON))
    assert days_to(moved, PLACED_ON) == 0
    assert shift(shift(moved, 30), -30) == moved


def test_a_tape_written_and_read_again_is_the_same_in_the_contracts_columns(tapes: dict[str, list[Row]]) -> None:
    text = to_csv(tapes["cn"]).decode()
    header, first = text.split("\n")[:2]
    assert header == ",".join(ACCOUNT_COLUMNS)
    assert first.startswith("UCI00002,CN00002,CN-CC-200510,credit_card,CNY,2682.00,")
    with pytest.raises(ValueError, match="zone"):
        to_csv([{"account_ref": "A", "zone": "x"}])


def test_the_ledger_moves_with_its_accounts_and_nets_to_what_was_recovered(
    tapes: dict[str, list[Row]], ledger: list[Row]
) -> None:
    shifts = {row["account_ref"]: days_to(row, PLACED_ON) for row in tapes["us"]}
    moved = shifted_ledger(ledger, shifts, LONG_AFTER)
    assert (len(moved.rows), moved.still_to_come, moved.not_placed) == (30_833, 0, 0)
    before = {row["record_id"]: date.fromisoformat(row["paid_on"]) for row in ledger}
    net: dict[str, Decimal] = defaultdict(Decimal)
    for row in moved.rows:
        net[row["account_ref"]] += Decimal(row["amount"])
        days = shifts[row["account_ref"]]
        assert date.fromisoformat(row["paid_on"]) == before[row["record_id"]] + timedelta(days=days)
        assert date.fromisoformat(row["paid_on"]) > PLACED_ON, "nothing was recovered before the hand-over"
    assert net == {row["account_ref"]: Decimal(row["recoveries"]) for row in read_commission()}


def test_payments_after_the_end_of_the_story_and_of_accounts_not_placed_are_left_out_and_counted(
    tapes: dict[str, list[Row]], ledger: list[Row]
) -> None:
    shifts = {row["account_ref"]: days_to(row, PLACED_ON) for row in tapes["us"][:6000]}
    until = PLACED_ON + timedelta(days=180)
    moved = shifted_ledger(ledger, shifts, until)
    assert len(moved.rows) + moved.still_to_come + moved.not_placed == len(ledger)
    assert min(len(moved.rows), moved.still_to_come, moved.not_placed) > 1000
    assert max(row["paid_on"] for row in moved.rows) <= until.isoformat()
    assert {row["account_ref"] for row in moved.rows} <= set(shifts)


def test_the_ledger_file_speaks_the_contracts_words(tapes: dict[str, list[Row]], ledger: list[Row]) -> None:
    shifts = {row["account_ref"]: 0 for row in tapes["us"]}
    moved = shifted_ledger(ledger, shifts, LONG_AFTER)
    assert {row["method"] for row in moved.rows} <= {"cheque", "direct_debit", "card", "other"}
    assert (
        Counter(row["method"] for row in moved.rows)["direct_debit"] == Counter(row["method"] for row in ledger)["ach"]
    )
    assert set(METHODS) == {row["method"] for row in ledger}, "every word of the source has its translation"
    assert moved.csv().split(b"\n")[0].decode() == ",".join(LEDGER_COLUMNS)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
