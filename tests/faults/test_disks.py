"""A full disk: what cannot be kept is not kept by half, callers are told so and are served when there is room again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import filling_disks as trials
from tests.faults.conftest import times
from tests.faults.small_disk import CannotMount, small_disk


@pytest.fixture(autouse=True)
def can_mount(tmp_path: Path) -> None:
    """These trials need a machine that lets them mount a file system in memory."""
    try:
        with small_disk(tmp_path / "tried", 1):
            pass
    except CannotMount as why:
        pytest.skip(f"no disk to fill: {why}")


def test_a_disk_that_is_full_while_reports_are_read_loses_and_doubles_nothing(
    empty: str, tmp_path: Path, seed: int
) -> None:
    found = trials.full_while_reading(empty, tmp_path, strikes=times(50), seed=seed, rows=2_000)
    assert found["differences"] == {}


def test_a_disk_that_is_full_while_files_are_sent_is_told_and_nothing_is_kept_by_half(
    tmp_path: Path, seed: int
) -> None:
    found = trials.full_while_receiving(tmp_path, strikes=times(50), seed=seed)
    assert found["differences"] == {}
