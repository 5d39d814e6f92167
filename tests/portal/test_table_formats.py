"""How bytes become rows: CSV, JSON Lines, JSON arrays, gzip; what breaks a row, what refuses a file, and that nothing else happens."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.tables.bounded import Limits
from portal.tables.faults import Broken, Refused
from portal.tables.formats import declared_charset, detect, open_source

SMALL = Limits(bytes=1 << 20, row_bytes=600, row_lines=6, reread_bytes=4000, columns=5, ratio_from=1000, ratio=50)


def rows(data: bytes, format_name: str = "csv", *, charset: str | None = None, limits: Limits = SMALL) -> list[Any]:
    """Cells or objects of the sound rows, and of each broken one its repair."""
    source = open_source(io.BytesIO(data), format_name, charset=charset, limits=limits)
    return [item.repair if isinstance(item, Broken) else item for item in source.rows]


def refused(data: bytes, format_name: str = "csv", *, charset: str | None = None, limits: Limits = SMALL) -> str:
    with pytest.raises(Refused) as caught:
        rows(data, format_name, charset=charset, limits=limits)
    return caught.value.problems[0].repair


@pytest.mark.parametrize(
    ("content_type", "filename", "name", "reason"),
    [
        ("text/csv", None, "csv", "named"),
        ("Text/CSV; charset=gb18030", "x.json", "csv", "the media type is asked first"),
        ("application/jsonl", None, "jsonl", "named"),
        ("application/x-ndjson", None, "jsonl", "another name of the same"),
        ("application/json", None, "json", "named"),
        ("application/octet-stream", "October.CSV", "csv", "the file name tells"),
        ("application/vnd.ms-excel", "october.csv", "csv", "what Windows calls every CSV file"),
        ("application/gzip", "october.jsonl.gz", "jsonl", "packed"),
        (None, "a.ndjson", "jsonl", "no media type"),
        ("image/png", "october.csv", None, "a media type of something else"),
        ("text/plain", None, None, "nothing to go by"),
        (None, None, None, "nothing at all"),
    ],
)
def test_the_format_is_told_by_media_type_or_file_name(
    content_type: str | None, filename: str | None, name: str | None, reason: str
) -> None:
    assert detect(content_type, filename) == name, reason


def test_the_charset_is_what_the_sender_declares() -> None:
    assert declared_charset('text/csv; header=present; Charset="GB18030"') == "gb18030"
    assert declared_charset("text/csv") is None
    assert declared_charset(None) is None


@pytest.mark.parametrize(
    ("data", "expected", "reason"),
    [
        (b"a,b\n1,2\n3,4\n", [["1", "2"], ["3", "4"]], "plain"),
        (b"a,b\r\n1,2\r\n3,4", [["1", "2"], ["3", "4"]], "other line ends, none at the last"),
        (b"\xef\xbb\xbfa,b\n1,2\n", [["1", "2"]], "a byte order mark"),
        (b'\xef\xbb\xbf"a","b"\n1,2\n', [["1", "2"]], "a byte order mark before a quoted name"),
        (b'a,b\n"x, ""y""","z\nz"\n', [["x, \"y\"", "z\nz"]], "quoted texts"),
        (b"a,b\n\n1,2\n\r\n", [["1", "2"]], "empty lines are no rows"),
        (b"a,b\n", [], "no rows"),
        (b"a,b\n,\n", [["", ""]], "empty cells"),
        (b"a,b\n1,2,3\n4\n5,6\n", ["cells", "cells", ["5", "6"]], "too many and too few cells"),
        ("a,b\n1,\u2028x\x0b\n".encode(), [["1", "\u2028x\x0b"]], "what some programs take for a line end is none"),
        (b"a,b\n1,\xff\n3,4\n", ["encoding", ["3", "4"]], "a byte that is no UTF-8"),
        (b"a,b\n1,\xed\xa0\x80\n3,4\n", ["encoding", ["3", "4"]], "half of a surrogate pair"),
        (b"a,b\n1,\x00\n3,4\n", ["nul", ["3", "4"]], "NUL"),
        (b"a,b\n1,2\rx\n3,4\n", ["quotes", ["3", "4"]], "a carriage return inside of a line"),
        (b'a,b\n1,"x"y\n3,4\n', ["quotes", ["3", "4"]], "text behind a closing mark"),
        (b'a,b\n1,"open\n3,4\n5,6\n', ["quotes", ["3", "4"], ["5", "6"]], "an open mark costs one row, not the rest"),
        (b'a,b\n1,"open\n3,"4"\n5,6\n', ["quotes", ["3", "4"], ["5", "6"]], "an open mark before a quoted text"),
        (b'a,b\n1,"open\n3,\xff\n5,6\n', ["encoding", "encoding", ["5", "6"]], "an open mark before a bad byte"),
        (b'a,b\n1,"1\n2\n3\n4\n5\n6\n7"\n8,9\n', ["quotes", "cells", "cells", "cells", "cells", "cells", "cells", ["8", "9"]], "too many lines"),
        (b"a,b\n1," + b"x" * 700 + b"\n3,4\n", ["row_length", ["3", "4"]], "too long a line"),
        (b"a,b\n1," + b"x" * 300_000 + b"\n3,4\n", ["row_length", ["3", "4"]], "a line longer than what is read at a time"),
        (b'a,b\n1,"o\n2,' + b"x" * 300_000 + b"\n3,4\n", ["row_length", "row_length", ["3", "4"]], "behind an open mark"),
        (b"a,b\n'=1+1,'x\n''=2,'\n", [["=1+1", "'x"], ["'=2", "'"]], "our own guard is taken off, once"),
    ],
)  # fmt: skip
def test_csv_is_taken_apart_row_by_row(data: bytes, expected: list[Any], reason: str) -> None:
    assert rows(data) == expected, reason


