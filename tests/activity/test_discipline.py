"""Which file answers which deadline, and what grade that earns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from activity.certificate import Figures, Level, level_of
from activity.discipline import Came, answer

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (datetime(2026, 11, day, 18, tzinfo=UTC) for day in (23, 24, 25, 26))


def came(*times: str) -> list[Came]:
    """Files by day and hour of November: "24 08" is Tuesday at eight."""
    return [
        Came(number, datetime(2026, 11, int(time[:2]), int(time[3:]), tzinfo=UTC))
        for number, time in enumerate(times, 1)
    ]


@pytest.mark.parametrize(
    ("files", "now", "states", "reason"),
    [
        ([], "23 12", "awaited awaited awaited", "nothing is due yet"),
        ([], "23 19", "overdue awaited awaited", "an hour after the first"),
        ([], "24 19", "missing overdue awaited", "once the next is due, it cannot come any more"),
        (["23 17"], "23 19", "on_time awaited awaited", "an hour before"),
        (["23 18"], "23 19", "on_time awaited awaited", "to the minute"),
        (["23 20"], "23 21", "late awaited awaited", "two hours after: nearer to what was owed"),
        (
            ["24 17"],
            "24 19",
            "missing on_time awaited",
            "an hour before the next: that one, not the one of the day before",
        ),
        (["24 16", "24 17"], "24 19", "late on_time awaited", "two files: the first was the one that was owed"),
        (["23 16", "23 17"], "23 19", "on_time awaited awaited", "a second file of one day answers nothing"),
        (["24 17", "25 17"], "25 19", "missing on_time on_time", "one missing file does not make the next ones late"),
        (["23 17", "25 17"], "25 19", "on_time missing on_time", "a day left out"),
    ],
)
def test_a_file_answers_the_deadline_it_is_for(files: list[str], now: str, states: str, reason: str) -> None:
    at = came(now)[0].at
    slots = answer([MONDAY, TUESDAY, WEDNESDAY, THURSDAY], came(*files), at)
    assert " ".join(slot.state for slot in slots[:3]) == states, reason
    given = [slot.report_id for slot in slots if slot.report_id]
    assert len(given) == len(set(given)), "a file answers one deadline"


GOOD = Figures(
    kinds_expected=2, kinds_proven=2, files_due=40, on_time=40, rows=10_000, rows_rejected=1, files=40, files_announced=40, files_refused=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "level", "reason"),
    [
        ({}, Level.GOLD, "everything is as it should be"),
        ({"on_time": 39}, Level.SILVER, "one file in forty late"),
        ({"files_announced": 30}, Level.SILVER, "a quarter without control totals"),
        ({"files_announced": 0}, Level.BRONZE, "no control totals at all"),
        ({"rows_rejected": 300}, Level.BRONZE, "three rows in a hundred rejected"),
        ({"rows_rejected": 600}, Level.NONE, "six rows in a hundred rejected"),
        ({"on_time": 31}, Level.NONE, "more than a fifth late"),
        ({"files_refused": 5}, Level.NONE, "an eighth of the files refused as a whole"),
        ({"files_due": 19, "on_time": 19}, Level.SILVER, "too few files for gold"),
        ({"files_due": 4, "on_time": 0}, Level.TRIAL, "too few files to judge: sound kinds are enough to go live"),
        ({"files_due": 4, "on_time": 4, "kinds_proven": 1}, Level.NONE, "a kind was never shown to be sound"),
        ({"kinds_proven": 1}, Level.NONE, "nor can an old hand leave a kind out"),
        ({"kinds_expected": 0, "kinds_proven": 0}, Level.NONE, "nothing is expected, so nothing is certified"),
    ],
)
def test_a_feed_earns_its_grade(changed: dict[str, int], level: Level, reason: str) -> None:
    assert level_of(replace(GOOD, **changed)) is level, reason
