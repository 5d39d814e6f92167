"""The web server struck under programs that repeat themselves: each call has its effect once and is answered the same again."""

from __future__ import annotations

from pathlib import Path

from tests.faults import striking_web as trials
from tests.faults.conftest import times


def test_the_same_file_by_five_programs_at_once_is_one_report(empty: str, tmp_path: Path, seed: int) -> None:
    assert trials.one_file_by_many(empty, tmp_path, files=times(50), seed=seed)["differences"] == {}


def test_keyed_calls_repeated_after_a_worker_was_killed_have_their_effect_once(
    empty: str, tmp_path: Path, seed: int
) -> None:
    found = trials.killed_web_workers(empty, tmp_path, kills=times(100), seed=seed)
    assert found["differences"] == {}
    assert found["sent"] > found["calls"]


def test_keyed_calls_repeated_after_a_link_to_the_database_broke_have_their_effect_once(
    empty_postgres: str, tmp_path: Path, seed: int
) -> None:
    assert trials.cut_web_links(empty_postgres, tmp_path, cuts=times(200), seed=seed)["differences"] == {}