def test_a_broken_row_keeps_what_can_be_saved_of_it() -> None:
    source = open_source(io.BytesIO(b'a,b\n1,2,3\n4\n5,"6\n\xff,8\n'), "csv")
    saved = [item.cells for item in source.rows if isinstance(item, Broken)]
    assert saved == [("1", "2,3"), ("4", ""), ("5", "6"), ("\ufffd", "8")]


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("gb18030", "gb18030"), ("GBK", "gb18030"), ("windows-1252", "cp1252"), ("UTF-8", "utf-8"), (None, "utf-8")],
)
def test_other_encodings_are_read_where_they_are_declared(charset: str | None, codec: str) -> None:
    text = "Müller €5" if codec == "cp1252" else "王小明 Müller"
    assert rows(f"a,b\n1,{text}\n".encode(codec), charset=charset) == [["1", text]]
    assert rows(json.dumps({"a": text}, ensure_ascii=False).encode(codec), "jsonl", charset=charset) == [{"a": text}]
    assert rows(json.dumps([{"a": text}], ensure_ascii=False).encode(codec), "json", charset=charset) == [{"a": text}]


def test_text_in_an_undeclared_encoding_is_never_stored_as_other_letters() -> None:
    assert rows("a,b\n1,王\n2,x\n".encode("gb18030")) == ["encoding", ["2", "x"]]


@pytest.mark.parametrize(
    ("data", "repair", "reason"),
    [
        (b"", "no_header", "nothing"),
        ("a,b\n1,2\n".encode("utf-16"), "encoding", "UTF-16"),
        (b"a,\xff\n1,2\n", "encoding", "a header that cannot be read"),
        (b"a,b\rc\n1,2\n", "quotes", "a header of several lines in one"),
        (b'"a,b\n1,2\n', "quotes", "a header that does not end"),
        (b"a,b,c,d,e,f\n", "too_many_columns", "six columns where five are allowed"),
        (b"a,b\n" + b'x","y\n' * 3000, "quotes_everywhere", "open marks in every row, made to be slow"),
    ],
)
def test_a_csv_file_without_a_header_or_made_to_be_slow_is_refused(data: bytes, repair: str, reason: str) -> None:
    assert refused(data) == repair, reason


def test_an_encoding_nobody_promised_is_refused() -> None:
    assert refused(b"a,b\n", charset="shift_jis") == "charset"


