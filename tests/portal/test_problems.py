"""Every problem tells its repair, in any language."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import portal
from activity.schemas import ACTIVITY
from portal.tables.faults import Problem
from portal.tables.problems import REPAIRS, message
from portal.tables.reading import read_table

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BAD_CELLS = {
    "occurred_at": "2026-01-31T14:05:00",
    "kind": "phonecall",
    "time_zones": "Mars",
    "duration_s": "-5",
    "opt_out_notice": "maybe",
    "amount": "fifty",
    "currency": "US$",
    "due_on": "31/12/2026",
    "instalments": "twelve",
    "court": "x" * 300,
    "details": "{",
}


def test_the_message_of_a_bad_cell_names_its_column_and_what_to_write() -> None:
    names = ["record_id", "account_ref", *BAD_CELLS]
    text = ",".join(names) + "\n1,," + ",".join(BAD_CELLS.values()) + "\n"
    ((_, _, problems, _),) = read_table(io.BytesIO(text.encode()), ACTIVITY, "csv", now=NOW)
    messages = {problem.column: message(problem) for problem in problems}
    assert list(messages) == names[1:]
    assert messages["account_ref"] == "Fill in account_ref: every row needs it."
    assert messages["occurred_at"] == "Write occurred_at with its offset from UTC, such as 2026-01-31T14:05:00-05:00."
    assert "call, voicemail, sms" in messages["kind"]
    assert all(column in text and "%" not in text for column, text in messages.items())


def test_the_message_is_translated_before_it_is_filled_in() -> None:
    problem = Problem(3, "amount", "negative_amount", "-5", "negative", {"column": "amount"})
    chinese = {REPAIRS["negative"]: "%(column)s 不能小于零。"}
    assert message(problem, chinese.__getitem__) == "amount 不能小于零。"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("missing_account_ref", "Fill in account_ref: every row needs it."),
        ("negative_account_ref", "Write account_ref without a minus: it cannot be below zero."),
        ("bad_account_ref", "Correct account_ref."),
        ("unknown_account", REPAIRS["unknown_account"]),
    ],
)
def test_a_problem_of_which_only_the_code_was_kept_still_has_a_message(code: str, text: str) -> None:
    assert message(Problem(1, "account_ref", code)) == text


def test_every_repair_that_a_reader_names_is_worded_here() -> None:
    named = set()
    for path in Path(portal.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'refuse\(\s*"\w+",\s*"(\w+)"', source))
        named |= set(re.findall(r'Unfit\(\s*"[\w{}]+",\s*"(\w+)"', source))
    assert len(named) > 20
    assert named <= set(REPAIRS)
