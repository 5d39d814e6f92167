"""CSV that we write: safe to open in a spreadsheet, and read again as exactly what it said."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tables.formats import open_source
from portal.tables.writing import guarded, unguarded, write_csv, write_rejected

FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.text(
    "'" + FORMULA_SIGNS + '1a," ', max_size=6
)


def read_again(data: bytes) -> list[list[str]]:
    return [row for row in open_source(io.BytesIO(data), "csv").rows if isinstance(row, list)]


@pytest.mark.parametrize(
    ("text", "written", "reason"),
    [
        ("=1+1", "'=1+1", "a formula"),
        ("+15555550100", "'+15555550100", "a telephone number is a formula to a spreadsheet"),
        ("-5", "'-5", "as a text"),
        ("@SUM(A1)", "'@SUM(A1)", "an old sign for a formula"),
        ("\t=1", "'\t=1", "a tab before it"),
        ("\r\n=1", "'\r\n=1", "a line break before it"),
        ("＝1+1", "'＝1+1", "full width"),
        ("'=1", "''=1", "what looks guarded gets one more, so that one can be taken off"),
        ("O'Brien", "O'Brien", "an apostrophe inside"),
        ("'quoted'", "'quoted'", "an apostrophe before a letter"),
        ("a=1", "a=1", "a sign inside"),
        ("", "", "nothing"),
    ],
)
def test_a_text_that_could_be_a_formula_is_guarded_and_the_guard_comes_off_again(
    text: str, written: str, reason: str
) -> None:
    assert guarded(text) == written, reason
    assert unguarded(written) == text, reason


@given(TEXT)
def test_no_guarded_text_begins_with_a_formula_sign_and_none_loses_anything(text: str) -> None:
    assert guarded(text)[:1] not in set(FORMULA_SIGNS)
    assert unguarded(guarded(text)) == text


def test_values_are_written_by_their_type() -> None:
    row = [
        "-5",
        Decimal("-12.50"),
        Decimal("1E+3"),
        7,
        None,
        True,
        False,
        date(2026, 1, 31),
        datetime(2026, 1, 31, 9, tzinfo=UTC),
        'a "b"',
    ]
    written = b"".join(write_csv([f"c{at}" for at in range(len(row))], [row])).decode().split("\r\n")[1]
    assert written == '"\'-5",-12.50,1000,7,,"yes","no","2026-01-31","2026-01-31T09:00:00+00:00","a ""b"""'


def test_a_file_for_people_begins_with_a_byte_order_mark() -> None:
    assert b"".join(write_csv(["名"], [["王"]], bom=True)).startswith(b"\xef\xbb\xbf")
    assert read_again(b"".join(write_csv(["名"], [["王"]], bom=True))) == [["王"]]


def test_a_long_list_comes_in_pieces_and_whole() -> None:
    pieces = list(write_csv(["n"], ([at] for at in range(5000))))
    assert len(pieces) > 5
    assert [row[0] for row in read_again(b"".join(pieces))] == [str(at) for at in range(5000)]


@given(st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=6))
def test_rejected_rows_are_read_again_as_exactly_the_cells_that_were_sent(table: list[list[str]]) -> None:
    assert read_again(b"".join(write_rejected(["a", "b", "c"], table, {"b"}))) == table


def test_a_negative_amount_in_a_rejected_row_stays_a_number_and_a_formula_in_its_place_does_not() -> None:
    written = b"".join(write_rejected(["amount", "note"], [["-50.00", "-50.00"], ["-1+cmd", "x"]], {"amount"})).decode()
    assert written.split("\r\n")[1:3] == ['-50.00,"\'-50.00"', '"\'-1+cmd","x"']


def test_every_text_is_quoted() -> None:
    written = b"".join(write_csv(["a"], [["x"]]))
    assert next(csv.reader([written.decode().split("\r\n")[1]], quoting=csv.QUOTE_NONE)) == ['"x"']
