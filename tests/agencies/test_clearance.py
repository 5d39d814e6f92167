"""May a collector work on a day: active, checked, trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from agencies.clearance import MESSAGES, cleared_on, why_not_cleared

DAY = date(2026, 11, 2)


@dataclass(frozen=True)
class Collector:
    active_from: date = date(2026, 1, 1)
    active_to: date | None = None
    background_check_on: date | None = date(2025, 12, 15)
    training_on: date | None = date(2026, 1, 5)
    training_until: date | None = None


READY = Collector()
CASES = [
    ("everything in order", READY, []),
    ("from tomorrow", replace(READY, active_from=date(2026, 11, 3)), ["not_active"]),
    ("until yesterday", replace(READY, active_to=date(2026, 11, 1)), ["not_active"]),
    ("until today", replace(READY, active_to=DAY), []),
    ("never checked", replace(READY, background_check_on=None), ["not_checked"]),
    ("checked tomorrow", replace(READY, background_check_on=date(2026, 11, 3)), ["not_checked"]),
    ("never trained", replace(READY, training_on=None), ["not_trained"]),
    ("trained twelve months ago to the day", replace(READY, training_on=date(2025, 11, 2)), []),
    ("trained a day more than twelve months ago", replace(READY, training_on=date(2025, 11, 1)), ["not_trained"]),
    ("the roster names the last day", replace(READY, training_until=date(2026, 11, 1)), ["not_trained"]),
    ("a training that counts for longer", replace(READY, training_on=date(2024, 1, 1), training_until=DAY), []),
    ("a training that is still to come", replace(READY, training_on=date(2026, 11, 3), training_until=date(2027, 11, 3)), ["not_trained"]),
    ("nothing at all", Collector(DAY, None, None, None), ["not_checked", "not_trained"]),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "collector", "expected"), CASES, ids=[row[0] for row in CASES])
def test_clearance(reason: str, collector: Collector, expected: list[str]) -> None:
    assert why_not_cleared(collector, DAY) == expected
    assert cleared_on(collector, DAY) is not bool(expected)
    assert set(expected) <= set(MESSAGES)


def test_a_training_of_the_29th_of_february_counts_to_the_28th() -> None:
    trained = replace(
        READY, active_from=date(2024, 1, 1), background_check_on=date(2024, 1, 1), training_on=date(2024, 2, 29)
    )
    assert cleared_on(trained, date(2025, 2, 28))
    assert not cleared_on(trained, date(2025, 3, 1))