@pytest.mark.parametrize(
    ("data", "expected", "reason"),
    [
        (b'{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}], "plain"),
        (b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": 2}\n', [{"a": 1}, {"a": 2}], "mark, other line ends, empty lines"),
        (b'{"a": 1\n{"a": 2}\n', ["json", {"a": 2}], "cut off"),
        (b"[1]\n7\nnull\n", ["json", "json", "json"], "no objects"),
        (b'{"a": 1, "a": 2}\n', ["json"], "a key twice"),
        (b'{"a": NaN}\n{"a": Infinity}\n', ["json", "json"], "no JSON numbers"),
        (b'{"a": "\\ud800"}\n{"a": "\\ud83d\\ude00"}\n', ["json", {"a": "\U0001f600"}], "half a pair, a whole pair"),
        (b'{"a": "\\u0000"}\n', ["json"], "NUL"),
        (b'{"a": "\xff"}\n{"a": 2}\n', ["encoding", {"a": 2}], "a byte that is no UTF-8"),
        (b'{"a": "' + b"x" * 700 + b'"}\n{"a": 2}\n', ["row_length", {"a": 2}], "too long a line"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, ["json"], "nested deeper than 64"),
        (b"", [], "no rows"),
    ],
)
def test_json_lines_are_taken_apart_line_by_line(data: bytes, expected: list[Any], reason: str) -> None:
    assert rows(data, "jsonl") == expected, reason


@pytest.mark.parametrize(
    ("data", "expected", "reason"),
    [
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}], "plain"),
        (b'\xef\xbb\xbf \n[ {"a": 1}\n,\n{"a": {"b": [1, {}]}} ]\n ', [{"a": 1}, {"a": {"b": [1, {}]}}], "spaces and a mark"),
        (b" [ ] ", [], "no rows"),
        (b'[{"a": 1 2}, {"a": 2}]', ["json", {"a": 2}], "an element that is no JSON, its end told by brackets"),
        (b'[{"a": "}{\\"]", b}, {"a": 2}]', ["json", {"a": 2}], "brackets inside a text are no brackets"),
        (b'[{"a": 1, "a": 2}, {"a": 2}]', ["json", {"a": 2}], "a key twice"),
        (b'[{"a": NaN}, {"a": 2}]', ["json", {"a": 2}], "no JSON number"),
        (b'[{"a": "\xff"}, {"a": 2}]', ["encoding", {"a": 2}], "a byte that is no UTF-8"),
        (b'[{"a": "\\ud800"}, {"a": 2}]', ["json", {"a": 2}], "half of a surrogate pair"),
        (b"[" + b'{"a":' * 70 + b"1" + b"}" * 70 + b', {"a": 2}]', ["json", {"a": 2}], "nested deeper than 64"),
        (b'[{"a": "' + b"x" * 700 + b'"}, {"a": 2}]', ["row_length", {"a": 2}], "too long an element"),
    ],
)  # fmt: skip
def test_a_json_array_is_taken_apart_element_by_element(data: bytes, expected: list[Any], reason: str) -> None:
    assert rows(data, "json") == expected, reason


@pytest.mark.parametrize(
    ("data", "repair", "reason"),
    [
        (b"", "array_cut", "nothing"),
        (b'{"a": 1}', "array", "one object"),
        (b"[1, 2]", "array", "no objects"),
        (b'[{"a": 1} {"a": 2}]', "array", "no comma"),
        (b'[{"a": 1},]', "array", "a comma too many"),
        (b'[{"a": 1}] x', "array", "something behind it"),
        (b'[{"a": 1}, {"a": 2}', "array_cut", "cut off between elements"),
        (b'[{"a": 1}, {"a": ', "array_cut", "cut off in an element"),
        (b'[{"a": "open}, {"b": 1}' + b" " * 700 + b"]", "array", "an element that does not end"),
        ("[]".encode("utf-16"), "array", "UTF-16"),
    ],
)
def test_a_json_array_that_cannot_be_followed_is_refused(data: bytes, repair: str, reason: str) -> None:
    assert refused(data, "json") == repair, reason


def test_elements_of_an_array_that_lie_across_two_readings_are_whole() -> None:
    values = [{"a": "x" * (at % 300), "n": at} for at in range(4000)]
    assert rows(json.dumps(values).encode(), "json") == values


def test_gzip_is_unpacked_by_its_first_bytes_whatever_its_members() -> None:
    plain = b"a,b\n" + b"".join(b"%d,%d\n" % (at, at * at) for at in range(50))
    packed = gzip.compress(plain[:80]) + gzip.compress(b"") + gzip.compress(plain[80:])
    assert rows(packed) == rows(plain)


