"""The same call gives the same file, in either form, and what cannot be made is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from samples.activity import Generated, PlacedAccount, Profile, generate, last_full_day, main
from samples.sheet import Form
from tests.samples import recount as by_hand
from tests.samples.case import FIRST, LAST, PROFILE, Case, placed_of

ROOT = Path(__file__).parents[2]


def test_json_lines_hold_the_same_rows_as_csv(cases: dict[str, Case]) -> None:
    case = cases["CN"]
    placed = list(case.placed.values())
    profile = replace(PROFILE, visit_share=0.05, legal_share=0.02)
    other = Case.of(placed, profile, "jsonl")
    assert {**other.report.manifest, "form": "csv"} == case.report.manifest
    assert other.report.content_type == "application/jsonl"
    for mine, theirs in zip(case.rows, other.rows, strict=True):
        filled = {column: value for column, value in mine.items() if value}
        if by_hand._is_object(mine["details"]):
            assert json.loads(filled.pop("details")) == json.loads(theirs.pop("details"))
        elif mine["details"]:
            assert filled.pop("details") == theirs.pop("details")
        assert filled == {column: value for column, value in theirs.items() if value}


def test_references_with_commas_and_quotes_survive_the_file() -> None:
    placed = [
        replace(account, account_ref=f'{n},"{account.account_ref}"') for n, account in enumerate(placed_of("us")[:40])
    ]
    for form in get_args(Form):
        case = Case.of(placed, Profile(rows=300, bad_share=0.1), form)
        assert len(case.found.accepted) == case.report.manifest["rows"]["accepted"]
        assert {row["account_ref"] for row in case.found.accepted} <= set(case.placed)


def test_another_seed_or_agency_gives_another_report_and_the_order_of_the_accounts_none(cases: dict[str, Case]) -> None:
    placed = list(cases["US"].placed.values())
    profile = Profile(rows=3_000)

    def body(agency: str, seed: int, accounts: list[PlacedAccount]) -> bytes:
        return generate(accounts, agency=agency, seed=seed, first_day=FIRST, last_day=LAST, profile=profile).body

    report = body("AGY01", 1, placed)
    assert body("AGY01", 1, placed) == report
    assert body("AGY01", 2, placed) != report
    assert body("AGY02", 1, placed) != report
    assert body("AGY01", 1, placed[::-1]) == report


def test_the_command_writes_report_manifest_and_roster_with_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    arguments = [
        "--tape",
        str(ROOT / "samples/accounts_cn.csv.gz"),
        "--rows",
        "5000",
        "--agency",
        "AGY01",
        "--seed",
        "7",
    ]
    main([*arguments, "--out", str(tmp_path / "a.csv"), "--part", "1/4"])
    subprocess.run(
        [sys.executable, "-m", "samples.activity", *arguments, "--out", tmp_path / "b.csv", "--part", "1/4"],
        check=True, cwd=ROOT, env={"PYTHONHASHSEED": "12345"},
    )  # fmt: skip
    for ending in ("", ".manifest.json", ".collectors.csv"):
        assert (tmp_path / f"a.csv{ending}").read_bytes() == (tmp_path / f"b.csv{ending}").read_bytes()
    manifest = json.loads((tmp_path / "a.csv.manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"]["total"] == len(by_hand.read((tmp_path / "a.csv").read_bytes(), "csv")) == 5000


def test_the_parts_of_a_tape_share_no_consumer(tmp_path: Path) -> None:
    seen = []
    for part in range(2):
        out = tmp_path / f"{part}.csv"
        main(
            [
                "--tape",
                str(ROOT / "samples/accounts_us.csv.gz"),
                "--rows",
                "4000",
                "--out",
                str(out),
                "--part",
                f"{part}/2",
            ]
        )
        seen.append({row["person_ref"] for row in by_hand.read(out.read_bytes(), "csv")})
    assert not seen[0] & seen[1]


def test_without_a_number_of_rows_everybody_is_worked_at_the_profiles_pace() -> None:
    placed = placed_of("us", placed_on=FIRST, ended_on=None)
    slow, fast = (
        generate(placed, agency="AGY06", seed=1, first_day=FIRST, last_day=LAST, profile=Profile(pace=pace)).manifest
        for pace in (1.0, 2.0)
    )
    assert slow["accounts_worked"] == fast["accounts_worked"] == len(placed) - slow["accounts_left_out"]
    assert 1.3 < fast["rows"]["total"] / slow["rows"]["total"] < 2


def test_accounts_without_telephone_or_zone_are_left_out() -> None:
    placed = placed_of("us", placed_on=FIRST, ended_on=None)[:50]
    unreachable = [replace(placed[0], phone=""), replace(placed[1], time_zone=""), *placed[2:]]
    report = generate(unreachable, agency="AGY07", seed=1, first_day=FIRST, last_day=LAST, profile=Profile())
    assert report.manifest["accounts_left_out"] == 2
    refs = {row["account_ref"] for row in by_hand.read(report.body, "csv")}
    assert not refs & {placed[0].account_ref, placed[1].account_ref}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: generate([], agency="A", seed=1, first_day=FIRST, last_day=LAST), "nobody to work"),
        (lambda: _generate_from_few(rows=5_000), "more rows than the law leaves room for"),
        (lambda: Profile(bad_share=0.4, repeat_share=0.2), "more than half of the rows bad or repeated"),
        (lambda: Profile(pace=7), "more than a contact a working day"),
        (lambda: Profile(rows=0), "a report without rows"),
        (lambda: Profile(collectors=1), "a visit takes two"),
        (lambda: Profile(misconduct=-1), "less than no misconduct"),
        (lambda: _generate_from_few(country="FR"), "a place whose law is not known here"),
    ],
)
def test_what_cannot_be_made_is_refused(call: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call()


def _generate_from_few(rows: int = 100, **changes: Any) -> Generated:
    few = placed_of("us", **changes)[:50]
    return generate(few, agency="A", seed=1, first_day=FIRST, last_day=LAST, profile=Profile(rows=rows))


@pytest.mark.parametrize(
    ("now", "expected", "reason"),
    [
        (datetime(2026, 11, 24, 12, tzinfo=UTC), date(2026, 11, 23), "at noon UTC yesterday is over in Honolulu"),
        (datetime(2026, 11, 24, 9, 59, tzinfo=UTC), date(2026, 11, 22), "before ten in the morning it is not"),
        (datetime(2026, 11, 24, 10, tzinfo=UTC), date(2026, 11, 23), "at ten it has just ended"),
        (datetime.fromisoformat("2026-11-25T01:00:00+08:00"), date(2026, 11, 23), "whatever zone the clock tells"),
    ],
)
def test_last_full_day(now: datetime, expected: date, reason: str) -> None:
    assert last_full_day(now) == expected, reason
