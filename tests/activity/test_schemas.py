"""The files agencies send: which columns they have, which rows are sound, and the code of every fault (contract 4.2, 4.3)."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity.schemas import ACTIVITY, COLLECTORS, COMPLAINTS, INVENTORY, KINDS, PAYMENTS, REPORTS
from portal.tables.faults import Refused
from portal.tables.model import Table
from portal.tables.reading import read_table
from portal.tables.writing import write_rejected

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

SOUND: dict[str, dict[str, str]] = {
    "activity": {
        "record_id": "AGY01-1", "account_ref": "A1", "occurred_at": "2026-01-31T10:00:00-05:00", "kind": "call",
        "direction": "out", "outcome": "conversation", "party": "consumer", "endpoint": "+15555550100", "endpoint_type": "mobile",
        "time_zones": "America/New_York", "duration_s": "120", "dialer": "manual", "disclosed_debt": "yes", "purpose": "collect",
        "amount": "50.00", "currency": "USD", "due_on": "2026-02-14", "instalments": "6", "details": '{"written": true}',
    },
    "payments": {"record_id": "P1", "account_ref": "A1", "paid_on": "2026-01-31", "amount": "50.00", "paid_to": "agency"},
    "inventory": {"account_ref": "A1", "balance": "1250.00", "status": "active"},
    "complaints": {"record_id": "C1", "received_at": "2026-01-31T10:00:00Z", "category": "hours", "summary": "Called at ten in the evening"},
    "collectors": {"collector_id": "K1", "full_name": "Kim Example", "active_from": "2025-01-01"},
}  # fmt: skip


def as_csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted({name for row in rows for name in row}), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def codes(table: Table, data: bytes, format_name: str = "csv") -> list[tuple[str, str]]:
    reading = read_table(io.BytesIO(data), table, format_name, now=NOW)
    return [(problem.column, problem.code) for _, _, problems, _ in reading for problem in problems]


@pytest.mark.parametrize(
    ("table", "names", "required"),
    [
        (
            ACTIVITY,
            "record_id corrects account_ref person_ref occurred_at kind direction outcome party endpoint endpoint_type time_zones "
            "collector_id duration_s recording_ref template_ref dialer opt_out_notice disclosed_debt identified_caller consent_ref "
            "purpose accounts_discussed amount currency due_on instalments reference filed_on served_on court note details",
            "record_id account_ref occurred_at kind",
        ),
        (
            PAYMENTS,
            "record_id account_ref paid_on amount currency paid_to method remitted_on reverses note corrects",
            "record_id account_ref paid_on amount paid_to",
        ),
        (INVENTORY, "account_ref balance status last_activity_on arrangement", "account_ref balance status"),
        (
            COMPLAINTS,
            "record_id account_ref received_at channel category about_collector summary regulator first_response_at resolved_at "
            "outcome details",
            "record_id received_at category summary",
        ),
        (
            COLLECTORS,
            "collector_id full_name active_from active_to background_check_on training_on training_until licence_number "
            "licence_from licence_until languages field_visits",
            "collector_id full_name active_from",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Table) else "",
)
def test_a_table_has_the_columns_of_the_contract(table: Table, names: str, required: str) -> None:
    assert table.names == tuple(names.split())
    assert [column.name for column in table.columns if column.required] == required.split()
    assert all(column.meaning.endswith(".") for column in table.columns)


def test_there_is_a_table_for_every_kind_of_report() -> None:
    assert list(REPORTS) == ["activity", "payments", "inventory", "complaints", "collectors"]


def test_every_kind_of_activity_is_told_once() -> None:
    assert len(KINDS) == len(set(KINDS)) == 35


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_row_has_no_problem_in_any_format(kind: str) -> None:
    row, table = SOUND[kind], REPORTS[kind]
    objects = json.dumps(row | {"details": json.loads(row["details"])} if "details" in row else row)
    values = [
        [read[1] for read in read_table(io.BytesIO(data), table, name, now=NOW)]
        for data, name in ((as_csv([row]), "csv"), (objects.encode(), "jsonl"), (f"[{objects}]".encode(), "json"))
    ]
    assert values[0][0] is not None
    assert values[0] == values[1] == values[2]


def test_an_activity_row_comes_out_typed() -> None:
    ((_, values, _, _),) = read_table(io.BytesIO(as_csv([SOUND["activity"]])), ACTIVITY, "csv", now=NOW)
    assert values is not None
    row = dict(zip(ACTIVITY.names, values, strict=True))
    assert row["occurred_at"] == datetime(2026, 1, 31, 15, 0, tzinfo=UTC)
    assert (row["amount"], row["due_on"], row["duration_s"]) == (Decimal("50.00"), date(2026, 2, 14), 120)
    assert (row["disclosed_debt"], row["opt_out_notice"], row["details"]) == (True, None, {"written": True})


@pytest.mark.parametrize(
    ("kind", "column", "cell", "code"),
    [
        ("activity", "record_id", "", "missing_record_id"),
        ("activity", "account_ref", "", "missing_account_ref"),
        ("activity", "occurred_at", "", "missing_occurred_at"),
        ("activity", "occurred_at", "2026-01-31T10:00:00", "missing_offset"),
        ("activity", "occurred_at", "2026-02-30T10:00:00-05:00", "impossible_date"),
        ("activity", "occurred_at", "2026-03-01T12:05:01Z", "impossible_date"),
        ("activity", "occurred_at", "31/01/2026 10:00", "unreadable_date"),
        ("activity", "kind", "phonecall", "bad_kind"),
        ("activity", "direction", "outbound", "bad_direction"),
        ("activity", "outcome", "reached", "bad_outcome"),
        ("activity", "party", "debtor", "bad_party"),
        ("activity", "endpoint_type", "phone", "bad_endpoint_type"),
        ("activity", "time_zones", "America/New_York;Mars/Olympus", "bad_time_zone"),
        ("activity", "duration_s", "-5", "negative_duration_s"),
        ("activity", "duration_s", "two minutes", "bad_duration_s"),
        ("activity", "dialer", "robot", "bad_dialer"),
        ("activity", "opt_out_notice", "maybe", "bad_flag"),
        ("activity", "disclosed_debt", "true", "bad_flag"),
        ("activity", "identified_caller", "Y", "bad_flag"),
        ("activity", "purpose", "collection", "bad_purpose"),
        ("activity", "amount", "-50.00", "negative_amount"),
        ("activity", "amount", "fifty", "bad_amount"),
        ("activity", "currency", "US$", "bad_currency"),
        ("activity", "due_on", "31/12/2026", "bad_due_on"),
        ("activity", "instalments", "twelve", "bad_instalments"),
        ("activity", "instalments", "-1", "negative_instalments"),
        ("activity", "filed_on", "2026-13-01", "bad_filed_on"),
        ("activity", "served_on", "soon", "bad_served_on"),
        ("activity", "details", "{not json", "bad_details"),
        ("activity", "note", "x" * 4001, "too_long"),
        ("activity", "account_ref", "x" * 101, "too_long"),
        ("payments", "paid_on", "", "missing_paid_on"),
        ("payments", "paid_to", "bank", "bad_paid_to"),
        ("payments", "method", "barter", "bad_method"),
        ("payments", "amount", "", "missing_amount"),
        ("payments", "amount", "-50.00", "missing_reverses"),
        ("payments", "reverses", "P0", "bad_reverses"),
        ("inventory", "balance", "-1.00", "negative_balance"),
        ("inventory", "status", "open", "bad_status"),
        ("complaints", "received_at", "2026-01-31T10:00", "missing_offset"),
        ("complaints", "category", "rudeness", "bad_category"),
        ("complaints", "channel", "fax", "bad_channel"),
        ("complaints", "regulator", "maybe", "bad_flag"),
        ("complaints", "outcome", "won", "bad_outcome"),
        ("complaints", "summary", "", "missing_summary"),
        ("collectors", "active_from", "", "missing_active_from"),
        ("collectors", "field_visits", "sometimes", "bad_flag"),
        ("collectors", "training_until", "2027", "bad_training_until"),
    ],
)
def test_one_bad_cell_is_one_problem_with_its_public_code(kind: str, column: str, cell: str, code: str) -> None:
    found = codes(REPORTS[kind], as_csv([SOUND[kind] | {column: cell}]))
    assert found == [("reverses" if code == "missing_reverses" else column, code)]


def test_a_payment_taken_back_names_the_payment() -> None:
    assert codes(PAYMENTS, as_csv([SOUND["payments"] | {"amount": "-50.00", "reverses": "P0"}])) == []


@pytest.mark.parametrize(
    ("said", "read"), [("ach", "direct_debit"), ("check", "cheque"), ("money_order", "other"), ("card", "card")]
)
def test_methods_are_read_under_their_american_names_too(said: str, read: str) -> None:
    ((_, values, _, _),) = read_table(
        io.BytesIO(as_csv([SOUND["payments"] | {"method": said}])), PAYMENTS, "csv", now=NOW
    )
    assert values is not None
    assert values[PAYMENTS.names.index("method")] == read


def test_rejected_rows_written_out_mended_and_sent_back_are_accepted() -> None:
    rows = [
        SOUND["activity"] | {"record_id": "1", "kind": "phonecall", "note": "=HYPERLINK(1)"},
        SOUND["activity"] | {"record_id": "2"},
        SOUND["activity"] | {"record_id": "3", "amount": "-50.00"},
    ]
    reading = read_table(io.BytesIO(as_csv(rows)), ACTIVITY, "csv", now=NOW)
    sent_back = b"".join(
        write_rejected(reading.header, [cells for _, _, problems, cells in reading if problems], ACTIVITY.numbers)
    )
    assert codes(ACTIVITY, sent_back) == [("kind", "bad_kind"), ("amount", "negative_amount")]
    mended = sent_back.replace(b"phonecall", b"call").replace(b"-50.00", b"50.00")
    ((_, first, _, _), (_, third, _, _)) = read_table(io.BytesIO(mended), ACTIVITY, "csv", now=NOW)
    assert first is not None
    assert third is not None
    assert (first[0], first[ACTIVITY.names.index("note")], third[0]) == ("1", "=HYPERLINK(1)", "3")
    assert first[ACTIVITY.names.index("endpoint")] == "+15555550100"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_report_with_changed_bytes_is_read_or_refused_and_never_anything_else(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(SOUND)))
    changed = bytearray(as_csv([SOUND[kind]] * 3))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    with suppress(Refused):
        for _, values, problems, _ in read_table(io.BytesIO(bytes(changed)), REPORTS[kind], "csv", now=NOW):
            assert (values is None) == bool(problems)
