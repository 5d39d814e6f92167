"""A sender's own way of writing: guessed from a sample, put right and tried on a page, saved, and obeyed by every file from then on."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select

from activity.models import Activity, PaymentClaim
from activity.schemas import ACTIVITY, PAYMENTS
from portal import work
from portal.audit import AuditEntry
from portal.reports.models import Report, SavedMapping
from portal.tables.guessing import guess
from portal.tables.mappings import NO_MAPPING, SenderMapping
from tests.activity import test_pages
from tests.activity.test_pages import House
from tests.clients import Page
from tests.workbooks import workbook

house = test_pages.house

THEIRS = [
    ["Record ID", "Acct No", "Call Date", "Type", "Result", "Remarks"],
    ["1", "ACC1", "01/31/2026 2:05 PM", "Phone", "RPC", "called"],
    ["2", "ACC2", "02/13/2026 9:30 AM", "Text", "XX9", ""],
]
CSV = "\n".join(",".join(row) for row in THEIRS)


@pytest.mark.parametrize(
    ("header", "row", "mapping", "reason"),
    [
        (["record_id", "kind"], ["1", "call"], NO_MAPPING, "our own form needs no mapping"),
        (["Record-ID", "Occurred At"], ["1", "2026-01-31 10:00"], SenderMapping(columns={"Record-ID": "record_id", "Occurred At": "occurred_at"}), "capitals and signs"),
        (["Acct No", "Type"], ["1", "Phone"], SenderMapping(columns={"Acct No": "account_ref", "Type": "kind"}, codes={"kind": {"Phone": "call"}}), "names and codes that the trade uses"),
        (["账号", "催收方式"], ["1", "短信"], SenderMapping(columns={"账号": "account_ref", "催收方式": "kind"}, codes={"kind": {"短信": "sms"}}), "Chinese names and codes"),
        (["acount_ref"], ["1"], SenderMapping(columns={"acount_ref": "account_ref"}), "a slip of the hand"),
        (["shoe size"], ["43"], NO_MAPPING, "what means nothing to us is left alone"),
        (["opt_out_notice"], ["Y"], SenderMapping(codes={"opt_out_notice": {"Y": "yes"}}), "yes and no"),
        (["occurred_at"], ["31.1.2026 10:00"], SenderMapping(date_order="dmy"), "no month has the number 31"),
        (["occurred_at"], ["1/31/2026 10:00"], SenderMapping(date_order="mdy"), "nor is 31 a month in second place"),
        (["due_on"], ["2026/1/31"], SenderMapping(date_order="ymd"), "year first"),
        (["amount"], ["1.250,50"], SenderMapping(decimal_mark=",", group_mark="."), "a comma before the cents"),
        (["amount"], ["1,250.50"], SenderMapping(group_mark=","), "a comma between thousands"),
        (["amount"], ["1250.50"], NO_MAPPING, "our own style"),
    ],
)  # fmt: skip
def test_what_can_be_told_from_a_sample(header: list[str], row: list[str], mapping: SenderMapping, reason: str) -> None:
    assert guess(ACTIVITY, header, [row]) == mapping


def test_a_mapping_is_the_same_after_it_was_stored() -> None:
    made = guess(ACTIVITY, THEIRS[0], THEIRS[1:])
    assert SenderMapping.from_json(json.loads(json.dumps(made.as_json()))) == made
    assert (NO_MAPPING.as_json(), SenderMapping.from_json(None)) == ({}, NO_MAPPING)


def sample(
    house: House, data: bytes = CSV.encode(), name: str = "sample.csv", status: int = 200, kind: str = "activity"
) -> Page:
    part = (io.BytesIO(data), name, "application/octet-stream")
    return house.client.post(
        f"/reports/mappings/{kind}", {"file": part, "charset": ""}, status, content_type="multipart/form-data"
    )


class Fields(HTMLParser):
    """What a browser would send of a page's fields: the values of inputs, and the chosen options."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.values[given["name"] or ""] = given.get("value") or ""
        elif tag == "select":
            self.select = given["name"] or ""
            self.values[self.select] = ""
        elif tag == "option" and "selected" in given:
            self.values[self.select] = given.get("value") or ""


def chosen(page: Page, **changes: str) -> dict[str, Any]:
    """The form of the page as a browser would send it, with some fields chosen otherwise."""
    return Fields(page.response.get_data(as_text=True)).values | changes


@pytest.mark.parametrize(("data", "name"), [(CSV.encode(), "sample.csv"), (workbook(THEIRS), "sample.xlsx")])
def test_a_mapping_is_built_from_a_sample_tried_and_saved(house: House, data: bytes, name: str) -> None:
    house.client.sign_in(house.manager)
    page = sample(house, data, name)
    assert "0 of 2 rows of the sample can be read" in page.text, "times without an offset, and a code nobody knows"
    fields = chosen(page, zone="America/New_York", act="try") | {"code-outcome-1": "no_answer"}
    page = house.client.post("/reports/mappings/activity", fields, 200)
    assert "Every row of the sample can be read" in page.text
    assert "2026-01-31T19:05:00+00:00" in page.text
    assert (
        house.client.post("/reports/mappings/activity", chosen(page, act="keep"), 303).location == "/reports/mappings"
    )
    place = house.upload(CSV).location
    work.drain(house.db, outward=False)
    assert "Accepted 2" in house.client.get(place).text
    with house.db.reading() as session:
        rows = session.execute(
            select(Activity.record_id, Activity.occurred_at, Activity.kind, Activity.outcome).order_by(Activity.id)
        ).all()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "activity.mapping.saved")).one()
    assert [tuple(row) for row in rows] == [
        ("1", datetime(2026, 1, 31, 19, 5, tzinfo=UTC), "call", "conversation"),
        ("2", datetime(2026, 2, 13, 14, 30, tzinfo=UTC), "sms", "no_answer"),
    ]
    assert json.loads(entry.details)["definition"]["zone"] == "America/New_York"


