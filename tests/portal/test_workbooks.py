"""XLSX: the first sheet as rows of cells, in the same words as CSV; and workbooks that are none, or made to do harm."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.tables.bounded import Limits
from portal.tables.faults import Broken, Refused
from portal.tables.formats import open_source
from tests.workbooks import DATE, DATE_TIME, PERCENT, packed, parts, sheet_of, workbook

HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'


def rows_of(data: bytes, limits: Limits | None = None) -> list[Any]:
    source = open_source(io.BytesIO(data), "xlsx", limits=limits or Limits())
    return [list(source.header or ()), *source.rows]


def sheet(cells: str) -> bytes:
    return packed(parts(sheet_of(HEADER + cells), ["first", "second"]))


def repair(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as refused:
        rows_of(data, limits)
    return refused.value.problems[0].repair


@pytest.mark.parametrize(
    ("cell", "said", "reason"),
    [
        ('<c r="A2" t="s"><v>1</v></c>', "second", "a text of the workbook's list"),
        ('<c r="A2" t="inlineStr"><is><r><t>two </t></r><r><t>styles</t></r></is></c>', "two styles", "a text of the cell itself"),
        ('<c r="A2" t="inlineStr"><is><t>漢</t><rPh sb="0" eb="1"><t>かん</t></rPh></is></c>', "漢", "a reading aid is no part of the text"),
        ('<c r="A2"><v>1250.5</v></c>', "1250.5", "a number"),
        ('<c r="A2"><v>0.10000000000000001</v></c>', "0.1", "what the sheet shows of a double"),
        ('<c r="A2"><v>1.2E3</v></c>', "1200", "never an exponent"),
        ('<c r="A2"><v>123456789012345</v></c>', "123456789012345", "fifteen digits"),
        (f'<c r="A2" s="{DATE}"><v>46053</v></c>', "2026-01-31", "a day"),
        (f'<c r="A2" s="{DATE_TIME}"><v>46053.586805555555</v></c>', "2026-01-31T14:05:00", "a day and a time, without an offset"),
        (f'<c r="A2" s="{PERCENT}"><v>0.25</v></c>', "0.25", "another style is no date"),
        (f'<c r="A2" s="{DATE}"><v>12</v></c>', "12", "a day before March 1900 is told as what it is: nobody knows which"),
        ('<c r="A2" t="d"><v>2026-01-31</v></c>', "2026-01-31", "a day as ISO 8601"),
        ('<c r="A2" t="b"><v>1</v></c>', "yes", "a truth value"),
        ('<c r="A2" t="b"><v>0</v></c>', "no", "a truth value"),
        ('<c r="A2" t="str"><f>A1&amp;"x"</f><v>ax</v></c>', "ax", "a formula by its last result"),
        ('<c r="A2" t="e"><v>#REF!</v></c>', "#REF!", "an error stays one, for the column to refuse"),
        ("<c><v>7</v></c>", "7", "cells need not say where they are"),
    ],
)  # fmt: skip
def test_a_cell_is_said_as_our_files_say_it(cell: str, said: str, reason: str) -> None:
    assert rows_of(sheet(f'<row r="2">{cell}</row>'))[1] == [said, ""]


@pytest.mark.parametrize(
    ("cells", "expected", "reason"),
    [
        ('<row r="2"><c r="B2"><v>2</v></c></row>', [["", "2"]], "an empty cell is not in the file"),
        ('<row r="2"/><row r="5"><c r="A5"><v>1</v></c></row>', [["1", ""]], "empty rows are passed over"),
        ('<row r="2"><c r="A2" s="1"/><c r="B2" t="inlineStr"><is><t> </t></is></c></row>', [], "styles and spaces fill no row"),
        ('<row r="2"><c r="A2"><v>1</v></c><c r="C2"><v>3</v></c></row>',
         [Broken("1,,3", "cells", ("1", ",3"), {"found": "3", "expected": "2"})], "a cell beyond the header belongs nowhere"),
    ],
)  # fmt: skip
def test_rows_are_as_wide_as_the_header(cells: str, expected: list[Any], reason: str) -> None:
    assert rows_of(sheet(cells))[1:] == expected


def test_dates_of_the_other_epoch() -> None:
    content = parts(sheet_of(HEADER + f'<row><c s="{DATE}"><v>44591</v></c></row>'))
    content["xl/workbook.xml"] = content["xl/workbook.xml"].replace("<workbookPr/>", '<workbookPr date1904="1"/>')
    assert rows_of(packed(content))[1] == ["2026-01-31", ""]


BILLION = '<!DOCTYPE w [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
REFUSED = [
    (b"a,b\n1,2\n", "no_workbook", "no zip at all"),
    (b"\xd0\xcf\x11\xe0" + bytes(600), "old_workbook", "a password, or a workbook from before 2007"),
    (packed({"readme.txt": "hello"}), "no_workbook", "a zip of something else"),
    (sheet("")[:-40], "no_workbook", "cut off"),
    (packed(parts(sheet_of(HEADER), xl__vbaProject__bin="x") | {"xl/vbaProject.bin": "x"}), "macros", "macros"),
    (packed(parts(sheet_of(HEADER)) | {"xl/externalLinks/externalLink1.xml": "<x/>"}), "external_links", "links to other files"),
    (packed(parts(BILLION + sheet_of(HEADER).partition("?>")[2])), "entities", "entities"),
    (packed(parts('<!DOCTYPE w SYSTEM "file:///etc/passwd"><w/>')), "entities", "an outer entity"),
    (packed(parts(sheet_of(""))), "no_header", "an empty sheet"),
    (packed(parts(sheet_of(HEADER)[:-30])), "no_workbook", "XML that ends in the middle"),
    (sheet('<row><c t="s"><v>99</v></c></row>'), "no_workbook", "a text that the workbook's list does not have"),
    (sheet('<row><c r="XFD2"><v>1</v></c></row>'), "too_many_columns", "a cell in the last column there is"),
    (packed(parts(sheet_of("<row/>" * 2_000_000))), "workbook_ratio", "a million empty rows, packed tight"),
    (sheet("<row><c><v>1</v></c></row>" + '<row r="2" spans="1:3" s="1"/>' * 400_000), "workbook_empty", "rows that never say anything"),
    (packed(parts(sheet_of(HEADER)) | {f"part{number}": "" for number in range(5_001)}), "workbook_parts", "thousands of parts"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected", "reason"), REFUSED, ids=[case[2] for case in REFUSED])
def test_a_workbook_that_cannot_be_read_or_does_harm_is_refused(data: bytes, expected: str, reason: str) -> None:
    loose = Limits(ratio=10**6) if expected == "workbook_empty" else None
    assert repair(data, loose) == expected


def test_a_workbook_of_ten_thousand_columns_is_refused() -> None:
    assert repair(workbook([[f"c{number}" for number in range(10_000)]])) == "too_many_columns"
    assert repair(workbook([[f"c{number}" for number in range(300)]])) == "too_many_columns"


def test_a_list_of_texts_larger_than_memory_for_it_is_refused() -> None:
    content = parts(sheet_of(HEADER), [])
    content["xl/sharedStrings.xml"] = "<sst>" + "<si><t>text</t></si>" * 2_700_000 + "</sst>"
    assert repair(packed(content), Limits(ratio=10**6)) == "workbook_texts"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_workbook_with_changed_bytes_is_read_or_refused_and_never_anything_else(data: st.DataObject) -> None:
    changed = bytearray(workbook([["a", "b"], ["1", "2"], ["3", "4"]]))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(Refused):
        assert all(isinstance(row, (list, Broken)) for row in rows_of(bytes(changed)))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_workbook_whose_xml_was_changed_is_read_or_refused_and_never_anything_else(data: st.DataObject) -> None:
    content: dict[str, Any] = dict(
        parts(sheet_of(HEADER + f'<row r="2"><c r="A2" s="{DATE}"><v>46053</v></c></row>'), ["x"])
    )
    name = data.draw(st.sampled_from(sorted(content)))
    changed = bytearray(content[name].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from((b"<", b"&a;", b"1", b'"', b"\xff", b"-", b"s"))
        )
    content[name] = bytes(changed)
    with contextlib.suppress(Refused):
        assert all(isinstance(row, (list, Broken)) for row in rows_of(packed(content)))
