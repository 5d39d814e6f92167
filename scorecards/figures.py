"""A figure of a scorecard as a value: what both sides, recovery and compliance, produce."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RECOVERY = "recovery"
COMPLIANCE = "compliance"


@dataclass(frozen=True)
class Figure:
    """One measure: value with its limits, points and weight in its side's score, and how many rows stand behind it.

    None: not known, without limits, without points. `explanation` holds what the value was made from, as JSON values.
    """

    name: str
    side: str
    value: float | None
    low: float | None = None
    high: float | None = None
    points: float | None = None
    weight: float | None = None
    rows: int = 0
    explanation: dict[str, Any] = field(default_factory=dict)