def test_a_saved_mapping_is_the_senders_own_and_its_removal_leaves_what_was_sent(house: House) -> None:
    house.client.sign_in(house.manager)
    page = sample(house)
    house.client.post("/reports/mappings/activity", chosen(page, zone="America/New_York", act="keep"), 303)
    waiting = house.upload(CSV).location
    house.client.post("/reports/mappings/activity/remove", {}, 303)
    work.drain(house.db, outward=False)
    assert "Accepted 1" in house.client.get(waiting).text, "it came while the mapping was there"
    assert "unknown_column" in house.client.get(house.report(CSV + "\n")).text
    with house.db.reading() as session:
        assert session.scalars(select(SavedMapping)).all() == []
        assert [bool(report.mapping) for report in session.scalars(select(Report).order_by(Report.id))] == [True, False]


def test_rejected_rows_come_back_under_the_senders_own_names_and_are_accepted_once_mended(house: House) -> None:
    house.client.sign_in(house.manager)
    house.client.post("/reports/mappings/activity", chosen(sample(house), zone="America/New_York", act="keep"), 303)
    place = house.report(CSV)
    rejected = house.client.get(f"{place}/to-mend.csv").response.get_data(as_text=True)
    assert rejected.splitlines()[0] == ",".join(f'"{name}"' for name in THEIRS[0])
    assert "Accepted 1" in house.client.get(house.report(rejected.replace('"XX9"', '"no_answer"'))).text


def test_amounts_in_the_senders_style_are_exact(house: House) -> None:
    house.client.sign_in(house.manager)
    data = "record_id;account_ref;paid_on;amount;paid_to".replace(";", ",") + '\n1,ACC1,31.01.2026,"1.250,50",agency\n'
    page = sample(house, data.encode(), kind="payments")
    assert "Every row of the sample can be read" in page.text
    house.client.post("/reports/mappings/payments", chosen(page, act="keep"), 303)
    house.report(data, kind="payments")
    with house.db.reading() as session:
        assert [str(amount) for amount in session.scalars(select(PaymentClaim.amount))] == ["1250.50"]
    assert PAYMENTS.amount == "amount"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "sample.csv", "The file cannot be read"),
        (b"a,b\n", "sample.pdf", "Choose a file that ends in"),
        (b"PK\x03\x04", "sample.xlsx", "The file cannot be read"),
        (b"[1]", "sample.json", "The file"),
    ],
)
def test_a_sample_that_cannot_be_read_says_why(house: House, data: bytes, name: str, says: str) -> None:
    house.client.sign_in(house.manager)
    assert says in sample(house, data, name, 422).text


def test_a_form_that_was_tampered_with_is_refused(house: House) -> None:
    house.client.sign_in(house.manager)
    fields = chosen(sample(house), act="keep")
    for changes in (
        {"column-0": "password"},
        {"zone": "Mars/Olympus"},
        {"sample": "[]"},
        {"sample": '[["a"],[["1","2"]],""]'},
        {"decimal_mark": ",", "group_mark": ","},
    ):
        house.client.post("/reports/mappings/activity", fields | changes, 422)


def test_who_may_map_what(house: House) -> None:
    house.client.sign_in(house.manager)
    house.client.post("/reports/mappings/activity", chosen(sample(house), act="keep"), 303)
    assert "Build from a sample" in house.client.get("/reports/mappings").text
    house.client.get("/reports/mappings/ledger", 404)
    house.client.sign_in(house.compliance)
    assert "AGYA" in house.client.get("/reports/mappings").text
    house.client.get("/reports/mappings/inventory", 404)


def test_text_of_older_programs_is_read_by_its_letters_where_nobody_can_declare_it(house: House) -> None:
    house.client.sign_in(house.manager)
    text = "record_id,account_ref,occurred_at,kind,note\n1,ACC1,2026-02-02T10:00:00Z,call,客户承诺月底还款，已经记录\n"
    part = (io.BytesIO(text.encode("gb18030")), "october.csv", "text/csv")
    fields = {"kind": "activity", "mode": "partial", "file": part, "charset": ""}
    place = house.client.post("/reports/new", fields, 303, content_type="multipart/form-data").location
    work.drain(house.db, outward=False)
    assert "GB18030" in house.client.get(place).text.upper()
    with house.db.reading() as session:
        assert session.scalars(select(Activity.note)).one() == "客户承诺月底还款，已经记录"


def test_a_file_may_be_checked_without_being_sent(house: House) -> None:
    house.client.sign_in(house.manager)
    part = (
        io.BytesIO(
            b"record_id,account_ref,occurred_at,kind\n1,ACC1,2026-02-02T10:00:00Z,call\n2,ZZZ,2026-02-02T10:00:00Z,call\n"
        ),
        "october.csv",
        "text/csv",
    )
    fields = {"kind": "activity", "mode": "partial", "file": part, "act": "dry-run"}
    page = house.client.post("/reports/new", fields, 200, content_type="multipart/form-data")
    assert "Of 2 rows 1 would be accepted, 0 are repeated, 1 would be rejected" in page.text
    assert "Report accounts that were placed with you" in page.text
    with house.db.reading() as session:
        assert session.scalars(select(Report)).all() == []


def test_totals_announced_on_the_form_bind(house: House) -> None:
    place = house.report("record_id,account_ref,occurred_at,kind\n1,ACC1,2026-02-02T10:00:00Z,call\n", rows="2")
    assert "control_total" in house.client.get(place).text
