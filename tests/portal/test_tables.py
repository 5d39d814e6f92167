"""How a file is read by its table: header, rows, problems, totals, and the limits that hold for every file."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.tables.bounded import LIMITS, Limits
from portal.tables.cells import choice, count, day, flag, instant, json_object, money, prose, ref
from portal.tables.cells import currency as currency_code
from portal.tables.faults import Refused
from portal.tables.mappings import NO_MAPPING, SenderMapping
from portal.tables.model import Column, Table
from portal.tables.reading import Reading, control_problems, read_table

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def no_fees_in_kind(row: Mapping[str, Any]) -> tuple[str, str] | None:
    return ("fee", "bad_fee") if row["fee"] and row["kind"] == "gift" else None


TABLE = Table(
    "visits",
    (
        Column("id", ref(unique=True), True, "Your own id."),
        Column("kind", choice(("home", "work", "gift")), True),
        Column("fee", money()),
        Column("currency", currency_code()),
        Column("people", count()),
        Column("at", instant()),
        Column("on", day()),
        Column("paid", flag()),
        Column("note", prose(40)),
        Column("more", json_object()),
    ),
    checks=(no_fees_in_kind,),
    amount="fee",
)


def reading(
    data: str | bytes,
    format_name: str = "csv",
    *,
    mapping: SenderMapping = NO_MAPPING,
    limits: Limits = LIMITS,
    **options: Any,
) -> Reading:
    raw = data.encode() if isinstance(data, str) else data
    return read_table(io.BytesIO(raw), TABLE, format_name, now=NOW, mapping=mapping, limits=limits, **options)


def problems(read: Reading) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.code) for _, _, found, _ in read for problem in found]


def refusal(data: str | bytes, format_name: str = "csv", **options: Any) -> list[tuple[str, str, str]]:
    """Column, code and repair of every reason for which a file is refused, be it at once or while it is read."""
    with pytest.raises(Refused) as caught:
        list(reading(data, format_name, **options))
    assert all(problem.row == 0 for problem in caught.value.problems)
    return [(problem.column, problem.code, problem.repair) for problem in caught.value.problems]


def test_a_sound_row_is_a_typed_tuple_in_the_order_of_the_table() -> None:
    read = reading("note,id,kind,paid,fee,on,at\n,V1, home ,yes,12.50,2026-01-31,2026-01-31T10:00:00+08:00\n")
    at = datetime(2026, 1, 31, 2, 0, tzinfo=UTC)
    sent = ["", "V1", " home ", "yes", "12.50", "2026-01-31", "2026-01-31T10:00:00+08:00"]
    values = ("V1", "home", Decimal("12.50"), None, None, at, date(2026, 1, 31), True, None, None)
    assert list(read) == [(1, values, (), sent)]


def test_each_bad_cell_is_one_problem_and_the_cells_come_back_as_they_were_sent() -> None:
    read = reading("id,kind,fee,paid,at\nV1,house,-5.00,maybe,2026-01-31T10:00:00\n,home,,,\n")
    rows = list(read)
    assert [[(p.row, p.column, p.code, p.value) for p in found] for _, _, found, _ in rows] == [
        [
            (1, "kind", "bad_kind", "house"),
            (1, "fee", "negative_fee", "-5.00"),
            (1, "paid", "bad_flag", "maybe"),
            (1, "at", "missing_offset", "2026-01-31T10:00:00"),
        ],
        [(2, "id", "missing_id", "")],
    ]
    assert [values for _, values, _, _ in rows] == [None, None]
    assert rows[0][3] == ["V1", "house", "-5.00", "maybe", "2026-01-31T10:00:00"]


def test_a_rule_over_the_row_is_tested_once_its_cells_are_sound() -> None:
    assert problems(reading("id,kind,fee\nV1,gift,5.00\nV2,gift,five\nV3,home,5.00\n")) == [
        (1, "fee", "bad_fee"),
        (2, "fee", "bad_fee"),
    ]


@pytest.mark.parametrize(
    ("header", "expected", "reason"),
    [
        ("id,kind,colour", [("colour", "unknown_column", "unknown_column")], "a column no file of this kind has"),
        ("id,kind,Paid", [("Paid", "unknown_column", "similar_column")], "names are written exactly"),
        ("id,kind,", [("", "unknown_column", "unknown_column")], "a column without a name"),
        ("id,kind,id", [("id", "unknown_column", "repeated_column")], "which of the two would count?"),
        ("id,fee", [("kind", "missing_kind", "missing_column")], "every row would miss it"),
        (
            "ID;kind",
            [("ID;kind", "unknown_column", "similar_column"), ("id", "missing_id", "missing_column"), ("kind", "missing_kind", "missing_column")],
            "another separator: every reason is told at once",
        ),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_used_refuses_the_file(
    header: str, expected: list[tuple[str, str, str]], reason: str
) -> None:
    assert refusal(header + "\n1,home,x\n") == expected, reason


def test_json_rows_say_the_same_with_the_types_of_json() -> None:
    row = '{"id": 17, "kind": "home", "fee": 12.50, "people": 3, "paid": false, "note": null, "more": {"a": [1, 2.5]}}'
    values = ("17", "home", Decimal("12.50"), None, 3, None, None, False, None, {"a": [1, 2.5]})
    for data, name in ((row, "jsonl"), (f"[{row}]", "json")):
        (read,) = reading(data, name)
        assert read[:3] == (1, values, ())


def test_money_in_json_keeps_every_digit() -> None:
    read = reading('{"id": "1", "kind": "home", "fee": 999999999999999.99}', "jsonl")
    assert next(iter(read))[1] == ("1", "home", Decimal("999999999999999.99"), *[None] * 7)


@pytest.mark.parametrize(
    ("member", "column", "code", "reason"),
    [
        ('"colour": 1', "colour", "unknown_column", "a key that is no column concerns its row alone"),
        ('"note": true', "note", "bad_note", "a truth is no text"),
        ('"note": ["a"]', "note", "bad_note", "a list is no text"),
        ('"paid": 1', "paid", "bad_flag", "a number is no truth"),
        ('"paid": "true"', "paid", "bad_flag", "the word is yes"),
        ('"more": [1]', "more", "bad_more", "a list is no object"),
        ('"more": {"a": 1e999}', "more", "bad_more", "no such number"),
        ('"fee": 1e2', "fee", "bad_fee", "an exponent is no way to write an amount"),
        ('"fee": {"amount": 1}', "fee", "bad_fee", "an object is no amount"),
        ('"at": 1769900000', "at", "unreadable_date", "seconds since 1970 are no ISO 8601"),
    ],
)
def test_a_json_value_of_the_wrong_sort_is_a_problem_of_its_column(
    member: str, column: str, code: str, reason: str
) -> None:
    assert problems(reading(f'{{"id": "1", "kind": "home", {member}}}', "jsonl")) == [(1, column, code)], reason


def test_a_note_never_carries_a_card_number_further_whether_its_row_is_sound_or_not() -> None:
    read = list(
        reading(
            "id,kind,note\n1,home,card 4111111111111111\n2,?,card 4111111111111111\n3,home,4111111111111111 far too long a note\n"
        )
    )
    assert read[0][1] is not None
    assert read[0][1][8] == "card ************1111"
    assert [cells[2] for *_, cells in read] == ["card ************1111"] * 2 + ["************1111 far too long a note"]
    assert "4111111111111111" not in str(read)


def test_an_unreadable_row_does_not_carry_a_card_number_further_either() -> None:
    ((_, _, (problem,), cells),) = reading("id,kind,note\n1,home,paid with 4111111111111111,today\n")
    assert problem.code == "unreadable_row"
    assert "4111111111111111" not in problem.value + str(cells)


def test_the_totals_count_every_row_and_add_up_every_readable_amount() -> None:
    read = reading("id,kind,fee,currency\n1,home,10.00,USD\n1,home,10.00,USD\n2,?,5.50,USD\n3,home,x,USD\n4,home\n")
    assert len(problems(read)) == 3
    assert (read.rows, read.amount, read.currencies) == (5, Decimal("25.50"), {"USD"})


@pytest.mark.parametrize(
    ("rows", "amount", "repairs"),
    [
        (2, Decimal("15.50"), []),
        (None, None, []),
        (2, Decimal("15.5"), []),
        (3, Decimal("15.50"), ["control_rows"]),
        (1, Decimal("15.51"), ["control_rows", "control_amount"]),
    ],
)
def test_announced_totals_must_agree(rows: int | None, amount: Decimal | None, repairs: list[str]) -> None:
    read = reading("id,kind,fee,currency\n1,home,10.00,USD\n2,home,5.50,\n")
    list(read)
    found = control_problems(read, rows, amount)
    assert [problem.repair for problem in found] == repairs
    assert {problem.code for problem in found} <= {"control_total"}


def test_no_amount_can_be_announced_for_a_file_in_two_currencies() -> None:
    read = reading("id,kind,fee,currency\n1,home,10.00,USD\n2,home,5.50,CNY\n")
    list(read)
    assert [problem.repair for problem in control_problems(read, None, Decimal("15.50"))] == ["control_currencies"]


def test_a_file_has_no_more_rows_than_allowed() -> None:
    limits = Limits(rows=2)
    assert len(list(reading("id,kind\n1,home\n2,home\n", limits=limits))) == 2
    assert refusal("id,kind\n1,home\n2,home\n3,home\n", limits=limits) == [("", "too_large", "too_many_rows")]


def test_remembering_cells_never_changes_what_is_read() -> None:
    lines = [f"{at},home,{at % 6000}.{at % 100:02d},USD,{at % 5000}" for at in range(12_000)]
    rows = list(reading("id,kind,fee,currency,people\n" + "\n".join(lines)))
    assert [values[:5] if values else None for _, values, _, _ in rows] == [
        (str(at), "home", Decimal(f"{at % 6000}.{at % 100:02d}"), "USD", at % 5000) for at in range(12_000)
    ]


def test_the_schema_of_a_row_names_every_column_and_allows_no_other() -> None:
    schema = TABLE.json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert list(schema["properties"]) == list(TABLE.names)
    assert schema["required"] == ["id", "kind"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["id"] == {"type": "string", "maxLength": 100, "description": "Your own id."}
    assert schema["properties"]["kind"]["enum"] == ["home", "work", "gift"]
    assert schema["properties"]["fee"]["type"] == ["string", "number", "null"]
    assert None in schema["properties"]["paid"]["enum"]
