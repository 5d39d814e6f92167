"""The bank's account tape (contract 4.1)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from placements.schemas import ACCOUNTS
from portal.tables.reading import read_table

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SOUND = {
    "account_ref": "LC1", "consumer_ref": "C1", "portfolio": "US-PL-2015Q2", "product": "personal_loan", "currency": "USD",
    "balance": "11555.50", "principal": "11272.89", "interest": "282.61", "fees": "0.00", "opened_on": "2015-06-01",
    "charged_off_on": "2017-02-20", "days_past_due": "142", "country": "US", "region": "CO", "time_zone": "America/Denver",
    "language": "en", "score": "740", "full_name": "Toby Rivers", "itemization_date_type": "charge_off", "hold": "none",
}  # fmt: skip


def codes(row: dict[str, str]) -> list[tuple[str, str]]:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    reading = read_table(io.BytesIO(text.getvalue().encode()), ACCOUNTS, "csv", now=NOW)
    return [(problem.column, problem.code) for _, _, problems, _ in reading for problem in problems]


def test_the_tape_has_the_columns_of_the_contract() -> None:
    names = (
        "account_ref consumer_ref portfolio product currency balance principal interest fees credit_limit as_of opened_on defaulted_on "
        "charged_off_on days_past_due last_payment_on last_payment_amount country region city postal_code time_zone language score "
        "full_name id_number birth_date phone email address itemization_date_type itemization_date itemization_amount interest_since "
        "fees_since payments_since credits_since limitation_on hold"
    )
    required = "account_ref consumer_ref portfolio product currency balance country full_name"
    assert ACCOUNTS.names == tuple(names.split())
    assert [column.name for column in ACCOUNTS.columns if column.required] == required.split()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"country": "CN", "region": "FJ", "city": "福州市", "language": "zh", "full_name": "孟晓晓", "currency": "CNY"},
        {"region": "NSW", "country": "AU", "language": "zh-Hans-CN"},
        {"hold": "", "score": "", "balance": "0"},
    ],
)
def test_sound_rows_have_no_problem(change: dict[str, str]) -> None:
    assert codes(SOUND | change) == []


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        *((name, "", f"missing_{name}") for name in ("account_ref", "consumer_ref", "portfolio", "product", "currency", "balance", "country", "full_name")),
        ("product", "loan", "bad_product"),
        ("currency", "US$", "bad_currency"),
        ("balance", "-1.00", "negative_balance"),
        ("balance", "11,555.50", "bad_balance"),
        ("principal", "-0.01", "negative_principal"),
        ("days_past_due", "-3", "negative_days_past_due"),
        ("opened_on", "01/06/2015", "bad_opened_on"),
        ("country", "USA", "bad_country"),
        ("region", "Colorado", "bad_region"),
        ("time_zone", "Denver", "bad_time_zone"),
        ("language", "English", "bad_language"),
        ("score", "high", "bad_score"),
        ("itemization_date_type", "default", "bad_itemization_date_type"),
        ("hold", "unknown", "bad_hold"),
        ("postal_code", "8" * 21, "too_long"),
    ],
)  # fmt: skip
def test_one_bad_cell_is_one_problem_with_its_public_code(column: str, cell: str, code: str) -> None:
    assert codes(SOUND | {column: cell}) == [(column, code)]
