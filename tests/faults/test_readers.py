"""Jobs processes that are killed, frozen and crowded: what the database knows in the end is what it would know had nothing happened."""

from __future__ import annotations

from pathlib import Path

from tests.faults import striking_readers as trials
from tests.faults.conftest import times

ROWS = 4_000  # a chapter's activity rows; `make proof` takes 20,000


def test_a_killed_jobs_process_loses_and_doubles_nothing(empty: str, tmp_path: Path, seed: int) -> None:
    kills = times(200 if empty.startswith("sqlite") else 100)
    found = trials.killed_readers(empty, tmp_path, kills=kills, seed=seed, rows=ROWS)
    assert found["differences"] == {}
    assert found["kills"] == kills


def test_a_process_that_froze_and_lost_its_lease_does_no_harm_when_it_wakes_up(
    empty: str, tmp_path: Path, seed: int
) -> None:
    found = trials.frozen_readers(empty, tmp_path, freezes=times(50), seed=seed, rows=ROWS)
    assert found["differences"] == {}


def test_links_to_the_database_that_break_in_the_middle_of_a_transaction_do_no_harm(
    empty_postgres: str, tmp_path: Path, seed: int
) -> None:
    found = trials.cut_links(empty_postgres, tmp_path, cuts=times(100), seed=seed, rows=ROWS)
    assert found["differences"] == {}


def test_links_to_the_database_that_swallow_everything_are_found_dead_and_left(
    empty_postgres: str, tmp_path: Path, seed: int
) -> None:
    strikes = times(50)
    found = trials.swallowed_links(empty_postgres, tmp_path, strikes=strikes, seed=seed, rows=ROWS)
    assert found["differences"] == {}
    assert found["strikes"] == strikes


def test_several_processes_on_one_queue_read_no_file_twice(empty: str, tmp_path: Path, seed: int) -> None:
    found = trials.crowded_readers(empty, tmp_path, readers=3, seed=seed, rows=ROWS // 4)
    assert found["differences"] == {}
    assert found["files read twice"] == 0


def test_the_program_itself_may_be_killed(empty: str, tmp_path: Path, seed: int) -> None:
    found = trials.killed_program(empty, tmp_path, kills=times(20, 2), seed=seed)
    assert found["differences"] == {}


def test_a_leader_that_froze_wakes_up_as_none(empty: str, seed: int) -> None:
    found = trials.frozen_leaders(empty, freezes=times(50), seed=seed)
    assert found["differences"] == {}