@pytest.mark.parametrize(
    ("data", "repair", "reason"),
    [
        (gzip.compress(b"a,b\n1,2\n")[:-4], "gzip_cut", "cut off"),
        (gzip.compress(b"a,b\n1,2\n")[:10] + b"\xff" * 20, "gzip_damaged", "damaged"),
        (gzip.compress(b"a,b\n1,2\n") + b"more", "gzip_damaged", "something behind it"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 5000), "packed_too_tight", "a bomb"),
        (gzip.compress(b"a,b\n" + bytes(2 << 20), 1), "packed_too_tight", "a bomb of zeros"),
    ],
    ids=["cut off", "damaged", "something behind it", "a bomb", "a bomb of zeros"],
)
def test_gzip_that_is_broken_or_a_bomb_is_refused(data: bytes, repair: str, reason: str) -> None:
    assert refused(data) == repair, reason


def test_a_file_has_no_more_bytes_than_allowed_packed_or_plain() -> None:
    plain = b"a,b\n" + b"".join(b"%d,%d\n" % (at, at * at) for at in range(500))
    limits = Limits(bytes=len(plain))
    assert len(rows(plain, limits=limits)) == len(rows(gzip.compress(plain), limits=limits)) == 500
    assert refused(plain + b"1", limits=limits) == "too_many_bytes"
    assert refused(gzip.compress(plain + b"1"), limits=limits) == "too_many_bytes"


@pytest.mark.parametrize("format_name", ["csv", "jsonl", "json"])
def test_memory_does_not_grow_with_the_file(format_name: str) -> None:
    class Endless(io.RawIOBase):
        """The same row again and again, made while it is read."""

        def __init__(self, times: int) -> None:
            self.parts = {
                "csv": (b"a,b\n", b"1,2\n", b""),
                "jsonl": (b"", b'{"a":1}\n', b""),
                "json": (b"[", b'{"a":1},', b"{}]"),
            }[format_name]
            self.left = times
            self.begun = self.ended = False

        def read(self, size: int = -1) -> bytes:
            head, row, tail = self.parts
            if not self.begun:
                self.begun = True
                return head + row
            if self.left:
                self.left -= 1
                return row * (size // len(row))
            if not self.ended:
                self.ended = True
                return tail
            return b""

    def peak(times: int) -> int:
        tracemalloc.start()
        for _ in open_source(Endless(times), format_name).rows:  # type: ignore[arg-type]
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(12) < peak(4) * 1.5 + 100_000


SOUND = [
    ("csv", 'id,kind,note\n1,call,"He said ""no"", twice"\n2,sms,王小明\n3,visit,"two\nlines"\n'.encode()),
    ("csv", gzip.compress(b"id,kind,note\n1,call,x\n2,sms,y\n")),
    ("jsonl", '{"id": "1", "more": {"a": [1, 2.5, true]}}\n{"id": "2", "note": "王\\u738b"}\n'.encode()),
    ("json", '[{"id": "1", "more": {"a": [1, 2.5, true]}}, {"id": "2", "note": "王\\u738b"}]'.encode()),
]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_file_with_changed_bytes_is_read_or_refused_and_never_anything_else(data: st.DataObject) -> None:
    format_name, sound = data.draw(st.sampled_from(SOUND))
    changed = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed)))
        action = data.draw(st.sampled_from(("set", "insert", "delete", "cut")))
        byte = data.draw(st.sampled_from(b"\"',\n\r\x00\\{}[]:=9a\x1f\x8b\xff\xed\xe7") | st.integers(0, 255))
        if action == "insert":
            changed.insert(at, byte)
        elif action == "cut":
            del changed[at:]
        elif at < len(changed):
            changed[at : at + 1] = bytes([byte]) if action == "set" else b""
    charset = data.draw(st.sampled_from((None, "gb18030", "windows-1252")))
    with suppress(Refused):
        for item in open_source(io.BytesIO(bytes(changed)), format_name, charset=charset, limits=SMALL).rows:
            assert isinstance(item, list | dict | Broken)


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")), min_size=3, max_size=3),
        max_size=8,
    )
)
def test_whatever_the_standard_writer_writes_is_read_again(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["a", "b", "c"], *table])
    limits = Limits()
    read = rows(text.getvalue().encode(), limits=limits)
    assert [[cell.lstrip("'") for cell in row] for row in read] == [[cell.lstrip("'") for cell in row] for row in table]


def test_what_a_refusal_quotes_can_be_stored_and_holds_no_card_number() -> None:
    with pytest.raises(Refused) as refused:
        list(open_source(io.BytesIO(b'[{"a":1} "\xff\0 4111 1111 1111 1111"]'), "json").rows)
    quoted = refused.value.problems[0].value
    assert quoted.encode() == quoted.encode("utf-8", "strict")
    assert "\0" not in quoted
    assert "4111 1111" not in quoted
